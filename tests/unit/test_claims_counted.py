"""What stages count when they make their tables, and the claims about assets then say."""

from __future__ import annotations

import pandas as pd

from assets.households.stages.match import left_out, mismatched
from assets.intake.stages.settle import mismatched as mismatched_outcomes
from assets.records.stages.validate import lost, unexplained
from assets.referrals.stages.refer import twice, unfounded


def rows(*numbers: int) -> pd.DataFrame:
    return pd.DataFrame({"submission_id": "a", "sheet": "Data", "row": list(numbers)})


def members(*of: tuple[str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(of, columns=["record_id", "person_id", "household_id"])


def test_a_row_without_an_outcome_is_counted_and_one_with_two_and_an_outcome_without_a_row() -> None:
    assert lost(rows(1, 2), rows(2, 1)) == 0
    assert lost(rows(1, 2), rows(1)) > 0
    assert lost(rows(1), rows(1, 1)) > 0
    assert lost(rows(1), rows(1, 3)) > 0


def test_a_quarantine_needs_a_reason_that_the_catalogue_has() -> None:
    reasons = [["category_unknown"], [], ["no_such_code"], ["name_missing", "category_unknown"]]
    assert unexplained(pd.DataFrame({"reasons": reasons})) == 2


def test_a_submission_has_exactly_one_outcome() -> None:
    registered = pd.Series(["a", "b"])

    def settled(*of: tuple[str, str | None]) -> pd.DataFrame:
        return pd.DataFrame(of, columns=["submission_id", "outcome"])

    assert mismatched_outcomes(registered, settled(("a", "accepted"), ("b", "held"))) == 0
    assert mismatched_outcomes(registered, settled(("a", "accepted"))) == 1
    assert mismatched_outcomes(registered, settled(("a", "accepted"), ("b", "held"), ("b", "held"))) == 1
    assert mismatched_outcomes(registered, settled(("a", "accepted"), ("b", "held"), ("c", "held"))) == 1
    assert mismatched_outcomes(registered, settled(("a", "accepted"), ("b", None))) == 1


def test_a_record_belongs_to_one_person_and_one_household() -> None:
    records = pd.DataFrame({"record_id": ["r1", "r2"]})
    assert left_out(records, members(("r1", "p", "h"), ("r2", "p", "h"))) == 0
    assert left_out(records, members(("r1", "p", "h"))) == 1
    assert left_out(records, members(("r1", "p", "h"), ("r2", "p", "h"), ("r3", "p", "h"))) == 1
    assert left_out(records, members(("r1", "p", "h"), ("r2", "p", "h"), ("r2", "q", "h"))) == 1
    assert left_out(records, members(("r1", "p", "h"), ("r2", "p", None))) == 1


def test_persons_and_households_are_those_of_the_memberships() -> None:
    tables = {"membership": members(("r1", "p", "h"), ("r2", "q", "h"))}
    tables |= {"persons": pd.DataFrame({"person_id": ["p", "q"]}), "households": pd.DataFrame({"household_id": ["h"]})}
    assert mismatched(tables) == 0
    assert mismatched(tables | {"persons": pd.DataFrame({"person_id": ["p"]})}) == 1
    assert mismatched(tables | {"households": pd.DataFrame({"household_id": ["h", "i"]})}) == 1


def test_a_referral_needs_its_rule_and_stands_once() -> None:
    one = {"directorate": "rehsos", "subject": "person", "person_id": "p", "household_id": "h", "kode_pmks": "09"}
    one |= {"rule_id": "r", "rule_set": "s", "basis": "b"}
    home = one | {"subject": "household"}
    assert unfounded(pd.DataFrame([one, home])) == 0
    assert unfounded(pd.DataFrame([one, one | {"basis": None}])) == 1
    assert twice(pd.DataFrame([one, home, one | {"kode_pmks": "02"}, one | {"directorate": "jamsos"}])) == 0
    assert twice(pd.DataFrame([one, one | {"household_id": "i"}])) == 1
    assert twice(pd.DataFrame([home, home | {"person_id": "q"}])) == 1
