"""The Dagster instance of a data home: its settings, and opening it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from pipelines.liveness import end_abandoned_runs
from pipelines.settings import from_environment
from pipelines.storage import in_sqlite, kept_open
from warehouse.files import creating_privately, locked, make_private, write_whole
from warehouse.home import DataHome

SETTINGS = b"""\
# Written by pmks. Nothing is reported to anybody; what steps print is not captured (a process that does it would not
# end quietly at Ctrl-C, and libraries may print values). What the sensors saw is forgotten after a while: they look
# every 15 seconds.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 2
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
retention:
  sensor:
    purge_after_days: {skipped: 7, failure: 30, success: 90}
run_monitoring:
  enabled: true
"""


def _prepare(home: DataHome) -> None:
    """Make the data home and its instance folder, owner only whatever wrote there, and point Dagster at it."""
    home.make()
    make_private(home.dagster)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        write_whole(settings, SETTINGS)
    os.environ["DAGSTER_HOME"] = str(home.dagster)


@contextmanager
def opened(home: DataHome) -> Iterator[dg.DagsterInstance]:
    """Open the instance under the data home for a run in this process; runs of killed processes are ended first.

    What Dagster writes meanwhile is for its owner only.
    """
    _prepare(home)
    ref = kept_open(InstanceRef.from_dir(str(home.dagster)))
    with creating_privately(), _instance(home, ref) as instance:
        end_abandoned_runs(instance, home)
        yield instance


@contextmanager
def as_it_is(home: DataHome) -> Iterator[dg.DagsterInstance | None]:
    """Open the instance to look at it, and change nothing; None where there is none yet."""
    ref = InstanceRef.from_dir(str(home.dagster)) if (home.dagster / "dagster.yaml").exists() else None
    if ref is None or (in_sqlite(ref) and not (home.dagster / "history" / "runs.db").exists()):
        yield None
        return
    with _instance(home, ref) as instance:
        yield instance


def _instance(home: DataHome, ref: InstanceRef) -> dg.DagsterInstance:
    """The instance of `ref`, by one process at a time.

    Danger: two processes that both make the databases leave two revisions in one of them, and no process can open the
    instance any more.
    """
    with locked(home.dagster / "opening.lock"):
        return dg.DagsterInstance.from_ref(ref)


if __name__ == "__main__":
    with opened(from_environment()):
        pass  # the databases are made, for their owner only, before Dagster's own processes would make them for all
