"""Blocking: which pairs of records are compared at all. Each rule is a list of keys that must agree.

All records with the same keys are a block, and every pair inside a block is compared. The rules and the limits are in
`blocking_rules.yml`, or in a file of the user's in the same form. A block that is too large is split by further keys;
what is still too large is sorted by birth date and compared in a sliding window. No block is dropped, and the report
says which rules had blocks split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.links import KEY_BITS, Bools, runs_of
from assets.households.linkage.arrays.text import Hashes, Ints, mix
from assets.households.linkage.block_keys import KEYS
from assets.households.linkage.prepare.fields import DAY, MONTH, YEAR
from assets.households.linkage.prepare.records import Prepared

DEFAULT_RULES = Path(__file__).parent / "blocking_rules.yml"

SMALL_BLOCK = 12
"""Records of a block that may be one person or one family. Blocks up to this size are never split."""
Keys = npt.NDArray[np.uint32]
"""Records × rules, the number of the record's block of each rule (from 1; 0: in none, or in one that is compared in a
window)."""
MOST_AT_ONCE = 8
"""Rules whose blocks are made at the same time; each takes 25 bytes a record meanwhile."""
EVERY_PAIR = np.iinfo(np.int32).max
"""`Blocks.largest` of blocks that are never compared in a window."""
WINDOW, TIE = "jendela", "urutan"
"""Columns by which a window sorts: the birth date as a day number, and a hash of the record for equal dates."""
DAYS_A_YEAR, DAYS_A_MONTH = 372, 31
"""Factors of a day number that keeps the order of dates, also of those without month or day."""
PRIME_OF_PART = np.uint64(3)
"""Odd factor that makes the combined key depend on the order of its parts."""


@dataclass(frozen=True)
class Rule:
    """A blocking rule: records that agree on all `keys` are compared."""

    name: str
    keys: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Blocking:
    """All blocking rules and their limits.

    `rules`: in order. `largest_block`: records above which a block is split. `split`: the keys that split it, in order.
    `pairs_per_record`: a rule with more pairs a record than this has its blocks above `SMALL_BLOCK` split too.
    """

    rules: tuple[Rule, ...]
    largest_block: int = 120
    split: tuple[str, ...] = ()
    pairs_per_record: float = 2.0

    @classmethod
    def load(cls, path: Path = DEFAULT_RULES) -> Blocking:
        """Read a rule file. Raises ValueError where it is not in the form of `blocking_rules.yml`, and says why."""
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if not isinstance(content, dict) or not isinstance(content.get("rules"), list) or not content["rules"]:
            raise ValueError(f"{path.name}: `rules` must be a list of rules, each with `keys`")
        rules = tuple(_rule(path.name, number, rule) for number, rule in enumerate(content["rules"], 1))
        split = tuple(content.get("split") or ())
        unknown = sorted({k for r in rules for k in r.keys}.union(split) - KEYS.keys())
        if unknown:
            raise ValueError(f"{path.name}: unknown keys {', '.join(unknown)}; known are {', '.join(sorted(KEYS))}")
        largest = int(content.get("largest_block", cls.largest_block))
        return cls(rules, largest, split, float(content.get("pairs_per_record", cls.pairs_per_record)))


@dataclass(frozen=True)
class Blocks:
    """The blocks of one rule.

    `held`: the records, block by block; where there are `numbers`, only those of blocks that are compared in a window.
    `starts`: where each block begins in `order`, and where the last one ends (blocks + 1). `largest`: records above
    which a block is compared in a window (`window_end`), and not all of its pairs. `split_records`: how many records
    were in blocks that had to be split. `numbers`: the rule's column of `Keys`.
    """

    rule: Rule
    held: Ints
    starts: Ints
    largest: int = EVERY_PAIR
    split_records: int = 0
    totals: tuple[int, ...] = ()
    """The pairs of all blocks before each conditional step (`SplitStep.condition`), in order."""
    numbers: npt.NDArray[np.uint32] | None = None

    @property
    def order(self) -> Ints:
        """The records, block by block: made anew from the numbers, where there are any."""
        if self.numbers is None:
            return self.held
        return _by_number(self.numbers, self.starts, self.largest, self.held)

    def numbered(self, numbers: npt.NDArray[np.uint32]) -> Blocks:
        """Return the same blocks by the `numbers` of their records, which `number_blocks` wrote. To make the order of a
        rule anew costs little; to hold those of all rules took 85 bytes a record."""
        return replace(self, held=_members(self.held, self.starts, self.in_window()), numbers=numbers)

    def sizes(self) -> npt.NDArray[np.int64]:
        """Count the records of each block."""
        return np.diff(self.starts).astype(np.int64)

    def in_window(self) -> Bools:
        """Say which blocks are compared in a window."""
        return np.diff(self.starts) > self.largest

    def pairs(self) -> npt.NDArray[np.int64]:
        """Count the pairs of each block."""
        size, near = self.sizes(), self.largest // 2
        return np.where(size > self.largest, size * near - near * (near + 1) // 2, size * (size - 1) // 2)


@kernel
def window_end(at: int, start: int, end: int, largest: int) -> int:
    """Return up to which entry of `Blocks.order` the one at `at` is compared with those behind it, of a block from
    `start` to `end`: up to the last, or up to half of `largest` in one that is larger than that."""
    return min(end, at + 1 + largest // 2) if end - start > largest else end


def _rule(file: str, number: int, entry: object) -> Rule:
    fields = entry if isinstance(entry, dict) else {"keys": entry}
    keys = fields.get("keys")
    if not isinstance(keys, list) or not keys:
        raise ValueError(f"{file}: rule {number} has no `keys`")
    return Rule(str(fields.get("name", "+".join(keys))), tuple(map(str, keys)), str(fields.get("reason", "")))


def make_blocks(p: Prepared, blocking: Blocking) -> tuple[list[Blocks], Keys]:
    """Return the blocks of each rule, and the keys of all records.

    Two records with the same non-zero key of a rule are a pair of that rule. A pair that several rules find is compared
    once, by the first of them; the keys tell later rules which pairs to leave out.
    """
    columns = key_columns(p, replace(blocking, rules=()))
    keys = np.zeros((len(p), len(blocking.rules)), np.uint32)

    def blocks_of(k: int) -> Blocks:
        rule = blocking.rules[k]
        key = key_of_rule(rule, key_column(p, columns))
        blocks = split_blocks(rule, key, columns, blocking, max_pairs=blocking.pairs_per_record * len(p))
        number_blocks(blocks, keys[:, k])
        return blocks.numbered(keys[:, k])

    with ThreadPoolExecutor(min(THREADS, MOST_AT_ONCE)) as pool:
        return list(pool.map(blocks_of, range(len(blocking.rules)))), keys


def number_blocks(blocks: Blocks, keys: npt.NDArray[np.uint32]) -> None:
    """Write the number of each record's block into `keys`: zeros, one a record. Blocks compared in a window have
    none."""
    _number_blocks(blocks.order, blocks.starts, blocks.largest, keys)


@compiled
def _number_blocks(order: Ints, starts: Ints, largest: int, keys: npt.NDArray[np.uint32]) -> None:
    for block in range(len(starts) - 1):
        if starts[block + 1] - starts[block] <= largest:
            for at in range(starts[block], starts[block + 1]):
                keys[order[at]] = block + 1


@compiled
def _by_number(numbers: npt.NDArray[np.uint32], starts: Ints, largest: int, in_window: Ints) -> Ints:
    order, free, used = np.empty(starts[-1], np.int32), starts.copy(), 0
    for block in range(len(starts) - 1):
        if starts[block + 1] - starts[block] > largest:
            for at in range(starts[block], starts[block + 1]):
                order[at] = in_window[used]
                used += 1
    for record in range(len(numbers)):
        if numbers[record] > 0:
            block = numbers[record] - 1
            order[free[block]] = record
            free[block] += 1
    return order


def key_columns(p: Prepared, blocking: Blocking) -> dict[str, Hashes]:
    """Return one column (one number a record, 0: not stated) for each key of the rules and splits, `WINDOW` and `TIE`.

    Each number depends on the record alone, so it is the same in every set of records.
    """
    names = {key for rule in blocking.rules for key in rule.keys}.union(blocking.split)
    days = p.fields[:, [YEAR, MONTH, DAY]] @ np.array([DAYS_A_YEAR, DAYS_A_MONTH, 1])
    with ThreadPoolExecutor(THREADS) as pool:
        columns = dict(zip(sorted(names), pool.map(lambda name: KEYS[name](p), sorted(names)), strict=True))
    return columns | {WINDOW: days.astype(np.uint64), TIE: p.record_hash}


def key_column(p: Prepared, kept: Mapping[str, Hashes]) -> Callable[[str], Hashes]:
    """Return the function by which `key_of_rule` finds columns: among those `kept`, or made anew. All of them at once
    take 200 bytes a record."""
    return lambda name: kept[name] if name in kept else KEYS[name](p)


def key_of_rule(rule: Rule, column: Callable[[str], Hashes]) -> Hashes:
    """Return all keys of a rule combined into one number a record, 0 where one of them is not stated. `column`: the
    column of a key, of which no two are needed at once."""
    key = np.zeros(0, np.uint64)
    for at, name in enumerate(rule.keys):
        more = column(name)
        key = key if at else np.zeros(len(more), np.uint64)
        _combine(key, more, at == 0)
    return key


class SplitStep(NamedTuple):
    """One step that splits blocks: those of more than `limit` records, by the column `key`.

    `condition`: None where the step is always done. Else its number among the conditional steps: it is done only if the
    blocks of the rule have too many pairs in all.
    """

    limit: int
    key: str
    condition: int | None


def split_steps(blocking: Blocking) -> list[SplitStep]:
    """Return the steps that split blocks, in order: first the too large blocks, then those of rules with too many
    pairs."""
    small = min(SMALL_BLOCK, blocking.largest_block)
    conditional = small < blocking.largest_block
    return [
        *(SplitStep(blocking.largest_block, key, None) for key in blocking.split),
        *(SplitStep(small, key, number if conditional else None) for number, key in enumerate(blocking.split)),
    ]


def split_blocks(
    rule: Rule,
    key: Hashes,
    columns: Mapping[str, Hashes],
    blocking: Blocking,
    *,
    max_pairs: float = 0.0,
    conditions: Sequence[bool] | None = None,
    steps_done: int = 0,
) -> Blocks:
    """Make the blocks of equal `key`, split the large ones, and write the finer keys into `key`.

    `key`: the combined key of each record. `columns`: as from `key_columns`. `max_pairs`: pairs of the rule above which
    conditional steps are done. `conditions`: where the records are only some blocks of a larger set, whether each
    conditional step is done for that set. `steps_done`: how many steps `key` has gone through already. How a block is
    split depends on nothing but its own records and these arguments.
    """
    order, starts = runs_of(key)
    steps, split_records = split_steps(blocking), 0
    totals = [0] * sum(step.condition is not None for step in steps)
    for step in steps[steps_done:]:
        size = np.diff(starts).astype(np.int64)
        if step.condition is not None:
            totals[step.condition] = int((size * (size - 1) // 2).sum())
            too_many = totals[step.condition] > max_pairs if conditions is None else conditions[step.condition]
            if not too_many:
                continue
        large = size > step.limit
        if step.key in rule.keys or not large.any():
            continue
        members = _members(order, starts, large)
        split_records = max(split_records, len(members))
        _split_keys(key, columns[step.key], members)
        small, small_ends = _members(order, starts, ~large), np.cumsum(size[~large])
        parts, part_starts = runs_of(key, members)
        order = np.concatenate([small, parts])
        starts = np.concatenate([[0], small_ends, part_starts[1:] + len(small)]).astype(np.int32)
    large = np.diff(starts) > blocking.largest_block
    for block in np.flatnonzero(large):
        members = order[starts[block] : starts[block + 1]]
        by_date = np.lexsort((columns[TIE][members], columns[WINDOW][members]))
        order[starts[block] : starts[block + 1]] = members[by_date]
    key[_members(order, starts, large)] = 0
    return Blocks(rule, order, starts, blocking.largest_block, split_records, tuple(totals))


def _members(order: Ints, starts: Ints, chosen: Bools) -> Ints:
    """Return the records of the chosen blocks, block by block."""
    return order[np.repeat(chosen, np.diff(starts))]


@compiled
def _combine(key: Hashes, more: Hashes, first: bool) -> None:
    """Combine `key` with one key more, in place; 0 where either is not stated.

    In NumPy, each of the eleven operations would read and write the column again.
    """
    for k in range(len(key)):
        if more[k] == 0 or (key[k] == 0 and not first):
            key[k] = 0
        else:
            key[k] = mix(key[k] * PRIME_OF_PART + mix(more[k])) & KEY_BITS


@kernel
def split_key(key: np.uint64, more: np.uint64) -> np.uint64:
    """Return the finer key of a record whose block is split by `more` (0, not stated, is a value like others)."""
    return mix(key * PRIME_OF_PART + mix(more + np.uint64(1))) & KEY_BITS


@compiled
def _split_keys(key: Hashes, more: Hashes, members: Ints) -> None:
    for k in members:
        key[k] = split_key(key[k], more[k])


def split_keys(key: Hashes, more: Hashes) -> Hashes:
    """Return the finer keys of records whose blocks are split by `more`, element by element."""
    out = key.copy()
    _split_keys(out, more, np.arange(len(key), dtype=np.int32))
    return out
