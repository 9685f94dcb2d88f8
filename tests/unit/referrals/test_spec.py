"""The cases that directorates read and extend: each comes out as written, and each rule is held by one of them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from assets.referrals.conditions import Conditions
from assets.referrals.rules import NOWHERE, RuleSet, load_rules, profiles
from pipelines.docs.rules import rule_page
from tests.support.spec_cases import FACTS, as_lines, expected, outcomes, read_cases
from validation.categories import pmks_types

PAGES = Path(__file__).parents[3] / "docs" / "rules"


@pytest.mark.parametrize("profile", profiles())
def test_every_case_comes_out_as_written(profile: str) -> None:
    cases = read_cases(profile)
    assert (cases.groupby("kasus")[FACTS].nunique() == 1).all(axis=None), "the lines of a case repeat its facts"
    found, wanted = outcomes(cases, load_rules(profile)), expected(cases)
    others = [case for case in wanted if found[case] != wanted[case]]
    assert not others, f"what comes of these cases, as their lines would say it:\n{as_lines(cases, others, found)}"


@pytest.mark.parametrize("profile", profiles())
def test_without_any_one_rule_some_case_fails(profile: str) -> None:
    rules, cases = load_rules(profile), read_cases(profile)
    for i, rule_id in enumerate(rules.rules["rule_id"]):
        kept = [j for j in range(len(rules.rules)) if j != i]
        fewer = dataclasses.replace(
            rules, rules=rules.rules.iloc[kept].reset_index(drop=True), conditions=_picked(rules, kept)
        )
        mine = _of_category(cases, rules, i)
        assert outcomes(mine, fewer) != expected(mine), f"no case needs {rule_id}"


@pytest.mark.parametrize("profile", profiles())
def test_with_any_age_bound_moved_by_a_year_some_case_fails(profile: str) -> None:
    rules, cases = load_rules(profile), read_cases(profile)
    for i, moved in _moved_bounds(rules):
        changed = dataclasses.replace(rules, conditions=(*rules.conditions[:i], moved, *rules.conditions[i + 1 :]))
        mine = _of_category(cases, rules, i)
        assert outcomes(mine, changed) != expected(mine), f"no case stands at the edge of {rules.line(i)['rule_id']}"


@pytest.mark.parametrize("profile", profiles())
def test_every_category_of_a_profile_stands_in_a_case(profile: str) -> None:
    assert set(read_cases(profile)["kode_pmks"]) == set(load_rules(profile).rules["kode_pmks"])


def test_categories_go_where_the_profiles_were_ordered_to_send_them() -> None:
    household = ["24", "25", "26", "LEG-RTLH", "LEG-KRM"]
    four = {"23", "24", "LEG-RTLH", "LEG-KRM"}
    ordered = {
        "full-2012": {
            "rehsos": {f"{n:02d}" for n in range(1, 18)},
            "dayasos": {"23", *household},
            "jamsos": {"18", "19", "20", "21", "22", *four},
        },
        "study-2011": {"rehsos": {"01", "02", "05", "08", "09"}, "dayasos": four, "jamsos": four},
    }
    assert sorted(code for code, kind in pmks_types().items() if kind.subjek == "household") == sorted(household)
    for profile, wanted in ordered.items():
        found = defaultdict(set)
        for rule in load_rules(profile).rules.to_dict("records"):
            if rule["directorate"] != NOWHERE:
                found[rule["directorate"]].add(rule["kode_pmks"])
        assert found == wanted


@pytest.mark.parametrize("profile", profiles())
def test_the_published_page_is_what_rules_and_cases_say(profile: str) -> None:
    written = (PAGES / f"{profile}.md").read_text(encoding="utf-8")
    assert written == rule_page(load_rules(profile), read_cases(profile)), "run: make docs"


def _of_category(cases: pd.DataFrame, rules: RuleSet, i: int) -> pd.DataFrame:
    return cases[cases["kode_pmks"] == rules.line(i)["kode_pmks"]]


def _picked(rules: RuleSet, places: list[int]) -> tuple[Conditions, ...]:
    return tuple(rules.conditions[j] for j in places)


def _moved_bounds(rules: RuleSet) -> Iterator[tuple[int, Conditions]]:
    for i, conditions in enumerate(rules.conditions):
        for question, window in conditions.years.items():
            for bound, step in (("low", 1), ("high", -1)):
                years = getattr(window, bound)
                if years is not None:
                    moved = dataclasses.replace(window, **{bound: years + step})
                    yield i, Conditions(conditions.words, conditions.years | {question: moved})
