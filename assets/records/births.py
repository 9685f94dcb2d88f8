"""When each person was born and how old they are at the end of the period, by every source the row has."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.records.cells import Cells, Coded, Findings, Mask, Numbers, by_value, coded
from assets.records.dates import parse_age, parse_date, usual_days
from assets.records.identifiers import Nik
from validation.periods import period_end
from validation.vocabulary import unknown_to

OLDEST_BY_NIK = 110
PRECISIONS = ("hari", "bulan", "tahun", "umur", None)
PROBLEMS = (None, "unreadable", "impossible", "month_first", "serial")
_DAY, _MONTH, _YEAR, _AGE, _NONE = range(5)
_LAST_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
Dates = npt.NDArray[np.datetime64]


class Births(NamedTuple):
    """`date` (days; NaT: none), `precision` and `age` (-1: none), as stated.

    `by_date`, `by_age` and `by_nik` (for either century): the age in whole years that each source gives, -1 where it
    gives none. `trusted`: whether the NIK's own date may speak against a category, not only for it.
    """

    date: Dates
    precision: Coded[str | None]
    age: Numbers
    by_date: Numbers
    by_nik: tuple[Numbers, Numbers]
    trusted: Mask


class _Day(NamedTuple):
    """A day for each row."""

    year: Numbers
    month: Numbers
    day: Numbers


class _Dates(NamedTuple):
    """Stated dates, by row; -1 where a part is not stated. `precision`, `problem`: places in their lists."""

    year: Numbers
    month: Numbers
    day: Numbers
    two_digits: Numbers
    precision: Numbers
    problem: Numbers
    age: Numbers


@lru_cache(maxsize=262_144)
def _read(text: str, kind: str) -> tuple[int, ...]:
    """A cell as one row of `_Dates`."""
    said = parse_date(text, kind)
    year, month, day, age = (-1 if n is None else n for n in (said.year, said.month, said.day, said.age))
    return year, month, day, said.two_digits, PRECISIONS.index(said.precision), PROBLEMS.index(said.problem), age


def births(cells: Cells, nik: Nik, found: Findings) -> Births:
    """Read birth dates and ages, settle two-digit years, and compare with the NIK; keeps what is written.

    The century of a two-digit year is the one that fits the stated age, else the latest that ends before the period
    does. Ages count at the end of the period.
    """
    parts = _stated(cells)
    ages = cells.text("umur")
    found.add("age_unreadable", ages.mask(unknown_to(parse_age)), "umur")
    own_age = ages.map(parse_age).numbers(lambda years: years)
    age = np.where(own_age >= 0, own_age, parts.age)
    ends = coded(cells.frame["periode"]).map(period_end)
    end = _Day(*(ends.numbers(attrgetter(part)) for part in ("year", "month", "day")))
    born, precision = _settled(parts, age, end)
    _note(found, parts, born, precision, nik)
    before = (precision == _DAY) & (32 * end.month + end.day < 32 * born.month + born.day)
    return Births(
        _dates(born),
        Coded(PRECISIONS, precision),
        age,
        np.where(precision < _AGE, end.year - born.year - before, -1),
        (_age_by_nik(end.year - 1900 - nik.year, nik), _age_by_nik(end.year - 2000 - nik.year, nik)),
        nik.trusted,
    )


def _stated(cells: Cells) -> _Dates:
    """The cells of birth dates; the usual forms are read by the column, all others by `parse_date`."""
    texts, codes = cells.arrow("tanggal_lahir")
    usual, year, month, day = usual_days(texts)
    dates = np.full((cells.size, len(_Dates._fields)), -1, dtype=np.int32)
    for column, part in enumerate((year, month, day)):
        dates[:, column] = part[codes]
    dates[:, 3:6] = False, _DAY, PROBLEMS.index(None)
    rest = np.flatnonzero(~usual[codes])
    said = by_value(_read, Coded(texts.to_pylist(), codes).taken(rest), cells.kinds("tanggal_lahir").taken(rest))
    width = dates.shape[1]
    other = np.fromiter(chain.from_iterable(said.values), np.int32, width * len(said.values)).reshape(-1, width)
    dates[rest] = other[said.codes]
    return _Dates(*dates.T.copy())


def _settled(parts: _Dates, age: Numbers, end: _Day) -> tuple[_Day, Numbers]:
    """The day that is meant (year 0: none), and its precision; none that comes after the end of the period."""
    month, day = np.maximum(parts.month, 1), np.maximum(parts.day, 1)
    year = np.maximum(parts.year, 0)
    short = np.flatnonzero(parts.two_digits)
    year[short] = _with_century(
        _Day(year[short], month[short], day[short]), age[short], _Day(*(part[short] for part in end))
    )
    born = _Day(year, month, day)
    year[~_possible(born, end)] = 0
    precision = np.where(year > 0, parts.precision, _NONE)
    only_age = (parts.year < 0) & (age >= 0)
    month[only_age] = day[only_age] = 1
    year[only_age], precision[only_age] = (end.year - age)[only_age], _AGE
    return born, precision


def _with_century(short: _Day, age: Numbers, end: _Day) -> Numbers:
    """Full years of days with two-digit ones: the century that fits the age, else the latest up to the end."""
    early, late = (short._replace(year=short.year + century) for century in (1900, 2000))
    nearer = np.abs(end.year - early.year - age) <= np.abs(end.year - late.year - age)
    take_early = ~_possible(late, end) | (_possible(early, end) & (age >= 0) & nearer)
    return np.where(take_early, early.year, late.year)


def _possible(day: _Day, end: _Day) -> Mask:
    """Whether there is such a day, and it does not come after `end`."""
    leap = (day.year % 4 == 0) & ((day.year % 100 != 0) | (day.year % 400 == 0))
    in_month = day.day <= _LAST_DAYS[day.month] + (leap & (day.month == 2))
    past = (day.year - end.year) * 512 + (day.month - end.month) * 32 + day.day - end.day <= 0
    return np.asarray((day.year > 0) & in_month & past)


def _dates(days: _Day) -> Dates:
    months = np.where(days.year > 0, (days.year - 1970) * 12 + days.month - 1, np.datetime64("NaT").astype(np.int64))
    found: Dates = months.astype("datetime64[M]").astype("datetime64[D]") + (days.day - 1).astype("timedelta64[D]")
    return found


def _age_by_nik(years: Numbers, nik: Nik) -> Numbers:
    return np.where((nik.day > 0) & (years >= 0) & (years <= OLDEST_BY_NIK), years, -1)


def _note(found: Findings, parts: _Dates, born: _Day, precision: Numbers, nik: Nik) -> None:
    field = "tanggal_lahir"
    nowhere = (parts.year >= 0) & (born.year == 0)
    found.add("birth_date_unreadable", parts.problem == PROBLEMS.index("unreadable"), field)
    found.add("birth_date_impossible", (parts.problem == PROBLEMS.index("impossible")) | nowhere, field)
    found.add("birth_date_month_first", parts.problem == PROBLEMS.index("month_first"), field)
    found.add("birth_date_from_serial", parts.problem == PROBLEMS.index("serial"), field)
    found.add("birth_year_only", (precision == _YEAR) | (precision == _MONTH), field)
    found.add("age_only", precision == _AGE, "umur")
    compared = (precision == _DAY) & nik.trusted
    same_year = parts.year % 100 == nik.year
    equal = same_year & (parts.month == nik.month) & (parts.day == nik.day)
    swapped = same_year & (parts.month == nik.day) & (parts.day == nik.month)
    found.add("birth_date_swapped_with_nik", compared & swapped & ~equal, field)
    found.add("birth_date_not_that_of_nik", compared & ~swapped & ~equal, field)
