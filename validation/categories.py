"""Categories: from what a village writes to the codes of the law.

Rests on `pmks_types.csv`, `pmks_synonyms.csv`, `pmks_schemes.csv` and `category_words.csv`. The longest known text
wins, so that a name that holds `dan`, `atau` or `/` is not torn apart; texts without a mark between them are cut only
into known texts; misspellings count only well above the next best code; a bare number only under a declared scheme.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

from validation.rule_tables import rule_table
from validation.vocabulary import disability_alone, disability_of

FUZZY_LEAST = 86.0
FUZZY_MARGIN = 6.0
LEAST_OF_A_WORD = 70.0
DEFAULT_SCHEME = "permensos-8-2012"
_SPLIT = re.compile(
    r"\s*(?:[+/,;&|\n\r]|\b(?:dan|serta|juga|sekaligus)\b|\s(?:\d|[a-e])[.)](?=\s*[a-z]{2}))\s*", re.IGNORECASE
)
_PREFIXED = re.compile(
    r"^(?:pmks|ppks|kode)\s*[-_. :]?\s*(?:no\.?\s*)?(?:0*(\d{1,2})|(LEG-[A-Z]+))\s*(?:[-:.]?\s*[A-Za-z][^+/,;&|\n]*)?$",
    re.IGNORECASE,
)
_CODE = re.compile(r"^(?:pmks|ppks)-\d\d(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"^0*(\d{1,2})(?:\.0)?$")
_LEADING_NUMBER = re.compile(
    r"^\(?\d{1,2}\)?\s*[.:–-]?\s+(?=[A-Za-z])|^\d{1,2}[.)_:–-]\s*(?=[A-Za-z])|^[A-Ea-e][.)]\s+(?=[A-Za-z]{2})"
    r"|^(?i:(?:jenis\s+|kategori\s+)?(?:pmks|ppks)|kategori)(?:\s*[:=-])?\s+(?=[A-Za-z]{2})"
)
"""What stands before the name of a category: its number or letter, or what it is."""
_SPACED_LETTERS = re.compile(r"(?:[a-z]\.\s?)+[a-z]\.?|(?:[a-z] ){2,}[a-z]")
"""An abbreviation letter by letter (`W.R.S.E.`, `R T L H`); two letters with a blank between them may be two codes."""
_PARENTHESES = re.compile(r"\([^()]*\)")
_NEGATIONS = frozenset({"belum", "bukan", "non", "tak", "tanpa", "tidak"})
"""Words, as `_key` leaves them, without which a text says the contrary."""
_NEGLECT = re.compile(r"\b(?:yang )?((?:belum|bukan|non|tak|tidak) )?terlantar\b")


class PmksType(NamedTuple):
    """A category. `umur_min`, `umur_maks`: its window of ages in whole years, both ends included (None: open);
    `jenis_kelamin`: the sex it is limited to ('': none); `subjek`: who is referred for it, `person` or `household`;
    `golongan`: which of `anak`, `lansia` and `disabilitas` the people in it are, whatever else is known of them."""

    kode: str
    nama: str
    umur_min: int | None
    umur_maks: int | None
    jenis_kelamin: str
    subjek: str
    golongan: frozenset[str]


@dataclass(frozen=True, slots=True)
class CategoryMatch:
    """What a text says: codes in order, kind of disability, neglect, and what could not be mapped."""

    codes: tuple[str, ...]
    disability: str | None
    terlantar: bool | None
    unmapped: tuple[str, ...]
    how: str


class _Meaning(NamedTuple):
    codes: tuple[str, ...]
    disability: str | None
    terlantar: bool | None


@cache
def restricted_categories() -> frozenset[str]:
    """The categories whose people are named where they must be and nowhere else (`restricted_categories.csv`)."""
    return frozenset(row["kode_pmks"] for row in rule_table(__file__, "restricted_categories.csv"))


@cache
def pmks_types() -> dict[str, PmksType]:
    """All categories by code."""

    def years(text: str) -> int | None:
        return int(text) if text else None

    return {
        row["kode"]: PmksType(
            row["kode"],
            row["nama"],
            years(row["umur_min"]),
            years(row["umur_maks"]),
            row["jenis_kelamin"],
            row["subjek"],
            frozenset(filter(None, row["golongan"].split("|"))),
        )
        for row in rule_table(__file__, "pmks_types.csv")
    }


@cache
def of_group(golongan: str) -> frozenset[str]:
    """The codes of the categories of one group of people.

    >>> sorted(of_group("disabilitas"))
    ['05', '09']
    """
    return frozenset(code for code, kind in pmks_types().items() if golongan in kind.golongan)


def scheme_names() -> tuple[str, ...]:
    """The schemes of category codes that can be declared."""
    return tuple(_schemes())


@cache
def _schemes() -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for row in rule_table(__file__, "pmks_schemes.csv"):
        found.setdefault(row["skema"], {})[int(row["nomor"])] = row["kode"]
    return found


@lru_cache(maxsize=65536)
def _key(text: str) -> str:
    plain = text.strip().lower()
    if _SPACED_LETTERS.fullmatch(plain):
        plain = re.sub(r"\W", "", plain)
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join(_words().get(word, word) for word in words)


@cache
def _words() -> dict[str, str]:
    return {row["kata"]: row["dibaca"] for row in rule_table(__file__, "category_words.csv")}


@cache
def _known() -> dict[str, _Meaning]:
    found = {}
    for row in rule_table(__file__, "pmks_synonyms.csv"):
        neglect = {"true": True, "false": False}.get(row["terlantar"])
        found[_key(row["teks"])] = _Meaning(tuple(row["kode"].split("|")), row["jenis_disabilitas"] or None, neglect)
    for kind in pmks_types().values():
        found.setdefault(_key(kind.nama), _Meaning((kind.kode,), None, None))
        found.setdefault(_key(kind.kode), _Meaning((kind.kode,), None, None))
    return {key: meaning for key, meaning in found.items() if not key.isdigit()}


@cache
def _spellings() -> list[str]:
    """Known texts that are long enough for one that nearly equals them to be a misspelling, and no other word."""
    return [key for key in _known() if len(key) >= 7]


@lru_cache(maxsize=65536)
def map_text(text: str, scheme: str | None = None) -> CategoryMatch:
    """Map one cell to codes. `scheme`: the numbering that bare numbers follow; None: bare numbers mean nothing.

    >>> map_text("Lanjut usia telantar; RTLH").codes
    ('08', 'LEG-RTLH')
    >>> map_text("09").codes
    ()
    """
    parts = [piece for part in _parts(text.strip(), scheme) for piece in _pieces(part, scheme)]
    codes: dict[str, None] = {}
    kinds: list[str | None] = []
    neglect: bool | None = None
    unmapped, how = [], "exact"
    for part in parts:
        meaning, way = _meaning(part, scheme)
        if meaning is None:
            said = _neglect_said(part)
            neglect = said if neglect is None else neglect
            unmapped += [part] if said is None else []
            continue
        codes.update(dict.fromkeys(meaning.codes))
        kinds.append(meaning.disability)
        neglect = meaning.terlantar if neglect is None else neglect
        how = way if way != "exact" else how
    return CategoryMatch(tuple(codes), kind_of_all(kinds), neglect, tuple(unmapped if codes else parts), how)


@lru_cache(maxsize=65536)
def map_cell(text: str, scheme: str | None = None) -> CategoryMatch:
    """Map a cell that is one for categories. There a kind of disability is one by itself; in a title or the name of a
    file it may be part of a place's name.

    >>> map_cell("Netra terlantar")
    CategoryMatch(codes=('09',), disability='netra', terlantar=True, unmapped=(), how='exact')
    """
    match = map_text(text, scheme)
    kinds = {part: kind for part in match.unmapped if (kind := disability_alone(_NEGLECT.sub(" ", part.lower())))}
    if not kinds:
        return match
    said = [answer for part in match.unmapped if (answer := _neglect_at_all(part)) is not None]
    return CategoryMatch(
        match.codes if of_group("disabilitas").intersection(match.codes) else (*match.codes, "09"),
        kind_of_all([match.disability, *kinds.values()]),
        match.terlantar if match.terlantar is not None or not said else said[0],
        tuple(part for part in match.unmapped if part not in kinds and _neglect_said(part) is None),
        match.how,
    )


def kind_of_all(kinds: Iterable[str | None]) -> str | None:
    """The kind of disability of who has several: that of all that say one, which `sensorik` leaves open, or `ganda`.

    >>> kind_of_all(["netra", None, "netra"]), kind_of_all(["netra", "fisik"]), kind_of_all(["sensorik", "netra"])
    ('netra', 'ganda', 'netra')
    """
    named = dict.fromkeys(filter(None, kinds))
    exact = [kind for kind in named if kind != "sensorik"] or [*named]
    return "ganda" if len(exact) > 1 else next(iter(exact), None)


@lru_cache(maxsize=65536)
def is_category(text: str) -> bool:
    """Whether a text, all of it, names known categories (bare numbers do not)."""
    match = map_text(text)
    return bool(match.codes) and not match.unmapped


def counts_or_dates(text: str) -> bool:
    """Whether a name may count or date lists by its number behind `PMKS`, though the same words in a cell are a code.

    >>> counts_or_dates("PMKS 24"), counts_or_dates("PMKS-24"), counts_or_dates("PMKS 08 Lansia Terlantar")
    (True, False, False)
    """
    said = _PREFIXED.match(text)
    if said is None or not said[1] or _CODE.match(text):
        return False
    return not is_category(text[said.end(1) :].strip(" .:-"))


def _parts(text: str, scheme: str | None) -> list[str]:
    """Cut a cell where it names several categories: at the longest pieces that are known."""
    if not text:
        return []
    if _meaning(text, scheme, fuzzy=False)[0] is not None:
        return [text]
    cuts = [*_SPLIT.finditer(text)]
    for cut in reversed(cuts):
        head = text[: cut.start()].strip()
        if head and _meaning(head, scheme, fuzzy=False)[0] is not None:
            return [head, *_parts(text[cut.end() :].strip(), scheme)]
    if not cuts or _meaning(text, scheme)[0] is not None:
        return [text]
    first = cuts[0]
    head, rest = text[: first.start()].strip(), text[first.end() :].strip()
    return [*([head] if head else []), *_parts(rest, scheme)]


def _pieces(part: str, scheme: str | None) -> list[str]:
    """A part that is not known but made of known texts alone, without a mark between them, as these; else itself."""
    if _meaning(part, scheme, fuzzy=False)[0] is not None:
        return [part]
    words = _key(_PARENTHESES.sub(" ", part)).split()
    return _all_known(tuple(words)) or [part]


def _all_known(words: tuple[str, ...]) -> list[str]:
    for size in range(len(words), 0, -1):
        head = " ".join(words[:size])
        if head in _known():
            rest = _all_known(words[size:])
            if rest or size == len(words):
                return [head, *rest]
    return []


def _meaning(part: str, scheme: str | None, *, fuzzy: bool = True) -> tuple[_Meaning | None, str]:
    prefixed = _PREFIXED.match(part)
    if prefixed:
        own = prefixed[2]
        code = own.upper() if own else _schemes()[scheme or DEFAULT_SCHEME].get(int(prefixed[1]))
        code = code if code in pmks_types() else None
        return (_Meaning((code,), None, None), "code") if code else (None, "")
    number = _NUMBER.match(part)
    if number:
        code = _schemes().get(scheme or "", {}).get(int(number[1]))
        return (_Meaning((code,), None, None), "code") if code else (None, "")
    bare = _LEADING_NUMBER.sub("", part)
    inner = _PARENTHESES.findall(bare)
    for candidate in (bare, _PARENTHESES.sub(" ", bare)):
        known = _known().get(_key(candidate))
        if known:
            return _with_added(known, inner), "exact"
    if inner and not _key(_PARENTHESES.sub(" ", bare)) and _key(inner[0]) in _known():
        return _known()[_key(inner[0])], "exact"
    key = _key(_PARENTHESES.sub(" ", bare))
    neglect = _NEGLECT.search(key)
    plain = " ".join(_NEGLECT.sub(" ", key).split())
    spelt = (_NEGLECT.sub("terlantar", key), plain) if neglect else ()
    if found := next((_known()[said] for said in spelt if said in _known()), None) or _with_its_kind(plain):
        terlantar = neglect[1] is None if neglect else found.terlantar
        return _with_added(found._replace(terlantar=terlantar), inner), "exact"
    return (_closest(key), "fuzzy") if fuzzy else (None, "")


_WHO_HAS_IT = {"anak": "anak cacat", "penyandang": "penyandang cacat", "anak penyandang": "anak cacat"}
"""Words behind which a kind of disability says as much as behind these."""


def _with_its_kind(key: str) -> _Meaning | None:
    """What says that somebody, or a child, is disabled, with the kind behind it: `difabel netra`, `anak autis`; behind
    `penyandang` only one that is a kind by itself, since people have many things."""
    words = key.split()
    for at in range(1, len(words)):
        head, rest = " ".join(words[:at]), " ".join(words[at:])
        said = _known().get(_WHO_HAS_IT.get(head, head))
        kind = disability_alone(rest) if head.endswith("penyandang") else disability_of(rest)
        if said and kind and of_group("disabilitas").issuperset(said.codes):
            return said._replace(disability=kind)
    return None


def _neglect_said(text: str) -> bool | None:
    """Whether a text, all of it, says that somebody is neglected, or that they are not."""
    found = _NEGLECT.fullmatch(_key(text))
    return found and found[1] is None


def _neglect_at_all(text: str) -> bool | None:
    found = _NEGLECT.search(_key(text))
    return found and found[1] is None


def _with_added(meaning: _Meaning, inner: list[str]) -> _Meaning:
    """A meaning with what known texts in parentheses add: other categories, neglect, and of a disability its kind."""
    answers = [answer for text in inner if (answer := _neglect_said(text)) is not None]
    meaning = meaning._replace(terlantar=answers[0]) if answers else meaning
    for said in filter(None, (_known().get(_key(text)) for text in inner)):
        both_disabled = all(of_group("disabilitas").intersection(of.codes) for of in (meaning, said))
        codes = meaning.codes if both_disabled else tuple(dict.fromkeys((*meaning.codes, *said.codes)))
        neglect = said.terlantar if meaning.terlantar is None else meaning.terlantar
        meaning = _Meaning(codes, meaning.disability or said.disability, neglect)
    return meaning


@lru_cache(maxsize=16384)
def _closest(key: str) -> _Meaning | None:
    """The one meaning whose spelling is close, and clearly closer than any other meaning's."""
    if len(key) < 6:
        return None
    found = process.extract(key, _spellings(), scorer=fuzz.ratio, limit=12, score_cutoff=FUZZY_LEAST - FUZZY_MARGIN)
    close = [(spelling, score) for spelling, score, _ in found if not _is_other(key.split(), spelling.split())]
    if not close or close[0][1] < FUZZY_LEAST:
        return None
    least = close[0][1] - FUZZY_MARGIN
    best = _known()[close[0][0]]
    if any(score > least and _known()[spelling].codes != best.codes for spelling, score, _ in found):
        return None
    near = [_known()[spelling] for spelling, score in close if score > least]
    sure = {meaning.disability for meaning in near} == {best.disability}
    return best if sure else best._replace(disability=None)


def _is_other(words: list[str], spelling: list[str]) -> bool:
    """Whether one of two texts denies what the other says, or has another word in a place, and none misspelt."""
    if len(words) == len(spelling) and any(
        fuzz.ratio(a, b) < LEAST_OF_A_WORD for a, b in zip(words, spelling, strict=True)
    ):
        return True
    denies, denied = (not _NEGATIONS.isdisjoint(of) for of in (words, spelling))
    if denies == denied:
        return False
    return denies or (len(words) < len(spelling) and not any("tidak" in word for word in words))
