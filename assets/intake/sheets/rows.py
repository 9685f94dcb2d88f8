"""What each row below a header is: a person, or one of the many things that are not.

Danger: a total, a signature or a page footer read as a person; or a person without a name or number taken for one of
those. Remedy: a row is a person's as soon as cells under person columns say so; only rows without any such evidence
are looked at for what else they may be. Rests on `row_markers.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from assets.intake.sheets.captions import begins_caption, caption_above, caption_values
from assets.intake.sheets.category_names import category_named
from assets.intake.sheets.evidence import PLACEHOLDERS, known_category
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.labels import labelled_values
from assets.intake.sheets.legends import legend_of, pairs_in
from assets.intake.sheets.mapping import Column, field_columns, number_column
from assets.intake.sheets.standing import standing_named
from validation.categories import counts_or_dates
from validation.hamlet_words import HAMLET_HEADINGS
from validation.rule_tables import rule_table
from validation.vocabulary import sex_of

KINDS = ("title", "header", "numbering", "band", "legend", "subtotal", "footer", "blank", "data")
_REGION = frozenset({"desa", "kecamatan", "kabupaten", "provinsi", "kode_desa_baris", "periode_baris", "keterangan"})
_DUSUN = re.compile(
    rf"^\s*(?:[A-Z0-9]{{1,3}}[.)]\s*)?(?P<label>{HAMLET_HEADINGS}|rt|rw|blok)(?:\b|(?=\d))[\s.:]*(?P<value>.{{0,80}})$",
    re.IGNORECASE,
)
_VILLAGE = re.compile(
    r"^\s*(?:[A-Z0-9]{1,3}[.)]\s*)?(?:desa|kelurahan|kel\.|nagari|gampong|pekon)\s+(?P<name>[^\d,:;()]{3,40}?)\s*$",
    re.IGNORECASE,
)
"""A row over the people of one village of several."""
_UNIT = re.compile(r"\b(rt|rw)[\s.:]*(\d{1,3}|[ivx]+\b)", re.IGNORECASE)
_LONGEST_HAMLET = 40
_ORDINAL = re.compile(r"^\s*(?:[A-Z]|[IVX]{1,5}|\d{1,2})\s*(?:[.)]\s*|$)")
_ALLOWED = re.compile(r"/|\batau\b|contoh|wajib|digit|angka|format|pilih|dd.?mm|yyyy|diisi", re.IGNORECASE)
_EXPLAINED = re.compile(r"\s*[A-Z]{1,5}\s*=\s*[A-Za-z]")
"""A line of a legend whose codes are letters."""
_WIDEST_LEGEND = 4
"""Cells in a row below `Keterangan :` up to which it goes on explaining, unless it holds an identity number."""
_FEWEST_OF_A_PERSON = 2
"""Cells beside the name from which the row below a heading is a person's."""
_OF_GROUPS = re.compile(
    r"\b(?:anak(?!\s+agung)|balita|bekas|cacat|disabilitas|duda|eks|janda|jompo|keluarga|kelompok|komunitas|korban|lain-?lain"
    r"|lainnya|lanjut\s+usia|lansia|mantan|miskin|orang\s+tua|pekerja|penyandang|perempuan|piatu|remaja|rumah|telantar"
    r"|terlantar|wanita|warga|yatim)\b",
    re.IGNORECASE,
)
"""Words of headings over people, which names hardly hold."""
_SIGNATURES = 3
"""Who may sign in one row, besides under the column of names."""
_QUESTIONS = 5
"""So many numbers in a row that count on are those of a form's questions (401, 402, …), wherever they begin."""
_LETTERS_ONLY = re.compile(r"[^\W\d_]{3,}")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")


@cache
def markers() -> dict[str, re.Pattern[str]]:
    """One pattern for each kind of row marker."""
    found: dict[str, list[str]] = {}
    for row in rule_table(__file__, "row_markers.csv"):
        found.setdefault(row["kind"], []).append(f"(?:{row['pattern']})")
    return {kind: re.compile("|".join(patterns), re.IGNORECASE) for kind, patterns in found.items()}


@dataclass(slots=True)
class Marked:
    """What a row is, and for a band the values (by field) it gives to the rows below; `counted` is a total's number."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    counted: int | None = None


class RowReader:
    """Tells the rows of one table apart, from top to bottom."""

    def __init__(self, grid: Grid, columns: Sequence[Column]) -> None:
        self.grid = grid
        by_field = field_columns(columns)
        self.name = by_field["nama"].index if "nama" in by_field else -1
        self.nik = by_field["nik"].index if "nik" in by_field else -1
        self.card = by_field["no_kk"].index if "no_kk" in by_field else -1
        self.number = number_column(columns)
        self.person = sorted({c.index for f, c in by_field.items() if f not in _REGION})
        self.besides_name = [c for c in self.person if c != self.name]
        self.places = {by_field[f].index for f in ("dusun", "rt", "rw") if f in by_field}
        self.ticked = [c for c in columns if c.is_ticked]
        self.ticks = [c.index for c in self.ticked]
        self.births = {by_field[f].index for f in ("tempat_lahir", "tanggal_lahir") if f in by_field}
        self.category = by_field["kategori"].index if "kategori" in by_field else -1
        self.width = max((c.index for c in columns if c.header), default=0) + 1
        self.edge = max((c.index for c in columns if c.fields or c.is_number), default=0)
        self.ended = self.signed = self.explaining = self.grouped = False
        self.below_caption: tuple[int, dict[str, str]] = (-1, {})

    def read(self, row: int) -> Marked:
        """Classify one row; remembers whether the signature or the end mark has been passed."""
        kinds = self.grid.types[row]
        if not kinds.strip("."):
            return Marked("blank")
        texts = self.grid.texts[row]
        first = texts[len(kinds) - len(kinds.lstrip("."))]
        if markers()["end"].match(first):
            self.ended = True
        if self.ended:
            return Marked("legend" if legend_of(pairs_in(first)) else "footer")
        if (caption := self._caption(row, first)) is not None:
            return Marked("band", caption)
        name = texts[self.name].strip() if self.name >= 0 else ""
        named = bool(_LETTERS.search(name)) and kinds[self.name] in "te"
        if self.nik >= 0 and _digits(texts[self.nik]) >= 10:  # a person, whatever else stands there
            self.explaining = False
            self.signed = self.signed and not named
            return Marked("data")
        filled = [c for c, kind in enumerate(kinds) if kind != "."]
        identified = self.card >= 0 and _digits(texts[self.card]) >= 10
        numbered = self.number >= 0 and _is_count(texts[self.number])
        personal = sum(kinds[c] != "." and texts[c].strip() not in PLACEHOLDERS for c in self.besides_name)
        ticked = any(column.is_tick(texts[column.index]) for column in self.ticked)
        if is_numbering(texts, kinds):
            return Marked("numbering")
        if self._lists_nobody(name, [texts[c].strip() for c in filled]):
            return Marked("blank")
        described = named and (identified or self._is_described(row, name))
        other = self._not_a_person(row, filled, named and personal + ticked >= 2, described=described)
        if other:
            self.explaining = other.kind == "legend"
            return other
        if self.explaining and not identified and len(filled) <= _WIDEST_LEGEND:
            return Marked("legend")
        self.explaining = False
        if named and (identified or numbered or personal + ticked >= 2):
            if self.signed and not (identified or (numbered and personal + ticked) or personal + ticked > _SIGNATURES):
                return Marked("footer")
            self.signed = False
            return Marked("data")
        if identified and personal >= 2:
            return Marked("data")
        if self.signed:
            return Marked("footer")
        if named:
            return self._only_name(row, filled, numbered)
        where = sum(1 for c in self.places if kinds[c] != "." and texts[c].strip() not in PLACEHOLDERS)
        return self._nameless(texts, kinds, filled, 0 if personal + ticked == where else personal + ticked, numbered)

    def _caption(self, row: int, first: str) -> dict[str, str] | None:
        """The values of a family's caption, of which this row is one or the second one; `first` is its first text."""
        if self.below_caption[0] == row:
            return self.below_caption[1]
        if not begins_caption(first):
            return None
        values = caption_values(self.grid.texts[row])
        if values is None and (values := caption_above(self.grid, row)) is not None:
            self.below_caption = (row + 1, values)
        return values

    def _lists_nobody(self, name: str, cells: Sequence[str]) -> bool:
        """Whether a row says that there is nobody (`NIHIL`), in the place of a name or all alone, and nothing else but
        of which category."""
        nobody = markers()["nobody"]
        said = [cell for cell in cells if not _is_count(cell)]
        if not nobody.match(name or (said[0] if len(said) == 1 else "")):
            return False
        return all(cell in PLACEHOLDERS or nobody.match(cell) or known_category(cell) for cell in said)

    def _is_described(self, row: int, name: str) -> bool:
        """Whether a row whose first word may be a total's says in words what is so of the person it names."""
        texts = self.grid.texts[row]
        own = any(c not in self.places and _LETTERS.search(texts[c]) for c in self.besides_name)
        total = markers()["subtotal"].match(name) or sex_of(name) or hamlet_named(name) is not None
        return own and not total and not known_category(name) and not any(map(str.isdigit, name))

    def _not_a_person(self, row: int, filled: list[int], person: bool, *, described: bool) -> Marked | None:
        """Totals, bands, signatures and legends, by their words; a row full of a person's values is none of these.

        `described`: it names someone, and a card's number or words beside the name say more of that one than a total
        could, though its first word may be `pindahan`.
        """
        texts = self.grid.texts[row]
        cells = [texts[c].strip() for c in filled]
        words = markers()
        lead = next((c for c in cells[:3] if not _is_count(c)), "")
        if not (person and described) and (words["subtotal"].match(lead) or words["subtotal"].match(cells[0])):
            return Marked("subtotal", counted=_count_in(cells) if filled[0] <= self.edge else None)
        if any(":" in c for c in cells) and not person:
            values = labelled_values(texts)
            if "kategori" in values and not category_named(values["kategori"]):
                del values["kategori"]
            if values:
                return Marked("band", values)
        if len(cells) > 5 or person:
            return None
        if self._is_signed_at(texts, filled) or any(words["footer"].search(c) for c in cells if not _is_count(c)):
            self.signed = True
            return Marked("footer")
        if any(words["page"].search(c) for c in cells):
            return Marked("footer")
        if words["legend"].search(lead) or legend_of(pairs_in(lead)) or _EXPLAINED.match(lead):
            return Marked("legend")
        return self._section(filled, texts) if len(cells) <= 2 else None

    def _is_signed_at(self, texts: list[str], filled: list[int]) -> bool:
        """Whether a cell says where and when a list was signed (`Palembang, 12 Mei 2025`).

        Where somebody is numbered, or named beside it in the column of births, that one was born then.
        """
        if self.number >= 0 and _is_count(texts[self.number]):
            return False
        named = self.name >= 0 and bool(_LETTERS.search(texts[self.name]))
        cells = [texts[c].strip() for c in filled if not (named and c in self.births - {self.name})]
        return any(markers()["signed_at"].match(cell) for cell in cells)

    def _section(self, filled: list[int], texts: list[str]) -> Marked | None:
        """A row of its own that names a hamlet or a category for the rows below, or says that these are gone."""
        cells = [texts[c].strip() for c in filled]
        words = [text for text in cells if not _is_count(text) and not _ORDINAL.fullmatch(text)]
        if len(words) != 1:
            return None
        text = words[0]
        if village := _VILLAGE.match(text):
            return Marked("band", {"desa": village["name"]})
        hamlet = hamlet_named(text)
        names_hamlet = hamlet is not None and (len(filled) == 1 or hamlet.get("dusun") != text)
        if names_hamlet and self.name not in filled[1:]:
            return Marked("band", hamlet) if hamlet else None
        if self.category in filled and filled[0] == self.category:
            return None
        if standing := standing_named(text):
            return Marked("band", dict([standing]))
        bare = _ORDINAL.sub("", text)
        if len(bare) > 1 and known_category(bare) and not counts_or_dates(bare):
            self.grouped |= filled == [self.name]
            return Marked("band", {"kategori": bare})
        return None

    def _heads_block(self, row: int, filled: list[int]) -> bool:
        """Whether a word alone, or behind a letter or a roman number, stands over people who are counted from 1 again,
        or with numbers where it has none of these: `I. | KRAJAN`; or is a word of groups as others' heading is."""
        texts, following = self.grid.texts[row], row + 1
        if (
            self.number < 0
            or following >= len(self.grid.texts)
            or any(c not in (self.number, self.name) for c in filled)
        ):
            return False
        counted = self.grid.texts[following][self.number].strip().rstrip(".)")
        own = texts[self.number].strip()
        full = sum(self.grid.types[following][c] != "." for c in self.besides_name) >= _FEWEST_OF_A_PERSON
        named = self.grouped and filled == [self.name] and _OF_GROUPS.search(texts[self.name])
        ordered = bool(own and _ORDINAL.fullmatch(own))
        return full and counted.isdigit() and (counted == "1" or ordered or bool(named))

    def _only_name(self, row: int, filled: list[int], numbered: bool) -> Marked:
        """A name and little else is a person, unless its text spans the sheet as headings do, or heads a block."""
        if not numbered and self._heads_block(row, filled):
            return Marked("band", hamlet_named(self.grid.texts[row][self.name]) or {})
        merged = any(
            top <= row <= bottom and left <= self.name <= right and right - left >= 3
            for top, left, bottom, right in self.grid.merged
        )
        alone = len(filled) == 1 and filled[0] == 0 and self.name == 0
        return Marked("band") if merged or (alone and self.width > 3) else Marked("data")

    def _nameless(self, texts: list[str], kinds: str, filled: list[int], personal: int, numbered: bool) -> Marked:
        """A row without a name. `personal`: cells of a person in it, 0 where they only say a hamlet, an RT or an RW."""
        values = [c for c in filled if c != self.number]
        if not values and len(_LETTERS_ONLY.findall(texts[self.number])) > 1:
            return Marked("band")
        if not values or all(c not in self.person and c not in self.ticks and kinds[c] != "t" for c in values):
            numeric = bool(values) and not numbered and all(kinds[c] in "nu" for c in values)
            return Marked("subtotal" if numeric else "blank")
        if all(kinds[c] in "nu" for c in values) and not any(_digits(texts[c]) >= 10 for c in values) and not numbered:
            return Marked("subtotal")
        if personal >= 2:
            return Marked("data")
        if personal and numbered:
            return Marked("data")
        inside = [c for c in values if (c in self.person or c in self.ticks) and c not in self.places]
        if not inside and numbered:
            return Marked("blank")
        return Marked("band")


def hamlet_named(text: str) -> dict[str, str] | None:
    """The hamlet, RT or RW that a row of its own names, by field; empty where it names an RT without its number.

    >>> hamlet_named("DUSUN II"), hamlet_named("RT 03 / RW 01, Ketua: Budi"), hamlet_named("SUTRISNO")
    ({'dusun': 'II'}, {'rw': '01', 'rt': '03'}, None)
    """
    hamlet = _DUSUN.match(text)
    if not hamlet:
        return None
    label, value = hamlet["label"].lower(), hamlet["value"].strip()
    if label in ("rt", "rw"):
        return {unit.lower(): number for unit, number in reversed(_UNIT.findall(text))}
    if len(value) > _LONGEST_HAMLET:
        return None
    return {"dusun": value or text}


def _digits(text: str) -> int:
    """How many digits a number has; 0 for a text that merely holds one."""
    if not 10 <= len(text) <= 30:
        return 0
    if text.isdigit():
        return len(text)
    if ":" in text or sum(map(str.isalpha, text)) > 3:
        return 0
    return sum(map(str.isdigit, text))


def _is_count(text: str) -> bool:
    plain = text.strip().rstrip(".")
    return plain.isdigit() and len(plain) <= 6


def _count_in(cells: Sequence[str]) -> int | None:
    """The one number of rows a total states: a lone whole number, or `45 orang`; None where several stand there."""
    numbers = [int(c) for c in cells if _is_count(c)]
    if len(numbers) == 1:
        return numbers[0]
    stated = re.findall(r"(\d{1,6})\s*(?:orang|jiwa|org)\b", " ".join(cells), re.IGNORECASE) if not numbers else []
    if len(stated) == 1:
        return int(stated[0])
    alone = re.fullmatch(r"\D*(\d{1,6})\D*", " ".join(cells)) if not numbers else None
    return int(alone[1]) if alone and not re.search(r"\bkk\b", " ".join(cells), re.IGNORECASE) else None


def is_numbering(texts: Sequence[str], kinds: str) -> bool:
    """Whether a row numbers the columns: 1 2 3, -1 -2 -3, (1) (2), `KOLOM`, 2, 3.

    >>> is_numbering(["-1", "-2", "-3"], "nnn"), is_numbering(["KOLOM", "2", "3", "4"], "tttt")
    (True, True)
    """
    numbers: list[int] = []
    for text, kind in zip(texts, kinds, strict=True):
        if kind == ".":
            continue
        plain = text.strip().strip("()[]. -")
        if plain.isdigit() and len(plain) <= 3:
            numbers.append(int(plain))
        elif not numbers and markers()["numbering"].match(text):
            numbers.append(1)
        elif not re.fullmatch(r"\d{1,2}\s*[=+x*]\s*[\dx+*() ]+", plain):
            return False
    steps = [b - a for a, b in pairwise(numbers)]
    begins = numbers[:1] and (numbers[0] <= 2 or len(numbers) >= _QUESTIONS)
    return len(numbers) >= 3 and bool(begins) and sum(0 < s <= 2 for s in steps) >= 0.9 * len(steps)


def is_allowed_values(texts: Sequence[str], kinds: str) -> bool:
    """Whether the row below a header says what may be filled in, as some templates do."""
    if kinds.strip(".t") or kinds.count("t") < 2:
        return False
    cells = [text.strip() for text in texts if text]
    if any(_digits(text) >= 10 for text in cells) or is_numbering(texts, kinds):
        return False
    if all(text.startswith("(") and text.endswith(")") for text in cells):
        return True
    return sum(bool(_ALLOWED.search(text)) for text in cells) > 0.5 * len(cells)
