"""When each person was born and how old they are at the end of the period, by every source the row has."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.records.cells import Cells, Coded, Findings, Mask, Numbers, by_value, coded, combined, of_numbers
from assets.records.date_orders import Shown, column_orders, exchanged, shown_by
from assets.records.dates import Order, parse_age, parse_date, usual_days
from assets.records.identifiers import Nik
from validation.periods import period_end
from validation.vocabulary import unknown_to

OLDEST_BY_NIK = 110
PRECISIONS = ("hari", "bulan", "tahun", "umur", None)
PROBLEMS = (None, "unreadable", "impossible", "month_first", "day_first", "serial")
_DAY, _MONTH, _YEAR, _AGE, _NONE = range(5)
_LAST_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
Dates = npt.NDArray[np.datetime64]


class Births(NamedTuple):
    """`date` (days; NaT: none), `precision` and `age` (-1: none), as stated.

    `by_date`, `age` and `by_nik` (for either century that what is stated leaves open): the age in whole years that each
    source gives, -1 where it gives none. `by_year`: the year less that it may be where only the year of birth is stated
    and the period ends within one, else -1. `trusted`: whether the NIK's own date may speak against a category, not
    only for it.
    """

    date: Dates
    precision: Coded[str | None]
    age: Numbers
    by_date: Numbers
    by_year: Numbers
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
def _read(text: str, kind: str, order: Order = Order.DAY_FIRST) -> tuple[int, ...]:
    """A cell as one row of `_Dates`."""
    said = parse_date(text, kind, order)
    year, month, day, age = (-1 if n is None else n for n in (said.year, said.month, said.day, said.age))
    return year, month, day, said.two_digits, PRECISIONS.index(said.precision), PROBLEMS.index(said.problem), age


def births(cells: Cells, nik: Nik, found: Findings) -> Births:
    """Read birth dates and ages, settle two-digit years, and compare with the NIK; keeps what is written.

    The century of a two-digit year is the one that fits the stated age, else the latest that ends before the period
    does. Ages count at the end of the period.
    """
    parts = _stated(cells, found)
    ages = cells.text("umur")
    found.add("age_unreadable", ages.mask(unknown_to(parse_age)), "umur")
    own_age = ages.map(parse_age).numbers(lambda years: years)
    age = np.where(own_age >= 0, own_age, parts.age)
    ends = coded(cells.table["periode"]).map(period_end)
    end = _Day(*(ends.numbers(attrgetter(part)) for part in ("year", "month", "day")))
    born, precision = _settled(parts, age, end)
    _note(found, parts, born, precision, nik)
    before = (precision <= _MONTH) & _later_in_the_year(born.month, born.day, end)
    by_date = np.where(precision < _AGE, end.year - born.year - before, -1)
    its_before = _later_in_the_year(nik.month, nik.day, end)
    return Births(
        _dates(born),
        Coded(PRECISIONS, precision),
        age,
        by_date,
        np.where((precision == _YEAR) & (end.month < 12), by_date - 1, -1),
        _nearer(
            np.where(by_date >= 0, by_date, age),
            _age_by_nik(end.year - 1900 - nik.year - its_before, nik),
            _age_by_nik(end.year - 2000 - nik.year - its_before, nik),
        ),
        nik.trusted,
    )


def _stated(cells: Cells, found: Findings) -> _Dates:
    """The cells of birth dates; the usual forms are read by the column, all others by `parse_date`."""
    texts, codes = cells.arrow("tanggal_lahir")
    usual, year_last, year, month, day = usual_days(texts)
    dates = np.full((cells.size, len(_Dates._fields)), -1, dtype=np.int32)
    for column, part in enumerate((year, month, day)):
        dates[:, column] = part[codes]
    dates[:, 3:6] = False, _DAY, PROBLEMS.index(None)
    written = Coded[str](texts.to_pylist(), codes)
    kinds = cells.kinds("tanggal_lahir")
    rest = np.flatnonzero(~usual[codes])
    _put(dates, rest, by_value(_read, written.taken(rest), kinds.taken(rest)))
    shown = np.where(day > 12, Shown.DAY_FIRST, np.where(day == month, Shown.NOTHING, Shown.EITHER))[codes]
    shown[~year_last[codes]] = Shown.NOTHING
    shown[rest] = by_value(shown_by, written.taken(rest), kinds.taken(rest)).numbers(int)
    _settle_order(cells, written, dates, shown, found)
    return _Dates(*dates.T.copy())


def _put(dates: Numbers, rows: Numbers, said: Coded[tuple[int, ...]]) -> None:
    """Write what was read of some rows."""
    width = dates.shape[1]
    read = np.fromiter(chain.from_iterable(said.values), np.int32, width * len(said.values)).reshape(-1, width)
    dates[rows] = read[said.codes]


def _settle_order(cells: Cells, written: Coded[str], dates: Numbers, shown: Numbers, found: Findings) -> None:
    """Read the cells whose column writes the month first anew, and turn real dates back that were exchanged.

    A column is a letter of a sheet, and in it each way to part the numbers; one that shows nothing goes by the whole
    letter, then by its file.
    """
    field = "tanggal_lahir"
    letters = cells.headers.letters
    column = cells.header.map(lambda header: (*header[:2], letters.get((header, field)))).merged()
    slashes = written.map(lambda text: "/" in text).merged()
    orders = column_orders(shown, combined(column, slashes), column.codes, cells.submission.codes)
    anew = np.flatnonzero(orders.month_first & (shown != Shown.NOTHING))
    month_first = Coded([Order.MONTH_FIRST], np.zeros(len(anew), dtype=np.int32))
    kinds = cells.kinds(field)
    _put(dates, anew, by_value(_read, written.taken(anew), kinds.taken(anew), month_first))
    real = cells.is_kind(field, "d") & (dates[:, 4] == _DAY)
    back = np.flatnonzero(exchanged(shown, real, dates[:, 2], column.codes))
    dates[back, 1], dates[back, 2] = dates[back, 2], dates[back, 1]
    for code, where in (
        ("birth_dates_month_first", orders.month_first & np.isin(shown, (Shown.EITHER, Shown.MONTH_FIRST))),
        ("birth_dates_order_unclear", orders.unclear),
        ("birth_dates_exchanged", np.isin(np.arange(cells.size), back)),
    ):
        _note_once(found, code, where, column.codes)


def _note_once(found: Findings, code: str, where: Mask, column: Numbers) -> None:
    """One finding for a column, at its first row of those `where`, with how many there are."""
    rows = np.flatnonzero(where)
    _, first, counts = np.unique(column[rows], return_index=True, return_counts=True)
    at = np.zeros(len(column), dtype=bool)
    at[rows[first]] = True
    number = np.zeros(len(column), dtype=np.int64)
    number[rows[first]] = counts
    found.add(code, at, "tanggal_lahir", jumlah=of_numbers(number).map(str))


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


def _later_in_the_year(month: Numbers, day: Numbers, end: _Day) -> Mask:
    """Whether a birthday comes only after the end of the period, within its year."""
    return np.asarray(32 * end.month + end.day < 32 * month + day)


def _age_by_nik(years: Numbers, nik: Nik) -> Numbers:
    return np.where((nik.day > 0) & (years >= 0) & (years <= OLDEST_BY_NIK), years, -1)


def _nearer(stated: Numbers, early: Numbers, late: Numbers) -> tuple[Numbers, Numbers]:
    """The ages that a NIK gives for either century; of two that are possible, the one nearer to what is stated."""
    settled = (stated >= 0) & (early >= 0) & (late >= 0)
    take_early = np.abs(early - stated) <= np.abs(late - stated)
    return np.where(settled & ~take_early, -1, early), np.where(settled & take_early, -1, late)


def _note(found: Findings, parts: _Dates, born: _Day, precision: Numbers, nik: Nik) -> None:
    field = "tanggal_lahir"
    nowhere = (parts.year >= 0) & (born.year == 0)
    found.add("birth_date_unreadable", parts.problem == PROBLEMS.index("unreadable"), field)
    found.add("birth_date_impossible", (parts.problem == PROBLEMS.index("impossible")) | nowhere, field)
    found.add("birth_date_month_first", parts.problem == PROBLEMS.index("month_first"), field)
    found.add("birth_date_day_first", parts.problem == PROBLEMS.index("day_first"), field)
    found.add("birth_date_from_serial", parts.problem == PROBLEMS.index("serial"), field)
    found.add("birth_year_only", (precision == _YEAR) | (precision == _MONTH), field)
    found.add("age_only", precision == _AGE, "umur")
    compared = (precision == _DAY) & nik.trusted
    same_year = parts.year % 100 == nik.year
    equal = same_year & (parts.month == nik.month) & (parts.day == nik.day)
    swapped = same_year & (parts.month == nik.day) & (parts.day == nik.month)
    found.add("birth_date_swapped_with_nik", compared & swapped & ~equal, field)
    found.add("birth_date_not_that_of_nik", compared & ~swapped & ~equal, field)
