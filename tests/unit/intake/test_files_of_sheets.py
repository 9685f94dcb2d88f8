"""What all sheets of a file come to: what holds the file, what is said of it, and the sidecar that is proposed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml

from assets.intake.formats.workbook import CellError, Sheet, Uncalculated
from assets.intake.sheets.file_reading import peek
from tests.support.written import as_ods, by_xlwt
from tests.unit.intake.test_layouts import HEADER, NAMES, column_of, kinds, kk, nik, people, read, simple
from validation.fields import FIELDS

Cells = list[Any]
SHORT = ["NO", "NAMA", "NIK", "UMUR"]


def short(count: int, start: int = 1) -> list[Cells]:
    return [[i, NAMES[i % 8], nik(i), 30 + i] for i in range(start, start + count)]


def codes(result: Any) -> list[str]:
    return [problem.code for sheet in result.sheets for problem in sheet.problems]


def remarked(*remarks: str) -> list[list[Any]]:
    header = ["NO", "NIK", "NAMA", "KETERANGAN"]
    return [header, *[[i, nik(i), NAMES[i % len(NAMES)], remark] for i, remark in enumerate(remarks, 1)]]


def test_remarks_are_categories_where_nearly_all_name_one_and_nothing_else_does() -> None:
    result = read(remarked(*["Fakir Miskin", "Lanjut Usia Terlantar"] * 5, "-"))
    assert (result.hold, [problem.code for problem in result.sheets[0].problems]) == (None, ["category_from_remarks"])
    assert column_of(result.sheets[0], "kategori") == column_of(result.sheets[0], "keterangan") == ["D"]
    assert [person["kategori"] for person in people(result.sheets[0])][1:10:8] == ["Lanjut Usia Terlantar"] * 2
    assert read(remarked(*["Fakir Miskin"] * 8, "sudah meninggal", "janda")).hold == "no_category"
    assert read(remarked("Fakir Miskin", "Fakir Miskin")).hold == "no_category"


def test_remarks_of_one_sheet_are_categories_though_another_sheet_has_a_column_for_them() -> None:
    listed = [["NO", "NIK", "NAMA", "JENIS PMKS"], *[[i, nik(i), NAMES[i], "Fakir Miskin"] for i in range(1, 4)]]
    result = read(listed, remarked(*["Lanjut Usia Terlantar"] * 5))
    assert (result.hold, codes(result)) == (None, ["category_from_remarks"])
    assert column_of(result.sheets[1], "kategori") == ["D"]
    mixed = read(listed, remarked("Lanjut Usia Terlantar", "sakit", "janda"))
    assert (mixed.hold, codes(mixed), column_of(mixed.sheets[1], "kategori")) == (None, [], [])
    declared = read(listed, remarked(*["Lanjut Usia Terlantar"] * 5), declared={"kode_pmks": ["24"]})
    assert column_of(declared.sheets[1], "kategori") == []


def test_remarks_stay_remarks_beside_a_title_or_a_column_that_names_the_category() -> None:
    rows = remarked(*["Fakir Miskin"] * 5)
    titled = read([["DATA LANJUT USIA TERLANTAR"], [], *rows])
    beside = read([[*rows[0], "JENIS PMKS"], *[[*row, "Lanjut Usia Terlantar"] for row in rows[1:]]])
    assert {row[3] for row in titled.sheets[0].rows} == {"LANJUT USIA TERLANTAR"}
    assert {person["kategori"] for person in people(beside.sheets[0])} == {"Lanjut Usia Terlantar"}
    for result in (titled, beside):
        assert {person["keterangan"] for person in people(result.sheets[0])} == {"Fakir Miskin"}


@pytest.mark.parametrize(
    ("rows", "hold"),
    [
        ([[NAMES[i], nik(i), "L"] for i in range(2)], "no_header"),
        ([[NAMES[1], nik(1), "L"], ["a"], ["b"], ["c"]], None),  # one number in a longer sheet: no list of people
        ([[NAMES[1], nik(1), "L"], ["a"], ["b"]], "no_header"),  # of a sheet of three rows, one is enough
        ([[NAMES[i], nik(i)[:15], "L"] for i in range(2)], "no_header"),
        ([[NAMES[i], nik(i)[:14], "L"] for i in range(2)], None),
        ([[NAMES[i], nik(i), ""] for i in range(2)], None),  # two cells of three: names and numbers of accounts, say
    ],
)
def test_a_sheet_without_a_header_holds_the_file_if_its_rows_look_like_people(
    rows: list[Cells], hold: str | None
) -> None:
    listed = Sheet("Data", [HEADER, *simple(3)])
    grid = [[*row, ""] for row in rows] if all(row[-1] == "" for row in rows if len(row) == 3) else rows
    assert read(Sheet("Lain", grid), listed).hold == hold


def test_a_sheet_goes_on_under_the_header_of_the_one_before_if_it_holds_names_and_niks() -> None:
    result = read([HEADER, *simple(4)], simple(4, 5))
    assert codes(result) == ["header_of_previous_sheet"]
    assert [p["nik"] for p in people(result.sheets[1])] == [nik(i) for i in range(5, 9)]
    strange = [[NAMES[i], nik(i), "L", "x", "y", "z"] for i in range(1, 4)]
    assert read([HEADER, *simple(4)], strange).hold == "no_header"


@pytest.mark.parametrize(
    ("name", "category", "said"),
    [
        ("fakir_miskin 2023.xlsx", "fakir miskin", ["category_from_file_name"]),
        ("data 2023.xlsx", "", []),
        ("16.10.05.2036/2023/08. Lansia Terlantar/data.xlsx", "08. Lansia Terlantar", ["category_from_file_name"]),
        ("RTLH 2023/16.10.05.2036/data.xlsx", "RTLH", ["category_from_file_name"]),
        ("lansia terlantar/fakir miskin.xlsx", "fakir miskin", ["category_from_file_name"]),
        ("lansia dan disabilitas/data.xlsx", "", []),
        ("Desa Jompo Kulon/Waria/Landangan/data.xlsx", "", []),  # villages
        ("PMKS 24/data.xlsx", "", []),
        ("lansia terlantar/lansia dan disabilitas.xlsx", "", []),
        ("lansia terlantar/daftar kader.xlsx", "", []),
    ],
)
def test_the_name_of_a_file_or_its_folder_says_the_category_where_nothing_else_does(
    name: str, category: str, said: list[str]
) -> None:
    result = read([SHORT, *short(3)], name=name)
    assert [row[3] for row in result.sheets[0].rows] == [category] * 3
    assert codes(result) == said
    assert result.hold == (None if category else "no_category")


@pytest.mark.parametrize(
    "name", ["Data PMKS 24.xlsx", "PMKS 2.xlsx", "pmks 1 dan 2.xlsx", "PPKS_23 Tanjung Pasir.xlsx"]
)
def test_a_year_or_a_count_behind_pmks_in_a_name_is_no_category(name: str) -> None:
    result = read(Sheet("PMKS 1", [["DATA PMKS 24"], SHORT, *short(3)]), name=name)
    assert [row[3] for row in result.sheets[0].rows] == [""] * 3
    assert result.hold == "no_category"


def test_the_name_of_a_sheet_counts_before_that_of_the_file_and_a_title_before_both() -> None:
    rows = [SHORT, *short(3)]
    result = read(Sheet("PEMULUNG", rows), Sheet("Lain", [["DAFTAR PENGEMIS"], *rows]), name="fakir miskin.xlsx")
    assert [sheet.rows[0][3] for sheet in result.sheets] == ["PEMULUNG", "PENGEMIS"]
    several = [["DAFTAR PENGEMIS"], ["DAFTAR PEMULUNG"], *rows]
    assert read(several, name="fakir miskin.xlsx").sheets[0].rows[0][3] == "fakir miskin"


def test_the_category_of_the_title_is_only_for_rows_that_state_none() -> None:
    rows = [[*row, "Pemulung" if i else "-"] for i, row in enumerate(short(3))]
    sheet = read([["DAFTAR PENGEMIS"], [*SHORT, "JENIS PMKS"], *rows]).sheets[0]
    assert [row[3] for row in sheet.rows] == ["PENGEMIS", "", ""]
    by_name = read([[*SHORT, "JENIS PMKS"], *rows], name="fakir miskin.xlsx")
    assert [row[3] for row in by_name.sheets[0].rows] == ["", "", ""], "a column that states it wins over a file's name"
    assert codes(by_name) == []


def test_a_total_that_differs_is_said_with_both_numbers() -> None:
    result = read([SHORT, *short(3), ["JUMLAH", "", "", 4]], name="fakir miskin.xlsx")
    (problem,) = [p for p in result.sheets[0].problems if p.code == "control_total_differs"]
    assert problem.facts == {"tertulis": 4, "terbaca": 3}
    assert "control_total_differs" not in codes(read([SHORT, *short(3), ["JUMLAH", "", "", 3]], name="FM.xlsx"))


@pytest.mark.parametrize(("totals", "counted"), [((2, 4), 6), ((2, 6), 6), ((2, 4, 6), 6)])
def test_totals_of_parts_and_of_the_whole_are_distinguished_by_the_people_read(
    totals: tuple[int, ...], counted: int
) -> None:
    rows = [SHORT, *short(2), ["JUMLAH", "", "", totals[0]], *short(4, 3), *[["JUMLAH", "", "", t] for t in totals[1:]]]
    assert read(rows, name="fakir miskin.xlsx").sheets[0].control_total == counted


def test_a_hidden_sheet_with_people_is_said() -> None:
    assert codes(read(Sheet("A", [SHORT, *short(3)], hidden=True), name="fakir miskin.xlsx")) == [
        "hidden_sheet", "category_from_file_name",
    ]  # fmt: skip
    assert codes(read(Sheet("A", [["tulisan"]], hidden=True), Sheet("B", [SHORT, *short(3)]), name="FM.xlsx")) == [
        "category_from_file_name"
    ]


def test_the_types_of_cells_are_kept_beside_their_texts() -> None:
    header = [*SHORT, "TGL LAHIR", "ALAMAT", "DUSUN", "KET"]
    row = [1, "SITI", int(nik(1)), 45, dt.date(1985, 5, 12), CellError("#N/A"), Uncalculated("=A1"), ""]
    sheet = read([header, row, row, row], name="fakir miskin.xlsx").sheets[0]
    types = dict(zip(FIELDS, sheet.rows[0][4], strict=True))
    said = ("nama", "nik", "umur", "tanggal_lahir", "alamat", "dusun", "keterangan", "rt")
    assert "".join(types[name] for name in said) == "tnndeu.."
    assert people(sheet)[0] == {
        "nama": "SITI", "nik": nik(1), "umur": "45", "tanggal_lahir": "1985-05-12", "alamat": "#N/A",
    }  # fmt: skip


def test_a_file_says_which_submission_it_corrects(tmp_path: Path) -> None:
    name, corrected = tmp_path / "data", "a" * 64
    with xlsxwriter.Workbook(str(name)) as book:
        book.add_worksheet("PERBAIKAN").write_string(0, 0, f"pmks_submission_id: {corrected}")
    assert peek(str(name)) == ("xlsx", corrected)
    with xlsxwriter.Workbook(str(name)) as book:
        book.add_worksheet("Data").write_string(0, 0, "NAMA")
    assert peek(str(name)) == ("xlsx", None)
    name.write_text(f"pmks_submission_id: {corrected}\n", encoding="utf-8")
    assert peek(str(name)) == ("csv", None)
    for kind, write in (("ods", as_ods), ("xls", by_xlwt)):
        write(name, [[f"pmks_submission_id: {corrected}"]])
        assert peek(str(name)) == (kind, corrected)
        write(name, [["NAMA", "NIK"]])
        assert peek(str(name)) == (kind, None)


def test_a_declared_header_row_is_taken_as_it_is() -> None:
    rows = [["Nama", "Nomor", "Umur"], ["SITI", nik(1), 45], ["KARTO", nik(2), 46]]
    said = {"baris_kepala": 1, "kolom": {"B": "nik"}, "kode_pmks": ["24"]}
    sheet = read(rows, declared=said).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3]}
    assert [row[1] for row in sheet.rows] == [1, 1]
    below = read(Sheet("Data", rows, first_row=5), declared={**said, "baris_kepala": 5}).sheets[0]
    assert kinds(below) == {"blank": [1, 2, 3, 4], "header": [5], "data": [6, 7]}
    none = read(rows[1:], declared={**said, "baris_kepala": 0, "kolom": {"A": "nama", "B": "nik"}}).sheets[0]
    assert kinds(none) == {"data": [1, 2]}
    assert [row[1] for row in none.rows] == [0, 0]
    assert {column.header for column in none.columns} == {""}, "no row of the sheet is taken for its header"


def test_places_and_years_that_rows_name_are_counted() -> None:
    rows = [[i, NAMES[i], nik(i), village, year] for i, (village, year) in enumerate(
        [("PASIR", 2023), ("PASIR", 2024), ("", 2023)], 1)]  # fmt: skip
    result = read([["NO", "NAMA", "NIK", "DESA", "TAHUN"], *rows], name="fakir miskin.xlsx")
    assert [(place[1], count) for place, count in result.places] == [("", 1), ("PASIR", 2)]
    assert result.years == ["2023", "2024"]


def test_blank_rows_at_the_end_are_not_counted() -> None:
    sheet = read([SHORT, *short(2), [], ["", " "]], name="fakir miskin.xlsx").sheets[0]
    assert sheet.kinds == ["header", "data", "data"]


def test_columns_are_judged_by_the_first_sixty_rows_that_are_full_enough() -> None:
    filled = [[i, NAMES[i % 8], nik(i), f"{i % 90}"] for i in range(60)]
    numbers = [[i, NAMES[i % 8], nik(i), NAMES[i % 8]] for i in range(60, 200)]
    assert column_of(read([SHORT, *filled, *numbers], name="FM.xlsx").sheets[0], "umur") == ["D"]
    fewer = [[i, NAMES[i % 8], nik(i), f"{i % 90}" if i < 29 else NAMES[i % 8]] for i in range(60)]
    assert column_of(read([SHORT, *fewer, *numbers], name="FM.xlsx").sheets[0], "umur") == []


def test_rows_less_than_half_as_full_as_usual_say_nothing_of_columns() -> None:
    header = ["NO", "NAMA", "NIK", "UMUR", "ALAMAT", "KET"]
    whole = [[i, NAMES[i % 8], nik(i), 40, "JL. A", "x y"] for i in range(4)]
    sparse: list[Cells] = [["", "", "", "SUKAMAJU", "", "x y"] for _ in range(8)]
    assert column_of(read([header, *whole, *sparse], name="FM.xlsx").sheets[0], "umur") == ["D"]


def proposed(*rows: Cells, declared: dict[str, Any] | None = None) -> dict[str, Any]:
    result = read(list(rows), declared=declared)
    assert result.hold
    found = yaml.safe_load(result.proposal)
    assert isinstance(found, dict)
    return found


def born(i: int, *, men: bool = False) -> list[str]:
    """NIK, birth date and sex of one person: they agree."""
    day, woman = 10 + i, i % 2 and not men
    return [f"161005{day + 40 * woman:02d}05{60 + i}{i:04d}", f"{day}-05-19{60 + i}", "P" if woman else "L"]


LETTERS = "ABCDEFGHIJ"


def test_the_proposal_for_a_list_without_a_header_names_columns_by_what_they_hold() -> None:
    rows = [
        [i + 1, kk(1 + i // 3), nik_, f"SITI {LETTERS[i]}", sex, date, 63 - i, ("FM", "Pemulung")[i % 2], "ANAK",
         f"00{i}/002", "biru", "2024", f"JL. MELATI {i}"]
        for i in range(8) for nik_, date, sex in [born(i)]
    ]  # fmt: skip
    found = proposed(*rows)
    assert found["baris_kepala"] == 0
    fields = [None, "no_kk", "nik", "nama", "jenis_kelamin", "tanggal_lahir", "umur", "kategori", "hubungan", "rt+rw"]
    assert list(found["kolom"].values()) == [*fields, None, None, "alamat"]
    again = read(rows, declared=found)
    assert again.hold is None
    assert [p["nik"] for p in people(again.sheets[0])] == [row[2] for row in rows]


def test_a_row_of_words_above_numbers_is_a_header_though_its_words_say_nothing() -> None:
    rows = [[born(i)[0], f"SITI {LETTERS[i]}", born(i)[2]] for i in range(8)]
    found = proposed(["DAFTAR", "", ""], ["q1", "q2", "q3"], *rows)
    assert found["baris_kepala"] == 2 and list(found["kolom"].values()) == ["nik", "nama", "jenis_kelamin"]


def test_the_numbers_of_households_and_of_mothers_are_no_nik() -> None:
    own = [[*born(i), f"SITI {LETTERS[i]}"] for i in range(8)]
    household = [[f"98765432{i:08d}", *row] for i, row in enumerate(own)]
    assert list(proposed(*household)["kolom"].values())[:2] == [None, "nik"]
    mothers = [[f"16100555014{i}{i:04d}", *row] for i, row in enumerate(own)]
    assert list(proposed(*mothers)["kolom"].values())[:2] == [None, "nik"]
    alone = [[row[0], row[2], row[4]] for row in mothers]
    assert proposed(*alone)["kolom"]["A"] is None, "their dates are not those of the people"


def test_numbers_of_men_alone_are_a_nik_if_something_bears_them_out() -> None:
    rows = [[born(i, men=True)[0], kk(i // 2), f"KARTO {LETTERS[i]}", "L"] for i in range(8)]
    assert list(proposed(*rows)["kolom"].values()) == ["nik", "no_kk", "nama", "jenis_kelamin"]
    assert proposed(*[row[:3] for row in rows])["kolom"]["A"] is None


def test_constants_runs_and_dates_of_a_survey_are_nobodys() -> None:
    rows = [[born(i)[0], f"SITI {LETTERS[i]}", i + 30, "01-02-1980", f"0{i + 1}-02-2023"] for i in range(8)]
    assert list(proposed(*rows)["kolom"].values()) == ["nik", "nama", None, None, None]


def test_codes_of_sexes_are_told_by_the_niks_or_as_declared() -> None:
    rows = [[born(i)[0], f"SITI {'ABCDEFGHIJKLMNOP'[i]}", (1, 0)[i % 2]] for i in range(16)]
    found = proposed(*rows)
    assert found["kolom"]["C"] == "jenis_kelamin" and found["jenis_kelamin"] == {"1": "L", "0": "P"}
    said = proposed(*rows[:4], declared={"jenis_kelamin": {"1": "L", "0": "P"}})
    assert said["kolom"]["C"] == "jenis_kelamin" and "jenis_kelamin" not in said


def test_of_two_columns_of_names_none_is_proposed_unless_the_niks_tell_them_apart() -> None:
    rows = [[born(i)[0], f"SITI {LETTERS[i]}", f"SRI {LETTERS[-1 - i]}"] for i in range(8)]
    result = read(rows)
    assert list(yaml.safe_load(result.proposal)["kolom"].values()) == ["nik", None, None]
    assert "# Kolom nama belum pasti. Pilih satu dan ganti null-nya dengan nama: B, C" in result.proposal


def test_a_name_column_whose_header_says_nothing_is_found_among_known_ones() -> None:
    rows = [[i, born(i)[0], f"SITI {LETTERS[i]}", "FM"] for i in range(8)]
    result = read([["NO", "NIK", "q7", "JENIS PMKS"], *rows])
    assert result.hold == "no_name_column"
    assert yaml.safe_load(result.proposal)["kolom"] == {"B": "nik", "C": "nama", "D": "kategori"}


@pytest.mark.parametrize(("different", "field"), [(8, "nama"), (7, None)])
def test_names_of_people_differ_from_row_to_row(different: int, field: str | None) -> None:
    rows = [[born(i)[0], f"SITI {LETTERS[min(i, different - 1)]}", "-"] for i in range(10)]
    assert proposed(*rows)["kolom"]["B"] == field


@pytest.mark.parametrize("other", [[["catatan"]], [["DAFTAR FAKIR MISKIN"]], [["NO", "NAMA", "NIK", "JENIS PMKS"]]])
def test_a_sheet_without_people_does_not_say_the_category_of_another(other: list[Cells]) -> None:
    assert read([SHORT, *short(3)], other).hold == "no_category"


def test_the_proposal_leaves_out_what_is_declared_and_asks_for_the_rest() -> None:
    rows = [[nik(i), f"SITI {'ABCDEFGH'[i]}", "L"] for i in range(4)]
    bare, said = read(rows), read(rows, declared={"kode_desa": "16.10.05.2036", "periode": "2024", "kode_pmks": ["24"]})
    for asked in ("# kode_desa:", "# periode:", "# kode_pmks:"):
        assert asked in bare.proposal and asked not in said.proposal


def test_the_proposal_shows_what_was_read_of_a_header_and_never_a_value() -> None:
    result = read([["NO", "NAMA", "NIK", "WARNA RUMAH"], *[[i, NAMES[i], nik(i), "biru"] for i in range(1, 4)]])
    assert result.hold == "no_category"
    assert yaml.safe_load(result.proposal)["kolom"] == {"B": "nama", "C": "nik", "D": None}
    assert "D': null   # WARNA RUMAH: tidak dikenal" in result.proposal
    assert not any(value in result.proposal for value in (NAMES[1], nik(1), "biru"))


def test_the_proposal_for_several_sheets_has_a_part_for_each() -> None:
    rows = [[born(i)[0], f"SITI {LETTERS[i]}", born(i)[2]] for i in range(4)]
    result = read(Sheet("A", rows), Sheet("B", rows))
    found = yaml.safe_load(result.proposal)
    assert list(found["lembar"]) == ["A", "B"]
    assert found["lembar"]["B"] == {"baris_kepala": 0, "kolom": {"A": "nik", "B": "nama", "C": "jenis_kelamin"}}


def test_a_workbook_of_answers_is_held_whatever_else_it_holds() -> None:
    answers = [["referral_id", "jawaban", "alasan_jawaban", "tanggal_jawaban"], ["R1", "diterima", "", ""]]
    assert read([HEADER, *simple(3)], answers).hold == "answers_not_original"
    assert read([HEADER, *simple(3)], [row[:3] for row in answers]).hold is None


def test_what_the_first_person_of_a_sheet_without_a_header_says_is_theirs_alone() -> None:
    header, note = [*HEADER, "KET"], "Dusun : KRAJAN"
    later = [[*row, note if i == 0 else ""] for i, row in enumerate(simple(4, 5))]
    result = read([header, *[[*row, ""] for row in simple(4)]], later)
    assert [p.get("dusun") for sheet in result.sheets for p in people(sheet)] == [None] * 8
    said = {"baris_kepala": 0, "kolom": {"B": "nik", "D": "nama", "G": "kategori", "H": "keterangan"}}
    assert [p.get("dusun") for p in people(read(later, declared=said).sheets[0])] == [None] * 4


def test_a_sheet_that_goes_on_may_be_narrower_than_the_header() -> None:
    """The last column of the sheet before is empty here, so that this sheet ends before it."""
    header = [*HEADER, "KET"]
    rows = [[*row, "lama"] for row in simple(4)]
    result = read([header, *rows], simple(4, 5))
    assert [len(sheet.rows) for sheet in result.sheets] == [4, 4]
    assert result.hold is None
