"""The Dagster instance of a data home: its settings, opening it, and ending runs whose process is gone.

Danger: a run of `pmks run` lives in that command's process. If it is killed, Dagster takes the run for going on, and
two of them use up all the places that the daemon has; killed while it writes the warehouse, one of them holds the
pool's only place, and whoever comes next waits for ever. Remedy: every such process holds a lock that ends with it,
so that whoever gets the lock knows that none of them lives, and may end their runs and free their places.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from pipelines.settings import from_environment
from pipelines.storage import kept_open
from warehouse.files import holders, lives, locked, locked_if_free, write_whole
from warehouse.home import DataHome

SETTINGS = b"""\
# Written by pmks. Nothing is reported to anybody; one step at a time writes the warehouse; what steps print is not
# captured (a process that does it would not end quietly at Ctrl-C, and libraries may print values).
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 2
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 60
"""

IN_COMMAND = {"pmks/runs_in": "command"}
"""The tag of runs that live in the process of `pmks run`."""


def prepare(home: DataHome) -> None:
    """Make the data home and its instance folder, and point Dagster at it."""
    home.make()
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        write_whole(settings, SETTINGS)
    os.environ["DAGSTER_HOME"] = str(home.dagster)


@contextmanager
def opened(home: DataHome) -> Iterator[dg.DagsterInstance]:
    """Open the instance under the data home for a run in this process, to be tagged `IN_COMMAND`."""
    prepare(home)
    ref = kept_open(InstanceRef.from_dir(str(home.dagster)))
    with dg.DagsterInstance.from_ref(ref) as instance:
        end_abandoned_runs(instance, home)
        with locked(alive_lock(home), shared=True):
            yield instance


def end_abandoned_runs(instance: dg.DagsterInstance, home: DataHome) -> None:
    """Record as failed what was run by commands that were killed; does nothing while any such command lives."""
    with locked_if_free(alive_lock(home)) as none_lives:
        if none_lives:
            going_on = dg.RunsFilter(tags=IN_COMMAND, statuses=[dg.DagsterRunStatus.STARTED])
            for run in instance.get_runs(going_on):
                instance.report_run_failed(run, "The command that ran this was killed. What it had finished stands.")
            _free_places(instance)


def stuck_runs(home: DataHome) -> list[str]:
    """The ids of runs that Dagster takes for going on although their process is gone; nothing is changed.

    A command holds a lock as long as it lives. A run of the daemon has written down its process.
    """
    if not (home.dagster / "history" / "runs.db").exists():
        return []
    commands_live = bool(holders(alive_lock(home)))
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home.dagster))) as instance:
        going_on = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        in_command = {run.run_id for run in going_on if IN_COMMAND.items() <= run.tags.items()}
        return sorted(
            run.run_id
            for run in going_on
            if (not commands_live if run.run_id in in_command else not _process_lives(instance, run.run_id))
        )


def _process_lives(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the process lives that a run has named; also where it has not named one yet."""
    events = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    said = [
        str(event.engine_event_data.metadata["pid"].value)
        for record in events
        for event in [record.event_log_entry.get_dagster_event()]
        if "pid" in event.engine_event_data.metadata
    ]
    return not said or lives(int(said[-1]))


def _free_places(instance: dg.DagsterInstance) -> None:
    """Free the places in pools that ended runs still hold: on a full disk not even that is recorded."""
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def alive_lock(home: DataHome) -> Path:
    """The lock that every living `pmks run` shares."""
    return home.dagster / ".pmks-run.lock"


if __name__ == "__main__":
    prepare(from_environment())
