"""Pairs of households that may be one: by what people of both show at one place, or because somebody is in both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from assets.households.linkage.arrays.links import Bools, pair_codes
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.cardless.evidence import Floats, Labels
from assets.households.linkage.cardless.places import PlaceKey
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.dwellings.people import odds_by_people
from assets.households.linkage.dwellings.weights import HouseholdWeights

SAME_PERSON = len(PlaceKey)
REASONS = ("same_house_number", "same_rt", "same_hamlet", "same_rt", "same_house_number", "same_person")
"""What two households share that may be one: by `PlaceKey`, and `SAME_PERSON`. By an institution nobody is."""
WORTH_ASKING = 0.1
"""Probability from which two households are kept as possibly one."""
FOUNDED_NEAR = 1.7
"""Bits against one household of two without card and head in one village that list one person: who founds another
stays there more often than not. Of 20,000 records of four corpora without card, head and role, 1 in 21 such pairs were
one household, where 1 in 7 was stated."""


class Possible(NamedTuple):
    """Pairs of records of two households that may be one, one entry a pair of households: the surest pair of their
    dwellings, how probable one household is, what they share (a number of `REASONS`), how many dwellings are at that
    place, or have that person, and how many lists name both and the less often named."""

    left: Labels
    right: Labels
    probability: Floats
    shared: Labels
    crowd: Labels
    together: Labels
    fewer: Labels

    def chosen(self, which: Labels | Bools) -> Possible:
        """Return some of the pairs."""
        return Possible(**{name: part[which] for name, part in self._asdict().items()})

    def and_also(self, others: Possible) -> Possible:
        """Return these pairs, and others after them."""
        mine, theirs = self._asdict(), others._asdict()
        return Possible(**{name: np.concatenate([mine[name], theirs[name]]) for name in mine})


NONE_POSSIBLE = Possible(*(np.zeros(0, float if name == "probability" else np.int64) for name in Possible._fields))


def possible_table(possible: Possible, ids: pd.Series, position: Labels) -> pd.DataFrame:
    """Return pairs of households that may be one, by a record of each: record_id_l, record_id_r, probability, reason
    (of `REASONS`), dwellings, lists_together, lists.

    `position`: of which of `ids` each record is.
    """
    return pd.DataFrame(
        {
            "record_id_l": ids.array.take(position[possible.left]),
            "record_id_r": ids.array.take(position[possible.right]),
            "probability": possible.probability.round(4),
            "reason": pd.array(REASONS, dtype="str").take(possible.shared),
            "dwellings": possible.crowd,
            "lists_together": possible.together,
            "lists": possible.fewer,
        }
    )


def worth_asking(possible: Possible, home: Ints, known: Bools, apart: Ints) -> Possible:
    """Return the pairs of households that an answer can join, each once, by what makes one household surest.

    `home`: the household of each record, a record of it; `known`: whether that has a card or head, of which two are
    never joined by an answer; `apart`: pairs of records whose households a reviewer set apart.
    """
    code = pair_codes(home[possible.left], home[possible.right])
    settled = pair_codes(*home[apart].T)
    open_ = ~(known[possible.left] & known[possible.right]) & ~np.isin(code, settled)
    open_ &= (code >> 32 != code & 0xFFFFFFFF) & (possible.probability >= WORTH_ASKING)
    order = np.lexsort((-possible.probability, code))
    order = order[open_[order]]
    first = np.append(True, np.diff(code[order]) != 0)[: len(order)]
    return possible.chosen(order[first])


def seen_in_both(home: Ints, person: Ints, records: RecordArrays, weights: HouseholdWeights, known: Bools) -> Possible:
    """Return the pairs of households in which one person is listed, with how probable one household is by that.

    Where one has a card or head, odds say less than they are, as those by which dwellings are joined do. `home`,
    `known`: as in `worth_asking`; `person`: the label of each record.
    """
    heads = np.full(len(home), -1, np.int32)
    left, right, who, odds = odds_by_people(home, heads, person, records, weights, known, of_known=(0, 1))
    at, first = np.unique(home.astype(np.int64) << 32 | person, return_index=True)
    homes = np.bincount(at & 0xFFFFFFFF, minlength=1)
    shown_left, shown_right = (first[np.searchsorted(at, end << 32 | who)] for end in (left, right))
    together, fewer = _lists_of_both(left, right, home, records.rows["list"])
    of_known, village = known[left] | known[right], records.rows["village"]
    odds = odds + of_known * (weights.needed_at_house - weights.needed)
    odds -= FOUNDED_NEAR * (~of_known & (village[shown_left] == village[shown_right]))
    probability = 1 / (1 + np.exp2(-odds))
    shared = np.full(len(left), SAME_PERSON)
    return Possible(shown_left, shown_right, probability, shared, homes[who], together, fewer)


def _lists_of_both(left: Labels, right: Labels, home: Ints, lists: Ints) -> tuple[Labels, Labels]:
    """Return how many lists name both households of each pair, and how many the one that fewer name."""
    stated = lists >= 0
    named = np.unique(np.stack([home[stated], lists[stated]]), axis=1)
    shape = len(home), int(lists.max(initial=0)) + 1
    of_home = csr_array((np.ones(named.shape[1], np.int64), tuple(named)), shape=shape)
    count = of_home.sum(axis=1)
    return of_home[left].multiply(of_home[right]).sum(axis=1), np.minimum(count[left], count[right])
