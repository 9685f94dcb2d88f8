"""Tables in Arrow: made of frames by their declarations, made frames again, written to Parquet and read from it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from validation.spliced import Spliced
from warehouse.tables import arrow_schema
from warehouse.wholeness import DIGEST_LENGTH

if TYPE_CHECKING:  # who only looks is not to wait for it
    import pandas as pd

    Tabular: TypeAlias = pd.DataFrame | pa.Table | Spliced

MANY = 100_000
"""Rows from which a table is large: its columns are made at once, and what it took to be written is given back."""


def to_arrow(name: str, content: Tabular) -> pa.Table:
    """A frame, or columns of Arrow, as the table that a declaration describes: each column in one piece, and no text by
    its number. Raises `KeyError` for other columns than declared."""
    if isinstance(content, Spliced):
        return to_arrow(name, content.rows)
    schema = arrow_schema(name, content)
    names = content.column_names if isinstance(content, pa.Table) else list(content.columns)
    missing = [c for c in schema.names if c not in names]
    unknown = [c for c in names if c not in schema.names]
    if missing or unknown:
        raise KeyError(f"table {name}: missing columns {missing}, undeclared columns {unknown}")
    if not len(content):
        return schema.empty_table()  # what a column without rows holds, pandas cannot say
    return _in_arrow(content, schema)


def column_in_arrow(frame: pd.DataFrame | pa.Table, field: pa.Field) -> pa.Table:
    """One column of what has rows, as it stands in the table that `to_arrow` makes."""
    return _in_arrow(frame, pa.schema([field]))


def _in_arrow(content: pd.DataFrame | pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of a schema, of a large table some at a time: Arrow lets other threads go on while it makes one."""
    columns = [content[field.name] for field in schema]
    if len(content) <= MANY:
        return pa.Table.from_arrays([*map(values_in_arrow, columns, schema.types)], schema=schema)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return pa.Table.from_arrays([*pool.map(values_in_arrow, columns, schema.types)], schema=schema)


def values_in_arrow(values: pd.Series | pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """The values of a column as Arrow has them. Those of categories come from their codes: pandas would make an object
    of Python out of each."""
    if isinstance(values, pa.ChunkedArray):
        return values.cast(kind).combine_chunks()
    if values.dtype == "category":
        return pa.array(values).dictionary_decode().cast(kind)
    return pa.array(values, kind, from_pandas=True)


def to_pandas(table: pa.Table, *, arrow_lists: bool = False) -> pd.DataFrame:
    """Arrow to pandas by the conventions of `docs/architecture.md`: nullable integers and booleans, lists as lists, or
    as Arrow has them (`arrow_lists`)."""
    import pandas as pd

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    lists = [column.name for column in table.schema if pa.types.is_list(column.type)]
    others = table.drop_columns(lists)
    frame: pd.DataFrame = others.to_pandas(types_mapper=nullable.get, date_as_object=False)
    for column in others.schema:
        values = frame[column.name]
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            frame[column.name] = values.astype("datetime64[us]")
        elif frame.empty:
            frame[column.name] = pd.Series([], dtype=values.dtype)  # pandas cannot merge text that has no chunk
    for name in lists:  # as Python lists at once: through pandas they would be arrays first
        values = table[name]
        kept = pd.arrays.ArrowExtensionArray(values.combine_chunks()) if arrow_lists else values.to_pylist()
        frame.insert(table.column_names.index(name), name, pd.Series(kept, dtype=None if arrow_lists else "object"))
    return frame


def parquet_of(table: pa.Table) -> tuple[bytes, str]:
    """The bytes of the table's file, and their digest; the same rows give the same bytes, whatever lies in the slots of
    nulls."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content, hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]


@lru_cache(maxsize=4)
def column_of(path: Path, column: str) -> pa.ChunkedArray:
    """A column of a lake file, whose name says its content; the same small ones are asked for by every partition."""
    return _content_of(path, [column])[column]


_ROWS_AT_A_TIME = 65_536


def rows_of(
    path: Path, columns: list[str] | None, only: Mapping[str, str] | None, shared: Collection[str] = ()
) -> pa.Table:
    """The rows of a lake file that have certain values in some columns, or all rows. They are picked from one batch
    after another, in the same memory: to provide that of all rows of a large table at once takes the system longer than
    it takes to read the file."""
    import pyarrow.compute as pc  # few tables are read so

    if not only:
        return _content_of(path, columns, shared)
    with pq.ParquetFile(path, read_dictionary=[*shared]) as file:
        chosen = [
            batch.filter(reduce(pc.and_, [pc.equal(batch[column], value) for column, value in only.items()]))
            for batch in file.iter_batches(_ROWS_AT_A_TIME, columns=columns)
        ]
    return pa.Table.from_batches(chosen) if chosen else _content_of(path, columns, shared)


def _content_of(path: Path, columns: list[str] | None, shared: Collection[str] = ()) -> pa.Table:
    """A lake file, or some columns of it. To read it as a data set would import pandas, and take longer."""
    with pq.ParquetFile(path, read_dictionary=[*shared]) as file:
        return file.read(columns)
