"""What tests of matching share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage import clustering
from assets.households.linkage.compare.records import compare_pairs
from assets.households.linkage.incremental.match_state import MatchState
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import prepare
from assets.households.linkage.second_weighing import shipped

NO_DECISIONS = pd.DataFrame({"record_id_l": [], "record_id_r": [], "decision": []}, dtype="str")


def partition(ids: pd.Series, labels: npt.NDArray[Any]) -> set[frozenset[str]]:
    """Return which ids stand together, whatever their labels are."""
    return {frozenset(group) for _, group in ids.groupby(labels)}


def decide(chance: Random, records: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """Invent some reviewers' decisions, more often on records that lie near each other."""
    records = records.sort_values(["nama", "kode_desa"])
    ids, count = records["record_id"].tolist(), chance.randrange(most + 1)
    pairs = [sorted(chance.sample(ids[at : at + 20], 2)) for at in chance.sample(range(len(ids) - 20), count)]
    decided = [(a, b, chance.choice(("same", "different"))) for a, b in pairs]
    frame = pd.DataFrame(decided, columns=list(NO_DECISIONS.columns)).astype("str")
    return frame.drop_duplicates(["record_id_l", "record_id_r"])


@contextmanager
def eager_second_weighing(eager: bool) -> Iterator[None]:
    """Let the second weighing join most of what no constraint parts, where `eager`: of a few hundred invented records
    it joins hardly any else."""
    counts = shipped()
    with patch.object(clustering, "shipped", lambda: counts._replace(start=counts.start + 12 * eager)):
        yield


def possible_pairs(possible: pd.DataFrame, ids: pd.Series, household: np.ndarray) -> set[object]:
    """Which households may be one, by their records, with what is said of each pair."""
    members = {label: frozenset(group) for label, group in ids.groupby(household)}
    home = {record: members[label] for record, label in zip(ids, household, strict=True)}
    said = possible.drop(columns=["record_id_l", "record_id_r"]).itertuples(index=False, name=None)
    ends = zip(possible["record_id_l"], possible["record_id_r"], strict=True)
    return {(frozenset((home[a], home[b])), rest) for (a, b), rest in zip(ends, said, strict=True)}


def held(state: MatchState) -> dict[str, object]:
    """All that a state holds, whatever the order and the numbers of its rows."""
    alive, records = np.flatnonzero(state.live), state.store.records
    record = records["record"]
    order = alive[np.argsort(record[alive])]
    pairs = zip(record[state.left].tolist(), record[state.right].tolist(), state.weight.tolist(), strict=True)
    villages = zip(state.store.villages["text"].tolist(), state.village_sizes.tolist(), strict=True)
    return {
        "records": {name: records[name][order].tolist() for name in records.layout if name != "fields"},
        "pairs": {(min(a, b), max(a, b), w) for a, b, w in pairs},
        "totals": state.totals.tolist(),
        "common": [sorted(getattr(state, name).tolist()) for name in ("common_nik", "common_no_kk", "common_alamat")],
        "component": {frozenset(g) for _, g in pd.Series(record[alive]).groupby(state.component[alive])},
        "villages": {village: count for village, count in villages if count},
        "compared": compared(state, order),
    }


def compared(state: MatchState, rows: np.ndarray) -> list[list[int]]:
    """Compare each of some records with the next few, by what is state of them."""
    tables = state.store.record_arrays(rows, _name_lengths())
    left, right = (np.concatenate(side).astype(np.int32) for side in zip(*(
        (np.arange(len(rows) - step), np.arange(step, len(rows))) for step in range(1, 6)
    ), strict=True))  # fmt: skip
    levels, rarity = compare_pairs(left, right, tables)
    return np.column_stack([levels, rarity]).tolist()


@cache
def _name_lengths() -> npt.NDArray[Any]:
    """How long names are, as the shipped model has it."""
    return Model.default().with_names(prepare(pd.DataFrame({"record_id": ["one"]}))).names.lengths
