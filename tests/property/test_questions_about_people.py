"""What is asked of people, as a slow way finds it: two people by two people, one record after the other."""

from itertools import combinations, product
from math import log2

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.households.review.candidates import LIMIT, NOT_KEPT, UNCERTAIN, of_people, two_people
from assets.households.review.queue import ranked

RECORDS = "abcdefg"
PAIRS = [*combinations(RECORDS, 2)]
CODES = st.lists(st.sampled_from(["05", "16", "23"]), max_size=3)
Whose = list[str]
"""The person of each record in force, which may be fewer than all."""
whose = st.lists(st.sampled_from("PQR"), min_size=2, max_size=len(RECORDS))
compared = st.lists(
    st.tuples(st.sampled_from(PAIRS), st.integers(-20, 20), st.sampled_from(["model", "group_disagrees", "two_names"])),
    unique_by=lambda link: link[0],
)
Links = list[tuple[tuple[str, str], int, str]]


def links(found: Links) -> pd.DataFrame:
    rows = [(*ends, weight, 1 / (1 + 2.0**-weight), by) for ends, weight, by in found]
    names = ["record_id_l", "record_id_r", "match_weight", "match_probability", "decided_by"]
    texts = dict.fromkeys(["record_id_l", "record_id_r", "decided_by"], "str")
    return pd.DataFrame(rows, columns=names).astype(texts | {"match_weight": "float64", "match_probability": "float64"})


def members(people: Whose) -> pd.DataFrame:
    ids = [*RECORDS[: len(people)]]
    return pd.DataFrame({"record_id": ids, "person_id": people, "household_id": "H"}, dtype="str")


@given(whose, compared)
def test_two_people_are_what_the_pairs_of_their_records_say(people: Whose, found: Links) -> None:
    of, who = dict(zip(RECORDS, people, strict=False)), members(people)
    got = two_people(of_people(links(found), who), who[["record_id"]], who)
    rows = {(row.one, row.other): row for row in got.itertuples()}
    expected = set()
    for one, other in combinations("PQR", 2):
        between = [link for link in found if sorted(of.get(end, "") for end in link[0]) == [one, other]]
        between.sort(key=lambda link: (-1 / (1 + 2.0 ** -link[1]), link[0]))
        if not between:
            continue
        expected.add((one, other))
        row, sizes = rows[one, other], [people.count(one), people.count(other)]
        refused = [by for _, _, by in between if by != "model"]
        assert (row.record_id_l, row.record_id_r) == between[0][0]
        assert row.reason == (refused[0] if refused else UNCERTAIN)
        assert (row.match_weight, row.records_changed) == (between[0][1], min(sizes))
        weights = [max(-LIMIT, min(LIMIT, weight)) for _, weight, _ in between]
        kept = sum(weights) + NOT_KEPT * (sizes[0] * sizes[1] - len(weights))
        assert row.mean == pytest.approx(kept / (sizes[0] * sizes[1]))
        assert (row.largest, row.fewer, row.more) == (max(weights), log2(min(sizes)), log2(max(sizes)))
    assert set(rows) == expected


@given(whose, st.lists(CODES, min_size=len(RECORDS), max_size=len(RECORDS)), st.data())
def test_categories_are_shared_that_both_people_or_both_halves_are_listed_with(
    people: Whose, codes: list[list[str]], data: st.DataObject
) -> None:
    who = members(people)
    ids = who["record_id"].tolist()
    records = pd.DataFrame({"record_id": ids, "kode_pmks": codes[: len(ids)]}).astype({"record_id": "str"})
    pairs = pd.DataFrame([*product(ids, ids)], columns=["record_id_l", "record_id_r"], dtype="str")
    half = data.draw(st.lists(st.sampled_from(ids), unique=True))
    asked = pairs.assign(reason=UNCERTAIN, match_weight=1.0, match_probability=0.5, half=[half] * len(pairs))
    shared = ranked(asked, records, who).set_index(["record_id_l", "record_id_r"])["referrals_shared"]
    person, listed = dict(zip(ids, people, strict=True)), dict(zip(ids, codes, strict=False))
    for left, right in combinations(ids, 2):
        sides = [[r for r in ids if person[r] == person[end]] for end in (left, right)]
        if person[left] == person[right]:
            sides = [[r for r in sides[0] if (r in half) is side] for side in (True, False)]
        both = set.intersection(*({code for r in side for code in listed[r]} for side in sides))
        assert (shared.loc[[(left, right)]] == len(both)).all()
