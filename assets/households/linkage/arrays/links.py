"""Groups of records: records that share a key, and records that links connect.

A key is a 64-bit hash. To find the records that share one, each key is stored with the number of its record in its low
bits, and these numbers are sorted: records of one key then lie next to each other, in their own order.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.text import Hashes, Ints, mix

NUMBER_BITS = 29
"""Low bits of a key that hold the number of a record: at most 537 million records."""
KEY_BITS = np.uint64(2**64 - 2**NUMBER_BITS)
"""The bits that make a key. Two different values share them once in 3 × 10^10 pairs, which costs one comparison."""
NUMBER = np.uint64(2**NUMBER_BITS - 1)
"""The bits that hold the number of a record."""
SORTED_BY_INSERTION = 40
"""Links of one group up to which an insertion sort is faster than `np.argsort`."""
STRETCHES_PER_THREAD = 8
"""Into how many pieces of work each thread's share is cut, so that no thread waits long for the last one."""
Starts = npt.NDArray[np.int64]
Weight = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Links = tuple[Ints, Ints, Weight]
"""Left record, right record, match weight; three arrays of equal length."""


def pair_codes(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Starts:
    """Return each pair as one number, whichever of the two comes first: the smaller one in the upper 32 bits, the
    larger in the lower ones."""
    return np.asarray(np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b), np.int64)


def runs_of(key: Hashes, members: Ints | None = None) -> tuple[Ints, Ints]:
    """Return those of `members` that share a key, in runs of equal keys, and where each run starts (runs + 1).

    `key`: one a record, of `KEY_BITS` only; records with key 0 share nothing. `members`: record numbers, ascending; all
    if not given. Runs are in the order of their first records, so that records which lie together in memory are
    compared together. Raises OverflowError for more records than `NUMBER_BITS` can number.
    """
    if len(key) > NUMBER:
        raise OverflowError(f"{len(key)} records are more than {NUMBER} that can be matched at once")
    numbered = _all_numbered(key) if members is None else _numbered(key, members)
    numbered.sort()
    found: tuple[Ints, Ints] = _shared_runs(numbered, len(key))
    return found


@compiled
def _numbered(key: Hashes, members: Ints) -> Hashes:
    """Return for each member its key with its number in the low bits."""
    out = np.empty(len(members), np.uint64)
    for k in range(len(members)):
        out[k] = key[members[k]] | np.uint64(members[k])
    return out


@compiled
def _all_numbered(key: Hashes) -> Hashes:
    """Return the same for all records that have a key."""
    count = 0
    for k in range(len(key)):
        count += key[k] != 0
    out, used = np.empty(count, np.uint64), 0
    for k in range(len(key)):
        if key[k] != 0:
            out[used] = key[k] | np.uint64(k)
            used += 1
    return out


@compiled
def _shared_runs(numbered: Hashes, records: int) -> tuple[Ints, Ints]:
    """Return the runs of sorted `numbered` keys, as `runs_of` does.

    12 ms a million records; with NumPy (`flatnonzero`, `argsort`, `repeat`) 23 ms.
    """
    slot = np.zeros(records, np.int32)  # by the first record of a run: how long the run is, then where it goes
    at = 0
    while at < len(numbered):
        end = _end_of_run(numbered, at)
        if numbered[at] & KEY_BITS != 0 and end - at > 1:
            slot[numbered[at] & NUMBER] = end - at
        at = end
    starts = np.empty(len(numbered) // 2 + 2, np.int32)
    runs, used = 0, 0
    for record in range(records):
        if slot[record] > 0:
            starts[runs] = used
            runs += 1
            used, slot[record] = used + slot[record], used
    starts[runs] = used
    members = np.empty(used, np.int32)
    at = 0
    while at < len(numbered):
        end = _end_of_run(numbered, at)
        if numbered[at] & KEY_BITS != 0 and end - at > 1:
            shift = slot[numbered[at] & NUMBER] - at
            for k in range(at, end):
                members[shift + k] = numbered[k] & NUMBER
        at = end
    return members, starts[: runs + 1].copy()


@kernel
def _end_of_run(numbered: Hashes, start: int) -> int:
    end = start + 1
    while end < len(numbered) and numbered[end] & KEY_BITS == numbered[start] & KEY_BITS:
        end += 1
    return end


def next_with_same_key(key: Hashes) -> Ints:
    """Return for each record the number of the next record with the same key (any 64 bits; 0: no key), -1 for none."""
    numbered = _numbered_hashes(key)
    numbered.sort()
    following: Ints = _next_in_runs(numbered, key)
    return following


@compiled
def _numbered_hashes(key: Hashes) -> Hashes:
    """Return for each record that has a key a hash of the key with the record's number in the low bits."""
    out, used = np.empty(len(key), np.uint64), 0
    for k in range(len(key)):
        if key[k] != 0:
            out[used] = mix(key[k]) & KEY_BITS | np.uint64(k)
            used += 1
    return out[:used].copy()


@compiled
def _next_in_runs(numbered: Hashes, key: Hashes) -> Ints:
    """Return for each record the next one of its run whose whole key is the same, -1 for none."""
    out = np.full(len(key), np.int32(-1), np.int32)
    for at in range(len(numbered)):
        own = numbered[at] & NUMBER
        other = at + 1
        while other < len(numbered) and numbered[other] & KEY_BITS == numbered[at] & KEY_BITS:
            if key[numbered[other] & NUMBER] == key[own]:
                out[own] = numbered[other] & NUMBER
                break
            other += 1
    return out


@kernel
def root(parent: Ints, a: int) -> int:
    """Return the root of `a` in a union-find forest of parents, halving the path for the next search."""
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@compiled
def united(first: Ints, left: Ints, right: Ints) -> Ints:
    """Return groups of records, each given by its first one, after those were united that links connect.

    `first`: for each record the first of its group; `left`, `right`: the records of each link.
    """
    parent = first.copy()
    for k in range(len(left)):
        a, b = root(parent, left[k]), root(parent, right[k])
        if a != b:
            parent[max(a, b)] = min(a, b)
    for k in range(len(parent)):
        parent[k] = root(parent, k)
    return parent


@compiled
def by_component(records: int, left: Ints, right: Ints, weight: Weight) -> tuple[Starts, Starts]:
    """Group links by connected component; in each group the strongest link first, equal ones in the given order.

    `records`: how many there are; `left`, `right`: the records of each link; `weight`: its match weight. Returns the
    numbers of the links, group by group, and where each group starts (groups + 1). What is decided in one group never
    depends on another, so threads can work on groups independently.
    154 ms for 1.5 million links; with `scipy.sparse.csgraph` and `np.lexsort` 605 ms.
    """
    parent = np.arange(records).astype(np.int32)
    for k in range(len(left)):
        a, b = root(parent, left[k]), root(parent, right[k])
        parent[max(a, b)] = min(a, b)
    start_of = np.zeros(records + 1, np.int64)
    for k in range(len(left)):
        start_of[root(parent, left[k]) + 1] += 1
    groups = 0
    for k in range(records):
        groups += start_of[k + 1] > 0
        start_of[k + 1] += start_of[k]
    starts = np.empty(groups + 1, np.int64)
    group = 0
    for k in range(records):
        if start_of[k + 1] > start_of[k]:
            starts[group] = start_of[k]
            group += 1
    starts[groups] = len(left)
    links = np.empty(len(left), np.int64)
    for k in range(len(left)):
        a = root(parent, left[k])
        links[start_of[a]] = k
        start_of[a] += 1
    for g in range(groups):
        _sort_strongest_first(links[starts[g] : starts[g + 1]], weight)
    return links, starts


@compiled
def _sort_strongest_first(links: Starts, weight: Weight) -> None:
    """Sort link numbers in place by falling weight; equal ones keep their order."""
    if len(links) > SORTED_BY_INSERTION:
        ordered = links[np.argsort(-weight[links], kind="mergesort")]
        for k in range(len(links)):  # as fast as a slice, and compiled in a fifth of the time
            links[k] = ordered[k]
        return
    for k in range(1, len(links)):
        link = links[k]
        at = k
        while at > 0 and weight[links[at - 1]] < weight[link]:
            links[at] = links[at - 1]
            at -= 1
        links[at] = link


@compiled
def split_links(left: Ints, right: Ints, weight: Weight, marked: Bools) -> tuple[Links, Links]:
    """Return the links of which neither record is marked, and those of which at least one is; in the given order.

    `marked`: one a record. 8 ms for 1.5 million links; with NumPy masks 24 ms.
    """
    unmarked = (np.empty_like(left), np.empty_like(right), np.empty_like(weight))
    with_mark = (np.empty_like(left), np.empty_like(right), np.empty_like(weight))
    n_unmarked, n_marked = 0, 0
    for k in range(len(left)):
        if marked[left[k]] or marked[right[k]]:
            with_mark[0][n_marked], with_mark[1][n_marked], with_mark[2][n_marked] = left[k], right[k], weight[k]
            n_marked += 1
        else:
            unmarked[0][n_unmarked], unmarked[1][n_unmarked], unmarked[2][n_unmarked] = left[k], right[k], weight[k]
            n_unmarked += 1
    return (
        (unmarked[0][:n_unmarked], unmarked[1][:n_unmarked], unmarked[2][:n_unmarked]),
        (with_mark[0][:n_marked].copy(), with_mark[1][:n_marked].copy(), with_mark[2][:n_marked].copy()),
    )


def run_in_threads(starts: Starts, work: Callable[[int, int], Any]) -> list[Any]:
    """Call `work(first, last)` on consecutive groups `first` to `last - 1`, on all cores; results in order.

    `starts`: where each group starts (groups + 1); every call gets about the same number of members. Where there are no
    groups, `work(0, 0)` is called once.
    """
    cuts = np.searchsorted(starts, np.linspace(0, starts[-1], STRETCHES_PER_THREAD * THREADS + 1))
    bounds = np.unique(np.append(cuts, [0, len(starts) - 1])).tolist()
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda span: work(*span), list(pairwise(bounds)) or [(0, 0)]))
