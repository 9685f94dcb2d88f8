"""Every layout that villages and their software are known to send, each as a small invented list."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pytest

from assets.intake.formats.workbook import Merge, Sheet, Uncalculated, Workbook
from assets.intake.sheets.file_reading import FileResult, SheetResult, understand
from validation.fields import FIELDS

Rows = Sequence[Sequence[Any]]
_TAIL = 8


def read(*sheets: Sheet | Rows, declared: dict[str, Any] | None = None, name: str = "data.xlsx") -> FileResult:
    made = [s if isinstance(s, Sheet) else Sheet(f"Sheet{i}", s) for i, s in enumerate(sheets, 1)]
    return understand(Workbook("xlsx", made), declared or {}, name)


def kinds(sheet: SheetResult) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, kind in enumerate(sheet.kinds, 1):
        found.setdefault(kind, []).append(row)
    return found


def people(sheet: SheetResult) -> list[dict[str, str]]:
    """The fields of each data row that are filled."""
    return [
        {name: text for name, text in zip(FIELDS, row[_TAIL:], strict=True) if text is not None} for row in sheet.rows
    ]


def column_of(sheet: SheetResult, field: str) -> list[str]:
    return [column.letter for column in sheet.columns if column.field == field]


def nik(number: int, day: int = 12) -> str:
    return f"161005{day:02d}0585{number:04d}"


def kk(number: int) -> str:
    return f"161005120112{number:04d}"


NAMES = ("SUTRISNO", "SITI AMINAH", "KARTO", "WAGIMAN", "HALIMAH", "RUKMINI", "DARSONO", "SUMIATI")


def simple(count: int, start: int = 1) -> list[list[Any]]:
    return [
        [i, nik(i), kk((i + 1) // 2), NAMES[i % len(NAMES)], "LP"[i % 2], f"1{i % 9}-05-1985", "Fakir Miskin"]
        for i in range(start, start + count)
    ]


HEADER = ["NO", "NIK", "NO KK", "NAMA", "L/P", "TGL LAHIR", "JENIS PMKS"]


def test_header_in_the_first_row() -> None:
    sheet = read([HEADER, *simple(4)]).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5]}
    assert people(sheet)[0] == {
        "nik": nik(1), "no_kk": kk(1), "nama": "SITI AMINAH", "jenis_kelamin": "P", "tanggal_lahir": "11-05-1985",
        "kategori": "Fakir Miskin",
    }  # fmt: skip


def test_blank_rows_and_columns_before_the_table() -> None:
    sheet = read(Sheet("Data", [["", *row] for row in [HEADER, *simple(3)]], first_row=4, first_column=2)).sheets[0]
    assert kinds(sheet) == {"blank": [1, 2, 3], "header": [4], "data": [5, 6, 7]}
    assert column_of(sheet, "nik") == ["E"]


def test_titles_two_row_header_negative_numbering_total_and_signature() -> None:
    rows: list[list[Any]] = [
        ["DATA PENYANDANG MASALAH KESEJAHTERAAN SOSIAL (PMKS)"],
        ["BY NAME BY ADDRESS TAHUN 2022"],
        [],
        ["DESA", "", ": TANJUNG PASIR"],
        ["KECAMATAN", "", ": PEMULUTAN"],
        [],
        ["No", "N I K", "Nama", "Jenis Kelamin", "Tempat, Tgl Lahir", "Alamat", "", "", "", "Jenis PMKS"],
        ["", "", "", "", "", "Jalan", "Dusun", "RT", "RW", ""],
        [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10],
        [1, nik(1), "SUTRISNO", "Lk", "MUARA SABAK, 12-08-1998", "JL. MELATI", "KRAJAN", "002", "001", "RTLH"],
        [2, nik(2), "SITI", "Pr", "05-01-1979", "", "KRAJAN", "003", "001", "FM"],
        [3, nik(3), "KARTO", "Lk", "PALEMBANG", "JL. MAWAR", "", "003", "001", "FM"],
        ["JUMLAH", "", 3],
        [],
        ["", "", "", "", "", "", "", "Tanjung Pasir, 12 Januari 2022"],
        ["", "", "", "", "", "", "", "Kepala Desa"],
        [],
        ["", "", "", "", "", "", "", "(........................)"],
        ["", "", "", "", "", "", "", "NIP. -"],
    ]
    sheet = read(rows).sheets[0]
    found = kinds(sheet)
    assert found["data"] == [10, 11, 12]
    assert found["header"] == [7, 8]
    assert found["numbering"] == [9]
    assert found["subtotal"] == [13]
    assert found["footer"] == [15, 16, 18, 19]
    assert sheet.control_total == 3
    assert sheet.labels["desa"] == "TANJUNG PASIR"
    first, second, third = people(sheet)
    assert (first["tempat_lahir"], first["tanggal_lahir"]) == ("MUARA SABAK", "12-08-1998")
    assert second["tanggal_lahir"] == "05-01-1979"
    assert "tempat_lahir" not in second
    assert third["tempat_lahir"] == "PALEMBANG"
    assert first["alamat"] == "JL. MELATI"
    assert (first["dusun"], first["rt"], first["rw"]) == ("KRAJAN", "002", "001")


def test_three_row_header_with_merges() -> None:
    rows: list[list[Any]] = [
        ["NO", "IDENTITAS PMKS", "", "", "", "ALAMAT", "", "", "JENIS PMKS"],
        ["", "NAMA", "NOMOR", "", "L/P", "DUSUN", "RUKUN", "", ""],
        ["", "", "NIK", "KK", "", "", "RT", "RW", ""],
        *[[i, NAMES[i], nik(i), kk(i), "L", "KRAJAN", "001", "002", "Pemulung"] for i in range(1, 5)],
    ]
    merged: list[Merge] = [
        (1, 0, 3, 0),
        (1, 1, 1, 4),
        (1, 5, 1, 7),
        (1, 8, 3, 8),
        (2, 1, 3, 1),
        (2, 2, 2, 3),
        (2, 4, 3, 4),
        (2, 5, 3, 5),
        (2, 6, 2, 7),
    ]
    sheet = read(Sheet("Data", rows, merged=merged)).sheets[0]
    assert kinds(sheet) == {"header": [1, 2, 3], "data": [4, 5, 6, 7]}
    assert people(sheet)[0] == {
        "nama": NAMES[1], "nik": nik(1), "no_kk": kk(1), "jenis_kelamin": "L", "dusun": "KRAJAN", "rt": "001",
        "rw": "002",
        "kategori": "Pemulung",
    }  # fmt: skip


def test_official_form_with_legend_and_signature_above_the_header() -> None:
    rows: list[list[Any]] = [
        [],
        ["INSTRUMEN VERIFIKASI DATA PMKS", "", "", "", "", "Mengetahui,"],
        ["", "", "", "", "", "Kepala Desa"],
        ["", "", "", "", "", "(....................)"],
        [],
        ["PETUNJUK PENGISIAN"],
        ["Kolom 5: [1] Laki-laki [2] Perempuan"],
        [],
        ["Kabupaten : OGAN ILIR", "", "", "Provinsi : SUMATERA SELATAN"],
        ["NO", "NAMA", "NIK", "ALAMAT", "JENIS KELAMIN", "JENIS PMKS"],
        [1, 2, 3, 4, 5, 6],
        *[[i, NAMES[i], nik(i), "JL. DESA", 1 + i % 2, "Gelandangan"] for i in range(1, 5)],
    ]
    sheet = read(rows).sheets[0]
    assert kinds(sheet)["data"] == [12, 13, 14, 15]
    sex = next(column for column in sheet.columns if column.field == "jenis_kelamin")
    assert json.loads(sex.code_map or "{}") == {"1": "L", "2": "P"}


def test_pipe_export_without_category_is_held_and_says_what_to_add() -> None:
    header = [
        "ID DTKS",
        "PROVINSI",
        "KABUPATEN/KOTA",
        "KECAMATAN",
        "DESA/KELUARAHAN",
        "ALAMAT",
        "DUSUN",
        "RT",
        "RW",
        "NOKK",
        "NIK",
        "NAMA",
        "TANGGAL LAHIR",
    ]
    rows = [
        [f"x{i}", "JAMBI", "KAB", "KEC", "DESA A", "JL. 1", "D", "001", "002", kk(i), nik(i), NAMES[i], "1985-05-12"]
        for i in range(1, 6)
    ]
    result = read([header, *rows])
    assert result.hold == "no_category"
    assert "kode_pmks" in result.proposal
    assert column_of(result.sheets[0], "desa") == ["E"]
    assert read([header, *rows], declared={"kode_pmks": ["24"]}).hold is None


def test_kabupaten_csv_with_codes_in_the_category_column() -> None:
    header = ["nik", "nama", "tgl_lahir", "jenis_kelamin", "kode_kategori", "catatan", "jenis_disabilitas"]
    rows = [[nik(i), NAMES[i], "12-05-1985", "P", f"PMKS-0{i}", "terlantar", "fisik"] for i in range(1, 6)]
    sheet = read([header, *rows]).sheets[0]
    assert column_of(sheet, "kategori") == ["E"]
    assert people(sheet)[0]["kategori"] == "PMKS-01"


def test_formula_rows_below_the_list_are_no_people() -> None:
    header = ["NIK", "KK_NO", "NAMA", "KK_ALAMAT", "KELURAHAN", "JK", "PKH", "NOMINAL", "KRITERIA PMKS"]
    rows: list[list[Any]] = [[nik(i), kk(i), NAMES[i], "JL. A", "DESA", "L", "-", 500000, "FM"] for i in range(1, 6)]
    tail = [["", "", "", "", "", "", 5, 2500000], ["", "", "", "", "", "", "", 7500000],
            ["", "", "", "", "", "", "", Uncalculated("=SUM(H2:H6)")]]  # fmt: skip
    sheet = read([header, *rows, *tail]).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5, 6], "subtotal": [7, 8, 9]}


def test_a_column_called_nik_that_holds_employee_numbers_is_not_the_nik() -> None:
    header = ["no", "nik", "nama", "nomor_ktp", "jenis_pmks"]
    rows = [[i, f"2019{i:04d}", NAMES[i], nik(i), "Pemulung"] for i in range(1, 7)]
    sheet = read([header, *rows]).sheets[0]
    assert column_of(sheet, "nik") == ["D"]
    assert [p["nik"] for p in people(sheet)] == [nik(i) for i in range(1, 7)]


def test_child_template_with_legend_in_side_columns() -> None:
    header = ["No", "Nama Lengkap", "No KK", "NO NIK", "Alamat", "Jenis Kelamin", "Tgl Lahir", "Jenis PMKS", "", "", ""]
    rows: list[list[Any]] = [
        ["", NAMES[i], kk(i), nik(i), "JL. A", i % 2, dt.datetime(2015, 5, i), "Anak Terlantar", "", "", ""]
        for i in range(1, 7)
    ]
    rows[1][9:11] = [1, "Laki-laki"]
    rows[2][9:11] = [0, "Perempuan"]
    sheet = read([header, *rows, *[[""] * 11] * 5]).sheets[0]
    assert kinds(sheet)["data"] == [2, 3, 4, 5, 6, 7]
    sex = next(column for column in sheet.columns if column.field == "jenis_kelamin")
    assert json.loads(sex.code_map or "{}") == {"1": "L", "0": "P"}
    assert people(sheet)[0]["tanggal_lahir"] == "2015-05-01"


def test_group_template_fills_down_region_and_ignores_the_role_letter() -> None:
    header = ["NO", "KECAMATAN", "KELURAHAN", "NAMA KELOMPOK", "NAMA", "", "NIK", "NO KK", "JENIS PMKS"]
    rows: list[list[Any]] = []
    for group in range(1, 4):
        for i, role in enumerate("KSB"):
            first = [group, "PEMULUTAN  ", "TANJUNG PASIR", f"KUBE {group}"] if i == 0 else ["", "", "", ""]
            rows.append([*first, role, NAMES[group + i], nik(group * 10 + i), kk(group * 10 + i), "FM"])
    sheet = read([header, *rows]).sheets[0]
    found = people(sheet)
    assert len(found) == 9
    assert [p["nama"] for p in found] == [row[5] for row in rows]
    assert {p["desa"] for p in found} == {"TANJUNG PASIR"}


def test_allowed_values_in_the_second_row_are_a_legend() -> None:
    header = ["nama", "alamat", "rt_rw", "status_dtks", "jenis_kelamin", "jenis_pmks"]
    allowed = ["", "", "contoh: 1/01", "Terdaftar / Tidak Terdaftar", "L / P", "WRSE / RTLH"]
    rows = [[NAMES[i], "JL. A", "1/01", "Terdaftar", "P", "WRSE"] for i in range(1, 5)]
    sheet = read([header, allowed, *rows]).sheets[0]
    assert kinds(sheet)["data"] == [3, 4, 5, 6]
    assert (people(sheet)[0]["rt"], people(sheet)[0]["rw"]) == ("1", "01")


def test_bdt_header_with_question_numbers_and_kolom_row() -> None:
    header = [
        "ruta_6 (1)",
        "Provinsi (3)",
        "Nama SLS (11)",
        "Alamat (12)",
        "Nama KRT (13)",
        "Nama ART (20)",
        "NIK (21)",
        "Hubungan dengan kepala keluarga (22)",
        "Umur anggota rumah tangga (tahun) (23)",
        "Jenis PMKS (24)",
    ]
    numbering = ["KOLOM", 2, 3, 4, 5, 6, 7, 8, 9, 10]
    rows = [
        ["000001", "SUMSEL", "RT 01", "JL. A", NAMES[0], NAMES[i], nik(i), "ANAK", 20 + i, "FM"] for i in range(1, 6)
    ]
    sheet = read([header, numbering, *rows]).sheets[0]
    assert kinds(sheet) == {"header": [1], "numbering": [2], "data": [3, 4, 5, 6, 7]}
    assert people(sheet)[0]["kepala_keluarga"] == NAMES[0]
    assert people(sheet)[0]["nama"] == NAMES[1]


def test_families_as_forms_one_below_the_other() -> None:
    rows: list[list[Any]] = [["BUKU INDUK PENDUDUK"], ["DESA : TANJUNG PASIR"], []]
    expected = []
    for family in range(1, 4):
        rows += [["NO.KK", "NAMA.KK", "ALAMAT", "", "", ""], [kk(family), NAMES[family], f"JL. {family}", "", "", ""]]
        rows += [["NO", "NIK", "NAMA", "JK", "TGL LHR", "HUB. KEL", "JENIS PMKS"]]
        for member in range(1, 4):
            rows.append([member, nik(family * 10 + member), NAMES[member], "L", "12-05-1985", "ANAK", "FM"])
            expected.append((len(rows), kk(family), f"JL. {family}"))
        rows.append([])
    sheet = read(rows).sheets[0]
    found = [(row[0], person["no_kk"], person["alamat"]) for row, person in zip(sheet.rows, people(sheet), strict=True)]
    assert found == expected
    assert len(kinds(sheet)["band"]) == 3
    assert sheet.rows[0][5] == "alamat=band@C5|kepala_keluarga=band@B5|no_kk=band@A5"


def test_band_rows_give_family_values_to_the_rows_below() -> None:
    header = ["NO", "NIK", "NAMA LENGKAP", "JK", "TGL LAHIR", "SHDK", "JENIS PMKS"]
    rows: list[list[Any]] = [header, [-1, -2, -3, -4, -5, -6, -7]]
    for family in (1, 2):
        rows.append(
            [f"No. KK : {kk(family)}", "", "", f"Alamat : JL. {family}, Nama Dusun : KRAJAN, RT/RW : 003/00{family}"]
        )
        rows += [[i, nik(family * 10 + i) + "\xa0", NAMES[i], "Lk", "12-05-1985", "ANAK", "FM"] for i in (1, 2, 3)]
    sheet = read(rows).sheets[0]
    assert kinds(sheet)["band"] == [3, 7]
    found = people(sheet)
    assert [p["no_kk"] for p in found] == [kk(1)] * 3 + [kk(2)] * 3
    assert (found[3]["alamat"], found[3]["dusun"], found[3]["rt"], found[3]["rw"]) == ("JL. 2", "KRAJAN", "003", "002")


def test_form_and_signature_per_family_with_repeated_title() -> None:
    rows: list[list[Any]] = []
    expected = []
    for family in (1, 2):
        rows += [["DAFTAR ANGGOTA KELUARGA"], [f"Nomor KK : {kk(family)}"], ["Alamat", ": JL. BARU"], []]
        rows.append(["NO", "NIK", "NAMA", "L/P", "TGL LAHIR", "HUB", "JENIS PMKS", "KET"])
        for member in (1, 2):
            rows.append([member, nik(family * 10 + member), NAMES[member], "P", "12-05-1985", "ANAK", "RTLH", "PD"])
            expected.append((len(rows), kk(family)))
        rows += [[], ["", "", "", "", "Kepala Desa"], [], ["", "", "", "", "SUPARMAN"], []]
    sheet = read(rows).sheets[0]
    assert [(row[0], person.get("no_kk")) for row, person in zip(sheet.rows, people(sheet), strict=True)] == expected
    assert {p["alamat"] for p in people(sheet)} == {"JL. BARU"}


def test_siak_export_keeps_the_same_nik_twice() -> None:
    header = ["Nomor KK", "NIK", "Nama Penduduk", "Status", "SHDK", "Alamat", "RW", "RT", "Jenis PMKS"]
    rows = [
        [kk(1), nik(1), "SUTRISNO", status, "ANAK", "DSN. A", "01", "02", "FM"] for status in ("Hidup", "Tidak Valid")
    ]
    assert len(read([header, *rows]).sheets[0].rows) == 2


def test_opensid_import_ends_at_the_mark_and_explains_its_codes() -> None:
    header = [
        "alamat",
        "dusun",
        "rw",
        "rt",
        "nama",
        "no_kk",
        "nik",
        "sex",
        "tempatlahir",
        "tanggallahir",
        "kk_level",
        "jenis_pmks",
    ]
    rows: list[list[Any]] = [
        ["DSN", "A", "1", "2", NAMES[i], kk(i), nik(i), 1, "X", "1985-05-12", 4, "FM"] for i in range(1, 5)
    ]
    tail = [["###"], ["Petunjuk: isi kolom sesuai kode data"], ["sex: 1 = Laki-laki, 2 = Perempuan"]]
    codes = Sheet("Kode Data", [["sex", ""], [1, "LAKI-LAKI"], [2, "PEREMPUAN"]])
    result = read(Sheet("Data", [header, *rows, *tail]), codes)
    sheet = result.sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5], "footer": [6, 7], "legend": [8]}
    maps = {c.field: json.loads(c.code_map) for c in sheet.columns if c.code_map}
    assert maps["jenis_kelamin"] == {"1": "L", "2": "P"}
    assert maps["hubungan"]["4"] == "ANAK"
    assert result.hold is None
    assert result.sheets[1].rows == []


def test_bare_sex_codes_without_a_legend_have_no_meaning() -> None:
    rows = [[i, nik(i), NAMES[i], 1 + i % 2, "FM"] for i in range(1, 6)]
    plain = read([["NO", "NIK", "NAMA", "JENIS KELAMIN", "JENIS PMKS"], *rows]).sheets[0]
    assert next(c for c in plain.columns if c.field == "jenis_kelamin").code_map is None
    said = read([["NO", "NIK", "NAMA", "JENIS KELAMIN (1=L, 2=P)", "JENIS PMKS"], *rows]).sheets[0]
    assert json.loads(next(c for c in said.columns if c.field == "jenis_kelamin").code_map or "") == {
        "1": "L",
        "2": "P",
    }
    declared = read(
        [["NO", "NIK", "NAMA", "JK", "JENIS PMKS"], *rows], declared={"jenis_kelamin": {"1": "P", "2": "L"}}
    )
    assert (
        json.loads(next(c for c in declared.sheets[0].columns if c.field == "jenis_kelamin").code_map or "")["1"] == "P"
    )


def test_regsosek_headers_with_question_codes_fill_the_card_number_down() -> None:
    header = ["104. No KK", "402. Nama", "403. NIK", "404. Hubungan Keluarga", "405. Jenis Kelamin", "JENIS PMKS"]
    rows: list[list[Any]] = []
    for family in (1, 2, 3):
        rows.append([kk(family), NAMES[family], nik(family * 10), "KEPALA KELUARGA", "L", "FM"])
        rows += [["", NAMES[family + i], nik(family * 10 + i), "ANAK", "P", "FM"] for i in (1, 2)]
    found = people(read([header, *rows]).sheets[0])
    assert [p["no_kk"] for p in found] == [kk(f) for f in (1, 2, 3) for _ in range(3)]


def test_blank_card_numbers_are_not_filled_where_nothing_says_so() -> None:
    rows = simple(8)
    for i in (2, 5):
        rows[i][2] = ""
    found = people(read([HEADER, *rows]).sheets[0])
    assert ["no_kk" in p for p in found] == [True, True, False, True, True, False, True, True]


def test_merged_cells_fill_down() -> None:
    rows = simple(6)
    rows[1][2] = rows[2][2] = ""
    sheet = read(Sheet("A", [HEADER, *rows], merged=[(2, 2, 4, 2)])).sheets[0]
    assert [p["no_kk"] for p in people(sheet)][:3] == [kk(1)] * 3
    assert sheet.rows[1][5] == "no_kk=merge@C2"


def test_no_header_is_held_with_a_proposal_that_then_reads_it() -> None:
    rows = [[f"731710{i % 9}", nik(i, day=i + 40 * (i % 2)), kk((i + 2) // 3), NAMES[i % 8], "LP"[i % 2],
             f"{i:02d}-05-1985", "Fakir Miskin"] for i in range(1, 13)]  # fmt: skip
    held = read(rows)
    assert held.hold == "no_header"
    import yaml

    said = yaml.safe_load(held.proposal)
    assert {said["kolom"][c] for c in "BCDEFG"} == {
        "nik",
        "no_kk",
        "nama",
        "jenis_kelamin",
        "tanggal_lahir",
        "kategori",
    }
    assert not any(name in held.proposal for name in NAMES)
    again = read(rows, declared={"kolom": said["kolom"], "baris_kepala": said["baris_kepala"]})
    assert again.hold is None
    assert [p["nik"] for p in people(again.sheets[0])] == [row[1] for row in rows]


def test_the_codes_of_a_header_hold_below_its_repetitions_too() -> None:
    page = [["NO", "NAMA", "NIK", "JENIS KELAMIN (1=Laki-laki, 2=Perempuan)", "JENIS PMKS"]]
    rows: list[list[Any]] = [[i, NAMES[i % 8], nik(i), str(i % 2 + 1), "Fakir Miskin"] for i in range(1, 9)]
    sheet = read([*page, *rows[:4], *page, *rows[4:]]).sheets[0]
    listed = {column.header_row for column in sheet.columns if column.code_map}
    assert listed == {1} == {row[1] for row in sheet.rows}


def test_header_repeated_on_every_page_with_footers() -> None:
    rows: list[list[Any]] = []
    data = []
    for page in range(3):
        rows.append(HEADER)
        for row in simple(4, start=page * 4 + 1):
            rows.append(row)
            data.append(len(rows))
        rows.append(["", "", "", "", "", "", f"Halaman : {page + 1}"])
    sheet = read(rows).sheets[0]
    assert kinds(sheet)["data"] == data
    assert kinds(sheet)["footer"] == [6, 12, 18]


def test_pages_as_sheets_the_last_without_a_header() -> None:
    result = read([HEADER, *simple(4)], [HEADER, *simple(4, 5)], simple(4, 9))
    assert [len(sheet.rows) for sheet in result.sheets] == [4, 4, 4]
    assert result.hold is None


def test_dusun_sections_and_subtotals_inside_a_list() -> None:
    header = ["NO", "NAMA", "NIK", "UMUR", "JENIS PMKS"]
    rows: list[list[Any]] = [header]
    for dusun in ("I", "II"):
        rows.append([f"DUSUN {dusun}"])
        rows += [[i, NAMES[i], nik(i), 40 + i, "FM"] for i in (1, 2, 3)]
        rows.append(["", "Jumlah", "", "", 3])
    rows.append(["TOTAL", "", "", "", 6])
    sheet = read(rows).sheets[0]
    assert kinds(sheet) == {"header": [1], "band": [2, 7], "data": [3, 4, 5, 8, 9, 10], "subtotal": [6, 11, 12]}
    assert [p["dusun"] for p in people(sheet)] == ["I"] * 3 + ["II"] * 3
    assert sheet.control_total == 6


def test_category_sections_name_the_category_of_the_rows_below() -> None:
    header = ["NO", "NAMA", "NIK", "ALAMAT", "KET"]
    rows: list[list[Any]] = [header]
    for text in ("A. LANJUT USIA TERLANTAR", "B. ANAK TERLANTAR"):
        rows.append([text])
        rows += [[i, NAMES[i], nik(i), "JL. A", ""] for i in (1, 2)]
    result = read(rows)
    assert result.hold is None
    assert [row[3] for row in result.sheets[0].rows] == ["LANJUT USIA TERLANTAR"] * 2 + ["ANAK TERLANTAR"] * 2


def test_a_sheet_for_each_category() -> None:
    header = ["No", "Nama", "NIK", "L/P", "Tgl Lahir"]
    rows = [[i, NAMES[i], nik(i), "P", dt.date(1950, 5, 12)] for i in range(1, 4)]
    named = Sheet(
        "Bekas Warga Binaan Lembaga Pema",
        [["DAFTAR BEKAS WARGA BINAAN LEMBAGA PEMASYARAKATAN (BWBLP)"], [], header, *rows],
    )
    result = read(Sheet("LANSIA TERLANTAR", [header, *rows]), named)
    assert result.hold is None
    assert result.sheets[0].rows[0][3] == "LANSIA TERLANTAR"
    assert "BEKAS WARGA BINAAN" in result.sheets[1].rows[0][3]


def test_a_sheet_for_each_hamlet() -> None:
    sheet = read(Sheet("DUSUN SUKAMAJU", [HEADER, *simple(3)])).sheets[0]
    assert {p["dusun"] for p in people(sheet)} == {"SUKAMAJU"}


@pytest.mark.parametrize("tick", ["√", "✓", "V", "v", "X", 1, "●"])
def test_tick_matrix(tick: Any) -> None:
    rows: list[list[Any]] = [
        ["NO", "NAMA", "NIK", "JENIS PMKS", "", "", "KET"],
        ["", "", "", "Anak Terlantar", "Lanjut Usia Terlantar", "Fakir Miskin", ""],
        [1, 2, 3, 4, 5, 6, 7],
        *[[i, NAMES[i], nik(i), tick if i % 2 else "", "", tick, ""] for i in range(1, 6)],
        ["JUMLAH", "", "", 3, 0, 5, ""],
    ]
    sheet = read(rows).sheets[0]
    assert kinds(sheet) == {"header": [1, 2], "numbering": [3], "data": [4, 5, 6, 7, 8], "subtotal": [9]}
    assert sheet.rows[0][2] == ["Anak Terlantar", "Fakir Miskin"]
    assert sheet.rows[1][2] == ["Fakir Miskin"]


def test_sex_as_a_pair_of_ticked_columns() -> None:
    rows: list[list[Any]] = [
        ["NO", "NAMA", "JENIS KELAMIN", "", "NIK", "JENIS PMKS"],
        ["", "", "L", "P", "", ""],
        *[[i, NAMES[i], "v" if i % 2 else "", "" if i % 2 else "v", nik(i), "FM"] for i in range(1, 6)],
    ]
    assert [p["jenis_kelamin"] for p in people(read(rows).sheets[0])] == ["L", "P", "L", "P", "L"]


def test_several_tables_on_one_sheet() -> None:
    other = ["NO", "NAMA LENGKAP", "UMUR", "ALAMAT", "JENIS PMKS"]
    rows: list[list[Any]] = [["TABEL 1"], HEADER, *simple(3), [], ["TABEL 2"], other]
    rows += [[i, NAMES[i], 40 + i, "JL. B", "Pengemis"] for i in (1, 2)]
    sheet = read(rows).sheets[0]
    assert kinds(sheet)["data"] == [3, 4, 5, 9, 10]
    assert people(sheet)[3]["umur"] == "41"


def test_combined_columns_are_split() -> None:
    header = ["NO", "NAMA / NIK", "L/P", "TTL", "DUSUN/RT/RW", "JENIS PMKS"]
    rows = [
        [i, f"{NAMES[i]} / {nik(i)}", "L", f"PALEMBANG/1{i}-05-1985", f"KRAJAN RT 0{i}/02", "FM"] for i in range(1, 5)
    ]
    found = people(read([header, *rows]).sheets[0])[0]
    assert (found["nama"], found["nik"]) == (NAMES[1], nik(1))
    assert (found["tempat_lahir"], found["tanggal_lahir"]) == ("PALEMBANG", "11-05-1985")
    assert (found["dusun"], found["rt"], found["rw"]) == ("KRAJAN", "01", "02")


def test_rt_rw_that_excel_turned_into_a_date() -> None:
    header = ["NO", "NAMA", "NIK", "RT/RW", "JENIS PMKS"]
    rows: list[list[Any]] = [[i, NAMES[i], nik(i), "003/001", "FM"] for i in range(1, 5)]
    rows[2][3] = dt.datetime(2024, 1, 3)
    found = people(read([header, *rows]).sheets[0])[2]
    assert (found["rt"], found["rw"]) == ("3", "1")


def test_two_columns_of_one_name_are_distinguished() -> None:
    header = ["NO", "NO", "NAMA", "NAMA", "NIK", "JENIS PMKS"]
    rows = [[i, i, "K", NAMES[i], nik(i), "FM"] for i in range(1, 6)]
    sheet = read([header, *rows]).sheets[0]
    assert column_of(sheet, "nama") == ["D"]


def test_misspelt_and_unknown_headers() -> None:
    header = [
        "NO",
        "NO.NIK",
        "Nomer KK",
        "Nama Lengkp",
        "J.K",
        "TMPT LHR",
        "Tangal Lahirr",
        "Hub. Kel",
        "Warna Rumah",
        "Jenis PKMS",
    ]
    rows = [[i, nik(i), kk(i), NAMES[i], "L", "X", "12-05-1985", "ANAK", "biru", "FM"] for i in range(1, 5)]
    sheet = read([header, *rows]).sheets[0]
    fields = {c.letter: c.field for c in sheet.columns}
    assert [fields[c] for c in "BCDEFGHIJ"] == [
        "nik", "no_kk", "nama", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "hubungan", None, "kategori",
    ]  # fmt: skip
    assert json.loads(sheet.rows[0][6])["I"] == "biru"


def test_a_row_without_a_name_or_number_stays_a_row() -> None:
    rows = simple(5)
    rows[2][3] = ""
    rows[3][1] = rows[3][2] = ""
    assert kinds(read([HEADER, *rows]).sheets[0])["data"] == [2, 3, 4, 5, 6]


def test_prenumbered_empty_rows_are_blank() -> None:
    rows = [*simple(3), *[[i, "", "", "", "", "", ""] for i in range(4, 9)]]
    assert kinds(read([HEADER, *rows]).sheets[0]) == {"header": [1], "data": [2, 3, 4], "blank": [5, 6, 7, 8, 9]}


def test_file_of_heads_only_counts_the_heads() -> None:
    header = ["NO", "NIK", "NAMA KEPALA KELUARGA", "ALAMAT", "JENIS PMKS"]
    rows = [[i, nik(i), NAMES[i], "JL. A", "RTLH"] for i in range(1, 4)]
    found = people(read([header, *rows]).sheets[0])
    assert found[0]["nama"] == found[0]["kepala_keluarga"] == NAMES[1]


def test_mixed_title_is_no_category() -> None:
    header = ["NO", "NAMA", "NIK"]
    rows = [[i, NAMES[i], nik(i)] for i in range(1, 4)]
    assert read([["DATA FAKIR MISKIN DAN LANSIA TERLANTAR"], [], header, *rows]).hold == "no_category"
    assert read([["DATA PMKS"], [], header, *rows]).hold == "no_category"
    assert read([header, *rows], name="DATA FAKIR MISKIN 2023.xlsx").hold is None


def test_a_list_of_helpers_waits_with_the_title_that_says_so() -> None:
    header, *rows = [row[:-1] for row in [HEADER, *simple(3)]]
    result = read([["DAFTAR PENGURUS LKS LANSIA"], [], header, *rows], name="lansia terlantar.xlsx")
    assert result.hold == "lists_helpers"
    assert result.hold_facts == {"lembar": "Sheet1", "judul": "DAFTAR PENGURUS LKS LANSIA"}


@pytest.mark.parametrize(
    ("title", "ages", "relations", "held"),
    [
        ("DATA KELUARGA LANSIA", False, ["Kepala Keluarga", "Anak", "Cucu"], True),
        ("DATA LANSIA TERLANTAR DAN ANGGOTA KELUARGANYA", False, ["Kepala Keluarga", "Anak", "Cucu"], True),
        ("DATA KELUARGA PENYANDANG DISABILITAS", True, ["Kepala Keluarga", "Anak", "Cucu"], True),
        ("DATA KELUARGA LANSIA", True, ["Kepala Keluarga", "Anak", "Cucu"], False),  # ages tell who is old
        ("DATA KELUARGA LANSIA", False, ["Kepala Keluarga", "Istri", "Mertua"], False),
        ("DATA KELUARGA MISKIN", False, ["Kepala Keluarga", "Anak", "Cucu"], False),
        ("DATA PENYANDANG DISABILITAS", False, ["Anak", "Anak", "Anak"], False),
    ],
)
def test_of_families_nobody_is_guessed_to_be_of_the_category(
    title: str, *, ages: bool, relations: list[str], held: bool
) -> None:
    rows = [[NAMES[i], relation, str(30 * i) if ages else ""] for i, relation in enumerate(relations, 1)]
    result = read([[title], [], ["NAMA", "HUB KELUARGA", "UMUR"], *rows], name="a.xlsx")
    assert result.hold == ("category_of_family" if held else None)
    assert result.hold_facts == ({"lembar": "Sheet1", "judul": title} if held else {})


@pytest.mark.parametrize("head", ["NAMA ALMARHUM", "Nama Almarhum/ah", "NAMA YANG MENINGGAL"])
def test_a_list_of_who_died_is_called_so(head: str) -> None:
    rows = [[i, NAMES[i], nik(i), "12-03-2024", NAMES[-i]] for i in range(1, 4)]
    result = read([["NO", head, "NIK ALMARHUM", "TANGGAL MENINGGAL", "AHLI WARIS"], *rows])
    assert (result.hold, result.hold_facts, result.proposal) == (
        "lists_the_dead",
        {"lembar": "Sheet1", "judul": head},
        "",
    )


def test_corrections_sheet_is_no_list() -> None:
    first = Sheet(
        "PERBAIKAN", [["pmks_submission_id: " + "0" * 64], ["NO", "LEMBAR", "NIK", "NAMA"], [1, "A", nik(1), "X"]]
    )
    result = read(first, Sheet("A", [HEADER, *simple(3)]))
    assert [len(sheet.rows) for sheet in result.sheets] == [0, 3]


def test_hidden_rows_and_sheets_are_read_and_marked() -> None:
    rows = [HEADER, *simple(3)]
    assert [row[7] for row in read(Sheet("A", rows, hidden_rows=frozenset({3}))).sheets[0].rows] == [False, True, False]
    assert [row[7] for row in read(Sheet("A", rows, hidden=True)).sheets[0].rows] == [False, False, False]
