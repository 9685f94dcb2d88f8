"""Dagster assets of the publications room: log of runs, warehouse, directorates' files, corrections."""

from collections.abc import Iterator

import dagster as dg

from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.runs import LOG
from assets.publications.stages.villages import RETURN, return_to_villages
from assets.publications.stages.warehouse import WAREHOUSE, replace_warehouse
from assets.support import (
    DATA_TEAM,
    WRITER_POOL,
    Progress,
    alone,
    bordered,
    claim,
    claim_holds,
    dependencies,
    report_tables,
    stage_specs,
)
from validation.directorates import directorates
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.stage import run_stage

LAST = {"dagster/priority": "-1"}
"""Tag of a step that others do not wait for: referrals are published before workbooks go back to villages."""
WAREHOUSE_IS_WHOLE = claim(
    "publications/warehouse",
    "the_warehouse_holds_what_the_lake_holds",
    "Each directorate's table in the warehouse has as many referrals as the lake.",
)


@dg.multi_asset(specs=stage_specs(LOG, kinds={"parquet"}))
@bordered
def runs(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None]]:
    """Log the run, with the rules, model and code that it used, if it changed anything."""
    result = alone(LOG, home, progress, run_stage, run_id=context.run.run_id)
    yield from report_tables(context, LOG, [(None, result)])


@dg.asset(
    key=["publications", "warehouse"],
    deps=dependencies(WAREHOUSE),
    group_name="publications",
    kinds={"duckdb"},
    owners=[DATA_TEAM],
    description="warehouse.duckdb: every table of every stage, replaced in one transaction.",
    check_specs=[WAREHOUSE_IS_WHOLE],
    pool=WRITER_POOL,
)
@bordered
def warehouse(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Bring the warehouse in line with the lake; what did not change is not written again."""
    lake = Lake(home.lake)
    replaced = alone(WAREHOUSE, home, progress, replace_warehouse)
    yield dg.MaterializeResult(metadata={"tables replaced": len(replaced), **replaced})
    held = lake.read("referrals", columns=["directorate"])["directorate"].value_counts()
    named = {code: f"referrals.{code}" for code in directorates()}
    wrong = sum(table in replaced and replaced[table] != int(held.get(code, 0)) for code, table in named.items())
    yield claim_holds(WAREHOUSE_IS_WHOLE, wrong)


def _publication(directorate: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["publications", directorate],
        deps=dependencies(PUBLISH, directorate),
        group_name="publications",
        kinds={"duckdb", "excel", "parquet"},
        owners=[DATA_TEAM, f"team:{directorate}"],
        description=f"rujukan.duckdb, .parquet and .xlsx of {directorate}: its own referrals and nothing else.",
    )
    @bordered
    def publication(
        home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[None]:
        made = alone(PUBLISH, home, progress, lambda run: publish(run, directorate), of=directorate)
        return dg.MaterializeResult(metadata={"dagster/row_count": made.rows, "changed": made.changed, **made.files})

    return publication


PUBLICATIONS = [_publication(directorate) for directorate in directorates()]


@dg.asset(
    key=["publications", "corrections"],
    deps=dependencies(RETURN),
    group_name="publications",
    kinds={"excel"},
    owners=[DATA_TEAM],
    op_tags=LAST,
)
@bordered
def corrections(home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]) -> dg.MaterializeResult[None]:
    """One workbook for each list with findings, to go back to its village, and proposals for files not understood."""
    workbooks, proposals = alone(RETURN, home, progress, return_to_villages)
    return dg.MaterializeResult(metadata={"workbooks": workbooks, "proposals": proposals})
