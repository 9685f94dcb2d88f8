"""One file from bytes to understood sheets: what runs in the isolated child, without any knowledge of regions."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.intake.formats.archive import Archive
from assets.intake.formats.limits import DEFAULT
from assets.intake.formats.original import bytes_to_read
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.sniff import extension_differs, sniff
from assets.intake.formats.workbook import Workbook
from assets.intake.sheets.blocks import Block
from assets.intake.sheets.category_names import category_named, category_of_path, lists_helpers
from assets.intake.sheets.data_rows import DataRow, fill_blanks
from assets.intake.sheets.evidence import STANDING, known_category
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import HeaderCell
from assets.intake.sheets.holds import NO_COLUMNS, title_of_families, why_held
from assets.intake.sheets.layout import Problem, SheetRead, prepare, read_sheet
from assets.intake.sheets.legends import Codes
from assets.intake.sheets.mapping import SECOND_PART, Column
from assets.intake.sheets.no_people import lists_nobody, set_aside, settle_examples
from assets.intake.sheets.path_regions import regions_of_path
from assets.intake.sheets.proposals import proposal
from assets.intake.sheets.sources import listed as places_of
from assets.intake.sheets.sources import title_saying
from assets.intake.sheets.standing import row_of, says_gone, standing_named
from assets.intake.sheets.standing_columns import REPLACED
from assets.intake.sheets.taken_back import ONLY_BEFORE, take_back
from assets.intake.sheets.tick_matrix import UNKNOWN_MARKS
from assets.intake.sheets.titles import place_of_sheet, regions_of_title, title_rows
from assets.intake.sheets.unknown_numbers import unknown_numbers
from assets.intake.sheets.unread_notes import unread_notes
from assets.intake.sheets.values import is_stated
from assets.intake.sheets.village_headings import village_of_titles, villages_by_headings
from assets.intake.sidecar import declaration_of, for_sheet
from validation.answers import positions_of_columns
from validation.category_cells import category_cell
from validation.correction_lines import SUBMISSION_MARK, is_marked_line, typed_over
from validation.fields import FIELDS

_CORRECTS = re.compile(rb"pmks_submission_id.{0,200}?([0-9a-f]{64})", re.DOTALL)
"""In the document property `pmks_submission_id`, and in cell A1 of the first sheet, `pmks_submission_id: <hex>`."""
WHERE_MARKED = ("docProps/custom.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "meta.xml", "content.xml")
"""The parts in which document properties and texts of the first sheet stand: of an .xlsx, and as .ods saves them."""
_CORRECTS_IN_XLS = re.compile(rb"pmks_submission_id: ([0-9a-f]{64})")
"""Cell A1 as it stands among the texts of an .xls; next to its document property stand values of other properties."""
_SAID_OF_COLUMNS = {
    SECOND_PART: "name_in_two_columns",
    UNKNOWN_MARKS: "category_column_unknown",
    REPLACED: "replacement_not_read",
}
"""What is said of columns that are used, by how they came to be."""
_PLACE = ("kode_desa_baris", "desa", "kecamatan", "kabupaten", "provinsi")
_FEWEST_REMARKS, _NEARLY_ALL = 3, 0.9
"""How many remarks, and which share of them, must name categories to be the categories of a file without others."""
_AT = {name: at for at, name in enumerate(FIELDS)}
_QUOTED = json.encoder.encode_basestring
"""A text as JSON writes it: a row is written here in a quarter of the time that an encoder takes to get ready."""

RawRow = tuple[Any, ...]
"""row, header_row, ticked, category of title or section, types, filled, raw JSON, hidden, then one text a field."""


@dataclass(slots=True)
class ColumnRow:
    """One line of the `columns` table."""

    header_row: int
    letter: str
    header: str
    field: str | None
    by: str | None
    evidence: str
    code_map: str | None


@dataclass(slots=True)
class SheetResult:
    """The result of reading one sheet."""

    name: str
    kinds: list[str]
    columns: list[ColumnRow]
    rows: list[RawRow]
    titles: list[str]
    labels: dict[str, str]
    control_total: int | None
    problems: list[Problem]
    hidden: bool


@dataclass(slots=True)
class FileResult:
    """The result of reading one file. `hold`: the code of the reason why it waits for a person, with its facts."""

    format: str
    notes: list[str]
    sheets: list[SheetResult]
    places: list[tuple[tuple[str, ...], int]]
    years: list[str]
    hold: str | None = None
    hold_facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    proposal: str = ""


def peek(path: str) -> tuple[str, str | None]:
    """What a file's bytes are, and the submission that it says it corrects. Raises `formats.Unreadable`."""
    data = bytes_to_read(Path(path))
    kind = sniff(data)
    if kind != "zip":
        found = _CORRECTS_IN_XLS.search(data) if kind == "xls" else None
        return kind, found[1].decode() if found else None
    archive = Archive(data, DEFAULT)
    for part in WHERE_MARKED:
        if part in archive and (found := _CORRECTS.search(archive.read(part))):
            return archive.kind, found[1].decode()
    return archive.kind, None


def read_file(path: str, declaration: str, original: str) -> FileResult:
    """Read one file. `path` is where its bytes are, `declaration` its sidecar (canonical JSON), `original` its name.

    Raises `formats.Unreadable`. Never guesses a category, a sex code or a field that nothing speaks for.
    """
    return understand(read_workbook(Path(path)), declaration_of(declaration), original)


def understand(workbook: Workbook, declared: Mapping[str, Any], original: str) -> FileResult:
    """Lay out all sheets of a workbook; `declared` is its sidecar, `original` the path it was received at."""
    notes = [note for note in workbook.notes if note != "extension_differs"]
    if extension_differs(Path(original), workbook.format):
        notes.append("extension_differs")
    prepared = [prepare(sheet) for sheet in workbook.sheets]
    legends: dict[str, Codes] = {}
    for _, _, found in prepared:
        for name, codes in found.items():
            legends.setdefault(name, codes)
    reads: list[tuple[SheetRead, Grid]] = []
    previous: list[HeaderCell] = []
    of_path = regions_of_path(original)
    ours = [len(prepared) > 1 and _lists_findings(grid) for grid, _, _ in prepared]
    for (grid, blocks, own), is_ours in zip(prepared, ours, strict=True):
        if any(ours):
            grid.commented = frozenset()  # its comments are ours, and LibreOffice keeps no author of any
        if is_ours:
            read = SheetRead(grid.name, ["title" if kind.strip(".") else "blank" for kind in grid.types])
            read.problems = _typed_over(grid, {other.name for other, _, _ in prepared})
        else:
            keys = for_sheet(declared, grid.name)
            read = read_sheet(grid, blocks, {**legends, **own}, keys)
            if read.people_without_header and previous and "baris_kepala" not in keys:
                read = _continued(grid, previous, {**legends, **own}, keys) or read
            villages_by_headings(read, grid, of_path)
            village_of_titles(read, of_path)
            if not keys.get("berisi_orang") and (what := lists_nobody(read)):
                set_aside(read, what)
        if blocks:
            previous = blocks[-1].cells
        reads.append((read, grid))
    take_back(reads)
    of_people = [read.name for read, _ in reads if for_sheet(declared, read.name).get("berisi_orang")]
    settle_examples([read for read, _ in reads], of_people)
    result = _result(workbook, notes, reads, declared, original)
    silent = {sheet.name for sheet in result.sheets if _names_no_category(sheet)}
    asked = [read for read, _ in reads if read.name in silent and "kode_pmks" not in for_sheet(declared, read.name)]
    if result.hold in (None, "no_category") and sum(map(_category_of_remarks, asked)):
        result = _result(workbook, notes, reads, declared, original)
    if any("referral_id" in cells and positions_of_columns(cells) for sheet in workbook.sheets for cells in sheet.rows):
        result.hold, result.hold_facts, result.proposal = "answers_not_original", {}, ""
    return result


def _lists_findings(grid: Grid) -> bool:
    """Whether a sheet is the list of a village's faults that we made, whatever it is called; it holds no people. One
    that a village calls `PERBAIKAN` does."""
    rows = ([""] * grid.first_column + texts for texts in grid.texts)
    return any(cells[0].startswith(SUBMISSION_MARK) or is_marked_line(cells) for cells in rows)


def _typed_over(grid: Grid, sheets: Collection[str]) -> list[Problem]:
    """The lines of the list of findings into which somebody typed, with the place that each is about, where it still
    says one."""
    found = []
    for at, texts in enumerate(grid.texts):
        cells = [""] * grid.first_column + texts
        if typed_over(cells):
            place = f"lembar {cells[1]}, baris {cells[2]}" if cells[1] in sheets and cells[2].isdecimal() else "…"
            found.append(Problem("typed_into_list", grid.first_row + at, facts={"tempat": place}))
    return found


def _continued(
    grid: Grid, cells: Sequence[HeaderCell], legends: Mapping[str, Codes], keys: Mapping[str, Any]
) -> SheetRead | None:
    """A sheet without a header that goes on where the sheet before it ended, if its columns hold the same things.

    It may be narrower: a last column that nobody filled in is not there.
    """
    here = [cell for cell in cells if cell.column < grid.width]
    read = read_sheet(grid, [Block(-1, -1, here)], legends, keys)
    fields = {name for _, column in read.columns for name in column.fields}
    read.problems.append(Problem("header_of_previous_sheet"))
    return read if {"nama", "nik"} <= fields else None


def _names_no_category(sheet: SheetResult) -> bool:
    """Whether nothing says of any person of a sheet of which category they are."""
    named = any(column.field == "kategori" for column in sheet.columns) or any(row[2] or row[3] for row in sheet.rows)
    return bool(sheet.rows) and not named


def _category_of_remarks(read: SheetRead) -> bool:
    """Take the remarks of a sheet for categories, too, where nearly all name one; whether they do.

    Only for a sheet that names its categories nowhere else: beside a title or a column that does, a remark is a remark.
    """
    said = [row.cells["keterangan"] for row in read.rows if is_stated(row.cells.get("keterangan", ("", ".")))]
    named = sum(known_category(text.strip()) for text, _ in said)
    columns = [(header_row, column) for header_row, column in read.columns if column.fields == ("keterangan",)]
    if len(said) < _FEWEST_REMARKS or named < _NEARLY_ALL * len(said) or not columns:
        return False
    for header_row, column in columns:
        column.fields, column.by = ("kategori", "keterangan"), "content"
        column.evidence = f"{named} dari {len(said)} sel terisi berupa jenis PMKS yang dikenal"
        read.problems.append(Problem("category_from_remarks", header_row, column.letter))
    for row in read.rows:
        if "keterangan" in row.cells:
            row.cells["kategori"] = row.cells["keterangan"]
    return True


def _result(
    workbook: Workbook,
    notes: list[str],
    reads: Sequence[tuple[SheetRead, Grid]],
    declared: Mapping[str, Any],
    original: str,
) -> FileResult:
    sheets: list[SheetResult] = []
    places: dict[tuple[str, ...], int] = {}
    years: set[str] = set()
    category_somewhere = False
    of_file = category_of_path(original)
    for read, grid in reads:
        keys = for_sheet(declared, read.name)
        sheet, source = _sheet(read, grid, keys, of_file)
        category_somewhere |= source and bool(read.rows)
        sheets.append(sheet)
        for (*place, year), count in _places(read).items():
            places[tuple(place)] = places.get(tuple(place), 0) + count
            years.add(year)
    result = FileResult(workbook.format, notes, sheets, sorted(places.items()), sorted(years))
    result.hold, result.hold_facts = why_held(reads, category_somewhere)
    if result.hold and result.hold not in NO_COLUMNS:
        result.proposal = proposal(reads, declared)
    return result


def _places(read: SheetRead) -> Mapping[tuple[str, ...], int]:
    """How many rows of a sheet say each place, by the fields of `_PLACE`, and period; "" for what they do not say."""
    names = (*_PLACE, "periode_baris")
    stated = any(name in column.fields for _, column in read.columns for name in names)
    if not stated and not any("desa" in row.cells for row in read.rows):  # as in most lists
        return {("",) * len(names): len(read.rows)} if read.rows else {}
    return Counter(tuple(map(row.text, names)) for row in read.rows)


def _sheet(read: SheetRead, grid: Grid, keys: Mapping[str, Any], of_file: str | None) -> tuple[SheetResult, bool]:
    """One sheet's tables, and whether anything says which category its rows are of."""
    mapped = [column for _, column in read.columns]
    own = any("kategori" in column.fields and ("skema_kode" in keys or not _bare_codes(column)) for column in mapped)
    named = [c for text in read.titles if (c := category_named(text))]
    of_sheet = category_named(read.name)
    of_title = named[0] if named and len({c.lower() for c in named}) == 1 else None
    families = title_of_families(read) is not None
    title = None if families else of_title or of_sheet
    weak = title or ("" if own or families or any(map(lists_helpers, read.titles)) else of_file or "")
    weak_at = _title_cell(grid, read.kinds, of_title) if of_title else "sheet" if title else "file"
    standing = standing_named(read.name)
    gone = {standing[0]: (standing[1], "sheet")} if standing and says_gone(standing[1]) else {}
    hamlet = {name: (text, "sheet") for name, text in place_of_sheet(read.name).items()}
    regions = regions_of_title(grid, read.kinds, read.labels)
    for row in read.rows:
        if row.text("desa"):
            fill_blanks(row, regions)
        fill_blanks(row, hamlet if any(name in row.filled for name in STANDING) else hamlet | gone)
    rows = [_raw(row, weak, weak_at) for row in read.rows]
    listed = [line for header_row, column in read.columns for line in _column_rows(header_row, column)]
    source = own or bool(weak) or "kode_pmks" in keys or any(row.section for row in read.rows)
    problems = list(read.problems)
    if grid.hidden and rows:
        problems.append(Problem("hidden_sheet"))
    problems += _lists_of_the_gone(read.rows)
    if weak and not own and rows and not title:
        problems.append(Problem("category_from_file_name"))
    for header_row, column in read.columns:
        if column.evidence in _SAID_OF_COLUMNS and column.fields:
            problems.append(Problem(_SAID_OF_COLUMNS[column.evidence], header_row, column.letter, column.fields[0]))
        if column.header and not column.fields and not column.is_number and column.content and column.evidence:
            problems.append(Problem("column_refused", header_row, column.letter, None, {"alasan": column.evidence}))
    problems += unknown_numbers(read, grid)
    problems += unread_notes(read, grid)
    if read.control_total is not None and rows and read.control_total != len(rows):
        facts = {"tertulis": read.control_total, "terbaca": len(rows)}
        problems.append(Problem("control_total_differs", facts=facts))
    result = SheetResult(
        read.name, read.kinds, listed, rows, read.titles[:60], read.labels, read.control_total, problems, grid.hidden
    )
    return result, source


def _bare_codes(column: Column) -> bool:
    """Whether a category column holds, or is headed by, numbers whose meaning is stated nowhere."""
    content = column.content
    if column.category or column.code_map or not content:
        return (column.category or "").isdigit()
    return content.stated > 0 and content.small == content.stated


def _column_rows(header_row: int, column: Any) -> list[ColumnRow]:
    codes = json.dumps(column.code_map, ensure_ascii=False, sort_keys=True) if column.code_map else None
    fields = ("jenis_kelamin", *column.fields) if column.sex and column.fields == ("umur",) else column.fields
    header = " ".join(column.header.split())
    by = column.by if fields or column.by == "sidecar" else "ignored" if column.is_ignored else None
    return [
        ColumnRow(header_row, column.letter, header, name, by, column.evidence, codes) for name in fields or (None,)
    ]


def _lists_of_the_gone(rows: Iterable[DataRow]) -> list[Problem]:
    """A problem for each name of a sheet, title or band by which all people below it are gone."""
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        for name in STANDING:
            place = row.filled.get(name, "")
            if (
                place.startswith(("sheet", "title@", "band@"))
                and row_of(place) != row.row
                and says_gone(row.cells[name][0])
                and row.cells[name][0] not in ONLY_BEFORE
            ):
                found[place, name] = row.cells[name][0].lower()
    return [
        Problem("list_of_the_gone", row_of(place) or None, field=name, facts={"keadaan": said})
        for (place, name), said in found.items()
    ]


def _title_cell(grid: Grid, kinds: Sequence[str], category: str) -> str:
    """Where a sheet's title names a category."""
    return title_saying(grid, title_rows(grid, kinds), category, category_named)


def _raw(row: DataRow, weak: str, weak_at: str) -> RawRow:
    cells = row.cells
    own = cells.get("kategori", ("", "."))
    stated = row.ticked or (is_stated(own) and category_cell(own[0]).named)
    category, place = ("", "") if stated else (row.section, row.section_at) if row.section else (weak, weak_at)
    if category:
        row.filled["kategori"] = place
    values: list[str | None] = [None] * len(FIELDS)
    types = ["."] * len(FIELDS)
    for name, (text, kind) in cells.items():
        at = _AT.get(name)
        if at is None or kind == ".":
            continue
        if text or kind in "eu":
            types[at] = kind
        if text and kind != "u":
            values[at] = text
    raw = ", ".join([f'"{letter}": {_QUOTED(text)}' for letter, text in row.raw.items()])
    filled = places_of(row.filled)
    return (row.row, row.header_row, row.ticked, category, "".join(types), filled, f"{{{raw}}}", row.hidden, *values)
