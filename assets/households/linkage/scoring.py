"""Scoring candidate pairs on all cores: from blocks to the pairs worth keeping, without a list of all pairs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.text import ROOM, Hashes, Ints, doubled, mix
from assets.households.linkage.blocking import Blocks, Keys
from assets.households.linkage.compare.comparisons import (
    CELLS,
    COMPARISONS,
    FIELDS,
    HEAD_LEVELS,
    KK_LEVELS,
    RARITIES,
    SIZES,
    VILLAGE_LEVELS,
    Tables,
    cell_of_home,
    compare_facts,
    compare_heads,
    compare_kks,
    compare_own_names,
    compare_parents,
    compare_places,
    compare_villages,
)
from assets.households.linkage.model.parameters import Weights
from assets.households.linkage.prepare.records import FATHER, MOTHER

NO_CUT = -1e9
NOTHING = 40.0
"""Bits beyond which a lesser class adds nothing to a greater one."""
COMPARISON_NUMBERS = {name: number for number, name in enumerate(COMPARISONS)}
_, BIRTHS, NIKS, SEXES, PLACES, ROLES, LISTS, MOTHERS, FATHERS, AGES = SIZES
INSIDE_NIK = ("lahir", "jenis_kelamin")
"""What a NIK says besides."""
HEADS = len(HEAD_LEVELS)
"""Stands for any level of the head in the bound of `rumah`."""
Whole = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Pairs:
    """Pairs of records (canonical numbers, left < right), each once, with the log2 odds that they are one person."""

    left: Ints
    right: Ints
    weight: npt.NDArray[np.float32]


@kernel
def weigh(p: int, q: int, tables: Tables, weights: Tables, levels: Ints, cut: float) -> float:
    """Return the log2 odds, prior included, that two records are one person rather than anything else.

    What costs least is compared first. As soon as even full agreement on all the rest could not bring the odds to
    `cut`, the comparison ends, and what is returned lies below `cut`.
    """
    facts, circumstances, parents, name, rumah, best_name, best_rumah, best_mother, best_father = weights
    f = tables[0]
    compare_facts(p, q, tables, levels)
    village, kk_level = compare_villages(p, q, f), compare_kks(p, q, tables[2])
    cell = (((village * NIKS + levels[2]) * BIRTHS + levels[1]) * SEXES + levels[3]) * AGES + levels[9]
    s0, s1, s2, s3 = facts[cell, 0], facts[cell, 1], facts[cell, 2], facts[cell, 3]
    cell = (((village * 3 + min(kk_level, 2)) * PLACES + levels[4]) * ROLES + levels[5]) * LISTS + levels[6]
    s0, s1 = s0 + circumstances[cell, 0], s1 + circumstances[cell, 1]
    s2, s3 = s2 + circumstances[cell, 2], s3 + circumstances[cell, 3]
    home, parent = best_rumah[kk_level, HEADS, village], 0.0
    if f[p, MOTHER] >= 0 and f[q, MOTHER] >= 0:
        parent += best_mother
    if f[p, FATHER] >= 0 and f[q, FATHER] >= 0:
        parent += best_father
    if min(s0 - s1 + best_name[1], s0 - s3 + best_name[3] + home) + parent < cut:
        return cut - 1.0
    rare = compare_own_names(p, q, tables, levels)
    cell = levels[0] * RARITIES + rare
    s0, s1, s2, s3 = s0 + name[cell, 0], s1 + name[cell, 1], s2 + name[cell, 2], s3 + name[cell, 3]
    if min(s0 - s1, s0 - s2, s0 - s3 + home) + parent < cut:
        return cut - 1.0
    head = compare_heads(p, q, tables)
    if s0 - s3 + best_rumah[kk_level, head, village] + parent < cut:
        return cut - 1.0
    levels[FIELDS] = cell_of_home(kk_level, head, village, compare_places(p, q, f, tables[4]))
    compare_parents(p, q, tables, levels)
    cell, home_cell = (village * MOTHERS + levels[7]) * FATHERS + levels[8], levels[FIELDS]
    s0, s1 = s0 + parents[cell, 0] + rumah[home_cell, 0], s1 + parents[cell, 1] + rumah[home_cell, 1]
    s2, s3 = s2 + parents[cell, 2] + rumah[home_cell, 2], s3 + parents[cell, 3] + rumah[home_cell, 3]
    high = max(s1, s2, s3)
    if s0 - high < cut:
        return cut - 1.0
    rest = 0.0  # what the two lesser classes add to the greatest
    for s in (s1, s2, s3):
        if high - s < NOTHING:
            rest += 2.0 ** (s - high)
    return float(s0 - high - np.log2(rest))


def like_niks(level: Whole) -> npt.NDArray[np.bool_]:
    """Say at which levels of `nik` two numbers are alike, not the same: what is inside then is alike, whoever it is."""
    return (level >= 2) & (level <= 4)


def terms(levels: Whole, rarity: Whole, weights: Weights) -> npt.NDArray[np.float64]:
    """Return log2 P(level | class), classes × pairs × comparisons, `rumah` last: what `weigh` adds up.

    `levels` and `rarity` as `comparisons.compare_pairs` gives them.
    """
    cell, nik = levels[:, FIELDS], levels[:, COMPARISON_NUMBERS["nik"]]
    village = cell // (CELLS // (len(KK_LEVELS) * len(HEAD_LEVELS) * len(VILLAGE_LEVELS))) % len(VILLAGE_LEVELS)
    card = np.minimum(cell // (CELLS // len(KK_LEVELS)), 2)
    out = np.empty((len(weights.prior), len(levels), FIELDS + 1))
    out[:, :, 0] = weights.name[:, levels[:, 0], rarity]
    for comparison, k in COMPARISON_NUMBERS.items():
        if comparison == "nama":
            continue
        context = card if comparison == "hubungan" else village
        out[:, :, k] = weights.plain[:, context, k, levels[:, k]]
        if comparison in INSIDE_NIK:
            out[1:, like_niks(nik), k] = out[0, like_niks(nik), k]
            out[3, nik == 1, k] = out[0, nik == 1, k]
    out[:, :, FIELDS] = weights.rumah[:, cell]
    return out


def kernel_weights(w: Weights) -> Tables:
    """Return the weights as the tuple that the compiled scorer takes: tables of cells × classes, so that what several
    comparisons weigh together for all classes is one look-up, and the most that what is compared late can add.

    facts: the prior and cells of village, NIK, birth, sex and age; circumstances: cells of village, card, birthplace,
    role and list; parents: of village, mother and father; then name, `rumah`, and the bounds: what names can add
    against each class, homes (by level of KK, of head, where `HEADS` is any, and of village) against strangers,
    mothers and fathers against any class.
    """
    known = {name: w.plain[:, :, k, : SIZES[k]] for name, k in COMPARISON_NUMBERS.items()}
    born = [known[c][:, :, None] for c in INSIDE_NIK]
    born = [np.repeat(table, NIKS, axis=2) for table in born]  # classes × villages × levels of NIK × levels
    for table in born:
        table[1:, :, like_niks(np.arange(NIKS))] = table[:1, :, like_niks(np.arange(NIKS))]
        table[3, :, 1] = table[0, :, 1]
    nik, age = known["nik"][:, :, :, None, None, None], known["umur"][:, :, None, None, None, :]
    facts = w.prior[:, None, None, None, None, None] + nik + born[0][..., None, None] + born[1][:, :, :, None, :, None]
    facts = facts + age
    place, role, listed = (known[c] for c in ("tempat_lahir", "hubungan", "daftar"))
    circumstances = (
        place[:, :, None, :, None, None] + role[:, None, :, None, :, None] + listed[:, :, None, None, None, :]
    )
    mother, father = known["ibu"], known["ayah"]
    best_name = (w.name[:1] - w.name).max(axis=(1, 2))
    against = (w.rumah[0] - w.rumah[3]).reshape(len(KK_LEVELS), len(HEAD_LEVELS), len(VILLAGE_LEVELS), -1).max(axis=3)
    best_rumah = np.concatenate([against, against.max(axis=1, keepdims=True)], axis=1)
    by_cell = [facts, circumstances, mother[:, :, :, None] + father[:, :, None, :], w.name, w.rumah]
    return (
        *(np.ascontiguousarray(table.reshape(len(table), -1).T) for table in by_cell), best_name, best_rumah,
        *(float((table[:1] - table).max()) for table in (mother, father)),
    )  # fmt: skip


@kernel
def _known(keys: Keys, rule: int, p: int, q: int) -> bool:
    """Say whether an earlier rule already paired two records."""
    found = False
    for k in range(rule):
        found |= (keys[p, k] == keys[q, k]) & (keys[p, k] != 0)
    return found


@compiled
def _score_blocks(
    order: Ints, starts: npt.NDArray[np.int64], window: Ints, first: int, last: int,
    rule: int, keys: Keys, tables: Tables, weights: Tables, cut: float,
) -> tuple[Ints, Ints, npt.NDArray[np.float32], int]:  # fmt: skip
    left, right, weight = np.empty(ROOM, np.int32), np.empty(ROOM, np.int32), np.empty(ROOM, np.float32)
    used, compared = 0, 0
    levels = np.zeros(FIELDS + 1, np.int32)
    for block in range(first, last):
        a, b = starts[block], starts[block + 1]
        for x in range(a, b):
            end = min(b, x + 1 + window[block]) if window[block] > 0 else b
            for y in range(x + 1, end):
                p, q = min(order[x], order[y]), max(order[x], order[y])
                if _known(keys, rule, p, q):
                    continue
                compared += 1
                w = weigh(p, q, tables, weights, levels, cut)
                if w < cut:
                    continue
                if used == len(left):
                    left, right, weight = doubled(left), doubled(right), doubled(weight)
                left[used], right[used], weight[used] = p, q, w
                used += 1
    return left[:used].copy(), right[:used].copy(), weight[:used].copy(), compared


def score_blocks(
    blocks: list[Blocks], keys: Keys, tables: Tables, weights: Weights, cut: float
) -> tuple[Pairs, npt.NDArray[np.int16], list[int]]:
    """Return the pairs that weigh at least `cut`, sorted; the rule that found each; the pairs that each rule added."""
    packed = kernel_weights(weights)
    jobs = [(k, *span) for k, b in enumerate(blocks) for span in _spans(b.pairs())]

    def run(job: tuple[int, int, int]) -> tuple[Ints, Ints, npt.NDArray[np.float32], int]:
        k, first, last = job
        b = blocks[k]
        found: tuple[Ints, Ints, npt.NDArray[np.float32], int] = _score_blocks(
            b.order, b.starts, b.window, first, last, k, keys, tables, packed, cut
        )
        return found

    if jobs:
        warm = [run(jobs[0])]  # compile once, not in two threads
        with ThreadPoolExecutor(THREADS) as pool:
            done = warm + list(pool.map(run, jobs[1:]))
    else:
        done = []
    added = [0] * len(blocks)
    for (k, _, _), result in zip(jobs, done, strict=True):
        added[k] += result[3]
    none = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32), 0)
    left, right = (np.concatenate([d[c] for d in done or [none]]) for c in (0, 1))
    weight = np.concatenate([d[2] for d in done or [none]])
    code = left.astype(np.int64) << 32 | right
    _, once = np.unique(code, return_index=True)
    rule = np.repeat(np.array([k for k, _, _ in jobs], np.int16), [len(d[0]) for d in done])
    return Pairs(left[once], right[once], weight[once]), rule[once], added


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
    order: Ints, starts: npt.NDArray[np.int64], window: Ints,
    rule: int, keys: Keys, record_hash: Hashes, share: float, salt: np.uint64,
) -> tuple[Ints, Ints]:  # fmt: skip
    used = 0
    left, right = np.empty(ROOM, np.int32), np.empty(ROOM, np.int32)
    limit = np.uint64(min(share, 0.999999) * 2.0**63) * np.uint64(2)
    for block in range(len(starts) - 1):
        a, b = starts[block], starts[block + 1]
        for x in range(a, b):
            end = min(b, x + 1 + window[block]) if window[block] > 0 else b
            for y in range(x + 1, end):
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
        _sample_blocks(b.order, b.starts, b.window, k, keys, record_hash, share, np.uint64(salt))
        for k, b in enumerate(blocks)
    ]
    left, right = (np.concatenate([f[c] for f in found]) for c in range(2))
    return left, right, share
