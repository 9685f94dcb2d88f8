"""One sheet, read by evidence: where its headers, people, bands and totals stand, whatever template it was made from.

Every physical row ends as exactly one kind. Nothing here knows villages or periods; titles are handed on as text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.intake.formats.workbook import Sheet
from assets.intake.sheets.beside import find_beside, without
from assets.intake.sheets.blocks import Block, find_blocks, header_cells
from assets.intake.sheets.column_samples import plainly_other, sample_contents
from assets.intake.sheets.data_rows import DataRow, data_row, fill_blanks, fill_down, join_line, letters_of
from assets.intake.sheets.evidence import STANDING
from assets.intake.sheets.examples import called_example, goes_on, is_example, names_examples
from assets.intake.sheets.grid import Grid, grid_of
from assets.intake.sheets.labels import FAMILY, labelled_values
from assets.intake.sheets.legends import Codes, legends_in_cells, legends_in_columns, legends_in_rows
from assets.intake.sheets.mapping import Column, field_columns, map_columns
from assets.intake.sheets.people import about
from assets.intake.sheets.rows import Marked, RowReader, is_allowed_values
from assets.intake.sheets.second_lines import name_not_counted, second_lines
from assets.intake.sheets.sections import Sections
from assets.intake.sheets.sources import Said, said
from assets.intake.sheets.standing import (
    begins_anew,
    outlived,
    standing_of_heading,
    standing_of_sheet,
    without_standing,
)
from assets.intake.sheets.titles import category_of_heading, family_above, regions_of_heading, titles_of
from assets.intake.sheets.two_lists import lists_side_by_side
from assets.intake.sheets.values import REGIONS, row_cells
from assets.intake.sidecar import CODE_MAPS
from validation.regions import same_name

_OF_PERSONS = frozenset({"jenis_kelamin", "tanggal_lahir", "umur", "kategori"})
"""Fields of which a form about a family has one at most."""
_TITLE_ROWS, _TITLE_CELLS = 15, 4
"""How far above a header titles are looked for, and how many cells such a row may have."""


@dataclass(slots=True)
class Problem:
    """Something worth reporting: a finding code with the place it is about, and facts for its text."""

    code: str
    row: int | None = None
    column: str | None = None
    field: str | None = None
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(slots=True)
class SheetRead:
    """A sheet, understood. `kinds[i]` is the kind of row `i + 1`; `labels` are the title's `label : value` pairs."""

    name: str
    kinds: list[str] = dataclasses.field(default_factory=list)
    columns: list[tuple[int, Column]] = dataclasses.field(default_factory=list)
    rows: list[DataRow] = dataclasses.field(default_factory=list)
    titles: list[str] = dataclasses.field(default_factory=list)
    labels: dict[str, str] = dataclasses.field(default_factory=dict)
    control_total: int | None = None
    problems: list[Problem] = dataclasses.field(default_factory=list)
    has_header: bool = False
    people_without_header: bool = False
    side_by_side: bool = False
    legends: dict[str, Codes] = dataclasses.field(default_factory=dict)


def legends_of_sheet(grid: Grid, blocks: list[Block], beside: Mapping[str, Codes]) -> dict[str, Codes]:
    """Every legend of a sheet: in its titles and tails, beside its tables, or as a sheet of codes."""
    rows = range(len(grid.texts))
    inside = {r for block in blocks for r in range(block.top, block.bottom + 1)}
    sparse = [r for r in rows if r not in inside and len(grid.types[r]) - grid.types[r].count(".") <= 4]
    found = legends_in_cells(text for r in sparse for text in grid.texts[r] if len(text) > 6)
    found = {**legends_in_rows([text for text in grid.texts[r] if text] for r in sparse), **found}
    if not blocks:
        found = {**legends_in_columns(grid, range(grid.width), rows), **found}
    return {**beside, **found}


def prepare(sheet: Sheet) -> tuple[Grid, list[Block], dict[str, Codes]]:
    """A sheet's grid, headers and legends; legends of any sheet serve the others."""
    grid = grid_of(sheet)
    while grid.types and not grid.types[-1].strip("."):
        grid.types.pop()
        grid.texts.pop()
    blocks = find_blocks(grid)
    beside = find_beside(grid, blocks)
    if beside.cells:
        grid = without(grid, beside)
        blocks = find_blocks(grid)
    return grid, blocks, legends_of_sheet(grid, blocks, beside.legends)


def read_sheet(grid: Grid, blocks: list[Block], legends: Mapping[str, Codes], declared: Mapping[str, Any]) -> SheetRead:
    """Lay out one sheet. `declared` are the sidecar's keys that hold for it (`kolom`, `baris_kepala`)."""
    read = SheetRead(grid.name)
    kinds: list[str] = ["title" if kind.strip(".") else "blank" for kind in grid.types]
    read.kinds = kinds
    columns_said = declared.get("kolom") or {}
    if "baris_kepala" in declared:
        blocks = _declared_block(grid, int(declared["baris_kepala"]))
    if not blocks:
        _no_header(grid, read)
    else:
        read.has_header = True
        codes = {name: declared[name] for name in CODE_MAPS if name in declared}
        _read_tables(grid, blocks, legends, columns_said, declared.get("jenis_kelamin"), codes, read)
    for row in grid.aside:
        kinds[row] = "legend" if kinds[row] == "blank" else kinds[row]
    read.titles, read.labels = titles_of(grid, kinds if blocks else kinds[: _first_full_row(grid)])
    _name_villages(read)
    if grid.types and any(kinds):
        read.kinds = ["blank"] * (grid.first_row - 1) + kinds
    return read


def _name_villages(read: SheetRead) -> None:
    """Give each row the village of the heading or band over it, where these name several, or no title names one.

    A title of the sheet then names the village of its own table only. What a row says of itself is never replaced, its
    code included: the heading may have been forgotten over its block, or the code dragged down; whether both are of one
    village is looked at where records are made, and who is of two is asked about.
    """
    named = [row.regions["desa"][0] for row in read.rows if "desa" in row.regions]
    several = any(not same_name(named[0], other) for other in set(named))
    if not named or ("desa" in read.labels and not several):
        return
    read.labels.pop("desa", None)
    for row in read.rows:
        if not row.text("desa"):
            fill_blanks(row, row.regions)


def _first_full_row(grid: Grid) -> int:
    """The first row of a sheet without a header that is no title: it holds a long number, or more cells than titles.

    Below it, a village in somebody's address is not the village of the list.
    """
    rows = range(len(grid.texts))
    return next(
        (row for row in rows if grid.filled(row) > _TITLE_CELLS or _has_long_number(grid.texts[row])), len(rows)
    )


def _has_long_number(texts: Sequence[str]) -> bool:
    return any(len(text) >= 15 and sum(map(str.isdigit, text)) >= 15 for text in texts)


def _declared_block(grid: Grid, header_row: int) -> list[Block]:
    row = header_row - grid.first_row
    if 0 <= row < len(grid.texts):
        return [Block(row, row, header_cells(grid, row, row))]
    return [Block(-1, -1, [])]


def _no_header(grid: Grid, read: SheetRead) -> None:
    """Decide whether rows without a header look like people, which holds the file, or like a summary or a legend."""
    people = 0
    for texts, kinds in zip(grid.texts, grid.types, strict=True):
        people += _has_long_number(texts) and kinds.count(".") < len(kinds) - 2
    read.people_without_header = people >= 2 or (people == 1 and len(grid.texts) <= 3)


def _read_tables(
    grid: Grid, blocks: list[Block], legends: Mapping[str, Codes], declared: Mapping[str, str | None],
    sex: Codes | None, codes: Mapping[str, Codes], read: SheetRead,
) -> None:  # fmt: skip
    ends = [block.top for block in blocks[1:]] + [len(grid.texts)]
    bodies = [range(block.bottom + 1, end) for block, end in zip(blocks, ends, strict=True)]
    mapped: dict[tuple[tuple[int, str], ...], list[Column]] = {}
    listed_at: dict[tuple[tuple[int, str], ...], int] = {}
    for block in blocks:
        if block.signature not in mapped:
            same = [r for b, rows in zip(blocks, bodies, strict=True) if b.signature == block.signature for r in rows]
            contents = sample_contents(grid, same, plainly_other(block))
            listed = about([*_titles_above(grid, block), grid.name])
            columns = map_columns(block.cells, contents, grid.first_column, declared, legends, sex, listed, codes)
            mapped[block.signature] = columns
            read.side_by_side |= lists_side_by_side(columns)
            header_row = block.bottom + grid.first_row if block.bottom >= 0 else 0
            listed_at[block.signature] = header_row
            read.columns.extend((header_row, column) for column in columns)
    family, said_by = family_above(grid, blocks[0].top)
    for row in said_by:
        read.kinds[row] = "band"
    total: list[int] = []
    above = heading = range(max(blocks[0].top, 0))
    for number, (block, body) in enumerate(zip(blocks, bodies, strict=True)):
        for row in range(max(block.top, 0), block.bottom + 1):
            read.kinds[row] = "header" if grid.types[row].strip(".") else "blank"
        columns = mapped[block.signature]
        named = field_columns(columns)
        if len(blocks) > 1 and (category := category_of_heading(grid, heading)):
            family["kategori"] = category
        family |= regions_of_heading(grid, heading)
        if of_table := standing_of_heading(grid, heading):
            family = {**without_standing(family), **of_table}
        elif begins_anew(grid, heading, above):
            family = {**without_standing(family), **standing_of_sheet(grid, above)}
        heading = range(0)
        follows = blocks[number + 1] if number + 1 < len(blocks) else None
        marked = any(column.is_ticked for column in columns)
        person = "nama" in named and "kepala_keluarga" not in named["nama"].fields
        of_persons = marked or person or "hubungan" in named or len(_OF_PERSONS & named.keys()) >= 2
        other = follows is not None and follows.signature != block.signature
        if other and "nik" not in named and not of_persons and len(body) <= 4:
            family = _family_form(grid, columns, body, read) or family
            continue
        header_row = listed_at[block.signature]
        family = _read_body(grid, header_row, body, columns, family, read, total, last=follows is None)
        heading = range(_heading_zone(grid, body), body.stop)
    if total:
        read.control_total = min((total[-1], sum(total)), key=lambda count: abs(count - len(read.rows)))


def _titles_above(grid: Grid, block: Block) -> list[str]:
    """The texts of the sparse rows above a header, from the top."""
    rows = range(max(block.top - _TITLE_ROWS, 0), max(block.top, 0))
    sparse = (grid.texts[row] for row in rows if len(grid.types[row]) - grid.types[row].count(".") <= _TITLE_CELLS)
    return [text for texts in sparse for text in texts if text]


def _family_form(grid: Grid, columns: list[Column], body: range, read: SheetRead) -> Said:
    """A header over one line of family values, with the members' own header below: the line is a band."""
    values: Said = {}
    letters = letters_of(grid, columns)
    for row in body:
        if grid.types[row].strip("."):
            cells, _ = row_cells(columns, grid.texts[row], grid.types[row])
            here = {name: text for name, (text, _) in cells.items() if name in FAMILY}
            values.update({n: (text, f"band@{letters[n]}{row + grid.first_row}") for n, text in here.items()})
            read.kinds[row] = "band"
    return values


def _heading_zone(grid: Grid, body: range) -> int:
    """Where the sparse rows right above the next header begin; they belong to it, not to the people before."""
    start = body.stop
    while start > body.start:
        kinds = grid.types[start - 1]
        filled = len(kinds) - kinds.count(".")
        if (
            filled > 3
            or kinds.strip(".t")
            or any(sum(map(str.isdigit, t)) >= 10 and ":" not in t for t in grid.texts[start - 1])
        ):
            break
        start -= 1
    return start


def _read_body(
    grid: Grid, header_row: int, body: range, columns: list[Column], family: Said, read: SheetRead,
    total: list[int], *, last: bool,
) -> Said:  # fmt: skip
    reader = RowReader(grid, columns)
    letters = [grid.letter(column) for column in range(grid.width)]
    zone = body.stop if last else _heading_zone(grid, body)
    rows: list[DataRow] = []
    marks: dict[int, Marked] = {}
    band_before = False
    sections, unknown = Sections(letters), -1
    standing = family
    second = second_lines(grid, body, columns)
    for row in body:
        if row in second and rows:
            read.kinds[row] = "band"
            join_line(grid, rows[-1], row, columns)
            continue
        if row == body.start and is_allowed_values(grid.texts[row], grid.types[row]):
            read.kinds[row] = "legend"
            continue
        if not rows and is_example(grid, row, body, columns):
            read.kinds[row] = "legend"
            read.problems.append(Problem("example_row", row + grid.first_row))
            continue
        mark = reader.read(row)
        if row >= zone and mark.kind == "data" and grid.filled(row) == 1 and read.kinds[row - 1] != "data":
            mark = Marked("band", labelled_values(grid.texts[row]))
        marks[row] = mark
        read.kinds[row] = mark.kind
        if mark.kind == "band" and mark.values:
            here = said(grid, row, mark.values)
            family = {**family, **here} if band_before else _replace(family, here)
        band_before = mark.kind == "band" and bool(mark.values)
        if (left := sections.ended(mark, grid.texts[row], family)) is not None:
            family, unknown = left, row
        if mark.counted is not None:
            total.append(mark.counted)
        if mark.kind == "data":
            if unknown >= 0:
                read.problems.append(Problem("heading_unknown", unknown + grid.first_row))
                unknown = -1
            if names_examples(family.get("status_layak", ("", ""))[0]) and goes_on(grid, row, reader.number, rows):
                family = without_standing(family)
            example = called_example(grid, row, body, reader.number, reader.name)
            if uncounted := name_not_counted(grid, row, body, reader.number, reader.name):
                read.problems.append(Problem("name_not_counted", row + grid.first_row))
            said_of_row = {**family, **uncounted, **example}
            rows.append(data_row(grid, letters, header_row, row, columns, said_of_row))
            standing = family
    before = read.rows[-1] if read.rows and read.rows[-1].header_row == header_row else None
    if carried := fill_down(grid, columns, rows, before):
        read.problems.append(Problem("family_values_carried_down", facts={"jumlah": carried}))
    read.rows.extend(rows)
    _name_the_rest(body, zone, marks, read, last=last)
    return {**without_standing(family), **{name: standing[name] for name in STANDING if name in standing}}


def _replace(family: Said, values: Said) -> Said:
    """A new band: another family replaces all family values, another hamlet or category only its own."""
    family = outlived(family, values)
    if "no_kk" in values or "kepala_keluarga" in values:
        return {**{k: v for k, v in family.items() if k in ("kategori", "dusun", *REGIONS, *STANDING)}, **values}
    if "desa" in values:
        return {**{k: v for k, v in family.items() if k not in FAMILY}, **values}
    return {**family, **values}


def _name_the_rest(body: range, zone: int, marks: dict[int, Marked], read: SheetRead, *, last: bool) -> None:
    """Rows that name no person and hold no value: a heading before the next header, a footer after the last person."""
    people = [row for row, mark in marks.items() if mark.kind == "data"]
    end = people[-1] if people else body.start - 1
    for row, mark in marks.items():
        if (
            mark.kind == "band"
            and row > end
            and (last or row >= zone)
            and not (set(mark.values) & {*FAMILY, "kategori"})
        ):
            read.kinds[row] = "footer" if last else "title"
        elif mark.kind == "band" and row > end and last:
            read.kinds[row] = "footer"
