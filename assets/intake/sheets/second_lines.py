"""People who take two lines of a list: the name above and the number, the address or a second category below it.

Danger: read by itself the line below is a person without a name, or an RT for the people after it; and what it says of
the person above is lost. Remedy: where nearly everybody has such a line, it belongs to the one above it. A line that
holds nothing but a category belongs there too, if the people around it have their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assets.intake.sheets.evidence import known_category
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.mapping import Column, field_columns, number_column
from assets.intake.sheets.sources import Said
from assets.intake.sheets.values import Cell, is_stated, row_cells

_NEARLY_ALL = 0.8
_FEWEST = 2
_GOES_ON = frozenset({"alamat", "keterangan", "kategori", "tempat_lahir"})
"""Fields of which the line below may say more, though the one above says something."""
_STANDS_ABOVE = {"tanggal_lahir": "tempat_lahir", "rt": "alamat"}
"""What a text without digits is that stands above a date or a number, below one header for both."""
_FEWEST_OF_A_PERSON = 3
NAME_NOT_COUNTED = "hanya nama, tanpa nomor urut"
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")


def second_lines(grid: Grid, body: Sequence[int], columns: Sequence[Column]) -> frozenset[int]:
    """The grid rows of a table that go on with the person in the row above."""
    number, name = number_column(columns), field_columns(columns).get("nama")
    filled = [row for row in body if grid.types[row].strip(".")]
    first = [number, name.index] if name and name.fields == ("nama",) else []
    if all(any(_is_said(grid, row, column) for column in first) for row in filled):
        return frozenset()  # as in nearly all lists: what else they state need not be known
    stated = {row: _stated(grid, row, columns) for row in filled}
    people = [row for row in filled if _LETTERS.search(stated[row].get("nama", ("", "."))[0])]
    named = set(people)
    below = [row for row in filled if row - 1 in named and _goes_on(grid, row, number, stated[row - 1], stated[row])]
    if filled and filled[0] in named and len(below) >= max(_FEWEST, _NEARLY_ALL * len(people)):
        return frozenset(below)
    return frozenset(
        row
        for row in below
        if grid.filled(row) == 1
        and known_category(stated[row].get("kategori", ("", "."))[0].strip())
        and "kategori" in stated[row - 1]
        and (row + 1 not in named or "kategori" in stated[row + 1])
    )


def _is_said(grid: Grid, row: int, column: int) -> bool:
    return column >= 0 and is_stated((grid.texts[row][column], grid.types[row][column]))


def _stated(grid: Grid, row: int, columns: Sequence[Column]) -> Mapping[str, Cell]:
    """What a row states, by field; a tick is something of the category."""
    cells, ticked = row_cells(columns, grid.texts[row], grid.types[row])
    found = {name: cell for name, cell in cells.items() if is_stated(cell)}
    return {**found, "kategori": ("; ".join(ticked), "t")} if ticked else found


def _goes_on(grid: Grid, row: int, number: int, above: Mapping[str, Cell], below: Mapping[str, Cell]) -> bool:
    """Whether a row has neither number nor name, and says only what the one above leaves open, or more of it."""
    if "nama" in below or not below or (number >= 0 and grid.types[row][number] != "."):
        return False
    if any(":" in text for text in grid.texts[row]):  # a label with its value
        return False
    return all(name in _GOES_ON or name not in above or _displaces(name, above[name], below) for name in below)


def _displaces(name: str, above: Cell, below: Mapping[str, Cell]) -> bool:
    """Whether what stands above is a word, and the date or number is the one below it."""
    return name in {*_STANDS_ABOVE, "rw"} and not _has_digits(above) and _has_digits(below[name])


def _has_digits(cell: Cell) -> bool:
    return any(map(str.isdigit, cell[0]))


def name_not_counted(grid: Grid, row: int, body: range, number: int, name: int) -> Said:
    """What is said of a row that holds nothing but a name (columns `number` and `name`, -1 for none), and where, below
    a person whom the list counts, where the next one has the next number; nothing of any other row."""
    if min(number, name) < 0 or row == body.start or grid.filled(row) != 1 or not grid.texts[row][name]:
        return {}
    above, following = grid.number(row - 1, number), range(row + 1, body.stop)
    below = next((grid.number(at, number) for at in following if grid.texts[at][number] or grid.texts[at][name]), None)
    if above is None or grid.filled(row - 1) < _FEWEST_OF_A_PERSON or below not in (above + 1, None):
        return {}
    return {"status_layak": (NAME_NOT_COUNTED, f"band@{grid.cell(row, name)}")}


def join_lines(above: dict[str, Cell], below: Mapping[str, Cell]) -> list[str]:
    """Add to a person's cells what the line below says; the fields that now hold it, or more."""
    said = {name: cell for name, cell in below.items() if is_stated(cell)}
    for name, (text, kind) in said.items():
        before = above.get(name)
        if before and name in _STANDS_ABOVE and _displaces(name, before, said):
            above.setdefault(_STANDS_ABOVE[name], before)
            before = None
        between = "; " if name == "kategori" else ", "
        above[name] = (f"{before[0]}{between}{text}", "t") if before and is_stated(before) else (text, kind)
    return list(said)
