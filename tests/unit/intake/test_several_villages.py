"""A sheet of a whole kecamatan: each person is of the village that the title or row over the own table names."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Sheet
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


@pytest.mark.parametrize(
    "band",
    [
        lambda number, village: ["I" * number, "", village.upper()],
        lambda number, village: [f"{'I' * number}  {village.upper()}"],
        lambda number, village: [f"{'ABC'[number - 1]}. {village}"],
        lambda number, village: ["", "", village],
        lambda number, village: [f"Ds. {village}"],
        lambda number, village: [f"Desa {village} (3 orang)"],
        lambda number, village: [f"KEL. {village} : 3 JIWA"],
        lambda number, village: ["Desa", village],
        lambda number, village: [f"DESA {village} (lanjutan)"],
        lambda number, village: [f"16.10.05.20{35 + number} {village}"],
    ],
)
def test_a_name_alone_over_people_is_a_village_of_the_kecamatan(band: Any) -> None:
    result = read([KECAMATAN, *bands(*[band(number, village) for number, village in enumerate(VILLAGES, 1)])])
    assert [name.title() for name in villages_of(result)] == [village for village in VILLAGES for _ in range(3)]
    assert kinds(result.sheets[0])["band"] == [3, 7, 11]
    assert place("kecamatan/pmks.xlsx", {}, result).hold is None


def test_a_heading_like_those_of_villages_ends_the_village_above_though_none_is_called_so() -> None:
    result = read([KECAMATAN, *bands(["I. TANJUNG PASIR"], ["II. ENTAH APA"], ["III. HARAPAN"])])
    assert villages_of(result) == ["TANJUNG PASIR"] * 3 + ["ENTAH APA"] * 3 + ["HARAPAN"] * 3


def test_another_kecamatan_ends_the_village_above() -> None:
    rows = bands(
        ["KECAMATAN PEMULUTAN"], ["I. HARAPAN"], ["II. MUARA DUA"], ["KECAMATAN INDRALAYA"], ["TANJUNG SETEKO"]
    )
    found = people(read([["DATA PMKS KABUPATEN OGAN ILIR TAHUN 2024"], *rows]).sheets[0])
    said = [(person.get("desa"), person.get("kecamatan")) for person in found[::3]]
    assert said[1:3] == [("HARAPAN", "PEMULUTAN"), ("MUARA DUA", "PEMULUTAN")] and said[3][0] is None


@pytest.mark.parametrize(
    ("title", "band"),
    [
        ("DATA PMKS DESA TANJUNG PASIR KECAMATAN PEMULUTAN", lambda village: [village]),
        ("DATA PMKS TAHUN 2024", lambda village: [village]),
        ("DATA PMKS KECAMATAN PEMULUTAN", lambda village: [7, nik(7), village, "", "FM"]),
        ("DATA PMKS KECAMATAN PEMULUTAN", lambda village: ["DUSUN II"]),
    ],
)
def test_no_village_is_taken_from_a_heading_where_it_may_be_something_else(title: str, band: Any) -> None:
    assert set(villages_of(read([[title], *bands(*map(band, VILLAGES))]))) == {""}


def test_hamlets_and_categories_between_villages_are_theirs() -> None:
    rows = [
        *bands(["A. TANJUNG PASIR"]),
        ["DUSUN I"],
        *listed(40),
        ["LANJUT USIA TERLANTAR"],
        *listed(50),
        ["B. HARAPAN"],
    ]
    found = people(read([KECAMATAN, *rows, *listed(60)]).sheets[0])
    said = [(person["desa"], person.get("dusun")) for person in found[::3]]
    assert said == [("TANJUNG PASIR", None), ("TANJUNG PASIR", "I"), ("TANJUNG PASIR", "I"), ("HARAPAN", None)]


def test_sheets_named_after_villages_of_the_kecamatan() -> None:
    def placed(*names: str, path: str = "kecamatan/pmks.xlsx") -> Any:
        sheets = [Sheet(name, [KECAMATAN, HEADER, *listed(10 * n + 1)]) for n, name in enumerate(names)]
        return place(path, {}, read(*sheets))

    both = placed("TANJUNG PASIR", "Ds. Harapan")
    assert both.sheets == {"TANJUNG PASIR": "16.10.05.2036", "Ds. Harapan": "16.10.05.2037"} and not both.hold
    unknown = placed("TANJUNG PASIR", "Harapan", "Entah")
    assert (unknown.hold, unknown.hold_facts) == ("village_not_found", {"lembar": "Entah"})
    assert placed("Muara Dua", "Harapan", path="16.10.05.2036/a.xlsx").kode_desa == "16.10.05.2036"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("OI_Kec.Pemulutan_Ds.PipaPutih/data.xlsx", "16.10.05.2038"),
        ("Kec Pemulutan/Data PMKS ds harapan 2025.xlsx", "16.10.05.2037"),
        ("Ogan Ilir/data desa tanjung pasir fix.xlsx", "16.10.05.2036"),
        ("PMKS_DesaHarapan_KecPemulutan.xlsx", "16.10.05.2037"),
        ("data harapan.xlsx", None),
        ("Data PMKS ds harapan.xlsx", None),
    ],
)
def test_folders_and_the_name_of_a_file_name_the_village_by_its_label(path: str, code: str | None) -> None:
    placed = place(path, {}, read([["DATA PMKS 2024"], HEADER, *listed(1)]))
    assert (placed.kode_desa, placed.hold) == (code, None if code else "village_unknown")


def test_a_title_of_another_village_than_the_folder_names_holds_the_list() -> None:
    titled = read([["DATA PMKS DESA HARAPAN KEC. PEMULUTAN"], HEADER, *listed(1)])
    placed = place("OI_Kec.Pemulutan_Ds.PipaPutih/data.xlsx", {}, titled)
    assert (placed.hold, placed.hold_facts) == ("village_contradicted", {"lembar": "Sheet1", "kode": "16.10.05.2038"})


@pytest.mark.parametrize(
    ("titles", "code"),
    [
        (["DATA PMKS DS. HARAPAN KEC. PEMULUTAN"], "16.10.05.2037"),
        (["DATA PMKS", "HARAPAN", "KECAMATAN PEMULUTAN KABUPATEN OGAN ILIR"], "16.10.05.2037"),
        (["DATA PMKS KAMPUNG YOKA DISTRIK HERAM KOTA JAYAPURA"], "91.71.05.2003"),
        (["DATA PMKS", "HARAPAN"], None),
        (["DATA PMKS DS. KRAJAN KEC. PEMULUTAN"], None),
    ],
)
def test_a_title_may_name_the_village_without_its_label(titles: list[str], code: str | None) -> None:
    placed = place("kiriman/pmks.xlsx", {}, read([*[[title] for title in titles], HEADER, *listed(1)]))
    assert placed.kode_desa == code
