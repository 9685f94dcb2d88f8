"""Marking a village's sheets: colour and comment on every cell with a finding, drop-downs on coded columns."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from assets.publications.corrections_list import Line, choices, choices_range, print_on_a4, texts
from assets.publications.corrections_original import Rows, sheet_title, text_of, texts_of
from assets.publications.suggestions import RESTS_ON, suggest
from assets.publications.village_book.book import Book
from assets.publications.village_book.markup import column_of
from assets.publications.village_book.sheet import Note, Sheet
from validation.fields import FIELDS
from validation.findings import CATALOGUE

_EXCELS_DIGITS = 16
"""From this length on a number in Excel has lost its last digits."""


def mark(book: Book, findings: Rows, columns: Rows, raw_rows: Rows) -> list[Line]:
    """Colour and comment every cell with a finding; gives the lines of the list, the most urgent first."""
    order = {severity: rank for rank, severity in enumerate(texts()["severity"])}
    cells = {(text_of(r["sheet"]), r["row"]): r for r in raw_rows}
    headers = {(text_of(c["sheet"]), text_of(c["column"])): text_of(c["header"]) for c in columns}
    by_cell: dict[tuple[str, str], list[Line]] = defaultdict(list)
    lines = []
    for finding in findings:
        line = _as_line(book, finding, cells, headers)
        lines.append(line)
        if line.cell is not None and line.row is not None:
            by_cell[line.sheet, line.cell].append(line)
    for (sheet, at), found in by_cell.items():
        _mark_cell(book[sheet], at, sorted(found, key=lambda line: order[line.severity]))
    lines.sort(key=lambda line: (order[line.severity], line.sheet, line.row or 0, line.column or ""))
    return lines


def _as_line(
    book: Book,
    finding: Mapping[str, Any],
    cells: Mapping[tuple[str, int], Mapping[str, Any]],
    headers: Mapping[tuple[str, str], str],
) -> Line:
    sheet, field = text_of(finding["sheet"]), text_of(finding["field"])
    row, column = finding["row"], text_of(finding["column"]) or None
    raw = cells.get((sheet, row), {}) if row is not None else {}
    values = {name: text_of(raw.get(name)) for name in (field, *RESTS_ON)} if raw and column else {}
    whole_file = row is None and not sheet
    title = "" if whole_file else sheet_title(sheet)
    cell = None
    if not whole_file and title in book:
        cell = book[title].anchor(f"{column or _first_column(raw)}{row or 1}")
    return Line(
        sheet=title,
        row=row,
        name=text_of(raw.get("nama")),
        column=column,
        header=headers.get((sheet, column or ""), ""),
        severity=finding["severity"],
        message=finding["message"],
        value=texts_of(raw["raw"]).get(column, "") if raw and column else "",
        expected=CATALOGUE.get(finding["code"], {}).get("expected", ""),
        suggestion=suggest(field, values, choices().get(field, [])) if values else None,
        cell=cell,
    )


def _first_column(raw: Mapping[str, Any]) -> str:
    """The leftmost column of a row that holds anything, to point at the row as a whole."""
    letters = [letter for letter, text in texts_of(raw["raw"]).items() if text] if raw else []
    return min(letters, key=column_of, default="A")


def _mark_cell(sheet: Sheet, at: str, found: Sequence[Line]) -> None:
    """Fill and comment by the most urgent finding; what others say stands in the same comment."""
    said, worst = texts(), found[0]
    look = said["severity"][worst.severity]
    parts = [said["comment"].format(label=look["label"], messages=" ".join(line.message for line in found))]
    parts += [said["expected"].format(text=line.expected) for line in found[:1] if line.expected]
    parts += [said["suggestion"].format(text=line.suggestion) for line in found if line.suggestion][:1]
    sheet.dress(at, sheet.looks.filled(sheet.look(at), look["fill"]))
    height = 40 + 18 * (1 + sum(len(part) // 42 + 1 for part in parts))
    sheet.notes[at] = Note("PMKS", "\n".join(parts), 320, height)


def add_choices(book: Book, columns: Rows, raw_rows: Rows) -> None:
    """Drop-downs on coded columns, and text format on identifiers, in the rows that stand for people."""
    said = texts()
    people: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for row in raw_rows:
        people[text_of(row["sheet"]), row["header_row"]].append(row)
    for column in sorted(columns, key=_table_of):
        name, header_row = _table_of(column)
        of_table = people.get((name, header_row), [])
        title = sheet_title(name)
        if not of_table or title not in book:
            continue
        sheet, rows = book[title], [row["row"] for row in of_table]
        field, letter = text_of(column["field"]), column["column"]
        if field in ("nik", "no_kk"):
            at = FIELDS.index(field)
            _as_texts(sheet, letter, rows, [row["types"][at : at + 1] for row in of_table])
        if field not in choices():
            continue
        codes = list(json.loads(text_of(column["code_map"]) or "{}"))
        source = f'"{",".join(codes)}"' if codes else choices_range(book, field)
        sheet.choices.append((f"{letter}{min(rows)}:{letter}{max(rows)}", source, said["choice_error"]))


def _table_of(column: Mapping[str, Any]) -> tuple[str, int]:
    """The sheet and the header row of a column."""
    return text_of(column["sheet"]), column["header_row"]


def set_up_printing(book: Book, raw_rows: Rows) -> None:
    """Let every sheet of people print on A4, with its first header on every page. A print area of the sender's goes,
    since it may leave columns out."""
    heads: dict[str, int] = {}
    for row in raw_rows:
        if row["header_row"] > 0:
            name = text_of(row["sheet"])
            heads[name] = min(row["header_row"], heads.get(name, row["header_row"]))
    for name, header_row in heads.items():
        if sheet_title(name) in book:
            sheet = book[sheet_title(name)]
            print_on_a4(sheet, title_row=header_row)


def _as_texts(sheet: Sheet, letter: str, rows: Sequence[int], types: Sequence[str]) -> None:
    """Write identifiers as text. Of one that Excel kept as a number and that ends in 0, the last digit is unknown.

    It becomes `?`: as plain text it would come back as a sound number, and nobody would ask for the digit any more.
    """
    for row, kind in zip(rows, types, strict=True):
        at = f"{letter}{row}"
        if kind == "n" or sheet.counts(at):
            value = sheet.value(at)
            text = str(value)
            if isinstance(value, (int, float)):
                text = str(int(value)) if float(value).is_integer() else text
                sheet.write(at, text)
            if kind == "n" and len(text) >= _EXCELS_DIGITS and text.endswith("0"):
                sheet.write(at, f"{text[:-1]}?")
        sheet.dress(at, sheet.looks.as_text(sheet.look(at)))
