"""A directorate's referrals as a workbook that its staff can read, filter and answer in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import xlsxwriter

from validation.answers import MARK, STATUSES, reasons_of_refusal

ROWS_A_SHEET = 1_048_575
"""What a sheet holds below its header."""
_A4 = 9
_WRAPS_FROM = 28
"""Columns from this width on hold sentences, which wrap; no spreadsheet program makes room for them by itself."""


def write_workbook(
    path: Path,
    table: pa.Table,
    columns: pd.DataFrame,
    texts: Mapping[str, Any],
    about: Mapping[str, str],
    *,
    rows_a_sheet: int = ROWS_A_SHEET,
) -> None:
    """Write the published table to `path`: first a sheet that explains it, then the list with columns for answers.

    `columns`: `referral_columns.csv`; those with a `sheet_order` are shown, in that order. Every text is written as
    text: a NIK keeps its digits, and a name that begins with `=`, `+`, `-` or `@` is never a formula. Rows are written
    as they come (constant memory); what one sheet cannot hold goes on in the next.
    """
    options = {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": f"Rujukan PMKS {about['nama_direktorat']}", "comments": f"run {about['run_id']}"})
    book.set_custom_property(MARK, about["direktorat"])
    _readme(book, texts, about)
    shown = columns.dropna(subset=["sheet_order"]).sort_values("sheet_order")
    for number, first in enumerate(range(0, max(table.num_rows, 1), rows_a_sheet), 1):
        name = texts["sheet"] if number == 1 else f"{texts['sheet']} {number}"
        _list_sheet(book, name, table.slice(first, rows_a_sheet), shown)
    book.close()


def _readme(book: Any, texts: Mapping[str, Any], about: Mapping[str, str]) -> None:
    page = book.add_worksheet(texts["readme_sheet"])
    page.hide_gridlines(2)
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, 3)
    page.set_column(1, 1, 100)
    look = {
        "title": book.add_format({"bold": True, "font_size": 14, "font_color": "#1F4E78"}),
        "head": book.add_format({"bold": True, "font_size": 11, "font_color": "#1F4E78", "top": 1, "valign": "bottom"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    filled = {
        "name": about["nama_direktorat"],
        "rows": about["rujukan"],
        "people": about["orang_atau_rumah_tangga"],
        "villages": about["desa"],
        "date": about["disusun"],
        "profile": about["profil"],
        "answers": ", ".join(STATUSES),
        "refusals": "; ".join(f"{code} ({meaning})" for code, meaning in reasons_of_refusal().items()),
    }
    for row, (kind, text) in enumerate(texts["readme"], 1):
        written = text.format(**filled)
        page.set_row(row, {"title": 20, "head": 26}.get(kind, 15 * (1 + len(written) // 105)))
        page.write_string(row, 1, written, look[kind])
    page.write_string(
        0, 1, f"{MARK}: {about['direktorat']}", book.add_format({"font_color": "#BFBFBF", "font_size": 8})
    )


def _list_sheet(book: Any, name: str, table: pa.Table, shown: pd.DataFrame) -> None:
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
    page.set_paper(_A4)
    page.fit_to_pages(2, 0)
    page.repeat_rows(0)
    page.repeat_columns(0)
    page.autofilter(0, 0, table.num_rows, len(shown) - 1)
    page.set_row(0, 32)
    writers: list[Callable[[int, int, Any], None]] = []
    for at, column in enumerate(shown.to_dict("records")):
        is_answer, kind = column["source"] == "answer", "date" if column["type"] == "DATE" else "text"
        look = (answer_looks if is_answer else looks)[kind]
        page.set_column(at, at, column["width"])
        page.write_string(0, at, column["header"], answer_header if is_answer else header)
        writers.append(_writer(page, look, keep_blank=is_answer))
        if is_answer and table.num_rows:
            page.data_validation(1, at, table.num_rows, at, _validations()[column["column"]])
    wrapped = [(at, width) for at, width in enumerate(shown["width"]) if width >= _WRAPS_FROM]
    for row, values in enumerate(_rows(table, shown["column"].tolist()), 1):
        lines = max(1 + len(values[at] or "") // width for at, width in wrapped)
        page.set_row(row, 15 * lines)
        for at, (write, value) in enumerate(zip(writers, values, strict=True)):
            write(row, at, value)


def _writer(page: Any, look: Any, *, keep_blank: bool) -> Callable[[int, int, Any], None]:
    def write(row: int, column: int, value: Any) -> None:
        if value is None:
            if keep_blank:
                page.write_blank(row, column, None, look)
        elif isinstance(value, (date, datetime)):
            page.write_datetime(row, column, value, look)
        else:
            page.write_string(row, column, ", ".join(value) if isinstance(value, list) else str(value), look)

    return write


def _rows(table: pa.Table, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a table as tuples of Python values, a batch at a time."""
    for batch in table.to_batches(max_chunksize=20_000):
        yield from zip(*(batch.column(name).to_pylist() for name in names), strict=True)


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
