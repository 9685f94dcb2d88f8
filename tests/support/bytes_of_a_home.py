"""Whether words stand anywhere in a data home: in the bytes of each file, and in what is packed or compressed in it."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow.parquet as pq


def files_that_hold(root: Path, words: Sequence[str]) -> list[str]:
    """The files under `root` that hold one of the words, in capital letters or not: relative paths, never the words."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return [p.relative_to(root).as_posix() for p in files if any(holds(content, words) for content in contents(p))]


def holds(content: bytes, words: Sequence[str]) -> bool:
    upper = content.upper()
    return any(
        word.upper().encode(code) in upper for word in words for code in ("utf-8", "utf-16-le", "utf-32-le")
    )  # fmt: skip


def contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and of all that is packed in it."""
    content = path.read_bytes()
    yield content
    yield from unzipped(content)
    if content[:4] == b"PAR1":
        yield str(pq.read_table(path).to_pydict()).encode()
    if path.suffix == ".duckdb":
        yield from tables_of(path)
    if content[:6] == b"SQLite":
        yield from lines_of(path)


def unzipped(content: bytes) -> Iterator[bytes]:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            yield part
            yield from unzipped(part)


def tables_of(path: Path) -> Iterator[bytes]:
    with closing(duckdb.connect(str(path), read_only=True)) as con:
        for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
            yield str(con.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()).encode()


def lines_of(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as con:
        for (table,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield str(con.execute(f'SELECT * FROM "{table}"').fetchall()).encode()
