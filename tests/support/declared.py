"""Rows that a declaration allows, rows that it may not, and a slow, obvious judge of both."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from validation.declarations import Column, Table
from warehouse.tables import arrow_schema, tables

Row = dict[str, Any]
DTYPES = {
    "VARCHAR": "str",
    "BIGINT": "Int64",
    "DOUBLE": "float64",
    "BOOLEAN": "boolean",
    "DATE": "datetime64[us]",
    "TIMESTAMP": "datetime64[us]",
    "VARCHAR[]": "object",
}
"""The pandas type in which a column of each declared type is kept."""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ANY: dict[str, st.SearchStrategy[Any]] = {
    "VARCHAR": TEXT,
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(allow_nan=False),
    "BOOLEAN": st.booleans(),
    "DATE": st.dates(date(1890, 1, 1), date(2100, 1, 1)),
    "TIMESTAMP": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    "VARCHAR[]": st.lists(TEXT, max_size=3),
}
"""Any value of each declared type."""


def lawful(column: Column) -> st.SearchStrategy[Any]:
    """Values that a column may hold."""
    text = _text(column)
    if column.type == "VARCHAR[]":
        one = st.lists(TEXT if text is None else text, min_size=int(column.filled), max_size=3)
    elif text is not None:
        one = text
    elif column.type == "BIGINT":
        low, high = (None if end is None else int(end) for end in (column.min, column.max))
        one = st.integers(-(2**63) if low is None else low, 2**63 - 1 if high is None else high)
    elif column.type == "DOUBLE":
        one = st.floats(column.min, column.max, allow_nan=False)
    else:
        one = ANY[column.type]
    return st.none() | one if column.nullable else one


def _text(column: Column) -> st.SearchStrategy[str] | None:
    if column.values:
        return st.sampled_from(column.values.content)
    return st.from_regex(re.compile(column.pattern.pattern, re.ASCII), fullmatch=True) if column.pattern else None


def lawful_rows(table: Table, most: int = 4) -> st.SearchStrategy[list[Row]]:
    """Rows that a declaration allows, no two with the same key."""

    def key(row: Row) -> object:
        return tuple(repr(row[name]) for name in table.key) if table.key else object()

    row = st.fixed_dictionaries({column.name: lawful(column) for column in table.columns})
    return st.lists(row, max_size=most, unique_by=key)


@st.composite
def disturbed(draw: Callable[..., Any], table: Table) -> list[Row]:
    """Lawful rows in which some cells hold anything of their type, and some rows stand twice."""
    rows: list[Row] = draw(lawful_rows(table))
    for row in rows:
        for column in draw(st.lists(st.sampled_from(table.columns), max_size=3)):
            row[column.name] = draw(st.none() | ANY[column.type] | lawful(column))
    again = draw(st.lists(st.sampled_from(rows), max_size=1)) if rows else []
    return [*rows, *again]


def content(table: Table, rows: Sequence[Row]) -> pa.Table:
    """Rows as the lake holds them."""
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(table.name))


def frame(name: str, *rows: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of a declared table as a stage makes them; what a row does not name has some lawful value."""
    declared = tables()[name]
    whole = [{c.name: row.get(c.name, example(c, at)) for c in declared.columns} for at, row in enumerate(rows)]
    return pd.DataFrame({c.name: series(c.type, [row[c.name] for row in whole]) for c in declared.columns})


def series(kind: str, values: list[Any]) -> pd.Series:
    """Values of a declared type as a column of a frame."""
    if kind == "DOUBLE":
        return pd.Series([float("nan") if v is None else v for v in values], dtype="float64")
    nullable = kind in ("BIGINT", "BOOLEAN")
    return pd.Series(pd.array(values, dtype=DTYPES[kind]) if nullable else values, dtype=DTYPES[kind])


def example(column: Column, number: int) -> Any:
    """A lawful value of a column: null where it may be, else the same for the same number."""
    if column.nullable:
        return None
    texts: dict[str, str] = {
        "entity_id": entity_id(f"{column.name[0].upper()}{number}"),
        "referral_id": f"R{number:024d}",
        "record_id": f"{number:032x}",
        "sha256": f"{number:064x}",
        "village": "16.10.05.2036",
        "period": "2024",
        "a_character": "SITI",
        "cell_types": "t" * 32,
        "letters": "A",
    }
    text = column.values.content[0] if column.values else texts[column.pattern.name] if column.pattern else "x"
    return {
        "VARCHAR": text,
        "BIGINT": int(column.min or 1),
        "DOUBLE": float(column.min or 0),
        "BOOLEAN": False,
        "TIMESTAMP": datetime(2025, 1, 1),
        "VARCHAR[]": [text],
    }[column.type]


def entity_id(text: str) -> str:
    """An id of the form of persons (`P…`) and households (`H…`), made from a short one such as `P1`."""
    return text[0] + hashlib.sha256(text.encode()).hexdigest()[:16].upper()


def judged(table: Table, rows: Sequence[Row]) -> Counter[tuple[str, str]]:
    """How many rows break each rule of a declaration, looked at cell by cell: by column and rule."""
    broken: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for column in table.columns:
            broken.update((column.name, rule) for rule in _broken(column, row[column.name]))
    keys = Counter(repr([row[name] for name in table.key]) for row in rows)
    alike = sum(count for count in keys.values() if count > 1) if table.key else 0
    if alike:
        broken[", ".join(table.key), "no two rows alike"] = alike
    return broken


def _broken(column: Column, value: Any) -> list[str]:
    if value is None:
        return [] if column.nullable else ["not null"]
    texts = value if isinstance(value, list) else [value]
    holds = {
        "values": lambda: all(text in column.values.content for text in texts),  # type: ignore[union-attr]
        "pattern": lambda: all(
            re.fullmatch(column.pattern.pattern.removesuffix("$"), text, re.ASCII)  # type: ignore[union-attr]
            for text in texts
        ),
        "range": lambda: (column.min is None or value >= column.min) and (column.max is None or value <= column.max),
        "filled": lambda: len(value) > 0,
    }
    return [words for kind, words in column.rules.items() if not holds[kind]()]
