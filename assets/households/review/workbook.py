"""The review queue as a workbook, out and back: a sheet of pairs of records, and one of households that may be one.

The workbook holds personal values, so it is written readable by its owner only. Everything from the data is written
as text, never as a formula. Reading is strict: one unclear entry, and nothing of the workbook is taken.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd

from assets.households.review.household_sheet import read_household_sheet, write_household_sheet
from assets.households.review.pair_sheet import COLUMNS, HEADER_ROW, SHEET, read_pair_sheet, write_pair_sheet
from assets.households.review.problems import ReviewError, problem
from assets.households.review.queue import texts
from assets.households.review.three_row_sheet import is_three_row_sheet, read_three_row_sheet
from assets.letters import FONT_POINTS
from assets.safe_workbook import SafeWorkbook
from warehouse.files import replacing


class Households(NamedTuple):
    """Which households may be one (`groups.household_questions`), the people of them (`persons`), and the codes of the
    categories for which each is referred."""

    questions: pd.DataFrame
    persons: pd.DataFrame
    listed: dict[str, list[str]]


def write_review_workbook(
    path: Path, queue: pd.DataFrame, records: pd.DataFrame, evidence: pd.DataFrame, households: Households | None = None
) -> None:
    """Write the pairs of `queue`, to be answered, and on a sheet of their own the questions of households.

    In: `queue` as from `review_queue` (cut to as many as a person can do); `records`: accepted records, at least those
    of the queue; `evidence` of the same pairs, as from `explain.evidence`. Replaces `path` in whole.
    """
    with replacing(path) as beside, SafeWorkbook(str(beside)) as book:
        style = _styles(book)
        write_pair_sheet(book.add_worksheet(SHEET), style, queue, records, evidence)
        if households is not None and len(households.questions):
            write_household_sheet(
                book.add_worksheet(texts()["households"]["sheet"]), style, households.questions, records,
                households.persons, households.listed,
            )  # fmt: skip


def may_be_replaced(path: Path) -> bool:
    """Whether nothing is lost if a workbook to be asked by is written over what lies at `path`: nothing does, or a
    workbook of ours that nobody filled in."""
    try:
        return not path.exists() or read_review_workbook(path).empty
    except ReviewError:
        return False


def read_review_workbook(path: Path) -> pd.DataFrame:
    """The answers of a filled workbook: record_id_l, record_id_r, decision, decided_by, reason; none for open pairs.

    Raises `ReviewError` with one message for each entry that is not clear; then nothing should be recorded. Messages
    name rows and columns and never repeat what a cell holds.
    """
    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            pairs, homes = (_cells(book, name) for name in (SHEET, texts()["households"]["sheet"]))
    except Exception as error:
        raise ReviewError([problem("unreadable")]) from error
    if is_three_row_sheet(pairs):
        answers, problems = read_three_row_sheet(pairs)
    elif len(pairs) > HEADER_ROW and pairs[HEADER_ROW][: len(COLUMNS)] == [texts()["headers"][c] for c in COLUMNS]:
        answers, problems = read_pair_sheet(pairs)
    else:
        raise ReviewError([problem("not_ours", sheet=SHEET)])
    of_homes, unclear = read_household_sheet(homes)
    if problems + unclear:
        raise ReviewError(problems + unclear)
    columns = ["record_id_l", "record_id_r", "decision", "decided_by", "reason"]
    return pd.DataFrame([*(entry for _, entry in answers.values()), *of_homes], columns=columns, dtype="str")


def _cells(book: Any, sheet: str) -> list[list[str]]:
    """The cells of a sheet as text, none where there is no such sheet."""
    rows = book[sheet].iter_rows(values_only=True) if sheet in book.sheetnames else []
    return [["" if value is None else str(value).strip() for value in row] for row in rows]


def _styles(book: Any) -> dict[str, Any]:
    base = {"font_size": FONT_POINTS, "valign": "top", "text_wrap": True, "border": 1, "border_color": "#C8CDD3"}
    answer = {"bg_color": "#FFF6CC", "locked": False, "valign": "vcenter", "num_format": "@"}
    small = {"font_size": FONT_POINTS}
    band = {"bold": True, "valign": "vcenter"}
    looks = {
        "title": {"bold": True, "font_size": 14},
        "guide": small | {"text_wrap": True, "valign": "top", "font_color": "#333333"},
        "label": small | {"bold": True, "align": "right", "valign": "vcenter"},
        "reviewer": {"bg_color": "#FFF6CC", "border": 1, "locked": False, "num_format": "@"},
        "header": base | band | {"bg_color": "#1F3A5F", "font_color": "#FFFFFF"},
        "text": base | {"num_format": "@"},
        "field": base | {"font_color": "#333333", "bg_color": "#F5F6F8"},
        "differs": base | {"num_format": "@", "bold": True, "bg_color": "#FDEBD3"},
        "answer": base | answer,
        "choice": base | answer | {"bold": True, "align": "center"},
        "for": base | {"bg_color": "#E3F1E5", "font_color": "#1C5E2A"},
        "against": base | {"bg_color": "#FBE5E3", "font_color": "#8A1F17"},
        "silent": base | {"font_color": "#666666"},
        "question": base | band | {"bg_color": "#E8EDF3"},
        "group": {"bold": True, "valign": "vcenter", "font_color": "#1F3A5F", "top": 2, "top_color": "#1F3A5F"},
    }
    return {name: book.add_format(look) for name, look in looks.items()}
