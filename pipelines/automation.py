"""What starts runs by itself: one sensor reads what came into the inbox, one refers and publishes once that is read."""

from __future__ import annotations

import time

import dagster as dg

from assets.intake.inbox.discovery import COPYING, LEADS_OUT, LINKED
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER, look, news, settled_digest
from assets.partitions import KABUPATEN_PERIODE, partition_key
from assets.publications.stages.runs import modules_of_a_run
from assets.records.stages.validate import VALIDATE
from assets.support import bordered
from pipelines.attempts import FAILED, Attempts, attempts
from pipelines.jobs import full_refresh, read_and_validate, refresh_global, register_inbox
from pipelines.liveness import GOING_ON, end_abandoned_runs
from pipelines.settings import run_days, sensor_seconds
from pipelines.stages import stale
from warehouse.code import require_unchanged
from warehouse.files import make_private
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition, digest_of
from warehouse.stage import UNFINISHED

INTERVAL_SECONDS = sensor_seconds()
AGAIN_SECONDS = 3600
"""How often a file is tried again whose reader was stopped or too slow; memory that ran out is not back at once."""
PATIENCE_SECONDS = 900.0
"""Publishing waits at most so long for lists that are still being read, if more and more of them come."""
REGISTER_WORK, REFRESH_WORK = "register", "refresh"
_WAITING = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, *GOING_ON]
READING_QUEUE = "reading"
"""The queue of Celery from which machines take kabupaten and periods to read, where they share a state."""
_FIRST, _SECOND, _THIRD = 30, 20, 10
"""Priorities: what was dropped is registered first, then read, then published; backfills (0) come after all."""


@dg.sensor(
    jobs=[register_inbox, read_and_validate],
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Registers what is new in the inbox, and reads each kabupaten and period that it touches.",
)
@bordered
def inbox_sensor(context: dg.SensorEvaluationContext, home: dg.ResourceParam[DataHome]) -> dg.SensorResult:
    """Register what is new in the inbox, then read each kabupaten and period that it touched, one run for each.

    The lake is the truth, not a cursor: a partition is due as long as its manifest does not name its present files.
    """
    from pipelines.pruning import prune_now_and_then  # and with it Dagster's databases: only where there is one

    require_unchanged(*modules_of_a_run())
    home.make()
    make_private(home.dagster)  # Dagster's own processes write there for all to read
    instance, lake, now = context.instance, Lake(home.lake), time.time()
    end_abandoned_runs(instance, home)
    prune_now_and_then(instance, home, run_days(), now)
    requests, waits = [], []
    registering = _registering(instance, lake, home, now)
    if registering is not None:
        requests.append(registering.request(register_inbox.name, priority=_FIRST))
    reading, queue = _reading(instance, lake, home, now), READING_QUEUE if home.storage else ""
    for partition, tried in sorted(reading.items()):
        key, due = partition_key(partition), tried.due_at(tried.failures, home.retry_seconds)
        if tried.given_up:
            waits.append(f"{key}: given up after {tried.failures} failures, the last in run {tried.last_run}")
        elif due <= now:
            requests.append(tried.request(read_and_validate.name, partition_key=key, priority=_SECOND, queue=queue))
        else:
            waits.append(f"{key}: tried again in {due - now:.0f} s")
    if not requests:
        return dg.SensorResult(skip_reason=dg.SkipReason("\n".join(waits) or "The inbox holds nothing new."))
    known = KABUPATEN_PERIODE.build_add_request([partition_key(p) for p in sorted(reading)])
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=[known] if reading else [])


def _registering(instance: dg.DagsterInstance, lake: Lake, home: DataHome, now: float) -> Attempts | None:
    """The registration that is due now, if any: something is new, or something that could not be taken is due again.

    A file that is still being copied is news at the next look, when it has not changed any more; a link that waits is
    news when it is replaced.
    """
    found, known = look(home, remember=True), lake.manifest(REGISTER.name)
    tried = attempts(instance, REGISTER_WORK, settled_digest(found))
    closed = any(reason not in (COPYING, LINKED, LEADS_OUT) for reason in found.waiting.values())
    unfinished = known is not None and bool(known.facts.get(UNFINISHED))
    wanted = news(lake, found) or closed or unfinished
    due = wanted and not tried.going_on and tried.due_at(tried.runs, home.retry_seconds) <= now
    return tried if due else None


def _reading(instance: dg.DagsterInstance, lake: Lake, home: DataHome, now: float) -> dict[Partition, Attempts]:
    """The kabupaten and periods that have to be read or validated and are not being so, with what was tried. A run
    that was killed between the two leaves rows without records: its lists would count, and their people would not."""
    found = {}
    for partition, inputs in (VALIDATE.pending(lake, home) | READ.pending(lake, home)).items():
        found[partition] = attempts(instance, partition_key(partition), inputs)
    for partition in READ.unfinished(lake):
        if partition not in found:
            again = attempts(instance, partition_key(partition), f"{int(now // AGAIN_SECONDS)}")
            if not again.runs:
                found[partition] = again
    return {partition: tried for partition, tried in found.items() if not tried.going_on}


@dg.sensor(
    job=refresh_global,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Matches, refers and publishes as soon as what came into the inbox was read, if anything changed.",
)
@bordered
def refresh_sensor(
    context: dg.SensorEvaluationContext, home: dg.ResourceParam[DataHome]
) -> dg.RunRequest | dg.SkipReason:
    """Refresh the global stages when something that they rest on changed, and what is being read has been read.

    What waits for its next try, or was given up, is not waited for: other kabupaten get their referrals.
    """
    require_unchanged(*modules_of_a_run())
    instance, lake, now = context.instance, Lake(home.lake), time.time()
    if not lake.partitions(READ.name):
        return dg.SkipReason("Nothing has been read yet.")
    sources = digest_of(lake.digest(REGISTER.name, READ.name, VALIDATE.name), _decisions(home), home.profile)
    tried = attempts(instance, REFRESH_WORK, sources)
    if tried.going_on:
        return dg.SkipReason("A refresh is going on.")
    if not stale(lake, home) and not _last_failed(instance):
        context.update_cursor("")
        return dg.SkipReason("Everything that was read is published.")
    if tried.given_up:
        return dg.SkipReason(f"Given up after {tried.failures} failures until something changes: run {tried.last_run}.")
    due = tried.due_at(tried.failures, home.retry_seconds)
    if due > now:
        return dg.SkipReason(f"Tried again in {due - now:.0f} s.")
    since = float(context.cursor or now)
    context.update_cursor(str(since))
    if _being_read(instance, lake, home, now) and now - since < PATIENCE_SECONDS:
        return dg.SkipReason("Some kabupaten and periods are still being read.")
    return tried.request(refresh_global.name, priority=_THIRD)


def _being_read(instance: dg.DagsterInstance, lake: Lake, home: DataHome, now: float) -> bool:
    """Whether something is being registered or read, or is about to be for the first time."""
    for job in (register_inbox, read_and_validate):
        if instance.get_runs(dg.RunsFilter(job_name=job.name, statuses=_WAITING), limit=1):
            return True
    return any(not tried.runs for tried in _reading(instance, lake, home, now).values())


def _last_failed(instance: dg.DagsterInstance) -> bool:
    """Whether the last run that publishes did not come to its end."""
    found = [
        record
        for job in (refresh_global, full_refresh)
        for record in instance.get_run_records(dg.RunsFilter(job_name=job.name), limit=1)
    ]
    latest = max(found, key=lambda record: record.create_timestamp, default=None)
    return latest is not None and latest.dagster_run.status in FAILED


def _decisions(home: DataHome) -> list[tuple[str, int]]:
    """Review decisions count as a change too: names and sizes of the ledger's files are enough to notice one."""
    return sorted((path.name, path.stat().st_size) for path in home.review.glob("*")) if home.review.exists() else []
