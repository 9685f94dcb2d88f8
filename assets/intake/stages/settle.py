"""Settling submissions against each other: which count, which were superseded or withdrawn, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.intake.inbox.outcomes import OF_PEOPLE, settle
from validation.shrinkage import Shrink, accounted_for, shrinkage
from warehouse.in_force import lists_in_force
from warehouse.shrinkage import require_no_shrink
from warehouse.stage import Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    readings = pd.concat([run.read("unplaced_readings"), run.read("readings")], ignore_index=True)
    submissions = run.read("submissions")
    rows = (run.read("raw_rows", part, list(OF_PEOPLE)) for part in run.partitions("raw_rows"))
    made = settle(submissions, run.read("receipts"), readings, rows)
    loss = _loss(run.read("outcomes"), made.outcomes, submissions, run.home.shrink_percent)
    require_no_shrink([loss], run.home, run_id=run.run_id, at=run.at)
    return {
        "outcomes": made.outcomes,
        "outcome_changes": made.changes,
        "outcome_findings": made.findings,
    }, {}


def _loss(before: pd.DataFrame, after: pd.DataFrame, submissions: pd.DataFrame, percent: float) -> Shrink | None:
    """Lists that counted and no longer do, though nobody withdrew or replaced them."""
    village = submissions.set_index("submission_id")["kode_desa"]
    were, are = (
        pd.DataFrame({"id": counting, "kode_desa": counting.map(village)})
        for counting in (lists_in_force(before), lists_in_force(after))
    )
    return shrinkage("lists", were, are, accounted_for(after), percent=percent)


SETTLE = Stage(
    name="outcomes",
    reads=("submissions", "receipts", "unplaced_readings", "readings", "raw_rows"),
    remembers=("outcomes",),
    compute=_compute,
)
"""Decides which submissions count: the newest accepted version of each list, less what was withdrawn."""
