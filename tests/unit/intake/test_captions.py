"""Captions of families below the header of the whole list: bands that give values, never headers and never persons."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.intake.sheets.captions import caption_values
from tests.unit.intake.test_layouts import HEADER, NAMES, kinds, kk, nik, people, read

MEMBERS = ["NO", "NIK", "NAMA", "TEMPAT LAHIR", "TGL LAHIR", "L/P", "SHDK", "JENIS PMKS"]


def members(family: int, count: int = 3) -> list[list[Any]]:
    return [
        [n, nik(10 * family + n), NAMES[n], "JAMBI", f"1{n}-05-1985", "LP"[n % 2], "ANAK", "Fakir Miskin"]
        for n in range(1, count + 1)
    ]


def captions(form: str, family: int) -> list[list[Any]]:
    """The caption of a family as one of the forms population offices print."""
    number, head, address = kk(family), NAMES[family], f"JL. MELATI NO. {family}"
    label = ["No. KK", "Nama Kepala Keluarga", "Alamat"]
    forms: dict[str, list[list[Any]]] = {
        "label and value in a cell": [
            [f"No. KK : {number}", "", f"Nama Kepala Keluarga : {head}", f"Alamat : {address}"],
        ],
        "value beside a colon": [["No. KK :", number, "Nama Kepala Keluarga :", head, "", "Alamat :", address]],
        "colons of their own": [["No. KK", ":", number, "Nama Kepala Keluarga", ":", head, "Alamat", ":"]],
        "no colons": [["No. KK", number, "", "Nama Kepala Keluarga", head, "Alamat", address]],
        "a number as a number": [["No. KK", int(number), "", "Nama Kepala Keluarga", head, "Alamat", address]],
        "labels over values": [[*label[:2], "", label[2]], [number, head, "", address]],
        "labels with colons over values": [["", *(f"{w} :" for w in label)], ["", number, head, address]],
        "all in one cell": [[f"KK No. {number} a.n. {head}"]],
        "in words": [["", f"Kartu Keluarga Nomor {number} (Kepala Keluarga: {head})"]],
        "with what is not kept": [
            ["No. KK :", number, "Kode Pos : 30653", "Nama Kepala Keluarga :", head, "RT/RW : 01/02"],
        ],
    }  # fmt: skip
    return forms[form]


FORMS = [
    "label and value in a cell", "value beside a colon", "colons of their own", "no colons", "a number as a number",
    "labels over values", "labels with colons over values", "all in one cell", "in words", "with what is not kept",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("first", ["header", "caption"])
def test_the_caption_of_each_family_is_a_band_and_gives_its_members_their_family(form: str, first: str) -> None:
    rows: list[list[Any]] = [["DATA KELUARGA MISKIN"]]
    rows += [MEMBERS] if first == "header" else []
    heads: list[str] = []
    for family in range(1, 5):
        rows += captions(form, family) + ([] if first == "header" else [MEMBERS]) + members(family)
        heads += [NAMES[family]] * 3
    sheet = read(rows).sheets[0]
    found = people(sheet)
    assert [p["kepala_keluarga"] for p in found] == heads
    assert [p["no_kk"] for p in found] == [kk(family) for family in range(1, 5) for _ in range(3)]
    assert [(p["nik"], p["nama"], p["tempat_lahir"]) for p in found] == [
        (row[1], row[2], "JAMBI") for family in range(1, 5) for row in members(family)
    ]
    own_header = first == "caption" and "over values" in form
    assert len(kinds(sheet)["band"]) == 4 * (1 if own_header else len(captions(form, 1)))


def test_a_list_of_families_has_a_header_and_no_captions() -> None:
    rows: list[list[Any]] = [["NO KK", "NAMA KEPALA KELUARGA", "ALAMAT"]]
    rows += [[kk(n), NAMES[n], f"JL. {n}"] for n in range(1, 6)]
    sheet = read(rows, declared={"kode_pmks": ["24"]}).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5, 6]}


def test_a_second_list_of_families_below_a_list_of_people_keeps_its_header() -> None:
    rows: list[list[Any]] = [MEMBERS, *members(1), [], ["NO KK", "NAMA KEPALA KELUARGA", "ALAMAT"]]
    rows += [[kk(n), NAMES[n], f"JL. {n}"] for n in range(1, 6)]
    sheet = read(rows, declared={"kode_pmks": ["24"]}).sheets[0]
    assert kinds(sheet)["header"] == [1, 6]
    assert [p["nama"] for p in people(sheet)[3:]] == [NAMES[n] for n in range(1, 6)]


def test_the_relation_kepala_keluarga_beside_an_address_makes_no_caption_of_a_person() -> None:
    assert caption_values(["1", nik(1), "KEPALA KELUARGA", "ALAMAT", "JL. A"]) is None
    assert caption_values(["KEPALA KELUARGA", "KARTO", nik(1), "JL. A"]) is None
    assert caption_values(["ALAMAT", "JL. A"]) is None
    assert caption_values(["NO KK", "ANU", "ALAMAT", "ITU"]) is None


@given(st.lists(st.sampled_from(HEADER + MEMBERS), min_size=3, max_size=10, unique=True))
def test_no_header_of_a_list_of_people_is_a_caption(cells: list[str]) -> None:
    assert caption_values(cells) is None
