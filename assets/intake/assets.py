"""Dagster assets of the intake room: files registered, rows read, every row accounted for."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from assets.intake.formats.isolation import ReaderPool
from assets.intake.reading import ledger_balance
from assets.intake.stage import STAGE, partition_inputs, read_rows, register_inbox, settle_outcomes
from assets.partitions import PERIODE
from assets.support import DATA_TEAM, claim, claim_holds, report_tables, table_schema, table_spec
from warehouse.files import locked
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition
from warehouse.progress import Progress

ROW_TABLES = {"intake/rows": "ledger", "intake/columns": "columns"}
LEDGER_BALANCES = claim(
    "intake/rows",
    "the_row_ledger_balances",
    "For every sheet of every accepted file: physical rows = title + header + … + data, and each data row was read.",
)
CONTROL_TOTALS_AGREE = claim(
    "intake/rows", "control_totals_agree", "Each sheet's own JUMLAH equals the rows read from it.", blocking=False
)
EVERY_FILE_HAS_ONE_OUTCOME = claim(
    "intake/outcomes",
    "every_file_has_exactly_one_outcome",
    "Each distinct file ends as accepted, held, rejected, superseded or withdrawn.",
)


@dg.asset(
    key=["intake", "submissions"],
    group_name="intake",
    kinds={"file", "parquet"},
    owners=[DATA_TEAM],
    metadata={"dagster/column_schema": table_schema("submissions")},
)
def submissions(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult[None]:
    """Every file of the inbox, archived by its hash and placed in its kabupaten and period."""
    lake = Lake(home.lake)
    progress.start("Mendaftar berkas", 1)
    with locked(home.lock):
        result = register_inbox(home, lake, run_id=context.run.run_id, at=datetime.now(UTC).replace(tzinfo=None))
    progress.advance()
    periods = sorted({partition.periode for partition in partition_inputs(lake)})
    context.instance.add_dynamic_partitions(PERIODE, periods)
    rows, facts = result.manifest.rows, result.manifest.facts
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows["submissions"],
            "receipts": rows["receipts"],
            "not placed": rows["unplaced_readings"],
            "still being copied": facts["waiting"],
            "changed": result.changed,
        }
    )


ROW_SPECS = [
    table_spec(key, table, deps=["intake/submissions"], kinds={"excel", "parquet"}) for key, table in ROW_TABLES.items()
]
ROW_CHECKS = [LEDGER_BALANCES, CONTROL_TOTALS_AGREE]


def read(
    context: dg.AssetExecutionContext, home: DataHome, progress: Progress, partitions: list[Partition]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Read the files of some partitions, accounting for every row: the events of `ROW_SPECS` and `ROW_CHECKS`."""
    lake = Lake(home.lake)
    progress.start("Membaca berkas", len(partitions))
    results = {}
    with ReaderPool(workers=home.workers):
        for partition in partitions:
            results[partition] = read_rows(home, lake, partition)
            progress.advance()
    yield from report_tables(context, ROW_TABLES, results.items())
    unbalanced, differing = [], 0
    for partition in partitions:
        tables = (lake.read("rows", table, partition) for table in ("readings", "ledger", "raw_rows"))
        unbalanced += list(ledger_balance(*tables)["submission_id"])
        findings = lake.read("rows", "intake_findings", partition, ["code"])
        differing += int((findings["code"] == "control_total_differs").sum())
    yield claim_holds(LEDGER_BALANCES, len(unbalanced), examples=unbalanced)
    yield claim_holds(CONTROL_TOTALS_AGREE, differing, warn=True)


@dg.multi_asset(
    specs=[table_spec("intake/outcomes", "outcomes", deps=["intake/rows", "intake/submissions"], kinds={"parquet"})],
    check_specs=[EVERY_FILE_HAS_ONE_OUTCOME],
)
def outcomes(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Decide which submissions count, after all partitions were read."""
    lake = Lake(home.lake)
    with locked(home.lock):
        result = settle_outcomes(lake)
    settled = lake.read("outcomes", "outcomes")
    counts = {str(k): int(v) for k, v in settled["outcome"].value_counts().items()}
    yield dg.MaterializeResult(
        asset_key=["intake", "outcomes"],
        metadata={"dagster/row_count": len(settled), "changed": result.changed, **counts},
    )
    registered = lake.read(STAGE, "submissions", columns=["submission_id"])["submission_id"]
    astray = len(set(registered) ^ set(settled["submission_id"])) + int(settled["submission_id"].duplicated().sum())
    yield claim_holds(EVERY_FILE_HAS_ONE_OUTCOME, astray + int(settled["outcome"].isna().sum()))
