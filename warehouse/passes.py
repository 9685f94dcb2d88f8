"""Passes: every time that people were matched, or referrals made, and what is remembered of it became something else.

Danger: a run is killed after it gave out ids and before it was logged, and nobody can tell that it was there; a replay
without it comes to other ids. Remedy: a stage that remembers notes the pass in a table of its own, written with what it
remembers or not at all. A pass that leaves what is remembered as it was is none.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from validation.spliced import Spliced
from warehouse.arrow import column_in_arrow
from warehouse.contents import read_part
from warehouse.lake import Lake
from warehouse.stage import Content, StageRun
from warehouse.tables import arrow_schema


def with_this_pass(run: StageRun, table: str, made: Content, remembered: Iterable[str], **by: object) -> pd.DataFrame:
    """The table of passes, with this one if any of the `remembered` tables holds something else in `made` than before.

    `by`: what else the table says of a pass.
    """
    before = run.read(table)
    if all(_stands(run.lake, name, made[name]) for name in remembered):
        return before
    said = {"number": len(before) + 1, "at": pd.Timestamp(run.at), "run_id": run.run_id}
    this = pd.DataFrame([said | {"submissions": run.rows("outcomes"), **by}])
    return pd.concat([before, this], ignore_index=True) if len(before) else this


def _stands(lake: Lake, table: str, made: pd.DataFrame | pa.Table | Spliced) -> bool:
    """Whether a table of the lake holds what was made. Columns are compared one after the other: the whole table, which
    is large, stands there as a frame already."""
    if isinstance(made, Spliced):
        return made.is_as_before
    if lake.rows(table) != len(made):
        return False
    return not len(made) or all(
        column_in_arrow(made, field).equals(read_part(lake, table, "", [field.name]))
        for field in arrow_schema(table, made)
    )
