"""A stage, declared once: what it reads, what else decides its result, and the function that computes it.

From the declaration follow what the stage may read and write (anything else raises), when it has to run again (the
hash of the tables it reads, of its settings and of its code), the dependencies of its Dagster assets, the picture of
the data flow and the reference pages. What it writes stands in the declarations of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from validation.keys import in_order_of
from validation.spliced import Spliced
from warehouse.arrow import rows_of, to_pandas
from warehouse.code import code_digest
from warehouse.contents import ROWS, column_hashes, column_hashes_of_parts, columns_noted, columns_of, contents_note
from warehouse.home import DataHome
from warehouse.lake import Lake, Manifest, Partition, declared, digest_of
from warehouse.memory import give_back
from warehouse.migrations import require_version
from warehouse.tables import lake_tables

Content = Mapping[str, pd.DataFrame | pa.Table | Spliced]
"""What a stage computed: a frame, or columns of Arrow, for each table that it writes; or, where most rows stand in the
table that it wrote last, by the same code, all rows and those that came or went."""

UNFINISHED = "unfinished"
"""The fact by which a stage says that it could not take all of its input: it runs again, even if nothing changed."""


class UndeclaredError(LookupError):
    """A stage reads or writes a table that its declaration does not name."""


@dataclass(frozen=True)
class Columns:
    """A declared reading of some columns of a table, where other columns may change without the result changing.

    In a stage that runs by partition it means the rows of its partition, by `kode_kabupaten` and `periode`.
    """

    table: str
    columns: tuple[str, ...]


def _none(home: DataHome) -> None:
    """The settings of a stage that has none."""


def _as_they_are(settings: Any) -> object:
    return settings


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The declaration of a stage.

    `name`: of its manifests. `reads`: the lake tables that its result depends
    on. `remembers`: tables of its own that it reads back, such as a history: what they hold does not make it run again.
    `settings`: makes, from the data home, what else decides the result, and `fingerprint` the facts (JSON) of it that
    are hashed. `partitioned`: runs for one kabupaten and period at a time. `compute`: gets a `StageRun` and returns the
    tables, and some facts for the manifest (JSON, no personal values); stages that write no table are used through
    `begin`. `module`: where its code is, if not where `compute` is.
    """

    name: str
    reads: tuple[str | Columns, ...]
    compute: Callable[[StageRun], tuple[Content, Mapping[str, Any]]] | None = None
    remembers: tuple[str, ...] = ()
    settings: Callable[[DataHome], Any] = _none
    fingerprint: Callable[[Any], object] = _as_they_are
    partitioned: bool = False
    module: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.compute is not None and not self.module:
            object.__setattr__(self, "module", self.compute.__module__)
        if not self.module:
            raise ValueError(f"stage {self.name}: name the module of its code")
        undeclared = [name for name in self.remembers if name not in self.writes]
        undeclared += [name for name in self.sources if not declared(name).stage]
        if undeclared:
            raise UndeclaredError(f"stage {self.name} declares {', '.join(undeclared)}")

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the tables that it reads."""
        return tuple(read.table if isinstance(read, Columns) else read for read in self.reads)

    @property
    def writes(self) -> tuple[str, ...]:
        """The tables that it writes, by their declarations."""
        return tuple(lake_tables(self.name))

    def inputs(self, lake: Lake, home: DataHome, settings: Any, partition: Partition | None = None) -> str:
        """One hash over all that the result depends on: the tables read, the settings, the code."""
        note = contents_note(home) if lake.root == home.lake else None
        tables = [self._digest(lake, note, read, partition) for read in self.reads]
        return digest_of(tables, self.fingerprint(settings), code_digest(self.module))

    def _digest(self, lake: Lake, note: Path | None, read: str | Columns, partition: Partition | None) -> object:
        if isinstance(read, Columns) and partition:
            return [read.table, _parted(lake, read).hashes_of(partition)]
        if isinstance(read, Columns):
            with lake.in_use():
                files = lake.whole_files(read.table, unread=True)
                held = [_digest_of_file(lake.root, path, read, note) for path in files]
            return [read.table, [digest for digest in held if digest]]
        return [read, [file.rpartition("/")[2] for file in lake.listed_files(read, partition)]]

    def partitions(self, lake: Lake) -> list[Partition]:
        """The partitions in which there is something to read, or once was, sorted."""
        known = set(lake.partitions(self.name))
        for read in self.reads:
            if isinstance(read, Columns):
                known |= set(_parted(lake, read).spans)
            else:
                known |= set(lake.partitions(declared(read).stage))
        return sorted(known)

    def pending(self, lake: Lake, home: DataHome) -> dict[Partition, str]:
        """The partitions that have to run (again), each with the hash of what they would be made from: those that were
        made from something else, and those of which a file is gone."""
        settings = self.settings(home)
        due = {p: self.inputs(lake, home, settings, p) for p in self.partitions(lake)}
        return {p: inputs for p, inputs in due.items() if not lake.stands(self.name, inputs, p)}

    def unfinished(self, lake: Lake) -> list[Partition]:
        """The partitions that are to run again because some of what they read failed for the time being."""
        return [p for p in lake.partitions(self.name) if self.is_unfinished(lake, p)]

    def is_unfinished(self, lake: Lake, partition: Partition) -> bool:
        return _unfinished(lake.manifest(self.name, partition))

    def begin(
        self,
        lake: Lake,
        home: DataHome,
        *,
        run_id: str = "",
        at: datetime | None = None,
        partition: Partition | None = None,
        settings: Any = None,
    ) -> StageRun:
        """The stage at work on a lake: settings made (unless given), inputs hashed, nothing computed yet; memory that
        an earlier stage freed is given back, unless it is one of many partitions.

        `at`: the moment of the run, UTC without a zone; now, if not given. Raises `FormatError` for a lake of another
        version.
        """
        require_version(lake.root)
        if self.partitioned and partition is None:
            raise ValueError(f"stage {self.name} runs for one kabupaten and period at a time")
        if partition is None:
            give_back()
        made = self.settings(home) if settings is None else settings
        moment = at or datetime.now(UTC).replace(tzinfo=None)
        inputs = self.inputs(lake, home, made, partition)
        return StageRun(self, lake, home, run_id, moment, made, inputs, partition)


@dataclass(frozen=True)
class StageRun:
    """A stage at work: the only way by which its computation reads the lake. A helper process can be given it, if all
    functions that the declaration names can be found by their names."""

    stage: Stage
    lake: Lake
    home: DataHome
    run_id: str
    at: datetime
    settings: Any
    inputs: str
    partition: Partition | None = None

    def read(
        self,
        table: str,
        partition: Partition | None = None,
        columns: list[str] | None = None,
        only: Mapping[str, str] | None = None,
        shared: Collection[str] = (),
    ) -> pd.DataFrame:
        """A declared table as a frame: of the run's partition, where the stage runs by partition, else of all. `only`
        and `shared`, of whole tables: as for `Lake.read`.

        Raises `UndeclaredError` for a table, or a column of it, that the declaration does not name.
        """
        where = partition or self.partition
        for read in self.stage.reads:
            if isinstance(read, Columns) and read.table == table:
                undeclared = set(columns or ()) - set(read.columns)
                if undeclared:
                    raise UndeclaredError(f"stage {self.stage.name} reads {table}: {', '.join(sorted(undeclared))}")
                if only:
                    raise UndeclaredError(
                        f"stage {self.stage.name} reads rows of {table}, which it declares by columns"
                    )
                frame = _selected(self.lake, read, where)
                return frame[columns] if columns else frame
        self._check(table)
        return self.lake.read(table, where, columns, only, shared)

    def arrow_read(
        self,
        table: str,
        columns: list[str] | None = None,
        partition: Partition | None = None,
        shared: Collection[str] = (),
    ) -> pa.Table:
        """A table that is declared whole or remembered, or some columns of it, as it stands in Arrow: of the run's
        partition, where the stage runs by partition. Raises `UndeclaredError` for any other table. `shared`: as for
        `Lake.read`."""
        if table not in (*self.stage.reads, *self.stage.remembers):
            raise UndeclaredError(f"stage {self.stage.name} reads {table}, which it does not declare whole")
        return self.lake.arrow_read(table, partition or self.partition, columns, shared=shared)

    @property
    def before(self) -> Manifest | None:
        """What the stage last wrote (of the run's partition), if it ever finished."""
        return self.lake.manifest(self.stage.name, self.partition)

    def partitions(self, table: str) -> list[Partition]:
        """The partitions of a declared table."""
        self._check(table)
        return self.lake.partitions(declared(table).stage)

    def files(self, table: str, partition: Partition) -> list[str]:
        """The files that hold a partition of a declared table, by their names, which say what they hold."""
        self._check(table)
        return [path.name for path in self.lake.files(table, partition)]

    def rows(self, table: str) -> int:
        """How many rows a declared table has."""
        self._check(table)
        return self.lake.rows(table)

    def digests(self) -> dict[str, str]:
        """One hash over the present output of each stage whose tables are read."""
        return {
            stage: self.lake.digest(stage) for stage in dict.fromkeys(declared(t).stage for t in self.stage.sources)
        }

    def facts(self, table: str) -> dict[str, Any]:
        """The facts that the stage which wrote a declared table noted about it, or about the run's partition of it."""
        self._check(table)
        manifest = self.lake.manifest(declared(table).stage, self.partition)
        return manifest.facts if manifest else {}

    def _check(self, table: str) -> None:
        if table not in (*self.stage.sources, *self.stage.remembers):
            raise UndeclaredError(f"stage {self.stage.name} reads {table}, which it does not declare")


@dataclass(frozen=True)
class StageResult:
    """What a stage came to: its manifest, and whether anything was computed (False: the inputs were the same)."""

    manifest: Manifest
    changed: bool


def run_stage(run: StageRun) -> StageResult:
    """Compute the stage and write its tables, all or nothing, unless they are already made from the same inputs, all of
    them (`UNFINISHED`), and whole.

    Raises `UndeclaredError` where it computed other tables than those declared as its own.
    """
    stage, lake = run.stage, run.lake
    before = lake.mend(stage.name, run.partition)
    if before is not None and is_made(run, before):
        return StageResult(before, changed=False)
    if stage.compute is None:
        raise UndeclaredError(f"stage {stage.name} writes no tables")
    computed, facts = stage.compute(run)
    content = dict(computed)
    del computed  # so that a table goes once it was written
    if run.partition is None:
        give_back()
    if set(content) != set(stage.writes):
        raise UndeclaredError(f"stage {stage.name} wrote {sorted(set(content) ^ set(stage.writes))} against its tables")
    made = lake.write(stage.name, content, inputs=run.inputs, partition=run.partition, facts=facts)
    return StageResult(made, changed=True)


def is_made(run: StageRun, before: Manifest | None) -> bool:
    """Whether what the stage wrote before is what it would write now, of all of its input (`UNFINISHED`)."""
    return before is not None and before.inputs == run.inputs and not _unfinished(before)


def run_in_helper(stage: Stage, home: DataHome, run_id: str, partition: Partition) -> StageResult:
    """Compute a stage for a partition where nobody has opened the lake yet: in a helper process."""
    return run_stage(stage.begin(Lake(home.lake), home, run_id=run_id, partition=partition))


def _unfinished(manifest: Manifest | None) -> bool:
    return manifest is not None and bool(manifest.facts.get(UNFINISHED))


def _selected(lake: Lake, read: Columns, partition: Partition | None) -> pd.DataFrame:
    """The declared columns, of the rows of a partition or of all, in the order of the table's key."""
    if partition is None:
        return _sorted(lake.read(read.table, columns=list(read.columns)), read.table)
    return _parted(lake, read).frame(partition)


@lru_cache(maxsize=100_000)
def _digest_of_file(lake: Path, path: Path, read: Columns, note: Path | None) -> str:
    """One hash over the declared columns of a lake file, its rows in the order of the table's key; empty where it has
    no rows. Its name says its content: what it holds is read from the `note` of the last run, where that tells of it.
    Each directorate asks for the same."""
    held = columns_noted(note, path.relative_to(lake).as_posix()) if note else None
    if held is None or not {ROWS, *read.columns} <= held.keys():
        key = declared(read.table).key
        names = [*dict.fromkeys((*key, *read.columns))] if key else None  # without a key all columns give the order
        held = columns_of(read.table, rows_of(path, names, None))
    return "" if held[ROWS] == "0" else digest_of({name: held[name] for name in (ROWS, *read.columns)})


@dataclass(frozen=True)
class _Parted:
    """The declared columns of a table, its rows by partition and, within one, in the order of the table's key.

    `spans`: where the rows of each partition lie. `hashes`: of each partition one hash for each column. It is made for
    all partitions together: to ask a table for the rows of one takes as long for a row as for a thousand.
    """

    rows: pa.Table
    spans: Mapping[Partition, slice]
    hashes: Mapping[Partition, list[str]]

    def frame(self, partition: Partition) -> pd.DataFrame:
        span = self.spans.get(partition, _NO_ROWS)
        return to_pandas(self.rows[span])

    def hashes_of(self, partition: Partition) -> list[str]:
        return self.hashes.get(partition) or [*column_hashes(self.rows[_NO_ROWS]).values()]


_NO_ROWS = slice(0, 0)


def _parted(lake: Lake, read: Columns) -> _Parted:
    return _parted_once(lake.root, tuple(lake.listed_files(read.table)), read)


@lru_cache(maxsize=4)
def _parted_once(root: Path, files: tuple[str, ...], read: Columns) -> _Parted:
    """`files` hold the table now: no old state is kept."""
    where, columns = ["kode_kabupaten", "periode"], list(read.columns)
    table = Lake(root).arrow_read(read.table, columns=list(dict.fromkeys([*columns, *where])))
    placed = table.filter(pc.and_(pc.is_valid(table[where[0]]), pc.is_valid(table[where[1]])))
    key = [column for column in declared(read.table).key if column in placed.column_names]
    placed = placed.sort_by([(column, "ascending") for column in dict.fromkeys([*where, *key])])
    at = pc.binary_join_element_wise(*(placed[column] for column in where), "\n").combine_chunks()
    runs = pc.run_end_encode(at)
    ends = [0, *runs.run_ends.to_pylist()]
    partitions = [Partition(*place.split("\n")) for place in runs.values.to_pylist()]
    spans = dict(zip(partitions, map(slice, ends, ends[1:]), strict=False))
    rows = placed.select(columns)
    hashes = column_hashes_of_parts(rows, [*spans.values()])
    return _Parted(rows, spans, {each: [*of.values()] for each, of in zip(spans, hashes, strict=True)})


def _sorted(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    key = [column for column in declared(table).key if column in frame.columns]
    return in_order_of(frame, key) if key else frame
