"""The files of the lake that the warehouse was made from, kept beside it until the next projection has compared them.

They are hard links: what the lake still has takes no room. Where the system has none, nothing is kept, and tables of
which a row changed are made anew. A file counts only if it is whole, and only together with all others that its table
in the warehouse says it was made from (`audit.projection`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from warehouse.files import private_folder
from warehouse.lake import Lake
from warehouse.last_look import last_look


def made_from(warehouse: Path) -> Path:
    """The folder in which they are kept; as in the lake, one below it for each table."""
    return warehouse.with_name(f".{warehouse.name}.from")


def kept_files(warehouse: Path, table: str) -> dict[str, Path]:
    """The kept files of a table of the lake, by the folder in the lake in which they lie; in the order of the lake."""
    return kept_in(made_from(warehouse), table)


def keep_files(lake: Lake, tables: Iterable[str], warehouse: Path) -> None:
    """Keep the files that the lake has of some tables now, and no others."""
    keep_in(made_from(warehouse), lake, tables)


def kept_in(folder: Path, table: str) -> dict[str, Path]:
    """The files of a table of the lake that a folder keeps, as `kept_files`."""
    return {path.parent.relative_to(folder).as_posix(): path for path in sorted((folder / table).rglob("*.parquet"))}


def keep_in(folder: Path, lake: Lake, tables: Iterable[str]) -> None:
    """Keep in a folder the files that the lake has of some tables now, and no others."""
    now = {path.relative_to(lake.root) for table in tables for path in lake.files(table)}
    kept = {path.relative_to(folder) for path in folder.rglob("*.parquet")}
    for path in kept - now:
        (folder / path).unlink()
    with suppress(OSError):  # a file system without links
        for path in now - kept:
            private_folder((folder / path).parent)
            with last_look(lake.root).holding_on(lake.root / path):
                os.link(lake.root / path, folder / path)
