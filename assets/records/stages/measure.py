"""Quality by village: what was measured of the lists that count, added up, against the village's period before."""

from __future__ import annotations

from typing import Any

from assets.records.quality import one_table, quality_markdown, quality_tables, tables_of
from validation.keys import is_one_of
from warehouse.arrow import to_arrow, to_pandas
from warehouse.in_force import lists_in_force
from warehouse.stage import Columns, Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    measures = run.read("measures", shared=("submission_id", "kode_desa", "periode", "group", "measure"))
    counting = lists_in_force(run.read("outcomes"))
    mine = measures[is_one_of(measures["submission_id"], counting)].reset_index(drop=True)
    quality = to_arrow("quality", one_table(quality_tables(mine, run.read("submissions"))))
    kept = to_pandas(quality)
    jumps = kept.loc[kept["jumps"].fillna(False), "kode_desa"]
    facts = {PAGE: quality_markdown(tables_of(kept)), JUMPS: len(jumps), JUMPING: sorted(set(jumps))[:_EXAMPLES]}
    return {"quality": quality}, facts


PAGE, JUMPS, JUMPING = "page", "jumps", "jumping"
"""The facts by which the manifest keeps the page for the web interface, and says how many measures jump, and in which
villages, some of them."""
_EXAMPLES = 5

MEASURE = Stage(
    name="quality",
    reads=(Columns("submissions", ("submission_id", "kode_desa", "periode")), "outcomes", "measures"),
    compute=_compute,
)
