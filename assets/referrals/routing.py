"""The router: every person and category is referred by the rules, or stands in `unrouted` with a named reason.

A rule is asked once of all claims of its category at the same time. A claim is a subject (person or household, as
`categories.csv` says) and a category, with the entries of lists that state it as evidence.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.referrals.conditions import ANSWERS, CATEGORIES, Conditions, Years
from assets.referrals.facts import (
    HOUSEHOLD_CODES,
    UNKNOWN_AGE,
    Bools,
    Ints,
    Listing,
    age_at,
    answers,
    areas,
    births,
    compositions,
    living_heads,
    read_listing,
    stated,
)
from assets.referrals.overlap import also_referred, leaders, overlap_table
from assets.referrals.rules import DIRECTORATES, NOWHERE, REASONS, RuleSet
from assets.referrals.sentences import sentence

STATED_IN = {"needs_neglect": "terlantar", "sex": "jenis_kelamin", "disability": "jenis_disabilitas"}
"""The record column in which lists answer each question about a person."""
CARRIED = ("status_hidup", "status_padan", "status_layak", "berita_acara")
"""What lists state of a person's life and verification: carried to the referral as it stands, never invented."""
FROM_RULE = ("directorate", "kode_pmks", "unit", "tujuan", "tujuan_kini", "status", "rule_id", "confidence")
REFERRAL_COLUMNS = (
    "referral_id", "directorate", "subject", "person_id", "household_id", "kode_desa", "kode_pmks", "unit", "tujuan",
    "tujuan_kini", "status", "rule_id", "rule_set", "basis", "confidence", "alasan", "periode", "memimpin",
    "also_referred_to", "record_ids", *CARRIED,
)  # fmt: skip
NO_RULE, STATED_DEAD = -1, -2
"""Why someone is not referred, where it is not a rule that says so (its position)."""


class Routed(NamedTuple):
    """`referrals` (sorted by `referral_id`), `unrouted` (by person and category), `overlap` (see `overlap_table`)."""

    referrals: pd.DataFrame
    unrouted: pd.DataFrame
    overlap: pd.DataFrame


@dataclass(frozen=True)
class _Groups:
    """Entries put together by a key, the latest evidence of each group first."""

    order: Ints
    first: Ints
    size: Ints

    @property
    def lead(self) -> Ints:
        """The first entry of each group."""
        return self.order[self.first]

    def lists(self, values: NDArray[Any], which: Ints) -> NDArray[np.object_]:
        """The values of the entries of some groups, one list a group."""
        flat = values[self.order].tolist()
        starts = self.first[which]
        found = np.empty(len(which), dtype=object)
        found[:] = [flat[a:b] for a, b in zip(starts.tolist(), (starts + self.size[which]).tolist(), strict=True)]
        return found

    def members(self, which: Ints) -> tuple[Ints, Ints]:
        """The entries of some groups, and for each the position in `which` of its group."""
        size = self.size[which]
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        return self.order[np.repeat(self.first[which], size) + within], np.repeat(np.arange(len(which)), size)


def _group(entries: Ints, key: Ints, rank: Ints) -> _Groups:
    """Group `entries` by `key` (one value an entry), the highest `rank` first, otherwise in the order given."""
    order = np.argsort(key * (rank.max(initial=0) + 1) - rank, kind="stable")
    _, first, size = np.unique(key[order], return_index=True, return_counts=True)
    return _Groups(entries[order], first, size)


@dataclass(frozen=True)
class _Claims:
    """One position a claim: its groups of entries, whose it is, and every answer that rules may ask for."""

    groups: _Groups
    code: Ints
    record: Ints
    person: Ints
    household: Ints
    only_dead: Bools
    facts: dict[str, Ints]


def route(
    records: pd.DataFrame, membership: pd.DataFrame, persons: pd.DataFrame, households: pd.DataFrame, rules: RuleSet
) -> Routed:
    """Refer every person and household that the accepted records list, by one set of rules.

    In: the frames of borders 2 and 3 (one row a record in force, a record, a person, a household). Out: `Routed`;
    `since` and `run_id` are added by the history, since they depend on what was known before. The result depends on
    the frames' rows only, never on their order or on today's date: rules are asked as of the last day of the latest
    period listed. Raises `ValueError` where the frames are of different runs. Never refers somebody stated dead.
    """
    listing = read_listing(records, membership, persons, households)
    life, words = stated(listing, "status_hidup")
    dead = np.array([*(words == "meninggal"), False], dtype=bool)[life]
    born = births(listing)
    evidence, of_the_dead = _evidence(listing, dead)
    claims = _claims(listing, born, dead, evidence, asked=rules.questions())
    on = listing.ends[-1].item() if len(listing.ends) else date.min
    claim, rule = _matches(claims, rules, on)
    nowhere = (rules.rules["directorate"] == NOWHERE).to_numpy(dtype=bool)[rule]
    heads = living_heads(listing, born, dead)
    referrals = _referrals(listing, claims, heads, claim[~nowhere], rule[~nowhere], rules)
    unanswered = np.setdiff1d(np.arange(len(claims.code)), claim)
    without = np.concatenate([claim[nowhere], unanswered])
    why = np.concatenate([rule[nowhere], np.full(len(unanswered), NO_RULE)])
    unrouted = _unrouted(listing, claims, without, why, of_the_dead, rules)
    return Routed(referrals, unrouted, overlap_table(referrals, households))


def _evidence(listing: Listing, dead: Bools) -> tuple[Ints, Ints]:
    """Split entries into those that count as evidence and those of people stated dead.

    A household keeps its claim when only dead members were listed for it while others live in it: the family is
    referred, to be verified, rather than dropped.
    """
    entry_dead = dead[listing.person[listing.entry_record]]
    home = listing.household[listing.entry_record]
    shared = HOUSEHOLD_CODES[listing.entry_code]
    lives = np.zeros(len(listing.households), dtype=bool)
    lives[listing.household[~dead[listing.person]]] = True
    lives[listing.home[~dead]] = True
    key = home * len(CATEGORIES) + listing.entry_code
    claimed_by_living = np.zeros(len(lives) * len(CATEGORIES), dtype=bool)
    claimed_by_living[key[shared & ~entry_dead]] = True
    counts = ~entry_dead | (shared & lives[home] & ~claimed_by_living[key])
    return np.flatnonzero(counts), np.flatnonzero(~counts)


def _claims(listing: Listing, born: NDArray[Any], dead: Bools, evidence: Ints, asked: set[str]) -> _Claims:
    """Group the evidence into claims and answer the questions `asked` by any rule."""
    record, code = listing.entry_record[evidence], listing.entry_code[evidence]
    subject = np.where(HOUSEHOLD_CODES[code], listing.household[record], listing.person[record])
    groups = _group(evidence, subject * len(CATEGORIES) + code, listing.rank[record])
    record, code = listing.entry_record[groups.lead], listing.entry_code[groups.lead]
    shared, person = HOUSEHOLD_CODES[code], listing.person[record]
    household = np.where(shared, listing.household[record], listing.home[person])
    facts = {
        "age": age_at(born[person], listing.ends[listing.rank[record]]),
        "area": np.where(
            shared, areas(listing.households["kode_desa"])[household], areas(listing.persons["kode_desa"])[person]
        ),
    }
    for question, column in STATED_IN.items():
        if question in asked:
            facts[question] = answers(question, *stated(listing, column))[person]
    if asked & {"household", "head_age"}:
        composition = compositions(listing, born, dead)
        facts |= {"household": composition.household[household], "head_age": composition.head_age[household]}
    return _Claims(groups, code, record, person, household, dead[person], facts)


def _matches(claims: _Claims, rules: RuleSet, on: date) -> tuple[Ints, Ints]:
    """Every claim and rule that go together, in the order of claims, then rules."""
    by_code = np.argsort(claims.code, kind="stable")
    bounds = np.searchsorted(claims.code[by_code], np.arange(len(CATEGORIES) + 1))
    found_claims, found_rules = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    codes = CATEGORIES.index.get_indexer(pd.Index(rules.rules["kode_pmks"]))
    for i in rules.in_force(on):
        mine = by_code[bounds[codes[i]] : bounds[codes[i] + 1]]
        hit = mine[_holds(rules.conditions[i], claims.facts, mine)]
        found_claims.append(hit)
        found_rules.append(np.full(len(hit), i))
    claim, rule = np.concatenate(found_claims), np.concatenate(found_rules)
    order = np.argsort(claim * len(rules.rules) + rule)
    return claim[order], rule[order]


def _holds(conditions: Conditions, facts: dict[str, Ints], mine: Ints) -> Bools:
    meets = np.ones(len(mine), dtype=bool)
    for question, words in conditions.words.items():
        meets &= np.array([word in words for word in ANSWERS[question]])[facts[question][mine]]
    for question, window in conditions.years.items():
        if not window.anything:
            meets &= _in_window(window, facts[question][mine])
    return meets


def _in_window(window: Years, age: Ints) -> Bools:
    if window.unstated:
        return age == UNKNOWN_AGE
    return (age >= (window.low or 0)) & (age <= (window.high if window.high is not None else np.iinfo(np.int64).max))


def _referrals(listing: Listing, claims: _Claims, heads: Ints, claim: Ints, rule: Ints, rules: RuleSet) -> pd.DataFrame:
    """One row a claim and rule that refers it, with whose it is, where to, and why."""
    code, person, household = claims.code[claim], claims.person[claim], claims.household[claim]
    shared = HOUSEHOLD_CODES[code]
    person = np.where(shared & (heads[household] >= 0), heads[household], person)
    persons, homes, table = listing.persons, listing.households, rules.rules
    frame = pd.DataFrame({c: _pick(table[c], rule) for c in FROM_RULE})
    frame["basis"] = _pick(table["basis"] + ": " + table["citation"], rule)
    frame["subject"] = _pick(pd.Series(["person", "household"], dtype="str"), shared.astype(np.int64))
    frame["person_id"], frame["household_id"] = (
        _pick(persons["person_id"], person),
        _pick(homes["household_id"], household),
    )
    frame["kode_desa"] = _either(shared, homes["kode_desa"], household, persons["kode_desa"], person)
    frame["rule_set"] = pd.Series([rules.hash] * len(frame), dtype="str")
    only_dead = claims.only_dead[claim]
    frame["status"] = frame["status"].mask(only_dead, "perlu_verifikasi")
    record = claims.record[claim]
    frame["periode"] = _pick(listing.periods, listing.rank[record])
    frame["alasan"] = _reasons(rules, rule, listing.rank[record], listing.periods, only_dead)
    for column in CARRIED:
        codes, words = stated(listing, column)
        frame[column] = _pick(words, codes[listing.person[record]])
    frame["record_ids"] = claims.groups.lists(
        listing.records["record_id"].to_numpy(dtype=object)[listing.entry_record], claim
    )
    lead = table["lead"].where(table["lead"] != "", "0").astype("int64").to_numpy()[rule]
    directorate = pd.Index(DIRECTORATES).get_indexer(pd.Index(frame["directorate"]))
    frame["memimpin"] = _pick(pd.Series(DIRECTORATES, dtype="str"), leaders(household, directorate, lead))
    frame["also_referred_to"] = also_referred(person, household, directorate)
    frame["referral_id"] = _referral_ids(frame, rules.name)
    return frame[list(REFERRAL_COLUMNS)].sort_values("referral_id", ignore_index=True)


def _unrouted(
    listing: Listing, claims: _Claims, without: Ints, why: Ints, of_the_dead: Ints, rules: RuleSet
) -> pd.DataFrame:
    """One row a person, household and category that is referred nowhere, with the reason; a household's claim stands
    under everyone listed for it. `without`, `why`: claims, and the rule (or `NO_RULE`) that leaves them out."""
    entry, place = claims.groups.members(without)
    entry = np.concatenate([entry, of_the_dead])
    why = np.concatenate([why[place], np.full(len(of_the_dead), STATED_DEAD)])
    record, code = listing.entry_record[entry], listing.entry_code[entry]
    person = listing.person[record]
    shared = HOUSEHOLD_CODES[code]
    household = np.where(shared, listing.household[record], listing.home[person])
    key = pd.factorize(pd.MultiIndex.from_arrays([person, household, code, why]))[0]
    groups = _group(np.arange(len(entry)), np.asarray(key, dtype=np.int64), listing.rank[record])
    lead = groups.lead
    persons, homes = listing.persons, listing.households
    frame = pd.DataFrame(
        {
            "person_id": _pick(persons["person_id"], person[lead]),
            "household_id": _pick(homes["household_id"], household[lead]),
            "kode_desa": _either(shared[lead], homes["kode_desa"], household[lead], persons["kode_desa"], person[lead]),
            "kode_pmks": _pick(pd.Series(CATEGORIES.index, dtype="str"), code[lead]),
        }
    )
    explained = _explanations(rules)
    for column in explained.columns:
        frame[column] = _pick(explained[column], np.where(why < 0, len(explained) + why, why)[lead])
    record_ids = listing.records["record_id"].to_numpy(dtype=object)[record]
    frame["record_ids"] = groups.lists(record_ids, np.arange(len(lead)))
    return frame.sort_values(["person_id", "household_id", "kode_pmks", "reason_code"], ignore_index=True)


def _explanations(rules: RuleSet) -> pd.DataFrame:
    """What to say for each rule that refers nowhere, by position; the last two rows are `STATED_DEAD`, `NO_RULE`."""
    table = rules.rules[["status", "basis", "rule_id"]].rename(columns={"status": "reason_code"})
    own = pd.DataFrame({"reason_code": ["perlu_konfirmasi_meninggal", "di_luar_masa_berlaku"]}, dtype="str")
    table = pd.concat([table, own], ignore_index=True)
    basis = (" Dasar: " + table["basis"] + ".").fillna("")
    table["reason"] = table["reason_code"].map(REASONS["alasan"]).astype("str") + basis
    return table[["reason_code", "reason", "rule_id"]]


def _reasons(
    rules: RuleSet, rule: Ints, rank: Ints, periods: pd.Series, only_dead: Bools
) -> pd.api.extensions.ExtensionArray:
    """The sentence of each referral; one is written for each rule and period, not for each person."""
    key = (rule * len(periods) + rank) * 2 + only_dead
    wanted, place = np.unique(key, return_inverse=True)
    lines = rules.rules.to_dict("records")
    said = [
        sentence(lines[k // 2 // len(periods)], rules.conditions[k // 2 // len(periods)],
                 str(periods.iloc[k // 2 % len(periods)]), only_dead=bool(k % 2))
        for k in wanted.tolist()
    ]  # fmt: skip
    return _pick(pd.Series(said, dtype="str"), place)


def _referral_ids(frame: pd.DataFrame, profile: str) -> list[str]:
    """`R` and 24 hex digits of SHA-256 over directorate, subject, subject id, category and profile: a referral keeps
    its id while it holds, whatever else changes."""
    subject_id = frame["person_id"].where(frame["subject"] == "person", frame["household_id"])
    parts = (frame["directorate"], frame["subject"], subject_id, frame["kode_pmks"])
    keys = zip(*(part.tolist() for part in parts), strict=True)
    return ["R" + hashlib.sha256("\x1f".join((*key, profile)).encode()).hexdigest()[:24] for key in keys]


def _pick(values: pd.Series, places: Ints) -> pd.api.extensions.ExtensionArray:
    """Values by position; -1 gives a missing value."""
    return values.array.take(places, allow_fill=True)


def _either(first: Bools, a: pd.Series, at_a: Ints, b: pd.Series, at_b: Ints) -> pd.api.extensions.ExtensionArray:
    """`a` where `first`, otherwise `b`, by position."""
    both = pd.concat([a, b], ignore_index=True)
    return _pick(both, np.where(first, at_a, len(a) + at_b))


def coverage(
    records: pd.DataFrame, membership: pd.DataFrame, referrals: pd.DataFrame, unrouted: pd.DataFrame
) -> pd.DataFrame:
    """The entries of accepted records that are neither evidence of a referral nor explained; must be empty.

    Out: `record_id`, `person_id`, `household_id`, `kode_pmks`, one row a record and category left out.
    """
    listed = records[["record_id", "kode_pmks"]].explode("kode_pmks", ignore_index=True)
    answered = [
        frame[["record_ids", "kode_pmks"]]
        .explode("record_ids", ignore_index=True)
        .rename(columns={"record_ids": "record_id"})
        for frame in (referrals, unrouted)
    ]
    keys = ["record_id", "kode_pmks"]
    known = pd.MultiIndex.from_frame(pd.concat(answered).astype("str"))
    missing = listed[~pd.MultiIndex.from_frame(listed[keys].astype("str")).isin(known)]
    found = missing.merge(membership[["record_id", "person_id", "household_id"]], on="record_id", how="left")
    return found[["record_id", "person_id", "household_id", "kode_pmks"]]
