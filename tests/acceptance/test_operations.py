"""What the guide for operators promises: backups come back, and what cannot be recorded is told, not thrown."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.finished import SAMPLE_INBOX, pmks
from warehouse.connection import opened

KEPT = ("archive", "lake", "review")
WHO_IS_REFERRED = "SELECT referral_id, person_id, household_id, rule_id, since FROM referrals.{} ORDER BY ALL"


def test_a_home_restored_from_what_the_guide_says_to_keep_is_the_same_home(finished: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in KEPT:
        shutil.copytree(finished / name, home / name)
    done = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing changed" in done.stdout
    for directorate in ("rehsos", "dayasos", "jamsos"):
        told = []
        for each in (finished, home):
            with opened(each / "warehouse.duckdb", read_only=True) as con:
                told.append(con.execute(WHO_IS_REFERRED.format(directorate)).fetchall())
        assert told[0] == told[1] != []
        assert {path.name for path in (home / "published" / directorate).iterdir()} == {
            path.name for path in (finished / "published" / directorate).iterdir()
        }
    workbooks = [sorted(p.name for p in (h / "corrections").rglob("*.xlsx")) for h in (finished, home)]
    assert workbooks[0] == workbooks[1] != []


def test_an_instance_that_cannot_record_a_run_is_told_in_a_line_and_the_warehouse_stands(
    finished: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    before = (home / "warehouse.duckdb").read_bytes()
    (home / "dagster" / "history" / "runs.db").write_bytes(b"no database" * 1000)
    failed = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
    assert failed.returncode == 1
    assert "Dagster could not record the run" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
    assert (home / "warehouse.duckdb").read_bytes() == before
