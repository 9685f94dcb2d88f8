"""From dwellings without card and head to households, and to pairs that may be one household.

Only these dwellings are looked at; where every household has a card somewhere, there are hardly any. All of them are
looked at together, since what is learned from them holds for all: an incremental match does this part anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assets.households.linkage.arrays.links import Bools, pair_codes
from assets.households.linkage.arrays.lookup import is_wanted
from assets.households.linkage.arrays.text import Hashes, Ints, mixed
from assets.households.linkage.cardless.belonging import learned_weights, listed_once, odds_of_belonging
from assets.households.linkage.cardless.estimate import learned, log_odds
from assets.households.linkage.cardless.evidence import (
    MOST_AT_PLACE,
    Dwellings,
    Evidence,
    Floats,
    Kin,
    Labels,
    PlacePairs,
    dwellings_of,
    evidence_of,
    pairs_at_places,
)
from assets.households.linkage.cardless.grouping import group_dwellings
from assets.households.linkage.cardless.places import JOINING, MOST_WITHOUT_CARD, PlaceKey
from assets.households.linkage.cardless.possible import Possible, seen_in_both, worth_asking
from assets.households.linkage.clustering import Decided
from assets.households.linkage.compare.records import RecordArrays, rows_of
from assets.households.linkage.dwellings.people import join_dwellings_by_people
from assets.households.linkage.dwellings.weights import HouseholdWeights

SURER_IN_RT = 2.0
"""How many times the odds that suffice elsewhere are needed in an RT where neither has a card: any neighbour would
do."""
SURE = 8.0
"""log2 odds beyond which one pair does not outvote the others of its group."""
SAID_APART = 1e6
"""log2 odds against what a reviewer set apart: more than all other pairs of two groups together say."""


class Cardless(NamedTuple):
    """The household of each record that was looked at: a label that was given, or, where no record of it has a card or
    names a head, the number of its first one; and the pairs of households that may be one."""

    household: Ints
    possible: Possible


def card_or_head(rows: npt.NDArray[np.void]) -> Bools:
    """Say which records have a card, or name a head of household."""
    return np.asarray((rows["kk"] != 0) | (rows["head"] >= 0))


def of_unknown(known: Bools, household: npt.NDArray[Any], count: int) -> Bools:
    """Say which records are of households (labels below `count`) of which no record is known by a card or head."""
    return np.asarray(np.bincount(household[known], minlength=count)[household] == 0)


def join_cardless(
    members: Labels, household: Ints, known: Bools, person: Ints, address: Hashes, places: Hashes,
    records: RecordArrays, weights: HouseholdWeights, decided: Decided,
) -> Cardless:  # fmt: skip
    """Join the dwellings of records without card and head into households, and with those of their neighbours.

    `members`: the numbers of the records, those without card (`of_unknown`), who shares a place with them
    (`neighbours_of`), and all of the households that list the same people (`of_same_people`). All else is of these
    records only, in canonical order: labels of their household, whether any record of it, also of those elsewhere, has
    a card or names a head, labels of their person, the hash of the address, the keys of the place (`place_keys`).
    `decided`: what reviewers said of households, by pairs of these records; a card outranks them.
    """
    person, home = pd.factorize(person)[0].astype(np.int32), pd.factorize(household)[0]
    institution = np.zeros(len(home), bool)
    if weights.by_address:
        home, institution = of_one_address(home, np.where(known, 0, address_keys(places, records.rows)), person)
    near = np.flatnonzero(neighbours_of(~known, places[list(JOINING)]))
    here = np.full(len(home), -1)
    here[near] = np.arange(len(near))
    apart = here[decided.different]
    joined, found = _join_at_places(
        home[near], known[near], institution[near], person[near], address[near], places[:, near],
        rows_of(records, near), weights, apart[(apart >= 0).all(axis=1)],
    )  # fmt: skip
    first = np.zeros(int(home.max(initial=-1)) + 1, np.int32)
    first[home[::-1]] = np.arange(len(home))[::-1]
    first[home[near]] = near[joined]
    final = _as_said(first[home], known, decided)
    is_known = _any_in(final, known)
    representative = np.where(is_known, _first_of(final, known), final)
    around = _at_places(final.astype(np.int64), is_known, person, address, places, records, weights, PlaceKey)
    around = around.chosen(around.pairs.place == PlaceKey.AROUND)
    every = _possible_at_places(final, near, found).and_also(_possible_at_places(final, np.arange(len(home)), around))
    every = every.and_also(seen_in_both(final, person, records, weights, is_known))
    possible = worth_asking(every, final, is_known, decided.different)
    possible = possible._replace(left=members[possible.left], right=members[possible.right])
    return Cardless(np.where(is_known, household, members)[representative].astype(np.int32), possible)


class AtPlaces(NamedTuple):
    """Dwellings of those without card and of who shares a place with them, and their pairs: what these show, the log2
    odds of one household, and from which odds on they are joined. `dwelling`: of each record; `home`: the household of
    each dwelling (0, 1, 2 …)."""

    dwelling: Labels
    home: Labels
    dwellings: Dwellings
    pairs: PlacePairs
    seen: Evidence
    odds: Floats
    needed: Floats

    def chosen(self, which: Bools) -> AtPlaces:
        """Return some of the pairs."""
        pairs, seen = self.pairs.chosen(which), self.seen.chosen(which)
        return self._replace(pairs=pairs, seen=seen, odds=self.odds[which], needed=self.needed[which])


def _at_places(
    home: Labels, known: Bools, person: Ints, address: Hashes, places: Hashes, records: RecordArrays,
    weights: HouseholdWeights, keys: Iterable[PlaceKey],
) -> AtPlaces:  # fmt: skip
    """Compare the dwellings that share a place of the `keys`. All else as `join_cardless`."""
    home = pd.factorize(home)[0]
    dwelling = pd.factorize(home.astype(np.int64) << 32 | person)[0]
    d = dwellings_of(dwelling, person.astype(np.int64), address, records)
    home = home[d.first]
    hidden = listed_once(dwelling, d.person, home, records.rows, card_or_head(records.rows))
    every = pairs_at_places(dwelling, places, d, keys)
    crowded = _crowded(dwelling, places[PlaceKey.HOUSE], person, known)
    return AtPlaces(dwelling, home, d, *_compared(every, d, home, known[d.first], hidden, crowded, weights))


def _crowded(dwelling: Labels, house: Hashes, person: Ints, known: Bools) -> Bools:
    """Say which dwellings without card and head are at a house number (0: none) of more than `MOST_WITHOUT_CARD` such
    people. All of each record."""
    at, there = pd.factorize(house)[0], (house > 0) & ~known
    people = np.unique(at[there].astype(np.int64) << 32 | person[there]) >> 32
    many = np.bincount(people, minlength=len(at)) > MOST_WITHOUT_CARD
    return np.bincount(dwelling[there & many[at]], minlength=int(dwelling.max(initial=-1)) + 1) > 0


def _join_at_places(
    home: Labels, known: Bools, institution: Bools, person: Ints, address: Hashes, places: Hashes,
    records: RecordArrays, weights: HouseholdWeights, apart: Ints,
) -> tuple[Ints, AtPlaces]:  # fmt: skip
    """Join households of which all records share a place with one without card, or are of one: return a record of the
    household of each, and what was compared.

    As `join_cardless`; `institution`: which records are of one; `apart`: pairs of records that a reviewer set apart.
    """
    at = _at_places(home, known, person, address, places, records, weights, JOINING)
    d, over = at.dwellings, np.clip(at.odds - at.needed, -SURE, SURE)
    left, right, over = _with_those_apart(at.pairs.left, at.pairs.right, over, at.dwelling, apart)
    surest = np.argsort(-over, kind="stable")
    surest = surest[over[surest] > 0]
    group = group_dwellings(at.home, known[d.first], left, right, over, surest)
    joined = d.first[group][at.dwelling].astype(np.int32)
    none = np.full(len(joined), -1, np.int32)
    final = join_dwellings_by_people(
        joined, none, person, records, weights, _any_in(joined, known | institution), cardless=True
    )
    return _kept_apart(final, joined, apart), at


def address_keys(places: Hashes, rows: npt.NDArray[np.void]) -> Hashes:
    """Return a key of each record's address with a house number, or of its institution, 0 where there is none, however
    many share it."""
    crowd = np.where(rows["crowd"] != 0, mixed(rows["crowd"], rows["village"].astype(np.uint64)), 0)
    at = np.where(places[PlaceKey.HOUSE] != 0, places[PlaceKey.HOUSE], places[PlaceKey.INSTITUTION])
    return np.where(crowd != 0, crowd, at)


def of_one_address(home: Labels, address: Hashes, person: Ints) -> tuple[Labels, Bools]:
    """Make one of the households at each address (0: none), and say which records are of an institution: an address of
    more than `MOST_AT_PLACE` people.

    `home`, `person`: labels of each record. Those of homes are 0, 1, 2 … again. Who is listed in an institution, and
    at another place as well, takes nobody there along.
    """
    at, there = pd.factorize(address)[0], address > 0
    people = np.unique(at[there].astype(np.int64) << 32 | person[there]) >> 32
    institution = there & (np.bincount(people, minlength=len(at)) > MOST_AT_PLACE[PlaceKey.HOUSE])[at]
    count = len(home)
    node = np.where(institution, 2 * count + at, home)
    edges = coo_array((np.ones(there.sum()), (node[there], count + at[there])), shape=(4 * count, 4 * count))
    return pd.factorize(connected_components(edges, directed=False)[1][node])[0], institution


def _compared(
    every: PlacePairs,
    d: Dwellings,
    home: Labels,
    known: Bools,
    hidden: Bools,
    crowded: Bools,
    weights: HouseholdWeights,
) -> tuple[PlacePairs, Evidence, Floats, Floats]:
    """Return the pairs of dwellings of two households, of which one has neither card nor head, what they show, log2
    odds that they are one household, and from which odds on they are joined.

    `every`: all pairs of two people at one place; `home`, `known`: of each dwelling its household, and whether that has
    a card or head; `hidden`: as `listed_once`.
    """
    of_one = known[every.left].astype(np.int64) + known[every.right]
    pairs = every.chosen((home[every.left] != home[every.right]) & (of_one < 2))
    seen = evidence_of(pairs.left, pairs.right, d)
    alike = (crowded[pairs.left] | crowded[pairs.right]) & (pairs.place == PlaceKey.HOUSE) & (seen.kin < Kin.SIBLINGS)
    pairs, seen = pairs.chosen(~alike), seen.chosen(~alike)
    if not len(pairs):
        return pairs, seen, np.zeros(0), np.zeros(0)
    model = learned(pairs, seen, d)
    odds, to_known = log_odds(pairs, seen, model), known[pairs.left] | known[pairs.right]
    counts = learned_weights(every, d, home, known, hidden, model)
    odds[to_known] = odds_of_belonging(pairs.chosen(to_known), seen.chosen(to_known), home, known, model, counts)
    any_neighbour = (pairs.place == PlaceKey.RT) & ~to_known
    return pairs, seen, odds, weights.needed_at_house + np.log2(np.where(any_neighbour, SURER_IN_RT, 1.0))


def _with_those_apart(
    left: Labels, right: Labels, odds: Floats, dwelling: Labels, apart: Ints
) -> tuple[Labels, Labels, Floats]:
    """Put what reviewers set apart in the place of the odds of these pairs of dwellings, and add those not among them.

    Sorted by left and right, each pair once.
    """
    said = np.sort(dwelling[apart], axis=1)
    ends = np.concatenate([said, np.stack([left, right], axis=1)])
    every = np.concatenate([np.full(len(said), -SAID_APART), odds])
    two = ends[:, 0] != ends[:, 1]
    ends, every = ends[two], every[two]
    code, first = np.unique(ends[:, 0] << 32 | ends[:, 1], return_index=True)
    return code >> 32, code & 0xFFFFFFFF, every[first]


def _kept_apart(final: Ints, joined: Ints, apart: Ints) -> Ints:
    """Let nobody be joined by the people seen in both (`final`, not yet `joined`) whom a reviewer set apart."""
    left, right = apart.T
    against = final[left][(final[left] == final[right]) & (joined[left] != joined[right])]
    return np.where(np.isin(final, against), joined, final)


def _as_said(household: Ints, known: Bools, decided: Decided) -> Ints:
    """Make one of the households of which reviewers said so, unless both have a card, or a decision sets them apart: a
    household that is counted twice loses nothing."""
    out = household.copy()
    for left, right in decided.same:
        a, b = sorted((out[left], out[right]))
        of_a, of_b = out == a, out == b
        apart = np.sort(out[decided.different], axis=1)
        if a != b and not (known[of_a].any() and known[of_b].any()) and not (apart == [a, b]).all(axis=1).any():
            out[of_b] = a
    return out


def _any_in(label: Ints, marked: Bools) -> Bools:
    """Say for each record whether one of its household (`label`: a record of it) is marked."""
    return np.asarray(np.bincount(label[marked], minlength=len(label))[label] > 0)


def _first_of(label: Ints, marked: Bools) -> Labels:
    """Return for each record the first marked one of its household, 0 where there is none."""
    first = np.zeros(len(label), np.int64)
    first[label[marked][::-1]] = np.flatnonzero(marked)[::-1]
    return first[label]


def of_same_people(alone: Bools, household: npt.NDArray[Any], person: npt.NDArray[Any]) -> Bools:
    """Say which records are of households that list somebody of whom a record is `alone`; labels are whole numbers."""
    listed = np.bincount(person[alone], minlength=int(person.max(initial=-1)) + 1)[person] > 0
    return np.asarray(np.bincount(household[listed], minlength=int(household.max(initial=-1)) + 1)[household] > 0)


def neighbours_of(members: Bools, places: Hashes) -> Bools:
    """Say which records share a key of the place with one of `members`, or are one."""
    out = members.copy()
    for key in places:
        out |= is_wanted(key, np.unique(key[members & (key > 0)]))
    return out


def _possible_at_places(home: Ints, near: Labels, found: AtPlaces) -> Possible:
    """Return the pairs of households that share a place, with how probable one household is; `home`: the household of
    each record, a record of it; `near`: which records `found` is of."""
    pairs, first = found.pairs, near[found.dwellings.first]
    one, other = home[first[pairs.left]], home[first[pairs.right]]
    apart = np.flatnonzero(one != other)
    odds = found.odds[apart]
    _, index, size = np.unique(pair_codes(one, other)[apart], return_inverse=True, return_counts=True)
    mean = np.bincount(index, np.clip(odds, -SURE, SURE), minlength=len(size)) / np.maximum(size, 1)
    k = apart[np.lexsort((-odds, index))][np.cumsum(size) - size]
    return Possible(
        first[pairs.left[k]], first[pairs.right[k]], 1 / (1 + np.exp2(-mean)), pairs.place[k], pairs.crowd[k],
        found.seen.together[k], found.seen.fewer[k],
    )  # fmt: skip
