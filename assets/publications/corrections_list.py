"""The first sheet of a corrections workbook: what to do, a summary, and every finding with a link to its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from assets.publications.village_book.book import Book
from assets.publications.village_book.front import Front
from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import Said, letters
from assets.publications.village_book.sheet import Sheet
from validation.correction_lines import MARK_COLUMN, SUBMISSION_MARK, mark_of
from validation.rule_tables import rule_table

MOST_LINES = 20_000
"""Lines that the list holds; every cell is marked in its sheet all the same."""
CHOICES_COLUMN = 20
"""From this column on the (hidden) values of drop-downs stand below each other, one list a column."""
_HERE = Path(__file__).parent
_VOCABULARIES = Path(__file__).parents[2] / "validation"
_FONT = '<font>{}<sz val="{}"/>{}<name val="Calibri"/><family val="2"/></font>'
_BELOW = '<border><left/><right/><top/><bottom style="thin"><color rgb="FFBFBFBF"/></bottom><diagonal/></border>'
_SEVERITY_COLUMN = 7
_LINE = {"border": _BELOW, "alignment": '<alignment horizontal="left" vertical="top" wrapText="1"/>'}
_BOLD = _FONT.format("<b/>", 11, "")
_LOOKS: dict[str, dict[str, str]] = {
    "id": {"font": _FONT.format("", 8, '<color rgb="FF808080"/>')},
    "title": {"font": _FONT.format("<b/>", 16, '<color rgb="FF1F4E78"/>')},
    "count": {"font": _BOLD},
    "header": {"font": _FONT.format("<b/>", 11, '<color rgb="FFFFFFFF"/>'), "fill": "1F4E78"},
    "text": _LINE,
    "end": {"border": _BELOW},
    "link": {
        "border": _BELOW,
        "font": _FONT.format("<u/>", 11, '<color rgb="FF0563C1"/>'),
        "alignment": '<alignment vertical="top"/>',
    },
}
"""The looks of the list, by name."""


class Line(NamedTuple):
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
    return {row["field"]: _values(row) for row in rule_table(__file__, "correction_choices.csv")}


def _values(declared: Mapping[str, str]) -> list[str]:
    if not declared["table"]:
        return declared["values"].split("|")
    vocabulary = rule_table(__file__, str(_VOCABULARIES / declared["table"]))
    return list(dict.fromkeys(row[declared["column"]] for row in vocabulary))


def add_list(book: Book, submission_id: str, facts: Mapping[str, Any], lines: Sequence[Line]) -> None:
    """Put the sheet `PERBAIKAN` before all others.

    `facts`: `path`, `desa`, `periode`, `accepted`, `quarantined` (counts; None: not read so far), `opened` (whether
    the village's own sheets stand in the workbook). The id in cell A1 is how the corrected copy is recognised.
    """
    front = Front(book.free_title(texts()["sheet"]), book.looks)
    front.write(1, 1, SUBMISSION_MARK + submission_id, _look(book.looks, "id"))
    at = _summary(front, facts, lines)
    last = _lines(front, at, lines)
    for number, (name, values) in enumerate(sorted(choices().items())):
        for row, value in enumerate([name, *values], 1):
            front.write(row, CHOICES_COLUMN + number, value)
        front.hidden.append(CHOICES_COLUMN + number)
    front.hidden.append(MARK_COLUMN)
    front.titles = at
    front.print_area = f"A1:{letters(len(texts()['headers']) - 1)}{last}"  # links are of no use on paper
    front.footer = f"&L{texts()['footer']}&R{texts()['page']}"
    book.front = front


def remove_list(book: Book) -> None:
    """Take the list of the workbook that was corrected out of its copy: the copy gets one of its own."""
    if texts()["sheet"] in book and len(book.sheets) > 1:
        sheet = book[texts()["sheet"]]
        if str(sheet.value("A1")).startswith(SUBMISSION_MARK):
            book.remove(sheet)


def print_on_a4(sheet: Sheet, title_row: int) -> None:
    """Set a sheet up for paper: A4 on its side, as wide as the page, `title_row` and the page number on every page."""
    sheet.set_up_printing(title_row, texts()["footer"], texts()["page"])


def choices_range(book: Book, name: str) -> str:
    """Where the values of a drop-down stand, as a reference for a validation."""
    column = letters(CHOICES_COLUMN + sorted(choices()).index(name))
    title = book.front.title if book.front else texts()["sheet"]
    return f"{title}!${column}$2:${column}${len(choices()[name]) + 1}"


def _look(looks: Looks, name: str, fill: str = "") -> int:
    return looks.add(**(_LOOKS[name] | ({"fill": fill} if fill else {})))


def _summary(front: Front, facts: Mapping[str, Any], lines: Sequence[Line]) -> int:
    """Title, counts and steps; gives the row at which the list may begin."""
    said = texts()
    front.write(2, 1, said["title"], _look(front.looks, "title"))
    front.write(3, 1, said["source"].format(**facts))
    counted = facts["accepted"] is not None
    front.write(4, 1, said["rows"].format(**facts) if counted else said["not_read"])
    row = 6
    for severity, look in said["severity"].items():
        count = sum(line.severity == severity for line in lines)
        if count:
            front.write(row, 1, count, _look(front.looks, "count", look["fill"]))
            meaning = look["meaning"] if counted or severity != "error" else said["file_not_read"]
            front.write(row, 2, f"{look['label']}: {meaning}")
            row += 1
    if not any(line.severity in ("error", "warning") for line in lines):
        front.write(row, 2, said["nothing_to_do"])
        row += 1
    row += 1
    for step in said["steps"] if facts["opened"] else said["not_opened"]:
        front.write(row, 1, step)
        row += 1
    return row + 1


def _lines(front: Front, top: int, lines: Sequence[Line]) -> int:
    """Headers and lines from the row `top` on; gives the last row."""
    said = texts()
    header = _look(front.looks, "header")
    for column, (text, width) in enumerate(zip(said["headers"], said["widths"], strict=True), 1):
        front.write(top, column, text, header)
        front.widths[column] = width
    last = top + min(len(lines), MOST_LINES)
    front.filtered = f"A{top}:L{last}"
    looks = {name: _look(front.looks, name) for name in ("text", "end", "link")}
    looks |= {name: _look(front.looks, "text", look["fill"]) for name, look in said["severity"].items()}
    for number, line in enumerate(lines[:MOST_LINES], 1):
        _line(front, top + number, number, line, looks)
    if len(lines) > MOST_LINES:
        last += 1
        front.write(last, 2, said["too_many"].format(count=len(lines) - MOST_LINES))
    return last


def _line(front: Front, row: int, number: int, line: Line, looks: Mapping[str, int]) -> None:
    said = texts()
    shown: list[Said] = [
        number,
        line.sheet or said["whole_file"],
        line.row if line.row is not None else said["whole_sheet"] if line.sheet else "",
        line.name,
        (said["whole_row"] if line.row is not None else "") if line.column is None else line.column,
        line.header,
        said["severity"][line.severity]["label"],
        line.message,
        line.value,
        line.expected,
        line.suggestion or "",
    ]
    written = [str(each) for each in shown]
    text = looks["text"]
    dressed = [(each, text) for each in shown]
    dressed[_SEVERITY_COLUMN - 1] = shown[_SEVERITY_COLUMN - 1], looks[line.severity]
    link = ("", looks["end"]) if line.cell is None else (said["open"], looks["link"])
    front.write_row(row, [*dressed, link, (mark_of(written), 0)])
    if line.cell is not None:
        quoted = line.sheet.replace("'", "''")
        front.links[f"{letters(len(dressed) + 1)}{row}"] = f"'{quoted}'!{line.cell}"
    front.heights[row] = 15 * max(
        [1 + len(text) // width for text, width in zip(written, said["widths"], strict=False)]
    )
