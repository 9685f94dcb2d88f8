"""The sensor on the inbox asks again for what could not be taken, and not for what was."""

from __future__ import annotations

import dataclasses
import time
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER, look, register_inbox
from assets.intake.stages.settle import SETTLE
from assets.partitions import add_partitions
from assets.records.stages.validate import VALIDATE
from pipelines import automation
from pipelines.attempts import MOST, Attempts
from pipelines.automation import inbox_sensor, refresh_sensor
from pipelines.definitions import build
from pipelines.progress import Silent
from tests.support.inbox import OLD, VILLAGE, home_in, refresh, write_list
from tests.support.readers import out_of_memory
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.stage import run_stage

AT = datetime(2025, 3, 1)


def asked(home: DataHome, instance: dg.DagsterInstance | None = None) -> list[dg.RunRequest]:
    with nullcontext(instance) if instance else dg.DagsterInstance.ephemeral() as used:
        context = dg.build_sensor_context(instance=used, resources={"home": home})
        result = inbox_sensor(context)
    assert isinstance(result, dg.SensorResult)
    return list(result.run_requests or [])


def refreshes(home: DataHome, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    context = dg.build_sensor_context(instance=instance, resources={"home": home})
    result = refresh_sensor(context)
    return [result] if isinstance(result, dg.RunRequest) else []


def ran(instance: dg.DagsterInstance, request: dg.RunRequest, status: dg.DagsterRunStatus) -> None:
    """Record that a run which was asked for came to `status`."""
    job = build(DataHome(root=Path(), inbox=Path()), Silent()).resolve_job_def(str(request.job_name))
    run = instance.create_run_for_job(job, tags=request.tags)
    came_to = {
        dg.DagsterRunStatus.STARTED: dg.DagsterEventType.RUN_START,
        dg.DagsterRunStatus.SUCCESS: dg.DagsterEventType.RUN_SUCCESS,
        dg.DagsterRunStatus.FAILURE: dg.DagsterEventType.RUN_FAILURE,
    }[status]
    instance.report_dagster_event(dg.DagsterEvent(came_to.value, run.job_name), run.run_id)


def test_a_file_that_could_not_be_registered_is_asked_for_again(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    file = write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    lake = Lake(home.lake)
    seen = look(home, remember=True)
    file.rename(tmp_path / "away.csv")
    run_stage(REGISTER.begin(lake, home, run_id="1", at=AT, settings=seen))
    (tmp_path / "away.csv").rename(file)
    assert [request.job_name for request in asked(home)] == ["register_inbox"]
    register_inbox(home, lake, run_id="2", at=AT)
    assert [request.job_name for request in asked(home)] == ["read_and_validate"]
    (partition,) = READ.pending(lake, home)
    run_stage(READ.begin(lake, home, run_id="2", at=AT, partition=partition))
    assert [request.job_name for request in asked(home)] == ["read_and_validate"]  # killed between its two stages
    run_stage(VALIDATE.begin(lake, home, run_id="3", at=AT, partition=partition))
    assert asked(home) == []


def test_a_file_whose_reader_was_killed_is_asked_for_once_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id="1", at=AT)
    (partition,) = READ.pending(lake, home)
    with out_of_memory():
        run_stage(READ.begin(lake, home, run_id="1", at=AT, partition=partition))
        run_stage(VALIDATE.begin(lake, home, run_id="1", at=AT, partition=partition))
    hour = 500_000 * automation.AGAIN_SECONDS
    with dg.DagsterInstance.ephemeral() as instance:
        add_partitions(instance, [partition])
        for moment, requests in ((hour, 1), (hour + 60, 0), (hour + automation.AGAIN_SECONDS, 1)):
            monkeypatch.setattr(automation.time, "time", lambda moment=moment: float(moment))
            found = asked(home, instance)
            assert len(found) == requests, moment
            for request in found:
                ran(instance, request, dg.DagsterRunStatus.SUCCESS)
        monkeypatch.undo()
        run_stage(READ.begin(lake, home, run_id="2", at=AT, partition=partition))
        run_stage(VALIDATE.begin(lake, home, run_id="2", at=AT, partition=partition))
        assert asked(home, instance) == []


def test_a_reading_that_fails_is_tried_again_later_and_later_and_then_given_up_until_its_files_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_in(tmp_path)
    file = write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    lake, moments = Lake(home.lake), []
    register_inbox(home, lake, run_id="1", at=AT)
    with dg.DagsterInstance.ephemeral() as instance:
        now = time.time()
        for second in range(0, 8000, 30):
            monkeypatch.setattr(automation.time, "time", lambda moment=now + second: moment)
            for request in asked(home, instance):
                moments.append(second)
                ran(instance, request, dg.DagsterRunStatus.FAILURE)
        assert len(moments) == MOST
        write_list(file, VILLAGE[:3])
        register_inbox(home, lake, run_id="2", at=AT)
        assert len(asked(home, instance)) == 1


def test_each_pause_is_twice_the_one_before_and_an_hour_at_most() -> None:
    tried = Attempts("work", "inputs", ended=1000.0)
    moments = [tried.due_at(earlier, 60.0) - 1000.0 for earlier in range(1, 9)]
    assert tried.due_at(0, 60.0) == 0
    assert moments == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_state_that_comes_back_is_asked_for_again(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    lake = Lake(home.lake)
    file, sidecar = home.inbox / "16.10.05.2036/2024/daftar.csv", home.inbox / "16.10.05.2036/2024/daftar.csv.yml"
    write_list(file, VILLAGE)
    with dg.DagsterInstance.ephemeral() as instance:
        for change in (None, "ditarik: salah kirim", None):
            sidecar.write_text(change) if change else sidecar.unlink(missing_ok=True)
            register_inbox(home, lake, run_id="1", at=AT)
            (request,) = asked(home, instance)
            ran(instance, request, dg.DagsterRunStatus.SUCCESS)
            (partition,) = READ.pending(lake, home)
            for stage in (READ, VALIDATE):
                run_stage(stage.begin(lake, home, run_id="1", at=AT, partition=partition))
            assert asked(home, instance) == []


def test_a_file_that_is_being_copied_starts_no_run_before_it_is_whole(tmp_path: Path) -> None:
    home = dataclasses.replace(home_in(tmp_path), settle_seconds=3600.0)
    file = write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    register_inbox(dataclasses.replace(home, inbox=tmp_path / "empty"), Lake(home.lake), run_id="1", at=AT)
    assert asked(home) == []
    write_list(file, VILLAGE[:2])
    assert asked(home) == []
    assert [request.job_name for request in asked(home)] == ["register_inbox"]


def test_publishing_does_not_wait_for_what_was_given_up_and_asks_once(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    lake = refresh(home, "1", AT)
    with dg.DagsterInstance.ephemeral() as instance:
        assert refreshes(home, instance) == []
        write_list(home.inbox / "16.71.01.1001/2024/daftar.csv", [OLD | {"NIK": "1671010107500009"}])
        register_inbox(home, lake, run_id="2", at=AT)
        (reading,) = asked(home, instance)
        assert refreshes(home, instance) == []
        ran(instance, reading, dg.DagsterRunStatus.FAILURE)
        (request,) = refreshes(home, instance)
        ran(instance, request, dg.DagsterRunStatus.STARTED)
        assert refreshes(home, instance) == []


def test_files_that_were_not_read_yet_are_held_and_what_they_replace_stays(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    lake = refresh(home, "1", AT)
    write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE[:3])
    register_inbox(home, lake, run_id="2", at=AT)
    run_stage(SETTLE.begin(lake, home, run_id="2", at=AT))
    settled = lake.read("outcomes").fillna({"reason_code": ""})
    assert sorted(zip(settled["outcome"], settled["reason_code"], strict=True)) == [
        ("accepted", ""),
        ("held", "not_read_yet"),
    ]
