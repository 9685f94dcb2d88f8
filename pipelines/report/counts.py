"""What the page of quality and flow counts, asked of the warehouse. Counts and ids only, never a person's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import duckdb

from pipelines.summary import CAUSES, ENDS_OF_DATA_ROWS, UNACCOUNTED, WAITING
from validation.directorates import directorates
from validation.periods import period_end
from validation.regions import regency_of

BIN_BITS = 2
"""Width of a bar of the histogram of match weights, in bits."""
LARGEST_SHOWN = 8
"""Persons and households with so many records or members, or more, are one bar."""


class Step(NamedTuple):
    """A total that is split into parts, one of which (`onward`) is the total of the next step."""

    name: str
    total: int
    parts: Mapping[str, int]
    onward: str

    @property
    def balanced(self) -> bool:
        """Whether the parts, counted by themselves, make up the total, and nothing is without a place (which would be a
        fault of the pipeline)."""
        return sum(self.parts.values()) == self.total and not self.parts.get(UNACCOUNTED)


@dataclass(frozen=True)
class VillageState:
    """How a village stands: `newest`: its newest period with an accepted list; `late`: a neighbour of its kabupaten
    has a newer one; files that wait; data rows of its accepted lists, and those in quarantine; measures that jumped."""

    code: str
    newest: str | None
    late: bool
    held: int
    rejected: int
    rows: int
    quarantined: int
    jumps: int

    @property
    def needs_somebody(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.late or self.held or self.rejected or self.jumps or self.quarantined)

    @property
    def urgency(self) -> tuple[int, int, float, int]:
        """What sorts the villages that need somebody most to the front, in descending order."""
        return self.held + self.rejected, int(self.late), self.quarantined / max(self.rows, 1), self.jumps


class Run(NamedTuple):
    """A run of the warehouse: when it ended (UTC), how many seconds it took, and what it came to."""

    finished_at: datetime
    seconds: float | None
    counts: Mapping[str, int]


_REFERRED = " UNION ALL ".join(
    f"SELECT person_id, subject, status, record_ids FROM referrals.{name}" for name in directorates()
)


def steps(con: duckdb.DuckDBPyConnection) -> list[Step]:
    """From the rows of all sheets to what becomes of each person. Totals and parts come from different tables."""
    kinds = _counted(con, "SELECT kind, count(*) FROM intake.rows GROUP BY 1")
    ends = _counted(con, ENDS_OF_DATA_ROWS)
    replaced = _number(
        con,
        """
        SELECT count(*) FROM intake.rows r JOIN intake.submissions s USING (submission_id)
        WHERE r.outcome = 'accepted' AND s.outcome <> 'accepted'
        """,
    )
    in_force = _number(con, "SELECT count(*) FROM records.accepted")
    people, repeats = con.execute(
        "SELECT count(*), coalesce(sum(records - 1), 0)::BIGINT FROM households.persons"
    ).fetchall()[0]
    data = kinds.pop("data", 0)
    return [
        Step("rows", data + sum(kinds.values()), {"data": data, "other": sum(kinds.values())}, "data"),
        Step("data", data, _ordered(ends, ("accepted", "quarantined", WAITING, UNACCOUNTED)), "accepted"),
        Step("accepted", ends.get("accepted", 0), {"in_force": in_force, "replaced": replaced}, "in_force"),
        Step("in_force", _number(con, "SELECT count(*) FROM households.membership"),
             {"people": people, "repeats": repeats}, "people"),
        Step("people", people, _ends_of_people(con), ""),
    ]  # fmt: skip


def _ends_of_people(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    found = _counted(
        con,
        f"""
        WITH referred AS ({_REFERRED}),
        own AS (SELECT person_id, bool_or(status = 'dirujuk') AS sure FROM referred WHERE subject = 'person'
                GROUP BY 1),
        stated AS (SELECT DISTINCT unnest(record_ids) AS record_id FROM referred WHERE subject <> 'person'),
        of_home AS (SELECT DISTINCT person_id FROM households.membership JOIN stated USING (record_id)),
        without AS (SELECT DISTINCT person_id FROM referrals.unrouted)
        SELECT CASE WHEN own.sure THEN 'referred' WHEN of_home.person_id IS NOT NULL THEN 'of_home'
                    WHEN own.person_id IS NOT NULL THEN 'to_verify' WHEN without.person_id IS NOT NULL THEN 'without'
                    ELSE '{UNACCOUNTED}' END, count(*)
        FROM households.persons p LEFT JOIN own USING (person_id) LEFT JOIN of_home USING (person_id)
        LEFT JOIN without USING (person_id) GROUP BY 1
        """,
    )
    return _ordered(found, ("referred", "of_home", "to_verify", "without", UNACCOUNTED))


def files(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many files have each outcome."""
    return _counted(con, "SELECT outcome, count(*) FROM intake.submissions GROUP BY 1 ORDER BY 1")


def causes(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows in quarantine, of the lists that count, by the code of each reason, the most frequent first."""
    return _counted(con, CAUSES)


def findings(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """What is to be corrected or looked at in rows that were accepted, by code, the most frequent first."""
    return _counted(
        con,
        """
        SELECT f.code, count(*) AS n FROM records.findings f JOIN intake.submissions s USING (submission_id)
        WHERE s.outcome = 'accepted' AND f.severity IN ('fix', 'warning') GROUP BY 1 ORDER BY n DESC, code
        """,
    )


def weights(con: duckdb.DuckDBPyConnection) -> list[tuple[int, str, int]]:
    """Pairs that were compared and kept: lower end of the bar in bits, what became of them (`joined`, `apart` or
    `overruled`: by a constraint or a reviewer), and how many."""
    return [
        (int(at), str(end), int(count))
        for at, end, count in con.execute(
            f"""
            SELECT floor(l.match_weight / {BIN_BITS}) * {BIN_BITS},
                   CASE WHEN a.person_id = b.person_id THEN 'joined'
                        WHEN l.decided_by = 'model' THEN 'apart' ELSE 'overruled' END, count(*)
            FROM households.links l JOIN households.membership a ON a.record_id = l.record_id_l
            JOIN households.membership b ON b.record_id = l.record_id_r GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
    ]


def sizes(con: duckdb.DuckDBPyConnection) -> dict[str, dict[int, int]]:
    """How many persons have 1, 2, … records, and how many households 1, 2, … members; the last bar is open."""
    found = {}
    for what, column in (("persons", "records"), ("households", "members")):
        size = f"least({column}, {LARGEST_SHOWN})"
        sql = f"SELECT {size}, count(*) FROM households.{what} WHERE {column} > 0 GROUP BY 1 ORDER BY 1"
        found[what] = {int(many): count for many, count in _counted(con, sql).items()}
    return found


def first_question(con: duckdb.DuckDBPyConnection) -> tuple[str, str] | None:
    """The two records of the pair that a reviewer is asked about first; None where nothing is asked."""
    found = con.execute(
        "SELECT record_id_l, record_id_r FROM households.review_queue ORDER BY rank, pair_id LIMIT 1"
    ).fetchone()
    return None if found is None else (str(found[0]), str(found[1]))


def villages(con: duckdb.DuckDBPyConnection) -> list[VillageState]:
    """Every village that sent something, those that need somebody most first."""
    rows = con.execute(
        """
        SELECT kode_desa, list(DISTINCT periode) FILTER (outcome = 'accepted' AND periode IS NOT NULL),
               count(*) FILTER (outcome = 'held'), count(*) FILTER (outcome = 'rejected'),
               coalesce(sum(rows_accepted + rows_quarantined) FILTER (outcome = 'accepted'), 0)::BIGINT,
               coalesce(sum(rows_quarantined) FILTER (outcome = 'accepted'), 0)::BIGINT
        FROM intake.submissions WHERE kode_desa IS NOT NULL GROUP BY 1
        """
    ).fetchall()
    jumps = _counted(con, "SELECT kode_desa, count(*) FROM records.quality WHERE jumps GROUP BY 1")
    newest = {code: max(periods, key=period_end) for code, periods, *_ in rows if periods}
    ends: dict[str, date] = {}
    for code, period in newest.items():
        ends[regency_of(code)] = max(ends.get(regency_of(code), date.min), period_end(period))
    found = []
    for code, _, held, rejected, data, quarantined in rows:
        period = newest.get(code)
        late = regency_of(code) in ends and (period is None or period_end(period) < ends[regency_of(code)])
        found.append(VillageState(code, period, late, held, rejected, data, quarantined, jumps.get(code, 0)))
    return sorted(sorted(found, key=lambda each: each.code), key=lambda each: each.urgency, reverse=True)


def runs(con: duckdb.DuckDBPyConnection) -> list[Run]:
    """Every run that changed the warehouse, oldest first."""
    names = ("submissions", "records", "persons", "households", "referrals")
    return [
        Run(ended, (ended - began).total_seconds() if began else None, dict(zip(names, map(int, counts), strict=True)))
        for ended, began, *counts in con.execute(
            f"SELECT finished_at, started_at, {', '.join(names)} FROM audit.runs ORDER BY finished_at, run_id"
        ).fetchall()
    ]


def _number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])


def _counted(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in con.execute(sql).fetchall()}


def _ordered(counts: Mapping[str, int], names: Sequence[str]) -> dict[str, int]:
    """The counts in the order of `names`; only the part of what has no place is left out where there is nothing."""
    return {name: counts.get(name, 0) for name in names if name != UNACCOUNTED or counts.get(name)}
