"""Whom a change of lists, people or households reaches, so that only they are referred again. All others keep the rows
that were made of them the last time, since these follow from nothing that changed.

What is said of somebody follows from all that is tied to them: records tie a person to a household, a person to the
household of today, a household to its head. Whoever hangs together so is referred together. Three things are of all
lists: the last day of the latest period, on which nobody is reached alone; the newest list of a village, with which all
referrals of the village are made again; and ages, which are counted for all each time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.referrals.facts import Bools
from validation.keys import is_one_of
from validation.periods import period_ends


class Changed(NamedTuple):
    """The ids of what changed, as it was and as it is."""

    records: pa.Array
    people: pa.Array
    homes: pa.Array


class Ties(NamedTuple):
    """What ties people and households: whose each record is (`record_id`, `person_id`, `household_id`), the household
    of each person (`person_id`, `household_id`), and the head of each household (`household_id`, `head_person_id`)."""

    membership: pa.Table
    persons: pa.Table
    households: pa.Table


class Again(NamedTuple):
    """Who is referred again: their ids, whether they still are or not, and which records, persons and households."""

    people: pa.Array
    homes: pa.Array
    records: Bools
    persons: Bools
    households: Bools


def reached(ties: Ties, by: Changed) -> Again:
    """Whom a change reaches: all who hang together with what changed, as it was or as it is.

    Whoever hung together with it only before is reached, too: between them some tie changed, of which both ends are
    among the changed, or none did, and they hang together still.
    """
    members, lives, headed = ties
    of_changed = is_one_of(members["record_id"], pa.chunked_array([by.records]))
    people, homes = _none(), _none()
    more = (union(by.people, members["person_id"].filter(of_changed)),
            union(by.homes, members["household_id"].filter(of_changed)))  # fmt: skip
    records, persons, households = (np.zeros(len(table), dtype=bool) for table in ties)
    while len(more[0]) or len(more[1]):
        people, homes = union(people, more[0]), union(homes, more[1])
        found = [
            is_one_of(table[person], pa.chunked_array([more[0]])) | is_one_of(table[home], pa.chunked_array([more[1]]))
            for table, person, home in (
                (members, "person_id", "household_id"),
                (lives, "person_id", "household_id"),
                (headed, "head_person_id", "household_id"),
            )
        ]
        records, persons, households = records | found[0], persons | found[1], households | found[2]
        rows = [table.filter(pa.array(which)) for table, which in zip(ties, found, strict=True)]
        now = (union(rows[0]["person_id"], rows[1]["person_id"], rows[2]["head_person_id"]),
               union(*(each["household_id"] for each in rows)))  # fmt: skip
        more = _without(now[0], people), _without(now[1], homes)
    return Again(people, homes, records, persons, households)


def _none() -> pa.Array:
    return pa.array([], pa.string())


def union(*ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """All of some ids, each once."""
    chunks = [chunk for each in ids for chunk in (each.chunks if isinstance(each, pa.ChunkedArray) else [each])]
    return pc.drop_null(pc.unique(pa.chunked_array([chunk.cast(pa.string()) for chunk in chunks], pa.string())))


def _without(ids: pa.Array, known: pa.Array) -> pa.Array:
    return ids.filter(pa.array(~is_one_of(pa.chunked_array([ids]), pa.chunked_array([known]))))


def newest_periods(lists: pd.DataFrame) -> pd.DataFrame:
    """The newest of the lists of each village (in and out: `kode_desa`, `periode`); of two that end on one day the one
    whose text comes last, as the router has it."""
    known = lists.drop_duplicates()
    in_time = known.assign(end=period_ends(known["periode"])).sort_values(["end", "periode"])
    return in_time.drop_duplicates("kode_desa", keep="last")[["kode_desa", "periode"]].reset_index(drop=True)


def last_day(lists: pd.DataFrame) -> str:
    """The last day of the latest of the lists, on which rules are asked; empty without any."""
    ends = period_ends(lists["periode"].drop_duplicates())
    return str(ends.max()) if len(ends) else ""
