"""Delimited text. A record is a row: a quoted line break does not begin a new one."""

import codecs
import csv
import re
import sys
from collections import Counter
from io import StringIO

from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Cell, Sheet, Workbook

csv.field_size_limit(sys.maxsize)

_DELIMITERS = ";,\t|"
_NONE = "\x1f"  # stands in no text that is read
_SAMPLE = 64 * 1024
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_LINE_END = re.compile(r"\r\n|\n|\r")
_GUARDED = re.compile(r'="([^"]*)"')
_MANY_CONTROLS = 1e-4


def read_text(data: bytes, limits: Limits) -> Workbook:
    """Delimited text as one sheet. The delimiter is the one a `sep=` line declares, else the one that splits most
    records alike; none where no record has any. `="…"`, with which exporters keep digits whole, is its content.

    Errors: `Unreadable` (`not_a_table` where it is no text, `too_large`).
    """
    text, encoding, notes = decode(data)
    del data
    text = text.rstrip("\x1a")  # the end mark of DOS
    delimiter, declared = _delimiter(text)
    rows, whole = _records(text, delimiter or _NONE)
    if not delimiter:
        rows, delimiter = _quoted_twice(rows)
    if not whole:
        notes.append("quotes_unbalanced")
    if declared:
        rows[0] = [f"sep={delimiter}"]
    if sum(map(len, rows)) > limits.cells:
        raise unreadable("too_large")
    return Workbook("csv", [Sheet("", rows)], notes, encoding, delimiter)


def decode(data: bytes, declared: str | None = None) -> tuple[str, str, list[str]]:
    """Text, its encoding, and the note `encoding_guessed` where the bytes do not say it: UTF-8 where they are valid
    UTF-8, else cp1252, which Indonesian Windows writes.

    Errors: `Unreadable` (`not_a_table`) for bytes that are no text.
    """
    bom = next((name for mark, name in _UTF16 if data.startswith(mark)), None) or _unmarked_utf16(data)
    if bom:
        try:
            text = data.decode(bom)
        except UnicodeDecodeError as error:
            raise unreadable("corrupt", kind=f"teks {bom.upper()}") from error
        if "\x00" in text:
            raise unreadable("not_a_table", kind="data biner")
        return text, bom, []
    controls = sum(1 for _ in _CONTROLS.finditer(data, 0, 1_000_000))
    if b"\x00" in data or controls > _MANY_CONTROLS * min(len(data), 1_000_000) + 1:
        raise unreadable("not_a_table", kind="data biner")
    if data.startswith(codecs.BOM_UTF8):
        try:
            return data.decode("utf-8-sig"), "utf-8-sig", []
        except UnicodeDecodeError:  # the mark is wrong: something was added in another encoding
            data = data[len(codecs.BOM_UTF8) :]
    for encoding in filter(None, ("utf-8", declared)):
        try:
            return data.decode(encoding), encoding, []
        except (UnicodeError, LookupError):
            continue
    try:
        return data.decode("cp1252"), "cp1252", ["encoding_guessed"]
    except UnicodeDecodeError as error:
        raise unreadable("not_a_table", kind="data biner atau teks dengan penyandian yang tidak dikenal") from error


def _unmarked_utf16(data: bytes) -> str | None:
    head = data[:2000]
    half = len(head) // 2
    if half and not len(data) % 2:
        if head[1::2].count(0) > 0.6 * half and not head[::2].count(0):
            return "utf-16-le"
        if head[::2].count(0) > 0.6 * half and not head[1::2].count(0):
            return "utf-16-be"
    return None


def _delimiter(text: str) -> tuple[str | None, bool]:
    """The delimiter, and whether a first line declares it."""
    head = text[:_SAMPLE]
    found = _DECLARED.fullmatch(_LINE_END.split(head, maxsplit=1)[0])
    if found:
        return found.group(1), True
    if len(text) > _SAMPLE:
        head = head[: max(head.rfind("\n"), head.rfind("\r")) + 1] or head
    scores = {}
    for delimiter in _DELIMITERS:
        widths = Counter(
            len(row) for row in csv.reader(StringIO(head, newline=""), delimiter=delimiter) if len(row) > 1
        )
        scores[delimiter] = max(((width - 1) * count for width, count in widths.items()), default=0)
    best = max(_DELIMITERS, key=lambda delimiter: scores[delimiter])
    return (best if scores[best] else None), False


def _quoted_twice(rows: list[list[Cell]]) -> tuple[list[list[Cell]], str | None]:
    """Records that were quoted whole, as Excel does with text it took for one column, cut at their own delimiter."""
    inner = [str(row[0]) if row else "" for row in rows]
    delimiter, _ = _delimiter("\n".join(" ".join(text.split("\n")) for text in inner[:500]))
    if not delimiter:
        return rows, None
    return [_cells(next(csv.reader([text], delimiter=delimiter), [])) for text in inner], delimiter


def _records(text: str, delimiter: str) -> tuple[list[list[Cell]], bool]:
    """The records, and whether the quotes in the text pair up. Where they do not, a quote would swallow the records
    after it, so that each line then is a record of its own."""
    try:
        return [_cells(row) for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)], True
    except csv.Error:
        lines = _LINE_END.split(text)
        if not lines[-1]:  # a line end at the end of the text does not begin a record
            lines.pop()
        return [_cells(_line(line, delimiter)) for line in lines], False


def _line(line: str, delimiter: str) -> list[str]:
    if line.count('"') % 2:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def _cells(row: list[str]) -> list[Cell]:
    if any(value.startswith('="') for value in row):
        return [found.group(1) if (found := _GUARDED.fullmatch(value)) else value for value in row]
    return row  # type: ignore[return-value]
