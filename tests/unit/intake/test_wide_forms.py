"""Official forms of seventy to a hundred columns: a header is known by the fields of a person that it names."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.intake.formats.workbook import Merge, Sheet
from tests.unit.intake.test_layouts import NAMES, column_of, kinds, kk, nik, people, read

QUESTIONS = [
    "Status penguasaan bangunan tempat tinggal yang ditempati", "Jenis lantai terluas", "Sumber air minum",
    "Bahan bakar utama untuk memasak", "Kepemilikan aset tidak bergerak", "Jumlah sapi", "Jumlah kerbau",
    "Jumlah kambing", "Daya terpasang", "Fasilitas tempat buang air besar", "Tempat pembuangan akhir tinja",
    "Rumah lain", "Lapangan usaha dari pekerjaan utama", "Status kedudukan dalam pekerjaan", "Partisipasi sekolah",
    "Ijazah tertinggi",
]  # fmt: skip


def wide(columns: int) -> tuple[list[str], list[Any]]:
    """The headers of so many questions, and the answers of one person."""
    return [f"{QUESTIONS[n % 16]} {n // 16 + 1}" for n in range(columns)], [n % 4 + 1 for n in range(columns)]


@pytest.mark.parametrize("questions", [20, 70, 95])
def test_a_hundred_questions_do_not_hide_the_few_fields_of_a_person(questions: int) -> None:
    asked, answers = wide(questions)
    header = ["ID rumah tangga (2)", *asked[:10], "Nama ART", "NIK", "No KK", "HubKRT", "Jenis Kelamin", *asked[10:]]
    rows = [[n, *answers[:10], NAMES[n], nik(n), kk(n), "Anak", "Laki-laki", *answers[10:]] for n in range(1, 6)]
    numbering = ["KOLOM", *range(2, len(header) + 1)]
    result = read([header, numbering, *rows], declared={"kode_pmks": ["24"]})
    assert result.hold is None
    assert kinds(result.sheets[0]) == {"header": [1], "numbering": [2], "data": [3, 4, 5, 6, 7]}
    assert [(p["nama"], p["nik"]) for p in people(result.sheets[0])] == [(NAMES[n], nik(n)) for n in range(1, 6)]


def test_questions_as_paragraphs_and_months_as_dates_stand_in_a_header_of_a_wide_form() -> None:
    asked, answers = wide(20)
    asked[3] = "Apakah dalam setahun terakhir ada anggota rumah tangga yang " + "sangat " * 20 + "sulit melihat?"
    header = ["NO", "NAMA", "NIK", "UMUR", *asked, dt.datetime(2024, 1, 1), dt.datetime(2024, 2, 1)]
    rows = [[n, NAMES[n], nik(n), 40, *answers, "ya", "ya"] for n in range(1, 5)]
    sheet = read([header, *rows], declared={"kode_pmks": ["24"]}).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5]}


def test_the_numbers_of_questions_below_a_header_are_numbering() -> None:
    header = ["Nama anggota keluarga", "NIK", "Jenis kelamin", "Tanggal lahir", "Umur", "Disabilitas"]
    rows = [[NAMES[n], nik(n), "L", "12-05-1985", 39, ""] for n in range(1, 4)]
    sheet = read([header, [401, 403, 404, 405, 406, 407], *rows], declared={"kode_pmks": ["24"]}).sheets[0]
    assert kinds(sheet) == {"header": [1], "numbering": [2], "data": [3, 4, 5]}


def parents_and_leaves() -> tuple[list[list[Any]], list[Merge]]:
    top = ["NO", "NAMA", "NIK", "Tempat & Tanggal Lahir", "", "Pendidikan", "Nama Orang Tua Kandung", "", "JENIS PMKS"]
    leaf = ["", "", "", "Tempat", "Tanggal", "Terakhir", "Ayah", "Ibu", ""]
    rows = [
        [n, NAMES[n], nik(n), "JAMBI", "12-05-1985", "SD", NAMES[n + 1], NAMES[n + 2], "Fakir Miskin"]
        for n in range(1, 6)
    ]
    return [top, leaf, *rows], [(1, 3, 1, 4), (1, 6, 1, 7)]


@pytest.mark.parametrize("merged", [True, False])
def test_an_unknown_leaf_under_a_known_parent_hides_no_second_header_row(merged: bool) -> None:
    rows, merges = parents_and_leaves()
    sheet = read(Sheet("Data", rows, merged=merges if merged else [])).sheets[0]
    assert kinds(sheet) == {"header": [1, 2], "data": [3, 4, 5, 6, 7]}
    first = people(sheet)[0]
    assert (first["tempat_lahir"], first["tanggal_lahir"]) == ("JAMBI", "12-05-1985")
    assert (first["nama_ayah"], first["nama_ibu"]) == (NAMES[2], NAMES[3])
    assert column_of(sheet, "kategori") == ["I"]


@pytest.mark.parametrize(
    "first",
    [
        ["", "", "", "JAMBI", "12 Mei 1985", "SD", "KARTO", "SITI", "Fakir Miskin"],
        [1, "KARTO", "", "JAMBI", "Agama", "SD", "Alamat", "Umur", "Fakir Miskin"],
        ["", "SITI", "", "", "", "Islam", "Ayah", "Ibu", "Fakir Miskin"],
    ],
)
def test_the_first_person_is_no_second_header_row(first: list[Any]) -> None:
    rows, _ = parents_and_leaves()
    rows[0] = ["NO", "NAMA", "NIK", "TEMPAT LAHIR", "TGL LAHIR", "PENDIDIKAN", "AYAH", "IBU", "JENIS PMKS"]
    sheet = read([rows[0], first, *rows[2:]]).sheets[0]
    assert kinds(sheet)["header"] == [1]


FIELDS_OF_PERSON = ("NAMA", "NIK", "NO KK", "JENIS KELAMIN", "TGL LAHIR", "UMUR", "ALAMAT", "HUBUNGAN KELUARGA")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations(FIELDS_OF_PERSON),
    st.integers(1, 60),
    st.integers(3, 8),
    st.randoms(use_true_random=False),
)
def test_the_fields_of_a_person_are_found_wherever_they_stand_in_a_wide_form(
    fields: list[str], questions: int, kept: int, chance: Any
) -> None:
    header = sorted({*fields[:kept], "NAMA", "NIK"})
    asked, _ = wide(questions)
    columns = [*header, *asked]
    chance.shuffle(columns)
    rows: list[list[Any]] = []
    for n in range(1, 6):
        said = {"NAMA": NAMES[n], "NIK": nik(n), "NO KK": kk(n), "JENIS KELAMIN": "L", "TGL LAHIR": "12-05-1985"}
        said |= {"UMUR": "39", "ALAMAT": f"JL. MELATI {n}", "HUBUNGAN KELUARGA": "Anak"}
        rows.append([said.get(name, "2") for name in columns])
    sheet = read([columns, *rows], declared={"kode_pmks": ["24"]}).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5, 6]}
    assert [(p["nama"], p["nik"]) for p in people(sheet)] == [(NAMES[n], nik(n)) for n in range(1, 6)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 40), st.lists(st.integers(0, 3), min_size=50, max_size=50), st.randoms(use_true_random=False))
def test_a_wide_form_may_stand_half_under_parents_whichever_row_names_the_person(
    questions: int, groups: list[int], chance: Any
) -> None:
    columns = [*FIELDS_OF_PERSON, *wide(questions)[0]]
    chance.shuffle(columns)
    top: list[str] = []
    leaves: list[str] = []
    for size in groups:
        taken = columns[len(top) : len(top) + max(size, 1)]
        parents = ["DATA DIRI", *[""] * (len(taken) - 1)] if len(taken) > 1 else taken
        top, leaves = top + parents, leaves + (taken if len(taken) > 1 else [""] * len(taken))
    rows: list[list[Any]] = []
    for n in range(1, 6):
        said = {"NAMA": NAMES[n], "NIK": nik(n), "NO KK": kk(n), "JENIS KELAMIN": "L", "TGL LAHIR": "12-05-1985"}
        said |= {"UMUR": "39", "ALAMAT": f"JL. MELATI {n}", "HUBUNGAN KELUARGA": "Anak"}
        rows.append([said.get(name, "2") for name in columns[: len(top)]])
    header = [top, leaves] if any(leaves) else [top]
    sheet = read([*header, *rows], declared={"kode_pmks": ["24"]}).sheets[0]
    assert kinds(sheet)["data"] == list(range(len(header) + 1, len(header) + 6))
    assert [(p["nama"], p["nik"]) for p in people(sheet)] == [(NAMES[n], nik(n)) for n in range(1, 6)]
