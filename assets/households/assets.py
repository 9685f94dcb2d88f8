"""Dagster assets of the households room: who is who, and who lives with whom."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import dagster as dg

from assets.households.stages.match import LEFT_OUT, MATCH, MISMATCHED
from assets.support import Progress, alone, bordered, claim, claim_holds, report_tables, stage_specs
from warehouse.home import DataHome
from warehouse.refresh import Refresh
from warehouse.stage import StageResult, StageRun, run_stage

EVERY_RECORD_BELONGS = claim(
    "households/membership",
    "every_accepted_record_has_a_person_and_a_household",
    "Each record in force has exactly one membership row, and no other record has one.",
)
EVERY_PERSON_IS_DESCRIBED = claim(
    "households/persons",
    "persons_and_households_are_those_of_the_membership",
    "The persons and households tables list exactly the ids that memberships use.",
)


@dg.multi_asset(
    specs=stage_specs(MATCH, kinds={"duckdb", "pandas", "parquet"}),
    check_specs=[EVERY_RECORD_BELONGS, EVERY_PERSON_IS_DESCRIBED],
)
@bordered
def households(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Link the records of all villages and periods into persons and households with lasting ids; where a Spark cluster
    is set, by a job beside this process that reports to the run."""

    def start(command: Sequence[str]) -> None:
        dg.PipesSubprocessClient().run(context=context, command=command)

    def work(run: StageRun) -> StageResult:
        return run_stage(replace(run, settings=run.settings._replace(start=start)))

    result = alone(MATCH, refresh, progress, work, run_id=context.run.run_id)
    yield from report_tables(context, MATCH, [(None, result)])
    yield claim_holds(EVERY_RECORD_BELONGS, result.manifest.facts[LEFT_OUT])
    yield claim_holds(EVERY_PERSON_IS_DESCRIBED, result.manifest.facts[MISMATCHED])
