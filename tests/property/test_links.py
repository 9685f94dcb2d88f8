"""Records that share a key, and links by component, against slow and obvious ways to compute the same."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assets.households.linkage.arrays.links import (
    KEY_BITS,
    NUMBER_BITS,
    by_component,
    next_with_same_key,
    root,
    run_in_threads,
    runs_of,
    split_links,
)

KEYS = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 2**64 - 1)), max_size=80)
LINKS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.5, 1.0, 2.0, 3.0])), max_size=120)


@settings(max_examples=300, deadline=None)
@given(KEYS)
def test_runs_hold_the_records_of_each_key_that_is_shared(numbers: list[int]) -> None:
    key = (np.array(numbers, np.uint64) << np.uint64(NUMBER_BITS)) & KEY_BITS
    order, starts = runs_of(key, np.arange(len(key), dtype=np.int32))
    got = {int(key[order[a]]): order[a:b].tolist() for a, b in pairwise(starts)}
    by_hand = {k: np.flatnonzero(key == k).tolist() for k in set(key.tolist()) - {0}}
    assert got == {k: members for k, members in by_hand.items() if len(members) > 1}
    assert list(got.values()) == sorted(got.values()), "runs stand in the order of their first records"


@settings(max_examples=300, deadline=None)
@given(KEYS)
def test_the_next_record_of_a_key_is_the_nearest_behind_with_the_same(numbers: list[int]) -> None:
    by_hand = [
        next((j for j in range(k + 1, len(numbers)) if numbers[j] == own and own), -1) for k, own in enumerate(numbers)
    ]
    assert next_with_same_key(np.array(numbers, np.uint64)).tolist() == by_hand


@settings(max_examples=300, deadline=None)
@given(LINKS)
def test_links_are_grouped_by_what_they_connect_and_the_strongest_come_first(
    links: list[tuple[int, int, float]],
) -> None:
    ends = np.array([link[:2] for link in links], np.int32).reshape(-1, 2)
    weight = np.array([w for _, _, w in links], np.float32)
    order, starts = by_component(61, ends[:, 0].copy(), ends[:, 1].copy(), weight)
    graph = coo_array((np.ones(len(links)), (ends[:, 0], ends[:, 1])), shape=(61, 61))
    label = connected_components(graph, directed=False)[1].tolist()
    of_record = [label.index(own) for own in label]  # the first record of its group
    by_hand = sorted(range(len(links)), key=lambda k: (of_record[links[k][0]], -links[k][2], k))
    assert order.tolist() == by_hand
    groups = [{of_record[links[k][0]] for k in order[a:b]} for a, b in pairwise(starts)]
    assert all(len(group) == 1 for group in groups)
    assert len({min(group) for group in groups}) == len(groups)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=40))
def test_stretches_cover_every_group_once_and_in_order(sizes: list[int]) -> None:
    starts = np.append(0, np.cumsum(sizes)).astype(np.int64)
    spans = run_in_threads(starts, lambda first, last: list(range(first, last)))
    assert [group for span in spans for group in span] == list(range(len(sizes)))


def test_the_root_of_a_chain_is_found_from_its_end() -> None:
    parent = np.maximum(np.arange(1000, dtype=np.int32) - 1, 0)
    assert root(parent, 999) == 0
    assert parent[999] < 998


@settings(max_examples=100, deadline=None)
@given(LINKS, st.sets(st.integers(0, 60)))
def test_links_are_split_by_whether_an_end_is_marked(links: list[tuple[int, int, float]], marked: set[int]) -> None:
    ends = np.array([link[:2] for link in links], np.int32).reshape(-1, 2)
    weight = np.array([w for _, _, w in links], np.float32)
    marks = np.isin(np.arange(61), list(marked))
    got = [
        list(zip(*(column.tolist() for column in part), strict=True))
        for part in split_links(*ends.T.copy(), weight, marks)
    ]
    with_mark = [link for link in links if marked & set(link[:2])]
    assert got == [[link for link in links if link not in with_mark], with_mark]
