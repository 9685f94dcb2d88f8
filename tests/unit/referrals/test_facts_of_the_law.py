"""Facts that stand in a table and in code, because two laws state them, agree."""

from assets.referrals.conditions import table
from validation.ages import CHILD_BELOW, ELDERLY_FROM
from validation.categories import of_group, pmks_types


def test_categories_of_children_and_of_the_elderly_end_and_begin_where_the_law_says() -> None:
    for code in of_group("anak"):
        assert (pmks_types()[code].umur_maks or 0) <= CHILD_BELOW
    assert {pmks_types()[code].umur_min for code in of_group("lansia")} == {ELDERLY_FROM}


def test_plans_count_children_and_the_elderly_as_rules_do() -> None:
    assert {CHILD_BELOW, ELDERLY_FROM} <= set(table("age_bands.csv")["mulai"].astype(int))
