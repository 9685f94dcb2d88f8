"""Sheets as values and marks, and the bytes of each file format. The same sheets always give the same bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape

import xlsxwriter
import xlwt
from odfdo import Cell, Document, Row, Table

from pipelines.sample_inbox.clerk import Line, Value

SHEET_NAMES = {"html": "Tabel 1", "pipe": "", "semicolon": ""}
"""What the only sheet is called in formats whose sheets have no name."""
_STAMP = datetime(2025, 1, 2)
_ZIP_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass
class Sheet:
    """One sheet. `marks` gives rows a look (`title`, `header`, …); `lines` holds the data rows, by row index."""

    name: str
    rows: list[list[Value]] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    lines: dict[int, Line] = field(default_factory=dict)

    def add(self, row: Sequence[Value], mark: str | None = None, line: Line | None = None) -> None:
        """Append one row; `line` says that it is the row of that person."""
        if mark:
            self.marks[len(self.rows)] = mark
        if line:
            self.lines[len(self.rows)] = line
        self.rows.append(list(row))

    def width(self, column: int) -> int:
        """Characters that the longest value of a column takes; titles, bands and signatures run over their cells."""
        counting = [row for i, row in enumerate(self.rows) if self.marks.get(i) not in ("title", "band", "free")]
        texts = [str(row[column]) for row in counting if column < len(row) and row[column] is not None]
        return min(34, max([4, *map(len, texts)]) + 2)

    @property
    def columns(self) -> int:
        return max(map(len, self.rows), default=0)


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _STAMP})
    look = {
        "title": book.add_format({"bold": True}),
        "header": book.add_format(
            {
                "bold": True,
                "border": 1,
                "bg_color": "#DDEBF7",
                "text_wrap": True,
                "align": "center",
                "valign": "vcenter",
            }
        ),
        "numbering": book.add_format({"italic": True, "border": 1, "align": "center"}),
        "band": book.add_format({"bold": True, "bg_color": "#F2F2F2"}),
        "total": book.add_format({"bold": True, "border": 1}),
        "free": book.add_format(),
        "": book.add_format({"border": 1}),
    }
    dates = book.add_format({"border": 1, "num_format": "dd/mm/yyyy"})
    digits = book.add_format({"border": 1, "num_format": "0"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        for column in range(sheet.columns):
            page.set_column(column, column, sheet.width(column))
        for r, row in enumerate(sheet.rows):
            style = look[sheet.marks.get(r, "")]
            for c, value in enumerate(row):
                if isinstance(value, date):
                    page.write_datetime(r, c, value, dates)
                elif isinstance(value, int):
                    page.write_number(r, c, value, style if value < 10**12 else digits)
                elif value:
                    page.write_string(r, c, value, style)
                elif r in sheet.lines or sheet.marks.get(r) in ("header", "total"):
                    page.write_blank(r, c, None, style)
        for top, left, bottom, right in sheet.merges:
            value = sheet.rows[top][left]
            page.merge_range(top, left, bottom, right, value, look[sheet.marks.get(top, "")])
    book.close()
    return target.getvalue()


def xls(sheets: Sequence[Sheet]) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    bold = xlwt.easyxf("font: bold on")
    dates = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    digits = xlwt.easyxf(num_format_str="0")
    plain = xlwt.easyxf()
    for sheet in sheets:
        page = book.add_sheet(sheet.name)
        for column in range(sheet.columns):
            page.col(column).width = 256 * sheet.width(column)
        merged = {(top, left): (bottom, right) for top, left, bottom, right in sheet.merges}
        for r, row in enumerate(sheet.rows):
            for c, value in enumerate(row):
                style = bold if r in sheet.marks else plain
                if isinstance(value, date):
                    style = dates
                elif isinstance(value, int) and value >= 10**12:
                    style = digits
                if (r, c) in merged:
                    bottom, right = merged[r, c]
                    page.write_merge(r, bottom, c, right, value, style)
                elif value not in (None, ""):
                    page.write(r, c, value, style)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def ods(sheets: Sequence[Sheet]) -> bytes:
    document = Document("spreadsheet")
    document.body.clear()
    for sheet in sheets:
        table = Table(sheet.name)
        for row in sheet.rows:
            cells = Row()
            for value in row:
                cells.append_cell(Cell() if value in (None, "") else Cell(value))
            table.append_row(cells)
        document.body.append(table)
    target = io.BytesIO()
    document.save(target)
    return _with_fixed_times(target.getvalue())


def _with_fixed_times(archive: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            if member.is_dir():
                continue
            info = zipfile.ZipInfo(member.filename, _ZIP_STAMP)
            info.compress_type = zipfile.ZIP_STORED if member.filename == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(member))
    return target.getvalue()


def delimited(sheets: Sequence[Sheet], delimiter: str, quoting: int, encoding: str = "utf-8") -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")  # type: ignore[arg-type]
    for sheet in sheets:
        writer.writerows([["" if v is None else str(v) for v in row] for row in sheet.rows])
    return target.getvalue().encode(encoding)


def html(sheets: Sequence[Sheet]) -> bytes:
    """A table as web applications export it, to be named `.xls`."""
    tables = []
    for sheet in sheets:
        rows = ["".join(f"<td>{escape('' if v is None else str(v))}</td>" for v in row) for row in sheet.rows]
        tables.append("<table border=1>" + "".join(f"<tr>{row}</tr>\n" for row in rows) + "</table>")
    page = '<html><head><meta charset="utf-8"></head><body>\n' + "\n".join(tables) + "\n</body></html>\n"
    return page.encode()


FORMATS = {
    "xlsx": xlsx,
    "xls": xls,
    "ods": ods,
    "semicolon": lambda sheets: delimited(sheets, ";", csv.QUOTE_MINIMAL, "utf-8-sig"),
    "pipe": lambda sheets: delimited(sheets, "|", csv.QUOTE_ALL),
    "html": html,
}
