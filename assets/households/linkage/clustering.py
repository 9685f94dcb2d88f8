"""From scored pairs to persons: strongest links first, and each join must hold for all pairs that it makes.

Bare connected components chain: A is like B, B like C, so A is C. Here two groups are joined by a link only if the
mean weight over all pairs between them speaks for one person, and if no constraint forbids it; a single record, if its
best pair outweighs the others. What a constraint or the rest of a group refuses is saved with the reason, for
reviewers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.links import Bools, Starts, by_component, root, run_in_threads
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.levels import Agreement, Comparison, NameLevel, NikLevel
from assets.households.linkage.compare.records import LEVEL_COLUMNS, RecordArrays
from assets.households.linkage.constraints import (
    BORN_APART,
    BORN_NEAR,
    SEEN_AGAIN,
    Outcome,
    adjacent_niks,
    evidence,
    more_bits,
    two_groups,
    two_people,
)
from assets.households.linkage.scoring import NO_CUT, PackedWeights, Pairs, weigh

LARGEST_PERSON = 60
"""Records that one person plausibly has; a district lists a person a few times a year."""
LIMIT = 16.0
"""log2 weight beyond which one pair does not outvote the others of its group."""
BADLY_WRITTEN, SEEN_OFTEN = -1.5, 1.5
"""Bits that a single record must have over what is needed, on the average of its best pair and its mean one: what is
wrong in it speaks against every record of a group, and counts once; and how many more where that has twice as many
records. Not where birth dates are far apart, and near in no pair: then a record that states none would tie two people
together."""


Outcomes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Decided:
    """Reviewers' decisions on pairs (decisions × 2, canonical numbers): one person, or two."""

    same: npt.NDArray[np.int32]
    different: npt.NDArray[np.int32]

    @classmethod
    def of(cls, same: npt.NDArray[np.int32], different: npt.NDArray[np.int32]) -> Decided:
        """Return decisions in the order of their records, the smaller of each two first."""
        pairs = (np.sort(each, axis=1) for each in (same, different))
        return cls(*(each[np.lexsort((each[:, 1], each[:, 0]))] for each in pairs))

    def are_of(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> Bools:
        """Say which of some pairs were decided on."""
        codes = np.concatenate([self.same, self.different]) @ np.array([1 << 32, 1])
        return np.isin(np.minimum(left, right).astype(np.int64) << 32 | np.maximum(left, right), codes)


class Separated(NamedTuple):
    """The pairs that reviewers decided to be two persons: those of record k are others[starts[k]:starts[k + 1]]."""

    starts: Starts
    others: Ints


class Forest(NamedTuple):
    """Groups of records, one entry a record. Roots are the first records of their groups.

    parent: a record nearer to the root, itself for a root; following: the next member of the group, -1 for the last.
    By root: last, the last member; size, how many there are.
    """

    parent: Ints
    last: Ints
    following: Ints
    size: Ints


def single_records(n: int) -> Forest:
    """Return the forest in which each of `n` records is a group of its own."""
    alone = np.arange(n, dtype=np.int32)
    return Forest(alone, alone.copy(), np.full(n, -1, np.int32), np.ones(n, np.int32))


def join_persons(
    n: int, pairs: Pairs, decided: Decided, records: RecordArrays, weights: PackedWeights
) -> tuple[Ints, Outcomes]:
    """Return a person label for each record (the smallest canonical number of its group), and each pair's `Outcome`.

    Pairs of two records that are one person in the end are JOINED, however they came to be so. Depends on the records,
    the model and the decisions only, never on the order in which they came.
    """
    separated = _separated(n, decided)
    likely = np.flatnonzero(pairs.weight > weights.needed)
    links, groups = by_component(n, pairs.left[likely], pairs.right[likely], pairs.weight[likely])
    links = likely[links]
    forest = single_records(n)
    outcomes = np.zeros(len(pairs.left), np.int8)
    run_in_threads(
        groups,
        lambda first, last: _join(
            links[groups[first] : groups[last]], pairs.left, pairs.right, outcomes, forest, separated, records, weights,
            np.zeros(LEVEL_COLUMNS, np.int32),
        ),
    )  # fmt: skip
    _join_decided(decided.same, forest, separated)
    return _persons(pairs.left, pairs.right, forest.parent, outcomes), outcomes


def _separated(n: int, decided: Decided) -> Separated:
    starts = np.zeros(n + 1, np.int64)
    both = np.concatenate([decided.different, decided.different[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))].astype(np.int32)
    np.cumsum(np.bincount(both[:, 0], minlength=n), out=starts[1:])
    return Separated(starts, both[:, 1].copy())


@kernel
def merge_groups(forest: Forest, a: int, b: int) -> None:
    """Join two groups, given by their roots; the smaller is the root of both."""
    a, b = min(a, b), max(a, b)
    forest.parent[b] = a
    forest.following[forest.last[a]] = b
    forest.last[a] = forest.last[b]
    forest.size[a] += forest.size[b]


@kernel
def enough(mean: float, best: float, one: int, other: int, needed: float, seen: int) -> bool:
    """Say whether the weights of all pairs between two groups, their mean and their best, speak for one person.

    `one`, `other`: records of each group; `needed`: bits that the mean must have; `seen`: the `evidence` of all pairs.
    """
    if mean > needed:
        return True
    born_apart = seen & BORN_APART and not seen & BORN_NEAR
    over = BADLY_WRITTEN + SEEN_OFTEN * math.log2(max(one, other))
    return min(one, other) == 1 and not born_apart and (mean + best) / 2 > needed + over


@kernel
def _verdict(a: int, b: int, forest: Forest, records: RecordArrays, weights: PackedWeights, levels: Ints) -> int:
    """Return the `Outcome` of joining two groups (given by their first members)."""
    total, best, reason, words = 0.0, -LIMIT, 0, records.names.words
    seen, adjacent, lists, one_list = 0, 0, 0, -1  # as `two_groups` has them; the last list of both groups
    x = a
    while x >= 0:
        y = b
        while y >= 0:
            w = weigh(x, y, records, weights, levels, NO_CUT)
            total += min(max(w, -LIMIT), LIMIT)
            best = max(best, min(w, LIMIT))
            one, other = records.rows[x], records.rows[y]
            parted = two_people(one, other, levels, words)
            if parted != Outcome.JOINED and parted != Outcome.ONE_NIK_TWO_NAMES:
                return parted
            seen |= evidence(one, other, levels, parted, words)
            adjacent += adjacent_niks(one, other)
            nik, in_one_list = levels[Comparison.NIK], levels[Comparison.DAFTAR] == Agreement.SAME
            cut = nik == NikLevel.SAME_CUT and levels[Comparison.NAMA] != NameLevel.OTHER_VOWELS
            if in_one_list and nik != NikLevel.SAME and not cut:
                lists = 1 if one_list < 0 or (lists == 1 and one_list == one.list) else 2
                one_list = one.list
            if w < 0 and nik == NikLevel.DIFFERENT:
                reason = Outcome.TWO_SOUND_NIKS
            elif w < 0 and in_one_list and reason == 0:
                reason = Outcome.TWO_ROWS_OF_ONE_LIST
            y = forest.following[y]
        x = forest.following[x]
    again = min(forest.size[a], forest.size[b]) >= SEEN_AGAIN
    parted = two_groups(seen, lists, adjacent, again)
    if parted != Outcome.JOINED:
        return parted
    mean = total / (forest.size[a] * forest.size[b])
    if enough(mean, best, forest.size[a], forest.size[b], weights.needed + more_bits(seen, lists), seen):
        return Outcome.JOINED
    return reason if reason > 0 else Outcome.GROUP_DISAGREES


@kernel
def _forbidden(a: int, b: int, forest: Forest, separated: Separated) -> bool:
    """Say whether a reviewer separated a record of one group from a record of the other.

    Such a record may be of a component that another core works on: it is then of another group, whatever is found.
    """
    x = a
    while x >= 0:
        for k in range(separated.starts[x], separated.starts[x + 1]):
            if root(forest.parent, separated.others[k]) == b:
                return True
        x = forest.following[x]
    return False


@kernel
def _join(
    links: Starts, left: Ints, right: Ints, outcomes: Outcomes, forest: Forest, separated: Separated,
    records: RecordArrays, weights: PackedWeights, levels: Ints,
) -> None:  # fmt: skip
    """Join the records of some links, the strongest first, and write what became of each.

    `links`: numbers of entries of `left`, `right` and `outcomes`; `levels`: an array that `weigh` writes to.
    """
    for k in links:
        a, b = root(forest.parent, left[k]), root(forest.parent, right[k])
        if a == b:
            continue
        if len(separated.others) > 0 and _forbidden(a, b, forest, separated):
            outcomes[k] = Outcome.DECIDED_DIFFERENT
        elif forest.size[a] + forest.size[b] > LARGEST_PERSON:
            outcomes[k] = Outcome.TOO_MANY_RECORDS
        else:
            outcomes[k] = _verdict(a, b, forest, records, weights, levels)
            if outcomes[k] == Outcome.JOINED:
                merge_groups(forest, a, b)


@kernel
def _join_decided(same: Ints, forest: Forest, separated: Separated) -> None:
    """Join what reviewers took for one person; last, so that a decision on two records unites all that is known of
    both."""
    for k in range(len(same)):
        a, b = root(forest.parent, same[k, 0]), root(forest.parent, same[k, 1])
        if a != b and not _forbidden(a, b, forest, separated):
            merge_groups(forest, a, b)


@compiled
def _persons(left: Ints, right: Ints, parent: Ints, outcomes: Outcomes) -> Ints:
    """Return the first record of each record's person; links inside a person are joined, however it came to be so."""
    person = np.empty_like(parent)
    for k in range(len(parent)):
        person[k] = root(parent, k)
    for k in range(len(left)):
        if person[left[k]] == person[right[k]]:
            outcomes[k] = Outcome.JOINED
    return person
