"""The review queue as a workbook, out and back: two records above each other, what compares under them, one answer.

The workbook holds personal values, so it is written readable by its owner only. Everything from the data is written
as text, never as a formula. Reading is strict: one unclear entry, and nothing of the workbook is taken.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd

from assets.households.review.explain import number, percent
from assets.households.review.household_sheet import read_household_sheet, write_household_sheet
from assets.households.review.problems import Problem, ReviewError, problem
from assets.households.review.queue import pair_id, texts
from assets.households.review.second import SECOND_LOOK
from assets.households.review.shown import A3, place, plain, set_up_to_fill, village_name
from assets.safe_workbook import SafeWorkbook
from warehouse.files import replacing

SHEET = "Tinjauan"
HEADER_ROW = 4
"""Counted from 0, as xlsxwriter does; the pairs follow."""
FIXED = ["number", "decision", "decided_by", "reason", "situation", "side"]
COMPARED = {
    "nama": ["nama"],
    "nik": ["nik"],
    "no_kk": ["kk", "rumah"],
    "jenis_kelamin": ["jenis_kelamin"],
    "tempat_lahir": ["tempat_lahir"],
    "tanggal_lahir": ["lahir"],
    "umur": ["umur"],
    "hubungan": ["hubungan"],
    "kepala_keluarga": ["kepala"],
    "alamat": ["tempat"],
    "kode_desa": ["desa"],
    "nama_ibu": ["ibu"],
    "nama_ayah": ["ayah"],
    "daftar": ["daftar"],
}
"""Under which field each comparison is shown; the weight of the dwelling (KK, head, place) stands under the KK."""
WIDTHS = {"number": 4, "decision": 14, "decided_by": 12, "reason": 18, "situation": 38, "side": 12} | {
    "nama": 22, "nik": 18, "no_kk": 18, "jenis_kelamin": 8, "tempat_lahir": 12, "tanggal_lahir": 13, "umur": 9,
    "hubungan": 13, "kepala_keluarga": 16, "alamat": 24, "kode_desa": 20, "nama_ibu": 13, "nama_ayah": 13, "daftar": 18,
}  # fmt: skip
ROWS_A_PAIR = 3
"""The first record, the second record, the comparison."""
ID_WIDTH = 34
"""Width of the hidden columns of ids."""
NO_WEIGHT, CLEAR_WEIGHT = 0.05, 0.5
"""Weights (bits) below which a comparison is shown as saying nothing, and from which it is coloured."""
HEIGHTS = {"guide": 48, "header": 44, "record": 30}


class Households(NamedTuple):
    """Which households may be one (`groups.household_questions`), the people of them (`persons`), and the codes of the
    categories for which each is referred."""

    questions: pd.DataFrame
    persons: pd.DataFrame
    listed: dict[str, list[str]]


def write_review_workbook(
    path: Path, queue: pd.DataFrame, records: pd.DataFrame, evidence: pd.DataFrame, households: Households | None = None
) -> None:
    """Write the pairs of `queue` in its order, to be answered, and on a sheet of their own the questions of households.

    In: `queue` as from `review_queue` (cut to as many as a person can do); `records`: accepted records, at least those
    of the queue; `evidence` of the same pairs, as from `explain.evidence`. Replaces `path` in whole.
    """
    by_id = records.set_index("record_id")
    words = dict(iter(evidence.groupby(["record_id_l", "record_id_r"])))
    with replacing(path) as beside, SafeWorkbook(str(beside)) as book:
        sheet = book.add_worksheet(SHEET)
        style = _styles(book)
        _write_head(sheet, style)
        for at, pair in enumerate(queue.to_dict("records")):
            top = HEADER_ROW + 1 + ROWS_A_PAIR * at
            _write_answer_cells(sheet, style, top, pair)
            for k, side in enumerate(("l", "r")):
                _write_record(sheet, style, top + k, pair[f"record_id_{side}"], by_id.loc[pair[f"record_id_{side}"]])
            _write_evidence(sheet, style, top + 2, words[pair["record_id_l"], pair["record_id_r"]])
        if households is not None and len(households.questions):
            write_household_sheet(
                book.add_worksheet(texts()["households"]["sheet"]), style, households.questions, records,
                households.persons, households.listed,
            )  # fmt: skip


def read_review_workbook(path: Path) -> pd.DataFrame:
    """The answers of a filled workbook: record_id_l, record_id_r, decision, decided_by, reason; none for open pairs.

    Raises `ReviewError` with one message for each entry that is not clear; then nothing should be recorded. Messages
    name rows and columns and never repeat what a cell holds.
    """
    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            rows = list(book[SHEET].iter_rows(values_only=True)) if SHEET in book.sheetnames else []
            homes = texts()["households"]["sheet"]
            asked = list(book[homes].iter_rows(values_only=True)) if homes in book.sheetnames else []
    except Exception as error:
        raise ReviewError([problem("unreadable")]) from error
    width = len(FIXED) + len(COMPARED) + 2
    if len(rows) <= HEADER_ROW or [*rows[HEADER_ROW][: len(FIXED)]] != _titles()[: len(FIXED)]:
        raise ReviewError([problem("not_ours", sheet=SHEET)])
    cells = [[_text(v) for v in row] + [""] * (width - len(row)) for row in rows]
    everyone = cells[2][FIXED.index("reason")]
    answers: dict[str, tuple[int, dict[str, str]]] = {}
    problems: list[Problem] = []
    for top in range(HEADER_ROW + 1, len(cells), ROWS_A_PAIR):
        block = cells[top : top + ROWS_A_PAIR]
        if not any(any(row) for row in block):
            continue
        _read_pair(block, top + 1, everyone, answers, problems)
    of_homes, unclear = read_household_sheet([[_text(v) for v in row] for row in asked])
    if problems + unclear:
        raise ReviewError(problems + unclear)
    columns = ["record_id_l", "record_id_r", "decision", "decided_by", "reason"]
    return pd.DataFrame([*(entry for _, entry in answers.values()), *of_homes], columns=columns, dtype="str")


def _read_pair(
    block: list[list[str]],
    row: int,
    everyone: str,
    answers: dict[str, tuple[int, dict[str, str]]],
    problems: list[Problem],
) -> None:
    """Read the rows of one pair into `answers` (by pair id: row number and entry), or what is wrong into `problems`.

    `row`: the number of the first row as Excel counts; `everyone`: the reviewer named at the top of the sheet.
    """
    filled = {
        name: next((line[FIXED.index(name)] for line in block if line[FIXED.index(name)]), "") for name in FIXED[1:4]
    }
    ids = [line[len(FIXED) + len(COMPARED)] for line in block]
    code = block[0][len(FIXED) + len(COMPARED) + 1]
    if len(block) < ROWS_A_PAIR or not all(ids[:2]) or ids[2] or pair_id(ids[0], ids[1]) != code:
        problems.append(problem("moved", row=row))
        return
    answer = filled["decision"].upper()
    if not answer:
        return
    decision = texts()["answers"].get(answer)
    by = filled["decided_by"] or everyone
    faults = [
        (decision is None, "answer"),
        (not by, "nobody"),
        (decision in ("same", "different") and not filled["reason"], "why"),
    ]
    found = [problem(name, row=row) for wrong, name in faults if wrong]
    if not found and code in answers and answers[code][1]["decision"] != decision:
        found = [problem("twice", row=row, other=answers[code][0])]
    problems += found
    if not found:
        left, right = sorted(ids[:2])
        entry = {"record_id_l": left, "record_id_r": right, "decision": str(decision)}
        answers[code] = (row, entry | {"decided_by": by, "reason": filled["reason"]})


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _titles() -> list[str]:
    wording = texts()
    return [wording["headers"][f] for f in FIXED] + [wording["fields"][f] for f in COMPARED] + ["record_id", "kode"]


def _styles(book: Any) -> dict[str, Any]:
    base = {"font_size": 10, "valign": "top", "text_wrap": True, "border": 1, "border_color": "#C8CDD3"}
    note = {"italic": True, "font_size": 9, "bottom": 2}
    answer = {"bg_color": "#FFF6CC", "locked": False, "valign": "vcenter", "bottom": 2}
    looks = {
        "title": {"bold": True, "font_size": 14},
        "guide": {"text_wrap": True, "valign": "top", "font_color": "#333333"},
        "label": {"bold": True, "align": "right"},
        "reviewer": {"bg_color": "#FFF6CC", "border": 1, "locked": False, "num_format": "@"},
        "header": base | {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "valign": "vcenter"},
        "text": base | {"num_format": "@"},
        "block": base | {"valign": "vcenter", "bottom": 2},
        "answer": base | answer | {"num_format": "@"},
        "choice": base | answer | {"bold": True, "align": "center", "num_format": "@"},
        "for": base | note | {"bg_color": "#E3F1E5", "font_color": "#1C5E2A"},
        "against": base | note | {"bg_color": "#FBE5E3", "font_color": "#8A1F17"},
        "silent": base | note | {"font_color": "#777777"},
        "question": base | {"bold": True, "bg_color": "#E8EDF3", "valign": "vcenter"},
    }
    return {name: book.add_format(look) for name, look in looks.items()}


def _write_head(sheet: Any, style: dict[str, Any]) -> None:
    wording, last = texts(), len(FIXED) + len(COMPARED) - 1
    sheet.write_string(0, 0, wording["title"], style["title"])
    sheet.merge_range(1, 0, 1, 11, wording["guide"].strip(), style["guide"])
    sheet.set_row(1, HEIGHTS["guide"])
    sheet.merge_range(2, 0, 2, 2, wording["reviewer"], style["label"])
    sheet.write_blank(2, 3, None, style["reviewer"])
    for at, name in enumerate(_titles()):
        sheet.write_string(HEADER_ROW, at, name, style["header"])
    sheet.set_row(HEADER_ROW, HEIGHTS["header"])
    for at, name in enumerate([*FIXED, *COMPARED]):
        sheet.set_column(at, at, WIDTHS[name])
    sheet.set_column(last + 1, last + 2, ID_WIDTH, None, {"hidden": True})
    sheet.freeze_panes(HEADER_ROW + 1, len(FIXED) + 1)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
    set_up_to_fill(sheet, HEADER_ROW, A3, "&C&P / &N")


def _write_answer_cells(sheet: Any, style: dict[str, Any], top: int, pair: dict[Any, Any]) -> None:
    sheet.merge_range(top, 0, top + 2, 0, str(pair["rank"]), style["block"])
    sheet.merge_range(top, 1, top + 2, 1, "", style["choice"])
    sheet.merge_range(top, 2, top + 2, 2, "", style["answer"])
    sheet.merge_range(top, 3, top + 2, 3, "", style["answer"])
    sheet.merge_range(top, 4, top + 2, 4, _situation(pair), style["block"])
    sheet.data_validation(
        top, 1, top, 1, {"validate": "list", "source": list(texts()["answers"]), "error_message": "SAMA, BEDA, RAGU"}
    )
    sheet.write_string(top, len(FIXED) + len(COMPARED) + 1, pair["pair_id"])
    for k, side in enumerate(("first", "second", "compared")):
        sheet.set_row(top + k, HEIGHTS["record"])
        sheet.write_string(top + k, 5, texts()["sides"][side], style["silent" if k == 2 else "text"])


def _situation(pair: dict[Any, Any]) -> str:
    wording = texts()
    if pair["reason"] == SECOND_LOOK:  # nothing that tells what the first decided
        return str(wording["reasons"][SECOND_LOOK]["id"])
    one = pair["person_id_l"] == pair["person_id_r"]
    shared = wording["shared"].format(n=pair["referrals_shared"]) if pair["referrals_shared"] else ""
    effect = wording["effect"].format(
        now=wording["now"][one],
        percent=percent(pair["match_probability"]),
        answer="BEDA" if one else "SAMA",
        records=pair["records_changed"],
        shared=shared,
    )
    return f"{wording['reasons'][pair['reason']]['id']} {effect[0].upper()}{effect[1:]}"


def _write_record(sheet: Any, style: dict[str, Any], row: int, record_id: str, record: pd.Series) -> None:
    for at, field in enumerate(COMPARED, len(FIXED)):
        sheet.write_string(row, at, _shown(record, field), style["text"])
    sheet.write_string(row, len(FIXED) + len(COMPARED), record_id)


def _shown(record: pd.Series, field: str) -> str:
    if field == "daftar":
        where = (
            f"{record.get('sheet', '')} baris {record['row']}" if "row" in record.index else record.get("sumber", "")
        )
        return f"{plain(record.get('periode'))} · {where}".strip(" ·")
    if field == "alamat":
        return place(record)
    if field == "kode_desa":
        return village_name(plain(record["kode_desa"]))
    return plain(record.get(field))


def _write_evidence(sheet: Any, style: dict[str, Any], row: int, evidence: pd.DataFrame) -> None:
    words, weights = (dict(zip(evidence["comparison"], evidence[c], strict=True)) for c in ("word", "weight"))
    for at, comparisons in enumerate(COMPARED.values(), len(FIXED)):
        word = words[comparisons[0]]
        weight = weights[comparisons[-1]]
        if pd.isna(weight) or abs(weight) < NO_WEIGHT:
            look, text = "silent", word
        elif comparisons[-1] == "rumah":
            look, text = _look(weight), f"{word}; tempat tinggal seluruhnya ({number(weight)})"
        else:
            look, text = _look(weight), f"{word} ({number(weight)})"
        sheet.write_string(row, at, text, style[look])


def _look(weight: float) -> str:
    return "for" if weight >= CLEAR_WEIGHT else "against" if weight <= -CLEAR_WEIGHT else "silent"
