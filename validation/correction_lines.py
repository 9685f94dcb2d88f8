"""The mark behind each line of the list of findings that a village gets, by which it is seen that somebody typed there.

The list is locked, since nobody reads what is typed into it; where a lock was taken off all the same, what was
typed must not be lost without a word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

MARKED_CELLS = 11
"""The cells of a line that are marked, from the first; the one behind them is a link."""
MARK_COLUMN = 13
"""The column, from 1, in which the mark stands, hidden."""
_BEGINS = "tanda "


def mark_of(cells: Sequence[str]) -> str:
    """The mark of a line as it was written; blanks at the ends and line breaks are not part of it.

    >>> mark_of(["1", "Lembar 1"]) == mark_of(["1 ", "Lembar\\n1"] + [""] * 9) != mark_of(["1", "Lembar 2"])
    True
    """
    whole = [" ".join(cell.split()) for cell in cells[:MARKED_CELLS]]
    whole += [""] * (MARKED_CELLS - len(whole))
    return _BEGINS + hashlib.sha256("\x1f".join(whole).encode()).hexdigest()[:16]


def typed_over(cells: Sequence[str]) -> bool:
    """Whether a line, all cells from the first column on, carries a mark that is not its own."""
    marked = cells[MARK_COLUMN - 1] if len(cells) >= MARK_COLUMN else ""
    return marked.startswith(_BEGINS) and marked != mark_of(cells)
