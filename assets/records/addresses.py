"""Dusun, RT and RW: from their own columns, or out of the free text of an address."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_ROMAN = {
    "I": 1,
    "II": 2,
    "III": 3,
    "IV": 4,
    "V": 5,
    "VI": 6,
    "VII": 7,
    "VIII": 8,
    "IX": 9,
    "X": 10,
    "XI": 11,
    "XII": 12,
}
_NUMBER = r"(\d{1,3}|[IVX]{1,4})"
_PAIR = re.compile(
    rf"^\W*(?:R\.?T\.?)?[\s.:]*{_NUMBER}\s*[-/\\.,\s]+\s*(?:R\.?W\.?)?[\s.:]*{_NUMBER}\W*$", re.IGNORECASE
)
_ONE = re.compile(rf"^\W*(?:R\.?[TW]\.?)?[\s.:]*{_NUMBER}(?:\.0)?\W*$", re.IGNORECASE)
_IN_TEXT = re.compile(
    rf"\bR\.?T\.?\s*[/.:]?\s*(?:R\.?W\.?\s*[.:]?\s*)?{_NUMBER}\b(?:\s*[/\-.,]?\s*(?:R\.?W\.?)?[\s.:]*{_NUMBER}\b)?",
    re.IGNORECASE,
)
_RW_IN_TEXT = re.compile(rf"\bR\.?W\.?\s*[.:]?\s*{_NUMBER}\b", re.IGNORECASE)
_DUSUN = re.compile(
    r"\b(?:DUSUN|DSN|DS|DK|DUKUH|LINGK(?:UNGAN)?|LK|KAMPUNG|KP|BANJAR|JORONG)\b"
    r"[\s.:]*([A-Z][A-Z' ]*?)\s*(?=,|\bRT\b|\bRW\b|\bNO\b|\d|$)",
    re.IGNORECASE,
)


class Parts(NamedTuple):
    """What an address names; three digits for RT and RW."""

    dusun: str | None
    rt: str | None
    rw: str | None


def _three(text: str | None) -> str | None:
    if not text:
        return None
    number = int(text) if text.isdigit() else _ROMAN.get(text.upper())
    return f"{number:03d}" if number else None


@lru_cache(maxsize=65536)
def parse_unit(text: str, kind: str) -> tuple[str | None, str | None]:
    """Read an RT or RW cell: one number, or both (`3/1`). A date (kind `d`) is an RT/RW that Excel made into one."""
    if kind == "d":
        found = re.match(r"\d{4}-(\d{2})-(\d{2})", text)
        return (_three(found[2]), _three(found[1])) if found else (None, None)
    plain = text.replace("\xa0", " ").strip()
    pair = _PAIR.match(plain)
    if pair:
        return _three(pair[1]), _three(pair[2])
    one = _ONE.match(plain)
    return (_three(one[1]) if one else None), None


@lru_cache(maxsize=65536)
def parse_address(text: str) -> Parts:
    """Dusun, RT and RW named inside a free address.

    >>> parse_address("DUSUN MEKAR RT.002 RW.002")
    Parts(dusun='MEKAR', rt='002', rw='002')
    """
    plain = " ".join(text.replace("\xa0", " ").upper().split())
    unit, rw, dusun = _IN_TEXT.search(plain), _RW_IN_TEXT.search(plain), _DUSUN.search(plain)
    return Parts(
        dusun[1].strip() or None if dusun else None,
        _three(unit[1]) if unit else None,
        _three(unit[2]) if unit and unit[2] else (_three(rw[1]) if rw else None),
    )
