"""The first sheet of a corrections workbook: what to do, a summary, and every finding with a link to its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from assets.publications.corrections_original import write_text
from validation.correction_lines import MARK_COLUMN, mark_of

ID_PREFIX = "pmks_submission_id: "
MOST_LINES = 20_000
"""Lines that the list holds; every cell is marked in its sheet all the same."""
CHOICES_COLUMN = 20
"""From this column on the (hidden) values of drop-downs stand below each other, one list a column."""
_HERE = Path(__file__).parent
_VOCABULARIES = Path(__file__).parents[2] / "validation"
_FONT = "Calibri"
_SEVERITY_COLUMN = 7
_BELOW = Border(bottom=Side(style="thin", color="BFBFBF"))
_LINE_LOOK = {"alignment": Alignment(wrap_text=True, vertical="top", horizontal="left"), "border": _BELOW}
_LINK_LOOK = {
    "border": _BELOW,
    "font": Font(name=_FONT, color="0563C1", underline="single"),
    "alignment": Alignment(vertical="top"),
}


@dataclass(frozen=True)
class Line:
    """One finding as the village reads it. `sheet`: '' for the whole file. `name`: of the person of that row. `cell`:
    where it can be seen (`B5`)."""

    sheet: str
    row: int | None
    name: str
    column: str | None
    header: str
    severity: str
    message: str
    value: str
    expected: str
    suggestion: str | None
    cell: str | None


@cache
def texts() -> dict[str, Any]:
    """What the workbook says, from `correction_texts.yml`."""
    loaded: dict[str, Any] = yaml.load(
        (_HERE / "correction_texts.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded


@cache
def choices() -> dict[str, list[str]]:
    """The values of each coded field, from `correction_choices.csv` and the vocabularies it names."""
    declared = pd.read_csv(_HERE / "correction_choices.csv", dtype="str", keep_default_na=False)
    return {str(row["field"]): _values({str(k): str(v) for k, v in row.items()}) for row in declared.to_dict("records")}


def _values(declared: Mapping[str, str]) -> list[str]:
    if not declared["table"]:
        return declared["values"].split("|")
    vocabulary = pd.read_csv(_VOCABULARIES / declared["table"], dtype="str", keep_default_na=False)
    return list(dict.fromkeys(vocabulary[declared["column"]]))


def add_list(book: Workbook, submission_id: str, facts: Mapping[str, Any], lines: Sequence[Line]) -> None:
    """Put the sheet `PERBAIKAN` before all others.

    `facts`: `path`, `desa`, `periode`, `accepted`, `quarantined` (counts; None: not read so far). The id
    in cell A1 is how the corrected copy is recognised.
    """
    sheet = book.create_sheet(texts()["sheet"], 0)
    book.active = 0
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet
    write_text(sheet["A1"], ID_PREFIX + submission_id)
    sheet["A1"].font = Font(name=_FONT, size=8, color="808080")
    at = _summary(sheet, facts, lines)
    _lines(sheet, at, lines)
    last = sheet.max_row
    for number, (name, values) in enumerate(sorted(choices().items())):
        column = CHOICES_COLUMN + number
        for row, value in enumerate([name, *values], 1):
            write_text(sheet.cell(row, column), value)
        sheet.column_dimensions[get_column_letter(column)].hidden = True
    sheet.column_dimensions[get_column_letter(MARK_COLUMN)].hidden = True
    sheet.sheet_view.showGridLines = False
    print_on_a4(sheet, title_row=at)
    sheet.print_area = f"A1:{get_column_letter(len(texts()['headers']) - 1)}{last}"  # links are of no use on paper
    sheet.protection.sheet = True  # what is typed here would be read by nobody
    sheet.protection.autoFilter = sheet.protection.formatColumns = sheet.protection.formatRows = False  # allowed


def remove_list(book: Workbook) -> None:
    """Take the list of the workbook that was corrected out of its copy: the copy gets one of its own."""
    if texts()["sheet"] in book.sheetnames and len(book.sheetnames) > 1:
        sheet = book[texts()["sheet"]]
        if str(sheet["A1"].value).startswith(ID_PREFIX):
            book.remove(sheet)


def print_on_a4(sheet: Worksheet, title_row: int) -> None:
    """Set a sheet up for paper: A4 on its side, as wide as the page, `title_row` and the page number on every page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.2, footer=0.25)
    sheet.print_title_rows = f"{title_row}:{title_row}"
    footer: Any = sheet.oddFooter
    footer.left.text, footer.right.text = texts()["footer"], texts()["page"]


def choices_range(name: str) -> str:
    """Where the values of a drop-down stand, as a reference for a validation."""
    column = get_column_letter(CHOICES_COLUMN + sorted(choices()).index(name))
    return f"{texts()['sheet']}!${column}$2:${column}${len(choices()[name]) + 1}"


def _summary(sheet: Worksheet, facts: Mapping[str, Any], lines: Sequence[Line]) -> int:
    """Title, counts and steps; gives the row at which the list may begin."""
    said = texts()
    write_text(sheet["A2"], said["title"])
    sheet["A2"].font = Font(name=_FONT, size=16, bold=True, color="1F4E78")
    write_text(sheet["A3"], said["source"].format(**facts))
    counted = facts["accepted"] is not None
    write_text(sheet["A4"], said["rows"].format(**facts) if counted else said["not_read"])
    row = 6
    for severity, look in said["severity"].items():
        count = sum(line.severity == severity for line in lines)
        if count:
            sheet.cell(row, 1).fill = PatternFill("solid", fgColor=look["fill"])
            sheet.cell(row, 1, count).font = Font(name=_FONT, bold=True)
            meaning = look["meaning"] if counted or severity != "error" else said["file_not_read"]
            write_text(sheet.cell(row, 2), f"{look['label']}: {meaning}")
            row += 1
    if not any(line.severity in ("error", "warning") for line in lines):
        write_text(sheet.cell(row, 2), said["nothing_to_do"])
        row += 1
    row += 1
    for step in said["steps"]:
        write_text(sheet.cell(row, 1), step)
        row += 1
    return row + 1


def _lines(sheet: Worksheet, top: int, lines: Sequence[Line]) -> None:
    said = texts()
    for column, (header, width) in enumerate(zip(said["headers"], said["widths"], strict=True), 1):
        cell = sheet.cell(top, column)
        write_text(cell, header)
        cell.font = Font(name=_FONT, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E78")
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = f"A{top + 1}"
    looks: dict[str, StyleArray] = {}
    for number, line in enumerate(lines[:MOST_LINES], 1):
        _line(sheet, top + number, number, line, looks)
    if len(lines) > MOST_LINES:
        write_text(sheet.cell(top + MOST_LINES + 1, 2), said["too_many"].format(count=len(lines) - MOST_LINES))
    sheet.auto_filter.ref = f"A{top}:L{top + min(len(lines), MOST_LINES)}"


def _line(sheet: Worksheet, row: int, number: int, line: Line, looks: dict[str, StyleArray]) -> None:
    said = texts()
    look = said["severity"][line.severity]
    shown = [
        str(number),
        line.sheet or said["whole_file"],
        str(line.row) if line.row is not None else said["whole_sheet"] if line.sheet else "",
        line.name,
        (said["whole_row"] if line.row is not None else "") if line.column is None else line.column,
        line.header,
        look["label"],
        line.message,
        line.value,
        line.expected,
        line.suggestion or "",
    ]
    for column, text in enumerate(shown, 1):
        cell = sheet.cell(row, column)
        if column == _SEVERITY_COLUMN:
            _dress(cell, looks, line.severity, **_LINE_LOOK, fill=PatternFill("solid", fgColor=look["fill"]))
        else:
            _dress(cell, looks, "text", **_LINE_LOOK)
        if column in (1, 3) and text.isdecimal():
            cell.value = int(text)
        else:
            write_text(cell, text)
    write_text(sheet.cell(row, MARK_COLUMN), mark_of(shown))
    end = sheet.cell(row, len(said["headers"]))
    if line.cell is None:
        _dress(end, looks, "end", border=_BELOW)
    lengths = zip(shown, said["widths"], strict=False)
    sheet.row_dimensions[row].height = 15 * max(1 + len(text) // width for text, width in lengths)
    if line.cell is not None:
        link: Any = end
        _dress(link, looks, "link", **_LINK_LOOK)
        write_text(link, said["open"])
        quoted = line.sheet.replace("'", "''")
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!{line.cell}")


def _dress(cell: Any, looks: dict[str, StyleArray], name: str, **parts: Any) -> None:
    """Give a cell a look of `looks`, of one workbook, or make it: openpyxl compares each part with all others."""
    if name not in looks:
        for part, value in parts.items():
            setattr(cell, part, value)
        looks[name] = cell._style
    cell._style = copy(looks[name])
