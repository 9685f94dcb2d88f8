"""What the lists say of each person and household, as the small whole numbers that rules are evaluated on.

Ids, periods and words are turned into positions once; everything after that is arithmetic on arrays.

Which statement counts: of several, that of the latest period; statements of one period that disagree count as not
stated, since nothing tells which is right. Ages count at the end of the period of the evidence, never today.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.referrals.conditions import ANSWERS, UNSTATED
from validation.ages import CHILD_BELOW, ELDERLY_FROM, UNKNOWN_AGE, age_at
from validation.categories import of_group, pmks_types
from validation.keys import positions
from validation.periods import period_ends
from validation.vocabulary import refusal_of

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Found = TypeVar("Found")
CATEGORIES = tuple(pmks_types())
"""Codes of categories; arrays hold a category as its position here."""
AWAY = ("meninggal", "pindah")
"""What lists state of somebody's life (`status_hidup`) who is not to be found there."""
UNFIT_HOUSE = CATEGORIES.index("LEG-RTLH")
"""In a list of houses `tidak layak` is said of the house, and is why its household is referred; `dicoret` is not. Only
there it matters that a house was mended."""
NEGLECTED: Bools = np.array(["terlantar" in kind.nama for kind in pmks_types().values()])
"""Categories of the neglected. Whether a person with a disability is so is asked by the rules themselves."""
HOUSEHOLD_CODES: Bools = np.array([kind.subjek == "household" for kind in pmks_types().values()])


def run_in_threads(tasks: Mapping[str, Callable[[], Found]]) -> dict[str, Found]:
    """What each task returns, by its name. One thread a core: Arrow releases the interpreter lock while it looks up and
    copies text."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {name: pool.submit(task) for name, task in tasks.items()}
        return {name: future.result() for name, future in running.items()}


def latest_stated(owner: Ints, rank: Ints, values: Ints, owners: int) -> Ints:
    """For each owner the value of its latest statement; -1 where nothing is stated, or two values for one period.

    `owner`, `rank`, `values` (one entry a statement): whose it is (position), its period (rank), its value (-1: none).
    """
    said = values >= 0
    owner, rank, values = owner[said], rank[said], values[said]
    latest = np.full(owners, -1, dtype=np.int64)
    np.maximum.at(latest, owner, rank)
    now = rank == latest[owner]
    owner, values = owner[now], values[now]
    low, high = np.full(owners, np.iinfo(np.int64).max), np.full(owners, -1, dtype=np.int64)
    np.minimum.at(low, owner, values)
    np.maximum.at(high, owner, values)
    return np.where(low == high, high, -1)


@dataclass(frozen=True)
class Listing:
    """The accepted records as positions: the person and household of each, the rank of its period, its categories.

    `persons`, `households`: the frames that positions count in. `entry_record`, `entry_code`: one entry a record and
    category. `periods`, `ends`: each period of any list and its last day, in order; `rank` counts in them. `lists`: the
    village of each list of anybody, and `listed` the rank of its period.
    """

    records: pd.DataFrame
    persons: pd.DataFrame
    households: pd.DataFrame
    person: Ints
    household: Ints
    current_household: Ints
    """The current household of each person."""
    head: Ints
    """Of each household the person who heads it; -1 where none is known."""
    rank: Ints
    periods: pd.Series
    ends: NDArray[Any]
    lists: pd.Series
    listed: Ints
    entry_record: Ints
    entry_code: Ints

    @property
    def moment(self) -> Ints:
        """The rank of the last day of each period: `2024-S1` and `2024-06` end on one day, neither is later."""
        _, days = np.unique(self.ends, return_inverse=True)
        return np.asarray(days, dtype=np.int64)[self.rank]

    def entry_record_ids(self) -> pa.Array:
        return pa.array(self.records["record_id"].array.take(self.entry_record), pa.string())


def read_listing(
    records: pd.DataFrame,
    membership: pd.DataFrame,
    persons: pd.DataFrame,
    households: pd.DataFrame,
    lists: pd.DataFrame | None = None,
) -> Listing:
    """Join records with their persons and households. Raises `ValueError` (counts only) if a record has none, or a
    category is unknown: a stage before this one failed, and nobody may be lost here.

    `lists`: village and period of all lists that count, where `records` are only some of their records.
    """
    records, persons, households = (
        _in_order(frame, key)
        for frame, key in ((records, "record_id"), (persons, "person_id"), (households, "household_id"))
    )
    if not records["record_id"].reset_index(drop=True).equals(membership["record_id"].reset_index(drop=True)):
        row = positions(records["record_id"], membership["record_id"])
        membership = membership.iloc[row[row >= 0]]
    listed = lists_in_arrow(records["kode_pmks"])
    found = run_in_threads(
        {
            "person": lambda: positions(membership["person_id"], persons["person_id"]),
            "household": lambda: positions(membership["household_id"], households["household_id"]),
            "current_household": lambda: positions(persons["household_id"], households["household_id"]),
            "head": lambda: positions(households["head_person_id"], persons["person_id"]),
            "entry_code": lambda: _codes(listed),
        }
    )
    without_owner = sum(int((found[key] < 0).sum()) for key in ("person", "household", "current_household"))
    if without_owner or len(records) != len(membership):
        without_owner += len(records) - len(membership)
        raise ValueError(f"{without_owner} records or persons without a person or household: tables of different runs")
    if (found["entry_code"] < 0).any():
        raise ValueError(f"{int((found['entry_code'] < 0).sum())} listings with an unknown category")
    of_all = records if lists is None else lists
    listed_at, periods, ends = _periods(of_all["periode"])
    rank = listed_at if lists is None else positions(records["periode"], periods)
    entry_record = pc.list_parent_indices(listed).to_numpy().astype(np.int64)
    return Listing(
        records, persons, households, rank=rank, periods=periods, ends=ends, lists=of_all["kode_desa"],
        listed=listed_at, entry_record=entry_record, **found,
    )  # fmt: skip


def _codes(lists: pa.Array) -> Ints:
    """The categories of all lists, one after the other, as positions in `CATEGORIES`; -1 for one that is not there."""
    found = pc.index_in(lists.flatten(), value_set=pa.array(CATEGORIES)).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def lists_in_arrow(column: pd.Series) -> pa.Array:
    """A column of lists of texts, whatever holds them."""
    found = pa.array(column if len(column) else [], pa.list_(pa.string()))
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _in_order(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows by rising `key`; the frame itself where they are, as the stages before this one leave them."""
    keys = pa.array(frame[key], pa.large_string())
    if pc.all(pc.less_equal(keys.slice(0, max(len(keys) - 1, 0)), keys.slice(1))).as_py() is not False:
        return frame
    return frame.sort_values(key, ignore_index=True)


def _periods(values: pd.Series) -> tuple[Ints, pd.Series, NDArray[Any]]:
    """Rank of each value, the periods in order of their last day (then of their text), and those days."""
    codes, distinct = pd.factorize(values)
    found = np.asarray(distinct, dtype=object)
    ends = period_ends(pd.Series(found, dtype="str"))
    in_time = np.lexsort((found.astype(str), ends))
    rank_of = np.empty(len(in_time), dtype=np.int64)
    rank_of[in_time] = np.arange(len(in_time))
    return rank_of[codes], pd.Series(found[in_time], dtype="str"), ends[in_time]


def stated(listing: Listing, column: str) -> tuple[Ints, pd.Series]:
    """What the latest lists state of each person in `column`: a position in the returned words, -1 for nothing."""
    codes, words = pd.factorize(listing.records[column], sort=True)
    values = np.asarray(codes, dtype=np.int64)
    return latest_stated(listing.person, listing.moment, values, len(listing.persons)), pd.Series(words)


def said_away(listing: Listing) -> Bools:
    """Of each person whether a list of the latest moment that names them states that they moved away or died."""
    return _newly(listing, listing.records["status_hidup"].isin(AWAY).to_numpy(dtype=bool))


def said_not_eligible(listing: Listing, *, of_house: bool = False) -> Bools:
    """Of each person whether a list of the latest moment that names them states that they are not, or no longer, to be
    helped (`refusal_of`). `of_house`: in words that count in a list of houses."""
    codes, words = pd.factorize(listing.records["status_layak"])
    refused = [refusal_of(str(word), of_status=True, of_house=of_house) is not None for word in words]
    return _newly(listing, np.array([*refused, False], dtype=bool)[codes])


def _newly(listing: Listing, says: Bools) -> Bools:
    """Of each person whether one of the records of the latest moment that name them is one that `says` so."""
    latest = np.full(len(listing.persons), -1, dtype=np.int64)
    np.maximum.at(latest, listing.person, listing.moment)
    found = np.zeros(len(listing.persons), dtype=bool)
    found[listing.person[says & (listing.moment == latest[listing.person])]] = True
    return found


def answers(question: str, codes: Ints, words: pd.Series) -> Ints:
    """Positions in `ANSWERS[question]` for what was stated; whatever is no known answer is `unstated`."""
    known = {word.lower(): i for i, word in enumerate(ANSWERS[question])}
    lookup = [known.get(str(word).lower(), known[UNSTATED]) for word in words]  # True, too, is `true`
    return np.array([*lookup, known[UNSTATED]], dtype=np.int64)[codes]


def births(listing: Listing) -> NDArray[Any]:
    """Each person's birth date; where only ages were stated, the first day of the month that many years before the end
    of the latest list that states one."""
    born = listing.persons["tanggal_lahir"].to_numpy(dtype="datetime64[D]").copy()
    stated_age = listing.records["umur"].to_numpy(dtype=np.int64, na_value=UNKNOWN_AGE)
    age = latest_stated(listing.person, listing.moment, stated_age, len(born))
    by_age = np.flatnonzero(np.isnat(born) & (age >= 0))
    latest = np.full(len(born), -1, dtype=np.int64)
    said = stated_age >= 0
    np.maximum.at(latest, listing.person[said], listing.rank[said])
    months = listing.ends[latest[by_age]].astype("datetime64[M]") - 12 * age[by_age]
    born[by_age] = months.astype("datetime64[D]")
    return born


def areas(kode_desa: pd.Series) -> Ints:
    """Perdesaan or perkotaan by the fifth block of the village code: 1xxx is a kelurahan, anything else a desa."""
    known = {word: i for i, word in enumerate(ANSWERS["area"])}
    codes, villages = pd.factorize(kode_desa)
    urban = [str(village).rpartition(".")[2].startswith("1") for village in villages]
    return np.where(np.array([*urban, False])[codes], known["perkotaan"], known["perdesaan"])


@dataclass(frozen=True)
class Composition:
    """Of each household: which answer to `household` it is, and its head's age (`UNKNOWN_AGE`: not known)."""

    household: Ints
    head_age: Ints


def compositions(listing: Listing, born: NDArray[Any], dead: Bools) -> Composition:
    """Describe households by the living persons whose current household they are; where everybody has moved on, by
    those who were listed in it. Ages count at the end of the household's latest list."""
    size, people = len(listing.households), len(listing.persons)
    latest = np.full(size, -1, dtype=np.int64)
    np.maximum.at(latest, listing.household, listing.rank)
    end = listing.ends[latest]
    left = np.bincount(listing.current_household[~dead], minlength=size)[listing.household] == 0
    pairs = np.unique(
        np.concatenate(
            [
                np.stack([listing.current_household, np.arange(people)]),
                np.stack([listing.household[left], listing.person[left]]),
            ],
            axis=1,
        ),
        axis=1,
    )
    household, who = pairs[:, ~dead[pairs[1]]]
    age = age_at(born[who], end[household])
    groups = {g: np.zeros(people, dtype=bool) for g in ("anak", "lansia", "disabilitas")}
    for group, members in groups.items():
        entries = np.isin(CATEGORIES, list(of_group(group)))[listing.entry_code]
        members[listing.person[listing.entry_record[entries]]] = True
    frail = (age >= ELDERLY_FROM) | groups["lansia"][who] | groups["disabilitas"][who]
    child = np.where(age == UNKNOWN_AGE, groups["anak"][who], age < CHILD_BELOW)
    count = np.bincount(household, minlength=size)
    any_frail = np.bincount(household, frail, size) > 0
    lone_frail = np.bincount(household, frail | child, size) > 0
    known = {word: i for i, word in enumerate(ANSWERS["household"])}
    family = np.where(any_frail, known["keluarga_rentan"], known["keluarga"])
    alone = np.where(lone_frail, known["sendiri_rentan"], known["sendiri"])
    head_age = np.where(listing.head >= 0, age_at(born[listing.head], end), UNKNOWN_AGE)
    return Composition(np.where(count > 1, family, alone), head_age)


def living_heads(listing: Listing, born: NDArray[Any], dead: Bools) -> Ints:
    """The position of each household's head; where the head is stated dead or not known, of the oldest person living
    that was listed in it (those without a birth date last); -1 where there is nobody."""
    head = listing.head.copy()
    wanting = (head < 0) | dead[head]
    candidate = np.flatnonzero(wanting[listing.household] & ~dead[listing.person])
    household, who = listing.household[candidate], listing.person[candidate]
    order = np.lexsort((who, born[who], household))
    household, who = household[order], who[order]
    households, first = np.unique(household, return_index=True)
    head[households] = who[first]
    return head
