"""`pmks run` as an operator knows it: whole, balanced, repeatable, and indifferent to being killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build
from pipelines.progress import Silent
from pipelines.up_to_date import NOTE
from tests.support.finished import PMKS, SAMPLE_INBOX, pmks
from tests.support.result import REFERRED, ask, result_of
from warehouse.home import DataHome
from warehouse.lake import Lake

STAGES = ("submissions", "rows", "records", "outcomes", "households", "referrals")
BALANCE = """
SELECT s.path FROM intake.submissions s LEFT JOIN (
    SELECT submission_id, count(*) AS physical, count(*) FILTER (kind = 'data') AS data,
           count(*) FILTER (outcome = 'accepted') AS accepted, count(*) FILTER (outcome = 'quarantined') AS quarantined
    FROM intake.rows GROUP BY 1) r USING (submission_id)
WHERE s.outcome IN ('accepted', 'superseded') AND NOT (
    s.rows_physical = r.physical AND s.rows_data = r.data AND s.rows_accepted = r.accepted
    AND s.rows_quarantined = r.quarantined AND r.data = r.accepted + r.quarantined)
"""


def test_every_file_and_row_of_the_sample_is_accounted_for(finished: Path) -> None:
    files = sum(1 for p in SAMPLE_INBOX.rglob("*") if p.is_file() and p.suffix != ".yml")
    seen, unbalanced, outcomes = ask(
        finished,
        "SELECT count(DISTINCT path) FROM intake.receipts",
        BALANCE,
        "SELECT DISTINCT outcome FROM intake.submissions",
    )
    assert seen == [(files,)]
    assert unbalanced == []
    assert {"accepted", "held", "rejected", "superseded"} == {outcome for (outcome,) in outcomes}


def test_everybody_is_in_a_household_and_referred_or_explained(finished: Path) -> None:
    (extra,), (lost,) = ask(
        finished,
        "SELECT count(*) FROM records.accepted a FULL JOIN households.membership m USING (record_id) "
        "WHERE a.record_id IS NULL OR m.record_id IS NULL OR m.person_id IS NULL OR m.household_id IS NULL",
        f"SELECT count(*) FROM records.accepted WHERE record_id NOT IN (SELECT unnest(record_ids) FROM ({REFERRED}) "
        "AS r(directorate, subject, kode_pmks, rule_id, status, record_ids) "
        "UNION ALL SELECT unnest(record_ids) FROM referrals.unrouted)",
    )
    assert extra == lost == (0,)


def test_a_second_run_changes_nothing_and_says_so(finished: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    before = {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file() and "dagster" not in p.parts}
    again = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Nothing changed" in again.stdout
    assert Lake(home / "lake").digest(*STAGES) == Lake(finished / "lake").digest(*STAGES)
    after = {p: p.stat().st_mtime_ns for p in home.rglob("*") if p.is_file() and "dagster" not in p.parts}
    lasting = {p for p in before if p.name not in ("_looks.json", "_hashed.json", "warehouse.duckdb", ".lock")}
    assert {p: before[p] for p in lasting} == {p: after.get(p) for p in lasting}
    assert set(after) - set(before) == {home / NOTE}


def test_runs_stand_in_the_instance_that_the_web_page_shows(finished: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished / "dagster", home)
    os.environ["DAGSTER_HOME"] = str(home)
    try:
        with dg.DagsterInstance.get() as dagster:
            runs = dagster.get_runs()
            assert [(run.job_name, run.status) for run in runs] == [("full_refresh", dg.DagsterRunStatus.SUCCESS)]
            event = dagster.get_latest_materialization_event(dg.AssetKey(["referrals", "rehsos"]))
            assert event is not None and event.asset_materialization is not None
            assert event.asset_materialization.metadata["dagster/row_count"].value > 0
    finally:
        del os.environ["DAGSTER_HOME"]


def test_in_batches_backwards_and_killed_on_the_way_it_comes_to_the_same(finished: Path, tmp_path: Path) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    files = sorted((p for p in SAMPLE_INBOX.rglob("*") if p.is_file()), reverse=True)
    for number, batch in enumerate((files[: len(files) // 2], files[len(files) // 2 :])):
        for path in batch:
            target = inbox / path.relative_to(SAMPLE_INBOX)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        killed = subprocess.Popen([PMKS, "run", "--inbox", inbox, "--data", home], stdout=subprocess.DEVNULL)
        time.sleep(4.0 + 2.5 * number)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        done = pmks("run", "--inbox", inbox, "--data", home)
        assert done.returncode == 0, done.stdout + done.stderr
    assert result_of(home) == result_of(finished)


def test_a_run_that_only_catches_the_warehouse_up_does_not_say_that_nothing_changed(
    finished: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    (home / "warehouse.duckdb").unlink()
    again = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Nothing changed" not in again.stdout
    assert result_of(home) == result_of(finished)


def test_an_inbox_from_which_nothing_can_be_read_is_a_run_all_the_same(tmp_path: Path) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    inbox.mkdir()
    (inbox / "foto.xlsx").write_bytes(b"\xff\xd8\xff\xe0 not a workbook")
    done = pmks("run", "--inbox", inbox, "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 people in 0 households" in done.stdout
    assert ask(home, "SELECT outcome FROM intake.submissions") == [[("rejected",)]]


def test_where_nothing_can_be_written_it_says_so_and_not_that_the_disk_may_be_full(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster").symlink_to("/proc/sys")  # whose rights nobody may change
    done = pmks("run", "--inbox", tmp_path / "inbox", "--data", tmp_path / "home")
    assert done.returncode == 1
    assert "Operation not permitted: 'dagster/" in done.stderr
    assert f"Nothing can be written to {tmp_path / 'home'}:" in done.stderr
    assert "disk is full" not in done.stderr


def test_a_stage_that_fails_fails_the_run_says_where_and_leaves_what_was_there(finished: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    for torn in (home / "lake").rglob("history/*.parquet"):  # nothing can make it again: both copies
        torn.write_bytes(torn.read_bytes()[:-100])
    failed = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home, "--profile", "study-2011")
    assert failed.returncode == 1
    assert re.search(r"failed \w+: LostTableError: ", failed.stderr)
    assert result_of(home) == result_of(finished)


def test_a_rule_file_that_cannot_be_used_is_refused_before_anything_runs(finished: Path, tmp_path: Path) -> None:
    rules = tmp_path / "aturan.csv"
    rules.write_text("bukan,aturan\n1,2\n", encoding="utf-8")
    refused = pmks("run", "--inbox", SAMPLE_INBOX, "--data", tmp_path / "home", "--profile", rules)
    assert refused.returncode == 2
    assert "cannot be used" in refused.stderr
    assert not (tmp_path / "home").exists()


def test_wrong_use_is_reported_with_exit_code_two(tmp_path: Path) -> None:
    nowhere = pmks("run", "--data", tmp_path / "home")
    assert nowhere.returncode == 2
    assert "inbox" in nowhere.stderr
    empty = pmks("status", "--data", tmp_path / "home")
    assert empty.returncode == 2
    assert "pmks run" in empty.stderr


def test_the_sensor_registers_then_asks_for_one_run_a_touched_kabupaten_and_period(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    shutil.copytree(SAMPLE_INBOX, inbox)
    home = DataHome(root=tmp_path / "home", inbox=inbox, settle_seconds=0.0)
    definitions = build(home, Silent())
    sensor = definitions.resolve_sensor_def("inbox_sensor")
    with (
        dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as dagster,
        dg.partition_loading_context(dynamic_partitions_store=dagster),
    ):

        def tick() -> list[dg.RunRequest]:
            context = dg.build_sensor_context(instance=dagster, resources={"home": home}, definitions=definitions)
            ticked = sensor.evaluate_tick(context)
            for request in ticked.dynamic_partitions_requests or ():
                dagster.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
            return list(ticked.run_requests or ())

        def execute(request: dg.RunRequest) -> None:
            job = definitions.resolve_job_def(str(request.job_name))
            assert job.execute_in_process(instance=dagster, partition_key=request.partition_key).success

        first = tick()
        assert [request.job_name for request in first] == ["register_inbox"]
        execute(first[0])
        second = tick()
        assert {request.job_name for request in second} == {"read_and_validate"}
        due = {request.partition_key for request in second}
        assert len(due) == len(second)
        for request in second:
            execute(request)
        assert tick() == []
        refresh = definitions.resolve_sensor_def("refresh_sensor")

        def asked() -> int:
            context = dg.build_sensor_context(instance=dagster, resources={"home": home}, definitions=definitions)
            return len(refresh.evaluate_tick(context).run_requests or ())

        assert asked() == 1
        assert definitions.resolve_job_def("refresh_global").execute_in_process(instance=dagster).success
        assert asked() == 0
        touched = next(p for p in sorted(inbox.rglob("*.csv")))
        touched.write_bytes(touched.read_bytes() + b"\n")
        again = tick()
        assert [request.job_name for request in again] == ["register_inbox"]
        execute(again[0])
        assert len(tick()) == 1


@pytest.mark.parametrize("profile", ["study-2011", "sk-101-2022"])
def test_other_profiles_refer_by_their_own_rules(finished: Path, tmp_path: Path, profile: str) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    done = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home, "--profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr
    (rules,), (runs,), (ended,) = ask(
        home,
        "SELECT count(DISTINCT rule_set) FROM referrals.rehsos",
        "SELECT count(*) FROM audit.runs",
        "SELECT count(*) FROM referrals.history WHERE valid_to IS NOT NULL AND ended_because IS NULL",
    )
    assert (rules, runs, ended) == ((1,), (2,), (0,))
    assert f"Rules: {profile} (was full-2012)." in done.stdout
    assert "Rules:" not in pmks("run", "--inbox", SAMPLE_INBOX, "--data", home, "--profile", profile).stdout
    assert f"Rules: full-2012 (was {profile})." in pmks("run", "--inbox", SAMPLE_INBOX, "--data", home).stdout
