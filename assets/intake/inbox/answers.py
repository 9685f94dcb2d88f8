"""Workbooks that come back from a directorate: by their mark; each filled row as it stands, never as a village list.

Whether an answer counts is not known here, since that takes the referrals and the answers before it: that is found out
when people are referred (`referrals/answers.py`). A row that cannot be read costs no other row anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.original import is_damaged
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Sheet, Unreadable
from assets.intake.inbox.marks import ANSWERS, answers_shown
from assets.intake.reading import READINGS
from assets.intake.sidecar import declaration_of
from assets.intake.tries import Tries
from assets.intake.turns import in_turn
from validation.answers import Answer, message_of_answer, positions_of_columns, read_answer, text_of
from validation.findings import message_of
from warehouse.archive import REDACTED, archived, set_aside_if_damaged

RAW_ANSWERS = ("submission_id", "directorate", "terbit", "sheet", "row", *Answer._fields, "salah", "tertulis")


class FilledRow(NamedTuple):
    """A filled row: where it stands, its answer (all but the id missing, if it cannot be read), what is wrong with it
    (a code of `answer_findings.csv`), and the cells of `HEADERS` as text, as a JSON list."""

    sheet: str
    row: int
    answer: Answer
    salah: str | None
    tertulis: str


class AnswerFile(NamedTuple):
    """`rows`: None where no sheet has the columns for answers. `terbit`: how many answers were recorded when the
    workbook was made, where it says so."""

    format: str
    rows: list[FilledRow] | None
    rows_physical: int
    terbit: int | None


def register_answers(
    rows: Mapping[str, Mapping[str, Any]], archive: Path, workers: int, tries: Tries, limits: Limits
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Read every registered workbook of answers: one row of `readings` each, and the table `raw_answers`.

    A workbook is accepted if it has the columns for answers, whatever its rows say, and held otherwise.
    """
    known = sorted(sid for sid, row in rows.items() if ANSWERS in declaration_of(row["declaration"] or ""))
    mine = [sid for sid in known if tries.given_up(sid) is None]
    readings = [dict(row) for sid in known if (row := tries.given_up(sid))]
    answers: list[tuple[Any, ...]] = []
    if mine:
        turns = [
            tries.turn(sid, rows[sid]["path"], int(rows[sid]["size_bytes"]), (str(archived(archive, sid)),))
            for sid in mine
        ]
        with ReaderPool(workers, limits) as pool:
            for index, result in sorted(in_turn(pool, read_answer_file, turns), key=itemgetter(0)):
                sid = mine[index]
                if is_damaged(result):
                    set_aside_if_damaged(archived(archive, sid))
                who = declaration_of(rows[sid]["declaration"])[ANSWERS]
                readings.append(_reading(sid, who, rows[sid]["format"], result, tries))
                if isinstance(result, AnswerFile):
                    answers += [
                        (sid, who, result.terbit, found.sheet, found.row, *found.answer, found.salah, found.tertulis)
                        for found in result.rows or []
                    ]
    frame = pd.DataFrame(answers, columns=list(RAW_ANSWERS), dtype="object")
    numbers = dict.fromkeys(("row", "terbit"), "Int64")
    return readings, frame.astype({name: numbers.get(name, "str") for name in RAW_ANSWERS})


def _reading(sid: str, who: str, kind: str, result: AnswerFile | Unreadable, tries: Tries) -> dict[str, Any]:
    counts = {"rows_physical": 0, "rows_data": 0, "attempts": 0}
    base = dict.fromkeys(READINGS) | {"submission_id": sid, "format": kind} | counts
    if isinstance(result, Unreadable):
        return base | tries.outcome(sid, result)
    base |= {"format": result.format, "rows_physical": result.rows_physical}
    if result.rows is None:
        reason = message_of("answers_faulty", rincian=message_of_answer("jawaban_tanpa_kolom"))
        return {**base, "outcome": "held", "reason_code": "answers_faulty", "reason": reason}
    return {**base, "outcome": "accepted", "reason": f"Jawaban {who.capitalize()}: {len(result.rows)} baris terisi."}


def without_remarks_of(file: AnswerFile, rows: Iterable[tuple[str, int]]) -> AnswerFile:
    """The same without the remarks of some rows (sheet and row)."""
    erased = set(rows)
    kept = [_without_remark(row) if (row.sheet, row.row) in erased else row for row in file.rows or ()]
    return file._replace(rows=None if file.rows is None else kept)


def _without_remark(row: FilledRow) -> FilledRow:
    referral, status, _, day = json.loads(row.tertulis)
    return row._replace(answer=row.answer._replace(keterangan=None), tertulis=json.dumps([referral, status, "", day]))


def answers_to_bytes(file: AnswerFile) -> bytes:
    """The redacted copy of a returned workbook: its answers, of which none names a person."""
    return json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode()


def read_answer_file(path: str) -> AnswerFile:
    """Every filled row of a returned workbook, or of its redacted copy. Raises `formats.Unreadable`."""
    if path.endswith(REDACTED):
        kind, kept, physical, shown = json.loads(Path(path).read_bytes())
        rows = [FilledRow(sheet, row, Answer(*answer), *rest) for sheet, row, answer, *rest in kept or ()]
        return AnswerFile(kind, None if kept is None else rows, physical, shown)
    workbook = read_workbook(Path(path))
    terbit = answers_shown(path) if workbook.format in ("xlsx", "xlsm", "ods") else None
    physical = sum(len(sheet.rows) for sheet in workbook.sheets)
    found: list[FilledRow] = []
    headers = [_header_of(sheet) for sheet in workbook.sheets]
    for sheet, header in zip(workbook.sheets, headers, strict=True):
        if header is not None:
            found += filled_rows(sheet, *header)
    return AnswerFile(workbook.format, found if any(headers) else None, physical, terbit)


def filled_rows(sheet: Sheet, top: int, places: list[int]) -> list[FilledRow]:
    """The rows below the header (`top`) of a sheet in which an answer stands; `places`: of the columns `HEADERS`."""
    found = []
    for number, cells in enumerate(sheet.rows[top + 1 :], sheet.first_row + top + 1):
        referral, *said = typed = [_cell(cells, place) for place in places]
        if any(said):
            read = read_answer(referral, *said)
            clear = read if isinstance(read, Answer) else Answer(referral, None, None, None, None)
            wrong = None if isinstance(read, Answer) else read
            found.append(FilledRow(sheet.name, number, clear, wrong, json.dumps(typed, ensure_ascii=False)))
    return found


def _header_of(sheet: Sheet) -> tuple[int, list[int]] | None:
    """Where the header row stands in a sheet, and where the four columns stand in it."""
    for at, cells in enumerate(sheet.rows):
        places = positions_of_columns(cells)
        if places is not None:
            return at, places
    return None


def _cell(cells: list[Any], place: int) -> str:
    return text_of(cells[place]) if place < len(cells) else ""
