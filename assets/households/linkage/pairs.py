"""Pairs of records with their weights: put in order, each kept once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.text import Ints


@dataclass(frozen=True)
class Pairs:
    """Pairs of records (canonical numbers, left < right), each once, with the log2 odds that they are one person."""

    left: Ints
    right: Ints
    weight: npt.NDArray[np.float32]


class Scored(NamedTuple):
    """Left, right and weight of the pairs worth keeping of some blocks, and how many pairs were compared."""

    left: Ints
    right: Ints
    weight: npt.NDArray[np.float32]
    compared: int


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
