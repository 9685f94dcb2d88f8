"""Which runs live: the process that executes a run holds a lock named after it, which ends with the process.

Danger: Dagster takes a run whose process was killed for going on. Two of them use up all the places that the daemon
has, so that whoever comes next waits for ever. Remedy: a run that is said to go on, and whose lock nobody holds, is
recorded as failed, and its place is free.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.launcher import DefaultRunLauncher

from pipelines.settings import OF_HOME, SETTINGS, checked
from warehouse.files import holders, locked, locked_if_free
from warehouse.home import DataHome
from warehouse.refresh import nobody_else
from warehouse.sharing.in_line import keep_in_line, look_over, working_alone

GOING_ON = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
QUIET_SECONDS = 120.0
"""A run without a lock has so long to take one, or, once its steps are done, to record how it ended."""
OF_THE_INSTALLATION = {
    "profile", "wrong_merge_cost", "households", "keys", "signing_key", "storage", "spark_master", "spark_buckets",
}  # fmt: skip
"""Settings that no single run may change: what results rest on (paths, rules, costs, keys), and other machines."""
_KILLED = "The process that ran this was killed. What it had finished stands."
_ENDED = b"ended"


@contextmanager
def living(home: DataHome, run_id: str) -> Iterator[None]:
    """Say for the time of the block that the run is executed by this process."""
    path = _lock(home, run_id)
    with locked(path):
        path.write_bytes(b"")
        try:
            yield
        finally:
            path.write_bytes(_ENDED)


def living_home(home: DataHome) -> dg.ResourceDefinition:
    """The data home as a resource: whoever executes a run with it is known to live. Sensors get the home alone. Both
    find it in line with what other machines made, where it shares its state.

    What a run may take can be changed for that run in the launchpad; what stands in `OF_THE_INSTALLATION` cannot.
    """
    fields = {
        name: dg.Field(
            dg.Noneable(str) if name == "memory_limit" else type(getattr(home, name)),
            default_value=getattr(home, name),
            is_required=False,
            description=SETTINGS[name].meaning,
        )
        for name in sorted(OF_HOME - OF_THE_INSTALLATION)
    }

    @dg.resource(
        config_schema=fields,
        description=f"The data home {home.root}, with the inbox {home.inbox} and the rules {home.profile}.",
    )
    def resource(context: dg.InitResourceContext) -> Iterator[DataHome]:
        chosen = dataclasses.replace(home, **checked(context.resource_config))
        if context.run is None:
            look_over(chosen)
            yield chosen
            return
        with living(chosen, context.run.run_id), working_alone(chosen):
            if chosen.storage and context.instance:  # no sensor looks after the runs of a machine that only reads
                end_abandoned_runs(context.instance, chosen)
            keep_in_line(chosen)
            yield chosen

    return resource


def end_abandoned_runs(
    instance: dg.DagsterInstance, home: DataHome, clock: Callable[[], float] = time.time
) -> list[str]:
    """Record as failed each run whose process is gone; returns their ids."""
    gone = _abandoned(instance, home, clock())
    for run in gone:
        instance.report_run_failed(run, _KILLED)
    _tidy(instance, home)
    return [run.run_id for run in gone]


def stuck_runs(instance: dg.DagsterInstance, home: DataHome) -> list[str]:
    """The ids of runs that Dagster takes for going on although their process is gone; nothing is changed."""
    return sorted(run.run_id for run in _abandoned(instance, home, time.time()))


def silent_seconds(instance: dg.DagsterInstance) -> float | None:
    """How long no daemon has said that it lives; None where none ever has."""
    statuses = instance.get_daemon_statuses().values()
    beats = [status.last_heartbeat.timestamp for status in statuses if status.last_heartbeat]
    return time.time() - max(beats) if beats else None


def living_processes(home: DataHome) -> set[int]:
    """The processes that execute runs now."""
    return {process for lock in _folder(home).glob("*") for process in holders(lock)}


@contextmanager
def between_runs(home: DataHome, waits: Callable[[], None]) -> Iterator[None]:
    """Hold back runs for the time of the block, so that what is read in it is of one moment.

    Begins when no run goes on; `waits` is called once if it has to wait for one. Runs that come meanwhile wait before
    they register files or refresh.
    """
    if living_processes(home):
        waits()
    while living_processes(home):
        time.sleep(0.2)
    with nobody_else(home):
        yield


def _abandoned(instance: dg.DagsterInstance, home: DataHome, now: float) -> list[dg.DagsterRun]:
    records, here = instance.get_run_records(dg.RunsFilter(statuses=GOING_ON)), _runs_start_here(instance)
    return [
        record.dagster_run
        for record in records
        if _is_gone(_lock(home, record.dagster_run.run_id), now - record.update_timestamp.timestamp(), now, here=here)
    ]


def _runs_start_here(instance: dg.DagsterInstance) -> bool:
    """Whether every run is executed on this machine; another launcher's runs are watched by Dagster's `run_monitoring`,
    but for those that this machine took."""
    return isinstance(instance.run_launcher, DefaultRunLauncher)


def _is_gone(lock: Path, quiet_seconds: float, now: float, *, here: bool) -> bool:
    """Whether no process executes a run; `quiet_seconds`: since its status changed. `here`: only this machine may."""
    if not lock.exists():
        return here and quiet_seconds > QUIET_SECONDS
    with locked_if_free(lock) as free:
        if not free:
            return False
        return lock.read_bytes() != _ENDED or now - lock.stat().st_mtime > QUIET_SECONDS


def _tidy(instance: dg.DagsterInstance, home: DataHome) -> None:
    """Remove the locks of runs that are over."""
    for lock in _folder(home).glob("*"):
        run = instance.get_run_by_id(lock.name)
        if run is None or run.is_finished:
            with locked_if_free(lock) as free:
                if free:
                    lock.unlink(missing_ok=True)


def _folder(home: DataHome) -> Path:
    return home.dagster / "alive"


def _lock(home: DataHome, run_id: str) -> Path:
    return _folder(home) / run_id
