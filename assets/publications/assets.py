"""Dagster assets of the publications room: log of runs, warehouse, directorates' files, reports, corrections."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from assets.publications.run_entry import STARTED_BY, Begun
from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.reports import REPORT, report
from assets.publications.stages.runs import LOG, log_run
from assets.publications.stages.villages import RETURN, return_to_villages
from assets.publications.stages.warehouse import WAREHOUSE, replace_warehouse, takes_long
from assets.support import (
    DATA_TEAM,
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
from warehouse.access import login_name
from warehouse.home import DataHome
from warehouse.refresh import Refresh
from warehouse.standing_checks import read_checks

LAST = {"dagster/priority": "-1"}
"""Tag of a step that others do not wait for: referrals are published before workbooks go back to villages."""
BESIDE = {"dagster/priority": "-2"}
"""Tag of a step whose work is done beside those that are last (`warehouse_beside`)."""
WAREHOUSE_IS_WHOLE = claim(
    "publications/warehouse",
    "the_warehouse_holds_what_the_lake_holds",
    "Each directorate's table in the warehouse has as many referrals as the lake.",
)


@dg.multi_asset(specs=stage_specs(LOG, kinds={"parquet"}))
@bordered
def runs(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> Iterator[dg.MaterializeResult[None]]:
    """Log the run, with the rules, model and code that it used, if it changed anything; and add it to the chain."""
    begun = Begun(context.run.run_id, _started_at(context), started_by(context.run), login_name())
    result = alone(LOG, refresh, progress, lambda run: log_run(run, begun), run_id=context.run.run_id)
    yield from report_tables(context, LOG, [(None, result)])


def _started_at(context: dg.AssetExecutionContext) -> datetime:
    """When the run began, UTC."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    began = record.start_time if record and record.start_time else time.time()
    return datetime.fromtimestamp(began, UTC).replace(tzinfo=None)


def started_by(run: dg.DagsterRun) -> str:
    """What started a run: a command, schedule or sensor, or the web page."""
    tags = ("dagster/schedule_name", "dagster/sensor_name", STARTED_BY)
    return next((f"{tag.rpartition('/')[2]}: {run.tags[tag]}" for tag in tags if tag in run.tags), "dagster")


@dg.asset(
    key=["publications", "warehouse"],
    deps=dependencies(WAREHOUSE),
    group_name="publications",
    kinds={"duckdb"},
    owners=[DATA_TEAM],
    description="warehouse.duckdb: every table of every stage, replaced in one transaction.",
    op_tags=BESIDE,
    check_specs=[WAREHOUSE_IS_WHOLE],
)
@bordered
def warehouse(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Bring the warehouse in line with the lake; what did not change is not written again."""
    replaced = alone(WAREHOUSE, refresh, progress, replace_warehouse, run_id=context.run.run_id)
    lake = refresh.lake
    last = read_checks(home)[-1:]
    found = {f"check {name}": count for entry in last for name, (count, _) in entry["found"].items()}
    yield dg.MaterializeResult(metadata={"tables replaced": len(replaced), **replaced, **found})
    held = lake.read("referrals", columns=["directorate"])["directorate"].value_counts()
    named = {code: f"referrals.{code}" for code in directorates()}
    wrong = sum(table in replaced and replaced[table] != int(held.get(code, 0)) for code, table in named.items())
    yield claim_holds(WAREHOUSE_IS_WHOLE, wrong)


def warehouse_beside(run: dg.DagsterRun, refresh: Refresh) -> None:
    """Have the warehouse of many people brought in line by a helper: it takes one core, and what is last goes on beside
    it. Only where the run will come to the warehouse, and has made all that it holds."""
    chosen = not run.asset_selection or dg.AssetKey(["publications", "warehouse"]) in run.asset_selection
    if chosen and LOG.name in refresh.done and refresh.is_untouched(WAREHOUSE.name):
        begun = WAREHOUSE.begin(refresh.lake, refresh.home, run_id=run.run_id)
        if takes_long(begun):
            refresh.ahead(WAREHOUSE.name, replace_warehouse, begun)


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
        home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress], refresh: dg.ResourceParam[Refresh]
    ) -> dg.MaterializeResult[None]:
        made = alone(PUBLISH, refresh, progress, lambda run: publish(run, directorate), of=directorate)
        return dg.MaterializeResult(metadata={"dagster/row_count": made.rows, "changed": made.changed, **made.files})

    return publication


PUBLICATIONS = [_publication(directorate) for directorate in directorates()]


@dg.asset(
    key=["publications", "reports"],
    deps=dependencies(REPORT),
    group_name="publications",
    kinds={"html"},
    owners=[DATA_TEAM],
    op_tags=LAST,
)
@bordered
def reports(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> dg.MaterializeResult[None]:
    """One page of counts that may be passed on for each directorate, kabupaten and village."""
    warehouse_beside(context.run, refresh)
    made = alone(REPORT, refresh, progress, report)
    return dg.MaterializeResult(metadata={"pages": made.pages, "written": made.written})


@dg.asset(
    key=["publications", "corrections"],
    deps=dependencies(RETURN),
    group_name="publications",
    kinds={"excel"},
    owners=[DATA_TEAM],
    op_tags=LAST,
)
@bordered
def corrections(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> dg.MaterializeResult[None]:
    """One workbook for each list with findings, to go back to its village, and proposals for files not understood."""
    warehouse_beside(context.run, refresh)
    workbooks, proposals = alone(RETURN, refresh, progress, return_to_villages)
    return dg.MaterializeResult(metadata={"workbooks": workbooks, "proposals": proposals})
