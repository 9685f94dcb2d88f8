"""The steps of a trace: a record with its file, cells and findings, what joined records, and what became of them.

Each names ids, codes, paths and times; none a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb

from validation.directorates import directorates
from warehouse.connection import literal

_BESIDE = "sidecar"
"""The origin of values that count beside what the row's own cells say, not in their place."""


class Step(NamedTuple):
    """One step on the way: its kind, a key under `trace.` in the texts, and ids, codes, paths and times by name.
    Numbers are text."""

    kind: str
    values: dict[str, Any]


class Id(NamedTuple):
    """The condition that `column` is an id. Its end is looked for first, as a number (`person_end` beside `person_id`):
    a column of ids takes several times as long to look through, and there is no index."""

    column: str
    text: str

    def condition(self, *, by_end: bool) -> str:
        same, end = f"{self.column} = {literal(self.text)}", end_of(self.column, self.text)
        return f"({_end(self.column)} = {end} AND {same})" if by_end and end is not None else same


class Ids(NamedTuple):
    """A condition that every row of `table` fulfils which has one of some ids in any of the columns. Others may fulfil
    it, too: to leave them out here would take DuckDB as long again."""

    table: str
    columns: dict[str, list[str]]

    def condition(self, *, by_end: bool) -> str:
        if not by_end:
            return f"({' OR '.join(f'{column} IN {_written(ids)}' for column, ids in self.columns.items())})"
        ends = {_end(column): [end_of(column, each) for each in ids] for column, ids in self.columns.items()}
        any_end = " OR ".join(f"{name} IN ({', '.join(map(str, values)) or 'NULL'})" for name, values in ends.items())
        return f"rowid IN (SELECT rowid FROM {self.table} WHERE {any_end})"


def end_of(column: str, text: str) -> int | None:
    """The end of an id as the warehouse has it (`warehouse/sql/`); None for what is not written as an id.

    >>> end_of("record_id", "00ff"), end_of("person_id", "P00000000000000AB")
    (255, 206966899010)
    """
    try:
        return int(text[-7:], 16) if column.startswith("record") else int.from_bytes(text[-5:].encode("ascii"))
    except ValueError:
        return None


def _end(column: str) -> str:
    return column.replace("_id", "_end")


def ask(con: duckdb.DuckDBPyConnection, sql: str, *values: str | int | list[str] | Id | Ids) -> list[Any]:
    """The rows of a query. `values`: a text, number, list of ids or condition for each `?` (`= ?`, `IN ?`, `WHERE ?`).

    They are written into the statement: DuckDB imports pandas as soon as one is handed over beside it, which takes
    longer than all that a trace asks. A file of an older program, which has no ends of ids, is asked without them.
    """
    try:
        return con.execute(_filled(sql, values, by_end=True)).fetchall()
    except duckdb.BinderException:
        if not any(isinstance(value, Id | Ids) for value in values):
            raise
        return con.execute(_filled(sql, values, by_end=False)).fetchall()


def _filled(sql: str, values: tuple[str | int | list[str] | Id | Ids, ...], *, by_end: bool) -> str:
    first, *rest = sql.split("?")
    pieces = zip(values, rest, strict=True)
    return first + "".join(
        (value.condition(by_end=by_end) if isinstance(value, Id | Ids) else _written(value)) + after
        for value, after in pieces
    )


def _written(value: str | int | list[str]) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(literal, value)) or 'NULL'})"
    return str(value) if isinstance(value, int) else literal(value)


def minute(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def step_of(kind: str, **values: Any) -> Step:
    return Step(kind, values)


def links_of(con: duckdb.DuckDBPyConnection, records: list[str]) -> Iterator[Step]:
    """What joined, or did not join, some records: each compared pair, and who decided."""
    levels = [row[0] for row in ask(con, "DESCRIBE households.links") if row[0].startswith("gamma_")]
    shown = ", ".join(("record_id_l", "record_id_r", "match_weight", "match_probability", "decided_by", *levels))
    sides = (f"SELECT {shown} FROM households.links WHERE {condition}" for condition in ("record_id_l IN ?", "?"))
    of_right = Ids("households.links", {"record_id_r": records})
    found = ask(con, f"{' UNION '.join(sides)} ORDER BY 1, 2", records, of_right)
    pairs = (row for row in found if not {*row[:2]}.isdisjoint(records))
    for left, right, weight, probability, decided_by, *values in pairs:
        compared = ", ".join(
            f"{name.removeprefix('gamma_')} {value}"
            for name, value in zip(levels, values, strict=True)
            if value is not None and value >= 0
        )
        yield step_of(
            "link", left=left, right=right, weight=f"{weight:.1f}", probability=f"{probability:.4f}",
            decided_by=decided_by, compared=compared,
        )  # fmt: skip


def referrals_of(con: duckdb.DuckDBPyConnection, kind: str, any_id: str) -> Iterator[Step]:
    for name in directorates():
        for referral, code, rule in ask(
            con,
            f"SELECT referral_id, kode_pmks, rule_id FROM referrals.{name} WHERE ? ORDER BY 1",
            Id(f"{kind}_id", any_id),
        ):
            yield step_of("has_referral", id=referral, directorate=name, code=code, rule=rule)
    unrouted = f"SELECT kode_pmks, reason FROM referrals.unrouted WHERE {kind}_id = ? ORDER BY 1"
    for code, reason in ask(con, unrouted, any_id):
        yield step_of("no_referral", code=code, reason=reason)


def record_steps(
    con: duckdb.DuckDBPyConnection, any_id: str, fields: tuple[str, ...] = (), *, forwards: bool = True
) -> list[Step]:
    """A record, its file, its cells (of `fields` alone, if any are named), its findings, and what became of it."""
    steps: list[Step] = []
    for outcome, where, value in (("accepted", "?", Id("record_id", any_id)), ("quarantined", "record_id = ?", any_id)):
        for submission, sheet, row in ask(
            con, f"SELECT submission_id, sheet, row FROM records.{outcome} WHERE {where}", value
        ):
            path, at, run = ask(
                con, "SELECT path, received_at, run_id FROM intake.submissions WHERE submission_id = ?", submission
            )[0]
            steps.append(step_of("record", id=any_id, outcome=outcome, path=path, sheet=sheet or "-", row=str(row)))
            steps.append(step_of("file", id=submission, folder=submission[:2]))
            steps.append(step_of("received", at=minute(at), run=run))
            steps += _cells(con, submission, sheet, row, fields)
            steps += _findings(con, submission, sheet, row)
    if forwards and steps:
        for person, household in ask(
            con, "SELECT person_id, household_id FROM households.membership WHERE ?", Id("record_id", any_id)
        ):
            steps.append(step_of("became", person=person, household=household))
            steps += referrals_of(con, "person", person)
            shared = [step for step in referrals_of(con, "household", household) if step not in steps]
            steps += [step for step in shared if step.kind == "has_referral"]
    return steps


def _cells(
    con: duckdb.DuckDBPyConnection, submission: str, sheet: str, row: int, fields: tuple[str, ...]
) -> Iterator[Step]:
    """The row's own cells, and for each value that stands elsewhere where that is."""
    elsewhere = ask(
        con,
        "SELECT field, origin, cell FROM intake.sources "
        'WHERE submission_id = ? AND sheet = ? AND "row" = ? ORDER BY 1, 2',
        submission, sheet, row,
    )  # fmt: skip
    taken = {field for field, origin, _ in elsewhere if origin != _BESIDE}
    own = [
        f"{field} {column}{row}"
        for column, field in columns_of_row(con, submission, sheet, row)
        if field not in taken and (not fields or field in fields)
    ]
    yield step_of("cells", cells=", ".join(own))
    for field, origin, cell in elsewhere:
        if not fields or field in fields:
            about = {"field": field, "origin": origin or "unknown"}
            yield step_of("elsewhere_at", cell=cell, **about) if cell else step_of("elsewhere", **about)


def filled_from(con: duckdb.DuckDBPyConnection, submission: str, sheet: str, row: int, column: str) -> Iterator[Step]:
    """Which rows have a value that stands in a cell, or in any cell of a row (`column` empty)."""
    for cell, field, rows, first, last in ask(
        con,
        'SELECT cell, field, count(*), min("row"), max("row") FROM intake.sources WHERE submission_id = ? '
        "AND sheet = ? AND regexp_full_match(cell, ?) GROUP BY 1, 2 ORDER BY 1, 2",
        submission, sheet, f"{column or '[A-Z]+'}{row}",
    ):  # fmt: skip
        yield step_of("fills", cell=cell, field=field, rows=str(rows), first=str(first), last=str(last))


def columns_of_row(con: duckdb.DuckDBPyConnection, submission: str, sheet: str, row: int) -> list[Any]:
    """The columns that feed fields of a row, with the fields."""
    return ask(
        con,
        'SELECT "column", field FROM intake.columns WHERE submission_id = ? AND sheet = ? '
        "AND field IS NOT NULL AND header_row = (SELECT max(header_row) FROM intake.columns "
        'WHERE submission_id = ? AND sheet = ? AND header_row <= ?) ORDER BY length("column"), "column"',
        submission, sheet, submission, sheet, row,
    )  # fmt: skip


def _findings(con: duckdb.DuckDBPyConnection, submission: str, sheet: str, row: int) -> Iterator[Step]:
    for severity, code, column in ask(
        con,
        'SELECT severity, code, "column" FROM records.findings '
        "WHERE submission_id = ? AND sheet = ? AND row = ? ORDER BY code",
        submission, sheet, row,
    ):  # fmt: skip
        cell = {"cell": f"{column}{row}"} if column else {}
        yield step_of("finding_at" if column else "finding", severity=severity, code=code, **cell)


def became_of(con: duckdb.DuckDBPyConnection, where: str, value: str) -> Iterator[Step]:
    """How many people, and referrals of whom, the records in force that fulfil a condition are.

    A referral rests on records of its person and household, so that those of others are not looked into.
    """
    read = {record for (record,) in ask(con, f"SELECT record_id FROM records.accepted WHERE {where}", value)}
    held = "SELECT record_id, person_id, household_id FROM households.membership WHERE ?"
    found = ask(con, held, Ids("households.membership", {"record_id": [*read]}))
    mine = [row for row in found if row[0] in read]
    people, households = ([*{row[at] for row in mine}] for at in (1, 2))
    yield step_of("people", records=str(len(mine)), people=str(len(people)))
    for name in directorates():
        about = Ids(f"referrals.{name}", {"person_id": people, "household_id": households})
        held = f"SELECT DISTINCT referral_id, record_ids FROM referrals.{name} WHERE ?"
        resting = {referral for referral, records in ask(con, held, about) if not read.isdisjoint(records)}
        yield step_of("referrals", directorate=name, count=str(len(resting)))
