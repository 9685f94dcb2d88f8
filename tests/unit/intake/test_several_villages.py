"""A sheet of a whole kecamatan: each person is of the village that the title or row over the own table names."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.inbox.placement import place
from assets.intake.sheets.file_reading import FileResult
from tests.unit.intake.test_layouts import NAMES, kinds, nik, people, read

Rows = list[list[Any]]
HEADER = ["NO", "NIK", "NAMA", "ALAMAT", "JENIS PMKS"]
KECAMATAN = ["DATA PMKS KECAMATAN PEMULUTAN KABUPATEN OGAN ILIR TAHUN 2024"]
VILLAGES = ("Tanjung Pasir", "Harapan", "Muara Dua")


def listed(start: int, count: int = 3) -> Rows:
    return [[i, nik(i), NAMES[i % len(NAMES)], "JL. MELATI", "FM"] for i in range(start, start + count)]


def tables(*headings: Rows) -> Rows:
    """A table under each heading, with its total."""
    return [
        row
        for number, heading in enumerate(headings)
        for row in [*heading, HEADER, *listed(10 * number + 1), ["", "Jumlah", 3], []]
    ]


def bands(*rows: list[Any]) -> Rows:
    """One table with a row over the people of each village."""
    return [HEADER, *[row for number, band in enumerate(rows) for row in [band, *listed(10 * number + 1)]]]


def villages_of(result: FileResult) -> list[str]:
    return [person.get("desa", "") for person in people(result.sheets[0])]


@pytest.mark.parametrize(
    "heading",
    [
        lambda village: [[f"DESA {village}"]],
        lambda village: [[f"Desa : {village}"]],
        lambda village: [["DESA", ":", village]],
        lambda village: [["DATA PMKS"], [f"DESA {village} KECAMATAN PEMULUTAN"], ["TAHUN 2024"], []],
    ],
)
def test_the_title_over_each_table_names_the_village_of_its_people(heading: Any) -> None:
    result = read([KECAMATAN, [], *tables(*map(heading, VILLAGES))])
    assert villages_of(result) == [village for village in VILLAGES for _ in range(3)]
    assert "desa" not in result.sheets[0].labels
    placed = place("kecamatan/pmks.xlsx", {}, result)
    assert (placed.hold, placed.kode_desa, placed.kode_kabupaten) == (None, None, "16.10")
    assert all(place.split("=")[1].startswith("title@") for row in result.sheets[0].rows for place in row[5].split("|"))


def test_who_signs_below_one_table_does_not_name_the_village_of_the_next() -> None:
    signed = [["", "", "", "Mengetahui"], ["", "", "", "Kepala Desa Muara Dua"], ["", "", "", "SUKARDI"], []]
    rows = [*tables([["DESA Tanjung Pasir"]]), *signed, *tables([["DESA Harapan"]], [["DAFTAR TAMBAHAN"]])]
    assert villages_of(read([KECAMATAN, *rows])) == ["Tanjung Pasir"] * 3 + ["Harapan"] * 6


@pytest.mark.parametrize(
    "band",
    [
        lambda number, village: [f"DESA {village.upper()}"],
        lambda number, village: ["I" * number, f"Kelurahan {village}"],
        lambda number, village: ["", f"{number}. Desa {village}"],
        lambda number, village: [f"Desa : {village}"],
    ],
)
def test_a_row_over_the_people_of_a_village_names_it(band: Any) -> None:
    result = read([KECAMATAN, *bands(*[band(number, village) for number, village in enumerate(VILLAGES, 1)])])
    assert [name.title() for name in villages_of(result)] == [village for village in VILLAGES for _ in range(3)]
    assert kinds(result.sheets[0])["band"] == [3, 7, 11]
    assert place("kecamatan/pmks.xlsx", {}, result).hold is None


def test_a_village_that_is_not_known_waits_with_the_name_of_its_sheet() -> None:
    placed = place("kecamatan/pmks.xlsx", {}, read([KECAMATAN, *bands(["DESA ENTAH DI MANA"])]))
    assert (placed.hold, placed.hold_facts) == ("village_not_found", {"lembar": "Sheet1"})


def test_a_new_village_ends_the_hamlet_above_it() -> None:
    result = read([KECAMATAN, *bands(["DESA Tanjung Pasir"]), ["DUSUN II"], *listed(30), ["DESA Harapan"], *listed(40)])
    assert [person.get("dusun") for person in people(result.sheets[0])] == [None] * 3 + ["II"] * 3 + [None] * 3


def test_the_title_of_every_page_names_one_village_however_it_is_spelt() -> None:
    pages = tables([["DESA TANJUNG PASIR"]], [["DESA TJ. PASIR"]], [["Desa Tanjungpasir"]])
    result = read([KECAMATAN, *pages])
    assert (villages_of(result), result.sheets[0].labels["desa"]) == ([""] * 9, "TANJUNG PASIR")
    assert place("kecamatan/pmks.xlsx", {}, result).kode_desa == "16.10.05.2036"


def test_a_column_of_villages_says_more_than_the_title() -> None:
    header = [*HEADER, "DESA"]
    rows = [[*row, "Muara Dua" if row[0] % 2 else ""] for row in listed(1)]
    more = [[*row, "Muara Dua" if row[0] % 2 else ""] for row in listed(5)]
    result = read([KECAMATAN, ["DESA Tanjung Pasir"], header, *rows, ["DESA Harapan"], header, *more])
    assert villages_of(result) == ["Muara Dua", "Tanjung Pasir", "Muara Dua", "Muara Dua", "Harapan", "Muara Dua"]


def test_words_in_the_column_of_numbers_are_no_blank_row() -> None:
    sheet = read([*tables([["DATA LAMA"]], [["USULAN BARU"]]), ["dibuat oleh kader"]]).sheets[0]
    assert kinds(sheet)["title"] == [1, 8]
    assert kinds(sheet)["footer"] == [15]


def test_the_code_of_a_row_is_not_replaced_by_that_of_the_band_above_it() -> None:
    rows: Rows = [[*HEADER, "KODE DESA"]]
    for number, village in enumerate(VILLAGES):
        rows += [[f"Desa : {village}, Kode Desa : 16.10.05.200{number}"]]
        rows += [[*row, code] for row, code in zip(listed(1), ("16.10.05.2037", "", ""), strict=True)]
    result = read(rows)
    codes = [person["kode_desa_baris"] for person in people(result.sheets[0])]
    assert codes == [code for n in range(3) for code in ("16.10.05.2037", *[f"16.10.05.200{n}"] * 2)]
    assert villages_of(result) == [village for village in VILLAGES for _ in range(3)]


def test_a_list_whose_codes_and_names_are_of_two_villages_names_none() -> None:
    rows = [[*row, "16.10.05.2037", "Tanjung Pasir"] for row in listed(1)]
    placed = place("kecamatan/pmks.xlsx", {}, read([KECAMATAN, [*HEADER, "KODE DESA", "DESA"], *rows]))
    assert (placed.hold, placed.kode_desa, placed.kode_kabupaten) == (None, None, "16.10")
