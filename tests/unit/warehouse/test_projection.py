"""The warehouse changes in one transaction, only where the lake did, and waits for its readers."""

from __future__ import annotations

import random
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.declared import entity_id, frame
from tests.unit.warehouse.test_lake import HERE, THERE, receipts
from warehouse.comparing import databases_part
from warehouse.connection import opened
from warehouse.lake import DamagedTableError, Lake
from warehouse.made_from import made_from
from warehouse.projection import MADE_BY, NOT_PROJECTED, SQL, declared_of, project
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


LISTS, PLACES = st.sampled_from("abc"), st.sampled_from([HERE, THERE])


def rows_of(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of which the first column is a key, in any order."""
    return st.lists(st.fixed_dictionaries(columns), max_size=5, unique_by=lambda row: row[next(iter(columns))])


OF_A_LIST = {
    "accepted": rows_of(record_id=st.sampled_from([f"{n:032x}" for n in range(6)]), submission_id=LISTS,
                        nama=st.sampled_from(["SITI", "BUDI"]), nik=st.none() | st.just("1")),
    "row_outcomes": rows_of(row=st.integers(1, 4), submission_id=LISTS,
                            outcome=st.sampled_from(["accepted", "quarantined"])),
    "findings": st.lists(st.fixed_dictionaries({"submission_id": LISTS, "row": st.none() | st.integers(1, 3)}),
                         max_size=4),
}  # fmt: skip
READ = {
    "ledger": rows_of(row=st.integers(1, 4), submission_id=LISTS),
    "raw_rows": rows_of(row=st.integers(1, 4), submission_id=LISTS,
                        filled=st.sampled_from(["", "nama=tengah@B2", "nama=@B2|nik=atas@C2"])),
    "columns": rows_of(column=st.sampled_from("ABC"), submission_id=LISTS, header=st.sampled_from(["NIK", "NO"]),
                       field=st.none() | st.just("nik")),
    "readings": rows_of(submission_id=LISTS, rows_data=st.integers(0, 2)),
}  # fmt: skip
SETTLED = {"outcomes": rows_of(submission_id=LISTS, outcome=st.sampled_from(["accepted", "superseded"]))}
MATCHED = {
    "membership": rows_of(record_id=st.sampled_from([f"{n:032x}" for n in range(6)])),
    "links": rows_of(record_id_r=st.sampled_from([f"{n:032x}" for n in range(4)]),
                     match_weight=st.sampled_from([0.0, -0.0, 1.5])),
}  # fmt: skip
REFERRED = {
    "referrals": rows_of(referral_id=st.sampled_from([f"R{n:024d}" for n in range(5)]),
                         directorate=st.sampled_from(["rehsos", "dayasos"]),
                         record_ids=st.lists(st.sampled_from([f"{n:032x}" for n in range(3)]), min_size=1, max_size=2)),
    "history": rows_of(referral_id=st.sampled_from([f"R{n:024d}" for n in range(5)]),
                       valid_to=st.none() | st.just(datetime(2025, 2, 1))),
}  # fmt: skip
STAGES = {"rows": READ, "records": OF_A_LIST, "outcomes": SETTLED, "households": MATCHED, "referrals": REFERRED}


def those_of_records(made: pd.DataFrame, lake: Lake) -> pd.DataFrame:
    """The rows whose records are accepted in the lake, where they name any."""
    named = {"record_id", "record_id_l", "record_id_r"} & set(made) if "nama" not in made else set()
    there = lake.read("accepted", columns=["record_id"])["record_id"]
    return made[made[sorted(named)].isin(set(there)).all(axis=1)].reset_index(drop=True)


def lose(data: st.DataObject, folder: Path) -> None:
    """Lose all, one or nothing of the files that the warehouse was made from, or damage one."""
    files = sorted(folder.rglob("*.parquet"))
    how = data.draw(st.sampled_from(["nothing", "nothing", "all", "one", "bytes"]))
    if how == "all":
        shutil.rmtree(folder, ignore_errors=True)
    elif how != "nothing" and files:
        lost = data.draw(st.sampled_from(files))
        lost.unlink()
        if how == "bytes":
            lost.write_bytes(b"damaged")


@given(st.data())
@settings(max_examples=8, deadline=None)
def test_whatever_changes_the_warehouse_holds_what_one_made_anew_holds(data: st.DataObject) -> None:
    keys = {name: declared_of(name).key for name in projection()}
    with tempfile.TemporaryDirectory() as folder:
        lake, warehouse = Lake(Path(folder) / "lake"), Path(folder) / "warehouse.duckdb"
        for step in range(data.draw(st.integers(2, 4))):
            for stage, contents in STAGES.items():
                if step and data.draw(st.booleans()):
                    continue
                place = data.draw(PLACES) if stage in ("rows", "records") else None
                drawn = {name: frame(name, *data.draw(rows)) for name, rows in contents.items()}
                drawn = {name: those_of_records(made, lake) for name, made in drawn.items()}
                lake.write(stage, drawn, inputs=f"{step}", partition=place)
            project(lake, warehouse)
            fresh = Path(folder) / f"{step}.duckdb"
            project(lake, fresh)
            assert databases_part(warehouse, fresh, keys) == []
            lose(data, made_from(warehouse))


def people(lake: Lake, *rows: dict[str, Any]) -> None:
    lake.write("households", {"persons": frame("persons", *rows)}, inputs=repr(rows))


def order(warehouse: Path) -> list[object]:
    """The persons in the order in which they lie in the file: who was written again lies behind the others."""
    return [name for (name,) in ask(warehouse, "SELECT person_id FROM households.persons ORDER BY rowid")]


def test_of_a_table_only_the_rows_that_changed_are_written_again(lake: Lake, warehouse: Path) -> None:
    who = [{"person_id": entity_id(f"P{n:03}"), "nama": "SITI"} for n in range(100)]
    names = [row["person_id"] for row in who]
    people(lake, *who)
    project(lake, warehouse)
    assert order(warehouse) == names
    people(lake, *who[:50], {**who[50], "nama": "BUDI"}, *who[51:])
    assert project(lake, warehouse) == {"households.persons": 100}
    assert order(warehouse) == [*names[:50], *names[51:], names[50]]
    assert ask(warehouse, "SELECT person_id FROM households.persons WHERE nama = 'BUDI'") == [(names[50],)]
    shutil.rmtree(made_from(warehouse))
    people(lake, *who)
    project(lake, warehouse)
    assert order(warehouse) == names


def test_a_row_whose_key_is_null_in_part_is_written_again_by_itself(lake: Lake, warehouse: Path) -> None:
    def columns(header: str) -> None:
        where = {"submission_id": "a", "sheet": "Daftar", "header_row": 1}
        rows = [{**where, "column": name, "field": None, "header": header if name == "B" else "NO"} for name in "ABC"]
        lake.write("rows", {"columns": frame("columns", *rows)}, inputs=header, partition=HERE)

    for header in ("NIK", "NAMA"):
        columns(header)
        project(lake, warehouse)
    lying = ask(warehouse, 'SELECT "column", header FROM intake.columns ORDER BY rowid')
    assert lying == [("A", "NO"), ("C", "NO"), ("B", "NAMA")]


def test_rows_that_are_written_again_and_again_do_not_make_the_file_grow(lake: Lake, warehouse: Path) -> None:
    who = [{"person_id": entity_id(f"P{n:04}"), "records": 1} for n in range(1_000)]
    sizes = []
    for step in range(30):
        people(lake, *({**row, "records": step + 1} for row in who[:100]), *who[100:])
        project(lake, warehouse)
        sizes.append(warehouse.stat().st_size)
        assert ask(warehouse, "SELECT sum(records) FROM households.persons") == [(100 * (step + 1) + 900,)]
    assert max(sizes[10:]) <= max(sizes[:10])


def test_what_the_warehouse_was_made_from_takes_no_room_and_holds_nothing_older(lake: Lake, warehouse: Path) -> None:
    project(lake, warehouse)
    lake.write("households", {"persons": frame("persons", {"person_id": SECOND})}, inputs="2")
    project(lake, warehouse)
    kept = {path.name: path.stat().st_ino for path in made_from(warehouse).rglob("*") if path.is_file()}
    there = {path.name: path.stat().st_ino for table in ("receipts", "persons") for path in lake.files(table)}
    assert kept.items() >= there.items()
    assert kept.keys() <= {Path(file).name for file in lake.listed()}


def test_each_script_says_by_which_columns_its_rows_are_made() -> None:
    scripts = {path.stem for path in SQL.glob("*.sql") if not path.name.startswith("view.")}
    assert MADE_BY.keys() == scripts


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
