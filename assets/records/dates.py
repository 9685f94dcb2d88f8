"""Birth dates and ages: from what a cell says to a date with its precision. Never guesses a day that is not stated."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.cells import Numbers

EARLIEST_YEAR = 1900
OLDEST_AGE = 125
EXCEL_EPOCH = date(1899, 12, 30)
LATEST_SERIAL = 60000
"""The day in 2064 up to which a bare number is the count of days by which Excel keeps dates."""
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january djanuari i", "feb peb februari pebruari february ii", "mar maret march mrt iii",
            "apr april iv", "mei may v", "jun juni june djuni vi", "jul juli july djuli vii",
            "agu ags agt agst agust agustus aug august viii",
            "sep sept september ix", "okt oct oktober october x", "nov nop november nopember xi",
            "des dec desember december xii",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_TIME = r"(?:[ T]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?.*)?$"
_ISO = re.compile(r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})" + _TIME)
_MONTH_WORD, _YEAR_WORD = r"(?i:\b(?:bln|bulan)\b)", r"(?i:\b(?:th|thn|tahun)\b)"
_APART = rf"(?:[-–/\\.\s,]|{_MONTH_WORD}|{_YEAR_WORD})+"
_THREE = re.compile(rf"(\d{{1,2}}){_APART}(\d{{1,2}}){_APART}['’]?(\d{{4}}|\d{{2}})" + _TIME)
_DAY_NAME = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?[-–/\\.\s,]*(?:{_MONTH_WORD}[\s.]*)?([A-Za-z]{{1,9}})[-–/\\.\s,]*"
    rf"(?:{_YEAR_WORD}[\s.]*)?'?(\d{{4}}|\d{{2}})" + _TIME
)
_NAME_DAY = re.compile(r"\b([A-Za-z]{3,9})\.?\s*[-\s]\s*(\d{1,2})(?:st|nd|rd|th)?\s*[-,\s]\s*(\d{4})" + _TIME)
_MONTH_YEAR = re.compile(r"(\d{1,2}|[A-Za-z]{1,9})\.?\s*[-/.\s]\s*(\d{4})$")
_YEAR_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})$")
_YEAR = re.compile(r"(?:th|thn|tahun)?\.?\s*((?:19|20)\d{2})$", re.IGNORECASE)
_COMPACT = re.compile(r"(?<!\d)(\d{8}|\d{6})$")
_SERIAL = re.compile(r"\d{4,5}(?:\.0+)?$")
_LIKE_A_DIGIT = re.compile(r"(?<![A-Za-z])[IlOo]$")
"""What somebody typed for the first digit of a day (`l2-03-1950`)."""
_ABOUT = r"^(?:[±~+/\-\s.:>≥]|\b(?:umur|usia|kurang|lebih|sekitar|kira|kl|lk|k)\b)*"
_AGE_BESIDE = re.compile(
    r"(?<=\d{4})[\s,;/]*\(?\s*(?:umur|usia)?[\s:]*\d{1,3}\s*(?:th|thn|tahun)\b\.?\s*\)?$"
    r"|(?<=\d{4})\s*(?:\(\s*\d{1,3}\s*\)|/\s*(?:1[3-9]|[2-9]\d))$"
    r"|^\(?\s*\d{1,3}\s*(?:th|thn|tahun)\b\.?\s*[/,;)]\s*(?=.*\d{4}$)",
    re.IGNORECASE,
)
"""The age beside a birth date that is stated, too: `1950 / 75 th`, `12-05-1950 (75)`, `75 th / 1950`. Behind a year a
bare number up to 12 may be a month."""
_PART = r"(?:\s*\d{1,2}\s*(?:bln|bulan|hr|hari)\b\.?)*"
_OR_MORE = r"\s*(?:\+|\?|\(\?\)|lebih|(?:ke)?\s*atas)?"
_AGE = re.compile(
    _ABOUT + r"(\d{1,3})(?:[.,]\d+)?\s*-?\s*(th|thn|tahun|an|bln|bulan|hari|hr)?\.?" + _PART + _OR_MORE + r"\s*$", re.I
)
_IN_A_YEAR = {"bln": 12, "bulan": 12, "hari": 365, "hr": 365}
_AGE_AS_DATE = re.compile(r"^(?=.*(?:±|\+/?-|th|umur|usia))", re.IGNORECASE)


class Stated(NamedTuple):
    """A stated birth date. `precision`: `hari`, `bulan`, `tahun`, or `umur`, where only `age` is stated.

    `problem`: None, `unreadable`, `impossible`, or, of what is a date still, `serial`, and `month_first` or `day_first`
    where that is the only way to read a cell of a column of the other order.
    `two_digits`: the century was not stated; `year` then is the two digits.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    precision: str | None = None
    two_digits: bool = False
    problem: str | None = None
    age: int | None = None


NOTHING = Stated()
_UNREADABLE = Stated(problem="unreadable")
_IMPOSSIBLE = Stated(problem="impossible")


class Order(Enum):
    """Which of the two numbers before the year is the day."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


def parse_date(text: str, kind: str, order: Order = Order.DAY_FIRST) -> Stated:
    """Read one cell; `kind` is its type as in a raw row (`n`: an Excel serial or a year), `order` that of its column.

    >>> parse_date("17 Agustus 1945", "t")[:4]
    (1945, 8, 17, 'hari')
    >>> parse_date("08/07/1945", "t", Order.MONTH_FIRST)[:4]
    (1945, 8, 7, 'hari')
    >>> parse_date("± 60 th", "t").age
    60
    """
    plain = _AGE_BESIDE.sub("", text.replace("\xa0", " ").strip().strip("'’`").strip().rstrip(",;"))
    if not any(c.isdigit() for c in plain):
        return NOTHING
    if kind == "n" or _SERIAL.match(plain):
        return _of_number(plain)
    for pattern, read in _READERS:
        found = pattern.search(plain)
        before = plain[: found.start()] if found else ""
        if found and not before.rstrip(" ,:/-").endswith(tuple("0123456789")) and not _LIKE_A_DIGIT.search(before):
            return read(found) if read is not _of_three else _of_three(found, order)
    age = parse_age(plain) if _AGE_AS_DATE.match(plain) else None
    return _UNREADABLE if age is None else Stated(precision="umur", age=age)


def usual_days(texts: pa.Array) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Numbers, Numbers, Numbers]:
    """Which texts are of the form `2024-12-28`, `28-12-2024` or `28/12/2024`, which of them end in the year, and the
    year, month and day (-1: none) of all, the day taken for the first number where the year is the last.

    Only what needs no second thought counts: the first 28 days of the twelve months of the years 1901 to 2099.
    """
    ten = pc.equal(pc.binary_length(texts), 10).to_numpy(zero_copy_only=False)
    at = np.flatnonzero(ten)
    held = texts.take(pa.array(at))
    letters: npt.NDArray[Any] = np.frombuffer(held.buffers()[2] or b"", np.uint8, 10 * len(at)).reshape(-1, 10)
    digit = letters.astype(np.int32) - ord("0")
    dash = letters == ord("-")
    iso = dash[:, 4] & dash[:, 7]
    day_first = (dash[:, 2] & dash[:, 5]) | ((letters[:, 2] == ord("/")) & (letters[:, 5] == ord("/")))
    places = np.where(iso[:, None], [0, 1, 2, 3, 5, 6, 8, 9], [6, 7, 8, 9, 3, 4, 0, 1])
    d = np.take_along_axis(digit, places, axis=1)
    year, month, day = d[:, :4] @ [1000, 100, 10, 1], d[:, 4:6] @ [10, 1], d[:, 6:] @ [10, 1]
    plain = (iso | day_first) & ((d >= 0) & (d <= 9)).all(axis=1)
    plain &= (year > EARLIEST_YEAR) & (year < 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 28)
    usual = np.zeros(len(texts), dtype=bool)
    usual[at] = plain
    year_last = np.zeros(len(texts), dtype=bool)
    year_last[at] = plain & day_first
    parts = []
    for part in (year, month, day):
        parts.append(np.full(len(texts), -1, dtype=np.int32))
        parts[-1][at[plain]] = part[plain]
    return usual, year_last, parts[0], parts[1], parts[2]


def _of_number(plain: str) -> Stated:
    try:
        value = float(plain)
    except ValueError:
        return _UNREADABLE
    if value == int(value) and EARLIEST_YEAR <= value <= 2100:
        return Stated(int(value), precision="tahun")
    if 1 <= value <= LATEST_SERIAL:
        found = EXCEL_EPOCH + timedelta(days=int(value))
        return _day(found.year, found.month, found.day, problem="serial")
    digits = plain.zfill(8) if len(plain) == 7 else plain  # a number keeps no 0 before the day
    return _of_compact(_COMPACT.search(digits))


def _day(year: int, month: int, day: int, *, two_digits: bool = False, problem: str | None = None) -> Stated:
    """A day, or as much of it as is stated: zeros stand where people know no day or no month."""
    if (year, month, day) == (1900, 1, 1):
        return _IMPOSSIBLE
    if not two_digits and year < EARLIEST_YEAR:
        return _IMPOSSIBLE
    if day == 0 and month <= 12 and (two_digits or year > EARLIEST_YEAR):
        known = {"month": month, "precision": "bulan"} if month else {"precision": "tahun"}
        return Stated(year, two_digits=two_digits, **known)
    try:
        date(2000 + year % 100 if two_digits else year, month, day)
    except ValueError:
        return _IMPOSSIBLE
    return Stated(year, month, day, "hari", two_digits, problem)


def _of_iso(found: re.Match[str]) -> Stated:
    return _day(int(found[1]), int(found[2]), int(found[3]))


def _of_three(found: re.Match[str], order: Order) -> Stated:
    """Three numbers in the order of their column; in the other one where only that is possible, and then it is said."""
    first, second, year, two_digits = int(found[1]), int(found[2]), int(found[3]), len(found[3]) == 2
    day, month = (first, second) if order is Order.DAY_FIRST else (second, first)
    if month > 12 and 1 <= day <= 12:
        other = Order.MONTH_FIRST if order is Order.DAY_FIRST else Order.DAY_FIRST
        return _day(year, day, month, two_digits=two_digits, problem=other.value)
    return _day(year, month, day, two_digits=two_digits)


def _of_day_name(found: re.Match[str]) -> Stated:
    month = _month(found[2])
    if month is None:
        return _UNREADABLE
    return _day(int(found[3]), month, int(found[1]), two_digits=len(found[3]) == 2)


def _of_name_day(found: re.Match[str]) -> Stated:
    month = _MONTHS.get(found[1].lower())
    return _UNREADABLE if month is None else _day(int(found[3]), month, int(found[2]))


def _month(text: str) -> int | None:
    """The number of a month, by digits, name or Roman numeral; a misspelt name counts by its first three letters."""
    if text.isdigit():
        return int(text)
    word = text.lower()
    return _MONTHS.get(word) or (_MONTHS.get(word[:3]) if len(word) > 3 else None)


def _of_month_year(found: re.Match[str]) -> Stated:
    month = _month(found[1])
    if month is None:
        return _of_year(found) if _YEAR.search(found[0]) else _UNREADABLE
    return _of_month(int(found[2]), month)


def _of_year_month(found: re.Match[str]) -> Stated:
    return _of_month(int(found[1]), int(found[2]))


def _of_month(year: int, month: int) -> Stated:
    possible = 1 <= month <= 12 and year >= EARLIEST_YEAR
    return Stated(year, month, precision="bulan") if possible else _IMPOSSIBLE


def _of_year(found: re.Match[str]) -> Stated:
    year = _YEAR.search(found[0])
    return Stated(int(year[1]), precision="tahun") if year else _UNREADABLE


def _of_compact(found: re.Match[str] | None) -> Stated:
    if found is None:
        return _UNREADABLE
    digits = found[1]
    if len(digits) == 6:
        day = _day(int(digits[4:]), int(digits[2:4]), int(digits[:2]), two_digits=True)
        return day if day.problem is None else _UNREADABLE
    day_first = _day(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    return day_first if day_first.problem is None else _day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


_READERS: tuple[tuple[re.Pattern[str], Callable[..., Stated]], ...] = (
    (_ISO, _of_iso),
    (_THREE, _of_three),
    (_DAY_NAME, _of_day_name),
    (_NAME_DAY, _of_name_day),
    (_MONTH_YEAR, _of_month_year),
    (_YEAR_MONTH, _of_year_month),
    (_COMPACT, _of_compact),
    (_YEAR, _of_year),
)


def parse_age(text: str) -> int | None:
    """Whole years of an age cell (`± 60 th`, `30 bln`: 2); None where it states none or an impossible one."""
    found = _AGE.search(text.replace("\xa0", " ").strip())
    if found is None:
        return None
    years = int(found[1]) // _IN_A_YEAR.get((found[2] or "").lower(), 1)
    return years if years <= OLDEST_AGE else None
