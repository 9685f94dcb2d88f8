"""The hardest of what workbooks laid out at random have brought up, each as small as it can be."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Sheet
from tests.unit.intake.test_layouts import NAMES, kinds, kk, nik, people, read
from validation.vocabulary import disability_of

Rows = list[list[Any]]
FILE = "fakir miskin.xlsx"


def test_a_category_right_below_a_header_is_a_band_also_where_the_first_column_is_blank() -> None:
    rows: Rows = [
        ["", "NO", "NAMA", "NIK", "UMUR"],
        ["", "A. Gelandangan", "", "", ""],
        ["", 1, "SITI", nik(1), 40],
        ["", 2, "KARTO", nik(2), 50],
    ]
    sheet = read(rows).sheets[0]
    assert kinds(sheet) == {"header": [1], "band": [2], "data": [3, 4]}
    assert [row[3] for row in sheet.rows] == ["Gelandangan"] * 2


def test_the_same_below_a_row_that_numbers_the_columns() -> None:
    rows: Rows = [
        ["", "NO", "NAMA", "NIK"],
        ["", "(1)", "(2)", "(3)"],
        ["", "Pengemis", "", ""],
        ["", 1, "SITI", nik(1)],
    ]
    sheet = read(rows).sheets[0]
    assert kinds(sheet) == {"header": [1], "numbering": [2], "band": [3], "data": [4]}


def test_a_person_of_words_alone_below_two_header_rows_is_no_third_one() -> None:
    rows: Rows = [
        ["", "Alamat", "Nama", "JENIS KELAMIN", "", "Agama", "TEMPAT LAHIR", "Kategori PMKS"],
        ["", "", "", "L", "P", "", "", ""],
        ["", "LR. CEMPAKA", "fatimah lestari", "", "v", "HINDU", "", "Gelandangan"],
        ["", "LR. CEMPAKA", "ENDANG HADI", "", "v", "HINDU", "PEMULUTAN", "Pemulung"],
    ]
    sheet = read(rows).sheets[0]
    assert [(p["nama"], p["jenis_kelamin"]) for p in people(sheet)] == [("fatimah lestari", "P"), ("ENDANG HADI", "P")]


def test_one_person_before_another_list_is_no_form_about_a_family() -> None:
    rows: Rows = [
        ["NAMA", "HUBUNGAN KELUARGA", "ALAMAT", "NO KK"],
        ["HASAN UTAMA", "KEPALA KELUARGA", "KRAJAN", kk(1)],
        [],
        ["DAFTAR TAMBAHAN"],
        ["NO KK", "ALAMAT", "NAMA", "SHDK"],
        [kk(2), "BANARAN", "RAHMAT", "ISTRI"],
    ]
    sheet = read([[*row, *[""] * (4 - len(row))] for row in rows], name=FILE).sheets[0]
    assert [(p["nama"], p["no_kk"]) for p in people(sheet)] == [("HASAN UTAMA", kk(1)), ("RAHMAT", kk(2))]


def test_a_form_about_a_family_with_its_members_below_is_one_still() -> None:
    rows: Rows = [
        ["NO KK", "NAMA KEPALA KELUARGA", "ALAMAT"],
        [kk(1), "HASAN", "KRAJAN"],
        ["NO", "NAMA", "NIK"],
        [1, "HASAN", nik(1)],
        [2, "SITI", nik(2)],
    ]
    assert [(p["nama"], p["no_kk"]) for p in people(read(rows, name=FILE).sheets[0])] == [
        ("HASAN", kk(1)),
        ("SITI", kk(1)),
    ]


def test_the_columns_of_a_pair_of_sexes_are_those_of_their_own_list() -> None:
    first: Rows = [
        ["NO", "NAMA", "JENIS KELAMIN", "", "RT", "RW"],
        ["", "", "L", "P", "", ""],
        [1, "SITI", "", 1, 3, 1],
    ]
    second: Rows = [
        ["NO", "RT", "RW", "NAMA", "JENIS KELAMIN", ""],
        ["", "", "", "", "L", "P"],
        [2, 3, 1, "KARTO", 1, ""],
    ]
    result = read([*first, *second], name=FILE)
    assert result.hold is None
    assert [(p["nama"], p["jenis_kelamin"], p["rt"]) for p in people(result.sheets[0])] == [
        ("SITI", "P", "3"),
        ("KARTO", "L", "3"),
    ]


def test_a_person_whose_row_begins_with_a_word_of_totals_is_a_person() -> None:
    rows: Rows = [
        ["KET", "NAMA", "NO KK", "ALAMAT", "JENIS PMKS"],
        ["baru", "SITI", kk(1), "KRAJAN", "FM"],
        ["pindahan", "HALIMAH", kk(2), "KRAJAN", "FM"],
        ["JUMLAH", "", "", "", 2],
    ]
    assert kinds(read(rows).sheets[0]) == {"header": [1], "data": [2, 3], "subtotal": [4]}


def test_a_hamlet_of_its_own_row_is_one_also_in_the_column_of_categories() -> None:
    rows: Rows = [
        ["JENIS PMKS", "NAMA", "NIK"],
        ["DUSUN TALANG", "", ""],
        ["FM", "SITI", nik(1)],
        ["DUSUN KRAJAN", "", ""],
        ["FM", "KARTO", nik(2)],
    ]
    assert [p["dusun"] for p in people(read(rows).sheets[0])] == ["TALANG", "KRAJAN"]


HEADER = ["NO", "NAMA", "HUBUNGAN", "RT", "NIK"]


def test_nothing_is_carried_down_into_another_family() -> None:
    rows: Rows = [
        HEADER,
        [f"No. KK : {kk(1)}", "", "Nama Kepala Keluarga : AGUS", "", ""],
        [1, "AGUS", "KEPALA KELUARGA", "006", nik(1)],
        [2, "TUKINEM", "ISTRI", "", nik(2)],
        [f"No. KK : {kk(2)}", "", "Nama Kepala Keluarga : JOKO", "", ""],
        [3, "JOKO", "", "", nik(3)],
    ]
    assert [p.get("rt") for p in people(read(rows, name=FILE).sheets[0])] == ["006", "006", None]


def test_a_dash_is_not_carried_down() -> None:
    rows: Rows = [
        HEADER,
        [1, "AGUS", "KEPALA KELUARGA", "006", nik(1)],
        [2, "JOKO", "KEPALA KELUARGA", "-", nik(2)],
        [3, "TUKINEM", "ISTRI", "", nik(3)],
    ]
    assert [p.get("rt") for p in people(read(rows, name=FILE).sheets[0])] == ["006", "-", None]


def test_whose_relation_is_not_said_gets_no_card_of_the_family_above() -> None:
    header = ["NAMA", "HUBUNGAN", "NO KK", "NIK"]
    rows: Rows = [
        header,
        ["AGUS", "KEPALA KELUARGA", kk(1), nik(1)],
        ["SITI", "ISTRI", "", nik(2)],
        ["HALIMAH", "", "", nik(3)],
        ["YUSUF", "KEPALA KELUARGA", kk(2), nik(4)],
        ["ANI", "ANAK", "", nik(5)],
    ]
    assert [p.get("no_kk") for p in people(read(rows, name=FILE).sheets[0])] == [kk(1), kk(1), None, kk(2), kk(2)]


def test_a_person_with_a_total_s_word_and_no_number_is_one_where_words_say_more_and_totals_stay() -> None:
    rows: Rows = [
        ["KET", "NAMA", "UMUR", "ALAMAT", "JENIS PMKS"],
        ["baru", "SITI", 40, "KRAJAN", "FM"],
        ["pindahan", "HALIMAH", 56, "KRAJAN", "FM"],
        ["JUMLAH", "Laki-laki", 0, "Perempuan", 2],
        ["TOTAL", "DUSUN KRAJAN", 2, "jiwa", 2],
        ["Jumlah dipindahkan", "", 2, "", 2],
    ]
    assert kinds(read(rows).sheets[0]) == {"header": [1], "data": [2, 3], "subtotal": [4, 5, 6]}


def test_a_legend_beside_pages_of_one_person_each_is_one_table() -> None:
    header: Rows = [["NO", "NAMA", "UMUR", "JENIS PMKS", ""], ["", "", "", "Anak Terlantar", "Fakir Miskin"]]
    rows: Rows = [
        *header,
        [1, "HASAN", 34, "", "v"],
        *header,
        [2, "JOKO", 47, "v", ""],
        *header,
        [3, "AGUS", 62, "", "v"],
    ]
    legend: Rows = [["KODE", "JENIS PMKS"], [1, "Fakir Miskin"], [2, "Pemulung"], [3, "Pengemis"], [4, "Gelandangan"]]
    beside = dict(enumerate(legend, 2))
    sheet = read([[*row, "", *beside.get(at, ["", ""])] for at, row in enumerate(rows)]).sheets[0]
    assert kinds(sheet) == {"header": [1, 2, 4, 5, 7, 8], "data": [3, 6, 9]}
    assert [row[2] for row in sheet.rows] == [["Fakir Miskin"], ["Anak Terlantar"], ["Fakir Miskin"]]


def test_people_below_the_number_of_a_page_are_people_also_without_numbers() -> None:
    rows: Rows = [
        ["NAMA", "TGL LAHIR", "ALAMAT", "KET"],
        ["SITI", "14-02-1949", "KRAJAN", ""],
        ["", "", "", "Halaman : 1"],
        ["KARTO", "21-10-1986", "KRAJAN", ""],
        ["", "", "Mengetahui, Kepala Desa", ""],
        ["SUPARMAN", "", "Tanjung Pasir", ""],
    ]
    sheet = read(rows, name=FILE).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 4], "footer": [3, 5, 6]}


def test_a_short_list_of_names_before_another_one_is_no_form_about_a_family() -> None:
    rows: Rows = [
        ["NO", "DUSUN", "ALAMAT", "NAMA", "JENIS PMKS"],
        [1, "KRAJAN", "JL. MAWAR 50", "RUKMINI", "Pengemis"],
        ["", "", "", "", ""],
        ["DAFTAR TAMBAHAN", "", "", "", ""],
        ["ALAMAT", "NO", "DUSUN", "JENIS PMKS", "NAMA"],
        ["LR. CEMPAKA", 2, "KRAJAN", "Pemulung", "SLAMET"],
    ]
    sheet = read(rows).sheets[0]
    assert [(p["nama"], p["kategori"]) for p in people(sheet)] == [("RUKMINI", "Pengemis"), ("SLAMET", "Pemulung")]


def test_day_month_and_year_in_three_columns_are_a_birth_date_and_the_year_no_period() -> None:
    rows: Rows = [
        ["402. Nama", "403. NIK", "406. Tanggal Lahir", "", "", "407. Umur"],
        ["", "", "Tanggal", "Bulan", "Tahun", ""],
        ["SITI", nik(1), 7, 12, 1971, 52],
        ["KARTO", nik(2), "", "", 1952, 71],
        ["HASAN", nik(3), "", "", "", 40],
    ]
    sheet = read(rows, name=FILE).sheets[0]
    assert [p.get("tanggal_lahir") for p in people(sheet)] == ["7-12-1971", "1952", None]
    assert not any("periode_baris" in p for p in people(sheet))


def test_a_legend_in_two_halves_below_a_list_explains_its_columns_and_names_nobody() -> None:
    rows: Rows = [
        ["NO", "NAMA", "NIK", "L/P", "UMUR", "JENIS PMKS", "", ""],
        ["", "", "", "", "", "1", "2", "3"],
        [1, "SITI", nik(1), "P", 40, "", "", "v"],
        [2, "KARTO", nik(2), "L", 50, "v", "", ""],
        ["JUMLAH", "", "", "", "", 1, 0, 1],
        [""] * 8,
        ["Keterangan Jenis PMKS :", "", "", "", "", "", "", ""],
        ["1.", "Anak Terlantar", "", "3.", "Fakir Miskin", "", "", ""],
        ["2.", "Pemulung", "", "", "", "", "", ""],
    ]
    result = read(rows)
    assert result.hold is None
    assert [row[2] for row in result.sheets[0].rows] == [["Fakir Miskin"], ["Anak Terlantar"]]
    assert kinds(result.sheets[0])["data"] == [3, 4]


def test_a_column_of_both_parents_is_nobody_s_mother() -> None:
    rows: Rows = [
        ["NAMA", "NIK", "NAMA BAPAK / IBU KANDUNG"],
        *[[name, nik(at), f"SARIP / {name}"] for at, name in enumerate(("SITI", "KARTO", "HASAN"))],
    ]
    assert not any({"nama_ibu", "nama_ayah"} & p.keys() for p in people(read(rows, name=FILE).sheets[0]))


EDUCATION = (
    "PENDIDIKAN", "PDDK", "Pend. Akhir", "PENDIDIKAN (1-10)", "Kode Pendidikan", "STATUS PENDIDIKAN", "KELAS",
    "IJAZAH TERTINGGI", "Partisipasi Sekolah", "PNDDKN_AKH", "Pendidikan_tertinggi", "Jenjang Pendidikan",
)  # fmt: skip


@pytest.mark.parametrize("header", EDUCATION)
@pytest.mark.parametrize("codes", [("1", "2", "3"), ("SD", "SMP", "-"), ("Tidak", "Ya", "Tidak")])
def test_what_is_said_of_schooling_is_no_field(header: str, codes: tuple[str, ...]) -> None:
    rows: Rows = [["NO", "NAMA", "NIK", header], *[[at, "SITI", nik(at), code] for at, code in enumerate(codes, 1)]]
    assert all(p.keys() == {"nama", "nik"} for p in people(read(rows, name=FILE).sheets[0]))


def test_a_legend_beside_the_only_person_of_a_page_is_nobody() -> None:
    header = ["NAMA", "TGL LAHIR", "NO KK", "JENIS PMKS", "", ""]
    rows: Rows = [
        header,
        ["SLAMET", "26-08-1985", kk(1), "Pengemis", "", ""],
        [""] * 6,
        ["DAFTAR TAMBAHAN", *[""] * 5],
        header,
        ["FATIMAH", "07-02-1963", kk(1), "Pemulung", "", ""],
    ]
    legend = [("KODE", "JENIS PMKS"), (1, "Fakir Miskin"), (2, "Pemulung"), (3, "Pengemis")]
    sheet = read([[*row, *(legend[at] if at < len(legend) else ("", ""))] for at, row in enumerate(rows)]).sheets[0]
    assert kinds(sheet)["data"] == [2, 6]
    assert [p["nama"] for p in people(sheet)] == ["SLAMET", "FATIMAH"]


@pytest.mark.parametrize("mark", ["v", "1", "√"])
def test_kinds_of_disability_that_are_ticked_are_those_of_the_person(mark: str) -> None:
    rows: Rows = [
        ["NO", "NAMA", "NIK", "JENIS DISABILITAS", "", "", "", "KET"],
        ["", "", "", "Fisik", "Netra", "Rungu/Wicara", "Mental", ""],
        [1, "SITI", nik(1), mark, "", "", "", ""],
        [2, "KARTO", nik(2), "", mark, mark, "", "sakit"],
        [3, "HASAN", nik(3), "", "", "", "", ""],
        [4, "RUKMINI", nik(4), "", "-", "", mark, ""],
    ]
    sheet = read(rows, name="penyandang disabilitas.xlsx").sheets[0]
    kinds_of_disability = ["Fisik", "Netra, Rungu/Wicara", None, "Mental"]
    assert [p.get("jenis_disabilitas") for p in people(sheet)] == kinds_of_disability
    assert disability_of("Netra, Rungu/Wicara") == "ganda"
    listed = {column.letter: column.field for column in sheet.columns}
    assert {letter for letter, field in listed.items() if field == "jenis_disabilitas"} == {"D", "E", "F", "G"}


def test_kinds_of_disability_need_no_header_over_them_unless_they_may_be_of_violence() -> None:
    people_rows: Rows = [[1, "SITI", nik(1), "v", "", ""], [2, "KARTO", nik(2), "", "v", "v"]]
    sheet = read([["NO", "NAMA", "NIK", "FISIK", "NETRA", "GANDA"], *people_rows], name="disabilitas.xlsx").sheets[0]
    assert [p["jenis_disabilitas"] for p in people(sheet)] == ["FISIK", "NETRA, GANDA"]
    of_violence = read([["NO", "NAMA", "NIK", "FISIK", "MENTAL", "JIWA"], *people_rows], name="KTK.xlsx").sheets[0]
    assert not any("jenis_disabilitas" in p for p in people(of_violence))


def test_what_stands_below_a_kind_of_disability_in_words_is_no_tick() -> None:
    rows: Rows = [
        ["NO", "NAMA", "NIK", "JENIS DISABILITAS", ""],
        ["", "", "", "Fisik", "Netra"],
        [1, "SITI", nik(1), "amputasi kaki", "buta total"],
        [2, "KARTO", nik(2), "lumpuh", ""],
    ]
    sheet = read(rows, name="penyandang disabilitas.xlsx").sheets[0]
    assert [p.get("jenis_disabilitas") for p in people(sheet)] == [None, None]


@pytest.mark.parametrize(
    ("above", "headers"),
    [
        ("TERLANTAR", ["YA", "TIDAK"]),
        ("STATUS KETERLANTARAN", ["Y", "T"]),
        ("KONDISI", ["Terlantar", "Tidak Terlantar"]),
        ("", ["Telantar", "Non Telantar"]),
    ],
)
@pytest.mark.parametrize("mark", ["v", "√", 1])
def test_a_tick_under_no_denies_what_one_under_yes_says(above: str, headers: list[str], mark: Any) -> None:
    ticks = [[mark, None], [None, mark], [None, None], [mark, mark]] * 2
    rows = [[i, nik(i), NAMES[i - 1], "Fisik", *ticks[i - 1]] for i in range(1, 9)]
    top = ["NO", "NIK", "NAMA", "RAGAM DISABILITAS", *([above, None] if above else headers)]
    lower = [[None, None, None, None, *headers]] if above else []
    merged = [(1, 4, 1, 5)] if above else []
    result = read(Sheet("A", [top, *lower, *rows], merged=merged), name="penyandang disabilitas.xlsx")
    said = [person.get("terlantar") for person in people(result.sheets[0])]
    assert said[1] == "tidak"
    assert [str(text).lower() in ("ya", str(mark)) for text in said[:2]] == [True, False]
    assert said[2] is None
    assert said[3] == " / ".join([said[0] or "", "tidak"])


def test_words_under_a_no_are_words_and_no_ticks() -> None:
    rows = [[i, nik(i), NAMES[i - 1], "Fisik", "Tidak"] for i in range(1, 5)]
    header = ["NO", "NIK", "NAMA", "RAGAM DISABILITAS", "TERLANTAR / TIDAK"]
    result = read([header, *rows], name="penyandang disabilitas.xlsx")
    assert {person["terlantar"] for person in people(result.sheets[0])} == {"Tidak"}


def test_categories_may_be_answered_by_yes_and_no() -> None:
    top = ["NO", "NIK", "NAMA", "FAKIR MISKIN", None, "LANSIA TERLANTAR", None]
    lower = [None, None, None, "YA", "TIDAK", "YA", "TIDAK"]
    rows = [[i, nik(i), NAMES[i - 1], *(["v", None] if i % 2 else [None, "v"]), "v", None] for i in range(1, 7)]
    merged = [(1, 3, 1, 4), (1, 5, 1, 6)]
    sheet = read(Sheet("A", [top, lower, *rows], merged=merged)).sheets[0]
    assert [row[2] for row in sheet.rows] == [["FAKIR MISKIN", "LANSIA TERLANTAR"], ["LANSIA TERLANTAR"]] * 3


def test_ticks_below_a_header_that_is_no_known_category_are_said_and_not_passed_over() -> None:
    top = ["NO", "NIK", "NAMA", "JENIS PMKS", None, None, None, "BANTUAN", None]
    lower = [None, None, None, "LUT", "FM", "GLD", "XX", "PKH", "BPNT"]
    ticks = [["v", None, None], [None, "v", "v"], [None, None, "v"]]
    rows = [[i, nik(i), NAMES[i - 1], *ticks[i % 3], None, "v", None] for i in range(1, 7)]
    result = read(Sheet("A", [top, lower, *rows], merged=[(1, 3, 1, 6), (1, 7, 1, 8)]))
    sheet = result.sheets[0]
    assert [row[2] for row in sheet.rows[:3]] == [["FM", "GLD"], ["GLD"], ["LUT"]]
    said = [(p.code, p.column) for p in sheet.problems if p.code == "category_column_unknown"]
    assert said == [("category_column_unknown", "F")]  # nobody ticked XX, and BANTUAN asks for no category


@pytest.mark.parametrize("header", [["NAMA", None], ["NAMA DEPAN", "NAMA BELAKANG"]])
def test_a_name_in_two_columns_is_one_name_and_that_is_said(header: list[Any]) -> None:
    parts = [["SITI", "AMINAH"], ["BUDI", None], ["NUR", "HAYATI BINTI KARIM"], ["JOKO", "SUSILO"], ["ANI", "WATI"]]
    rows = [[i, *parts[i - 1], nik(i), "FM"] for i in range(1, 6)]
    merged = [(1, 1, 1, 2)] if header[1] is None else []
    result = read(Sheet("A", [["NO", *header, "NIK", "JENIS PMKS"], *rows], merged=merged))
    named = [person["nama"] for person in people(result.sheets[0])]
    assert named == ["SITI AMINAH", "BUDI", "NUR HAYATI BINTI KARIM", "JOKO SUSILO", "ANI WATI"]
    assert [(p.code, p.column) for p in result.sheets[0].problems] == [("name_in_two_columns", "C")]


def test_two_whole_names_under_one_header_are_not_made_one() -> None:
    rows = [[i, "SITI AMINAH", "BUDI SANTOSO", nik(i), "FM"] for i in range(1, 6)]
    sheet = read(Sheet("A", [["NO", "NAMA", None, "NIK", "JENIS PMKS"], *rows], merged=[(1, 1, 1, 2)])).sheets[0]
    assert {person["nama"] for person in people(sheet)} == {"SITI AMINAH"}
    assert [(p.code, p.column) for p in sheet.problems] == [("column_refused", "C")]


LEGEND = [["KETERANGAN:"], [1, "Anak Terlantar"], [2, "Lansia Terlantar"], [3, "Fakir Miskin"]]


@pytest.mark.parametrize("numbered", [[1, 2, 3], ["1", "2", "3"]])
@pytest.mark.parametrize("place", ["above", "below", "beside", "nowhere"])
def test_numbers_below_the_header_for_the_category_are_those_of_a_legend(numbered: list[Any], place: str) -> None:
    header = [["NO", "NIK", "NAMA", "JENIS PMKS", None, None], [None, None, None, *numbered]]
    ticks = [["v", None, None], [None, "v", "v"], [None, None, "v"]]
    rows = [[i, nik(i), NAMES[i - 1], *ticks[i % 3]] for i in range(1, 7)]
    above = [[f"{number}. {name}"] for number, name in LEGEND[1:]] if place == "above" else []
    below = [[], *LEGEND] if place == "below" else []
    merged = [(len(above) + 1, 3, len(above) + 1, 5)]
    list_of_people = Sheet("A", [*above, *header, *rows, *below], merged=merged)
    result = read(list_of_people, *([Sheet("Kode", LEGEND[1:])] if place == "beside" else []))
    if place == "nowhere":
        assert result.hold == "category_codes_unexplained"
        return
    ticked = [row[2] for row in result.sheets[0].rows]
    assert ticked[:3] == [["Lansia Terlantar", "Fakir Miskin"], ["Fakir Miskin"], ["Anak Terlantar"]]


def test_numbers_below_every_column_number_the_columns() -> None:
    rows = [[i, nik(i), NAMES[i - 1], "FM"] for i in range(1, 5)]
    sheet = read([["NO", "NIK", "NAMA", "JENIS PMKS"], [1, 2, 3, 4], *rows]).sheets[0]
    assert (kinds(sheet)["numbering"], len(sheet.rows)) == ([2], 4)


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["Netra", "Rungu", "Daksa", "Mental"], "jenis_disabilitas"),
        (["Netra", "Wicara", "Grahita", "-"], "jenis_disabilitas"),
        (["Fisik", "Fisik", "Mental", "Fisik"], None),  # may be kinds of violence
        (["Netra", "Milik sendiri", "Sewa", "Daksa"], None),
    ],
)
def test_the_kind_of_disability_is_known_by_what_stands_below_a_header_that_does_not_say_so(
    cells: list[str], field: str | None
) -> None:
    rows = [[i + 1, nik(i), NAMES[i], kind] for i, kind in enumerate(cells)]
    (sheet,) = read([["DATA PENYANDANG DISABILITAS"], ["NO", "NIK", "NAMA", "JENIS"], *rows]).sheets
    assert [column.field for column in sheet.columns if column.header == "JENIS"] == [field]
