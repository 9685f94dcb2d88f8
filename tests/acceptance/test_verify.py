"""`pmks verify` finds what an auditor fears: altered files, altered tables, and results that no rebuild gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.commands.verify import verify
from pipelines.proof import rebuild_claims
from tests.support.finished import pmks
from warehouse.connection import opened
from warehouse.home import DataHome


@pytest.fixture
def home(scene: DataHome, tmp_path: Path) -> Path:
    return Path(shutil.copytree(scene.root, tmp_path / "home"))


def check(home: Path, *options: str) -> Result:
    """Run the command in this process, as a small home is checked faster than it starts."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(verify, ["--data", str(home), "--lang", "en", *options])


def test_a_finished_run_is_proved_by_a_rebuild_and_left_as_it_was(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    proved = pmks("verify", "--data", home, env={"PMKS_SPARK_MASTER": "spark://nowhere:7077"})  # not needed for a proof
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert "NO" not in proved.stdout
    assert "rebuild" in proved.stdout
    after = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    assert {p: t for p, t in after.items() if p != home} == {p: t for p, t in before.items() if p != home}


def test_a_changed_byte_in_the_archive_is_found(home: Path) -> None:
    victim = next(p for p in sorted((home / "archive").rglob("*")) if p.is_file() and len(p.name) == 64)
    victim.chmod(0o600)
    victim.write_bytes(victim.read_bytes()[:-1] + b"!")
    checked = check(home, "--quick")
    assert checked.exit_code == 1
    assert f"NO   Every file in the archive has the bytes that its name says\n       {victim.name}" in checked.output


def test_a_torn_lake_file_is_named_and_nothing_is_concluded_from_it(home: Path) -> None:
    torn = next((home / "lake" / "links").glob("*.parquet"))
    torn.write_bytes(torn.read_bytes()[:-10])
    checked = check(home)
    assert checked.exit_code == 1
    assert f"NO   Every table in the lake is whole and unaltered\n       links/{torn.name}" in checked.output
    assert checked.output.count("cannot be checked while the lake or the archive is damaged") == 17


def test_a_file_lost_from_the_archive_and_a_table_lost_from_the_warehouse_are_found(home: Path) -> None:
    lost = next(p for p in sorted((home / "archive").rglob("*")) if p.is_file() and len(p.name) == 64)
    lost.unlink()
    with opened(home / "warehouse.duckdb", read_only=False) as con:
        con.execute("DROP TABLE households.review_queue").fetchall()
    checked = check(home, "--quick")
    assert checked.exit_code == 1
    assert f"NO   Every submission's file is in the archive\n       {lost.name}" in checked.output
    assert "households.review_queue" in checked.output


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("referrals.rehsos", "DELETE FROM referrals.rehsos WHERE kode_pmks = '05'"),
        ("records.accepted", "UPDATE records.accepted SET nama = 'ORANG LAIN' WHERE row % 2 = 0"),
        ("households.membership", "INSERT INTO households.membership FROM households.membership LIMIT 1"),
    ],
)
def test_a_change_in_the_warehouse_is_found_in_its_table(home: Path, table: str, change: str) -> None:
    with opened(home / "warehouse.duckdb", read_only=False) as con:
        con.execute(change).fetchall()
    checked = check(home, "--quick")
    assert checked.exit_code == 1
    assert f"NO   The warehouse holds what the lake holds\n       {table} " in checked.output


def test_after_an_upgrade_it_says_that_the_program_is_another_and_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(home / "warehouse.duckdb", read_only=False) as con:
        con.execute("DROP TABLE households.links")
    reason = "another version of the program: start pmks run, and then verify"
    assert reason not in check(home, "--quick").output
    monkeypatch.setattr(rebuild_claims, "code_of_a_run", lambda home: "of the new version")
    checked = check(home, "--quick")
    assert checked.exit_code == 1
    assert reason in checked.output


def test_other_programs_are_told_the_same_as_people(home: Path) -> None:
    whole = check(home, "--quick", "--json")
    told = json.loads(whole.stdout)
    assert (whole.exit_code, told["holds"], told["tables"]) == (0, True, [])
    assert len(told["claims"]) == len(check(home, "--quick").output.splitlines())
    torn = next((home / "lake" / "links").glob("*.parquet"))
    torn.write_bytes(torn.read_bytes()[:-10])
    found = check(home, "--quick", "--json")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["holds"]) == (1, False)
    assert f"links/{torn.name}" in [said for claim in told["claims"] for said in claim["exceptions"]]
    assert all(claim["holds"] == (not claim["exceptions"]) for claim in told["claims"])
