"""What an officer needs beside a referral to act on it; it follows from the lists of the day and is no part of the
history.

A referral rests on the latest list that states it, which need not be the village's newest one: somebody may stand in
the list of 2023 and no longer in that of 2025. Both are said, so that an old referral does not look fresh.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.referrals.facts import Bools, Ints, Listing, latest_stated, stated
from validation.ages import UNKNOWN_AGE, age_at
from validation.keys import positions

CONTACTS = ("telepon", "wali", "pendamping")
"""How to reach somebody, and through whom, as lists state it."""
DESCRIPTION = ("hubungan", "kepala_tercatat", "tercatat_pada_daftar_terbaru", "daftar_terakhir", *CONTACTS, "umur")
"""The columns of a referral that are no part of its history."""
BORN = "lahir"
"""The day from which `umur` is counted, so long as it is not known on which day that is."""
BESIDE = ("referral_id", *DESCRIPTION[:-1], BORN)
"""The columns of the router from which a referral is described."""


def newest_lists(listing: Listing, kode_desa: Any, entry: Ints, owner: Ints) -> tuple[Ints, Bools]:
    """For each referral the newest period (rank) of its village's lists, and whether it rests on a list of that day.

    `kode_desa`: one a referral; `entry`, `owner`: its evidence, one an entry and position of the referral. Without
    any list of the village (-1) it does not.
    """
    lists, villages = pd.factorize(listing.lists)
    newest = np.full(len(villages) + 1, -1, dtype=np.int64)
    np.maximum.at(newest, lists, listing.listed)
    village = positions(pd.Series(kode_desa), pd.Series(villages))
    last = newest[village]
    codes, own = pd.factorize(listing.records["kode_desa"])
    codes = positions(pd.Series(own), pd.Series(villages))[codes]
    record = listing.entry_record[entry]
    days = np.append(listing.ends, np.datetime64("NaT"))
    there = (codes[record] == village[owner]) & (days[listing.rank[record]] == days[last[owner]])
    stands = np.zeros(len(village), dtype=bool)
    stands[owner[there]] = True
    return last, stands


def contact(listing: Listing, column: str, person: Ints, household: Ints) -> pd.Categorical:
    """What the latest lists state of each referral's person in a column of `CONTACTS`.

    Of a telephone that is not known, the one of the household: whoever answers it lives with the person. `person`,
    `household`: one position a referral.
    """
    codes, words = stated(listing, column)
    found = codes[person]
    if column == "telepon":
        said = pd.Index(words).get_indexer(pd.Index(listing.records[column])).astype(np.int64)
        of_home = latest_stated(listing.household, listing.moment, said, len(listing.households))
        found = np.where(found < 0, of_home[household], found)
    return pd.Categorical.from_codes(found, pd.Index(words), validate=False)


def described(current: pd.DataFrame, routed: pd.DataFrame, at: datetime) -> tuple[pd.DataFrame, NDArray[Any]]:
    """`current` (one row a referral) with `DESCRIPTION`, as the router found it in `routed` (`BESIDE`), and the day
    from which each age is counted; `umur` counts on the day of `at`."""
    rows = positions(current["referral_id"], routed["referral_id"])
    born = np.append(routed[BORN].to_numpy(dtype="datetime64[D]"), np.datetime64("NaT"))[rows]
    beside = routed[[*DESCRIPTION[:-1]]]
    taken = {str(name): beside[name].array.take(rows, allow_fill=True) for name in beside}
    return current.assign(**taken, umur=ages(born, at)), born


def ages(born: NDArray[Any], at: datetime) -> pd.Series:
    """The age on the day of `at` of whoever was born on each day, in years; missing where it is not known."""
    age = age_at(born, np.full(len(born), np.datetime64(at, "D")))
    return pd.Series(age, dtype="Int64").mask(age == UNKNOWN_AGE)
