"""Documents: the tables of Word are read as they stand; what cannot be read exactly waits, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Unreadable, Workbook
from assets.intake.sheets.file_reading import understand
from assets.intake.tries import Tries
from tests.support.written import zipped
from tests.unit.intake.test_layouts import NAMES, nik, people

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def document(tmp_path: Path, *blocks: str, body: str = "body") -> Workbook:
    xml = f"<w:document {NAMESPACE}><w:{body}>{''.join(blocks)}</w:{body}></w:document>"
    path = tmp_path / "daftar.docx"
    path.write_bytes(zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": xml}))
    return read_workbook(path)


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(rows)}</w:tbl>"


def test_a_list_in_a_word_document_is_read_with_its_title(tmp_path: Path) -> None:
    header = row(*(cell(text) for text in ("NO", "NAMA", "NIK", "L/P", "JENIS PMKS")))
    lines = [row(*map(cell, (str(n), NAMES[n], nik(n), "LP"[n % 2], "Fakir Miskin"))) for n in range(1, 6)]
    book = document(tmp_path, paragraph("DATA PMKS DESA TANJUNG PASIR"), paragraph(""), table(header, *lines))
    assert (book.format, book.notes) == ("docx", [])
    result = understand(book, {}, "daftar.docx")
    (sheet,) = result.sheets
    assert sheet.kinds == ["title", "blank", "header", *["data"] * 5]
    assert sheet.labels["desa"] == "TANJUNG PASIR"
    assert [(p["nama"], p["nik"]) for p in people(sheet)] == [(NAMES[n], nik(n)) for n in range(1, 6)]


def test_cells_that_span_others_are_merged(tmp_path: Path) -> None:
    span, begin, goes_on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    book = document(
        tmp_path,
        table(
            row(cell("NO", begin), cell("LAHIR", span), cell("NIK", begin)),
            row(cell("", goes_on), cell("Tempat"), cell("Tanggal"), cell("", goes_on)),
            row(cell("2"), cell("3"), properties='<w:gridBefore w:val="1"/>'),
        ),
    )
    (sheet,) = book.sheets
    assert sheet.rows == [["NO", "LAHIR", "", "NIK"], ["", "Tempat", "Tanggal", ""], ["", "2", "3"]]
    assert sorted(sheet.merged) == [(1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 2, 3)]


def test_what_was_deleted_under_review_is_not_there_and_what_was_inserted_is(tmp_path: Path) -> None:
    changed = (
        "<w:tc><w:p><w:del><w:r><w:delText>LAMA</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>BARU</w:t></w:r></w:ins><w:r><w:tab/><w:t>A</w:t><w:br/><w:t>B</w:t></w:r></w:p></w:tc>"
    )
    gone = row(cell("HILANG"), properties="<w:del/>")
    control = f"<w:sdt><w:sdtContent>{row(cell('DALAM KENDALI'))}</w:sdtContent></w:sdt>"
    book = document(tmp_path, table(f"<w:tr>{changed}</w:tr>", gone, control))
    assert book.sheets[0].rows == [["BARU A\nB"], ["DALAM KENDALI"]]


def test_a_cell_is_struck_where_all_of_its_text_is_and_else_what_is_struck_is_not_read(tmp_path: Path) -> None:
    def struck(text: str, strike: str = "<w:strike/>") -> str:
        return f"<w:r><w:rPr>{strike}</w:rPr><w:t>{text}</w:t></w:r>"

    def written(*runs: str) -> str:
        return f"<w:tc><w:p>{''.join(runs)}</w:p></w:tc>"

    whole, twice = (
        written(struck("SITI "), struck("A", "<w:dstrike/>")),
        written(struck("1"), "<w:r><w:t> </w:t></w:r>"),
    )
    part, off = written(struck("AMIN"), "<w:r><w:t>BUDI</w:t></w:r>"), written(struck("B", '<w:strike w:val="0"/>'))
    book = document(tmp_path, paragraph("DATA"), table(row(twice, whole), row(part, off), row(cell("2"), cell("C"))))
    sheet = book.sheets[0]
    assert (sheet.struck, sheet.partly_struck) == ({(2, 0), (2, 1)}, {(3, 0)})
    assert sheet.rows[2] == ["BUDI", "B"]


def test_a_table_inside_a_cell_is_text_of_the_cell(tmp_path: Path) -> None:
    inner = f"<w:tc>{paragraph('LUAR')}{table(row(cell('DALAM')))}</w:tc>"
    assert document(tmp_path, table(f"<w:tr>{inner}{cell('X')}</w:tr>")).sheets[0].rows == [["LUAR\nDALAM", "X"]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("daftar.pdf", b"%PDF-1.7\n1 0 obj"),
        ("daftar.rtf", b"{\\rtf1 daftar}"),
        ("daftar.odt", zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"})),
        ("daftar.docx", zipped({"word/document.xml": f"<w:document {NAMESPACE}><w:body/></w:document>"})),
    ],
)
def test_a_document_that_cannot_be_read_exactly_waits_for_a_workbook(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="Kirim sebagai Excel") as caught:
        read_workbook(path)
    assert Tries().outcome("a" * 64, caught.value)["outcome"] == "held"


def test_a_document_without_a_body_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        document(tmp_path, paragraph("x"), body="bodi")
    assert caught.value.code == "corrupt"


def test_a_row_of_more_columns_than_word_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        document(tmp_path, table(row(cell("x", '<w:gridSpan w:val="9999"/>'))))
    assert caught.value.code == "extent"
