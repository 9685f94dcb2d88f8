"""Raw rows as columns of cells, each as its distinct values; and a collector of findings that knows each cell.

A million rows hold few distinct words: what is parsed is parsed once for each value, and rows only point to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from validation.fields import FIELDS
from validation.findings import CATALOGUE, FINDING_COLUMNS, message_of
from validation.keys import texts_of

T = TypeVar("T")
R = TypeVar("R")
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.signedinteger[Any]]
Rows: TypeAlias = pd.DataFrame | pa.Table
Column: TypeAlias = pd.Series | pa.ChunkedArray
Header = tuple[str, str, int]
PLACE = ["submission_id", "sheet", "row"]
ERASED = "erased_on_request"
"""The finding, and the reason for quarantine, of a row of which an erasure left the place alone."""
_LARGEST_TABLE, _PLACES_A_ROW = 1 << 22, 16
"""Combinations are counted in a table up to this size, with at most so many places for each row, and hashed beyond
it."""
_BETWEEN_CODES = re.compile(r"[/,;+&\n]|\bdan\b", re.IGNORECASE)


class Coded(NamedTuple, Generic[T]):
    """A column: its values (distinct as cells, perhaps equal once parsed), and the position of each row's value."""

    values: Sequence[T]
    codes: Numbers

    def map(self, read: Callable[[T], R]) -> Coded[R]:
        """Apply `read` once to each value."""
        return Coded(list(map(read, self.values)), self.codes)

    def mask(self, test: Callable[[T], object]) -> Mask:
        """The rows whose value passes the test."""
        return np.array([bool(found) for found in map(test, self.values)], dtype=bool)[self.codes]

    def numbers(self, read: Callable[[T], int | None], none: int = -1) -> Numbers:
        """A whole number for each row."""
        numbers = [none if number is None else number for number in map(read, self.values)]
        return np.array(numbers, dtype=np.int32)[self.codes]

    def taken(self, rows: Numbers) -> Coded[T]:
        """The same column at some rows."""
        return Coded(self.values, self.codes[rows])

    def merged(self) -> Coded[T]:
        """The same column with one code for equal values."""
        code_of: dict[T, int] = {}
        merged = np.array([code_of.setdefault(v, len(code_of)) for v in self.values], dtype=np.int32)
        return Coded(list(code_of), merged[self.codes])


def strings(column: Coded[str] | Coded[str | None]) -> pa.Array:
    """A column of texts, missing ones null."""
    values = column.values if isinstance(column.values, pa.Array) else pa.array(column.values, pa.large_string())
    return values.take(pa.array(column.codes))


def shared(column: Coded[str] | Coded[str | None]) -> pa.DictionaryArray:
    """A column of texts of which there are few, missing ones null, each kept once."""
    one = column.merged()
    present = np.array([value is not None for value in one.values], dtype=bool)
    positions = np.cumsum(present, dtype=np.int32) - 1
    words = pa.array([value for value in one.values if value is not None], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(positions[one.codes], mask=~present[one.codes]), words)


def coded(*columns: Column) -> Coded[str]:
    """Text columns, each below the one before, by their distinct values; missing is ''."""
    whole = [_arrow(column) for column in columns]
    dictionary, codes = _dictionary(pa.concat_arrays(whole) if len(whole) > 1 else whole[0])
    return Coded(dictionary.to_pylist(), codes)


def by_value(parse: Callable[..., R], *columns: Coded[Any]) -> Coded[R]:
    """Apply `parse` once for each distinct combination of the values of `columns`."""
    if len(columns) == 1:
        return columns[0].map(parse)
    codes = combined(*columns)
    rows = first_rows(codes)
    chosen = ([column.values[code] for code in column.codes[rows].tolist()] for column in columns)
    return Coded(list(map(parse, *chosen)), codes)


def of_numbers(numbers: Numbers) -> Coded[int]:
    """A column of whole numbers by its distinct values."""
    codes, values = pd.factorize(numbers)
    return Coded(values.tolist(), codes.astype(np.int32))


def in_arrow(column: Column) -> pa.Array:
    """A column of a table as one array of Arrow."""
    held = column if isinstance(column, pa.ChunkedArray) else pa.array(column, from_pandas=True)
    return held.combine_chunks() if isinstance(held, pa.ChunkedArray) else held


def whole_numbers(*columns: Column) -> Numbers:
    """Columns of whole numbers, each below the one before; missing is -1."""
    held = (pc.fill_null(in_arrow(column).cast(pa.int64()), -1) for column in columns)
    return np.concatenate([each.to_numpy(zero_copy_only=False) for each in held])


def same_rows(*tables: Rows) -> Numbers:
    """A number for each row of tables, each below the one before: equal where list, sheet and row are (`PLACE`)."""
    lists, sheets = (coded(*(table[name] for table in tables)) for name in PLACE[:2])
    return combined(lists, sheets, of_numbers(whole_numbers(*(table["row"] for table in tables))))


def combined(*columns: Coded[Any]) -> Numbers:
    """One code, from 0 on, for each distinct combination of values."""
    codes, size = columns[0].codes, len(columns[0].values)
    for column in columns[1:]:
        width = len(column.values)
        codes, size = _renumbered(codes.astype(np.int64) * width + column.codes, size * width)
    return codes


def _renumbered(keys: Numbers, size: int) -> tuple[Numbers, int]:
    """Keys below `size` as codes without gaps, and how many there are."""
    if size > min(_LARGEST_TABLE, _PLACES_A_ROW * len(keys)):
        codes, found = pd.factorize(keys)
        return codes.astype(np.int32), len(found)
    found = np.zeros(size, dtype=bool)
    found[keys] = True
    present = np.flatnonzero(found)
    table = np.empty(size, dtype=np.int32)
    table[present] = np.arange(len(present))
    return table[keys], len(present)


def first_rows(codes: Numbers) -> Numbers:
    """For each code from 0 on the first row that has it."""
    first = np.zeros(int(codes.max()) + 1 if len(codes) else 0, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _arrow(column: Column) -> pa.Array:
    return pc.fill_null(texts_of(column), "")


def _dictionary(texts: pa.Array) -> tuple[pa.Array, Numbers]:
    found = texts.dictionary_encode()
    return found.dictionary, found.indices.to_numpy(zero_copy_only=False)


def in_order(raw_rows: pa.Table) -> pa.Table:
    """The rows sorted by place."""
    keys = whole_numbers(raw_rows["row"])
    for name in ("sheet", "submission_id"):
        dictionary, codes = _dictionary(_arrow(raw_rows[name]))
        rank = np.empty(len(dictionary), dtype=np.int64)
        rank[np.argsort(np.array(dictionary.to_pylist(), dtype="object"))] = np.arange(len(dictionary))
        keys = keys + rank[codes] * (int(keys.max(initial=0)) + 1)
    if (keys[1:] >= keys[:-1]).all():
        return raw_rows
    return raw_rows.take(pa.array(np.argsort(keys, kind="stable")))


class Cells:
    """Raw rows in order of place."""

    def __init__(self, raw_rows: pa.Table, headers: Headers) -> None:
        self.table = raw_rows
        self.size = len(self.table)
        letters = _arrow(self.table["types"])
        if self.size and not pc.all(pc.equal(pc.binary_length(letters), len(FIELDS))).as_py():
            raise ValueError("a row's `types` must hold one letter for each field")
        codes = np.frombuffer("".join(letters.to_pylist()).encode("ascii"), dtype=np.uint8)
        self._types = codes.reshape(self.size, len(FIELDS))
        self.submission = coded(self.table["submission_id"])
        self.place = by_value(
            lambda submission, sheet: (submission, sheet), self.submission, coded(self.table["sheet"])
        )
        self.rows = whole_numbers(self.table["row"])
        self.header = by_value(
            lambda place, row: (*place, row),
            self.place,
            of_numbers(whole_numbers(self.table["header_row"])),
        )
        self.headers = headers

    def kind(self, field: str) -> npt.NDArray[np.uint8]:
        """The type of each cell of a field, as the byte of its letter in `raw_rows.types`."""
        return self._types[:, FIELDS.index(field)]

    def is_kind(self, field: str, letter: str) -> Mask:
        """The rows whose cell of a field has this type."""
        return np.asarray(self.kind(field) == ord(letter))

    def erased(self) -> Mask:
        """The rows that were erased at the request of a person: nothing but their place is left."""
        return np.asarray((self._types == ord("x")).all(axis=1))

    def kinds(self, field: str) -> Coded[str]:
        """The letters of the types of a field."""
        letters = self.kind(field)
        present = np.flatnonzero(np.bincount(letters, minlength=128))
        table = np.zeros(128, dtype=np.int32)
        table[present] = np.arange(len(present))
        return Coded([chr(letter) for letter in present], table[letters])

    def texts(self, field: str) -> pa.Array:
        """The cells of a field as written, row by row: empty, error and uncalculated ones are ''."""
        texts = _arrow(self.table[field])
        unread = self.is_kind(field, "e") | self.is_kind(field, "u")
        return pc.if_else(pa.array(unread), "", texts) if unread.any() else texts

    def arrow(self, field: str) -> tuple[pa.Array, Numbers]:
        """The distinct texts of a field and each row's position among them."""
        if self.table[field].null_count == self.size:
            return pa.array([""], pa.large_string()), np.zeros(self.size, dtype=np.int32)
        return _dictionary(self.texts(field))

    def text(self, field: str) -> Coded[str]:
        """The cells of a field as text, empty ones ''. Numbers that a column declares are written out."""
        dictionary, codes = self.arrow(field)
        written: Coded[str] = Coded(dictionary.to_pylist(), codes)
        meanings = self.headers.meanings.get(field)
        if not meanings:
            return written

        def written_out(header: Header, text: str) -> str:
            return spelt_out(text, meanings.get(header, {}))

        return by_value(written_out, self.header, written)


def spelt_out(text: str, codes: Mapping[str, str]) -> str:
    """The meaning of a coded cell, or of each of several codes in it; the text itself unless all of it is known.

    >>> codes = {"1": "Fakir Miskin", "2": "Pemulung"}
    >>> spelt_out("2", codes), spelt_out("1 / 2", codes), spelt_out("1/9", codes)
    ('Pemulung', 'Fakir Miskin; Pemulung', '1/9')
    """
    if (known := codes.get(_code(text))) is not None:
        return known
    several = [codes.get(_code(part)) for part in _BETWEEN_CODES.split(text)] if codes else []
    return "; ".join(part for part in several if part) if len(several) > 1 and all(several) else text


def _code(text: str) -> str:
    plain = text.strip()
    return plain[:-2] if plain.endswith(".0") else plain


class Headers:
    """The columns of a partition: by submission, sheet, header row and field, the letter and the codes it declares."""

    def __init__(self, columns: pa.Table) -> None:
        self.letters: dict[tuple[Header, str], str] = {}
        self.meanings: dict[str, dict[Header, dict[str, str]]] = {}
        used = columns.filter(columns["field"].is_valid())
        sheets, rows = pc.fill_null(used["sheet"], ""), pc.fill_null(used["header_row"], -1)
        parts = (used["submission_id"], sheets, rows, used["field"], used["column"], used["code_map"])
        for submission, sheet, row, field, letter, codes in zip(*(part.to_pylist() for part in parts), strict=True):
            header = (submission, sheet, row)
            self.letters.setdefault((header, field), letter)
            if codes is not None:
                self.meanings.setdefault(field, {}).setdefault(header, json.loads(codes))


class Findings:
    """Collects findings by rows and field; the place is looked up once, at the end."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._read = ~cells.erased()
        self._parts: list[tuple[Numbers, str, str | None, Coded[str]]] = []

    def add(self, code: str, where: Mask, field: str | None, **facts: Coded[str]) -> None:
        """Note `code` for the rows `where`. A fact is a column of all rows; never a person's value. Of an erased row
        only that it was erased is noted."""
        rows = np.flatnonzero(where & (self._read | (code == ERASED))).astype(np.int32)
        if not len(rows):
            return
        if facts:
            chosen = [fact.taken(rows) for fact in facts.values()]
            messages = by_value(lambda *values: message_of(code, **dict(zip(facts, values, strict=True))), *chosen)
        else:
            messages = Coded([message_of(code)], np.zeros(len(rows), dtype=np.int32))
        self._parts.append((rows, code, field, messages))

    def table(self) -> pa.Table:
        """All findings, as in `validation.findings.FINDING_COLUMNS`, in order of place, code and field."""
        sizes = [len(rows) for rows, *_ in self._parts]
        at = np.concatenate([rows for rows, *_ in self._parts] or [np.empty(0, dtype=np.int32)])
        code = _repeated([code for _, code, *_ in self._parts], sizes)
        field = _repeated([field for *_, field, _ in self._parts], sizes)
        starts = np.cumsum([0, *(len(messages.values) for *_, messages in self._parts)]).astype(np.int32)
        shifted = [messages.codes + start for (*_, messages), start in zip(self._parts, starts[:-1], strict=True)]
        message = Coded[str](
            [text for *_, messages in self._parts for text in messages.values],
            np.concatenate(shifted or [at]),
        )
        letters = self._cells.headers.letters
        order = np.argsort(
            (at.astype(np.int64) * len(CATALOGUE) + code.codes) * (len(FIELDS) + 1) + field.codes, kind="stable"
        )
        at, code, field, message = at[order], code.taken(order), field.taken(order), message.taken(order)
        letter = by_value(lambda header, name: letters.get((header, name)), self._cells.header.taken(at), field)
        place = self._cells.place.taken(at)
        made = {
            "submission_id": shared(place.map(lambda p: p[0])),
            "sheet": shared(place.map(lambda p: p[1])),
            "row": pa.array(self._cells.rows[at]),
            "column": shared(letter),
            "field": shared(field),
            "code": shared(code),
            "severity": shared(code.map(lambda name: CATALOGUE[name]["severity"] if name else None)),
            "message": shared(message),
        }
        return pa.table(made).select(list(FINDING_COLUMNS))


def _repeated(names: Sequence[str | None], sizes: Sequence[int]) -> Coded[str | None]:
    """Each name as often as its size says; codes in alphabetical order, None last."""
    ordered = [*sorted({name for name in names if name is not None}), None]
    ranks = np.array([ordered.index(name) for name in names], dtype=np.int32)
    return Coded(ordered, np.repeat(ranks, sizes))
