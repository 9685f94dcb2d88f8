"""Tampering with a copy of a home, and which claim of `pmks verify` it breaks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

import pyarrow.parquet as pq

from pipelines.verification import verify
from tests.support.forging import parts_of, rewrite_chain, rewrite_table, rewrite_warehouse
from tests.tampering import files, tables
from tests.tampering.scene import WITNESS
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.tables import lake_tables

LEVELS = ("lake", "warehouse", "chain")
"""How much is rewritten to fit: the lake with names and manifests; the warehouse, too; the chain, too."""


class Caught(NamedTuple):
    """The first claim that a tamper broke, and what is said of it; "" for none."""

    claim: str
    said: str


@contextmanager
def copied(home: DataHome, folder: Path) -> Iterator[DataHome]:
    """A copy of a home with its witness, gone at the end."""
    copy = folder / "tampered"
    shutil.copytree(home.root, copy / "home")
    shutil.copy(home.root.parent / WITNESS, copy / WITNESS)
    try:
        yield DataHome(root=copy / "home", inbox=home.inbox, settle_seconds=0.0, workers=1)
    finally:
        shutil.rmtree(copy)


def tamper_with_table(home: DataHome, table: str, how: str, level: str, chance: Random) -> bool:
    """Change a table, with all that fits to it up to a level; whether there was anything to change."""
    lake = Lake(home.lake)
    parts = [
        part
        for part in parts_of(lake, table)
        if tables.possible(pq.read_table(lake.files(table, part)[0] if part else lake.files(table)[0]), how)
    ]
    if not parts:
        return False
    rewrite_table(home, table, lambda held: tables.CHANGES[how](held, chance), chance.choice(parts))
    if level in ("warehouse", "chain"):
        rewrite_warehouse(home)
    if level == "chain":
        rewrite_chain(home)
    return True


def tamper_with_file(home: DataHome, kind: str, how: str, chance: Random) -> bool:
    """Change a file of a kind; whether there was one."""
    found = files.victims(home, kind)
    if found:
        files.CHANGES[how](chance.choice(found))
    return bool(found)


def caught(home: DataHome, *, witness: bool, rebuild: bool = True) -> Caught:
    """What the first claim says that does not hold."""
    kept = [home.root.parent / WITNESS] if witness else []
    for claim in verify(home, rebuild=rebuild, witnesses=kept):
        if claim.exceptions:
            return Caught(claim.name, claim.exceptions[0])
    return Caught("", "")


def table_tampers() -> list[tuple[str, str]]:
    return [(table, how) for table in lake_tables() for how in tables.CHANGES]
