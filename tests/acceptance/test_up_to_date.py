"""A refresh is left out only where it would do nothing: whatever it rests on looks as when a run last did nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines import up_to_date
from pipelines.instance import as_it_is
from pipelines.up_to_date import NOTE, SECONDS, is_up_to_date, look, note_up_to_date
from tests.support.damage import cut
from tests.support.finished import pmks
from tests.support.inbox import VILLAGE, WOMAN, home_in, refresh, write_list
from tests.support.readers import out_of_memory
from warehouse.home import DataHome
from warehouse.last_look import last_look

AT = datetime(2026, 1, 1)
LISTED = "16.10.05.2036/2024/pmks.csv"
NOW = 1_800_000_000.0


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    """A home in which all was refreshed."""
    home = home_in(tmp_path)
    write_list(home.inbox / LISTED, VILLAGE)
    refresh(home, "1", AT)
    return home


def backdated(path: Path) -> None:
    """Other bytes, the same size and time."""
    about = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def a_table(home: DataHome) -> Path:
    return next((home.lake / "persons").glob("*.parquet"))


def decided(home: DataHome) -> None:
    home.review.mkdir(exist_ok=True)
    (home.review / "decisions.jsonl").write_text("{}\n")


CHANGES: dict[str, Callable[[DataHome], DataHome | object]] = {
    "a list more": lambda home: write_list(home.inbox / "16.10.05.2036/2025/pmks.csv", [WOMAN]),
    "a list taken away": lambda home: (home.inbox / LISTED).unlink(),
    "a list with another name": lambda home: (home.inbox / LISTED).rename((home.inbox / LISTED).with_name("warga.csv")),
    "another list with its size and time": lambda home: backdated(home.inbox / LISTED),
    "a decision of a reviewer": decided,
    "settings": lambda home: (home.root / "pmks.toml").write_text("workers = 1\n"),
    "another cost of wrong merges": lambda home: replace(home, wrong_merge_cost=7.0),
    "another profile": lambda home: replace(home, profile="sk-101-2022"),
    "a table lost": lambda home: a_table(home).unlink(),
    "a table with its size and time": lambda home: backdated(a_table(home)),
    "the warehouse lost": lambda home: home.warehouse.unlink(),
    "what a killed run left": lambda home: (home.root / ".warehouse.duckdb.part").write_bytes(b"x"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_shows(home: DataHome, change: str) -> None:
    before = look(home)
    assert before and look(home) == before
    changed = CHANGES[change](home)
    assert look(changed if isinstance(changed, DataHome) else home) != before


def test_rules_and_keys_that_lie_elsewhere_show(home: DataHome, tmp_path: Path) -> None:
    rules, keys = tmp_path / "aturan.csv", tmp_path / "kunci"
    rules.write_text("rule_id\n")
    keys.mkdir()
    elsewhere = replace(home, profile=str(rules), keys=keys)
    looks = [look(elsewhere)]
    rules.write_text("rule_id\n1\n")
    looks.append(look(elsewhere))
    (keys / "pseudonyms.key").write_bytes(b"1")
    looks.append(look(elsewhere))
    assert len(set(looks)) == 3 and all(looks)


def test_another_program_shows(home: DataHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "program" / "assets").mkdir(parents=True)
    (tmp_path / "program" / "assets" / "code.py").write_text("a = 1\n")
    monkeypatch.setattr(up_to_date, "ROOT", tmp_path / "program")
    before = look(home)
    backdated(tmp_path / "program" / "assets" / "code.py")
    assert look(home) != before


@pytest.mark.parametrize("where", ["inbox", "home"])
def test_a_link_may_lead_to_what_changes_elsewhere(home: DataHome, tmp_path: Path, where: str) -> None:
    (tmp_path / "elsewhere.csv").write_bytes((home.inbox / LISTED).read_bytes())
    ((home.inbox if where == "inbox" else home.root) / "tautan.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert look(home) == ""
    note_up_to_date(home, look(home), NOW)
    assert not is_up_to_date(home, look(home), NOW)


def test_a_note_holds_for_a_day_and_not_before_it_was_made(home: DataHome) -> None:
    looked = look(home)
    assert not is_up_to_date(home, looked, NOW)
    note_up_to_date(home, looked, NOW)
    assert is_up_to_date(home, look(home), NOW) and is_up_to_date(home, looked, NOW + SECONDS - 1)
    assert not is_up_to_date(home, looked, NOW + SECONDS) and not is_up_to_date(home, looked, NOW - 1)
    cut(home.root / NOTE)
    assert not is_up_to_date(home, looked, NOW)


def test_a_run_that_was_killed_is_ended_by_the_next(home: DataHome) -> None:
    note_up_to_date(home, look(home), NOW)
    assert is_up_to_date(home, look(home), NOW)
    (home.dagster / "alive").mkdir(parents=True)
    (home.dagster / "alive" / "a-run-of-the-daemon").touch()
    assert not is_up_to_date(home, look(home), NOW)


def test_what_came_during_the_run_is_not_taken_for_dealt_with(home: DataHome) -> None:
    looked = look(home)
    write_list(home.inbox / "16.10.05.2036/2025/pmks.csv", [WOMAN])
    note_up_to_date(home, looked, NOW)
    assert not (home.root / NOTE).exists()


def test_nothing_is_noted_while_a_file_is_to_be_read_again(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / LISTED, VILLAGE)
    with out_of_memory():
        refresh(home, "1", AT)
    note_up_to_date(home, look(home), NOW)
    assert not (home.root / NOTE).exists()


def test_nothing_is_noted_while_a_file_waits(home: DataHome) -> None:
    last_look(home.lake).note(home.inbox, "")  # as registering notes where it could not take all
    note_up_to_date(home, look(home), NOW)
    assert not (home.root / NOTE).exists()


def runs(home: DataHome) -> int:
    with as_it_is(home) as instance:
        return len(instance.get_run_records()) if isinstance(instance, dg.DagsterInstance) else 0


def test_a_command_that_would_do_nothing_makes_no_run_and_says_the_same(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / LISTED, VILLAGE)
    told, made = [], []
    for _ in range(4):
        done = pmks("run", "--inbox", home.inbox, "--data", home.root)
        assert done.returncode == 0, done.stdout + done.stderr
        told.append(done.stdout)
        made.append(runs(home))
    assert made == [1, 2, 2, 2] and told[1] == told[2] == told[3] and "Nothing changed" in told[3]
    workbook = next(home.published.glob("*/rujukan.xlsx"))
    workbook.unlink()
    assert pmks("run", "--inbox", home.inbox, "--data", home.root, "--quiet").returncode == 0
    assert workbook.exists() and runs(home) == 3
