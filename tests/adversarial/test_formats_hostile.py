"""Files that are no tables, broken, or made to do harm: each is refused with a code and a text that says what to do."""

import struct
import warnings
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import msoffcrypto
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from assets.intake.formats.limits import DEFAULT, Limits
from assets.intake.formats.messages import messages
from assets.intake.formats.parcel import check_entries
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Unreadable, Workbook
from tests.support.written import WRITERS, raw_ods, raw_spreadsheetml, raw_xlsx, sheet_xml, zipped

LATE = "<!-- " + "x" * 5000 + " -->"
"""What a declaration may stand behind."""
ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'
ODS_ONE = '<table:table-cell office:value-type="float" office:value="1"/>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
GRID = [["NIK", "NAMA"], *([f"91710101019{number:05}", f"WARGA {number}"] for number in range(150))]


def read(folder: Path, data: bytes, limits: Limits = DEFAULT, name: str = "desa.xlsx") -> Workbook:
    path = folder / name
    path.write_bytes(data)
    return read_workbook(path, limits)


def refusal(folder: Path, data: bytes, limits: Limits = DEFAULT) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(folder, data, limits)
    return caught.value


def encrypted_xls() -> bytes:
    """An xls whose first record after its beginning says that all others are encrypted."""
    book, buffer = xlwt.Workbook(), BytesIO()
    book.add_sheet("Data").write(0, 0, "x")
    book.save(buffer)
    data = buffer.getvalue()
    begin = data.index(struct.pack("<HH", 0x809, 16)) + 20  # the record after the beginning of the workbook
    return data[:begin] + struct.pack("<H", 0x2F) + data[begin + 2 :]


def encrypted_xlsx() -> bytes:
    buffer = BytesIO()
    OOXMLFile(BytesIO(raw_xlsx(sheet_xml(ONE)))).encrypt("rahasia", buffer)
    assert msoffcrypto.OfficeFile(buffer).is_encrypted()
    return buffer.getvalue()


CASES = {
    "0 bytes": (b"", "empty"),
    "only a byte order mark": (b"\xef\xbb\xbf\r\n", "empty"),
    "only NUL": (b"\x00" * 5000, "empty"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "document"),
    "JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)), "not_a_table"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_a_table"),
    "SQLite": (b"SQLite format 3\x00\x10\x00\x01\x01", "not_a_table"),
    "RAR": (b"Rar!\x1a\x07\x00", "not_a_table"),
    "Word": (zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), "corrupt"),
    "a zip of workbooks": (zipped({"desa a.xlsx": raw_xlsx(sheet_xml(ONE))}), "not_a_table"),
    "xlsb": (zipped({"xl/workbook.bin": b"\x00"}), "corrupt"),
    "binary garbage": (bytes(range(256)) * 40, "not_a_table"),
    "text with NUL": (b"NIK;NAMA\n91710101\x0000000;x\n" * 9, "not_a_table"),
    "a page without a table": (b"<html><body><p>Silakan masuk</p></body></html>", "not_a_table"),
    "an OLE container of nothing": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "corrupt"),
    "a table cut off": (b"<table><tr><td>NIK</td></tr><tr><td>9171", "corrupt"),
    "SpreadsheetML cut off": (raw_spreadsheetml("<Table><Row><Cell/></Row></Table>")[:-40].encode(), "corrupt"),
    "HTML nested too deep": (
        b"<table><tr><td>" + b"<div>" * 5000 + b"x" + b"</div>" * 5000 + b"</td></tr></table>",
        "corrupt",
    ),
    "SpreadsheetML with a row that is no number": (
        raw_spreadsheetml('<Table><Row ss:Index="x"/></Table>').encode(),
        "corrupt",
    ),
    "SpreadsheetML with a row below the first": (
        raw_spreadsheetml('<Table><Row ss:Index="-5"/></Table>').encode(),
        "corrupt",
    ),
    "ods with blanks that are no number": (
        raw_ods(
            '<table:table><table:table-row><table:table-cell office:value-type="string"><text:p>a<text:s text:c="x"/>'
            "</text:p></table:table-cell></table:table-row></table:table>"
        ),
        "corrupt",
    ),
    "a sheet that is missing": (zipped({"xl/workbook.xml": "<workbook/>"}), "corrupt"),
    "a sheet cut off": (raw_xlsx(sheet_xml(ONE)[:-30]), "corrupt"),
    "a text that is not in the list of texts": (raw_xlsx(sheet_xml(ONE.replace("<c", '<c t="s"'))), "corrupt"),
    "an encrypted xlsx": (encrypted_xlsx(), "encrypted"),
    "an encrypted xls": (encrypted_xls(), "encrypted"),
    "an encrypted ods": (raw_ods("", manifest="<m><encryption-data/></m>"), "encrypted"),
    "a zip bomb": (raw_xlsx(sheet_xml(ONE), more={"xl/worksheets/sheet2.xml": b" " * 30_000_000}), "zip_bomb"),
    "a cell in the last corner": (
        raw_xlsx(sheet_xml(ONE + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        "extent",
    ),
    "an ods cell in the last corner": (
        raw_ods(
            f"<table:table><table:table-row>{ODS_ONE}</table:table-row>"
            '<table:table-row table:number-rows-repeated="1048574"/><table:table-row>'
            f'<table:table-cell table:number-columns-repeated="16383"/>{ODS_ONE}</table:table-row></table:table>'
        ),
        "extent",
    ),
    "an ods row repeated a million times": (
        raw_ods(
            '<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'office:value-type="float" office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
            "</table:table>"
        ),
        "too_large",
    ),
    "a SpreadsheetML cell in the last corner": (
        raw_spreadsheetml(
            '<Table><Row><Cell><Data ss:Type="Number">1</Data></Cell></Row>'
            '<Row ss:Index="1048576"><Cell ss:Index="16384">'
            '<Data ss:Type="Number">1</Data></Cell></Row></Table>'
        ).encode(),
        "extent",
    ),
    "entities in a sheet": (raw_xlsx(LAUGHS + sheet_xml(ONE)), "xml_entities"),
    "entities in SpreadsheetML": (
        raw_spreadsheetml("<Table/>").replace("<Workbook", LAUGHS + "<Workbook").encode(),
        "xml_entities",
    ),
    "entities in ods": (zipped({"content.xml": LAUGHS + "<x/>"}), "xml_entities"),
}


def raw_xlsx_of_sheets(count: int, parts: list[str], more: dict[str, str]) -> bytes:
    """An xlsx with `count` sheets, whose parts are taken from `parts` in turn."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheets = "".join(f'<sheet name="L{n}" sheetId="{n}" r:id="s{n}"/>' for n in range(count))
    named = "".join(
        f'<Relationship Id="s{n}" Type="{relations}/worksheet" Target="{parts[n % len(parts)]}"/>' for n in range(count)
    )
    return raw_xlsx(
        sheet_xml(ONE),
        more=more
        | {
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{sheets}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            f'relationships">{named}</Relationships>',
        },
    )


def with_second(data: bytes, name: str, content: bytes) -> bytes:
    """A zip to which one more part is added, whatever parts are there already."""
    buffer = BytesIO(data)
    with warnings.catch_warnings(), ZipFile(buffer, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, content)
    return buffer.getvalue()


ODS_TABLE = f"<table:table><table:table-row>{ODS_ONE}</table:table-row></table:table>"
CASES |= {
    "3,000 sheets of one part": (raw_xlsx_of_sheets(3000, ["worksheets/sheet1.xml"], {}), "repeated_part"),
    "two sheets of one part, written in two ways": (
        raw_xlsx_of_sheets(2, ["worksheets/sheet1.xml", "/xl/worksheets/../worksheets/Sheet1.xml"], {}),
        "repeated_part",
    ),
    "a part twice": (with_second(raw_xlsx(sheet_xml(ONE)), "xl/worksheets/sheet1.xml", b"<x/>"), "repeated_part"),
    "a part twice, in other letters": (
        with_second(raw_xlsx(sheet_xml(ONE)), "XL\\Worksheets\\SHEET1.xml", b"<x/>"),
        "repeated_part",
    ),
    "an ods part twice": (with_second(raw_ods(ODS_TABLE), "content.xml", b"<x/>"), "repeated_part"),
    "entities late in a sheet": (raw_xlsx(LATE + LAUGHS + sheet_xml(ONE)), "xml_entities"),
    "a DOCTYPE in the middle of a sheet": (
        raw_xlsx(sheet_xml(ONE + "<row/>" * 9000 + "<!DOCTYPE x>")),
        "xml_entities",
    ),
    "entities in a part that is not read": (
        raw_xlsx(sheet_xml(ONE), more={"docProps/app.xml": LATE + LAUGHS + "<x/>"}),
        "xml_entities",
    ),
    "entities late in ods": (zipped({"content.xml": LATE + LAUGHS + "<x/>"}), "xml_entities"),
    "entities in an ods part that is not read": (
        with_second(raw_ods(ODS_TABLE), "styles.xml", (LATE + LAUGHS + "<x/>").encode()),
        "xml_entities",
    ),
    "entities late in SpreadsheetML": (
        raw_spreadsheetml("<Table/>").replace("<Workbook", LATE[:3000] + " -->" + LAUGHS + "<Workbook").encode(),
        "xml_entities",
    ),
    "entities late in SpreadsheetML of UTF-16": (
        raw_spreadsheetml("<Table/>")
        .replace("UTF-8", "UTF-16")
        .replace("<Workbook", LATE[:2000] + " -->" + LAUGHS + "<Workbook")
        .encode("utf-16"),
        "xml_entities",
    ),
    "a sheet in UTF-7": (
        raw_xlsx('<?xml version="1.0" encoding="utf-7"?>' + sheet_xml(ONE).replace("<row", "+ADw-row")),
        "corrupt",
    ),
    "a sheet in UTF-32": (raw_xlsx("", more={"xl/worksheets/sheet1.xml": sheet_xml(ONE).encode("utf-32")}), "corrupt"),
    "entities late in HTML": (
        ("<html><!DOCTYPE x [" + "y" * 5000 + "]><table><tr><td>1</td></tr></table></html>").encode(),
        "xml_entities",
    ),
    "an entity declared in a cell of HTML": (
        ("<table><tr><td>1</td></tr>" + "<tr></tr>" * 900 + '<!entity a "b"></table>').encode(),
        "xml_entities",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_with_a_code_and_what_to_do(case: str, tmp_path: Path) -> None:
    data, code = CASES[case]
    problem = refusal(tmp_path, data)
    assert problem.code == code
    assert problem.message.endswith(".")
    assert "{" not in problem.message


@pytest.mark.parametrize(
    "writer", [name for name in sorted(WRITERS) if name.startswith(("xls", "ods", "spread", "html"))]
)
def test_a_file_cut_off_anywhere_is_refused(writer: str, tmp_path: Path) -> None:
    format_, write = WRITERS[writer]
    path = tmp_path / f"desa.{format_}"
    write(path, GRID)
    whole = path.read_bytes()
    table = whole.find(b"<table ") + 7 if format_ == "html" else 600
    for end in range(table, len(whole) - 800, max(1, len(whole) // 40)):
        assert refusal(tmp_path, whole[:end]).code in ("corrupt", "not_a_table"), end


def test_a_part_whose_checksum_differs_is_refused(tmp_path: Path) -> None:
    sheet = sheet_xml("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 400)))
    data = bytearray(raw_xlsx(sheet))
    at = data.index(b"xl/worksheets/sheet1.xml") + 100
    data[at] ^= 0x10
    assert refusal(tmp_path, bytes(data)).code == "corrupt"


def test_formatted_blank_cells_far_away_cost_nothing(tmp_path: Path) -> None:
    blank = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert read(tmp_path, raw_xlsx(sheet_xml(ONE + blank))).sheets[0].rows == [[1]]


def test_a_sheet_with_borders_down_to_the_last_row_is_no_zip_bomb() -> None:
    """As Excel writes 12 columns and 1,048,576 rows: 414 MB in 34 MB. What two more such sheets make is one."""
    names = [f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3)]
    sheets = [ZipInfo(name) for name in names]
    for sheet in sheets:
        sheet.file_size, sheet.compress_size = 414_139_545, 33_760_000
    assert [*check_entries(sheets[:1], 33_767_224, DEFAULT, "xlsx")] == names[:1]
    with pytest.raises(Unreadable) as caught:
        check_entries(sheets, 3 * 33_767_224, DEFAULT, "xlsx")
    assert caught.value.code == "zip_bomb"


def test_hundred_thousands_of_formatted_blank_rows_hide_no_data(tmp_path: Path) -> None:
    blank = "".join(f'<row r="{n}" spans="1:2"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(2, 200_001))
    last = '<row r="200001"><c r="B200001"><v>7</v></c></row>'
    [sheet] = read(tmp_path, raw_xlsx(sheet_xml(ONE + blank + last))).sheets
    assert (sheet.first_row, len(sheet.rows)) == (1, 200_001)
    assert {number: row for number, row in enumerate(sheet.rows, 1) if any(v != "" for v in row)} == {
        1: [1, ""],
        200_001: ["", 7],
    }


def test_endless_spans_of_html_cells_are_bounded(tmp_path: Path) -> None:
    page = b'<table><tr><td colspan="999999999" rowspan="99999999">a</td><td>b</td></tr></table>'
    [sheet] = read(tmp_path, page).sheets
    assert sheet.rows[0][0] == "a"
    assert sheet.rows[0][1000] == "b"


def test_a_file_over_the_limit_of_bytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"a;b\n" * 1000, Limits(file_bytes=1000)).code == "too_large"


def test_every_text_of_a_refusal_says_what_to_do() -> None:
    for code, message in messages().items():
        assert any(verb in message for verb in ("kirim", "Kirim", "Hubungi")), code


def test_what_only_looks_like_a_declaration_is_read(tmp_path: Path) -> None:
    shown = '<!-- <!DOCTYPE x [ --><row r="1"><c r="A1"><v>1</v></c></row><!-- <!ENTITY -->'
    assert read(tmp_path, raw_xlsx(sheet_xml(shown))).sheets[0].rows == [[1]]
    cell = '<Table><Row><Cell><Data ss:Type="String"><![CDATA[<!DOCTYPE x>]]></Data></Cell></Row></Table>'
    assert read(tmp_path, raw_spreadsheetml(cell).encode()).sheets[0].rows == [["<!DOCTYPE x>"]]
    page = (
        b'<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "x.dtd"><table><tr><td>&lt;!ENTITY a&gt;</td></tr></table>'
    )
    assert read(tmp_path, page).sheets[0].rows == [["<!ENTITY a>"]]


def test_the_manifest_of_an_old_writer_may_name_its_dtd(tmp_path: Path) -> None:
    manifest = '<!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd"><m/>'
    assert read(tmp_path, raw_ods(ODS_TABLE, manifest=manifest)).sheets[0].rows == [[1]]


def test_one_text_named_a_thousand_times_is_bounded_by_what_the_cells_hold(tmp_path: Path) -> None:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 1001))
    text = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{"x" * 1000}</t></si></sst>'
    data = raw_xlsx(sheet_xml(cells), more={"xl/sharedStrings.xml": text})
    assert len(read(tmp_path, data).sheets[0].rows) == 1000
    assert refusal(tmp_path, data, Limits(letters=900_000)).code == "too_large"


def test_rows_of_all_sheets_together_are_bounded(tmp_path: Path) -> None:
    far = sheet_xml('<row r="1000"><c r="A1000"><v>1</v></c></row>')
    names = [f"worksheets/s{number}.xml" for number in range(5)]
    data = raw_xlsx_of_sheets(5, names, {f"xl/{name}": far for name in names})
    assert len(read(tmp_path, data, Limits(rows=5000)).sheets) == 5
    assert refusal(tmp_path, data, Limits(rows=4999)).code == "too_large"
