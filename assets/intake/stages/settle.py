"""Settling submissions against each other: which count, which were superseded or withdrawn, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.intake.inbox.outcomes import settle
from warehouse.stage import Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    readings = pd.concat([run.read("unplaced_readings"), run.read("readings")], ignore_index=True)
    made = settle(run.read("submissions"), run.read("receipts"), readings, run.read("raw_rows"))
    return {
        "outcomes": made.outcomes,
        "outcome_changes": made.changes,
        "outcome_findings": made.findings,
    }, {}


SETTLE = Stage(
    name="outcomes",
    reads=("submissions", "receipts", "unplaced_readings", "readings", "raw_rows"),
    compute=_compute,
)
"""Decides which submissions count: the newest accepted version of each list, less what was withdrawn."""
