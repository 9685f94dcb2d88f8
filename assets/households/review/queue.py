"""The review queue: which pairs of records people should look at, those first whose answer changes most."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from validation.keys import is_one_of

UNCERTAIN = (0.02, 0.98)
"""Probabilities between which a pair is uncertain: at the limits, one answer in fifty would be wrong."""
EVEN_WEIGHT, EVEN_CHANCE = 0.0, 0.5
"""What a refused pair counts that was never scored."""
QUEUE_COLUMNS = [
    "pair_id",
    "rank",
    "record_id_l",
    "record_id_r",
    "person_id_l",
    "person_id_r",
    "reason",
    "match_weight",
    "match_probability",
    "records_changed",
    "referrals_shared",
    "expected_change",
]


def review_queue(
    links: pd.DataFrame,
    conflicts: pd.DataFrame,
    records: pd.DataFrame,
    membership: pd.DataFrame,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rank the uncertain links and the links that a constraint refused by what an answer would change.

    In: `links` (record_id_l, record_id_r, match_weight, match_probability, decided_by); `conflicts` (record_id_l,
    record_id_r, reason; may carry match_weight and match_probability); `records` (record_id and, where there are,
    kode_pmks); `membership`; `decisions` that stand: an answered pair is not asked again. Out: one row a pair,
    best first: pair_id, rank, record and person ids, reason, match_weight, match_probability, records_changed (how
    many records would go to another person), referrals_shared (categories that both persons are listed with),
    expected_change = chance that the present answer is wrong × (records_changed + referrals_shared). Holds no
    personal values. Only pairs whose records are both in force; pairs that a reviewer decided are left out.
    """
    pairs = _candidates(links, conflicts)
    if decisions is not None:
        answered = decisions.set_index(["record_id_l", "record_id_r"]).index
        pairs = pairs[~pairs.set_index(["record_id_l", "record_id_r"]).index.isin(answered)]
    person = membership.set_index("record_id")["person_id"]
    pairs = pairs.assign(person_id_l=pairs["record_id_l"].map(person), person_id_r=pairs["record_id_r"].map(person))
    pairs = pairs.dropna(subset=["person_id_l", "person_id_r"]).reset_index(drop=True)
    together = pairs["person_id_l"] == pairs["person_id_r"]
    moved = _records_moved(pairs, together, person, links)
    shared = _shared_categories(pairs, together, records, person)
    wrong = pairs["match_probability"].where(~together, 1 - pairs["match_probability"])
    pairs = pairs.assign(
        pair_id=[pair_id(a, b) for a, b in zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)],
        records_changed=moved,
        referrals_shared=shared,
        expected_change=(wrong * (moved + shared)).astype("float64"),
    )
    pairs = pairs.sort_values(["expected_change", "pair_id"], ascending=[False, True], ignore_index=True)
    numbers = dict.fromkeys(("rank", "records_changed", "referrals_shared"), "Int64")
    return pairs.assign(rank=np.arange(1, len(pairs) + 1))[QUEUE_COLUMNS].astype(numbers | {"pair_id": "str"})


def pair_id(left: str, right: str) -> str:
    """The id of a pair of records, whichever comes first.

    >>> pair_id("a", "b") == pair_id("b", "a")
    True
    """
    return "T" + sha256("\x1f".join(sorted((left, right))).encode()).hexdigest()[:12]


@cache
def texts() -> dict[str, Any]:
    """`review_texts.yml`: all that reviewers read, and what their answers mean."""
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "review_texts.yml").read_text(encoding="utf-8"))
    return found


def _candidates(links: pd.DataFrame, conflicts: pd.DataFrame) -> pd.DataFrame:
    """Refused links with their reason and uncertain ones, each pair once, left id before right id."""
    scores = ["match_weight", "match_probability"]
    low, high = UNCERTAIN
    open_links = links[links["decided_by"] != "reviewer"]
    unsure = open_links[open_links["match_probability"].between(low, high)].assign(reason="uncertain_link")
    known = conflicts if set(scores) <= set(conflicts.columns) else _with_scores(conflicts, links)
    refused = known[known["reason"] != "decided_different"]
    columns = ["record_id_l", "record_id_r", "reason", *scores]
    both = pd.concat([refused[columns], unsure[columns]], ignore_index=True)
    swap = both["record_id_l"] > both["record_id_r"]
    left, right = (
        both["record_id_l"].mask(swap, both["record_id_r"]),
        both["record_id_r"].mask(swap, both["record_id_l"]),
    )
    both = both.assign(record_id_l=left, record_id_r=right)
    return both.drop_duplicates(["record_id_l", "record_id_r"], ignore_index=True)


def _with_scores(conflicts: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Conflicts with the score of their link; a conflict that was never scored counts as an even chance."""
    scores = links[["record_id_l", "record_id_r", "match_weight", "match_probability"]]
    known = conflicts[["record_id_l", "record_id_r", "reason"]].merge(
        scores, how="left", on=["record_id_l", "record_id_r"]
    )
    return known.assign(
        match_weight=known["match_weight"].fillna(EVEN_WEIGHT),
        match_probability=known["match_probability"].fillna(EVEN_CHANCE),
    )


def _records_moved(pairs: pd.DataFrame, together: pd.Series, person: pd.Series, links: pd.DataFrame) -> pd.Series:
    """Count for each pair the records that would go to another person: the smaller of two persons, or of the parts into
    which one person would split without the link of the pair."""
    sizes = person.value_counts()
    left_size, right_size = (pairs[f"person_id_{side}"].map(sizes).to_numpy(dtype=np.int64) for side in "lr")
    concerned = set(pairs.loc[together, "person_id_l"])
    members = {str(record): who for record, who in person[is_one_of(person, concerned)].items()}
    neighbours: dict[str, set[str]] = defaultdict(set)
    linked = links[(links["match_weight"] > 0) & is_one_of(links["record_id_l"], members)]
    for left, right in zip(linked["record_id_l"], linked["record_id_r"], strict=True):
        if members.get(right) == members[left]:
            neighbours[left].add(right)
            neighbours[right].add(left)
    moved = np.minimum(left_size, right_size)
    for row in np.flatnonzero(together):
        left, right = str(pairs.at[row, "record_id_l"]), str(pairs.at[row, "record_id_r"])
        part = _connected_without(neighbours, left, right)
        moved[row] = 0 if right in part else min(len(part), int(left_size[row]) - len(part))
    return pd.Series(moved, index=pairs.index)


def _connected_without(neighbours: dict[str, set[str]], start: str, other: str) -> set[str]:
    """Return all records that links connect with `start`, without the link between it and `other`."""
    seen, queue = {start}, [start]
    while queue:
        here = queue.pop()
        further = neighbours[here] - seen - ({other} if here == start else set())
        seen |= further
        queue += further
    return seen


def _shared_categories(pairs: pd.DataFrame, together: pd.Series, records: pd.DataFrame, person: pd.Series) -> pd.Series:
    """Count the categories with which both persons of a pair are listed: aid that is given twice if they are one."""
    if "kode_pmks" not in records.columns:
        return pd.Series(0, index=pairs.index)
    concerned = {*pairs["person_id_l"], *pairs["person_id_r"]}
    of = records["record_id"].map(person)
    listed: dict[str, set[str]] = defaultdict(set)
    asked = is_one_of(of, concerned)
    for one, codes in zip(of[asked], records.loc[asked, "kode_pmks"], strict=True):
        listed[one].update(codes)
    counts = [
        0 if same else len(listed[left] & listed[right])
        for left, right, same in zip(pairs["person_id_l"], pairs["person_id_r"], together, strict=True)
    ]
    return pd.Series(counts, index=pairs.index)
