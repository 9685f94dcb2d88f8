"""Quality by village: what was measured of the lists that count, added up, against the village's period before."""

from __future__ import annotations

from typing import Any

from assets.records.quality import one_table, quality_tables
from validation.keys import is_one_of
from warehouse.in_force import lists_in_force
from warehouse.stage import Columns, Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    measures = run.read("measures", shared=("submission_id", "kode_desa", "periode", "group", "measure"))
    counting = lists_in_force(run.read("outcomes"))
    mine = measures[is_one_of(measures["submission_id"], counting)].reset_index(drop=True)
    return {"quality": one_table(quality_tables(mine, run.read("submissions")))}, {}


MEASURE = Stage(
    name="quality",
    reads=(Columns("submissions", ("submission_id", "kode_desa", "periode")), "outcomes", "measures"),
    compute=_compute,
)
