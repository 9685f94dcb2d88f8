"""Whether a column of birth dates writes the day or the month first: decided by the column, never by the cell.

Danger: `05/03/1960` is a day in March or a day in May, and one wrong guess makes a wrong person. Remedy: the cells that
can be read one way only decide for those that can be read both ways; where none decides, the day comes first, as
Indonesians write, and that is said. A spreadsheet set to American dates does worse: of dates typed day first it turns
those with a day up to 12 into dates with day and month exchanged, and leaves the others as text; that, too, shows in
the column alone.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.records.cells import Mask, Numbers
from assets.records.dates import Order, parse_date

MOST_STRAY = 0.05
"""Share of the cells of the other order up to which they are slips in a column of one order."""
LEAST_EXCHANGED = 8
"""Real dates, none after the 12th of a month, from which that is no chance (1 in 2,000)."""
LEAST_LEFT = 3
"""Texts beside them, all after the 12th."""


class Shown(IntEnum):
    """What a cell shows of the order of its column."""

    NOTHING = 0
    DAY_FIRST = 1
    MONTH_FIRST = 2
    EITHER = 3


def shown_by(text: str, kind: str) -> Shown:
    """What one cell shows.

    >>> [shown_by(text, "t").name for text in ("25/12/1960", "12/25/1960", "05/03/1960", "05/05/1960", "5 Mei 1960")]
    ['DAY_FIRST', 'MONTH_FIRST', 'EITHER', 'NOTHING', 'NOTHING']
    """
    day_first, month_first = parse_date(text, kind), parse_date(text, kind, Order.MONTH_FIRST)
    if day_first == month_first or {day_first.precision, month_first.precision} != {"hari"}:
        return Shown.NOTHING
    if month_first.problem:
        return Shown.DAY_FIRST
    return Shown.MONTH_FIRST if day_first.problem else Shown.EITHER


class Orders(NamedTuple):
    """By row: whether the month comes first, and whether that is unclear: the cell could be read either way."""

    month_first: Mask
    unclear: Mask


def column_orders(shown: Numbers, *levels: Numbers) -> Orders:
    """The order of each cell, by what the cells of its column show (`Shown`, one a row).

    `levels`: the column of each row as codes from 0 on, the narrowest sense first; where no cell of a column shows an
    order, the next level decides. Cells of both orders in one column leave it unclear, but for a few slips.
    """
    month_first, open_still = np.zeros(len(shown), dtype=bool), np.ones(len(shown), dtype=bool)
    unclear = np.zeros(len(shown), dtype=bool)
    for level in levels:
        days, months = (_count(level, shown == one) for one in (Shown.DAY_FIRST, Shown.MONTH_FIRST))
        mostly_days, mostly_months = months <= MOST_STRAY * days, days <= MOST_STRAY * months
        said = (days + months > 0)[level] & open_still
        month_first |= said & (mostly_months & ~mostly_days)[level]
        unclear |= said & ~(mostly_days | mostly_months)[level]
        open_still &= ~said
    return Orders(month_first, (unclear | open_still) & (shown == Shown.EITHER))


def exchanged(shown: Numbers, real: Mask, day: Numbers, column: Numbers) -> Mask:
    """The real dates whose day and month the spreadsheet program exchanged when they were typed.

    `real`: the cells that are dates of the program; `day`: their day of the month; `column`: its code, by row.
    """
    many, late = _count(column, real), _count(column, real & (day > 12))
    days, months, either = (_count(column, shown == one) for one in (Shown.DAY_FIRST, Shown.MONTH_FIRST, Shown.EITHER))
    left = np.maximum(days, months)
    damaged = (many >= LEAST_EXCHANGED) & (late == 0) & (either == 0) & (left >= LEAST_LEFT) & (days * months == 0)
    return np.asarray(real & damaged[column])


def _count(column: Numbers, where: Mask) -> npt.NDArray[np.intp]:
    return np.bincount(column[where], minlength=int(column.max(initial=0)) + 1)
