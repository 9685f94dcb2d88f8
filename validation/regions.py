"""Kemendagri region codes: from a code to its names, and from names as villages write them to codes.

A village's name alone never identifies it (83,762 villages share 63,691 names), so names are looked up within
their kecamatan and kabupaten, and a name that fits several villages gives all of them. Sources:
`validation/reference/wilayah/`; spellings: `validation/reference/region_abbreviations.csv`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein
from rapidfuzz.fuzz import ratio

from validation.rule_tables import each_row

_TABLES = {
    "provinces": "reference/wilayah/provinces.csv",
    "regencies": "reference/wilayah/regencies.csv",
    "districts": "reference/wilayah/districts.csv",
    "villages": "reference/wilayah/villages.csv",
}
ABOVE_VILLAGES = ("kecamatan", "kabupaten", "provinsi")
"""The fields of the regions that a village lies in, from the smallest."""
REGENCY_LENGTH = 5
"""So many characters of a village's dotted code (`16.10.05.2036`) are the code of its kabupaten (`16.10`)."""
_CLOSE = 86.0
"""Two names of one region (indel ratio of their keys); at most one letter in seven differs."""
_KIND = re.compile(r"^\s*(?:kabupaten|kab|kotamadya|kota)\b\.?\s*(?:adm(?:inistrasi)?\b\.?\s*)?", re.IGNORECASE)
_CODE = re.compile(r"(?<![\d.])(\d\d)\.?(\d\d)\.?(\d\d)\.?([123]\d\d\d)(?![\d.]?\d)")


class Village(NamedTuple):
    """A desa or kelurahan with the regions it lies in."""

    code: str
    name: str
    kecamatan: str
    kabupaten: str
    provinsi: str


@cache
def _table(name: str) -> dict[str, str]:
    return {row["code"]: row["name"] for row in each_row(__file__, _TABLES[name])}


@cache
def _abbreviations() -> dict[str, str]:
    return {row["short"]: row["full"] for row in each_row(__file__, "reference/region_abbreviations.csv")}


@lru_cache(maxsize=400_000)
def name_key(name: str) -> str:
    """Write a region's name without prefix, abbreviation, spaces and punctuation.

    >>> name_key("Tg. Pasir") == name_key("Desa TANJUNGPASIR") == name_key("Tj Pasir")
    True
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z]+|\d+", plain)
    full = [_abbreviations().get(word, word) for word in words[:-1]] + words[-1:]
    return "".join(full) or "".join(words)


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are of one region's name (prefix, abbreviation, spacing, a slip of a letter)."""
    a, b = name_key(one), name_key(other)
    if a == b:
        return True
    close = min(len(a), len(b)) >= 5 and (ratio(a, b) >= _CLOSE or Levenshtein.distance(a, b) == 1)
    return close and _numeral(one) == _numeral(other)  # few names are close, so that this is rarely looked at


def _numeral(name: str) -> str:
    """What tells "Rantau Rasau I" from "Rantau Rasau II"."""
    found = re.search(r"(?<![A-Z])(?:I{1,3}|IV|VI{0,3}|IX|X|\d+)\W*$", name.upper())
    return found[0].strip() if found else ""


def village(code: str) -> Village | None:
    """The village of a dotted code (`16.10.05.2036`), or None if there is none."""
    name = _table("villages").get(code)
    if name is None:
        return None
    return Village(code, name, district_name(code[:8]), regency_name(regency_of(code)), _table("provinces")[code[:2]])


def regency_of(code: str) -> str:
    """The code of the kabupaten in which the village of a dotted code lies.

    >>> regency_of("16.10.05.2036")
    '16.10'
    """
    return code[:REGENCY_LENGTH]


def district_name(code: str) -> str:
    """Name of a kecamatan by its dotted code."""
    return _table("districts")[code]


def regency_name(code: str) -> str:
    """Name of a kabupaten or kota by its dotted code, with its kind (`Kabupaten Ogan Ilir`)."""
    return _table("regencies")[code]


@cache
def regency_codes() -> tuple[str, ...]:
    """The dotted codes of all kabupaten and kota, sorted."""
    return tuple(sorted(_table("regencies")))


def is_regency(code: str) -> bool:
    """Whether a dotted code is a kabupaten or kota."""
    return code in _table("regencies")


@lru_cache(maxsize=4096)
def is_city(name: str) -> bool:
    """Whether a kota bears a name, without its kind.

    >>> is_city("Palembang"), is_city("Baru")
    (True, False)
    """
    return any(regency_name(code).startswith("Kota ") for code in find_regencies(f"Kota {name}"))


def village_code_in(text: str) -> str | None:
    """The one Kemendagri village code that a text holds, dotted or not; None where there is none or several.

    >>> village_code_in("1610052036"), village_code_in("desa 16.10.05.2036 (2024)")
    ('16.10.05.2036', '16.10.05.2036')
    """
    codes = {".".join(found) for found in _CODE.findall(text)}
    known = [code for code in codes if code in _table("villages")]
    return known[0] if len(known) == 1 else None


def unknown_village_code_in(text: str) -> str | None:
    """The one code that a text holds of a village that is not known, though its kecamatan is: new, or mistyped.

    >>> [unknown_village_code_in(text) for text in ("16.10.05.2999", "16.10.05.2036", "2025123112")]
    ['16.10.05.2999', None, None]
    """
    codes = {".".join(found) for found in _CODE.findall(text)}
    unknown = [code for code in codes if code[:8] in _table("districts") and code not in _table("villages")]
    return unknown[0] if len(unknown) == len(codes) == 1 else None


def _grouped_by_key(level: str, codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Some codes of a level by the key of their name; that of a kabupaten or kota is without its kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        name = _table(level)[code]
        found[name_key(_bare(name) if level == "regencies" else name)].append(code)
    return {key: tuple(codes) for key, codes in found.items()}


@cache
def _by_key(level: str) -> dict[str, tuple[str, ...]]:
    """All codes of one level (`villages`, `districts`, `regencies`, `provinces`) by the key of their name."""
    return _grouped_by_key(level, _table(level))


@cache
def _by_key_within(level: str, parent: str) -> dict[str, tuple[str, ...]]:
    """The codes of one level within a region, by the key of their name: making the keys of all takes long."""
    return _grouped_by_key(level, _children(level, len(parent)).get(parent, ()))


@cache
def _children(level: str, length: int) -> dict[str, tuple[str, ...]]:
    """Codes of one level by the first `length` characters of the code."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in _table(level):
        found[code[:length]].append(code)
    return {prefix: tuple(codes) for prefix, codes in found.items()}


def _fitting(level: str, name: str, within: Iterable[str] | None) -> tuple[str, ...]:
    """Codes of `level` whose name fits: the same key first, else the closest spelling within known parents."""
    key = name_key(name)
    if within is None:
        return _by_key(level).get(key, ())
    parents = tuple(within)
    exact = sorted(code for parent in parents for code in _by_key_within(level, parent).get(key, ()))
    if exact:
        return tuple(exact)
    inside = (code for parent in parents for code in _children(level, len(parent)).get(parent, ()))
    near = [code for code in inside if same_name(_bare(_table(level)[code]), name)]
    if len(near) <= 1:
        return tuple(near)
    scored = sorted(((ratio(name_key(_table(level)[c]), key), c) for c in near), reverse=True)
    return tuple(code for score, code in scored if score == scored[0][0])


@lru_cache(maxsize=50_000)
def find_regencies(kabupaten: str, provinsi: str | None = None) -> tuple[str, ...]:
    """Codes of the kabupaten and kota with this name; "Kota" or "Kabupaten" in it decides between the two."""
    if name_key(kabupaten).isdigit():  # the folder of a year or of a village's code: near to none of all the names
        return ()
    provinces = _fitting("provinces", provinsi, None) if provinsi else ()
    codes = _fitting("regencies", _bare(kabupaten), provinces or tuple(_table("provinces")))
    kind = re.match(r"\s*(kota|kab)", kabupaten, re.IGNORECASE)
    if kind and len(codes) > 1:
        return tuple(c for c in codes if _table("regencies")[c].lower().startswith(kind[1].lower())) or codes
    return codes


def _bare(kabupaten: str) -> str:
    return _KIND.sub("", kabupaten) or kabupaten


def find(
    desa: str, kecamatan: str | None = None, kabupaten: str | None = None, provinsi: str | None = None
) -> tuple[str, ...]:
    """Codes of all villages that fit the names, by the narrowest region that is known; one code identifies.

    A name that is given and fits no region is set aside only if a narrower or wider one still decides.

    >>> find("Tg. Pasir", "Pemulutan", "Ogan Ilir")
    ('16.10.05.2036',)
    >>> len(find("Tanjung Pasir")) > 1
    True
    """
    return _find(desa, kecamatan or "", kabupaten or "", provinsi or "")


def is_called(code: str, name: str) -> bool:
    """Whether the village of a code bears exactly a name.

    >>> is_called("16.10.05.2037", "HARAPAN"), is_called("16.10.05.2037", "HARAPN")
    (True, False)
    """
    found = village(code)
    return found is not None and name_key(found.name) == name_key(name)


def is_elsewhere(code: str, desa: str, kecamatan: str | None = None) -> bool:
    """Whether a village other than that of `code` bears a name: exactly so in its kecamatan, or in the one named.

    >>> is_elsewhere("16.10.05.2036", "HARAPAN"), is_elsewhere("16.10.05.2036", "TG. PASIR")
    (True, False)
    """
    own = village(code)
    if own is None or same_name(own.name, desa):
        return False
    if kecamatan and not same_name(own.kecamatan, kecamatan):
        return bool(find(desa, kecamatan, own.kabupaten))
    return name_key(desa) in _by_key_within("villages", code[:8])


def names_another(
    code: str, desa: str, kecamatan: str | None = None, kabupaten: str | None = None, provinsi: str | None = None
) -> bool:
    """Whether the name beside the code of a village is another village's, of the regions named with it, or else of the
    kabupaten of the code. A name that no village there has (an old one, a slip) contradicts nothing.

    >>> names_another("16.10.05.2036", "Harapan"), names_another("16.10.05.2036", "Tg. Pasir")
    (True, False)
    """
    fitting = find(desa, kecamatan, kabupaten or regency_name(regency_of(code)), provinsi)
    return bool(fitting) and code not in fitting


@lru_cache(maxsize=50_000)
def _find(desa: str, kecamatan: str, kabupaten: str, provinsi: str) -> tuple[str, ...]:
    regencies = find_regencies(kabupaten, provinsi or None) if kabupaten else ()
    provinces = _fitting("provinces", provinsi, None) if provinsi else ()
    above = regencies or provinces or None
    districts = _fitting("districts", kecamatan, above) if kecamatan else ()
    if districts:
        inside = _fitting("villages", desa, districts)
        if inside:
            return inside
    if kecamatan and not regencies:
        return ()
    return _fitting("villages", desa, above)
