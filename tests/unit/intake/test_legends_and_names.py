"""What stands around a table: legends of codes, titles, labels, and the category or hamlet that they name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from assets.intake.formats.workbook import Sheet
from assets.intake.sheets.category_names import category_named
from assets.intake.sheets.file_reading import FileResult
from assets.intake.sheets.labels import labelled_values, region_names
from assets.intake.sheets.legends import legend_of, legends_in_cells, legends_in_rows, pairs_in
from assets.intake.sheets.rows import hamlet_named
from assets.intake.sheets.titles import place_of_sheet
from tests.unit.intake.test_layouts import NAMES, kk, nik, people, read
from validation import regions
from validation.rule_tables import each_row

Cells = list[Any]
RELATIONS = ("Istri", "Anak", "Menantu", "Cucu", "Mertua")
CATEGORIES = ("Fakir Miskin", "Pemulung", "Pengemis", "Gelandangan", "RTLH")
DISABILITIES = ("Tuna Netra", "Tuna Rungu", "Tuna Daksa", "Cacat Mental", "Buta")
OTHERS = ("merah", "biru", "hijau", "kuning", "putih", "hitam")


def codes(*meanings: str) -> dict[str, str]:
    return {str(i): meaning for i, meaning in enumerate(meanings, 1)}


@pytest.mark.parametrize(
    ("known", "field", "least", "of"),
    [
        (RELATIONS, "hubungan", 3, 5),
        (RELATIONS, "hubungan", 2, 3),
        (CATEGORIES, "kategori", 3, 5),
        (CATEGORIES, "kategori", 2, 3),
        (DISABILITIES, "jenis_disabilitas", 3, 6),
        (DISABILITIES, "jenis_disabilitas", 2, 4),
    ],
)
def test_a_legend_is_of_a_field_if_enough_of_its_meanings_are(
    known: tuple[str, ...], field: str, least: int, of: int
) -> None:
    enough = codes(*known[:least], *OTHERS[: of - least])
    found = legend_of(enough)
    assert found is not None and found[0] == field and list(found[1]) == list(enough)
    assert legend_of(codes(*known[: least - 1], *OTHERS[: of - least + 1])) is None


def test_a_legend_of_relations_says_them_in_their_usual_words_and_the_rest_as_written() -> None:
    assert legend_of(codes("istri", "anak", "tukang kebun")) == (
        "hubungan",
        {"1": "ISTRI", "2": "ANAK", "3": "tukang kebun"},
    )


def test_one_code_alone_is_no_legend() -> None:
    assert legend_of({"1": "Laki-laki"}) is None
    assert legend_of({"1": "Fakir Miskin"}) is None


@pytest.mark.parametrize(
    ("meanings", "is_legend"),
    [
        (("Laki-laki", "Perempuan"), True),
        (("Laki-laki", "Pria"), False),  # both the same sex
        (("Laki-laki", "Perempuan", "merah"), False),
        (("Laki-laki", "merah"), False),
    ],
)
def test_a_legend_of_sexes_has_just_the_two(meanings: tuple[str, ...], is_legend: bool) -> None:
    assert (legend_of(codes(*meanings)) is not None) is is_legend


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("[1] Laki-laki [2] Perempuan", {"1": "Laki-laki", "2": "Perempuan"}),
        ("1. Fakir Miskin; 2. Pemulung", {"1": "Fakir Miskin", "2": "Pemulung"}),
        ("1) A\n2) B", {"1": "A", "2": "B"}),
        ("123 = A", {}),
        ("RT1 = A", {}),
        ("1/2 = A", {}),
    ],
)
def test_pairs_of_code_and_meaning_in_one_text(text: str, pairs: dict[str, str]) -> None:
    assert pairs_in(text) == pairs


def test_a_legend_over_several_rows_ends_where_a_code_comes_again_or_a_row_says_nothing() -> None:
    sexes = [["1", "=", "Laki-laki"], ["2", "=", "Perempuan"]]
    relations = [["1. Istri"], ["2. Anak"]]
    both = {"jenis_kelamin": {"1": "L", "2": "P"}, "hubungan": {"1": "ISTRI", "2": "ANAK"}}
    assert legends_in_rows([*sexes, *relations]) == both
    assert legends_in_rows([*sexes, ["tulisan"], *relations]) == both
    assert legends_in_rows([sexes[0], ["tulisan"], sexes[1]]) == {}


def test_the_first_legend_of_a_field_counts() -> None:
    texts = ["1 = Laki-laki, 2 = Perempuan", "1 = Perempuan, 2 = Laki-laki", "tulisan 3"]
    assert legends_in_cells(texts) == {"jenis_kelamin": {"1": "L", "2": "P"}}


def coded(*below: Cells) -> dict[str, str | None]:
    rows: list[Cells] = [["NO", "NAMA", "NIK", "JENIS KELAMIN", "JENIS PMKS"]]
    rows += [[i, NAMES[i], nik(i), i % 2, "FM"] for i in range(1, 6)]
    sheet = read([*rows, [], *below]).sheets[0]
    return {column.field: column.code_map for column in sheet.columns if column.field}


@pytest.mark.parametrize(("cells", "found"), [(4, True), (5, False)])
def test_a_legend_stands_in_a_row_of_at_most_four_cells(cells: int, found: bool) -> None:
    row = ["1 = Laki-laki, 0 = Perempuan", *OTHERS[: cells - 1]]
    assert (coded(row)["jenis_kelamin"] is not None) is found


def test_a_legend_of_one_sheet_serves_the_others_that_have_none() -> None:
    rows = [[i, NAMES[i], nik(i), i % 2, "FM"] for i in range(1, 6)]
    header = ["NO", "NAMA", "NIK", "JENIS KELAMIN", "JENIS PMKS"]
    legend = [["Kode", "Arti"], [1, "Laki-laki"], [0, "Perempuan"]]
    result = read([header, *rows], legend, [header, *rows, [], ["0 = Laki-laki, 1 = Perempuan"]])
    maps = [[c.code_map for c in sheet.columns if c.field == "jenis_kelamin"] for sheet in result.sheets]
    assert maps == [['{"0": "P", "1": "L"}'], [], ['{"0": "L", "1": "P"}']]


def test_a_running_number_beside_a_value_is_no_legend() -> None:
    """The second column goes from 1 up, and a relation stands right of it: people, not codes and their meanings."""
    rows = [[NAMES[i], i, RELATIONS[i - 1], nik(i), i, "Anak", "FM"] for i in range(1, 5)]
    sheet = read([["NAMA", "NO", "HUBUNGAN", "NIK", "KAMAR", "STATUS", "JENIS PMKS"], *rows]).sheets[0]
    assert [column.code_map for column in sheet.columns if column.code_map] == []


def test_the_last_column_of_a_list_holds_no_codes_of_a_legend_beside_it() -> None:
    header = ["NO", "NAMA", "NIK", "HUBUNGAN", "JENIS PMKS", "KAMAR"]
    rows = [[i, NAMES[i], nik(i), i, "FM", i, RELATIONS[i - 1]] for i in range(1, 5)]
    sheet = read([header, *rows]).sheets[0]
    assert [column.code_map for column in sheet.columns if column.code_map] == []
    beside = [[*row[:6], "", *([i, RELATIONS[i - 1]])] for i, row in enumerate(rows, 1)]
    (codes_of,) = [c.code_map for c in read([header, *beside]).sheets[0].columns if c.code_map]
    assert codes_of == '{"1": "ISTRI", "2": "ANAK", "3": "MENANTU", "4": "CUCU"}'


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("DAFTAR LANJUT USIA TERLANTAR", "LANJUT USIA TERLANTAR"),
        ("DATA PEMULUNG DAN GELANDANGAN", None),  # two: which row is which?
        ("DATA FAKIR MISKIN (FM) TAHUN 2023", "FAKIR MISKIN (FM)"),  # twice the same
        ("DATA PMKS", None),
        ("REKAP NAMA-NAMA PENERIMA BANTUAN FAKIR MISKIN DESA TANJUNG PASIR TAHUN 2023", "FAKIR MISKIN"),
        ("FM", "FM"),
        ("fm desa tanjung", None),  # two small letters in a text name nothing
        ("F", None),
        ("desa psk tanjung", None),  # nor do three
        ("desa tanjung PSK", "PSK"),
        ("desa tanjung odha", "odha"),
        ("RTLH DESA TANJUNG", "RTLH"),
        ("desa tanjung rtlh", "rtlh"),
        ("", None),
        ("PMKS-24", "PMKS-24"),
        ("PMKS 24", None),  # a year
        ("DATA KADER POSYANDU LANSIA", None),
        ("DAFTAR ORANG TUA ASUH ANAK TERLANTAR", None),
        ("DATA ORANG TUA ANAK DISABILITAS", None),
        ("DATA WALI ANAK YATIM TERLANTAR", None),
        ("DATA KELUARGA PENDAMPING PENYANDANG DISABILITAS", None),
        ("DATA AHLI WARIS LANSIA TERLANTAR", None),
        ("DATA ORANG TUA TERLANTAR", "ORANG TUA TERLANTAR"),
        ("WALI NAGARI LANSIA TERLANTAR", "LANSIA TERLANTAR"),
        ("DATA ANAK TERLANTAR DAN WALI", "ANAK TERLANTAR DAN"),
        ("Panitia penyaluran bantuan disabilitas", None),
        ("DAFTAR HADIR SOSIALISASI PENYANDANG DISABILITAS", None),
        ("DAFTAR HADIR PENYALURAN BANTUAN LANJUT USIA TERLANTAR", "LANJUT USIA TERLANTAR"),
        ("DATA LANJUT USIA TERLANTAR DAMPINGAN TKSK", "LANJUT USIA TERLANTAR"),
        ("DATA PMKS 2", None),  # the second of several
        ("PMKS 1 DESA TANJUNG PASIR", None),
        ("PMKS 08 LANSIA TERLANTAR", "PMKS 08 LANSIA TERLANTAR"),
    ],
)
def test_a_title_names_a_category_if_it_names_exactly_one(text: str, category: str | None) -> None:
    assert category_named(text) == category


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["Dusun : KRAJAN"], {"dusun": "KRAJAN"}),
        (["Dusun = KRAJAN"], {"dusun": "KRAJAN"}),
        (["Dusun", ": KRAJAN"], {"dusun": "KRAJAN"}),
        (["Dusun", ":", "KRAJAN"], {"dusun": "KRAJAN"}),
        (["Dusun :", "KRAJAN"], {"dusun": "KRAJAN"}),
        (["Dusun :", "RT : 01"], {"rt": "01"}),  # the next cell is a label of its own
        (["Dusun", "KRAJAN"], {}),  # no colon: two values
        (["Dusun : -"], {}),
        (["Dusun :"], {}),
        (["Umur : 45"], {}),  # a person's, not a family's
        (["Dusun : A", "Dusun : B"], {"dusun": "A"}),
        (["RT/RW : 003/001"], {"rt": "003", "rw": "001"}),
        (["RT/RW : RT 003 RW 001"], {"rt": "003", "rw": "001"}),
        (["RT/RW : IV/II"], {"rt": "IV", "rw": "II"}),
        (["RT/RW : tidak tahu"], {}),
    ],
)
def test_labels_with_a_colon_give_their_values(texts: list[str], values: dict[str, str]) -> None:
    assert labelled_values(texts) == values


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("PMKS KELURAHAN SUKA MAJU KOTA JAMBI", {"desa": "SUKA MAJU", "kabupaten": "Kota JAMBI"}),
        ("DESA 2 KECAMATAN PEMULUTAN", {"kecamatan": "PEMULUTAN"}),
        ("DESA A DESA B", {"desa": "A"}),
        ("tanpa nama", {}),
        ("PMKS DESA PIPA PUTIH MARET 2026", {"desa": "PIPA PUTIH"}),
        ("PMKS DESA PIPA PUTIH KEC. PEMULUTAN JUNI 2026", {"desa": "PIPA PUTIH", "kecamatan": "PEMULUTAN"}),
        ("PMKS DESA PIPA PUTIH SMT 1 2026", {"desa": "PIPA PUTIH"}),
        ("PMKS DESA PIPA PUTIH TRIWULAN II 2026", {"desa": "PIPA PUTIH"}),
        ("PMKS DESA PIPA PUTIH T.A. 2026", {"desa": "PIPA PUTIH"}),
        ("PMKS DESA PIPA PUTIH JANUARI - JUNI 2026", {"desa": "PIPA PUTIH"}),
        ("PMKS DESA PIPA PUTIH KEADAAN 31 DESEMBER 2025", {"desa": "PIPA PUTIH"}),
        ("PMKS DESA PADANG BULAN BULAN JUNI 2026", {"desa": "PADANG BULAN"}),
        ("PMKS DESA ALANG-ALANG TAHUN 2026", {"desa": "ALANG-ALANG"}),
        ("PMKS DESA UREK - UREK KEC. GONDANGLEGI", {"desa": "UREK-UREK", "kecamatan": "GONDANGLEGI"}),
        ("PMKS DESA N-1 AEK NABARA - 2026", {"desa": "N-1 AEK NABARA"}),
        ("PMKS DESA SUKARAMI-2026", {"desa": "SUKARAMI"}),
        ("PMKS DESA SIMPANG JULI 2026", {"desa": "SIMPANG JULI"}),
        ("PMKS DESA JUNI 2026", {}),
        (
            "DATA PMKS DESA TANJUNG KOTA BARU KEC.LUBUK",
            {"desa": "TANJUNG KOTA BARU", "kecamatan": "LUBUK"},
        ),
        ("KEL BATU KOTA KOTA MANADO", {"desa": "BATU KOTA", "kabupaten": "Kota MANADO"}),
        (
            "KELURAHAN BATU KOTA KECAMATAN MALALAYANG KOTA MANADO",
            {"desa": "BATU KOTA", "kecamatan": "MALALAYANG", "kabupaten": "Kota MANADO"},
        ),
        ("KELURAHAN CIKINI KOTA ADM. JAKARTA PUSAT", {"desa": "CIKINI", "kabupaten": "Kota ADM. JAKARTA PUSAT"}),
        ("Desa Sukarami/Kec. Pemulutan", {"desa": "Sukarami", "kecamatan": "Pemulutan"}),
        ("DATA PMKS DISTRIK HERAM KOTA JAYAPURA", {"kecamatan": "HERAM", "kabupaten": "Kota JAYAPURA"}),
        (
            "DATA KEL. MISKIN EKSTREM DESA ULEE GAMPONG KEC. COT GIREK",
            {"desa": "ULEE GAMPONG", "kecamatan": "COT GIREK"},
        ),
        ("KPM BLT DANA DESA TAHUN 2026", {}),
        ("BLT DANA DESA BULAN MARET 2026", {}),
        ("BLT DANA DESA TA 2026 DESA SUKARAMI", {"desa": "SUKARAMI"}),
        ("PMKS DESA BULAN MARET 2026", {"desa": "BULAN"}),
        ("DANA DESA KEPADA KELUARGA MISKIN DESA SUKARAMI", {"desa": "SUKARAMI"}),
        ("BLT DANA DESA DI DESA SUKARAMI", {"desa": "SUKARAMI"}),
        ("ALOKASI DANA DESA KECAMATAN PEMULUTAN", {"kecamatan": "PEMULUTAN"}),
        ("MUSYAWARAH DESA TENTANG PENETAPAN KPM", {}),
        ("PERATURAN DESA NOMOR 3", {}),
        ("KEPUTUSAN KEPALA DESA SUKARAMI NOMOR 12", {"desa": "SUKARAMI"}),
        ("KEPALA DESA YANG", {"desa": "YANG"}),
    ],
)
def test_a_title_names_regions_without_a_colon(text: str, regions: dict[str, str]) -> None:
    assert region_names(text) == regions


@pytest.mark.parametrize(
    "title",
    ["DESA : {}", "DESA : {} TAHUN 2025", "DESA : {}, KEC. PEMULUTAN", "DESA: {} (MARET 2026)", "Desa = {} - 2025"],
)
def test_whatever_a_village_is_called_a_label_gives_its_name_alone(title: str) -> None:
    names = {row["name"] for row in each_row(regions.__file__, "reference/wilayah/villages.csv")}
    for name in [*sorted(names)[::50], "19 Nopember", "Padang Bulan", "Urek - Urek", "Lambang Sari I, II, III"]:
        assert labelled_values([title.format(name)]) == {"desa": name}


@pytest.mark.parametrize(
    ("text", "hamlet"),
    [
        ("DUSUN II", {"dusun": "II"}),
        ("A. DUSUN II", {"dusun": "II"}),
        ("Lingkungan", {"dusun": "Lingkungan"}),
        ("RT 03", {"rt": "03"}),
        ("RT03/RW01", {"rt": "03", "rw": "01"}),
        ("RT 03 Ketua RT 4", {"rt": "03"}),
        ("RW. IV", {"rw": "IV"}),
        ("RT", {}),
        ("RT BARU", {}),
        ("DUSUN " + "A" * 40, {"dusun": "A" * 40}),
        ("DUSUN " + "A" * 41, None),
        ("SUTRISNO", None),
    ],
)
def test_a_row_names_a_hamlet_by_its_first_word(text: str, hamlet: dict[str, str] | None) -> None:
    assert hamlet_named(text) == hamlet


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("DUSUN SUKAMAJU", {"dusun": "SUKAMAJU"}),
        ("DUSUN", {}),
        ("Dusun -", {}),
        ("RT 01", {"rt": "01"}),
        ("RT01", {"rt": "01"}),
        (" RW.02", {"rw": "02"}),
        ("RT 01 RW 02", {"rt": "01", "rw": "02"}),
        ("RW 02 - RT 01", {"rt": "01", "rw": "02"}),
        ("RT 01-05", {}),
        ("RTLH", {}),
    ],
)
def test_a_sheet_is_named_after_a_hamlet_or_an_rt(name: str, place: dict[str, str]) -> None:
    assert place_of_sheet(name) == place


def test_people_of_a_sheet_or_a_band_of_an_rt_live_there_unless_their_row_says_otherwise() -> None:
    header, rows = [*LIST[0], "RT"], [[*row, rt] for row, rt in zip(LIST[1:], ("", "07", ""), strict=True)]
    of_sheet = read(Sheet("RT 01 RW 02", [header, *rows])).sheets[0]
    assert [(person["rt"], person["rw"]) for person in people(of_sheet)] == [("01", "02"), ("07", "02"), ("01", "02")]
    chair = ["RT 01 / RW 02   Ketua RT: SLAMET HARTONO WIBOWO"]
    banded = read([LIST[0], chair, *LIST[1:3], ["RT 03  Ketua RT : IVAN"], *LIST[3:]]).sheets[0]
    assert [(person["rt"], person["rw"]) for person in people(banded)] == [("01", "02"), ("01", "02"), ("03", "02")]


LIST = [["NO", "NAMA", "NIK", "UMUR"], *[[i, NAMES[i], nik(i), 40 + i] for i in (1, 2, 3)]]


@pytest.mark.parametrize(("length", "read_as_title"), [(300, True), (301, False)])
def test_a_title_is_at_most_three_hundred_characters_long(length: int, read_as_title: bool) -> None:
    title = "DATA FAKIR MISKIN DESA TANJUNG PASIR, ".ljust(length, "x")
    sheet = read([[title], *LIST]).sheets[0]
    assert (sheet.labels.get("desa") == "TANJUNG PASIR") is read_as_title
    assert bool(sheet.titles) is read_as_title


def test_labels_of_titles_count_before_what_their_text_mentions() -> None:
    sheet = read([["DATA DESA LAMA"], ["DESA : TANJUNG PASIR"], *LIST], name="fakir miskin.xlsx").sheets[0]
    assert sheet.labels["desa"] == "LAMA", "the first to name it counts"
    both = read([["KECAMATAN : PEMULUTAN, DESA LAMA"], *LIST], name="fakir miskin.xlsx").sheets[0]
    assert "desa" not in both.labels


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ([["DUSUN I"]], {"dusun": "I"}),
        ([["DUSUN I"], []], {"dusun": "I"}),  # blank rows between do not matter
        ([["DUSUN I"], ["TAHUN 2023"]], {}),  # not right above the header: the title's own
        ([["DUSUN I", "TAHUN 2023"]], {}),
        ([["RT : 03"], ["TAHUN 2023"]], {"rt": "03"}),
        ([["ALAMAT : JL. B"], ["TAHUN 2023"]], {}),  # an address alone is the office's
        ([[f"No. KK : {kk(1)}"], ["ALAMAT : JL. B"], ["TAHUN 2023"]], {"no_kk": kk(1), "alamat": "JL. B"}),
        ([["Kepala Keluarga : SITI"], ["TAHUN 2023"]], {"kepala_keluarga": "SITI"}),
    ],
)
def test_what_stands_above_the_header_holds_for_everybody_below(above: list[Cells], expected: dict[str, str]) -> None:
    found = people(read([*above, *LIST], name="fakir miskin.xlsx").sheets[0])
    given = [{k: v for k, v in person.items() if k not in ("nama", "nik", "umur")} for person in found]
    assert given == [expected] * 3


def test_codes_of_sexes_are_two_and_each_of_another_sex() -> None:
    assert legend_of({"1": "Laki-laki", "2": "Perempuan"}) == ("jenis_kelamin", {"1": "L", "2": "P"})
    assert legend_of({"1": "Laki-laki", "2": "Perempuan", "3": "Wanita"}) is None
    assert legend_of({"1": "Laki-laki", "2": "Pria"}) is None


@pytest.mark.parametrize("header", ["KODE", "KODE PMKS", "JENIS"])
@pytest.mark.parametrize(
    "legend",
    [
        [["", "", "A = Anak Terlantar"], ["", "", "B = Lansia Terlantar"], ["", "", "C = Penyandang Disabilitas"]],
        [["A = Anak Terlantar, B = Lansia Terlantar; C = Penyandang Disabilitas"]],
        [
            ["", "A", "=", "Anak Terlantar"],
            ["", "B", "=", "Lansia Terlantar"],
            ["", "C", "=", "Penyandang Disabilitas"],
        ],
    ],
)
@pytest.mark.parametrize("heading", [[["Keterangan:"]], []])
def test_letters_are_codes_where_a_legend_explains_them(
    header: str, legend: list[list[str]], heading: list[list[str]]
) -> None:
    rows = [[i, nik(i), NAMES[i], "ABC"[i % 3]] for i in range(1, 7)]
    sheet = read([["NO", "NIK", "NAMA", header], *rows, [], *heading, *legend]).sheets[0]
    assert len(sheet.rows) == 6
    (codes,) = [column.code_map for column in sheet.columns if column.field == "kategori"]
    assert json.loads(codes or "")["B"] == "Lansia Terlantar"


def test_letters_that_stand_for_no_categories_are_no_codes() -> None:
    assert legend_of(pairs_in("L = Laki-laki, P = Perempuan")) is None
    assert legend_of(pairs_in("A = Aktif, M = Meninggal")) is None


def kinds(result: FileResult) -> list[str]:
    """The category of each person of a file's first sheet, ticked or from a row of its own above."""
    return ["".join([*row[2], row[3]]) for row in result.sheets[0].rows]


KINDS = ("Lanjut usia terlantar", "Orang dengan HIV/AIDS", "Fakir miskin", "Pemulung")


@pytest.mark.parametrize("parted", ["{}. {}", "{} = {}", "{}) {}", "{} : {}", "({}) {}"])
@pytest.mark.parametrize("codes", ["ABCD", ("7", "16", "24", "13"), "1234"])
def test_ticks_below_codes_are_of_what_a_legend_below_the_list_says(parted: str, codes: Sequence[str]) -> None:
    legend = [["Keterangan :"], *([parted.format(code, kind)] for code, kind in zip(codes, KINDS, strict=True))]
    ticks = [["v" if at == i % 4 else "" for at in range(4)] for i in range(8)]
    rows = [[i + 1, nik(i), NAMES[i], 40, *ticked] for i, ticked in enumerate(ticks)]
    header = [["NO", "NIK", "NAMA", "UMUR", "JENIS PMKS", "", "", ""], ["", "", "", "", *codes]]
    assert kinds(read([*header, *rows, [], *legend])) == [*KINDS, *KINDS]
    if codes == "ABCD":  # numbers alone in a header of one row may be those of the columns
        assert kinds(read([["NO", "NIK", "NAMA", "UMUR", *codes], *rows, [], *legend])) == [*KINDS, *KINDS]


@pytest.mark.parametrize("header", ["KODE", "JENIS", "KODE PMKS"])
def test_codes_of_a_legend_below_the_list_or_on_a_sheet_of_its_own(header: str) -> None:
    rows = [[i + 1, nik(i), NAMES[i], i % 4 + 1] for i in range(8)]
    legend = [[f"{code}. {kind}"] for code, kind in enumerate(KINDS, 1)]
    table = [["KODE", "ARTI"], *([code, kind] for code, kind in enumerate(KINDS, 1))]
    below = read([["NO", "NIK", "NAMA", header], *rows, [], ["KETERANGAN"], *legend]).sheets[0]
    apart = read(Sheet("Data", [["NO", "NIK", "NAMA", header], *rows]), Sheet("Kode", table)).sheets[0]
    for sheet in (below, apart):
        (codes,) = [column.code_map for column in sheet.columns if column.field == "kategori"]
        assert json.loads(codes or "")["2"] == KINDS[1]


@pytest.mark.parametrize("header", ["GOL DARAH", "BLOK", "JUMLAH ANAK"])
def test_sections_with_letters_explain_no_other_column(header: str) -> None:
    rows = [[i + 1, nik(i), NAMES[i], ("AB" if header != "JUMLAH ANAK" else "12")[i % 2]] for i in range(8)]
    mark = ["A", "B"] if header != "JUMLAH ANAK" else ["1", "2"]
    list_ = [["NO", "NIK", "NAMA", header], [f"{mark[0]}. Lanjut usia terlantar"], *rows[:4]]
    sheet = read([*list_, [f"{mark[1]}. Fakir miskin"], *rows[4:]])
    assert "kategori" not in {column.field for column in sheet.sheets[0].columns}
    assert kinds(sheet) == ["Lanjut usia terlantar"] * 4 + ["Fakir miskin"] * 4
