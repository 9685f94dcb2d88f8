"""The best values of a person and of a household, each with the record that it came from.

What a person is (name, NIK, birth, mother) is what most lists say, the latest where lists are even; a sound NIK goes
before a doubtful one. Where a person lives, with whom and how is what the latest list says. No value is composed of
others: each is copied from one record, whose id is in the column beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.ages import CHILD_BELOW, age_at
from validation.keys import looked_up, order_of, positions
from validation.periods import end_month
from validation.vocabulary import HEAD_OF_FAMILY, SPOUSES

LASTING = ("nama", "nik", "jenis_kelamin", "tanggal_lahir", "tempat_lahir", "nama_ibu")
"""Decided by most records, then by the latest."""
CURRENT = ("no_kk", "hubungan", "kode_desa", "alamat", "dusun", "rt", "rw", "status_hidup")
"""Decided by the latest record that has a value."""
BESIDE = {"nik": "nik_status", "tanggal_lahir": "presisi_lahir"}
"""Columns that are taken from the record that gave the value which they qualify."""
PERSON_COLUMNS = (
    "nama", "nik", "nik_status", "no_kk", "jenis_kelamin", "tanggal_lahir", "presisi_lahir", "tempat_lahir",
    "hubungan", "kode_desa", "alamat", "dusun", "rt", "rw", "nama_ibu", "status_hidup",
)  # fmt: skip
OF_RECORDS = ("record_id", *PERSON_COLUMNS, "kepala_keluarga", "periode")
"""What is looked at of records."""
HOUSEHOLD_COLUMNS = ("kode_desa", "alamat", "dusun", "rt", "rw", "no_kk")
_RECORDED, _OTHERS = 4, 5
"""Of the ways in which somebody comes to be the head, best first: how many rest on a list that says so; whoever comes
by none of them."""
PRECISION = {"hari": 0, "bulan": 1, "tahun": 2, "umur": 3}
Rows = npt.NDArray[np.int64]


def best_values(records: pd.DataFrame, membership: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe each person and each household by the best values of its records.

    In: `records` (of `OF_RECORDS` any but the id may be missing); `membership`: record_id, person_id, household_id.
    Out: the frames `persons` and `households` of `docs/lake.md`, one row an id, sorted by it; each best
    value has `<column>_record_id`. A person's household is that of the latest period. A household's head is whom lists
    call or name so, else the spouse, else the oldest adult (`_heads`); `kepala_tercatat` says whether a list does.
    Deterministic, whatever the order.
    """
    known = records[[column for column in OF_RECORDS if column in records.columns]]
    known = known.assign(
        **{column: pd.array([None] * len(known), dtype="str") for column in OF_RECORDS if column not in known}
    )
    whose = [
        looked_up(known["record_id"], membership["record_id"], membership[key]) for key in ("person_id", "household_id")
    ]
    ends = _numbers(known["periode"], end_month)
    known = known.assign(person_id=whose[0], household_id=whose[1], _end=ends)
    order = order_of(pd.DataFrame({"_end": -known["_end"], "record_id": known["record_id"]}))
    frame = known.take(order[whose[0].notna().to_numpy()[order]]).reset_index(drop=True)  # copied this once
    persons = _persons(_Groups(frame, "person_id"))
    return persons, _households(_Groups(frame, "household_id"), persons)


class _Groups:
    """Records, the latest first, grouped by person or household.

    `ids`: of the groups, sorted; `number`: the group of each record; `sizes`: records of each group.
    """

    def __init__(self, frame: pd.DataFrame, key: str) -> None:
        self.frame = frame
        self.number, ids = pd.factorize(frame[key], sort=True)
        self.ids = pd.Series(ids, name=key)
        self.sizes = np.bincount(self.number, minlength=len(ids))

    def first(self, order: Rows) -> Rows:
        """Return for each group the first of its rows in `order`, -1 where it has none there."""
        found = np.full(len(self.ids), -1, np.int64)
        found[self.number[order[::-1]]] = order[::-1]
        return found

    def latest(self, column: str) -> Rows:
        """Return for each group the row of the latest record that has a value in a column, -1 where none has."""
        return self.first(_stated_rows(self.frame[column]))

    def most_frequent(self, column: str, rank: npt.NDArray[Any]) -> Rows:
        """Return for each group the row of lowest `rank`, of these the most frequent value, of it the latest row."""
        value, values = pd.factorize(self.frame[column])
        stated = _stated_rows(self.frame[column])
        pair, _ = pd.factorize(self.number[stated] * np.int64(max(len(values), 1)) + value[stated])
        count = np.bincount(pair)[pair]
        return self.first(stated[np.lexsort((-count, rank[stated]))])

    def take(self, column: str, rows: Rows) -> Any:
        """Return the values of rows in a column, missing where there is no row (-1)."""
        return self.frame[column].array.take(rows, allow_fill=True)

    def add_best_value(self, out: pd.DataFrame, column: str, rows: Rows) -> None:
        """Add to `out` a column, the column that qualifies it (`BESIDE`), and the id of the record they come from."""
        for name in (column, BESIDE.get(column)):
            if name is not None:
                out[name] = self.take(name, rows)
        out[f"{column}_record_id"] = self.take("record_id", rows)


def _numbers(column: pd.Series, number: Callable[[str], int]) -> Rows:
    """Return a number for each value of a column, made once for all that are alike; 0 where there is none."""
    codes, values = pd.factorize(column)
    return np.array([*(number(str(value)) for value in values), 0], np.int64)[codes]


def _stated_rows(column: pd.Series) -> Rows:
    """Return the rows that have a value."""
    return np.flatnonzero(column.notna())


def _persons(groups: _Groups) -> pd.DataFrame:
    frame, out = groups.frame, groups.ids.to_frame()
    out["household_id"] = groups.take("household_id", groups.latest("household_id"))
    for column in LASTING:
        rank: npt.NDArray[Any] = np.zeros(len(frame), np.int64)
        if column == "nik":
            rank = frame["nik_status"].ne("sound").fillna(True).to_numpy(np.int64)
        elif column == "tanggal_lahir":
            rank = _numbers(frame["presisi_lahir"], lambda precision: PRECISION.get(precision, 0))
        groups.add_best_value(out, column, groups.most_frequent(column, rank))
    for column in CURRENT:
        groups.add_best_value(out, column, groups.latest(column))
    named = [c for column in PERSON_COLUMNS for c in (column, f"{column}_record_id") if c in out.columns]
    return out.assign(records=groups.sizes)[["person_id", "household_id", *named, "records"]]


def _households(groups: _Groups, persons: pd.DataFrame) -> pd.DataFrame:
    out, (head, recorded) = groups.ids.to_frame(), _heads(groups, persons)
    out["head_person_id"] = groups.take("person_id", head)
    out["head_person_id_record_id"] = groups.take("record_id", head)
    out["kepala_tercatat"] = recorded
    for column in HOUSEHOLD_COLUMNS:
        groups.add_best_value(out, column, groups.latest(column))
    out["members"] = np.bincount(positions(persons["household_id"], out["household_id"]), minlength=len(out))
    named = [c for column in HOUSEHOLD_COLUMNS for c in (column, f"{column}_record_id")]
    first = ["household_id", "head_person_id", "head_person_id_record_id", "kepala_tercatat"]
    return out.assign(records=groups.sizes)[[*first, *named, "members", "records"]]


def _heads(groups: _Groups, persons: pd.DataFrame) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Return for each household the row that makes its person the head, and whether a list says who that is.

    Who died or lives elsewhere now comes after all others; a child after them where an adult is among them. Then: who
    the latest list calls head, whom it names as head, the same of older lists, a spouse, the oldest adult.
    """
    frame = groups.frame
    row = positions(frame["person_id"], persons["person_id"])
    known = persons[["household_id", "tanggal_lahir", "status_hidup"]].take(row).reset_index(drop=True)
    end = frame["_end"].to_numpy()[groups.first(np.arange(len(frame)))][groups.number]
    born = known["tanggal_lahir"].to_numpy(dtype="datetime64[D]")
    age = age_at(born, (end - 12 * 1970).astype("datetime64[M]").astype("datetime64[D]") - 1)
    child, adult = (age >= 0) & (age < CHILD_BELOW), age >= CHILD_BELOW
    elsewhere = known["household_id"] != frame["household_id"]
    gone = (elsewhere | known["status_hidup"].eq("meninggal").fillna(False)).to_numpy(bool)
    cared_for = np.bincount(groups.number, adult & ~gone, len(groups.ids)) > 0
    latest = frame["_end"].to_numpy() == end
    stated = frame["hubungan"].eq(HEAD_OF_FAMILY).fillna(False).to_numpy(bool)
    named = (frame["nama"].notna() & frame["nama"].eq(frame["kepala_keluarga"]).fillna(False)).to_numpy(bool)
    spouse = frame["hubungan"].isin(SPOUSES).to_numpy(bool)
    kind = np.select([latest & stated, latest & named, stated, named, spouse], range(_OTHERS), _OTHERS)
    kind = np.where(child & cared_for[groups.number], _OTHERS + 1, kind)
    head = groups.first(np.lexsort((born, np.isnat(born), child, kind, gone)))
    return head, kind[head] < _RECORDED
