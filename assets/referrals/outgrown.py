"""Categories that a person has grown out of, where a newer list has the one that follows (`age_successions.csv`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.referrals.conditions import table
from assets.referrals.facts import CATEGORIES, Bools, Listing
from validation.ages import UNKNOWN_AGE, age_at
from validation.categories import pmks_types

SUCCESSIONS = table("age_successions.csv")


def outgrown(listing: Listing, born: NDArray[Any]) -> Bools:
    """Which entries state a category that their person has grown out of.

    That is so where a list later than all that state it has the person in the category that follows, and by the end of
    the latest list of anybody the person is too old for it, or of unknown age. Where both stand in lists of one moment,
    or the person is too young for the later one, nothing tells which is right, and both hold.
    """
    person, moment = listing.person[listing.entry_record], listing.moment[listing.entry_record]
    found = np.zeros(len(person), dtype=bool)
    for old, new in SUCCESSIONS[["kode_pmks", "berlanjut_ke"]].itertuples(index=False):
        of_old = listing.entry_code == CATEGORIES.index(old)
        latest = {}
        for name, entries in (("old", of_old), ("new", listing.entry_code == CATEGORIES.index(new))):
            latest[name] = np.full(len(listing.persons), -1, dtype=np.int64)
            np.maximum.at(latest[name], person[entries], moment[entries])
        replaced = np.flatnonzero((latest["old"] >= 0) & (latest["new"] > latest["old"]))
        age = age_at(born[replaced], np.repeat(listing.ends[-1:], len(replaced)))
        too_old = (age == UNKNOWN_AGE) | (age > (pmks_types()[old].umur_maks or 0))
        ended = np.zeros(len(listing.persons), dtype=bool)
        ended[replaced[too_old]] = True
        found |= of_old & ended[person]
    return found
