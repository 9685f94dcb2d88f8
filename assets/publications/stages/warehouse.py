"""The warehouse: every table of every stage in one DuckDB file."""

from __future__ import annotations

from warehouse.projection import project
from warehouse.stage import Stage, StageRun
from warehouse.tables import projection

WAREHOUSE = Stage(
    name="warehouse",
    reads=tuple(dict.fromkeys(source for sources in projection().values() for source in sources)),
    module=__name__,
)


def replace_warehouse(run: StageRun) -> dict[str, int]:
    """Bring `warehouse.duckdb` in line with the lake; returns the rows of each table that was replaced."""
    return project(run.lake, run.home.warehouse)
