"""What the guide for operators promises: backups come back, and what cannot be recorded is reported, not thrown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from pipelines.instance import opened as opened_instance
from pipelines.liveness import end_abandoned_runs, living
from tests.support.finished import PROJECT, SAMPLE_INBOX, pmks
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake


@dg.job
def nothing() -> None:
    """A job of no steps."""


KEPT = ("archive", "lake", "review")
WHO_IS_REFERRED = "SELECT referral_id, person_id, household_id, rule_id, since FROM referrals.{} ORDER BY ALL"


def test_a_home_restored_from_what_the_guide_says_to_keep_is_the_same_home(finished: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in KEPT:
        shutil.copytree(finished / name, home / name)
    done = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    stages = ("submissions", "rows", "records", "outcomes", "households", "referrals")
    assert Lake(home / "lake").digest(*stages) == Lake(finished / "lake").digest(*stages)
    for directorate in ("rehsos", "dayasos", "jamsos"):
        answers = []
        for each in (finished, home):
            with opened(each / "warehouse.duckdb", read_only=True) as con:
                answers.append(con.execute(WHO_IS_REFERRED.format(directorate)).fetchall())
        assert answers[0] == answers[1] != []
        assert {path.name for path in (home / "published" / directorate).iterdir()} == {
            path.name for path in (finished / "published" / directorate).iterdir()
        }
    workbooks = [sorted(p.name for p in (h / "corrections").rglob("*.xlsx")) for h in (finished, home)]
    assert workbooks[0] == workbooks[1] != []


def test_an_instance_that_cannot_record_a_run_is_reported_in_a_line_and_the_warehouse_stands(
    finished: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    before = (home / "warehouse.duckdb").read_bytes()
    (home / "dagster" / "history" / "runs.db").write_bytes(b"no database" * 1000)
    failed = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
    assert failed.returncode == 1
    assert "Dagster could not record the run" in failed.stderr
    assert f"move {home / 'dagster'} aside" in failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    assert (home / "warehouse.duckdb").read_bytes() == before


KILLED = """
import os, pathlib, signal, sys
import dagster as dg
from pipelines.instance import opened
from pipelines.liveness import living_home
from warehouse.home import DataHome

@dg.op(required_resource_keys={"home"})
def die():
    os.kill(os.getpid(), signal.SIGKILL)

root = pathlib.Path(sys.argv[1])
home = DataHome(root=root, inbox=root)

@dg.job(resource_defs={"home": living_home(home)})
def full_refresh():
    die()

with opened(home) as instance:
    full_refresh.execute_in_process(instance=instance)
"""


def test_a_killed_run_does_not_keep_its_place_and_a_living_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = DataHome(root=tmp_path, inbox=tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path], capture_output=True, env=environment, check=False)
    assert killed.returncode == -9, killed.stderr

    def statuses(instance: dg.DagsterInstance) -> list[dg.DagsterRunStatus]:
        return [run.status for run in instance.get_runs()]

    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    with dg.DagsterInstance.get() as instance:
        assert statuses(instance) == [dg.DagsterRunStatus.STARTED]
        with opened_instance(home):
            assert statuses(instance) == [dg.DagsterRunStatus.FAILURE]
            living_run = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
            with living(home, living_run.run_id):
                assert end_abandoned_runs(instance, home, clock=lambda: time.time() + 3600) == []
            assert end_abandoned_runs(instance, home) == []
            assert end_abandoned_runs(instance, home, clock=lambda: time.time() + 3600) == [living_run.run_id]


FULL = """
import pathlib, resource, sys
from datetime import datetime
from assets.intake.stages.register import register_inbox
from warehouse.home import DataHome
from warehouse.lake import Lake

root = pathlib.Path(sys.argv[1])
home = DataHome(root=root / "home", inbox=root / "inbox", settle_seconds=0.0, workers=1)
home.make()
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    register_inbox(home, Lake(home.lake), run_id="r", at=datetime(2025, 1, 1))
except OSError as error:
    print(error.strerror)
"""


def test_a_file_that_does_not_fit_into_the_archive_fails_the_run_and_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "daftar.csv").write_bytes(b"NAMA;NIK\n" * 2000)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout == "File too large\n", done.stderr
    assert not (tmp_path / "home" / "lake" / "_manifests" / "submissions.json").exists()


NO_ROOM = """
import resource, sys
from pipelines.cli import main

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
main(sys.argv[1:], prog_name="pmks")
"""


def test_a_workbook_that_does_not_fit_on_the_disk_ends_a_command_with_one_line(finished: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", NO_ROOM, "review", "export", tmp_path / "pasangan.xlsx", "--data", finished]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: File too large\n"
    assert list(tmp_path.iterdir()) == []
