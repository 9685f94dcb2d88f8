"""Two people in one row: each name and number goes to whom its header names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.intake.test_layouts import NAMES, kk, nik, people, read

CHILDREN = ["DEWI", "EKO", "FITRI", "GILANG", "HANA", "INTAN"]


def listed(title: str, header: list[str], cells: dict[str, list[str]]) -> list[dict[str, str]]:
    rows: list[list[Any]] = [[title], ["NO", *header, "JENIS PMKS"]]
    rows += [[n + 1, *(cells[h][n] for h in header), "Fakir Miskin"] for n in range(6)]
    return people(read(rows).sheets[0])


CELLS = {
    "NO KK": [kk(n) for n in range(6)],
    "NIK KK": [nik(n) for n in range(6)],
    "NIK PKK": [nik(n) for n in range(6)],
    "NAMA KK": list(NAMES[:6]),
    "NAMA PKK": list(NAMES[:6]),
    "NAMA": CHILDREN,
    "NAMA ANAK": CHILDREN,
    "NAMA SISWA": CHILDREN,
    "NIK": [nik(100 + n) for n in range(6)],
    "NIK ANAK": [nik(100 + n) for n in range(6)],
    "TGL LAHIR": [f"{n + 1}-05-2015" for n in range(6)],
}


@pytest.mark.parametrize("title", ["DATA ANAK YATIM", "DATA PENERIMA", "DAFTAR ANAK DARI KELUARGA MISKIN"])
@pytest.mark.parametrize(
    "header",
    [
        ["NO KK", "NIK KK", "NAMA KK", "NIK ANAK", "NAMA ANAK", "TGL LAHIR"],
        ["NIK ANAK", "NAMA ANAK", "TGL LAHIR", "NO KK", "NAMA PKK", "NIK PKK"],
        ["NIK KK", "NAMA PKK", "NO KK", "NIK", "NAMA SISWA", "TGL LAHIR"],
        ["NAMA KK", "NIK KK", "NAMA", "NIK", "TGL LAHIR", "NO KK"],
    ],
)
def test_a_list_of_children_gives_each_child_its_own_number(title: str, header: list[str]) -> None:
    found = listed(title, header, CELLS)
    assert [(p["nama"], p["nik"], p["no_kk"]) for p in found] == [(CHILDREN[n], nik(100 + n), kk(n)) for n in range(6)]
    assert [p["kepala_keluarga"] for p in found] == list(NAMES[:6])
    assert all("tanggal_lahir" in p for p in found)


@pytest.mark.parametrize(
    ("header", "whose"),
    [
        (["NAMA KK", "NIK", "NAMA ANAK", "NIK ANAK"], ["head", "child"]),
        (["NAMA KK", "NIK", "LAHIR", "NAMA ANAK", "NIK ANAK", "LAHIR"], ["head", "head", "child", "child"]),
        (["NAMA KK", "NIK", "NAMA ANAK", "NIK", "LAHIR"], ["head", "child", "child"]),
        (["NAMA KK", "NIK", "LAHIR", "NAMA", "NIK", "LAHIR"], ["head", "head", "child", "child"]),
        (["NIK", "NAMA KK", "NIK ANAK", "NAMA ANAK", "LAHIR"], ["head", "child", "child"]),
        (["NIK", "NAMA KK", "NIK", "NAMA ANAK"], ["head", "child"]),
        (["NIK", "NAMA KK", "LAHIR", "NIK", "NAMA ANAK", "LAHIR"], ["head", "head", "child", "child"]),
        (["NO KK", "NAMA KK", "NIK", "NAMA", "LAHIR"], ["child", "child"]),
    ],
)
def test_a_number_that_both_have_is_of_the_name_beside_it(header: list[str], whose: list[str]) -> None:
    of = {"head": ([nik(n) for n in range(6)], "1980"), "child": ([nik(100 + n) for n in range(6)], "2015")}
    turn = iter(whose)
    columns: list[list[str]] = []
    for name in header:
        if name.startswith(("NIK", "LAHIR")):
            numbers, year = of[next(turn)]
            columns.append(numbers if name != "LAHIR" else [f"{n + 1}-05-{year}" for n in range(6)])
        else:
            columns.append(CELLS[name])
    rows = [[*column, "Fakir Miskin"] for column in zip(*columns, strict=True)]
    found = people(read([[*(name.replace("LAHIR", "TGL LAHIR") for name in header), "JENIS PMKS"], *rows]).sheets[0])
    assert [(p["nama"], p["nik"]) for p in found] == [(CHILDREN[n], nik(100 + n)) for n in range(6)]
    assert {p.get("tanggal_lahir", "2015")[-4:] for p in found} == {"2015"}
    assert [p["kepala_keluarga"] for p in found] == list(NAMES[:6])


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (["NAMA", "NIK", "NAMA ISTRI", "NIK ISTRI"], ["NAMA ISTRI"]),
        (["NAMA", "NIK", "NIK PASANGAN"], ["NIK PASANGAN"]),
        (["NAMA", "NIK", "NAMA ANAK 1", "NAMA ANAK 2"], ["NAMA ANAK 1", "NAMA ANAK 2"]),
        (["NAMA", "NIK", "NAMA IBU", "NAMA PENDAMPING"], []),
        (["NAMA", "NIK", "ANGGOTA KELUARGA"], ["ANGGOTA KELUARGA"]),
        (["NAMA", "NIK", "ISTRI", "JUMLAH ANAK"], ["ISTRI"]),
        (["NAMA", "NIK", "ANAK", "ANGGOTA RUMAH TANGGA"], []),
    ],
)
def test_a_village_is_told_of_people_beside_those_listed(header: list[str], told: list[str]) -> None:
    names = {"NAMA": NAMES, "NAMA ANAK 2": ["", "BUDI", "", "", "", ""], "JUMLAH ANAK": list("123123")}
    names |= {"ANGGOTA KELUARGA": ["1. ANI\n2. TONO"] * 6, "ANAK": ["3 orang", "-", "1 org", "", "ada", "2"]}
    names |= {"ANGGOTA RUMAH TANGGA": list("345221")}
    columns = [[nik(n + at) for n in range(6)] if "NIK" in h else names.get(h, CHILDREN) for at, h in enumerate(header)]
    rows = [[*cells, "Fakir Miskin"] for cells in zip(*columns, strict=False)]
    problems = read([[*header, "JENIS PMKS"], *rows]).sheets[0].problems
    assert [problem.facts["judul"] for problem in problems if problem.code == "others_not_read"] == told


def test_an_answer_whether_a_family_has_such_people_is_no_name() -> None:
    cells = {**CELLS, "ADA LANSIA": ["Ya", "Tidak"] * 3, "ADA BALITA": ["Tidak"] * 6}
    found = listed("DATA RUMAH TIDAK LAYAK HUNI", ["NO KK", "NIK", "NAMA KK", "ADA LANSIA", "ADA BALITA"], cells)
    assert [p["nama"] for p in found] == list(NAMES[:6])


def test_a_child_without_a_number_does_not_get_that_of_the_head() -> None:
    found = listed("DATA ANAK", ["NO KK", "NIK KK", "NAMA KK", "NAMA ANAK"], CELLS)
    assert [(p["nama"], p.get("nik")) for p in found] == [(child, None) for child in CHILDREN]


def test_a_list_of_families_is_about_the_heads_though_it_names_a_child() -> None:
    found = listed(
        "DAFTAR KEPALA KELUARGA", ["NO KK", "NIK KK", "NAMA KK", "NAMA ANAK", "NIK ANAK", "TGL LAHIR"], CELLS
    )
    assert [(p["nama"], p["nik"]) for p in found] == [(NAMES[n], nik(n)) for n in range(6)]
    assert not any("tanggal_lahir" in p for p in found)


def test_the_number_of_a_head_is_the_persons_own_where_only_the_head_is_named() -> None:
    found = listed("DATA PENERIMA", ["NO KK", "NIK KK", "NAMA KK", "TGL LAHIR"], CELLS)
    assert [(p["nama"], p["nik"]) for p in found] == [(NAMES[n], nik(n)) for n in range(6)]


@pytest.mark.parametrize("called", ["PASIEN", "NAMA PASIEN", "Nama Lengkap ODGJ", "Nama Lansia Terlantar", "LANSIA"])
def test_the_people_listed_are_those_whom_the_header_calls_so_and_not_their_family_heads(called: str) -> None:
    cells = {**CELLS, called: CHILDREN, "NIK PASIEN": [nik(100 + n) for n in range(6)]}
    found = listed("DATA PASIEN", [called, "NIK PASIEN", "NAMA KK", "NO KK"], cells)
    assert [(p["nama"], p["nik"], p["kepala_keluarga"]) for p in found] == [
        (CHILDREN[n], nik(100 + n), NAMES[n]) for n in range(6)
    ]


def test_who_is_listed_is_asked_where_names_beside_those_of_the_heads_are_not_understood() -> None:
    rows = [["NO", "NAMA KOSKAP", "NAMA KK", "JENIS PMKS"]]
    rows += [[str(n + 1), CHILDREN[n], NAMES[n], "Fakir Miskin"] for n in range(6)]
    assert read(rows).hold == "no_name_column"


def test_the_owner_of_a_house_is_listed_where_nobody_else_is_named() -> None:
    owners = {**CELLS, "NAMA PEMILIK RUMAH": list(NAMES[:6]), "NAMA PENGHUNI": CHILDREN}
    alone = listed("DATA RTLH", ["NAMA PEMILIK RUMAH", "NIK"], owners)
    beside = listed("DATA RTLH", ["NAMA PEMILIK RUMAH", "NAMA PENGHUNI", "NIK"], owners)
    assert [p["nama"] for p in alone] == list(NAMES[:6])
    assert [p["nama"] for p in beside] == CHILDREN


@pytest.mark.parametrize("others", ["PELAPOR", "IDENTITAS PELAPOR", "DATA ORANG TUA", "PELAKU"])
@pytest.mark.parametrize("listed_are", ["KORBAN", "IDENTITAS KORBAN", "DATA ANAK", "Pasien"])
def test_below_two_headings_the_fields_are_those_of_whom_the_list_is_of(others: str, listed_are: str) -> None:
    leaves = ["Nama", "NIK", "Umur"]
    rows: list[list[Any]] = [["NO", others, "", "", listed_are, "", "", "JENIS PMKS"], ["", *leaves, *leaves, ""]]
    rows += [[n + 1, NAMES[n], nik(n), 40 + n, CHILDREN[n], nik(100 + n), 9, "Fakir Miskin"] for n in range(6)]
    found = people(read(rows).sheets[0])
    assert [(p["nama"], p["nik"], p["umur"]) for p in found] == [(CHILDREN[n], nik(100 + n), "9") for n in range(6)]


def test_a_member_of_the_family_goes_before_whoever_sees_to_its_aid() -> None:
    rows: list[list[Any]] = [["NAMA PENGURUS", "NIK PENGURUS", "NAMA ART", "NIK ART", "JENIS PMKS"]]
    rows += [[NAMES[n], nik(n), CHILDREN[n], nik(100 + n), "Fakir Miskin"] for n in range(6)]
    assert [(p["nama"], p["nik"]) for p in people(read(rows).sheets[0])] == [
        (CHILDREN[n], nik(100 + n)) for n in range(6)
    ]
