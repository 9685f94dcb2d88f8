"""From any id back to the cells it came from: reads the warehouse alone, without Dagster, and names no person."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from validation.directorates import directorates
from warehouse.connection import opened


class Step(NamedTuple):
    """One step on the way from an id to its cells: its kind, and ids, codes, paths and times by name.

    Kinds: referral, rule, basis, reason, held, held_until, person, household, has_referral, no_referral, record, file,
    cells, finding, finding_at, submission, submission_reason. Numbers are text.
    """

    kind: str
    values: dict[str, Any]


def trace_id(warehouse: Path, any_id: str) -> list[Step]:
    """The way from a referral, person, household, record or submission to its cells; [] for an unknown id."""
    with opened(warehouse, read_only=True) as con:
        for find in (_referral, _person, _household, _record, _submission):
            steps = find(con, any_id)
            if steps:
                return steps
    return []


def _rows(con: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[Any]:
    return con.execute(sql, list(values)).fetchall()


def _minute(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _step(kind: str, **values: Any) -> Step:
    return Step(kind, values)


def _referral(con: duckdb.DuckDBPyConnection, any_id: str) -> list[Step]:
    steps: list[Step] = []
    for name in directorates():
        for code, unit, goal, status, rule, rules, basis, why, since, records in _rows(
            con,
            "SELECT kode_pmks, unit, tujuan, status, rule_id, rule_set, basis, alasan, since, record_ids "
            f"FROM referrals.{name} WHERE referral_id = ?",
            any_id,
        ):
            about = {"directorate": name, "code": code, "unit": unit, "goal": goal, "status": status}
            steps += [
                _step("referral", id=any_id, since=_minute(since), **about),
                _step("rule", rule=rule, rule_set=rules),
                _step("basis", basis=basis),
                _step("reason", reason=why),
            ]
            for record in records:
                steps += _record(con, record, fields=("nama", "nik", "kategori"))
    for start, end, because in _rows(
        con,
        "SELECT valid_from, valid_to, ended_because FROM referrals.events WHERE referral_id = ? ORDER BY 1",
        any_id,
    ):
        if end:
            steps.append(_step("held_until", start=_minute(start), end=_minute(end), because=because))
        else:
            steps.append(_step("held", start=_minute(start)))
    return steps


def _members(con: duckdb.DuckDBPyConnection, kind: str, any_id: str) -> list[Step]:
    steps: list[Step] = []
    for (record,) in _rows(
        con, f"SELECT record_id FROM households.membership WHERE {kind}_id = ? ORDER BY record_id", any_id
    ):
        steps += _record(con, record)
    if not steps:
        return []
    for name in directorates():
        steps += [
            _step("has_referral", id=referral, directorate=name, code=code, rule=rule)
            for referral, code, rule in _rows(
                con,
                f"SELECT referral_id, kode_pmks, rule_id FROM referrals.{name} WHERE {kind}_id = ? ORDER BY 1",
                any_id,
            )
        ]
    if kind == "person":
        steps += [
            _step("no_referral", code=code, reason=reason)
            for code, reason in _rows(
                con, "SELECT kode_pmks, reason FROM referrals.unrouted WHERE person_id = ? ORDER BY 1", any_id
            )
        ]
    return [_step(kind, id=any_id), *steps]


def _person(con: duckdb.DuckDBPyConnection, any_id: str) -> list[Step]:
    return _members(con, "person", any_id)


def _household(con: duckdb.DuckDBPyConnection, any_id: str) -> list[Step]:
    return _members(con, "household", any_id)


def _record(con: duckdb.DuckDBPyConnection, any_id: str, fields: tuple[str, ...] = ()) -> list[Step]:
    """A record, its file, its cells (of `fields` alone, if any are named) and its findings."""
    steps: list[Step] = []
    for outcome in ("accepted", "quarantined"):
        for submission, sheet, row in _rows(
            con, f"SELECT submission_id, sheet, row FROM records.{outcome} WHERE record_id = ?", any_id
        ):
            path = _rows(con, "SELECT path FROM intake.submissions WHERE submission_id = ?", submission)[0][0]
            steps.append(_step("record", id=any_id, outcome=outcome, path=path, sheet=sheet or "-", row=str(row)))
            steps.append(_step("file", id=submission, folder=submission[:2]))
            columns = _rows(
                con,
                'SELECT "column", field FROM intake.columns WHERE submission_id = ? AND sheet = ? '
                "AND field IS NOT NULL AND header_row = (SELECT max(header_row) FROM intake.columns "
                'WHERE submission_id = ? AND sheet = ? AND header_row <= ?) ORDER BY length("column"), "column"',
                submission, sheet, submission, sheet, row,
            )  # fmt: skip
            cells = [f"{field} {column}{row}" for column, field in columns if not fields or field in fields]
            steps.append(_step("cells", cells=", ".join(cells)))
            for severity, code, column in _rows(
                con,
                'SELECT severity, code, "column" FROM records.findings '
                "WHERE submission_id = ? AND sheet = ? AND row = ? ORDER BY code",
                submission,
                sheet,
                row,
            ):
                cell = {"cell": f"{column}{row}"} if column else {}
                steps.append(_step("finding_at" if column else "finding", severity=severity, code=code, **cell))
    return steps


def _submission(con: duckdb.DuckDBPyConnection, any_id: str) -> list[Step]:
    steps = []
    for path, kind, outcome, reason, *counts in _rows(
        con,
        "SELECT path, format, outcome, reason, rows_physical, rows_data, rows_accepted, rows_quarantined "
        "FROM intake.submissions WHERE submission_id = ?",
        any_id,
    ):
        numbers = dict(zip(("physical", "data", "accepted", "quarantined"), map(str, counts), strict=True))
        steps.append(_step("submission", id=any_id, path=path, format=kind, outcome=outcome, **numbers))
        if reason:
            steps.append(_step("submission_reason", reason=reason))
    return steps
