"""What a NIK or KK number says of itself: sound, or why it is in doubt. Never repairs one.

NIK: province, kabupaten and kecamatan of first registration (6 digits), birth date DDMMYY (women DD + 40), serial.
KK: the same with the date of issue, whose day never exceeds 31. Source: Permendagri 109/2019.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from validation.regions import regency_codes
from validation.vocabulary import is_placeholder

LENGTH = 16
_SEPARATORS = re.compile(r"[\s\xa0.'’`‘\-–]+")
_SCIENTIFIC = re.compile(r"^\d(?:[.,]\d+)?e\+?\d+$", re.IGNORECASE)
_SEQUENCES = frozenset({"1234567890123456", "0123456789012345", "9876543210987654"})


class Facts(NamedTuple):
    """`digits`: as written, without separators. `two_digit_year`, `month`, `day`: of birth (or issue), if possible.

    `birth_date` takes the latest century that is not in the future; who knows an age should choose for himself.
    """

    status: str
    digits: str | None
    day: int | None = None
    month: int | None = None
    two_digit_year: int | None = None
    sex: str | None = None

    @property
    def birth_date(self) -> date | None:
        if self.day is None or self.month is None or self.two_digit_year is None:
            return None
        century = 2000 if self.two_digit_year <= date.today().year % 100 else 1900
        try:
            return date(century + self.two_digit_year, self.month, self.day)
        except ValueError:
            return date(1900 + self.two_digit_year, self.month, self.day) if self.two_digit_year else None


def strip_number(text: str) -> str:
    """The text without the separators and marks that people and programs put into long numbers."""
    return _SEPARATORS.sub("", text)


@lru_cache(maxsize=262144)
def facts(text: str) -> Facts:
    """Judge a NIK as it stands in a cell (text). Statuses: see docs/architecture.md, border 2."""
    return _facts(text, birth=True)


@lru_cache(maxsize=262144)
def kk_facts(text: str) -> Facts:
    """Judge a family card number as it stands in a cell (text)."""
    return _facts(text, birth=False)


def _facts(text: str, *, birth: bool) -> Facts:
    plain = text.strip().strip("\xa0")
    if not plain:
        return Facts("missing", None)
    if is_placeholder(plain):
        return Facts("placeholder", None)
    if _SCIENTIFIC.match(plain.replace(" ", "")):
        return Facts("wrong_length", plain)
    digits = strip_number(plain)
    if not digits or not any(c.isdigit() for c in digits):
        return Facts("placeholder", None)
    if len(set(digits)) == 1 or digits in _SEQUENCES:
        return Facts("placeholder", None)
    if len(digits) != LENGTH or not digits.isascii() or not digits.isdigit():
        return Facts("wrong_length", digits)
    raw_day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    day = raw_day - 40 if birth and raw_day > 40 else raw_day
    if not _possible(day, month, year) or digits[:2] not in _provinces() or digits[12:] == "0000":
        return Facts("impossible_date", digits)
    sex = ("P" if raw_day > 40 else "L") if birth else None
    return Facts("sound", digits, day, month, year, sex)


def _possible(day: int, month: int, year: int) -> bool:
    try:
        date(2000 + year if year % 4 == 0 else 1901, month, day)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def _provinces() -> frozenset[str]:
    return frozenset(code[:2] for code in regency_codes())
