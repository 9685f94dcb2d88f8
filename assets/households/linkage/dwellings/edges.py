"""Pairs of records that speak for one dwelling: of each record with the next ones that share a key with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.links import Links, next_with_same_key, run_in_threads
from assets.households.linkage.arrays.text import INITIAL_LENGTH, Hashes, Ints, doubled
from assets.households.linkage.compare.identifiers import compare_kks
from assets.households.linkage.compare.levels import Agreement, KkLevel, PlaceLevel
from assets.households.linkage.compare.names import Names
from assets.households.linkage.compare.places import compare_places, compare_villages
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.dwellings.keys import BY_PARTS
from assets.households.linkage.dwellings.weights import HouseholdWeights, household_weight
from assets.households.linkage.prepare.fields import RecordRow

NEIGHBOURS = 3
"""Records of one card, head or person that each record is compared with, in canonical order."""


def next_of_dwelling(keys: Hashes, by_person: Hashes) -> Ints:
    """Return for each record the next one of each key, and of the same person, -1 for none (records × keys + 1).

    `keys`: as from `dwelling_keys`; `by_person`: a key of the person, 0 for records of whose persons not all records
    are here.
    """
    shared = [*keys[:BY_PARTS], by_person, *keys[BY_PARTS:]]
    following = np.empty((len(by_person), len(shared)), np.int32)

    def follow(number: int) -> None:
        following[:, number] = next_with_same_key(shared[number])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(follow, range(len(shared))))
    return following


def dwelling_edges(following: Ints, person: Ints, records: RecordArrays, weights: HouseholdWeights) -> Links:
    """Return pairs of records that speak for one dwelling: left, right, weight; sorted, each once.

    Records are compared with the next ones (`next_of_dwelling`): whole groups must be present.
    """
    found = run_in_threads(
        np.arange(len(person) + 1),
        lambda first, last: _edges(first, last, following, BY_PARTS + 1, person, records, weights),
    )
    left, right, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return left, right, weight


@compiled
def _edges(
    first: int, last: int, following: Ints, parts: int, person: Ints, records: RecordArrays, weights: HouseholdWeights
) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:  # fmt: skip
    """Compare the records from `first` to before `last` with the next ones of each key: left, right and weight of those
    that speak for one household. `following`: records × keys, the next record of the same key, -1 for none.

    Keys from `parts` on are of parts of a card. By them a record is compared only with those of another card at the
    same address, or in the same hamlet and RT: cards issued on one day in one district always share their first digits.
    """
    used = 0
    left, right, weight = (
        np.empty(INITIAL_LENGTH, np.int32),
        np.empty(INITIAL_LENGTH, np.int32),
        np.empty(INITIAL_LENGTH, np.float32),
    )
    keys = following.shape[1]
    neighbours = np.empty(keys * NEIGHBOURS, np.int32)
    for p in range(first, last):
        found = 0
        for key in range(keys):
            q = following[p, key]
            for _ in range(NEIGHBOURS):
                if q < 0:
                    break
                at = found  # where it belongs among those found, in order
                while at > 0 and neighbours[at - 1] > q:
                    at -= 1
                new = at == 0 or neighbours[at - 1] != q
                if new and key >= parts:
                    new = _same_address_or_rt(records.rows[p], records.rows[q], records.addresses)
                if new:
                    for k in range(found, at, -1):
                        neighbours[k] = neighbours[k - 1]
                    neighbours[at] = q
                    found += 1
                q = following[q, key]
        for k in range(found):
            q = neighbours[k]
            if person[p] == person[q] and _moved(records.rows[p], records.rows[q], records.addresses):
                continue
            w, _ = household_weight(p, q, person, records, weights)
            if w <= weights.needed:
                continue
            if used == len(left):
                left, right, weight = doubled(left), doubled(right), doubled(weight)
            left[used], right[used], weight[used] = p, q, w
            used += 1
    return left[:used].copy(), right[:used].copy(), weight[:used].copy()


@kernel
def _moved(a: RecordRow, b: RecordRow, addresses: Names) -> bool:
    """Say whether somebody is listed at two places, or in two villages, under different cards.

    Whether the two dwellings are one household is then decided by all people of both (`join_dwellings_by_people`).
    """
    place, two_villages = compare_places(a, b, addresses), compare_villages(a, b) == Agreement.DIFFERENT
    elsewhere = place == PlaceLevel.DIFFERENT or (two_villages and place != PlaceLevel.SAME_ADDRESS)
    return elsewhere and compare_kks(a, b) != KkLevel.SAME


@kernel
def _same_address_or_rt(a: RecordRow, b: RecordRow, addresses: Names) -> bool:
    """Say whether two records of different cards have one address, or one hamlet and RT."""
    if a.kk == b.kk:
        return False
    place = compare_places(a, b, addresses)
    return place == PlaceLevel.SAME_ADDRESS or place == PlaceLevel.SAME_RT
