"""Whoever changes a table or a file, with whatever lies beside it, is found out: by the chain, a rebuild or a witness.

The whole machine, every table and kind of file in every way, is `make test-tampering`; here a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from pipelines.rebuild_claims import rebuilt
from tests.support.forging import rewrite_chain, rewrite_table, rewrite_warehouse
from tests.tampering import files
from tests.tampering.machine import caught, copied, table_tampers, tamper_with_file, tamper_with_table
from warehouse.chain import ledger_of, read_chain
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.verification import differing_tables

CHOSEN = Random(16).sample(table_tampers(), 8)
FILES = Random(7).sample(files.tampers(), 14)


@pytest.fixture
def home(scene: DataHome, tmp_path: Path) -> Iterator[DataHome]:
    with copied(scene, tmp_path) as copy:
        yield copy


@pytest.mark.parametrize(("table", "how"), CHOSEN)
def test_a_changed_table_is_found_though_all_but_the_chain_fits(home: DataHome, table: str, how: str) -> None:
    if tamper_with_table(home, table, how, "warehouse", Random(1)):
        assert table in caught(home, witness=False, rebuild=False).said


@pytest.mark.parametrize(("kind", "how"), FILES)
def test_a_changed_file_is_found(home: DataHome, kind: str, how: str) -> None:
    if tamper_with_file(home, kind, how, Random(1)):
        assert caught(home, witness=False, rebuild=False).claim


def everybody_is_one(table: pa.Table) -> pa.Table:
    return with_column(table, "person_id", lambda column: [column[0].as_py()] * len(column))


def with_column(table: pa.Table, name: str, values: Callable[[Any], list[Any]]) -> pa.Table:
    made = pa.array(values(table[name]), table.schema.field(name).type)
    return table.set_column(table.column_names.index(name), table.schema.field(name), made)


def test_all_referrals_of_one_person_are_found_by_a_rebuild_even_where_the_chain_was_written_anew(
    home: DataHome,
) -> None:
    rewrite_table(home, "referrals", everybody_is_one)
    rewrite_warehouse(home)
    run = caught(home, witness=False, rebuild=False)
    assert (run.claim, run.said.partition(": ")[2]) == ("contents", "referrals (person_id)")
    rewrite_chain(home)
    assert caught(home, witness=True, rebuild=False).claim == "witness"
    first = next(rebuilt(home, read_chain(ledger_of(home))[0]))
    assert first.startswith("referrals directorate=") and first.endswith("(person_id)")


STATEMENTS = {
    "column records.accepted.nik": "COMMENT ON COLUMN records.accepted.nik IS 'lain'",
    "macro referrals.as_of": "CREATE OR REPLACE MACRO referrals.as_of(ts) AS TABLE SELECT 1 AS satu",
    "schema lain": "CREATE SCHEMA lain",
    "sequence main.urut": "CREATE SEQUENCE main.urut",
    "table main.tambahan": "CREATE TABLE main.tambahan AS SELECT 1 AS satu",
    "table records.findings": "COMMENT ON TABLE records.findings IS 'lain'",
    "view audit.lineage": "CREATE OR REPLACE VIEW audit.lineage AS SELECT 1 AS satu",
}


def test_whatever_else_is_changed_in_the_warehouse_is_named(home: DataHome) -> None:
    with opened(home.warehouse, read_only=False) as con:
        for statement in STATEMENTS.values():
            con.execute(statement).fetchall()
    assert differing_tables(Lake(home.lake), home.warehouse) == [*STATEMENTS, "warehouse.duckdb"]


def test_nothing_is_said_of_the_values(home: DataHome) -> None:
    with opened(home.warehouse, read_only=False) as con:
        con.execute("UPDATE records.accepted SET nama = 'ORANG LAIN' WHERE row % 2 = 0").fetchall()
        names = {row[0] for row in con.execute("SELECT nama FROM records.accepted").fetchall()}
    (said, _) = differing_tables(Lake(home.lake), home.warehouse)
    assert said.startswith("records.accepted record_id=") and said.endswith("(nama)")
    assert not any(name in said for name in names)
