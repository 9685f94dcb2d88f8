"""Reading files: every submission of a kabupaten and period into rows, columns and the row ledger."""

from __future__ import annotations

from typing import Any

from assets.intake.reading import read_partition
from warehouse.stage import Columns, Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    made = read_partition(run.read("submissions"), run.home.archive, workers=run.home.workers)
    return {
        "readings": made.readings,
        "ledger": made.ledger,
        "columns": made.columns,
        "raw_rows": made.raw_rows,
        "intake_findings": made.findings,
        "proposals": made.proposals,
    }, {}


READ = Stage(
    name="rows",
    reads=(Columns("submissions", ("submission_id", "path", "format", "kode_desa", "periode", "declaration")),),
    partitioned=True,
    compute=_compute,
)
