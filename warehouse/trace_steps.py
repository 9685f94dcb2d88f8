"""The steps of a trace: a record with its file, cells and findings, what joined records, and what became of them.

Each names ids, codes, paths and times; none a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from validation.directorates import directorates
from warehouse.connection import literal, opened
from warehouse.id_hashes import make_hash_of

_BESIDE = "sidecar"
"""The origin of values that count beside what the row's own cells say, not in their place."""
_HASH_OF_A_COLUMN = re.compile(r"hash_of\((\w+)_id(_r)?\)")


class Step(NamedTuple):
    """One step on the way: its kind, a key under `trace.` in the texts, and ids, codes, paths and times by name.
    Numbers are text."""

    kind: str
    values: dict[str, Any]


class Place(NamedTuple):
    """Where a row stands."""

    submission: str
    sheet: str
    row: int


class Looked(NamedTuple):
    """A warehouse that is looked into. `hashed`: its columns of ids stand there as numbers, too (`id_hashes.py`); in a
    file of an older program they do not."""

    con: duckdb.DuckDBPyConnection
    hashed: bool


class Id(NamedTuple):
    """The condition that `column` is an id: its number is compared first."""

    column: str
    text: str

    def __str__(self) -> str:
        same = f"{self.column} = {literal(self.text)}"
        return f"(hash_of({self.column}) = hash_of({literal(self.text)}) AND {same})"


class Ids(NamedTuple):
    """A condition that every row of `table` fulfils whose `column` is one of some ids. Others of the same number fulfil
    it, too: to leave them out here, DuckDB would look through the ids."""

    table: str
    column: str
    ids: list[str]

    def __str__(self) -> str:
        numbers = ", ".join(f"hash_of({literal(each)})" for each in self.ids) or "NULL"
        return f"rowid IN (SELECT rowid FROM {self.table} WHERE hash_of({self.column}) IN ({numbers}))"


Value = str | int | list[str] | list[int] | Id | Ids


@contextmanager
def looking(warehouse: Path) -> Iterator[Looked]:
    """Open a warehouse, or an auditors' file, to look into it."""
    with opened(warehouse, read_only=True) as con:
        make_hash_of(con)
        columns = {name for name, *_ in con.execute("DESCRIBE households.membership").fetchall()}
        yield Looked(con, "record_hash" in columns)


def ask(look: Looked, sql: str, *values: Value) -> list[Any]:
    """The rows of a query. `values`: a text, number, list or condition for each `?` (`= ?`, `IN ?`, `WHERE ?`).

    They are written into the statement: DuckDB imports pandas as soon as one is handed over beside it, which takes
    longer than all that a trace asks. `hash_of(person_id)` is the column `person_hash` where there is one.
    """
    first, *rest = sql.split("?")
    whole = first + "".join(_written(value) + after for value, after in zip(values, rest, strict=True))
    return look.con.execute(_HASH_OF_A_COLUMN.sub(r"\1_hash\2", whole) if look.hashed else whole).fetchall()


def _written(value: Value) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(_written, value)) or 'NULL'})"
    return literal(value) if isinstance(value, str) else str(value)


def minute(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def step_of(kind: str, **values: Any) -> Step:
    return Step(kind, values)


def links_of(look: Looked, records: list[str]) -> Iterator[Step]:
    """What joined, or did not join, some records: each compared pair, and who decided."""
    levels = [row[0] for row in ask(look, "DESCRIBE households.links") if row[0].startswith("gamma_")]
    shown = ", ".join(("record_id_l", "record_id_r", "match_weight", "match_probability", "decided_by", *levels))
    found = ask(
        look,
        f"SELECT {shown} FROM households.links WHERE record_id_l IN ? UNION SELECT {shown} FROM households.links "
        "WHERE ? ORDER BY 1, 2",
        records,
        Ids("households.links", "record_id_r", records),
    )
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


def referrals_of(look: Looked, kind: str, any_id: str) -> Iterator[Step]:
    for name in directorates():
        for referral, code, rule in ask(
            look,
            f"SELECT referral_id, kode_pmks, rule_id FROM referrals.{name} WHERE ? ORDER BY 1",
            Id(f"{kind}_id", any_id),
        ):
            yield step_of("has_referral", id=referral, directorate=name, code=code, rule=rule)
    unrouted = f"SELECT kode_pmks, reason FROM referrals.unrouted WHERE {kind}_id = ? ORDER BY 1"
    for code, reason in ask(look, unrouted, any_id):
        yield step_of("no_referral", code=code, reason=reason)


def record_steps(look: Looked, records: list[str], fields: tuple[str, ...] = ()) -> list[Step]:
    """Each record, its file, its cells (of `fields` alone, if any are named) and its findings."""
    found = _accepted(look, records)
    for record, *place in ask(
        look,
        'SELECT record_id, submission_id, sheet, "row" FROM records.quarantined WHERE record_id IN ?',
        [record for record in records if record not in found],
    ):
        found[record] = ("quarantined", Place(*place))
    places = [place for _, place in found.values()]
    files = {
        submission: values
        for submission, *values in ask(
            look,
            "SELECT submission_id, path, received_at, run_id FROM intake.submissions WHERE submission_id IN ?",
            [*{place.submission for place in places}],
        )
    }
    cells, findings = _cells(look, places, fields), _findings(look, places)
    steps: list[Step] = []
    for record in records:
        if record in found:
            outcome, place = found[record]
            path, when, run = files[place.submission]
            about = {"path": path, "sheet": place.sheet or "-", "row": str(place.row)}
            steps.append(step_of("record", id=record, outcome=outcome, **about))
            steps.append(step_of("file", id=place.submission, folder=place.submission[:2]))
            steps.append(step_of("received", at=minute(when), run=run))
            steps += cells[place]
            steps += findings[place]
    return steps


def _accepted(look: Looked, records: list[str]) -> dict[str, tuple[str, Place]]:
    """Where records in force stand, each with its outcome."""
    found = ask(
        look,
        'SELECT record_id, submission_id, sheet, "row" FROM records.accepted WHERE ?',
        Ids("records.accepted", "record_id", records),
    )
    return {record: ("accepted", Place(*place)) for record, *place in found if record in records}


def became_steps(look: Looked, record: str) -> Iterator[Step]:
    """The person and household of a record, and the referrals of both."""
    for person, household in ask(
        look, "SELECT person_id, household_id FROM households.membership WHERE ?", Id("record_id", record)
    ):
        yield step_of("became", person=person, household=household)
        own = [*referrals_of(look, "person", person)]
        yield from own
        shared = (step for step in referrals_of(look, "household", household) if step not in own)
        yield from (step for step in shared if step.kind == "has_referral")


def _cells(look: Looked, places: list[Place], fields: tuple[str, ...]) -> dict[Place, list[Step]]:
    """Each row's own cells, and for each value that stands elsewhere where that is."""
    sources = _of_rows(look, "field, origin, cell FROM intake.sources", places)
    columns = columns_of_rows(look, places)
    found: dict[Place, list[Step]] = {}
    for place in places:
        taken = {field for field, origin, _ in sources[place] if origin != _BESIDE}
        own = [
            f"{field} {column}{place.row}"
            for column, field in columns[place]
            if field not in taken and (not fields or field in fields)
        ]
        found[place] = [step_of("cells", cells=", ".join(own))]
        for field, origin, cell in sources[place]:
            if not fields or field in fields:
                about = {"field": field, "origin": origin or "unknown"}
                beside = step_of("elsewhere_at", cell=cell, **about) if cell else step_of("elsewhere", **about)
                found[place].append(beside)
    return found


def _of_rows(look: Looked, columns_and_table: str, places: Iterable[Place]) -> dict[Place, list[Any]]:
    """What a table says of some rows, by its columns."""
    found: dict[Place, list[Any]] = {place: [] for place in places}
    for submission, sheet, row, *values in ask(
        look,
        f'SELECT submission_id, sheet, "row", {columns_and_table} WHERE submission_id IN ? AND "row" IN ? ORDER BY ALL',
        [*{place.submission for place in found}],
        [*{place.row for place in found}],
    ):
        if (place := Place(submission, sheet, row)) in found:
            found[place].append(values)
    return found


def filled_from(look: Looked, place: Place, column: str) -> Iterator[Step]:
    """Which rows have a value that stands in a cell, or in any cell of a row (`column` empty)."""
    for cell, field, rows, first, last in ask(
        look,
        'SELECT cell, field, count(*), min("row"), max("row") FROM intake.sources WHERE submission_id = ? '
        "AND sheet = ? AND regexp_full_match(cell, ?) GROUP BY 1, 2 ORDER BY 1, 2",
        place.submission, place.sheet, f"{column or '[A-Z]+'}{place.row}",
    ):  # fmt: skip
        yield step_of("fills", cell=cell, field=field, rows=str(rows), first=str(first), last=str(last))


def columns_of_rows(look: Looked, places: Iterable[Place]) -> dict[Place, list[tuple[str, str]]]:
    """The columns that feed fields of each row, with the fields: those of the last header above it."""
    found: dict[Place, list[tuple[str, str]]] = {place: [] for place in places}
    headers: dict[tuple[str, str], dict[int, list[tuple[str, str]]]] = {}
    for submission, sheet, header, column, field in ask(
        look,
        'SELECT submission_id, sheet, header_row, "column", field FROM intake.columns WHERE submission_id IN ? '
        'ORDER BY length("column"), "column"',
        [*{place.submission for place in found}],
    ):
        headers.setdefault((submission, sheet), {}).setdefault(header, []).append((column, field))
    for place in found:
        above = headers.get(place[:2], {})
        last = max((header for header in above if header <= place.row), default=None)
        found[place] = [(column, field) for column, field in above.get(last, []) if field] if last is not None else []
    return found


def _findings(look: Looked, places: list[Place]) -> dict[Place, list[Step]]:
    found = _of_rows(look, 'code, severity, "column" FROM records.findings', places)
    return {
        place: [
            step_of("finding_at", severity=severity, code=code, cell=f"{column}{place.row}")
            if column
            else step_of("finding", severity=severity, code=code)
            for code, severity, column in said
        ]
        for place, said in found.items()
    }


def became_of(look: Looked, where: str, value: str) -> Iterator[Step]:
    """How many people, and referrals of whom, the records in force that fulfil a condition are.

    A referral rests on records of its person or household. Where these have no other records, it rests on some of
    ours, and its evidence is not looked into: it stands in the order of ids, and is read whole the first time.
    """
    listed = ask(look, f"SELECT hash_of(record_id) FROM records.accepted WHERE {where}", value)
    read = {record for (record,) in listed}
    held = "SELECT hash_of(record_id), hash_of(person_id), hash_of(household_id) FROM households.membership WHERE "
    mine = ask(look, f"{held} hash_of(record_id) IN ?", [*read])
    people, households = ({row[at] for row in mine} for at in (1, 2))
    theirs = ask(look, f"{held} hash_of(person_id) IN ? OR hash_of(household_id) IN ?", [*people], [*households])
    others = [row for row in theirs if row[0] not in read]
    wholly = [ours - {row[at] for row in others} for at, ours in ((1, people), (2, households))]
    yield step_of("people", records=str(len(mine)), people=str(len(people)))
    for name in directorates():
        found = ask(
            look,
            f"SELECT rowid, hash_of(person_id), hash_of(household_id) FROM referrals.{name} "
            "WHERE hash_of(person_id) IN ? OR hash_of(household_id) IN ?",
            [*people],
            [*households],
        )
        unsure = [row for row, person, household in found if person not in wholly[0] or household not in wholly[1]]
        evidence = ask(
            look,
            f"SELECT list_transform(record_ids, record -> hash_of(record)) FROM referrals.{name} "
            f"WHERE rowid IN (SELECT unnest({unsure}))",
        )
        resting = len(found) - len(unsure) + sum(not read.isdisjoint(records) for (records,) in evidence)
        yield step_of("referrals", directorate=name, count=str(resting))
