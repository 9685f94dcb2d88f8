"""The border that accepted records pass refuses a frame that breaks it, and tells no value in saying so."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.records.building import build_records
from tests.support.records import columns_of, raw_frame, raw_row
from validation.models import AcceptedRecord, InvalidFrameError, validate

ROWS = [
    raw_row(2, nama="SITI AMINAH", nik="1610054107850003", kategori="Fakir Miskin", rt="3", rw="1"),
    raw_row(3, nama="KARTO", nik="1610050107650007", kategori="RTLH", jenis_kelamin="L"),
]


def accepted() -> pd.DataFrame:
    return build_records(raw_frame(ROWS), columns_of(ROWS)).accepted


def test_what_the_records_room_makes_passes() -> None:
    assert len(validate(AcceptedRecord, accepted())) == len(ROWS)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("record_id", "not-an-id"), ("submission_id", None), ("submission_id", "AB"), ("kode_desa", None),
        ("kode_desa", "1610052036"), ("periode", "2024-13"), ("nik_status", "odd"), ("kk_status", None),
        ("nama", "X"), ("jenis_kelamin", "X"), ("presisi_lahir", "jam"), ("rt", "1"), ("status_hidup", "entah"),
    ],
)  # fmt: skip
def test_a_broken_column_is_refused_by_its_name_and_without_its_value(column: str, value: str | None) -> None:
    frame = accepted()
    kind = frame[column].dtype
    texts = frame[column].astype("str")
    texts.iloc[1] = value
    frame[column] = texts.astype("category" if kind == "category" else "str")
    with pytest.raises(InvalidFrameError, match=rf"{column}: ") as refused:
        validate(AcceptedRecord, frame)
    assert value is None or f" {value} " not in str(refused.value)


def test_one_row_twice_is_refused() -> None:
    twice = pd.concat([accepted()] * 2, ignore_index=True)
    with pytest.raises(InvalidFrameError, match="record_id: field_uniqueness"):
        validate(AcceptedRecord, twice)


def test_a_category_that_is_none_is_refused() -> None:
    frame = accepted()
    frame["kode_pmks"] = pd.Series([["24"], ["99"]], dtype="object")
    with pytest.raises(InvalidFrameError, match="kode_pmks: "):
        validate(AcceptedRecord, frame)
