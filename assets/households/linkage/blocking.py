"""Which pairs of records are compared at all: rules as data, each a list of keys that must agree.

The rules and the limits stand in `blocking_rules.yml` or in a file of the user's in the same form. A block that is
too large is split by further keys and at last compared in a sliding window; the report says where that happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.groups import KEY_BITS, runs_of
from assets.households.linkage.arrays.text import Hashes, Ints, mix
from assets.households.linkage.prepare.records import (
    ADDRESS,
    BIRTHPLACE,
    DAY,
    DIGITS,
    DUSUN,
    HEAD,
    LIST,
    MONTH,
    MOTHER,
    NAME,
    RT,
    RW,
    SEX,
    VILLAGE,
    YEAR,
    Prepared,
)
from assets.households.linkage.prepare.tokens import JOINED, TOKENS, NameTable

DEFAULT_RULES = Path(__file__).parent / "blocking_rules.yml"


FAMILIAR = 12
"""Records up to which a block may be one person's or one family's: such blocks are never split."""
Keys = npt.NDArray[np.uint32]
"""The upper halves of keys: that two records meet by a rule which they do not share happens once in 10^9."""
WINDOW, TIE = "jendela", "urutan"
"""Columns by which a window sorts: the birth date, and what tells equal ones apart."""


@dataclass(frozen=True)
class Rule:
    """Records that agree on all `keys` are compared."""

    name: str
    keys: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Blocking:
    """The rules in order, the size above which a block is split, the keys that split it, and the pairs for each record
    above which the larger blocks of a rule are split too."""

    rules: tuple[Rule, ...]
    largest_block: int
    split: tuple[str, ...]
    pairs_per_record: float

    @classmethod
    def load(cls, path: Path = DEFAULT_RULES) -> Blocking:
        """Read a rule file. Raises ValueError where it is not in the form of `blocking_rules.yml`, and says why."""
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or not isinstance(told.get("rules"), list) or not told["rules"]:
            raise ValueError(f"{path.name}: `rules` must be a list of rules, each with `keys`")
        rules = tuple(_rule(path.name, number, rule) for number, rule in enumerate(told["rules"], 1))
        split = tuple(told.get("split") or ())
        unknown = sorted({k for r in rules for k in r.keys}.union(split) - KEYS.keys())
        if unknown:
            raise ValueError(f"{path.name}: unknown keys {', '.join(unknown)}; known are {', '.join(sorted(KEYS))}")
        return cls(rules, int(told.get("largest_block", 120)), split, float(told.get("pairs_per_record", 2)))


@dataclass(frozen=True)
class Blocks:
    """The blocks of one rule: `order` lists records block by block, `starts` where each begins (and the last ends).

    `window`: 0, or for each block the distance up to which its records are compared.
    """

    rule: Rule
    order: Ints
    starts: npt.NDArray[np.int64]
    window: Ints
    split_records: int
    totals: tuple[int, ...] = ()
    """The pairs of all blocks before each step that splits the larger blocks of a rule with too many pairs."""

    def pairs(self) -> npt.NDArray[np.int64]:
        """Count the pairs of each block."""
        size = np.diff(self.starts)
        near = np.minimum(self.window, np.maximum(size - 1, 0))
        pairs = np.where(self.window > 0, size * near - near * (near + 1) // 2, size * (size - 1) // 2)
        return np.asarray(pairs, np.int64)


def _rule(file: str, number: int, told: object) -> Rule:
    keys = told.get("keys") if isinstance(told, dict) else told
    if not isinstance(keys, list) or not keys:
        raise ValueError(f"{file}: rule {number} has no `keys`")
    said = told if isinstance(told, dict) else {}
    return Rule(str(said.get("name", "+".join(keys))), tuple(map(str, keys)), str(said.get("reason", "")))


def make_blocks(p: Prepared, blocking: Blocking) -> tuple[list[Blocks], Keys]:
    """Return the blocks of each rule, and the keys (records × rules, 0: not in a block of this rule).

    Two records with the same non-zero key of a rule are a pair of that rule; later rules leave such pairs out.
    """
    columns = key_columns(p, blocking)
    keys = np.empty((len(p), len(blocking.rules)), np.uint32)

    def blocks_of(k: int) -> Blocks:
        rule = blocking.rules[k]
        key = key_of_rule(rule, columns)
        blocks = split_blocks(rule, key, columns, blocking, blocking.pairs_per_record * len(p))
        keys[:, k] = key >> np.uint64(32)
        return blocks

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(blocks_of, range(len(blocking.rules)))), keys


def key_columns(p: Prepared, blocking: Blocking) -> dict[str, Hashes]:
    """Return the keys that the rules and splits ask for, and `WINDOW` and `TIE`, by which a window sorts.

    Each depends on the record alone, and is the same in every set of records.
    """
    names = {key for rule in blocking.rules for key in rule.keys}.union(blocking.split)
    days = p.fields[:, [YEAR, MONTH, DAY]] @ np.array([372, 31, 1])
    with ThreadPoolExecutor(THREADS) as pool:
        columns = dict(zip(sorted(names), pool.map(lambda name: KEYS[name](p), sorted(names)), strict=True))
    return columns | {WINDOW: days.astype(np.uint64), TIE: p.record_hash}


def key_of_rule(rule: Rule, columns: Mapping[str, Hashes]) -> Hashes:
    """Return what a rule asks to agree as one number a record, 0 where a part of it is not said."""
    key = np.zeros(len(columns[TIE]), np.uint64)
    for at, name in enumerate(rule.keys):
        _combine(key, columns[name], at == 0)
    return key


def steps_of(blocking: Blocking) -> list[tuple[int, str, int]]:
    """Return the steps that split blocks: above which size, by what, and the number of the step among those for which
    the pairs of all blocks are counted first (-1: of the others)."""
    familiar = min(FAMILIAR, blocking.largest_block)
    counted = familiar < blocking.largest_block
    return [
        *((blocking.largest_block, sub, -1) for sub in blocking.split),
        *((familiar, sub, number if counted else -1) for number, sub in enumerate(blocking.split)),
    ]


def split_blocks(
    rule: Rule,
    key: Hashes,
    columns: Mapping[str, Hashes],
    blocking: Blocking,
    most: float,
    over: Sequence[bool] | None = None,
    done: int = 0,
) -> Blocks:
    """Make the blocks of equal `key`, split the large ones, and write the finer keys into `key`.

    `most`: pairs above which the larger blocks are split too; `over` says whether they are, for each step that counts
    pairs, where the records are whole blocks of a larger set. `done`: steps that went before, as `key` tells. What
    becomes of a block depends on nothing else but its own records.
    """
    order, starts = runs_of(key, np.flatnonzero(key).astype(np.int32))
    steps, split_records = steps_of(blocking), 0
    totals = [0] * sum(counted >= 0 for _, _, counted in steps)
    for limit, sub, counted in steps[done:]:
        size = np.diff(starts)
        if counted >= 0:
            totals[counted] = int((size * (size - 1) // 2).sum())
            if totals[counted] <= most if over is None else not over[counted]:
                continue
        large = np.flatnonzero(size > limit)
        if not len(large) or sub in rule.keys:
            continue
        members = _members(order, starts, large)
        split_records = max(split_records, len(members))
        _refine(key, columns[sub], members)
        small = np.flatnonzero(size <= limit)
        kept, ends = _members(order, starts, small), np.cumsum(size[small])
        parts, begins = runs_of(key, members)
        order = np.concatenate([kept, parts])
        starts = np.concatenate([[0], ends, begins[1:] + len(kept)]).astype(np.int64)
    window = np.zeros(len(starts) - 1, np.int32)
    large = np.flatnonzero(np.diff(starts) > blocking.largest_block)
    for block in large:
        members = order[starts[block] : starts[block + 1]]
        by_date = np.lexsort((columns[TIE][members], columns[WINDOW][members]))
        order[starts[block] : starts[block + 1]] = members[by_date]
        window[block] = blocking.largest_block // 2
    key[_members(order, starts, large)] = 0
    return Blocks(rule, order, starts, window, split_records, tuple(totals))


@compiled
def _members(order: Ints, starts: npt.NDArray[np.int64], blocks: npt.NDArray[np.int64]) -> Ints:
    """Return the records of some blocks, block by block."""
    count = 0
    for block in blocks:
        count += starts[block + 1] - starts[block]
    out = np.empty(count, np.int32)
    used = 0
    for block in blocks:
        for at in range(starts[block], starts[block + 1]):
            out[used] = order[at]
            used += 1
    return out


@compiled
def _combine(key: Hashes, more: Hashes, first: bool) -> None:
    for k in range(len(key)):
        if more[k] == 0 or (key[k] == 0 and not first):
            key[k] = 0
        else:
            key[k] = mix(key[k] * np.uint64(3) + mix(more[k])) & KEY_BITS


@kernel
def finer(key: np.uint64, more: np.uint64) -> np.uint64:
    """Return the key that splitting by `more` gives."""
    return mix(key * np.uint64(3) + mix(more + np.uint64(1))) & KEY_BITS


@compiled
def _refine(key: Hashes, more: Hashes, members: Ints) -> None:
    for k in members:
        key[k] = finer(key[k], more[k])


def refined(key: Hashes, more: Hashes) -> Hashes:
    """Return the keys that splitting by `more` gives."""
    out = key.copy()
    _refine(out, more, np.arange(len(key), dtype=np.int32))
    return out


def _text(field: int) -> Callable[[Prepared], Hashes]:
    return lambda p: p.hashes_of(field)


def _number(field: int) -> Callable[[Prepared], Hashes]:
    return lambda p: (p.fields[:, field] + 1).astype(np.uint64)


def _date(p: Prepared) -> Hashes:
    f = p.fields
    known = (f[:, YEAR] > 0) & (f[:, MONTH] > 0) & (f[:, DAY] > 0)
    return np.where(known, f[:, YEAR] * 10000 + f[:, MONTH] * 100 + f[:, DAY], 0).astype(np.uint64)


def _of_names(field: int, what: str, table: str = "names") -> Callable[[Prepared], Hashes]:
    def keys(p: Prepared) -> Hashes:
        per_name = _name_keys(getattr(p, table), what)
        out: Hashes = np.append(per_name, np.uint64(0))[p.fields[:, field]]
        return out

    return keys


def _name_keys(names: NameTable, what: str) -> Hashes:
    if what == "letters":  # however they are parted into words
        return np.where(
            names.tokens[:, 0] < 0, 0, names.rows[:, JOINED].astype(np.uint32).astype(np.uint64) + np.uint64(1)
        )
    sounds = np.append(names.vocabulary.sound_hash, np.uint64(0))[names.tokens]
    if what == "first":
        return sounds[:, 0]
    if what == "last":
        count = (names.tokens >= 0).sum(axis=1)
        return np.asarray(sounds[np.arange(len(sounds)), np.maximum(count - 1, 0)])
    total = np.zeros(len(sounds), np.uint64)
    for at in range(TOKENS):
        total += sounds[:, at] * np.uint64(0x9E3779B97F4A7C15)
    return total


def _identifier(which: str, first: int = 0, last: int = DIGITS) -> Callable[[Prepared], Hashes]:
    """Take the digits of an identifier from `first` to `last`; one that is cut short only where they begin it."""
    return lambda p: _digits_hash(getattr(p, which), first, last, first == 0)


@compiled
def _digits_hash(digits: Hashes, first: int, last: int, whole: bool) -> Hashes:
    out = np.zeros(len(digits), np.uint64)
    for k in range(len(digits)):
        full = digits[k] & np.uint64(15) != 0
        if digits[k] != 0 and (full or whole):
            kept = digits[k] << np.uint64(4 * first) >> np.uint64(4 * (first + DIGITS - last)) if full else digits[k]
            out[k] = mix(kept)
    return out


KEYS: dict[str, Callable[[Prepared], Hashes]] = {
    "alamat": _of_names(ADDRESS, "whole", "addresses"),
    "alamat_rapat": _of_names(ADDRESS, "letters", "addresses"),
    "daftar": _text(LIST),
    "dusun": _text(DUSUN),
    "jenis_kelamin": lambda p: p.fields[:, SEX].astype(np.uint64),
    "kepala_depan": _of_names(HEAD, "first"),
    "kepala_lengkap": _of_names(HEAD, "whole"),
    "kode_desa": _text(VILLAGE),
    "nama_akhir": _of_names(NAME, "last"),
    "nama_depan": _of_names(NAME, "first"),
    "nama_ibu": _of_names(MOTHER, "whole"),
    "nama_lengkap": _of_names(NAME, "whole"),
    "nama_rapat": _of_names(NAME, "letters"),
    "nik": _identifier("nik"),
    "nik_15": _identifier("nik", 0, 15),
    "nik_tanggal_urut": _identifier("nik", 6),
    "no_kk": _identifier("kk"),
    "rt": _number(RT),
    "rw": _number(RW),
    "tahun_lahir": lambda p: p.fields[:, YEAR].astype(np.uint64),
    "tanggal_lahir": _date,
    "tempat_lahir": _text(BIRTHPLACE),
}
"""What a rule can ask to agree: for each key a function to one number a record, 0 where the record does not say."""
