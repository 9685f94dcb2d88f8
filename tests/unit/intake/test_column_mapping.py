"""Which column feeds which field, where headers and cells disagree, span columns, or claim the same field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.intake.test_layouts import NAMES, column_of, kinds, kk, nik, people, read

Cells = list[Any]


def listed(count: int, *columns: tuple[str, list[Any]], declared: dict[str, Any] | None = None) -> Any:
    """A list of `count` people by number, name and NIK, with further columns given as header and values."""
    header = ["NO", "NAMA", "NIK", *[name for name, _ in columns]]
    rows = [[i + 1, NAMES[i % 8], nik(i), *[values[i] for _, values in columns]] for i in range(count)]
    return read([header, *rows], declared=declared, name="fakir miskin.xlsx").sheets[0]


def fields(sheet: Any) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for column in sheet.columns:
        found.setdefault(column.letter, []).append(column.field)
    return found


@pytest.mark.parametrize(("both", "expected"), [(3, ["tempat_lahir", "tanggal_lahir"]), (2, ["tanggal_lahir"])])
def test_a_date_column_also_holds_the_place_from_three_tenths_of_such_cells(both: int, expected: list[str]) -> None:
    values = ["JAMBI 12-05-1985"] * both + ["12-05-1985"] * (10 - both)
    assert fields(listed(10, ("TGL LAHIR", values)))["D"] == expected


@pytest.mark.parametrize(("both", "expected"), [(5, ["rt", "rw"]), (4, ["rt"])])
def test_an_rt_column_also_holds_the_rw_from_half_of_such_cells(both: int, expected: list[str]) -> None:
    assert fields(listed(10, ("RT", ["001/002"] * both + ["001"] * (10 - both))))["D"] == expected


@pytest.mark.parametrize(("count", "expected"), [(3, ["rt", "rw"]), (2, ["rt"])])
def test_two_people_are_too_few_to_say_that_a_column_holds_more_than_its_header(count: int, expected: Cells) -> None:
    assert fields(listed(count, ("RT", ["001/002"] * count)))["D"] == expected


@pytest.mark.parametrize(("named", "expected"), [(9, ["kategori"]), (8, [None])])
def test_an_unknown_column_is_the_category_if_nearly_all_cells_name_one(named: int, expected: Cells) -> None:
    values = ["Pemulung"] * named + ["rumah tua"] * (10 - named)
    assert fields(listed(10, ("YANG DISANDANG", values)))["D"] == expected


@pytest.mark.parametrize(("count", "expected"), [(3, ["kategori"]), (2, [None])])
def test_two_people_are_too_few_to_find_the_category_by_its_content(count: int, expected: Cells) -> None:
    assert fields(listed(count, ("YANG DISANDANG", ["Pemulung"] * count)))["D"] == expected


def test_a_column_that_is_known_and_of_no_use_does_not_look_like_an_unknown_one() -> None:
    """Nor does one that the sidecar sets aside."""
    extra = [("AGAMA", ["ISLAM"] * 3), ("KODE QWX", ["a"] * 3), ("CATATAN RAHASIA", ["b"] * 3)]
    sheet = listed(3, *extra, declared={"kolom": {"CATATAN RAHASIA": None}})
    mapped = {column.letter: (column.field, column.by) for column in sheet.columns}
    assert (mapped["A"], mapped["D"]) == ((None, "ignored"), (None, "ignored"))
    assert (mapped["E"], mapped["F"]) == ((None, None), (None, "sidecar"))
    assert all(by != "ignored" for field, by in mapped.values() if field)


def test_the_category_is_looked_for_by_content_only_where_no_header_names_it() -> None:
    sheet = listed(5, ("YANG DISANDANG", ["Pemulung"] * 5), ("JENIS PMKS", ["Fakir Miskin"] * 5))
    assert fields(sheet)["D"] == [None]


def test_only_the_first_column_of_categories_is_taken() -> None:
    sheet = listed(5, ("YANG DISANDANG", ["Pemulung"] * 5), ("DAHULU DISANDANG", ["Fakir Miskin"] * 5))
    assert (fields(sheet)["D"], fields(sheet)["E"]) == (["kategori"], [None])


@pytest.mark.parametrize(("marks", "ticked"), [(5, True), (4, False)])
def test_a_column_headed_by_a_category_is_a_column_of_ticks_from_half_of_its_cells(marks: int, ticked: bool) -> None:
    values = (["v", "-"] * 5)[:marks] + ["RUMAH"] * (10 - marks)
    sheet = listed(10, ("Fakir Miskin", values))
    assert fields(sheet)["D"] == (["kategori"] if ticked else [None])
    assert bool(sheet.rows[0][2]) is ticked


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("PMKS 1", "PMKS 2"),
        ("Jenis PMKS", "Jenis PMKS 2"),
        ("Jenis PPKS I", "Jenis PPKS II"),
        ("PMKS UTAMA", "PMKS LAINNYA"),
        ("JENIS PMKS", "PMKS LAIN"),
    ],
)
def test_categories_that_are_counted_through_each_have_a_column_of_their_own(first: str, second: str) -> None:
    sheet = listed(5, (first, ["FM", "RTLH", "PRSE", "FM", "-"]), (second, ["RTLH", "-", "", "Pemulung", "FM"]))
    assert fields(sheet)["D"] == fields(sheet)["E"] == ["kategori"]
    assert [p["kategori"] for p in people(sheet)] == ["FM; RTLH", "RTLH", "PRSE", "FM; Pemulung", "FM"]
    assert not any(row[2] for row in sheet.rows)
    assert not [p for p in sheet.problems if p.code == "column_refused"]


@pytest.mark.parametrize("card", ["Alamat KTP", "Alamat sesuai KK", "Alamat Asal"])
def test_the_address_where_somebody_lives_goes_before_that_of_a_card(card: str) -> None:
    lives, stated = ("Alamat Domisili", ["JL. A"] * 4), (card, ["JL. B"] * 4)
    for columns in ((lives, stated), (stated, lives)):
        assert {p["alamat"] for p in people(listed(4, *columns, ("JENIS PMKS", ["FM"] * 4)))} == {"JL. A"}
    assert {p["alamat"] for p in people(listed(4, stated, ("JENIS PMKS", ["FM"] * 4)))} == {"JL. B"}


def test_a_new_number_goes_before_the_old_one() -> None:
    rows = [["NAMA", "NIK LAMA", "NIK BARU"], *([NAMES[n], nik(n), nik(n + 50)] for n in range(4))]
    assert [p["nik"] for p in people(read(rows).sheets[0])] == [nik(n + 50) for n in range(4)]


def test_what_is_said_of_somebody_else_is_no_near_miss_of_the_persons_own() -> None:
    dates = ["17-08-1980"] * 4
    assert not any("tanggal_lahir" in p for p in people(listed(4, ("Tgl Lahir Ibu", dates))))
    assert all("tanggal_lahir" in p for p in people(listed(4, ("Tgl Lahirr", dates))))


def test_a_code_over_ticks_stays_a_category() -> None:
    sheet = listed(4, ("PMKS 08", ["v", "", "v", ""]), ("PMKS 24", ["", "v", "v", "v"]))
    assert [row[2] for row in sheet.rows] == [["PMKS 08"], ["PMKS 24"], ["PMKS 08", "PMKS 24"], ["PMKS 24"]]


def test_a_category_header_without_ticks_is_a_refused_column() -> None:
    sheet = listed(4, ("Fakir Miskin", ["RUMAH"] * 4))
    (problem,) = [p for p in sheet.problems if p.code == "column_refused"]
    assert (problem.column, problem.row) == ("D", 1)


@pytest.mark.parametrize("marks", [["v"] * 3, ["", "", ""]])
def test_numbers_under_the_category_are_columns_of_ticks_if_there_are_several(marks: list[str]) -> None:
    people_rows = [[i + 1, NAMES[i], nik(i), marks[i], ""] for i in range(3)]
    several = read([["NO", "NAMA", "NIK", "JENIS PMKS", ""], ["", "", "", "8", "9"], *people_rows]).sheets[0]
    assert [row[2] for row in several.rows] == [["8"] if mark else [] for mark in marks]


def test_numbers_under_another_header_are_no_columns_of_ticks() -> None:
    people_rows = [[i + 1, NAMES[i], nik(i), "v", ""] for i in range(3)]
    sheet = read([["NO", "NAMA", "NIK", "ALAMAT", ""], ["", "", "", "8", "9"], *people_rows], name="FM.xlsx").sheets[0]
    assert all(row[2] == [] for row in sheet.rows)


@pytest.mark.parametrize(
    ("men", "women", "field"),
    [
        (["v", "", "v", ""], ["", "v", "", "v"], "jenis_kelamin"),
        (["L", "", "L", ""], ["", "P", "", "P"], "jenis_kelamin"),
        ([1, "-", 1, 2], ["-", 1, "-", 2], "jenis_kelamin"),  # the last one is a subtotal
        ([67, "", 71, ""], ["", 80, "", 66], "umur"),
        ([67, "", 71, ""], ["", 80, "", ""], "umur"),
        ([3, "", 4, ""], ["", 2, "", 5], None),  # may be numbers of people
        ([670, "", 710, ""], ["", 800, "", 660], None),
        ([1, 1, 2, 1], [1, 2, 1, ""], None),  # numbers of people
        ([6, 7, 6, 5], [4, 5, 4, 4], None),  # the length and width of houses
        (["v", "v", "v", "v"], ["v", "v", "v", "v"], None),
    ],
)
def test_two_columns_of_the_sexes_without_a_header_above_are_ticked_by_one_of_them(
    men: list[Any], women: list[Any], field: str | None
) -> None:
    for names in (("L", "P"), ("Laki-laki", "Perempuan"), ("PRIA", "WANITA")):
        found = fields(listed(4, *zip(names, (men, women), strict=True)))
        both = ["jenis_kelamin", "umur"] if field == "umur" else [field]
        assert [found["D"], found["E"]] == [both, both]


def test_one_number_under_the_category_makes_no_column_of_ticks() -> None:
    people_rows = [[i + 1, NAMES[i], nik(i), "v", "JL. A", "001"] for i in range(3)]
    header = [["NO", "NAMA", "NIK", "JENIS PMKS", "ALAMAT", ""], ["", "", "", "8", "JALAN", "RT"]]
    sheet = read([*header, *people_rows], name="fakir miskin.xlsx").sheets[0]
    assert all(row[2] == [] for row in sheet.rows)


@pytest.mark.parametrize(("count", "by_next"), [(3, True), (2, False)])
def test_a_header_whose_own_cells_refute_it_holds_for_the_column_beside(count: int, by_next: bool) -> None:
    """The name stands in the column without a header, right of the letters K, S and B; from three cells on."""
    rows = [[i + 1, f"{i + 1:03d}", NAMES[i], nik(i), "JL. A"] for i in range(count)]
    rows += [[i + 10, "010", "", nik(9 + i), "JL. A"] for i in range(3)]
    sheet = read([["NO", "NAMA", "", "NIK", "ALAMAT"], *rows], name="fakir miskin.xlsx").sheets[0]
    assert column_of(sheet, "nama") == (["C"] if by_next else [])


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [
        (1, 6, True),  # of ten RTs one holds both; six of ten cells beside are plain numbers
        (2, 10, False),
        (1, 5, False),
    ],
)
def test_rt_and_rw_under_one_header_are_two_columns_if_the_cells_say_so(left: int, right: int, apart: bool) -> None:
    first = ["001/002"] * left + ["001"] * (10 - left)
    second = ["002"] * right + ["BELAKANG"] * (10 - right)
    sheet = listed(10, ("RT/RW", first), ("", second))
    assert ("rw" in fields(sheet).get("E", [])) is apart


@pytest.mark.parametrize(("left", "right", "apart"), [(1, 5, True), (2, 10, False), (1, 4, False)])
def test_place_and_date_under_one_header_are_two_columns_if_the_cells_say_so(
    left: int, right: int, apart: bool
) -> None:
    first = ["JAMBI, 12-05-1985"] * left + ["JAMBI"] * (10 - left)
    second = ["12-05-1985"] * right + ["lupa"] * (10 - right)
    sheet = listed(10, ("TEMPAT/TGL LAHIR", first), ("", second))
    assert ("tanggal_lahir" in fields(sheet).get("E", [])) is apart


def test_a_declared_column_is_never_parted() -> None:
    values = ["001"] * 5, ["002"] * 5
    sheet = listed(5, ("RT/RW", values[0]), ("", values[1]), declared={"kolom": {"RT/RW": "rt+rw"}})
    assert fields(sheet)["D"] == ["rt", "rw"]
    assert {c.by for c in sheet.columns if c.letter == "D"} == {"sidecar"}


def test_a_field_goes_to_the_declared_column_then_to_the_one_that_is_most_like_it() -> None:
    numbers = [nik(i) for i in range(6)]
    beside = [*numbers[:5], "161005"]
    assert column_of(listed(6, ("NIK", beside)), "nik") == ["C"]
    better = read([["NO", "NAMA", "NIK", "NO. NIK"], *[[i + 1, NAMES[i], beside[i], numbers[i]] for i in range(6)]])
    assert column_of(better.sheets[0], "nik") == ["D"]
    assert column_of(listed(6, ("NIK", beside), declared={"kolom": {"D": "nik"}}), "nik") == ["D"]


def test_of_two_equal_columns_the_first_is_taken_and_an_empty_one_never() -> None:
    rows = [[i + 1, NAMES[i], nik(i), "", "JL. A", "JL. B"] for i in range(4)]
    sheet = read([["NO", "NAMA", "NIK", "ALAMAT", "ALAMAT RUMAH", "ALAMAT LENGKAP"], *rows]).sheets[0]
    assert column_of(sheet, "alamat") == ["E"]
    refused = next(c for c in sheet.columns if c.letter == "F")
    assert refused.evidence == "kolom E lebih cocok untuk alamat"


def test_a_well_spelt_header_is_preferred_to_a_misspelt_one() -> None:
    rows = [[i + 1, NAMES[i], nik(i), "JL. A", "JL. B"] for i in range(4)]
    sheet = read([["NO", "NAMA", "NIK", "ALAMA", "ALAMAT"], *rows]).sheets[0]
    assert column_of(sheet, "alamat") == ["E"]


def test_a_column_of_one_field_is_preferred_to_one_of_two() -> None:
    rows = [[i + 1, f"{NAMES[i]} / {nik(i)}", NAMES[i]] for i in range(4)]
    sheet = read([["NO", "NAMA / NIK", "NAMA LENGKAP"], *rows]).sheets[0]
    assert (column_of(sheet, "nama"), column_of(sheet, "nik")) == (["C"], ["B"])


def test_a_sidecar_names_columns_by_header_or_letter_two_fields_or_none() -> None:
    said = {"kolom": {"nama lengkap": "nama", "C": "rt+rw", "ALAMAT": None}}
    rows = [[nik(i), NAMES[i], "1/2", "JL. A"] for i in range(4)]
    sheet = read([["NIK", "Nama Lengkap", "X", "ALAMAT"], *rows], declared=said).sheets[0]
    assert fields(sheet) == {"A": ["nik"], "B": ["nama"], "C": ["rt", "rw"], "D": [None]}
    assert people(sheet)[0] == {"nik": nik(0), "nama": NAMES[0], "rt": "1", "rw": "2"}


@pytest.mark.parametrize(("count", "held"), [(3, "lists_side_by_side"), (2, None)])
def test_a_second_list_beside_the_first_is_seen_from_three_people_on(count: int, held: str | None) -> None:
    rows = [[i, NAMES[i], nik(i), *([i, NAMES[i + 2], nik(i + 9)] if i <= count else [])] for i in range(1, 6)]
    result = read([["NO", "NAMA", "NIK"] * 2, *rows], name="fakir miskin.xlsx")
    assert result.hold == held


@pytest.mark.parametrize(("different", "held"), [(7, "lists_side_by_side"), (6, None)])
def test_a_second_column_of_names_is_another_list_if_it_holds_many_different_people(
    different: int, held: str | None
) -> None:
    letters = "ABCDEFGHIJ"
    second = [f"SITI {letters[min(i, different - 1)]}" for i in range(10)]
    rows = [[i + 1, f"KARTO {letters[i]}", nik(i), i + 1, second[i]] for i in range(10)]
    result = read([["NO", "NAMA", "NIK", "NO", "NAMA"], *rows], name="fakir miskin.xlsx")
    assert result.hold == held


@pytest.mark.parametrize(("named", "held"), [(6, "lists_side_by_side"), (5, None)])
def test_a_second_column_is_another_list_if_most_of_it_are_names(named: int, held: str | None) -> None:
    letters = "ABCDEFGHIJ"
    second = [f"SITI {letters[i]}" if i < named else f"{i} orang" for i in range(10)]
    rows = [[i + 1, f"KARTO {letters[i]}", nik(i), i + 1, second[i]] for i in range(10)]
    result = read([["NO", "NAMA", "NIK", "NO", "NAMA"], *rows], name="fakir miskin.xlsx")
    assert result.hold == held


def test_codes_stand_in_the_header_itself_before_any_legend() -> None:
    rows = [[i + 1, NAMES[i], nik(i), i % 2] for i in range(4)]
    legend = [["Keterangan: 1 = Perempuan, 0 = Laki-laki"]]
    own = read([["NO", "NAMA", "NIK", "JENIS KELAMIN (1 = Laki-laki, 0 = Perempuan)"], *rows, [], *legend])
    assert [json.loads(c.code_map) for c in own.sheets[0].columns if c.code_map] == [{"1": "L", "0": "P"}]
    other = read([["NO", "NAMA", "NIK", "JENIS KELAMIN"], *rows, [], *legend]).sheets[0]
    assert [json.loads(c.code_map) for c in other.columns if c.code_map] == [{"1": "P", "0": "L"}]


def test_codes_of_an_export_hold_where_its_own_columns_are() -> None:
    rows = [[NAMES[i], nik(i), kk(i), 1 + i % 2, 4] for i in range(4)]
    export = read([["nama", "nik", "no_kk", "sex", "kk_level"], *rows]).sheets[0]
    codes = {c.field: json.loads(c.code_map) for c in export.columns if c.code_map}
    assert codes["jenis_kelamin"] == {"1": "L", "2": "P"}
    assert codes["hubungan"]["4"] == "ANAK"
    assert {c.by for c in export.columns if c.code_map} == {"profile"}
    elsewhere = read([["nama", "nik", "no_kk", "sex"], *[row[:4] for row in rows]]).sheets[0]
    assert not [c for c in elsewhere.columns if c.code_map]


def test_the_kinds_of_rows_do_not_depend_on_columns_without_a_header() -> None:
    sheet = listed(4, ("", ["", "x", "", ""]))
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5]}
