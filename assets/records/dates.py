"""Birth dates and ages: from what a cell says to a date with its precision. Never guesses a day that is not stated."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

EARLIEST_YEAR = 1900
OLDEST_AGE = 125
EXCEL_EPOCH = date(1899, 12, 30)
LATEST_SERIAL = 60000
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january", "feb peb februari pebruari february", "mar maret march mrt", "apr april",
            "mei may", "jun juni june", "jul juli july", "agu ags agt agust agustus aug august",
            "sep sept september", "okt oct oktober october", "nov nop november nopember", "des dec desember december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?.*)?$")
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[-/.\s,]\s*(\d{1,2}|[A-Za-z]{3,9})\.?\s*[-/.\s,]\s*(\d{4}|\d{2})$")
_MONTH_YEAR = re.compile(r"(\d{1,2}|[A-Za-z]{3,9})\s*[-/.\s]\s*(\d{4})$")
_YEAR = re.compile(r"(?:th|thn|tahun)?\.?\s*((?:19|20)\d{2})$", re.IGNORECASE)
_COMPACT = re.compile(r"(\d{8})$")
_AGE = re.compile(r"(\d{1,3})(?:[.,]\d+)?\s*(th|thn|tahun|bln|bulan|hari|hr)?\.?$", re.IGNORECASE)


class Stated(NamedTuple):
    """A stated birth date. `problem`: None, `unreadable`, `impossible` or `month_first` (still a date).

    `two_digits`: the century was not stated; `year` then is the two digits.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    precision: str | None = None
    two_digits: bool = False
    problem: str | None = None


NOTHING = Stated()
_UNREADABLE = Stated(problem="unreadable")
_IMPOSSIBLE = Stated(problem="impossible")


@lru_cache(maxsize=262144)
def parse_date(text: str, kind: str) -> Stated:
    """Read one cell; `kind` is its type as in a raw row (`n`: an Excel serial or a year). Day first, as written here.

    >>> parse_date("17 Agustus 1945", "t")[:4]
    (1945, 8, 17, 'hari')
    """
    plain = text.replace("\xa0", " ").strip().strip("'’`").strip().rstrip(",;")
    if not plain or not any(c.isdigit() for c in plain):
        return NOTHING
    if kind == "n":
        return _of_number(plain)
    for pattern, read in _READERS:
        found = pattern.search(plain)
        if found and not plain[: found.start()].rstrip(" ,:/-").endswith(tuple("0123456789")):
            return read(found)
    return _UNREADABLE


def _of_number(plain: str) -> Stated:
    try:
        value = float(plain)
    except ValueError:
        return _UNREADABLE
    if value == int(value) and EARLIEST_YEAR <= value <= 2100:
        return Stated(int(value), precision="tahun")
    if 1 <= value <= LATEST_SERIAL:
        found = EXCEL_EPOCH + timedelta(days=int(value))
        return _day(found.year, found.month, found.day)
    return _of_compact(_COMPACT.search(plain)) if len(plain) == 8 else _UNREADABLE


def _day(year: int, month: int, day: int, *, two_digits: bool = False, problem: str | None = None) -> Stated:
    if (year, month, day) == (1900, 1, 1):
        return _IMPOSSIBLE
    if not two_digits and year < EARLIEST_YEAR:
        return _IMPOSSIBLE
    try:
        date(2000 + year % 100 if two_digits else year, month, day)
    except ValueError:
        if two_digits and (month, day) == (2, 29):
            return Stated(year, month, day, "hari", two_digits)
        return _IMPOSSIBLE
    return Stated(year, month, day, "hari", two_digits, problem)


def _of_iso(found: re.Match[str]) -> Stated:
    return _day(int(found[1]), int(found[2]), int(found[3]))


def _of_day_first(found: re.Match[str]) -> Stated:
    day, year = int(found[1]), int(found[3])
    month = int(found[2]) if found[2].isdigit() else _MONTHS.get(found[2].lower())
    if month is None:
        return _UNREADABLE
    two = len(found[3]) == 2
    if month > 12 and day <= 12:
        return _day(year, day, month, two_digits=two, problem="month_first")
    return _day(year, month, day, two_digits=two)


def _of_month_year(found: re.Match[str]) -> Stated:
    month = int(found[1]) if found[1].isdigit() else _MONTHS.get(found[1].lower())
    if month is None:
        return _of_year(found) if _YEAR.search(found[0]) else _UNREADABLE
    return Stated(int(found[2]), month, precision="bulan") if 1 <= month <= 12 else _IMPOSSIBLE


def _of_year(found: re.Match[str]) -> Stated:
    year = _YEAR.search(found[0])
    return Stated(int(year[1]), precision="tahun") if year else _UNREADABLE


def _of_compact(found: re.Match[str] | None) -> Stated:
    if found is None:
        return _UNREADABLE
    digits = found[1]
    day_first = _day(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    return day_first if day_first.problem is None else _day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


_READERS = (
    (_ISO, _of_iso),
    (_DAY_FIRST, _of_day_first),
    (_MONTH_YEAR, _of_month_year),
    (_COMPACT, _of_compact),
    (_YEAR, _of_year),
)


@lru_cache(maxsize=65536)
def parse_age(text: str) -> int | None:
    """Whole years of an age cell (`± 60 th`, `5 bln`); None where it states none or an impossible one."""
    found = _AGE.search(text.replace("\xa0", " ").strip())
    if found is None:
        return None
    years = 0 if (found[2] or "").lower() in {"bln", "bulan", "hari", "hr"} else int(found[1])
    return years if years <= OLDEST_AGE else None


@lru_cache(maxsize=1024)
def period_end(periode: str) -> date:
    """The last day of a period: `2024`, `2024-S1` or `2024-06`."""
    year = int(periode[:4])
    rest = periode[5:]
    month = {"": 12, "S1": 6, "S2": 12}.get(rest) or int(rest)
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def century_of(two_digits: int, age: int | None, end: date) -> int:
    """The full year of a two-digit one: the century that fits a stated age, else the latest not after `end`."""
    candidates = [year for year in (1900 + two_digits, 2000 + two_digits) if year <= end.year]
    if age is not None:
        return min(candidates or [1900 + two_digits], key=lambda year: abs(end.year - year - age))
    return max(candidates or [1900 + two_digits])
