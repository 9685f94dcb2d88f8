"""What a village says of a person beside the table: comments on cells, and footnotes below the list.

Danger: "sudah meninggal" in a comment, or "No. 12 sudah pindah" below the list, is believed to have been read. Remedy:
neither is read, since whom it is about is only guessed, and the village is told where it stands; what it says is never
repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assets.intake.sheets.evidence import status_field
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.layout import Problem, SheetRead

_OF_PEOPLE = frozenset({"data", "band"})
_BELOW = frozenset({"footer", "legend", "band", "subtotal", "blank"})
_NUMBERED = re.compile(r"\bno(?:mor)?\b[.\s]*(?:urut)?[\s:]*\d", re.IGNORECASE)
_SHORTEST_NAME = 5
"""Letters of a name that is looked for in a footnote; shorter ones are words."""


def unread_notes(read: SheetRead, grid: Grid) -> list[Problem]:
    """The cells of people with a comment, and the footnotes that say of a person what the rows should say."""
    above = grid.first_row - 1
    commented = [
        Problem("comment_not_read", row + grid.first_row, grid.letter(column))
        for row, column in sorted(grid.commented)
        if 0 <= row + above < len(read.kinds) and read.kinds[row + above] in _OF_PEOPLE
    ]
    return commented + [Problem("footnote_not_read", row + grid.first_row) for row in _footnotes(read, grid)]


def _footnotes(read: SheetRead, grid: Grid) -> Iterator[int]:
    """The grid rows below the last person that say of a numbered or named one that they died or moved."""
    if not read.rows:
        return
    names: set[str] = set()
    for row in range(read.rows[-1].row - grid.first_row + 1, len(grid.texts)):
        if read.kinds[row + grid.first_row - 1] not in _BELOW:
            continue
        text = " ".join(filter(None, grid.texts[row]))
        if not any(status_field(word) == "status_hidup" for word in text.split()):
            continue
        names = names or {row.cells.get("nama", ("", "."))[0].strip().upper() for row in read.rows}
        if _NUMBERED.search(text) or any(len(name) >= _SHORTEST_NAME and name in text.upper() for name in names):
            yield row
