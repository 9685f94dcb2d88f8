"""Scoring candidate pairs on all cores: from blocks to the pairs worth keeping, without a list of all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from threading import Lock

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.text import INITIAL_LENGTH, Hashes, Ints, doubled, mix
from assets.households.linkage.blocking import Blocks, Keys, window_end
from assets.households.linkage.compare.records import LEVEL_COLUMNS, RecordArrays
from assets.households.linkage.constraints import may_be_known
from assets.households.linkage.model.parameters import Weights
from assets.households.linkage.pairs import Pairs, Scored, sorted_pairs
from assets.households.linkage.weighing import PackedWeights, packed_weights, weigh


@kernel
def _known(keys: Keys, rule: int, p: int, q: int) -> bool:
    """Say whether an earlier rule already paired two records."""
    found = False
    for k in range(rule):
        found |= (keys[p, k] == keys[q, k]) & (keys[p, k] != 0)
    return found


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
                if w < cut or not may_be_known(levels):
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
