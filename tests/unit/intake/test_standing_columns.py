"""Columns ticked for who is still there, died, moved or is not eligible, and names of those who replace others."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.sheets.standing import says_gone
from tests.unit.intake.test_layouts import NAMES, nik, people, read
from validation.vocabulary import refusal_of

HEADER = ["NO", "NAMA", "NIK", "NAMA AYAH", "JENIS PMKS"]


def listed(headers: list[list[str]], *marks: tuple[str, ...]) -> Any:
    """A list with more columns, headed by one or two rows, and what its people have in them."""
    below = [[*[""] * len(HEADER), *row] for row in headers[1:]]
    rows = [[i + 1, NAMES[i], nik(i), NAMES[-i - 1], "Fakir Miskin", *mark] for i, mark in enumerate(marks)]
    return read([[*HEADER, *headers[0]], *below, *rows])


def said(headers: list[list[str]], *marks: tuple[str, ...]) -> list[str]:
    """What the first sheet says of the life or eligibility of each person."""
    found = people(listed(headers, *marks).sheets[0])
    return [person.get("status_hidup") or person.get("status_layak") or "" for person in found]


@pytest.mark.parametrize(
    ("headers", "texts"),
    [
        ([["MS", "TMS"]], ("ms", "TMS")),
        ([["HASIL VERIFIKASI", ""], ["MS", "TMS"]], ("ms", "TMS")),
        ([["LAYAK", "TIDAK LAYAK"]], ("layak", "TIDAK LAYAK")),
        ([["LAYAK", "TIDAK"]], ("layak", "TIDAK")),
        ([["HIDUP", "MATI"]], ("hidup", "meninggal")),
        ([["STATUS", ""], ["ADA", "MENINGGAL"]], ("ada", "meninggal")),
        ([["KETERANGAN", ""], ["MASIH ADA", "PINDAH"]], ("masih ada", "pindah")),
        ([["TAMBAH", "KURANG"]], ("tambah", "KURANG")),
        ([["MASUK", "KELUAR"]], ("masuk", "KELUAR")),
        ([["AKTIF", "NON AKTIF"]], ("aktif", "NON AKTIF")),
    ],
)
def test_a_tick_below_a_standing_says_it_of_the_row(headers: list[list[str]], texts: tuple[str, str]) -> None:
    assert said(headers, ("v", ""), ("", "v"), ("v", ""), ("", "")) == [*texts, texts[0], ""]


@pytest.mark.parametrize(
    "headers",
    [
        [["AYAH", ""], ["HIDUP", "MENINGGAL"]],
        [["STATUS ORANG TUA", ""], ["HIDUP", "MENINGGAL"]],
        [["RUMAH", ""], ["LAYAK", "TIDAK LAYAK"]],
        [["PKH", ""], ["AKTIF", "NON AKTIF"]],
        [["CUKUP", "KURANG"]],
        [["MAMPU MAKAN SENDIRI", "TIDAK MAMPU"]],
    ],
)
def test_ticks_for_others_and_other_things_say_nothing_of_the_person(headers: list[list[str]]) -> None:
    assert not any(map(says_gone, said(headers, ("v", ""), ("", "v"), ("v", ""), ("", "v"))))


def test_a_death_beside_the_name_of_a_father_may_be_his() -> None:
    dates = [["12-03-2024"], [""], ["01-02-2024"]]
    assert said([["TANGGAL MENINGGAL"]], *map(tuple, dates)) == ["meninggal", "", "meninggal"]
    rows = [[i + 1, NAMES[i], nik(i), "Fakir Miskin", NAMES[-1 - i], *date] for i, date in enumerate(dates)]
    sheet = read([["NO", "NAMA", "NIK", "JENIS PMKS", "NAMA AYAH", "MENINGGAL"], *rows]).sheets[0]
    assert [person.get("status_hidup") for person in people(sheet)] == [None] * 3


@pytest.mark.parametrize("header", ["STATUS (HIDUP/MENINGGAL/PINDAH)", "HASIL PENDATAAN", "TINDAK LANJUT", "MS/TMS"])
def test_words_of_standing_are_read_below_headers_that_ask_for_them(header: str) -> None:
    assert said([[header]], ("Ditemukan",), ("Hapus",), ("Tetap",))[1] == "Hapus"


@pytest.mark.parametrize(
    ("header", "heard"),
    [("HASIL GC", True), ("KEBERADAAN DI LOKASI", True), ("KONDISI IBU", False), ("ALASAN", False)],
)
def test_words_of_who_died_are_read_below_headers_that_nobody_knows(header: str, heard: bool) -> None:
    assert said([[header]], ("Ditemukan",), ("Meninggal",), ("Tidak ditemukan",), ("Ditemukan",)) == (
        ["Ditemukan", "Meninggal", "Tidak ditemukan", "Ditemukan"] if heard else [""] * 4
    )
    assert said([[header]], ("Ada",), ("Aktif",), ("Tidak aktif",), ("Aktif",)) == [""] * 4


def test_letters_below_hidup_mati_are_words() -> None:
    (column,) = (c for c in listed([["HIDUP/MATI"]], ("H",), ("M",), ("H",)).sheets[0].columns if c.letter == "F")
    assert column.field == "status_hidup"
    assert '"M": "meninggal"' in (column.code_map or "")


def test_who_replaces_another_is_never_lost_without_a_word() -> None:
    new = [(NAMES[-5],), (NAMES[-6],), (NAMES[-7],), ("",)]
    assert listed([["NAMA PENGGANTI"]], *new).hold == "replacements_beside"
    assert listed([["PENERIMA PENGGANTI"], ["NAMA"]], *new).hold == "replacements_beside"
    few = listed([["NAMA PENGGANTI"]], new[0], ("",), ("-",), ("",))
    assert few.hold is None
    assert [problem.code for problem in few.sheets[0].problems] == ["replacement_not_read"]
    replaced = [refusal_of(person.get("status_layak", "")) for person in people(few.sheets[0])]
    assert replaced == ["DIGANTI", None, None, None]
