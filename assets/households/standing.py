"""What a match leaves behind, so that the next one need not look at all records again.

One row a record, in no particular order. Everything here depends on single records (the keys by which they meet) or
was decided by a match (pairs, labels); whole columns of text are not kept.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assets.households.blocking import Blocking, key_columns
from assets.households.compiled import THREADS, compiled
from assets.households.encode import Hashes, Ints, column_hashes, mix, text_column, text_hashes
from assets.households.living_together import home_keys
from assets.households.matching import Clusters
from assets.households.model import Scale
from assets.households.prepare import CROWDED, SHARED_BY_TOO_MANY, VILLAGE, places_of
from warehouse.files import replacing

COLUMNS = (
    "record_id", "submission_id", "sheet", "kode_desa", "periode", "sumber", "nik", "nik_status", "no_kk", "kk_status",
    "nama", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "presisi_lahir", "umur", "hubungan", "kepala_keluarga",
    "alamat", "dusun", "rt", "rw", "nama_ibu", "nama_ayah",
)  # fmt: skip
"""Columns of records that matching reads."""
COUNTED = {"nik": SHARED_BY_TOO_MANY, "no_kk": SHARED_BY_TOO_MANY, "alamat": CROWDED}
"""What says nothing, or less, where more records carry it."""
PER_RECORD = ("record", "content", "keys", "homes", "numbers", "villages")
LABELS = ("person", "household", "component")
Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Standing:
    """`keys`: what blocking rules and homes ask to agree, `numbers`: what is `COUNTED`, `villages`: the texts of
    villages (each one row a name, one column a record); `totals`: the pairs at each step of blocking; `common_…`: what
    too many records carry; `left`, `right`, `weight`: the pairs that were kept; `component`: what a change of one
    of its records can reach; `decisions`: hashes of the two records and the answer, sorted.
    """

    record: Hashes
    content: Hashes
    keys: Hashes
    homes: Hashes
    numbers: Hashes
    villages: Hashes
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

    def __len__(self) -> int:
        return len(self.record)

    @property
    def size_class(self) -> Scale:
        """The size class under which the pairs were weighed."""
        return Scale(int(self.scale[0]), float(self.scale[1]))

    def save(self, path: Path, context: str) -> None:
        """Write to a file; `context` names the model, rules, code and run for which it stands."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez(file, allow_pickle=False, context=np.array(json.dumps(context)), **arrays)

    @classmethod
    def load(cls, path: Path, context: str) -> Standing | None:
        """Read what stands for `context`; None where there is nothing or it stands for something else."""
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as held:
                if json.loads(str(held["context"])) != context:
                    return None
                return cls(**{f.name: held[f.name] for f in fields(cls)})
        except (ValueError, KeyError, OSError):
            return None


def standing_after(records: pd.DataFrame, found: Clusters, blocking: Blocking, decisions: pd.DataFrame) -> Standing:
    """Keep of a match of all `records` what the next one needs; rows in the canonical order of the match."""
    p, pairs, traces = found._prepared, found._pairs, found._traces
    numbers = numbers_of(records)[:, p.order]
    likely = pairs.weight > 0
    left, right, _ = traces.edges
    person, household = found.person[p.order], found.household[p.order]
    links: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = [(pairs.left[likely], pairs.right[likely])]
    links += [(left, right), (np.arange(len(p)), person)]
    links.append((found._decided.same[:, 0], found._decided.same[:, 1]))
    return Standing(
        record=p.record_hash,
        content=content_of(records)[p.order],
        keys=stacked(key_columns(p, blocking)),
        homes=home_keys(p),
        numbers=numbers,
        villages=p.hashes_of(VILLAGE),
        **{f"common_{c}": _too_common(numbers[k], most) for k, (c, most) in enumerate(COUNTED.items())},
        totals=np.array(traces.totals, np.int64),
        scale=np.array([traces.scale.records, traces.scale.same_village]),
        left=pairs.left,
        right=pairs.right,
        weight=pairs.weight,
        person=person.astype(np.int32),
        household=household.astype(np.int32),
        component=components(len(p), links),
        decisions=hashes_of_decisions(decisions),
    )


def stacked(columns: dict[str, Hashes]) -> Hashes:
    """Return columns by their names in order as one array."""
    return np.stack([columns[name] for name in sorted(columns)])


def content_of(records: pd.DataFrame) -> Hashes:
    """Hash all that matching reads of each record, so that a change shows."""
    columns = [c for c in COLUMNS if c in records.columns and c != "record_id"]

    def hashes(number: int) -> Hashes | int:
        texts = text_column(records, columns[number])
        return 0 if texts is None else _scattered(text_hashes(pc.fill_null(texts, "\x1f")), np.uint64(number))

    out = np.zeros(len(records), np.uint64)
    with ThreadPoolExecutor(THREADS) as pool:
        for column in pool.map(hashes, range(len(columns))):
            out += np.uint64(column)
    return out


def numbers_of(records: pd.DataFrame) -> Hashes:
    """Return the hash of each record's NIK, KK and place as they are written, 0 where there is none (3 × records)."""
    return np.stack([column_hashes(records, "nik"), column_hashes(records, "no_kk"), places_of(records)])


def hashes_of_decisions(decisions: pd.DataFrame) -> Hashes:
    """Return decisions as hashes of left record, right record and answer (3 × decisions)."""
    columns = [text_hashes(c) for name in ("record_id_l", "record_id_r", "decision")
               if (c := text_column(decisions, name)) is not None]  # fmt: skip
    return np.stack(columns) if len(columns) == 3 else np.zeros((3, 0), np.uint64)


def components(n: int, links: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]]) -> Ints:
    """Return for each of `n` rows the first row that is connected with it."""
    left = np.concatenate([a for a, _ in links])
    right = np.concatenate([b for _, b in links])
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    first = np.full(n, n, np.int32)
    np.minimum.at(first, label, np.arange(n, dtype=np.int32))
    return first[label]


def _too_common(numbers: Hashes, most: int) -> Hashes:
    values, counts = np.unique(numbers[numbers > 0], return_counts=True)
    return values[counts > most]


@compiled
def _scattered(hashes: Hashes, salt: np.uint64) -> Hashes:
    out = np.empty(len(hashes), np.uint64)
    for k in range(len(hashes)):
        out[k] = mix(hashes[k] + mix(salt + np.uint64(1)))
    return out


@compiled
def among(values: Hashes, wanted: Hashes) -> Bools:
    """Say for each value whether it is one of `wanted` (0 never is): one look-up in a table of hashes each."""
    size = 16
    while size < 4 * len(wanted):
        size *= 2
    table, last = np.zeros(size, np.uint64), np.uint64(size - 1)
    for w in wanted:
        at = mix(w) & last
        while table[at] != 0 and table[at] != w:
            at = (at + np.uint64(1)) & last
        table[at] = w
    out = np.zeros(len(values), np.bool_)
    for k in range(len(values)):
        if values[k] != 0:
            at = mix(values[k]) & last
            while table[at] != 0 and table[at] != values[k]:
                at = (at + np.uint64(1)) & last
            out[k] = table[at] == values[k]
    return out


def without(standing: Standing, kept: Bools) -> Standing:
    """Leave out rows to which no pair and no label of a kept row leads."""
    number = np.cumsum(kept, dtype=np.int64) - 1
    per_record = {name: getattr(standing, name)[..., kept] for name in PER_RECORD}
    labels = {name: number[getattr(standing, name)[kept]].astype(np.int32) for name in LABELS}
    return replace(
        standing, left=number[standing.left].astype(np.int32),
        right=number[standing.right].astype(np.int32), **per_record, **labels,
    )  # fmt: skip
