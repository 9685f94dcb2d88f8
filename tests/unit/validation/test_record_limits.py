"""What an accepted or quarantined record may hold at most and at least, and which columns may be empty."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.support.records import Built, built, raw_row
from validation.borders import InvalidTableError, check_table
from warehouse.arrow import to_arrow
from warehouse.tables import tables

MAY_BE_EMPTY = {
    "nik", "no_kk", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "presisi_lahir", "umur", "hubungan",
    "kepala_keluarga", "alamat", "dusun", "rt", "rw", "jenis_disabilitas", "terlantar", "nama_ibu", "nama_ayah",
    "status_hidup", "status_padan", "status_layak", "berita_acara", "telepon", "wali",
    "pendamping",
}  # fmt: skip
LISTS = {"kode_pmks", "reasons"}


@pytest.fixture(scope="module")
def made() -> Built:
    """One full accepted row, one nearly empty one, and two quarantined ones."""
    full = {
        "nama": "SITI AMINAH", "nik": "1610054107850003", "no_kk": "1610050101100001", "jenis_kelamin": "P",
        "tempat_lahir": "Palembang", "tanggal_lahir": "01-07-1985", "umur": "39", "hubungan": "KK",
        "kepala_keluarga": "SITI AMINAH", "alamat": "JL. MELATI", "dusun": "II", "rt": "3", "rw": "1",
        "kategori": "cacat terlantar", "jenis_disabilitas": "fisik",
        "nama_ibu": "SUMI", "nama_ayah": "KARTO", "status_hidup": "hidup",
        "status_padan": "padan", "status_layak": "layak", "berita_acara": "BA 1",
        "telepon": "0812-0000-0001", "wali": "DARSONO", "pendamping": "RUKMINI",
    }  # fmt: skip
    rows = [
        raw_row(2, **full),
        raw_row(3, nama="KARTO", kategori="RTLH"),
        raw_row(4, nama="-", kategori="RTLH"),
        raw_row(5, nama="UDIN", kategori="entah"),
    ]
    return built(rows)


def check(name: str, frame: pd.DataFrame) -> None:
    """Check a frame as it is checked when a stage writes it."""
    check_table(tables()[name], to_arrow(name, frame))


def changed(frame: pd.DataFrame, column: str, value: Any, row: int = 1) -> pd.DataFrame:
    """A copy in which one cell of a column is another."""
    frame, kind = frame.copy(), frame[column].dtype
    cells = frame[column].astype("object")
    cells.iloc[row] = value
    frame[column] = cells.astype(kind) if kind != "category" else cells.astype("str").astype("category")
    return frame


@pytest.mark.parametrize(("age", "possible"), [(-1, False), (0, True), (125, True), (126, False)])
def test_an_age_is_0_to_125(made: Built, age: int, possible: bool) -> None:
    frame = changed(made.accepted, "umur", age)
    if possible:
        check("accepted", frame)
    else:
        with pytest.raises(InvalidTableError, match="umur: "):
            check("accepted", frame)


@pytest.mark.parametrize(("row", "possible"), [(0, False), (1, True)])
def test_rows_are_counted_from_1(made: Built, row: int, possible: bool) -> None:
    for name, table in (("accepted", made.accepted), ("quarantined", made.quarantined)):
        frame = changed(table, "row", row)
        if possible:
            check(name, frame)
        else:
            with pytest.raises(InvalidTableError, match="row: "):
                check(name, frame)


@pytest.mark.parametrize(("name", "possible"), [("", False), ("X", True)])
def test_a_name_may_be_an_initial_but_not_empty(made: Built, name: str, possible: bool) -> None:
    frame = changed(made.accepted, "nama", name)
    if possible:
        check("accepted", frame)
    else:
        with pytest.raises(InvalidTableError, match="nama: "):
            check("accepted", frame)


@pytest.mark.parametrize("column", [name for name in tables()["accepted"].names if name not in LISTS])
def test_a_column_may_be_empty_or_must_be_filled(made: Built, column: str) -> None:
    assert made.accepted[column].iloc[:1].notna().all(), "the full row fills every column"
    frame = changed(made.accepted, column, None, row=0)
    if column in MAY_BE_EMPTY:
        check("accepted", frame)
    else:
        with pytest.raises(InvalidTableError, match=f"{column}: "):
            check("accepted", frame)


@pytest.mark.parametrize(
    ("column", "value", "possible"),
    [
        ("periode", "2024", True), ("periode", "2024-S2", True), ("periode", "2024-12", True),
        ("periode", "2024-S3", False), ("periode", "2024-00", False), ("periode", "2024-13", False),
        ("rt", "001", True), ("rt", "01", False), ("rw", "0001", False),
        ("kode_desa", "16.10.05.2036", True), ("kode_desa", "16.10.05", False),
    ],
)  # fmt: skip
def test_forms_of_periods_codes_and_numbers(made: Built, column: str, value: str, possible: bool) -> None:
    frame = changed(made.accepted, column, value, row=0)
    if possible:
        check("accepted", frame)
    else:
        with pytest.raises(InvalidTableError, match=f"{column}: "):
            check("accepted", frame)


@pytest.mark.parametrize("codes", [[], ["24", "nichts"], ["99"]])
def test_categories_are_some_and_known(made: Built, codes: list[str]) -> None:
    with pytest.raises(InvalidTableError, match="kode_pmks: "):
        check("accepted", changed_list(made.accepted, "kode_pmks", codes))
    check("accepted", changed_list(made.accepted, "kode_pmks", ["24", "LEG-RTLH"]))


def changed_list(frame: pd.DataFrame, column: str, value: list[str]) -> pd.DataFrame:
    lists = [value, *frame[column].tolist()[1:]]
    return frame.assign(**{column: pd.Series(lists, dtype="object")})


def test_a_quarantined_row_says_why(made: Built) -> None:
    check("quarantined", made.quarantined)
    with pytest.raises(InvalidTableError, match="reasons: "):
        check("quarantined", changed_list(made.quarantined, "reasons", []))


def test_a_broken_table_counts_its_rows_and_an_empty_one_is_whole(made: Built) -> None:
    frame = changed(changed(made.accepted, "umur", 126), "umur", 200, row=0)
    with pytest.raises(InvalidTableError, match=r"umur: .* \(2 rows"):
        check("accepted", frame)
    with pytest.raises(InvalidTableError, match=r"kode_pmks: .* \(1 row"):
        check("accepted", changed_list(made.accepted, "kode_pmks", []))
    check("accepted", made.accepted.iloc[:0])
