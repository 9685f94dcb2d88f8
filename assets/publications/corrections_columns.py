"""Columns that a list lacks and some of its people need: added behind its own, empty, for the village to fill in.

Danger: half of the people with a disability wait for verification because their list has no column that could say
whether they are neglected, or of which kind the disability is; to ask a village to add a column is to ask it in vain.
Remedy: the column stands there, under a header that is read when the list comes back; a cell left empty says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assets.publications.corrections_list import texts
from assets.publications.corrections_original import Rows, sheet_title, text_of
from assets.publications.village_book.book import Book
from assets.publications.village_book.markup import column_of, letters
from assets.publications.village_book.sheet import Sheet

_LEAST_WIDTH = 20
"""Of an added column, in characters: its drop-down shows the longest value."""


def add_missing_columns(book: Book, findings: Rows, columns: Rows, raw_rows: Rows) -> tuple[Rows, Rows]:
    """Write the headers of missing columns into the sheets; gives `findings` and `columns` that know of them.

    A column is added for a field of `added` in `correction_texts.yml` where a finding says of a row that it is not
    stated and the row's list has no such column. In every sheet it stands behind the last cell that anything stands in,
    in the header rows and the rows of people. Never writes into a row of a person.
    """
    heads = {(text_of(row["sheet"]), row["row"]): row["header_row"] for row in raw_rows}
    asked: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for finding in findings:
        place = _asks(finding, heads)
        if place and sheet_title(place[0]) in book:
            asked[place[0]].add((heads[place], finding["field"]))
    added: dict[tuple[str, str], str] = {}
    made: list[Mapping[str, Any]] = []
    for name, wanted in sorted(asked.items()):
        sheet = book[sheet_title(name)]
        mine = {row: head for (of, row), head in heads.items() if of == name}
        known = [column["column"] for column in columns if text_of(column["sheet"]) == name]
        free = _first_free(sheet, {*mine, *mine.values()}, known)
        fields = [field for field in texts()["added"] if field in {field for _, field in wanted}]
        added |= {(name, field): letters(free + at) for at, field in enumerate(fields)}
        for header_row, field in sorted(wanted):
            header, letter = texts()["added"][field], added[name, field]
            _write_column(sheet, letter, header_row, header, [row for row, head in mine.items() if head == header_row])
            new = {"sheet": name, "header_row": header_row, "column": letter, "header": header, "field": field}
            made.append(new | {"code_map": None})
    placed = [
        {**finding, "column": added[place[0], finding["field"]]}
        if (place := _asks(finding, heads)) and (place[0], finding["field"]) in added
        else finding
        for finding in findings
    ]
    return placed, [*columns, *made]


def _asks(finding: Mapping[str, Any], heads: Mapping[tuple[str, int], int]) -> tuple[str, int] | None:
    """The sheet and row of a person for whom a finding asks for a column that the list lacks."""
    if text_of(finding["column"]) or finding["row"] is None or finding["field"] not in texts()["added"]:
        return None
    place = text_of(finding["sheet"]), finding["row"]
    return place if heads.get(place, 0) > 0 else None


def _first_free(sheet: Sheet, rows: Iterable[int], mapped: Iterable[str]) -> int:
    """The first column (from 1) to the right of all that stands in these rows."""
    return 1 + max([sheet.last_column(rows), *map(column_of, mapped)])


def _write_column(sheet: Sheet, letter: str, header_row: int, header: str, rows: Sequence[int]) -> None:
    """The header, and the cells of people below it with the look of their left neighbours."""
    left = letters(column_of(letter) - 1)
    for row in (header_row, *rows):
        sheet.dress(f"{letter}{row}", sheet.look(sheet.anchor(f"{left}{row}")))
    sheet.write(f"{letter}{header_row}", header)
    sheet.widen({column_of(letter): max(_LEAST_WIDTH, len(header) + 2)})
