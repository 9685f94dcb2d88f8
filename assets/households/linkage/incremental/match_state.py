"""What a match leaves behind, so that the next one need not look at all records again.

What is known of single records (`Kept`) lies in files to which later matches add; what a match decided (pairs, labels)
and how much of those files counts is written whole. A record that was withdrawn or changed leaves its row behind, which
counts no more.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assets.households.linkage.arrays.append_only import Growing
from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.groups import Bools, Links, first_of
from assets.households.linkage.arrays.text import Hashes, Ints, text_column, text_hashes
from assets.households.linkage.blocking import Blocking
from assets.households.linkage.clustering import Decided
from assets.households.linkage.incremental.content import NUMBERS, Rows, content_of, numbers_of
from assets.households.linkage.incremental.record_store import Kept
from assets.households.linkage.matching import Clusters
from assets.households.linkage.model.parameters import Scale
from assets.households.linkage.prepare.records import CROWDED, SHARED_BY_TOO_MANY, VILLAGE
from assets.households.linkage.scoring import Pairs
from warehouse.files import private_folder, replacing

COUNTED = dict(zip(NUMBERS, (SHARED_BY_TOO_MANY, SHARED_BY_TOO_MANY, CROWDED), strict=True))
"""How many records may share each of `NUMBERS`."""
LOOKED_AHEAD = 8
"""Records that may have gone, one behind the other, for the next one to be found where it is expected."""
STATE, ROWS = "state.npz", "rows-"
"""The file of what a match decided, and how the folder of what is known of single records begins."""


@dataclass(frozen=True)
class Standing:
    """`kept`: what is known of single records, row by row; `alive`: which rows count; `listed`: their rows in the order
    in which the records were given; `village_sizes`: how many records each of `kept.villages` has; `common_…`: what too
    many records carry; `totals`: the pairs at each step of blocking; `left`, `right`, `weight`: the pairs that were
    kept; `component`: what a change of one of its records can reach; `decisions`: hashes of the two records and the
    answer. Labels are rows of one member; those of rows that do not count mean nothing.
    """

    kept: Kept
    alive: Bools
    listed: Ints
    village_sizes: Rows
    common_nik: Hashes
    common_no_kk: Hashes
    common_alamat: Hashes
    totals: Rows
    scale: npt.NDArray[np.float64]
    left: Ints
    right: Ints
    weight: npt.NDArray[np.float32]
    person: Ints
    household: Ints
    component: Ints
    decisions: Hashes
    stored: tuple[Path, dict[str, int]] | None = None
    """The folder from which `kept` was opened, and how many rows of each of its tables are there."""

    @property
    def size_class(self) -> Scale:
        """The size class under which the pairs were weighed."""
        return Scale(int(self.scale[0]), float(self.scale[1]))

    def rows_of(self, records: Hashes) -> Rows:
        """Return the row of each record (by the hash of its id) that was there before, -1 for others."""
        before = self.kept.records["record"][self.listed]
        place = _as_listed(records, before, LOOKED_AHEAD)
        others = np.flatnonzero(place < 0)
        place[others] = first_of(before, records[others])
        return np.where(place >= 0, np.append(self.listed, np.int32(-1))[place], np.int32(-1)).astype(np.int64)

    def save(self, folder: Path, context: str) -> None:
        """Write to a folder; `context` names the model, rules, code and run for which it stands.

        Rows that are there already are not written again. What was there before counts until all is written.
        """
        private_folder(folder)
        rows, since = self.stored or (Path(mkdtemp(prefix=ROWS, dir=folder)), dict[str, int]())
        for name, table in self.kept:
            private_folder(rows / name)
            table.write(rows / name, since.get(name, 0))
        told = {
            "context": context, "folder": rows.name,
            "tables": {name: [len(table), table.layout] for name, table in self.kept},
        }  # fmt: skip
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("kept", "stored")}
        with replacing(folder / STATE) as beside, beside.open("wb") as file:
            np.savez(file, allow_pickle=False, told=np.array(json.dumps(told)), **arrays)
        for other in folder.glob(f"{ROWS}*"):
            if other != rows:
                shutil.rmtree(other)

    @classmethod
    def load(cls, folder: Path, context: str) -> Standing | None:
        """Open what stands for `context`; None where there is nothing, or it stands for something else, or is torn."""
        try:
            with np.load(folder / STATE, allow_pickle=False) as held:
                told = json.loads(str(held["told"]))
                if told["context"] != context:
                    return None
                rows = folder / told["folder"]
                tables = {name: Growing.opened(rows / name, *said) for name, said in told["tables"].items()}
                arrays = {name: held[name] for name in held.files if name != "told"}
            return cls(Kept(**tables), **arrays, stored=(rows, {name: len(table) for name, table in tables.items()}))
        except (BadZipFile, EOFError, KeyError, OSError, TypeError, ValueError):
            return None


def standing_after(records: pd.DataFrame, found: Clusters, blocking: Blocking, decisions: pd.DataFrame) -> Standing:
    """Keep of a match of all `records` what the next one needs; rows in the canonical order of the match."""
    traces, pairs = found._traces, found._pairs
    if traces is None:
        raise ValueError("only a match of all records can be kept")
    p = traces.prepared
    numbers = [column[p.order] for column in numbers_of(records)]
    kept = Kept.empty(blocking).with_records(p, blocking, content_of(records)[p.order], numbers)
    person, household = found.person[p.order], found.household[p.order]
    listed = np.empty(len(p), np.int32)
    listed[p.order] = np.arange(len(p), dtype=np.int32)
    return Standing(
        kept=kept,
        alive=np.ones(len(p), bool),
        listed=listed,
        village_sizes=sizes_of(kept, np.arange(len(p))),
        common_nik=_too_common(numbers[0], COUNTED["nik"]),
        common_no_kk=_too_common(numbers[1], COUNTED["no_kk"]),
        common_alamat=_too_common(numbers[2], COUNTED["alamat"]),
        totals=np.array(traces.totals, np.int64),
        scale=np.array([traces.scale.records, traces.scale.same_village]),
        left=pairs.left,
        right=pairs.right,
        weight=pairs.weight,
        person=person.astype(np.int32),
        household=household.astype(np.int32),
        component=components(person, pairs, traces.edges, found._decided),
        decisions=hashes_of_decisions(decisions),
    )


def sizes_of(kept: Kept, rows: Rows) -> Rows:
    """Count some rows by the number of their village."""
    village = kept.records["fields"][rows, VILLAGE]
    return np.bincount(village[village >= 0], minlength=len(kept.villages))


def hashes_of_decisions(decisions: pd.DataFrame) -> Hashes:
    """Return decisions as hashes of left record, right record and answer (3 × decisions)."""
    columns = [text_hashes(c) for name in ("record_id_l", "record_id_r", "decision")
               if (c := text_column(decisions, name)) is not None]  # fmt: skip
    return np.stack(columns) if len(columns) == 3 else np.zeros((3, 0), np.uint64)


def components(person: npt.NDArray[Any], pairs: Pairs, edges: Links, decided: Decided) -> Ints:
    """Return for each row the first row that is connected with it: by its person (a row of it), a pair that is likely
    one person, an edge of homes, or a reviewer."""
    likely, n = pairs.weight > 0, len(person)
    left = np.concatenate([np.arange(n), pairs.left[likely], edges[0], decided.same[:, 0]])
    right = np.concatenate([person, pairs.right[likely], edges[1], decided.same[:, 1]])
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    first = np.full(n, n, np.int32)
    np.minimum.at(first, label, np.arange(n, dtype=np.int32))
    return first[label]


def _too_common(numbers: Hashes, most: int) -> Hashes:
    values, counts = np.unique(numbers[numbers > 0], return_counts=True)
    return values[counts > most]


@compiled
def _as_listed(records: Hashes, before: Hashes, ahead: int) -> Rows:
    """Return where each record stood before, as far as they stand in the same order; else -1."""
    out, at = np.full(len(records), -1), 0
    for k in range(len(records)):
        for other in range(at, min(at + ahead, len(before))):
            if before[other] == records[k]:
                out[k], at = other, other + 1
                break
    return out
