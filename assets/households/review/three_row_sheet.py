"""Review workbooks as they were handed out up to 0.1.0: three rows a pair, the answer on the left. They are still read.

The rows of a pair: the first record, the second record, the comparison.
"""

from __future__ import annotations

from assets.households.review.pair_sheet import Answers, take_answer
from assets.households.review.problems import Problem, problem
from assets.households.review.queue import pair_id

REVIEWER_ROW, HEADER_ROW, ROWS_A_PAIR = 2, 4, 3
DECISION, DECIDED_BY, REASON = 1, 2, 3
RECORD, PAIR = 20, 21
"""Hidden columns with titles of their own."""


def is_three_row_sheet(cells: list[list[str]]) -> bool:
    """Whether the sheet (its cells as text) is such a one."""
    return len(cells) > HEADER_ROW and cells[HEADER_ROW][RECORD : PAIR + 1] == ["record_id", "kode"]


def read_three_row_sheet(cells: list[list[str]]) -> tuple[Answers, list[Problem]]:
    """What it decides, as `pair_sheet.read_pair_sheet` says it."""
    rows = [[*row, *[""] * (PAIR + 1 - len(row))] for row in cells]
    everyone = rows[REVIEWER_ROW][REASON]
    answers: Answers = {}
    problems: list[Problem] = []
    for top in range(HEADER_ROW + 1, len(rows), ROWS_A_PAIR):
        block = rows[top : top + ROWS_A_PAIR]
        if not any(any(row) for row in block):
            continue
        ids = [row[RECORD] for row in block]
        if len(block) < ROWS_A_PAIR or not all(ids[:2]) or ids[2] or pair_id(ids[0], ids[1]) != block[0][PAIR]:
            problems.append(problem("moved", row=top + 1))
            continue
        columns = {"decision": DECISION, "decided_by": DECIDED_BY, "reason": REASON}
        said = {name: next((row[at] for row in block if row[at]), "") for name, at in columns.items()}
        said["decided_by"] = said["decided_by"] or everyone
        take_answer(top + 1, (ids[0], ids[1]), said, answers, problems)
    return answers, problems
