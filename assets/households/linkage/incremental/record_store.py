"""What matching knows of single records and keeps for the next match: keys to meet by, and cleaned values to compare.

Records that come later are prepared by themselves and then put in terms of what is kept: a word, a hamlet, a list that
is known keeps its number, what is not is added. Nothing here depends on which other records there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.append_only import Growing, Kind, Layout, aligned
from assets.households.linkage.arrays.compiled import THREADS
from assets.households.linkage.arrays.groups import first_of
from assets.households.linkage.arrays.text import Hashes, Ints, remap, text_hashes
from assets.households.linkage.blocking import WINDOW, Blocking, key_columns, key_of_rule
from assets.households.linkage.compare.names import Names, Words, names_of_rows
from assets.households.linkage.compare.records import RecordArrays, arrays_of_fields
from assets.households.linkage.household_clustering import HOME_KEYS, home_keys
from assets.households.linkage.incremental.content import NUMBERS, Rows
from assets.households.linkage.prepare.records import (
    ADDRESS,
    BIRTHPLACE,
    COLUMNS,
    DUSUN,
    FATHER,
    HEAD,
    LIST,
    MOTHER,
    NAME,
    OWN,
    VILLAGE,
    Prepared,
)
from assets.households.linkage.prepare.tokens import LETTER, ROW, SOUND, TOKEN, WIDTH, NameTable

TEXTS = {"villages": VILLAGE, "hamlets": DUSUN, "birthplaces": BIRTHPLACE, "lists": LIST}
"""The columns of `Prepared.fields` that number texts."""
_HASH: Kind = ("<u8", [])
_NUMBER: Kind = ("<i4", [])
_LOG: Kind = ("<f4", [])
_NAMES: Layout = {"rows": ("<i4", [ROW])}
_WORDS: Layout = {
    "text": _HASH, "letters": ("|u1", [WIDTH]), "length": _NUMBER, "sound": _NUMBER, "sound_hash": _HASH,
    "rarity": _LOG, "sound_rarity": _LOG,
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """`records`: record and content, hashes of the id and of all that matching reads; order, by which they sort before
    `record`; `NUMBERS` as hashes; home_<n>, the keys of homes; rule_<n>, the keys of blocking rules; split_<key>, by
    which blocks are split; fields, as in `Prepared`. `names`, `addresses` and their words: as in `NameTable`, a sound
    being the number of the first word that has it. The others: hashes of the texts that fields number.
    """

    records: Growing
    names: Growing
    name_words: Growing
    addresses: Growing
    address_words: Growing
    villages: Growing
    hamlets: Growing
    birthplaces: Growing
    lists: Growing

    @classmethod
    def empty(cls, blocking: Blocking) -> Kept:
        """Return what is kept before any record is."""
        hashes = ["record", "content", "order", *NUMBERS, *map(home, range(HOME_KEYS))]
        hashes += [*map(rule, range(len(blocking.rules))), *map(split, splits_of(blocking))]
        records: Layout = dict.fromkeys(hashes, _HASH) | {"fields": ("<i4", [COLUMNS])}
        layouts = [records, _NAMES, _WORDS, _NAMES, _WORDS, *({"text": _HASH} for _ in TEXTS)]
        return cls(*(Growing.empty(0, layout) for layout in layouts))

    def __iter__(self) -> Iterator[tuple[str, Growing]]:
        return ((f.name, getattr(self, f.name)) for f in fields(self))

    def __len__(self) -> int:
        return len(self.records)

    def with_records(self, p: Prepared, blocking: Blocking, content: Hashes, numbers: Sequence[Hashes]) -> Kept:
        """Return what is kept and prepared records besides, in their canonical order; `content`, `numbers` likewise."""
        told, n = p.fields.copy(), len(self)
        names, name_words, words = _joined(self.names, self.name_words, p.names)
        addresses, address_words, _ = _joined(self.addresses, self.address_words, p.addresses)
        texts = {}
        for kind, field in TEXTS.items():
            texts[kind], number = _numbered(getattr(self, kind), p.texts[field])
            told[:, field] = remap(told[:, field], number, -1)
        for field in (NAME, HEAD, MOTHER):
            told[:, field] += np.where(told[:, field] >= 0, np.int32(len(self.names)), np.int32(0))
        told[:, ADDRESS] += np.where(told[:, ADDRESS] >= 0, np.int32(len(self.addresses)), np.int32(0))
        told[:, FATHER] = remap(told[:, FATHER], words, -1)
        _renumber(told[:, OWN:], words, name_words["sound"])
        keys = key_columns(p, blocking)
        records = self.records.grown(len(p))
        more = {"record": p.record_hash, "content": content, "order": p.homes, "fields": told}
        more |= dict(zip(NUMBERS, numbers, strict=True)) | {home(k): key for k, key in enumerate(home_keys(p))}
        more |= {split(name): keys[name] for name in splits_of(blocking)}
        for name, column in more.items():
            records[name][n:] = column

        def fill(number: int) -> None:
            records[rule(number)][n:] = key_of_rule(blocking.rules[number], keys)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fill, range(len(blocking.rules))))
        return Kept(records, names, name_words, addresses, address_words, **texts)

    def in_order(self, rows: Rows) -> Rows:
        """Return some rows in canonical order."""
        return rows[np.lexsort((self.records["record"][rows], self.records["order"][rows]))]

    def tables(self, rows: Rows, name_lengths: npt.NDArray[np.float32]) -> RecordArrays:
        """Return what the compiled comparisons read of some rows; `name_lengths` as in `NameTable`."""
        lines = aligned(len(rows), np.dtype(np.int32), [COLUMNS])
        np.take(self.records["fields"], rows, axis=0, out=lines, mode="wrap")
        names = _compared(self.names, self.name_words, name_lengths)
        addresses = _compared(self.addresses, self.address_words, np.zeros_like(name_lengths))
        return arrays_of_fields(lines, names, addresses)


def home(number: int) -> str:
    """Name the column of a key of homes."""
    return f"home_{number}"


def rule(number: int) -> str:
    """Name the column of a blocking rule's key."""
    return f"rule_{number}"


def split(key: str) -> str:
    """Name the column of what splits blocks."""
    return f"split_{key}"


def splits_of(blocking: Blocking) -> tuple[str, ...]:
    """Return what splits blocks, and sorts those that are still too large."""
    return (*dict.fromkeys(blocking.split), WINDOW)


def _numbered(kept: Growing, texts: Hashes) -> tuple[Growing, Ints]:
    """Return the texts that are kept, with those added that are not, and the number of each."""
    number = first_of(kept["text"], texts)
    new = np.flatnonzero(number < 0)
    number[new] = len(kept) + np.arange(len(new))
    out = kept.grown(len(new))
    out["text"][len(kept) :] = texts[new]
    return out, number.astype(np.int32)


def _joined(kept: Growing, kept_words: Growing, names: NameTable) -> tuple[Growing, Growing, Ints]:
    """Return names and words that are kept, with all names and those words added that are not; each word's number."""
    v = names.vocabulary
    words, number = _numbered(kept_words, text_hashes(v.text))
    new = number >= len(kept_words)
    for name in ("letters", "length", "sound_hash", "rarity", "sound_rarity"):
        words[name][len(kept_words) :] = getattr(v, name)[new]
    words["sound"][len(kept_words) :] = first_of(words["sound_hash"], v.sound_hash[new])
    out = kept.grown(len(names.rows))
    rows = out["rows"][len(kept) :]
    rows[:] = names.rows
    _renumber(rows, number, words["sound"])
    return out, words, number


def _renumber(rows: Ints, words: Ints, sounds: Ints) -> None:
    """Put rows of names (`NameTable.rows`) in terms of words that are kept."""
    rows[:, TOKEN:SOUND] = remap(rows[:, TOKEN:SOUND], words, -1)
    rows[:, SOUND:LETTER] = remap(rows[:, TOKEN:SOUND], sounds, -1)


def _compared(names: Growing, words: Growing, lengths: npt.NDArray[np.float32]) -> Names:
    return names_of_rows(names["rows"], lengths, Words(*(words[name] for name in Words._fields)))
