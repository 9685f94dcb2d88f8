"""From anything with an id back to the cells it came from, and from a cell, row or file forwards to what became of it.

Reads the warehouse alone, without Dagster, and names no person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from validation.directorates import directorates
from warehouse.id_forms import HOUSEHOLD, PERSON, PERSON_OR_HOUSEHOLD, RECORD, REFERRAL, SUBMISSION, Form
from warehouse.trace_columns import column_steps, table_steps, tables_of_run
from warehouse.trace_steps import (
    Id,
    Looked,
    Place,
    Step,
    ask,
    became_of,
    became_steps,
    columns_of_rows,
    filled_from,
    links_of,
    looking,
    minute,
    record_steps,
    referrals_of,
    step_of,
)

_CELL = re.compile(r"(?P<file>.+)!(?P<sheet>[^!]*)!(?P<column>[A-Za-z]{1,3})?(?P<row>[1-9]\d*)")
_VILLAGE = re.compile(r"\d{2}\.?\d{2}\.?\d{2}\.?\d{4}")
_EVIDENCE = ("nama", "nik", "kategori")
"""Fields whose cells are shown of the records that a referral rests on."""
Find = Callable[[Looked, str], list[Step]]
__all__ = ["Step", "trace_id"]


def trace_id(warehouse: Path, any_id: str) -> list[Step]:
    """The way from, and to, a referral (also one that ended), person, household (also a retired id), record,
    submission, path, village, rule, rule set, run, a cell or row (`FILE!SHEET!E17`), table, column; [] for none."""
    with looking(warehouse) as look:
        for find, form in _KINDS:
            steps = find(look, any_id) if form is None or form.is_of(any_id) else []
            if steps:
                return steps
    return []


def _referral(look: Looked, any_id: str) -> list[Step]:
    steps: list[Step] = []
    shown = "kode_pmks, unit, tujuan, status, rule_id, rule_set, basis, alasan"
    periods = ask(
        look,
        "SELECT directorate, valid_from, valid_to, ended_because FROM referrals.history WHERE referral_id = ? "
        "ORDER BY valid_from",
        any_id,
    )
    held = [
        (name, *row)
        for name in dict.fromkeys(name for name, _, end, _ in periods if end is None)
        for row in ask(look, f"SELECT {shown}, since, record_ids FROM referrals.{name} WHERE referral_id = ?", any_id)
    ]
    ended = f"""
        SELECT directorate, {shown}, valid_from, record_ids FROM referrals.history WHERE referral_id = ?
        ORDER BY valid_from DESC LIMIT 1
    """
    found = held or (ask(look, ended, any_id) if periods else [])
    for name, code, unit, goal, status, rule, rules, basis, why, since, records in found:
        about = {"directorate": name, "code": code, "unit": unit, "goal": goal, "status": status}
        steps += [
            step_of("referral" if held else "referral_ended", id=any_id, since=minute(since), **about),
            step_of("rule", rule=rule, rule_set=rules),
            step_of("basis", basis=basis),
            step_of("reason", reason=why),
            *record_steps(look, records, fields=_EVIDENCE),
        ]
    for _, start, end, because in periods:
        if end:
            steps.append(step_of("held_until", start=minute(start), end=minute(end), because=because))
        else:
            steps.append(step_of("held", start=minute(start)))
    for status, at, submission, sheet, row in ask(
        look,
        'SELECT status, received_at, submission_id, sheet, "row" FROM referrals.answers WHERE referral_id = ? '
        "ORDER BY seq",
        any_id,
    ):
        steps.append(step_of("answer", status=status, at=minute(at), file=submission, sheet=sheet or "-", row=str(row)))
    return steps


def _members(look: Looked, kind: str, any_id: str) -> list[Step]:
    members = "SELECT record_id FROM households.membership WHERE ? ORDER BY record_id"
    records = [record for (record,) in ask(look, members, Id(f"{kind}_id", any_id))]
    if not records:
        return []
    steps = record_steps(look, records)
    steps += links_of(look, records) if kind == "person" else ()
    steps += referrals_of(look, kind, any_id)
    return [step_of(kind, id=any_id), *steps]


def _person(look: Looked, any_id: str) -> list[Step]:
    return _members(look, "person", any_id)


def _household(look: Looked, any_id: str) -> list[Step]:
    return _members(look, "household", any_id)


def _record(look: Looked, any_id: str) -> list[Step]:
    steps = record_steps(look, [any_id])
    return [*steps, *became_steps(look, any_id)] if steps else []


def _retired(look: Looked, any_id: str) -> list[Step]:
    """What became of the id of a person or household that has no records any more."""
    return [
        step_of(f"id_{event}", what=kind, id=one, other=other or "-", at=minute(at), run=run, cause=cause)
        for kind, event, one, other, at, run, cause in ask(
            look,
            'SELECT kind, event, id, other_id, "at", run_id, cause FROM households.events '
            'WHERE id = ? OR other_id = ? ORDER BY "at"',
            any_id,
            any_id,
        )
    ]


def _submission(look: Looked, any_id: str) -> list[Step]:
    steps = []
    for path, kind, outcome, reason, replaced_by, *counts in ask(
        look,
        "SELECT path, format, outcome, reason, superseded_by, rows_physical, rows_data, rows_accepted, "
        "rows_quarantined FROM intake.submissions WHERE submission_id = ?",
        any_id,
    ):
        numbers = dict(zip(("physical", "data", "accepted", "quarantined"), map(str, counts), strict=True))
        steps.append(step_of("submission", id=any_id, path=path, format=kind, outcome=outcome, **numbers))
        if reason:
            steps.append(step_of("submission_reason", reason=reason))
        if replaced_by:
            steps.append(step_of("submission_replaced", id=replaced_by))
        for seen, at in ask(
            look, "SELECT path, received_at FROM intake.receipts WHERE submission_id = ? ORDER BY seq", any_id
        ):
            steps.append(step_of("receipt", path=seen, at=minute(at)))
        for sheet, letter, row, header in ask(
            look,
            """
            SELECT sheet, "column", header_row, header FROM intake.columns
            WHERE submission_id = ? AND field IS NULL AND mapped_by IS NULL AND header <> ''
            ORDER BY sheet, header_row, length("column"), "column"
            """,
            any_id,
        ):
            steps.append(step_of("unread", cell=f"{sheet or '-'}!{letter}{row}", header=header))
        steps += became_of(look, "submission_id = ?", any_id)
    return steps


def _path(look: Looked, any_id: str) -> list[Step]:
    """Every file that lay at a path, in the order in which they came."""
    seen = ask(look, "SELECT submission_id FROM intake.receipts WHERE path = ? GROUP BY 1 ORDER BY min(seq)", any_id)
    return [step for (submission,) in seen for step in _submission(look, submission)]


def _village(look: Looked, any_id: str) -> list[Step]:
    """What came from a village, and what became of it."""
    if not _VILLAGE.fullmatch(any_id):
        return []
    digits = any_id.replace(".", "")
    code = f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}"
    lists = ask(
        look,
        "SELECT submission_id, path, outcome, periode, rows_accepted, rows_quarantined FROM intake.submissions "
        "WHERE kode_desa = ? ORDER BY received_at, path",
        code,
    )
    if not lists:
        return []
    listed = [
        step_of(
            "list", id=sid, path=path, outcome=outcome, period=period or "-", accepted=str(yes), quarantined=str(no)
        )
        for sid, path, outcome, period, yes, no in lists
    ]
    return [step_of("village", code=code, files=str(len(lists))), *listed, *became_of(look, "kode_desa = ?", code)]


def _cell(look: Looked, any_id: str) -> list[Step]:
    """What was read of a cell or row, and what became of it. The file is named by path or submission."""
    parts = _CELL.fullmatch(any_id)
    if not parts:
        return []
    row, column = int(parts["row"]), (parts["column"] or "").upper()
    steps: list[Step] = []
    for submission, sheet, kind, outcome in ask(
        look,
        'SELECT DISTINCT submission_id, sheet, kind, r.outcome FROM intake.rows r WHERE "row" = ? AND '
        "lower(sheet) = lower(?) AND (submission_id = ? OR submission_id IN "
        "(SELECT submission_id FROM intake.receipts WHERE path = ?)) ORDER BY 1, 2",
        row, parts["sheet"], parts["file"], parts["file"],
    ):  # fmt: skip
        place = Place(submission, sheet, row)
        about = {"id": submission, "sheet": sheet or "-", "row": str(row)}
        ended = {"outcome": outcome} if outcome else {}
        steps.append(step_of("row_with" if outcome else "row", what=kind, **ended, **about))
        for letter, field in columns_of_rows(look, [place])[place]:
            if letter == column:
                steps.append(step_of("field", cell=f"{column}{row}", field=field))
        steps += filled_from(look, place, column)
        for table in ("accepted", "quarantined"):
            for (record,) in ask(
                look,
                f'SELECT record_id FROM records.{table} WHERE submission_id = ? AND sheet = ? AND "row" = ?',
                submission, sheet, row,
            ):  # fmt: skip
                steps += _record(look, record)
    return steps


def _rule(look: Looked, any_id: str) -> list[Step]:
    """What a rule says in every rule set, and how many referrals it makes now."""
    steps = [
        step_of("rule_of", rule=rule, rule_set=rules, profile=profile, code=code, directorate=to, basis=basis)
        for rule, rules, profile, code, to, basis in ask(
            look,
            "SELECT rule_id, rule_set, profile, kode_pmks, directorate, basis FROM audit.rules "
            "WHERE rule_id = ? OR rule_set = ? ORDER BY rule_set, rule_id",
            any_id,
            any_id,
        )
    ]
    for name in directorates() if steps else ():
        sql = f"SELECT count(*) FROM referrals.{name} WHERE rule_id = ? OR rule_set = ?"
        steps.append(step_of("referrals", directorate=name, count=str(ask(look, sql, any_id, any_id)[0][0])))
    return steps


def _run(look: Looked, any_id: str) -> list[Step]:
    """What a run came to: counts, rules and model, files that it registered, referrals that it began and ended."""
    steps = [
        step_of("run", id=any_id, at=minute(at), profile=profile, rule_set=rules, model=model, code=code)
        for at, profile, rules, model, code in ask(
            look, "SELECT finished_at, profile, rule_set, model, code FROM audit.runs WHERE run_id = ?", any_id
        )
    ]
    begun, ended = ask(
        look,
        "SELECT count(*) FILTER (run_id_from = ?), count(*) FILTER (run_id_to = ?) FROM referrals.history",
        any_id, any_id,
    )[0]  # fmt: skip
    lists = ask(look, "SELECT submission_id, path FROM intake.submissions WHERE run_id = ? ORDER BY path", any_id)
    if steps or begun or ended or lists:
        steps.append(step_of("run_changed", id=any_id, files=str(len(lists)), begun=str(begun), ended=str(ended)))
    if made := tables_of_run(look, any_id):
        steps.append(step_of("run_wrote", id=any_id, tables=", ".join(made)))
    return steps + [step_of("registered", id=sid, path=path) for sid, path in lists]


_KINDS: tuple[tuple[Find, Form | None], ...] = (
    (_referral, REFERRAL), (_person, PERSON), (_household, HOUSEHOLD), (_record, RECORD),
    (_submission, SUBMISSION), (_retired, PERSON_OR_HOUSEHOLD), (_path, None), (_village, None), (_cell, None),
    (_rule, None), (_run, None), (table_steps, None), (column_steps, None),
)  # fmt: skip
"""What is looked for, and how it is written: None, as somebody likes."""
