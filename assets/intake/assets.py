"""Dagster assets of the intake room: files registered, rows read, every row accounted for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import dagster as dg

from assets.intake.erasing import apply_erasures
from assets.intake.formats.isolation import ReaderPool
from assets.intake.read_once import KEPT
from assets.intake.stages.erase import ERASE
from assets.intake.stages.read import DIFFERING, READ, UNBALANCED
from assets.intake.stages.register import REGISTER, register_inbox
from assets.intake.stages.settle import COUNTS, MISMATCHED, SETTLE, UNREAD
from assets.intake.turns import limits_of, share_of_run
from assets.partitions import add_partitions
from assets.support import Progress, alone, bordered, claim, claim_holds, report_tables, stage_specs
from warehouse.erasures import read_erasures
from warehouse.home import DataHome
from warehouse.kept_rows import made_anew
from warehouse.lake import Lake, Partition
from warehouse.refresh import Refresh, registering
from warehouse.stage import StageResult, run_stage

LEDGER_BALANCES = claim(
    "intake/rows",
    "the_row_ledger_balances",
    "For every sheet of every accepted file: physical rows = title + header + … + data, and each data row was read.",
    partitioned=True,
)
CONTROL_TOTALS_AGREE = claim(
    "intake/rows",
    "control_totals_agree",
    "Each sheet's own JUMLAH equals the rows read from it.",
    blocking=False,
    partitioned=True,
)
EVERY_FILE_HAS_ONE_OUTCOME = claim(
    "intake/outcomes",
    "every_file_has_exactly_one_outcome",
    "Each distinct file ends as accepted, held, rejected, superseded or withdrawn.",
)
EVERY_FILE_WAS_READ = claim(
    "intake/outcomes",
    "every_registered_file_was_read",
    "Each file was read since it came: no reading failed and is given up, or waits for its next try.",
    blocking=False,
)


@dg.multi_asset(
    name="submissions",
    specs=[*stage_specs(REGISTER, kinds={"file", "parquet"}), *stage_specs(ERASE, kinds={"parquet"})],
)
@bordered
def submissions(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None]]:
    """Every file of the inbox, archived by its hash and placed in its kabupaten and period; and what was erased."""
    lake = Lake(home.lake)
    progress.start("submissions", 1)
    with registering(home):
        if apply_erasures(home, lake.read("submissions"), read_erasures(home)):
            lake.require_again(REGISTER.name)
        result = register_inbox(home, lake, run_id=context.run.run_id, at=datetime.now(UTC).replace(tzinfo=None))
        erased = run_stage(ERASE.begin(lake, home, run_id=context.run.run_id))
    progress.advance()
    add_partitions(context.instance, READ.partitions(lake))
    rows, facts = result.manifest.rows, result.manifest.facts
    yield dg.MaterializeResult(
        asset_key=["intake", "submissions"],
        metadata={
            "dagster/row_count": rows["submissions"],
            "receipts": rows["receipts"],
            "not placed": rows["unplaced_readings"],
            "not registered": len(facts["not_registered"]),
            "changed": result.changed,
        },
    )
    yield from report_tables(context, ERASE, [(None, erased)])


READ_SPECS = stage_specs(READ, kinds={"excel", "parquet"})
READ_CHECKS = [LEDGER_BALANCES, CONTROL_TOTALS_AGREE]


def read(
    home: DataHome, run_id: str, progress: Progress, partitions: list[Partition]
) -> Iterator[tuple[Partition, StageResult, int]]:
    """Read the files of some partitions, accounting for every row: each as soon as it was read, with the number of
    lists of which rows were made."""
    lake = Lake(home.lake)
    progress.start("rows", len(partitions))

    def run(partition: Partition) -> tuple[Partition, StageResult, int]:
        before = lake.manifest(READ.name, partition)
        result = run_stage(READ.begin(lake, home, run_id=run_id, partition=partition))
        return partition, result, made_anew(before, result.manifest) if result.changed else 0

    with ReaderPool(home.workers, limits_of(home)) as readers:
        later = [partition for partition in READ.unfinished(lake) if partition in partitions]
        share_of_run(readers.budget, 0)  # slow files are put off until all partitions were read
        for partition in sorted(set(partitions) - set(later)):
            made = run(partition)
            if READ.is_unfinished(lake, partition):
                later.append(partition)
            else:
                progress.advance()
                yield made
        for left, partition in zip(range(len(later), 0, -1), later, strict=True):
            share_of_run(readers.budget, left)
            made = run(partition)
            progress.advance()
            yield made
        readers.end_children()
    KEPT.let_go()


def read_events(
    context: dg.AssetExecutionContext, results: Mapping[Partition, StageResult]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What came of reading: the events of `READ_SPECS` and `READ_CHECKS`."""
    yield from report_tables(context, READ, results.items())
    facts = [result.manifest.facts for result in results.values()]
    unbalanced = [sid for each in facts for sid in each[UNBALANCED]]
    yield claim_holds(LEDGER_BALANCES, len(unbalanced), examples=unbalanced)
    yield claim_holds(CONTROL_TOTALS_AGREE, sum(each[DIFFERING] for each in facts), warn=True)


@dg.multi_asset(
    specs=stage_specs(SETTLE, kinds={"parquet"}), check_specs=[EVERY_FILE_HAS_ONE_OUTCOME, EVERY_FILE_WAS_READ]
)
@bordered
def outcomes(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Decide which submissions count, after all partitions were read."""
    result = alone(SETTLE, refresh, progress, run_stage, run_id=context.run.run_id)
    rows, facts = result.manifest.rows, result.manifest.facts
    yield dg.MaterializeResult(
        asset_key=["intake", "outcomes"],
        metadata={"dagster/row_count": rows["outcomes"], "changed": result.changed, **facts[COUNTS]},
    )
    yield claim_holds(EVERY_FILE_HAS_ONE_OUTCOME, facts[MISMATCHED])
    yield claim_holds(EVERY_FILE_WAS_READ, len(facts[UNREAD]), examples=facts[UNREAD])
