"""Rows below a header that show how to fill in the form: `Contoh | FULAN | L`, or the row numbered 0.

Danger: an example referred as a person; or a person taken for one. Remedy: only a row above the first person is taken
for an example, by the word or by a number that nobody has, and each one is said (`example_row`). What may be a person,
though something calls it an example, stays one, whose list says so (`status_layak`): they are to be verified.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assets.intake.sheets.data_rows import DataRow
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.mapping import Column, field_columns, number_column
from assets.intake.sheets.rows import is_numbering
from assets.intake.sheets.sources import Said
from validation.vocabulary import is_placeholder

_WORD = r"\W*\b(?:contoh|cth)(?:\s+(?:cara|pengisian|isian|mengisi|data|formulir|form|format|tabel))*"
_EXAMPLE = re.compile(rf"{_WORD}\W*", re.IGNORECASE)
_EXAMPLE_NAME = re.compile(rf"{_WORD}\s*[:=)\]-].*|.*[(\[]\s*(?:contoh|cth)\b[^()\[\]]*[)\]]\s*", re.IGNORECASE)
_SAYS = re.compile(r"\b(?:contoh|cth)\b", re.IGNORECASE)
_CALLED = re.compile(r"\bcontoh\b", re.IGNORECASE)
"""In a name, where `cth` may be initials."""
_HEADING = 2
"""Cells that a heading over examples has at most; the row of an example has more."""
MOST_EXAMPLES = 3
"""So many examples a form has at most."""


def is_example(grid: Grid, row: int, body: range, columns: Sequence[Column]) -> bool:
    """Whether a row of `body`, with no person above it, shows how to fill in."""
    texts = grid.texts[row]
    if is_marked_example(texts):
        return True
    if grid.filled(row) <= _HEADING or is_numbering(texts, grid.types[row]):
        return False
    by_field = field_columns(columns)
    number = number_column(columns)
    remark, name, nik = (by_field[f].index if f in by_field else -1 for f in ("keterangan", "nama", "nik"))
    if any(_EXAMPLE.fullmatch(texts[at]) for at in (number, remark) if at >= 0):
        return True
    if name >= 0 and _EXAMPLE_NAME.fullmatch(texts[name]):
        return True
    heading = _heading_above(grid, row, body)
    own = grid.number(row, number)
    if own == 0:
        return heading >= 0 or _is_made_up(grid, row, body, number, nik)
    if heading < 0:
        return False
    if own is None:
        following = range(row + 1, min(heading + MOST_EXAMPLES + 2, body.stop))
        return row == heading + 1 or next(filter(None, (grid.number(at, number) for at in following)), 0) == 1
    if own != 1 or row + 1 >= body.stop:
        return False
    below = grid.number(row + 1, number)
    return below == 1 or (below == 2 and row == heading + 1 and nik >= 0 and not _is_somebodys(grid.texts[row][nik]))


def called_example(grid: Grid, row: int, body: range, number: int, name: int) -> Said:
    """What calls the person of a row an example, and where: its number or name (their columns, -1 for none), or, over a
    number 1 or a list without numbers, the heading right above."""
    texts = grid.texts[row]
    if number >= 0 and _EXAMPLE.fullmatch(texts[number]):
        return _said(grid, row, number)
    if name >= 0 and _CALLED.search(texts[name]):
        return _said(grid, row, name)
    if (number < 0 or grid.number(row, number) == 1) and (heading := _heading_above(grid, row, body)) == row - 1 >= 0:
        return _said(grid, heading, next(at for at, text in enumerate(grid.texts[heading]) if text))
    return {}


def goes_on(grid: Grid, row: int, number: int, people: Sequence[DataRow]) -> bool:
    """Whether a row is counted, in the column `number`, next after the last of the people above that nothing calls an
    example."""
    real = (person for person in reversed(people) if not names_examples(person.text("status_layak")))
    last = next((grid.number(person.row - grid.first_row, number) for person in real), None)
    return last is not None and grid.number(row, number) == last + 1


def names_examples(text: str) -> bool:
    """Whether a heading, or the name of a sheet, is that of examples, and says nothing else."""
    return bool(_EXAMPLE.fullmatch(text))


def _said(grid: Grid, row: int, column: int) -> Said:
    found = _SAYS.search(grid.texts[row][column])
    return {"status_layak": (found[0], f"band@{grid.cell(row, column)}")} if found else {}


def is_marked_example(texts: Sequence[str]) -> bool:
    """Whether the first cell of a row is the word `contoh`.

    >>> is_marked_example(["Contoh :", "FULAN", "L"]), is_marked_example(["1", "CONTOH", "L"])
    (True, False)
    """
    return bool(_EXAMPLE.fullmatch(next(filter(None, texts), "")))


def _heading_above(grid: Grid, row: int, body: range) -> int:
    """The row that heads examples, at most `MOST_EXAMPLES` rows above; -1 where there is none."""
    above = range(row - 1, max(row - 1 - MOST_EXAMPLES, body.start - 1), -1)
    return next((at for at in above if grid.filled(at) <= _HEADING and is_marked_example(grid.texts[at])), -1)


def _is_made_up(grid: Grid, row: int, body: range, number: int, nik: int) -> bool:
    """Whether the row numbered 0 has a NIK that nobody has, or none, unlike the row numbered 1 below it.

    Some lists count their people from 0.
    """
    below = row + 1
    if nik < 0 or below >= body.stop or grid.number(below, number) != 1:
        return False
    return not _is_somebodys(grid.texts[row][nik]) and _is_somebodys(grid.texts[below][nik])


def _is_somebodys(nik: str) -> bool:
    """Whether a NIK is somebody's, though perhaps mistyped."""
    digits = [c for c in nik if c.isdigit()]
    return len(digits) >= 10 and len(set(digits)) > 2 and not is_placeholder(nik)
