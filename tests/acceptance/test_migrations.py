"""What an older program left is brought forward with everything that it remembered; what a newer one left is refused.

`tests/fixtures/home-0.1.0` is the lake and the archive of a data home of version 0.1.0, of four invented people: a list
of 2024, withdrawn later, and one of 2025, after which two referrals had ended.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime
from math import inf
from pathlib import Path

import pandas as pd
import pytest

from pipelines.proof.answer_claims import noted_since
from tests.support.finished import PROJECT, pmks
from tests.support.inbox import WOMAN, refresh, write_list
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.migrations import FORMAT, MATCH_STATE_FOLDER, MIGRATIONS, VERSION, FormatError, stamp, version_of

OLD = PROJECT / "tests" / "fixtures" / "home-0.1.0"
REMEMBERED = {
    "submissions": ["submission_id", "path", "received_at", "run_id"],
    "receipts": ["path", "submission_id", "received_at"],
    "identity_ids": None,
    "identity_events": None,
    "membership": None,
    "history": ["referral_id", "person_id", "valid_from", "valid_to", "run_id_from", "run_id_to", "ended_because"],
    "referrals": ["referral_id", "since", "run_id"],
    "runs": ["run_id", "finished_at", "persons", "referrals"],
}
"""What is not made anew from the archive, and must be there still."""


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    shutil.copytree(OLD, tmp_path / "home")
    (tmp_path / "inbox").mkdir()
    return DataHome(root=tmp_path / "home", inbox=tmp_path / "inbox", settle_seconds=0.0, workers=1)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_lake_of_version_0_1_0_is_brought_forward_with_all_that_it_remembers(home: DataHome) -> None:
    before = content(home.lake)
    remembered = {table: Lake(home.lake).read(table, columns=columns) for table, columns in REMEMBERED.items()}
    assert len(remembered["history"]["valid_to"].dropna()) > 0
    home.make()
    assert version_of(home.lake) == VERSION
    assert not (home.lake / MATCH_STATE_FOLDER).exists()
    backup = {name: bytes_ for name, bytes_ in before.items() if not name.startswith(MATCH_STATE_FOLDER)}
    assert content(home.lake.with_name("lake.v1")) == backup
    lake = refresh(home, "after", datetime(2026, 12, 1))
    for table, frame in remembered.items():
        now = lake.read(table, columns=REMEMBERED[table])
        known = now.iloc[: len(frame)] if table == "runs" else now
        key = list(frame.columns[:1])
        pd.testing.assert_frame_equal(
            known.sort_values(key, ignore_index=True), frame.sort_values(key, ignore_index=True), obj=table
        )
    checked = pmks("verify", "--data", home.root)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_workbooks_of_answers_have_to_be_noted_from_the_first_list_on_that_came_after_0_1_0(home: DataHome) -> None:
    home.make()
    assert noted_since(refresh(home, "after", datetime(2026, 12, 1))) == inf
    write_list(home.inbox / "16.10.05.2036/2026/pmks.csv", [WOMAN])
    lake = refresh(home, "later", datetime(2026, 12, 2))
    receipts = lake.read("receipts")
    assert noted_since(lake) == receipts.loc[receipts["path"].str.contains("/2026/"), "seq"].item() > 1


def test_receipts_of_version_2_are_numbered_in_the_order_in_which_they_came(home: DataHome) -> None:
    MIGRATIONS[0].apply(home.lake)
    stamp(home.lake, 2)
    before = Lake(home.lake).read("receipts")
    assert before["received_at"].nunique() > 1
    home.make()
    assert version_of(home.lake) == VERSION
    assert home.lake.with_name("lake.v2").exists()
    after = Lake(home.lake).read("receipts").sort_values("seq")
    assert set(after["seq"]) == set(range(1, before["received_at"].nunique() + 1))
    assert after["received_at"].is_monotonic_increasing
    columns = list(before.columns)
    pd.testing.assert_frame_equal(after[columns].sort_index(), before)
    lake = refresh(home, "after", datetime(2026, 12, 1))
    pd.testing.assert_frame_equal(lake.read("receipts"), after.sort_index())


def test_bringing_forward_twice_changes_nothing_more(home: DataHome) -> None:
    home.make()
    before = content(home.root)
    home.make()
    assert content(home.root) == before


KILLED = """
import os, pathlib, shutil, sys
from warehouse import migrations
from warehouse.home import DataHome

def killed(lake):
    shutil.rmtree(lake / "history")
    os.kill(os.getpid(), 9)

migrations.MIGRATIONS = (migrations.Migration("killed on the way", 2, killed),)
root = pathlib.Path(sys.argv[1])
DataHome(root=root, inbox=root / "inbox").make()
"""


def test_a_migration_that_was_killed_begins_again_from_the_backup(home: DataHome, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, home.root], cwd=PROJECT, check=False)
    assert done.returncode == -9
    assert not (home.lake / "history").exists()
    home.make()
    shutil.copytree(OLD, tmp_path / "undisturbed")
    other = DataHome(root=tmp_path / "undisturbed", inbox=tmp_path / "inbox")
    other.make()
    assert content(home.lake) == content(other.lake)


def test_a_lake_of_a_newer_program_is_refused_and_left_alone(home: DataHome) -> None:
    home.make()
    stamp(home.lake, VERSION + 1)
    before = content(home.lake)
    with pytest.raises(FormatError, match="newer program"):
        home.make()
    for command in ("run", "status", "verify"):
        inbox = ("--inbox", home.inbox) if command == "run" else ()
        refused = pmks(command, "--data", home.root, *inbox)
        assert refused.returncode != 0
        assert "newer program" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert content(home.lake) == before


def test_a_stage_does_not_write_into_a_lake_that_was_not_brought_forward(home: DataHome) -> None:
    with pytest.raises(FormatError, match="pmks run brings it forward"):
        refresh(home, "r", datetime(2026, 12, 1))


def test_a_warehouse_of_a_newer_program_is_refused_and_left_alone(home: DataHome) -> None:
    home.make()
    refresh(home, "r", datetime(2026, 12, 1))
    with opened(home.warehouse, read_only=False) as con:
        con.execute("UPDATE audit.format SET version = ?", [VERSION + 1]).fetchall()
        con.execute("DELETE FROM audit.projection").fetchall()
    with pytest.raises(FormatError, match="newer program"):
        refresh(home, "again", datetime(2026, 12, 2))
    with opened(home.warehouse, read_only=True) as con:
        assert con.execute("SELECT count(*) FROM audit.projection").fetchall() == [(0,)]


def test_versions_rise_one_by_one_and_every_step_says_what_it_does() -> None:
    assert [migration.version for migration in MIGRATIONS] == list(range(2, VERSION + 1))
    assert all(len(migration.name.split()) > 2 for migration in MIGRATIONS)


def test_a_new_lake_is_of_this_version_from_its_first_table_on(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    assert version_of(lake.root) == VERSION
    lake.write("outcomes", {table: lake.read(table) for table in ("outcomes",)}, inputs="1")
    assert (lake.root / FORMAT).exists()
