"""What is said of a file is what is the matter with it: once, of the right column, for the right village."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Sheet
from assets.intake.inbox.placement import place
from assets.intake.reading import findings_of
from tests.unit.intake.test_layouts import NAMES, kinds, nik, people, read
from validation.findings import message_of

HEADER = ["NO", "NIK", "NAMA", "DUSUN", "RT", "RW", "JENIS PMKS"]


def listed(count: int, name: Any = None) -> list[list[Any]]:
    rows = range(1, count + 1)
    return [[i, nik(i), name or NAMES[i % len(NAMES)], "KRAJAN", "001", "002", "FM"] for i in rows]


def test_a_column_of_names_that_is_not_used_is_named_with_the_reason() -> None:
    numbers = read([HEADER, *listed(5, "12")])
    assert (numbers.hold, numbers.hold_facts["kolom"]) == ("name_column_refused", "C")
    assert "0 % dari 5 sel terisi berupa nama" in message_of(numbers.hold or "", **numbers.hold_facts)
    aside = read([HEADER, *listed(5)], declared={"kolom": {"NAMA": None}})
    assert aside.hold == "name_column_refused"
    assert "disisihkan oleh berkas keterangan" in message_of(aside.hold, **aside.hold_facts)
    without = [[cell for at, cell in enumerate(row) if at != 2] for row in [HEADER, *listed(5)]]
    assert read(without).hold == "no_name_column"


def test_a_hidden_sheet_is_said_once_and_loses_nobody() -> None:
    shown, hidden = (read(Sheet("A", [HEADER, *listed(30)], hidden=said)) for said in (False, True))
    assert people(hidden.sheets[0]) == people(shown.sheets[0])
    assert [row[7] for row in hidden.sheets[0].rows] == [False] * 30
    said = findings_of("a", hidden, place("16.10.05.2036/2024/a.xlsx", {}, hidden))
    assert [finding["code"] for finding in said] == ["hidden_sheet"]
    one = read(Sheet("A", [HEADER, *listed(30)], hidden=True, hidden_rows=(5,)))
    assert [row[0] for row in one.sheets[0].rows if row[7]] == [5]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (["", "", "", "", "001", "002", ""], "band"),
        (["", "", "", "KRAJAN", "001", "002", ""], "band"),
        (["", "", "", "BANARAN", "", "", ""], "band"),
        ([3, "", "", "KRAJAN", "001", "002", ""], "blank"),
        ([3, "", "", "KRAJAN", "001", "002", "FM"], "data"),
        ([3, "", "SITI", "", "001", "", ""], "data"),
    ],
)
def test_a_row_that_says_only_where_is_no_person(row: list[Any], kind: str) -> None:
    sheet = read([HEADER, *listed(2), row, *listed(2)]).sheets[0]
    assert kinds(sheet)[kind][-1 if kind != "data" else 2] == 4
    assert len(sheet.kinds) == 6


def test_the_village_of_an_address_is_not_the_village_of_a_list_without_a_header() -> None:
    rows = [[i, nik(i), NAMES[i], "JL. RAYA DESA MUARA BARU KEC. PEMULUTAN", "L"] for i in range(1, 6)]
    bare = read(rows)
    assert (bare.hold, bare.sheets[0].labels) == ("no_header", {})
    assert place("Kiriman/16.10/2024/a.xlsx", {}, bare).kode_desa is None
    assert place("16.10.05.2036/2024/a.xlsx", {}, bare).hold is None
    titled = read([["DATA PMKS DESA TANJUNG PASIR KECAMATAN PEMULUTAN TAHUN 2023"], [], *rows])
    placed = place("Kiriman/16.10/a.xlsx", {}, titled)
    assert (placed.kode_desa, placed.periode) == ("16.10.05.2036", "2023")


@pytest.mark.parametrize(
    ("file", "sheet", "title", "named"),
    [
        ("Data PMKS Desa Harapan 2024.xlsx", "Sheet1", "", "Harapan"),
        ("PMKS_Ds.Harapan_fix.xlsx", "Sheet1", "", "Harapan"),
        ("a.xlsx", "MUARA BARU", "", "MUARA BARU"),
        ("a.xlsx", "Desa Muara Baru", "", "Muara Baru"),
        ("Ds. Tg. Pasir.xlsx", "Tanjung Pasir", "", None),
        ("Ds. Entah.xlsx", "Dusun Harapan", "", None),
        ("Data Harapan.xlsx", "Sheet1", "", None),  # a word like others
        ("Ds. Harapan.xlsx", "Sheet1", "DESA : TANJUNG PASIR", None),
    ],
)
def test_a_name_of_another_village_than_the_folders_code_is_said(
    file: str, sheet: str, title: str, named: str | None
) -> None:
    result = read(Sheet(sheet, [[title], HEADER, *listed(3)]))
    placed = place(f"16.10.05.2036/2024/{file}", {}, result)
    assert (placed.kode_desa, placed.hold) == ("16.10.05.2036", None)
    assert [p.facts["nama"] for p in placed.problems if p.code == "village_named_otherwise"] == [named] * bool(named)


def test_a_page_without_people_does_not_speak_against_the_title_of_the_list() -> None:
    report = [["LAPORAN KECAMATAN"], ["DESA : MUARA BARU"], ["KECAMATAN : PEMULUTAN"]]
    own = [["DESA : TANJUNG PASIR"], ["KECAMATAN : PEMULUTAN"], HEADER, *listed(3)]
    assert place("Kiriman/16.10/2024/a.xlsx", {}, read(report, own)).kode_desa == "16.10.05.2036"
    assert place("16.10.05.2036/2024/a.xlsx", {}, read(report, own)).hold is None


def test_a_list_of_a_kecamatan_names_it_once_in_its_title_and_the_village_of_each_person() -> None:
    header = ["NO", "DESA", "NIK", "NAMA", "JENIS PMKS"]
    villages = ["Tanjung Pasir", "Harapan"]
    rows = [[i, villages[i % 2], nik(i), NAMES[i % len(NAMES)], "FM"] for i in range(1, 9)]
    title = ["REKAPITULASI PMKS KECAMATAN PEMULUTAN KABUPATEN OGAN ILIR TAHUN 2024"]
    result = read([title, header, *rows])
    first = people(result.sheets[0])[0]
    assert (first["desa"], first["kecamatan"], first["kabupaten"]) == ("Harapan", "PEMULUTAN", "OGAN ILIR")
    assert "kecamatan=title@A1" in result.sheets[0].rows[0][5].split("|")
    placed = place("kecamatan/rekap.xlsx", {}, result)
    assert (placed.hold, placed.kode_kabupaten, placed.kode_desa) == (None, "16.10", None)
    other = [*header, "KECAMATAN"]
    stated = read([title, other, *[[*row, "Indralaya"] for row in rows]])
    assert {person["kecamatan"] for person in people(stated.sheets[0])} == {"Indralaya"}


@pytest.mark.parametrize(
    ("villages", "hold"),
    [
        (["Sukamaju"] * 3, "village_ambiguous"),
        (["Entah Di Mana"] * 3, "village_not_found"),
        (["Entah Di Mana", "Sukamaju", "Entah Di Mana"], "village_ambiguous"),
        ([""] * 3, "village_unknown"),
    ],
)
def test_a_column_of_villages_that_does_not_tell_the_village_is_not_said_to_be_missing(
    villages: list[str], hold: str
) -> None:
    rows = [[i, desa, nik(i), NAMES[i], "FM"] for i, desa in enumerate(villages, 1)]
    placed = place("kiriman/a.xlsx", {}, read([["NO", "DESA", "NIK", "NAMA", "JENIS PMKS"], *rows]))
    assert (placed.kode_desa, placed.hold) == (None, hold)
    assert placed.hold_facts == ({} if hold == "village_unknown" else {"lembar": "Sheet1"})


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("16.10.05.2999/2025/a.csv", "16.10.05.2999"),
        ("kiriman/1610052999 a.csv", "16.10.05.2999"),
        ("kiriman/16.10.99.2001/a.csv", None),
        ("kiriman/2025113012.csv", None),
    ],
)
def test_a_village_code_that_nobody_knows_is_not_said_to_be_missing(path: str, code: str | None) -> None:
    rows = [[i, nik(i), NAMES[i], "FM"] for i in range(1, 4)]
    head = ["NO", "NIK", "NAMA", "JENIS PMKS"]
    facts = {"kode": code} if code else {}
    for titles, otherwise in ([], "village_unknown"), ([["DESA : ENTAH DI MANA"]], "village_not_found"):
        placed = place(path, {}, read([*titles, head, *rows]))
        assert placed.hold == ("village_code_unknown" if code else otherwise)
        assert placed.hold_facts == facts or not code
    in_column = place("a.csv", {}, read([[*head, "KODE DESA"], *[[*row, "16.10.05.2999"] for row in rows]]))
    assert (in_column.hold, in_column.hold_facts) == ("village_code_unknown", {"kode": "16.10.05.2999"})


@pytest.mark.parametrize("colon", [[":"], []])
def test_a_form_of_one_person_is_said_to_be_one(colon: list[str]) -> None:
    labels = {"Nama": NAMES[1], "NIK": nik(1), "No. KK": nik(2), "Jenis PMKS": "FM"}
    form = [["FORMULIR PENDATAAN"], [], *[[label, *colon, value] for label, value in labels.items()]]
    result = read(form, form)
    assert (result.hold, result.hold_facts, result.proposal) == ("form_of_one_person", {"lembar": "Sheet1"}, "")
    assert read(form[:3]).hold == "no_header"
    across = [[label, *[value] * 5] for label, value in labels.items()]
    assert (read(across).hold, read(across).proposal) == ("people_in_columns", "")


COUPLES = [[i, NAMES[1], NAMES[2], nik(i)] for i in range(1, 5)]


@pytest.mark.parametrize(
    ("rows", "hold"),
    [
        ([["NO", "NAMA SUAMI", "NAMA ISTRI", "NIK SUAMI"], *COUPLES], "two_people_in_a_row"),
        ([["NO", "NAMA SUAMI/ISTRI", "ALAMAT"], [1, "KARTO / SITI", "JL. A"]], "two_people_in_a_row"),
        ([["NO", "LANSIA TERLANTAR", "FAKIR MISKIN"], *[row[:3] for row in COUPLES]], "lists_of_names"),
        (
            [
                ["FAKIR MISKIN", "", "", "", "LANSIA TERLANTAR", "", ""],
                ["NO", "NAMA", "NIK", "", "NO", "NAMA", "NIK"],
                *[[i, NAMES[i], nik(i), "", i, NAMES[i + 3], nik(i + 4)] for i in range(1, 5)],
            ],
            "lists_side_by_side",
        ),
        ([["NO", "LANSIA TERLANTAR", "FAKIR MISKIN"], *[[i, "v", ""] for i in range(1, 5)]], "no_header"),
    ],
)
def test_people_who_do_not_have_a_row_each_are_said_to(rows: list[list[Any]], hold: str) -> None:
    result = read(rows)
    assert (result.hold, result.hold_facts) == (hold, {"lembar": "Sheet1"})


@pytest.mark.parametrize(("second", "held"), [(NAMES[4:8], True), ([NAMES[4], "", "", ""], False)])
def test_people_across_a_row_are_not_lost(second: list[str], held: bool) -> None:
    header = ["NO", "NAMA ANGGOTA 1", "NIK 1", "NAMA ANGGOTA 2", "NIK 2", "JENIS PMKS"]
    rows = [[i, NAMES[i], nik(i), name, nik(9 + i), "FM"] for i, name in enumerate(second)]
    result = read([header, *rows])
    facts = {"lembar": "Sheet1", "judul": "NAMA ANGGOTA 2"}
    assert (result.hold, result.hold_facts) == (("people_across", facts) if held else (None, {}))
    assert [p.code for p in result.sheets[0].problems].count("others_not_read") == 1
    assert read([header, *rows], declared={"kolom": {"NAMA ANGGOTA 2": ""}}).hold is None


def test_who_of_a_couple_is_listed_can_be_declared() -> None:
    header = ["NO", "NAMA SUAMI", "NAMA ISTRI", "NIK SUAMI"]
    declared = {"kolom": {"NAMA SUAMI": "nama", "NIK SUAMI": "nik"}, "baris_kepala": 1, "kode_pmks": ["24"]}
    result = read([header, *COUPLES], declared=declared)
    assert result.hold is None
    assert people(result.sheets[0])[0] == {"nama": NAMES[1], "nik": nik(1)}


@pytest.mark.parametrize(
    ("name", "why"),
    [("=Data!B{}", "isinya rumus yang belum dihitung"), ("1. KARTO\n2. SITI {}", "satu sel memuat beberapa orang")],
)
def test_why_a_column_of_names_is_not_used(name: str, why: str) -> None:
    result = read([["NO", "NAMA", "NIK"], *[[i, name.format(i), nik(i)] for i in range(1, 5)]], name="FM.xlsx")
    assert result.hold == "name_column_refused"
    assert result.hold_facts["alasan"].startswith(why)


def said_of(*rows: list[Any], **marks: Any) -> list[tuple[Any, ...]]:
    problems = read(Sheet("A", [HEADER, *rows], **marks)).sheets[0].problems
    return [(problem.code, problem.row, problem.column) for problem in problems]


def test_a_village_is_told_of_each_cell_of_which_a_part_is_struck_through() -> None:
    assert said_of(*listed(3), partly_struck=frozenset({(3, 2)})) == [("part_struck", 3, "C")]


def test_a_comment_on_a_person_is_said_not_to_be_read_and_one_on_the_header_is_not_about_a_person() -> None:
    noted = frozenset({(1, 6), (3, 2), (4, 8), (90, 1)})
    assert said_of(*listed(5), commented=noted) == [("comment_not_read", 3, "C"), ("comment_not_read", 4, "I")]
    assert said_of(*listed(5)) == []


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("Keterangan: merah = meninggal", True),
        ("Warna kuning : pindah", True),
        ("*) yang diarsir sudah tidak layak", True),
        ("Nama yang berwarna merah sudah meninggal dunia", True),
        ("Warna hijau : penerima baru", False),
        ("DUSUN SUNGAI MERAH", False),
        ("M = meninggal", False),
    ],
)
def test_a_village_is_told_that_colours_are_not_read(note: str, *, told: bool) -> None:
    assert [code for code, _, _ in said_of(*listed(5), [note]) if code == "colours_not_read"] == [
        "colours_not_read"
    ] * told


_OUR_LIST = Sheet("PERBAIKAN", [["pmks_submission_id: " + "0" * 64], ["No"]])


def test_a_sheet_that_a_village_calls_perbaikan_is_a_list_of_people() -> None:
    own = Sheet("PERBAIKAN", [[*HEADER, "TTD"], *[[*row, "tanda tangan"] for row in listed(5)]], first_column=3)
    assert [len(sheet.rows) for sheet in read(Sheet("Sheet1", [HEADER, *listed(5)]), own).sheets] == [5, 5]


def test_comments_in_a_workbook_of_corrections_that_came_back_are_ours() -> None:
    noted = Sheet("A", [HEADER, *listed(5)], commented=frozenset({(3, 2)}))
    read_alone, came_back = (read(*sheets) for sheets in ([noted], [_OUR_LIST, noted]))
    assert [problem.code for problem in read_alone.sheets[0].problems] == ["comment_not_read"]
    assert came_back.sheets[1].problems == []


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("*) No. 3 sudah pindah ke kabupaten lain", True),
        ("Nomor urut 2 dan 4 meninggal dunia", True),
        (f"Catatan: {NAMES[1].lower()} telah wafat", True),
        ("Penduduk yang pindah dicoret", False),
        ("Sesuai Peraturan Desa No. 3 Tahun 2020", False),
        ("Keterangan: M = meninggal, P = pindah", False),
    ],
)
def test_a_footnote_about_a_person_is_said_not_to_be_read(note: str, told: bool) -> None:
    assert said_of(*listed(5), [], [note]) == ([("footnote_not_read", 8, None)] if told else [])


@pytest.mark.parametrize(("mark", "named"), [(";", ";"), (",", ","), ("\t", "tabulasi")])
def test_a_csv_that_was_opened_into_one_column_is_said_to_be_one(mark: str, named: str) -> None:
    rows = [[mark.join(map(str, row))] for row in [HEADER, *listed(5)]]
    result = read(rows)
    assert (result.hold, result.hold_facts, result.proposal) == (
        "one_column", {"lembar": "Sheet1", "tanda": named}, ""
    )  # fmt: skip
    assert read([*rows, ["Mengetahui"]]).hold == "no_header"
