"""From edges to dwellings, the strongest first, and from dwellings to households.

A dwelling is a group of records that agree on KK, head and place.
"""

from __future__ import annotations

import numpy as np

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.links import Links, Starts, by_component, root, run_in_threads
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.cardless.places import has_house_number
from assets.households.linkage.clustering import Forest, merge_groups, single_records
from assets.households.linkage.compare.identifiers import compare_kks
from assets.households.linkage.compare.levels import KkLevel, PlaceLevel, RelativeLevel
from assets.households.linkage.compare.names import level_of_names
from assets.households.linkage.compare.places import compare_places
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.dwellings.edges import dwelling_edges, next_of_dwelling
from assets.households.linkage.dwellings.keys import AT_PLACE, BY_CARD, dwelling_keys, of_one_card
from assets.households.linkage.dwellings.people import join_dwellings_by_people
from assets.households.linkage.dwellings.weights import HouseholdWeights, household_weight
from assets.households.linkage.prepare.records import Prepared

LARGEST_HOUSEHOLD = 400
"""Records that one household plausibly has over all lists and years."""
MEMBERS_COMPARED = 5
"""Records of each dwelling that must agree, together, before two are joined."""
LARGEST_VOTE = 8.0
"""log2 odds beyond which one pair of them does not outvote the others."""


def join_households(p: Prepared, person: Ints, records: RecordArrays, weights: HouseholdWeights) -> tuple[Ints, Links]:
    """Return a household label for each record (the smallest canonical number of it), and the edges that led to it."""
    keys = dwelling_keys(p)
    keys[AT_PLACE] = of_one_card(keys[AT_PLACE], keys[BY_CARD], records.rows, has_house_number(p))
    following = next_of_dwelling(keys, (person + 1).astype(np.uint64))
    del keys  # 56 bytes a record
    edges = dwelling_edges(following, person, records, weights)
    del following
    return join_edges(edges, person, records, weights), edges


def join_edges(edges: Links, person: Ints, records: RecordArrays, weights: HouseholdWeights) -> Ints:
    """Join the records of `edges` into dwellings, the strongest first, and dwellings into households."""
    left, right, weight = edges
    links, starts = by_component(len(person), left, right, weight)
    alone = np.arange(len(person), dtype=np.int32)
    heads = np.where(records.rows["is_head"] == 1, alone, np.int32(-1))
    forest = single_records(len(person))
    run_in_threads(
        starts,
        lambda first, last: _join_dwellings(
            links[starts[first] : starts[last]], left, right, forest, heads, person, records, weights
        ),
    )
    dwelling, heads = _dwellings(forest.parent, heads)
    known = (records.rows["kk"] != 0) | (records.rows["head"] >= 0)
    known = np.bincount(dwelling[known], minlength=len(dwelling))[dwelling] > 0
    return join_dwellings_by_people(dwelling, heads, person, records, weights, known)


@kernel
def _join_dwellings(
    links: Starts, left: Ints, right: Ints, forest: Forest, heads: Ints, person: Ints, records: RecordArrays,
    weights: HouseholdWeights,
) -> None:  # fmt: skip
    """Join the records of some links into dwellings, the strongest first.

    Whoever is joined must agree on the whole, each pair counted as far as it says something: a record without head and
    address says nothing against those that have them.

    `links`: numbers of entries of `left` and `right`; `heads`: by root, the head of each group, -1 where there is none.
    """
    for k in links:
        a, b = root(forest.parent, left[k]), root(forest.parent, right[k])
        if a == b or forest.size[a] + forest.size[b] > LARGEST_HOUSEHOLD:
            continue
        if heads[a] >= 0 and heads[b] >= 0 and _two_families(heads[a], heads[b], person, records):
            continue
        total, x, seen, votes = 0.0, a, 0, 0
        while x >= 0 and seen < MEMBERS_COMPARED:
            y, also = b, 0
            while y >= 0 and also < MEMBERS_COMPARED:
                w, stated = household_weight(x, y, person, records, weights)
                total += min(max(w, -LARGEST_VOTE), LARGEST_VOTE) * stated
                votes += stated
                y = forest.following[y]
                also += 1
            x = forest.following[x]
            seen += 1
        if total > weights.needed * votes:
            merge_groups(forest, a, b)
            a, b = min(a, b), max(a, b)
            heads[a] = heads[a] if heads[a] >= 0 else heads[b]


@kernel
def _two_families(x: int, y: int, person: Ints, records: RecordArrays) -> bool:
    """Say whether two heads are of two families, whatever card they are listed under: two people of different names at
    two addresses, or whom one list names under two cards, though a digit sets these apart (cards of neighbours are
    issued one after the other). A family that moved and changed its head besides is found again by the people it took
    along."""
    a, b = records.rows[x], records.rows[y]
    in_one_list = a.list >= 0 and a.list == b.list
    return (
        person[x] != person[y]
        and level_of_names(a.name, b.name, records.names) == RelativeLevel.DIFFERENT
        and (
            compare_places(a, b, records.addresses) == PlaceLevel.DIFFERENT
            or (in_one_list and compare_kks(a, b) >= KkLevel.NEAR)
        )
    )


@compiled
def _dwellings(parent: Ints, heads: Ints) -> tuple[Ints, Ints]:
    """Return for each record the first of its dwelling, and the head of that."""
    dwelling, head = np.empty_like(parent), np.empty_like(heads)
    for k in range(len(parent)):
        dwelling[k] = root(parent, k)
        head[k] = heads[dwelling[k]]
    return dwelling, head
