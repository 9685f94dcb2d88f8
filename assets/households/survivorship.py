"""The best values of a person and of a household, each with the record that it came from.

What a person is (name, NIK, birth, mother) is what most lists say, the latest where lists are even; a sound NIK goes
before a doubtful one. Where a person lives, with whom and how is what the latest list says. No value is composed:
each stands as it is in the record that is named beside it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.households.prepare import period_end

LASTING = ("nama", "nik", "jenis_kelamin", "tanggal_lahir", "tempat_lahir", "nama_ibu")
"""Decided by most records, then by the latest."""
CURRENT = ("no_kk", "hubungan", "kode_desa", "alamat", "dusun", "rt", "rw", "status_hidup")
"""Decided by the latest record that says it."""
BESIDE = {"nik": "nik_status", "tanggal_lahir": "presisi_lahir"}
"""Columns that are taken from the record that gave the value which they qualify."""
PERSON_COLUMNS = (
    "nama", "nik", "nik_status", "no_kk", "jenis_kelamin", "tanggal_lahir", "presisi_lahir", "tempat_lahir",
    "hubungan", "kode_desa", "alamat", "dusun", "rt", "rw", "nama_ibu", "status_hidup",
)  # fmt: skip
HOUSEHOLD_COLUMNS = ("kode_desa", "alamat", "dusun", "rt", "rw", "no_kk")
PRECISION = {"hari": 0, "bulan": 1, "tahun": 2, "umur": 3}
HEAD = "KEPALA KELUARGA"


def best_values(records: pd.DataFrame, membership: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe each person and each household by the best values of its records.

    In: `records` with the contract's columns (any may be missing); `membership`: record_id, person_id, household_id.
    Out: the frames `persons` and `households` of the architecture's border 3, one row an id, sorted by it; each best
    value has `<column>_record_id`. A person's household is that of the latest period. A household's head is who the
    latest list calls so, else whom it names as head, else the oldest member. Deterministic, whatever the order.
    """
    frame = records.merge(membership, on="record_id", how="inner", validate="one_to_one")
    for column in (*PERSON_COLUMNS, "kepala_keluarga", "periode"):
        if column not in frame.columns:
            frame[column] = pd.array([None] * len(frame), dtype="str")
    ends = {v: period_end(str(v)) for v in frame["periode"].dropna().unique()}
    frame["_end"] = frame["periode"].map(ends).fillna(0).astype("int64")
    frame = frame.sort_values(["_end", "record_id"], ascending=[False, True], ignore_index=True)
    persons = _persons(frame)
    return persons, _households(frame, persons)


def _persons(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.drop_duplicates("person_id")[["person_id", "household_id"]].set_index("person_id").sort_index()
    out["records"] = frame.groupby("person_id").size()
    for column in LASTING:
        rank = pd.Series(0, frame.index)
        if column == "nik":
            rank = frame["nik_status"].ne("sound").fillna(True).astype(int)
        elif column == "tanggal_lahir":
            rank = frame["presisi_lahir"].map(PRECISION).fillna(0).astype(int)
        _add(out, frame, "person_id", column, _most_said(frame, column, rank))
    for column in CURRENT:
        _add(out, frame, "person_id", column, frame[frame[column].notna()].drop_duplicates("person_id"))
    named = [c for column in PERSON_COLUMNS for c in (column, f"{column}_record_id") if c in out.columns]
    return out.reset_index()[["person_id", "household_id", *named, "records"]]


def _most_said(frame: pd.DataFrame, column: str, rank: pd.Series) -> pd.DataFrame:
    """Return for each person the row that gives the value most said, the better ranked and then the latest first."""
    said = frame[["person_id", column]].assign(_rank=rank, _at=np.arange(len(frame)))[frame[column].notna()]
    said["_count"] = said.groupby(["person_id", column])["_at"].transform("size")
    best = said.sort_values(["person_id", "_rank", "_count", "_at"], ascending=[True, True, False, True])
    return frame.loc[best.drop_duplicates("person_id")["_at"]]


def _add(out: pd.DataFrame, frame: pd.DataFrame, key: str, column: str, best: pd.DataFrame) -> None:
    chosen = best.set_index(key)
    out[column] = chosen[column].reindex(out.index).astype(frame[column].dtype)
    if column in BESIDE:
        beside = BESIDE[column]
        out[beside] = chosen[beside].reindex(out.index).astype(frame[beside].dtype)
    out[f"{column}_record_id"] = chosen["record_id"].reindex(out.index).astype("str")


def _households(frame: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    out = frame.groupby("household_id").size().rename("records").to_frame().sort_index()
    out["members"] = persons.groupby("household_id").size().reindex(out.index).fillna(0).astype("int64")
    head = _heads(frame).set_index("household_id")
    out["head_person_id"] = head["person_id"].reindex(out.index).astype("str")
    out["head_person_id_record_id"] = head["record_id"].reindex(out.index).astype("str")
    for column in HOUSEHOLD_COLUMNS:
        _add(out, frame, "household_id", column, frame[frame[column].notna()].drop_duplicates("household_id"))
    named = [c for column in HOUSEHOLD_COLUMNS for c in (column, f"{column}_record_id")]
    first = ["household_id", "head_person_id", "head_person_id_record_id"]
    return out.reset_index()[[*first, *named, "members", "records"]]


def _heads(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row a household: the record that makes its person the head."""
    latest = frame["_end"].eq(frame.groupby("household_id")["_end"].transform("max"))
    stated = frame["hubungan"].eq(HEAD).fillna(False)
    named = frame["nama"].notna() & frame["nama"].eq(frame["kepala_keluarga"]).fillna(False)
    order = frame.assign(
        _kind=np.select([latest & stated, latest & named, stated, named], [0, 1, 2, 3], 4),
        _born=pd.to_datetime(frame["tanggal_lahir"], errors="coerce"),
    )
    order = order.sort_values(
        ["household_id", "_kind", "_born", "_end", "record_id"], ascending=[True, True, True, False, True]
    )
    return order.drop_duplicates("household_id")[["household_id", "person_id", "record_id"]]
