"""Workbooks of corrections that nobody touched are not opened again; all others are made good as without a note."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.publications.corrections_seen import of_note
from assets.publications.stages.villages import RETURN, forget_written, return_to_villages
from tests.support.damage import flipped
from tests.support.inbox import home_in, refresh, village, write_list
from warehouse.files import read_note
from warehouse.home import DataHome
from warehouse.lake import Lake

LISTS = {"16.10.05.2036/2023/a.csv": 1, "16.10.05.2036/2024/b.csv": 2, "15.07.08.2003/2024/c.csv": 3}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which three lists with faults, one of them with a sidecar, were answered."""
    home = home_in(tmp_path_factory.mktemp("finished"))
    for path, seed in LISTS.items():
        people = [person | {"NIK": person["NIK"][:-1]} for person in village(seed, people=8)]
        write_list(home.inbox / path, people)
    (home.inbox / "16.10.05.2036/2023/a.csv.yml").write_text("kode_pmks: ['24']\n")
    return_again(home, refresh(home, "first", datetime(2026, 1, 1)))
    assert len(list(home.corrections.glob("*/*.xlsx"))) == len(LISTS)
    assert len(list(home.corrections.glob("*/*.yml"))) == 1
    return home.root


def return_again(home: DataHome, lake: Lake | None = None) -> None:
    """Look at the workbooks though nothing changed, as when something else did."""
    note = home.corrections / ".written.json"
    if note.exists():
        note.write_text(json.dumps(read_note(note) | {"inputs": ""}))
    return_to_villages(RETURN.begin(lake or Lake(home.lake), home))


def first(home: DataHome, pattern: str) -> Path:
    return sorted(home.corrections.glob(pattern))[0]


def times(home: DataHome) -> dict[str, int]:
    """When each file of a village was last written."""
    files = [path for path in home.corrections.glob("*/*") if path.is_file()]
    return {path.relative_to(home.root).as_posix(): path.stat().st_mtime_ns for path in files}


DAMAGES: dict[str, Callable[[DataHome], object]] = {
    "nothing": lambda home: None,
    "a workbook removed": lambda home: first(home, "*/[!.]*.xlsx").unlink(),
    "a workbook typed into": lambda home: first(home, "*/[!.]*.xlsx").write_bytes(b"typed into"),
    "a workbook cut": lambda home: os.truncate(first(home, "*/[!.]*.xlsx"), 100),
    "a page removed": lambda home: first(home, "*/*.html").unlink(),
    "a page with another bit": lambda home: flipped(first(home, "*/*.html")),
    "a note removed": lambda home: first(home, "*/.*.sha256").unlink(),
    "a note emptied": lambda home: first(home, "*/.*.sha256").write_bytes(b""),
    "a sidecar removed": lambda home: first(home, "*/*.yml").unlink(),
    "a village's folder removed": lambda home: shutil.rmtree(first(home, "*/*.yml").parent),
    "one more file": lambda home: first(home, "*/*.yml").with_name("lain.yml").write_text("x"),
    "an original removed": lambda home: first(home, "../archive/[0-9a-f]*/*").unlink(),
    "the note of all cut": lambda home: os.truncate(home.corrections / ".written.json", 500),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_touched_is_made_good_as_if_nothing_had_been_noted(
    finished: Path, tmp_path: Path, damage: str
) -> None:
    def after(folder: str, forget: bool) -> dict[str, object]:
        root = tmp_path / folder
        shutil.copytree(finished, root)
        home = DataHome(root=root, inbox=root / "inbox", settle_seconds=0)
        return_again(home)  # copies have other inodes: all was looked at, and noted
        before = times(home)
        DAMAGES[damage](home)
        if forget:
            forget_written(home)
        return_again(home)
        pages = {path.name: path.read_bytes() for path in home.corrections.glob("*/*.html")}
        return {"pages": pages, "written": {name: before.get(name) == time for name, time in times(home).items()}}

    assert after("noted", forget=False) == after("forgotten", forget=True)


def test_a_workbook_that_looks_as_it_did_is_not_opened_until_its_note_is_forgotten(
    finished: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "home")
    home = DataHome(root=tmp_path / "home", inbox=tmp_path / "home/inbox", settle_seconds=0)
    return_again(home)
    page = first(home, "*/*.html")
    said, about = page.read_bytes(), page.stat()
    page.write_bytes(said[::-1])
    os.utime(page, ns=(about.st_atime_ns, about.st_mtime_ns))
    return_again(home)
    assert page.read_bytes() == said[::-1]
    forget_written(home)
    return_again(home)
    assert page.read_bytes() == said


def test_only_the_place_of_a_new_list_is_looked_at(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "home")
    home = DataHome(root=tmp_path / "home", inbox=tmp_path / "home/inbox", settle_seconds=0)
    return_again(home)
    before = of_note(read_note(home.corrections / ".written.json"))
    people = [person | {"NIK": person["NIK"][:-1]} for person in village(4, people=8)]
    write_list(home.inbox / "16.10.05.2040/2024/d.csv", people)
    return_to_villages(RETURN.begin(refresh(home, "second", datetime(2026, 1, 2)), home))
    now = of_note(read_note(home.corrections / ".written.json"))
    assert {place for place in now if now[place] != before[place]} == {"16.10 2024"}
    assert before.keys() == now.keys() == {"15.07 2024", "16.10 2023", "16.10 2024"}
    assert len(now["16.10 2024"].workbooks) == 2


@given(at=st.floats(0, 1, exclude_max=True), by=st.characters(codec="ascii", categories=["L", "N", "P"]))
def test_of_a_note_that_was_changed_by_a_character_nothing_else_is_believed(finished: Path, at: float, by: str) -> None:
    said = (finished / "corrections/.written.json").read_text()
    position = int(at * len(said))
    changed = said[:position] + by + said[position + 1 :]
    try:
        note = json.loads(changed)
    except ValueError:
        return
    assert of_note(note) in ({}, of_note(json.loads(said)))
