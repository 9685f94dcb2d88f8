"""Marking a village's sheets: colour and comment on every cell with a finding, drop-downs on coded columns."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils import column_index_from_string
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from assets.publications.corrections_list import Line, choices, choices_range, print_on_a4, texts
from assets.publications.corrections_original import anchor, sheet_title, write_text
from assets.publications.suggestions import suggest
from validation.fields import FIELDS
from validation.findings import CATALOGUE

_EXCELS_DIGITS = 16
"""From this length on a number in Excel has lost its last digits."""


def mark(book: Workbook, findings: pd.DataFrame, columns: pd.DataFrame, raw_rows: pd.DataFrame) -> list[Line]:
    """Colour and comment every cell with a finding; gives the lines of the list, the most urgent first."""
    order = {severity: rank for rank, severity in enumerate(texts()["severity"])}
    cells = {(_text(r["sheet"]), int(r["row"])): r for r in _dicts(raw_rows)}
    headers = {(_text(c["sheet"]), _text(c["column"])): _text(c["header"]) for c in _dicts(columns)}
    by_cell: dict[tuple[str, str], list[Line]] = defaultdict(list)
    lines = []
    for finding in _dicts(findings):
        line = _as_line(book, finding, cells, headers)
        lines.append(line)
        if line.cell is not None and line.row is not None:
            by_cell[line.sheet, line.cell].append(line)
    for (sheet, at), found in by_cell.items():
        _mark_cell(book[sheet], at, sorted(found, key=lambda line: order[line.severity]))
    lines.sort(key=lambda line: (order[line.severity], line.sheet, line.row or 0, line.column or ""))
    return lines


def _as_line(
    book: Workbook,
    finding: Mapping[str, Any],
    cells: Mapping[tuple[str, int], Mapping[str, Any]],
    headers: Mapping[tuple[str, str], str],
) -> Line:
    sheet, field = _text(finding["sheet"]), _text(finding["field"])
    row = None if pd.isna(finding["row"]) else int(finding["row"])
    column = _text(finding["column"]) or None
    raw = cells.get((sheet, row), {}) if row is not None else {}
    values = {name: _text(raw.get(name)) for name in FIELDS}
    whole_file = row is None and not sheet
    title = "" if whole_file else sheet_title(sheet)
    cell = None
    if not whole_file and title in book.sheetnames:
        cell = anchor(book[title], f"{column or _first_column(raw)}{row or 1}")
    return Line(
        sheet=title,
        row=row,
        name=values["nama"],
        column=column,
        header=headers.get((sheet, column or ""), ""),
        severity=finding["severity"],
        message=finding["message"],
        value=json.loads(raw["raw"]).get(column, "") if raw and column else "",
        expected=CATALOGUE.get(finding["code"], {}).get("expected", ""),
        suggestion=suggest(field, values, choices().get(field, [])) if raw and column else None,
        cell=cell,
    )


def _first_column(raw: Mapping[str, Any]) -> str:
    """The leftmost column of a row that holds anything, to point at the row as a whole."""
    letters = [letter for letter, text in json.loads(raw["raw"]).items() if text] if raw else []
    return min(letters, key=column_index_from_string, default="A")


def _mark_cell(sheet: Worksheet, at: str, found: Sequence[Line]) -> None:
    """Fill and comment by the most urgent finding; what others say stands in the same comment."""
    said, worst = texts(), found[0]
    look = said["severity"][worst.severity]
    parts = [said["comment"].format(label=look["label"], messages=" ".join(line.message for line in found))]
    parts += [said["expected"].format(text=line.expected) for line in found[:1] if line.expected]
    parts += [said["suggestion"].format(text=line.suggestion) for line in found if line.suggestion][:1]
    cell = sheet[at]
    cell.fill = PatternFill("solid", fgColor=look["fill"])
    comment = Comment("\n".join(parts), "PMKS")
    comment.width, comment.height = 320, 40 + 18 * (1 + sum(len(part) // 42 + 1 for part in parts))
    cell.comment = comment


def add_choices(book: Workbook, columns: pd.DataFrame, raw_rows: pd.DataFrame) -> None:
    """Drop-downs on coded columns, and text format on identifiers, in the rows that stand for people."""
    said = texts()
    for (name, header_row), mapped in columns.groupby([columns["sheet"].fillna(""), "header_row"]):
        in_sheet = (raw_rows["sheet"].fillna("") == name) & (raw_rows["header_row"] == header_row)
        people = raw_rows[in_sheet]
        rows = people["row"]
        title = sheet_title(str(name))
        if rows.empty or title not in book.sheetnames:
            continue
        sheet = book[title]
        for column in _dicts(mapped):
            field, letter = _text(column["field"]), column["column"]
            if field in ("nik", "no_kk"):
                _as_texts(sheet, letter, people["row"].tolist(), people["types"].str[FIELDS.index(field)].tolist())
            if field not in choices():
                continue
            codes = list(json.loads(_text(column["code_map"]) or "{}"))
            source = f'"{",".join(codes)}"' if codes else choices_range(field)
            validation = DataValidation("list", formula1=source, allow_blank=True, errorStyle="warning")
            validation.error = said["choice_error"]
            validation.showErrorMessage = True
            validation.add(f"{letter}{rows.min()}:{letter}{rows.max()}")
            sheet.add_data_validation(validation)


def set_up_printing(book: Workbook, raw_rows: pd.DataFrame) -> None:
    """Let every sheet of people print on A4, with its first header on every page. A print area of the sender's goes,
    since it may leave columns out."""
    heads = raw_rows[raw_rows["header_row"] > 0].groupby(raw_rows["sheet"].fillna(""))["header_row"].min()
    for name, header_row in heads.items():
        if sheet_title(str(name)) in book.sheetnames:
            sheet = book[sheet_title(str(name))]
            sheet.print_area = None
            print_on_a4(sheet, title_row=int(header_row))


def _as_texts(sheet: Worksheet, letter: str, rows: Sequence[int], types: Sequence[str]) -> None:
    """Write identifiers as text. Of one that Excel kept as a number and that ends in 0, the last digit is unknown.

    It becomes `?`: as plain text it would come back as a sound number, and nobody would ask for the digit any more.
    """
    for row, kind in zip(rows, types, strict=True):
        cell: Any = sheet[f"{letter}{row}"]
        text = str(cell.value)
        if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool):
            text = str(int(cell.value)) if float(cell.value).is_integer() else text
            write_text(cell, text)
        if kind == "n" and len(text) >= _EXCELS_DIGITS and text.endswith("0"):
            write_text(cell, f"{text[:-1]}?")
        cell.number_format = "@"


def _dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = list(map(str, frame.columns))
    return [dict(zip(names, row, strict=True)) for row in frame.astype("object").to_numpy().tolist()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
