"""What tests of matching share."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

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


def possible_pairs(possible: pd.DataFrame, ids: pd.Series, household: np.ndarray) -> set[object]:
    """Which households may be one, by their records, with what is said of each pair."""
    members = {label: frozenset(group) for label, group in ids.groupby(household)}
    home = {record: members[label] for record, label in zip(ids, household, strict=True)}
    said = possible.drop(columns=["record_id_l", "record_id_r"]).itertuples(index=False, name=None)
    ends = zip(possible["record_id_l"], possible["record_id_r"], strict=True)
    return {(frozenset((home[a], home[b])), rest) for (a, b), rest in zip(ends, said, strict=True)}
