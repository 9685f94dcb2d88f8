"""What the router asks of rules: claims, and which rules each of them meets.

A claim is a subject (person or household, as `pmks_types.csv` says) and a category, with the entries of lists that
state it as evidence. Each rule is evaluated once, on all claims of its category at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from assets.referrals.conditions import ANSWERS, Conditions, Years
from assets.referrals.facts import (
    CATEGORIES,
    HOUSEHOLD_CODES,
    NEGLECTED,
    UNFIT_HOUSE,
    Bools,
    Ints,
    Listing,
    answers,
    areas,
    compositions,
    run_in_threads,
    said_not_eligible,
    stated,
)
from assets.referrals.rules import RuleSet
from assets.referrals.sentences import DOUBTS
from validation.ages import UNKNOWN_AGE, age_at

STATED_IN = {"needs_neglect": "terlantar", "sex": "jenis_kelamin", "disability": "jenis_disabilitas"}
"""The record column in which lists answer each question about a person."""


@dataclass(frozen=True)
class Groups:
    """Entries grouped by a key, the latest evidence of each group first.

    `order`: all entries, group after group; `first`, `size` (one a group): where it begins in `order`, how many it has.
    """

    order: Ints
    first: Ints
    size: Ints

    @property
    def lead(self) -> Ints:
        """The first entry of each group."""
        return self.order[self.first]

    @property
    def of_each(self) -> Ints:
        """The group of each entry of `order`."""
        return np.repeat(np.arange(len(self.first)), self.size)

    def lists(self, values: pa.Array, which: Ints) -> pd.Series:
        """The values of the entries of some groups, one list a group, as Arrow has them."""
        entries, _ = self.members(which)
        ends = pa.array(np.append(0, np.cumsum(self.size[which])), pa.int32())
        listed = pa.ListArray.from_arrays(ends, values.take(pa.array(entries)))
        return pd.Series(pd.arrays.ArrowExtensionArray(listed))

    def members(self, which: Ints) -> tuple[Ints, Ints]:
        """The entries of some groups, and for each the position in `which` of its group."""
        size = self.size[which]
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        return self.order[np.repeat(self.first[which], size) + within], np.repeat(np.arange(len(which)), size)


def grouped(entries: Ints, key: Ints, rank: Ints) -> Groups:
    """Group `entries` by `key` (one value an entry), the highest `rank` first, otherwise in the order given."""
    order = np.argsort(key * (rank.max(initial=0) + 1) - rank, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return Groups(entries[order], first, np.diff(first, append=len(key)))


@dataclass(frozen=True)
class Claims:
    """Claims, one position each: the entries that state it, its category, person and household, and the answer to every
    question that rules ask.

    `record`: that of the latest entry; `doubt`: why it has to be verified, whatever the rule says (position in
    `DOUBTS`): all whose entries state it are stated dead, nobody lives in the household any more, or the person, or
    everyone in the household, may be away by the newest lists, or those say that nobody listed for it is eligible,
    or that somebody listed as neglected is not.
    """

    groups: Groups
    code: Ints
    record: Ints
    person: Ints
    household: Ints
    doubt: Ints
    facts: dict[str, Ints]


def evidence_of(listing: Listing, dead: Bools, too_old: Bools) -> tuple[Ints, Ints, Ints]:
    """Split entries into those that count as evidence, those of people stated dead, and those of categories that their
    person has grown out of (`too_old`).

    A household keeps its claim when only dead members were listed for it while others live in it: the family is
    referred, to be verified, rather than dropped.
    """
    entry_dead = dead[listing.person[listing.entry_record]]
    household = listing.household[listing.entry_record]
    shared = HOUSEHOLD_CODES[listing.entry_code]
    lives = np.zeros(len(listing.households), dtype=bool)
    lives[listing.household[~dead[listing.person]]] = True
    lives[listing.current_household[~dead]] = True
    key = household * len(CATEGORIES) + listing.entry_code
    claimed_by_living = np.zeros(len(lives) * len(CATEGORIES), dtype=bool)
    claimed_by_living[key[shared & ~entry_dead]] = True
    alive = ~entry_dead | (shared & lives[household] & ~claimed_by_living[key])
    return np.flatnonzero(alive & ~too_old), np.flatnonzero(~alive), np.flatnonzero(alive & too_old)


def claims_of(
    listing: Listing, born: NDArray[Any], dead: Bools, away: Bools, evidence: Ints, asked: set[str]
) -> Claims:
    """Group the evidence into claims and answer the questions `asked` by any rule.

    `dead`, `away` (one a person): see `route` and `said_away`."""
    record, code = listing.entry_record[evidence], listing.entry_code[evidence]
    subject = np.where(HOUSEHOLD_CODES[code], listing.household[record], listing.person[record])
    groups = grouped(evidence, subject * len(CATEGORIES) + code, listing.rank[record])
    record, code = listing.entry_record[groups.lead], listing.entry_code[groups.lead]
    shared, person = HOUSEHOLD_CODES[code], listing.person[record]
    household = np.where(shared, listing.household[record], listing.current_household[person])
    tasks: dict[str, Callable[[], Ints]] = {
        "age": lambda: age_at(born[person], listing.ends[listing.rank[record]]),
        "desa": lambda: areas(listing.persons["kode_desa"])[person],
        "home_desa": lambda: areas(listing.households["kode_desa"])[household],
        **{q: partial(_answers, listing, q, person) for q in asked & {*STATED_IN}},
    }
    facts = run_in_threads(tasks)
    facts["area"] = np.where(shared, facts.pop("home_desa"), facts.pop("desa"))
    if asked & {"household", "head_age"}:
        composition = compositions(listing, born, dead)
        facts |= {"household": composition.household[household], "head_age": composition.head_age[household]}
    named = listing.person[listing.entry_record[groups.order]]
    of_house = code[groups.of_each] == UNFIT_HOUSE
    refused, struck_off = (said_not_eligible(listing, of_house=houses)[named] for houses in (False, True))
    eligible = ~np.where(of_house, struck_off, refused)
    none_eligible = np.bincount(groups.of_each, eligible, len(groups.first)) == 0
    denied = NEGLECTED[code] & _denies_neglect(listing, groups)
    doubt = _doubts(listing, dead, away, shared, person, household, none_eligible, denied)
    return Claims(groups, code, record, person, household, doubt, facts)


def _denies_neglect(listing: Listing, groups: Groups) -> Bools:
    """Of each claim whether one of its entries of the latest moment stands in a record that denies neglect."""
    record, of_each = listing.entry_record[groups.order], groups.of_each
    latest = listing.moment[record] == listing.moment[listing.entry_record[groups.lead]][of_each]
    denies = listing.records["terlantar"].eq(other=False).fillna(value=False).to_numpy(dtype=bool)
    return np.asarray(np.bincount(of_each, latest & denies[record], len(groups.first)) > 0)


def _doubts(
    listing: Listing, dead: Bools, away: Bools, shared: Bools, person: Ints, household: Ints, none_eligible: Bools,
    not_neglected: Bools,
) -> Ints:  # fmt: skip
    """Why each claim has to be verified, as a position in `DOUBTS`; the first that holds."""
    left, nobody_there = np.ones((2, len(listing.households)), dtype=bool)
    left[listing.current_household] = False
    nobody_there[listing.current_household[~(dead | away)]] = False
    doubts = {
        "moved": shared & left[household],
        "only_dead": dead[person],
        "all_away": shared & nobody_there[household],
        "away": ~shared & away[person],
        "not_eligible": none_eligible,
        "not_neglected": not_neglected,
    }
    return np.select(list(doubts.values()), [DOUBTS.index(doubt) for doubt in doubts])


def _answers(listing: Listing, question: str, person: Ints) -> Ints:
    return answers(question, *stated(listing, STATED_IN[question]))[person]


def matches(claims: Claims, rules: RuleSet, on: date) -> tuple[Ints, Ints]:
    """Every claim and rule that go together, in the order of claims, then rules."""
    by_code = np.argsort(claims.code, kind="stable")
    bounds = np.searchsorted(claims.code[by_code], np.arange(len(CATEGORIES) + 1))
    found_claims, found_rules = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    codes = pd.Index(CATEGORIES).get_indexer(pd.Index(rules.rules["kode_pmks"]))
    for i in rules.in_force(on):
        mine = by_code[bounds[codes[i]] : bounds[codes[i] + 1]]
        hit = mine[_holds(rules.conditions[i], claims.facts, mine)]
        found_claims.append(hit)
        found_rules.append(np.full(len(hit), i))
    claim, rule = np.concatenate(found_claims), np.concatenate(found_rules)
    order = np.argsort(claim * len(rules.rules) + rule)
    return claim[order], rule[order]


def _holds(conditions: Conditions, facts: dict[str, Ints], mine: Ints) -> Bools:
    holds = np.ones(len(mine), dtype=bool)
    for question, words in conditions.words.items():
        holds &= np.array([word in words for word in ANSWERS[question]])[facts[question][mine]]
    for question, window in conditions.years.items():
        if not window.anything:
            holds &= _in_window(window, facts[question][mine])
    return holds


def _in_window(window: Years, age: Ints) -> Bools:
    if window.unstated:
        return np.asarray(age == UNKNOWN_AGE)
    high = window.high if window.high is not None else np.iinfo(np.int64).max
    return np.asarray((age >= (window.low or 0)) & (age <= high))
