"""Tampering with a copy of a home, and which claims of `pmks verify` it breaks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

import pyarrow.parquet as pq

from pipelines.proof.verification import Kept, verify
from tests.support.forging import parts_of, rewrite_chain, rewrite_published, rewrite_table, rewrite_warehouse
from tests.tampering import files, tables
from tests.tampering.scene import WITNESS
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.tables import lake_tables

BYTES, LAKE, WAREHOUSE, CHAIN = "bytes", "lake", "warehouse", "chain"
"""How much is rewritten to fit: nothing; the lake with names and manifests; the warehouse, too; the chain, and what was
handed out with its heads, too."""
_WITNESS = "witness"
_HANDED_OUT = ("published", "restricted", "report", "correction", "page", "sidecar")
"""How the names of kinds of files begin which runs make and hand out."""
_NAMED_BY_THE_CHAIN = (*_HANDED_OUT, "edited", "auditors", "ledger", "spot", "log", "rule set", "model")
"""How the names of kinds of files begin which the chain can be rewritten to fit: all others say
themselves what they are, or nothing in the chain is about them."""


class Tamper(NamedTuple):
    """A table or a kind of file, how it is changed, and how much is rewritten to fit."""

    what: str
    how: str
    level: str

    def __str__(self) -> str:
        return f"{self.level} {self.what} {self.how}"


class Caught(NamedTuple):
    """The first claim that a tamper broke, without what a witness says and with it; "" for none. `named`: whether a
    broken claim says where."""

    without: str
    with_witness: str
    named: bool


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


def tampers() -> list[Tamper]:
    """Every tamper there is."""
    of_files = files.tampers()
    return [
        *(Tamper(kind, how, BYTES) for kind, how in of_files),
        *(Tamper(kind, how, CHAIN) for kind, how in of_files if kind.startswith(_NAMED_BY_THE_CHAIN)),
        *(Tamper(table, how, level) for level in (LAKE, WAREHOUSE, CHAIN) for table, how in table_tampers()),
    ]


def table_tampers() -> list[tuple[str, str]]:
    return [(table, how) for table in lake_tables() for how in tables.CHANGES]


def try_out(home: DataHome, folder: Path, tamper: Tamper, seed: int) -> Caught | None:
    """Tamper with a copy of a home in `folder`, and see what notices it; None where there is nothing to change."""
    with copied(home, folder) as copy:
        chance = Random(f"{seed} {tamper.what} {tamper.how}")
        if tamper.what in files.KINDS:
            place = tamper_with_file(copy, tamper.what, tamper.how, chance)
        else:
            place = tamper_with_table(copy, tamper.what, tamper.how, tamper.level, chance)
        if tamper.level == CHAIN and place:
            heads = rewrite_chain(copy)
            if any(old != new for old, new in heads.items()) and not tamper.what.startswith(_HANDED_OUT):
                rewrite_published(copy, heads)
        return caught(copy, place) if place else None


def tamper_with_table(home: DataHome, table: str, how: str, level: str, chance: Random) -> str:
    """Change a table, with the lake, and by its level the warehouse; its name, or "" if nothing could change."""
    lake = Lake(home.lake)
    parts = [
        part
        for part in parts_of(lake, table)
        if tables.possible(pq.read_table(lake.files(table, part)[0] if part else lake.files(table)[0]), how)
    ]
    if not parts:
        return ""
    rewrite_table(home, table, lambda held: tables.CHANGES[how](held, chance), chance.choice(parts))
    if level in (WAREHOUSE, CHAIN):
        rewrite_warehouse(home)
    return table


def tamper_with_file(home: DataHome, kind: str, how: str, chance: Random) -> str:
    """Change a file of a kind; its name, the part of a manifest that is gone, or "" where there is none."""
    found = files.victims(home, kind)
    if not found:
        return ""
    changed = files.CHANGES[how](chance.choice(found))
    part = changed.stem.split("__")
    is_gone_for_a_part = len(part) > 1 and not changed.exists()
    return "kode_kabupaten={}/periode={}".format(*part) if is_gone_for_a_part else changed.name


def caught(home: DataHome, place: str, *, rebuild: bool = True) -> Caught:
    """What the first claims are that do not hold, until one of them names a place."""
    first, witness, named = "", "", False
    for claim in verify(home, rebuild=rebuild, kept=Kept([home.root.parent / WITNESS])):
        if claim.exceptions and claim.name == _WITNESS:
            witness = claim.name
        elif claim.exceptions:
            first = first or claim.name
            named = named or any(place in said or said in place for said in claim.exceptions)
        if first and named:
            break
    return Caught(first, witness or first, named or bool(witness))
