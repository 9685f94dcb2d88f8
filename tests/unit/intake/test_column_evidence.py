"""What the cells of a column say for or against its header, with an example on each side of every share."""

from __future__ import annotations

import pytest

from assets.intake.sheets.births import Birth, birth
from assets.intake.sheets.evidence import Content, content_of, evidence_text, fits, strength

NIK, CODE = "1610051205850001", "1610052036"


def column(*values: str, kind: str = "t") -> Content:
    return content_of(values, [kind] * len(values))


def mixed(speaking: str, otherwise: str, count: int) -> Content:
    """Twenty cells, `count` of them `speaking`."""
    return column(*[speaking] * count, *[otherwise] * (20 - count))


@pytest.mark.parametrize(
    ("field", "header", "speaking", "otherwise", "least"),
    [
        ("nik", "NIK", NIK, "2019", 10),
        ("nik", "NIK", NIK + " A", "2019", 10),
        ("no_kk", "NOKK", NIK, "2019", 10),
        ("nama", "NAMA", "SITI", "1234567", 10),
        ("kepala_keluarga", "KK", "SITI", "1234567", 10),
        ("nama_ibu", "IBU", "SITI", "1234567", 10),
        ("nama_ayah", "AYAH", "SITI", "1234567", 10),
        ("jenis_kelamin", "JK", "L", "MERAH", 12),
        ("jenis_kelamin", "JK", "1", "MERAH", 12),
        ("jenis_kelamin", "JK", "v", "MERAH", 12),
        ("tanggal_lahir", "TGLLAHIR", "12-05-1985", "SITI", 8),
        ("tanggal_lahir", "TGLLAHIR", "45 th", "SITI", 8),
        ("tanggal_lahir", "TGLLAHIR", "JAMBI 12-05-1985", "SITI", 8),
        ("hubungan", "HUB", "ANAK", "MERAH", 6),
        ("hubungan", "HUB", "3", "MERAH", 6),
        ("rt", "RT", "RT 02", "MERAH", 8),
        ("rw", "RW", "001/002", "MERAH", 8),
        ("rt", "RT", "12-05-1985", "MERAH", 8),
        ("kode_desa_baris", "KODEDESA", CODE, "MERAH", 10),
        ("kode_desa_baris", "KODEDESA", "16.10.05.2036 x", "MERAH", 10),
        ("kategori", "KRITERIA", "Fakir Miskin", "MERAH", 4),
        ("kategori", "KRITERIA", "1", "MERAH", 10),
        ("kategori", "KRITERIA", "PMKS no 99", "MERAH", 10),
    ],
)
def test_a_column_needs_a_share_of_cells_that_speak_for_its_header(
    field: str, header: str, speaking: str, otherwise: str, least: int
) -> None:
    assert fits(field, header, mixed(speaking, otherwise, 20))
    assert fits(field, header, mixed(speaking, otherwise, least))
    assert not fits(field, header, mixed(speaking, otherwise, least - 1))


@pytest.mark.parametrize(
    ("field", "speaking", "least"),
    [
        ("jenis_kelamin", ("L", "1"), 12),
        ("tanggal_lahir", ("12-05-1985", "45 th"), 8),
        ("tanggal_lahir", ("45 th", "JAMBI 12-05-1985"), 8),
        ("hubungan", ("ANAK", "3"), 6),
        ("rt", ("RT 02", "001/002"), 8),
        ("rt", ("RT 02", "12-05-1985"), 8),
        ("kode_desa_baris", (CODE, "16.10.05.2036 x"), 10),
        ("kategori", ("1", "PMKS no 99"), 10),
    ],
)
def test_cells_that_speak_in_two_ways_for_a_header_add_up(field: str, speaking: tuple[str, str], least: int) -> None:
    otherwise = "SITI" if field == "tanggal_lahir" else "MERAH"
    for count, fitting in ((least, True), (least - 1, False)):
        cells = [speaking[i % 2] for i in range(count)]
        assert fits(field, "KRITERIA", column(*cells, *[otherwise] * (20 - count))) is fitting


@pytest.mark.parametrize(
    ("field", "against", "otherwise", "most"),
    [
        ("tanggal_lahir", CODE, "1234567", 5),  # numbers that are no dates, but not village codes or names either
        ("tanggal_lahir", "SITI", "1234567", 5),
        ("umur", "SITI", "45", 9),
        ("umur", NIK, "45", 9),
        ("desa", NIK, "MERAH", 9),
        ("kecamatan", NIK, "MERAH", 9),
        ("kabupaten", NIK, "MERAH", 9),
    ],
)
def test_a_column_is_refused_from_a_share_of_cells_that_speak_against_its_header(
    field: str, against: str, otherwise: str, most: int
) -> None:
    assert fits(field, "", mixed(against, otherwise, most))
    assert not fits(field, "", mixed(against, otherwise, most + 1))


def test_a_header_that_says_pmks_needs_no_known_category_below_it() -> None:
    for header in ("JENISPMKS", "PPKS", "MASALAHKESEJAHTERAAN"):
        assert fits("kategori", header, column(*["MERAH"] * 20))
    assert not fits("kategori", "KRITERIA", column(*["MERAH"] * 20))


def test_a_period_is_refused_only_if_it_holds_many_different_words() -> None:
    words = ("SATU", "DUA", "TIGA", "EMPAT")
    assert fits("periode_baris", "", column(*words[:3] * 5))
    assert not fits("periode_baris", "", column(*words * 5))
    assert fits("periode_baris", "", column(*words, *words, "SATU", *["2024"] * 11))
    assert not fits("periode_baris", "", column(*words, *words, "SATU", "DUA", *["2024"] * 10))


def test_fields_that_may_hold_anything_are_never_refused() -> None:
    assert fits("alamat", "ALAMAT", column(*[NIK] * 20))


@pytest.mark.parametrize(
    ("values", "fitting"),
    [
        ((), True),
        (("2019", "2019"), True),  # too few to judge by
        (("2019", "2019", "2019"), False),
        (("SITI", "KARTO"), False),  # but names are no NIK, however few
        (("SITI", NIK), True),
        (("-", "-", "-", "-"), True),  # nothing is stated, so nothing speaks against the header
    ],
)
def test_fewer_than_three_cells_refuse_a_nik_only_by_names(values: tuple[str, ...], fitting: bool) -> None:
    assert fits("nik", "NIK", column(*values)) is fitting
    assert fits("no_kk", "NOKK", column(*values)) is fitting


def test_fewer_than_three_cells_refuse_no_other_field() -> None:
    assert fits("nama", "NAMA", column("2019", "2019"))
    assert not fits("nama", "NAMA", column("2019", "2019", "2019"))


@pytest.mark.parametrize(
    ("field", "value", "kind", "like"),
    [
        ("nik", NIK, "t", True),
        ("nik", "'1610 0512 0585.0001", "t", True),
        ("nik", NIK, "n", True),
        ("nik", NIK[:15], "t", False),
        ("nik", NIK + "0", "t", False),
        ("nama", "H. M. SITI'AH (ALM)", "t", True),
        ("nama", "SITI 2", "t", False),
        ("nama", "AB", "t", True),
        ("nama", "A", "t", False),
        ("jenis_kelamin", "Laki-laki", "t", True),
        ("jenis_kelamin", "1. Laki - laki", "t", True),  # 14 characters
        ("jenis_kelamin", "1. Laki  - laki", "t", False),
        ("jenis_kelamin", "MERAH", "t", False),
        ("tanggal_lahir", "12-05-1985", "t", True),
        ("tanggal_lahir", "12 Mei 1985", "t", True),
        ("tanggal_lahir", "1985-05-12", "t", True),
        ("tanggal_lahir", "1985-05-12", "d", True),
        ("tanggal_lahir", "31178", "n", True),  # a day as Excel counts them
        ("tanggal_lahir", "31178", "t", False),
        ("tanggal_lahir", "3117", "n", False),
        ("tanggal_lahir", "311780", "n", False),
        ("hubungan", "Anak", "t", True),
        ("hubungan", "MERAH", "t", False),
        ("kategori", "Fakir Miskin", "t", True),
        ("kategori", "MERAH", "t", False),
        ("rt", "001", "t", True),
        ("rt", "0001", "t", False),
        ("rt", "RT 02", "t", True),
        ("rt", "IV", "t", True),
        ("umur", "45", "t", True),
        ("umur", "104", "n", True),
        ("umur", "1045", "n", False),
        ("umur", "±60 tahun", "t", True),
    ],
)
def test_which_values_are_just_what_a_field_holds(field: str, value: str, kind: str, like: bool) -> None:
    assert strength(field, column(value, kind=kind)) == float(like)


def test_empty_cells_say_nothing_and_placeholders_count_as_filled_only() -> None:
    content = content_of(["", "-", "x", "SITI", "KARTO"], ".tttt")
    assert strength("nama", content) == 0.5
    assert evidence_text("nama", content) == "50 % dari 4 sel terisi berupa nama"
    assert evidence_text("alamat", content) == "4 sel terisi"
    assert evidence_text("alamat", content_of([""], ".")) == "kolom kosong"


def test_categories_are_looked_for_only_where_they_may_be() -> None:
    assert strength("kategori", content_of(["Fakir Miskin"] * 3, "ttt", may_be_category=False)) == 0


@pytest.mark.parametrize("number", ["1610051213850001", "1610050012850001", "1610057212850001"])
def test_a_number_whose_day_or_month_is_none_says_no_birth(number: str) -> None:
    assert birth("1610051201850001") == Birth(12, 1, 85, "L")
    assert birth(number) is None
