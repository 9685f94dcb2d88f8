"""A village's workbook goes back as it came: all that it shows, and nothing that acts; another library looks."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.cell.cell import Cell

from assets.publications.village_book.book import Book, opened
from assets.publications.village_book.inert import LONG_NUMBER, text_of
from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import MAIN, letters, parsed
from assets.publications.village_book.rows import as_programs_write, inert_of
from assets.publications.village_book.sheet import Note, Sheet
from assets.safe_workbook import ALIVE

SAVED = {"pmks_submission_id": "ab"}
LOOKS: list[dict[str, Any]] = [
    {},
    {"bold": True, "bg_color": "#FFFF00", "border": 1},
    {"num_format": "dd/mm/yyyy"},
    {"font_color": "#FF0000", "align": "center", "text_wrap": True, "rotation": 90},
    {"num_format": "@", "locked": False},
]
DAY = 2
SHOWN = st.one_of(
    st.text("=+-@'A1_x0D ié＝\t\n&<>\"", max_size=12),
    st.integers(-(10**16), 10**16),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
CELLS = st.dictionaries(
    st.tuples(st.integers(0, 12), st.integers(0, 6)),
    st.tuples(SHOWN, st.booleans(), st.integers(0, len(LOOKS) - 1)),
    max_size=25,
)


def sent(write: Callable[[Any, Any], None], **options: Any) -> bytes:
    """A workbook with a sheet `DAFTAR`, as another program writes it."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"strings_to_formulas": False, "strings_to_urls": False} | options) as book:
        write(book, book.add_worksheet("DAFTAR"))
    return held.getvalue()


def read(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=True)


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same file with a part changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, part in parts(content).items():
            archive.writestr(each, change(part) if each == name else part)
    return held.getvalue()


def is_long(number: float) -> bool:
    return abs(number) >= LONG_NUMBER and float(number).is_integer()


def look_of(cell: Any) -> tuple[Any, ...]:
    return tuple(repr(part) for part in (cell.font, cell.fill, cell.border, cell.alignment, cell.protection))


@given(cells=CELLS, merged=st.booleans())
@example(
    cells={(0, 0): ("=1+1", True, 1), (1, 0): (9171010101900001, False, 3), (2, 2): (1.5e16, True, 0)}, merged=True
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_cell_shows_what_it_showed_and_none_calculates(cells: dict[Any, Any], merged: bool) -> None:
    def write(book: Any, sheet: Any) -> None:
        looks = [book.add_format(look) for look in LOOKS]
        for (row, column), (value, as_formula, look) in cells.items():
            if look == DAY and not isinstance(value, str) and not 0 <= value < 2_000_000:
                look = 0  # openpyxl takes it for an error
            if as_formula:
                sheet.write_formula(row, column, "=A1", looks[look], value)
            else:
                sheet.write(row, column, value, looks[look])
        if merged:
            sheet.merge_range(20, 0, 21, 3, "JUDUL", looks[1])

    content = sent(write)
    saved = opened(content).saved(SAVED)
    before, after = read(content)["DAFTAR"], read(saved)["DAFTAR"]
    assert after.merged_cells.ranges == before.merged_cells.ranges
    assert set(after._cells) == set(before._cells)
    for place, cell in after._cells.items():
        was = before._cells[place]
        if not isinstance(was, Cell):
            continue
        expected, look = was.value, was.number_format
        if was.data_type == "n" and isinstance(expected, (int, float)) and is_long(expected):
            expected, look = str(int(expected)), "@"
        assert (cell.value if cell.value != "" else None) == (expected if expected != "" else None), place
        assert type(cell.value) is type(expected) or expected in ("", None)
        assert (look_of(cell), cell.number_format) == (look_of(was), look)
        assert cell.quotePrefix == (was.quotePrefix or (isinstance(expected, str) and expected.startswith(ALIVE)))
    assert b"<f>" not in parts(saved)["xl/worksheets/sheet1.xml"]
    assert opened(saved).saved(SAVED) == saved, "what was made safe once is safe"


def test_what_acts_or_calls_out_is_gone_and_what_shows_stays() -> None:
    def write(book: Any, sheet: Any) -> None:
        book.define_name("rahasia", "=1+1")
        sheet.write_url("A1", "http://example.invalid/", string="tautan")
        sheet.write_rich_string("A2", "biasa ", book.add_format({"bold": True}), "tebal")
        sheet.conditional_format("A1:A9", {"type": "formula", "criteria": "=A1>0", "format": book.add_format({})})
        sheet.data_validation("B1", {"validate": "list", "source": "=rahasia"})
        sheet.write_comment("B2", "catatan desa", {"author": "Kades"})
        sheet.protect("sandi")
        sheet.set_column("B:D", 33)
        sheet.set_row(4, 40, None, {"hidden": True})
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0, 1)
        sheet.print_area("A1:C9")
        sheet.set_footer("&Lkiri&Ctengah&Rkanan")
        sheet.add_table("D1:E3", {"name": "Warga", "columns": [{"header": "X"}, {"header": "Y", "formula": "=1+1"}]})
        sheet.insert_textbox("G1", "kotak", {"url": "http://example.invalid/"})
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=DAFTAR!$A$1:$A$3"})
        book.add_chartsheet("Grafik").set_chart(chart)
        book.add_worksheet("Tersembunyi").very_hidden()

    saved = opened(sent(write, date_1904=True)).saved(SAVED)
    names = set(parts(saved))
    assert not {name for name in names if re.search("drawing|chart|external|vba|core", name)} - {
        "xl/drawings/boxes1.vml"
    }
    whole = b"".join(content for name, content in parts(saved).items() if name.startswith("xl/"))
    for gone in (
        b"example.invalid",
        b"rahasia",
        b"<f>",
        b"conditionalFormatting",
        b"dataValidation",
        b"Formula",
        b"sandi",
    ):
        assert gone not in whole, gone
    book = read(saved)
    sheet = book["DAFTAR"]
    assert [(each.title, each.sheet_state) for each in book] == [("DAFTAR", "visible"), ("Tersembunyi", "veryHidden")]
    assert book.epoch.year == 1904
    assert b"<b/>" in parts(saved)["xl/sharedStrings.xml"] and sheet["A2"].value == "biasa tebal"
    assert (sheet["B2"].comment.text, sheet["B2"].comment.author) == ("catatan desa", "Kades")
    assert sheet.row_dimensions[5].hidden and sheet.freeze_panes == "A2"
    assert (sheet.print_title_rows, sheet.print_area) == ("$1:$2", "'DAFTAR'!$A$1:$C$9")
    assert sheet.tables["Warga"].ref == "D1:E3"
    assert not sheet.protection.sheet


def test_what_is_written_stands_in_its_place_and_spares_its_neighbours() -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.set_column("A:XFD", 9, book.add_format({"italic": True}))
        sheet.write("B2", "dua", book.add_format({"bold": True, "num_format": "dd/mm/yyyy"}))
        sheet.write("D9", 4)
        sheet.merge_range("A5:C6", "gabung")
        sheet.set_footer("&Lkiri&Ctengah && dua&Rkanan")

    book = opened(sent(write))
    sheet = book["DAFTAR"]
    sheet.write("C2", "=tiga")
    sheet.write("A2", "satu\x1b_x0041_")
    sheet.write("E3", "baris baru")
    sheet.dress("B2", book.looks.filled(book.looks.as_text(sheet.look("B2")), "FFC7CE"))
    sheet.widen({3: 40})
    sheet.notes["B2"] = Note("PMKS", "salah <ini>\ndan itu", 320, 60)
    sheet.choices.append(("D4:D6", '"L,P"', "Pilih & simpan"))
    sheet.set_up_printing(2, "RAHASIA", "&P")
    assert (sheet.anchor("B6"), sheet.anchor("D6")) == ("A5", "D6")
    assert (sheet.last_column([2]), sheet.last_column([5]), sheet.last_column([7])) == (3, 3, 0)
    assert [sheet.value(at) for at in ("B2", "D9", "Z1")] == ["dua", 4, None]
    found = read(book.saved(SAVED))["DAFTAR"]
    assert [cell.value for cell in found[2]][:3] == ["satu_x001B__x005F_x0041_", "dua", "=tiga"]
    assert found["C2"].quotePrefix and found["C2"].data_type == "s" and found["E3"].value == "baris baru"
    cell = found["B2"]
    assert (cell.font.b, cell.number_format, cell.fill.fgColor.rgb[-6:]) == (True, "@", "FFC7CE")
    assert cell.comment.text == "salah <ini>\ndan itu"
    widths = [(each.min, each.max, each.width) for each in found.column_dimensions.values()]
    assert [(low, high, round(width)) for low, high, width in widths] == [(1, 2, 10), (3, 3, 40), (4, 16384, 10)]
    assert (found.oddFooter.left.text, found.oddFooter.center.text) == ("RAHASIA", "tengah && dua")
    (rule,) = found.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1, rule.error) == ("D4:D6", '"L,P"', "Pilih & simpan")


def test_sheets_of_our_own_hold_numbers_days_and_truth() -> None:
    book = Book()
    sheet, other = book.add("DATA"), book.add("data")
    sheet.fill([(1, [(1, True, 0), (2, 45000, book.looks.formatted(0, "dd/mm/yyyy")), (4, "=1", 0)])])
    assert (sheet.title, other.title) == ("DATA", "data1")
    found = read(book.saved(SAVED))["DATA"]
    assert (found["A1"].value, found["B1"].value.date()) == (True, date(2023, 3, 15))
    assert (found["D1"].value, found["D1"].data_type, found["D1"].quotePrefix) == ("=1", "s", True)


@given(filled=CELLS, texts=CELLS, dressed=CELLS)
@example(
    filled={(0, 0): ("a\r_x0041_\n", False, 0), (0, 1): (True, False, 3)}, texts={}, dressed={(0, 2): ("", False, 1)}
)
def test_a_sheet_of_our_own_holds_what_is_read_from_its_xml(
    filled: dict[Any, Any], texts: dict[Any, Any], dressed: dict[Any, Any]
) -> None:
    book = Book()
    looks = [book.looks.formatted(0, "0." + "0" * digits) for digits in range(len(LOOKS))]
    rows: dict[int, list[Any]] = {row + 1: [] for row, _ in sorted(filled)}
    for (row, column), (said, _, look) in sorted(filled.items()):
        held = str(said) if isinstance(said, (int, float)) and abs(said) >= LONG_NUMBER else said
        rows[row + 1].append((column + 1, held, looks[look]))
    sheet = book.add("DATA")
    sheet.fill(list(rows.items()))
    for (row, column), (said, _, _) in texts.items():
        sheet.write(f"{letters(column + 1)}{row + 1}", str(said))
    for (row, column), (_, _, look) in dressed.items():
        at = f"{letters(column + 1)}{row + 1}"
        sheet.dress(at, book.looks.filled(sheet.look(at), f"FFFF0{look}"))
    again = Sheet("DATA", book.looks, sheet.written({}))
    for at in [f"{letters(column)}{row}" for row in range(1, 15) for column in range(1, 9)]:
        assert (repr(sheet.value(at)), sheet.look(at)) == (repr(again.value(at)), again.look(at))
    for some in ([1], [2, 5], range(1, 15)):
        assert sheet.last_column(some) == again.last_column(some)


def canonical(part: bytes) -> bytes:
    return etree.tostring(parsed(part), method="c14n", exclusive=True)


@given(cells=CELLS, inline=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cells_are_taken_apart_to_what_is_parsed_of_them(cells: dict[Any, Any], inline: bool) -> None:
    def write(book: Any, sheet: Any) -> None:
        looks = [book.add_format(look) for look in LOOKS]
        for (row, column), (value, as_formula, look) in sorted(cells.items(), key=lambda cell: cell[0]):
            if as_formula:
                sheet.write_formula(row, column, '=IF(A1<2,"&",1)', looks[look], value)
            else:
                sheet.write(row, column, value, looks[look])

    whole = parts(sent(write, constant_memory=inline))
    part, styles = whole["xl/worksheets/sheet1.xml"], whole["xl/styles.xml"]
    shared = [text_of(each) for each in parsed(whole.get("xl/sharedStrings.xml", b"<none/>"))]
    commented = part.replace(b"<sheetData", b"<!-- parsed --><sheetData")
    apart, as_xml = (Sheet("A", Looks(styles), each, shared).written({}) for each in (part, commented))
    assert canonical(apart) == canonical(as_xml)


def test_what_programs_usually_write_is_taken_apart() -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write_row("A1", ["teks", 1, "a & b"])
        sheet.write_formula("D1", "=A1&B1", None, "hasil")
        sheet.set_row(2, 30)

    again = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(sent(write))).save(again)
    for content in (sent(write), sent(write, constant_memory=True), again.getvalue()):
        data = parts(content)["xl/worksheets/sheet1.xml"].decode().partition("<sheetData>")[2].partition("</sheetData>")
        assert as_programs_write(data[0], (), inert_of(Looks(), ["teks", "a & b", "hasil"])) is not None


ROWS = (
    '<row r="2"><c r="A2" t="inlineStr"><is><t>=1</t></is></c><c r="B2"><v>7</v></c></row><row r="4"><c r="C4"/></row>'
)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        ROWS.replace("><", ">\n<"),
        ROWS.replace('"', "'"),
        ROWS.replace("=1", "&#61;1"),
        ROWS.replace("=1", "<![CDATA[=1]]>"),
        ROWS.replace(' r="B2"', "").replace(' r="4"', ' r="4" x:hint="1"'),
        ROWS.replace('r="B2"', 'cm="1" r="B2"'),
        ROWS.replace('<c r="B2">', '<c r="B2"><f t="shared" si="0" ref="B2:B4">A1</f>'),
        ROWS.replace('<row r="4">', '<row r="3" spans="1:2"/><row r="4">'),
        re.sub("<(/?)", r"<\1m:", ROWS),
    ],
)
def test_cells_say_the_same_however_their_xml_is_written(rows: str) -> None:
    kinds = f'xmlns="{MAIN}" xmlns:m="{MAIN}" xmlns:x="urn:x"'
    looks = Looks()
    sheet = Sheet("A", looks, f"<worksheet {kinds}><sheetData>{rows}</sheetData></worksheet>".encode())
    again = Sheet("A", looks, sheet.written({}))
    for each in (sheet, again):
        assert [each.value(at) for at in ("A2", "B2", "C4", "D9")] == ["=1", 7, None, None]
        assert [each.look(at) for at in ("A2", "B2", "C4")] == [looks.guarded(0), 0, 0]
    assert canonical(again.written({})) == canonical(sheet.written({}))
    assert b"<f" not in sheet.written({})


def test_looks_of_our_own_stand_behind_those_of_a_workbook_whatever_its_prefix() -> None:
    plain = Looks().written()
    for content in (plain, re.sub(rb"<(/?)(?=[a-z])", rb"<\1m:", plain).replace(b"xmlns=", b"xmlns:m=")):
        looks = Looks(content)
        other = looks.filled(looks.formatted(0, '0 "&"'), "FFC7CE")
        root = parsed(looks.written())
        tables = {each.tag.rpartition("}")[2]: each for each in root}
        assert next(iter(tables)) == "numFmts" and all(each.tag.startswith(f"{{{MAIN}}}") for each in root.iter())
        assert {name: int(each.get("count")) for name, each in tables.items()} == {
            name: len(each) for name, each in tables.items()
        }
        assert (tables["numFmts"][0].get("formatCode"), tables["cellXfs"][other].get("fillId")) == ('0 "&"', "2")
        assert len(Looks(looks.written())) == len(looks) == 3


def test_drop_downs_stand_behind_the_cells_and_say_what_they_say_whatever_the_prefix_of_a_sheet() -> None:
    plain = Sheet("DAFTAR", Looks()).written({})
    for content in (plain, re.sub(rb"<(/?)(?=[a-z])", rb"<\1m:", plain).replace(b"xmlns=", b"xmlns:m=")):
        sheet = Sheet("DAFTAR", Looks(), content)
        sheet.set_up_printing(1, "", "")
        sheet.write("A1", "<dataValidations/>")
        sheet.choices.append(("A2:A9", '"L & P,<"', 'Pilih "dari" é'))
        root = parsed(sheet.written({}))
        assert all(each.tag.startswith(f"{{{MAIN}}}") for each in root.iter())
        cells, rules = root[1], root[2]
        assert [each.tag.rpartition("}")[2] for each in (cells, rules)] == ["sheetData", "dataValidations"]
        assert text_of(cells[0][0]) == "<dataValidations/>" and len(root.findall(str(rules.tag))) == len(rules) == 1
        assert (rules[0].get("sqref"), rules[0].get("error"), rules[0][0].text) == (
            "A2:A9", 'Pilih "dari" é', '"L & P,<"',
        )  # fmt: skip


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", b"<worksheet", b'<!DOCTYPE worksheet [<!ENTITY a "b">]><worksheet'),
        ("xl/worksheets/sheet1.xml", b"<v>0</v>", b"<v>7</v>"),
        ("xl/worksheets/sheet1.xml", b'r="A1"', b'r="A1" s="99"'),
        ("xl/worksheets/sheet1.xml", b'r="A1"', b'r="AAAA1"'),
        ("xl/worksheets/sheet1.xml", b"<v>3</v>", b"<v>x</v>"),
        ("xl/worksheets/sheet1.xml", b"<pageM", b'<mergeCells><mergeCell ref="A1:XFD9"/></mergeCells><pageM'),
        ("xl/worksheets/sheet1.xml", b'<row r="2"', b'<row r="1"'),
        ("xl/worksheets/sheet1.xml", b"</row>", b""),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b'<row r="3"></sheetData>'),
        ("xl/worksheets/sheet1.xml", b"<v>3</v></c>", b'<v>3</v></c><c r="A2"/>'),
        ("xl/worksheets/sheet1.xml", b"<v>3</v>", b"<v>&naught;</v>"),
        ("xl/styles.xml", b"fonts", b"fontz"),
        ("xl/workbook.xml", b"spreadsheetml/2006/main", b"spreadsheetml/2007/main"),
        ("xl/sharedStrings.xml", b"<si>", b"<si>" + b" " * 40_000_000),
    ],
)  # fmt: skip
def test_what_no_program_would_open_as_it_is_is_refused(part: str, old: bytes, new: bytes) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write("A1", "teks")
        sheet.write("A2", 3)

    content = sent(write)
    assert old in parts(content)[part]
    with pytest.raises((ValueError, IndexError, SyntaxError)):
        opened(with_part(content, part, lambda before: before.replace(old, new)))
