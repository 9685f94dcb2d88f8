"""Variants of known layouts: what stands between, beside, above and below the people of a list."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Merge, Sheet
from tests.unit.intake.test_layouts import HEADER, NAMES, column_of, kinds, kk, nik, people, read, simple

SHORT = ["NO", "NAMA", "NIK", "UMUR", "ALAMAT"]


def short(count: int, start: int = 1) -> list[list[Any]]:
    return [[i, NAMES[i % 8], nik(i), 30 + i, "JL. A"] for i in range(start, start + count)]


def coded(count: int) -> list[list[Any]]:
    return [[i, NAMES[i % 8], nik(i), "LP"[i % 2], i % 3 + 1] for i in range(1, count + 1)]


def test_a_numbered_category_header_over_ticks_is_a_category_not_the_neglect_column() -> None:
    header = ["NO", "NAMA", "NIK", "1. Fakir Miskin", "2. Anak Terlantar"]
    rows: list[list[Any]] = [[i, NAMES[i], nik(i), "x" if i % 2 else "", "x"] for i in range(1, 6)]
    assert read([header, *rows]).sheets[0].rows[0][2] == ["1. Fakir Miskin", "2. Anak Terlantar"]


def test_a_matrix_of_ya_and_tidak() -> None:
    header = ["NO", "NAMA", "NIK", "Fakir Miskin", "RTLH"]
    rows: list[list[Any]] = [[i, NAMES[i], nik(i), "Ya", "Ya" if i == 3 else "Tidak"] for i in range(1, 7)]
    found = read([header, *rows]).sheets[0].rows
    assert [row[2] for row in found[1:4]] == [["Fakir Miskin"], ["Fakir Miskin", "RTLH"], ["Fakir Miskin"]]


@pytest.mark.parametrize(
    "declared, hold", [({}, "category_codes_unexplained"), ({"skema_kode": "permensos-8-2012"}, None)]
)
def test_a_matrix_headed_by_numbers_needs_a_scheme(declared: dict[str, Any], hold: str | None) -> None:
    rows: list[list[Any]] = [
        ["NO", "NAMA", "NIK", "JENIS PMKS", "", ""],
        ["", "", "", "01", "08", "09"],
        *[[i, NAMES[i], nik(i), "", "v", "v" if i == 2 else ""] for i in range(1, 6)],
    ]
    result = read(rows, declared=declared)
    assert result.hold == hold
    assert [row[2] for row in result.sheets[0].rows[:2]] == [["08"], ["08", "09"]]


@pytest.mark.parametrize(
    "legend",
    [
        [["Keterangan Jenis PMKS:"], ["1. Fakir Miskin"], ["2. Pemulung"], ["3. Pengemis"]],
        [["Keterangan:"], ["", 1, "=", "Fakir Miskin"], ["", 2, "=", "Pemulung"], ["", 3, "=", "Pengemis"]],
        [["Keterangan: 1 = Fakir Miskin, 2 = Pemulung, 3 = Pengemis"]],
    ],
)
def test_a_legend_below_the_list_explains_its_codes(legend: list[list[Any]]) -> None:
    rows = [["NO", "NAMA", "NIK", "L/P", "JENIS PMKS"], *coded(6), [], *legend]
    result = read(rows)
    sheet = result.sheets[0]
    assert result.hold is None
    assert len(sheet.rows) == 6
    (codes,) = [column.code_map for column in sheet.columns if column.field == "kategori"]
    assert codes == '{"1": "Fakir Miskin", "2": "Pemulung", "3": "Pengemis"}'


def test_bare_category_codes_that_nothing_explains_hold_the_file() -> None:
    rows = [["NO", "NAMA", "NIK", "L/P", "KODE PMKS"], *coded(6)]
    assert read(rows).hold == "category_codes_unexplained"
    assert read(rows, declared={"skema_kode": "kepmensos-24-1996"}).hold is None


def test_a_legend_beside_the_list_under_headers_of_its_own() -> None:
    legend = [[1, "Laki-laki"], [0, "Perempuan"], ["", ""], [1, "Yatim"]]
    rows: list[list[Any]] = [["No", "Nama", "NIK", "Jenis Kelamin", "Jenis PMKS", "", "Kode", "Keterangan"]]
    rows += [[i, NAMES[i], nik(i), i % 2, "FM", "", *(legend[i - 1] if i < 5 else [])] for i in range(1, 8)]
    sheet = read(rows).sheets[0]
    (codes,) = [column.code_map for column in sheet.columns if column.field == "jenis_kelamin"]
    assert codes == '{"0": "P", "1": "L"}'


def test_names_over_two_lines_and_sexes_behind_their_codes() -> None:
    rows: list[list[Any]] = [["No", "Nama\nLengkap", "NIK", "Jenis\nKelamin", "Jenis PMKS"]]
    rows += [[i, f"SITI\n{NAMES[i]}", nik(i), "1. Laki - laki", "1. Fakir Miskin"] for i in range(1, 5)]
    sheet = read(rows).sheets[0]
    assert column_of(sheet, "nama") == ["B"]
    assert column_of(sheet, "jenis_kelamin") == ["D"]


def test_header_of_four_rows_with_hints_in_the_last() -> None:
    rows: list[list[Any]] = [
        ["NO", "IDENTITAS", "", "", "", "JENIS PMKS"],
        ["", "DATA DIRI", "", "KELAHIRAN", "", ""],
        ["", "NAMA", "NIK", "TEMPAT", "TANGGAL", ""],
        ["", "", "", "", "(dd-mm-yyyy)", "(tulis lengkap)"],
        *[[i, NAMES[i], nik(i), "JAMBI", f"1{i}-05-1985", "FM"] for i in range(1, 5)],
    ]
    merged: list[Merge] = [(1, 1, 1, 4), (2, 1, 2, 2), (2, 3, 2, 4), (1, 0, 4, 0), (1, 5, 3, 5)]
    sheet = read(Sheet("A", rows, merged=merged)).sheets[0]
    assert kinds(sheet)["data"] == [5, 6, 7, 8]
    assert people(sheet)[0] == {
        "nama": NAMES[1], "nik": nik(1), "tempat_lahir": "JAMBI", "tanggal_lahir": "11-05-1985", "kategori": "FM",
    }  # fmt: skip


def test_one_header_over_two_columns_gives_each_its_field() -> None:
    header = ["NO", "NAMA", "NIK", "Tempat / Tanggal Lahir", "", "RT/RW", "", "JENIS PMKS"]
    rows = [[i, NAMES[i], nik(i), "JAMBI", f"1{i}-05-1985", f"00{i}", "002", "FM"] for i in range(1, 6)]
    found = people(read([header, *rows]).sheets[0])[0]
    assert (found["tempat_lahir"], found["tanggal_lahir"], found["rt"], found["rw"]) == (
        "JAMBI", "11-05-1985", "001", "002",
    )  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        [["NO.KK", ":", kk(1)], ["ALAMAT", ":", "JL. MELATI"], ["RT/RW", ":", "003/001"]],
        [["NO.KK", f": {kk(1)}"], ["ALAMAT", ": JL. MELATI"], ["RT/RW", ": 003/001"]],
        [[f"NO. KK : {kk(1)}", "", "ALAMAT : JL. MELATI, RT/RW : 003/001"]],
    ],
)
def test_the_head_of_a_form_gives_its_values_however_its_cells_are_cut(form: list[list[Any]]) -> None:
    rows = [["DAFTAR FAKIR MISKIN"], *form, SHORT[:4], *[row[:4] for row in short(3)]]
    found = people(read(rows).sheets[0])
    assert {(p["no_kk"], p["alamat"], p["rt"], p["rw"]) for p in found} == {(kk(1), "JL. MELATI", "003", "001")}


def test_a_hamlet_above_each_repeated_header() -> None:
    rows: list[list[Any]] = [["DATA FAKIR MISKIN"]]
    for hamlet in ("DUSUN I", "DUSUN II"):
        rows += [[hamlet], SHORT, *short(3)]
    assert [p["dusun"] for p in people(read(rows).sheets[0])] == ["I"] * 3 + ["II"] * 3


def test_tables_below_one_another_each_with_a_title_that_names_its_category() -> None:
    rows: list[list[Any]] = []
    for title in ("DAFTAR LANJUT USIA TERLANTAR", "DAFTAR PENYANDANG DISABILITAS", "DAFTAR FAKIR MISKIN"):
        rows += [[title], SHORT, *short(3), ["JUMLAH", "", 3], []]
    result = read(rows)
    assert [row[3] for row in result.sheets[0].rows][::3] == [
        "LANJUT USIA TERLANTAR", "PENYANDANG DISABILITAS", "FAKIR MISKIN",
    ]  # fmt: skip
    assert result.sheets[0].control_total == 9


@pytest.mark.parametrize("section", [["", "Jenis PMKS : {}"], ["{}"], ["A. {}"], ["I", "{}"], ["I.", "{}"], [1, "{}"]])
def test_a_row_of_its_own_names_the_category_of_the_people_below(section: list[Any]) -> None:
    rows: list[list[Any]] = [SHORT]
    for category in ("LANJUT USIA TERLANTAR", "PEMULUNG"):
        rows += [[str(cell).format(category) if isinstance(cell, str) else cell for cell in section], *short(2)]
    result = read(rows)
    assert result.hold is None
    assert kinds(result.sheets[0]) == {"header": [1], "band": [2, 5], "data": [3, 4, 6, 7]}
    assert [row[3] for row in result.sheets[0].rows] == ["LANJUT USIA TERLANTAR"] * 2 + ["PEMULUNG"] * 2


def test_sums_carried_from_page_to_page_are_no_people() -> None:
    rows: list[list[Any]] = [
        HEADER, *simple(3), ["", "", "", "Dipindahkan", "", "", 3], ["", "", "", "", "", "", "Hal. 1"], HEADER,
        ["", "", "", "Jumlah pindahan", "", "", 3], *simple(3, 4), ["", "", "", "JUMLAH", "", "", 6],
    ]  # fmt: skip
    sheet = read(rows).sheets[0]
    assert kinds(sheet)["subtotal"] == [5, 8, 12]
    assert sheet.control_total == 6


def test_a_header_repeated_right_below_a_sum_is_a_header_of_its_own() -> None:
    header = ["NIK", "NAMA", "JENIS PMKS"]
    rows = [[nik(number), NAMES[number], "PEMULUNG"] for number in range(4)]
    sheet = read([header, *rows[:2], ["JUMLAH", "", "2"], header, *rows[2:]]).sheets[0]
    assert [row[0] for row in sheet.rows] == [2, 3, 6, 7]
    assert kinds(sheet)["subtotal"] == [4]


def test_a_legend_of_relations_below_a_short_list_is_no_list_of_relatives() -> None:
    header = ["NO", "HUBUNGAN KELUARGA", "JENIS PMKS", "NAMA", "NIK"]
    people_ = [[number + 1, "0", "PEMULUNG", NAMES[number], nik(number)] for number in range(4)]
    legend = [["KETERANGAN"], ["HUBUNGAN KELUARGA", "KODE"], ["KEPALA KELUARGA", "0"], ["ISTRI", "1"], ["ANAK", "2"]]
    sheet = read([header, *people_, [], *legend]).sheets[0]
    assert [row[0] for row in sheet.rows] == [2, 3, 4, 5]


def test_a_total_of_a_table_beside_the_list_is_not_the_lists_own() -> None:
    header = [*HEADER, "", "REKAP", "BANYAKNYA"]
    rows = [[*row, "", "Fakir Miskin", 3] for row in simple(4)]
    sheet = read([header, *rows, ["", "", "", "", "", "", "", "", "JUMLAH", 45]]).sheets[0]
    assert len(sheet.rows) == 4
    assert sheet.control_total is None


def test_lists_side_by_side_are_held_rather_than_losing_one_of_them() -> None:
    rows = [[*left, "", *right] for left, right in zip(short(5), short(5, 6), strict=True)]
    result = read([[*SHORT, "", *SHORT], *rows], name="fakir miskin.xlsx")
    assert (result.hold, result.hold_facts) == ("lists_side_by_side", {"lembar": "Sheet1"})
    wards = [[*row[:3], "WALI " + row[1], row[3]] for row in short(5)]
    guardian = read([["NO", "NAMA", "NIK", "NAMA", "UMUR"], *wards], name="fakir miskin.xlsx")
    assert guardian.hold is None


def test_a_header_without_people_is_held_so_that_it_replaces_no_list() -> None:
    assert read([["DATA PMKS DESA TANJUNG PASIR"], HEADER]).hold == "no_people"
    assert read([HEADER, *[[number] for number in range(1, 9)]]).hold == "no_people"


def test_a_running_number_that_begins_anew_parts_the_families() -> None:
    rows: list[list[Any]] = [["NO KK", "NO", "NAMA", "NIK", "JENIS PMKS"]]
    for family in range(3):
        rows += [[kk(family) if i == 0 else "", i + 1, NAMES[i], nik(family * 3 + i), "FM"] for i in range(3)]
    assert [p["no_kk"] for p in people(read(rows).sheets[0])] == [kk(f) for f in range(3) for _ in range(3)]


def test_a_hamlet_written_once_for_each_run_of_numbers_holds_for_the_run() -> None:
    rows: list[list[Any]] = [["RT", "NO", "NAMA", "NIK", "JENIS PMKS"]]
    for rt in (1, 2):
        rows += [[rt if i == 0 else "", i + 1, NAMES[i], nik(rt * 9 + i), "FM"] for i in range(3)]
    assert [p["rt"] for p in people(read(rows).sheets[0])] == ["1"] * 3 + ["2"] * 3


def test_a_column_of_categories_under_an_unknown_header_is_found_by_its_content() -> None:
    header = ["NO", "NAMA", "NIK", "YANG DISANDANG"]
    rows = [[i, NAMES[i], nik(i), ("Fakir Miskin", "Pemulung")[i % 2]] for i in range(1, 6)]
    result = read([header, *rows])
    assert result.hold is None
    assert [(c.field, c.by) for c in result.sheets[0].columns if c.letter == "D"] == [("kategori", "content")]


@pytest.mark.parametrize("header", ["Disabilitas", "DIFABEL", "Penyandang Cacat (Ya/Tidak)"])
def test_a_tick_below_disability_is_one_of_the_persons_categories(header: str) -> None:
    rows = [["NO", "NAMA", "NIK", "Lansia", header, "Fakir Miskin"]]
    ticks = [("v", "v", ""), ("", "v", ""), ("", "", "v")]
    rows += [[str(n + 1), NAMES[n], nik(n), *ticks[n]] for n in range(3)]
    found = [row[2] for row in read(rows).sheets[0].rows]
    assert found == [["Lansia", header], [header], ["Fakir Miskin"]]
