"""Households that more than one directorate holds: who else, who leads, and how many there are in each village."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.referrals.facts import Ints
from assets.referrals.rules import DIRECTORATES

OVERLAP_COLUMNS = ("tingkat", "kode_desa", "household_id", "direktorat", "memimpin", "rumah_tangga", "rujukan")
OF_HOUSEHOLD = "rumah tangga"
"""What `tingkat` says of the rows of households."""
SETS = np.empty(1 << len(DIRECTORATES), dtype=object)
"""The names of every set of directorates, sorted; a set is a number with one bit for each position."""
SETS[:] = [sorted(n for d, n in enumerate(DIRECTORATES) if bits >> d & 1) for bits in range(len(SETS))]


def leaders(household: Ints, directorate: Ints, lead: Ints) -> Ints:
    """For each referral the directorate (position) that leads for its household: that of the smallest `lead` number,
    which no two directorates share."""
    best = np.full(household.max(initial=-1) + 1, np.iinfo(np.int64).max)
    rank = lead * len(DIRECTORATES) + directorate
    np.minimum.at(best, household, rank)
    led: Ints = best[household] % len(DIRECTORATES)
    return led


def also_referred(person: Ints, household: Ints, directorate: Ints) -> NDArray[np.object_]:
    """For each referral the names of the other directorates that hold the same person or household, sorted.

    Names directorates and nothing else: which category they hold is theirs to know.
    """
    sets = np.zeros(len(person), dtype=np.int64)
    for who in (person, household):
        for d in range(len(DIRECTORATES)):
            held = np.zeros(who.max(initial=-1) + 1, dtype=bool)
            held[who[directorate == d]] = True
            sets |= held[who].astype(np.int64) << d
    others: NDArray[np.object_] = SETS[sets & ~(1 << directorate)]
    return others


def overlap_table(household: Ints, directorate: Ints, leader: Ints, households: pd.DataFrame) -> pd.DataFrame:
    """Households referred to several directorates, one row each (`tingkat` `rumah tangga`), and one row a village and
    set of directorates (`desa`): `direktorat` (list), `memimpin`, how many households and referrals.

    In: for each referral the positions of its household (in `households`), its directorate and the one that leads.
    """
    held = np.zeros(len(households), dtype=np.int64)
    np.bitwise_or.at(held, household, 1 << directorate)
    several = np.flatnonzero(held & (held - 1))
    leads = np.zeros(len(households), dtype=np.int64)
    leads[household] = leader
    by_household = pd.DataFrame(
        {
            "tingkat": pd.Series([OF_HOUSEHOLD] * len(several), dtype="str"),
            "household_id": households["household_id"].array.take(several),
            "kode_desa": households["kode_desa"].array.take(several),
            "direktorat": SETS[held[several]],
            "memimpin": pd.Series(DIRECTORATES, dtype="str").array.take(leads[several]),
            "rumah_tangga": np.ones(len(several), dtype=np.int64),
            "rujukan": np.bincount(household, minlength=len(households))[several],
        }
    )
    return with_villages(by_household)


def with_villages(by_household: pd.DataFrame) -> pd.DataFrame:
    """The rows of households, as `overlap_table` has them, and those of their villages, in its order."""
    return pd.concat([_by_village(by_household), by_household], ignore_index=True)[list(OVERLAP_COLUMNS)].sort_values(
        ["tingkat", "kode_desa", "household_id", "memimpin"], kind="stable", ignore_index=True
    )


def _by_village(by_household: pd.DataFrame) -> pd.DataFrame:
    key = by_household["direktorat"].map("|".join).astype("str")
    sums = (
        by_household.assign(key=key)
        .groupby(["kode_desa", "key", "memimpin"], as_index=False)[["rumah_tangga", "rujukan"]]
        .sum()
    )
    sums["direktorat"] = sums.pop("key").str.split("|")
    return sums.assign(tingkat="desa", household_id=pd.Series([None] * len(sums), dtype="str"))
