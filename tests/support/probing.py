"""What a stage's columns really depend on: columns of its input are changed, and what comes out is compared.

`python -m tests.support.probing HOME` changes every column by itself, and names what is not declared; some minutes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from assets.households.stages.match import MATCH
from assets.intake.stages.settle import SETTLE
from assets.records.stages.measure import MEASURE
from assets.records.stages.validate import VALIDATE
from assets.referrals.stages.refer import REFER
from warehouse.arrow import to_pandas
from warehouse.column_lineage import column_lineage
from warehouse.home import DataHome
from warehouse.kept_rows import MADE_FROM
from warehouse.lake import Lake, Partition
from warehouse.stage import Columns, Stage, StageRun
from warehouse.tables import tables

Place = tuple[str, str]
"""A table and a column of it."""
STAGES = (VALIDATE, SETTLE, MATCH, REFER, MEASURE)
"""The stages that make tables of tables."""
_AT = datetime(2030, 1, 1)


@dataclass(frozen=True)
class ChangedRun(StageRun):
    """A stage at work on tables of which some columns hold other values."""

    changed: tuple[Place, ...] = ()

    def read(self, table: str, *how: Any, **chosen: Any) -> pd.DataFrame:
        frame = super().read(table, *how, **chosen)
        for name, column in self.changed:
            if name == table and column in frame:
                frame = frame.assign(**{column: other_values(frame[column])})
        return frame

    def arrow_read(self, table: str, columns: list[str] | None = None) -> pa.Table:
        held = super().arrow_read(table, columns)
        for name, column in self.changed:
            if name == table and column in held.column_names:
                other = held[column].take(pa.array(_order(len(held))))
                held = held.set_column(held.column_names.index(column), column, other)
        return held

    def facts(self, table: str) -> dict[str, Any]:
        """Without what says of each list that nothing changed: all of it is made anew."""
        return {name: fact for name, fact in super().facts(table).items() if name != MADE_FROM}


def other_values(column: pd.Series) -> pd.Series:
    """The values of a column with each row's exchanged for those of another row, some of them missing."""
    return pd.Series(column.array.take(_order(len(column))), index=column.index)


def _order(rows: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(0).permutation(rows)


def readable(stage: Stage) -> Iterator[Place]:
    """The columns that a stage may read of tables of others, those aside by which rows are told apart."""
    for read in stage.reads:
        table = tables()[read.table if isinstance(read, Columns) else read]
        names = read.columns if isinstance(read, Columns) else table.names
        yield from ((table.name, name) for name in names if not _joins(table.name, name))


def _joins(table: str, column: str) -> bool:
    declared = tables()[table]
    (found,) = [each for each in declared.columns if each.name == column]
    return column in declared.key or found.references is not None or column.endswith("_id")


def computed(
    stage: Stage, home: DataHome, partition: Partition | None, changed: Iterable[Place] = ()
) -> dict[str, pd.DataFrame]:
    """What a stage computes of a home, some columns changed; nothing is written."""
    begun = stage.begin(Lake(home.lake), home, run_id="probe", at=_AT, partition=partition)
    given = {field.name: getattr(begun, field.name) for field in fields(begun)}
    run = ChangedRun(**given | {"inputs": f"probe {changed}"}, changed=tuple(changed))
    assert stage.compute is not None
    made = stage.compute(run)[0]
    return {name: to_pandas(table) if isinstance(table, pa.Table) else table for name, table in made.items()}


def differing(before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]) -> set[Place]:
    """The columns in which rows with the same key differ."""
    found: set[Place] = set()
    for name, frame in before.items():
        key = list(tables()[name].key)
        if not key or frame.empty:
            continue
        one, other = (_by_key(each, key) for each in (frame, after[name]))
        common = one.index.intersection(other.index)
        for column in one.columns:
            left, right = (_texts(each.loc[common, column]) for each in (one, other))
            if not left.equals(right):
                found.add((name, column))
    return found


def _by_key(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    plain = frame.assign(**{name: _texts(frame[name]).to_numpy() for name in key})
    return plain.drop_duplicates(key).set_index(key)


def _texts(column: pd.Series) -> pd.Series:
    return pd.Series([_text(value) for value in column.tolist()], dtype="str")


def _text(value: Any) -> str:
    if isinstance(value, list | tuple | np.ndarray):
        return repr(list(value))
    return "" if value is None or value is pd.NA or value != value else str(value)


@cache
def declared(stage: Stage) -> dict[Place, frozenset[Place]]:
    """What each column that a stage writes is declared to be made from, what the stage makes on the way included."""
    direct: dict[Place, set[Place]] = {}
    for edge in column_lineage():
        if edge.table in stage.writes:
            direct.setdefault((edge.table, edge.column), set()).add((edge.source_table, edge.source_column))
    return {place: frozenset(_behind(place, direct)) for place in direct}


def _behind(place: Place, direct: dict[Place, set[Place]]) -> set[Place]:
    found: set[Place] = set()
    ahead = [place]
    while ahead:
        new = direct.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def undeclared(
    stage: Stage, changed: Iterable[Place], before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]
) -> list[str]:
    """The columns that came out otherwise, though none of the changed ones is declared as a source of theirs."""
    known = declared(stage)
    open_ones = differing(before, after)
    return sorted(".".join(place) for place in open_ones if place in known and not known[place] & set(changed))


def probe_home(source: Path, folder: Path) -> DataHome:
    """A copy of a finished home, without the state of its last match, in which no loss stops a stage."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("_matching", "dagster", "published", "corrections"))
    home = DataHome(root=folder, inbox=folder / "inbox", settle_seconds=0.0, workers=1)
    return replace(home, shrink_percent=100.0)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = probe_home(Path(sys.argv[1]), Path(name) / "home")
        wrong = 0
        for stage in STAGES:
            seen: set[tuple[Place, Place]] = set()
            for partition in stage.partitions(Lake(home.lake)) if stage.partitioned else [None]:
                before = computed(stage, home, partition)
                for place in readable(stage):
                    try:
                        after = computed(stage, home, partition, [place])
                    except ValueError as refused:  # tables that do not fit to each other
                        sys.stdout.write(f"{stage.name}: {'.'.join(place)} is not changed: {refused}\n")
                        continue
                    seen |= {(place, other) for other in differing(before, after)}
                    for column in undeclared(stage, [place], before, after):
                        wrong += 1
                        sys.stdout.write(f"{stage.name}: {column} is made from {'.'.join(place)}, too\n")
            sys.stdout.write(f"{stage.name}: {len(seen)} dependencies seen\n")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
