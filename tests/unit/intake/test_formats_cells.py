"""What a cell holds comes out as it stands in the file: digits, errors, formulas, marks, merges, in every format."""

import datetime as dt
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import odfdo
import openpyxl
import pytest
import xlsxwriter
import xlwt
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from xlwt import CompoundDoc

from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import CellError, Sheet, Uncalculated
from tests.support.written import EXACT, WRITERS, raw_ods, raw_spreadsheetml, raw_xlsx, sheet_xml

PAPUA = [9171010101900001, 9201234567890127, 9471015505880003, 9604120712990009, 9701234506780005]
"""Invented; odd, and above 2^53, so that a double cannot hold them."""


def read(path: Path, data: bytes | str) -> Sheet:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_workbook(path).sheets[0]


def cells(sheet: Sheet) -> dict[tuple[int, int], Any]:
    return {
        (sheet.first_row + i, sheet.first_column + j): value
        for i, row in enumerate(sheet.rows)
        for j, value in enumerate(row)
        if value != ""
    }


def commented_by_openpyxl(path: Path) -> None:
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet()
    first["A1"], second["B3"] = "NAMA", "SITI"
    second["B3"].comment = Comment("sudah meninggal", "operator")
    second["AA7"].comment = Comment("pindah", "operator")
    book.save(path)


def commented_by_xlsxwriter(path: Path) -> None:
    book = xlsxwriter.Workbook(path)
    book.add_worksheet().write("A1", "NAMA")
    sheet = book.add_worksheet()
    sheet.write("B3", "SITI")
    sheet.write_comment("B3", "sudah meninggal")
    sheet.write_comment("AA7", "pindah")
    book.close()


def commented_in_ods(path: Path) -> None:
    note = "<office:annotation><text:p>sudah meninggal</text:p></office:annotation>"
    cell, blank = (
        f"<table:table-cell>{note}</table:table-cell>",
        '<table:table-cell table:number-columns-repeated="%d"/>',
    )
    rows = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        f"<table:table-row>{blank % 1}{cell}</table:table-row>"
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        f"<table:table-row>{blank % 26}{cell}</table:table-row>"
    )
    path.write_bytes(raw_ods(f'<table:table/><table:table table:name="2">{rows}</table:table>'))


@pytest.mark.parametrize("write", [commented_by_openpyxl, commented_by_xlsxwriter, commented_in_ods])
def test_cells_with_a_comment_are_known_and_its_text_is_no_cell(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path / "desa.xlsx")
    plain, commented = read_workbook(tmp_path / "desa.xlsx").sheets
    assert (plain.commented, commented.commented) == (frozenset(), {(3, 1), (7, 26)})
    assert not {"sudah meninggal", "pindah"} & set(cells(commented).values())


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_papua_nik_as_text_is_exact_in_every_format(writer: str, tmp_path: Path) -> None:
    format_, write = WRITERS[writer]
    path = tmp_path / f"desa.{format_}"
    write(path, [["NIK", "NAMA"], *([str(nik), "W"] for nik in PAPUA)])
    assert [row[0] for row in read_workbook(path).sheets[0].rows[1:]] == list(map(str, PAPUA))


@pytest.mark.parametrize("writer", sorted(EXACT - {"csv"}))
def test_papua_nik_as_number_is_exact_where_the_file_holds_its_digits(writer: str, tmp_path: Path) -> None:
    format_, write = WRITERS[writer]
    path = tmp_path / f"desa.{format_}"
    write(path, [["NIK", "NAMA"], *([nik, "W"] for nik in PAPUA)])
    assert [row[0] for row in read_workbook(path).sheets[0].rows[1:]] == PAPUA


@pytest.mark.parametrize("reference", [lambda n: f' r="A{n}"', lambda n: f" r='A{n}'", lambda n: ""])
def test_papua_nik_as_number_is_exact_in_xlsx(reference: Callable[[int], str], tmp_path: Path) -> None:
    rows = "".join(f"<row><c{reference(n)}><v>{nik}</v></c></row>" for n, nik in enumerate(PAPUA, 1))
    assert [row[0] for row in read(tmp_path / "desa.xlsx", raw_xlsx(sheet_xml(rows))).rows] == PAPUA


def test_a_double_is_all_that_xls_holds(tmp_path: Path) -> None:
    path = tmp_path / "desa.xls"
    WRITERS["xls by xlwt"][1](path, [[nik] for nik in PAPUA])
    assert [row[0] for row in read_workbook(path).sheets[0].rows] == [int(float(nik)) for nik in PAPUA]


def test_scientific_notation_and_18_digits_are_exact_in_xlsx(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1"><v>1.61005410785E+15</v></c><c r="B1"><v>320123456789012345</v></c></row>'
    assert read(tmp_path / "desa.xlsx", raw_xlsx(sheet_xml(row))).rows == [[1610054107850000, 320123456789012345]]


def test_prefixed_and_unnumbered_cells_are_found(tmp_path: Path) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    prefixed = (
        f'<x:worksheet xmlns:x="{main}"><x:sheetData><x:row r="2" hidden="1"><x:c r="B2" t="e"><x:v>#N/A</x:v></x:c>'
        f'<x:c r="C2"><x:v>{PAPUA[0]}</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    sheet = read(tmp_path / "a.xlsx", raw_xlsx(prefixed))
    assert (cells(sheet), sheet.hidden_rows) == ({(2, 1): "#N/A", (2, 2): PAPUA[0]}, {2})
    unnumbered = "<row><c><v>1</v></c></row><row hidden='1'><c><v>2</v></c><c t='e'><v>#REF!</v></c></row>"
    sheet = read(tmp_path / "b.xlsx", raw_xlsx(sheet_xml(unnumbered)))
    assert (cells(sheet), sheet.hidden_rows) == ({(1, 0): 1, (2, 0): 2, (2, 1): "#REF!"}, {2})


def test_errors_and_uncalculated_formulas_of_xlsx_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "desa.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1/0", None, "#DIV/0!")
        sheet.write_formula("B1", "=SUM(B2:B9)")
        sheet.write_formula("C1", "=1+1", None, 2)
        sheet.write_formula("D1", '=IF(1,"a&b","")', None, "a&b")
        sheet.write_number("E1", 0)
    [row] = read_workbook(path).sheets[0].rows
    assert row == ["#DIV/0!", "=SUM(B2:B9)", 2, "a&b", 0]
    assert [type(value) for value in row] == [CellError, Uncalculated, int, str, int]


def test_an_error_beyond_all_other_cells_is_kept(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row><row r="3"><c r="C3"><v>1</v></c></row>'
    rows += '<row r="5"><c r="E5" t="e"><v>#REF!</v></c></row>'
    sheet = read(tmp_path / "desa.xlsx", raw_xlsx(sheet_xml(rows)))
    assert cells(sheet) == {(1, 0): "#N/A", (3, 2): 1, (5, 4): "#REF!"}


def test_formulas_never_calculated_by_openpyxl(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["B2"] = '=A1&"<x>"'
    book.save(tmp_path / "desa.xlsx")
    [[value]] = read_workbook(tmp_path / "desa.xlsx").sheets[0].rows
    assert isinstance(value, Uncalculated)
    assert value == '=A1&"<x>"'


def test_hidden_struck_and_merged_in_xlsx(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in range(1, 7):
        sheet.cell(row, 1).value, sheet.cell(row, 2).value, sheet.cell(row, 3).value = row, "a", "b"
    sheet.row_dimensions[3].hidden = True
    for column in (2, 3):
        sheet.cell(4, column).font = Font(strike=True)
    sheet.cell(5, 3).font = Font(strike=True)
    sheet.merge_cells("A8:C9")
    sheet["A8"] = "JUMLAH"
    other = book.create_sheet("Arsip")
    other["A1"], other.sheet_state = 1, "veryHidden"
    book.save(tmp_path / "desa.xlsx")
    first, second = read_workbook(tmp_path / "desa.xlsx").sheets
    assert (first.hidden_rows, first.struck, first.merged) == ({3}, {(4, 1), (4, 2), (5, 2)}, [(8, 0, 9, 2)])
    assert (first.hidden, second.hidden, second.name) == (False, True, "Arsip")


Pieces = list[tuple[str, str | None]]
"""Texts that are struck through (`x`), not (`-`), or as their cell is (None)."""


def in_its_cell(pieces: Pieces, path: Path, cell: Font) -> None:
    """Write a rich text as openpyxl does."""
    book = openpyxl.Workbook()
    font = {"x": InlineFont(strike=True, b=True), "-": InlineFont(b=True)}
    book.worksheets[0]["B3"] = CellRichText(*(TextBlock(font[look], text) if look else text for text, look in pieces))
    book.worksheets[0]["B3"].font = cell
    book.save(path)


def beside_the_sheets(pieces: Pieces, path: Path, cell: Font) -> None:
    """Write it as Excel does."""
    with xlsxwriter.Workbook(path) as book:
        font = {"x": book.add_format({"font_strikeout": True}), "-": book.add_format({"bold": True})}
        parts = [part for text, look in pieces for part in ((font[look], text) if look else (text,))]
        own = book.add_format({"font_strikeout": bool(cell.strike)})
        book.add_worksheet().write_rich_string("B3", *parts, own)


@pytest.mark.parametrize("write", [in_its_cell, beside_the_sheets])
@pytest.mark.parametrize(
    ("cell_is_struck", "pieces", "read", "struck"),
    [
        (False, [("Pemulung ", "x"), ("Pengemis", "-")], "Pengemis", "partly"),
        (False, [("SITI ", None), ("AMINA", "x"), ("AMINAH", "-")], "SITI AMINAH", "partly"),
        (False, [("SITI ", "x"), ("AMINAH", "x")], "SITI AMINAH", "wholly"),
        (False, [("SITI", "x"), (" .", "-")], "SITI .", "wholly"),
        (False, [("SITI ", "-"), ("AMINAH", "-")], "SITI AMINAH", ""),
        (True, [("SITI", None), ("BUDI", "-")], "BUDI", "partly"),
        (True, [("SITI ", "-"), ("AMINAH", "-")], "SITI AMINAH", ""),
        (True, [("SITI ", None), ("AMINAH", "x")], "SITI AMINAH", "wholly"),
    ],
)
def test_what_is_struck_in_a_part_of_a_cell_is_not_read(
    write: Callable[[Pieces, Path, Font], None],
    cell_is_struck: bool,
    pieces: Pieces,
    read: str,
    struck: str,
    tmp_path: Path,
) -> None:
    write(pieces, tmp_path / "desa.xlsx", Font(strike=cell_is_struck))
    sheet = read_workbook(tmp_path / "desa.xlsx").sheets[0]
    assert cells(sheet) == {(3, 1): read}
    assert sheet.struck == ({(3, 1)} if struck == "wholly" else set())
    assert sheet.partly_struck == ({(3, 1)} if struck == "partly" else set())


def xls_with_marks() -> xlwt.Workbook:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    sheet.write(1, 1, "NIK")
    sheet.row(2).set_cell_error(1, 42)
    sheet.write(3, 1, xlwt.Formula("1+1"))
    sheet.write(4, 1, dt.date(1985, 7, 1), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    sheet.write(5, 1, "dicoret", xlwt.easyxf("font: struck_out on"))
    sheet.row(4).hidden = True
    sheet.write_merge(6, 7, 1, 2, "JUMLAH")
    book.add_sheet("Arsip").visibility = 1
    return book


def test_errors_formulas_hidden_struck_and_merged_in_xls(tmp_path: Path) -> None:
    xls_with_marks().save(str(tmp_path / "desa.xls"))
    first, second = read_workbook(tmp_path / "desa.xls").sheets
    found = cells(first)
    assert found == {
        (2, 1): "NIK",
        (3, 1): "#N/A",
        (4, 1): "=",
        (5, 1): dt.date(1985, 7, 1),
        (6, 1): "dicoret",
        (7, 1): "JUMLAH",
    }
    assert (type(found[3, 1]), type(found[4, 1])) == (CellError, Uncalculated)
    assert (first.hidden_rows, first.struck, first.merged) == ({5}, {(6, 1)}, [(7, 1, 8, 2)])
    assert (first.hidden, second.hidden) == (False, True)


def biff5() -> bytes:
    """A workbook of Excel 95: text, a double, an error with a comment, a hidden row; in a stream called `Book`."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def label(row: int, column: int, text: str) -> bytes:
        return record(0x204, struct.pack("<HHHH", row, column, 0, len(text)) + text.encode("cp1252"))

    sheet = (
        record(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0))
        + record(0x208, struct.pack("<HHHHHHHH", 2, 0, 3, 255, 0, 0, 0x120, 15))
        + label(1, 0, "NIK")
        + label(1, 1, "José")
        + record(0x203, struct.pack("<HHHd", 2, 0, 0, 9171010101900000.0))
        + record(0x205, struct.pack("<HHHBB", 2, 1, 0, 0x2A, 1))
        + record(0x1C, struct.pack("<HHH", 2, 1, 4) + b"mati")
        + record(0x0A, b"")
    )
    begin = record(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + record(0x42, struct.pack("<H", 1252))
    named = b"\x00\x00\x04Data"
    offset = len(begin) + 4 + 4 + len(named) + 4
    stream = begin + record(0x85, struct.pack("<I", offset) + named) + record(0x0A, b"") + sheet
    buffer = BytesIO()
    CompoundDoc.XlsDoc().save(buffer, stream)
    name = "Workbook".encode("utf-16-le")
    entry = buffer.getvalue().index(name)
    data = bytearray(buffer.getvalue())
    data[entry : entry + 64] = "Book".encode("utf-16-le").ljust(64, b"\x00")
    data[entry + 64 : entry + 66] = struct.pack("<H", 10)
    return bytes(data)


def test_excel_95(tmp_path: Path) -> None:
    sheet = read(tmp_path / "desa.xls", biff5())
    assert cells(sheet) == {(2, 0): "NIK", (2, 1): "José", (3, 0): 9171010101900000, (3, 1): "#N/A"}
    assert (sheet.hidden_rows, sheet.commented) == ({3}, {(3, 1)})


@pytest.mark.parametrize("mark", ["1", "true"])
def test_dates_of_1904_in_xlsx(mark: str, tmp_path: Path) -> None:
    styles = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
    )
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="/xl/worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>'
    )
    parts = {"xl/styles.xml": styles, "xl/_rels/workbook.xml.rels": relation}
    row = '<row r="1"><c r="A1" s="1"><v>29766</v></c><c r="B1"><v>29766</v></c></row>'
    data = raw_xlsx(sheet_xml(row), workbook=f'<workbookPr date1904="{mark}"/>', more=parts)
    assert read(tmp_path / "desa.xlsx", data).rows == [[dt.date(1985, 6, 30), 29766]]


def test_dates_of_1904_in_xls(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.dates_1904 = True
    day = dt.date(1985, 7, 1)
    book.add_sheet("Data").write(0, 0, day, xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    book.save(str(tmp_path / "desa.xls"))
    assert read_workbook(tmp_path / "desa.xls").sheets[0].rows == [[day]]


def test_ods_by_a_real_writer(tmp_path: Path) -> None:
    document = odfdo.Document("spreadsheet")
    document.body.clear()
    table = odfdo.Table("Data")
    for place, value in {"B3": "NIK", "B4": PAPUA[0], "C4": True, "D4": dt.date(1985, 7, 1), "A6": 1.5}.items():
        table.set_value(place, value)
    document.body.append(table)
    document.save(str(tmp_path / "desa.ods"))
    sheet = read_workbook(tmp_path / "desa.ods").sheets[0]
    expected = {(3, 1): "NIK", (4, 1): PAPUA[0], (4, 2): True, (4, 3): dt.date(1985, 7, 1), (6, 0): 1.5}
    assert cells(sheet) == expected


def test_marks_of_ods(tmp_path: Path) -> None:
    styles = (
        '<style:style style:name="hid"><style:table-properties table:display="false"/></style:style>'
        '<style:style style:name="cut"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    )
    text = '<table:table-cell office:value-type="string"{}><text:p>a</text:p></table:table-cell>'
    spanned = text.format(' table:number-columns-spanned="2" table:number-rows-spanned="2"')
    struck = text.format(' table:style-name="cut"')
    partly = text.format("").replace(">a<", '><text:span text:style-name="cut">b</text:span>c<')
    rows = (
        f"<table:table-row>{spanned}<table:covered-table-cell/></table:table-row>"
        '<table:table-row table:number-rows-repeated="2"/>'
        f'<table:table-row table:visibility="collapse">{text.format("")}</table:table-row>'
        f"<table:table-row>{partly}</table:table-row>"
        f"<table:table-row>{struck}"
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell></table:table-row>'
        '<table:table-row><table:table-cell table:formula="of:=1+1"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048570"/>'
    )
    sheet = read(tmp_path / "desa.ods", raw_ods(f'<table:table table:style-name="hid">{rows}</table:table>', styles))
    shown = {(1, 0): "a", (4, 0): "a", (5, 0): "c", (6, 0): "a", (6, 1): "#DIV/0!", (7, 0): "of:=1+1"}
    assert cells(sheet) == shown
    assert (sheet.merged, sheet.hidden, sheet.hidden_rows) == ([(1, 0, 2, 1)], True, {4})
    assert (sheet.struck, sheet.partly_struck) == ({(6, 0)}, {(5, 0)})


def test_places_and_marks_of_spreadsheetml(tmp_path: Path) -> None:
    table = (
        '<Table><Row ss:Index="3"><Cell ss:Index="2" ss:MergeAcross="1" ss:MergeDown="1">'
        '<Data ss:Type="String">NIK</Data></Cell><Cell><Data ss:Type="Error">#N/A</Data></Cell></Row>'
        f'<Row ss:Hidden="1"><Cell><Data ss:Type="Number">{PAPUA[1]}</Data></Cell></Row>'
        '<Row><Cell ss:Formula="=R1C1" ss:StyleID="s"/><Cell ss:StyleID="s"><Data ss:Type="DateTime">'
        "1985-07-01T00:00:00.000</Data></Cell></Row></Table>"
    )
    hidden = "<Visible>SheetHidden</Visible>"
    options = f'<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel">{hidden}</WorksheetOptions>'
    style = '<Style ss:ID="s"><Font ss:StrikeThrough="1"/></Style>'
    sheet = read(tmp_path / "desa.xls", raw_spreadsheetml(table, style, options))
    expected = {(3, 1): "NIK", (3, 3): "#N/A", (4, 0): PAPUA[1], (5, 0): "=R1C1", (5, 1): dt.datetime(1985, 7, 1)}
    assert cells(sheet) == expected
    assert (sheet.merged, sheet.hidden, sheet.hidden_rows) == ([(3, 1, 4, 2)], True, {4})
    assert sheet.struck == {(5, 0), (5, 1)}


def test_spans_lines_and_text_around_html_tables(tmp_path: Path) -> None:
    page = (
        "<html><body><h3>DAFTAR PMKS</h3><p>DESA : MELATI</p><table>"
        "<tr><th rowspan=2>NO</th><th colspan=2>IDENTITAS</th></tr><tr><th>NIK</th><th>NAMA</th></tr>"
        f"<tr><td>1</td><td x:num='{PAPUA[2]}'>9,47E+15</td><td>SITI<br>AMINAH &amp; anak</td></tr>"
        "<tr style='display: none'><td>2</td></tr><tr><td><s>3</s></td><td style='text-decoration:line-through'>4</td>"
        "<td>SITI <s>AMINA</s> AMINAH</td></tr></table><p>Kepala Desa</p>"
        "<table><tr><td>lain</td></tr></table></body></html>"
    )
    first, second = (read(tmp_path / "desa.xls", page), read_workbook(tmp_path / "desa.xls").sheets[1])
    assert cells(first) == {
        (1, 0): "DAFTAR PMKS",
        (2, 0): "DESA : MELATI",
        (3, 0): "NO",
        (3, 1): "IDENTITAS",
        (4, 1): "NIK",
        (4, 2): "NAMA",
        (5, 0): "1",
        (5, 1): PAPUA[2],
        (5, 2): "SITI\nAMINAH & anak",
        (6, 0): "2",
        (7, 0): "3",
        (7, 1): "4",
        (7, 2): "SITI AMINA AMINAH",
    }
    assert first.struck == {(7, 0), (7, 1)}
    assert (first.merged, first.hidden_rows) == ([(3, 0, 4, 0), (3, 1, 3, 2)], {6})
    assert cells(second) == {(1, 0): "Kepala Desa", (2, 0): "lain"}
