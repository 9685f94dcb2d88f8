"""Registering files, reading partitions, settling submissions against each other: lake in, lake out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd

from assets.intake.inbox.discovery import Discovery, discover
from assets.intake.inbox.outcomes import settle
from assets.intake.inbox.registration import Registry, register
from assets.intake.reading import read_partition
from warehouse.files import write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake, Manifest, Partition, digest_of
from warehouse.stage import StageResult, Tables, code_digest, run_stage

STAGE = "submissions"
_ROOMS = (Path(__file__).parent, Path(__file__).parents[2] / "validation")


def look(home: DataHome, *, remember: bool) -> Discovery:
    """Look into the inbox. With `remember`, the next look knows which files have not changed since this one."""
    memory = home.lake / "_looks.json"
    earlier = (
        {path: (seen[0], seen[1]) for path, seen in json.loads(memory.read_text()).items()} if memory.exists() else {}
    )
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


def register_inbox(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> StageResult:
    """Archive and register what is new in the inbox, and place each file in its kabupaten and period."""
    discovery = look_twice(home)
    before = lake.manifest(STAGE)
    inputs = digest_of(listing_digest(discovery), code_digest(*_ROOMS))

    def compute() -> tuple[Tables, dict[str, object]]:
        registry = Registry(lake.read(STAGE, "submissions"), lake.read(STAGE, "receipts"))
        made = register(discovery, home.archive, registry, received_at=at, run_id=run_id, workers=home.workers)
        tables = {
            "submissions": made.registry.submissions,
            "receipts": made.registry.receipts,
            "unplaced_readings": made.readings,
            "unplaced_proposals": made.proposals,
            "registration_findings": made.findings,
            "raw_answers": made.answers,
        }
        return tables, {"waiting": len(discovery.waiting), "listing": listing_digest(discovery)}

    result = run_stage(lake, STAGE, inputs, compute)
    return StageResult(result.manifest, changed=before is None or before.digest != result.manifest.digest)


def partition_inputs(lake: Lake) -> dict[Partition, str]:
    """What each partition would be read from now: the hash of its submissions, their declarations, and the code."""
    placed = lake.read(STAGE, "submissions").dropna(subset=["kode_kabupaten", "periode"])
    facts = ["submission_id", "path", "format", "kode_desa", "declaration"]
    groups = placed.sort_values("submission_id").groupby(["kode_kabupaten", "periode"])
    inputs = {
        Partition(str(kab), str(periode)): digest_of(
            group[facts].astype("object").where(group[facts].notna(), None).values.tolist(), code_digest(*_ROOMS)
        )
        for (kab, periode), group in groups
    }
    emptied = digest_of([], code_digest(*_ROOMS))
    return dict.fromkeys(lake.partitions("rows"), emptied) | inputs


def pending_partitions(lake: Lake) -> dict[Partition, str]:
    """The partitions that have to be read (again), each with the hash of what it would be read from."""

    def standing(manifest: Manifest | None) -> str | None:
        return manifest.inputs if manifest else None

    return {p: inputs for p, inputs in partition_inputs(lake).items() if standing(lake.manifest("rows", p)) != inputs}


def read_rows(
    home: DataHome, lake: Lake, partition: Partition, progress: Callable[[int], None] | None = None
) -> StageResult:
    """Read every submission of a partition into rows, columns and the row ledger."""
    inputs = partition_inputs(lake).get(partition, digest_of([], code_digest(*_ROOMS)))

    def compute() -> tuple[Tables, dict[str, object]]:
        registered = lake.read(STAGE, "submissions")
        mine = (registered["kode_kabupaten"] == partition.kode_kabupaten) & (registered["periode"] == partition.periode)
        made = read_partition(
            registered[mine].reset_index(drop=True), home.archive, workers=home.workers, progress=progress
        )
        tables = {
            "readings": made.readings,
            "ledger": made.ledger,
            "columns": made.columns,
            "raw_rows": made.raw_rows,
            "intake_findings": made.findings,
            "proposals": made.proposals,
        }
        return tables, {}

    return run_stage(lake, "rows", inputs, compute, partition)


def settle_outcomes(lake: Lake) -> StageResult:
    """Decide which submissions count: the newest accepted version of each list, less what was withdrawn."""
    inputs = digest_of(lake.digest(STAGE, "rows"), code_digest(*_ROOMS))

    def compute() -> tuple[Tables, dict[str, object]]:
        readings = pd.concat([lake.read(STAGE, "unplaced_readings"), lake.read("rows", "readings")], ignore_index=True)
        made = settle(
            lake.read(STAGE, "submissions"), lake.read(STAGE, "receipts"), readings, lake.read("rows", "raw_rows")
        )
        return {
            "outcomes": made.outcomes,
            "outcome_changes": made.changes,
            "outcome_findings": made.findings,
        }, {}

    return run_stage(lake, "outcomes", inputs, compute)
