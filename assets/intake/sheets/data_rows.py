"""The rows of people: what one is made of, and what it takes from bands, titles and other rows.

Which rows are people's is decided in `rows.py`; when blanks mean "as above", in `values.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assets.intake.sheets.evidence import STANDING
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.labels import FAMILY
from assets.intake.sheets.mapping import Column, field_columns, number_column
from assets.intake.sheets.second_lines import join_lines
from assets.intake.sheets.sources import Said
from assets.intake.sheets.values import REGIONS, Cell, carry_dittos, carry_down, is_stated, row_cells


@dataclass(slots=True)
class DataRow:
    """A person's row: its sheet row number, the cells of its fields, and how it came by them.

    `header_row` is where its columns are listed: the header above it, or the first one of which that is a repetition.
    `filled` says of each field whose value is not in the row's own cells where it stands (`sources.py`), and
    `section_at` where `section` stands, the category that a heading or band names; `regions` are those that a heading
    or band names for the rows below it; `struck` is the cell by which the person is crossed off, "" if they are not.
    """

    row: int
    header_row: int
    cells: dict[str, Cell]
    ticked: list[str]
    filled: dict[str, str]
    section: str
    section_at: str
    regions: Said
    hidden: bool
    raw: dict[str, str]
    struck: str = ""

    def text(self, name: str) -> str:
        """What the row says of a field, or is given; "" where it says nothing."""
        return self.cells.get(name, ("", "."))[0].strip()


def data_row(
    grid: Grid, letters: Sequence[str], header_row: int, row: int, columns: list[Column], family: Said
) -> DataRow:
    """A person's row; `letters` are those of the grid's columns."""
    texts, kinds = grid.texts[row], grid.types[row]
    cells, ticked = row_cells(columns, texts, kinds)
    filled: dict[str, str] = {}
    for name, (value, place) in family.items():
        own = cells.get(name, ("", "."))
        if (name in FAMILY and not own[0].strip()) or (name in STANDING and not is_stated(own)):
            cells[name] = (value, "t")
            filled[name] = place
    raw = {letter: text for letter, text in zip(letters, texts, strict=True) if text}
    if row in grid.aside:
        raw |= {letters[c]: text for c, text in sorted(grid.aside[row].items())}
    section, at = family.get("kategori", ("", ""))
    regions = {name: family[name] for name in REGIONS if name in family}
    hidden = row in grid.hidden_rows
    struck = _struck_at(grid, row, columns) if grid.struck else ""
    return DataRow(row + grid.first_row, header_row, cells, ticked, filled, section, at, regions, hidden, raw, struck)


def _struck_at(grid: Grid, row: int, columns: Sequence[Column]) -> str:
    """The cell by which a person is crossed off: the name, or the first of most cells of the row; "" for none.

    Any other cell that is struck through is one wrong value.
    """
    filled = [column for column, kind in enumerate(grid.types[row]) if kind != "."]
    struck = [column for column in filled if (row, column) in grid.struck]
    names = {column.index for column in columns if "nama" in column.fields}
    named = [column for column in struck if column in names]
    return grid.cell(row, [*named, *struck][0]) if named or len(struck) * 2 > len(filled) else ""


def join_line(grid: Grid, person: DataRow, row: int, columns: Sequence[Column]) -> None:
    """Give a person what the second line says, and say where it stands."""
    cells, ticked = row_cells(columns, grid.texts[row], grid.types[row])
    letters = letters_of(grid, columns)
    for name in join_lines(person.cells, cells):
        person.filled[name] = f"band@{letters.get(name, letters['nama'])}{row + grid.first_row}"
    person.ticked.extend(ticked)


def fill_blanks(row: DataRow, values: Said) -> None:
    """Give a row the values that it leaves blank, and say where they stand."""
    for name, (text, place) in values.items():
        if not row.text(name):
            row.cells[name], row.filled[name] = (text, "t"), place


def letters_of(grid: Grid, columns: Sequence[Column]) -> dict[str, str]:
    """The letter of the column that each field stands in."""
    return {name: grid.letter(column.index) for name, column in field_columns(columns).items()}


def fill_down(grid: Grid, columns: Sequence[Column], rows: Sequence[DataRow], before: DataRow | None) -> int:
    """Carry family values down: by merged cells, then by blanks where the table agrees; how many blanks were filled.

    `before`: the last person of the page before, below the same header, of whom a mark may say "as above".
    """
    if not rows:
        return 0
    number = number_column(columns)
    numbers = [grid.texts[r.row - grid.first_row][number] if number >= 0 else "" for r in rows]
    by_index = {c.index: c for c in columns if c.fields and not c.is_ticked}
    by_row = {r.row - grid.first_row: r for r in rows}
    for top, left, bottom, _ in grid.merged:
        column = by_index.get(left)
        if bottom <= top or not column or column.fields[0] in ("nama", "nik") or top not in by_row:
            continue
        source = by_row[top].cells
        for row in range(top + 1, bottom + 1):
            if row in by_row:
                for name in column.fields:
                    if name in source and name not in by_row[row].cells:
                        by_row[row].cells[name] = source[name]
                        place = by_row[top].filled.get(name, f"merge@{grid.cell(top, left)}")
                        by_row[row].filled[name] = place
    letters = letters_of(grid, columns)

    def places_in(rows: Sequence[DataRow]) -> Callable[[int, str], str]:
        return lambda at, name: rows[at].filled.get(name) or f"above@{letters[name]}{rows[at].row}"

    pages = [before, *rows] if before else rows
    carried = carry_dittos([r.cells for r in pages], [r.filled for r in pages], places_in(pages))
    cells, filled = [r.cells for r in rows], [r.filled for r in rows]
    leads = _category_leads(columns)
    return carried + carry_down(cells, filled, numbers, places_in(rows), category_leads=leads)


def _category_leads(columns: Sequence[Column]) -> bool:
    """Whether the one column of categories stands before that of the names."""
    named = field_columns(columns)
    of_category = [column.index for column in columns if "kategori" in column.fields]
    return len(of_category) == 1 and "nama" in named and of_category[0] < named["nama"].index
