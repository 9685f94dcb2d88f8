"""Dagster assets of the referrals room: one table a directorate, and everyone who is referred to none."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from assets.referrals.routing import coverage
from assets.referrals.stage import STAGE, refer
from assets.support import DATA_TEAM, Progress, claim, claim_holds, table_spec
from warehouse.files import locked
from warehouse.home import DataHome
from warehouse.in_force import records_in_force
from warehouse.lake import Lake

DIRECTORATES = {
    "rehsos": "Referrals to Rehabilitasi Sosial: a home or service that fits each person.",
    "dayasos": "Referrals to Pemberdayaan Sosial: empowerment of poor families and women at risk.",
    "jamsos": "Referrals to Perlindungan dan Jaminan Sosial: protection and social security.",
}
OTHERS = ("unrouted", "overlap", "history", "answers", "needs")
NO_REFERRAL_WITHOUT_A_RULE = claim(
    "referrals/rehsos", "no_referral_without_a_rule", "Every referral names its rule and the rule's legal basis."
)
NOBODY_IS_LOST = claim(
    "referrals/unrouted",
    "every_person_and_category_is_referred_or_explained",
    "Persons × categories = referred + unrouted with a named reason.",
)
NO_SUBJECT_TWICE = claim(
    "referrals/dayasos",
    "no_subject_is_referred_twice_for_one_category",
    "A person or household stands at most once in a directorate's table for each category.",
)
DEPS = [
    "intake/submissions",
    "intake/outcomes",
    "households/membership",
    "households/persons",
    "households/households",
    "records/accepted",
]


@dg.multi_asset(
    specs=[
        *(
            table_spec(
                f"referrals/{name}",
                "referrals",
                deps=DEPS,
                kinds={"pandas", "parquet"},
                owners=[DATA_TEAM, f"team:{name}"],
                description=text,
            )
            for name, text in DIRECTORATES.items()
        ),
        *(table_spec(f"referrals/{name}", name, deps=DEPS, kinds={"pandas", "parquet"}) for name in OTHERS),
    ],
    check_specs=[NO_REFERRAL_WITHOUT_A_RULE, NOBODY_IS_LOST, NO_SUBJECT_TWICE],
)
def referrals(
    context: dg.AssetExecutionContext, home: dg.ResourceParam[DataHome], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Refer every person and household to the directorates that the rules name, with the reason."""
    lake = Lake(home.lake)
    progress.start("refer", 1)
    with locked(home.lock):
        result = refer(home, lake, run_id=context.run.run_id, at=datetime.now(UTC).replace(tzinfo=None))
    progress.advance()
    current = lake.read(STAGE, "referrals")
    facts = {"changed": result.changed, **result.manifest.facts}
    for name in DIRECTORATES:
        mine = current[current["directorate"] == name]
        by_category = {f"kategori {code}": int(count) for code, count in mine["kode_pmks"].value_counts().items()}
        yield dg.MaterializeResult(
            asset_key=["referrals", name], metadata={"dagster/row_count": len(mine), **facts, **by_category}
        )
    for name in OTHERS:
        rows = result.manifest.rows[name]
        yield dg.MaterializeResult(asset_key=["referrals", name], metadata={"dagster/row_count": rows, **facts})
    unfounded = current[["rule_id", "rule_set", "basis"]].isna().any(axis=1).sum()
    yield claim_holds(NO_REFERRAL_WITHOUT_A_RULE, int(unfounded))
    missing = coverage(
        records_in_force(lake), lake.read("households", "membership"), current, lake.read(STAGE, "unrouted")
    )
    yield claim_holds(NOBODY_IS_LOST, len(missing))
    subject = current["person_id"].where(current["subject"] == "person", current["household_id"])
    twice = current.assign(subject_id=subject).duplicated(["directorate", "subject", "subject_id", "kode_pmks"])
    yield claim_holds(NO_SUBJECT_TWICE, int(twice.sum()))
