"""A directorate's referrals as a workbook that its staff can read, filter and answer in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.publications.book.cells import Cells, write_rows
from assets.publications.book.field_list import SHOWN, write_field_list
from assets.publications.book.pages import PAPER_A4, Looks, say_on_each_page
from assets.publications.book.people import write_changes, write_coordination, write_glossary
from assets.publications.book.recap import write_recap
from assets.publications.book.streamed import StreamedWorkbook
from assets.publications.book.summary import write_summary
from assets.publications.book.tables import ROWS_A_SHEET, numbered, parts
from assets.publications.changes import Changes, is_new
from assets.publications.recaps import OF_HOMES, Figures
from assets.publications.referral_rows import SheetColumn, in_full, sheet_columns
from validation.answers import MARK, STATUSES, reasons_of_refusal
from validation.regions import REGENCY_LENGTH

_MOST_LINES = 2
_PRINT_PERCENT, _PRINTED_COLUMNS = 90, 6
"""The list of all columns is for the screen; whoever prints it gets the first columns, who and whereto, on the width of
one page in letters of 9 points."""
IN_NO_WORKBOOK = ("record_ids", "rule_set", "run_id")
"""Columns that only the other files hold."""
_OF_SHEETS = [*dict.fromkeys([*SHOWN, *OF_HOMES])]
"""Columns of which the sheets are made, but that of all columns."""
_OF_NEW_ONES = [name for name in SHOWN if name != "kode_pmks"]
"""Those of which *Baru* is made."""
OF_FIRST = [*SHOWN, "basis"]
"""Those of which a workbook is made that leaves the list to others."""
_WRAPS_FROM = 28
"""Columns from this width on hold sentences, which wrap; no spreadsheet program makes room for them by itself."""


def needed(table: pa.Table, changed: Changes, elsewhere: Sequence[str] = ()) -> pa.Table:
    """What `write_workbook` needs of a published table, given what is new in it."""
    if not elsewhere:
        return table.drop_columns([*IN_NO_WORKBOOK])
    table = table.select(OF_FIRST)
    new = is_new(table, changed)
    for name in _OF_NEW_ONES:
        told = pc.if_else(new, table[name], pa.scalar(None, table.schema.field(name).type))
        table = table.set_column(table.column_names.index(name), name, told)
    return table


def write_workbook(
    path: Path,
    table: pa.Table,
    counted: Figures,
    changed: Changes,
    texts: Mapping[str, Any],
    about: Mapping[str, str],
    on: date,
    *,
    elsewhere: Sequence[str] = (),
    rows_a_sheet: int = ROWS_A_SHEET,
) -> None:
    """Write one edition of a directorate's list to `path`, in the sheets that `texts["sheets"]` names.

    `table`: the published table, or what `needed` leaves of it; `counted`: the figures of all of it; `changed`: what is
    new in it and what has ended; `on`: the day on which waiting counts; `elsewhere`: the workbooks that hold the two
    lists of single referrals and the households of others, if this one does not. Every text is written as text: a NIK
    keeps its digits, and a name that begins with `=`, `+`, `-` or `@` is never a formula. Rows are compressed as they
    come; what one sheet cannot hold goes on in the next, the list of all columns from a kabupaten on.
    """
    book = StreamedWorkbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    made_by = f"run {about['run_id']}, bukti {about.get('bukti', '')}"
    book.set_properties({"title": f"Rujukan PMKS {about['nama_direktorat']}", "comments": made_by})
    book.set_custom_property(MARK, about["tanda"])
    looks, names, footer = Looks(book), texts["sheets"], texts["footer"]
    listed = in_full(
        (table.filter(is_new(table, changed)) if elsewhere else table).select(SHOWN if elsewhere else _OF_SHEETS)
    )
    write_summary(
        book,
        looks,
        counted,
        changed,
        texts["summary"],
        about,
        on,
        name=names["summary"],
        footer=footer,
        elsewhere=elsewhere,
    )
    if not elsewhere:
        write_field_list(
            book, looks, listed, texts["field"], on, name=names["field"], footer=footer, rows_a_sheet=rows_a_sheet
        )
        _write_list(book, names["list"], footer, table, rows_a_sheet)
    write_recap(book, looks, counted, texts["recap"], on, name=names["recap"], footer=footer)
    write_changes(book, looks, listed, changed, texts, rows_a_sheet=rows_a_sheet)
    if not elsewhere:
        write_coordination(book, looks, listed, texts, rows_a_sheet=rows_a_sheet)
    write_glossary(book, looks, texts, table)
    book.close()


def _write_list(book: Any, name: str, footer: str, table: pa.Table, rows_a_sheet: int) -> None:
    """Add the sheet of all columns, and those in which it goes on."""
    shown = [column for column in sheet_columns() if column.column in table.column_names]
    for number, (first, end) in enumerate(parts(table.num_rows, rows_a_sheet, _kabupaten_starts(table)), 1):
        _list_sheet(book, numbered(name, number), footer, table.slice(first, end - first), shown)


def _kabupaten_starts(table: pa.Table) -> list[int]:
    """The rows at which another kabupaten begins."""
    codes = pc.utf8_slice_codeunits(table["kode_desa"], 0, REGENCY_LENGTH).combine_chunks().dictionary_encode().indices
    numbers = codes.fill_null(-1).to_numpy()
    return np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])[: len(numbers)]).tolist()


def _list_sheet(book: Any, name: str, footer: str, table: pa.Table, shown: Sequence[SheetColumn]) -> None:
    page = book.add_worksheet(name)
    header = book.add_format(
        {"bold": True, "bg_color": "#1F4E78", "font_color": "white", "text_wrap": True, "border": 1}
    )
    answer_header = book.add_format({"bold": True, "bg_color": "#FFC000", "text_wrap": True, "border": 1})
    number_formats = {"text": "@", "date": "dd/mm/yyyy"}
    asked = {"bg_color": "#FFF2CC", "border": 1, "border_color": "#D9D9D9"}
    plain = {"valign": "top", "text_wrap": True}
    looks = {kind: book.add_format(plain | {"num_format": as_}) for kind, as_ in number_formats.items()}
    answer_looks = {kind: book.add_format(plain | asked | {"num_format": as_}) for kind, as_ in number_formats.items()}
    page.freeze_panes(1, 1)
    page.set_landscape()
    page.set_paper(PAPER_A4)
    page.repeat_rows(0)
    page.repeat_columns(0)
    page.set_print_scale(_PRINT_PERCENT)
    say_on_each_page(page, left=name, footer=footer)
    page.print_area(0, 0, table.num_rows, _PRINTED_COLUMNS - 1)
    page.autofilter(0, 0, table.num_rows, len(shown) - 1)
    columns = []
    for at, column in enumerate(shown):
        kind = "date" if column.is_date else "text"
        page.set_column(at, at, column.width)
        if column.is_answer and table.num_rows:
            page.data_validation(1, at, table.num_rows, at, _validations()[column.column])
        values = _as_written(table[column.column])
        look = (answer_looks if column.is_answer else looks)[kind]
        columns.append(Cells(values, look, keep_blank=column.is_answer))
    heads = [Cells([column.header], answer_header if column.is_answer else header) for column in shown]
    write_rows(page, 0, heads, [32.0])
    write_rows(page, 1, columns, _heights(table, shown))


def _heights(table: pa.Table, shown: Sequence[SheetColumn]) -> npt.NDArray[np.floating]:
    """Points that each row needs for its longest sentence, or for as much of it as a list should show."""
    lines = np.ones(table.num_rows, dtype=np.int64)
    for column in shown:
        if column.width >= _WRAPS_FROM:
            lengths = pc.fill_null(_lengths(table[column.column]), 0).to_numpy()
            lines = np.maximum(lines, 1 + lengths // column.width)
    return 15.0 * np.minimum(lines, _MOST_LINES)


def _lengths(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """How many letters each text of a column has."""
    if not pa.types.is_dictionary(column.type):
        return pc.utf8_length(column)
    coded = column.combine_chunks()
    return pc.utf8_length(coded.dictionary).take(coded.indices)


def _as_written(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as its cells say it: lists joined by a comma, yes and no in words."""
    if pa.types.is_list(column.type):
        return pc.binary_join(column, ", ")
    return pc.if_else(column, "ya", "tidak") if pa.types.is_boolean(column.type) else column


def _validations() -> dict[str, dict[str, Any]]:
    """What each column for answers offers and refuses. A reason may carry a remark, so its list only proposes."""
    answers, refusals = list(STATUSES), list(reasons_of_refusal())
    return {
        "jawaban": {
            "validate": "list",
            "source": answers,
            "error_title": "Jawaban tidak dikenal",
            "error_message": "Pilih salah satu: " + ", ".join(answers),
        },
        "alasan_jawaban": {"validate": "list", "source": refusals, "show_error": False},
        "tanggal_jawaban": {
            "validate": "date",
            "criteria": ">=",
            "value": date(2000, 1, 1),
            "error_title": "Bukan tanggal",
            "error_message": "Isi tanggal, misalnya 31/12/2025.",
        },
    }
