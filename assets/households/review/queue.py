"""The review queue: what people should be asked about people, what mends most first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

from assets.households.review.candidates import COLUMNS, UNCERTAIN, halves, of_people, two_people
from assets.households.review.listings import numbered, sides_of
from validation.keys import is_one_of, looked_up
from warehouse.home import DataHome

RIGHT = 0.95
"""Share of answers that are right, as far as the queue counts on them: nineteen in twenty."""
OF_QUESTIONS = ("record_id", "kode_pmks", "submission_id", "sheet")
"""What is looked at of records."""
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
    records: pd.DataFrame,
    membership: pd.DataFrame,
    decisions: pd.DataFrame | None = None,
    *,
    cost: float = DataHome.wrong_merge_cost,
) -> pd.DataFrame:
    """Rank what should be asked: of two people, whether they are one, and of one, whether two were taken for him.

    In: `links` as of `Clusters.links`; `records` and `membership` as in `ranked` and `listings`; the `decisions` that
    stand; `cost`, how many duplicates a wrong merge costs. Out: as of `ranked`, one
    row a question, which two records stand for. What was answered of two people is not asked again. Nor is anything
    uncertain of which an answer would spoil more than it mends, since reviewers err (`RIGHT`): the dearer a wrong
    merge, the more probable two people must be one, and the less probable that one is two. Whom a constraint keeps
    apart waits all the same, after all that pays.
    """
    said = pd.DataFrame(columns=["record_id_l", "record_id_r"], dtype="str") if decisions is None else decisions
    pairs = of_people(links, membership)
    apart, parted = two_people(pairs, records, membership), halves(pairs, records, membership, said)
    del pairs
    people = membership["record_id"], membership["person_id"]
    answered = set(zip(*(looked_up(said[f"record_id_{side}"], *people) for side in "lr"), strict=True))
    is_open = [
        (one, other) not in answered and (other, one) not in answered
        for one, other in _rows(apart, "person_id_l", "person_id_r")
    ]
    apart = apart[np.array(is_open, bool) & (apart["reason"] != "decided_different")]
    asked = pd.concat([apart[COLUMNS], parted[COLUMNS]], ignore_index=True)
    pays = mended(asked["match_probability"], asked["person_id_l"] == asked["person_id_r"], cost) > 0
    return _in_sight(ranked(asked[pays | (asked["reason"] != UNCERTAIN)], records, membership, cost=cost))


def requeued(before: pd.DataFrame, made: pd.DataFrame, again: pd.Series, *, cost: float) -> pd.DataFrame:
    """The questions after people changed: of `before` those that are about none of the people `again`, of `made` those
    that are about one, ranked together. Both, and the result, as of `review_queue`."""
    parts = [queue[_about(queue, again) == taken] for queue, taken in ((before, False), (made, True))]
    queue: pd.DataFrame = pd.concat([part for part in parts if len(part)] or parts[1:], ignore_index=True)
    return _in_sight(_best_first(queue, cost))


def _in_sight(queue: pd.DataFrame) -> pd.DataFrame:
    """Questions as reviewers see them: an answer that is expected to mend nothing mends 0."""
    return queue.assign(expected_change=queue["expected_change"].clip(lower=0))


def _about(queue: pd.DataFrame, people: pd.Series) -> npt.NDArray[np.bool_]:
    return is_one_of(queue["person_id_l"], people) | is_one_of(queue["person_id_r"], people)


def ranked(
    pairs: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame, *, cost: float = DataHome.wrong_merge_cost
) -> pd.DataFrame:
    """Rank pairs of records by what an answer is expected to mend.

    In: `pairs` (record_id_l, record_id_r, reason, match_weight, match_probability, and where it is known
    records_changed and `half`: the records of one half of a person whom the question may part); `records` (record_id
    and, where there are, kode_pmks); `membership`. Pairs of records that are not in force are left out. Out:
    `QUEUE_COLUMNS`, best first. Holds no personal values. referrals_shared: categories that both people, or both
    halves, are listed with. expected_change: errors in duplicates that an answer takes away, less those that it makes
    where the reviewer errs, times the person and the referrals at stake.
    """
    people = membership["record_id"], membership["person_id"]
    left, right = pairs[["record_id_l", "record_id_r"]].min(axis=1), pairs[["record_id_l", "record_id_r"]].max(axis=1)
    pairs = pairs.assign(record_id_l=left, record_id_r=right)
    pairs = pairs.assign(person_id_l=looked_up(left, *people), person_id_r=looked_up(right, *people))
    pairs = pairs.dropna(subset=["person_id_l", "person_id_r"]).reset_index(drop=True)
    pairs = pairs.assign(
        pair_id=[pair_id(a, b) for a, b in _rows(pairs, "record_id_l", "record_id_r")],
        referrals_shared=_shared_categories(pairs, records, looked_up(records["record_id"], *people)),
    )
    numbers = dict.fromkeys(("rank", "records_changed", "referrals_shared"), "Int64")
    return _best_first(pairs, cost).reindex(columns=QUEUE_COLUMNS).astype(numbers | {"pair_id": "str"})


def _best_first(pairs: pd.DataFrame, cost: float) -> pd.DataFrame:
    """Pairs with what an answer is expected to change (`expected_change`), and their rank by it."""
    together = pairs["person_id_l"] == pairs["person_id_r"]
    change = mended(pairs["match_probability"], together, cost) * (1 + pairs["referrals_shared"])
    pairs = pairs.assign(expected_change=change.astype("float64"))
    pairs = pairs.sort_values(["expected_change", "pair_id"], ascending=[False, True], ignore_index=True)
    return pairs.assign(rank=pd.array(range(1, len(pairs) + 1), dtype="Int64"))


def mended(one_person: pd.Series, together: pd.Series, cost: float) -> pd.Series:
    """Return how many duplicates' worth of errors an answer is expected to take away, the errors of reviewers deducted.

    `one_person`: how probable that is; `together`: whether it is so now. Where two are apart, an answer mends a
    duplicate if they are one and makes a wrong merge (`cost`) if they are two and the reviewer errs; and the other way
    round.

    >>> mended(pd.Series([0.5, 0.1, 0.98]), pd.Series([False, False, True]), 5.0).round(3).tolist()
    [0.35, -0.13, 0.046]
    """
    two = 1 - one_person
    if_apart = RIGHT * one_person - (1 - RIGHT) * cost * two
    return if_apart.where(~together, RIGHT * cost * two - (1 - RIGHT) * one_person)


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


def _shared_categories(pairs: pd.DataFrame, records: pd.DataFrame, of: pd.Series) -> pd.Series:
    """Count the categories with which both people of a pair, or both halves, are listed: aid that is given twice if
    they are one, or once if they are two. `of`: whose each record is."""
    if "kode_pmks" not in records.columns:
        return pd.Series(0, index=pairs.index)
    concerned = is_one_of(of, pd.concat([pairs["person_id_l"], pairs["person_id_r"]]))
    said = pd.DataFrame({"person": of, "record": records["record_id"], "code": records["kode_pmks"]})[concerned]
    said = said.explode("code").dropna(subset="code")
    said = said.assign(code=pd.factorize(said["code"])[0])
    sides = sides_of(*numbered(pairs if "half" in pairs else pairs.assign(half=None), said))
    one, other = (side[["question", "code"]].drop_duplicates() for side in sides)
    shared = one.merge(other, on=["question", "code"])["question"]
    return pd.Series(np.bincount(shared.to_numpy(np.int64), minlength=len(pairs)), index=pairs.index)


def _rows(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """The values of some columns, row by row. A series of texts makes one after the other, ten times as slow."""
    return zip(*(frame[column].tolist() for column in columns), strict=True)
