"""The only place that opens DuckDB: in memory for computing, on file for the one writer and for read-only looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

STORAGE_VERSION = "v1.2.0"
"""Files are written in this storage format so that older DuckDB and DBeaver releases can open them."""

_MOST_DELETED = 0.25
"""The share of rows deleted from a table at which it is made anew: DuckDB keeps their room, and skips them."""
_HELD = 1
"""Groups of 122,880 rows that DuckDB holds before it writes them. Five, as it has it, are half a GB of a wide table."""


def literal(text: str) -> str:
    """A text as SQL writes it, where none can be handed over beside the statement.

    >>> literal("Jum'at")
    "'Jum''at'"
    """
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def memory(
    memory_limit: str | None = None, threads: int | None = None, spill: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a private in-memory connection, closed at the end whatever happens.

    What does not fit into memory goes to the folder `spill`, and without one fails with `duckdb.OutOfMemoryException`:
    by itself DuckDB would write it, people included, into the folder in which the command was started.
    """
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(spill or "")}
    if memory_limit:
        config["memory_limit"] = memory_limit
    if threads:
        config["threads"] = threads
    con = duckdb.connect(":memory:", config=config)
    try:
        yield con
    finally:
        con.close()


@contextmanager
def opened(path: Path, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to the DuckDB file at `path`; a file that is not there is made, in `STORAGE_VERSION`.

    DuckDB locks the file for one writing process; `duckdb.IOException` says who holds it. What does not fit into memory
    goes to `<path>.tmp` and is removed at the end.
    """
    if read_only:
        con = duckdb.connect(str(path), read_only=True)
        try:
            yield con
        finally:
            con.close()
        return
    with memory() as con:
        con.execute(f"ATTACH {literal(str(path))} AS file (STORAGE_VERSION '{STORAGE_VERSION}')").fetchall()
        con.execute("USE file").fetchall()
        con.execute(f"SET temp_directory = {literal(f'{path}.tmp')}").fetchall()
        con.execute(f"SET write_buffer_row_group_count = {_HELD}").fetchall()
        yield con
        con.execute("USE memory").fetchall()
        con.execute("DETACH file").fetchall()


def is_locked(error: Exception) -> bool:
    """Whether another process holds the file. (A damaged file is said to be so in some "block".)"""
    return "set lock on file" in str(error).lower()


def is_mostly_deleted(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether so many rows of a table were deleted since it was made anew that it should be again: each left a number
    that is not used. Not for a table to which the transaction that goes on added rows: it numbers them from 2 ** 55 on.
    """
    there, last = con.execute(f"SELECT count(*), max(rowid) FROM {table}").fetchall()[0]
    return bool(last is not None and last + 1 - there > _MOST_DELETED * there)
