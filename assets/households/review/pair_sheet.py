"""The sheet that asks which records are one person: a block a pair, both records side by side, one answer under them.

Reading is strict: one unclear entry, and nothing of the workbook is taken.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.households.review.cards import Line, fields_of, grouped
from assets.households.review.explain import number, percent
from assets.households.review.problems import Problem, problem
from assets.households.review.queue import pair_id, texts
from assets.households.review.second import SECOND_LOOK
from assets.households.review.shown import set_up_to_fill
from assets.letters import LINE_POINTS, lines_of

SHEET = "Tinjauan"
REVIEWER_ROW, HEADER_ROW = 2, 4
"""Counted from 0; the pairs follow the header."""
COLUMNS = {"field": 110, "left": 203, "right": 203, "word": 154}
"""What a row shows, and how wide it is in pixels: together what fits on A4 upright at 100 %."""
FIELD, LEFT, RIGHT, WORD = range(len(COLUMNS))
PAIR, PART, FIRST_RECORD, SECOND_RECORD = range(len(COLUMNS), len(COLUMNS) + 4)
"""Hidden columns: the pair and `2/14` on each row of a block, the two records on its first."""
ANSWER_ROWS = 2
"""At the end of a block: the decision and who decided, then the reason."""
PAGE_POINTS = 740.0
"""What fits between the margins of a page under the repeated header."""
NO_WEIGHT, CLEAR_WEIGHT = 0.05, 0.5
"""Weights (bits) below which a comparison is shown as saying nothing, and from which it is coloured."""
Answers = dict[str, tuple[int, dict[str, str]]]
"""By pair id: the number of the row, and record_id_l, record_id_r, decision, decided_by, reason."""


def write_pair_sheet(
    sheet: Any, style: dict[str, Any], queue: pd.DataFrame, records: pd.DataFrame, evidence: pd.DataFrame
) -> None:
    """Write the pairs of `queue` to be answered, those about the same people or names after each other.

    In: as in `workbook.write_review_workbook`. No block is cut by the end of a page.
    """
    by_id = records.set_index("record_id")
    words = dict(iter(evidence.groupby(["record_id_l", "record_id_r"])))
    top = _write_head(sheet, style)
    row, room, breaks = HEADER_ROW + 1, PAGE_POINTS - top, []
    asked = grouped(queue, by_id["nama"])
    last_of = asked.groupby("group", sort=False)["group"].transform("size")
    for at, pair in enumerate(asked.to_dict("records")):
        ids = pair["record_id_l"], pair["record_id_r"]
        lines = fields_of(by_id.loc[ids[0]], by_id.loc[ids[1]], words[ids])
        first_of_group = last_of[at] > 1 and (at == 0 or asked["group"][at - 1] != pair["group"])
        heading = texts()["group"].format(first=at + 1, last=at + last_of[at]) if first_of_group else ""
        heights = _heights(question := f"{at + 1}. {_situation(pair)}", lines)
        needed = sum(heights) + (1.5 * LINE_POINTS if heading else 0)
        if needed > room:
            breaks.append(row)
            room = PAGE_POINTS
        room -= needed
        if heading:
            sheet.merge_range(row, FIELD, row, WORD, heading, style["group"])
            sheet.set_row(row, 1.5 * LINE_POINTS)
            row += 1
        _write_block(sheet, style, row, pair, question, lines, heights)
        row += len(heights)
    sheet.set_h_pagebreaks(breaks)
    sheet.print_area(0, 0, max(row - 1, HEADER_ROW), WORD)


def read_pair_sheet(cells: list[list[str]]) -> tuple[Answers, list[Problem]]:
    """What the filled sheet (its cells as text) decides, none for open pairs; and what is not clear."""
    rows = [[*row, *[""] * (SECOND_RECORD + 1 - len(row))] for row in cells]
    everyone = rows[REVIEWER_ROW][LEFT]
    answers: Answers = {}
    problems: list[Problem] = []
    for row, block in _blocks(rows):
        code, ids = block[0][PAIR], (block[0][FIRST_RECORD], block[0][SECOND_RECORD])
        parts = [f"{k}/{len(block)}" for k in range(1, len(block) + 1)]
        whole = [(line[PAIR], line[PART]) for line in block] == [(code, part) for part in parts]
        if not whole or not all(ids) or pair_id(*ids) != code:
            problems.append(problem("moved", row=row))
            continue
        said = {
            "decision": block[-2][LEFT], "decided_by": block[-2][WORD] or everyone, "reason": block[-1][LEFT]
        }  # fmt: skip
        take_answer(row + len(block) - ANSWER_ROWS, ids, said, answers, problems)
    return answers, problems


def take_answer(
    row: int, ids: tuple[str, str], said: dict[str, str], answers: Answers, problems: list[Problem]
) -> None:
    """Put what was filled in for a pair into `answers`, or what is wrong with it into `problems`; nothing where the
    decision is empty. `row`: where it stands, as Excel counts; `said`: decision, decided_by, reason as written."""
    answer = said["decision"].upper()
    if not answer:
        return
    decision, code = texts()["answers"].get(answer), pair_id(*ids)
    faults = [
        (decision is None, "answer"),
        (not said["decided_by"], "nobody"),
        (decision in ("same", "different") and not said["reason"], "why"),
    ]
    found = [problem(name, row=row) for wrong, name in faults if wrong]
    if not found and code in answers and answers[code][1]["decision"] != decision:
        found = [problem("twice", row=row, other=answers[code][0])]
    problems += found
    if not found:
        left, right = sorted(ids)
        answers[code] = (row, {"record_id_l": left, "record_id_r": right} | said | {"decision": str(decision)})


def _blocks(rows: list[list[str]]) -> list[tuple[int, list[list[str]]]]:
    """The rows of each pair with the number of the first, as Excel counts. A block begins where its first part or its
    pair's code says so; what does not belong there makes the block unlike what was written."""
    blocks: list[tuple[int, list[list[str]]]] = []
    for row, line in enumerate(rows[HEADER_ROW + 1 :], HEADER_ROW + 2):
        if not line[PAIR]:
            continue
        if not blocks or line[PART].startswith("1/") or line[PAIR] != blocks[-1][1][0][PAIR]:
            blocks.append((row, []))
        blocks[-1][1].append(line)
    return blocks


def _write_head(sheet: Any, style: dict[str, Any]) -> float:
    """Write what stands above the pairs; give its height in points."""
    wording = texts()
    heights = {0: 20.0, 1: LINE_POINTS * lines_of(guide := wording["guide"].strip(), sum(COLUMNS.values())), 3: 6.0}
    sheet.write_string(0, 0, wording["title"], style["title"])
    sheet.merge_range(1, FIELD, 1, WORD, guide, style["guide"])
    sheet.write_string(REVIEWER_ROW, FIELD, wording["reviewer"], style["label"])
    sheet.write_blank(REVIEWER_ROW, LEFT, None, style["reviewer"])
    for row, height in (heights | {REVIEWER_ROW: 1.3 * LINE_POINTS, HEADER_ROW: 1.3 * LINE_POINTS}).items():
        sheet.set_row(row, height)
    for at, (name, pixels) in enumerate(COLUMNS.items()):
        sheet.write_string(HEADER_ROW, at, wording["headers"][name], style["header"])
        sheet.set_column_pixels(at, at, pixels)
    sheet.set_column(PAIR, SECOND_RECORD, None, None, {"hidden": True})
    sheet.freeze_panes(HEADER_ROW + 1, 0)
    set_up_to_fill(sheet, HEADER_ROW)
    return sum(heights.values())


def _heights(question: str, lines: list[Line]) -> list[float]:
    """Points of each row of a block."""
    columns = list(COLUMNS.values())
    shown = [(line.field, line.left, line.right, _compared(line)) for line in lines]
    of_lines = [max(lines_of(*cell) for cell in zip(texts_, columns, strict=True)) for texts_ in shown]
    return [LINE_POINTS * lines + 2 for lines in [lines_of(question, sum(columns)), *of_lines] + [1.3] * ANSWER_ROWS]


def _write_block(
    sheet: Any, style: dict[str, Any], top: int, pair: dict[Any, Any], question: str, lines: list[Line],
    heights: list[float],
) -> None:  # fmt: skip
    wording = texts()["headers"]
    sheet.merge_range(top, FIELD, top, WORD, question, style["question"])
    sheet.write_string(top, FIRST_RECORD, pair["record_id_l"])
    sheet.write_string(top, SECOND_RECORD, pair["record_id_r"])
    for row, line in enumerate(lines, top + 1):
        look = style["differs" if line.differs else "text"]
        sheet.write_string(row, FIELD, line.field, style["field"])
        sheet.write_string(row, LEFT, line.left, look)
        sheet.write_string(row, RIGHT, line.right, look)
        sheet.write_string(row, WORD, _compared(line), style[_look(line.weight)])
    answer = top + len(lines) + 1
    sheet.write_string(answer, FIELD, wording["decision"], style["label"])
    sheet.write_blank(answer, LEFT, None, style["choice"])
    sheet.write_string(answer, RIGHT, wording["decided_by"], style["label"])
    sheet.write_blank(answer, WORD, None, style["answer"])
    sheet.write_string(answer + 1, FIELD, wording["reason"], style["label"])
    sheet.merge_range(answer + 1, LEFT, answer + 1, WORD, "", style["answer"])
    choices = {"validate": "list", "source": list(texts()["answers"]), "error_message": "SAMA, BEDA, RAGU"}
    sheet.data_validation(answer, LEFT, answer, LEFT, choices)
    for k, height in enumerate(heights):
        sheet.set_row(top + k, height)
        sheet.write_string(top + k, PAIR, pair["pair_id"])
        sheet.write_string(top + k, PART, f"{k + 1}/{len(heights)}")


def _situation(pair: dict[Any, Any]) -> str:
    wording = texts()
    if pair["reason"] == SECOND_LOOK:  # nothing that tells what the first decided
        return str(wording["reasons"][SECOND_LOOK]["id"])
    one = pair["person_id_l"] == pair["person_id_r"]
    shared = wording["shared"][one].format(n=pair["referrals_shared"]) if pair["referrals_shared"] else ""
    effect = wording["effect"].format(
        now=wording["now"][one],
        percent=percent(pair["match_probability"]),
        answer="BEDA" if one else "SAMA",
        records=pair["records_changed"],
        shared=shared,
    )
    return f"{wording['reasons'][pair['reason']]['id']} {effect[0].upper()}{effect[1:]}"


def _compared(line: Line) -> str:
    """`≠ berbeda (−5,8)`: whether the two differ, in a word, and with the weight where it says something."""
    said = ["≠"] if line.differs else []
    if pd.isna(line.weight) or abs(line.weight) < NO_WEIGHT:
        return " ".join([*said, line.word])
    weight = texts()["dwelling"].format(weight=number(line.weight)) if line.whole_dwelling else number(line.weight)
    return " ".join([*said, line.word, f"({weight})"])


def _look(weight: float) -> str:
    return "for" if weight >= CLEAR_WEIGHT else "against" if weight <= -CLEAR_WEIGHT else "silent"
