"""Columns that a list lacks and some of its people need: added behind its own, empty, for the village to fill in.

Danger: half of the people with a disability wait for verification because their list has no column that could say
whether they are neglected, or of which kind the disability is; to ask a village to add a column is to ask it in vain.
Remedy: the column stands there, under a header that is read when the list comes back; a cell left empty says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

import pandas as pd
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from assets.publications.corrections_list import texts
from assets.publications.corrections_original import anchor, sheet_title, write_text

_LEAST_WIDTH = 20
"""Of an added column, in characters: its drop-down shows the longest value."""


def add_missing_columns(
    book: Workbook, findings: pd.DataFrame, columns: pd.DataFrame, raw_rows: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write the headers of missing columns into the sheets; gives `findings` and `columns` that know of them.

    A column is added for a field of `added` in `correction_texts.yml` where a finding says of a row that it is not
    stated and the row's list has no such column. In every sheet it stands behind the last cell that anything stands in,
    in the header rows and the rows of people. Never writes into a row of a person.
    """
    asked = findings["row"].notna() & findings["column"].isna() & findings["field"].isin(texts()["added"])
    if not asked.any():
        return findings, columns
    wanted = findings[asked].reset_index(names="at").assign(sheet=lambda frame: frame["sheet"].fillna(""))
    people = raw_rows.assign(sheet=raw_rows["sheet"].fillna(""))[["sheet", "row", "header_row"]]
    wanted = wanted.merge(people[people["header_row"] > 0], on=["sheet", "row"])
    findings, made = findings.copy(), []
    for name, of_sheet in wanted.groupby("sheet"):
        if sheet_title(str(name)) not in book.sheetnames:
            continue
        sheet, mine = book[sheet_title(str(name))], people[people["sheet"] == name]
        fields = [field for field in texts()["added"] if field in set(of_sheet["field"])]
        free = _first_free(sheet, {*mine["row"], *mine["header_row"]}, columns[columns["sheet"].fillna("") == name])
        letters = {field: get_column_letter(free + at) for at, field in enumerate(fields)}
        findings.loc[of_sheet["at"], "column"] = of_sheet["field"].map(letters).to_numpy()
        for header_row, field in sorted(set(of_sheet[["header_row", "field"]].itertuples(index=False, name=None))):
            header = texts()["added"][field]
            rows = mine.loc[mine["header_row"] == header_row, "row"].tolist()
            _write_column(sheet, letters[field], header_row, header, rows)
            made.append((name, header_row, letters[field], header, field))
    keys = ["sheet", "header_row", "column", "header", "field"]
    added = pd.DataFrame(made, columns=keys).astype({"header_row": "int64"})
    return findings, pd.concat([columns, added], ignore_index=True) if made else columns


def _first_free(sheet: Worksheet, rows: Iterable[int], mapped: pd.DataFrame) -> int:
    """The first column (from 1) to the right of all that stands in these rows."""
    wanted = set(rows)
    existing: dict[tuple[int, int], Any] = sheet._cells
    filled = [
        column
        for (row, column), cell in existing.items()
        if row in wanted and (isinstance(cell, MergedCell) or cell.value not in (None, ""))
    ]
    return 1 + max([*filled, *map(column_index_from_string, mapped["column"])], default=0)


def _write_column(sheet: Worksheet, letter: str, header_row: int, header: str, rows: Sequence[int]) -> None:
    """The header, and the cells of people below it with the look of their left neighbours."""
    left = get_column_letter(column_index_from_string(letter) - 1)
    for row in (header_row, *rows):
        sheet[f"{letter}{row}"]._style = copy(sheet[anchor(sheet, f"{left}{row}")]._style)
    write_text(sheet[f"{letter}{header_row}"], header)
    sheet.column_dimensions[letter].width = max(_LEAST_WIDTH, len(header) + 2)
