"""A warehouse that is not as the last run left it is set aside and made anew, and no command ends in a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner

from pipelines.commands.language import Command
from tests.support.damage import DAMAGES, flipped
from tests.support.finished import pmks
from tests.support.same_state import differences
from warehouse.connection import opened
from warehouse.kept_file import ASIDE
from warehouse.lake import Lake
from warehouse.projection import project
from warehouse.repairs import LOG


def drop_a_row(path: Path) -> None:
    """What a person does who means well."""
    with opened(path, read_only=False) as con:
        con.execute("DELETE FROM referrals.rehsos WHERE referral_id = (SELECT min(referral_id) FROM referrals.rehsos)")


def note_lost(path: Path) -> None:
    """The note of what was left is torn: the warehouse may be of any run."""
    path.with_name(f".{path.name}.json").write_bytes(b'{"cut')


FAULTS = {**DAMAGES, "a row dropped": drop_a_row, "note torn": note_lost}


def test_a_warehouse_that_is_not_as_it_was_left_is_made_anew(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    lake, target = Lake(home / "lake"), home / "warehouse.duckdb"
    for name, fault in FAULTS.items():
        assert project(lake, target) == {}, name
        fault(target)
        there = target.read_bytes() if target.exists() else None
        assert project(lake, target), name
        assert list(differences(finished, home)) == [], name
        kept = home / ASIDE
        assert kept.exists() == (name not in ("lost", "note torn")), name
        assert not kept.exists() or kept.read_bytes() == there, name
        kept.unlink(missing_ok=True)


def test_twenty_flipped_bits_are_noticed_each(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    lake, target = Lake(home / "lake"), home / "warehouse.duckdb"
    project(lake, target)
    size = target.stat().st_size
    for number in range(20):
        content = bytearray(target.read_bytes())
        content[size * number // 20] ^= 1 << number % 8
        target.write_bytes(content)
        (home / "lake" / LOG).unlink(missing_ok=True)
        assert project(lake, target)
        assert (home / "lake" / LOG).exists()
    assert list(differences(finished, home)) == []


def test_commands_say_what_to_do_and_the_next_run_makes_it_anew(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    target = home / "warehouse.duckdb"
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    for command in (["status"], ["trace", "R0"]):
        told = pmks(*command, "--lang", "id", "--data", home)
        assert told.returncode == 1, told.stdout
        assert "Traceback" not in told.stderr and "disusun ulang" in told.stderr
    (tmp_path / "inbox").mkdir()
    done = pmks("run", "--inbox", tmp_path / "inbox", "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"it is kept as {ASIDE}, and was made anew" in done.stdout
    assert list(differences(finished, home)) == []


@pytest.mark.parametrize("wal", [b"", b"torn"])
def test_a_log_that_a_killed_program_left_behind_is_not_played_into_the_new_file(
    finished: Path, tmp_path: Path, wal: bytes
) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    flipped(home / "warehouse.duckdb")
    (home / "warehouse.duckdb.wal").write_bytes(wal)
    project(Lake(home / "lake"), home / "warehouse.duckdb")
    assert list(differences(finished, home)) == []


def test_a_file_that_was_named_and_cannot_be_read_is_named_and_not_the_warehouse(
    finished: Path, tmp_path: Path
) -> None:
    torn, other = tmp_path / "torn.duckdb", finished / "published" / "rehsos" / "rujukan.duckdb"
    torn.write_bytes(b"no database" * 1000)
    for command in (("trace", "16.10.05.2036", "--file", torn), ("trace", "16.10.05.2036", "--file", other),
                    ("explore", torn)):  # fmt: skip
        failed = pmks(*command, "--data", finished, "--lang", "en")
        assert failed.returncode == 1
        assert f"{command[-1]} is damaged, or is no" in failed.stderr and "warehouse.duckdb cannot" not in failed.stderr


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Could not set lock on file", "Another program keeps"),
        ("Cannot open file: Permission denied", "This account may not open"),
        ("Could not read: Input/output error", "The disk could not read"),
        ("Could not write: No space left on device", "The disk is full"),
        ("Out of Memory Error: failed to pin block", "Memory did not suffice"),
        ("Catalog Error: Table needs does not exist: 'Siti'", "cannot be read"),
    ],
)
def test_what_duckdb_cannot_do_is_told_from_what_is_damaged(
    said: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that DuckDB may have read of the file is repeated."""
    monkeypatch.setenv("PMKS_DATA", str(tmp_path))

    @click.command(cls=Command)
    def look() -> None:
        raise duckdb.IOException(said)

    answer = CliRunner().invoke(look, ["--lang", "en"])
    assert answer.exit_code == 1 and told in answer.output and "Siti" not in answer.output
    assert ("aside" in answer.output) == (told == "cannot be read")
