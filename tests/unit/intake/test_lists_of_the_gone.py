"""A sheet for those who died or moved: its people are not read as if they were there, and the village is told."""

from __future__ import annotations

import pytest

from assets.intake.formats.workbook import Sheet
from assets.intake.sheets.titles import life_of_list
from tests.unit.intake.test_layouts import people, read, simple

HEADER = ["NO", "NIK", "NO KK", "NAMA", "L/P", "TGL LAHIR", "JENIS PMKS"]


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        ("MENINGGAL", "", "meninggal"),
        ("Data PMKS yang meninggal dunia", "", "meninggal"),
        ("Pindah 2024", "", "pindah"),
        ("Sheet1", "DATA PMKS YANG MENINGGAL DUNIA TAHUN 2024", "meninggal"),
        ("Sheet1", "Daftar Lansia Terlantar yg sudah pindah", "pindah"),
        ("Sheet1", "DAFTAR ANAK YANG AYAHNYA MENINGGAL", ""),
        ("Sheet1", "DAFTAR ANAK YANG MENINGGAL ORANG TUANYA", ""),
        ("Sheet1", "DATA INI TIDAK MEMUAT WARGA YANG SUDAH MENINGGAL", ""),
        ("Sheet1", "Mohon dicoret warga yang sudah meninggal", ""),
        ("Sheet1", "DAFTAR WARGA YANG MENINGGAL DICORET", ""),
        ("Meninggal dan Pindah", "", ""),
        ("Meninggal", "DATA PMKS YANG PINDAH", ""),
        ("Anak", "", ""),
    ],
)
def test_only_a_list_of_nobody_else_says_so(name: str, title: str, said: str) -> None:
    assert life_of_list(name, [title]) == said


def test_people_of_a_list_of_the_dead_are_dead_unless_their_row_says_otherwise() -> None:
    alive = Sheet("AKTIF", [HEADER, *simple(3)])
    stated = [[*row, "Hidup" if number == 0 else ""] for number, row in enumerate(simple(3, 4))]
    gone = Sheet("MENINGGAL", [[*HEADER, "STATUS HIDUP"], *stated])
    result = read(alive, gone)
    assert [person.get("status_hidup") for person in people(result.sheets[0])] == [None] * 3
    assert [person["status_hidup"] for person in people(result.sheets[1])] == ["Hidup", "meninggal", "meninggal"]
    assert result.sheets[1].rows[1][5] == "status_hidup=sheet"
    assert [[p.code for p in sheet.problems] for sheet in result.sheets] == [[], ["list_of_the_gone"]]
