"""What a file is, by its bytes. The extension is looked at only to note that it says something else."""

import re
from pathlib import Path

from assets.intake.formats.messages import unreadable

_FOREIGN = (
    (b"\xff\xd8\xff", "foto JPEG"),
    (b"\x89PNG\r\n", "gambar PNG"),
    (b"GIF8", "gambar GIF"),
    (b"BM", "gambar BMP"),
    (b"II*\x00", "gambar TIFF"),
    (b"MM\x00*", "gambar TIFF"),
    (b"RIFF", "berkas gambar atau suara"),
    (b"SQLite format 3\x00", "basis data SQLite"),
    (b"\x00\x01\x00\x00Standard", "basis data Access"),
    (b"Rar!", "arsip RAR"),
    (b"7z\xbc\xaf", "arsip 7z"),
    (b"\x1f\x8b", "arsip gzip"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
)
_DOCUMENTS = (
    (b"%PDF", "dokumen PDF"),
    (b"{\\rtf", "dokumen RTF"),
    (b"MIME-Version:", "halaman web terkemas (.mht)"),
)
_EXTENSIONS = {
    "docx": {".docx", ".docm"},
    "xlsx": {".xlsx"},
    "xlsm": {".xlsm"},
    "xlsb": {".xlsb"},
    "xls": {".xls"},
    "ods": {".ods"},
    "csv": {".csv", ".txt", ".tsv", ".tab"},
    "html": {".html", ".htm"},
    "spreadsheetml": {".xml"},
}
_OLD_BIFF = re.compile(rb"\x09[\x00\x02\x04][\x04-\x08]\x00")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|meta|body|table|style)[\s>]", re.IGNORECASE)
_SPREADSHEETML = b"urn:schemas-microsoft-com:office:spreadsheet"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def sniff(data: bytes) -> str:
    """`zip` (xlsx, xlsm, xlsb, ods and docx, told apart by their parts), `xls` (any OLE container), `csv`, `html`,
    `spreadsheetml`.

    Errors: `Unreadable` (`document`, `empty`, `not_a_table`).
    """
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe\x1a"):
        raise unreadable("empty")
    if data[:8] == _OLE:
        return "xls"
    if data[:2] == b"PK":
        return "zip"
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, kind in _DOCUMENTS:
        if data.startswith(magic):
            raise unreadable("document", kind=kind)
    for magic, kind in _FOREIGN:
        if data.startswith(magic) and (len(magic) > 2 or b"\x00" in data[:512]):
            raise unreadable("not_a_table", kind=kind)
    if _OLD_BIFF.match(data):
        raise unreadable("not_a_table", kind="berkas Excel sangat lama (versi 2 sampai 4); simpan ulang sebagai .xlsx")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = data[:8192].decode("utf-16", "ignore").encode().lstrip()
    if head.startswith(b"<"):
        if head.startswith(b"<?xml") and _SPREADSHEETML in head:
            return "spreadsheetml"
        if _HTML.search(head):
            return "html"
        if _SPREADSHEETML in head:
            return "spreadsheetml"
        if head.startswith(b"<?xml"):
            raise unreadable("not_a_table", kind="berkas XML lain")
    return "csv"


def extension_differs(path: Path, kind: str) -> bool:
    """Whether the file's extension says another format than its bytes."""
    return path.suffix.lower() not in _EXTENSIONS[kind]
