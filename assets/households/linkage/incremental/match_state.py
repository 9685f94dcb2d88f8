"""The state of a match, saved so that the next match need only look at what changed.

What is computed from single records (`RecordStore`) is in files to which later matches append. What the match decided
(pairs, labels) and how many rows of those files count is one file, replaced as a whole. A record that was withdrawn or
changed leaves its old row in the store; that row is no longer live.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.arrays.append_only import AppendOnlyColumns, Checks
from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.links import Bools, Links, united
from assets.households.linkage.arrays.lookup import first_index_of
from assets.households.linkage.arrays.text import Hashes, Ints, text_column, text_hashes
from assets.households.linkage.blocking import Blocking
from assets.households.linkage.clustering import Decided
from assets.households.linkage.incremental.content import SHARED_COLUMNS, Rows, content_hashes, shared_hashes
from assets.households.linkage.incremental.record_store import RecordStore
from assets.households.linkage.matching import Clusters, Traces
from assets.households.linkage.model.parameters import Scale
from assets.households.linkage.pairs import Pairs
from assets.households.linkage.prepare.fields import VILLAGE
from assets.households.linkage.prepare.identifiers import SHARED_BY_TOO_MANY
from assets.households.linkage.prepare.records import CROWDED
from warehouse.files import private_folder, replacing

MOST_SHARING = dict(zip(SHARED_COLUMNS, (SHARED_BY_TOO_MANY, SHARED_BY_TOO_MANY, CROWDED), strict=True))
"""How many records may share a value of each of `SHARED_COLUMNS` before it is ignored."""
LOOKAHEAD = 8
"""How many records may be missing in a row for the next one to be still found where the old order expects it."""
STATE_FILE, STORE_PREFIX = "state.npz", "rows-"
"""The file of what a match decided, and the prefix of the folder that holds the record store."""
NOT_ARRAYS = ("store", "files")
"""Fields of `MatchState` that are not saved as arrays of `STATE_FILE`."""


class DamagedStateError(Exception):
    """The saved state is damaged: all records are to be matched from scratch."""


@dataclass(frozen=True)
class MatchState:
    """All that the next match needs. A row is a row of `store.records`.

    `store`: what is known of single records. `live`: one a row, whether its record is in force. `input_rows`: the row
    of each record, in the order in which the records were given. `village_sizes`: live records of each of
    `store.villages`. `common_nik`, `common_no_kk`, `common_alamat`: hashes of values that too many records share.
    `totals`: rules × conditional split steps, as `Blocks.totals`. `scale`: the size class, see `size_class`. `left`,
    `right`, `weight`: the scored pairs that were kept. `person`, `household`: one a row, a row of one member; for rows
    that are not live they mean nothing; households as far as cards, heads and people tell them. `component`: one a
    row; a change of one record can reach only its component.
    `decisions`: hashes of left record, right record and answer (3 × decisions).
    """

    store: RecordStore
    live: Bools
    input_rows: Ints
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
    files: tuple[Path, dict[str, tuple[int, Checks]]] | None = None
    """The folder from which `store` was opened, and how many rows of each of its tables are there, with checksums."""

    @property
    def size_class(self) -> Scale:
        """The size class under which the pairs were scored."""
        return Scale(int(self.scale[0]), float(self.scale[1]))

    def rows_of(self, records: Hashes) -> Rows:
        """Return the row of each record (by the hash of its id) in the last match, -1 for records that it had not."""
        before = self.store.records["record"][self.input_rows]
        position = _found_in_order(records, before, LOOKAHEAD)
        others = np.flatnonzero(position < 0)
        position[others] = first_index_of(records[others], before)
        return np.where(position >= 0, np.append(self.input_rows, np.int32(-1))[position], np.int32(-1)).astype(
            np.int64
        )

    def save(self, folder: Path, context: str) -> None:
        """Write the state to a folder.

        `context`: names the model, rules, code and run to which the state belongs. Rows that are in the files already
        are not written again. Until all is written, the state that was there before counts.
        """
        private_folder(folder)
        rows, written = self.files or (Path(mkdtemp(prefix=STORE_PREFIX, dir=folder)), {})
        checks = {}
        for name, table in self.store:
            private_folder(rows / name)
            checks[name] = table.write(rows / name, *written.get(name, (0, {})))
        header = {
            "context": context, "folder": rows.name,
            "tables": {name: [len(table), table.layout, checks[name]] for name, table in self.store},
        }  # fmt: skip
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in NOT_ARRAYS}
        with replacing(folder / STATE_FILE) as beside, beside.open("wb") as file:
            np.savez(file, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)
        for other in folder.glob(f"{STORE_PREFIX}*"):
            if other != rows:
                shutil.rmtree(other)

    @classmethod
    def load(cls, folder: Path, context: str) -> MatchState | None:
        """Open the state in a folder; None if there is none or its context is another. Raises `DamagedStateError`."""
        if not (folder / STATE_FILE).exists():
            return None
        try:
            with np.load(folder / STATE_FILE, allow_pickle=False) as saved:
                header = json.loads(str(saved["header"]))
                if header["context"] != context:
                    return None
                rows = folder / header["folder"]
                tables = {
                    name: AppendOnlyColumns.open_files(rows / name, count, layout, checks)
                    for name, (count, layout, checks) in header["tables"].items()
                }
                arrays = {name: saved[name] for name in saved.files if name != "header"}
            written = {name: (count, checks) for name, (count, _, checks) in header["tables"].items()}
            return cls(RecordStore(**tables), **arrays, files=(rows, written))
        except Exception as error:  # whatever damage makes of a file's format
            raise DamagedStateError(f"{STATE_FILE} or what it names is damaged") from error


def state_after(records: pd.DataFrame, found: Clusters, blocking: Blocking, decisions: pd.DataFrame) -> MatchState:
    """Return the state of a match from scratch.

    In: `records`, `blocking` and `decisions` as they were given to `cluster_records`; `found`: what it returned. Raises
    ValueError where `found` is not a match of all records.
    """
    traces = found._traces
    if traces is None:
        raise ValueError("only a match of all records has a state")
    person, needed = found.person[traces.prepared.order], found.model.needed
    return state_of(records, traces, found._pairs, person, needed, found._decided, blocking, decisions)


def state_of(
    records: pd.DataFrame, traces: Traces, pairs: Pairs, person: npt.NDArray[np.int64], needed: float, decided: Decided,
    blocking: Blocking, decisions: pd.DataFrame,
) -> MatchState:  # fmt: skip
    """Return the state of a match of all records; rows are the records in the canonical order of the match.

    `traces`, `pairs`, `person`, `decided`: what the match came to, by rows, `person` one a row; `needed`: the weight
    above which it joined persons. `decisions`: as they were given to it.
    """
    p, household = traces.prepared, traces.household
    shared = [column[p.order] for column in shared_hashes(records)]
    store = RecordStore.empty(blocking).with_records(p, blocking, content_hashes(records)[p.order], shared)
    common = {c: _too_common(values, MOST_SHARING[c]) for c, values in zip(SHARED_COLUMNS, shared, strict=True)}
    return MatchState(
        store=store,
        live=np.ones(len(p), bool),
        input_rows=p.row_of.astype(np.int32),
        village_sizes=village_sizes_of(store, np.arange(len(p))),
        common_nik=common["nik"],
        common_no_kk=common["no_kk"],
        common_alamat=common["alamat"],
        totals=np.array(traces.totals, np.int64),
        scale=np.array([traces.scale.records, traces.scale.same_village]),
        left=pairs.left,
        right=pairs.right,
        weight=pairs.weight,
        person=person.astype(np.int32),
        household=household.astype(np.int32),
        component=components(person, pairs, needed, traces.edges, decided),
        decisions=decision_hashes(decisions),
    )


def village_sizes_of(store: RecordStore, rows: Rows) -> Rows:
    """Count the given rows by village (one number for each of `store.villages`)."""
    village = store.records["fields"][rows, VILLAGE]
    return np.bincount(village[village >= 0], minlength=len(store.villages))


def decision_hashes(decisions: pd.DataFrame) -> Hashes:
    """Return decisions as hashes of left record, right record and answer (3 × decisions)."""
    columns = [text_hashes(c) for name in ("record_id_l", "record_id_r", "decision")
               if (c := text_column(decisions, name)) is not None]  # fmt: skip
    return np.stack(columns) if len(columns) == 3 else np.zeros((3, 0), np.uint64)


def components(person: npt.NDArray[Any], pairs: Pairs, needed: float, edges: Links, decided: Decided) -> Ints:
    """Return for each row the first row of its connected component.

    Rows are connected by their person (`person`: a row of it), a pair with a weight above `needed`, an edge between
    records of one dwelling (`edges`), or a reviewer's answer `same` (`decided`).
    """
    likely, rows = pairs.weight > needed, np.arange(len(person), dtype=np.int32)
    component = united(rows, rows, person.astype(np.int32))
    component = united(component, pairs.left[likely], pairs.right[likely])
    component = united(component, edges[0], edges[1])
    out: Ints = united(component, decided.same[:, 0].copy(), decided.same[:, 1].copy())
    return out


def _too_common(values: Hashes, most: int) -> Hashes:
    """Return the values (but 0) that more than `most` records share, ascending."""
    distinct, counts = np.unique(values[values > 0], return_counts=True)
    return distinct[counts > most]


@compiled
def _found_in_order(records: Hashes, before: Hashes, lookahead: int) -> Rows:
    """Return the index in `before` of each record, as far as both are in the same order; else -1.

    One pass, without a hash table: most runs give almost the same records in the same order.
    """
    out, at = np.full(len(records), -1), 0
    for k in range(len(records)):
        for other in range(at, min(at + lookahead, len(before))):
            if before[other] == records[k]:
                out[k], at = other, other + 1
                break
    return out
