"""Lists that are what they were are not compared again; what comes out is what comparing all again gives."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from assets.intake.compared_before import FOLDER, ComparedBefore
from assets.intake.stages.settle import SETTLE
from tests.support.inbox import home_in, refresh, village, write_list
from warehouse.home import DataHome
from warehouse.lake import DamagedTableError, Lake, Manifest
from warehouse.migrations import MATCH_STATE_FOLDER

START = datetime(2026, 1, 5)
LISTS = [("2023", "daftar.csv"), ("2023", "daftar (1).csv"), ("2023", "lagi.csv"), ("2024", "a.csv"), ("2024", "b.csv")]


def send(home: DataHome, period: str, name: str, first: int) -> None:
    write_list(home.inbox / "16.10.05.2031" / period / name, village(1, 20)[first:])


def settled(home: DataHome, run: str, at: datetime) -> Manifest:
    made = refresh(home, run, at).manifest("outcomes")
    assert made is not None
    return made


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    found = home_in(tmp_path / "home")
    for number, (period, name) in enumerate(LISTS):
        send(found, period, name, first=number)
    return found


def notes(home: DataHome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home.lake / MATCH_STATE_FOLDER / FOLDER).rglob("*.parquet")}


def test_outcomes_are_those_of_a_home_that_compares_all_lists_again(home: DataHome, tmp_path: Path) -> None:
    settled(home, "first", START)
    for day, damaged in enumerate((False, True, False), 1):
        other = dataclasses.replace(home, root=tmp_path / f"anew{day}")
        shutil.copytree(home.root, other.root)
        shutil.rmtree(other.lake / MATCH_STATE_FOLDER / FOLDER)
        for note in (home.lake / MATCH_STATE_FOLDER / FOLDER).rglob("*.parquet") if damaged else ():
            note.write_bytes(note.read_bytes()[:-1] + b"x")
        period, name = LISTS[day]
        send(home, period, name, first=day + 6)
        again, anew = (settled(each, f"later{day}", START + timedelta(days=day)) for each in (home, other))
        assert again.files == anew.files and again.rows["outcomes"] == len(LISTS) + day
        assert notes(home) == notes(other) and len(notes(home)) == 1


def test_rows_of_lists_that_were_compared_are_not_read(home: DataHome) -> None:
    settled(home, "first", START)
    lake = Lake(home.lake)
    run, submissions = SETTLE.begin(lake, home), lake.read("submissions")
    one, other = submissions.loc[submissions["periode"] == "2024", "submission_id"].sort_values()
    found = ComparedBefore(run, submissions)(one, other)
    assert 0 < found.people_of_both <= min(found.people, found.people_of_other)
    for path in lake.files("raw_rows"):
        path.unlink()
    assert ComparedBefore(run, submissions)(one, other) == found
    shutil.rmtree(home.lake / MATCH_STATE_FOLDER / FOLDER)
    with pytest.raises(DamagedTableError):
        ComparedBefore(run, submissions)(one, other)
