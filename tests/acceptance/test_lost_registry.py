"""A home that lost its lake or its registry does not publish that nobody is referred, nor begins anew in silence."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from assets.intake.inbox.archiving import archive_file
from assets.intake.inbox.lost_registry import RegistryLostError
from tests.support.finished import SAMPLE_INBOX, pmks
from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.lake import Lake
from warehouse.wholeness import SECOND_COPIES


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("lost", ["lake", "lake/_manifests/submissions.json"])
@pytest.mark.parametrize("full", [False, True], ids=["empty inbox", "full inbox"])
def test_an_archive_without_its_registry_is_refused_and_what_was_published_stands(
    finished: Path, tmp_path: Path, lost: str, full: bool
) -> None:
    home, inbox = tmp_path / "home", SAMPLE_INBOX if full else tmp_path / "inbox"
    (tmp_path / "inbox").mkdir()
    shutil.copytree(finished, home)
    shutil.rmtree(home / lost) if lost == "lake" else (home / lost).unlink()
    shutil.rmtree(home / "lake" / SECOND_COPIES, ignore_errors=True)
    before = {name: contents(home / name) for name in ("archive", "published", "corrections")}
    warehouse = (home / "warehouse.duckdb").read_bytes()
    refused = pmks("run", "--inbox", inbox, "--data", home)
    assert refused.returncode == 1
    assert re.search(r"RegistryLostError: the archive holds \d+ files", refused.stderr)
    assert "lake/ back from the backup" in refused.stderr
    assert (home / "warehouse.duckdb").read_bytes() == warehouse
    assert {name: contents(home / name) for name in before} == before
    indonesian = pmks("run", "--lang", "id", "--inbox", inbox, "--data", home)
    assert indonesian.returncode == 1
    assert "Kembalikan lake/ dari cadangan" in indonesian.stderr


def test_a_first_run_killed_before_it_registered_goes_on(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    archive_file(write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE), home.archive)
    lake = refresh(home, "again", datetime(2025, 1, 1))
    assert lake.rows("submissions") == 1


def test_sidecars_that_a_killed_first_run_archived_do_not_keep_the_next_from_going_on(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    path = write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    path.with_name("pmks.csv.yml").write_text("periode: 2023\n", encoding="utf-8")
    archive_file(path, home.archive)
    archive_file(b"periode: 2023\n", home.archive)
    assert refresh(home, "again", datetime(2025, 1, 1)).rows("submissions") == 1


def test_a_run_on_an_empty_inbox_does_not_keep_a_killed_one_from_going_on(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    assert refresh(home, "nothing yet", datetime(2025, 1, 1)).rows("submissions") == 0
    path = write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    archive_file(path, home.archive)
    assert refresh(home, "again", datetime(2025, 1, 2)).rows("submissions") == 1
    shutil.rmtree(home.lake)
    home.lake.mkdir()
    with pytest.raises(RegistryLostError, match="holds 1 files"):
        refresh(home, "lake lost", datetime(2025, 1, 3))
    assert not Lake(home.lake).rows("submissions")


def test_an_archived_file_that_neither_registry_nor_inbox_has_is_not_passed_over(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    path = write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    archive_file(path, home.archive)
    path.unlink()
    with pytest.raises(RegistryLostError):
        refresh(home, "r", datetime(2025, 1, 1))
