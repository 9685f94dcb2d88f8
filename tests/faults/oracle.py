"""The one question to every try: is the state that of an undisturbed run, and is nothing half-done left?"""

from __future__ import annotations

import os
import re
import time
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import duckdb
import openpyxl

from tests.faults.scenes import Scene, succeeded
from tests.faults.warmed import Ended
from tests.support.same_state import OF_THE_RUN, differences
from warehouse.files import sha256_of

_SAYS_WHY = re.compile(
    r"No space left|is the disk full|Input/output error|disk is full|disk I/O|database or disk"
    r"|cannot be read\. Run: pmks run|it holds the log of runs only"
)
"""Words of an error of the disk, of the system's or of a database's, or of what is to be done after it."""
NEITHER = "the warehouse is neither the old nor the new"


def faults_of_state(home: Path, expected: Path) -> list[str]:
    """In what `home` differs from the home `expected`: tables, what is handed out, what is left half-done."""
    if not (home / "warehouse.duckdb").exists():
        return ["no warehouse"]
    return [*differences(expected, home), *_handed_out_otherwise(home, expected), *left_half_done(home)]


def faults_of_end(arguments: list[str], ended: Ended) -> list[str]:
    """What is wrong with how a command ended that nothing disturbed."""
    found = [] if succeeded(tuple(arguments), ended) else [f"{arguments[0]} ended with {ended.code}: {_said(ended)}"]
    return found + _tracebacks(ended)


def faults_of_refusal(arguments: list[str], ended: Ended) -> list[str]:
    """What is wrong with how a command ended under a fault: it succeeded, or said in plain words what stopped it."""
    found = _tracebacks(ended)
    if not succeeded(tuple(arguments), ended) and ended.code not in (1, 2):
        found.append(f"ended with {ended.code}: {_said(ended)}")
    elif ended.code in (1, 2) and not _SAYS_WHY.search(ended.said):
        found.append(f"does not say what stopped it: {_said(ended)}")
    return found


def faults_after_kill(home: Path, scene: Scene) -> list[str]:
    """What is wrong with what a killed command left: each table and file that is handed out must be the old or new."""
    found = []
    warehouse = home / "warehouse.duckdb"
    if warehouse.exists():
        digests = tuple(sha256_of(path) for path in sorted(home.glob("warehouse.duckdb*")))
        if not _old_or_new(warehouse, digests, scene):
            found.append(NEITHER)
    elif scene.before is not None:
        found.append("the warehouse is gone")
    return found + list(_torn(home))


def left_behind(pid: int, seconds: float = 20) -> list[str]:
    """Whether processes of the session that `pid` led go on after its end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return []
        time.sleep(0.02)
    return ["processes went on after the command was killed"]


def left_half_done(home: Path) -> list[str]:
    """Files that a command leaves only when it is killed, and the next run must have swept."""
    parts = [p for p in home.rglob("*") if p.name.endswith((".part", ".part.wal")) or p.name.startswith(".incoming-")]
    parts += list(home.glob(".scratch-*"))
    parts += sorted((home / "lake" / "_matching").glob("rows-*"))[1:]
    return [f"left behind: {len(parts)} files or folders"] if parts else []


def _torn(home: Path) -> Iterator[str]:
    """Files that are handed out and cannot be opened."""
    for path in (home / "published").glob("*/rujukan.*"):
        try:
            if path.suffix == ".xlsx":
                _unpack(path)
            else:
                _rows(path)
        except (duckdb.Error, zipfile.BadZipFile, KeyError) as error:
            yield f"{path.relative_to(home)} is torn: {type(error).__name__}"
    for path in (home / "corrections").glob("*/*.xlsx"):
        try:
            _unpack(path)
        except (zipfile.BadZipFile, KeyError) as error:
            yield f"a workbook of corrections is torn: {type(error).__name__}"


def _handed_out_otherwise(home: Path, expected: Path) -> Iterator[str]:
    for folder in ("published", "corrections"):
        one, other = _names(home / folder), _names(expected / folder)
        if one != other:
            yield f"{folder}: {len(one - other)} files more, {len(other - one)} missing"
    for path in sorted((expected / "published").glob("*/rujukan.*")):
        there = home / path.relative_to(expected)
        read = _sheets if path.suffix == ".xlsx" else _rows
        if there.exists() and read(there) != read(path):
            yield f"{path.relative_to(expected)} says something else"


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _rows(path: Path) -> list[tuple[object, ...]]:
    """The rows of a published file, without what differs from run to run."""
    with duckdb.connect() as con:
        source = f"'{path}'"
        if path.suffix == ".duckdb":
            con.execute(f"ATTACH {source} AS file (READ_ONLY)").fetchall()
            source = "file.rujukan"
        present = [str(row[0]) for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        columns = ", ".join(f'"{name}"' for name in present if name not in OF_THE_RUN)
        return con.execute(f"SELECT {columns} FROM {source} ORDER BY ALL").fetchall()


def _unpack(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        packed.testzip()


def _sheets(path: Path) -> list[tuple[str, int, int]]:
    """The sheets of a workbook, with how many rows and columns each has."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return [(sheet.title, sheet.max_row, sheet.max_column) for sheet in book.worksheets]
    finally:
        book.close()


@lru_cache(maxsize=64)
def _old_or_new(warehouse: Path, digests: tuple[str, ...], scene: Scene) -> bool:
    """Whether a warehouse, here of files with these digests, holds nothing yet, or what it did before or after."""
    states = [each for each in (scene.before, scene.after) if each is not None]
    same = any(digests == (sha256_of(each / "warehouse.duckdb"),) for each in states)
    return same or _empty(warehouse) or not all(any(differences(each, warehouse.parent)) for each in states)


def _empty(warehouse: Path) -> bool:
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{warehouse}' AS file (READ_ONLY)").fetchall()
        return con.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'file'").fetchall() == [(0,)]


def _said(ended: Ended) -> str:
    return " / ".join(ended.said.strip().splitlines()[-3:])


def _tracebacks(ended: Ended) -> list[str]:
    return [f"a traceback: {_said(ended)}"] if "Traceback" in ended.said else []
