"""Dagster assets of the records room: rows read and validated, and what is wrong with the rest."""

from collections.abc import Iterator

import dagster as dg

from assets.intake.assets import READ_CHECKS, READ_SPECS, read, read_events
from assets.intake.stages.read import READ
from assets.partitions import KABUPATEN_PERIODE, partitions_of
from assets.records.stages.measure import JUMPING, JUMPS, MEASURE, PAGE
from assets.records.stages.validate import LOST, UNEXPLAINED, VALIDATE, validated
from assets.support import Progress, alone, bordered, claim, claim_holds, report_tables, stage_specs
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition
from warehouse.processes import shared_out
from warehouse.refresh import Refresh
from warehouse.stage import StageResult, run_stage

EVERY_ROW_HAS_ONE_OUTCOME = claim(
    "records/accepted",
    "every_data_row_is_accepted_or_quarantined",
    "Accepted and quarantined records together are the data rows of the ledger, each exactly once.",
    partitioned=True,
)
EVERY_QUARANTINE_HAS_A_REASON = claim(
    "records/quarantined",
    "no_quarantine_without_a_reason",
    "Every quarantined row names why, by a known code.",
    partitioned=True,
)
PARTITIONS_PER_RUN = 20
"""So many kabupaten and periods share a run of a backfill: starting a run takes longer than reading a small one."""

_MANY = 3_000
"""So many lists are read anew before helpers validate them while others are read: fewer take less time than these to
start."""
VILLAGES_ARE_STEADY = claim(
    "records/quality", "no_village_jumps", "No village's measures jump beyond their usual band.", blocking=False
)


@dg.multi_asset(
    name="rows_and_records",
    specs=[*READ_SPECS, *stage_specs(VALIDATE, kinds={"pandas", "pandera", "parquet"})],
    partitions_def=KABUPATEN_PERIODE,
    backfill_policy=dg.BackfillPolicy.multi_run(PARTITIONS_PER_RUN),
    check_specs=[*READ_CHECKS, EVERY_ROW_HAS_ONE_OUTCOME, EVERY_QUARANTINE_HAS_A_REASON],
)
@bordered
def rows_and_records(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Read and validate the files of one kabupaten and period, of a range of them, or of all where something changed.
    Where no list ever came, nothing is written.

    One step, not two: without a partition key Dagster cannot look up which partitions of one step fed the next.
    """
    lake = Lake(home.lake)
    known = READ.partitions(lake)
    chosen = partitions_of(context)
    partitions = known if chosen is None else [p for p in chosen if p in known]
    run_id = context.run.run_id
    readings: dict[Partition, StageResult] = {}

    def read_many() -> Iterator[tuple[DataHome, str, Partition]]:
        anew, waiting = 0, []
        for partition, result, lists in read(home, run_id, progress, partitions):
            readings[partition] = result
            anew += lists
            if lists:
                waiting.append(partition)
            if anew >= _MANY:
                yield from ((home, run_id, each) for each in waiting)
                waiting.clear()

    beside = shared_out(validated, read_many(), home.workers, few=0)
    results: dict[Partition, StageResult] = {partition: result for partition, result in beside if result}
    yield from read_events(context, readings)
    progress.start("records", len(partitions))
    for partition in partitions:
        if partition not in results:
            results[partition] = run_stage(VALIDATE.begin(lake, home, run_id=run_id, partition=partition))
        progress.advance()
    yield from report_tables(context, VALIDATE, results.items())
    facts = [result.manifest.facts for result in results.values()]
    yield claim_holds(EVERY_ROW_HAS_ONE_OUTCOME, sum(each[LOST] for each in facts))
    yield claim_holds(EVERY_QUARANTINE_HAS_A_REASON, sum(each[UNEXPLAINED] for each in facts))


@dg.multi_asset(specs=stage_specs(MEASURE, kinds={"pandas", "parquet"}), check_specs=[VILLAGES_ARE_STEADY])
@bordered
def quality(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Measure how good each village's lists are, after it is settled which of them count."""
    result = alone(MEASURE, refresh, progress, run_stage, run_id=context.run.run_id)
    rows, facts = result.manifest.rows, result.manifest.facts
    page = dg.MetadataValue.md(facts[PAGE])
    yield dg.MaterializeResult(
        asset_key=["records", "quality"],
        metadata={"dagster/row_count": rows["quality"], "changed": result.changed, "quality": page},
    )
    yield claim_holds(VILLAGES_ARE_STEADY, facts[JUMPS], warn=True, examples=facts[JUMPING])
