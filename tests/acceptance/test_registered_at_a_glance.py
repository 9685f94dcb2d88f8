"""A glance at the inbox leaves nothing unregistered that a closer look would find, and opens nothing that stands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from assets.intake.inbox import sidecars
from assets.intake.inbox.glance import glance
from assets.intake.stages.register import REGISTER, register_inbox
from tests.support.damage import cut, flipped
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, write_list
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.last_look import NOTE, last_look

PLACE = "16.10.05.2036/2024"
LISTED = f"{PLACE}/pmks.csv"


def register(home: DataHome, day: int) -> None:
    """Register as a process of its own would."""
    sidecars._REMEMBERED.clear()
    last_look.cache_clear()
    register_inbox(home, Lake(home.lake), run_id=f"run {day}", at=datetime(2026, 1, day))
    last_look(home.lake).keep()


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    """A home in which all was registered."""
    home = home_in(tmp_path)
    write_list(home.inbox / LISTED, VILLAGE)
    (home.inbox / PLACE / "sumber.yml").write_text("periode: '2024'\n")
    write_list(home.inbox / "16.10.05.2037/2024/pmks.csv", [OLD])
    register(home, day=1)
    return home


def at_a_glance(home: DataHome) -> bool:
    """Whether the next registration would leave all as it is without a closer look: it notes nothing of sidecars."""
    shutil.copy2(home.lake / "_looks.json", looks := home.root.parent / "looks.json")
    before = last_look(home.lake).noted(home.inbox)
    register(home, day=2)
    assert (home.lake / "_looks.json").read_bytes() == looks.read_bytes()
    return bool(before) and not sidecars._REMEMBERED and last_look(home.lake).noted(home.inbox) == before


def backdated(path: Path) -> None:
    """Other bytes, the same size and time."""
    about = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def original(home: DataHome) -> Path:
    return min(home.archive.glob("[0-9a-f][0-9a-f]/*"))


CHANGES: dict[str, Callable[[DataHome], object]] = {
    "a list more": lambda home: write_list(home.inbox / "16.10.05.2036/2025/pmks.csv", [WOMAN]),
    "a list sent again": lambda home: write_list(home.inbox / LISTED, [*VILLAGE, WOMAN]),
    "a list taken away": lambda home: (home.inbox / LISTED).unlink(),
    "a list with another name": lambda home: (home.inbox / LISTED).rename(home.inbox / PLACE / "warga.csv"),
    "a folder with another name": lambda home: (home.inbox / PLACE).rename(home.inbox / "16.10.05.2036/2023"),
    "another list with its size and time": lambda home: backdated(home.inbox / LISTED),
    "a sidecar that says something else": lambda home: (home.inbox / PLACE / "sumber.yml").write_text(
        "periode: '2023'\n"
    ),
    "a sidecar more": lambda home: (home.inbox / f"{LISTED}.yml").write_text("periode: '2023'\n"),
    "an original lost": lambda home: original(home).unlink(),
    "the registry lost": lambda home: next((home.lake / "submissions").glob("*.parquet")).unlink(),
    "the registry with another bit": lambda home: flipped(next((home.lake / "receipts").glob("*.parquet"))),
    "the manifest cut": lambda home: cut(home.lake / "_manifests" / "submissions.json"),
    "the note of the last look cut": lambda home: cut(home.lake / "_looks.json"),
    "the note cut": lambda home: cut(home.lake / NOTE),
    "to be registered again": lambda home: Lake(home.lake).require_again(REGISTER.name),
}


def test_what_stands_is_not_looked_at_closer(home: DataHome) -> None:
    assert at_a_glance(home)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_registered_as_without_a_glance(home: DataHome, tmp_path: Path, change: str) -> None:
    CHANGES[change](home)
    shutil.copytree(home.root, tmp_path / "forgetful", symlinks=True)
    forgetful = DataHome(tmp_path / "forgetful", home.inbox, settle_seconds=0.0, workers=1)
    (forgetful.lake / NOTE).unlink()

    def registered(one: DataHome) -> dict[str, object]:
        register(one, day=3)
        tables = ("submissions", "receipts", "sidecars", "registrations", "unplaced_readings", "registration_findings")
        lake = Lake(one.lake)
        originals = {path.relative_to(one.archive): path.read_bytes() for path in one.archive.glob("*/*")}
        return {"originals": originals, **{table: lake.read(table).astype(str).to_dict("list") for table in tables}}

    assert registered(home) == registered(forgetful)


def test_links_and_what_is_not_to_be_opened_want_a_closer_look(home: DataHome) -> None:
    assert glance(home.inbox)
    link = home.inbox / PLACE / "tautan.csv"
    for make in (os.symlink, os.link):
        make(home.inbox / LISTED, link)
        assert glance(home.inbox) == ""
        link.unlink()
    assert glance(home.inbox)
    assert glance(home.inbox / "tiada") == ""


def test_what_is_still_being_copied_is_looked_at_until_it_is_whole(home: DataHome) -> None:
    slow = DataHome(home.root, home.inbox, settle_seconds=3600.0, workers=1)
    write_list(home.inbox / "16.10.05.2038/2024/pmks.csv", [WOMAN])
    register(slow, day=2)
    assert last_look(home.lake).noted(home.inbox) == ""
    register(home, day=3)
    assert at_a_glance(home)


def test_originals_that_are_lost_are_looked_for_until_they_are_back(home: DataHome) -> None:
    path = original(home)
    kept, listed = path.read_bytes(), (home.inbox / LISTED).read_bytes()
    (home.inbox / LISTED).write_bytes(b"x" if kept == listed else listed)
    for each in home.inbox.rglob("*.csv"):
        if each.read_bytes() == kept:
            each.unlink()
    path.unlink()
    register(home, day=2)
    register(home, day=3)
    assert last_look(home.lake).noted(home.inbox) == ""
