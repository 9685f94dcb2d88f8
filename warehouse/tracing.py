"""From any id back to the cells it came from: reads the warehouse alone, without Dagster, and prints no person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from validation.directorates import directorates
from warehouse.connection import opened


def trace_id(warehouse: Path, any_id: str) -> list[str]:
    """Lines that lead from a referral, person, household, record or submission to its cells; [] for an unknown id."""
    with opened(warehouse, read_only=True) as con:
        for find in (_referral, _person, _household, _record, _submission):
            lines = find(con, any_id)
            if lines:
                return lines
    return []


def _rows(con: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[Any]:
    return con.execute(sql, list(values)).fetchall()


def _referral(con: duckdb.DuckDBPyConnection, any_id: str) -> list[str]:
    lines: list[str] = []
    for name in directorates():
        for code, unit, goal, status, rule, rules, basis, why, since, records in _rows(
            con,
            "SELECT kode_pmks, unit, tujuan, status, rule_id, rule_set, basis, alasan, since, record_ids "
            f"FROM referrals.{name} WHERE referral_id = ?",
            any_id,
        ):
            lines += [
                f"referral {any_id} to {name}: category {code}, {unit}, {goal}, {status}, since {since:%Y-%m-%d %H:%M}",
                f"  rule {rule} of rule set {rules}",
                f"  basis: {basis}",
                f"  {why}",
            ]
            for record in records:
                lines += _record(con, record, fields=("nama", "nik", "kategori"))
    for start, end, because in _rows(
        con,
        "SELECT valid_from, valid_to, ended_because FROM referrals.history WHERE referral_id = ? ORDER BY 1",
        any_id,
    ):
        lines.append(f"  held from {start:%Y-%m-%d %H:%M} until {f'{end:%Y-%m-%d %H:%M}: {because}' if end else 'now'}")
    return lines


def _members(con: duckdb.DuckDBPyConnection, kind: str, any_id: str) -> list[str]:
    lines: list[str] = []
    for (record,) in _rows(
        con, f"SELECT record_id FROM households.membership WHERE {kind}_id = ? ORDER BY record_id", any_id
    ):
        lines += _record(con, record)
    if not lines:
        return []
    for name in directorates():
        lines += [
            f"  referral {referral} to {name}: category {code}, rule {rule}"
            for referral, code, rule in _rows(
                con,
                f"SELECT referral_id, kode_pmks, rule_id FROM referrals.{name} WHERE {kind}_id = ? ORDER BY 1",
                any_id,
            )
        ]
    if kind == "person":
        lines += [
            f"  no referral for category {code}: {reason}"
            for code, reason in _rows(
                con, "SELECT kode_pmks, reason FROM referrals.unrouted WHERE person_id = ? ORDER BY 1", any_id
            )
        ]
    return [f"{kind} {any_id}", *lines]


def _person(con: duckdb.DuckDBPyConnection, any_id: str) -> list[str]:
    return _members(con, "person", any_id)


def _household(con: duckdb.DuckDBPyConnection, any_id: str) -> list[str]:
    return _members(con, "household", any_id)


def _record(con: duckdb.DuckDBPyConnection, any_id: str, fields: tuple[str, ...] = ()) -> list[str]:
    lines: list[str] = []
    for table in ("accepted", "quarantined"):
        for submission, sheet, row in _rows(
            con, f"SELECT submission_id, sheet, row FROM records.{table} WHERE record_id = ?", any_id
        ):
            path = _rows(con, "SELECT path FROM intake.submissions WHERE submission_id = ?", submission)[0][0]
            lines.append(f"  record {any_id} ({table}): {path}, sheet {sheet or '-'}, row {row}")
            lines.append(f"    file SHA-256 {submission}, kept in archive/{submission[:2]}/{submission}")
            cells = _rows(
                con,
                'SELECT "column", header, field FROM intake.columns WHERE submission_id = ? AND sheet = ? '
                "AND field IS NOT NULL AND header_row = (SELECT max(header_row) FROM intake.columns "
                'WHERE submission_id = ? AND sheet = ? AND header_row <= ?) ORDER BY length("column"), "column"',
                submission, sheet, submission, sheet, row,
            )  # fmt: skip
            told = [f"{field} {column}{row}" for column, _, field in cells if not fields or field in fields]
            lines.append(f"    cells: {', '.join(told)}")
            lines += [
                f"    {severity} {code}" + (f" at {column}{row}" if column else "")
                for severity, code, column in _rows(
                    con,
                    'SELECT severity, code, "column" FROM records.findings '
                    "WHERE submission_id = ? AND sheet = ? AND row = ? ORDER BY code",
                    submission,
                    sheet,
                    row,
                )
            ]
    return lines


def _submission(con: duckdb.DuckDBPyConnection, any_id: str) -> list[str]:
    found = _rows(
        con,
        "SELECT path, format, outcome, reason, rows_physical, rows_data, rows_accepted, rows_quarantined "
        "FROM intake.submissions WHERE submission_id = ?",
        any_id,
    )
    return [
        f"submission {any_id}: {path} ({kind}), {outcome}{f': {reason}' if reason else ''}; rows {physical}, "
        f"data {data}, accepted {accepted}, quarantined {quarantined}"
        for path, kind, outcome, reason, physical, data, accepted, quarantined in found
    ]
