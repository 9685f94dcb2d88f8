"""What one header says: an alias, a near miss of the aliases of one field only, or nothing."""

from __future__ import annotations

import pytest

from assets.intake.sheets.headers import fields_like, fields_named, header_fields, header_key, names_category
from tests.unit.intake.test_layouts import NAMES, nik, read


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("  n i k ", "NIK"),
        ("3. Nama", "NAMA"),
        ("(403) NIK", "NIK"),
        ("Alamat (12)", "ALAMAT"),
        ("Alamat (1234)", "ALAMAT1234"),
        ("1234 NIK", "1234NIK"),
        ("12 ", "12"),
        ("3.", "3"),
        ("# RT", "#RT"),
    ],
)
def test_a_header_counts_by_its_letters_without_the_number_of_the_form(written: str, key: str) -> None:
    assert header_key(written) == key


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("STAEUS DALAG KK", "hubungan"),  # 84.6 % like STATUS DALAM KK
        ("NRMA LENGKRK PEPAAA KELUARGA", "kepala_keluarga"),  # 84 % like NAMA LENGKAP KEPALA KELUARGA, exactly
        ("NO KKK PENERIR", None),  # 83.3 % like NO KK PENERIMA
        ("KELUHAN", "lain"),  # not KELURAHAN
        ("NAMA PENERIMA BANTUN", "nama"),
        ("PERNAH MENERIMA BANTUAN", None),  # 85 % like NAMA PENERIMA BANTUAN, but answered by yes or no
    ],
)
def test_a_misspelt_header_is_an_alias_from_84_percent_alike(written: str, field: str | None) -> None:
    assert fields_like(written) == ((field,) if field else None)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("NAMA APAK", "nama_ayah"),  # NAMA BAPAK is 6.6 points nearer than NAMA ANAK
        ("NAMA BAK", None),  # NAMA BANK is only 5.8 points nearer than NAMA BAPAK
        ("NOMER KKT", None),  # NOMER KK (no_kk) is only 5.8 points nearer than NOMER KTP (nik)
    ],
)
def test_a_misspelt_header_names_nothing_if_another_field_is_nearly_as_near(written: str, field: str | None) -> None:
    assert fields_like(written) == ((field,) if field else None)


@pytest.mark.parametrize(("written", "fields"), [("DUSUM", None), ("ALAMA", ("alamat",)), ("NMAA", None)])
def test_a_header_of_fewer_than_five_letters_is_never_taken_by_likeness(
    written: str, fields: tuple[str, ...] | None
) -> None:
    assert fields_like(written) == fields


@pytest.mark.parametrize(("length", "fields"), [(60, ("alamat",)), (61, None)])
def test_a_text_of_more_than_sixty_characters_is_no_misspelt_header(
    length: int, fields: tuple[str, ...] | None
) -> None:
    assert fields_like("ALAMA".ljust(length)) == fields


@pytest.mark.parametrize(("length", "fields"), [(90, ("nik",)), (91, None)])
def test_a_text_of_more_than_ninety_characters_is_no_header(length: int, fields: tuple[str, ...] | None) -> None:
    assert fields_named("NIK".ljust(length)) == fields


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("ALAMAT", "DUSUN"), (("dusun",), "alias")),  # the lowest text has a meaning of its own
        (("KK", "NAMA"), (("kepala_keluarga",), "alias")),  # a general word is read with its parent
        (("DATA DIRI", "NAMA"), (("nama",), "alias")),  # a parent about the person listed
        (("DATA PENDAMPING", "NAMA"), (None, "alias")),  # a parent about someone else
        (("DATA PENDAMPING", "NIK"), (None, "alias")),
        (("DATA DIRI", "KELAHIRAN", "TANGGAL"), (("tanggal_lahir",), "alias")),
        (("TANGGAL LAHIR", "(dd-mm-yyyy)"), (("tanggal_lahir",), "alias")),  # the lowest text only says how to fill in
        (("NIK", "(403)"), (("nik",), "alias")),
        (("UMUR", "(tahun penuh)"), (("umur",), "alias")),
        (("DATA DIRI", "UMUR", "(tahun penuh)"), (("umur",), "alias")),
        (("(dd-mm-yyyy)",), (None, "fuzzy")),
        (("DATA DIRI", "ALAMA"), (("alamat",), "fuzzy")),
        (("ALAMA",), (("alamat",), "fuzzy")),
        (("JENIS PMKS", "Fakir Miskin"), (None, "alias")),  # the name of a category: a column of ticks
        (("JENIS PMKS", "Warna Rumah"), (("kategori",), "alias")),  # an unknown text under the category
        (("KETERANGAN", "Warna Rumah"), (("keterangan",), "alias")),
        (("ALAMAT", "Warna Rumah"), (None, "alias")),
    ],
)
def test_a_header_of_several_rows_is_read_from_its_lowest_text(
    texts: tuple[str, ...], found: tuple[tuple[str, ...] | None, str]
) -> None:
    assert header_fields(texts) == found


def test_a_misspelt_header_of_a_list_is_said_to_be_found_by_likeness() -> None:
    rows = [[i, NAMES[i], nik(i), "JL. A"] for i in range(1, 4)]
    sheet = read([["NO", "NAMA", "NIK", "ALAMA"], *rows]).sheets[0]
    assert [(c.field, c.by) for c in sheet.columns if c.letter == "D"] == [("alamat", "fuzzy")]


@pytest.mark.parametrize(
    ("written", "is_one"),
    [
        ("Fakir Miskin", True),
        ("1. Fakir Miskin", True),
        ("(24) Fakir Miskin", True),
        ("FM", True),
        ("08", False),  # a bare number may be any category, or none
        ("KETERANGAN", False),
        ("Warna Rumah", False),
    ],
)
def test_a_header_over_ticks_is_the_name_of_a_category(written: str, is_one: bool) -> None:
    assert names_category(written) is is_one
