"""People who take two lines of a list."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.sheets.second_lines import NAME_NOT_COUNTED
from tests.unit.intake.test_layouts import NAMES, kinds, kk, nik, people, read
from validation.vocabulary import refusal_of

Cells = list[Any]


def two_lines(header: Cells, *lines: tuple[Cells, Cells]) -> Any:
    return read([header, *(line for pair in lines for line in pair)]).sheets[0]


@pytest.mark.parametrize("header", ["NAMA / NIK", "NAMA\nNIK"])
def test_a_name_above_and_a_number_below_are_one_person(header: str) -> None:
    lines = [([i, NAMES[i], "L", "Ngawi", "Fakir Miskin"], ["", nik(i), "", "12-05-1985", ""]) for i in range(1, 5)]
    sheet = two_lines(["NO", header, "L/P", "TEMPAT/TGL LAHIR", "JENIS PMKS"], *lines)
    assert kinds(sheet) == {"header": [1], "data": [2, 4, 6, 8], "band": [3, 5, 7, 9]}
    assert people(sheet)[2] == {
        "nama": NAMES[3], "nik": nik(3), "jenis_kelamin": "L", "tempat_lahir": "Ngawi", "tanggal_lahir": "12-05-1985",
        "kategori": "Fakir Miskin",
    }  # fmt: skip
    assert "nik=band@B7" in sheet.rows[2][5]


def test_an_rt_below_the_address_is_not_of_the_next_person() -> None:
    lines = [([i, NAMES[i], nik(i), "JL. A", "Fakir Miskin"], ["", "", "", f"RT 0{i}", ""]) for i in range(1, 4)]
    sheet = two_lines(["NO", "NAMA", "NIK", "ALAMAT", "JENIS PMKS"], *lines)
    assert [(person["alamat"], person.get("rt")) for person in people(sheet)] == [
        (f"JL. A, RT 0{i}", None) for i in range(1, 4)
    ]


def test_an_rt_above_the_people_of_each_is_theirs() -> None:
    lines = [(["", "", "", f"RT 0{i}", ""], [i, NAMES[i], nik(i), "JL. A", "Fakir Miskin"]) for i in range(1, 4)]
    sheet = two_lines(["NO", "NAMA", "NIK", "ALAMAT", "JENIS PMKS"], *lines)
    assert [person["rt"] for person in people(sheet)] == ["01", "02", "03"]


def test_a_second_category_on_a_line_of_its_own_is_kept() -> None:
    rows = [[i, NAMES[i], nik(i), "Fakir Miskin"] for i in range(1, 5)]
    sheet = read([["NO", "NAMA", "NIK", "JENIS PMKS"], *rows[:2], ["", "", "", "RTLH"], *rows[2:]]).sheets[0]
    assert [person["kategori"] for person in people(sheet)][1:3] == ["Fakir Miskin; RTLH", "Fakir Miskin"]


@pytest.mark.parametrize(
    ("number", "below", "asked"),
    [(3, ["", NAMES[6], "", ""], True), (4, ["", NAMES[6], "", ""], False), (3, [3, NAMES[6], "", ""], False)],
)
def test_a_name_that_is_not_counted_is_asked_about(number: int, below: Cells, asked: bool) -> None:
    rows: list[Cells] = [[i, NAMES[i], nik(i), "JL. A"] for i in (1, 2)]
    rows += [below, [number, NAMES[3], nik(3), ""]]
    sheet = read([["LANSIA TERLANTAR"], ["NO", "NAMA", "NIK", "ALAMAT"], *rows]).sheets[0]
    assert [person.get("status_layak") for person in people(sheet)][2] == (NAME_NOT_COUNTED if asked else None)
    assert [p.row for p in sheet.problems if p.code == "name_not_counted"] == ([5] if asked else [])
    assert refusal_of(NAME_NOT_COUNTED)


def test_a_person_without_a_name_stays_a_person() -> None:
    rows = [[i, NAMES[i], nik(i), "Fakir Miskin"] for i in range(1, 5)]
    sheet = read([["NO", "NAMA", "NIK", "JENIS PMKS"], *rows[:2], ["", "", nik(9), "RTLH"], *rows[2:]]).sheets[0]
    assert kinds(sheet)["data"] == [2, 3, 4, 5, 6]


def test_card_numbers_above_each_person_are_not_of_the_one_before() -> None:
    lines = [(["", kk(i), "", "", ""], [i, "", NAMES[i], nik(i), "Fakir Miskin"]) for i in range(1, 5)]
    sheet = two_lines(["NO", "NO KK", "NAMA", "NIK", "JENIS PMKS"], *lines)
    assert all("no_kk" not in person for person in people(sheet))
