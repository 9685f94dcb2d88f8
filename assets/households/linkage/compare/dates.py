"""Comparing birth dates, and ages where a date is not known."""

from __future__ import annotations

from assets.households.linkage.arrays.compiled import kernel
from assets.households.linkage.compare.levels import AgeLevel, BirthLevel, NikLevel
from assets.households.linkage.prepare.fields import RecordRow

YEARS_NEAR = 2
"""Years by which birth dates are apart that may still be one person's, written from memory."""
DECADE = 10
"""Years by which a wrong digit for the decade sets two dates apart."""
AGE_CLOSE, AGE_NEAR = 1, 3
"""Years by which birth years are apart of which one is counted back from an age."""
CENTURY, OLDEST_APART = 100, 50
"""A year of two digits is that of the century which lies within so many years of the other record's year."""


@kernel
def heaped(month: int, day: int) -> bool:
    """Say whether a day of the year is one that is written for want of a known one."""
    return month == 0 or (day == 1 and (month == 1 or month == 7)) or (month == 12 and day == 31)


@kernel
def compare_dates(y1: int, m1: int, d1: int, y2: int, m2: int, d2: int) -> int:
    """Return the `BirthLevel` of two dates of known years; month and day may be 0 (not known)."""
    gap = abs(y1 - y2)
    if y1 == y2 and m1 == m2 and d1 == d2:
        return BirthLevel.SAME_HEAPED if heaped(m1, d1) else BirthLevel.SAME
    if y1 == y2 and (heaped(m1, d1) or heaped(m2, d2)):
        return BirthLevel.SAME_YEAR_HEAPED
    if m1 == 0 or m2 == 0:
        return BirthLevel.YEAR_NEAR if gap <= YEARS_NEAR else BirthLevel.DIFFERENT
    if y1 == y2:
        swapped = m1 == d2 and d1 == m2
        return BirthLevel.SWAP_OR_DIGIT if m1 == m2 or d1 == d2 or swapped else BirthLevel.SAME_YEAR
    if m1 == m2 and d1 == d2 and not heaped(m1, d1):
        return BirthLevel.SAME_DAY_AND_MONTH
    if gap == DECADE and m1 == m2:
        return BirthLevel.YEAR_NEAR
    near = gap <= YEARS_NEAR and (m1 == m2 or d1 == d2) and not heaped(m1, d1)
    return BirthLevel.YEAR_NEAR if near else BirthLevel.DIFFERENT


@kernel
def full_year(two_digits: int, other: int) -> int:
    """Return the year that ends in two digits and is nearest to another year: half a century or less before it, or less
    than half a century after."""
    year = other - (other - two_digits) % CENTURY
    return year + CENTURY if other - year > OLDEST_APART else year


@kernel
def compare_births(a: RecordRow, b: RecordRow, nik_level: int) -> tuple[int, int]:
    """Return the `BirthLevel` of two records and, where a date is known from an age only, the `AgeLevel` instead.

    Where a date is missing, and one of the NIKs too, the date inside the other NIK serves.
    """
    y1, m1, d1 = a.year, a.month, a.day
    y2, m2, d2 = b.year, b.month, b.day
    if nik_level == NikLevel.MISSING:
        inside = a.nik_date - 1
        if y1 == 0 and y2 > 0 and inside >= 0:
            y1, m1, d1 = full_year(inside // 10000, y2), inside // 100 % 100, inside % 100
        inside = b.nik_date - 1
        if y2 == 0 and y1 > 0 and inside >= 0:
            y2, m2, d2 = full_year(inside // 10000, y1), inside // 100 % 100, inside % 100
    if y1 == 0 or y2 == 0:
        return BirthLevel.MISSING, AgeLevel.MISSING
    if a.from_age == 1 or b.from_age == 1:
        gap = abs(y1 - y2)
        if gap <= AGE_CLOSE:
            return BirthLevel.MISSING, AgeLevel.CLOSE
        return BirthLevel.MISSING, AgeLevel.NEAR if gap <= AGE_NEAR else AgeLevel.DIFFERENT
    return compare_dates(y1, m1, d1, y2, m2, d2), AgeLevel.MISSING
