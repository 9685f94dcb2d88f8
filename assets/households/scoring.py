"""Scoring candidate pairs on all cores: from blocks to the pairs worth keeping, without a list of all pairs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from assets.households.blocking import Blocks
from assets.households.comparisons import (
    CELLS,
    COMPARISONS,
    FIELDS,
    HEAD_LEVELS,
    KK_LEVELS,
    VILLAGE_LEVELS,
    Tables,
    compare_facts,
    compare_homes,
    compare_kks,
    compare_own_names,
    compare_parents,
    compare_villages,
)
from assets.households.encode import THREADS, Hashes, Ints, kernel, mix
from assets.households.model import Weights

NO_CUT = -1e9
COMPARISON_NUMBERS = {name: number for number, name in enumerate(COMPARISONS)}
Keys = npt.NDArray[np.uint32]
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
    prior, plain, name, rumah, best_name, best_place, best_parents = weights
    f, _, kk, _, _ = tables
    compare_facts(p, q, tables, levels)
    village, kk_level = compare_villages(p, q, f), compare_kks(p, q, f, kk)
    card = min(kk_level, 2)
    near = 2 <= levels[2] <= 4
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    for c in range(4):
        born = 0 if near or (c == 3 and levels[2] == 1) else c  # like NIKs imply like birth dates and sexes
        total = prior[c] + plain[born, village, 1, levels[1]] + plain[born, village, 3, levels[3]]
        total += plain[c, village, 2, levels[2]] + plain[c, village, 4, levels[4]] + plain[c, card, 5, levels[5]]
        total += plain[c, village, 6, levels[6]] + plain[c, village, 9, levels[9]]
        if c == 0:
            s0 = total
        elif c == 1:
            s1 = total
        elif c == 2:
            s2 = total
        else:
            s3 = total
    place = best_place[kk_level, village]
    if min(s0 - s1 + best_name[1], s0 - s3 + best_name[3] + place) + best_parents < cut:
        return cut - 1.0
    rare = compare_own_names(p, q, tables, levels)
    level = levels[0]
    s0, s1 = s0 + name[0, level, rare], s1 + name[1, level, rare]
    s2, s3 = s2 + name[2, level, rare], s3 + name[3, level, rare]
    if min(s0 - s1, s0 - s2, s0 - s3 + place) + best_parents < cut:
        return cut - 1.0
    levels[FIELDS] = compare_homes(p, q, kk_level, village, tables)
    compare_parents(p, q, tables, levels)
    m, n = levels[7], levels[8]
    s0 += plain[0, village, 7, m] + plain[0, village, 8, n] + rumah[0, levels[FIELDS]]
    s1 += plain[1, village, 7, m] + plain[1, village, 8, n] + rumah[1, levels[FIELDS]]
    s2 += plain[2, village, 7, m] + plain[2, village, 8, n] + rumah[2, levels[FIELDS]]
    s3 += plain[3, village, 7, m] + plain[3, village, 8, n] + rumah[3, levels[FIELDS]]
    high = max(s1, s2, s3)
    return float(s0 - high - np.log2(2.0 ** (s1 - high) + 2.0 ** (s2 - high) + 2.0 ** (s3 - high)))


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
        if comparison in ("lahir", "jenis_kelamin"):  # like NIKs imply like birth dates and sexes
            out[1:, (nik >= 2) & (nik <= 4), k] = out[0, (nik >= 2) & (nik <= 4), k]
            out[3, nik == 1, k] = out[0, nik == 1, k]
    out[:, :, FIELDS] = weights.rumah[:, cell]
    return out


def kernel_weights(w: Weights) -> Tables:
    """Return the weights as the tuple that the compiled scorer takes, with the most that what is compared late can add.

    The bounds: what names can add against each class, places (by level of KK and village) against strangers, parents
    against any class.
    """
    best_name = (w.name[:1] - w.name).max(axis=(1, 2))
    against = (w.rumah[0] - w.rumah[3]).reshape(len(KK_LEVELS), len(HEAD_LEVELS), len(VILLAGE_LEVELS), -1)
    parents = [COMPARISON_NUMBERS[n] for n in ("ibu", "ayah")]
    best_parents = float((w.plain[:1] - w.plain)[:, :, parents].max(axis=(0, 1, 3)).sum())
    return (w.prior, w.plain, w.name, w.rumah, best_name, against.max(axis=(1, 3)).copy(), best_parents)


@kernel
def _known(keys: Keys, rule: int, p: int, q: int) -> bool:
    """Say whether an earlier rule already paired two records."""
    found = False
    for k in range(rule):
        found |= (keys[p, k] == keys[q, k]) & (keys[p, k] != 0)
    return found


@nb.njit(cache=True, nogil=True)
def _side_by_side(keys: Hashes) -> Keys:
    """Return the upper halves of the keys (rules × records), all keys of a record beside each other."""
    rules, n = keys.shape
    out = np.empty((n, rules), np.uint32)
    for first in range(0, n, 1024):
        for k in range(rules):
            for p in range(first, min(n, first + 1024)):
                out[p, k] = keys[k, p] >> np.uint64(32)
    return out


@nb.njit(cache=True, nogil=True)
def _score_blocks(
    order: Ints, starts: npt.NDArray[np.int64], window: Ints, first: int, last: int,
    rule: int, keys: Keys, tables: Tables, weights: Tables, cut: float,
) -> tuple[Ints, Ints, npt.NDArray[np.float32], int]:  # fmt: skip
    room = 1024
    left, right, weight = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.float32)
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
                if used == room:
                    room *= 2
                    bigger_l, bigger_r = np.empty(room, np.int32), np.empty(room, np.int32)
                    bigger_w = np.empty(room, np.float32)
                    bigger_l[:used], bigger_r[:used], bigger_w[:used] = left, right, weight
                    left, right, weight = bigger_l, bigger_r, bigger_w
                left[used], right[used], weight[used] = p, q, w
                used += 1
    return left[:used].copy(), right[:used].copy(), weight[:used].copy(), compared


def score_blocks(
    blocks: list[Blocks], keys: Hashes, tables: Tables, weights: Weights, cut: float
) -> tuple[Pairs, npt.NDArray[np.int16], list[int]]:
    """Return the pairs that weigh at least `cut`, sorted; the rule that found each; the pairs that each rule added."""
    packed, beside = kernel_weights(weights), _side_by_side(keys)
    jobs = [(k, *span) for k, b in enumerate(blocks) for span in _spans(b.pairs())]

    def run(job: tuple[int, int, int]) -> tuple[Ints, Ints, npt.NDArray[np.float32], int]:
        k, first, last = job
        b = blocks[k]
        found: tuple[Ints, Ints, npt.NDArray[np.float32], int] = _score_blocks(
            b.order, b.starts, b.window, first, last, k, beside, tables, packed, cut
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


@nb.njit(cache=True, nogil=True)
def _sample_blocks(
    order: Ints, starts: npt.NDArray[np.int64], window: Ints,
    rule: int, keys: Keys, record_hash: Hashes, share: float, salt: np.uint64,
) -> tuple[Ints, Ints]:  # fmt: skip
    room, used = 1024, 0
    left, right = np.empty(room, np.int32), np.empty(room, np.int32)
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
                if used == room:
                    room *= 2
                    bigger_l, bigger_r = np.empty(room, np.int32), np.empty(room, np.int32)
                    bigger_l[:used], bigger_r[:used] = left, right
                    left, right = bigger_l, bigger_r
                left[used], right[used] = p, q
                used += 1
    return left[:used].copy(), right[:used].copy()


def sample_pairs(
    blocks: list[Blocks], keys: Hashes, record_hash: Hashes, at_most: int, salt: int = 0
) -> tuple[Ints, Ints, float]:
    """Return about `at_most` of the candidate pairs, chosen by the hash of their record ids, and the share chosen."""
    total = sum(int(b.pairs().sum()) for b in blocks)
    share = min(1.0, at_most / max(total, 1))
    beside = _side_by_side(keys)
    found = [
        _sample_blocks(b.order, b.starts, b.window, k, beside, record_hash, share, np.uint64(salt))
        for k, b in enumerate(blocks)
    ]
    left, right = (np.concatenate([f[c] for f in found]) for c in range(2))
    return left, right, share
