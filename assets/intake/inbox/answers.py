"""Workbooks that come back from a directorate: by their mark; read whole or held, never as a village list.

Which referrals exist is not known here; answers to unknown ones are found out when people are referred.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.original import is_damaged
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Sheet, Unreadable
from assets.intake.inbox.marks import ANSWERS
from assets.intake.reading import READINGS
from assets.intake.sidecar import declaration_of
from assets.intake.tries import Tries
from assets.intake.turns import in_turn
from validation.answers import Answer, message_of_answer, positions_of_columns, read_answer, text_of
from validation.findings import message_of
from warehouse.archive import archived, set_aside_if_damaged

_MOST_FAULTS = 10
RAW_ANSWERS = ("submission_id", "directorate", "sheet", "row", *Answer._fields)


class AnswerFile(NamedTuple):
    """`answers`: sheet, row and answer of each filled row. `problem`: why the file has to wait, and what to do."""

    format: str
    answers: list[tuple[str, int, Answer]]
    rows_physical: int
    problem: str | None


def register_answers(
    rows: Mapping[str, Mapping[str, Any]], archive: Path, workers: int, tries: Tries, limits: Limits
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Read every registered workbook of answers: one row of `readings` each, and the table `raw_answers`.

    A workbook is accepted if every filled row can be taken, and held otherwise, with the rows and what to do.
    """
    known = sorted(sid for sid, row in rows.items() if ANSWERS in declaration_of(row["declaration"] or ""))
    mine = [sid for sid in known if tries.given_up(sid) is None]
    readings = [dict(row) for sid in known if (row := tries.given_up(sid))]
    answers: list[tuple[Any, ...]] = []
    if mine:
        turns = [tries.turn(sid, rows[sid]["path"], (str(archived(archive, sid)),)) for sid in mine]
        with ReaderPool(workers, limits) as pool:
            for index, result in sorted(in_turn(pool, read_answer_file, turns), key=itemgetter(0)):
                sid = mine[index]
                if is_damaged(result):
                    set_aside_if_damaged(archived(archive, sid))
                who = declaration_of(rows[sid]["declaration"])[ANSWERS]
                readings.append(_reading(sid, who, rows[sid]["format"], result, tries))
                if isinstance(result, AnswerFile) and result.problem is None:
                    answers += [(sid, who, sheet, row, *answer) for sheet, row, answer in result.answers]
    frame = pd.DataFrame(answers, columns=list(RAW_ANSWERS), dtype="object")
    return readings, frame.astype({name: "Int64" if name == "row" else "str" for name in RAW_ANSWERS})


def _reading(sid: str, who: str, kind: str, result: AnswerFile | Unreadable, tries: Tries) -> dict[str, Any]:
    counts = {"rows_physical": 0, "rows_data": 0, "attempts": 0}
    base = dict.fromkeys(READINGS) | {"submission_id": sid, "format": kind} | counts
    if isinstance(result, Unreadable):
        return base | tries.outcome(sid, result)
    base |= {"format": result.format, "rows_physical": result.rows_physical}
    if result.problem:
        reason = message_of("answers_faulty", rincian=result.problem)
        return {**base, "outcome": "held", "reason_code": "answers_faulty", "reason": reason}
    summary = f"Jawaban {who.capitalize()}: {len(result.answers)} baris terisi."
    return {**base, "outcome": "accepted", "reason": summary}


def read_answer_file(path: str) -> AnswerFile:
    """Every filled row of a returned workbook; all of them, or a problem. Raises `formats.Unreadable`."""
    workbook = read_workbook(Path(path))
    physical = sum(len(sheet.rows) for sheet in workbook.sheets)
    answers: list[tuple[str, int, Answer]] = []
    faults: list[str] = []
    for sheet in workbook.sheets:
        header = _header_of(sheet)
        if header is None:
            continue
        top, places = header
        for number, cells in enumerate(sheet.rows[top + 1 :], sheet.first_row + top + 1):
            referral, *said = (_cell(cells, place) for place in places)
            if not any(said):
                continue
            read = read_answer(referral, *said)
            if isinstance(read, Answer):
                answers.append((sheet.name, number, read))
            else:
                faults.append(f'lembar "{sheet.name}" baris {number}: {message_of_answer(read)}')
    if not any(_header_of(sheet) for sheet in workbook.sheets):
        faults = [message_of_answer("jawaban_tanpa_kolom")]
    more = [f"… dan {len(faults) - _MOST_FAULTS} baris lain."] if len(faults) > _MOST_FAULTS else []
    return AnswerFile(workbook.format, answers, physical, " ".join(faults[:_MOST_FAULTS] + more) or None)


def _header_of(sheet: Sheet) -> tuple[int, list[int]] | None:
    """Where the header row stands in a sheet, and where the four columns stand in it."""
    for at, cells in enumerate(sheet.rows):
        places = positions_of_columns(cells)
        if places is not None:
            return at, places
    return None


def _cell(cells: list[Any], place: int) -> str:
    return text_of(cells[place]) if place < len(cells) else ""
