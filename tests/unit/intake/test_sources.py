"""Of each value that is not in the row's own cells, the place where it stands is written down."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.sheets.sources import declared
from tests.unit.intake.test_layouts import NAMES, kk, nik, read

HEADER = ["NO", "NAMA", "NIK", "JENIS KELAMIN", "TANGGAL LAHIR"]
ONE = [1, NAMES[0], nik(0), "L", "12-05-1985"]
TWO = [2, NAMES[1], nik(1), "L", "12-05-1985"]


def places(rows: list[list[Any]], **said: str) -> list[str]:
    return [row[5] for row in read(rows, **said).sheets[0].rows]


def test_the_category_of_a_title_a_sheet_or_a_file() -> None:
    titled = [["DESA TANJUNG PASIR"], ["", "DAFTAR LANJUT USIA TERLANTAR"], HEADER, ONE, TWO]
    assert places(titled) == ["kategori=title@B2"] * 2
    assert places([HEADER, ONE], name="LANJUT USIA TERLANTAR.xlsx") == ["kategori=file"]


def test_a_row_that_says_its_own_category_takes_none_from_elsewhere() -> None:
    rows = [["DAFTAR FAKIR MISKIN"], [*HEADER, "JENIS PMKS"], [*ONE, "PEMULUNG"], [*TWO, ""]]
    assert places(rows) == ["", "kategori=title@A1"]


def test_the_hamlet_and_the_category_of_bands() -> None:
    rows = [HEADER, ["", "DUSUN II"], ONE, ["", "FAKIR MISKIN"], TWO]
    assert places(rows) == ["dusun=band@B2", "dusun=band@B2|kategori=band@B4"]


@pytest.mark.parametrize(
    ("band", "said"),
    [
        (["No. KK", ":", kk(1), "Alamat : JL. MELATI, RT/RW : 1/2"], "alamat=D|no_kk=C|rt=D|rw=D"),
        ([f"No. KK : {kk(1)}", "", "Dusun : 1", "RT : 1"], "dusun=C|no_kk=A|rt=D"),
        (["No. KK", kk(1), "", "Nama Kepala Keluarga", ":", "KARTO"], "kepala_keluarga=F|no_kk=B"),
    ],
)
def test_each_value_of_a_family_by_its_own_cell(band: list[str], said: str) -> None:
    rows = [[*HEADER, "JENIS PMKS"], band, [*ONE, "FM"]]
    assert places(rows) == ["|".join(part.replace("=", "=band@") + "2" for part in said.split("|"))]


def test_a_value_carried_down_from_a_merged_cell_is_that_cells() -> None:
    rows = [["DAFTAR FAKIR MISKIN"], [*HEADER, "NO KK", "HUB. KELUARGA"], [*ONE, kk(1), "KEPALA KELUARGA"]]
    rows += [[*TWO, "", "ANAK"], [3, NAMES[2], nik(2), "P", "1990", "", "ANAK"]]
    assert places(rows)[1:] == ["kategori=title@A1|no_kk=above@F3"] * 2


def test_what_was_sent_along_stands_in_place_of_what_the_sheet_names() -> None:
    assert declared("dusun=sheet|kategori=title@A1", "FAKIR MISKIN") == "dusun=sheet|kategori=sidecar"
    assert declared("kategori=merge@F3", "") == "kategori=merge@F3|kategori=sidecar"
    assert declared("", "") == "kategori=sidecar"
