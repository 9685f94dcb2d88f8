"""What a row below a header is: a person as soon as enough cells say so, else a total, band, signature or legend."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Merge, Sheet
from assets.intake.sheets.rows import is_allowed_values, is_numbering
from tests.unit.intake.test_layouts import NAMES, kinds, kk, nik, people, read

Cells = list[Any]
HEADER = ["NO", "NAMA", "NIK", "UMUR", "ALAMAT", "KET"]


def person(number: int) -> Cells:
    return [number, NAMES[number % 8], nik(number), 40 + number, "JL. A", ""]


def sheet_of(*rows: Cells, header: Cells = HEADER, merged: list[Merge] | None = None, name: str = "FM.xlsx") -> Any:
    return read(Sheet("Data", [header, *rows], merged=merged or []), name=name).sheets[0]


def kind_of(row: Cells, *, after: list[Cells] | None = None, header: Cells = HEADER, merge: Any = None) -> str:
    """The kind of a row between two people; `after`: rows that stand right above it."""
    above = [person(1), *(after or [])]
    at = len(above) + 2
    merged = [(at, merge[0] + 1, at, merge[1] + 1)] if merge else []
    merged = [(a, left - 1, b, right - 1) for a, left, b, right in merged]
    sheet = sheet_of(*above, row, person(2), header=header, merged=merged)
    return str(sheet.kinds[at - 1])


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["", "SITI", nik(5), "", "", ""], "data"),
        ([5, "SITI", "", "", "", ""], "data"),
        (["", "SITI", "", "", "", ""], "data"),
        (["", "SITI", "", 45, "JL. B", ""], "data"),
        (["", "", nik(5), "", "", ""], "data"),  # without a name, but somebody's number
        (["", "", "", 45, "JL. B", ""], "data"),  # two values of a person
        ([5, "", "", "", "JL. B", ""], "data"),  # a running number and one value
        (["", "", "", "", "JL. B", ""], "band"),  # one value is nobody yet
        ([5, "", "", "", "", ""], "blank"),  # numbered before it was filled in
        ([5, "", "", "", "", "kosong"], "blank"),
        (["", "", "", 45, "", ""], "subtotal"),  # nothing but numbers
        (["", "", "", 45, "", 12], "subtotal"),
        (["", "", "", "", "", 12], "subtotal"),
        ([5, "", "", 45, "", ""], "data"),
        (["", "123", "", "", "", ""], "band"),  # a name has letters
        (["", "A", "", "", "", ""], "band"),  # at least two
    ],
)
def test_a_row_is_a_persons_as_soon_as_its_cells_say_so(row: Cells, kind: str) -> None:
    assert kind_of(row) == kind


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["", "NIHIL", "", "", "", ""], "blank"),
        (["NIHIL", "", "", "", "", ""], "blank"),
        (["", "", "NIHIL", "", "", ""], "blank"),
        ([1, "N I H I L", "-", "-", "-", ""], "blank"),
        ([1, "NIHIL", "NIHIL", "NIHIL", "NIHIL", "NIHIL"], "blank"),
        ([1, "(Tidak ada PMKS di desa ini)", "", "", "", ""], "blank"),
        ([1, "Belum ada data", "", "", "", "Gelandangan"], "blank"),
        ([1, "Tidak ada", "", "", "", "Gelandangan"], "blank"),
        ([1, "Tidak ada", "", 45, "JL. B", ""], "data"),  # somebody whose name is not known
        ([1, "", "Tidak ada", "", "", "Gelandangan"], "data"),  # somebody without a name and a number
        ([1, "NIHIL", nik(5), "", "", ""], "data"),
        ([1, "NIHILAWATI", "", "", "", ""], "data"),
        ([1, "TIDAR", "", "", "", ""], "data"),
    ],
)
def test_a_row_that_says_that_there_is_nobody_is_no_persons(row: Cells, kind: str) -> None:
    header = [*HEADER[:5], "JENIS PMKS"]
    people_around = [[*person(n)[:5], "Lanjut Usia Terlantar"] for n in (1, 2)]
    assert sheet_of(people_around[0], row, people_around[1], header=header).kinds[2] == kind


def test_a_family_card_without_a_name_needs_two_more_values() -> None:
    header = ["NO", "NAMA", "NO KK", "NIK", "UMUR", "ALAMAT"]
    first, last = [1, "SITI", kk(1), nik(1), 45, "JL. A"], [2, "KARTO", kk(1), nik(2), 46, "JL. A"]
    for row, kind in ((["", "", kk(2), "", 45, "JL. B"], "data"), (["", "", kk(2), "", "", ""], "band")):
        assert sheet_of(first, row, last, header=header).kinds[2] == kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [("1610051234", "data"), ("161005123", "band"), ("NIK 16100512", "band"), ("1610051234 A B C D", "band")],
)
def test_an_identity_number_has_at_least_ten_digits_and_hardly_a_letter(number: str, kind: str) -> None:
    assert kind_of(["", "", number, "", "", ""]) == kind


@pytest.mark.parametrize(("right", "kind"), [(4, "band"), (3, "data")])
def test_a_lone_text_merged_over_four_columns_is_a_heading(right: int, kind: str) -> None:
    assert kind_of(["", "SUKAMAJU", "", "", "", ""], merge=(1, right)) == kind


@pytest.mark.parametrize(
    ("header", "kind"), [(["NAMA", "NIK", "UMUR", "KET"], "band"), (["NAMA", "NIK", "KET"], "data")]
)
def test_a_lone_text_in_the_first_column_is_a_heading_of_a_list_wider_than_three(header: Cells, kind: str) -> None:
    width = len(header)
    first, last = ["SITI", nik(1), 45, ""][: width - 1], ["KARTO", nik(2), 46, ""][: width - 1]
    assert sheet_of(first, ["SUKAMAJU"], last, header=header).kinds[2] == kind


def test_a_heading_merged_over_two_rows_is_one_from_its_first() -> None:
    merged: list[Merge] = [(3, 1, 4, 4)]
    sheet = sheet_of(person(1), ["", "SUKAMAJU"], [], person(2), merged=merged)
    assert sheet.kinds[2] == "band"


def test_ticks_count_as_values_of_a_person() -> None:
    header = ["NO", "NAMA", "NIK", "UMUR", "Fakir Miskin"]
    first, last = [1, "SITI", nik(1), 45, "v"], [2, "KARTO", nik(2), 46, "v"]
    for row, kind in ((["", "", "", "45 th", "v"], "data"), (["", "", "", "45 th", ""], "band")):
        assert sheet_of(first, row, last, header=header).kinds[2] == kind


def test_where_a_list_was_taken_from_is_no_person_and_ends_none() -> None:
    rows = [[1, "SITI", nik(1)], ["", "Sumber data : Kader Posyandu", ""], ["", "KARTO", nik(2)]]
    assert sheet_of(*rows, header=["NO", "NAMA", "NIK"]).kinds[1:4] == ["data", "footer", "data"]


SIGNED = [["", "", "", "", "Kepala Desa", ""]]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["", "SUPARMAN", "", "", "", ""], "footer"),  # who signs
        ([5, "SUPARMAN", "", "", "", ""], "footer"),
        (["", "SUPARMAN", "", 45, "JL. B", ""], "footer"),
        ([5, "SUPARMAN", "", 45, "", ""], "data"),  # the next page goes on
        (["", "SUPARMAN", nik(5), "", "", ""], "data"),
        (["", "SUPARMAN", "161005123 A", "", "", ""], "footer"),  # nine digits are no number of a person
        (["", "", "", "", "", "tulisan"], "footer"),
    ],
)
def test_below_a_signature_a_name_alone_is_who_signed(row: Cells, kind: str) -> None:
    assert kind_of(row, after=SIGNED) == kind
    assert kind_of(["", "SUPARMAN", "", "", "", ""], after=[*SIGNED, person(3)]) == "data", "a person ends it"


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["a", "", "", 45, "Kepala Desa", "k"], "footer"),
        (["", "", "", "", "Kepala Desa", ""], "footer"),
        ([9, "SITI", "", 45, "Kepala Desa", ""], "data"),  # a person who lives there
        (["", "SITI", "", "", "Kepala Desa", ""], "footer"),
    ],
)
def test_a_signature_has_few_cells_and_nobodys_values(row: Cells, kind: str) -> None:
    assert kind_of(row) == kind


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ([3, "SITI", "Palembang, 12 Mei 2015"], "data"),
        (["", "SITI", "Palembang, 12 Mei 2015"], "data"),
        ([3, "SITI", "Palembang, 12-05-2015"], "data"),
        ([3, "SITI, 12 Mei 2015", ""], "data"),  # a name and a birth date in one cell
        (["", "", "Palembang, 12 Mei 2025"], "footer"),  # nobody is named beside it
        (["", "", "Palembang, 12-05-2025"], "footer"),
        (["", "Tanjung Pasir, 12-05-2025", ""], "footer"),
        (["", "Tanjung Pasir, tgl 12/5/2025", ""], "footer"),
        (["", "Mengetahui", "Palembang, 12 Mei 2025"], "footer"),
    ],
)
def test_a_place_and_a_date_beside_a_name_are_of_a_birth_and_alone_of_a_signature(row: Cells, kind: str) -> None:
    people_of_a_category = [["NO", "NAMA", "TEMPAT/TGL LAHIR"], [1, "BUDI", "Jambi, 3 Mei 2014"], [2, "RINA", "-"]]
    sheet = read(Sheet("Anak terlantar", [*people_of_a_category, row])).sheets[0]
    assert sheet.kinds == ["header", "data", "data", kind]


@pytest.mark.parametrize(("filled", "kind"), [(5, "footer"), (6, "data")])
def test_a_row_of_more_than_five_cells_is_no_signature(filled: int, kind: str) -> None:
    header = [*HEADER, "WARNA RUMAH"]
    cells = [9, "", "x", 45, "Kepala Desa", "k", "biru"]
    cells[2] = "x" if filled == 6 else ""
    assert kind_of(cells, header=header) == kind


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["", "Dusun : KRAJAN", "", "", "", ""], "band"),
        ([9, "SITI", "", "", "Dusun : KRAJAN", ""], "band"),
        ([9, "SITI", "", 45, "Dusun : KRAJAN", ""], "data"),  # two values of a person: it is theirs
        ([9, "SITI", nik(5), "", "Dusun : KRAJAN", ""], "data"),
    ],
)
def test_a_labelled_value_is_a_band_unless_it_stands_in_a_persons_row(row: Cells, kind: str) -> None:
    assert kind_of(row) == kind


@pytest.mark.parametrize(
    ("row", "kind", "total"),
    [
        (["JUMLAH", "", "", "", "", 45], "subtotal", 45),
        (["", "JUMLAH", "", "", 45], "subtotal", 45),
        (["JUMLAH : 45 orang"], "subtotal", 45),
        (["JUMLAH 45"], "subtotal", 45),
        (["JUMLAH", "", "L 20", "P 25 orang"], "subtotal", 25),
        (["JUMLAH", "", "L 20", "P 25"], "subtotal", None),  # which of the two?
        (["JUMLAH", "", 20, 25, 45], "subtotal", None),
        (["JUMLAH KK 45"], "subtotal", None),  # families, not people
        (["JUMLAH", "", "", 123456], "subtotal", 123456),
        (["JUMLAH", "", "", 1234567], "subtotal", None),
        ([1, 2, "JUMLAH", "", 4], "subtotal", None),
        (["", "", "", "", "", "JUMLAHKAN"], "footer", None),
    ],
)
def test_a_total_states_the_number_of_people_where_there_is_just_one_number(
    row: Cells, kind: str, total: int | None
) -> None:
    sheet = sheet_of(person(1), person(2), row)
    assert sheet.kinds[-1] == kind
    assert sheet.control_total == total


@pytest.mark.parametrize(("cells", "kind"), [(4, "legend"), (5, "data")])
def test_what_follows_keterangan_explains_until_a_row_is_wider_than_four_cells(cells: int, kind: str) -> None:
    row = ["x", "ANGKA", "y", 45, "JL. A", ""][:cells] + [""] * (6 - cells)
    assert kind_of(row, after=[["Keterangan :"]]) == kind


def test_only_an_explanation_explains_the_rows_below() -> None:
    note = ["", "BIRU", "", "", "", ""]
    assert kind_of(note, after=[["JUMLAH", "", "", "", "", 1]]) == "data"
    assert kind_of(note, after=[["1", "2", "3"]]) == "data"


def test_a_total_may_stand_beyond_the_known_columns() -> None:
    header = [*HEADER, "WARNA RUMAH"]
    assert sheet_of(person(1), ["JUMLAH", "", "", "", "", "", 1], header=header).control_total == 1


def test_a_list_of_nobody_ends_in_a_footer() -> None:
    assert sheet_of(["", "", "", "", "", "Tulisan lepas"]).kinds == ["header", "footer"]


def test_an_explanation_ends_at_the_next_person() -> None:
    note = ["", "BIRU", "", "", "", ""]
    assert kind_of(note, after=[["Keterangan :"]]) == "legend"
    assert kind_of(note, after=[["Keterangan :"], person(3)]) == "data"
    assert kind_of(["", "SITI", nik(5), "", "", ""], after=[["Keterangan :"]]) == "data"


def test_everything_after_the_end_mark_is_no_person() -> None:
    sheet = sheet_of(person(1), ["###"], person(2), ["1 = Laki-laki, 2 = Perempuan"])
    assert sheet.kinds == ["header", "data", "footer", "footer", "legend"]


@pytest.mark.parametrize(
    ("section", "kind", "hamlet"),
    [
        (["DUSUN I"], "band", "I"),
        (["A.", "DUSUN I"], "band", "I"),
        (["A.", "KRAJAN"], "band", None),
        ([2, "DUSUN I"], "data", None),  # counted as the others: somebody called so
        (["", "KRAJAN"], "data", None),
        (["A.", "KRAJAN", "", 70], "data", None),
        (["", "", "", "I", "DUSUN II", ""], "band", "II"),
        (["", "", "", "I", "DUSUN", ""], "data", None),  # no name of a hamlet: two values of somebody
        (["", "", "", "", "DUSUN", ""], "band", "DUSUN"),
        (["", "", "", "y", "DUSUN II", ""], "data", None),  # two words
    ],
)
def test_a_row_of_its_own_names_the_hamlet_of_the_people_below(section: Cells, kind: str, hamlet: str | None) -> None:
    sheet = sheet_of(person(1), section, person(2))
    assert sheet.kinds[2] == kind
    assert people(sheet)[-1].get("dusun") == hamlet


def test_a_word_over_people_who_are_counted_from_one_again_is_nobody() -> None:
    sheet = sheet_of(["I", "KRAJAN"], person(1), person(2), ["", "SUKARAMI"], person(1), person(2))
    assert sheet.kinds == ["header", "band", "data", "data", "band", "data", "data"]


@pytest.mark.parametrize(
    ("section", "named"),
    [
        (["", "", "", "", "Pemulung"], ""),
        (["Pemulung"], "Pemulung"),
        (["PMKS 13 Pemulung"], "PMKS 13 Pemulung"),
        (["PMKS-13"], "PMKS-13"),
        (["PMKS 13"], ""),  # the thirteenth page, or the year
    ],
)
def test_a_category_in_its_own_column_is_not_of_the_rows_below(section: Cells, named: str) -> None:
    header = ["NO", "NAMA", "NIK", "UMUR", "JENIS PMKS"]
    first, last = [1, "SITI", nik(1), 45, "FM"], [2, "KARTO", nik(2), 46, ""]
    assert sheet_of(first, section, last, header=header, name="data.xlsx").rows[-1][3] == named


def test_a_heading_after_the_last_person_is_a_footer_and_before_the_next_header_a_title() -> None:
    """Which of the two only depends on what follows; in between, it would be a band for the people below."""
    heading = ["", "", "", "", "", "Tulisan lepas"]
    assert sheet_of(person(1), heading, person(2)).kinds[2] == "band"
    assert sheet_of(person(1), person(2), heading).kinds[-1] == "footer"
    other = ["NO", "NAMA", "NIK", "ALAMAT"]
    again = sheet_of(person(1), heading, other, [2, "SITI", nik(2), "JL. A"])
    assert again.kinds == ["header", "data", "title", "header", "data"]


def test_a_family_named_right_before_the_next_header_stays_a_band() -> None:
    other = ["NO", "NAMA", "NIK", "ALAMAT"]
    sheet = sheet_of(person(1), [f"No. KK : {kk(7)}"], other, [2, "SITI", nik(2), "JL. A"])
    assert sheet.kinds == ["header", "data", "band", "header", "data"]
    assert people(sheet)[1]["no_kk"] == kk(7)
    last = sheet_of(person(1), person(2), [f"No. KK : {kk(7)}"])
    assert last.kinds[-1] == "footer", "nobody follows"


@pytest.mark.parametrize(
    ("above", "lone", "kind"),
    [
        ([], ["", "SITI"], "data"),  # right below a person: one whose other cells are empty
        ([[]], ["", "SITI"], "title"),  # by itself above the next header: what that table is called
        ([[]], ["", "", nik(5)], "data"),  # but never a number of a person
        ([[]], ["", "", nik(5)[:10]], "data"),
    ],
)
def test_a_lone_text_above_the_next_header_is_its_title(above: list[Cells], lone: Cells, kind: str) -> None:
    again = ["NO", "NAMA", "NIK", "ALAMAT"]
    sheet = sheet_of(person(1), *above, lone, again, [2, "KARTO", nik(2), "JL. A"])
    assert sheet.kinds[2 + len(above)] == kind


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        ("1 2 3", True),
        ("2 3 4", True),
        ("3 4 5", False),  # begins too late
        ("1 2", False),  # two numbers may be anything
        ("1 3 5", True),
        ("1 4 7", False),
        ("1 2 3 4 5 6 7 8 9 10 20", True),  # nine steps of ten are small
        ("1 2 3 4 5 6 7 8 9 20", False),
        ("3 2 1", False),
        ("(1) (2) (3)", True),
        ("[1] [2] [3]", True),
        ("-1 -2 -3", True),
        ("1. 2. 3.", True),
        ("1 2 3 4=2+3", True),
        ("1 2 3 SITI", False),
        ("1 2 3 1234", False),
        ("Kolom 2 3", True),
        ("2 Kolom 3", False),
        ("No 2 3", False),
    ],
)
def test_which_rows_number_the_columns(cells: str, numbers: bool) -> None:
    texts = cells.split(" ")
    assert is_numbering(texts, "t" * len(texts)) is numbers
    assert is_numbering(["", *texts], "." + "t" * len(texts)) is numbers


@pytest.mark.parametrize(
    ("cells", "allowed"),
    [
        (["L / P", "YA / TIDAK", "SITI"], True),
        (["L / P", "SITI", "KARTO", "YA / TIDAK"], False),  # just half
        (["L / P"], False),
        (["L / P", "contoh: 1610051205850001"], True),
        (["L / P", "1610051205850001"], False),  # somebody's number
        (["(diisi)", "(tahun)"], True),
        (["(SITI)", "(tahun)", "KARTO"], False),
        (["1/1", "2/1", "3/1"], True),
    ],
)
def test_which_rows_below_a_header_say_what_to_fill_in(cells: Cells, allowed: bool) -> None:
    assert is_allowed_values(cells, "t" * len(cells)) is allowed


def test_a_row_with_a_number_cell_never_says_what_to_fill_in() -> None:
    assert not is_allowed_values(["L / P", "YA / TIDAK", "45"], "ttn")


def test_only_the_row_right_below_a_header_can_say_what_to_fill_in() -> None:
    hint = ["", "wajib", "16 digit", "angka", "contoh: JL. A", ""]
    assert sheet_of(hint, person(1), person(2)).kinds == ["header", "legend", "data", "data"]
    assert sheet_of(person(1), hint, person(2)).kinds[2] == "data"


def test_every_kind_together_leaves_only_people_as_data() -> None:
    sheet = sheet_of(["DUSUN I"], person(1), ["", "JUMLAH", "", "", "", 1], [], *SIGNED, ["", "SUPARMAN"])
    assert kinds(sheet) == {
        "header": [1], "band": [2], "data": [3], "subtotal": [4], "blank": [5], "footer": [6, 7],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "categories"),
    [
        ([["FM"], 1, 2, ["JANDA TUA"], 3, ["RTLH"], 4], ["FM", "FM", "", "RTLH"]),
        ([["FM"], 1, 2, ["LAINNYA"], 3], ["FM", "FM", ""]),
        ([["I", "FM"], 1, ["II", "JANDA TUA"], 2], ["FM", ""]),
        ([["", "FAKIR MISKIN"], 1, ["", "JANDA TUA"], 2, ["", "RTLH"], 3], ["FAKIR MISKIN", "", "RTLH"]),
        (
            [["FM"], ["KRAJAN"], 1, ["KULON"], 2, ["RTLH"], ["KRAJAN"], 3],
            ["FM", "FM", "RTLH"],
        ),  # hamlets below categories
        ([["FM"], 1, ["PEREMPUAN"], 2, ["(Lanjutan)"], 3], ["FM"] * 3),
        ([["FM"], 1, ["", "", "", "", "", "sudah dicek"], 2], ["FM"] * 2),  # a remark by itself
        ([["FM"], 1, ["DUSUN KRAJAN"], 2], ["FM"] * 2),
    ],
)
def test_a_heading_that_names_no_known_category_ends_the_one_before(rows: list[Any], categories: list[str]) -> None:
    sheet = sheet_of(*(person(row) if isinstance(row, int) else row for row in rows), name="data.xlsx")
    assert [row[3] for row in sheet.rows] == categories
    assert [p.code for p in sheet.problems].count("heading_unknown") == ("" in categories)
