"""The lake: the output of every stage as Parquet, swapped in whole, with a manifest that says what it was made from.

Danger: a stage is killed between two of its tables, and the next one reads half of it. Remedy: a stage's new
files carry their own names and count only once its manifest, replaced atomically, lists them; readers go by
manifests, never by what lies in the folder.

Danger: a disk flips a bit, or a copy was cut, and it is read as the truth. Remedy: a file's name says the hash of its
bytes, which are hashed when it is read. What is damaged and can be made again is let go, so that its stage runs again
(`mend`). What nothing can make again (`irreplaceable` in the declarations) is kept twice, and heals from its copy.

Danger: a file is removed while another process reads it. Remedy: who reads or writes says so (`in_use`), and only who
finds nobody doing so removes what no manifest lists any more; what had to stay goes with the next run (`sweep`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pyarrow as pa

from validation.spliced import Spliced
from warehouse.arrow import MANY, column_of, parquet_of, rows_of, to_arrow, to_pandas, values_in_arrow
from warehouse.digests import digest_of
from warehouse.files import entries_below, locked, locked_if_free, writing_together
from warehouse.last_look import last_look
from warehouse.manifests import (
    DamagedTableError,
    LostTableError,
    Manifest,
    Manifests,
    Partition,
    damage,
    is_irreplaceable,
    name_of,
)
from warehouse.memory import give_back
from warehouse.migrations import stamp
from warehouse.repairs import note_repair
from warehouse.tables import Table, arrow_schema, lake_tables, tables
from warehouse.wholeness import (
    SECOND_COPIES,
    faults_of,
    faults_since,
    is_whole,
    keep_second_copy,
    restored,
)

if TYPE_CHECKING:  # who only looks is not to wait for it
    import pandas as pd

    from validation.keys import Among
    from warehouse.arrow import Tabular

    Tables: TypeAlias = dict[str, pd.DataFrame] | dict[str, Tabular]

__all__ = [
    "DamagedTableError",
    "Lake",
    "LostTableError",
    "Manifest",
    "Partition",
    "Reader",
    "declared",
    "digest_of",
]


_IN_USE = ".in_use.lock"
"""Held, shared, by who reads or writes files of the lake; alone, by who removes them."""


class Reader(Protocol):
    """What gives tables by name: the lake, or a stage at work, which has only those that it declares."""

    def read(self, table: str, partition: Partition | None = None, columns: list[str] | None = None) -> pd.DataFrame:
        """One table as a frame, of one partition or of all; empty if nothing was written yet."""
        ...


class Lake:
    """The tables of all stages under one folder. Which stage writes a table stands in its declaration.

    `fixed`: the manifests by which some stages are read, whatever stands in their place by now.
    """

    def __init__(self, root: Path, fixed: Mapping[str, Mapping[Partition | None, Manifest]] | None = None) -> None:
        self.root = root
        self._manifests = Manifests(root)
        self._fixed = fixed or {}

    def with_fixed(self, stages: Iterable[str]) -> Lake:
        """The lake in which what some stages wrote stays as it is at this moment."""
        with self._manifests.changing():
            return Lake(self.root, {stage: self.manifests(stage) for stage in stages})

    def write(
        self,
        stage: str,
        content: Tables,
        *,
        inputs: str,
        partition: Partition | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Replace what `stage` (of `partition`) holds by `content`, all or nothing; a full disk changes nothing.
        `content` is emptied: a table that was written needs no room while the next one is.

        Every table is cast to its declared schema (`warehouse/tables/`); a frame that lacks a declared column
        or has one that is not declared raises `pyarrow.ArrowInvalid` or `KeyError`, and one whose rows break the
        declaration or refer to nothing raises `validation.borders.InvalidTableError`; a table of another stage
        raises `ValueError`.
        """
        foreign = [name for name in content if declared(name).stage != stage]
        if foreign:
            raise ValueError(f"stage {stage} does not write {', '.join(foreign)}")
        if not (self.root / "_manifests").exists():
            stamp(self.root)
        with self.in_use():
            manifest, old = self._written(stage, content, inputs, partition, facts)
        replaced = set(old.files.values() if old else ()) - set(manifest.files.values())
        with locked_if_free(self.root / _IN_USE) as nobody:
            now = self.manifest(stage, partition) if replaced and nobody else None
            self._unlink(replaced - set(now.files.values()) if now else ())
        return manifest

    def _written(
        self,
        stage: str,
        content: Tables,
        inputs: str,
        partition: Partition | None,
        facts: Mapping[str, Any] | None,
    ) -> tuple[Manifest, Manifest | None]:
        """Write the files of tables, then their manifest; returns it, and the one that stood there before."""
        files, rows, contents = {}, {}, {}
        known, before = _Known(self, content), self.manifest(stage, partition)
        with writing_together() as write_file:
            for name in list(content):
                rows[name] = len(content[name])
                same = self._file_as_before(name, content[name], before)
                parquet, contents[name] = _checked(name, content[name], known, same)
                known.keep_targets(name)
                del content[name]
                relative = _folder(name, partition) / f"part-{contents[name]}.parquet"
                if not is_whole(self.root / relative):
                    write_file(self.root / relative, parquet)
                if declared(name).irreplaceable and not is_whole(self.root / SECOND_COPIES / relative):
                    write_file(self.root / SECOND_COPIES / relative, parquet)
                files[name] = relative.as_posix()
                if rows[name] > MANY:
                    give_back()
        look = last_look(self.root)
        for name, file in files.items():
            look.wrote(self.root / file, contents[name])
            if declared(name).irreplaceable:
                look.wrote(self.root / SECOND_COPIES / file, contents[name])
        digest = digest_of(contents)
        manifest = Manifest(stage, inputs, digest, files, rows, dict(facts or {}))
        with self._manifests.changing():
            old = self.manifest(stage, partition)
            self._manifests.write(manifest, partition)
        return manifest, old

    def _file_as_before(self, name: str, content: Tabular, before: Manifest | None) -> Path | None:
        """The file that holds a table already: that of the table with which it was spliced, where no row changed."""
        if before is None or not isinstance(content, Spliced) or not content.is_as_before:
            return None
        path = self.root / before.files[name]
        return path if is_whole(path) else None

    def in_use(self) -> AbstractContextManager[None]:
        """While it is held, no process removes a file of the lake, though newer ones may take its place."""
        return locked(self.root / _IN_USE, shared=True) if self.root.exists() else nullcontext()

    def sweep(self) -> int:
        """Remove the files of tables that no manifest lists: of killed processes, and such as were being read when
        newer ones took their place. Returns how many; none while some process reads, or a manifest is damaged."""
        with locked_if_free(self.root / _IN_USE) as nobody:
            if not nobody:
                return 0
            lying = (each for table in lake_tables() for each in entries_below(self.root / table))
            there = [each.path.removeprefix(f"{self.root}/") for each in lying if each.name.endswith(".parquet")]
            try:
                return self._remove(there)
            except DamagedTableError:
                return 0

    def _remove(self, files: Iterable[str]) -> int:
        """Remove those of some files, with their second copies, that no manifest lists. Nobody may be reading."""
        gone = set(files) - self.listed()
        self._unlink(gone)
        return len(gone)

    def listed(self) -> set[str]:
        """The files, relative to the lake, that some manifest lists. Raises `DamagedTableError`."""
        stages = {table.stage for table in lake_tables().values()}
        return {file for stage in stages for m in self.manifests(stage).values() for file in m.files.values()}

    def _unlink(self, files: Iterable[str]) -> None:
        for file in files:
            for path in (self.root / file, self.root / SECOND_COPIES / file):
                path.unlink(missing_ok=True)

    def manifest(self, stage: str, partition: Partition | None = None) -> Manifest | None:
        """What `stage` last wrote (for `partition`); None if it never finished, or if its manifest is damaged: it runs
        (again) then. Raises `LostTableError` where nothing could make again what it wrote."""
        if stage in self._fixed:
            return self._fixed[stage].get(partition)
        return self._standing(stage, partition)

    def _standing(self, stage: str, partition: Partition | None) -> Manifest | None:
        """The manifest that stands now, also of a stage that is fixed; None as for `manifest`."""
        try:
            return self._manifests.find(stage, partition)
        except LostTableError:
            raise
        except DamagedTableError:
            return None

    def require_again(self, stage: str, partition: Partition | None = None) -> None:
        """Have a stage run again (for `partition`), whatever it was made from; what it wrote stands until then."""
        with self._manifests.changing():
            manifest = self._standing(stage, partition)
            if manifest is not None and manifest.inputs:
                self._manifests.write(replace(manifest, inputs=""), partition)

    def mend(self, stage: str, partition: Partition | None = None) -> Manifest | None:
        """What `stage` last wrote (for `partition`), every file of it whole.

        Of what is damaged, tables that can be made again are let go, and the stage has to run again; others are brought
        back from their second copies. Raises `LostTableError`, and changes nothing, where those are damaged, too.
        """
        with self._manifests.changing():
            manifest = self._standing(stage, partition)
            if manifest is None:
                if self._manifests.drop(stage, partition):
                    note_repair(self.root, "made_again", name_of(stage, partition))
                return None
            self._manifests.bring_back(manifest)
            damaged = self._not_whole(manifest)
            if damaged:
                kept = {table: file for table, file in manifest.files.items() if table not in damaged}
                manifest = replace(manifest, inputs="", files=kept, rows={t: manifest.rows[t] for t in kept})
                self._manifests.write(manifest, partition)
            for file in damaged.values():
                (self.root / file).unlink(missing_ok=True)
                note_repair(self.root, "made_again", file)
            for table, file in manifest.files.items():
                if is_irreplaceable(table):
                    keep_second_copy(self.root, file)
            self._manifests.keep_second_copy(manifest)
            return manifest

    def stands(self, stage: str, inputs: str, partition: Partition | None = None) -> bool:
        """Whether what `stage` last wrote (for `partition`) was made from `inputs`, and no file of it is gone. (Damaged
        ones are found when they are read.)"""
        made = self.manifest(stage, partition)
        if made is None or made.inputs != inputs:
            return False
        return all((self.root / file).exists() for file in made.files.values())

    def _not_whole(self, manifest: Manifest) -> dict[str, str]:
        """The damaged files of tables that can be made again, by table; those of others are brought back."""
        faults = faults_since(self.root, manifest.files.values())
        damaged = {}
        for table, file in manifest.files.items():
            if file in faults and not is_irreplaceable(table):
                damaged[table] = file
            elif file in faults and not restored(self.root, file):
                raise damage(self.root / file, faults[file], lost=True)
        return damaged

    def partitions(self, stage: str) -> list[Partition]:
        """The partitions for which `stage` has finished at least once, in order."""
        if stage in self._fixed:
            return sorted(partition for partition in self._fixed[stage] if partition)
        return self._manifests.partitions(stage)

    def manifests(self, stage: str) -> dict[Partition | None, Manifest]:
        """All manifests of a stage, by partition (None for a stage without partitions). Raises `DamagedTableError`."""
        if stage in self._fixed:
            return dict(self._fixed[stage])
        keys: list[Partition | None] = [*self.partitions(stage), None]
        found = {key: self._manifests.find(stage, key) for key in keys}
        return {key: manifest for key, manifest in found.items() if manifest is not None}

    def digest(self, *stages: str) -> str:
        """One hash over the present output of whole stages, to be the `inputs` of what is made from them."""
        keys = [(stage, key) for stage in stages for key in (*self.partitions(stage), None)]
        found = [(stage, key, self.manifest(stage, key)) for stage, key in keys]
        return digest_of([(stage, key, m.digest) for stage, key, m in found if m is not None])

    def files(self, table: str, partition: Partition | None = None) -> list[Path]:
        """The Parquet files that hold `table` now: of one partition, or of all."""
        return [self.root / file for file in self.listed_files(table, partition)]

    def listed_files(self, table: str, partition: Partition | None = None) -> list[str]:
        """The same, by their paths in the lake."""
        return [file for _, file in self._listed(table, partition)]

    def _listed(self, table: str, partition: Partition | None) -> list[tuple[Partition | None, str]]:
        stage = declared(table).stage
        found: Mapping[Partition | None, Manifest | None]
        if stage in self._fixed:
            found = {key: manifest for key, manifest in self._fixed[stage].items() if partition in (None, key)}
        else:
            found = {partition: self._manifests.find(stage, partition)} if partition else self.manifests(stage)
        return [(key, m.files[table]) for key, m in found.items() if m is not None and table in m.files]

    def whole_files(self, table: str, partition: Partition | None = None, *, unread: bool = False) -> list[Path]:
        """The same files, each hashed and found to be what was written; in place of a damaged one its second copy.
        Where it has none, its stage has to run again, and `DamagedTableError` is raised; `LostTableError` where both
        copies are damaged. `unread`: for whoever does not read them; those that look as they did when they were last
        hashed are not hashed again."""
        listed = [(key, self.root / file) for key, file in self._listed(table, partition)]
        twice, found = declared(table).irreplaceable, []
        for (key, path), fault in zip(listed, self._faults(listed, unread), strict=True):
            copy = self.root / SECOND_COPIES / path.relative_to(self.root)
            if fault and not (twice and is_whole(copy)):
                if not twice:
                    self.require_again(declared(table).stage, key)
                raise damage(path, fault, lost=twice)
            found.append(copy if fault else path)
        return found

    def _faults(self, listed: Iterable[tuple[Partition | None, Path]], unread: bool) -> list[str | None]:
        paths = [path for _, path in listed]
        if not unread:
            return faults_of(paths)
        files = [os.fspath(path).removeprefix(f"{self.root}/") for path in paths]
        faults = faults_since(self.root, files)
        return [faults.get(file) for file in files]

    def read(
        self,
        table: str,
        partition: Partition | None = None,
        columns: list[str] | None = None,
        only: Mapping[str, str] | None = None,
        shared: Collection[str] = (),
    ) -> pd.DataFrame:
        """Read `table` as a frame: of one partition, or of all, in partition order; empty if there is none.

        `only`: values of columns; rows with others are left out before any of them becomes an object of Python.
        `shared`: columns in which many rows say the same; they become categories, so that each text is in memory once.
        Who asks for either has a large table: its lists stay Arrow's.
        Raises `DamagedTableError` as `whole_files` does.
        """
        return to_pandas(self.arrow_read(table, partition, columns, only, shared), arrow_lists=bool(only or shared))

    def arrow_read(
        self,
        table: str,
        partition: Partition | None = None,
        columns: list[str] | None = None,
        only: Mapping[str, str] | None = None,
        shared: Collection[str] = (),
    ) -> pa.Table:
        """The same rows and columns as they stand in Arrow, for who needs no frame of them."""
        schema = arrow_schema(table)
        with self.in_use():
            parts = [rows_of(path, columns, only, shared) for path in self.whole_files(table, partition)]
        if not parts:
            wanted = schema if columns is None else pa.schema([schema.field(c) for c in columns])
            parts = [wanted.empty_table()]
        return pa.concat_tables(parts, promote_options="default")

    def rows(self, table: str) -> int:
        """How many rows `table` has, over all partitions."""
        return sum(manifest.rows.get(table, 0) for manifest in self.manifests(declared(table).stage).values())

    def column(self, table: str, column: str) -> pa.ChunkedArray | None:
        """The values of a column in all files of `table`; None if it was never written."""
        with self.in_use():
            files = self.whole_files(table)
            chunks = [chunk for file in files for chunk in column_of(file, column).chunks]
        if not files:
            return None
        return pa.chunked_array(chunks, arrow_schema(table).field(column).type)


def declared(table: str) -> Table:
    """The declaration of a lake table. Raises `KeyError` for a name that no stage writes."""
    found = tables().get(table)
    if found is None or not found.stage:
        raise KeyError(f"{table} is not declared as a table of the lake")
    return found


class _Known:
    """The values of a column of any table, to look for others among them: of those that are being written, else of
    those in the lake."""

    def __init__(self, lake: Lake, written: Mapping[str, Tabular]) -> None:
        self._lake, self._written = lake, written
        self._spliced = {name: (own.new, own.gone) for name, own in written.items() if isinstance(own, Spliced)}
        self._found: dict[tuple[str, str], Among | None] = {}

    def __call__(self, table: str, column: str) -> Among | None:
        from validation.keys import Among

        if (table, column) not in self._found:
            own = self._written.get(table)
            kind = arrow_schema(table).field(column).type
            values = self._lake.column(table, column) if own is None else values_in_arrow(own[column], kind)
            self._found[table, column] = None if values is None else Among(values)
        return self._found[table, column]

    def lost(self, table: str, column: str) -> pa.Array | None:
        """The values of a column that stood in the table before and do not any more, of a table that was spliced."""
        from validation.keys import stand_in

        if table not in self._spliced:
            return None
        new, gone = (part[column].combine_chunks() for part in self._spliced[table])
        return gone.filter(pa.array(~stand_in(gone, new)))

    def keep_targets(self, table: str) -> None:
        """Remember the columns of a table to which others of those that are being written refer, as it is let go."""
        for name in self._written.keys() - {table}:
            for column in declared(name).columns:
                if column.references and column.references[0] == table:
                    self(*column.references)


def _folder(table: str, partition: Partition | None) -> Path:
    if partition is None:
        return Path(table)
    return Path(table) / f"kode_kabupaten={partition.kode_kabupaten}" / f"periode={partition.periode}"


def _checked(name: str, content: Tabular, known: _Known, same: Path | None) -> tuple[bytes, str]:
    """The bytes of the file of a table that keeps its declaration, and their digest; those of the `same` file where one
    holds it. Raises as `Lake.write` does. A large table is written by another thread while it is checked."""
    table = to_arrow(name, content)
    if same is not None:
        _check(name, content, table, known)
        return same.read_bytes(), same.stem.removeprefix("part-")
    if len(table) <= MANY:
        _check(name, content, table, known)
        return parquet_of(table)
    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(parquet_of, table)
        _check(name, content, table, known)
        return written.result()


def _check(name: str, content: Tabular, table: pa.Table, known: _Known) -> None:
    """Check a table, or of one that was spliced what changed: all of it only where that is not right."""
    from validation.borders import check_references, check_table, keeps_its_declaration

    if isinstance(content, Spliced) and keeps_its_declaration(declared(name), content, known, known.lost):
        return
    check_table(declared(name), table)
    check_references(declared(name), table, known)
