"""Codes and words of status, relation, disability and programme: what the column shows decides what it holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assets.intake.sidecar_reading import read_sidecar
from tests.unit.intake.test_layouts import NAMES, column_of, nik, people, read
from validation.vocabulary import disability_of

HEADER = ["NO", "NAMA", "NIK", "JENIS PMKS"]


def fields(header: str, cells: list[Any], declared: dict[str, Any] | None = None) -> dict[str, str | None]:
    """The field of the column with those cells, and the codes that it has, by `field` and `codes`."""
    rows = [[n, NAMES[n % 8], nik(n), "Fakir Miskin", cell] for n, cell in enumerate(cells, 1)]
    sheet = read([[*HEADER, header], *rows], declared=declared).sheets[0]
    column = next(column for column in sheet.columns if column.letter == "E")
    return {"field": column.field, "codes": column.code_map}


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["Hidup", "Hidup", "Mati", "Pindah", "Pindah Dalam Negeri", "Tidak Valid"], "status_hidup"),
        (["Kawin", "Belum Kawin", "Cerai Hidup", "Cerai Mati", "Kawin", "KAWIN TERCATAT"], None),
        (["Anak", "Istri", "Kepala Keluarga", "Anak", "Cucu", "Menantu"], "hubungan"),
        (["Padan", "Tidak Padan", "Padan", "Padan", "Belum Padan", "Padan"], "status_padan"),
        (["Layak", "Tidak Layak", "Layak", "Layak", "Layak", "Layak"], "status_layak"),
        (["1", "2", "1", "1", "2", "1"], None),
        (["merah", "biru", "Hidup", "hijau", "kuning", "ungu"], None),
    ],
)
def test_a_status_is_what_its_words_say(cells: list[str], field: str | None) -> None:
    assert fields("STATUS", cells)["field"] == field


def test_words_of_marriage_are_no_status_of_life_whatever_the_header_says() -> None:
    assert fields("Status Penduduk", ["Kawin", "Belum Kawin", "Cerai Mati", "Kawin"])["field"] is None


@pytest.mark.parametrize(
    ("header", "official"),
    [("SHDK", True), ("Hubungan Keluarga (1-11)", True), ("Status Hubungan Dalam Keluarga", True),
     ("SHDK (1 s/d 11)", True), ("Hubungan dengan KRT", False), ("Hubungan Keluarga", False)],
)  # fmt: skip
def test_relations_1_to_11_mean_the_official_list_where_the_header_names_it(header: str, official: bool) -> None:
    found = fields(header, ["1", "3", "4", "4", "9", "11"])
    assert found["field"] == "hubungan"
    assert ('"3": "ISTRI"' in (found["codes"] or "")) == official


def test_words_of_relation_need_no_codes() -> None:
    assert fields("SHDK", ["Anak", "Istri", "Kepala Keluarga", "Anak"])["codes"] is None


@pytest.mark.parametrize(
    ("key", "header", "said", "codes"),
    [
        ("hubungan", "Hubungan Keluarga", {"1": "Kepala Keluarga", "2": "Istri/Suami", "3": "anak"}, '"3": "ANAK"'),
        ("jenis_disabilitas", "Jenis Cacat", {"0": "tidak ada", "1": "Cacat Tubuh"}, '"1": "fisik"'),
        ("status_hidup", "Keberadaan", {"1": "hidup", "2": "Meninggal"}, '"2": "meninggal"'),
    ],
)
def test_codes_are_declared_in_a_sidecar(key: str, header: str, said: dict[str, str], codes: str) -> None:
    text = json.dumps({key: said})
    result = read_sidecar("daftar.yml", text.encode())
    assert result.faults == []
    assert codes in (fields(header, ["1", "2", "1", "1"], result.declared)["codes"] or "")


@pytest.mark.parametrize("key", ["hubungan", "jenis_disabilitas", "status_hidup"])
def test_a_word_that_is_none_is_refused(key: str) -> None:
    (fault,) = read_sidecar("daftar.yml", f'{key}: {{"1": entah}}'.encode()).faults
    assert fault.code == "sidecar_key_refused"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Cacat Rungu/Wicara", "rungu wicara"), ("cacat rungu dan wicara", "rungu wicara"), ("Tuna Netra", "netra"),
        ("Penyandang Disabilitas Fisik", "fisik"), ("Cacat Fisik dan Mental", "ganda"), ("Netra/Rungu", "ganda"),
        ("Cacat", None), ("rungu/entah", None),
    ],
)  # fmt: skip
def test_kinds_of_disability_behind_the_words_for_it(text: str, kind: str | None) -> None:
    assert disability_of(text) == kind


@pytest.mark.parametrize("header", ["BANSOS", "Program Bantuan", "STATUS"])
def test_a_programme_whose_words_are_categories_holds_them(header: str) -> None:
    words = ["Yatim", "Lansia", "Disabilitas", "ODKB", "Lansia", "Disabilitas"]
    rows = [[n, NAMES[n], nik(n), word] for n, word in enumerate(words, 1)]
    sheet = read([["NO", "NAMA", "NIK", header], *rows]).sheets[0]
    assert column_of(sheet, "kategori") == ["D"]
    assert [person["kategori"] for person in people(sheet)] == words


def test_a_programme_of_subsidies_is_no_category() -> None:
    rows = [[n, NAMES[n], nik(n), word] for n, word in enumerate(["PKH", "BPNT", "Lansia", "PKH", "BLT"], 1)]
    assert column_of(read([["NO", "NAMA", "NIK", "BANSOS"], *rows]).sheets[0], "kategori") == []
