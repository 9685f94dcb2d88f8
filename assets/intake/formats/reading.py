"""One file, whatever it is, to its sheets and cells."""

from pathlib import Path

from assets.intake.formats.archive import Archive
from assets.intake.formats.docx import read_docx
from assets.intake.formats.excel import read_xls, read_xlsb, read_xlsx
from assets.intake.formats.html import read_html
from assets.intake.formats.limits import DEFAULT, Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.ods import read_ods
from assets.intake.formats.original import bytes_to_read
from assets.intake.formats.sniff import extension_differs, sniff
from assets.intake.formats.spreadsheetml import read_spreadsheetml
from assets.intake.formats.text import read_text
from assets.intake.formats.workbook import Cell, Workbook

_READERS = {
    "xls": read_xls,
    "csv": read_text,
    "html": read_html,
    "spreadsheetml": read_spreadsheetml,
}


def read_workbook(path: Path, limits: Limits = DEFAULT) -> Workbook:
    """All sheets of one file, whose format its bytes show: all of it, or `Unreadable`; never a part.

    Reads in this process, which a hostile file can still kill: run it in a `ReaderPool`. Notes: `extension_differs`,
    `encoding_guessed` (neither a mark nor valid UTF-8 says how letters are written), `quotes_unbalanced` (each line was
    read as a record of its own).
    """
    data = bytes_to_read(path, limits.file_bytes)
    kind = sniff(data)
    workbook = _read_zip(data, limits) if kind == "zip" else _READERS[kind](data, limits)
    _refuse_outsized(workbook, limits)
    if extension_differs(path, workbook.format):
        workbook.notes.append("extension_differs")
    return workbook


def _read_zip(data: bytes, limits: Limits) -> Workbook:
    archive = Archive(data, limits)
    if archive.kind in ("docx", "ods"):
        workbook = (read_docx if archive.kind == "docx" else read_ods)(archive, limits)
    else:
        workbook = (read_xlsb if archive.kind == "xlsb" else read_xlsx)(data, archive, limits)
    archive.refuse_entities_elsewhere()
    return workbook


def _refuse_outsized(workbook: Workbook, limits: Limits) -> None:
    """Refuse what is many times its file: a row or a text that is written once and named a million times."""
    rows = sum(sheet.first_row - 1 + len(sheet.rows) for sheet in workbook.sheets)
    if rows > limits.rows:
        raise unreadable("too_large")
    letters = sum(_letters(row) for sheet in workbook.sheets for row in sheet.rows)
    if letters > limits.letters:
        raise unreadable("too_large")


def _letters(row: list[Cell]) -> int:
    """The letters of all texts of a row, also of those that stand for an error or a formula."""
    return sum(map(len, [cell for cell in row if isinstance(cell, str)]))
