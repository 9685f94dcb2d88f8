"""Households that may be one, asked by group: one question for all that may belong together, not pair by pair."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import combinations

import pandas as pd

from assets.households.review.decisions import about_households
from validation.keys import is_one_of

MOST_TOGETHER = 10
"""Households of one question; a larger group is asked in parts, its surest pairs first, and the rest afterwards."""
COLUMNS = [
    "question_id", "rank", "household_id", "record_id", "kode_desa", "reason", "resembles", "probability",
    "referrals_settled",
]  # fmt: skip


def household_questions(
    possible: pd.DataFrame, membership: pd.DataFrame, referrals: pd.DataFrame, decisions: pd.DataFrame
) -> pd.DataFrame:
    """Group the pairs of households that may be one into questions, those first that are expected to settle most.

    In: `possible` (`households.possible`); `membership`; `referrals` that hold (subject, household_id, kode_pmks);
    `decisions` that stand: pairs of households of whose records one was answered are not asked again. Out: `COLUMNS`,
    one row a household, best question first: its representative record, what it shares with others (`reason`),
    `resembles` (pairs of a household of the question and the probability), the highest probability, and how many
    referrals would become one another if all were one household. Best is where most households are expected to become
    one, and most referrals with them. Holds no personal values.
    """
    pairs = _unanswered(possible, membership, decisions)
    ends, chances = pairs[["household_id_l", "household_id_r"]], pairs["probability"]
    chance = {
        frozenset((str(a), str(b))): float(p)
        for a, b, p in zip(ends["household_id_l"], ends["household_id_r"], chances, strict=True)
    }
    shown = _records_shown(pairs)
    village = dict(zip(pairs["household_id_l"], pairs["kode_desa"], strict=True))
    village |= {k: v for k, v in zip(pairs["household_id_r"], pairs["kode_desa"], strict=True) if k not in village}
    why = {frozenset((str(a), str(b))): str(r) for a, b, r in
           zip(ends["household_id_l"], ends["household_id_r"], pairs["reason"], strict=True)}  # fmt: skip
    asked = is_one_of(referrals["household_id"], pd.concat([ends[end] for end in ends]))
    of_household = (
        referrals[asked & (referrals["subject"] == "household")].groupby("household_id")["kode_pmks"].agg(set)
    )
    rows = []
    for group in _groups(chance):
        inside = {frozenset(p): chance[frozenset(p)] for p in combinations(group, 2) if frozenset(p) in chance}
        codes = [code for home in group for code in of_household.get(home, ())]
        surest = max(inside, key=lambda pair: (inside[pair], sorted(pair)))
        same = {
            "question_id": question_id(shown[home] for home in group),
            "reason": why[surest],
            "probability": inside[surest],
            "referrals_settled": len(codes) - len(set(codes)),
            "expected": _expected(inside, of_household),
        }
        for home in group:
            like = [(other, inside[frozenset((home, other))]) for other in group if frozenset((home, other)) in inside]
            mine = {"household_id": home, "record_id": shown[home], "kode_desa": village[home], "resembles": like}
            rows.append(same | mine)
    found = pd.DataFrame(rows, columns=[*(c for c in COLUMNS if c != "rank"), "expected"])
    keys = ["expected", "question_id", "household_id"]
    found = found.sort_values(keys, ascending=[False, True, True], ignore_index=True)
    return found.assign(rank=pd.factorize(found["question_id"])[0] + 1)[COLUMNS]


def _expected(inside: dict[frozenset[str], float], of_household: pd.Series) -> float:
    """Return how many households of a group are expected to become one with another, each counted once and once more
    for every referral that both have: over the surest pairs that hold the group together.

    `inside`: the probabilities of its pairs; `of_household`: the codes for which households are referred.
    """
    tied: dict[str, frozenset[str]] = {}
    expected = 0.0
    for pair in sorted(inside, key=lambda pair: (-inside[pair], sorted(pair))):
        one, other = (tied.get(home, frozenset((home,))) for home in pair)
        if one != other:
            tied |= dict.fromkeys(one | other, one | other)
            both = set.intersection(*(set(of_household.get(home, ())) for home in pair))
            expected += inside[pair] * (1 + len(both))
    return expected


def question_id(record_ids: Iterable[str]) -> str:
    """The id of a question about the households of these records, in whatever order they stand.

    >>> question_id(["a", "b"]) == question_id(["b", "a"])
    True
    """
    return "S" + sha256("\x1f".join(sorted(record_ids)).encode()).hexdigest()[:12]


def _unanswered(possible: pd.DataFrame, membership: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    home = membership.set_index("record_id")["household_id"]
    said = about_households(decisions)
    answered = {
        frozenset(pair) for pair in zip(said["record_id_l"].map(home), said["record_id_r"].map(home), strict=True)
    }
    pairs = zip(possible["household_id_l"], possible["household_id_r"], strict=True)
    is_open = pd.Series([frozenset(pair) not in answered for pair in pairs], dtype=bool, index=possible.index)
    return possible[is_open].reset_index(drop=True)


def _records_shown(pairs: pd.DataFrame) -> dict[str, str]:
    """Return for each household the smallest of its records by which a pair of it is known."""
    sides = [pairs[[f"household_id_{side}", f"record_id_{side}"]].set_axis(["home", "record"], axis=1) for side in "lr"]
    smallest = pd.concat(sides).groupby("home")["record"].min()
    return {str(home): str(record) for home, record in smallest.items()}


def _groups(chance: dict[frozenset[str], float]) -> list[list[str]]:
    """Join the households of the pairs into groups, the surest first, none larger than `MOST_TOGETHER`."""
    group: dict[str, list[str]] = {}
    for pair in sorted(chance, key=lambda pair: (-chance[pair], sorted(pair))):
        a, b = sorted(pair)
        one, other = group.setdefault(a, [a]), group.setdefault(b, [b])
        if one is not other and len(one) + len(other) <= MOST_TOGETHER:
            one += other
            group.update(dict.fromkeys(other, one))
    return [sorted(members) for members in {id(each): each for each in group.values()}.values() if len(members) > 1]
