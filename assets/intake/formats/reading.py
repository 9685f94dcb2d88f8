"""One file, whatever it is, to its sheets and cells."""

from pathlib import Path

from assets.intake.formats.excel import read_xls, read_xlsx
from assets.intake.formats.html import read_html
from assets.intake.formats.limits import DEFAULT, Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.ods import read_ods
from assets.intake.formats.sniff import extension_differs, sniff
from assets.intake.formats.spreadsheetml import read_spreadsheetml
from assets.intake.formats.text import read_text
from assets.intake.formats.workbook import Workbook

_READERS = {
    "xlsx": read_xlsx,
    "xls": read_xls,
    "ods": read_ods,
    "csv": read_text,
    "html": read_html,
    "spreadsheetml": read_spreadsheetml,
}


def read_workbook(path: Path, limits: Limits = DEFAULT) -> Workbook:
    """All sheets of one file, told apart by its bytes: all of it, or `Unreadable`; never a part.

    Reads in this process, which a hostile file can still kill: run it in a `ReaderPool`. Notes: `extension_differs`,
    `encoding_guessed` (neither a mark nor valid UTF-8 says how letters are written), `quotes_unbalanced` (each line was
    read as a record of its own).
    """
    if path.stat().st_size > limits.file_bytes:
        raise unreadable("too_large")
    data = path.read_bytes()
    reader = _READERS[sniff(data)]
    workbook = reader(data, limits)
    if extension_differs(path, workbook.format):
        workbook.notes.append("extension_differs")
    return workbook
