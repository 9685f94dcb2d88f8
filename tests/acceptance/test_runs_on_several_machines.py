"""Runs that Dagster hands out to machines with homes of their own: each step shares what it made, or has failed."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import dagster as dg
import pytest

from assets.intake.stages.read import READ
from assets.partitions import partition_key
from pipelines.automation import READING_QUEUE, inbox_sensor
from pipelines.definitions import build
from pipelines.liveness import QUIET_SECONDS, end_abandoned_runs, living, living_home
from pipelines.progress import Silent
from tests.support.inbox import VILLAGE, home_in, write_list
from tests.support.same_state import differences
from warehouse.files import locked
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.sharing.in_line import look_over
from warehouse.sharing.sharing import NOTE

OTHER = [person | {"NIK": f"1611{person['NIK'][4:]}", "NAMA": f"{person['NAMA']} B"} for person in VILLAGE]
LISTS = {"16.10.05.2036/2024/daftar.csv": VILLAGE, "16.11.01.2001/2024/daftar.csv": OTHER}


def machines(folder: Path) -> tuple[DataHome, DataHome]:
    """The main machine, to whose inbox lists came, and one that reads."""
    main = dataclasses.replace(home_in(folder), root=folder / "main", storage=str(folder / "storage"))
    for place, people in LISTS.items():
        write_list(main.inbox / place, people)
    for home in (main, reader := dataclasses.replace(main, root=folder / "reader", inbox=folder / "none")):
        home.make()
    return main, reader


def execute(home: DataHome, instance: dg.DagsterInstance, job: str, key: str | None = None) -> bool:
    """Execute a run as a machine does that took it."""
    resolved = build(home, Silent()).resolve_job_def(job)
    return resolved.execute_in_process(instance=instance, partition_key=key, raise_on_error=False).success


def test_what_one_machine_registers_others_read_and_one_refers(tmp_path: Path) -> None:
    main, reader = machines(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        assert execute(main, instance, "register_inbox")
        first, second = (partition_key(partition) for partition in READ.partitions(Lake(main.lake)))
        assert execute(reader, instance, "read_and_validate", first)
        assert Lake(main.lake).read("accepted").empty, "it fetches when it works, or looks what is to be done"
        assert execute(main, instance, "read_and_validate", second)
        assert execute(main, instance, "refresh_global")
        once = dataclasses.replace(main, root=tmp_path / "once", storage=None)
        assert execute(once, instance, "full_refresh")
    assert list(differences(once.root, main.root)) == []
    look_over(reader)
    for home in (main, reader):
        assert len(Lake(home.lake).read("accepted")) == len(VILLAGE) + len(OTHER)
        assert (home.published / "dayasos" / "rujukan.xlsx").exists()


def test_a_step_that_could_not_share_has_failed_and_the_next_run_shares_it(tmp_path: Path) -> None:
    main, reader = machines(tmp_path)
    storage = tmp_path / "storage"
    with dg.DagsterInstance.ephemeral() as instance:
        assert execute(main, instance, "register_inbox")
        key = partition_key(READ.partitions(Lake(main.lake))[0])
        shutil.move(storage, tmp_path / "away")
        storage.write_text("no folder")
        assert not execute(main, instance, "read_and_validate", key)
        storage.unlink()
        shutil.move(tmp_path / "away", storage)
        assert execute(main, instance, "read_and_validate", key)
    look_over(reader)
    assert len(Lake(reader.lake).read("accepted")) == len(VILLAGE)


def test_whoever_looks_leaves_a_home_alone_that_a_run_works_on(tmp_path: Path) -> None:
    main, reader = machines(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        assert execute(main, instance, "register_inbox")
    with locked(reader.shared_by_one):
        look_over(reader)
        assert READ.partitions(Lake(reader.lake)) == []
    look_over(reader)
    assert len(READ.partitions(Lake(reader.lake))) == len(LISTS)
    before = (reader.root / NOTE).stat().st_mtime_ns
    look_over(reader)
    assert (reader.root / NOTE).stat().st_mtime_ns == before, "nothing was shared meanwhile: it is not looked through"


def test_reading_is_asked_of_the_machines_that_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main, reader = machines(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        assert execute(main, instance, "register_inbox")
        for home, queues in ((reader, {READING_QUEUE}), (dataclasses.replace(main, storage=None), {None})):
            with dg.build_sensor_context(instance=instance, resources={"home": living_home(home)}) as context:
                asked = inbox_sensor(context)
            assert isinstance(asked, dg.SensorResult)
            reads = [request for request in asked.run_requests or [] if request.job_name == "read_and_validate"]
            assert {request.tags.get("dagster-celery/queue") for request in reads} == queues


def test_a_run_that_another_machine_took_is_not_ended_here(tmp_path: Path) -> None:
    home, late = DataHome(tmp_path, tmp_path), QUIET_SECONDS + 3600
    with dg.DagsterInstance.ephemeral() as instance:  # it has another launcher than the one that starts processes here

        @dg.job
        def nothing() -> None:
            pass

        elsewhere, here = (instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED) for _ in range(2))
        with living(home, here.run_id):
            assert end_abandoned_runs(instance, home, clock=lambda: late + 2e9) == []
        assert end_abandoned_runs(instance, home, clock=lambda: late + 2e9) == [here.run_id]
        ended = {run.run_id: run.status for run in instance.get_runs()}
        assert ended[elsewhere.run_id] == dg.DagsterRunStatus.STARTED
