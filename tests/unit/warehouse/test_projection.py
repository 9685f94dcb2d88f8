"""The warehouse changes in one transaction, only where the lake did, and waits for its readers."""

from __future__ import annotations

import random
import stat
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tests.support.declared import entity_id, frame
from tests.unit.warehouse.test_lake import receipts
from warehouse.connection import opened
from warehouse.lake import DamagedTableError, Lake
from warehouse.projection import NOT_PROJECTED, project
from warehouse.tables import projection

FIRST, SECOND = entity_id("P1"), entity_id("P2")
ENDED, HOLDS = f"R{1:024x}", f"R{2:024x}"
READER = """
import pathlib, sys
from warehouse.connection import opened
with opened(pathlib.Path(sys.argv[1]), read_only=True):
    print("open", flush=True)
    sys.stdin.read()
"""


def history(lake: Lake, inputs: str, *intervals: tuple[str, datetime, datetime | None]) -> None:
    rows = [{"referral_id": i, "directorate": "rehsos", "valid_from": a, "valid_to": b} for i, a, b in intervals]
    lake.write("referrals", {"history": frame("history", *rows), "referrals": frame("referrals")}, inputs=inputs)


def ask(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    with opened(warehouse, read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path / "lake")
    made.write("submissions", {"receipts": receipts("a.xlsx")}, inputs="1")
    made.write("households", {"persons": frame("persons", {"person_id": FIRST})}, inputs="1")
    return made


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def test_an_empty_lake_makes_every_table_with_its_columns(tmp_path: Path, warehouse: Path) -> None:
    assert project(Lake(tmp_path / "lake"), warehouse) == dict.fromkeys(projection(), 0)
    present = ask(
        warehouse, "SELECT DISTINCT schema_name || '.' || table_name FROM duckdb_columns() WHERE NOT internal"
    )
    assert {name for (name,) in present} == {*projection(), *NOT_PROJECTED}
    assert stat.S_IMODE(warehouse.stat().st_mode) == 0o600


def test_only_tables_whose_lake_tables_changed_are_written_again(lake: Lake, warehouse: Path) -> None:
    project(lake, warehouse)
    assert project(lake, warehouse) == {}
    lake.write("submissions", {"receipts": receipts("a.xlsx", "b.xlsx")}, inputs="2")
    assert project(lake, warehouse) == {"intake.receipts": 2}
    assert ask(warehouse, "SELECT path FROM intake.receipts ORDER BY 1") == [("a.xlsx",), ("b.xlsx",)]
    assert ask(warehouse, "SELECT person_id FROM households.persons") == [(FIRST,)]


def test_a_load_that_fails_on_the_way_leaves_every_table_as_it_was(lake: Lake, warehouse: Path) -> None:
    project(lake, warehouse)
    lake.write("submissions", {"receipts": receipts("a.xlsx", "b.xlsx")}, inputs="2")
    lake.write("households", {"persons": frame("persons", {"person_id": SECOND})}, inputs="2")
    (torn,) = lake.files("persons")
    whole = torn.read_bytes()
    torn.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedTableError, match=torn.name):
        project(lake, warehouse)
    assert ask(warehouse, "SELECT path FROM intake.receipts") == [("a.xlsx",)]
    assert ask(warehouse, "SELECT person_id FROM households.persons") == [(FIRST,)]
    torn.write_bytes(whole)
    assert set(project(lake, warehouse)) == {"intake.receipts", "households.persons"}


def test_a_warehouse_that_was_lost_is_made_again_from_the_lake(lake: Lake, warehouse: Path) -> None:
    first = project(lake, warehouse)
    warehouse.unlink()
    assert project(lake, warehouse) == first
    assert ask(warehouse, "SELECT path FROM intake.receipts") == [("a.xlsx",)]


def test_a_reader_in_another_process_is_waited_for_then_named(lake: Lake, warehouse: Path) -> None:
    project(lake, warehouse)
    lake.write("submissions", {"receipts": receipts("b.xlsx")}, inputs="2")
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, warehouse], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with reader:
        assert reader.stdout is not None and reader.stdout.readline() == "open\n"
        with pytest.raises(duckdb.IOException, match=rf"lock.*PID {reader.pid}"):
            project(lake, warehouse, patience=0.0)
        done: list[dict[str, int]] = []
        waiting = threading.Thread(target=lambda: done.append(project(lake, warehouse, patience=60.0)))
        waiting.start()
        waiting.join(timeout=0.2)
        assert done == []
        reader.communicate("")
        waiting.join()
    assert done == [{"intake.receipts": 1}]
    assert ask(warehouse, "SELECT path FROM intake.receipts") == [("b.xlsx",)]


def test_referrals_of_a_moment_are_those_that_had_begun_and_not_ended(lake: Lake, warehouse: Path) -> None:
    noon, later = datetime(2025, 7, 1, 12), datetime(2025, 8, 1)
    history(lake, "1", (ENDED, noon, later), (HOLDS, later, None))
    project(lake, warehouse)

    def held(at: str) -> list[tuple[object, ...]]:
        return ask(warehouse, f"SELECT referral_id FROM referrals.as_of(TIMESTAMP '{at}') ORDER BY 1")

    assert held("2025-07-01 11:59:59") == []
    assert held("2025-07-01 12:00:00") == [(ENDED,)]
    assert held("2025-08-01") == [(HOLDS,)]


def test_events_join_the_states_that_differ_in_their_evidence_alone(lake: Lake, warehouse: Path) -> None:
    """Against a loop over every state, for 40 random histories."""
    rng, rows, expected = random.Random(5), [], []
    for number in range(40):
        name, day, goes_on = f"R{number:024x}", 1, False
        for at in range(rng.randint(1, 6)):
            start = datetime(2025, 1, day)
            end = datetime(2025, 1, day := day + rng.randint(1, 2)) if at < 5 else None
            why = rng.choice(["bukti_berubah", "fakta_berubah"]) if end else None
            rows.append({"referral_id": name, "directorate": "rehsos", "valid_from": start, "valid_to": end,
                         "ended_because": why})  # fmt: skip
            expected.append([name, expected.pop()[1] if goes_on else start, end, why])
            gap = rng.random() < 0.3
            goes_on, day = why == "bukti_berubah" and not gap, day + gap
    lake.write("referrals", {"history": frame("history", *rows), "referrals": frame("referrals")}, inputs="1")
    project(lake, warehouse)
    told = "SELECT referral_id, valid_from, valid_to, ended_because FROM referrals.events ORDER BY 1, 2"
    assert ask(warehouse, told) == [tuple(row) for row in expected]


def test_the_file_can_be_opened_by_older_programs(lake: Lake, warehouse: Path) -> None:
    project(lake, warehouse)
    with opened(warehouse, read_only=True) as con:
        tags = con.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()
    assert "v1.2.0" in str(tags)
