"""Which blocks a change of some records reaches, without making the blocks of all others.

A block is split where it is too large, and its parts again. A record that comes or goes changes the sizes of the blocks
on its own way down only; parts that it does not reach stay as they are, unless a block on the way is now split that was
not, or the other way round: then all of it is made anew on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.groups import Bools, place_in, rows_among, table_of
from assets.households.linkage.arrays.text import ROOM, Hashes, Ints, doubled
from assets.households.linkage.blocking import Blocking, Blocks, Rule, finer, refined, split_blocks, steps_of
from assets.households.linkage.incremental.content import Rows


@dataclass(frozen=True)
class Regrouped:
    """Rows (ascending) that did not change but are split otherwise, with the keys of their blocks before and now."""

    rows: Rows
    before: Hashes
    now: Hashes

    def parts(self, left: Ints, right: Ints) -> Bools:
        """Say which pairs of rows were in one block and are no longer."""
        ends = np.stack([left, right])
        at = np.searchsorted(self.rows, ends)
        here = (np.append(self.rows, -1)[at] == ends).all(axis=0)
        before, now = (np.append(keys, np.uint64(0))[at] for keys in (self.before, self.now))
        return np.asarray(here & (before[0] == before[1]) & (now[0] != now[1]))


@dataclass(frozen=True)
class Reached:
    """`pairs`: rows that meet now and of which one changed or is split otherwise (the smaller row in the upper half of
    the number); `regrouped`: rows split otherwise; `in_window`: rows compared in a window before or now; `more`: pairs
    that the steps of splitting count more than before.
    """

    pairs: Rows
    regrouped: list[Regrouped]
    in_window: Rows
    more: Rows


def blocks_reached(
    rule: Rule,
    key: Hashes,
    columns: Mapping[str, Hashes],
    blocking: Blocking,
    over: list[bool],
    changed: Rows,
    old: Bools,
    now: Bools,
) -> Reached:
    """Follow `changed` rows through the blocks of a rule.

    `key`: what the rule asks to agree; `columns`: what splits blocks, and sorts them; `over`: which steps split the
    larger blocks too; `old`, `now`: the rows that counted before, and count now. Where both are the same, nothing is
    split otherwise, and only pairs of `changed` are returned.
    """
    wanted = np.zeros(len(old), bool)
    wanted[changed] = True
    way = _Way(rule, columns, blocking, over, old, now)
    rows = rows_among(key, key[changed])
    ends = way.follow(key[rows], rows, key[changed], changed)
    pairs = [pairs_with(*_grouped(*ends, now), wanted)]
    regrouped, in_window = list[Regrouped](), [np.zeros(0, np.int64)]
    for done, own, apart in way.unlike:
        sides = [way.split(done, own, apart, side) for side in (old, now)]
        way.more += np.array(sides[1][1].totals, np.int64) - np.array(sides[0][1].totals, np.int64)
        there, b, _ = sides[1]
        if old is not now:
            regrouped.append(_regrouped(apart, sides, old, now))
            in_window += [rows[b.order[np.repeat(b.window > 0, np.diff(b.starts))]] for rows, b, _ in sides]
            wanted[regrouped[-1].rows] = True
        pairs.append(pairs_with(there[b.order], b.starts, b.window, wanted))
        wanted[apart], wanted[changed] = False, True
    return Reached(np.concatenate(pairs), regrouped, np.concatenate(in_window), way.more)


@dataclass
class _Way:
    """The way down through the steps of splitting. `more`: as in `Reached`; `unlike`: rows of blocks that are split on
    one side only, or compared in a window, with how many steps were done and the keys by then."""

    rule: Rule
    columns: Mapping[str, Hashes]
    blocking: Blocking
    over: list[bool]
    old: Bools
    now: Bools

    def __post_init__(self) -> None:
        self.more = np.zeros(len(self.over), np.int64)
        self.unlike: list[tuple[int, Hashes, Rows]] = []

    def follow(self, key: Hashes, rows: Rows, own: Hashes, changed: Rows) -> tuple[Hashes, Rows]:
        """Return keys and rows of the blocks that changed rows end in; `own`: the keys of the changed rows."""
        changed, own, steps = changed[own != 0], own[own != 0], steps_of(self.blocking)
        blocks = np.unique(own)
        sizes = _sizes(key, rows, blocks, self.old, self.now)
        for done, (limit, sub, counted) in enumerate(steps):
            parts = sub not in self.rule.keys and (counted < 0 or self.over[counted])
            large = (sizes > limit) & parts
            if counted >= 0:
                was, is_now = (sizes * (sizes - 1) // 2)[:, large[0] == large[1]].sum(axis=1)
                self.more[counted] += is_now - was
            if not large.any():
                continue
            sides, column = large.sum(axis=0)[np.searchsorted(blocks, own)], self.columns[sub]
            changed, own, sides = changed[sides != 1], own[sides != 1], sides[sides != 1]
            own = np.where(sides == 2, refined(own, column[changed]), own)
            key, rows = self._parted(done, key, rows, blocks, large.sum(axis=0), column, own[sides == 2])
            blocks = np.unique(own)
            sizes = _sizes(key, rows, blocks, self.old, self.now)
        in_window = (sizes.max(axis=0, initial=0) > self.blocking.largest_block).astype(np.int64)
        return self._parted(len(steps), key, rows, blocks, in_window, key, own[:0])

    def split(self, done: int, key: Hashes, rows: Rows, side: Bools) -> tuple[Rows, Blocks, Hashes]:
        """Split the blocks of some rows as they are on one side; return its rows, the blocks and the finer keys."""
        own, there = key[side[rows]], rows[side[rows]]
        columns = {name: column[there] for name, column in self.columns.items()}
        return there, split_blocks(self.rule, own, columns, self.blocking, 0, self.over, done), own

    def _parted(
        self, done: int, key: Hashes, rows: Rows, blocks: Hashes, large: Rows, more: Hashes, finer: Hashes
    ) -> tuple[Hashes, Rows]:
        """Part the blocks and set those aside that are large on one side only."""
        kept, there, apart, others = _parted(key, rows, blocks, large, more, finer, self.old, self.now)
        if len(apart):
            self.unlike.append((done, apart, others))
        return kept, there


@compiled
def _sizes(key: Hashes, rows: Rows, blocks: Hashes, old: Bools, now: Bools) -> Rows:
    """Count the rows of each block before and now (2 × blocks)."""
    table = table_of(blocks)
    found = np.zeros((2, len(table)), np.int64)
    for k in range(len(key)):
        at = place_in(table, key[k])
        found[0, at] += old[rows[k]]
        found[1, at] += now[rows[k]]
    sizes = np.zeros((2, len(blocks)), np.int64)
    for block in range(len(blocks)):
        at = place_in(table, blocks[block])
        sizes[0, block], sizes[1, block] = found[0, at], found[1, at]
    return sizes


@compiled
def _parted(
    key: Hashes, rows: Rows, blocks: Hashes, large: Rows, more: Hashes, wanted: Hashes, old: Bools, now: Bools
) -> tuple[Hashes, Rows, Hashes, Rows]:
    """Return keys and rows of blocks; of those that are large on both sides (2) only the parts that are `wanted`, with
    their finer keys. Apart from these, keys and rows of the blocks that are large on one side (1)."""
    table, parts = table_of(blocks), table_of(wanted)
    sides = np.zeros(len(table), np.int8)
    for block in range(len(blocks)):
        sides[place_in(table, blocks[block])] = large[block]
    kept, there = np.empty(ROOM, np.uint64), np.empty(ROOM, np.int64)
    apart, others = np.empty(ROOM, np.uint64), np.empty(ROOM, np.int64)
    used, aside = 0, 0
    for k in range(len(key)):
        own, row = key[k], rows[k]
        at = place_in(table, own)
        if not (old[row] or now[row]):
            continue
        if sides[at] == 1:
            if aside == len(apart):
                apart, others = doubled(apart), doubled(others)
            apart[aside], others[aside] = own, row
            aside += 1
            continue
        if sides[at] == 2:
            own = finer(own, more[row])
            if parts[place_in(parts, own)] == 0:
                continue
        if used == len(kept):
            kept, there = doubled(kept), doubled(there)
        kept[used], there[used] = own, row
        used += 1
    return kept[:used].copy(), there[:used].copy(), apart[:aside].copy(), others[:aside].copy()


def _grouped(key: Hashes, rows: Rows, now: Bools) -> tuple[Rows, Rows, Ints]:
    there = now[rows]
    key, rows = key[there], rows[there]
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(key[order]) != 0)) if len(key) else np.zeros(0, np.int64)
    return rows[order], np.append(starts, len(key)), np.zeros(len(starts), np.int32)


def _regrouped(rows: Rows, sides: list[tuple[Rows, Blocks, Hashes]], old: Bools, now: Bools) -> Regrouped:
    keys = np.zeros((2, len(rows)), np.uint64)
    for k, (there, _, key) in enumerate(sides):
        keys[k, np.searchsorted(rows, there)] = key
    other = old[rows] & now[rows] & (keys[0] != keys[1])
    return Regrouped(rows[other], *keys[:, other])


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
