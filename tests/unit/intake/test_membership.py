"""Columns that ask whether somebody is PMKS at all, and ticks that deny."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.intake.test_layouts import NAMES, nik, people, read
from validation.vocabulary import refusal_of


def stated(sheet: Any, field: str) -> list[str]:
    return [person.get(field, "") for person in people(sheet)]


def asked(header: str, answers: list[str]) -> Any:
    rows = [[i + 1, NAMES[i], nik(i), "Fakir Miskin", said] for i, said in enumerate(answers)]
    return read([["NO", "NAMA", "NIK", "JENIS PMKS", header], *rows]).sheets[0]


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [
        ("PMKS (Ya/Tidak)", "Ya", "Tidak"),
        ("Termasuk PMKS?", "Y", "T"),
        ("STATUS PMKS", "PMKS", "Bukan PMKS"),
        ("PMKS", "1", "0"),
        ("Masih PPKS", "Masih", "Sudah Tidak"),
        ("PMKS YA/TIDAK", "V", "X"),
        ("KELAYAKAN (Y/T)", "Y", "T"),
    ],
)
def test_whom_a_column_of_answers_denies_is_called_not_eligible(header: str, yes: str, no: str) -> None:
    sheet = asked(header, [yes, yes, yes, no, no, ""])
    (column,) = (column for column in sheet.columns if column.letter == "E")
    codes = json.loads(column.code_map or "{}")
    assert column.field in ("status_layak", "status_hidup")
    refused = [bool(refusal_of(codes.get(said, said), of_status=True)) for said in stated(sheet, column.field)]
    assert refused == [False] * 3 + [True] * 2 + [False]
    assert stated(sheet, "kategori") == ["Fakir Miskin"] * 6


@pytest.mark.parametrize("header", ["BANTUAN PMKS", "KARTU PMKS", "MASUK DATA PMKS", "KELUARGA PMKS LAIN"])
def test_other_questions_say_nothing_of_whether_somebody_is_pmks(header: str) -> None:
    assert {column.field for column in asked(header, ["Ya", "Tidak"] * 3).columns if column.letter == "E"} == {None}


def test_a_cross_alone_is_a_tick() -> None:
    (column,) = (c for c in asked("PMKS (Ya/Tidak)", ["x", "", "x", "", "x", ""]).columns if c.letter == "E")
    assert "x" not in json.loads(column.code_map or "{}")


def test_ya_and_tidak_below_pmks_are_answers() -> None:
    rows = [[i, NAMES[i], nik(i), "Fakir Miskin", *(("v", "") if i < 4 else ("", "v"))] for i in range(1, 6)]
    header = [["NO", "NAMA", "NIK", "JENIS PMKS", "PMKS", ""], ["", "", "", "", "YA", "TIDAK"]]
    assert stated(read([*header, *rows]).sheets[0], "status_layak") == ["ya"] * 3 + ["tidak"] * 2


@pytest.mark.parametrize(
    ("yes", "no"), [("v", "x"), ("√", "X"), ("Ada", "Tdk Ada"), ("ya", "bukan fakir miskin"), ("x", "")]
)
def test_what_a_matrix_denies_is_not_ticked(yes: str, no: str) -> None:
    rows = [[i, NAMES[i], nik(i), *((yes, no) if i < 3 else (no, yes))] for i in range(1, 5)]
    found = read([["NO", "NAMA", "NIK", "FAKIR MISKIN", "LANSIA TERLANTAR"], *rows]).sheets[0].rows
    assert [row[2] for row in found] == [["FAKIR MISKIN"]] * 2 + [["LANSIA TERLANTAR"]] * 2


@pytest.mark.parametrize(("one", "others"), [("O", "X"), ("○", "✗")])
def test_of_rings_and_crosses_the_rarer_mark_ticks_and_of_as_many_neither(one: str, others: str) -> None:
    kinds = ["FAKIR MISKIN", "LANSIA TERLANTAR", "PEMULUNG"]
    rows = [[i, NAMES[i], nik(i), *(one if at == i % 3 else others for at in range(3))] for i in range(6)]
    found = read([["NO", "NAMA", "NIK", *kinds], *rows]).sheets[0].rows
    assert [row[2] for row in found] == [[kind] for kind in kinds] * 2
    even = [[i, NAMES[i], nik(i), *(one if at == i % 2 else others for at in range(2))] for i in range(6)]
    unclear = read([["NO", "NAMA", "NIK", *kinds[:2]], *even]).sheets[0].rows
    assert [row[2] for row in unclear] == [[]] * 6


def test_the_sex_of_a_person_below_a_category_is_a_tick() -> None:
    kinds = ["FAKIR MISKIN", "LANSIA TERLANTAR"]
    rows = [[i, NAMES[i], nik(i), *("LP"[i // 3] if at == i % 2 else "" for at in range(2))] for i in range(6)]
    found = read([["NO", "NAMA", "NIK", *kinds], *rows]).sheets[0].rows
    assert [row[2] for row in found] == [[kind] for kind in kinds] * 3


def test_a_cross_is_a_tick_where_other_cells_are_blank() -> None:
    rows = [[i, NAMES[i], nik(i), *(("v", "") if i < 3 else ("", "x"))] for i in range(1, 5)]
    found = read([["NO", "NAMA", "NIK", "FAKIR MISKIN", "LANSIA TERLANTAR"], *rows]).sheets[0].rows
    assert [row[2] for row in found] == [["FAKIR MISKIN"]] * 2 + [["LANSIA TERLANTAR"]] * 2


@pytest.mark.parametrize("said", ["Bukan PMKS", "bukan", "Bukan lansia terlantar", "tidak"])
def test_whom_a_cell_denies_has_the_category_of_title_or_band_all_the_same(said: str) -> None:
    header = ["NO", "NAMA", "NIK", "JENIS PMKS"]
    rows = [[i, NAMES[i], nik(i), "Lansia Terlantar" if i < 4 else said] for i in range(1, 6)]
    for above in ([["DAFTAR LANJUT USIA TERLANTAR"], header], [header, ["LANJUT USIA TERLANTAR"]]):
        named = [row[3] for row in read([*above, *rows]).sheets[0].rows]
        assert named == [""] * 3 + ["LANJUT USIA TERLANTAR"] * 2


@pytest.mark.parametrize(
    ("headers", "cells", "said"),
    [
        (["SEBAGAI"], ["Penerima", "Pendamping", "Penerima"], ["", "BUKAN PMKS: PENDAMPING", ""]),
        (["STATUS"], ["Lansia", "Kader Posyandu", "Lansia"], ["", "BUKAN PMKS: KADER POSYANDU", ""]),
        (["STATUS"], ["Kader", "Kader"], ["BUKAN PMKS: KADER"] * 2),
        (["PERAN"], ["", "", "wali"], ["", "", "BUKAN PMKS: WALI"]),
        (["JABATAN"], ["Ketua", "Sekretaris", "Anggota"], ["Ketua", "Sekretaris", "Anggota"]),  # all are members
        (["NAMA PENDAMPING", "JABATAN"], ["Siti;Kader", "Budi;Petugas", "Rina;Guru"], ["Kader", "Petugas", "Guru"]),
    ],
)
def test_who_is_a_helper_by_a_column_of_roles_is_no_pmks(headers: list[str], cells: list[str], said: list[str]) -> None:
    rows = [[NAMES[i], nik(i), "Lansia Terlantar", *cell.split(";")] for i, cell in enumerate(cells)]
    sheet = read([["NAMA", "NIK", "JENIS PMKS", *headers], *rows]).sheets[0]
    column = sheet.columns[-1]
    codes = json.loads(column.code_map or "{}")
    last = [json.loads(row[6]).get(column.letter, "") for row in sheet.rows]
    assert [codes.get(text, text) for text in last] == said
    assert column.field == ("status_layak" if codes else None)
