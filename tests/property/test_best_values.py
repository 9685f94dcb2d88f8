"""The best values of persons and households are those that the rules name, worked out one person at a time."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.identity.survivorship import BESIDE, CURRENT, HOUSEHOLD_COLUMNS, LASTING, PRECISION, best_values
from validation.periods import end_month

FEW = {
    "nama": ("SITI", "BUDI", None),
    "nik": ("1610054101900003", "1610050101900013", None),
    "nik_status": ("sound", "numeric_doubt", None),
    "no_kk": ("1610052208960015", None),
    "jenis_kelamin": ("L", "P", None),
    "tanggal_lahir": ("1990-01-01", "1985-05-05", "2006-12-31", "2019-03-01", None),
    "presisi_lahir": ("hari", "tahun", None),
    "tempat_lahir": ("OKI", "OKU", None),
    "hubungan": ("KEPALA KELUARGA", "ISTRI", "ANAK", None),
    "kepala_keluarga": ("SITI", "BUDI", None),
    "kode_desa": ("16.10.05.2036", "16.10.05.2037"),
    "alamat": ("JALAN SATU", "JALAN DUA", None),
    "dusun": ("I", None),
    "rt": ("001", "002", None),
    "rw": ("001", None),
    "nama_ibu": ("AMINAH", None),
    "status_hidup": ("hidup", "pindah", "meninggal", None),
    "periode": ("2023", "2024-S1", "2024", None),
    "person_id": ("P1", "P2", "P3"),
    "household_id": ("H2", "H1"),
}  # fmt: skip

Record = dict[str, Any]


@st.composite
def lists(draw: st.DrawFn) -> pd.DataFrame:
    """Draw records of few people; few values, so that many are even."""
    rows = draw(st.lists(st.tuples(*map(st.sampled_from, FEW.values())), max_size=14))
    frame = pd.DataFrame(rows, columns=list(FEW), dtype="str")
    names = draw(st.permutations(range(len(frame))))
    return frame.assign(record_id=[f"r{k:02d}" for k in names], tanggal_lahir=pd.to_datetime(frame["tanggal_lahir"]))


def rows_of(frame: pd.DataFrame) -> list[Record]:
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in frame.to_dict("records")]


def end_of(record: Record) -> int:
    return end_month(record["periode"]) if record["periode"] else 0


def latest(records: list[Record], column: str) -> Record | None:
    said = [r for r in records if r[column] is not None]
    return min(said, key=lambda r: (-end_of(r), r["record_id"]), default=None)


def most_said(records: list[Record], column: str) -> Record | None:
    said = [r for r in records if r[column] is not None]

    def order(record: Record) -> tuple[Any, ...]:
        rank = 0
        if column == "nik":
            rank = int(record["nik_status"] != "sound")
        elif column == "tanggal_lahir":
            rank = PRECISION.get(record["presisi_lahir"], 0)
        count = sum(r[column] == record[column] for r in said)
        return rank, -count, -end_of(record), record["record_id"]

    return min(said, key=order, default=None)


def head(records: list[Record], everybody: dict[str, Record]) -> tuple[str, str, bool]:
    """Person, record, and whether a list says that this is the head."""
    last = max(map(end_of, records))

    def born(record: Record) -> pd.Timestamp | None:
        return everybody[record["person_id"]]["tanggal_lahir"]

    def years(record: Record) -> int | None:
        day = born(record)
        if day is None or last == 0:
            return None
        months = last - (12 * day.year + day.month)
        return months // 12 if months >= 0 else None

    def there(record: Record) -> bool:
        person = everybody[record["person_id"]]
        return person["household_id"] == record["household_id"] and person["status_hidup"] != "meninggal"

    adults = [r for r in records if there(r) and (years(r) or 0) >= 18]

    def way(record: Record) -> int:
        now, stated = end_of(record) == last, record["hubungan"] == "KEPALA KELUARGA"
        named = record["nama"] is not None and record["nama"] == record["kepala_keluarga"]
        if adults and child(record):
            return 6
        if stated or named:
            return 0 if now and stated else 1 if now else 2 if stated else 3
        return 4 if record["hubungan"] in ("SUAMI", "ISTRI") else 5

    def child(record: Record) -> bool:
        return years(record) is not None and years(record) < 18

    def order(record: Record) -> tuple[Any, ...]:
        day = born(record)
        stays = (not there(record), way(record), child(record), day is None, day or pd.Timestamp(0))
        return *stays, -end_of(record), record["record_id"]

    found = min(records, key=order)
    return found["person_id"], found["record_id"], way(found) < 4


def assert_says(row: Record, column: str, best: Record | None) -> None:
    for name in (column, BESIDE.get(column, column)):
        assert row[name] == (best[name] if best else None)
    assert row[f"{column}_record_id"] == (best["record_id"] if best else None)


@settings(max_examples=150, deadline=None)
@given(lists())
def test_best_values_are_those_found_one_person_at_a_time(records: pd.DataFrame) -> None:
    ids = ["record_id", "person_id", "household_id"]
    persons, households = best_values(records.drop(columns=ids[1:]), records[ids])
    assert persons["person_id"].tolist() == sorted(records["person_id"].unique())
    assert households["household_id"].tolist() == sorted(records["household_id"].unique())
    for row in rows_of(persons):
        own = [r for r in rows_of(records) if r["person_id"] == row["person_id"]]
        assert row["records"] == len(own)
        home = latest(own, "household_id")
        assert home is not None and row["household_id"] == home["household_id"]
        for column in LASTING:
            assert_says(row, column, most_said(own, column))
        for column in CURRENT:
            assert_says(row, column, latest(own, column))
    everybody = {row["person_id"]: row for row in rows_of(persons)}
    for row in rows_of(households):
        own = [r for r in rows_of(records) if r["household_id"] == row["household_id"]]
        assert row["records"] == len(own)
        assert row["members"] == (persons["household_id"] == row["household_id"]).sum()
        said = (row["head_person_id"], row["head_person_id_record_id"], row["kepala_tercatat"])
        assert said == head(own, everybody)
        for column in HOUSEHOLD_COLUMNS:
            assert_says(row, column, latest(own, column))
