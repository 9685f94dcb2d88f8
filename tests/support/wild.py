"""Workbooks as villages lay them out, at random, with the truth of every row: header wording, order and depth, columns
of two fields, pairs and matrices of ticks, bands, captions, pages, totals, signatures, legends, counts, other sheets,
dirt. All choices come from one `random.Random`: a seed gives a workbook again, and hypothesis shrinks one that fails.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assets.intake.formats.workbook import Merge, Sheet
from tests.support.lists import CATEGORIES, HEADERS, NOT_FIELDS, Person, invented

OPTIONAL = (
    "no_kk",
    "jenis_kelamin",
    "tanggal_lahir",
    "tempat_lahir",
    "umur",
    "hubungan",
    "alamat",
    "dusun",
    "rt",
    "rw",
    "nama_ibu",
    "pekerjaan",
    "agama",
)
WORDING: dict[str, tuple[str, ...]] = {
    **HEADERS,
    "ttl": ("TEMPAT/TGL LAHIR", "Tempat, Tanggal Lahir", "TTL"),
    "rt_rw": ("RT/RW", "RT / RW"),
    "keterangan": ("KET", "Keterangan", "KET."),
    "lain": ("WARNA RUMAH", "Luas Lantai", "Bantuan yang Diterima"),
}
TWO = {"ttl": ("tempat_lahir", "tanggal_lahir"), "rt_rw": ("rt", "rw")}
MATRIX = ("Anak Terlantar", "Lanjut Usia Terlantar", "Fakir Miskin")
TITLES = ("DAFTAR PENYANDANG MASALAH KESEJAHTERAAN SOSIAL", "DATA PMKS TAHUN 2023", "DESA TANJUNG PASIR",
          "KECAMATAN : PEMULUTAN")  # fmt: skip
FORMS: tuple[Callable[[str], Any], ...] = (
    str,
    str,
    str.lower,
    str.title,
    lambda text: f" {text} ",
    lambda text: f"{text}\xa0",
)
"""How a text may be written; the truth is the cell without the space around it."""


_FORMS: tuple[dict[str, Callable[[str], str]], ...] = (
    {},
    {},
    {"jenis_kelamin": {"L": "Laki-laki", "P": "Perempuan"}.__getitem__, "umur": "{} th".format},
    {
        "jenis_kelamin": {"L": "LK", "P": "PR"}.__getitem__,
        "rt": lambda rt: str(int(rt)),
        "alamat": "{} RT 01 RW 02".format,
    },
    {"rt": "RT {}".format, "dusun": "Dusun {}".format, "hubungan": str.title, "nik": "'{}".format},
    {"tanggal_lahir": lambda day: day.replace("-", "/"), "nama": "{} (ALM)".format},
)
"""How a whole list may write some of its columns."""


@dataclass(repr=False)
class Wild:
    """A workbook of one list. `truth`: sheet → row (from 1) → what its cells say of the person, by field, and what is
    ticked as `kategori_tanda`."""

    sheets: list[Sheet] = field(default_factory=list)
    truth: dict[str, dict[int, Person]] = field(default_factory=dict)
    people: dict[str, dict[int, Person]] = field(default_factory=dict)
    """What is true of them, be it said or not: what a reading may carry down from the row above."""

    def __repr__(self) -> str:
        parts = []
        for sheet in self.sheets:
            rows = [f"{at:>3} " + " | ".join(str(cell) for cell in row) for at, row in enumerate(sheet.rows, 1)]
            parts += [f"== {sheet.name} merged {[tuple(box) for box in sheet.merged]}", *rows]
        return "\n".join(parts)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


class _Page:
    """One sheet under construction."""

    def __init__(self, rng: random.Random, name: str) -> None:
        self.rng, self.name = rng, name
        self.rows: list[list[Any]] = []
        self.merged: list[Merge] = []
        self.truth: dict[int, Person] = {}
        self.people: dict[int, Person] = {}
        self.forms = rng.choice(_FORMS)
        self.left = rng.choice((0, 0, 0, 1))

    def add(self, *cells: Any) -> int:
        self.rows.append([*[""] * self.left, *cells])
        return len(self.rows)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share


def wild(rng: random.Random) -> Wild:
    """A workbook with one list of 3 to 40 people on one sheet, and perhaps with sheets that hold nobody."""
    made = Wild()
    page = _Page(rng, "Data")
    columns = _columns(rng)
    sections = "kategori" in columns and page.chance(0.2)
    if sections:
        columns.remove("kategori")
    people = invented(random.Random(rng.randrange(100_000)), rng.choice((3, 5, 8, 14, 25, 40)))
    banded = None if page.chance(0.6) else _band(rng, columns)
    if page.chance(0.6):
        for title in TITLES[: rng.randint(1, 4)]:
            page.add(title)
        page.add()
    at = 0
    pages = rng.choice((1, 1, 2, 3))
    header = _header(rng, columns)
    size = -(-len(people) // pages)
    another = page.chance(0.15)
    while at < len(people):
        if at and another:  # a second list below the first, with columns of its own order
            order = rng.sample(columns, len(columns))
            if not any(":" in name for name in columns):
                columns, header = order, _header(rng, order)
            page.add()
            page.add("DAFTAR TAMBAHAN")
        if not at or page.chance(0.8) or another:
            _write_header(page, columns, header)
        if sections:
            for part in range(at, min(at + size, len(people)), 4):
                category = rng.choice(CATEGORIES)
                page.add(rng.choice(("{}", "A. {}", "JENIS PMKS : {}")).format(category))
                _people(page, columns, people[part : min(part + 4, at + size)], banded, {"golongan": category})
        else:
            _people(page, columns, people[at : at + size], banded)
        at += size
        if page.chance(0.1):
            page.add(*[""] * (len(columns) - 1), f"Halaman : {at}")
        if page.chance(0.3):
            page.add("JUMLAH", *[""] * (len(columns) - 2), min(at, len(people)))
        if at < len(people) and page.chance(0.4):
            page.add()
    if columns[0] == "nomor" and page.chance(0.15):
        for number in range(len(people) + 1, len(people) + rng.randint(2, 6)):
            page.add(number)
    _below(page, len(columns))
    if page.chance(0.25):
        _legend_right(page, len(columns))
    others = [
        _nobody(rng, kind) for kind in rng.sample(("kode", "rekap", "kosong", "catatan"), rng.choice((0, 0, 1, 2)))
    ]
    sheets = [Sheet(page.name, _even(page.rows), merged=page.merged), *others]
    rng.shuffle(sheets)
    made.sheets = sheets
    made.truth, made.people = {page.name: page.truth}, {page.name: page.people}
    return made


def _even(rows: list[list[Any]]) -> list[list[Any]]:
    width = max(map(len, rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]


def _columns(rng: random.Random) -> list[str]:
    """The columns in order: fields, columns of two, `L` and `P` of a pair, `tanda:…` of a matrix, and others."""
    chosen = [name for name in OPTIONAL if rng.random() < 0.5]
    if {"tempat_lahir", "tanggal_lahir"} <= set(chosen) and rng.random() < 0.5:
        chosen = ["ttl" if name == "tanggal_lahir" else name for name in chosen if name != "tempat_lahir"]
    if {"rt", "rw"} <= set(chosen) and rng.random() < 0.5:
        chosen = ["rt_rw" if name == "rt" else name for name in chosen if name != "rw"]
    if rng.random() < 0.4:
        chosen.append("lain")
    if rng.random() < 0.8 or not set(chosen) & {"no_kk", "alamat", "tanggal_lahir", "ttl", "jenis_kelamin"}:
        chosen.append("nik")
    chosen.append("nama")
    rng.shuffle(chosen)
    if "jenis_kelamin" in chosen and rng.random() < 0.25:
        chosen = [part for name in chosen for part in (("sex:L", "sex:P") if name == "jenis_kelamin" else (name,))]
    categories = [f"tanda:{name}" for name in MATRIX] if rng.random() < 0.2 else ["kategori"]
    chosen += categories
    if rng.random() < 0.5:
        chosen.append("keterangan")
    return ["nomor", *chosen] if rng.random() < 0.85 else chosen


def _header(rng: random.Random, columns: list[str]) -> tuple[list[str], list[str]]:
    """Upper and lower texts of the header; the lower ones are blank where it has one row."""
    upper, lower = [], []
    home = [name for name in ("alamat", "dusun", "rt", "rw") if name in columns]
    grouped = len(home) > 1 and [columns.index(n) for n in home] == list(
        range(columns.index(home[0]), columns.index(home[0]) + len(home))
    )
    for at, name in enumerate(columns):
        kind, _, word = name.partition(":")
        if kind == "sex":
            upper.append("JENIS KELAMIN" if word == "L" else "")
            lower.append(word)
        elif kind == "tanda":
            upper.append("JENIS PMKS" if word == MATRIX[0] else "")
            lower.append(word)
        elif grouped and name in home:
            upper.append("ALAMAT" if columns[at - 1] not in home or at == 0 else "")
            lower.append("Jalan" if name == "alamat" else rng.choice(WORDING[name]))
        else:
            text = rng.choice(WORDING[name])
            upper.append(text.replace(" ", "\n", 1) if rng.random() < 0.1 else text)
            lower.append("")
    return upper, lower


def _write_header(page: _Page, columns: list[str], header: tuple[list[str], list[str]]) -> None:
    upper, lower = header
    top = page.add(*upper)
    if any(lower):
        page.add(*lower)
        at = 0
        while at < len(columns):
            end = at + 1
            while lower[at] and end < len(columns) and lower[end] and not upper[end]:
                end += 1
            if end > at + 1 and page.rng.random() < 0.9:
                page.merged.append((top, page.left + at, top, page.left + end - 1))
            at = end
    if page.chance(0.25):
        form = page.rng.choice(("{}", "({})", "-{}"))
        page.add(*[form.format(number) for number in range(1, len(columns) + 1)])


def _band(rng: random.Random, columns: list[str]) -> str | None:
    """What bands between the people say, if no column does."""
    kinds = [name for name in ("no_kk", "dusun") if name not in columns]
    if "hubungan" not in columns and "no_kk" in kinds:
        kinds.remove("no_kk")
    return rng.choice(kinds) if kinds else None


def _people(
    page: _Page, columns: list[str], people: list[Person], banded: str | None, of_section: Person | None = None
) -> None:
    rng = page.rng
    dirt = rng.choice((0.0, 0.0, 0.05, 0.15))
    numeric = rng.random() < 0.25
    as_dates = rng.random() < 0.3
    before = None
    for person in people:
        given: Person = {}
        if banded == "no_kk":
            given = {"no_kk": person["no_kk"], "kepala_keluarga": person["kepala_keluarga"]}
            if before != given:
                page.add(f"No. KK : {given['no_kk']}", "", f"Nama Kepala Keluarga : {given['kepala_keluarga']}")
        elif banded == "dusun":
            given = {"dusun": person["dusun"]}
            if before != given:
                page.add(f"DUSUN {given['dusun']}")
        before = given
        cells, said = [], {}
        written = person
        for name in columns:
            form = page.forms.get(name)
            written = {**written, name: form(person[name])} if form else written
            cell, says = _cell(rng, name, written, dirt=dirt, numeric=numeric, as_dates=as_dates)
            cells.append(cell)
            said.update(says)
        row = page.add(*cells)
        page.truth[row] = {**given, **said, **(of_section or {})}
        page.people[row] = written
        if rng.random() < 0.03:
            page.add()


def _cell(
    rng: random.Random, name: str, person: Person, *, dirt: float, numeric: bool, as_dates: bool
) -> tuple[Any, Person]:  # fmt: skip
    """What is written into one cell, and what it says by field."""
    kind, _, word = name.partition(":")
    if kind == "sex":
        ticked = person["jenis_kelamin"] == word
        return (rng.choice(("v", "√", 1)) if ticked else ""), ({"jenis_kelamin": word} if ticked else {})
    if kind == "tanda":
        ticked = MATRIX.index(word) == int(person["nomor"]) % 3
        return ("v" if ticked else ""), ({"kategori_tanda": [word]} if ticked else {})
    if name == "lain":
        return rng.choice(("biru", "hijau", "PKH", "")), {}
    if name == "keterangan":
        text = rng.choice(("", "", "", "baru", "sakit", "pindahan"))
        return text, ({"keterangan": text} if text else {})
    if name == "ttl":
        place, born = person["tempat_lahir"], person["tanggal_lahir"]
        return f"{place}, {born}", {"tempat_lahir": place, "tanggal_lahir": born}
    if name == "rt_rw":
        return f"{person['rt']}/{person['rw']}", {"rt": person["rt"], "rw": person["rw"]}
    text = person[name]
    if name in NOT_FIELDS:
        return (int(text) if name == "nomor" else text), {}
    if name not in ("nama", "kategori") and rng.random() < dirt:
        blank = rng.choice(("", "", "-"))
        return blank, ({name: blank} if blank else {})
    if name == "tanggal_lahir" and as_dates:
        day, month, year = map(int, text.replace("/", "-").split("-"))
        return dt.date(year, month, day), {name: f"{year}-{month:02d}-{day:02d}"}
    if numeric and text.isdigit() and name in ("nik", "no_kk", "umur"):
        return int(text), {name: text}
    if name in ("nama", "alamat") and rng.random() < dirt:
        written = rng.choice(FORMS)(text)
        return written, {name: written.strip()}
    return text, {name: text}


def _below(page: _Page, width: int) -> None:
    if page.chance(0.3):
        page.add()
        for text in ("Tanjung Pasir, 12 Januari 2023", "Kepala Desa Tanjung Pasir", "", "( SUPARMAN )", "NIP. -"):
            page.add(*[""] * max(width - 2, 0), text)
    elif page.chance(0.2):
        page.add()
        page.add("Keterangan :")
        for number, category in enumerate(CATEGORIES[:3], 1):
            page.add(f"{number}. {category}")


def _legend_right(page: _Page, width: int) -> None:
    start = next(iter(page.truth)) - 1
    lines: list[tuple[Any, Any]] = [("KODE", "JENIS PMKS"), *[(n, c) for n, c in enumerate(CATEGORIES[:4], 1)]]
    for at, pair in enumerate(lines[: max(len(page.rows) - start, 0)], start):
        row = page.rows[at]
        row += [""] * (page.left + width + 2 - len(row))
        row += pair


def _nobody(rng: random.Random, kind: str) -> Sheet:
    """A sheet that lists nobody."""
    if kind == "kode":
        rows: list[list[Any]] = [
            ["kode", "nama", "uraian"],
            *[[n, c, "lihat aturan"] for n, c in enumerate(CATEGORIES)],
        ]
    elif kind == "rekap":
        counts = [(name, rng.randint(1, 90), rng.randint(1, 90)) for name in CATEGORIES]
        rows = [["REKAPITULASI PMKS"], ["NO", "JENIS PMKS", "L", "P", "JUMLAH"],
                *[[n, c, men, women, men + women] for n, (c, men, women) in enumerate(counts, 1)]]  # fmt: skip
    elif kind == "catatan":
        rows = [["Catatan"], ["Data ini dikumpulkan oleh kader desa pada bulan Januari."]]
    else:
        rows = []
    return Sheet({"kode": "Kode", "rekap": "Rekap", "kosong": "Sheet3", "catatan": "Catatan"}[kind], _even(rows))
