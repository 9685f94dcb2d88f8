"""Whether lake and warehouse are what they claim: every file against its digest, every table against its files."""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.comparing import databases_part
from warehouse.connection import literal, opened
from warehouse.files import holds, scratch_folder, sha256_of
from warehouse.kept_file import State, state_of
from warehouse.lake import Lake
from warehouse.manifests import FOLDER as MANIFESTS
from warehouse.manifests import decoded, is_irreplaceable, keeps_twice, name_of
from warehouse.migrations import FORMAT, is_stamped
from warehouse.projection import declared_of, project
from warehouse.tables import lake_tables, projection
from warehouse.wholeness import SECOND_COPIES, is_whole


def damaged_files(lake: Lake) -> list[str]:
    """Manifests that cannot be read, files that they list and that are missing or hold other bytes than their names
    say, and second copies of which the same is true. Changes nothing."""
    found = {FORMAT} if not is_stamped(lake.root) else set()
    for folder in (lake.root, lake.root / SECOND_COPIES):
        for path in (folder / MANIFESTS).rglob("*.json"):
            try:
                listed = decoded(path.read_bytes()).files
            except (OSError, ValueError):
                found.add(path.relative_to(lake.root).as_posix())
                continue
            kept = listed.items() if folder == lake.root else [i for i in listed.items() if is_irreplaceable(i[0])]
            found |= {(folder / f).relative_to(lake.root).as_posix() for _, f in kept if not is_whole(folder / f)}
    for copy in (lake.root / SECOND_COPIES / MANIFESTS).glob("*.json"):
        if not (lake.root / MANIFESTS / copy.name).exists():
            found.add(f"{MANIFESTS}/{copy.name}")
    return sorted(found)


def other_copies(lake: Lake) -> list[str]:
    """Second copies of the stamp and of manifests that are not there, or say something else than what they are of."""
    stages = {table.stage for table in lake_tables().values()}
    kept = [FORMAT, *(name_of(stage, None) for stage in stages if keeps_twice(stage))]
    pairs = {f"{SECOND_COPIES}/{name}": lake.root / name for name in kept if (lake.root / name).exists()}
    return sorted(copy for copy, path in pairs.items() if not holds(lake.root / copy, sha256_of(path)))


_OF_CODE = "audit.projection (inputs)"
"""What differs when nothing but what tables say they were made from does."""


def _is_of_other_code(warehouse: Path, fresh: Path) -> bool:
    """Whether an earlier program made the warehouse: what a table was made from is a hash over the code as well, so
    that not one agrees. Somebody who changed them all has gained nothing: the next run makes all tables anew."""
    with opened(warehouse, read_only=True) as con:
        con.execute(f"ATTACH {literal(str(fresh))} AS made_now (READ_ONLY)").fetchall()
        other = con.execute(
            "SELECT bool_and(before.inputs IS DISTINCT FROM now.inputs) FROM audit.projection AS before "
            "FULL JOIN made_now.audit.projection AS now USING (name)"
        ).fetchone()
    return other == (True,)


def differing_tables(lake: Lake, warehouse: Path) -> list[str]:
    """What the warehouse holds otherwise than the lake makes it, found by projecting the lake anew beside it: tables,
    with the key and the columns of the first row that differs, views, macros, comments, and what does not belong. One
    that cannot be opened: its name alone."""
    if not warehouse.exists():
        return [warehouse.name]
    keys = {name: declared_of(name).key for name in projection()}
    with scratch_folder(warehouse.parent) as folder:
        fresh = folder / "fresh.duckdb"
        project(lake, fresh)
        try:
            found = databases_part(warehouse, fresh, keys, folder)
            if found == [_OF_CODE] and _is_of_other_code(warehouse, fresh):
                found = []
        except duckdb.OutOfMemoryException:  # of this machine, and not of the file
            raise
        except duckdb.Error:
            return [warehouse.name]
    return found + ([warehouse.name] if state_of(warehouse) is State.DIFFERENT else [])
