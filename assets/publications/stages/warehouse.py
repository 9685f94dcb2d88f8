"""The warehouse: every table of every stage in one DuckDB file."""

from __future__ import annotations

from warehouse.projection import is_due, project
from warehouse.shrinkage import refused_note
from warehouse.stage import Stage, StageRun
from warehouse.standing_checks import note_checks
from warehouse.tables import projection

WAREHOUSE = Stage(
    name="warehouse",
    reads=tuple(dict.fromkeys(source for sources in projection().values() for source in sources)),
    module=__name__,
)


MANY = 100_000
"""From so many records on it pays to have another process bring the warehouse in line."""


def takes_long(run: StageRun) -> bool:
    """Whether bringing the warehouse in line will take long enough to be done beside other stages."""
    return run.rows("membership") >= MANY and is_due(run.lake, run.home.warehouse)


def replace_warehouse(run: StageRun) -> dict[str, int]:
    """Bring `warehouse.duckdb` in line with the lake; returns the rows of each table that was replaced.

    What the standing checks find then is noted. The note of a loss that stopped an earlier run goes: this run came
    past it.
    """
    replaced = project(
        run.lake, run.home.warehouse, before_it_counts=lambda: note_checks(run.home, run_id=run.run_id, at=run.at)
    )
    refused_note(run.home).unlink(missing_ok=True)
    return replaced
