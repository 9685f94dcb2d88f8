"""Files that look as they did when they were archived are not read again; all others are archived as without a note."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from assets.intake.stages.register import register_inbox
from tests.support.damage import cut, flipped
from tests.support.inbox import home_in, village, write_list
from warehouse.home import DataHome
from warehouse.lake import Lake

LISTED = "16.10.05.2036/2024/a.csv"
PARCEL = "16.10.05.2036/2024/kiriman.zip"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a list, the same list at another place, and two lists in a zip archive were registered."""
    home = home_in(tmp_path_factory.mktemp("finished"))
    write_list(home.inbox / LISTED, village(1, people=5))
    write_list(home.inbox / "salinan/a.csv", village(1, people=5))
    with ZipFile(home.inbox / PARCEL, "w") as parcel:
        for number in (2, 3):
            parcel.write(write_list(home.inbox.parent / f"{number}.csv", village(number, people=5)), f"{number}.csv")
    register(home, day=1)
    return home.root.parent


def register(home: DataHome, day: int) -> Lake:
    """Register what lies in the inbox and one more list, so that there is news."""
    write_list(home.inbox / f"16.10.05.2036/2023/baru{day}.csv", village(10 + day, people=3))
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id=f"run {day}", at=datetime(2026, 1, day))
    return lake


def copied(finished: Path, root: Path) -> DataHome:
    """A copy of the home in which all files, which have other inodes now, were noted once more."""
    shutil.copytree(finished, root)
    home = DataHome(root=root / "home", inbox=root / "inbox", settle_seconds=0.0, workers=1)
    register(home, day=2)
    return home


def note(home: DataHome) -> Path:
    return home.lake / "_archived.json"


def rewritten(path: Path) -> None:
    """Another file of the same size takes its place, and keeps its time."""
    about = path.stat()
    beside = path.with_name("~$beside")
    beside.write_bytes(path.read_bytes()[::-1])
    os.utime(beside, ns=(about.st_atime_ns, about.st_mtime_ns))
    beside.replace(path)


def copy_of(home: DataHome, people: list[dict[str, str]]) -> Path:
    """The archived copy of a list."""
    content = write_list(home.root.parent / "of.csv", people).read_bytes()
    return next(path for path in home.archive.glob("[0-9a-f][0-9a-f]/*") if path.read_bytes() == content)


DAMAGES: dict[str, Callable[[DataHome], object]] = {
    "nothing": lambda home: None,
    "a list sent again": lambda home: write_list(home.inbox / LISTED, village(4, people=5)),
    "a list replaced, its size and time kept": lambda home: rewritten(home.inbox / LISTED),
    "a list taken away": lambda home: (home.inbox / LISTED).unlink(),
    "a zip archive replaced by another list": lambda home: write_list(home.inbox / PARCEL, village(5, people=5)),
    "a copy lost": lambda home: copy_of(home, village(1, people=5)).unlink(),
    "a copy of a member lost": lambda home: copy_of(home, village(2, people=5)).unlink(),
    "a copy with another bit": lambda home: flipped(copy_of(home, village(1, people=5))),
    "a copy cut": lambda home: cut(copy_of(home, village(3, people=5))),
    "the note cut": lambda home: cut(note(home)),
    "the note with another hash": lambda home: note(home).write_text(note(home).read_text().replace("a", "b")),
    "the note with nothing in it": lambda home: note(home).write_text('{"files": {}}'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_changed_is_archived_as_if_nothing_had_been_noted(finished: Path, tmp_path: Path, damage: str) -> None:
    def after(folder: str, forget: bool) -> dict[str, object]:
        home = copied(finished, tmp_path / folder)
        DAMAGES[damage](home)
        if forget:
            note(home).unlink()
        lake = register(home, day=3)
        archive = {path.relative_to(home.archive): path.read_bytes() for path in home.archive.glob("*/*")}
        registry = {table: lake.read(table).to_dict("list") for table in ("submissions", "receipts", "registrations")}
        return {"archive": archive, **registry}

    assert after("noted", forget=False) == after("forgotten", forget=True)


def test_a_file_that_looks_as_it_did_is_not_read_until_its_note_is_forgotten(finished: Path, tmp_path: Path) -> None:
    home = copied(finished, tmp_path / "home")
    path = home.inbox / LISTED
    before, about = Lake(home.lake).rows("receipts"), path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert register(home, day=3).rows("receipts") == before + 1  # the news alone
    note(home).unlink()
    assert register(home, day=4).rows("receipts") == before + 3  # news, and what was written meanwhile
