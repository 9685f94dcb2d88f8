"""The sensor on the inbox asks again for what could not be taken, and not for what was."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER, look, register_inbox
from pipelines import automation
from pipelines.automation import inbox_sensor
from tests.support.inbox import VILLAGE, home_in, write_list
from tests.support.readers import out_of_memory
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.stage import run_stage

AT = datetime(2025, 3, 1)


def asked(home: DataHome) -> list[dg.RunRequest]:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"home": home})
        result = inbox_sensor(context)
    assert isinstance(result, dg.SensorResult)
    return list(result.run_requests or [])


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
    hour = 500_000 * automation.AGAIN_SECONDS
    keys = []
    for moment in (hour, hour + 60, hour + automation.AGAIN_SECONDS):
        monkeypatch.setattr(automation.time, "time", lambda moment=moment: float(moment))
        (request,) = asked(home)
        keys.append(request.run_key)
    assert keys[0] == keys[1] != keys[2]
    monkeypatch.undo()
    run_stage(READ.begin(lake, home, run_id="2", at=AT, partition=partition))
    assert asked(home) == []
