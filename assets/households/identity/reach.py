"""What a change of some records reaches: whom to describe again, and about whom to ask again. All others keep the rows
that were made of them the last time, since these follow from nothing that changed.

Records are rows here, sorted by their ids; a choice of them is one yes or no a row. Housemates are people of whom some
records are of one household.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from validation.keys import is_one_of
from validation.spliced import Spliced, spliced

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Since(NamedTuple):
    """What the last match did not know. `changed`: records that are new or say something else; `again`: records that
    were matched again; `ends`: the records at both ends of each link (2 × links)."""

    changed: Bools
    again: Bools
    ends: Ints


class Again(NamedTuple):
    """What is made again. `people`, `homes`: the ids of whom rows go, and come again if they still are; `rows`: the
    records, and `links` the links, from which all that comes can be told."""

    people: pd.Series
    homes: pd.Series
    rows: Bools
    links: Bools


@dataclass(frozen=True)
class Reach:
    """`person`, `home`: whose each record is, and of which household, as numbers. `touched`: records that changed or
    are another's now; `left_people`, `left_homes`: the ids that other records than now were of."""

    membership: pd.DataFrame
    since: Since
    person: Ints
    home: Ints
    touched: Bools
    left_people: pd.Series
    left_homes: pd.Series

    @classmethod
    def of(cls, since: Since, members: Spliced, membership: pd.DataFrame, person: Ints, home: Ints) -> Reach:
        """`members`: what differs, of whose each record is, from the last time; `membership`: whose it is now, sorted
        by `record_id`; `person`, `home`: the same as numbers."""
        ids = (
            pd.Series(members.gone[name].unique().to_pandas(), dtype="str") for name in ("person_id", "household_id")
        )
        return cls(
            membership, since, person, home,
            since.changed | is_one_of(membership["record_id"], members.new["record_id"]), *ids,
        )  # fmt: skip

    def of_values(self) -> Again:
        """Whom to describe again: people of touched records, and their households. A household is told from all that
        is said of those who were ever listed in it."""
        people = self._people(self.touched | self._still("person_id", self.left_people))
        homes = self._homes(people | self._still("household_id", self.left_homes))
        return self._again(people, homes, self._people(homes), np.zeros(len(self.since.ends[0]), dtype=bool))

    def of_questions(self) -> Again:
        """About whom to ask again: people of records that were touched or matched again, whom links name with them,
        and their housemates. What is asked of two is told from all links, records and housemates of both."""
        touched = self._people(self.touched | self.since.again | self._still("person_id", self.left_people))
        beside = self._homes(touched | self._still("household_id", self.left_homes))
        people = self._people(self._linked(touched) | beside)
        either = self._people(self._linked(people))
        rows = self._people(self._linked(either)) | self._homes(either)
        links = np.asarray(either[self.since.ends].any(axis=0))
        return self._again(people, np.zeros(len(rows), dtype=bool), rows, links)

    def _again(self, people: Bools, homes: Bools, rows: Bools, links: Bools) -> Again:
        return Again(
            pd.concat([self.membership["person_id"][people].drop_duplicates(), self.left_people], ignore_index=True),
            pd.concat([self.membership["household_id"][homes].drop_duplicates(), self.left_homes], ignore_index=True),
            rows,
            links,
        )

    def _still(self, name: str, ids: pd.Series) -> Bools:
        """The records of some people or households."""
        return is_one_of(self.membership[name], ids)

    def _people(self, rows: Bools) -> Bools:
        """All records of the people of some."""
        return _with_all_of(self.person, rows)

    def _homes(self, rows: Bools) -> Bools:
        """All records of the households of some."""
        return _with_all_of(self.home, rows)

    def _linked(self, rows: Bools) -> Bools:
        """Some records, and those with which a link names one of them."""
        found, (left, right) = rows.copy(), self.since.ends
        found[right[rows[left]]] = True
        found[left[rows[right]]] = True
        return found


def _with_all_of(owner: Ints, rows: Bools) -> Bools:
    concerned = np.zeros(owner.max(initial=-1) + 1, dtype=bool)
    concerned[owner[rows]] = True
    return np.asarray(concerned[owner])


def made_again(before: pa.Table, made: pa.Table, key: str, again: pd.Series) -> Spliced:
    """The rows of `before`, but for those whose key is one of `again`, and those of `made` whose key is; both, and the
    result, by rising key."""
    made = made.filter(pa.array(is_one_of(made[key], again)))
    stays = np.flatnonzero(~is_one_of(before[key], again))
    keys = before[key].combine_chunks()
    found = [bisect_left(range(len(keys)), said, key=lambda row: keys[row].as_py()) for said in made[key].to_pylist()]
    at = np.searchsorted(stays, np.array(found, np.int64))
    return spliced(before, made, np.insert(stays, at, len(before) + np.arange(len(made))))
