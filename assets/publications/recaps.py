"""What a directorate's list comes to: by village and category, needed places, how long nothing was answered, who leads.

Every function takes the published table of one directorate (`directorates.referral_table`), one row a referral, as a
frame (`coordination`, of a list of people, in Arrow), and gives a new one; counts are whole numbers.
"""

from __future__ import annotations

from datetime import date
from functools import cache, cached_property, partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.referrals.answers import OPEN, UNANSWERED
from assets.referrals.conditions import table as table_of_rules
from validation.answers import STATUSES
from validation.categories import pmks_types
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
_KABUPATEN_DIGITS = 5
_SURE = 1.96
"""Standard deviations on either side of an expected number within which it lies in 95 of 100 cases."""
TOTALS = ["rujukan", "kk", "jiwa"]
"""Referrals; households lived in, in which somebody is referred; people referred, with all members of a referred
household."""


class Figures:
    """What a list comes to, each figure worked out once for all editions of its workbook. None of them is changed."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.waiting = cache(partial(waiting, table))

    @cached_property
    def villages(self) -> pd.DataFrame:
        return by_village(self.table)

    @cached_property
    def categories(self) -> pd.DataFrame:
        return by_category(self.table)

    @cached_property
    def places(self) -> pd.DataFrame:
        return by_place_needed(self.table)

    @cached_property
    def doubles(self) -> pd.DataFrame:
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
    return codes.astype("str").fillna("").str[:_KABUPATEN_DIGITS]


def spans_of_kabupaten(codes: pd.Series) -> dict[str, slice]:
    """Where the rows of each kabupaten stand in a list by village. Raises `ValueError` for one in another order."""
    kabupaten = kabupaten_of(codes)
    starts = np.flatnonzero(kabupaten != kabupaten.shift())
    spans = {kabupaten.iloc[a]: slice(a, b) for a, b in pairwise([*starts.tolist(), len(codes)])}
    if len(spans) != len(starts):
        raise ValueError("the list is not in the order of its villages")
    return spans


def by_village(table: pd.DataFrame) -> pd.DataFrame:
    """One row a village, by name of kabupaten, kecamatan and village: a column for each category that occurs, in the
    order of the law, and `TOTALS`. In a category each person or household counts once, as it is referred."""
    where = _placed(table)
    counts = _counts(where, PLACE, where["kode_pmks"])
    counts = counts.reindex(columns=[code for code in pmks_types() if code in counts.columns]).reset_index()
    totals = pd.DataFrame(
        {
            "rujukan": where.groupby("kode_desa").size(),
            "kk": _homes(where, "kode_desa"),
            "jiwa": _people(where),
        }
    )
    return counts.merge(totals, left_on="kode_desa", right_index=True, how="left")


def by_category(table: pd.DataFrame) -> pd.DataFrame:
    """One row a category that occurs: `kode_pmks`, `kategori`, `TOTALS`, and one column for each state of an answer."""
    return _with_states(table, ["kode_pmks"], pd.Series({code: at for at, code in enumerate(pmks_types())})).assign(
        kategori=lambda counts: counts["kode_pmks"].map({code: kind.nama for code, kind in pmks_types().items()})
    )[["kode_pmks", "kategori", *TOTALS, UNANSWERED, *STATUSES]]


def by_place_needed(table: pd.DataFrame) -> pd.DataFrame:
    """One row a panti or service type (`tujuan`): the states of answers, and `dibutuhkan`, the places still needed:
    not answered, or accepted and not yet served."""
    counts = _with_states(table, ["tujuan"])
    counts["dibutuhkan"] = counts[list(OPEN)].sum(axis=1)
    return counts[["tujuan", "rujukan", UNANSWERED, *STATUSES, "dibutuhkan"]].sort_values(
        ["dibutuhkan", "tujuan"], ascending=[False, True], ignore_index=True
    )


def waiting(table: pd.DataFrame, on: date) -> pd.DataFrame:
    """Referrals without an answer, by how long they have stood on the day `on` (rows `menunggu`) and by the age of the
    person or head (columns, last `umur tidak diketahui`), with their sum `rujukan`."""
    bands = [(int(row["mulai"]), row["nama"]) for row in rule_table(__file__, "waiting_bands.csv")]
    groups = [(int(start), name) for start, name in table_of_rules("age_bands.csv").itertuples(index=False, name=None)]
    open_ones = table[table["jawaban"].isna()]
    days = (pd.Timestamp(on) - pd.to_datetime(open_ones["since"])).dt.days.clip(lower=0)
    names = [name for _, name in groups]
    group = _band(open_ones["umur"], groups).cat.add_categories("umur tidak diketahui").fillna("umur tidak diketahui")
    counts = _counts(open_ones.assign(menunggu=_band(days, bands)), ["menunggu"], group)
    counts = counts.reindex(index=[name for _, name in bands], columns=[*names, "umur tidak diketahui"], fill_value=0)
    return counts.assign(rujukan=counts.sum(axis=1)).rename_axis("menunggu").reset_index()


def doubles(table: pd.DataFrame) -> pd.DataFrame:
    """One row a village in which referrals of households may be double: how many pairs of them (`pasangan`), how many
    of these are expected to be one household (`diperkirakan`), and between which numbers that lies in 95 of 100 cases
    (`paling_sedikit`, `paling_banyak`), in tenths, the interval rounded outwards; most expected first."""
    shown = ["desa", "kecamatan", "pasangan", "diperkirakan", "paling_sedikit", "paling_banyak"]
    doubtful = table["mungkin_serumah_dengan"].notna()
    if not doubtful.any():
        return pd.DataFrame(columns=shown)
    named = _placed(table[doubtful])
    ends = named[["referral_id", "mungkin_serumah_dengan"]].astype("str").to_numpy(dtype=object)
    ends.sort(axis=1)
    pairs = named.assign(one=ends[:, 0], other=ends[:, 1]).drop_duplicates(["one", "other"])
    chance = pairs["peluang_serumah"].astype("float64")
    grouped = pairs.assign(chance=chance, spread=chance * (1 - chance)).groupby(PLACE, sort=True)
    found = grouped.agg(pasangan=("one", "size"), expected=("chance", "sum"), spread=("spread", "sum")).reset_index()
    either = _SURE * found["spread"] ** 0.5
    return found.assign(
        diperkirakan=found["expected"].round(1),
        paling_sedikit=np.floor(10 * (found["expected"] - either).clip(lower=0)) / 10,
        paling_banyak=np.minimum(np.ceil(10 * (found["expected"] + either)) / 10, found["pasangan"]),
    ).sort_values(["expected", "kode_desa"], ascending=[False, True], ignore_index=True)[shown]


def coordination(table: pa.Table) -> pa.Table:
    """Households that other directorates hold too, one row each, by place: who they are, the other directorates
    (`direktorat_lain`, sorted, joined by a comma), and who leads. Says nothing of any category. `table`: `OF_HOMES`."""
    table = table.filter(pc.fill_null(pc.greater(pc.list_value_length(table["also_referred_to"]), 0), False))
    lists = table["also_referred_to"].combine_chunks()
    homes = table["household_id"].combine_chunks().dictionary_encode().indices.to_numpy()
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


def _band(values: pd.Series, bands: list[tuple[int, str]]) -> pd.Series:
    edges = [*(start for start, _ in bands), 100_000]
    numbers = values.astype("float64")
    return pd.Series(pd.cut(numbers, edges, right=False, labels=[name for _, name in bands]), index=values.index)


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with empty names where a village's code is not known, so that nobody is left out of a count."""
    return table.assign(**{name: table[name].fillna("") for name in ("kabupaten", "kecamatan", "desa")})


def _counts(table: pd.DataFrame, by: list[str], across: pd.Series) -> pd.DataFrame:
    """How many rows have each value of `across` (columns), by the values of some columns; a row in which one is missing
    is not counted. `pandas.crosstab` takes ten times as long."""
    codes, values = pd.factorize(across)
    counts = table[by].assign(at=codes)[codes >= 0].groupby([*by, "at"], observed=True).size().unstack(fill_value=0)
    return counts.set_axis(values.take(counts.columns.to_numpy()), axis=1)


def _homes(table: pd.DataFrame, by: str) -> pd.Series:
    """In how many households somebody is referred, by the values of a column. One that everybody has left (it has no
    members: they stand in others now) counts in none of them, or a family that moved would count twice."""
    lived_in = table["household_id"].where(table["anggota"] > 0)
    return lived_in.groupby(table[by]).nunique()


def _people(table: pd.DataFrame, by: str = "kode_desa") -> pd.Series:
    """How many people are referred by the values of a column: the members of each referred household once, and every
    person besides who is referred alone."""
    groups, names = pd.factorize(table[by])
    known, is_home = groups >= 0, (table["subject"] == "household").to_numpy()
    home, person = (
        groups.astype(np.int64) * len(table) + pd.factorize(table[name])[0] for name in ("household_id", "person_id")
    )
    referred = known & is_home
    homes, first = np.unique(home[referred], return_index=True)
    members = table["anggota"].to_numpy("float64", na_value=0.0)[referred][first]
    alone = known & ~is_home & ~np.isin(home, homes)
    _, each = np.unique(person[alone], return_index=True)
    people = np.bincount(groups[referred][first], weights=members, minlength=len(names))
    people += np.bincount(groups[alone][each], minlength=len(names))
    return pd.Series(people.astype(np.int64), index=names)


def _with_states(table: pd.DataFrame, by: list[str], order: pd.Series | None = None) -> pd.DataFrame:
    (key,) = by
    counts = _counts(table, [key], table["jawaban"].fillna(UNANSWERED))
    counts = counts.reindex(columns=[UNANSWERED, *STATUSES], fill_value=0)
    counts["rujukan"] = counts.sum(axis=1)
    counts["kk"] = _homes(table, key)
    counts["jiwa"] = _people(table, key)
    found = counts.reset_index()
    return found.sort_values(key, key=None if order is None else lambda codes: codes.map(order), ignore_index=True)
