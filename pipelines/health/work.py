"""What waits: files of the inbox that cannot be read, runs whose process is gone, lists that wait for a person."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from assets.intake.failing import FAILED
from assets.intake.inbox.discovery import COPYING, discover
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER
from assets.records.stages.validate import FAILED_BY, FAILING, VALIDATE
from pipelines.attempts import last_attempts
from pipelines.erasure.retention import past_retention
from pipelines.failures import failing_sensors
from pipelines.health.finding import Finding
from pipelines.instance import as_it_is
from pipelines.liveness import silent_seconds, stuck_runs
from pipelines.settings import retention_years
from pipelines.stages import stale
from warehouse.home import DataHome
from warehouse.in_force import lists_in_force
from warehouse.lake import Lake
from warehouse.manifests import FOLDER as MANIFESTS
from warehouse.registered import not_registered
from warehouse.shrinkage import refused_note

LATE_MINUTES = 60
"""What came, and is not published after so long, is late."""
SILENT_SECONDS = 300.0
"""A daemon says every 30 seconds that it lives."""


def inbox(home: DataHome) -> Iterator[Finding]:
    """Files and folders of the inbox that a run could not open, and those that are still being copied."""
    if not home.inbox.is_dir():
        yield Finding("no_inbox", (str(home.inbox),))
        return
    waiting = discover(home.inbox, now=time.time(), settle_seconds=home.settle_seconds, earlier={}).waiting
    for reason in sorted(set(waiting.values())):
        paths = tuple(path for path, why in waiting.items() if why == reason)
        yield Finding(f"inbox_{reason}", paths, wrong=reason != COPYING)


def runs(home: DataHome) -> Iterator[Finding]:
    """Runs that Dagster takes for going on although their process is gone."""
    with as_it_is(home) as instance:
        stuck = stuck_runs(instance, home) if instance else []
    if stuck:
        yield Finding("stuck_runs", tuple(stuck))


def failures(home: DataHome) -> Iterator[Finding]:
    """Work of the daemon whose last run failed: what is tried again by itself is said, what was given up is wrong."""
    with as_it_is(home) as instance:
        tried = last_attempts(instance) if instance else []
    given_up, again = (
        tuple(f"{each.work}: run {each.last_run}" for each in tried if each.given_up is final)
        for final in (True, False)
    )
    if given_up:
        yield Finding("given_up", given_up)
    if again:
        yield Finding("tried_again", again, wrong=False)
    if refused_note(home).exists():
        yield Finding("shrink_refused", (str(refused_note(home)),))


def failing(home: DataHome) -> Iterator[Finding]:
    """Files that the program fails at, and rows of lists that count, which wait in quarantine, and by which errors."""
    lake = Lake(home.lake)
    outcomes = lake.read("outcomes", columns=["submission_id", "outcome", "reason_code"])
    refused = outcomes.loc[outcomes["reason_code"] == FAILED, "submission_id"]
    if len(refused):
        paths = lake.read("submissions", columns=["submission_id", "path"]).set_index("submission_id")["path"]
        yield Finding("failing_files", tuple(sorted(paths[refused])))
    facts = [manifest.facts for manifest in lake.manifests(VALIDATE.name).values()]
    rows = Counter({sid: count for each in facts for sid, count in each.get(FAILING, {}).items()})
    count = sum(rows[sid] for sid in lists_in_force(outcomes)) if rows else 0
    if count:
        errors = {error for each in facts for error in each.get(FAILED_BY, ())}
        yield Finding("failing_rows", tuple(sorted(errors)), {"count": count})


def publication(home: DataHome) -> Iterator[Finding]:
    """Whether what came is read and published; wrong where it has waited for longer than an hour."""
    lake = Lake(home.lake)
    due = [f"read {'/'.join(partition)}" for partition in READ.pending(lake, home)]
    due += [f"refresh {name}" for name in stale(lake, home)]
    if due:
        since = min((path.stat().st_mtime for path in _sources(home)), default=time.time())
        minutes = int((time.time() - since) // 60)
        yield Finding("not_published", tuple(due), {"minutes": minutes}, wrong=minutes >= LATE_MINUTES)


def _sources(home: DataHome) -> Iterator[Path]:
    """What says that something changed: the registry, and the review decisions."""
    yield from (home.lake / MANIFESTS).glob(f"{REGISTER.name}.json")
    yield from home.review.glob("*.jsonl")


def daemon(home: DataHome) -> Iterator[Finding]:
    """Whether a daemon that once looked after this home still does, and its sensors come to something."""
    with as_it_is(home) as instance:
        quiet = silent_seconds(instance) if instance else None
        failing = failing_sensors(instance) if instance and quiet is not None else []
    if quiet is not None and quiet > SILENT_SECONDS:
        yield Finding("daemon_silent", facts={"minutes": int(quiet // 60)})
    elif failing:
        yield Finding("failing_sensors", tuple(failing))


def waiting(home: DataHome) -> Iterator[Finding]:
    """How much waits for a person or for the next run. Nothing of it is wrong with the installation."""
    lake = Lake(home.lake)
    outcomes = lake.read("outcomes", columns=["outcome"])["outcome"].value_counts()
    counts = {outcome: int(outcomes.get(outcome, 0)) for outcome in ("held", "rejected")}
    yield Finding("waiting", facts={**counts, "unregistered": len(not_registered(lake))}, wrong=False)
    again = READ.unfinished(lake)
    if again:
        yield Finding("read_again", tuple("/".join(partition) for partition in again), wrong=False)


def retention(home: DataHome) -> Iterator[Finding]:
    """People who were last listed longer ago than their data may be kept."""
    years = retention_years()
    count = len(past_retention(Lake(home.lake), years, date.today())) if years else 0
    if count:
        yield Finding("past_retention", facts={"count": count, "years": years})
