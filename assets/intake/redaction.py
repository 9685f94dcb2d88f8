"""What is left of a file after an erasure: everything that was read of it, without what spoke of the person.

Problem: a workbook cannot be blanked cell by cell in six formats so that everybody else's rows read as before: which
column is which, where families begin and what is carried down rests on the cells around. Mechanism: the result of
reading is kept instead of the bytes, as JSON that says the same of every other row; the rows of the person keep their
place and kind. It is read in the place of the original, so all that follows is made without the person.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assets.intake.formats.messages import unreadable
from assets.intake.sheets.file_reading import ColumnRow, FileResult, RawRow, SheetResult, read_file
from assets.intake.sheets.layout import Problem
from validation.fields import FIELDS
from warehouse.archive import REDACTED
from warehouse.erasures import Erasure

ERASED = "x"
"""The type of a cell that was erased on request."""
NAMES = ("kepala_keluarga", "nama_ibu", "nama_ayah")
"""Fields that name other people: a word without meaning keeps who belongs to whom."""
MASK = "*"
_NO_TEXTS = ("format", "name", "kinds", "places", "years", "code", "hold")
_PLACE = ("row", "header_row", "ticked", "category", "types", "filled", "raw", "hidden")
_TYPES, _RAW = _PLACE.index("types"), _PLACE.index("raw")


def redact(result: FileResult, erasures: Iterable[Erasure]) -> FileResult:
    """The same result without what the erasures name. Doing it again changes nothing."""
    for erasure in erasures:
        rows = set(erasure.rows)
        cells: dict[tuple[str, int], set[str]] = {}
        for sheet, row, letter in erasure.cells:
            cells.setdefault((sheet, row), set()).add(letter)
        redacted = [[_redacted(sheet, row, rows, cells, erasure.word) for row in sheet.rows] for sheet in result.sheets]
        result = _masked(result, erasure.texts, redacted)
    return result


def _redacted(
    sheet: SheetResult,
    row: RawRow,
    rows: set[tuple[str, int]],
    cells: Mapping[tuple[str, int], set[str]],
    word: str,
) -> RawRow:
    place = (sheet.name, row[0])
    if place in rows:
        return erased_row(row[0], row[1], row[_PLACE.index("hidden")])
    letters = cells.get(place)
    if not letters:
        return row
    fields = {c.field for c in sheet.columns if c.letter in letters and c.header_row == row[1] and c.field}
    types, values = list(row[_TYPES]), list(row[len(_PLACE) :])
    for at, field in enumerate(FIELDS):
        if field in fields and values[at] is not None:
            named = field in NAMES
            values[at], types[at] = (word, "t") if named else (None, ERASED)
    raw = {letter: word if letter in letters else text for letter, text in json.loads(row[_RAW]).items()}
    head = list(row[: len(_PLACE)])
    head[_TYPES], head[_RAW] = "".join(types), json.dumps(raw, ensure_ascii=False)
    return (*head, *values)


def erased_row(row: int, header_row: int, hidden: bool) -> RawRow:
    """A row of which only the place is left."""
    return (row, header_row, [], "", ERASED * len(FIELDS), "", "{}", hidden, *[None] * len(FIELDS))


def texts_around(result: FileResult) -> Iterator[tuple[str, str]]:
    """Each text that stands outside of rows (titles, headers, reasons, the proposal), with where in the result it is:
    the steps that lead to it, as JSON."""
    return _texts(_around(result), [])


def _texts(plain: Any, place: list[str | int]) -> Iterator[tuple[str, str]]:
    if isinstance(plain, str):
        yield json.dumps(place), plain
    elif isinstance(plain, dict):
        for key, each in plain.items():
            if key not in _NO_TEXTS:
                yield from _texts(each, [*place, key])
    elif isinstance(plain, list):
        for at, each in enumerate(plain):
            yield from _texts(each, [*place, at])


def _masked(result: FileResult, spans: Iterable[tuple[str, int, int]], rows: Sequence[list[RawRow]]) -> FileResult:
    """The result with some stretches of its texts masked, and other rows."""
    plain = _around(result)
    for place, start, end in spans:
        steps = json.loads(place)
        holder: Any = plain
        for step in steps[:-1]:
            holder = holder[step]
        last, text = steps[-1], holder[steps[-1]]
        holder[last] = text[:start] + MASK * len(text[start:end]) + text[end:]
    made = _result(plain)
    sheets = [dataclasses.replace(sheet, rows=mine) for sheet, mine in zip(made.sheets, rows, strict=True)]
    return dataclasses.replace(made, sheets=sheets)


def _around(result: FileResult) -> dict[str, Any]:
    """A result without its rows as plain JSON values."""
    sheets = [dataclasses.replace(sheet, rows=[]) for sheet in result.sheets]
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(dataclasses.replace(result, sheets=sheets))))
    return plain


def to_bytes(result: FileResult) -> bytes:
    """The redacted copy, as bytes that are the same for the same content."""
    plain = _around(result)
    for around, sheet in zip(plain["sheets"], result.sheets, strict=True):
        around["rows"] = list(map(_plain_row, sheet.rows))
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain_row(row: RawRow) -> dict[str, Any]:
    """A row by names, so that fields may be added to the canonical ones later."""
    head = dict(zip(_PLACE, row[: len(_PLACE)], strict=True))
    if row[_TYPES] == ERASED * len(FIELDS):
        return {name: head[name] for name in ("row", "header_row", "hidden")} | {"erased": True}
    head["types"] = {f: letter for f, letter in zip(FIELDS, row[_TYPES], strict=True) if letter != "."}
    values = zip(FIELDS, row[len(_PLACE) :], strict=True)
    return head | {"values": {field: value for field, value in values if value is not None}}


def from_bytes(content: bytes) -> FileResult:
    """What `to_bytes` was given. Raises `Unreadable` for anything else."""
    try:
        return _result(json.loads(content))
    except (ValueError, KeyError, TypeError):
        raise unreadable("corrupt") from None


def read_archived(path: str, declaration: str, original: str) -> FileResult:
    """What an archived file says: as `read_file`, or what its redacted copy holds. Raises `Unreadable`.

    A redacted copy is not laid out anew: `declaration` decides nothing about it but what placing a file takes from it.
    """
    if path.endswith(REDACTED):
        return from_bytes(Path(path).read_bytes())
    return read_file(path, declaration, original)


def _result(plain: Mapping[str, Any]) -> FileResult:
    places = [(tuple(place), count) for place, count in plain["places"]]
    return FileResult(**{**plain, "places": places, "sheets": list(map(_sheet, plain["sheets"]))})


def _sheet(plain: Mapping[str, Any]) -> SheetResult:
    columns = [ColumnRow(**column) for column in plain["columns"]]
    problems = [Problem(**problem) for problem in plain["problems"]]
    return SheetResult(**{**plain, "columns": columns, "problems": problems, "rows": list(map(_row, plain["rows"]))})


def _row(plain: Mapping[str, Any]) -> RawRow:
    if plain.get("erased"):
        return erased_row(plain["row"], plain["header_row"], plain["hidden"])
    types = "".join(plain["types"].get(field, ".") for field in FIELDS)
    head = [types if name == "types" else plain[name] for name in _PLACE]
    return (*head, *(plain["values"].get(field) for field in FIELDS))
