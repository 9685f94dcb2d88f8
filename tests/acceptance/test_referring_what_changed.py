"""A refresh with a few lists that changed refers few people again; its tables are those of a run that refers all."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from assets.referrals.referred_from import FOLDER
from assets.referrals.stages.refer import REFERRED
from tests.support.inbox import home_in, misspelt, refresh, village, write_list
from warehouse.home import DataHome
from warehouse.lake import Manifest
from warehouse.migrations import MATCH_STATE_FOLDER

START = datetime(2026, 1, 5)


def send(home: DataHome, code: int, period: str, first: int = 0) -> None:
    path = home.inbox / f"16.10.05.20{code + 30:02d}" / period / "daftar.csv"
    people = village(code, 40)[first:]
    write_list(path, people if period == "2023" else misspelt(people))


def referred(home: DataHome, run: str, at: datetime) -> Manifest:
    made = refresh(home, run, at).manifest("referrals")
    assert made is not None
    return made


@pytest.mark.parametrize("later", [timedelta(hours=1), timedelta(days=200)])
def test_lists_that_changed_have_few_people_referred_again(tmp_path: Path, later: timedelta) -> None:
    home = home_in(tmp_path / "grown")
    for code in range(1, 6):
        for period in ("2023", "2024"):
            send(home, code, period)
    first = referred(home, "first", START)
    other = dataclasses.replace(home, root=tmp_path / "anew")
    shutil.copytree(home.root, other.root)
    shutil.rmtree(other.lake / MATCH_STATE_FOLDER / FOLDER)
    send(home, 3, "2024", first=5)
    send(home, 4, "2023", first=1)
    send(home, 6, "2024")
    again, anew = (referred(each, "second", START + later) for each in (home, other))
    assert 0 < again.facts[REFERRED] < 250 < first.facts[REFERRED] <= anew.facts[REFERRED]
    assert again.files == anew.files and again.rows == anew.rows

    damaged = next((home.lake / MATCH_STATE_FOLDER / FOLDER).rglob("persons/*.parquet"))
    damaged.unlink()
    damaged.write_bytes(b"torn")
    send(home, 2, "2024", first=3)
    again, anew = (referred(each, "third", START + 2 * later) for each in (home, other))
    assert again.facts[REFERRED] > anew.facts[REFERRED] > 0
    assert again.files == anew.files


def test_a_list_that_counts_for_nobody_has_nobody_referred_again(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    send(home, 1, "2024")
    first = referred(home, "first", START)
    write_list(home.inbox / "16.10.05.2031" / "2025" / "daftar.csv", misspelt(village(1, 40)))
    second = referred(home, "second", START + timedelta(minutes=1))
    assert second.inputs != first.inputs and second.facts[REFERRED] == 0
    assert second.files == first.files
