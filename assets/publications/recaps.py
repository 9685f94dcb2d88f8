"""What a directorate's list comes to: by village and category, needed places, how long nothing was answered, who leads.

Every function takes the published table of one directorate (`directorates.referral_table`), one row a referral. Counts
are whole numbers, and tables of them lists of Python: they have a few rows, and a frame of pandas takes as long to make
as a thousand rows to count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache, cached_property, partial
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.referrals.answers import OPEN, UNANSWERED
from assets.referrals.conditions import table as table_of_rules
from validation.answers import STATUSES
from validation.categories import pmks_types
from validation.regions import REGENCY_LENGTH
from validation.rule_tables import rule_table

PLACE = ["kabupaten", "kecamatan", "desa", "kode_desa"]
_HOME = [*PLACE, "dusun", "rt", "rw", "alamat", "kepala", "anggota", "memimpin", "household_id"]
COUNTED = [
    *PLACE, "referral_id", "person_id", "household_id", "subject", "anggota", "kode_pmks", "status", "tujuan", "umur",
    "since", "jawaban", "mungkin_serumah_dengan", "peluang_serumah",
]  # fmt: skip
"""The columns of a list from which figures are worked out."""
OF_HOMES = [*_HOME, "subject", "also_referred_to"]
"""The columns of a list that tell which households others hold, too."""
_DAY = 86_400_000_000
"""Microseconds of a day."""
_LAST = 100_000
"""No number of days or years is so high that it lies in the last band."""
_SURE = 1.96
"""Standard deviations on either side of an expected number within which it lies in 95 of 100 cases."""
TOTALS = ["rujukan", "kk", "jiwa"]
"""Referrals; households lived in, in which somebody is referred; people referred, with all members of a referred
household."""


Counts = dict[str, list[Any]]
"""A table of a few rows: each column by its name."""


class Figures:
    """What a list comes to, each figure worked out once for all editions of its workbook. None of them is changed."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.waiting = cache(partial(waiting, table))

    @cached_property
    def villages(self) -> Counts:
        return by_village(self.table)

    @cached_property
    def categories(self) -> Counts:
        return by_category(self.table)

    @cached_property
    def places(self) -> Counts:
        return by_place_needed(self.table)

    @cached_property
    def doubles(self) -> Counts:
        return doubles(self.table)


def counted_of(whole: pa.Table) -> pa.Table:
    """`COUNTED` of a list, with numbers in the place of the ids of people and households: they are only told apart."""
    table = whole.select(COUNTED)
    for name in ("person_id", "household_id"):
        numbers = table[name].combine_chunks().dictionary_encode().indices
        table = table.set_column(table.column_names.index(name), name, numbers)
    return table


def kabupaten_of(codes: pd.Series) -> pd.Series:
    """The code of the kabupaten in which each village lies; of one without a code, an empty text."""
    return codes.astype("str").fillna("").str[:REGENCY_LENGTH]


def kabupaten_in(table: pa.Table) -> pa.ChunkedArray:
    """The same for each row of a list, in Arrow."""
    return pc.utf8_slice_codeunits(pc.fill_null(table["kode_desa"], ""), 0, REGENCY_LENGTH)


def spans_of_kabupaten(codes: pd.Series) -> dict[str, slice]:
    """Where the rows of each kabupaten stand in a list by village. Raises `ValueError` for one in another order."""
    kabupaten = kabupaten_of(codes)
    starts = np.flatnonzero(kabupaten != kabupaten.shift())
    spans = {kabupaten.iloc[a]: slice(a, b) for a, b in pairwise([*starts.tolist(), len(codes)])}
    if len(spans) != len(starts):
        raise ValueError("the list is not in the order of its villages")
    return spans


def by_village(table: pa.Table) -> Counts:
    """One row a village, by name of kabupaten, kecamatan and village: a column for each category that occurs, in the
    order of the law, and `TOTALS`. In a category each person or household counts once, as it is referred."""
    villages, codes = _coded(table["kode_desa"])
    kinds, known = _coded(table["kode_pmks"])
    places = _places_of(table, villages, codes)
    order = sorted(range(len(codes)), key=lambda at: tuple(places[at].values()))
    counts = _crossed(villages, len(codes), kinds, len(known))
    found = {name: [places[at][name] for at in order] for name in PLACE}
    found |= {code: counts[order, known.index(code)].tolist() for code in pmks_types() if code in known}
    return found | {name: totals[order].tolist() for name, totals in _totals(table, villages, len(codes)).items()}


def by_category(table: pa.Table) -> Counts:
    """One row a category that occurs: `kode_pmks`, `kategori`, `TOTALS`, and one column for each state of an answer."""
    places = {code: at for at, code in enumerate(pmks_types())}
    found = _with_states(table, "kode_pmks", lambda codes, _: [places.get(code, len(places)) for code in codes])
    kinds = pmks_types()
    found["kategori"] = [kinds[code].nama if code in kinds else None for code in found["kode_pmks"]]
    return {name: found[name] for name in ["kode_pmks", "kategori", *TOTALS, UNANSWERED, *STATUSES]}


def by_place_needed(table: pa.Table) -> Counts:
    """One row a panti or service type (`tujuan`): the states of answers, and `dibutuhkan`, the places still needed:
    not answered, or accepted and not yet served."""
    found = _with_states(
        table, "tujuan", lambda codes, needed: [(-count, code) for count, code in zip(needed, codes, strict=True)]
    )
    return {name: found[name] for name in ["tujuan", "rujukan", UNANSWERED, *STATUSES, "dibutuhkan"]}


def waiting(table: pa.Table, on: date) -> Counts:
    """Referrals without an answer, by how long they have stood on the day `on` (rows `menunggu`) and by the age of the
    person or head (columns, last `umur tidak diketahui`), with their sum `rujukan`."""
    bands, groups = _waiting_bands(), _age_groups()
    open_ones = table.filter(pc.is_null(table["jawaban"]))
    since = open_ones["since"].combine_chunks().cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    now = int(np.datetime64(on, "us").astype(np.int64))
    days = np.maximum((now - since.fill_null(0).to_numpy()) // _DAY, 0)
    stood = np.where(since.is_null().to_numpy(zero_copy_only=False), -1, _band(days, bands))
    ages = open_ones["umur"].combine_chunks().cast(pa.float64()).to_numpy(zero_copy_only=False)
    group = _band(ages, groups)
    counts = _crossed(stood, len(bands), np.where(group < 0, len(groups), group), len(groups) + 1)
    names = [*(name for _, name in groups), "umur tidak diketahui"]
    return (
        {"menunggu": [name for _, name in bands]}
        | {name: counts[:, at].tolist() for at, name in enumerate(names)}
        | {"rujukan": counts.sum(axis=1).tolist()}
    )


def doubles(table: pa.Table) -> Counts:
    """One row a village in which referrals of households may be double: how many pairs of them (`pasangan`), how many
    of these are expected to be one household (`diperkirakan`), and between which numbers that lies in 95 of 100 cases
    (`paling_sedikit`, `paling_banyak`), in tenths, the interval rounded outwards; most expected first."""
    doubtful = table.filter(pc.is_valid(table["mungkin_serumah_dengan"]))
    villages, codes = _coded(doubtful["kode_desa"])
    names = ("referral_id", "mungkin_serumah_dengan", "peluang_serumah")
    columns = [doubtful[name].to_pylist() for name in names]
    pairs: dict[tuple[str, ...], tuple[int, float]] = {}
    for village, one, other, chance in zip(villages.tolist(), *columns, strict=True):
        pairs.setdefault(tuple(sorted((one, other))), (village, 0.0 if chance is None else float(chance)))
    chances: dict[int, list[float]] = {}
    for village, chance in pairs.values():
        if village >= 0:
            chances.setdefault(village, []).append(chance)
    places = _places_of(doubtful, villages, codes)
    expected = {village: fsum(of) for village, of in chances.items()}
    order = sorted(chances, key=lambda village: (-expected[village], codes[village]))
    count = np.array([len(chances[village]) for village in order], dtype=np.int64)
    likely = np.array([expected[village] for village in order], dtype=np.float64)
    either = _SURE * np.array([fsum(c * (1 - c) for c in chances[village]) for village in order]) ** 0.5
    return {
        **{name: [places[village][name] for village in order] for name in ("desa", "kecamatan")},
        "pasangan": count.tolist(),
        "diperkirakan": likely.round(1).tolist(),
        "paling_sedikit": (np.floor(10 * (likely - either).clip(min=0)) / 10).tolist(),
        "paling_banyak": np.minimum(np.ceil(10 * (likely + either)) / 10, count).tolist(),
    }


def coordination(table: pa.Table) -> pa.Table:
    """Households that other directorates hold too, one row each, by place: who they are, the other directorates
    (`direktorat_lain`, sorted, joined by a comma), and who leads. Says nothing of any category. `table`: `OF_HOMES`."""
    table = table.filter(pc.fill_null(pc.greater(pc.list_value_length(table["also_referred_to"]), 0), False))
    lists = table["also_referred_to"].combine_chunks()
    homes = numbers_of(table["household_id"])
    named = pc.list_flatten(lists).dictionary_encode()
    codes = named.dictionary.to_pylist()
    held = np.zeros(homes.max(initial=-1) + 1, dtype=np.int64)
    np.bitwise_or.at(held, homes[pc.list_parent_indices(lists)], 1 << named.indices.to_numpy().astype(np.int64))
    own_first = np.argsort(pc.not_equal(table["subject"], "household").to_numpy(), kind="stable")
    _, first = np.unique(homes[own_first], return_index=True)
    sets, which = np.unique(held, return_inverse=True)
    said = [", ".join(sorted(code for at, code in enumerate(codes) if which >> at & 1)) for which in sets.tolist()]
    found = table.select(_HOME).take(own_first[first])
    found = found.append_column("direktorat_lain", pa.array(said, pa.string()).take(pa.array(which)))
    by = [*PLACE, "dusun", "rw", "rt", "alamat", "kepala", "household_id"]
    return found.sort_by([(name, "ascending") for name in by])


Codes = npt.NDArray[np.int64]
"""A number for each row, -1 where there is no value."""


def _coded(column: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """For each row the place of its value among those that occur, and these."""
    values = column.combine_chunks()
    known = values.dictionary if pa.types.is_dictionary(values.type) else None
    coded = (values.indices if known is not None else values.cast(pa.string())).dictionary_encode()
    found = coded.dictionary if known is None else known.take(coded.dictionary)
    return coded.indices.fill_null(-1).to_numpy().astype(np.int64), found.to_pylist()


def _crossed(rows: Codes, count: int, columns: Codes, across: int) -> npt.NDArray[np.int64]:
    """How many rows have each two codes; a row in which one is missing is not counted."""
    known = (rows >= 0) & (columns >= 0)
    counts = np.bincount((rows * across + columns)[known], minlength=count * across)
    return counts.astype(np.int64).reshape(count, across)


def _band(values: npt.NDArray[Any], bands: Sequence[tuple[int, str]]) -> Codes:
    """In which band each number lies; -1 where it is in none."""
    found: Codes = np.searchsorted([start for start, _ in bands], values, side="right").astype(np.int64) - 1
    found[~(values < _LAST)] = -1
    return found


@cache
def _waiting_bands() -> list[tuple[int, str]]:
    return [(int(row["mulai"]), row["nama"]) for row in rule_table(__file__, "waiting_bands.csv")]


@cache
def _age_groups() -> list[tuple[int, str]]:
    return [(int(start), name) for start, name in table_of_rules("age_bands.csv").itertuples(index=False, name=None)]


def _places_of(table: pa.Table, villages: Codes, codes: Sequence[str]) -> list[dict[str, str]]:
    """Where each village lies (`PLACE`), with empty names where its code is not known, so that nobody is left out of a
    count."""
    known, first = np.unique(villages, return_index=True)
    places = table.select(PLACE).take(first[known >= 0]).to_pylist()
    return [{name: place[name] or "" for name in PLACE} for place in places]


def _totals(table: pa.Table, groups: Codes, count: int) -> dict[str, npt.NDArray[np.int64]]:
    """`TOTALS` of each of some groups of rows."""
    referred = np.bincount(groups[groups >= 0], minlength=count).astype(np.int64)
    return dict(zip(TOTALS, (referred, _homes(table, groups, count), _people(table, groups, count)), strict=True))


def _homes(table: pa.Table, groups: Codes, count: int) -> npt.NDArray[np.int64]:
    """In how many households somebody is referred, by group. One that everybody has left (it has no members: they stand
    in others now) counts in none of them, or a family that moved would count twice."""
    homes = numbers_of(table["household_id"])
    lived_in = (_members(table) > 0) & (groups >= 0) & (homes >= 0)
    each = np.unique((groups * len(table) + homes)[lived_in])
    return np.bincount(each // max(len(table), 1), minlength=count).astype(np.int64)


def _people(table: pa.Table, groups: Codes, count: int) -> npt.NDArray[np.int64]:
    """How many people are referred, by group: the members of each referred household once, and every person besides who
    is referred alone."""
    known = groups >= 0
    is_home = pc.fill_null(pc.equal(table["subject"], "household"), False).to_numpy()
    home, person = (groups * len(table) + numbers_of(table[name]) for name in ("household_id", "person_id"))
    referred = known & is_home
    homes, first = np.unique(home[referred], return_index=True)
    alone = known & ~is_home & ~np.isin(home, homes)
    _, each = np.unique(person[alone], return_index=True)
    people = np.bincount(groups[referred][first], weights=_members(table)[referred][first], minlength=count)
    people += np.bincount(groups[alone][each], minlength=count)
    return people.astype(np.int64)


def _members(table: pa.Table) -> npt.NDArray[np.float64]:
    members: npt.NDArray[np.float64] = table["anggota"].cast(pa.float64()).fill_null(0.0).to_numpy()
    return members


def numbers_of(ids: pa.ChunkedArray) -> Codes:
    """Ids as numbers under that of rows; -1 for none."""
    numbers: Codes = ids.combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.int64)
    return numbers


def _with_states(table: pa.Table, by: str, order: Callable[[Sequence[str], Sequence[int]], Sequence[Any]]) -> Counts:
    """For each value of a column the states of answers, `TOTALS` and the places still needed (`dibutuhkan`). `order`:
    by what the rows are sorted, given the values and the places needed."""
    groups, codes = _coded(table[by])
    given, known = _coded(table["jawaban"])
    states = [UNANSWERED, *STATUSES]
    place = np.array([states.index(state) if state in states else -1 for state in known] + [0], dtype=np.int64)
    counts = dict(zip(states, _crossed(groups, len(codes), place[given], len(states)).T, strict=True))
    found = counts | _totals(table, groups, len(codes)) | {"rujukan": sum(counts.values())}
    found["dibutuhkan"] = sum(counts[state] for state in OPEN)
    keys = order(codes, found["dibutuhkan"].tolist())
    rows = sorted(range(len(codes)), key=lambda at: keys[at])
    return {by: [codes[at] for at in rows]} | {name: values[rows].tolist() for name, values in found.items()}
