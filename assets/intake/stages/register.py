"""Registering files: what lies in the inbox is archived, registered, and placed in its kabupaten and period."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from assets.intake.inbox.discovery import Discovery, discover
from assets.intake.inbox.lost_registry import require_registry
from assets.intake.inbox.registration import Registry, register
from warehouse.files import read_note, sweep, write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake, digest_of
from warehouse.stage import Content, Stage, StageResult, StageRun, run_stage


def look(home: DataHome, *, remember: bool) -> Discovery:
    """Look into the inbox. With `remember`, the next look knows which files have not changed since this one."""
    memory = home.lake / "_looks.json"
    earlier = {path: (seen[0], seen[1]) for path, seen in read_note(memory).items()}
    found = discover(home.inbox, now=time.time(), settle_seconds=home.settle_seconds, earlier=earlier)
    if remember:
        write_whole(memory, json.dumps(found.looks).encode())
    return found


def look_twice(home: DataHome) -> Discovery:
    """Look into the inbox, and once more after `home.second_look_seconds` if files are still being copied."""
    discovery = look(home, remember=True)
    if discovery.waiting and home.second_look_seconds:
        time.sleep(home.second_look_seconds)
        discovery = look(home, remember=True)
    return discovery


def listing_digest(discovery: Discovery) -> str:
    """One hash over what lies in the inbox (paths, sizes, times, declarations, also those of files that have gone).

    Equal means that there is nothing to register.
    """
    return digest_of([[f.path, f.size, f.mtime_ns, f.declaration] for f in discovery.files], discovery.orphans)


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    discovery: Discovery = run.settings
    registry = Registry(run.read("submissions"), run.read("receipts"))
    made = register(
        discovery, run.home.archive, registry, received_at=run.at, run_id=run.run_id, workers=run.home.workers
    )
    tables = {
        "submissions": made.registry.submissions,
        "receipts": made.registry.receipts,
        "unplaced_readings": made.readings,
        "unplaced_proposals": made.proposals,
        "registration_findings": made.findings,
        "raw_answers": made.answers,
    }
    return tables, {"waiting": len(discovery.waiting), "listing": listing_digest(discovery)}


REGISTER = Stage(
    name="submissions",
    title="register what lies in the inbox",
    reads=(),
    remembers=("submissions", "receipts"),
    settings=look_twice,
    fingerprint=listing_digest,
    compute=_compute,
)


def register_inbox(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> StageResult:
    """Archive and register what is new in the inbox. `changed`: whether the registry changed.

    First sweeps away what killed processes left half-written in the home: the caller holds its lock.
    Raises `RegistryLostError` where the archive holds files and the registry none.
    """
    sweep(home.archive, home.lake, home.published, home.corrections, home.plan, home.losses)
    before = lake.manifest(REGISTER.name)
    run = REGISTER.begin(lake, home, run_id=run_id, at=at)
    require_registry(home, lake, [file.absolute for file in run.settings.files])
    result = run_stage(run)
    return StageResult(result.manifest, changed=before is None or before.digest != result.manifest.digest)
