"""Scoring candidate pairs on all cores: from blocks to the pairs worth keeping, without a list of all pairs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from os import cpu_count

import numba as nb
import numpy as np
import numpy.typing as npt

from assets.households.blocking import Blocks
from assets.households.comparisons import FIELDS, Tables, compare
from assets.households.encode import Hashes, Ints, kernel, mix
from assets.households.model import Weights

THREADS = max(1, min(8, cpu_count() or 1))


@dataclass(frozen=True)
class Pairs:
    """Pairs of records (canonical numbers, left < right), each once, with the log2 odds that they are one person."""

    left: Ints
    right: Ints
    weight: npt.NDArray[np.float32]


@kernel
def weigh(p: int, q: int, tables: Tables, weights: Tables, levels: Ints) -> float:
    """Return the log2 odds, prior included, that two records are one person rather than anything else."""
    rare = compare(p, q, tables, levels)
    prior, plain, name, rumah = weights
    village = levels[FIELDS] // 5 % 3
    card = min(levels[FIELDS] // 60, 2)
    near = 2 <= levels[2] <= 4
    same, rest = 0.0, 0.0
    for c in range(4):
        total = prior[c] + name[c, levels[0], rare] + rumah[c, levels[FIELDS]]
        born = 0 if near or (c == 3 and levels[2] == 1) else c  # like NIKs imply like birth dates and sexes
        total += plain[born, village, 1, levels[1]] + plain[born, village, 3, levels[3]]
        total += plain[c, card, 5, levels[5]]
        for k in (2, 4, 6, 7, 8, 9):
            total += plain[c, village, k, levels[k]]
        if c == 0:
            same = total
        elif c == 1:
            rest = total
        else:
            high = max(rest, total)
            rest = high + np.log2(1.0 + 2.0 ** (min(rest, total) - high))
    return same - rest


def kernel_weights(w: Weights) -> Tables:
    """Return the weights as the tuple that the compiled scorer takes."""
    return (w.prior, w.plain, w.name, w.rumah)


@kernel
def _known(keys: Hashes, rule: int, p: int, q: int) -> bool:
    found = False
    for k in range(rule):
        found |= keys[k, p] != 0 and keys[k, p] == keys[k, q]
    return found


@nb.njit(cache=True, nogil=True)
def _score_blocks(
    order: Ints, starts: npt.NDArray[np.int64], window: Ints, first: int, last: int,
    rule: int, keys: Hashes, tables: Tables, weights: Tables, cut: float,
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
                w = weigh(p, q, tables, weights, levels)
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


@nb.njit(cache=True, nogil=True)
def _sample_blocks(
    order: Ints, starts: npt.NDArray[np.int64], window: Ints,
    rule: int, keys: Hashes, record_hash: Hashes, share: float, salt: np.uint64,
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
    found = [
        _sample_blocks(b.order, b.starts, b.window, k, keys, record_hash, share, np.uint64(salt))
        for k, b in enumerate(blocks)
    ]
    left, right = (np.concatenate([f[c] for f in found]) for c in range(2))
    return left, right, share
