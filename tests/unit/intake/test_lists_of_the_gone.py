"""Sheets, tables and rows of their own for those who died, moved or were struck off: their people are not read as if
they were still on the list, and the village is told."""

from __future__ import annotations

import pytest

from assets.intake.formats.workbook import Sheet
from assets.intake.sheets.standing import standing_named
from tests.unit.intake.test_layouts import people, read, simple

HEADER = ["NO", "NIK", "NO KK", "NAMA", "L/P", "TGL LAHIR", "JENIS PMKS"]


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("MENINGGAL", "meninggal"),
        ("Data PMKS yang meninggal dunia", "meninggal"),
        ("DATA PMKS MENINGGAL DUNIA", "meninggal"),
        ("DATA LANSIA TERLANTAR SUDAH MENINGGAL", "meninggal"),
        ("C. Yang sudah meninggal dunia:", "meninggal"),
        ("Pindah 2024", "pindah"),
        ("DATA PMKS PINDAH KELUAR DESA", "pindah"),
        ("Daftar Lansia Terlantar yg sudah pindah", "pindah"),
        ("Meninggal dan Pindah", "dikeluarkan dari daftar"),
        ("GRADUASI", "GRADUASI"),
        ("DATA PENERIMA PKH GRADUASI MANDIRI DESA SUKAMAJU", "GRADUASI MANDIRI"),
        ("II. TIDAK MEMENUHI SYARAT", "TIDAK MEMENUHI SYARAT"),
        ("DAFTAR PMKS TIDAK LAYAK HASIL MUSDES", "TIDAK LAYAK"),
        ("DAFTAR WARGA MISKIN YANG DIHAPUS DARI DTKS", "DIHAPUS"),
        ("BERITA ACARA PENCORETAN DATA PMKS", "PENCORETAN"),
        ("Nonaktif_2024", "NONAKTIF"),
        ("B. LAYAK", "layak"),
        ("DATA LANSIA TERLANTAR AKTIF", "aktif"),
        ("DAFTAR PMKS LAYAK DAN TIDAK LAYAK", None),
        ("DAFTAR ANAK YANG AYAHNYA MENINGGAL", None),
        ("DAFTAR ANAK YANG MENINGGAL ORANG TUANYA", None),
        ("DATA JANDA DITINGGAL MENINGGAL SUAMI", None),
        ("DAFTAR PENGGANTI PENERIMA YANG MENINGGAL", None),
        ("DATA LANSIA PENGGANTI KPM GRADUASI", None),
        ("DATA INI TIDAK MEMUAT WARGA YANG SUDAH MENINGGAL", None),
        ("DATA PMKS (TIDAK TERMASUK YANG MENINGGAL DAN PINDAH)", None),
        ("DATA PMKS SETELAH PENGHAPUSAN GANDA", None),
        ("Mohon dicoret warga yang sudah meninggal", None),
        ("Coret yang sudah meninggal", None),
        ("DAFTAR WARGA YANG MENINGGAL DICORET", None),
        ("DATA PENGURANGAN DAN PENAMBAHAN", None),
        ("DATA KELUARGA PINDAHAN", None),
        ("PINDAH DATANG", None),
        ("DAFTAR WARGA YANG PINDAH DARI JAMBI", None),
        ("DATA ANAK YANG DIKELUARKAN DARI SEKOLAH", None),
        ("RUMAH TIDAK LAYAK HUNI", None),
        ("DATA LANSIA TIDAK MAMPU", None),
        ("TIDAK MENERIMA BANTUAN", None),
        ("DATA PMKS TIDAK AKTIF BPJS", None),
        ("Sejahtera", None),
        ("No.", None),
        ("T", None),
        ("Anak", None),
    ],
)
def test_only_a_heading_that_is_understood_as_a_whole_says_that_people_are_gone(heading: str, said: str | None) -> None:
    found = standing_named(heading)
    assert (found and found[1]) == said


def standings(rows: list[list[object]]) -> list[str]:
    """What the reading says of the life or eligibility of each person, in order."""
    (sheet,) = read(Sheet("Sheet1", rows)).sheets
    return [person.get("status_hidup") or person.get("status_layak") or "" for person in people(sheet)]


def test_a_row_of_its_own_says_it_of_the_people_below_it() -> None:
    one, two, three, four = ([*row] for row in simple(4))
    assert standings([HEADER, one, ["B. DICORET"], two, ["C. Masih ada"], three]) == ["", "DICORET", "masih ada"]
    gone = [["MENINGGAL"], two]
    assert standings([HEADER, *gone, ["DUSUN II"], three]) == ["meninggal"] * 2
    assert standings([HEADER, ["DUSUN I"], one, *gone, ["DUSUN II"], three]) == ["", "meninggal", ""]
    assert standings([HEADER, one, two, three, four, [], ["2", "Meninggal"]]) == [""] * 4


def test_a_heading_that_says_nothing_known_ends_what_was_said_of_the_gone() -> None:
    one, two, three, four = ([*row] for row in simple(4))
    later = [HEADER, one, ["YANG PINDAH"], two, ["TAMBAHAN / USULAN BARU"], three, four]
    assert standings(later) == ["", "pindah", "", ""]
    assert [p.code for p in read(Sheet("Sheet1", later)).sheets[0].problems].count("heading_unknown") == 1
    assert standings([HEADER, one, ["YANG PINDAH"], ["KRAJAN"], two, ["KULON"], three]) == ["", "pindah", "pindah"]


def test_titles_say_it_of_their_own_table() -> None:
    tables = [["A. LANSIA AKTIF"], HEADER, *simple(3), [], ["B. LANSIA MENINGGAL"], HEADER, *simple(3, 4)]
    assert standings(tables) == ["aktif"] * 3 + ["meninggal"] * 3
    later = [[], ["C. ANAK TERLANTAR"], HEADER, *simple(3, 8)]
    assert standings([*tables, *later])[6:] == [""] * 3
    assert standings([["DATA PMKS MENINGGAL"], ["A. LANSIA"], HEADER, *simple(3), *later]) == ["meninggal"] * 6
    assert standings([["1. Meninggal"], ["2. Pindah"], HEADER, *simple(3)]) == [""] * 3


def test_people_of_a_list_of_the_dead_are_dead_unless_their_row_says_otherwise() -> None:
    alive = Sheet("AKTIF", [HEADER, *simple(3)])
    stated = [[*row, "Hidup" if number == 0 else ""] for number, row in enumerate(simple(3, 4))]
    gone = Sheet("MENINGGAL", [[*HEADER, "STATUS HIDUP"], *stated])
    result = read(alive, gone)
    assert [person.get("status_hidup") for person in people(result.sheets[0])] == [None] * 3
    assert [person["status_hidup"] for person in people(result.sheets[1])] == ["Hidup", "meninggal", "meninggal"]
    assert result.sheets[1].rows[1][5] == "status_hidup=sheet"
    assert [[p.code for p in sheet.problems] for sheet in result.sheets] == [[], ["list_of_the_gone"]]
