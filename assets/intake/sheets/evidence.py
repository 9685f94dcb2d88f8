"""What the cells below a header look like: the evidence that confirms or refutes what the header says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache, lru_cache

from validation.categories import is_category
from validation.rule_tables import rule_table
from validation.vocabulary import any_refusal_of, relation_of, sex_of

PLACEHOLDERS = frozenset(
    {"-", "--", "---", "0", ".", "?", "n/a", "x", "_", "nihil", "tidak ada", "belum ada", "tdk ada"}
)
_UNSTATED = PLACEHOLDERS - {"x"}
"""What says nothing in a column; an x is a tick."""
TICKS = frozenset({*"√✓✔☑●•*vx×✗✘✖❌1yüpþ", "ya", "true", "ada"})
NOT_TICKED = frozenset({"", "-", "--", "0", "tidak", "tdk", "t", "n", "no", "false", "☐", "□", "bukan", "tidak ada"})
CROSSES = frozenset({"x", "✗", "✘", "❌", "✖", "×"})
"""Ticks in most lists; where every cell is filled and others are ticked otherwise, they deny."""
RINGS = frozenset({"o", "○", "◯", "⭕"})
"""Ticks where they are rarer than the crosses beside them."""
_DENIES = re.compile(r"(?:tidak|tdk|tak|bukan|belum|nihil)\b", re.IGNORECASE)
_AS_ABOVE = frozenset(
    (
        *("sda", "idem", "ditto", "dito", "dto", "samadgnatas", "samadenganatas", "samadengandiatas"),
        *("samadiatas", "samasepertidiatas", "sepertidiatas", "sepertiatas"),
        *('"', "''", "”", "“", "〃", "//", ",,", "„", "↓", "⇓", "⬇"),
    )
)
_BLANKS_OF_DITTO = {ord(c): None for c in " .\xa0-–_"}
DATE_FORMS = (
    r"\d{1,2}\s*[-–/\\. ]\s*(?:(?:bln|bulan)\s+)?(?:\d{1,2}|[ivx]{1,4}|[A-Za-z]{3,9})"
    r"\s*[-–/\\. ,']\s*(?:(?:thn?|tahun)\.?\s+)?\d{2,4}"
    r"|\d{4}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{1,2}"
    r"|(?:jan|feb|peb|mar|apr|may|mei|jun|jul|aug|agu|sep|oct|okt|nov|nop|dec|des)[a-z]{0,6}"
    r"\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|\b(?:jan|januari|january|feb|februari|february|peb|pebruari|mar|maret|march|apr|april|mei|may|jun|juni|june|jul"
    r"|juli|july|agu|ags|agt|agust|agustus|aug|august|sep|sept|september|okt|oktober|oct|october|nov|november|nop"
    r"|nopember|des|desember|dec|december)\.?\s+(?:19|20)\d\d"
)
"""How days, and months of a year, are written, as a pattern whose letters may be of either case."""
DATE = re.compile(rf"^'?\s*(?:{DATE_FORMS})(?:\s.*)?$", re.IGNORECASE)
NAME = re.compile(r"^[A-Za-zÀ-ÿ'`’.,/()\- \xa0]{2,}$")
_STRIP = {ord(c): None for c in "'’` .-\xa0\t"}
_RT = re.compile(r"^(?:r[tw]\.?\s*)?(?:\d{1,3}|[ivx]{1,5})$", re.IGNORECASE)
_RT_RW = re.compile(
    r"^\D{0,4}(?:\d{1,3}|[ivx]{1,5})\s*[-/.\\ ]\s*(?:r\.?w\.?\s*)?(?:\d{1,3}|[ivx]{1,5})$", re.IGNORECASE
)
_AGE = re.compile(r"^[±+~ca. ]*\d{1,3}(?:[.,]\d+)?\s*(?:th|thn|tahun|bln|bulan)?\.?$", re.IGNORECASE)

known_category = lru_cache(maxsize=65536)(is_category)
_ORPHAN = re.compile(r"^\s*(?:anak\s+)?(?:yatim|piatu|yatim\s*[-/]?\s*piatu)\s*$", re.IGNORECASE)
"""Orphans are no category by themselves, but stand among categories."""


@lru_cache(maxsize=2000)
def is_tick(text: str) -> bool:
    """Whether a cell ticks what its column's header says, and neither denies it nor says nothing.

    >>> is_tick("v"), is_tick("Tdk ada"), is_tick("-")
    (True, False, False)
    """
    plain = text.strip().lower()
    return plain not in NOT_TICKED and not _DENIES.match(plain)


@cache
def _status_words() -> dict[str, str]:
    """What a status says, by its letters: the field whose word it is."""
    rows = rule_table(__file__, "status_words.csv")
    return {_letters(row["word"]): row["field"] for row in rows}


@lru_cache(maxsize=65536)
def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalpha())


@lru_cache(maxsize=65536)
def status_field(text: str) -> str | None:
    """The field whose status a word is: `hidup` of life, `kawin` (`lain`) of marriage, `padan` of matching.

    >>> status_field("Pindah Dalam Negeri"), status_field("Cerai Mati"), status_field("entah")
    ('status_hidup', 'lain', None)
    """
    if len(text) > 40:
        return None
    return _status_words().get(_letters(text)) or ("status_layak" if any_refusal_of(text) else None)


@lru_cache(maxsize=65536)
def is_ditto(text: str) -> bool:
    """Whether a cell says that it holds what the cell above it holds.

    >>> is_ditto("s.d.a."), is_ditto('- " -'), is_ditto("Idem"), is_ditto("-"), is_ditto("SIDA")
    (True, True, True, False, False)
    """
    return len(text) <= 24 and text.lower().translate(_BLANKS_OF_DITTO) in _AS_ABOVE


STANDING = ("status_hidup", "status_layak")
"""Both say whether somebody still belongs to the list, and stand in one column."""


@dataclass(slots=True)
class Content:
    """Counts over the filled cells of a column; `stated` are those that are no placeholder."""

    filled: int
    stated: int
    long_digits: int
    sixteen: int
    ten_digits: int
    dates: int
    dated_texts: int
    sexes: int
    relations: int
    categories: int
    names: int
    small: int
    ages: int
    rts: int
    rt_rws: int
    ticks: int
    unticked: int
    texts: Sequence[str] = field(repr=False)
    """All its cells."""
    statuses: tuple[str, ...] = ()
    """The fields whose status words the cells are, one for each such cell."""

    @property
    def distinct(self) -> int:
        """How many different texts the stated cells hold."""
        return len({text.strip().lower() for text in self.texts} - _UNSTATED - {""})

    def status(self) -> str | None:
        """The field whose words at least six tenths of the stated cells are, if they are of one. Words of life and of
        eligibility are told apart row by row: those of either count for both."""
        counts = Counter(self.statuses)
        if not counts:
            return None
        named = max(counts, key=lambda field: (counts[field], field))
        alike = sum(counts[field] for field in STANDING) if named in STANDING else counts[named]
        return named if alike >= 0.6 * self.stated else None

    def share(self, count: int) -> float:
        """Share of the stated cells, 1 where nothing is stated (nothing speaks against the header)."""
        return count / self.stated if self.stated else 1.0


_COUNTED = tuple(each.name for each in fields(Content) if each.name not in ("texts", "statuses"))
"""The fields of `Content` that count cells one by one."""


def content_of(texts: Sequence[str], kinds: Sequence[str], *, may_be_category: bool = True) -> Content:
    """Look at the cells of one column, their texts and as many types; categories, which are slow to look for, only
    where they may be."""
    looks = _LOOKS[may_be_category]
    counts = dict.fromkeys(_COUNTED, 0)
    statuses: list[str] = []
    for look, times in Counter(map(looks.__getitem__, zip(texts, kinds, strict=True))).items():
        names, _, status = look.partition(":")
        for name in names.split():
            counts[name] += times
        statuses += [status] * times if status else ()
    return Content(**counts, texts=texts, statuses=tuple(statuses))


_LONG = 13
"""From so many digits on a number is one of a person or a card."""


class _Looks(dict[tuple[str, str], str]):
    """What cells are (`_look`), by text and type: the next village's columns hold the same words, dates and names."""

    def __init__(self, *, may_be_category: bool) -> None:
        self._may_be_category = may_be_category

    def __missing__(self, cell: tuple[str, str]) -> str:
        look = _look(*cell, may_be_category=self._may_be_category)
        if " long_digits" not in look:  # nobody else has the number of a person or a card
            if len(self) >= _REMEMBERED:
                self.clear()
            self[cell] = look
        return look


_REMEMBERED = 65536
_LOOKS = {may: _Looks(may_be_category=may) for may in (False, True)}


def _look(text: str, kind: str, *, may_be_category: bool) -> str:
    """What one cell is: the counts of `Content` that it is one more of and, behind a colon, whose status it says.

    >>> _look("Laki-laki", "t", may_be_category=False), _look("Pindah", "t", may_be_category=False)
    ('filled stated sexes names', 'filled stated names:status_hidup')
    """
    if kind == ".":
        return ""
    if len(text) >= _LONG and text.isdigit():
        return "filled stated long_digits sixteen" if len(text) == 16 else "filled stated long_digits"
    plain = text.strip()
    lower = plain.lower()
    look = "filled ticks" if lower in TICKS else "filled" if is_tick(lower) else "filled unticked"
    if lower in _UNSTATED or is_ditto(plain):
        return look
    look += " stated"
    if kind == "d":
        return f"{look} dates"
    bare = plain if plain.isalnum() else plain.translate(_STRIP)
    if bare.isdigit() or (kind == "n" and bare.lstrip("-").isdigit()):
        return look + _of_number(plain, bare, kind)
    digits = 0 if bare.isalpha() else sum(map(str.isdigit, bare))
    if digits and DATE.match(plain):
        return f"{look} dates"
    if digits >= _LONG - 1 and len(bare) >= _LONG:
        return f"{look} long_digits"
    if len(plain) <= 14 and sex_of(plain):
        look += " sexes"
    if len(plain) <= 24 and relation_of(plain):
        look += " relations"
    if may_be_category and (known_category(plain) or _ORPHAN.match(plain)):
        look += " categories"
    if lower not in TICKS | NOT_TICKED and NAME.match(" ".join(plain.split())):
        look += " names"
    elif _RT_RW.match(plain):
        look += " rt_rws"
    elif _AGE.match(plain):
        look += " ages"
    elif digits:
        look += " dated_texts"
    if _RT.match(plain):
        look += " rts"
    status = status_field(plain)
    return f"{look}:{status}" if status else look


def _of_number(plain: str, bare: str, kind: str) -> str:
    """What a cell may be that holds nothing but a number, whose digits are `bare`."""
    digits = len(bare)
    if digits >= _LONG:
        return " long_digits sixteen" if digits == 16 else " long_digits"
    if digits <= 3:
        look = " small ages rts"
    elif digits == 5 and kind == "n":
        look = " dates"
    else:
        look = " ten_digits" if digits == 10 else ""
    return f"{look} dates" if DATE.match(plain) else f"{look} rt_rws" if _RT_RW.match(plain) else look


def fits(field: str, header: str, content: Content) -> bool:
    """Whether a column's cells behave like the field its header names. `header` is the header's key."""
    if content.stated < 3:
        return not (field in ("nik", "no_kk") and content.stated and not content.long_digits and content.names)
    share = content.share
    if field in ("nik", "no_kk"):
        return share(content.long_digits) >= 0.5
    if field in ("nama", "kepala_keluarga", "nama_ibu", "nama_ayah"):
        return share(content.names) >= 0.5
    if field in ("wali", "pendamping"):
        return share(content.names) >= 0.5 and content.ticks + content.unticked < 0.5 * content.filled
    if field == "telepon":
        return share(content.names) < 0.5 and share(content.sixteen) < 0.5
    if field == "jenis_kelamin":
        return share(content.sexes + content.small) >= 0.6 or content.ticks >= 0.6 * content.filled
    if field == "tanggal_lahir":
        return share(content.dates + content.ages + content.dated_texts) >= 0.4 or share(
            content.ten_digits
        ) < 0.3 > share(content.names)
    if field == "umur":
        return share(content.names) < 0.5 and share(content.long_digits) < 0.5
    if field == "status_hidup":
        return content.status() in ("status_hidup", None)
    if field == "hubungan":
        return share(content.relations + content.small) >= 0.3
    if field in ("rt", "rw"):
        return share(content.rts + content.rt_rws + content.dates) >= 0.4
    if field == "kode_desa_baris":
        return share(content.ten_digits + content.rt_rws + content.dated_texts) >= 0.5
    if field == "kategori":
        named = "PMKS" in header or "PPKS" in header or "KESEJAHTERAAN" in header
        coded = share(content.small + content.dated_texts) >= 0.5
        return share(content.categories) >= (0.0 if named else 0.2) or coded
    if field == "kecamatan" or field == "kabupaten" or field == "desa":
        return share(content.long_digits) < 0.5
    if field == "periode_baris":
        return share(content.names) < 0.5 or content.distinct <= 3
    return True


_STRENGTH = {
    "nik": "sixteen", "no_kk": "sixteen", "nama": "names", "kepala_keluarga": "names", "jenis_kelamin": "sexes",
    "tanggal_lahir": "dates", "hubungan": "relations", "kategori": "categories", "rt": "rts", "rw": "rts",
    "umur": "ages", "nama_ibu": "names", "nama_ayah": "names", "wali": "names", "pendamping": "names",
}  # fmt: skip
_SAID = {
    "sixteen": "berisi 16 angka", "names": "berupa nama", "sexes": "berupa jenis kelamin", "dates": "berupa tanggal",
    "relations": "berupa hubungan keluarga", "categories": "berupa jenis PMKS yang dikenal",
    "rts": "berupa nomor RT/RW",
    "ages": "berupa umur",
}  # fmt: skip


def strength(field: str, content: Content) -> float:
    """How much of the filled cells is just what the field holds, 0 to 1; ranks columns that claim one field."""
    kind = _STRENGTH.get(field)
    return (getattr(content, kind) if kind else content.stated) / max(content.filled, 1)


def evidence_text(field: str, content: Content) -> str:
    """The evidence as a sentence for the village; counts only, no value."""
    kind = _STRENGTH.get(field)
    if not content.filled:
        return "kolom kosong"
    if kind is None:
        return f"{content.filled} sel terisi"
    return f"{100 * strength(field, content):.0f} % dari {content.filled} sel terisi {_SAID[kind]}"
