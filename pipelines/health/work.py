"""What waits: files of the inbox that cannot be read, runs whose process is gone, lists that wait for a person."""

from __future__ import annotations

import time
from collections.abc import Iterator

from assets.intake.inbox.discovery import COPYING, discover
from assets.intake.stages.read import READ
from assets.intake.stages.register import not_registered
from pipelines.health.finding import Finding
from pipelines.liveness import stuck_runs
from warehouse.home import DataHome
from warehouse.lake import Lake


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
    stuck = stuck_runs(home)
    if stuck:
        yield Finding("stuck_runs", tuple(stuck))


def waiting(home: DataHome) -> Iterator[Finding]:
    """How much waits for a person or for the next run. Nothing of it is wrong with the installation."""
    lake = Lake(home.lake)
    outcomes = lake.read("outcomes", columns=["outcome"])["outcome"].value_counts()
    counts = {outcome: int(outcomes.get(outcome, 0)) for outcome in ("held", "rejected")}
    yield Finding("waiting", facts={**counts, "unregistered": len(not_registered(lake))}, wrong=False)
    again = READ.unfinished(lake)
    if again:
        yield Finding("read_again", tuple("/".join(partition) for partition in again), wrong=False)
