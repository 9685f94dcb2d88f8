"""Dagster assets of the referrals room: one table a directorate, and everyone who is referred to none."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from assets.referrals.stages.refer import LEFT_OUT, REFER, TWICE, UNFOUNDED, clock_behind, refer
from assets.support import Progress, alone, bordered, claim, claim_holds, stage_specs
from validation.categories import pmks_types
from validation.directorates import directorates
from warehouse.home import DataHome
from warehouse.refresh import Refresh
from warehouse.tables import lake_tables

FIRST = f"referrals/{next(iter(directorates()))}"
"""The asset that bears the claims about the tables of all directorates."""
NO_REFERRAL_WITHOUT_A_RULE = claim(
    FIRST, "no_referral_without_a_rule", "Every referral names its rule and the rule's legal basis."
)
NOBODY_IS_LOST = claim(
    "referrals/unrouted",
    "every_person_and_category_is_referred_or_explained",
    "Persons × categories = referred + unrouted with a named reason.",
)
NO_SUBJECT_TWICE = claim(
    FIRST,
    "no_subject_is_referred_twice_for_one_category",
    "A person or household stands at most once in a directorate's table for each category.",
)


@dg.multi_asset(
    specs=stage_specs(REFER, kinds={"pandas", "parquet"}),
    check_specs=[NO_REFERRAL_WITHOUT_A_RULE, NOBODY_IS_LOST, NO_SUBJECT_TWICE],
)
@bordered
def referrals(
    context: dg.AssetExecutionContext,
    home: dg.ResourceParam[DataHome],
    progress: dg.ResourceParam[Progress],
    refresh: dg.ResourceParam[Refresh],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Refer every person and household to the directorates that the rules name, with the reason."""
    result = alone(REFER, refresh, progress, refer, run_id=context.run.run_id)
    ahead = clock_behind(result.manifest, datetime.now(UTC).replace(tzinfo=None))
    if ahead:
        context.log.warning(f"The clock lies before {ahead:%Y-%m-%d %H:%M} UTC, when something last changed. Check it.")
    current = refresh.lake.read("referrals", columns=["directorate", "kode_pmks"])
    facts = {"changed": result.changed, **result.manifest.facts}
    for name in directorates():
        mine = current[current["directorate"] == name]
        by_category = {
            f"{code} {pmks_types()[str(code)].nama}": int(count)
            for code, count in mine["kode_pmks"].value_counts().sort_index().items()
        }
        yield dg.MaterializeResult(
            asset_key=["referrals", name], metadata={"dagster/row_count": len(mine), **facts, **by_category}
        )
    for table in lake_tables(REFER.name).values():
        if table.assets == (table.asset,):
            rows = result.manifest.rows[table.name]
            yield dg.MaterializeResult(table.asset.split("/"), metadata={"dagster/row_count": rows, **facts})
    yield claim_holds(NO_REFERRAL_WITHOUT_A_RULE, facts[UNFOUNDED])
    yield claim_holds(NOBODY_IS_LOST, facts[LEFT_OUT])
    yield claim_holds(NO_SUBJECT_TWICE, facts[TWICE])
