"""The record store: what matching computes from each record alone, saved so that the next match need not do it again.

One row a version of a record: hashes, blocking keys and cleaned values. Rows are only ever added. New records are
prepared by themselves, and their codes are then translated into those of the store: a word, hamlet or list that the
store has keeps its number, one that it has not is added. Nothing here depends on which other records there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.append_only import AppendOnlyColumns, ColumnType, Layout, aligned
from assets.households.linkage.arrays.compiled import THREADS
from assets.households.linkage.arrays.lookup import first_index_of
from assets.households.linkage.arrays.text import Hashes, Ints, remap, text_hashes
from assets.households.linkage.blocking import WINDOW, Blocking, key_column, key_columns, key_of_rule
from assets.households.linkage.cardless.places import PlaceKey, place_keys
from assets.households.linkage.compare.names import Names, Words, names_of_rows
from assets.households.linkage.compare.records import RecordArrays, arrays_of_fields
from assets.households.linkage.dwellings.keys import DWELLING_KEYS, dwelling_keys
from assets.households.linkage.incremental.content import SHARED_COLUMNS, Rows
from assets.households.linkage.prepare.fields import (
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
)
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.prepare.tokens import LETTER, ROW, SOUND, TOKEN, WIDTH, NameTable

TEXTS = {"villages": VILLAGE, "hamlets": DUSUN, "birthplaces": BIRTHPLACE, "lists": LIST}
"""The tables of texts, and the column of `Prepared.fields` that holds a text's row in each."""
_HASH: ColumnType = ("<u8", [])
_NUMBER: ColumnType = ("<i4", [])
_LOG: ColumnType = ("<f4", [])
_NAMES: Layout = {"rows": ("<i4", [ROW])}
_WORDS: Layout = {
    "text": _HASH, "letters": ("|u1", [WIDTH]), "length": _NUMBER, "sound": _NUMBER, "sound_hash": _HASH,
    "rarity": _LOG, "sound_rarity": _LOG,
}  # fmt: skip


@dataclass(frozen=True)
class RecordStore:
    """Append-only tables.

    `records`, one row a version of a record: `record` and `content` (hashes of its id and of all that matching reads),
    `order` (canonical order is by `order`, then `record`), `SHARED_COLUMNS` as hashes, `dwelling_<n>` (household keys),
    `place_<n>` (`PlaceKey`), `rule_<n>` (blocking keys), `split_<key>` (what splits blocks), and `fields` as in
    `Prepared`.
    `names`, `addresses` and their words: as in `NameTable`; a sound is the row of the first word that has it.
    `villages`, `hamlets`, `birthplaces`, `lists`: the hash of each distinct text.
    """

    records: AppendOnlyColumns
    names: AppendOnlyColumns
    name_words: AppendOnlyColumns
    addresses: AppendOnlyColumns
    address_words: AppendOnlyColumns
    villages: AppendOnlyColumns
    hamlets: AppendOnlyColumns
    birthplaces: AppendOnlyColumns
    lists: AppendOnlyColumns

    @classmethod
    def empty(cls, blocking: Blocking) -> RecordStore:
        """Return a store without any record."""
        hashes = ["record", "content", "order", *SHARED_COLUMNS, *map(dwelling_column, range(DWELLING_KEYS))]
        hashes += [place_column(key) for key in PlaceKey]
        hashes += [*map(rule_column, range(len(blocking.rules))), *map(split_column, split_columns_of(blocking))]
        records: Layout = dict.fromkeys(hashes, _HASH) | {"fields": ("<i4", [COLUMNS])}
        layouts = [records, _NAMES, _WORDS, _NAMES, _WORDS, *({"text": _HASH} for _ in TEXTS)]
        return cls(*(AppendOnlyColumns.allocate(0, layout) for layout in layouts))

    def __iter__(self) -> Iterator[tuple[str, AppendOnlyColumns]]:
        return ((f.name, getattr(self, f.name)) for f in fields(self))

    def __len__(self) -> int:
        return len(self.records)

    def with_records(self, p: Prepared, blocking: Blocking, content: Hashes, shared: Sequence[Hashes]) -> RecordStore:
        """Return a store with prepared records added, in their canonical order.

        `content`: the content hash of each; `shared`: for each of `SHARED_COLUMNS` the hash of each; in the same order.
        """
        first_row, records = len(self), self.records.extended(len(p))
        codes = records["fields"][first_row:]
        codes[:] = p.fields
        names, name_words, word_rows = _with_names(self.names, self.name_words, p.names)
        addresses, address_words, _ = _with_names(self.addresses, self.address_words, p.addresses)
        texts = {}
        for table, field in TEXTS.items():
            texts[table], text_rows = _with_texts(getattr(self, table), p.texts[field])
            codes[:, field] = remap(codes[:, field], text_rows, -1)
        for field in (NAME, HEAD, MOTHER, FATHER):
            codes[:, field] += np.where(codes[:, field] >= 0, np.int32(len(self.names)), np.int32(0))
        codes[:, ADDRESS] += np.where(codes[:, ADDRESS] >= 0, np.int32(len(self.addresses)), np.int32(0))
        _translate_words(codes[:, OWN:], word_rows, name_words["sound"])

        def fill(columns: Iterable[tuple[str, Hashes]]) -> None:  # where they come from is let go before the next
            for name, column in columns:
                records[name][first_row:] = column

        fill([("record", p.record_hash), ("content", content), ("order", p.sort_key)])
        fill(zip(SHARED_COLUMNS, shared, strict=True))
        fill(zip(map(dwelling_column, range(DWELLING_KEYS)), dwelling_keys(p), strict=True))
        fill(zip(map(place_column, PlaceKey), place_keys(p), strict=True))
        kept = key_columns(p, replace(blocking, rules=()))
        fill((split_column(name), kept[name]) for name in split_columns_of(blocking))

        def fill_rule(number: int) -> None:
            fill([(rule_column(number), key_of_rule(blocking.rules[number], key_column(p, kept)))])

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fill_rule, range(len(blocking.rules))))
        return RecordStore(records, names, name_words, addresses, address_words, **texts)

    def in_order(self, rows: Rows) -> Rows:
        """Return rows sorted into canonical order."""
        return rows[np.lexsort((self.records["record"][rows], self.records["order"][rows]))]

    def record_arrays(self, rows: Rows, name_lengths: npt.NDArray[np.float32]) -> RecordArrays:
        """Return what the compiled comparisons read of the given rows; `name_lengths` as in `NameTable`."""
        lines = aligned(len(rows), np.dtype(np.int32), [COLUMNS])
        np.take(self.records["fields"], rows, axis=0, out=lines, mode="wrap")
        names = _names_of(self.names, self.name_words, name_lengths)
        addresses = _names_of(self.addresses, self.address_words, np.zeros_like(name_lengths))
        return arrays_of_fields(lines, names, addresses)


def dwelling_column(number: int) -> str:
    """Name the column of a household key."""
    return f"dwelling_{number}"


def place_column(key: PlaceKey) -> str:
    """Name the column of a key of the place."""
    return f"place_{key.value}"


def rule_column(number: int) -> str:
    """Name the column of a blocking rule's key."""
    return f"rule_{number}"


def split_column(key: str) -> str:
    """Name the column of a key that splits blocks."""
    return f"split_{key}"


def split_columns_of(blocking: Blocking) -> tuple[str, ...]:
    """Return the keys that split blocks, and the one that sorts blocks compared in a window."""
    return (*dict.fromkeys(blocking.split), WINDOW)


def _with_texts(table: AppendOnlyColumns, texts: Hashes) -> tuple[AppendOnlyColumns, Ints]:
    """Return a table of texts with those added that are new (`texts` are distinct), and the row of each text."""
    rows = first_index_of(texts, table["text"])
    new = np.flatnonzero(rows < 0)
    rows[new] = len(table) + np.arange(len(new))
    out = table.extended(len(new))
    out["text"][len(table) :] = texts[new]
    return out, rows.astype(np.int32)


def _with_names(
    table: AppendOnlyColumns, table_words: AppendOnlyColumns, names: NameTable
) -> tuple[AppendOnlyColumns, AppendOnlyColumns, Ints]:
    """Return tables of names and words with all `names`, and those of their words that are new, added; then the row of
    each word."""
    v = names.vocabulary
    words, word_rows = _with_texts(table_words, text_hashes(v.text))
    new = word_rows >= len(table_words)
    for column in ("letters", "length", "sound_hash", "rarity", "sound_rarity"):
        words[column][len(table_words) :] = getattr(v, column)[new]
    words["sound"][len(table_words) :] = first_index_of(v.sound_hash[new], words["sound_hash"])
    out = table.extended(len(names.rows))
    rows = out["rows"][len(table) :]
    rows[:] = names.rows
    _translate_words(rows, word_rows, words["sound"])
    return out, words, word_rows


def _translate_words(rows: Ints, word_rows: Ints, sounds: Ints) -> None:
    """Replace, in place, the codes of words and sounds in rows of names (`NameTable.rows`) by rows of the store."""
    rows[:, TOKEN:SOUND] = remap(rows[:, TOKEN:SOUND], word_rows, -1)
    rows[:, SOUND:LETTER] = remap(rows[:, TOKEN:SOUND], sounds, -1)


def _names_of(names: AppendOnlyColumns, words: AppendOnlyColumns, lengths: npt.NDArray[np.float32]) -> Names:
    return names_of_rows(names["rows"], lengths, Words(*(words[name] for name in Words._fields)))
