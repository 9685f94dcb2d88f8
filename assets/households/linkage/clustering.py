"""From scored pairs to persons: strongest links first, and each join must hold for all pairs that it makes.

Bare connected components chain: A is like B, B like C, so A is C. Here two groups are joined by a link only if the
mean weight over all pairs between them speaks for one person, and if no constraint forbids it; a single record, if its
best pair outweighs the others. What no constraint parts is weighed a second time when all is joined, since it is known
then who else each may be (`second_weighing.py`). What stays apart is saved with the reason, for reviewers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.links import Bools, Starts, by_component, pair_codes, root, run_in_threads
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.levels import Agreement, Comparison, NameLevel, NikLevel
from assets.households.linkage.compare.places import rumah_levels
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
from assets.households.linkage.model.parameters import EVEN, Floats
from assets.households.linkage.pairs import Pairs
from assets.households.linkage.rivals import rivals
from assets.households.linkage.second_weighing import (
    BEST,
    FEWER,
    MEAN,
    MORE,
    NUMBERS,
    RIVALS,
    SHOWN,
    Counts,
    odds,
    shipped,
)
from assets.households.linkage.weighing import NO_CUT, PackedWeights, weigh

LARGEST_PERSON = 60
"""Records that one person plausibly has; a district lists a person a few times a year."""
LIMIT = 16.0
"""log2 weight beyond which one pair does not outvote the others of its group."""
BADLY_WRITTEN, SEEN_OFTEN = -1.5, 1.5
"""Bits that a single record must have over what is needed, on the average of its best pair and its mean one: what is
wrong in it speaks against every record of a group, and counts once; and how many more where that has twice as many
records. Not where birth dates are far apart, and near in no pair: then a record that states none would tie two people
together."""
COMPARED = len(SHOWN)
"""Comparisons of the best pair that the second weighing looks at."""


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
        return np.isin(pair_codes(left, right), pair_codes(*np.concatenate([self.same, self.different]).T))


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

    Pairs of two records that are one person in the end are JOINED, however they came to be so, or JOINED_AT_LAST, if
    they are likely and the second weighing joined their groups. Depends on the records, the model and the decisions
    only, never on the order in which they came.
    """
    separated = separated_by(n, decided)
    likely = np.flatnonzero(pairs.weight > weights.needed)
    links, groups = by_component(n, pairs.left[likely], pairs.right[likely], pairs.weight[likely])
    links = likely[links]
    forest, counts = single_records(n), shipped()
    outcomes = np.zeros(len(pairs.left), np.int8)

    def join(first: int, last: int) -> None:
        some, levels = links[groups[first] : groups[last]], np.zeros(LEVEL_COLUMNS, np.int32)
        _join(some, pairs.left, pairs.right, outcomes, forest, separated, records, weights, levels)
        refused = some[outcomes[some] != Outcome.JOINED]
        _join_at_last(refused, pairs.left, pairs.right, outcomes, forest, separated, records, weights, counts)

    run_in_threads(groups, join)
    _join_decided(decided.same, forest, separated)
    return _persons(pairs.left, pairs.right, forest.parent, outcomes), outcomes


def separated_by(n: int, decided: Decided) -> Separated:
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


class Between(NamedTuple):
    """What all pairs of records of two groups come to. `parted`: the `Outcome` by which a constraint parts them, JOINED
    if none does; all else counts only then. `reason`: what speaks against one person, 0 for nothing in particular;
    `seen`: the `evidence` of all pairs; `more`: bits that must speak for one person besides; `mean`, `best`: of the
    weights, as far as they count; `left`, `right`: the records of the best pair."""

    parted: int
    reason: int
    seen: int
    more: float
    mean: float
    best: float
    left: int
    right: int


@kernel
def _between(a: int, b: int, forest: Forest, records: RecordArrays, weights: PackedWeights, levels: Ints) -> Between:
    """Look at all pairs of records of two groups (given by their first members)."""
    total, best, reason, words = 0.0, -LIMIT, 0, records.names.words
    left, right = a, b
    seen, adjacent, lists, one_list = 0, 0, 0, -1  # as `two_groups` has them; the last list of both groups
    x = a
    while x >= 0:
        y = b
        while y >= 0:
            w = weigh(x, y, records, weights, levels, NO_CUT)
            total += min(max(w, -LIMIT), LIMIT)
            if min(w, LIMIT) > best:
                best, left, right = min(w, LIMIT), x, y
            one, other = records.rows[x], records.rows[y]
            parted = two_people(one, other, levels, words)
            if parted != Outcome.JOINED and parted != Outcome.ONE_NIK_TWO_NAMES:
                return Between(parted, reason, seen, 0.0, 0.0, best, left, right)
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
    parted, mean = two_groups(seen, lists, adjacent, again), total / (forest.size[a] * forest.size[b])
    return Between(parted, reason, seen, more_bits(seen, lists), mean, best, left, right)


@kernel
def _verdict(a: int, b: int, forest: Forest, records: RecordArrays, weights: PackedWeights, levels: Ints) -> int:
    """Return the `Outcome` of joining two groups (given by their first members)."""
    of = _between(a, b, forest, records, weights, levels)
    if of.parted != Outcome.JOINED:
        return of.parted
    if enough(of.mean, of.best, forest.size[a], forest.size[b], weights.needed + of.more, of.seen):
        return Outcome.JOINED
    return of.reason if of.reason > 0 else Outcome.GROUP_DISAGREES


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


class LeftApart(NamedTuple):
    """Groups of records that a link connects and no constraint parts, two by two: `one`, `other`, their roots; `free`:
    whether nothing more is asked for than of all (`more_bits`); `numbers`, `levels`: as `second_weighing.odds` takes
    them, but for rivals."""

    one: Starts
    other: Starts
    free: Bools
    numbers: Floats
    levels: Ints


@compiled
def left_apart(
    links: Starts, left: Ints, right: Ints, forest: Forest, separated: Separated, records: RecordArrays,
    weights: PackedWeights,
) -> LeftApart:  # fmt: skip
    """Return what is left apart of the records of some links."""
    codes, used = np.empty(len(links), np.int64), 0
    for k in links:
        a, b = root(forest.parent, left[k]), root(forest.parent, right[k])
        if a != b:
            codes[used] = np.int64(min(a, b)) << 32 | max(a, b)
            used += 1
    codes = np.unique(codes[:used])
    one, other, free = codes >> 32, codes & 0xFFFFFFFF, np.zeros(len(codes), np.bool_)
    numbers, shown = np.zeros((len(codes), len(NUMBERS))), np.zeros((len(codes), COMPARED), np.int32)
    levels, used = np.zeros(LEVEL_COLUMNS, np.int32), 0
    for k in range(len(codes)):
        a, b = one[k], other[k]
        fewer, more = min(forest.size[a], forest.size[b]), max(forest.size[a], forest.size[b])
        if fewer + more > LARGEST_PERSON or _forbidden(a, b, forest, separated):
            continue
        of = _between(a, b, forest, records, weights, levels)
        if of.parted != Outcome.JOINED:
            continue
        weigh(of.left, of.right, records, weights, levels, NO_CUT)
        shown[used, : Comparison.RUMAH] = levels[: Comparison.RUMAH]
        card, head, village, place = rumah_levels(levels[Comparison.RUMAH])
        shown[used, Comparison.RUMAH], shown[used, Comparison.RUMAH + 1] = card, head
        shown[used, Comparison.RUMAH + 2], shown[used, Comparison.RUMAH + 3] = village, place
        numbers[used, MEAN], numbers[used, BEST] = of.mean, of.best
        numbers[used, FEWER], numbers[used, MORE] = math.log2(fewer), math.log2(more)
        one[used], other[used], free[used] = a, b, of.more == 0
        used += 1
    return LeftApart(one[:used], other[:used], free[:used], numbers[:used], shown[:used])


def with_rivals(apart: LeftApart) -> LeftApart:
    """Fill in the rivals, which are known once all are."""
    apart.numbers[:, RIVALS] = rivals(apart.one, apart.other, apart.numbers[:, MEAN])
    return apart


def _join_at_last(
    refused: Starts, left: Ints, right: Ints, outcomes: Outcomes, forest: Forest, separated: Separated,
    records: RecordArrays, weights: PackedWeights, counts: Counts,
) -> None:  # fmt: skip
    """Join groups that refused links connect, the surest first, where the odds are above what a wrong merge costs; then
    weigh anew what is left."""
    refused = refused[_roots(forest.parent, left[refused]) != _roots(forest.parent, right[refused])]
    cost, found = weights.needed + math.log2(EVEN), len(refused) > 0
    while found:
        apart = with_rivals(left_apart(refused, left, right, forest, separated, records, weights))
        likely = odds(apart.numbers, apart.levels, counts)
        surest = np.argsort(-likely, kind="stable")
        surest = surest[(likely[surest] > cost) & apart.free[surest]]
        found = len(surest) > 0
        _join_each_once(apart.one[surest], apart.other[surest], forest)
    joined = _roots(forest.parent, left[refused]) == _roots(forest.parent, right[refused])
    outcomes[refused[joined]] = Outcome.JOINED_AT_LAST


@compiled
def _join_each_once(one: Starts, other: Starts, forest: Forest) -> None:
    """Join groups, two by two in the order given; those of which one was joined already wait, for it is another now."""
    for k in range(len(one)):
        free = True
        for before in range(k):
            free &= one[k] != one[before] and one[k] != other[before]
            free &= other[k] != one[before] and other[k] != other[before]
        if free:
            merge_groups(forest, one[k], other[k])


@compiled
def _roots(parent: Ints, records: Ints) -> Ints:
    """Return the root of each record."""
    out = np.empty_like(records)
    for k in range(len(records)):
        out[k] = root(parent, records[k])
    return out


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
    person = _roots(parent, np.arange(len(parent)).astype(np.int32))
    for k in range(len(left)):
        if person[left[k]] == person[right[k]] and outcomes[k] != Outcome.JOINED_AT_LAST:
            outcomes[k] = Outcome.JOINED
    return person
