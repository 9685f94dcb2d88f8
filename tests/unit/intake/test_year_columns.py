"""Headers that name a year: it is no part of what they say, and of two years the newer one counts."""

from __future__ import annotations

import json

import pytest

from tests.unit.intake.test_layouts import NAMES, nik, people, read


def said(header: list[str], *cells: list[str], field: str) -> tuple[list[str | None], list[str | None]]:
    rows = [[NAMES[i], nik(i), *row, "Fakir Miskin"] for i, row in enumerate(cells)]
    sheet = read([["NAMA", "NIK", *header, "JENIS PMKS"], *rows], name="a.xlsx").sheets[0]
    refused = [problem.column for problem in sheet.problems if problem.code == "column_refused"]
    return [person.get(field) for person in people(sheet)], refused


@pytest.mark.parametrize("year", ["2024", "Tahun 2024", "(2024)", "thn. 2024", "per 2024"])
def test_a_year_is_no_part_of_what_a_header_says(year: str) -> None:
    cells = ["Aktif"], ["Meninggal"], ["Pindah"]
    assert said([f"STATUS {year}"], *cells, field="status_hidup") == (["Aktif", "Meninggal", "Pindah"], [])


@pytest.mark.parametrize(("header", "newest", "older"), [(["2023", "2024"], 1, "C"), (["2024", "2023"], 0, "D")])
def test_of_two_years_the_newer_one_counts(header: list[str], newest: int, older: str) -> None:
    cells = [["Aktif", "Meninggal"], ["Meninggal", "Aktif"], ["Aktif", "Aktif"]]
    found = said([f"STATUS {year}" for year in header], *cells, field="status_hidup")
    assert found == ([row[newest] for row in cells], [older])


def test_of_two_years_of_categories_the_newer_one_counts() -> None:
    header = ["NAMA", "NIK", "JENIS PMKS 2023", "JENIS PMKS 2024"]
    rows = [[NAMES[i], nik(i), "Fakir Miskin", "Pemulung" if i else ""] for i in range(5)]
    assert [person.get("kategori") for person in people(read([header, *rows]).sheets[0])] == [None, *["Pemulung"] * 4]
    ticked = [[NAMES[i], nik(i), "v", "v" if i else ""] for i in range(5)]
    sheet = read([["NAMA", "NIK", "FAKIR MISKIN 2023", "FAKIR MISKIN 2024"], *ticked]).sheets[0]
    assert [len(row[2]) for row in sheet.rows] == [0, 1, 1, 1, 1]


def test_names_of_two_years_are_two_lists() -> None:
    rows = [[NAMES[i], NAMES[i + 1], "Fakir Miskin"] for i in range(5)]
    assert read([["NAMA 2023", "NAMA 2024", "JENIS PMKS"], *rows]).hold == "no_header"


@pytest.mark.parametrize(
    ("headers", "ticks", "left"),
    [
        (["2023", "2024"], ["vv", "v-", "-v", "v-"], [("D", 2)]),
        (["2024", "TAHUN 2023"], ["v-", "-v"], [("C", 1)]),
        (["2023", "2024"], ["vv", "-v", "--"], []),
        (["BANTUAN 2023", "BANTUAN 2024"], ["vv", "v-"], []),
        (["2023", "KET"], ["v-", "v-"], []),
    ],
)
def test_a_village_is_told_that_ticks_below_years_are_not_read(
    headers: list[str], ticks: list[str], left: list[tuple[str, int]]
) -> None:
    rows = [[NAMES[i], nik(i), *marks, "Fakir Miskin"] for i, marks in enumerate(ticks)]
    problems = read([["NAMA", "NIK", *headers, "JENIS PMKS"], *rows]).sheets[0].problems
    assert [(p.column, p.facts["jumlah"]) for p in problems if p.code == "years_ticked"] == left


@pytest.mark.parametrize(
    ("headers", "ages", "spelt"),
    [
        (["UMUR (BULAN)"], ["6", "30", "59"], ["6 bulan", "30 bulan", "59 bulan"]),
        (["Usia Balita Bln"], ["6", "2 th", ""], ["6 bulan", "2 th", ""]),
        (["UMUR", "UMUR (BULAN)"], ["1", "30", "60"], ["1", "30", "60"]),  # years and months
        (["UMUR"], ["1", "30", "60"], ["1", "30", "60"]),
    ],
)
def test_ages_in_months_are_written_out(headers: list[str], ages: list[str], spelt: list[str]) -> None:
    rows = [[NAMES[i], nik(i), *[age] * len(headers), "Balita Terlantar"] for i, age in enumerate(ages)]
    sheet = read([["NAMA", "NIK", *headers, "JENIS PMKS"], *rows]).sheets[0]
    (column,) = (column for column in sheet.columns if column.field == "umur")
    codes = json.loads(column.code_map or "{}")
    said = [person.get("umur", "") for person in people(sheet)]
    assert [codes.get(age, age) for age in said] == spelt
