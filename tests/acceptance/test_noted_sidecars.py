"""What sidecars said is noted, so that nothing is read where nothing is new; what is registered is read from them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from assets.intake.inbox import sidecars
from assets.intake.inbox.sidecars import Sidecars, noted
from assets.intake.stages.register import look, register_inbox
from tests.support.inbox import home_in, write_list
from warehouse.digests import digest_of
from warehouse.home import DataHome
from warehouse.lake import Lake

DAY = datetime(2025, 1, 1)
PERSON = {"Nama": "SITI AMINAH", "NIK": "1610054101800001"}


@pytest.fixture(autouse=True)
def _nothing_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecars, "_REMEMBERED", {})


def in_another_process() -> None:
    """Forget what this process has read."""
    sidecars._REMEMBERED.clear()


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036" / "a.csv", [PERSON])
    (home.inbox / "16.10.05.2036" / "a.csv.yml").write_text("periode: 2024\nlembar:\n  A:\n    baris_kepala: 2\n")
    (home.inbox / "16.10.05.2036" / "sumber.yml").write_text("[")
    return home


def note_of(home: DataHome) -> Any:
    return json.loads((home.lake / "_looks.json").read_bytes())


def registered(home: DataHome, run_id: str) -> tuple[bool, list[str]]:
    """Register: whether that changed anything, and what is declared of each file then."""
    in_another_process()
    lake = Lake(home.lake)
    changed = register_inbox(home, lake, run_id=run_id, at=DAY).changed
    return changed, lake.read("submissions")["declaration"].to_list()


def test_a_note_tells_what_the_sidecars_say_and_only_where_it_tells_of_all(home: DataHome) -> None:
    found = look(home, remember=True)
    assert not found.believed
    in_another_process()
    again = look(home, remember=True)
    assert again.believed
    assert (again.files, again.problems, again.sidecars) == (found.files, found.problems, found.sidecars)
    (home.inbox / "sumber.yml").write_text("periode: 2023\n")
    assert not look(home, remember=True).believed


def test_nothing_is_read_where_nothing_is_new(home: DataHome) -> None:
    _, declared = registered(home, "first")
    assert registered(home, "second") == (False, declared)
    assert not sidecars._REMEMBERED


def test_what_is_registered_is_never_taken_from_the_note(home: DataHome) -> None:
    _, declared = registered(home, "first")
    note = note_of(home)
    for entry in note["sidecars"]["read"]:
        entry[2] = {"periode": "1999"}
        entry[3] = []
    note["sidecars"]["check"] = sidecars._check(note["sidecars"]["read"])
    (home.lake / "_looks.json").write_text(json.dumps(note))
    in_another_process()
    assert look(home, remember=False).files[0].declaration == {"periode": "1999"}
    assert registered(home, "second") == (False, declared)
    assert look(home, remember=False).files[0].declaration != {"periode": "1999"}


def test_a_file_that_is_being_copied_waits_when_all_is_read_again(home: DataHome) -> None:
    registered(home, "first")
    (home.inbox / "16.10.05.2036" / "a.csv").touch()
    slow = DataHome(home.root, home.inbox, settle_seconds=3600.0)
    lists = write_list(home.inbox / "16.10.05.2037" / "2024" / "b.csv", [PERSON])
    registered(slow, "second")
    assert lists.relative_to(home.inbox).as_posix() not in set(Lake(home.lake).read("submissions")["path"])


def test_a_damaged_note_or_one_of_other_code_says_nothing(home: DataHome) -> None:
    paths = {path.name: path for path in home.inbox.rglob("*.yml")}
    right = Sidecars(paths)
    note = noted(right.contents)
    assert json.loads(json.dumps(note)) == json.loads(json.dumps(noted(Sidecars(paths).contents)))
    other = [note | {"check": digest_of(note["read"], "other code")}, {"read": note["read"][:-1]}, {}, [], None]
    for each in (json.loads(json.dumps(one)) for one in other):
        in_another_process()
        made = Sidecars(paths, each)
        assert (made.believed, made.results) == (False, right.results)
    in_another_process()
    made = Sidecars(paths, json.loads(json.dumps(note)))
    assert (made.believed, made.results) == (True, right.results)
