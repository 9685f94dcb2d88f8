"""Scoring candidate pairs on all cores: from blocks to the pairs worth keeping, without a list of all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.text import INITIAL_LENGTH, Hashes, Ints, doubled, mix
from assets.households.linkage.blocking import Blocks, Keys, window_end
from assets.households.linkage.compare.identifiers import compare_kks
from assets.households.linkage.compare.levels import (
    LEVELS,
    SIZES,
    Comparison,
    KkLevel,
    NikLevel,
    RelativeLevel,
)
from assets.households.linkage.compare.names import RARITIES
from assets.households.linkage.compare.places import (
    RUMAH_SHAPE,
    compare_heads,
    compare_places,
    compare_villages,
    pack_rumah,
    unpack_rumah,
)
from assets.households.linkage.compare.records import (
    LEVEL_COLUMNS,
    RecordArrays,
    compare_facts,
    compare_own_names,
    compare_parents,
)
from assets.households.linkage.model.parameters import Floats, PairClass, Weights

NO_CUT = -1e9
"""A cut below every weight: each pair is compared to the end."""
NOTHING = 40.0
"""Bits beyond which a lesser class adds nothing to a greater one."""
_, BIRTHS, NIKS, SEXES, BIRTHPLACES, ROLES, LISTS, MOTHERS, FATHERS, AGES = SIZES
INSIDE_NIK = (Comparison.LAHIR, Comparison.JENIS_KELAMIN)
"""What a NIK says besides."""
ANY_HEAD = len(RelativeLevel)
"""Stands for any level of the head in `PackedWeights.best_rumah`."""
CARD_LEVELS = KkLevel.NEAR + 1
"""Levels of KK that the weights of relations tell apart: missing, same, and other."""
Whole = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Pairs:
    """Pairs of records (canonical numbers, left < right), each once, with the log2 odds that they are one person."""

    left: Ints
    right: Ints
    weight: npt.NDArray[np.float32]


class PackedWeights(NamedTuple):
    """Weights (log2) laid out for `weigh`: what several comparisons weigh together for all classes is one look-up.

    Tables of cells × classes. facts: the prior and cells of village, NIK, birth, sex and age; circumstances: cells of
    village, card, birthplace, relation and list; parents: of village, mother and father; names: of level and rarity
    bin; rumah: of `rumah`.

    Bounds, the most that is still to come for the same person against others: best_name, against each class;
    best_rumah, against strangers, by level of KK, of head (or `ANY_HEAD`) and of village; best_mother and best_father,
    against any class.

    needed: the weight above which two groups of records become one person.
    """

    facts: Floats
    circumstances: Floats
    parents: Floats
    names: Floats
    rumah: Floats
    best_name: Floats
    best_rumah: Floats
    best_mother: float
    best_father: float
    needed: float


@kernel
def _facts_cell(village: int, nik: int, birth: int, sex: int, age: int) -> int:
    return (((village * NIKS + nik) * BIRTHS + birth) * SEXES + sex) * AGES + age


@kernel
def _circumstances_cell(village: int, card: int, birthplace: int, role: int, listed: int) -> int:
    return (((village * CARD_LEVELS + card) * BIRTHPLACES + birthplace) * ROLES + role) * LISTS + listed


@kernel
def weigh(p: int, q: int, records: RecordArrays, weights: PackedWeights, levels: Ints, cut: float) -> float:
    """Return the log2 odds, prior included, that two records are one person rather than anything else.

    What costs least is compared first. As soon as even full agreement on all the rest could not bring the odds to
    `cut`, the comparison ends, and what is returned lies below `cut`. `levels` (`LEVEL_COLUMNS` numbers) is written;
    where the comparison ended early, the levels of what was not compared are 0.
    """
    a, b = records.rows[p], records.rows[q]
    compare_facts(a, b, levels)
    village, kk = compare_villages(a, b), compare_kks(a, b)
    at = _facts_cell(
        village, levels[Comparison.NIK], levels[Comparison.LAHIR], levels[Comparison.JENIS_KELAMIN],
        levels[Comparison.UMUR],
    )  # fmt: skip
    table = weights.facts
    same, housemates, twins, strangers = table[at, 0], table[at, 1], table[at, 2], table[at, 3]
    at = _circumstances_cell(
        village, kk if kk < KkLevel.NEAR else KkLevel.NEAR, levels[Comparison.TEMPAT_LAHIR],
        levels[Comparison.HUBUNGAN], levels[Comparison.DAFTAR],
    )  # fmt: skip
    table = weights.circumstances
    same, housemates = same + table[at, 0], housemates + table[at, 1]
    twins, strangers = twins + table[at, 2], strangers + table[at, 3]

    best_rumah, best_parents = weights.best_rumah[kk, ANY_HEAD, village], 0.0
    if a.mother >= 0 and b.mother >= 0:
        best_parents += weights.best_mother
    if a.father >= 0 and b.father >= 0:
        best_parents += weights.best_father
    best_name = weights.best_name
    against_housemates = same - housemates + best_name[PairClass.HOUSEMATE]
    against_strangers = same - strangers + best_name[PairClass.UNRELATED] + best_rumah
    if min(against_housemates, against_strangers) + best_parents < cut:
        return cut - 1.0

    rarity = compare_own_names(a, b, records.names, levels)
    at, table = levels[Comparison.NAMA] * RARITIES + rarity, weights.names
    same, housemates = same + table[at, 0], housemates + table[at, 1]
    twins, strangers = twins + table[at, 2], strangers + table[at, 3]
    if min(same - housemates, same - twins, same - strangers + best_rumah) + best_parents < cut:
        return cut - 1.0

    head = compare_heads(a, b, records.names)
    if same - strangers + weights.best_rumah[kk, head, village] + best_parents < cut:
        return cut - 1.0

    cell = pack_rumah(kk, head, village, compare_places(a, b, records.addresses))
    levels[Comparison.RUMAH] = cell
    compare_parents(a, b, records.names, levels)
    at = (village * MOTHERS + levels[Comparison.IBU]) * FATHERS + levels[Comparison.AYAH]
    parents, table = weights.parents, weights.rumah
    same, housemates = same + parents[at, 0] + table[cell, 0], housemates + parents[at, 1] + table[cell, 1]
    twins, strangers = twins + parents[at, 2] + table[cell, 2], strangers + parents[at, 3] + table[cell, 3]
    rival = max(housemates, twins, strangers)
    if same - rival < cut:
        return cut - 1.0
    rivals = 0.0  # the sum of the three, as a multiple of the greatest
    for other in (housemates, twins, strangers):
        if rival - other < NOTHING:
            rivals += 2.0 ** (other - rival)
    return float(same - rival - np.log2(rivals))


def nearly_same_niks(level: Whole) -> npt.NDArray[np.bool_]:
    """Say at which levels of `nik` two numbers are nearly the same: so is then what is inside, whoever it is."""
    return (level >= NikLevel.PREFIX) & (level <= NikLevel.SAME_DATE_AND_REGION)


def terms(levels: Whole, rarity: Whole, weights: Weights) -> npt.NDArray[np.float64]:
    """Return log2 P(level | class), classes × pairs × comparisons, `rumah` last: what `weigh` adds up.

    `levels` (pairs × `LEVEL_COLUMNS`) and `rarity` as `compare_pairs` gives them.
    """
    cell, nik = levels[:, Comparison.RUMAH], levels[:, Comparison.NIK]
    rumah = unpack_rumah(cell)
    card = np.minimum(rumah.kk, KkLevel.NEAR)
    out = np.empty((len(weights.prior), len(levels), LEVEL_COLUMNS))
    out[:, :, Comparison.NAMA] = weights.name[:, levels[:, Comparison.NAMA], rarity]
    for comparison in LEVELS:
        if comparison == Comparison.NAMA:
            continue
        context = card if comparison == Comparison.HUBUNGAN else rumah.village
        out[:, :, comparison] = weights.plain[:, context, comparison, levels[:, comparison]]
        if comparison in INSIDE_NIK:
            near, same = nearly_same_niks(nik), (nik == NikLevel.SAME) | (nik == NikLevel.SAME_CUT)
            out[1:, near, comparison] = out[PairClass.SAME, near, comparison]
            out[PairClass.UNRELATED, same, comparison] = out[PairClass.SAME, same, comparison]
    out[:, :, Comparison.RUMAH] = weights.rumah[:, cell]
    return out


def packed_weights(w: Weights) -> PackedWeights:
    """Lay weights out as the compiled scorer reads them."""
    known = {comparison: w.plain[:, :, comparison, : SIZES[comparison]] for comparison in LEVELS}
    born = [np.repeat(known[c][:, :, None], NIKS, axis=2) for c in INSIDE_NIK]  # classes × villages × NIK × levels
    for table in born:
        near = nearly_same_niks(np.arange(NIKS))
        table[1:, :, near] = table[: PairClass.SAME + 1, :, near]
        for same in (NikLevel.SAME, NikLevel.SAME_CUT):
            table[PairClass.UNRELATED, :, same] = table[PairClass.SAME, :, same]
    nik = known[Comparison.NIK][:, :, :, None, None, None]
    age = known[Comparison.UMUR][:, :, None, None, None, :]
    facts = w.prior[:, None, None, None, None, None] + nik + born[0][..., None, None] + born[1][:, :, :, None, :, None]
    facts = facts + age
    circumstances = (
        known[Comparison.TEMPAT_LAHIR][:, :, None, :, None, None]
        + known[Comparison.HUBUNGAN][:, None, :, None, :, None]
        + known[Comparison.DAFTAR][:, :, None, None, None, :]
    )
    mother, father = known[Comparison.IBU], known[Comparison.AYAH]
    parents = mother[:, :, :, None] + father[:, :, None, :]
    against = w.rumah[PairClass.SAME] - w.rumah[PairClass.UNRELATED]
    best_rumah = against.reshape(RUMAH_SHAPE).max(axis=3)
    return PackedWeights(
        facts=_by_cell(facts),
        circumstances=_by_cell(circumstances),
        parents=_by_cell(parents),
        names=_by_cell(w.name),
        rumah=_by_cell(w.rumah),
        best_name=(w.name[:1] - w.name).max(axis=(1, 2)),
        best_rumah=np.concatenate([best_rumah, best_rumah.max(axis=1, keepdims=True)], axis=1),
        best_mother=float((mother[:1] - mother).max()),
        best_father=float((father[:1] - father).max()),
        needed=w.needed,
    )


def _by_cell(table: Floats) -> Floats:
    """Turn classes × levels × … into cells × classes."""
    return np.ascontiguousarray(table.reshape(len(table), -1).T)


@kernel
def _known(keys: Keys, rule: int, p: int, q: int) -> bool:
    """Say whether an earlier rule already paired two records."""
    found = False
    for k in range(rule):
        found |= (keys[p, k] == keys[q, k]) & (keys[p, k] != 0)
    return found


class Scored(NamedTuple):
    """Left, right and weight of the pairs worth keeping of some blocks, and how many pairs were compared."""

    left: Ints
    right: Ints
    weight: npt.NDArray[np.float32]
    compared: int


@compiled
def _score_blocks(
    order: Ints, starts: Ints, largest: int, first: int, last: int,
    rule: int, keys: Keys, records: RecordArrays, weights: PackedWeights, cut: float,
) -> Scored:  # fmt: skip
    """Score the pairs of the blocks from `first` to before `last` of a rule, but those that an earlier rule pairs."""
    left, right, weight = (
        np.empty(INITIAL_LENGTH, np.int32),
        np.empty(INITIAL_LENGTH, np.int32),
        np.empty(INITIAL_LENGTH, np.float32),
    )
    used, compared = 0, 0
    levels = np.zeros(LEVEL_COLUMNS, np.int32)
    for block in range(first, last):
        a, b = starts[block], starts[block + 1]
        for x in range(a, b):
            for y in range(x + 1, window_end(x, a, b, largest)):
                p, q = min(order[x], order[y]), max(order[x], order[y])
                if _known(keys, rule, p, q):
                    continue
                compared += 1
                w = weigh(p, q, records, weights, levels, cut)
                if w < cut:
                    continue
                if used == len(left):
                    left, right, weight = doubled(left), doubled(right), doubled(weight)
                left[used], right[used], weight[used] = p, q, w
                used += 1
    return Scored(left[:used].copy(), right[:used].copy(), weight[:used].copy(), compared)


def score_blocks(
    blocks: list[Blocks], keys: Keys, records: RecordArrays, weights: Weights, cut: float
) -> tuple[Pairs, npt.NDArray[np.int16], list[int]]:
    """Return the pairs that weigh at least `cut` (log2 odds), sorted; the number of the rule that found each; how many
    pairs each rule added.

    `blocks`: one a rule; `keys`: records × rules, as `make_blocks` gives them.
    """
    packed = packed_weights(weights)
    jobs = [(k, *span) for k, b in enumerate(blocks) for span in _spans(b.pairs())]

    orders = _Orders(blocks, np.bincount([k for k, *_ in jobs], minlength=len(blocks)).tolist())

    def run(job: tuple[int, int, int]) -> Scored:
        k, first, last = job
        b = blocks[k]
        with orders.of_rule(k) as order:
            return _score_blocks(order, b.starts, b.largest, first, last, k, keys, records, packed, cut)

    if jobs:
        warm = [run(jobs[0])]  # compile once, not in two threads
        with ThreadPoolExecutor(THREADS) as pool:
            done = warm + list(pool.map(run, jobs[1:]))
    else:
        done = []
    added = [0] * len(blocks)
    for (k, _, _), result in zip(jobs, done, strict=True):
        added[k] += result.compared
    pairs, rule = sorted_pairs(len(records.rows), done, [k for k, _, _ in jobs])
    return pairs, rule, added


class _Orders:
    """The order of each rule's blocks, made for the first of its stretches and let go after the last: a few rules have
    theirs at a time."""

    def __init__(self, blocks: list[Blocks], stretches: list[int]) -> None:
        self._blocks, self._left = blocks, stretches
        self._locks, self._made = [Lock() for _ in blocks], dict[int, Ints]()

    @contextmanager
    def of_rule(self, k: int) -> Iterator[Ints]:
        with self._locks[k]:
            order = self._made[k] if k in self._made else self._blocks[k].order
            self._made[k] = order
        yield order
        with self._locks[k]:
            self._left[k] -= 1
            if self._left[k] == 0:
                del self._made[k]


def sorted_pairs(records: int, scored: list[Scored], rules: list[int]) -> tuple[Pairs, npt.NDArray[np.int16]]:
    """Return scored pairs of so many records, sorted, each once, and the rule that found each first. `rules`: of each
    of `scored`.

    Pairs are put where those of their left record go, and sorted there: next to no more is held than goes in and out.
    """
    starts = np.zeros(records + 1, np.int64)
    for each in scored:
        _count_left(each.left, starts)
    np.cumsum(starts, out=starts)
    count = int(starts[-1])
    right, weight, rule = np.empty(count, np.int32), np.empty(count, np.float32), np.empty(count, np.int16)
    free = starts[:-1].copy()
    for number, each in zip(rules, scored, strict=True):
        _put_by_left(each.left, each.right, each.weight, number, free, right, weight, rule)
    del free
    scored.clear()
    left = np.empty(count, np.int32)
    kept = _sort_and_keep_once(starts, left, right, weight, rule)
    return Pairs(left[:kept], right[:kept], weight[:kept]), rule[:kept]


@compiled
def _count_left(left: Ints, starts: npt.NDArray[np.int64]) -> None:
    for record in left:
        starts[record + 1] += 1


@compiled
def _put_by_left(
    left: Ints, right: Ints, weight: npt.NDArray[np.float32], number: int, free: npt.NDArray[np.int64],
    all_right: Ints, all_weight: npt.NDArray[np.float32], all_rules: npt.NDArray[np.int16],
) -> None:  # fmt: skip
    """Write pairs of the rule `number` to where those of their left records are, and move on what is `free` there."""
    for k in range(len(left)):
        at = free[left[k]]
        free[left[k]] = at + 1
        all_right[at], all_weight[at], all_rules[at] = right[k], weight[k], number


@compiled
def _sort_and_keep_once(
    starts: npt.NDArray[np.int64], left: Ints, right: Ints, weight: npt.NDArray[np.float32],
    rule: npt.NDArray[np.int16],
) -> int:  # fmt: skip
    """Sort the pairs of each left record by the right one, in place, leave out those that came before, write the left
    ones, and return how many there are.

    A record has few pairs, and they came nearly sorted.
    """
    used = 0
    for record in range(len(starts) - 1):
        first = used
        for k in range(starts[record], starts[record + 1]):
            other, bits, number = right[k], weight[k], rule[k]
            at = used
            while at > first and right[at - 1] > other:
                at -= 1
            if at > first and right[at - 1] == other:
                continue
            for each in range(used, at, -1):
                right[each], weight[each], rule[each] = right[each - 1], weight[each - 1], rule[each - 1]
            right[at], weight[at], rule[at] = other, bits, number
            left[used] = record
            used += 1
    return used


def _spans(pairs: npt.NDArray[np.int64], size: int = 100_000) -> list[tuple[int, int]]:
    """Cut blocks into stretches of about `size` pairs."""
    if not len(pairs):
        return []
    part = np.cumsum(pairs) // size
    edges = np.flatnonzero(np.diff(part)) + 1
    bounds = [0, *edges.tolist(), len(pairs)]
    return list(pairwise(bounds))


@compiled
def _sample_blocks(
    order: Ints, starts: Ints, largest: int,
    rule: int, keys: Keys, record_hash: Hashes, share: float, salt: np.uint64,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Return the pairs of blocks whose hash falls into `share`."""
    used = 0
    left, right = np.empty(INITIAL_LENGTH, np.int32), np.empty(INITIAL_LENGTH, np.int32)
    limit = np.uint64(min(share, 0.999999) * 2.0**63) * np.uint64(2)
    for block in range(len(starts) - 1):
        a, b = starts[block], starts[block + 1]
        for x in range(a, b):
            for y in range(x + 1, window_end(x, a, b, largest)):
                p, q = min(order[x], order[y]), max(order[x], order[y])
                if share < 1.0 and mix((record_hash[p] ^ record_hash[q]) + salt) > limit:
                    continue
                if _known(keys, rule, p, q):
                    continue
                if used == len(left):
                    left, right = doubled(left), doubled(right)
                left[used], right[used] = p, q
                used += 1
    return left[:used].copy(), right[:used].copy()


def sample_pairs(
    blocks: list[Blocks], keys: Keys, record_hash: Hashes, at_most: int, salt: int = 0
) -> tuple[Ints, Ints, float]:
    """Return about `at_most` of the candidate pairs, chosen by the hash of their record ids, and the share chosen."""
    total = sum(int(b.pairs().sum()) for b in blocks)
    share = min(1.0, at_most / max(total, 1))
    found = [
        _sample_blocks(b.order, b.starts, b.largest, k, keys, record_hash, share, np.uint64(salt))
        for k, b in enumerate(blocks)
    ]
    left, right = (np.concatenate([f[c] for f in found]) for c in range(2))
    return left, right, share
