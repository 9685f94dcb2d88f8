"""Corrections workbooks: the village's own sheets, every fault findable, nothing changed and nothing alive."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
from itertools import chain
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.formula import ArrayFormula

from assets.publications.corrections import (
    PROPERTY,
    Due,
    as_written,
    corrections_report,
    page_path,
    remove_stale,
    write_corrections,
    write_proposal,
)
from assets.publications.corrections_list import Line, choices, texts
from assets.publications.corrections_page import MOST_CARDS, page_of, without_numbers
from assets.publications.suggestions import SUGGESTED, suggest
from validation.correction_lines import SUBMISSION_MARK
from validation.fields import FIELDS
from validation.findings import CATALOGUE
from warehouse.processes import FEW, shared_out

ID = "ab" * 32
Table = list[dict[str, Any]]
HEADER = ["NO", "NAMA", "NIK", "L/P", "TANGGAL LAHIR", "JENIS PMKS"]
FIELD_OF = [None, "nama", "nik", "jenis_kelamin", "tanggal_lahir", "kategori"]
PEOPLE: list[list[Any]] = [
    [1, "=HYPERLINK(1)", 9171010101900001, "L", "07/01/1985", "Lansia Terlntar"],
    [2, "+SITI", "1610054107859003", "L", "07/01/1985", "Fakir Miskin"],
    [3, "", "'161005 410785 9004", "P", "1990", "????"],
]
TITLES = 3


def submission(kind: str = "xlsx", **more: Any) -> dict[str, Any]:
    return {
        "submission_id": ID,
        "path": f"16.10.05.2036/2024/daftar uji.{kind}",
        "format": kind,
        "kode_desa": "16.10.05.2036",
        "periode": "2024",
        "declaration": "{}",
        "outcome": "accepted",
    } | more


def village_list(path: Path) -> Path:
    """A village's xlsx with titles, formulas, a link, a merged header cell and a numeric NIK of Papua."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "DATA 2024"
    sheet["A1"] = "DAFTAR UJI"
    sheet.merge_cells("A1:F1")
    sheet["A2"] = "=1+1"
    sheet["B2"] = ArrayFormula("B2:B2", "=SUM(1,2)")
    sheet["C2"] = "tautan"
    sheet["C2"].hyperlink = "http://example.invalid/"
    for column, header in enumerate(HEADER, 1):
        sheet.cell(TITLES, column, header)
    for row, values in enumerate(PEOPLE, TITLES + 1):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
    sheet.column_dimensions["B"].width = 33
    book.defined_names["nama_pengirim"] = openpyxl.workbook.defined_name.DefinedName("nama_pengirim", attr_text="1+1")
    book.save(path)
    return with_exact_number(path)


def with_exact_number(path: Path) -> Path:
    """Put the NIK of Papua into the sheet's XML, as Excel would not and other programs do: openpyxl rounds it."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    exact = members[name].replace(b"<v>9171010101900000</v>", b"<v>9171010101900001</v>")
    assert exact != members[name]
    with zipfile.ZipFile(path, "w") as new:
        for member, content in (members | {name: exact}).items():
            new.writestr(member, content)
    return path


def fields_value(values: list[Any], name: str) -> Any:
    """What a row of `PEOPLE` has for a field; None if it has no such column."""
    return values[FIELD_OF.index(name)] if name in FIELD_OF else None


def tables(sheet: str = "DATA 2024") -> tuple[Table, Table, Table, Table]:
    """findings, quarantined, columns and raw rows of the list above, as the lake holds them."""

    def finding(row: int | None, column: str | None, field: str | None, code: str, severity: str) -> dict[str, Any]:
        message = f"pesan {code}"
        keys = {"submission_id": ID, "sheet": sheet, "row": row, "column": column, "field": field}
        return keys | {"code": code, "severity": severity, "message": message}

    found = [
        finding(4, "F", "kategori", "category_fuzzy", "fix"),
        finding(5, "D", "jenis_kelamin", "sex_not_that_of_nik", "warning"),
        finding(5, "D", "jenis_kelamin", "hidden_row", "info"),
        finding(5, "E", "tanggal_lahir", "birth_date_swapped_with_nik", "warning"),
        finding(6, "B", "nama", "name_missing", "error"),
        finding(6, "F", "kategori", "category_unknown", "error"),
        finding(6, None, None, "name_several_persons", "warning"),
        finding(None, None, None, "hidden_sheet", "info"),
    ]
    quarantined = [{"record_id": "r", "submission_id": ID, "sheet": sheet, "row": 6, "reasons": ["x"]}]
    columns = [
        {
            "submission_id": ID,
            "sheet": sheet,
            "header_row": TITLES,
            "column": get_column_letter(n),
            "header": header,
            "field": field,
            "code_map": None,
        }
        for n, (header, field) in enumerate(zip(HEADER, FIELD_OF, strict=True), 1)
    ]
    rows = []
    for row, values in enumerate(PEOPLE, TITLES + 1):
        raw = {get_column_letter(n): str(value) for n, value in enumerate(values, 1)}
        fields = dict.fromkeys(FIELDS, "") | {f: str(v) for f, v in zip(FIELD_OF, values, strict=True) if f}
        keys = {"submission_id": ID, "sheet": sheet, "row": row, "header_row": TITLES, "raw": json.dumps(raw)}
        kinds = "".join("n" if isinstance(fields_value(values, name), int) else "t" for name in FIELDS)
        rows.append(keys | fields | {"types": kinds})
    return found, quarantined, columns, rows


def write_one(*made_from: Any) -> Path | None:
    """The workbook of one list, None where there is nothing to say; the last of what is given is the folder."""
    *of_list, target = made_from
    name = next(iter(write_corrections([Due(*of_list)], target)), None)
    return target / name if name else None


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = write_one(submission(), village_list(tmp_path / "asal.xlsx"), *tables(), tmp_path / "corrections")
    assert path is not None
    return path


def test_it_lies_in_the_villages_folder_under_a_name_that_says_what_it_is(written: Path) -> None:
    assert written.parent.name == "16.10.05.2036"
    assert written.name == "daftar uji - PERBAIKAN 16.10.05.2036 2024 abababab.xlsx"
    assert written.stat().st_mode & 0o777 == 0o600


def test_the_submission_is_named_in_the_first_cell_and_in_a_property(written: Path) -> None:
    book = openpyxl.load_workbook(written)
    assert book.sheetnames == ["PERBAIKAN", "DATA 2024"]
    assert book["PERBAIKAN"]["A1"].value == SUBMISSION_MARK + ID
    assert {p.name: p.value for p in book.custom_doc_props.props}[PROPERTY] == ID


def test_no_value_of_the_list_is_changed_and_no_formula_survives(written: Path) -> None:
    sheet = openpyxl.load_workbook(written)["DATA 2024"]
    for row, values in enumerate(PEOPLE, TITLES + 1):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column)
            shown = str(value) if column > 1 else value
            assert (cell.value or "") == shown, cell.coordinate
    kinds = {
        cell.data_type for book in [openpyxl.load_workbook(written)] for s in book for r in s.iter_rows() for cell in r
    }
    assert "f" not in kinds
    assert sheet["C4"].data_type == "s"
    assert sheet["C4"].number_format == "@"
    assert sheet["B4"].quotePrefix


def test_what_concerns_the_whole_file_points_at_no_sheet(tmp_path: Path) -> None:
    findings, quarantined, columns, rows = tables()
    whole = [findings[-1] | {"sheet": None, "code": "no_header", "severity": "error"}]
    path = write_one(
        submission(outcome="held"), village_list(tmp_path / "asal.xlsx"), whole, quarantined, columns, rows, tmp_path
    )
    assert path is not None
    shown = openpyxl.load_workbook(path)["PERBAIKAN"]
    lines = [[cell.value for cell in row] for row in shown.iter_rows(max_col=12)]
    (line,) = [line for line in lines if line[0] == 1 and line[6] == "Wajib diperbaiki"]
    assert line[1:6] == ["seluruh berkas", None, None, None, None]
    assert line[11] is None
    assert any("berkas ini belum dapat dipakai" in str(line[1]) for line in lines)


def test_a_digit_that_excel_lost_is_asked_for_and_never_taken_for_known(tmp_path: Path) -> None:
    findings, quarantined, columns, raw_rows = tables()
    archived = village_list(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(archived)
    book["DATA 2024"]["C5"] = 1610054107859000
    book.save(archived)
    raw_rows[1]["types"] = raw_rows[1]["types"].replace("t", "n", 1)
    path = write_one(submission(), archived, findings, quarantined, columns, raw_rows, tmp_path / "c")
    assert path is not None
    cell = openpyxl.load_workbook(path)["DATA 2024"]["C5"]
    assert (cell.value, cell.data_type, cell.number_format) == ("161005410785900?", "s", "@")


def test_what_could_call_out_is_gone_and_the_look_stays(written: Path) -> None:
    book = openpyxl.load_workbook(written)
    sheet = book["DATA 2024"]
    assert not book.defined_names
    assert sheet["C2"].hyperlink is None
    assert (sheet["C2"].value, sheet["A2"].value) == ("tautan", None)
    assert sheet.column_dimensions["B"].width == 33
    assert [str(area) for area in sheet.merged_cells.ranges] == ["A1:F1"]


def test_every_faulty_cell_is_coloured_and_says_what_is_wrong_and_expected(written: Path) -> None:
    sheet = openpyxl.load_workbook(written)["DATA 2024"]
    fills = {at: sheet[at].fill.fgColor.rgb[-6:] for at in ("F4", "D5", "E5", "B6", "F6")}
    of = {severity: look["fill"] for severity, look in texts()["severity"].items()}
    assert fills == {"F4": of["fix"], "D5": of["warning"], "E5": of["warning"], "B6": of["error"], "F6": of["error"]}
    comment = sheet["D5"].comment.text
    assert "pesan sex_not_that_of_nik" in comment and "pesan hidden_row" in comment
    assert f"Diharapkan: {CATALOGUE['sex_not_that_of_nik']['expected']}" in comment
    assert "Saran: menurut NIK: P" in comment
    assert "Saran: menurut NIK: 01-07-1985" in sheet["E5"].comment.text
    assert "Saran: Lanjut Usia Terlantar" not in (sheet["F6"].comment.text)
    assert sheet["A6"].comment is not None, "a finding on a whole row is shown at its first cell"
    assert sheet["B4"].comment is None


def test_the_list_begins_with_what_is_urgent_and_links_to_each_cell(written: Path) -> None:
    sheet = openpyxl.load_workbook(written)["PERBAIKAN"]
    top = next(row for row in range(1, 40) if sheet.cell(row, 1).value == "No")
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=top + 1, max_col=12)]
    links = {sheet.cell(top + n, 12).hyperlink.location for n in range(1, 9)}
    assert [line[0] for line in lines[:8]] == list(range(1, 9))
    labels = [texts()["severity"][s]["label"] for s in ("error", "error", *["warning"] * 3, "fix", "info", "info")]
    assert [line[6] for line in lines[:8]] == labels
    assert {"'DATA 2024'!F6", "'DATA 2024'!D5", "'DATA 2024'!A6"} <= links
    assert sheet["A4"].value == "Baris orang: 2 diterima, 1 belum dapat dipakai."


def test_coded_columns_have_drop_downs_over_the_rows_of_people(written: Path) -> None:
    book = openpyxl.load_workbook(written)
    sheet = book["DATA 2024"]
    found = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    assert set(found) == {"D4:D6", "F4:F6"}
    reference = found["F4:F6"].split("!")[1].replace("$", "")
    values = [row[0].value for row in book["PERBAIKAN"][reference]]
    assert values == choices()["kategori"]


def test_each_line_names_the_person_and_the_sheet_is_locked(written: Path) -> None:
    sheet = openpyxl.load_workbook(written)["PERBAIKAN"]
    top = next(row for row in range(1, 40) if sheet.cell(row, 1).value == "No")
    names = {(sheet.cell(row, 3).value, sheet.cell(row, 4).value) for row in range(top + 1, top + 9)}
    assert names == {(4, "=HYPERLINK(1)"), (5, "+SITI"), (6, None), ("seluruh lembar", None)}
    assert sheet.protection.sheet and not sheet.protection.autoFilter, "what is filtered is not typed"
    assert not openpyxl.load_workbook(written)["DATA 2024"].protection.sheet


def test_cells_stand_in_the_order_of_their_columns_and_rows_in_theirs(written: Path) -> None:
    with zipfile.ZipFile(written) as archive:
        sheets = [etree.fromstring(archive.read(name)) for name in archive.namelist() if "worksheets/sheet" in name]
    assert len(sheets) > 1
    for rows in (list(sheet.iter("{*}row")) for sheet in sheets):
        places = [coordinate_to_tuple(cell.get("r", "")) for row in rows for cell in row]
        assert places == sorted(set(places)), "some programs repair what is not"
        assert [int(row.get("r", "")) for row in rows] == sorted({int(row.get("r", "")) for row in rows})


def test_a_column_that_people_need_and_the_list_lacks_is_added(tmp_path: Path) -> None:
    findings, quarantined, columns, raw_rows = tables()
    wanted = [
        (5, "terlantar", "neglect_not_stated"),
        (5, "jenis_disabilitas", "disability_kind_missing"),
        (6, "terlantar", "neglect_not_stated"),
    ]
    findings += [findings[3] | {"row": row, "column": None, "field": f, "code": code} for row, f, code in wanted]
    archived = village_list(tmp_path / "a.xlsx")
    path = write_one(submission(), archived, findings, quarantined, columns, raw_rows, tmp_path / "c")
    assert path is not None
    book = openpyxl.load_workbook(path)
    sheet = book["DATA 2024"]
    assert [cell.value for cell in sheet[TITLES]] == [*HEADER, "JENIS DISABILITAS", "TERLANTAR"]
    assert [[cell.value for cell in row] for row in sheet["G4:H6"]] == [[None, None]] * 3
    yellow = texts()["severity"]["warning"]["fill"]
    marked = {cell.coordinate for row in sheet["G4:H6"] for cell in row if cell.fill.fgColor.rgb[-6:] == yellow}
    assert marked == {"G5", "H5", "H6"} == {c.coordinate for row in sheet["G4:H6"] for c in row if c.comment}
    offered = {str(v.sqref): v.formula1.split("!")[1].replace("$", "") for v in sheet.data_validations.dataValidation}
    values = [row[0].value for row in book["PERBAIKAN"][offered["H4:H6"]]]
    assert values == choices()["terlantar"]
    links = {row[0].hyperlink.location for row in book["PERBAIKAN"]["L1:L40"] if row[0].hyperlink}
    assert {"'DATA 2024'!G5", "'DATA 2024'!H5", "'DATA 2024'!H6"} <= links


def test_every_sheet_prints_on_a4_with_its_header_on_every_page(written: Path) -> None:
    for sheet in openpyxl.load_workbook(written):
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and "&P" in sheet.oddFooter.right.text
        top = next(row for row in range(1, 40) if sheet.cell(row, 1).value in ("No", HEADER[0]))
        assert sheet.print_title_rows == f"${top}:${top}"


def test_a_sheets_own_codes_are_what_its_drop_down_offers(tmp_path: Path) -> None:
    findings, quarantined, columns, raw_rows = tables()
    columns[3]["code_map"] = '{"1": "L", "0": "P"}'
    path = write_one(
        submission(), village_list(tmp_path / "a.xlsx"), findings, quarantined, columns, raw_rows, tmp_path / "c"
    )
    assert path is not None
    sheet = openpyxl.load_workbook(path)["DATA 2024"]
    assert {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}["D4:D6"] == '"1,0"'


@pytest.mark.parametrize("kind", ["xls", "csv", "html"])
def test_other_formats_are_rewritten_with_every_person_in_place(tmp_path: Path, kind: str) -> None:
    archived = tmp_path / "asal"
    if kind == "xls":
        book = xlwt.Workbook()
        page = book.add_sheet("DATA 2024")
        page.write(0, 0, "DAFTAR UJI")
        for row, values in enumerate([HEADER, *PEOPLE], TITLES - 1):
            for column, value in enumerate(values):
                page.write(row, column, value)
        book.save(str(archived))
    else:
        archived.write_text("not read")
    sheet_name = "" if kind == "csv" else "DATA 2024"
    path = write_one(submission(kind), archived, *tables(sheet_name), tmp_path / "c")
    assert path is not None
    sheet = openpyxl.load_workbook(path).worksheets[1]
    assert sheet.title == ("DATA" if kind == "csv" else "DATA 2024")
    assert [cell.value for cell in sheet[TITLES]] == HEADER
    assert [sheet.cell(row, 2).value for row in (4, 5)] == ["=HYPERLINK(1)", "+SITI"]
    assert sheet["C5"].value == "1610054107859003"
    assert sheet["B4"].data_type == "s"
    assert sheet["F6"].comment is not None


@pytest.mark.parametrize("fault", ["merged", "broken"])
def test_a_workbook_that_cannot_be_kept_as_it_is_still_goes_back_whole(tmp_path: Path, fault: str) -> None:
    archived = village_list(tmp_path / "asal.xlsx")
    if fault == "broken":
        archived.write_bytes(archived.read_bytes()[:2000])
    else:
        with zipfile.ZipFile(archived) as old:
            members = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(archived, "w") as new:
            for name, content in members.items():
                new.writestr(name, content.replace(b'ref="A1:F1"', b'ref="A100:XFD1048576"'))
    path = write_one(submission(), archived, *tables(), tmp_path / "c")
    assert path is not None
    sheet = openpyxl.load_workbook(path)["DATA 2024"]
    assert [cell.value for cell in sheet[TITLES]] == HEADER
    assert [sheet.cell(row, 2).value for row in (4, 5)] == ["=HYPERLINK(1)", "+SITI"]
    assert sheet["C4"].value == "9171010101900001"


def test_nothing_to_tell_is_no_workbook(tmp_path: Path) -> None:
    findings, *others = tables()
    assert write_one(submission(), tmp_path / "none", findings[:0], *others, tmp_path / "c") is None
    assert not (tmp_path / "c").exists()


def test_a_rejected_file_is_never_opened_but_explained(tmp_path: Path) -> None:
    findings, *others = tables()
    about = submission(outcome="rejected", kode_desa=None, periode=None)
    path = write_one(about, tmp_path / "does not exist", findings[-1:], *others, tmp_path / "c")
    assert path is not None
    assert path.parent.name == "_desa_belum_diketahui"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["PERBAIKAN"]
    shown = [cell.value for cell in book["PERBAIKAN"]["A"]]
    assert texts()["not_read"] in shown
    assert set(texts()["not_opened"]) <= set(shown) and not set(texts()["steps"]) & set(shown)
    page = page_path(path).read_text(encoding="utf-8")
    assert all(text in page for text in texts()["not_opened"]) and texts()["phone"]["guide"][0] not in page


def test_the_same_findings_leave_the_file_alone_and_other_findings_replace_it(tmp_path: Path, written: Path) -> None:
    before = written.stat()
    findings, *others = tables()
    same = write_one(submission(), tmp_path / "asal.xlsx", findings, *others, tmp_path / "corrections")
    assert same == written
    assert (written.stat().st_ino, written.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    write_one(submission(), tmp_path / "asal.xlsx", findings[1:], *others, tmp_path / "corrections")
    assert written.stat().st_ino != before.st_ino


def test_helpers_write_the_workbooks_that_are_written_here(tmp_path: Path) -> None:
    archived = village_list(tmp_path / "asal.xlsx")

    def written_to(folder: str, workers: int) -> list[dict[str, bytes]]:
        ids = [f"{n:064x}"[::-1] for n in range(FEW + 1)]
        target = tmp_path / folder
        due = [Due(submission(submission_id=each), archived, *tables()) for each in ids]
        names = chain(*shared_out(write_corrections, [([each], target) for each in due], workers))
        paths = sorted(target / name for name in names)
        assert {path.name for path in target.rglob("[!.]*[!l]")} == {path.name for path in paths} | {"16.10.05.2036"}
        return [members(path) for path in paths]

    assert written_to("here", 1) == written_to("helpers", 2)


def members(path: Path) -> dict[str, bytes]:
    """The parts of a workbook, but for the one that says when it was written."""
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"}


def test_what_a_village_typed_into_it_in_place_is_kept(tmp_path: Path, written: Path) -> None:
    book = openpyxl.load_workbook(written)
    book["DATA 2024"]["B6"] = "NAMA BARU"
    book.save(written)
    findings, *others = tables()
    write_one(submission(), tmp_path / "asal.xlsx", findings[1:], *others, tmp_path / "corrections")
    kept = next(written.parent.glob("*suntingan*.xlsx"))
    assert openpyxl.load_workbook(kept)["DATA 2024"]["B6"].value == "NAMA BARU"
    assert openpyxl.load_workbook(written)["DATA 2024"]["B6"].value is None


def test_a_page_for_the_phone_says_of_whom_to_ask_what_and_less_than_the_workbook(written: Path) -> None:
    page = page_path(written).read_text(encoding="utf-8")
    cards = [" ".join(" ".join(card.itertext()).split()) for card in html.fromstring(page).xpath("//ol/li")]
    assert len(cards) == 2, "one a row that needs somebody, the most urgent first"
    assert cards[0].startswith("Tanpa nama Lembar DATA 2024, baris 6")
    assert cards[1].startswith("+SITI Lembar DATA 2024, baris 5")
    for code in ("name_missing", "category_unknown", "name_several_persons"):
        assert f"pesan {code}" in cards[0] and CATALOGUE[code]["expected"] in cards[0]
    assert "Isi sekarang ????" in cards[0] and "Saran menurut NIK: 01-07-1985" in cards[1]
    assert "pesan hidden_sheet (1×)" in page, "of the rest, counts"
    assert "HYPERLINK" not in page and "pesan category_fuzzy (1×)" in page
    assert not re.search(r"https?:|<script|src=", page) and written.stem not in page
    assert stat.S_IMODE(page_path(written).stat().st_mode) == 0o600


@given(st.text(max_size=40), st.integers(10**9, 10**17), st.text(max_size=40))
def test_no_long_number_stands_on_the_page(before: str, number: int, after: str) -> None:
    """However a NIK is broken up by blanks, dots or lines, its middle is not to be read."""
    digits = str(number)
    for shown in (digits, " ".join(digits), f"{digits[:6]}.{digits[6:]}", f"{digits[:6]}-{digits[6:]}"):
        assert shown not in without_numbers(f"{before}{shown}{after}")


def test_a_page_that_was_lost_or_changed_is_written_again(tmp_path: Path, written: Path) -> None:
    said = page_path(written).read_bytes()
    for damage in (said[:100], said.replace(b"+SITI", b"+SUTI"), None):
        if damage is None:
            page_path(written).unlink()
        else:
            page_path(written).write_bytes(damage)
        page = page_path(written).relative_to(tmp_path / "corrections").as_posix()
        assert as_written(tmp_path / "corrections").get(page) in (None, hashlib.sha256(said).hexdigest())
        write_one(submission(), tmp_path / "asal.xlsx", *tables(), tmp_path / "corrections")
        assert page_path(written).read_bytes() == said
    assert not list(written.parent.glob("*suntingan*")), "nobody typed into the workbook"


def test_a_long_list_stays_a_page_that_opens() -> None:
    line = Line("DATA", 1, "SITI", "C", "NIK", "warning", "pesan", "1", "", None, None)
    lines = [line._replace(row=row) for row in range(1, MOST_CARDS + 11)]
    facts = {"accepted": len(lines), "quarantined": 0, "path": "a/b.xlsx", "desa": "X", "periode": "2024"}
    facts["opened"] = True
    page = page_of(facts, lines).decode()
    assert page.count("<h3>") == MOST_CARDS and "dan 10 lagi" in page and "Perlu diperiksa: 310" in page


def test_declarations_and_proposals_stand_beside_it(tmp_path: Path) -> None:
    about = submission(declaration='{"kode_pmks": ["24"], "menggantikan": "lama.xlsx"}')
    original = village_list(tmp_path / "a.xlsx")
    for _ in range(2):  # what somebody removed comes back
        path = write_one(about, original, *tables(), tmp_path / "c")
        assert path is not None
        beside = path.with_name(path.name + ".yml")
        assert json.loads(beside.read_text()) == {"kode_pmks": ["24"]}
        beside.unlink()
    proposal = write_proposal(about, "kolom: {}\n", tmp_path / "c")
    assert proposal.parent == path.parent
    assert proposal.read_text() == "kolom: {}\n"
    whole = proposal.stat()
    write_proposal(about, "kolom: {}\n", tmp_path / "c")
    assert (proposal.stat().st_ino, proposal.stat().st_mtime_ns) == (whole.st_ino, whole.st_mtime_ns)
    proposal.write_text("kolom: {nik: B}\n")
    write_proposal(about, "kolom: {}\n", tmp_path / "c")
    assert sorted(path.read_text() for path in proposal.parent.glob("*usulan*.yml")) == [
        "kolom: {nik: B}\n",
        "kolom: {}\n",
    ]


def test_solved_and_new_findings_are_distinguished_even_when_rows_moved() -> None:
    old = pd.DataFrame(tables()[0]).astype({"row": "Int64"})
    urgent = old[old["severity"].isin(["error", "warning"])]
    moved = urgent.assign(row=urgent["row"] + 7)
    assert tuple(corrections_report(old, moved)) == (0, 5, 0)
    assert tuple(corrections_report(old, old[:0])) == (5, 5, 0)
    extra = urgent.assign(code="lain")[:1]
    assert str(corrections_report(old, pd.concat([urgent[:2], extra]))) == "3 of 5 solved, 1 new"


def test_suggestions_need_ground_in_the_row() -> None:
    assert suggest("tanggal_lahir", {"nik": "1610054107859003", "tanggal_lahir": ""}, []) is None
    assert suggest("tanggal_lahir", {"nik": "1610053102859003", "tanggal_lahir": "1985"}, []) is None
    assert suggest("jenis_kelamin", {"nik": "161005410785900"}, []) is None
    assert suggest("nik", {"nik": "161005410785900"}, []) is None
    assert suggest("kategori", {"kategori": "zzzz"}, choices()["kategori"]) is None
    assert suggest("kategori", {"kategori": "fakir miskin"}, choices()["kategori"]) is None


def test_workbooks_nobody_asks_for_any_more_go_unless_someone_typed_into_them(tmp_path: Path, written: Path) -> None:
    about = submission(submission_id="cd" * 32, declaration='{"kode_pmks": ["24"], "menggantikan": "a.xlsx"}')
    other = write_one(about, tmp_path / "asal.xlsx", *tables(), tmp_path / "corrections")
    assert other is not None
    names = {path.relative_to(tmp_path / "corrections").as_posix() for path in (written, other)}
    assert remove_stale(tmp_path / "corrections", names) == 0
    assert remove_stale(tmp_path / "corrections", {f"{written.parent.name}/{written.name}"}) == 1
    assert sorted(path.suffix for path in written.parent.iterdir()) == [".html", ".sha256", ".xlsx"]
    book = openpyxl.load_workbook(written)
    book["DATA 2024"]["B6"] = "NAMA BARU"
    book.save(written)
    assert page_path(written).exists()
    assert remove_stale(tmp_path / "corrections", set()) == 0
    assert written.exists() and not page_path(written).exists()


def test_the_tables_of_texts_are_sound() -> None:
    assert set(choices()) <= set(SUGGESTED) < set(FIELDS)
    assert choices()["jenis_kelamin"] == ["L", "P"]
    assert len(choices()["kategori"]) == 28
    assert all(len(set(values)) == len(values) > 1 for values in choices().values())
    assert len(texts()["headers"]) == len(texts()["widths"])
    assert list(texts()["severity"]) == ["error", "warning", "fix", "info"]
