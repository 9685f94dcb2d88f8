"""A file that cannot be read once is not lost: it waits, is named in every summary, and is taken by the next run."""

from __future__ import annotations

import errno
import io
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from assets.intake.inbox.archiving import ArchiveError
from assets.intake.stages.register import REGISTER, look, register_inbox
from pipelines.summary import ENDS_OF_DATA_ROWS, WAITING
from tests.support.finished import pmks
from tests.support.inbox import CHILD, MOTHER, OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from tests.support.unprivileged import unprivileged_pmks
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.registered import not_registered
from warehouse.stage import run_stage

AT = datetime(2025, 3, 1)
HERE = "16.10.05.2036/2024"
THERE = "16.10.05.2037/2024"


def registered(lake: Lake) -> set[str]:
    return set(lake.read("receipts")["path"])


def two_lists(home: DataHome) -> tuple[Path, Path]:
    return (
        write_list(home.inbox / HERE / "daftar.csv", VILLAGE),
        write_list(home.inbox / THERE / "daftar.csv", [OLD, WOMAN]),
    )


def test_a_file_moved_away_and_back_while_it_was_registered_is_registered_by_the_next_run(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    here, _ = two_lists(home)
    lake = Lake(home.lake)
    seen = look(home, remember=True)
    here.rename(tmp_path / "away.csv")
    run_stage(REGISTER.begin(lake, home, run_id="1", at=AT, settings=seen))
    (tmp_path / "away.csv").rename(here)
    assert registered(lake) == {f"{THERE}/daftar.csv"}
    assert not_registered(lake) == {f"{HERE}/daftar.csv": "closed"}
    register_inbox(home, lake, run_id="2", at=AT)
    assert registered(lake) == {f"{HERE}/daftar.csv", f"{THERE}/daftar.csv"}
    assert not_registered(lake) == {}
    assert not register_inbox(home, lake, run_id="3", at=AT).changed


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE, errno.ETXTBSY])
@pytest.mark.parametrize("at", ["open", "read"])
def test_a_file_whose_disk_or_lock_fails_waits_and_the_others_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, at: str
) -> None:
    home = home_in(tmp_path)
    here, _ = two_lists(home)
    lake = Lake(home.lake)
    opening = Path.open

    class Failing(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(code, os.strerror(code))

        def readinto(self, buffer: object, /) -> int:
            raise OSError(code, os.strerror(code))

    def faulty(path: Path, *arguments: object, **more: object) -> object:
        if path != here:
            return opening(path, *arguments, **more)  # type: ignore[call-overload]
        if at == "open":
            raise OSError(code, os.strerror(code), str(path))
        return Failing(path)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "open", faulty)
        register_inbox(home, lake, run_id="1", at=AT)
        assert registered(lake) == {f"{THERE}/daftar.csv"}
        register_inbox(home, lake, run_id="2", at=AT)
        assert not_registered(lake) == {f"{HERE}/daftar.csv": "closed"}
    register_inbox(home, lake, run_id="3", at=AT)
    assert registered(lake) == {f"{HERE}/daftar.csv", f"{THERE}/daftar.csv"}


def test_what_cannot_be_opened_is_in_every_summary_and_is_taken_once_it_can_be(tmp_path: Path) -> None:
    home, inbox = tmp_path / "home", tmp_path / "inbox"
    closed = write_list(inbox / HERE / "tertutup.csv", [MOTHER, CHILD])
    write_list(inbox / THERE / "baik.csv", [OLD])
    write_list(inbox / HERE / "dengan keterangan.csv", [WOMAN])
    sidecar = inbox / HERE / "dengan keterangan.csv.yml"
    sidecar.write_text("periode: 2023\n")
    folder = write_list(inbox / "16.10.05.2038" / "2024" / "a.csv", [OLD, CHILD]).parent
    gone = inbox / THERE / "sudah pergi.csv.yml"
    gone.write_text("ditarik: salah kirim\n")
    shut = (closed, sidecar, folder, gone)
    for path in shut:
        path.chmod(0)
    done = unprivileged_pmks("run", "--inbox", inbox, "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    told = [done.stdout, unprivileged_pmks("status", "--data", home).stdout]
    for text in told:
        assert "4 seen in the inbox but not registered" in text, text
        for name in ("tertutup.csv", "dengan keterangan.csv", "16.10.05.2038/2024", "sudah pergi.csv.yml"):
            assert name in text
    assert "belum terdaftar" in unprivileged_pmks("status", "--data", home, "--lang", "id").stdout
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        assert con.execute("SELECT path FROM intake.receipts").fetchall() == [(f"{THERE}/baik.csv",)]
    for path in shut:
        path.chmod(0o700)
    done = unprivileged_pmks("run", "--inbox", inbox, "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not registered" not in done.stdout
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        taken = dict(con.execute("SELECT path, periode FROM intake.submissions").fetchall())
    assert set(taken) == {
        f"{HERE}/tertutup.csv", f"{HERE}/dengan keterangan.csv", f"{THERE}/baik.csv", "16.10.05.2038/2024/a.csv",
    }  # fmt: skip
    assert taken[f"{HERE}/dengan keterangan.csv"] == "2023"


def test_an_archive_that_cannot_be_written_fails_the_run_and_the_next_one_takes_the_file(tmp_path: Path) -> None:
    home, inbox = tmp_path / "home", tmp_path / "inbox"
    write_list(inbox / HERE / "daftar.csv", VILLAGE)
    assert pmks("run", "--inbox", inbox, "--data", home, env={"PMKS_SETTLE_SECONDS": "0"}).returncode == 0
    write_list(inbox / THERE / "daftar.csv", [OLD])
    (home / "archive").chmod(0o500)
    done = unprivileged_pmks("run", "--inbox", inbox, "--data", home)
    assert done.returncode == 1
    assert "ArchiveError: the archive cannot be written" in done.stderr
    assert "Permission denied. Nothing was registered." in done.stderr
    (home / "archive").chmod(0o700)
    done = unprivileged_pmks("run", "--inbox", inbox, "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert registered(Lake(home / "lake")) == {f"{HERE}/daftar.csv", f"{THERE}/daftar.csv"}


def test_an_archive_error_names_what_cannot_be_written() -> None:
    error = ArchiveError(errno.EROFS, "Read-only file system", "/archive/ab")
    assert str(error) == "the archive cannot be written (/archive/ab): Read-only file system. Nothing was registered."


def test_the_rows_of_a_list_that_was_replaced_while_it_was_held_are_accounted_for(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    here, _ = two_lists(home)
    whole = here.read_text()
    here.write_text(f"DESA : HARAPAN\n{whole}")
    refresh(home, "first", AT)
    here.write_text(whole)
    refresh(home, "second", AT + timedelta(days=1))
    with opened(home.warehouse, read_only=True) as con:
        outcomes = dict(
            con.execute("SELECT outcome, any_value(reason_code) FROM intake.submissions GROUP BY 1").fetchall()
        )
        ends = dict(con.execute(ENDS_OF_DATA_ROWS).fetchall())
    assert outcomes == {"accepted": None, "superseded": "village_contradicted"}
    assert ends == {"accepted": len(VILLAGE) + 2, WAITING: len(VILLAGE)}
