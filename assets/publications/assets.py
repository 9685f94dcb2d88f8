"""Dagster assets of the publications room: the warehouse, the directorates' files, what goes back to villages."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from assets.publications.quality import quality_markdown, tables_of
from assets.publications.stage import publish, replace_warehouse, return_to_villages
from assets.support import DATA_TEAM, WRITER_POOL, Progress, claim, claim_holds, table_schema
from warehouse.files import locked
from warehouse.home import DataHome
from warehouse.lake import Lake

WAREHOUSE_IS_WHOLE = claim(
    "publications/warehouse",
    "the_warehouse_holds_what_the_lake_holds",
    "Each directorate's table in the warehouse has as many referrals as the lake.",
)
VILLAGES_ARE_STEADY = claim(
    "records/quality", "no_village_jumps", "No village's measures jump beyond their usual band.", blocking=False
)
REFERRALS = ["referrals/rehsos", "referrals/dayasos", "referrals/jamsos"]
UPSTREAM = [*REFERRALS, "referrals/unrouted", "referrals/history", "households/links", "records/quarantined",
            "records/findings", "intake/outcomes", "intake/rows"]  # fmt: skip


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            ["publications", "warehouse"],
            deps=[key.split("/") for key in UPSTREAM],
            group_name="publications",
            kinds={"duckdb"},
            owners=[DATA_TEAM],
            description="warehouse.duckdb: every table of every stage, replaced in one transaction.",
        ),
        dg.AssetSpec(
            ["records", "quality"],
            deps=[["records", "accepted"], ["records", "quarantined"], ["records", "findings"]],
            group_name="records",
            kinds={"pandas", "parquet"},
            owners=[DATA_TEAM],
            description="Completeness and findings of each village's lists, against its own period before.",
            metadata={"dagster/column_schema": table_schema("quality")},
        ),
    ],
    check_specs=[WAREHOUSE_IS_WHOLE, VILLAGES_ARE_STEADY],
    pool=WRITER_POOL,
)
def warehouse(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Bring the warehouse in line with the lake; what did not change is not written again."""
    lake = Lake(home.lake)
    progress.start("warehouse", 1)
    with locked(home.lock):
        replaced = replace_warehouse(home, lake, run_id=context.run.run_id, at=datetime.now(UTC).replace(tzinfo=None))
    progress.advance()
    yield dg.MaterializeResult(
        asset_key=["publications", "warehouse"], metadata={"tables replaced": len(replaced), **replaced}
    )
    quality = lake.read("quality", "quality")
    page = dg.MetadataValue.md(quality_markdown(tables_of(quality)))
    yield dg.MaterializeResult(
        asset_key=["records", "quality"], metadata={"dagster/row_count": len(quality), "quality": page}
    )
    held = lake.read("referrals", "referrals", columns=["directorate"])["directorate"].value_counts()
    names = [key.split("/")[1] for key in REFERRALS]
    wrong = sum(f"referrals.{n}" in replaced and replaced[f"referrals.{n}"] != int(held.get(n, 0)) for n in names)
    yield claim_holds(WAREHOUSE_IS_WHOLE, wrong)
    jumps = quality[quality["jumps"].fillna(False)]
    yield claim_holds(VILLAGES_ARE_STEADY, len(jumps), warn=True, examples=sorted(set(jumps["kode_desa"])))


def _publication(directorate: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["publications", directorate],
        deps=[["referrals", directorate], ["households", "persons"], ["publications", "warehouse"]],
        group_name="publications",
        kinds={"duckdb", "excel", "parquet"},
        owners=[DATA_TEAM, f"team:{directorate}"],
        description=f"rujukan.duckdb, .parquet and .xlsx of {directorate}: its own referrals and nothing else.",
    )
    def publication(
        home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[None]:
        progress.start(f"publish:{directorate}", 1)
        with locked(home.lock):
            made = publish(home, Lake(home.lake), directorate)
        progress.advance()
        return dg.MaterializeResult(metadata={"dagster/row_count": made.rows, "changed": made.changed, **made.files})

    return publication


PUBLICATIONS = [_publication(key.split("/")[1]) for key in REFERRALS]


@dg.asset(
    key=["publications", "corrections"],
    deps=[["records", "findings"], ["records", "quarantined"], ["intake", "columns"], ["intake", "outcomes"]],
    group_name="publications",
    kinds={"excel"},
    owners=[DATA_TEAM],
)
def corrections(home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]) -> dg.MaterializeResult[None]:
    """One workbook for each list with findings, to go back to its village, and proposals for files not understood."""
    progress.start("corrections", 1)
    with locked(home.lock):
        workbooks, proposals = return_to_villages(home, Lake(home.lake))
    progress.advance()
    return dg.MaterializeResult(metadata={"workbooks": workbooks, "proposals": proposals})
