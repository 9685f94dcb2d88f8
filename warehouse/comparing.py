"""Where two states of the same tables part: table, key and columns of the first row that differs; never a value of it.

Comes in twice: tables of a lake, as Arrow; a warehouse or a published database, as DuckDB files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.connection import memory

ABSENT = "*"
"""Stands for all columns where a row, or a whole table, is in one of the two only."""
_CATALOGUE = {
    "schema": "SELECT schema_name, 'schema', comment FROM duckdb_schemas() WHERE NOT internal",
    "table": "SELECT schema_name || '.' || table_name, 'table', comment FROM duckdb_tables() WHERE NOT internal",
    "view": "SELECT schema_name || '.' || view_name, sql, comment FROM duckdb_views() WHERE NOT internal",
    "macro": "SELECT schema_name || '.' || function_name, concat(parameters::VARCHAR, macro_definition), comment "
    "FROM duckdb_functions() WHERE NOT internal",
    "column": "SELECT schema_name || '.' || table_name || '.' || column_name, "
    "concat(data_type, column_index, is_nullable, column_default), comment FROM duckdb_columns() WHERE NOT internal",
    "index": "SELECT schema_name || '.' || index_name, sql, comment FROM duckdb_indexes()",
    "sequence": "SELECT schema_name || '.' || sequence_name, sql, comment FROM duckdb_sequences()",
    "type": "SELECT schema_name || '.' || type_name, logical_type, comment FROM duckdb_types() WHERE NOT internal",
    "constraint": "SELECT schema_name || '.' || table_name || ' ' || constraint_text, constraint_type, NULL "
    "FROM duckdb_constraints()",
}
"""What a database says of each kind of thing in it: name, definition, comment."""
_EXCLUDED = re.compile(r"(?<=EXCLUDE \()[^)]*")


def difference(key: Iterable[str], before: pa.Table, after: pa.Table) -> str:
    """The key of the first row in which two states of a table part, and the columns that differ in it; "" for none.

    A table without a key: the columns alone in which they part.
    """
    with memory() as con:
        con.register("one", before)
        con.register("other", after)
        return _difference(con, "one", "other", list(key))


def databases_part(one: Path, other: Path, keys: dict[str, tuple[str, ...]], spill: Path | None = None) -> list[str]:
    """Where two DuckDB files part: tables, views, macros and whatever else they hold, with definitions and comments;
    of tables that differ in rows only, the first row.

    `keys`: of tables by `schema.table`. `spill`: the folder for what does not fit into memory, which else raises
    `duckdb.OutOfMemoryException`. Raises what opening a damaged file raises.
    """
    with memory(spill=spill) as con:
        for name, path in (("one", one), ("other", other)):
            con.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS {name} (READ_ONLY)").fetchall()
        defined = sorted(set(_defined(con)))
        others = {name for kind, name in defined if kind in ("table", "view")}
        defined = [(k, name) for k, name in defined if k != "column" or name.rpartition(".")[0] not in others]
        others |= {name.rpartition(".")[0] for kind, name in defined if kind == "column"}
        named = {name for name, *_ in _of(con, "one", "table")}
        rows = {name: _difference(con, f"one.{name}", f"other.{name}", list(keys.get(name, ())))
                for name in sorted(named - others)}  # fmt: skip
    return [f"{kind} {name}" for kind, name in defined] + [f"{name} {where}" for name, where in rows.items() if where]


def _defined(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Kind and name of what only one database has, or defines or comments otherwise."""
    for kind in _CATALOGUE:
        one, other = (_of(con, database, kind) for database in ("one", "other"))
        yield from ((kind, name) for name, *_ in one ^ other)


def _of(con: duckdb.DuckDBPyConnection, database: str, kind: str) -> set[tuple[str, str, str]]:
    query = _CATALOGUE[kind]
    joint = " AND " if " WHERE " in query else " WHERE "
    rows = con.execute(f"{query}{joint}database_name = '{database}'").fetchall()
    return {(str(name), _EXCLUDED.sub(_sorted, str(definition)), str(comment)) for name, definition, comment in rows}


def _sorted(excluded: re.Match[str]) -> str:
    """DuckDB writes the columns that a definition excludes in any order."""
    return ", ".join(sorted(excluded[0].split(", ")))


def _difference(con: duckdb.DuckDBPyConnection, one: str, other: str, key: list[str]) -> str:
    columns = [row[0] for row in con.execute(f"DESCRIBE {one}").fetchall()]
    strangers = sorted({row[0] for row in con.execute(f"DESCRIBE {other}").fetchall()} ^ set(columns))
    if strangers:
        return f"({', '.join(strangers)})"
    if _same_in_order(con, one, other, columns) or (key and _same_by_key(con, one, other, columns, key)):
        return ""
    listed = ", ".join(map(_quoted, columns))
    parts = [
        f"(SELECT {listed}, {side} AS _side FROM (SELECT {listed} FROM {a} EXCEPT ALL SELECT {listed} FROM {b}))"
        for side, a, b in ((0, one, other), (1, other, one))
    ]
    con.execute(f"CREATE OR REPLACE TEMP TABLE parting AS {' UNION ALL '.join(parts)}").fetchall()
    if not con.execute("SELECT 1 FROM parting LIMIT 1").fetchone():
        return ""
    if not key:
        return f"({', '.join(_parting(con, columns, 'TRUE', [])) or ABSENT})"
    names = ", ".join(map(_quoted, key))
    first = con.execute(f"SELECT {names} FROM parting ORDER BY ALL LIMIT 1").fetchall()[0]
    same = " AND ".join(f"{_quoted(name)} IS NOT DISTINCT FROM ?" for name in key)
    where = " ".join(f"{name}={value}" for name, value in zip(key, first, strict=True))
    return f"{where} ({', '.join(_parting(con, columns, same, list(first))) or ABSENT})"


def _same_in_order(con: duckdb.DuckDBPyConnection, one: str, other: str, columns: list[str]) -> bool:
    """Whether two tables have the same rows in the same order, as two that were made in the same way have: known a
    dozen times sooner than whether they have the same rows in any."""
    parting = f"SELECT 1 FROM {one} AS a POSITIONAL JOIN {other} AS b WHERE {_differ(columns)} LIMIT 1"
    left, right = (_count(con, table) for table in (one, other))
    return left == right and con.execute(parting).fetchone() is None


def _same_by_key(
    con: duckdb.DuckDBPyConnection, one: str, other: str, columns: Sequence[str], key: Sequence[str]
) -> bool:
    """Whether two tables in which each key stands once have the same row for each: for tables of which rows were
    replaced, known in a fraction of the time and memory that it takes to compare them as sets of rows."""
    names = ", ".join(map(_quoted, key))
    same = f"{one} AS a JOIN {other} AS b USING ({names}) WHERE NOT ({_differ(columns)})"
    once = (f"(SELECT DISTINCT {names} FROM {table})" for table in (one, other))
    return len({_count(con, rows) for rows in (one, other, *once, same)}) == 1


def _differ(columns: Iterable[str]) -> str:
    """The condition by which a row `a` says something else than a row `b`."""
    return " OR ".join(f"a.{_quoted(name)} IS DISTINCT FROM b.{_quoted(name)}" for name in columns)


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0])


def _parting(con: duckdb.DuckDBPyConnection, columns: list[str], same: str, values: list[object]) -> list[str]:
    """The columns in which the rows of one side that fulfil a condition are not those of the other; none where one side
    has no such rows, or as many columns as there are."""
    counts = con.execute(
        f"SELECT count(*) FILTER (_side = 0), count(*) FILTER (_side = 1) FROM parting WHERE {same}", values
    )
    left, right = counts.fetchall()[0]
    if not left or not right:
        return []
    found = []
    for column in columns:
        sides = [f"(SELECT {_quoted(column)} FROM parting WHERE _side = {side} AND {same})" for side in (0, 1)]
        query = f"SELECT 1 FROM ({sides[0]} EXCEPT ALL {sides[1]}) LIMIT 1"
        if left != right or con.execute(query, [*values, *values]).fetchone():
            found.append(column)
    return [] if len(found) == len(columns) else found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
