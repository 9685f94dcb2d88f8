"""The sheet that asks which households are one: a block a question, a row a household, a letter as the answer."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise
from string import ascii_uppercase
from typing import Any

import pandas as pd

from assets.households.review.explain import percent
from assets.households.review.groups import MOST_TOGETHER, question_id
from assets.households.review.problems import Problem, problem
from assets.households.review.queue import texts
from assets.households.review.shown import categories, place, set_up_to_fill, village_name
from assets.letters import LINE_POINTS, lines_of

HEADER_ROW, REVIEWER_ROW = 4, 2
"""Counted from 0; the questions follow the header."""
COLUMNS = {"number": 4, "family": 9, "members": 42, "place": 34, "categories": 26, "resembles": 22}
"""What a row shows, and how wide it is."""
HIDDEN = len(COLUMNS)
"""The first of two hidden columns: the record that stands for the household, and the question."""
LETTERS = ascii_uppercase[:MOST_TOGETHER]


def write_household_sheet(
    sheet: Any, style: dict[str, Any], questions: pd.DataFrame, records: pd.DataFrame, persons: pd.DataFrame,
    listed: dict[str, list[str]],
) -> None:  # fmt: skip
    """Write `questions` (as from `household_questions`) to be answered.

    In: `records`, at least those of the questions; `persons` of the households, best values; `listed`: the codes of
    the categories for which each household is referred.
    """
    wording = texts()["households"]
    by_id, members = records.set_index("record_id"), _members(persons)
    _write_head(sheet, style, wording)
    row = HEADER_ROW + 1
    for _, group in questions.groupby("rank", sort=True):
        first = group.iloc[0]
        village = village_name(str(first["kode_desa"]))
        asked = wording["question"].format(
            n=first["rank"], homes=len(group), village=village, shared=wording["shared"][first["reason"]],
            percent=percent(first["probability"]), referrals=first["referrals_settled"],
        )  # fmt: skip
        sheet.merge_range(row, 0, row, 3, asked, style["question"])
        sheet.write_string(row, 4, wording["why"], style["label"])
        sheet.write_blank(row, 5, None, style["answer"])
        sheet.set_row(row, 2.4 * LINE_POINTS)
        order = {home: letter for letter, home in enumerate(group["household_id"], 1)}
        for number, home in enumerate(group.to_dict("records"), 1):
            record = by_id.loc[home["record_id"]]
            cells = {
                "members": members.get(home["household_id"], ""),
                "place": f"{place(record)}\n{village_name(str(record['kode_desa']))}",
                "categories": categories(listed.get(home["household_id"], [])),
                "resembles": "\n".join(f"no. {order[o]}: {percent(p)}" for o, p in home["resembles"]),
            }
            _write_home(sheet, style, row + number, number, cells)
            sheet.write_string(row + number, HIDDEN, home["record_id"])
            sheet.write_string(row + number, HIDDEN + 1, home["question_id"])
        row += len(group) + 1
    sheet.print_area(0, 0, max(row - 1, HEADER_ROW), HIDDEN - 1)


def read_household_sheet(cells: list[list[str]]) -> tuple[list[dict[str, str]], list[Problem]]:
    """What the filled sheet (its cells as text) decides: record_id_l, record_id_r, decision, decided_by, reason.

    Households with one letter are one, with two letters two; of one with RAGU nothing is known; one without an answer
    is still open. Out: the decisions, and what is not clear.
    """
    width = HIDDEN + 2
    rows = [[*row, *[""] * (width - len(row))][:width] for row in cells]
    by = rows[REVIEWER_ROW][3] if len(rows) > REVIEWER_ROW else ""
    decisions: list[dict[str, str]] = []
    problems: list[Problem] = []
    questions = [k for k in range(HEADER_ROW + 1, len(rows)) if rows[k][0] and not rows[k][HIDDEN]]
    if any(row[HIDDEN] for row in rows[HEADER_ROW + 1 : (questions or [len(rows)])[0]]):
        problems.append(problem("question_moved", row=HEADER_ROW + 2))
    for start, end in pairwise([*questions, len(rows)]):
        homes = [row for row in rows[start + 1 : end] if any(row)]
        ids, codes = [row[HIDDEN] for row in homes], {row[HIDDEN + 1] for row in homes}
        if not homes or not all(ids) or codes != {question_id(ids)}:
            problems.append(problem("question_moved", row=start + 1))
            continue
        answers = [row[1].upper() for row in homes]
        if not any(answers):
            continue
        unsure = next(iter(texts()["households"]["unsure"]))
        clear = all(answer in ("", unsure) or (len(answer) == 1 and answer in LETTERS) for answer in answers)
        named = {answer for answer in answers if answer not in ("", unsure)}
        faults = [(not clear, "letter"), (not by, "nobody_above"), (bool(named) and not rows[start][5], "question_why")]
        found = [problem(name, row=start + 1) for wrong, name in faults if wrong]
        problems += found
        if not found:
            decisions += _decided(ids, answers, unsure, {"decided_by": by, "reason": rows[start][5]})
    return decisions, problems


def _decided(ids: list[str], answers: list[str], unsure: str, by: dict[str, str]) -> list[dict[str, str]]:
    out = []
    for (a, said), (b, also) in combinations(zip(ids, answers, strict=True), 2):
        if not said or not also:
            continue
        open_ = unsure in (said, also)
        answer = "household_not_sure" if open_ else "one_household" if said == also else "two_households"
        left, right = sorted((a, b))
        out.append({"record_id_l": left, "record_id_r": right, "decision": answer} | by)
    return out


def _write_head(sheet: Any, style: dict[str, Any], wording: dict[str, Any]) -> None:
    sheet.write_string(0, 0, wording["title"], style["title"])
    sheet.merge_range(1, 0, 1, HIDDEN - 1, wording["guide"].strip(), style["guide"])
    sheet.set_row(1, 4.4 * LINE_POINTS)
    sheet.merge_range(REVIEWER_ROW, 0, REVIEWER_ROW, 2, texts()["reviewer"], style["label"])
    sheet.write_blank(REVIEWER_ROW, 3, None, style["reviewer"])
    for at, (name, width) in enumerate(COLUMNS.items()):
        sheet.write_string(HEADER_ROW, at, wording["headers"][name], style["header"])
        sheet.set_column(at, at, width)
    sheet.set_row(HEADER_ROW, 2.2 * LINE_POINTS)
    sheet.set_column(HIDDEN, HIDDEN + 1, 34, None, {"hidden": True})
    sheet.freeze_panes(HEADER_ROW + 1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    set_up_to_fill(sheet, HEADER_ROW)


def _write_home(sheet: Any, style: dict[str, Any], row: int, number: int, cells: dict[str, str]) -> None:
    sheet.write_string(row, 0, str(number), style["text"])
    sheet.write_blank(row, 1, None, style["choice"])
    allowed = [*LETTERS, *texts()["households"]["unsure"]]
    sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": allowed})
    for at, name in enumerate(COLUMNS):
        if name in cells:
            sheet.write_string(row, at, cells[name], style["text"])
    lines = max(lines_of(text, 7 * COLUMNS[name]) for name, text in cells.items())
    sheet.set_row(row, LINE_POINTS * max(lines, 2))


def _members(persons: pd.DataFrame) -> dict[str, str]:
    """By household, name, sex and year of birth of each of its people, the oldest first."""
    ordered = persons.sort_values(["tanggal_lahir", "nama"], na_position="last")
    lines: dict[str, list[str]] = defaultdict(list)
    said = (ordered[c] for c in ("household_id", "nama", "jenis_kelamin", "tanggal_lahir", "hubungan"))
    for home, name, sex, born, role in zip(*said, strict=True):
        facts = [sex, None if pd.isna(born) else f"lahir {born.year}", role]
        known = ", ".join(str(fact) for fact in facts if not pd.isna(fact))
        lines[home].append(f"{name} ({known})" if known else str(name))
    return {home: "\n".join(each) for home, each in lines.items()}
