"""What lists say of two people: as a slow way finds it, list by list; and it moves what is asked, and when."""

from __future__ import annotations

from math import log2

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.households.review.listings import TERMS, listings
from assets.households.review.queue import review_queue

PEOPLE, HOMES, LISTS = "ABCDE", "HK", "xyz"
Named = list[tuple[str, str, str | None]]
"""Records: whose, of which household, on which list (None: it is not said)."""


def tables(named: Named) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"r{k}" for k in range(len(named))]
    people, homes, lists = ([row[k] for row in named] for k in range(3))
    records = pd.DataFrame({"record_id": ids, "sumber": lists, "periode": "2024", "kode_desa": "16.10.05.2036"})
    membership = pd.DataFrame({"record_id": ids, "person_id": people, "household_id": homes}, dtype="str")
    return records.astype({"record_id": "str", "sumber": "str"}), membership


def question(one: str, other: str, half: list[str] | None = None) -> pd.DataFrame:
    asked = pd.DataFrame({"person_id_l": [one], "person_id_r": [other]}, dtype="str")
    return asked.assign(half=pd.Series([half], dtype="object"))


def slowly(named: Named, one: str, other: str, half: list[str]) -> list[float]:
    """Look at each list by itself."""
    rows = [(f"r{k}", *row) for k, row in enumerate(named) if row[2]]
    both = [row for row in rows if row[1] in (one, other)]
    left = [row for row in both if (row[0] in half if one == other else row[1] == one)]
    right = [row for row in both if row not in left]
    homes = {row[2] for row in both}
    left_on, right_on = ({row[3] for row in side} for side in (left, right))
    fewer, more = (right_on, left_on) if len(left_on) > len(right_on) else (left_on, right_on)
    with_housemates = {row[3] for row in rows if row[2] in homes and row[1] not in (one, other)}
    together, unnamed = float(bool(fewer & more)), log2(1 + len(with_housemates - fewer))
    instead, home = log2(1 + len(fewer & with_housemates - more)), float(len(homes) == 1)
    apart = 1 - home
    return [apart * together, apart * unnamed, home, home * together, home * unnamed, home * instead]


records_of_lists = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(HOMES), st.sampled_from((*LISTS, None))), min_size=1, max_size=14
)


@given(records_of_lists, st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.data())
def test_lists_say_what_they_say_one_by_one(named: Named, one: str, other: str, data: st.DataObject) -> None:
    records, membership = tables(named)
    mine = [f"r{k}" for k, row in enumerate(named) if row[0] == one]
    half = data.draw(st.lists(st.sampled_from(mine), unique=True)) if one == other and mine else []
    asked = question(one, other, half if one == other else None)
    got = listings(asked, records, membership)
    assert got.columns.tolist() == [*TERMS]
    assert got.iloc[0].tolist() == pytest.approx(slowly(named, one, other, half))


@given(records_of_lists, st.permutations(range(3)))
def test_each_question_is_answered_by_itself(named: Named, order: list[int]) -> None:
    records, membership = tables(named)
    asked = pd.concat([question("A", "B"), question("C", "C", ["r0"]), question("A", "D")], ignore_index=True)
    each = listings(asked, records, membership).iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(listings(asked.iloc[order].reset_index(drop=True), records, membership), each)


def test_without_lists_nothing_is_said() -> None:
    records, membership = tables([("A", "H", "x"), ("B", "H", "y")])
    assert not listings(question("A", "B"), records[["record_id"]], membership).to_numpy().any()


def test_who_stands_in_the_place_of_another_is_more_probably_he_than_who_stands_beside_him() -> None:
    """C and D are a home, and so are E and F; the mother is named by all lists. D stands on a list of his own, F on one
    that names E as well."""
    home = [("M", "H", "x"), ("M", "H", "y"), ("C", "H", "x"), ("D", "H", "y")]
    also = [("N", "K", "x"), ("N", "K", "y"), ("E", "K", "x"), ("F", "K", "x")]
    records, membership = tables([*home, *also])
    links = pd.DataFrame({
        "record_id_l": ["r2", "r6"], "record_id_r": ["r3", "r7"], "match_weight": 3.0, "match_probability": 0.5,
        "decided_by": "group_disagrees",
    }).astype({"record_id_l": "str", "record_id_r": "str"})  # fmt: skip
    chance = review_queue(links, records, membership).set_index("record_id_l")["match_probability"]
    assert chance["r2"] > chance["r6"]
    assert np.isfinite(chance).all()
