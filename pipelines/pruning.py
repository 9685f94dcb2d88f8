"""Old runs leave Dagster's log, and what it says of assets and of the daemon's work stays.

Danger: the log grows by every run for ever; and a run that is deleted takes its materializations with it, so that
partitions look as if nothing had ever been made of them, and what was given up is tried again. Remedy: a run stays as
long as it is the latest of anything: of any event of an asset and partition, of a check, of a job, of a work (with
those before it that tell how often the same inputs were tried).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as CheckRuns
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events

from pipelines.attempts import WORK, counted
from warehouse.files import read_note, write_whole
from warehouse.home import DataHome

DAY_SECONDS = 86_400.0
AT_ONCE = 50
"""So many runs the daemon lets go of in an hour: a look of its sensor has to be short."""
_EVERY_SECONDS = 3600.0


class Pruned(NamedTuple):
    """How many runs were let go, and how many of those that are as old stay because something rests on them."""

    gone: int
    kept: int


def prune(instance: dg.DagsterInstance, days: int, now: float, most: int | None = None) -> Pruned:
    """Let go of runs that ended, were asked for more than `days` before `now` (seconds since 1970), and are the latest
    of nothing: the oldest first, `most` of them. 0 days: of none."""
    if not days:
        return Pruned(0, 0)
    before = datetime.fromtimestamp(now - days * DAY_SECONDS, UTC)
    asked = dg.RunsFilter(statuses=list(FINISHED_STATUSES), created_before=before)
    old = [record.dagster_run for record in instance.get_run_records(asked, ascending=True)]
    events = _events(instance)
    needed = {*_latest_of_assets(events), *_latest_of_jobs(instance, old), *_tries(instance, old)}
    free = [run.run_id for run in old if run.run_id not in needed]
    for run_id in free[:most]:
        _let_go(instance, events, run_id)
    return Pruned(len(free[:most]), len(old) - len(free))


def prune_now_and_then(instance: dg.DagsterInstance, home: DataHome, days: int, now: float) -> None:
    """`prune` for a daemon: a little, at most once an hour."""
    note = home.dagster / "pruned.json"
    if days and abs(now - read_note(note).get("at", 0.0)) >= _EVERY_SECONDS:
        write_whole(note, json.dumps({"at": now}).encode())
        prune(instance, days, now, AT_ONCE)


def _events(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    """The storage of events: of SQLite or of PostgreSQL, which keep assets in the same tables."""
    events = instance.event_log_storage
    assert isinstance(events, SqlEventLogStorage)
    return events


def _latest_of_assets(events: SqlEventLogStorage) -> Iterator[str]:
    """The runs of the latest event of each kind of every asset and partition, and of the latest pass of every check."""
    assets, checks = Events.c, CheckRuns.c
    of_assets = (
        sa.select(sa.func.max(assets.id))
        .where(assets.asset_key.is_not(None))
        .group_by(assets.asset_key, assets.partition, assets.dagster_event_type)
    )
    of_checks = sa.select(sa.func.max(checks.id)).group_by(checks.asset_key, checks.check_name, checks.partition)
    with events.index_connection() as connection:
        for columns, latest in ((assets, of_assets), (checks, of_checks)):
            yield from connection.execute(sa.select(columns.run_id).where(columns.id.in_(latest))).scalars()


def _latest_of_jobs(instance: dg.DagsterInstance, old: Iterable[dg.DagsterRun]) -> Iterator[str]:
    for job in {run.job_name for run in old}:
        yield from (run.run_id for run in instance.get_runs(dg.RunsFilter(job_name=job), limit=1))


def _tries(instance: dg.DagsterInstance, old: Iterable[dg.DagsterRun]) -> Iterator[str]:
    for work in {run.tags[WORK] for run in old if WORK in run.tags}:
        yield from counted(instance, work)


def _let_go(instance: dg.DagsterInstance, events: SqlEventLogStorage, run_id: str) -> None:
    """The run itself goes last: whoever is killed here finds it again, and ends what was begun."""
    with events.index_connection() as connection:
        events.delete_events_for_run(connection, run_id)
        connection.execute(CheckRuns.delete().where(CheckRuns.c.run_id == run_id))
    if isinstance(events, SqliteEventLogStorage):
        for ending in ("", "-wal", "-shm"):
            Path(events.path_for_shard(run_id) + ending).unlink(missing_ok=True)
    instance.run_storage.delete_run(run_id)
