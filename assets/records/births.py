"""When each person was born and how old they are at the end of the period, by every source the row has."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assets.records.cells import Cells, Coded, Findings, Mask, Numbers, by_value, coded
from assets.records.dates import Stated, parse_age, parse_date, period_end
from assets.records.identifiers import Nik
from validation.vocabulary import is_placeholder

OLDEST_BY_NIK = 110
PRECISIONS = ("hari", "bulan", "tahun", "umur", None)
_DAY, _MONTH, _YEAR, _AGE, _NONE = range(5)
_LAST_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
Days = npt.NDArray[np.datetime64]


class Births(NamedTuple):
    """`date` (days; NaT: none), `precision` and `age` (-1: none), as stated.

    `by_date`, `by_age` and `by_nik` (for either century): the age in whole years that each source gives, -1 where it
    gives none. `trusted`: whether the NIK's own date may speak against a category, not only for it.
    """

    date: Days
    precision: Coded[str | None]
    age: Numbers
    by_date: Numbers
    by_nik: tuple[Numbers, Numbers]
    trusted: Mask


class _Dates(NamedTuple):
    """Stated dates, by row; -1 where a part is not stated."""

    year: Numbers
    month: Numbers
    day: Numbers
    two_digits: Mask
    precision: Numbers


def births(cells: Cells, nik: Nik, found: Findings) -> Births:
    """Read birth dates and ages, settle two-digit years, and compare with the NIK; keeps what is written.

    The century of a two-digit year is the one that fits the stated age, else the latest that ends before the period
    does. Ages count at the end of the period.
    """
    periods = coded(cells.frame["periode"])
    end: Days = np.array([period_end(p) for p in periods.values], dtype="datetime64[D]")[periods.codes]
    said = by_value(parse_date, cells.text("tanggal_lahir"), cells.kinds("tanggal_lahir"))
    age = cells.text("umur").map(parse_age).numbers(lambda years: years)
    age = np.where(age >= 0, age, said.numbers(lambda s: s.age))
    parts = _Dates(
        said.numbers(lambda s: s.year),
        said.numbers(lambda s: s.month),
        said.numbers(lambda s: s.day),
        said.mask(lambda s: s.two_digits),
        said.numbers(lambda s: PRECISIONS.index(s.precision)),
    )
    when, precision = _settled(parts, age, end)
    _note(found, said, parts, when, precision, nik)
    unread = cells.text("umur").mask(lambda t: t.strip() and not is_placeholder(t) and parse_age(t) is None)
    found.add("age_unreadable", unread, "umur")
    end_year = _year(end)
    by_date = np.where(precision < _AGE, _age_at(when, precision, end), -1)
    return Births(
        when,
        Coded(PRECISIONS, precision),
        age,
        by_date,
        (_age_by_nik(end_year - 1900 - nik.year, nik), _age_by_nik(end_year - 2000 - nik.year, nik)),
        nik.trusted,
    )


def _settled(parts: _Dates, age: Numbers, end: Days) -> tuple[Days, Numbers]:
    """The date that is meant and its precision; none where no century gives a day on or before the period's end."""
    end_year = _year(end)
    full = _date(parts.year, parts.month, parts.day)
    full[full > end] = np.datetime64("NaT")
    early, late = (_date(parts.year + century, parts.month, parts.day) for century in (1900, 2000))
    early[early > end] = late[late > end] = np.datetime64("NaT")
    nearer = np.abs(end_year - 1900 - parts.year - age) <= np.abs(end_year - 2000 - parts.year - age)
    take_early = np.isnat(late) | (~np.isnat(early) & (age >= 0) & nearer)
    when = np.where(parts.two_digits, np.where(take_early, early, late), full)
    precision = np.where(np.isnat(when), _NONE, parts.precision)
    only_age = (parts.year < 0) & (age >= 0)
    when = np.where(only_age, _date(end_year - age, np.full_like(age, -1), np.full_like(age, -1)), when)
    return when, np.where(only_age, _AGE, precision)


def _date(year: Numbers, month: Numbers, day: Numbers) -> Days:
    """Days from year, month and day, the latter two perhaps missing (-1: the first); NaT where there is none."""
    m, d = np.where(month < 0, 1, month), np.where(day < 0, 1, day)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    possible = (year >= 1) & (d <= _LAST_DAYS[m] + (leap & (m == 2)))
    months = (np.where(possible, year, 1970) - 1970) * 12 + m - 1
    days: Days = months.astype("datetime64[M]").astype("datetime64[D]") + (d - 1).astype("timedelta64[D]")
    days[~possible] = np.datetime64("NaT")
    return days


def _year(days: Days) -> Numbers:
    return days.astype("datetime64[Y]").astype(np.int64) + 1970


def _age_at(when: Days, precision: Numbers, end: Days) -> Numbers:
    """Whole years; by the year alone where the day is not stated."""

    def day_of_year(days: Days) -> Any:
        month = days.astype("datetime64[M]")
        return month.astype(np.int64) % 12 * 32 + (days - month.astype("datetime64[D]")).astype(np.int64)

    known = ~np.isnat(when)
    born = np.where(known, when, np.datetime64("1970-01-01"))
    before = (precision == _DAY) & (day_of_year(end) < day_of_year(born))
    return np.where(known, _year(end) - _year(born) - before, -1)


def _age_by_nik(years: Numbers, nik: Nik) -> Numbers:
    return np.where((nik.day > 0) & (years >= 0) & (years <= OLDEST_BY_NIK), years, -1)


def _note(found: Findings, said: Coded[Stated], parts: _Dates, when: Days, precision: Numbers, nik: Nik) -> None:
    field = "tanggal_lahir"
    found.add("birth_date_unreadable", said.mask(lambda s: s.problem == "unreadable"), field)
    nowhere = (parts.year >= 0) & np.isnat(when)
    found.add("birth_date_impossible", said.mask(lambda s: s.problem == "impossible") | nowhere, field)
    found.add("birth_date_month_first", said.mask(lambda s: s.problem == "month_first"), field)
    found.add("birth_date_from_serial", said.mask(lambda s: s.problem == "serial"), field)
    found.add("birth_year_only", (precision == _YEAR) | (precision == _MONTH), field)
    found.add("age_only", precision == _AGE, "umur")
    compared = (precision == _DAY) & nik.trusted
    same_year = parts.year % 100 == nik.year
    equal = same_year & (parts.month == nik.month) & (parts.day == nik.day)
    swapped = same_year & (parts.month == nik.day) & (parts.day == nik.month)
    found.add("birth_date_swapped_with_nik", compared & swapped & ~equal, field)
    found.add("birth_date_not_that_of_nik", compared & ~swapped & ~equal, field)
