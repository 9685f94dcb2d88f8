"""Which rows a capsule shows, and how it is written.

A capsule of a referral holds the referral, its rule, the records that it rests on and all others of the same people,
each with its row as typed, its file and the columns that feed it; the person, the household and who else belongs to it,
by ids alone; and every comparison that one of these records took part in. Nothing else is said of anybody else. The
file that a village sent is not in it, since it names others: whoever has it can compare its SHA-256 and the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.publications.run_entry import PROGRAM_VERSION
from pipelines.proof.chain_claims import other_contents
from pipelines.proof.replay import replayed, runs_up_to
from warehouse.chain import RUN, Link, latest, ledger_of, read_chain
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.row_trees import (
    TABLES,
    ShownRow,
    leaf_of,
    note_roots,
    path_of,
    salt_of,
    salting_key,
    text_of,
    trees_of,
)

VERSION = 1
Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Rows by table."""


class CapsuleError(LookupError):
    """No capsule can be made. The message is a key under `capsule.` in the texts."""


def rows_of_referral(lake: Lake, referral_id: str) -> Rows:
    """What a capsule shows of a referral that holds in a lake. Raises `CapsuleError` for any other."""
    referrals = _rows(lake, "referrals", referral_id=[referral_id])
    if not referrals:
        raise CapsuleError("unknown")
    return _around(lake, referrals, _evidence(referrals))


def rows_of_village(lake: Lake, village: str) -> Rows:
    """What a capsule shows of a village (its code, with dots): all its referrals and records that count. Raises
    `CapsuleError` where there are none."""
    listed = {row["record_id"] for row in _rows(lake, "accepted", kode_desa=[village])}
    counting = {row["record_id"] for row in _rows(lake, "membership", record_id=listed)}
    if not counting:
        raise CapsuleError("unknown")
    referrals = _rows(lake, "referrals", kode_desa=[village])
    return _around(lake, referrals, counting | _evidence(referrals))


def _evidence(referrals: list[Row]) -> set[str]:
    return {record for row in referrals for record in row["record_ids"]}


def _around(lake: Lake, referrals: list[Row], evidence: Iterable[str]) -> Rows:
    """Referrals with the rows that they, and some records, rest on."""
    people = {row["person_id"] for row in _rows(lake, "membership", record_id=evidence)}
    members = _rows(lake, "membership", person_id=people)
    records = {row["record_id"] for row in members}
    homes = {row["household_id"] for row in members}
    accepted = _rows(lake, "accepted", record_id=records)
    files = {row["submission_id"] for row in accepted}
    places = {_place(row) for row in accepted}
    raw = [row for row in _rows(lake, "raw_rows", submission_id=files) if _place(row) in places]
    headers = {(row["submission_id"], row["sheet"], row["header_row"]) for row in raw}
    columns = _rows(lake, "columns", submission_id=files)
    pairs = _rows(lake, "links", record_id_l=records) + _rows(lake, "links", record_id_r=records)
    rules = _rows(lake, "rules", rule_set={row["rule_set"] for row in referrals})
    used = {(row["rule_set"], row["rule_id"]) for row in referrals}
    return {
        "submissions": _rows(lake, "submissions", submission_id=files),
        "columns": [row for row in columns if (row["submission_id"], row["sheet"], row["header_row"]) in headers],
        "raw_rows": raw,
        "accepted": accepted,
        "membership": _rows(lake, "membership", household_id=homes),
        "links": list({text_of(row): row for row in pairs}.values()),
        "persons": _rows(lake, "persons", person_id=people),
        "households": _rows(lake, "households", household_id=homes),
        "rules": [row for row in rules if (row["rule_set"], row["rule_id"]) in used],
        "referrals": referrals,
    }


def _place(row: Row) -> tuple[str, str, int]:
    return row["submission_id"], row["sheet"], row["row"]


def _rows(lake: Lake, table: str, **where: Iterable[str]) -> list[Row]:
    """The rows of a table in which a column holds one of some values."""
    ((column, values),) = where.items()
    asked = pa.array(sorted(values), pa.string())
    found = []
    for file in lake.files(table):
        held = pq.read_table(file, memory_map=True)
        found += held.filter(pc.is_in(held[column], asked)).to_pylist()
    return found


@contextmanager
def lake_after(home: DataHome, run_id: str | None) -> Iterator[tuple[Lake, Link]]:
    """The lake as it was after a run of the chain (None: the last one), with the run's entry.

    An earlier run is gone through again. Raises `CapsuleError` where that run is not in the chain, or its tables are
    not, or do not come out, as the chain says.
    """
    links, broken = read_chain(ledger_of(home))
    run = latest((link for link in links if run_id in (None, link.said.get("run_id"))), RUN)
    if broken or run is None:
        raise CapsuleError("no_run" if run_id else "not_as_run")
    if run == latest(links, RUN):
        lake = Lake(home.lake)
        parted = {said.partition(": ")[2].partition(" (")[0] for said in other_contents(home, lake, links)}
        if parted & set(TABLES):
            raise CapsuleError("not_as_run")
        yield lake, run
        return
    with replayed(home, runs_up_to(links, str(run_id))) as (lake, compared):
        if any(table.parted for table in compared if table.table in TABLES):
            raise CapsuleError("not_as_then")
        yield lake, run


def pack(home: DataHome, lake: Lake, run: Link, rows: Rows, about: dict[str, str], at: datetime) -> dict[str, Any]:
    """A capsule of some rows, as JSON. Adds the roots of the trees to the chain, where it has not got them yet.

    `lake`, `run`: as `lake_after` gives them. `about`: what it is of. `at`: when it is made, UTC. Raises
    `RowTreeKeyError` without the secret key.
    """
    key = salting_key(home)
    trees = trees_of(lake, key)
    note_roots(home, run, trees)
    lines = ledger_of(home).read_bytes().splitlines()[run.line - 1 :]
    shown = []
    for table in TABLES:
        for row in rows[table]:
            text = text_of(row)
            salt = salt_of(text, key)
            shown.append(ShownRow(table, salt.hex(), text, path_of(trees[table], leaf_of(text, salt)))._asdict())
    return {
        "capsule": VERSION,
        "program": PROGRAM_VERSION,
        "made_at": at.isoformat(timespec="seconds"),
        "about": about,
        "chain": [line.decode() for line in lines],
        "rules": {name: _rule_text(home, name) for name in sorted({row["rule_set"] for row in rows["rules"]})},
        "rows": shown,
    }


def _rule_text(home: DataHome, rule_set: str) -> str:
    return (home.archive / "rules" / f"{rule_set}.csv").read_text(encoding="utf-8")
