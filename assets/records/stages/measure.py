"""Measuring quality: each village's lists against its own period before. Counts and shares only."""

from __future__ import annotations

from typing import Any

from assets.records.quality import of_records, one_table, quality_tables
from validation.keys import is_one_of
from warehouse.in_force import in_force, lists_in_force
from warehouse.stage import Columns, Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    outcomes = run.read("outcomes")
    counting = lists_in_force(outcomes)
    quarantined, findings = run.read("quarantined"), run.read("findings")
    made = quality_tables(
        in_force(run.read("accepted", columns=of_records()), outcomes),
        quarantined[is_one_of(quarantined["submission_id"], counting)].reset_index(drop=True),
        findings[is_one_of(findings["submission_id"], counting)].reset_index(drop=True),
        run.read("submissions"),
    )
    return {"quality": one_table(made)}, {}


MEASURE = Stage(
    name="quality",
    reads=(
        Columns("submissions", ("submission_id", "kode_desa", "periode")),
        "outcomes",
        "accepted",
        "quarantined",
        "findings",
    ),
    compute=_compute,
)
