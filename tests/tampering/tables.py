"""Changes of tables: a value, a row deleted, a row added, the values of two rows exchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pyarrow as pa

Change = Callable[[pa.Table, Random], pa.Table]


def change(table: pa.Table, chance: Random) -> pa.Table:
    """One value is another of its type."""
    rows = table.to_pylist()
    row, column = chance.choice(rows), chance.choice(table.column_names)
    row[column] = _other(row[column], table.schema.field(column).type)
    return pa.Table.from_pylist(rows, table.schema)


def delete(table: pa.Table, chance: Random) -> pa.Table:
    """One row is gone."""
    rows = table.to_pylist()
    rows.pop(chance.randrange(len(rows)))
    return pa.Table.from_pylist(rows, table.schema)


def insert(table: pa.Table, chance: Random) -> pa.Table:
    """One row more: one of those that are there with another first text, or made up where there is none."""
    rows = table.to_pylist()
    new = dict(chance.choice(rows)) if rows else {field.name: _other(None, field.type) for field in table.schema}
    first = table.column_names[0]
    new[first] = _other(new[first], table.schema.field(first).type)
    return pa.Table.from_pylist([*rows, new], table.schema)


def swap(table: pa.Table, chance: Random) -> pa.Table:
    """Two rows have exchanged a value and still differ in others; of a table without two such rows, one has another."""
    rows = table.to_pylist()
    pairs = [(rows[one], rows[other]) for one in range(min(len(rows), 20)) for other in range(one)]
    found = [
        (one, other, column)
        for one, other in pairs
        for columns in [[name for name in table.column_names if one[name] != other[name]]]
        for column in columns
        if len(columns) > 1 and column != table.column_names[0]
    ]
    if not found:
        return change(table, chance)
    one, other, column = chance.choice(found)
    one[column], other[column] = other[column], one[column]
    return pa.Table.from_pylist(rows, table.schema)


CHANGES: dict[str, Change] = {f.__name__: f for f in (change, delete, insert, swap)}


def possible(table: pa.Table, how: str) -> bool:
    """Whether a table has enough rows for a change."""
    return how == "insert" or table.num_rows >= (2 if how == "swap" else 1)


def _other(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return [*(value or []), "24"]
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        day = pa.scalar(0, pa.int64() if pa.types.is_timestamp(kind) else pa.int32()).cast(kind).as_py()
        return (value or day) - timedelta(days=300)
    if pa.types.is_boolean(kind):
        return not value
    if pa.types.is_string(kind):
        return "0" if not value else value[:-1] + ("1" if value[-1] == "0" else "0")
    return (value or 0) + 1
