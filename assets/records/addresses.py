"""Dusun, RT and RW: from their own columns, or out of the free text of an address.

Danger: `DS. HARAPAN` is a hamlet to one clerk and a village (desa) to the next. Remedy: beside another word for a
hamlet, before a kecamatan, or with the name of a village of that kecamatan it is a village; else a hamlet.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from assets.records.cells import Cells, Coded, Findings, by_value
from validation import regions
from validation.hamlet_words import HAMLET_WORDS, SURE_HAMLET_WORDS
from validation.hamlets import ROMAN
from validation.vocabulary import plain_text, unknown_to

_NUMBER = r"(\d{1,3}|[IVX]{1,5})"
_PAIR = re.compile(
    rf"^\W*(?:R\.?T\.?)?[\s.:]*{_NUMBER}\s*[-/\\.,\s]+\s*(?:R\.?W\.?)?[\s.:]*{_NUMBER}\W*$", re.IGNORECASE
)
_ONE = re.compile(rf"^\W*(?:R\.?[TW]\.?)?[\s.:]*{_NUMBER}(?:\.0)?\W*$", re.IGNORECASE)
_UNIT_WORD = re.compile(r"(?<![A-Z])R\.?\s?([TW])(?![A-Z])[\s.:]*|(?<=\d)R([TW])(?![A-Z])[\s.:]*")
"""`RT` or `RW`, however it is dotted, and whether or not it touches its number."""
_UNITS = re.compile(rf"\bRT /?\s*(?:RW )?{_NUMBER}\b(?:\s*[/\-.,]?\s*(?:RW )?{_NUMBER}\b)?")
_RW = re.compile(rf"\bRW {_NUMBER}\b")
_BARE_UNITS = re.compile(r"(?<![\d/])(?<!NO)(?<!NO[ .])(?<!NO\. )(0\d{1,2})\s?/\s?(0\d{1,2})(?![\d/])")
"""RT and RW by their leading zeros alone: `002/003`."""
_OTHER_WORDS = "RT|RW|NO|NOMOR|BLOK|JL|JLN|JALAN|GG|GANG|DS|DESA|KEL|KELURAHAN|KEC|KECAMATAN|KAB|KABUPATEN"
_NAME = rf"(?!(?:{_OTHER_WORDS})\b)[A-Z](?:[A-Z' ]|-(?=[A-Z]))*?"
_NUMBERED = r" [1-9]\d?(?=[ /]+R[TW] |\s?[,(])| [1-9]$"
_ENDS = rf"[^A-Z' -]|-(?![A-Z])|\b(?:{_OTHER_WORDS}|{HAMLET_WORDS})\b|$"
_NAMED = rf"[\s.:]*(\d{{1,2}}\b|{_NAME}(?:{_NUMBERED})?)\s*(?={_ENDS})"
_DUSUN = re.compile(rf"\b(?:{SURE_HAMLET_WORDS})\b{_NAMED}")
"""A hamlet's word and its name or number (`MEKAR`, `II`, `KRAJAN 2`), up to what else an address names."""
_DS = re.compile(rf"\bDS\b{_NAMED}")
_DESA = re.compile(rf"\b(?:DESA|KELURAHAN|KEL)\b{_NAMED}")
_KECAMATAN = re.compile(rf"\b(?:KECAMATAN|KEC)\b{_NAMED}")


class Parts(NamedTuple):
    """What an address names; three digits for RT and RW. `ds`: what stands behind a DS that may be of a hamlet or of a
    village."""

    dusun: str | None
    rt: str | None
    rw: str | None
    desa: str | None = None
    kecamatan: str | None = None
    ds: str | None = None


def _three(text: str | None) -> str | None:
    if not text:
        return None
    number = int(text) if text.isdigit() else ROMAN.get(text.upper())
    return f"{number:03d}" if number else None


def parse_unit(text: str, kind: str) -> tuple[str | None, str | None]:
    """Read an RT or RW cell: one number, or both (`3/1`). A date (kind `d`) is an RT/RW that Excel made into one.

    >>> parse_unit("RT 03 RW 01", "t"), parse_unit("2024-01-03", "d"), parse_unit("III", "t")
    (('003', '001'), ('003', '001'), ('003', None))
    """
    made = re.match(r"\d{4}-(\d{2})-(\d{2})", text) if kind == "d" else None
    if made:
        return _three(made[2]), _three(made[1])
    plain = text.replace("\xa0", " ").strip()
    pair = _PAIR.match(plain)
    if pair:
        return _three(pair[1]), _three(pair[2])
    one = _ONE.match(plain)
    return (_three(one[1]) if one else None), None


def unit_parts(rt: tuple[str | None, str | None], rw: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    """RT and RW of a row out of what its two cells hold; either cell may hold both."""
    return rt[0] or (rw[0] if rw[1] else None), rw[1] or rw[0] or rt[1]


def parse_address(text: str) -> Parts:
    """What is named inside a free address.

    >>> parse_address("DUSUN MEKAR RT.002 RW.002")[:3], parse_address("DSN. KRAJAN DS. HARAPAN").desa
    (('MEKAR', '002', '002'), 'HARAPAN')
    """
    plain = " ".join(_UNIT_WORD.sub(r" R\1\2 ", text.replace("\xa0", " ").upper()).split())
    units, rw = _UNITS.search(plain) or _BARE_UNITS.search(plain), _RW.search(plain)
    dusun, ds, desa, kecamatan = (_first(pattern, plain) for pattern in (_DUSUN, _DS, _DESA, _KECAMATAN))
    numbered = ds is not None and _three(ds) is not None
    if ds and not numbered and (dusun or kecamatan):
        desa, ds = desa or ds, None
    elif dusun or numbered:
        dusun, ds = dusun or ds, None
    return Parts(
        dusun,
        _three(units[1]) if units else None,
        _three(units[2]) if units and units[2] else (_three(rw[1]) if rw else None),
        desa,
        kecamatan,
        ds,
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1].strip() or None if found else None


def within(parts: Parts, code: str | None) -> tuple[tuple[str | None, str | None, str | None], bool]:
    """Dusun, RT and RW of an address in a list of the village `code`, and whether it is one of another village."""
    dusun, rt, rw, desa, kecamatan, ds = parts
    own = regions.village(code) if code else None
    elsewhere = own is not None and any(regions.is_elsewhere(own.code, name, kecamatan) for name in (desa, ds) if name)
    if ds and not elsewhere and not (own and regions.same_name(own.name, ds)):
        dusun = ds
    return (dusun, rt, rw), elsewhere


def addresses(cells: Cells, desa: Coded[str | None], found: Findings) -> dict[str, Coded[str | None]]:
    """The columns `alamat`, `dusun`, `rt` and `rw`; what has no cell of its own is taken out of the address.
    `desa`: the village of each row."""
    address = cells.text("alamat").map(plain_text)
    named = by_value(within, address.map(lambda text: parse_address(text or "")).merged(), desa)
    found.add("address_of_other_village", named.mask(lambda of: of[1]), "alamat")
    inside = named.map(lambda of: of[0])
    dusun = cells.text("dusun").map(plain_text).merged()
    units = by_value(
        unit_parts, *(by_value(parse_unit, cells.text(field), cells.kinds(field)) for field in ("rt", "rw"))
    )
    for field in ("rt", "rw"):
        unread = cells.text(field).mask(unknown_to(lambda text: parse_unit(text, "t")[0]))
        found.add("rt_rw_unreadable", unread & ~cells.is_kind(field, "d"), field)
    found.add("rt_rw_from_date", cells.is_kind("rt", "d") | cells.is_kind("rw", "d"), "rt")
    parts = by_value(_completed, dusun, units, inside.merged())
    found.add("address_split", parts.mask(lambda part: part[1]), "alamat")
    whole = parts.map(lambda part: part[0])
    return {
        "alamat": address,
        "dusun": whole.map(lambda of: of[0]),
        "rt": whole.map(lambda of: of[1]),
        "rw": whole.map(lambda of: of[2]),
    }


def _completed(
    dusun: str | None, units: tuple[str | None, str | None], inside: tuple[str | None, ...]
) -> tuple[tuple[str | None, ...], bool]:
    """Dusun, RT and RW, without a cell of their own out of the address; and whether anything came from there."""
    own = (dusun, *units)
    whole = tuple(mine or other for mine, other in zip(own, inside, strict=True))
    return whole, whole != own
