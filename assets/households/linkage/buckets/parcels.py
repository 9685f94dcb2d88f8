"""Prepared records on their way: as tables of numbers, hashes and words, from which any bucket can take them up.

What `prepare` makes of a record depends on the record alone and on what too many share, but for the numbers by which
its texts, names and words are known among the records prepared with it. So each record is prepared once, in its part.
What travels are the hashes of texts and the words of names; where they arrive, these get numbers anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.households.linkage.arrays.text import Hashes, Ints, remap
from assets.households.linkage.prepare.fields import COLUMN_OF, RECORD_ROW, no_fields, put_in_order
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.prepare.tokens import TOKENS, NameTable, may_be_cut, table_of_tokens

Parcel = tuple[pa.Table, ...]
"""Tables that travel together, records first. Of prepared records: names, their words, addresses, their words."""
Numbers = npt.NDArray[np.int64]
FIELDS = tuple(name for name in COLUMN_OF if name != "own")
"""What is known of a prepared record, as `RecordRow` names it, but for the row of its name."""
TEXTS, NAMES, PLACES = ("village", "dusun", "birthplace", "list"), ("name", "head", "mother", "father"), ("address",)
"""Fields that are numbers of texts, of names, and of addresses."""
SORT_KEY, HASH = "sort_key", "hash"
"""Columns by which records are in canonical order (`Prepared`)."""
WORD, CUT, HOUSE_NUMBERS = "word", "cut", "numbers"
"""Columns of words, and of names beside their tokens (`NameTable`)."""


def parcel(
    p: Prepared, rows: Numbers, beside: Mapping[str, npt.NDArray[Any]], fields: Collection[str] = FIELDS
) -> Parcel:
    """Return some prepared records as tables.

    `rows`: their canonical numbers; `beside`: further columns, in the same order; `fields`: those that are needed.
    """
    lines = p.fields[rows].view(RECORD_ROW)[:, 0]
    columns = {SORT_KEY: p.sort_key[rows], HASH: p.record_hash[rows]} | {name: lines[name] for name in fields}
    texts = {name: p.texts[COLUMN_OF[name]] for name in TEXTS if name in fields}
    names, addresses = (
        _Spelled(table.tokens, may_be_cut(table.rows), table.numbers, table.vocabulary.text)
        for table in (p.names, p.addresses)
    )
    return _parcel(columns, texts, names, addresses, beside, fields)


def part_of(
    whole: Parcel, rows: Numbers, beside: Mapping[str, npt.NDArray[Any]], fields: Collection[str] = FIELDS
) -> Parcel:
    """Return some records of a parcel, sorted by `SORT_KEY`: so they are packed smallest.

    `rows`: their positions there; all else as for `parcel`.
    """
    records, texts = whole[0], dict[str, Hashes]()
    order = np.argsort(records.column(SORT_KEY).to_numpy()[rows], kind="stable")
    rows, beside = rows[order], {name: values[order] for name, values in beside.items()}
    columns: dict[str, npt.NDArray[Any]] = {}
    for name in (SORT_KEY, HASH, *fields):
        values = records.column(name).combine_chunks()
        if name in TEXTS:
            texts[name] = values.dictionary.to_numpy()
            values = values.indices.fill_null(-1)
        columns[name] = values.to_numpy(zero_copy_only=False)[rows]
    names, addresses = (
        _Spelled(
            np.stack([names.column(str(at)).to_numpy() for at in range(TOKENS)], axis=1),
            names.column(CUT).to_numpy(),
            names.column(HOUSE_NUMBERS).to_numpy(),
            words.column(WORD).combine_chunks(),
        )
        for names, words in (whole[1:3], whole[3:5])
    )
    return _parcel(columns, texts, names, addresses, beside, fields)


class _Spelled(NamedTuple):
    """Names by the numbers of their words (names × TOKENS, -1 pads), whether the end of each may be missing, what their
    numbers are (`NameTable`), and the words."""

    tokens: npt.NDArray[Any]
    cut: npt.NDArray[Any]
    numbers: npt.NDArray[Any]
    words: pa.Array


def _parcel(
    columns: dict[str, Any], texts: Mapping[str, Hashes], names: _Spelled, addresses: _Spelled,
    beside: Mapping[str, npt.NDArray[Any]], fields: Collection[str],
) -> Parcel:  # fmt: skip
    for name, hashes in texts.items():
        used, (codes,) = _renumbered([columns[name]], len(hashes))
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(hashes[used]))
    people = _names(names, columns, [name for name in NAMES if name in fields])
    places = _names(addresses, columns, [name for name in PLACES if name in fields])
    columns |= {name: _narrow(columns[name]) for name in fields if name not in texts}
    return pa.table(columns | dict(beside)), *people, *places


def _names(table: _Spelled, columns: dict[str, Any], of: Sequence[str]) -> Parcel:
    """Return the names that some columns number, and their words; and number the columns anew."""
    used, codes = _renumbered([columns[name] for name in of], len(table.tokens))
    words, (tokens,) = _renumbered([table.tokens[used]], len(table.words))
    columns |= dict(zip(of, codes, strict=True))
    names = {str(at): _narrow(tokens[:, at]) for at in range(TOKENS)}
    names |= {CUT: table.cut[used], HOUSE_NUMBERS: _narrow(table.numbers[used])}
    return pa.table(names), pa.table({WORD: table.words.take(pa.array(words))})


def _renumbered(codes: Sequence[Ints], size: int) -> tuple[Numbers, list[Ints]]:
    """Return which of `size` numbers occur in some arrays (-1: none), and the arrays with the position of each among
    these."""
    occurs = np.zeros(size + 1, bool)
    for each in codes:
        occurs[each] = True
    used = np.flatnonzero(occurs[:size])
    position = np.full(size, -1, np.int32)
    position[used] = np.arange(len(used))
    return used, [remap(each, position, -1) for each in codes]


def _narrow(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return whole numbers in as few bytes as they need."""
    if not len(values):
        return values
    return values.astype(np.promote_types(np.min_scalar_type(values.min()), np.min_scalar_type(values.max())))


def joined(parcels: Sequence[Parcel]) -> tuple[pa.Table, Prepared]:
    """Return the records of parcels (at least one), as `prepare` makes them of all, and their columns beside.

    The columns are in the order of the parcels, from which `Prepared.order` leads to the canonical one. What was left
    out of the fields is not stated.
    """
    records = [each[0] for each in parcels]
    spans = [slice(*ends) for ends in pairwise([0, *accumulate(each.num_rows for each in records)])]
    fields = no_fields(spans[-1].stop)
    digits = fields.view(np.uint64)
    names, names_before = _joined_names([each[1:3] for each in parcels])
    addresses, addresses_before = _joined_names([each[3:5] for each in parcels])
    before = dict.fromkeys(NAMES, names_before) | dict.fromkeys(PLACES, addresses_before)
    texts = {COLUMN_OF[name]: np.zeros(0, np.uint64) for name in TEXTS}
    there = [name for name in FIELDS if name in records[0].column_names]
    for name in there:
        column, values = COLUMN_OF[name], [each.column(name).combine_chunks() for each in records]
        if name in TEXTS:
            texts[column], values = _joined_texts(values)
        for number, span in enumerate(spans):
            value = np.asarray(values[number])
            if RECORD_ROW[name] == np.uint64:
                digits[span, column // 2] = value
            elif name in before:
                fields[span, column] = np.where(value < 0, -1, value + np.int32(before[name][number]))
            else:
                fields[span, column] = value
    sort_key, record_hash = (
        np.concatenate([each.column(name).to_numpy() for each in records]) for name in (SORT_KEY, HASH)
    )
    order = np.lexsort((record_hash, sort_key))
    put_in_order(fields, order, names.rows)
    beside = pa.concat_tables([each.drop_columns([SORT_KEY, HASH, *there]) for each in records])
    return beside, Prepared(order, sort_key[order], record_hash[order], fields, names, addresses, texts)


def _joined_texts(parts: Sequence[pa.DictionaryArray]) -> tuple[Hashes, list[Ints]]:
    """Return the distinct hashes of all, and by which of them each array stands for its texts (-1: none)."""
    dictionaries = [each.dictionary.to_numpy() for each in parts]
    distinct, numbers = np.unique(np.concatenate(dictionaries), return_inverse=True)
    cuts = np.cumsum([len(each) for each in dictionaries])[:-1]
    codes = (each.indices.fill_null(-1).to_numpy(zero_copy_only=False) for each in parts)
    return distinct, [remap(c, n, -1) for c, n in zip(codes, np.split(numbers, cuts), strict=True)]


def _joined_names(parcels: Sequence[Parcel]) -> tuple[NameTable, list[int]]:
    """Return the names of parcels one after the other, and the number of each parcel's first name."""
    texts = [words.column(WORD).combine_chunks() for _, words in parcels]
    distinct = pa.concat_arrays(texts).dictionary_encode()
    numbers = distinct.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    words = np.split(numbers, np.cumsum([len(each) for each in texts])[:-1])
    tokens = [
        np.stack([remap(names.column(str(at)).to_numpy(), mine, -1) for at in range(TOKENS)], axis=1)
        for (names, _), mine in zip(parcels, words, strict=True)
    ]
    cut, houses = (
        np.concatenate([names.column(name).to_numpy() for names, _ in parcels]) for name in (CUT, HOUSE_NUMBERS)
    )
    table = table_of_tokens(np.concatenate(tokens), distinct.dictionary, cut, houses.astype(np.int32))
    return table, [0, *accumulate(len(each) for each in tokens)]
