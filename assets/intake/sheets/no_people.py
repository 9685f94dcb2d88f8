"""Sheets whose rows have names and are no people's: lists of codes, tables of counts, and examples.

Danger: `kode | nama | uraian` has a column of names, and a sidecar that is meant for the list beside it makes people of
its lines. Remedy: a sheet hardly any of whose rows says anything of a person besides a name, and whose names or headers
are those of codes or counts, lists nobody, whatever is declared of the file; only a person who says so of that very
sheet (`berisi_orang`) has it read. Rests on `term_words.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache

from assets.intake.sheets.data_rows import DataRow, fill_blanks
from assets.intake.sheets.evidence import DATE, NOT_TICKED, PLACEHOLDERS, known_category
from assets.intake.sheets.examples import MOST_EXAMPLES, names_examples
from assets.intake.sheets.headers import header_key
from assets.intake.sheets.layout import Problem, SheetRead
from assets.intake.sheets.legends import is_disability
from assets.intake.sheets.mapping import Column
from assets.intake.sheets.rows import hamlet_named
from validation.rule_tables import rule_table
from validation.vocabulary import relation_of, sex_of

CODES, COUNTS, EXAMPLES = "daftar kode", "rekapitulasi angka", "contoh pengisian"
_SAYS_PERSON = 1 / 3
"""Share of the rows that have to say something of a person besides a name, for the sheet to be one of people."""
_TERMS = 0.5
"""Share of the names that are words of a code list, or of the rows that are counts, from which a sheet is no list."""
_OF_CODES = frozenset({"KODE", "CODE", "ID", "SINGKATAN", "KD"})
_OF_MEANINGS = frozenset({"URAIAN", "DESKRIPSI", "DEFINISI", "PENGERTIAN", "ARTI", "MAKNA", "PENJELASAN", "KRITERIA"})
_SEX_CODES = frozenset({"0", "1", "2"})
_FORM = re.compile(r"\W*(?:format|template|blanko|form(?:ulir)?)(?:\s+(?:kosong|pengisian|isian))?\W*", re.IGNORECASE)
_LONG = 10
"""So many digits are a person's number, or a card's."""


def lists_nobody(read: SheetRead) -> str | None:
    """What a sheet is that lists nobody, in Indonesian; None for a list of people, or one that may be."""
    rows = read.rows
    columns = [column for _, column in read.columns]
    pairs: dict[int, list[str]] = {}
    for header_row, column in read.columns:
        if column.sex:
            pairs.setdefault(header_row, []).append(column.letter)
    counted = sum(_counts(row, pairs.get(row.header_row, ())) for row in rows)
    if pairs and counted >= _TERMS * len(rows):
        return COUNTS
    sexes = {row.cells["jenis_kelamin"][0].strip() for row in rows if "jenis_kelamin" in row.cells}
    coded = sexes <= _SEX_CODES | PLACEHOLDERS
    persons = (row for row in rows if _says_person(row, coded=coded))
    if not rows or any(count >= _SAYS_PERSON * len(rows) for count, _ in enumerate(persons, 1)):
        return None
    names = [row.text("nama") for row in rows]
    if _are_terms(names):
        return COUNTS if any(_numeric(row) for row in rows) else CODES
    return CODES if _is_code_list(columns, rows) or _no_numbers_declared(columns, rows) else None


def settle_examples(reads: Sequence[SheetRead], people: Collection[str]) -> None:
    """Where a sheet lists people, set aside those named as examples (`CONTOH PENGISIAN`), and call the few people of a
    blank form (`FORMAT`) examples. `people`: names of sheets that are known to list people."""
    examples = [read for read in reads if read.rows and names_examples(read.name) and read.name not in people]
    forms = [read for read in reads if 0 < len(read.rows) <= MOST_EXAMPLES and _FORM.fullmatch(read.name)]
    if not any(read.rows and read not in examples and read not in forms for read in reads):
        return
    for read in examples:
        set_aside(read, EXAMPLES)
    for row in (row for read in forms if read.name not in people for row in read.rows):
        fill_blanks(row, {"status_layak": ("contoh", "sheet")})


def set_aside(read: SheetRead, what: str) -> None:
    """Take the rows of a sheet that lists nobody for what they are, and say so."""
    for row in read.rows:
        read.kinds[row.row - 1] = "legend"
    read.rows, read.control_total = [], None
    read.problems = [Problem("sheet_lists_nobody", facts={"lembar": read.name, "isi": what})]


def _says_person(row: DataRow, *, coded: bool) -> bool:
    """Whether a row has a value that only a person has, or an address. `coded`: the numbers of the column of sexes may
    be codes of them."""

    def said(name: str) -> str:
        text = row.cells[name][0].strip() if name in row.cells else ""
        return "" if text.lower() in PLACEHOLDERS else text

    if any(sum(map(str.isdigit, said(name))) >= _LONG for name in ("nik", "no_kk", "telepon")):
        return True
    date, kind = row.cells.get("tanggal_lahir", ("", "."))
    if kind == "d" or DATE.match(date) or (date.isdigit() and len(date) == 5):
        return True
    sex = said("jenis_kelamin")
    if sex_of(sex) or (coded and sex in _SEX_CODES) or relation_of(said("hubungan")):
        return True
    own = ("umur", "alamat", "dusun", "rt", "rw", "tempat_lahir", "nama_ibu", "nama_ayah")
    head = said("kepala_keluarga")
    return any(said(name) for name in own if name not in row.filled) or bool(head and head != said("nama"))


def _counts(row: DataRow, pairs: Sequence[str]) -> bool:
    """Whether a row gives a number of men and one of women: it counts people, and is none."""
    cells = [row.raw.get(letter, "").strip() for letter in pairs]
    return len([cell for cell in cells if cell.lower() not in NOT_TICKED]) > 1 and all(
        not cell or cell.isdigit() or cell in NOT_TICKED for cell in cells
    )


def _numeric(row: DataRow) -> bool:
    return sum(text.strip().rstrip("%").replace(",", "").replace(".", "").isdigit() for text in row.raw.values()) >= 2


@cache
def _terms() -> frozenset[str]:
    return frozenset(row["word"] for row in rule_table(__file__, "term_words.csv"))


def _are_terms(names: Sequence[str]) -> bool:
    """Whether the names are words of a code list: categories, relations, kinds of disability, hamlets, occupations."""
    stated = [name for name in names if name]
    return sum(map(_is_term, stated)) >= max(2, _TERMS * len(stated))


def _is_term(name: str) -> bool:
    plain = " ".join(name.lower().split())
    return (
        plain in _terms()
        or bool(relation_of(name) or hamlet_named(name) is not None or is_disability(name))
        or known_category(name)
    )


def _is_code_list(columns: Sequence[Column], rows: Sequence[DataRow]) -> bool:
    """Whether headers are those of a code list (a code, and what it means), and no row is of a category."""
    keys = {header_key(column.header) for column in columns if column.header}
    categories = any("kategori" in row.cells or row.ticked for row in rows)
    return bool(keys & _OF_CODES and keys & _OF_MEANINGS) and not categories


def _no_numbers_declared(columns: Sequence[Column], rows: Sequence[DataRow]) -> bool:
    """Whether a sidecar says which column holds the NIK or the card's number, and it holds none."""
    numbers = {name for c in columns if c.by == "sidecar" for name in c.fields if name in ("nik", "no_kk")}
    stated = [cell for row in rows for name in numbers if (cell := row.text(name))]
    return len(stated) > 1 and not any(sum(map(str.isdigit, cell)) >= _LONG for cell in stated)
