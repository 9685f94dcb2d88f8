"""Delimited text: how its letters are written, what parts its cells, and where a record ends."""

from pathlib import Path

import pytest

from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Unreadable, Workbook

LINES = 'NIK;NAMA;ALAMAT\r\n9171010101900001;JOSÉ;"JL. MELATI, NO. 1"\r\n9201234567890127;SITI;"RT 1\r\nRW 2"\r\n'
ROWS = [
    ["NIK", "NAMA", "ALAMAT"],
    ["9171010101900001", "JOSÉ", "JL. MELATI, NO. 1"],
    ["9201234567890127", "SITI", "RT 1\r\nRW 2"],
]


def read(folder: Path, data: bytes, name: str = "desa.csv") -> Workbook:
    (folder / name).write_bytes(data)
    return read_workbook(folder / name)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(encoding: str, found: str, tmp_path: Path) -> None:
    workbook = read(tmp_path, LINES.encode(encoding))
    assert workbook.sheets[0].rows == ROWS
    assert (workbook.encoding, workbook.delimiter) == (found, ";")
    assert workbook.notes == (["encoding_guessed"] if encoding == "cp1252" else [])


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, end: str, tmp_path: Path) -> None:
    text = end.join(delimiter.join(row) for row in (["DAFTAR PMKS"], [], ["NIK", "NAMA", "RT"], ["1", "A", "2"])) + end
    workbook = read(tmp_path, text.encode(), "desa.txt")
    assert workbook.sheets[0].rows == [["DAFTAR PMKS"], [], ["NIK", "NAMA", "RT"], ["1", "A", "2"]]
    assert workbook.delimiter == delimiter


def test_commas_inside_cells_do_not_outweigh_the_delimiter(tmp_path: Path) -> None:
    text = "NIK;NAMA;ALAMAT\n" + "1;A;Jl. Melati, RT 1\n" * 50
    assert read(tmp_path, text.encode()).delimiter == ";"


def test_a_declared_delimiter_wins_and_its_line_stays_a_record(tmp_path: Path) -> None:
    workbook = read(tmp_path, b"sep=|\r\na,b,c|1\r\na,b,c|2\r\n")
    assert workbook.sheets[0].rows == [["sep=|"], ["a,b,c", "1"], ["a,b,c", "2"]]


def test_a_guard_of_digits_is_its_content(tmp_path: Path) -> None:
    workbook = read(tmp_path, b'NIK;NAMA\n="9171010101900001";A\n"=""0901010101900001""";B\n')
    assert [row[0] for row in workbook.sheets[0].rows] == ["NIK", "9171010101900001", "0901010101900001"]


@pytest.mark.parametrize("stray", ['"BUDI', '"BUDI" JR'])
def test_a_stray_quote_swallows_no_record(stray: str, tmp_path: Path) -> None:
    text = f"NIK;NAMA\n1;{stray}\n" + "".join(f"{number};WARGA\n" for number in range(2, 90))
    workbook = read(tmp_path, text.encode())
    assert [row[0] for row in workbook.sheets[0].rows] == ["NIK", *(str(number) for number in range(1, 90))]
    assert "quotes_unbalanced" in workbook.notes


def test_one_column_without_any_delimiter(tmp_path: Path) -> None:
    workbook = read(tmp_path, b"NIK\n9171010101900001\n\n9201234567890127\n\x1a")
    assert workbook.sheets[0].rows == [["NIK"], ["9171010101900001"], [], ["9201234567890127"]]
    assert workbook.delimiter is None


def test_one_quoted_column(tmp_path: Path) -> None:
    workbook = read(tmp_path, b'"NIK"\n"9171010101900001"\n"RT 1\nRW 2"\n')
    assert workbook.sheets[0].rows == [["NIK"], ["9171010101900001"], ["RT 1\nRW 2"]]


def test_the_extension_is_noted_where_it_differs(tmp_path: Path) -> None:
    assert read(tmp_path, b"a;b\n", "desa.xlsx").notes == ["extension_differs"]
    assert read(tmp_path, b"a;b\n", "desa.TXT").notes == []


def test_a_mark_of_utf8_that_is_wrong_loses_no_record(tmp_path: Path) -> None:
    workbook = read(tmp_path, b"\xef\xbb\xbfNIK;NAMA\n1;JOS\xc9\n")
    assert workbook.sheets[0].rows == [["NIK", "NAMA"], ["1", "JOSÉ"]]
    assert (workbook.encoding, workbook.notes) == ("cp1252", ["encoding_guessed"])


def test_text_with_a_mark_holds_no_nul(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, b"\xef\xbb\xbfNIK;NAMA\n1;A\x00\n")
    assert caught.value.code == "not_a_table"
