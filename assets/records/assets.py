"""Dagster assets of the records room: rows read and validated, and what is wrong with the rest."""

from collections.abc import Iterator

import dagster as dg

from assets.intake.assets import ROW_CHECKS, ROW_SPECS, ROW_TABLES, read
from assets.intake.stage import partition_inputs
from assets.partitions import KABUPATEN_PERIODE, partition_of
from assets.records.stage import STAGE, validate_partition
from assets.support import Progress, claim, claim_holds, report_tables, table_spec
from validation.findings import CATALOGUE
from warehouse.home import DataHome
from warehouse.lake import Lake

TABLES = {
    "records/accepted": "accepted",
    "records/quarantined": "quarantined",
    "records/findings": "findings",
}
EVERY_ROW_HAS_ONE_OUTCOME = claim(
    "records/accepted",
    "every_data_row_is_accepted_or_quarantined",
    "Accepted and quarantined records together are the data rows of the ledger, each exactly once.",
)
EVERY_QUARANTINE_HAS_A_REASON = claim(
    "records/quarantined", "no_quarantine_without_a_reason", "Every quarantined row names why, by a known code."
)


@dg.multi_asset(
    name="rows_and_records",
    specs=[
        *ROW_SPECS,
        *(
            table_spec(key, table, deps=[*ROW_TABLES], kinds={"pandas", "pandera", "parquet"})
            for key, table in TABLES.items()
        ),
    ],
    partitions_def=KABUPATEN_PERIODE,
    check_specs=[*ROW_CHECKS, EVERY_ROW_HAS_ONE_OUTCOME, EVERY_QUARANTINE_HAS_A_REASON],
)
def rows_and_records(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Read and validate the files of one kabupaten and period, or of all where something changed.

    One step, not two: without a partition key Dagster cannot look up which partitions of one step fed the next.
    """
    lake = Lake(home.lake)
    single = partition_of(context)
    partitions = [single] if single else sorted(partition_inputs(lake))
    yield from read(context, home, progress, partitions)
    progress.start("validate", len(partitions))
    results = {}
    for partition in partitions:
        results[partition] = validate_partition(lake, partition)
        progress.advance()
    yield from report_tables(context, TABLES, results.items())
    lost, unexplained = 0, 0
    for partition in results:
        planned, outcomes = (
            lake.read(s, t, partition, ["submission_id", "sheet", "row"])
            for s, t in (("rows", "raw_rows"), (STAGE, "row_outcomes"))
        )
        both = planned.merge(outcomes, how="outer", indicator=True)
        lost += int((both["_merge"] != "both").sum()) + abs(len(planned) - len(outcomes))
        reasons = lake.read(STAGE, "quarantined", partition, ["reasons"])["reasons"]
        unexplained += sum(not r or any(code not in CATALOGUE for code in r) for r in reasons)
    yield claim_holds(EVERY_ROW_HAS_ONE_OUTCOME, lost)
    yield claim_holds(EVERY_QUARANTINE_HAS_A_REASON, unexplained)
