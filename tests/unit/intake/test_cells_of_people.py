"""From the cells of a row to its fields: combined cells split, family values carried down where the list agrees."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.grid import column_letter
from assets.intake.formats.workbook import Merge, Sheet
from assets.intake.sheets.grid import cell_text
from assets.intake.sheets.values import blocks_agree, categories_agree, regions_agree, split_cell
from tests.unit.intake.test_layouts import NAMES, column_of, kinds, kk, nik, people, read

Cells = list[Any]
BIRTH, PLACE = ("tempat_lahir", "tanggal_lahir"), ("dusun", "rt", "rw")


def texts_of(fields: tuple[str, ...], text: str, kind: str = "t") -> dict[str, str]:
    return {name: cell[0] for name, cell in split_cell(fields, text, kind).items()}


@pytest.mark.parametrize(
    ("text", "kind", "parts"),
    [
        ("JAMBI, 12-05-1985", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12-05-1985"}),
        ("JAMBI 12 Mei 1985.", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12 Mei 1985"}),
        ("JAMBI / 1985-05-12", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "1985-05-12"}),
        ("JAMBI, 12 Mei Tahun 1985", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12 Mei Tahun 1985"}),
        ("JAMBI 12 bulan 5 th 1985", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12 bulan 5 th 1985"}),
        ("JAMBI 1985", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "1985"}),
        ("JAMBI, th 85", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "th 85"}),
        ("12-05-1985 / JAMBI", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12-05-1985"}),
        ("JAMBI 12051985", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12051985"}),
        ("JAMBI (12-05-1985)", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12-05-1985"}),
        ("12 Rajab 1405", "t", {"tanggal_lahir": "12 Rajab 1405"}),
        ("l2-05-1985", "t", {"tanggal_lahir": "l2-05-1985"}),
        ("± 1985", "t", {"tanggal_lahir": "± 1985"}),
        ("Lahir 12-05-1985", "t", {"tanggal_lahir": "12-05-1985"}),
        ("BLOK 5", "t", {"tempat_lahir": "BLOK 5"}),
        ("MUARA, JAMBI", "t", {"tempat_lahir": "MUARA, JAMBI"}),
        ("JAMBI", "t", {"tempat_lahir": "JAMBI"}),
        ("12-05-1985", "t", {"tanggal_lahir": "12-05-1985"}),
        (", 12-05-1985", "t", {"tanggal_lahir": "12-05-1985"}),
        ("1985-05-12", "d", {"tanggal_lahir": "1985-05-12"}),
        ("31178", "n", {"tanggal_lahir": "31178"}),
        ("JAMBI, 12/V/1985", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "12/V/1985"}),
        ("JAMBI Mei 1985", "t", {"tempat_lahir": "JAMBI", "tanggal_lahir": "Mei 1985"}),
        ("Mei 1985", "t", {"tanggal_lahir": "Mei 1985"}),
        ("MARTAPURA 1985", "t", {"tempat_lahir": "MARTAPURA", "tanggal_lahir": "1985"}),
        ("05-1985", "t", {"tanggal_lahir": "05-1985"}),
        ("sekitar 1985", "t", {"tanggal_lahir": "1985"}),
        ("-", "t", {}),
    ],
)
def test_place_and_date_of_birth_in_one_cell(text: str, kind: str, parts: dict[str, str]) -> None:
    assert texts_of(BIRTH, text, kind) == parts


@pytest.mark.parametrize(
    ("fields", "text", "kind", "parts"),
    [
        (("rt", "rw"), "003/001", "t", {"rt": "003", "rw": "001"}),
        (("rt", "rw"), "RT. 003 / RW. 001", "t", {"rt": "003", "rw": "001"}),
        (("rt", "rw"), "IV - II", "t", {"rt": "IV", "rw": "II"}),
        (("rt", "rw"), "2024-01-03", "d", {"rt": "3", "rw": "1"}),
        (("rt", "rw"), "RT 03", "t", {"rt": "03"}),
        (("rt", "rw"), "RW 03", "t", {"rw": "03"}),
        (("rt", "rw"), "3", "n", {"rt": "3"}),
        (("rt", "rw"), "belakang", "t", {"rt": "belakang"}),
        (PLACE, "KRAJAN RT 01/02", "t", {"dusun": "KRAJAN", "rt": "01", "rw": "02"}),
        (PLACE, "KRAJAN 01/02", "t", {"dusun": "KRAJAN", "rt": "01", "rw": "02"}),
        (PLACE, "KRAJAN, RT 01", "t", {"dusun": "KRAJAN", "rt": "01"}),
        (PLACE, "KRAJAN", "t", {"dusun": "KRAJAN"}),
        (PLACE, "01/02", "t", {"rt": "01", "rw": "02"}),
    ],
)
def test_hamlet_rt_and_rw_in_one_cell(fields: tuple[str, ...], text: str, kind: str, parts: dict[str, str]) -> None:
    assert texts_of(fields, text, kind) == parts


@pytest.mark.parametrize(
    ("fields", "text", "parts"),
    [
        (("nama", "nik"), "SITI / 1610051205850001", {"nama": "SITI", "nik": "1610051205850001"}),
        (("nama", "nik"), "SITI (1610 0512 0585 0001)", {"nama": "SITI", "nik": "1610 0512 0585 0001"}),
        (("nama", "nik"), "SITI", {"nama": "SITI"}),
        (("nama", "nik"), "1610051205850001", {"nik": "1610051205850001"}),
        (("nama", "nik"), "SITI 161005120", {"nama": "SITI 161005120"}),  # nine digits are no number of a person
        (("nama", "nik"), "SITI 1610051205", {"nama": "SITI", "nik": "1610051205"}),
        (("nik", "no_kk"), "1610051205850001 / 1610051201120001",
         {"nik": "1610051205850001", "no_kk": "1610051201120001"}),
        (("nik", "no_kk"), "1610051205850001", {"nik": "1610051205850001"}),
        (("no_kk", "nik"), "1610051201120001 / 1610051205850001",
         {"nik": "1610051205850001", "no_kk": "1610051201120001"}),
        (("no_kk", "nik"), "1610051205850001", {"nik": "1610051205850001"}),
        (("nik", "no_kk"), "NIK: 1610051205850001 KK: 1610051201120001",
         {"nik": "1610051205850001", "no_kk": "1610051201120001"}),
        (("nik", "no_kk"), "No. KK 1610051201120001\nNIK 1610051205850001",
         {"nik": "1610051205850001", "no_kk": "1610051201120001"}),
        (("nik", "no_kk"), "/", {"nik": "/"}),
        (("jenis_kelamin", "umur"), "L / 45", {"jenis_kelamin": "L", "umur": "45"}),
        (("jenis_kelamin", "umur"), "45 L", {"jenis_kelamin": "L", "umur": "45"}),
        (("desa", "kecamatan"), "A", {"desa": "A", "kecamatan": "A"}),
        (("umur", "keterangan"), "45", {"umur": "45", "keterangan": "45"}),
    ],
)  # fmt: skip
def test_other_fields_in_one_cell(fields: tuple[str, ...], text: str, parts: dict[str, str]) -> None:
    assert texts_of(fields, text) == parts


HEAD, CHILD, WIFE = "KEPALA KELUARGA", "ANAK", "ISTRI"


def family(cards: str, relations: list[str] | None = None, numbers: list[str] | None = None) -> list[bool] | None:
    """Where families begin in a list: `cards` has an `x` for each row whose card is filled, a `.` where it is blank."""
    rows = [{"no_kk": ("1", "t")} if card == "x" else {} for card in cards]
    for row, relation in zip(rows, relations or [], strict=False):
        row["hubungan"] = (relation, "t")
    return blocks_agree(rows, numbers or [""] * len(cards), "no_kk")


def begins(pattern: str) -> list[bool]:
    return [mark == "x" for mark in pattern]


def test_blanks_are_not_carried_where_nothing_agrees_or_nothing_is_blank() -> None:
    assert family("x..x.") is None
    assert family("xxx", [HEAD] * 3) is None
    assert family("...", [HEAD, CHILD, CHILD]) is None


@pytest.mark.parametrize(("heads", "agree"), [(4, True), (3, False)])
def test_a_family_begins_at_its_head_if_four_fifths_of_the_filled_rows_are_heads(heads: int, agree: bool) -> None:
    relations = [r for i in range(5) for r in (HEAD if i < heads else WIFE, CHILD)]
    assert family("x." * 5, relations) == (begins("x." * 5) if agree else None)


@pytest.mark.parametrize(("members", "agree"), [(9, True), (8, False)])
def test_below_a_head_nine_tenths_are_members(members: int, agree: bool) -> None:
    relations = [HEAD, *[CHILD] * members, *[HEAD] * (10 - members)]
    assert (family("x" + "." * 10, relations) is not None) is agree


def test_a_head_without_a_card_begins_a_family_that_has_none() -> None:
    relations = [HEAD, *[CHILD] * 9, HEAD]
    assert family("x" + "." * 10, relations) == begins("x.........x")


@pytest.mark.parametrize(("stated", "agree"), [(2, True), (1, False)])
def test_the_relations_decide_if_half_of_the_blank_rows_state_one(stated: int, agree: bool) -> None:
    relations = [HEAD, *[CHILD] * stated, *[""] * (4 - stated)]
    assert (family("x....", relations) is not None) is agree


@pytest.mark.parametrize(
    ("numbers", "begin"),
    [
        (["1", "2", "1", "2"], "x.x."),  # counted anew in every family
        (["1.", "2.", "1.", "2."], "x.x."),
        (["1", "2", "3", "4"], None),  # one running number for all
        (["1", "", "2", ""], "x.x."),  # only families are counted
        (["", "", "", ""], None),
        (["0", "2", "0", "2"], None),  # counts from something else than one
        (["1", "1", "1", "2"], None),  # begins anew elsewhere
    ],
)
def test_the_running_number_parts_families(numbers: list[str], begin: str | None) -> None:
    assert family("x.x.", numbers=numbers) == (begins(begin) if begin else None)


@pytest.mark.parametrize(
    ("villages", "begin"),
    [
        ("A....B....", "A....B...."),
        ("A....A....", "A....A...."),  # written anew on each page
        ("A..A......B..", "A..A......B.."),
        ("A.........", None),  # said of one row only
        (".A....B...", None),  # the first row belongs to none
        ("A...B...A...", None),  # not sorted by village
        ("AAAA.BBBB.", None),  # forgotten here and there
        ("A.B.", None),
        ("A.B..", "A.B.."),
        ("", None),
    ],
)
def test_blanks_below_a_village_are_of_its_block_in_a_sorted_list(villages: str, begin: str | None) -> None:
    rows = [{"desa": (village.strip("."), "t")} for village in villages]
    assert regions_agree(rows, "desa") == (None if begin is None else [village != "." for village in begin])
    coded = [row | {"kode_desa_baris": ("16.10.05.2036", "t")} for row in rows]
    assert regions_agree(coded, "desa") is None


def test_the_village_of_a_block_is_carried_down_with_its_cell_as_the_place() -> None:
    header = ["NO", "DESA", "NAMA", "NIK", "JENIS PMKS"]
    rows = [[i, {1: "TANJUNG PASIR", 4: "MUARA BARU"}.get(i, ""), NAMES[i], nik(i), "FM"] for i in range(1, 8)]
    sheet = read([header, *rows]).sheets[0]
    assert [person["desa"] for person in people(sheet)] == ["TANJUNG PASIR"] * 3 + ["MUARA BARU"] * 4
    assert [row[5] for row in sheet.rows] == ["", *["desa=above@B2"] * 2, "", *["desa=above@B5"] * 3]
    assert [(p.code, p.facts) for p in sheet.problems] == [("family_values_carried_down", {"jumlah": 5})]


def test_counting_anew_once_only_is_no_agreement() -> None:
    assert family("x..", numbers=["1", "2", "3"]) is None


@pytest.mark.parametrize(("agreeing", "agree"), [(19, True), (18, False)])
def test_numbers_of_families_agree_with_cards_in_nineteen_of_twenty_rows(agreeing: int, agree: bool) -> None:
    cards = "x." * 10
    numbers = ["1" if card == "x" else "" for card in cards]
    for row in range(20 - agreeing):
        numbers[2 * row + 1] = "9"
    assert (family(cards, numbers=numbers) is not None) is agree


def heads_list(*second: str) -> list[Cells]:
    """A family of three whose card, hamlet and RT stand with the head only."""
    header = ["NO", "NAMA", "NIK", "NO KK", "DUSUN", "RT", "ALAMAT", "HUBUNGAN", "JENIS PMKS"]
    relations = (HEAD, WIFE, CHILD)
    return [
        header,
        [1, NAMES[0], nik(0), kk(1), "KRAJAN", "01", "JL. A", relations[0], "FM"],
        *[[i + 1, NAMES[i], nik(i), "", "", "", "", relations[i], "FM"] for i in (1, 2)],
        [4, NAMES[3], nik(3), kk(2), "BANARAN", "", "", relations[0], "FM"],
        [5, NAMES[4], nik(4), "", *second, relations[2], "FM"],
    ]


def test_family_values_are_carried_down_and_named_as_filled() -> None:
    sheet = read(heads_list("", "", "")).sheets[0]
    found = people(sheet)
    assert [p["no_kk"] for p in found] == [kk(1)] * 3 + [kk(2)] * 2
    assert [p.get("rt") for p in found] == ["01"] * 3 + [None] * 2, "a family without an RT gets none from the last"
    assert [row[5] for row in sheet.rows] == [
        "",
        *["alamat=above@G2|dusun=above@E2|no_kk=above@D2|rt=above@F2"] * 2,
        "",
        "dusun=above@E5|no_kk=above@D5",
    ]
    (problem,) = [p for p in sheet.problems if p.code == "family_values_carried_down"]
    assert problem.facts == {"jumlah": 10}


@pytest.mark.parametrize("mark", ["sda", "S.D.A.", "idem", '"', '- " -', "〃", "''", ",,", "↓"])
def test_a_cell_that_says_as_above_holds_what_stands_above_and_says_where(mark: str) -> None:
    header = ["NO", "NAMA", "NIK", "ALAMAT", "MASALAH SOSIAL"]
    said = [("JL. A", "Pemulung"), (mark, mark), (mark, "Pengemis"), ("JL. B", mark), ("", mark)]
    sheet = read([header, *[[i + 1, NAMES[i], nik(i), *cells] for i, cells in enumerate(said)]]).sheets[0]
    found = people(sheet)
    assert [p.get("alamat") for p in found] == ["JL. A", "JL. A", "JL. A", "JL. B", None]
    assert [p["kategori"] for p in found] == ["Pemulung", "Pemulung", "Pengemis", "Pengemis", "Pengemis"]
    assert sheet.rows[1][5] == "alamat=above@D2|kategori=above@E2"
    assert [p.facts for p in sheet.problems if p.code == "family_values_carried_down"] == [{"jumlah": 5}]


def test_as_above_holds_for_no_name_number_or_date_and_not_where_nothing_stands_above() -> None:
    header = ["NO", "NAMA", "NIK", "TGL LAHIR", "ALAMAT", "JENIS PMKS"]
    first, second = [1, NAMES[0], nik(0), "12-05-1985", "", "sda"], [2, "idem", nik(1), "sda", "sda", "sda"]
    found = people(read([header, first, second, [3, NAMES[2], nik(2), "", "-", "FM"]], name="a.xlsx").sheets[0])
    assert [p.get("kategori") for p in found] == ["sda", "sda", "FM"]
    assert (found[1]["nama"], found[1]["tanggal_lahir"], found[1]["alamat"]) == ("idem", "sda", "sda")


def test_as_above_holds_for_whatever_else_people_share_and_over_the_end_of_a_page() -> None:
    header = ["NO", "NAMA", "NIK", "L/P", "JENIS PMKS", "KETERANGAN"]
    rows = [[i, NAMES[i], nik(i), '"', ",,", '"'] for i in range(4)]
    first = [9, NAMES[7], nik(9), "P", "FM", "meninggal"]
    sheet = read([header, first, *rows[:2], [], header, *rows[2:]]).sheets[0]
    said = [(p["jenis_kelamin"], p["kategori"], p["keterangan"]) for p in people(sheet)]
    assert said == [("P", "FM", "meninggal")] * 5
    assert sheet.rows[3][5] == "jenis_kelamin=above@D2|kategori=above@E2|keterangan=above@F2"
    other = read([header, first, [], [*header, "RT"], [1, NAMES[1], nik(1), '"', "FM", '"', "2"]]).sheets[0]
    assert people(other)[1]["keterangan"] == '"'


def test_a_value_of_the_row_itself_is_never_replaced() -> None:
    found = people(read(heads_list("", "05", "JL. SENDIRI")).sheets[0])[4]
    assert (found["rt"], found["alamat"], found["dusun"]) == ("05", "JL. SENDIRI", "BANARAN")


def test_merged_cells_hold_for_all_their_rows_but_never_for_names_or_niks() -> None:
    header = ["NO", "NAMA", "NIK", "NO KK", "JENIS PMKS"]
    rows = [[1, NAMES[0], nik(0), kk(1), "FM"], [2, "", nik(1), "", "FM"], [3, NAMES[2], nik(2), kk(2), "FM"]]
    merged: list[Merge] = [(2, 3, 3, 3), (2, 1, 3, 1)]
    sheet = read(Sheet("Data", [header, *rows], merged=merged)).sheets[0]
    found = people(sheet)
    assert [p["no_kk"] for p in found] == [kk(1), kk(1), kk(2)]
    assert "nama" not in found[1]
    assert [row[5] for row in sheet.rows] == ["", "no_kk=merge@D2", ""]


def test_a_new_family_band_ends_all_values_of_the_one_before_but_its_hamlet() -> None:
    def band(text: str) -> Cells:
        return [text]

    rows: list[Cells] = [["NO", "NAMA", "NIK", "UMUR"]]
    for texts in (("DUSUN I",), (f"No. KK : {kk(1)}, Alamat : JL. A",), (f"No. KK : {kk(2)}",), ("DUSUN II",)):
        rows += [*map(band, texts), [1, NAMES[1], nik(len(rows)), 45]]
    found = people(read(rows, name="fakir miskin.xlsx").sheets[0])
    given = [(p.get("dusun"), p.get("no_kk"), p.get("alamat")) for p in found]
    assert given == [("I", None, None), ("I", kk(1), "JL. A"), ("I", kk(2), None), ("II", kk(2), None)]


def test_bands_right_below_one_another_speak_of_one_family() -> None:
    bands = [[f"No. KK : {kk(1)}"], ["Kepala Keluarga : SITI"], ["Alamat : JL. A"]]
    rows = [["NO", "NAMA", "NIK", "UMUR"], *bands, [1, NAMES[1], nik(1), 45]]
    (found,) = people(read(rows, name="fakir miskin.xlsx").sheets[0])
    assert (found["no_kk"], found["kepala_keluarga"], found["alamat"]) == (kk(1), "SITI", "JL. A")


@pytest.mark.parametrize(("lines", "is_form"), [(4, True), (5, False)])
def test_a_header_over_at_most_four_rows_is_the_head_of_a_family_form(lines: int, is_form: bool) -> None:
    form = [["NO.KK", "NAMA.KK", "ALAMAT"], [kk(1), "SITI", "JL. A"], *[[]] * (lines - 1)]
    members = [["NO", "NIK", "NAMA", "JENIS PMKS"], [1, nik(1), NAMES[1], "FM"], [2, nik(2), NAMES[2], "FM"]]
    for above in ([], [["NO", "NIK", "NAMA", "UMUR"], *[[i, nik(i), NAMES[i], 40] for i in (3, 4, 5)]]):
        sheet = read([*above, *form, *members]).sheets[0]
        assert kinds(sheet).get("band") == ([len(above) + 2] if is_form else None)
        assert [p.get("no_kk") for p in people(sheet)][-2:] == ([kk(1)] * 2 if is_form else [None] * 2)


@pytest.mark.parametrize(
    ("values", "ticked"),
    [
        (("v", "Tidak", "-"), [True, False, False]),
        (("x", "0", "☐"), [True, False, False]),
        (("1", "", "n"), [True, False, False]),
    ],
)
def test_what_counts_as_a_tick(values: tuple[str, ...], ticked: list[bool]) -> None:
    rows = [[i + 1, NAMES[i], nik(i), values[i]] for i in range(3)]
    sheet = read([["NO", "NAMA", "NIK", "Fakir Miskin"], *rows]).sheets[0]
    assert [bool(row[2]) for row in sheet.rows] == ticked


def test_ages_under_a_pair_of_sexes_say_both() -> None:
    rows = [[i + 1, NAMES[i], nik(i), 40 + i if i % 2 else "", "" if i % 2 else 40 + i, "FM"] for i in range(4)]
    header = [["NO", "NAMA", "NIK", "UMUR", "", "JENIS PMKS"], ["", "", "", "L", "P", ""]]
    sheet = read([*header, *rows]).sheets[0]
    assert [(p["jenis_kelamin"], p["umur"]) for p in people(sheet)] == [
        ("P", "40"),
        ("L", "41"),
        ("P", "42"),
        ("L", "43"),
    ]
    assert column_of(sheet, "umur") == column_of(sheet, "jenis_kelamin") == ["D", "E"]


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [(None, "", "."), ("", "", "."), (True, "TRUE", "b"), (False, "FALSE", "b"), (7, "7", "n"), (7.0, "7", "n"),
     (0.5, "0.5", "n")],
)  # fmt: skip
def test_cells_that_are_no_text_keep_their_type(value: Any, text: str, kind: str) -> None:
    assert cell_text(value) == (text, kind)


@pytest.mark.parametrize(("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")])
def test_column_letters_are_those_of_spreadsheets(index: int, letter: str) -> None:
    assert column_letter(index) == letter


@pytest.mark.parametrize(
    ("numbers", "said", "agree"),
    [
        ("123123", ["FM", "", "", "RTLH", "", ""], True),
        ("123456", ["FM", "", "", "RTLH", "", ""], False),  # blank may be somebody who is none
        ("123123", ["FM", "", "RTLH", "", "", ""], False),
        ("123123", ["FM", "", "", "Entah", "", ""], False),
        ("123", ["FM", "", ""], False),
        ("1212", ["", "", "RTLH", ""], False),
    ],
)
def test_a_category_holds_for_people_who_are_counted_from_one_below_it(
    numbers: str, said: list[str], agree: bool
) -> None:
    rows = [{"kategori": (text, "t")} for text in said]
    found = categories_agree(rows, list(numbers), leads=False)
    assert found == ([bool(text) for text in said] if agree else None)


@pytest.mark.parametrize(
    ("said", "agree"),
    [
        (["FM", "", "", "RTLH", "", "", ""], True),
        (["FM", "", "", "RTLH", "", "", "FM"], False),  # it comes back
        (["FM", "", "RTLH", ""], False),  # not most are blank
        (["", "FM", "", "", "RTLH", "", ""], False),
    ],
)
def test_a_category_before_the_names_holds_for_those_who_are_counted_on(said: list[str], agree: bool) -> None:
    rows = [[i + 1, text, NAMES[i], nik(i)] for i, text in enumerate(said)]
    leading = people(read([["NO", "JENIS PMKS", "NAMA", "NIK"], *rows]).sheets[0])
    assert [person.get("kategori", "") for person in leading][1:3] == (["FM"] * 2 if agree else said[1:3])
    behind = people(read([["NO", "NAMA", "NIK", "JENIS PMKS"], *[[n, *row, c] for n, c, *row in rows]]).sheets[0])
    assert [person.get("kategori", "") for person in behind] == said
