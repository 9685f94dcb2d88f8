"""A damaged archived file is never read as what was sent: what was read of it stands, until it is sent again."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from assets.intake.stages.read import READ
from assets.intake.stages.register import register_inbox
from assets.publications.stages.villages import RETURN, return_to_villages
from tests.support.damage import DAMAGES, flipped
from tests.support.finished import pmks
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from tests.support.same_state import differences
from warehouse.archive import SET_ASIDE, archived
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.registered import lost_originals
from warehouse.stage import run_stage

ONE, OTHER = "16.10.05.2036/2024/pmks.csv", "16.10.05.2037/2024/pmks.csv"
FIRST, SECOND, THIRD = (datetime(2025, 1, day) for day in (1, 2, 3))


def archived_copy(home: DataHome, path: str) -> Path:
    known = Lake(home.lake).read("submissions").set_index("path")["submission_id"]
    return archived(home.archive, known[path])


def read_again(home: DataHome) -> None:
    """Have all files read again, as after an upgrade of the readers."""
    for partition in Lake(home.lake).partitions(READ.name):
        Lake(home.lake).require_again(READ.name, partition)


@pytest.fixture
def homes(tmp_path: Path) -> tuple[DataHome, Path]:
    """A home in which a run has finished, with an empty inbox, and an undisturbed copy of it."""
    home = home_in(tmp_path)
    write_list(home.inbox / ONE, VILLAGE)
    write_list(home.inbox / OTHER, [OLD | {"NIK": "1610050107400009"}, WOMAN | {"NIK": "1610054808850008"}])
    refresh(home, "first", FIRST)
    shutil.rmtree(home.inbox)
    home.inbox.mkdir()
    return home, Path(shutil.copytree(home.root, tmp_path / "undisturbed"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_read_stands_and_the_same_bytes_heal_it(homes: tuple[DataHome, Path], damage: str) -> None:
    home, undisturbed = homes
    kept = archived_copy(home, ONE)
    whole = kept.read_bytes()
    DAMAGES[damage](kept)
    read_again(home)
    lake = refresh(home, "second", SECOND)
    assert list(differences(undisturbed, home.root)) == []
    assert [each.path for each in lost_originals(home, lake)] == [ONE]
    aside = list((home.archive / SET_ASIDE).glob("*"))
    assert [path.name for path in aside] == ([] if damage == "lost" else [f"{kept.name}.0"])
    assert not kept.exists()
    resent = home.inbox / "kiriman ulang" / ONE
    resent.parent.mkdir(parents=True)
    resent.write_bytes(whole)
    lake = refresh(home, "third", THIRD)
    assert kept.read_bytes() == whole
    assert not lost_originals(home, lake)
    assert [d for d in differences(undisturbed, home.root) if not d.startswith(("intake.receipts", "audit.runs"))] == []
    assert all(not m.facts["damaged"] for m in lake.manifests(READ.name).values())


def test_a_list_that_was_never_read_waits_and_says_to_send_it_again(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    path = write_list(home.inbox / ONE, VILLAGE)
    write_list(home.inbox / OTHER, [OLD | {"NIK": "1610050107400009"}])
    lake = refresh(home, "first", FIRST)
    kept = archived_copy(home, ONE)
    flipped(kept)
    for manifest in (home.lake / "_manifests" / READ.name).glob("*"):
        manifest.unlink()
    path.unlink()
    register_inbox(home, lake, run_id="second", at=SECOND)
    (partition,) = READ.partitions(lake)
    run_stage(READ.begin(lake, home, run_id="second", at=SECOND, partition=partition))
    told = lake.read("readings").set_index("submission_id")
    assert list(told.loc[[kept.name], ["outcome", "reason_code"]].iloc[0]) == ["held", "original_damaged"]
    assert "Kirim ulang" in told.loc[kept.name, "reason"]
    assert sorted(told["outcome"]) == ["accepted", "held"]
    write_list(home.inbox / ONE, VILLAGE)
    register_inbox(home, lake, run_id="third", at=THIRD)
    run_stage(READ.begin(lake, home, run_id="third", at=THIRD, partition=partition))
    assert set(lake.read("readings")["outcome"]) == {"accepted"}


def test_a_disk_that_failed_for_a_while_needs_no_resend(homes: tuple[DataHome, Path]) -> None:
    home, undisturbed = homes
    kept = archived_copy(home, ONE)
    aside = home.archive / SET_ASIDE / f"{kept.name}.0"
    aside.parent.mkdir()
    kept.rename(aside)
    refresh(home, "second", SECOND)
    assert kept.exists() and not aside.exists()
    assert list(differences(undisturbed, home.root)) == []


def test_a_corrections_workbook_never_quotes_damaged_bytes(homes: tuple[DataHome, Path]) -> None:
    home, _ = homes
    kept = archived_copy(home, OTHER)
    whole = kept.read_bytes()
    flipped(kept)
    lake = Lake(home.lake)
    return_to_villages(RETURN.begin(lake, home))
    assert not kept.exists()
    books = {path: path.read_bytes() for path in home.corrections.glob("*/*.xlsx")}
    return_to_villages(RETURN.begin(lake, home))
    assert {path: path.read_bytes() for path in home.corrections.glob("*/*.xlsx")} == books
    kept.write_bytes(whole)
    return_to_villages(RETURN.begin(lake, home))
    again = {path: path.read_bytes() for path in home.corrections.glob("*/*.xlsx")}
    assert again.keys() == books.keys() and again != books


def test_the_summary_names_damaged_originals_and_says_what_to_do(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    known = Lake(home / "lake").read("submissions").set_index("path")["submission_id"]
    path = known.index[0]
    archived(home / "archive", known[path]).unlink()
    (tmp_path / "inbox").mkdir()
    done = pmks("run", "--inbox", tmp_path / "inbox", "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 archived files are damaged or missing" in done.stdout
    assert path in done.stdout
    status = pmks("status", "--lang", "id", "--data", home)
    assert "Kirim ulang berkas yang sama tanpa diubah" in status.stdout
