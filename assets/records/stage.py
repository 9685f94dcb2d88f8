"""Validating records, per kabupaten and period: lake in, lake out, without any framework."""

from __future__ import annotations

from pathlib import Path

from assets.records.building import build_records
from warehouse.lake import Lake, Partition, digest_of
from warehouse.stage import StageResult, Tables, code_digest, run_stage

STAGE = "records"
_ROOMS = (Path(__file__).parent, Path(__file__).parents[2] / "validation")


def validate_partition(lake: Lake, partition: Partition) -> StageResult:
    """Turn the raw rows of a partition into accepted and quarantined records with their findings."""
    rows = lake.manifest("rows", partition)
    inputs = digest_of(rows.digest if rows else None, code_digest(*_ROOMS))

    def compute() -> tuple[Tables, dict[str, object]]:
        made = build_records(lake.read("rows", "raw_rows", partition), lake.read("rows", "columns", partition))
        tables = {
            "accepted": made.accepted,
            "quarantined": made.quarantined,
            "findings": made.findings,
            "row_outcomes": made.outcomes,
        }
        return tables, {}

    return run_stage(lake, STAGE, inputs, compute, partition)
