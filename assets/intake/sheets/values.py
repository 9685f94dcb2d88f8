"""From the cells of a data row to the texts of its fields: combined cells split, family values carried down.

A value is never repaired here; what did not stand in the row's own cell is named in `filled`, with where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

from assets.intake.sheets.evidence import DATE, DATE_FORMS, PLACEHOLDERS, is_ditto, known_category
from assets.intake.sheets.labels import FAMILY, REGION_NAMES
from assets.intake.sheets.mapping import Column
from validation.regions import ABOVE_VILLAGES
from validation.vocabulary import HEAD_OF_FAMILY, relation_of

REGIONS = (*REGION_NAMES, "kode_desa_baris")
_CARRIED_WITH = {
    "no_kk": FAMILY,
    "desa": REGIONS,
    "kecamatan": ABOVE_VILLAGES,
    "dusun": ("dusun", "rt", "rw"),
    "rt": ("rt", "rw"),
    "kategori": ("kategori",),
}
"""What is carried down with the field that is filled on the first row of its block only."""
_OWN = frozenset({"nama", "nik", "tanggal_lahir", "umur", "telepon"})
"""What people of one list do not share, even where a mark says "as above"."""
_UNSTATED = PLACEHOLDERS | {""}
_DATE_IN = re.compile(rf"(?<!\d)({DATE_FORMS}|\b(?:19|20)\d\d\b)[\s.]*$", re.IGNORECASE)
_DATE_FIRST = re.compile(rf"^({DATE_FORMS})[\s/,;-]+([^\W\d]\D*)$", re.IGNORECASE)
_FEWEST_BLOCKS = 2
_BESIDE_DATE = " ,/;-.()\xa0"
_NO_PLACES = frozenset(
    ("lahir", "kelahiran", "tanggal", "tgl", "tahun", "thn", "th", "senin", "selasa", "rabu", "kamis", "jumat", "sabtu",
     "minggu", "sekitar", "kira", "kira-kira", "kurang lebih", "lebih kurang", "kl")
)  # fmt: skip
_FEWEST_DIGITS = 4
"""A text of a place and a date with so many digits states a date, in whatever form."""
_PAIR = re.compile(
    r"^\s*(?:r\.?t\.?)?\s*[:.]?\s*([0-9]{1,3}|[ivx]+)\s*[-/.,\\ ]+\s*(?:r\.?w\.?)?\s*[:.]?\s*([0-9]{1,3}|[ivx]+)\s*$",
    re.IGNORECASE,
)
_LONG = re.compile(r"['’]?\d[\d .\-]{12,22}\d|\d{10,}")
_LABELLED = re.compile(r"\b(NIK|K\.?K)\b\.?[\s:=]*(['’]?\d[\d.\-]{8,24}\d)", re.IGNORECASE)
"""A number of a person or a family's card behind its own name."""

Cell = tuple[str, str]
"""Text and type of one cell."""


def split_cell(fields: tuple[str, ...], text: str, kind: str) -> Mapping[str, Cell]:
    """Texts for each of the fields a combined column holds; a part that the cell does not hold is left out.

    >>> split_cell(("tempat_lahir", "tanggal_lahir"), "MUARA SABAK, 1960-05-01", "t")
    {'tempat_lahir': ('MUARA SABAK', 't'), 'tanggal_lahir': ('1960-05-01', 't')}
    >>> split_cell(("rt", "rw"), "2024-01-03", "d")
    {'rt': ('3', 'd'), 'rw': ('1', 'd')}
    """
    if fields == ("tempat_lahir", "tanggal_lahir"):
        return _birth(text, kind)
    if fields[-2:] == ("rt", "rw"):
        return _neighbourhood(fields, text, kind)
    if "nik" in fields:
        return _numbers(fields, text, kind)
    if fields == ("jenis_kelamin", "umur"):
        parts = re.split(r"\s*[/,;]\s*|\s+", text.strip(), maxsplit=1)
        return {
            name: (part, kind)
            for name, part in zip(sorted(fields, reverse=parts[0][:1].isdigit()), parts, strict=False)
        }
    return dict.fromkeys(fields, (text, kind))


def _birth(text: str, kind: str) -> dict[str, Cell]:
    if behind := _DATE_FIRST.match(text.strip()):
        return {"tempat_lahir": (behind[2], kind), "tanggal_lahir": (behind[1], kind)}
    if kind in "dn" or DATE.match(text.strip()):
        return {"tanggal_lahir": (text, kind)}
    found = _DATE_IN.search(text)
    if not found:
        place, comma, rest = text.rpartition(",")
        if comma and any(map(str.isdigit, rest)):
            return {"tempat_lahir": (place.strip(), kind), "tanggal_lahir": (rest.strip(), kind)}
        if sum(map(str.isdigit, text)) < _FEWEST_DIGITS:
            return {"tempat_lahir": (text, kind)} if text.strip() not in PLACEHOLDERS else {}
    at = found.start() if found else next(at for at, sign in enumerate(text) if sign.isdigit())
    place = text[:at].strip(_BESIDE_DATE)
    if place and (len(place) == 1 or not any(map(str.isalpha, place))):  # `l2-03-1950`, mistyped; `± 1950`; `05-1950`
        return {"tanggal_lahir": (text, kind)}
    parts = {"tempat_lahir": (place, kind)} if place and place.lower() not in _NO_PLACES else {}
    return {**parts, "tanggal_lahir": (found[1] if found else text[at:].strip(_BESIDE_DATE), kind)}


@lru_cache(maxsize=4096)
def _neighbourhood(fields: tuple[str, ...], text: str, kind: str) -> Mapping[str, Cell]:
    if kind == "d":
        _, month, day = text[:10].split("-")
        return {"rt": (str(int(day)), kind), "rw": (str(int(month)), kind)}
    pair = _PAIR.match(text)
    if pair:
        return {"rt": (pair[1], kind), "rw": (pair[2], kind)}
    if fields[0] == "dusun":
        tail = re.search(
            r"r\.?t\.?\s*[:.]?\s*(\d{1,3}|[ivx]+)\D{0,6}r?\.?w?\.?\s*[:.]?\s*(\d{1,3}|[ivx]+)?\s*$|(\d{1,3})\s*/\s*(\d{1,3})\s*$",
            text,
            re.I,
        )
        parts: dict[str, Cell] = {"dusun": (text[: tail.start()].strip(" ,/-") if tail else text, kind)}
        if tail:
            rt, rw = tail[1] or tail[3], tail[2] or tail[4]
            parts["rt"] = (rt, kind)
            if rw:
                parts["rw"] = (rw, kind)
        return parts
    single = re.match(r"^\s*(?:(r\.?t)|(r\.?w))?\.?\s*(\d{1,3})\s*$", text, re.IGNORECASE)
    if single:
        return {"rw" if single[2] else "rt": (single[3], kind)}
    return {"rt": (text, kind)}


def _numbers(fields: Sequence[str], text: str, kind: str) -> dict[str, Cell]:
    numbers = list(_LONG.finditer(text))
    if "nama" in fields:
        rest = _LONG.sub(" ", text).strip(" /,;-()\n\t\xa0") if numbers else text
        parts: dict[str, Cell] = {"nama": (rest, kind)} if rest else {}
        return {**parts, "nik": (numbers[0][0].strip(), kind)} if numbers else parts
    if labelled := _LABELLED.findall(text):
        return {"nik" if name.upper() == "NIK" else "no_kk": (number, kind) for name, number in labelled}
    pieces = [piece.strip() for piece in re.split(r"[/\n;,]", text) if piece.strip()] or [text]
    return {name: (piece, kind) for name, piece in zip(fields if len(pieces) > 1 else ("nik",), pieces, strict=False)}


def blocks_agree(rows: Sequence[Mapping[str, Cell]], numbers: Sequence[str], key: str) -> list[bool] | None:
    """Whether blanks of `key` below a filled cell mean "as above": True where a family begins, or None if not so.

    A family begins where `key` is filled. That is believed only if the table itself agrees: heads stand exactly
    there by their relation, or the running number stands only there or begins anew exactly there.
    """
    filled = [bool(row.get(key, ("", "."))[0].strip()) for row in rows]
    blanks = len(filled) - sum(filled)
    if not blanks or not any(filled):
        return None
    heads = [relation_of(row["hubungan"][0]) if row.get("hubungan", ("", "."))[0].strip() else None for row in rows]
    at_start = [h == HEAD_OF_FAMILY for h, f in zip(heads, filled, strict=True) if f and h]
    below = [h != HEAD_OF_FAMILY for h, f in zip(heads, filled, strict=True) if not f and h]
    if (
        len(below) >= 0.5 * blanks
        and at_start
        and sum(at_start) >= 0.8 * len(at_start)
        and sum(below) >= 0.9 * len(below)
    ):
        cards = [row.get("no_kk", ("", "."))[0].strip() for row in rows]
        other = [bool(a and b and a != b) for a, b in zip(cards, ["", *cards], strict=False)]
        return [f or h in (HEAD_OF_FAMILY, None) or new for f, h, new in zip(filled, heads, other, strict=True)]
    first = [number.strip().rstrip(".") == "1" for number in numbers]
    if sum(first) > 1 and first == filled and all(number.strip() for number in numbers):
        return first
    numbered = [bool(number.strip()) for number in numbers]
    agree = sum(n == f for n, f in zip(numbered, filled, strict=True))
    if sum(numbered) and blanks >= 1 and agree >= 0.95 * len(filled) and not all(numbered):
        return [n or f for n, f in zip(numbered, filled, strict=True)]
    return None


def regions_agree(rows: Sequence[Mapping[str, Cell]], key: str) -> list[bool] | None:
    """Whether blanks of a region below a filled cell mean "as above": True where a block begins, or None if not so.

    A list that is sorted by village writes it where its block begins (or on the top line of each page). That is
    believed where the first row is filled, most others are not, more than one is, and no region comes back after
    another one; a village that was forgotten on a few rows stays blank, and so does one that names only the few people
    who live elsewhere. A code of the village on the row itself says more than what stands above.
    """
    said = [row.get(key, ("", "."))[0].strip().upper() for row in rows]
    runs = [region for region, _ in groupby(filter(None, said))]
    blanks = said.count("")
    if not said or not said[0] or not len(said) > 2 * (len(said) - blanks) > 2 or len(set(runs)) < len(runs):
        return None
    if any(is_stated(row.get("kode_desa_baris", ("", "."))) for row, own in zip(rows, said, strict=True) if not own):
        return None
    return [bool(own) for own in said]


def categories_agree(rows: Sequence[Mapping[str, Cell]], numbers: Sequence[str], *, leads: bool) -> list[bool] | None:
    """Whether blanks below a category mean "as above": True where a block begins, or None if not so.

    Believed only where people are counted from 1 again just where a category stands, or where the category stands
    before the names (`leads`), most rows leave it blank, and none comes back after another: elsewhere a blank may be
    somebody who is not PMKS, or whose category was forgotten.
    """
    said = [row.get("kategori", ("", "."))[0].strip() for row in rows]
    first = [number.strip().rstrip(".)") == "1" for number in numbers]
    counted = all(number.strip().rstrip(".)").isdigit() for number in numbers)
    blocks = [bool(text) for text in said]
    if sum(blocks) < _FEWEST_BLOCKS or all(blocks):
        return None
    if not (counted and first == blocks) and not (leads and regions_agree(rows, "kategori")):
        return None
    return blocks if all(known_category(text) for text in said if text) else None


def carry_down(
    rows: Sequence[dict[str, Cell]],
    filled_by: Sequence[dict[str, str]],
    numbers: Sequence[str],
    place: Callable[[int, str], str],
    *,
    category_leads: bool = False,
) -> int:
    """Give the blank family values of each block the values of its first row; returns how many cells were filled.

    `category_leads`: whether categories stand before the names, as headings of blocks do. `filled_by` is told of each
    where it stands, which `place` says of a field of a row.
    """
    carried = 0
    for key, names in _CARRIED_WITH.items():
        if key == "kategori":
            starts = categories_agree(rows, numbers, leads=category_leads)
        else:
            starts = blocks_agree(rows, numbers, key)
        if starts is None and key in REGIONS:
            starts = regions_agree(rows, key)
        if starts is None:
            continue
        first: dict[str, Cell] = {}
        first_row = 0
        for at, (row, filled, start) in enumerate(zip(rows, filled_by, starts, strict=True)):
            if start:
                first = {name: row[name] for name in names if name in row and is_stated(row[name])}
                first_row = at
                continue
            for name, cell in first.items():
                if not row.get(name, ("", "."))[0].strip():
                    row[name] = cell
                    filled[name] = place(first_row, name)
                    carried += 1
    return carried


def _both(one: Cell, other: Cell, between: str) -> Cell:
    """What two columns of one field say together: each of a person's categories, or each part of the name."""
    said = [cell for cell in (one, other) if is_stated(cell)]
    return (f"{one[0]}{between}{other[0]}", "t") if len(said) == 2 else said[0] if said else one


def carry_dittos(
    rows: Sequence[dict[str, Cell]], filled_by: Sequence[dict[str, str]], place: Callable[[int, str], str]
) -> int:
    """Give the cells that say "as above" (`sda`, `idem`, `"`) what stands above them; returns how many were.

    Not for what is each person's own, such as a name or number. Where the cell above says nothing the mark stays, and
    is reported as what it is. `filled_by` and `place` as in `carry_down`.
    """
    carried = 0
    for at in range(1, len(rows)):
        for name in [name for name, (text, _) in rows[at].items() if name not in _OWN and is_ditto(text)]:
            above = rows[at - 1].get(name)
            if above and is_stated(above) and not is_ditto(above[0]):
                rows[at][name] = above
                filled_by[at][name] = place(at - 1, name)
                carried += 1
    return carried


def is_stated(cell: Cell) -> bool:
    """Whether a cell says something, and no placeholder."""
    return cell[0].strip().lower() not in _UNSTATED


def row_cells(columns: Sequence[Column], texts: Sequence[str], kinds: str) -> tuple[dict[str, Cell], list[str]]:
    """The fields of one row, and the header texts of the matrix columns it ticks."""
    cells: dict[str, Cell] = {}
    ticked: list[str] = []
    kinds_of_disability: list[str] = []
    answers: dict[str, list[str]] = {}
    for column in columns:
        if column.parts:
            if any(kinds[at] != "." for at in column.parts):
                written = [text for at in column.parts if (text := texts[at].strip())]
                cells["tanggal_lahir"] = ("-".join(written), "t")
            continue
        kind = kinds[column.index]
        if kind == "." or not column.fields:
            continue
        text = texts[column.index]
        if column.category:
            if column.is_tick(text):
                ticked.append(column.category)
        elif column.disability:
            if column.is_tick(text):
                kinds_of_disability.append(column.disability)
        elif column.sex:
            if column.is_tick(text):
                cells["jenis_kelamin"] = (column.sex, kind)
                if column.fields == ("umur",):
                    cells["umur"] = (text, kind)
        elif column.answer:
            if column.is_tick(text):
                answers.setdefault(column.fields[0], []).append(column.answer)
        elif len(column.fields) == 1:
            before = cells.get(column.fields[0])
            between = " " if column.fields == ("nama",) else "; "
            cells[column.fields[0]] = _both(before, (text, kind), between) if before else (text, kind)
        else:
            cells.update({k: v for k, v in split_cell(column.fields, text, kind).items() if k not in cells})
    if kinds_of_disability:
        cells["jenis_disabilitas"] = (", ".join(kinds_of_disability), "t")
    for name, ticked_answers in answers.items():  # with both ticked nothing is answered
        stated = [cells[name][0]] if name in cells else []
        cells[name] = (" / ".join([*stated, *ticked_answers]), "t")
    return cells, ticked
