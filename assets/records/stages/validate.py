"""Validating records, by kabupaten and period: raw rows become accepted or quarantined records, with findings."""

from __future__ import annotations

from typing import Any

from assets.records.building import build_records
from warehouse.stage import Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    made = build_records(run.read("raw_rows"), run.read("columns"))
    return {
        "accepted": made.accepted,
        "quarantined": made.quarantined,
        "findings": made.findings,
        "row_outcomes": made.outcomes,
    }, {}


VALIDATE = Stage(
    name="records",
    reads=("raw_rows", "columns"),
    partitioned=True,
    compute=_compute,
)
