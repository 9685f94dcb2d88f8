"""Canonical hashes of what tables hold: the same rows give the same hash, however they lie in files.

Danger: a digest that is noted beside a table is believed, and whoever rewrites the table rewrites the note. Remedy: the
hash is computed from the content whenever something is proved; nothing that lies beside it is read.

A column is hashed as a SHA-256 over, in this order: its declared type and the number of rows, as a line of text; one
byte a row, 1 for a value and 0 for a null; the values of the rows in the order of the table's key. Text is its lengths
in bytes and then the bytes, lists are their lengths and then their elements hashed in the same way, numbers, times
(microseconds since 1970), days (since 1970) and booleans are little-endian integers and floats, 0 for a null. Nothing
else enters: not the order of rows or columns in a file, not chunks, compression or statistics. A table without a key is
ordered by all its columns. Each value has its place in what is hashed, so that two tables with one hash would be a
collision of SHA-256; sums of hashes of rows, which need no order, would not be so: for these, other rows with the same
sum can be found (Wagner, A Generalized Birthday Problem, 2002).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.files import read_note, write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake, declared
from warehouse.manifests import Partition
from warehouse.tables import arrow_schema, lake_tables
from warehouse.tables import tables as declared_tables

Columns = dict[str, str]
"""The hash of each column of a part of a table, by name; under `ROWS` how many rows it has, as text."""
Parts = dict[str, Columns]
"""The columns of each part of a table: by kabupaten and period, or under "" where a table is not so divided."""
ROWS = ""
_FEW = 20_000
"""The columns of so many rows are hashed before threads have started, and fit into memory whole."""
_CODE = 4
"""Bytes a row: a column of texts that takes less in a file, before it is compressed, says the same in many rows."""
_TOGETHER = 65_536
"""So many of its texts are in memory at a time."""


def contents_note(home: DataHome) -> Path:
    """Where it is noted what each file of the lake holds."""
    return home.audit / "contents.json"


def contents(lake: Lake) -> dict[str, Parts]:
    """What every table of the lake holds. Raises what reading a damaged file raises."""
    return _columns_alone(_held(lake, {}))


def contents_of_a_run(lake: Lake, note: Path) -> dict[str, Parts]:
    """The same where files that did not change since the last run are not read again.

    `note`: where what they hold is noted. A file's name says the hash of its bytes, so that the same name means the
    same content. Who proves something does not look at the note: a false one makes a false entry of the chain.
    """
    before = _noted(note)
    now = _held(lake, {file: columns for parts in before.values() for file, columns in parts.values()})
    if now != before:
        write_whole(note, json.dumps(now, sort_keys=True).encode())
    return _columns_alone(now)


def columns_noted(note: Path, file: str) -> Columns | None:
    """What the note says that a file of the lake holds; None where it says nothing of it. Not for who proves something:
    a false note has a stage left alone that should have run."""
    try:
        about = note.stat()
    except FileNotFoundError:
        return None
    return _by_file(note, about.st_mtime_ns, about.st_size).get(file)


@lru_cache(maxsize=1)
def _by_file(note: Path, mtime_ns: int, size: int) -> dict[str, Columns]:
    return {file: columns for parts in _noted(note).values() for file, columns in parts.values()}


def noted_contents(note: Path) -> dict[str, Parts]:
    """What the note says that the tables held at the last run; to be compared with the chain before it is believed."""
    return _columns_alone(_noted(note))


def _held(lake: Lake, known: Mapping[str, Columns]) -> dict[str, dict[str, tuple[str, Columns]]]:
    """For each part of each table its file, by its path in the lake, and what it holds. `known`: what some files hold;
    these are not read."""
    with lake.in_use():
        return {
            table: {
                part: (file, known.get(file) or columns_in(table, lake.root / file)) for part, file in parts.items()
            }
            for table, parts in _files_of(lake).items()
        }


def _files_of(lake: Lake) -> dict[str, dict[str, str]]:
    """The file of each part of each table, by its path in the lake."""
    files: dict[str, dict[str, str]] = {table: {} for table in sorted(lake_tables())}
    for stage in sorted({table.stage for table in lake_tables().values()}):
        for partition, manifest in lake.manifests(stage).items():
            for table in lake_tables(stage).keys() & manifest.files.keys():
                files[table][part_name(partition)] = manifest.files[table]
    return files


def _columns_alone(held: Mapping[str, Mapping[str, tuple[str, Columns]]]) -> dict[str, Parts]:
    return {table: {part: columns for part, (_, columns) in parts.items()} for table, parts in held.items()}


def _noted(note: Path) -> dict[str, dict[str, tuple[str, Columns]]]:
    """What the note says in the same form; empty where it is absent or torn."""
    try:
        return {
            str(table): {str(part): (str(file), {str(c): str(h) for c, h in columns.items()})
                         for part, (file, columns) in parts.items()}
            for table, parts in read_note(note).items()
        }  # fmt: skip
    except (TypeError, ValueError, AttributeError):
        return {}


def differing_parts(one: Lake, other: Lake) -> Iterator[tuple[str, str]]:
    """Tables and their parts that hold other rows in the one lake than in the other.

    Files of the same name are not read: the name says the hash of the bytes. So the files of both must be known to be
    whole.
    """
    there, made = _files_of(one), _files_of(other)
    for table in lake_tables():
        for part in sorted(there[table].keys() | made[table].keys()):
            if there[table].get(part) != made[table].get(part):
                before, after = (
                    columns_in(table, lake.root / files[part]) if part in files else columns_of(table, _nothing(table))
                    for lake, files in ((one, there[table]), (other, made[table]))
                )
                if before != after and (before[ROWS], after[ROWS]) != ("0", "0"):
                    yield table, part


def read_part(lake: Lake, table: str, part: str, columns: list[str] | None = None) -> pa.Table:
    """A part of a table, or some columns of it, as it lies in its file; without rows where there is none."""
    for partition, manifest in lake.manifests(declared(table).stage).items():
        if part_name(partition) == part and table in manifest.files:
            return _table_in(lake.root / manifest.files[table], columns)
    empty = _nothing(table)
    return empty if columns is None else empty.select(columns)


def _nothing(table: str) -> pa.Table:
    return arrow_schema(table).empty_table()


def _table_in(path: Path, columns: list[str] | None = None, shared: Collection[str] = ()) -> pa.Table:
    """What a file of the lake holds; `shared`: columns of texts that are kept once each. To read it as a data set takes
    longer than all that is done with a small one."""
    with pq.ParquetFile(path, memory_map=True, read_dictionary=[*shared]) as file:
        return file.read(columns)


def part_name(partition: Partition | None) -> str:
    """How a part of a table is called: its kabupaten and period."""
    return "/".join(partition) if partition else ""


def content_hash(parts: Parts) -> str:
    """One hash over what a table holds. Parts without rows count as absent."""
    filled = {part: columns for part, columns in parts.items() if columns[ROWS] != "0"}
    return hashlib.sha256(json.dumps(filled, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def rows_of(parts: Parts) -> int:
    """How many rows a table has."""
    return sum(int(columns[ROWS]) for columns in parts.values())


def columns_of(name: str, table: pa.Table) -> Columns:
    """The hash of each column of (a part of) a declared table, its rows in the order of the key."""
    return _hashes(name, table.column_names, table.num_rows, table.select)


def columns_in(name: str, path: Path) -> Columns:
    """The same of a declared table that lies in a file. One with many rows is never held whole, however long its texts
    are. Raises what reading a damaged file raises."""
    with pq.ParquetFile(path, memory_map=True) as file:
        names, rows, shared = file.schema_arrow.names, file.metadata.num_rows, shared_texts(file)
    if rows <= _FEW:
        return columns_of(name, _table_in(path))
    return _hashes(name, names, rows, partial(_table_in, path, shared=shared - set(declared_tables()[name].key)))


def shared_texts(file: pq.ParquetFile) -> set[str]:
    """The columns of texts in a file that say the same in many rows."""
    size: Counter[str] = Counter()
    for group in (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)):
        for column in (group.column(number) for number in range(group.num_columns)):
            size[column.path_in_schema] += column.total_uncompressed_size
    most = _CODE * file.metadata.num_rows
    return {field.name for field in file.schema_arrow if pa.types.is_string(field.type) and size[field.name] < most}


def _hashes(name: str, names: list[str], rows: int, read: Callable[[list[str]], pa.Table]) -> Columns:
    """The hash of each of some columns of a declared table, given a way to read columns of it."""
    names = sorted(names)
    key = [column for column in declared_tables()[name].key if column in names] or names
    order = _order(read(key).select(key))

    def hashed(column: str) -> str:
        values = read([column])[column]
        return column_hash(values if order is None else values.take(order))

    if rows <= _FEW:
        return {ROWS: str(rows)} | {column: hashed(column) for column in names}
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return {ROWS: str(rows)} | dict(zip(names, threads.map(hashed, names), strict=True))


def _order(key: pa.Table) -> pa.Array | None:
    """The rows in the order of the columns of a key; None where they stand in it."""
    by = [_sortable(column.combine_chunks()) for column in key.columns]
    if _is_in_order(by):
        return None
    names = [f"{number}" for number in range(len(by))]
    order = pc.sort_indices(pa.table(by, names=names), [(name, "ascending") for name in names])
    return None if np.array_equal(order, np.arange(len(order))) else order


def _sortable(values: pa.Array) -> pa.Array:
    return pc.binary_join(values, "\x1f") if pa.types.is_list(values.type) else values


def _is_in_order(key: list[pa.Array]) -> bool:
    """Whether no two neighbours stand the wrong way round; False, too, where that is not known, since one is null."""
    right: Any = True
    for values in reversed(key):
        before, after = values[:-1], values[1:]
        right = pc.or_(pc.less(before, after), pc.and_(pc.equal(before, after), right))
    return bool(len(key[0]) < 2 or pc.all(right, skip_nulls=False).as_py())


def column_hashes(table: pa.Table) -> Columns:
    """The hash of each column of a table by name, its rows in the order in which they stand."""
    return {name: column_hash(column) for name, column in zip(table.column_names, table.columns, strict=True)}


def column_hashes_of_parts(table: pa.Table, parts: Sequence[slice]) -> list[Columns]:
    """The same of each of some parts of a table: what they have in common is done once for all of them. (Several
    threads take longer, since they wait for each other.)"""
    found = [_hashes_of_parts(column, parts) for column in table.columns]
    return [dict(zip(table.column_names, each, strict=True)) for each in zip(*found, strict=True)]


def column_hash(column: pa.ChunkedArray) -> str:
    """The hash of the values of a column in their order, however they lie in memory: see the head of this module."""
    (whole,) = _hashes_of_parts(column, [slice(None)])
    return whole


def _hashes_of_parts(column: pa.ChunkedArray, parts: Sequence[slice]) -> list[str]:
    if pa.types.is_dictionary(column.type) and not pa.types.is_string(column.type.value_type):
        column = column.cast(column.type.value_type)
    canonical = _canonical(pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type))
    found = []
    for part in parts:
        of_part = hashlib.sha256()
        for piece in canonical(*part.indices(len(column))[:2]):
            of_part.update(piece)
        found.append(of_part.hexdigest())
    return found


Canonical = Callable[[int, int], Iterator[Any]]
"""Gives what is hashed of the values from one place to another, in pieces: see the head of this module."""


def _canonical(values: pa.Array) -> Canonical:
    kind = values.type
    whole = np.asarray(values.is_valid()).astype("u1") if values.null_count else np.ones(len(values), "u1")
    if pa.types.is_dictionary(kind):
        known = np.append(_lengths(values.dictionary), 0)  # the last one, -1, is that of nulls
        lengths = known[np.asarray(values.indices.cast(pa.int64()).fill_null(-1))]
        return _pieces("text", whole, lengths, lambda begin, end: _texts_in_full(values[begin:end]))
    if pa.types.is_string(kind):
        return _pieces("text", whole, _lengths(values), _text(values, whole))
    if pa.types.is_list(kind):
        lengths, of_elements = _lengths(values), _canonical(values.flatten())
        ends = _ends(lengths)
        return _pieces("list", whole, lengths, lambda begin, end: of_elements(int(ends[begin]), int(ends[end])))
    if pa.types.is_floating(kind):
        return _pieces("float", whole, _numbers(values, "<f8"))
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return _pieces("boolean" if pa.types.is_boolean(kind) else "integer", whole, _numbers(values.cast(pa.int64())))
    if pa.types.is_date(kind):
        return _pieces("day", whole, _numbers(values.cast(pa.int32()).cast(pa.int64())))
    return _pieces("time", whole, _numbers(values.cast(pa.timestamp("us")).cast(pa.int64())))


def _pieces(
    kind: str, whole: npt.NDArray[np.uint8], numbers: npt.NDArray[Any], content: Canonical | None = None
) -> Canonical:
    """Of some values what kind they are and how many, which of them there are, one number each, and their content."""

    def pieces(begin: int, end: int) -> Iterator[Any]:
        yield from (f"{kind} {end - begin}\n".encode(), whole[begin:end], numbers[begin:end])
        if content:
            yield from content(begin, end)

    return pieces


def _ends(lengths: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Where things of these lengths end that lie one behind the other, after a 0."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _texts_in_full(values: pa.DictionaryArray) -> Iterator[Any]:
    for begin in range(0, len(values), _TOGETHER):
        texts = values[begin : begin + _TOGETHER].dictionary_decode()
        yield from _text(texts, np.asarray(texts.is_valid()).astype("u1"))(0, len(texts))


def _numbers(values: pa.Array, kind: str = "<i8") -> npt.NDArray[Any]:
    return np.ascontiguousarray(np.asarray(values.fill_null(0) if values.null_count else values), kind)


def _lengths(values: pa.Array) -> npt.NDArray[np.int64]:
    of = pc.binary_length(values) if pa.types.is_string(values.type) else pc.list_value_length(values)
    return np.asarray(of.fill_null(0)).astype("<i8")


def _text(values: pa.Array, whole: npt.NDArray[np.uint8]) -> Canonical:
    """The bytes of texts, one behind the other. Those of nulls have no length, whatever lies in their slots."""
    dense = values.drop_null() if values.null_count else values
    if not len(dense):
        return lambda begin, end: iter(())
    offsets = np.frombuffer(dense.buffers()[1], "<i4", len(dense) + 1, offset=4 * dense.offset)
    before, content = _ends(whole), dense.buffers()[2]

    def text(begin: int, end: int) -> Iterator[Any]:
        first, last = int(offsets[before[begin]]), int(offsets[before[end]])
        if last > first:
            yield content[first:last]

    return text
