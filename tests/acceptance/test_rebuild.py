"""`pmks rebuild` makes all that can be made again anew, and comes to the state of an undisturbed home."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from assets.intake.inbox.lost_registry import RegistryLostError
from pipelines.progress import Silent
from pipelines.rebuilding import OtherRulesError, rebuild
from tests.support.finished import pmks
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from tests.support.same_state import differences
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.manifests import keeps_twice
from warehouse.tables import lake_tables
from warehouse.verification import damaged_files

KEPT = [name for name, table in lake_tables().items() if table.irreplaceable]


def lose_all_that_can_be_made_again(home: Path) -> None:
    """Leave of the lake what nothing can make again, of the rest nothing."""
    lake = home / "lake"
    for folder in (lake / "_matching", home / "published", home / "corrections", *(lake / t for t in lake_tables())):
        if folder.name not in KEPT:
            shutil.rmtree(folder, ignore_errors=True)
    for path in (lake / "_manifests").iterdir():
        if not keeps_twice(path.stem):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (home / "warehouse.duckdb").write_bytes(b"torn")


def test_all_is_made_anew_from_archive_registry_and_ledgers(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    lose_all_that_can_be_made_again(home)
    done = pmks("rebuild", "--lang", "id", "--data", home, env={"PMKS_INBOX": str(tmp_path / "none")})
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(differences(finished, home)) == []
    for table in KEPT:
        pd.testing.assert_frame_equal(Lake(finished / "lake").read(table), Lake(home / "lake").read(table))
    assert damaged_files(Lake(home / "lake")) == []
    for folder in ("published", "corrections"):
        names = [{p.relative_to(root / folder) for p in (root / folder).rglob("*")} for root in (finished, home)]
        assert names[0] == names[1]
    proved = pmks("verify", "--quick", "--data", home)
    assert proved.returncode == 0, proved.stdout


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    made = home_in(tmp_path)
    write_list(made.inbox / "16.10.05.2036/2024/pmks.csv", VILLAGE)
    refresh(made, "first", datetime(2025, 1, 1))
    write_list(made.inbox / "16.10.05.2036/2025/pmks.csv", [OLD, WOMAN])
    refresh(made, "second", datetime(2025, 1, 2))
    return made


def test_ids_and_history_of_several_runs_stay_and_the_inbox_is_not_looked_into(home: DataHome, tmp_path: Path) -> None:
    undisturbed = Path(shutil.copytree(home.root, tmp_path / "undisturbed"))
    write_list(home.inbox / "16.10.05.2037/2024/new.csv", [OLD])
    lose_all_that_can_be_made_again(home.root)
    rebuild(home, Silent(), run_id="again", at=datetime(2025, 1, 3))
    assert list(differences(undisturbed, home.root)) == []
    for table in KEPT:
        before, after = (Lake(root / "lake").read(table) for root in (undisturbed, home.root))
        pd.testing.assert_frame_equal(before, after)
    rebuild(home, Silent(), run_id="and again", at=datetime(2025, 1, 4))
    assert list(differences(undisturbed, home.root)) == []


def test_without_a_registry_or_under_other_rules_it_is_refused_and_nothing_changes(home: DataHome) -> None:
    with pytest.raises(OtherRulesError, match="full-2012"):
        rebuild(dataclasses.replace(home, profile="study-2011"), Silent(), run_id="r", at=datetime(2025, 1, 3))
    before = home.warehouse.read_bytes()
    shutil.rmtree(home.lake)
    home.make()
    with pytest.raises(RegistryLostError):
        rebuild(home, Silent(), run_id="r", at=datetime(2025, 1, 3))
    assert home.warehouse.read_bytes() == before


def test_where_there_is_no_archive_there_is_nothing_to_rebuild_from(tmp_path: Path) -> None:
    told = pmks("rebuild", "--data", tmp_path / "nowhere")
    assert told.returncode == 2
    assert "nothing to rebuild from" in told.stderr


def test_no_list_that_counts_waits_for_a_budget(home: DataHome) -> None:
    lose_all_that_can_be_made_again(home.root)
    without_time = dataclasses.replace(home, sender_seconds=-1.0, run_seconds=1.0)
    rebuild(without_time, Silent(), run_id="again", at=datetime(2025, 2, 1))
    assert set(Lake(home.lake).read("readings")["outcome"]) == {"accepted"}
