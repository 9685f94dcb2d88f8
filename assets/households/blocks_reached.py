"""Which blocks a change of some records reaches, without making the blocks of all others.

A block is split where it is too large, and its parts again. A record that comes or goes changes the sizes of the blocks
on its own way down only; parts that it does not reach stay as they are, unless a block on the way is now split that was
not, or the other way round: then all of it is made anew on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assets.households.blocking import (
    FAMILIAR,
    TIE,
    Blocking,
    Blocks,
    Rule,
    key_of_rule,
    refined,
    split_blocks,
)
from assets.households.compiled import compiled
from assets.households.encode import ROOM, Hashes, Ints, doubled
from assets.households.standing import Bools, Rows, among


@dataclass(frozen=True)
class Reached:
    """`pairs`: rows that meet now and of which one changed or is split otherwise (the smaller row in the upper half of
    the number); `resplit`: rows that meet others than before though they did not change; `more`: pairs that the steps
    of splitting count more than before.
    """

    pairs: Rows
    resplit: Rows
    more: Rows


def blocks_reached(
    rule: Rule,
    columns: Mapping[str, Hashes],
    blocking: Blocking,
    over: list[bool],
    changed: Rows,
    alike: Mapping[str, Bools],
    old: Bools,
    now: Bools,
) -> Reached:
    """Follow `changed` rows through the blocks of a rule; `old`, `now`: the rows that counted before, and count now.

    `alike`: for each key of the rule, which rows have it in common with some of `changed`.

    Where both are the same, nothing is split otherwise, and only pairs of `changed` are returned.
    """
    moved = np.zeros(len(old), bool)
    moved[changed] = True
    rows = np.flatnonzero(np.logical_and.reduce([alike[name] for name in rule.keys]))
    whole = key_of_rule(rule, {name: column[rows] for name, column in columns.items() if name in (*rule.keys, TIE)})
    met = among(whole, whole[moved[rows]])
    rows, whole = rows[met], whole[met]
    way = _Way(rule, columns, blocking, over, moved)
    key, quick, unlike = way.follow(whole, rows, old, now)
    again = np.unique(whole[np.searchsorted(rows, unlike)])
    if len(again):
        aside = _Way(rule, columns, blocking, over, moved)
        other = among(whole, again)
        aside.follow(whole[other], rows[other], old, now)
        way.more -= aside.more
        easy = ~among(whole[np.searchsorted(rows, quick)], again)
        key, quick = key[easy], quick[easy]
    blocks = _grouped(key, quick, now)
    pairs, resplit = [pairs_with(*blocks, moved)], []
    slow = rows[among(whole, again)]
    if len(slow):
        sides = [_split(rule, columns, blocking, over, slow[side[slow]]) for side in (old, now)]
        way.more += np.array(sides[1][1].totals, np.int64) - np.array(sides[0][1].totals, np.int64)
        there, b, _ = sides[1]
        wanted = moved
        if old is not now:
            resplit = [_other_than_before(slow, sides, old, now)]
            wanted = moved.copy()
            wanted[resplit[0]] = True
        pairs.append(pairs_with(there[b.order], b.starts, b.window, wanted))
    return Reached(np.concatenate(pairs), np.concatenate([*resplit, np.zeros(0, np.int64)]), way.more)


@dataclass
class _Way:
    """The way down through the steps of splitting."""

    rule: Rule
    columns: Mapping[str, Hashes]
    blocking: Blocking
    over: list[bool]
    moved: Bools

    def __post_init__(self) -> None:
        self.more = np.zeros(len(self.over), np.int64)

    def follow(self, key: Hashes, rows: Rows, old: Bools, now: Bools) -> tuple[Hashes, Rows, Rows]:
        """Return keys and rows of the blocks that changed rows end in, and the rows that are split otherwise."""
        number, sizes = self._sizes(key, rows, old, now)
        unlike, step = [], -1
        for limit in (self.blocking.largest_block, min(FAMILIAR, self.blocking.largest_block)):
            for sub in self.blocking.split:
                too_many = limit == self.blocking.largest_block
                if not too_many:
                    step += 1
                    was, is_now = (sizes * (sizes - 1) // 2).sum(axis=1)
                    self.more[step] += is_now - was
                    too_many = self.over[step]
                large = sizes > limit
                if not too_many or sub in self.rule.keys or not large.any():
                    continue
                otherwise, parted = (large[0] != large[1])[number], (large[0] & large[1])[number]
                unlike.append(rows[otherwise])
                key = np.where(parted, refined(key, self.columns[sub][rows]), key)
                kept = ~otherwise & (~parted | among(key, key[parted & self.moved[rows]]))
                key, rows = key[kept], rows[kept]
                number, sizes = self._sizes(key, rows, old, now)
        in_window = np.asarray((sizes > self.blocking.largest_block).any(axis=0))[number]
        return key, rows, np.concatenate([*unlike, rows[in_window]])

    def _sizes(self, key: Hashes, rows: Rows, old: Bools, now: Bools) -> tuple[Rows, Rows]:
        """Number the blocks, each of which has a changed row; return each row's block, and sizes before and now."""
        blocks = np.unique(key[self.moved[rows]])
        number = np.searchsorted(blocks, key)
        return number, np.stack([np.bincount(number[side[rows]], minlength=len(blocks)) for side in (old, now)])


def _grouped(key: Hashes, rows: Rows, now: Bools) -> tuple[Rows, Rows, Ints]:
    there = now[rows]
    key, rows = key[there], rows[there]
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(key[order]) != 0)) if len(key) else np.zeros(0, np.int64)
    return rows[order], np.append(starts, len(key)), np.zeros(len(starts), np.int32)


def _split(
    rule: Rule, columns: Mapping[str, Hashes], blocking: Blocking, over: list[bool], rows: Rows
) -> tuple[Rows, Blocks, Hashes]:
    there = {name: column[rows] for name, column in columns.items()}
    key = key_of_rule(rule, there)
    return rows, split_blocks(rule, key, there, blocking, 0, over), key


def _other_than_before(rows: Rows, sides: list[tuple[Rows, Blocks, Hashes]], old: Bools, now: Bools) -> Rows:
    """Return rows whose block is split otherwise than before, or was or is compared in a window."""
    keys = np.zeros((2, len(rows)), np.uint64)
    out = []
    for k, (there, blocks, key) in enumerate(sides):
        keys[k, np.searchsorted(rows, there)] = key
        in_window = np.repeat(blocks.window > 0, np.diff(blocks.starts))
        out.append(there[blocks.order[in_window]])
    out.append(rows[old[rows] & now[rows] & (keys[0] != keys[1])])
    return np.unique(np.concatenate(out))


@compiled
def pairs_with(order: Rows, starts: Rows, window: Ints, wanted: Bools) -> Rows:
    """Return the pairs of blocks of which one row is wanted, the smaller row in the upper half of the number."""
    used = 0
    out = np.empty(ROOM, np.int64)
    for block in range(len(starts) - 1):
        a, b = starts[block], starts[block + 1]
        some = False
        for x in range(a, b):
            some |= wanted[order[x]]
        if not some:
            continue
        for x in range(a, b):
            end = min(b, x + 1 + window[block]) if window[block] > 0 else b
            for y in range(x + 1, end):
                if not (wanted[order[x]] or wanted[order[y]]):
                    continue
                if used == len(out):
                    out = doubled(out)
                out[used] = min(order[x], order[y]) << 32 | max(order[x], order[y])
                used += 1
    return out[:used].copy()
