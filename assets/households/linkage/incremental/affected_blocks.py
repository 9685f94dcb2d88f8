"""Which blocks a change of some records affects, found without making the blocks of all other records.

A block that is too large is split, and its parts again (`blocking.split_blocks`). A record that is added or removed
changes the sizes of the blocks that it goes through on its own way down. The other parts stay as they are, with one
exception: where a block on this way is now split and was not before, or the other way round, all pairs in it may have
changed. Such a block is made twice, as it was before and as it is now.

Words: a row is one version of a record in the record store. It was live if its record was in force in the last match,
and is live if it is in force now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.links import Bools
from assets.households.linkage.arrays.lookup import hash_table, indices_of_wanted, slot_of
from assets.households.linkage.arrays.text import INITIAL_LENGTH, Hashes, Ints, doubled
from assets.households.linkage.blocking import (
    EVERY_PAIR,
    Blocking,
    Blocks,
    Rule,
    split_blocks,
    split_key,
    split_keys,
    split_steps,
    window_end,
)
from assets.households.linkage.incremental.content import Rows

NOT_SPLIT, ONE_SIDE, BOTH_SIDES = 0, 1, 2
"""On how many sides (in the last match, now) a block is split."""


@dataclass(frozen=True)
class Resplit:
    """Rows (ascending) that did not change themselves but whose block is split differently now.

    `key_before`, `key_now`: the key of each row's block in the last match and now (0: none).
    """

    rows: Rows
    key_before: Hashes
    key_now: Hashes

    def separates(self, left: Ints, right: Ints) -> Bools:
        """Return for each pair of rows whether both were in one block and are no longer."""
        ends = np.stack([left, right])
        at = np.searchsorted(self.rows, ends)
        present = (np.append(self.rows, -1)[at] == ends).all(axis=0)
        before, now = (np.append(keys, np.uint64(0))[at] for keys in (self.key_before, self.key_now))
        return np.asarray(present & (before[0] == before[1]) & (now[0] != now[1]))


@dataclass(frozen=True)
class AffectedBlocks:
    """What a change means for the blocks of one rule.

    `pairs`: pairs of rows that share a block now and of which at least one row changed or was split differently, each
    as one number (`pair_codes`). `resplit`: the rows split differently. `in_window`: rows compared in a sliding window
    before or now. `added_totals`: by how much the pairs before each conditional split step (`Blocks.totals`) grew.
    """

    pairs: Rows
    resplit: list[Resplit]
    in_window: Rows
    added_totals: Rows


class _PartlySplit(NamedTuple):
    """Rows of blocks that are split, or compared in a window, on one side only.

    `steps_done`: split steps that they went through alike; `key`: the key of each row by then.
    """

    steps_done: int
    key: Hashes
    rows: Rows


class _Side(NamedTuple):
    """Rows of some blocks as they are on one side: the live rows, their blocks, and the key of each row's block."""

    rows: Rows
    blocks: Blocks
    key: Hashes


def affected_blocks(
    rule: Rule,
    key: Hashes,
    columns: Mapping[str, Hashes],
    blocking: Blocking,
    conditions: list[bool],
    changed: Rows,
    live_before: Bools,
    live_now: Bools,
) -> AffectedBlocks:
    """Follow changed rows through the blocks of a rule.

    `key`: the rule's combined key of each row. `columns`: the columns that split blocks and sort windows. `conditions`:
    whether each conditional split step is done. `changed`: the rows to follow. `live_before`, `live_now`: one a row; if
    they are the same array, nothing is split differently, and only pairs with `changed` rows are returned.
    """
    marked = np.zeros(len(live_before), bool)
    marked[changed] = True
    walk = _SplitWalk(rule, columns, blocking, conditions, live_before, live_now)
    rows = indices_of_wanted(key, key[changed])
    final_key, final_rows = walk.follow(key[rows], rows, key[changed], changed)
    pairs = [pairs_with(*_grouped(final_key, final_rows, live_now), EVERY_PAIR, marked)]
    resplit, in_window = list[Resplit](), [np.zeros(0, np.int64)]
    for part in walk.partly_split:
        before, now = (walk.split(part, live) for live in (live_before, live_now))
        walk.added_totals += np.array(now.blocks.totals, np.int64) - np.array(before.blocks.totals, np.int64)
        if live_before is not live_now:
            resplit.append(_resplit(part.rows, before, now, live_before & live_now))
            in_window += [_rows_in_window(side) for side in (before, now)]
            marked[resplit[-1].rows] = True
        pairs.append(pairs_with(now.rows[now.blocks.order], now.blocks.starts, now.blocks.largest, marked))
        marked[part.rows], marked[changed] = False, True
    return AffectedBlocks(np.concatenate(pairs), resplit, np.concatenate(in_window), walk.added_totals)


@dataclass
class _SplitWalk:
    """The walk of changed rows through the split steps. Arguments as in `affected_blocks`."""

    rule: Rule
    columns: Mapping[str, Hashes]
    blocking: Blocking
    conditions: list[bool]
    live_before: Bools
    live_now: Bools

    def __post_init__(self) -> None:
        self.added_totals = np.zeros(len(self.conditions), np.int64)
        self.partly_split: list[_PartlySplit] = []

    def follow(self, key: Hashes, rows: Rows, changed_key: Hashes, changed: Rows) -> tuple[Hashes, Rows]:
        """Return keys and rows of the blocks in which the changed rows end.

        `key`, `rows`: all rows of the blocks in which they begin; `changed_key`: the keys of the changed rows.
        """
        changed, changed_key = changed[changed_key != 0], changed_key[changed_key != 0]
        steps = split_steps(self.blocking)
        blocks = np.unique(changed_key)
        sizes = _block_sizes(key, rows, blocks, self.live_before, self.live_now)
        for number, step in enumerate(steps):
            is_done = step.condition is None or self.conditions[step.condition]
            large = (sizes > step.limit) & (is_done and step.key not in self.rule.keys)
            if step.condition is not None:
                same_on_both_sides = large[0] == large[1]
                before, now = (sizes * (sizes - 1) // 2)[:, same_on_both_sides].sum(axis=1)
                self.added_totals[step.condition] += now - before
            if not large.any():
                continue
            sides, column = large.sum(axis=0)[np.searchsorted(blocks, changed_key)], self.columns[step.key]
            goes_on = sides != ONE_SIDE
            changed, changed_key, sides = changed[goes_on], changed_key[goes_on], sides[goes_on]
            changed_key = np.where(sides == BOTH_SIDES, split_keys(changed_key, column[changed]), changed_key)
            wanted = changed_key[sides == BOTH_SIDES]
            key, rows = self._split_step(number, key, rows, blocks, large.sum(axis=0), column, wanted)
            blocks = np.unique(changed_key)
            sizes = _block_sizes(key, rows, blocks, self.live_before, self.live_now)
        in_window = (sizes.max(axis=0, initial=0) > self.blocking.largest_block).astype(np.int64) * ONE_SIDE
        return self._split_step(len(steps), key, rows, blocks, in_window, key, changed_key[:0])

    def split(self, part: _PartlySplit, live: Bools) -> _Side:
        """Split the blocks of some rows as they are on one side."""
        key, rows = part.key[live[part.rows]], part.rows[live[part.rows]]
        columns = {name: column[rows] for name, column in self.columns.items()}
        blocks = split_blocks(
            self.rule, key, columns, self.blocking, conditions=self.conditions, steps_done=part.steps_done
        )
        return _Side(rows, blocks, key)

    def _split_step(
        self, number: int, key: Hashes, rows: Rows, blocks: Hashes, sides: Rows, column: Hashes, wanted: Hashes
    ) -> tuple[Hashes, Rows]:
        """Do one split step, as `_split_rows`, and set the blocks aside that are split on one side only."""
        key, rows, one_side_key, one_side_rows = _split_rows(
            key, rows, blocks, sides, column, wanted, self.live_before, self.live_now
        )
        if len(one_side_key):
            self.partly_split.append(_PartlySplit(number, one_side_key, one_side_rows))
        return key, rows


@compiled
def _block_sizes(key: Hashes, rows: Rows, blocks: Hashes, live_before: Bools, live_now: Bools) -> Rows:
    """Count the live rows of each block, before and now (2 × blocks). `blocks`: their keys; `key`, `rows`: the rows."""
    table = hash_table(blocks)
    counts = np.zeros((2, len(table)), np.int64)
    for k in range(len(key)):
        slot = slot_of(table, key[k])
        counts[0, slot] += live_before[rows[k]]
        counts[1, slot] += live_now[rows[k]]
    sizes = np.zeros((2, len(blocks)), np.int64)
    for block in range(len(blocks)):
        slot = slot_of(table, blocks[block])
        sizes[0, block], sizes[1, block] = counts[0, slot], counts[1, slot]
    return sizes


@compiled
def _split_rows(
    key: Hashes, rows: Rows, blocks: Hashes, sides: Rows, column: Hashes, wanted: Hashes,
    live_before: Bools, live_now: Bools,
) -> tuple[Hashes, Rows, Hashes, Rows]:  # fmt: skip
    """Split the rows of blocks by one column.

    `key`, `rows`: the rows and the keys of their blocks. `blocks`, `sides`: the key of each block, and on how many
    sides it is split. `column`: what splits, one a row of the store. `wanted`: the finer keys to go on with.
    Returns keys and rows to go on with: those of blocks that are not split, and the `wanted` parts of blocks that are
    split on both sides. Then keys and rows of the blocks that are split on one side only.
    """
    table, wanted_table = hash_table(blocks), hash_table(wanted)
    sides_of = np.zeros(len(table), np.int8)
    for block in range(len(blocks)):
        sides_of[slot_of(table, blocks[block])] = sides[block]
    out_key, out_rows = np.empty(INITIAL_LENGTH, np.uint64), np.empty(INITIAL_LENGTH, np.int64)
    aside_key, aside_rows = np.empty(INITIAL_LENGTH, np.uint64), np.empty(INITIAL_LENGTH, np.int64)
    used, aside = 0, 0
    for k in range(len(key)):
        own, row = key[k], rows[k]
        slot = slot_of(table, own)
        if not (live_before[row] or live_now[row]):
            continue
        if sides_of[slot] == ONE_SIDE:
            if aside == len(aside_key):
                aside_key, aside_rows = doubled(aside_key), doubled(aside_rows)
            aside_key[aside], aside_rows[aside] = own, row
            aside += 1
            continue
        if sides_of[slot] == BOTH_SIDES:
            own = split_key(own, column[row])
            if wanted_table[slot_of(wanted_table, own)] == 0:
                continue
        if used == len(out_key):
            out_key, out_rows = doubled(out_key), doubled(out_rows)
        out_key[used], out_rows[used] = own, row
        used += 1
    return out_key[:used].copy(), out_rows[:used].copy(), aside_key[:aside].copy(), aside_rows[:aside].copy()


def _grouped(key: Hashes, rows: Rows, live: Bools) -> tuple[Rows, Ints]:
    """Return the live rows block by block, and where each block starts (blocks + 1)."""
    key, rows = key[live[rows]], rows[live[rows]]
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(key[order]) != 0)) if len(key) else np.zeros(0, np.int64)
    return rows[order], np.append(starts, len(key)).astype(np.int32)


def _resplit(rows: Rows, before: _Side, now: _Side, live_on_both: Bools) -> Resplit:
    """Return those of `rows` (ascending) that are live on both sides and have another block key now."""
    keys = np.zeros((2, len(rows)), np.uint64)
    for k, side in enumerate((before, now)):
        keys[k, np.searchsorted(rows, side.rows)] = side.key
    differs = live_on_both[rows] & (keys[0] != keys[1])
    return Resplit(rows[differs], *keys[:, differs])


def _rows_in_window(side: _Side) -> Rows:
    """Return the rows of those blocks that are compared in a sliding window."""
    blocks = side.blocks
    return side.rows[blocks.order[np.repeat(blocks.in_window(), blocks.sizes())]]


@compiled
def pairs_with(order: Rows, starts: Ints, largest: int, marked: Bools) -> Rows:
    """Return the pairs of rows of blocks of which at least one row is marked, as pair codes (`pair_codes`).

    `order`, `starts`, `largest`: as in `Blocks`; `marked`: one a row.
    """
    used = 0
    out = np.empty(INITIAL_LENGTH, np.int64)
    for block in range(len(starts) - 1):
        a, b = starts[block], starts[block + 1]
        any_marked = False
        for x in range(a, b):
            any_marked |= marked[order[x]]
        if not any_marked:
            continue
        for x in range(a, b):
            for y in range(x + 1, window_end(x, a, b, largest)):
                if not (marked[order[x]] or marked[order[y]]):
                    continue
                if used == len(out):
                    out = doubled(out)
                out[used] = min(order[x], order[y]) << 32 | max(order[x], order[y])
                used += 1
    return out[:used].copy()
