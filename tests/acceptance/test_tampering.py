"""Whoever changes a table or a file, with whatever lies beside it, is found out: by the chain, a rebuild or a witness.

The whole machine, every table and kind of file in every way, is `make test-tampering`; here a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import mode
from typing import Any

import pyarrow as pa
import pytest

from pipelines.proof.chain_claims import other_contents
from pipelines.proof.rebuild_claims import rebuilt
from tests.support.forging import rewrite_chain, rewrite_table, rewrite_warehouse
from tests.tampering.files import KINDS, LOCK, kind_of
from tests.tampering.machine import BYTES, CHAIN, WAREHOUSE, Caught, Tamper, caught, copied, tampers, try_out
from tests.tampering.unseen import listed, unlisted
from warehouse.chain import ledger_of, read_chain
from warehouse.connection import opened
from warehouse.files import sha256_of
from warehouse.home import DataHome
from warehouse.kept_file import inputs_of, note_left
from warehouse.lake import Lake
from warehouse.verification import differing_tables

CHOSEN = Random(16).sample([t for t in tampers() if t.level == WAREHOUSE], 8)
FILES = Random(7).sample([t for t in tampers() if t.level == BYTES], 14)
FORGED = Random(4).sample([t for t in tampers() if t.level == CHAIN], 3)
OF_NO_PLACE = [Tamper(table, "insert", CHAIN) for table in ("unplaced_readings", "registration_findings")]
"""What the registry says of lists without a place, which is read anew."""


@pytest.fixture
def home(scene: DataHome, tmp_path: Path) -> Iterator[DataHome]:
    with copied(scene, tmp_path) as copy:
        yield copy


@pytest.mark.parametrize("tamper", [*CHOSEN, *FILES, *FORGED, *OF_NO_PLACE], ids=str)
def test_what_is_changed_is_found_or_stands_among_what_cannot_be(
    scene: DataHome, tmp_path: Path, tamper: Tamper
) -> None:
    found = try_out(scene, tmp_path, tamper, seed=1)
    assert found is None or list(unlisted([(tamper, found)])) == []


def test_what_is_unseen_and_not_listed_is_told() -> None:
    tamper = Tamper("accepted", "change", WAREHOUSE)
    for found, said in (
        (Caught("", "", named=False), "unseen with a witness"),
        (Caught("", "witness", named=True), "unseen without witness"),
        (Caught("contents", "contents", named=False), "no place named"),
    ):
        (line,) = unlisted([(tamper, found)])
        assert line.startswith(said) and "accepted" in line


def test_every_file_is_of_a_kind_that_is_tampered_with_and_every_kind_is_there(scene: DataHome) -> None:
    kinds = {kind_of(scene, path) for path in scene.root.rglob("*") if path.is_file()}
    assert kinds == {*KINDS, LOCK}
    with pytest.raises(LookupError, match="lain"):
        kind_of(scene, scene.root / "audit" / "lain.txt")


def test_what_is_listed_as_unseen_is_tampered_with() -> None:
    for row in listed():
        assert any(row.is_about(tamper) for tamper in tampers()), row


def everybody_is_one(table: pa.Table) -> pa.Table:
    """The one whom all directorates know, so that pseudonyms of every list go on to fit."""
    return with_column(table, "person_id", lambda column: [mode(column.to_pylist())] * len(column))


def with_column(table: pa.Table, name: str, values: Callable[[Any], list[Any]]) -> pa.Table:
    made = pa.array(values(table[name]), table.schema.field(name).type)
    return table.set_column(table.column_names.index(name), table.schema.field(name), made)


def test_all_referrals_of_one_person_are_found_by_a_rebuild_even_where_the_chain_was_written_anew(
    home: DataHome,
) -> None:
    rewrite_table(home, "referrals", everybody_is_one)
    rewrite_warehouse(home)
    links, _ = read_chain(ledger_of(home))
    (said,) = other_contents(home, Lake(home.lake), links)
    assert said.partition(": ")[2] == "referrals (person_id)"
    rewrite_chain(home)
    assert caught(home, "referrals", rebuild=False) == Caught("", "witness", named=True)
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


def test_a_warehouse_that_an_earlier_program_made_is_not_said_to_be_changed(home: DataHome) -> None:
    lake = Lake(home.lake)
    for where, told in (("name = 'records.accepted'", ["audit.projection (inputs)"]), ("true", [])):
        with opened(home.warehouse, read_only=False) as con:
            con.execute(f"UPDATE audit.projection SET inputs = md5(inputs) WHERE {where}").fetchall()
        note_left(home.warehouse, inputs_of(home.warehouse), sha256_of(home.warehouse))
        assert differing_tables(lake, home.warehouse) == told
