"""Records and pairs that are brought into order where they are, against a slow and obvious way."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.arrays.text import looked_up
from assets.households.linkage.pairs import Scored, sorted_pairs
from assets.households.linkage.prepare.fields import NAME, OWN, no_fields, put_in_order
from assets.households.linkage.prepare.tokens import ROW

PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(9, 16), st.integers(-6, 60)), max_size=30)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 12).flatmap(lambda n: st.permutations(range(n))), st.data())
def test_records_change_places_and_get_the_row_of_their_name(order: list[int], data: st.DataObject) -> None:
    names = np.arange(3 * ROW, dtype=np.int32).reshape(3, ROW)
    fields, n = no_fields(len(order)), len(order)
    fields[:, :OWN] = np.arange(n * OWN).reshape(n, OWN)
    fields[:, NAME] = data.draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    before = fields.copy()
    put_in_order(fields, np.array(order, np.int64), names)
    assert (fields[:, :OWN] == before[order, :OWN]).all()
    for record in fields:
        assert (record[OWN:] == (names[record[NAME]] if record[NAME] >= 0 else -1)).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(PAIRS, max_size=4))
def test_pairs_are_sorted_and_each_is_of_the_rule_that_found_it_first(found: list[list[tuple[int, int, int]]]) -> None:
    scored = [
        Scored(
            np.array([left for left, _, _ in pairs], np.int32),
            np.array([right for _, right, _ in pairs], np.int32),
            np.array([weight for _, _, weight in pairs], np.float32),
            len(pairs),
        )
        for pairs in found
    ]
    expected: dict[tuple[int, int], tuple[int, int]] = {}
    for rule, pairs in enumerate(found):
        for left, right, weight in pairs:
            expected.setdefault((left, right), (weight, rule))
    kept, by = sorted_pairs(17, scored, [*range(len(found))])
    got = zip(kept.left.tolist(), kept.right.tolist(), kept.weight.tolist(), by.tolist(), strict=True)
    assert [*got] == [(*pair, *expected[pair]) for pair in sorted(expected)]


@given(st.lists(st.integers(-1, 3)))
def test_codes_are_looked_up_and_none_is_nothing(codes: list[int]) -> None:
    table = np.array([5, 0, 7, 9], np.uint64)
    assert looked_up(table, np.array(codes, np.int32)).tolist() == [int(table[c]) if c >= 0 else 0 for c in codes]
