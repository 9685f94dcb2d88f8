"""Counts that may be passed on: none of them tells of fewer than five people, nor do several of them together.

Danger: a village has one person in a category, and a page that leaves out that count gives it away by the sum, or by
what other pages say. Remedy: a count of 1 to 4 is not said, and what it is made up of is not said at all. All other
counts are rounded to the nearest multiple of 5; where sums would still tell a small count from the others, on whatever
pages they stand, what stands beside it is rounded three times as coarsely, and again, until they do not. A multiple of
three keeps every range within the next: who knows the finer one learns nothing from the coarser. The constants are the
policy.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SMALLEST = 5
"""The smallest count that is said."""
ROUNDED_TO, COARSER = 5, 3
LEFT_OPEN = 3
"""So many values of a small count stay possible for whoever knows all that is said."""
_WIDER = (0, 1, 1, 1, 2, 3)
"""How far around a small count that would be told the others are rounded more coarsely, time after time: at first sums
alone (0), then all that stands in one sum with it (1), then in a sum with one of these (2). What is told even then is
hidden."""
_ROUNDS = 100


class Shown(NamedTuple):
    """What is said of a count: that it is one of `least` to `most`, and which `value` stands for them (None: the range
    itself does). `hidden`: part of a sum that is too small itself, of which nothing is said, not even that it is not 0.
    """

    least: int
    most: int
    value: int | None
    hidden: bool = False

    @property
    def small(self) -> bool:
        """Whether it is too small to be said, or to be taken apart."""
        return 0 < self.most < SMALLEST


NOTHING = Shown(0, 0, 0)


def protected(exact: Ints, whole: Ints, part: Ints, within: Ints) -> list[Shown]:
    """What is said of each count; all counts are 1 or more. Each has one value, wherever it stands.

    Counts go by their numbers. `whole`: of each sum; `part`, `within`: of each count that a sum is made up of, and the
    number of that sum.

    >>> all_of_them, a, b = protected(np.array([12, 8, 4]), np.array([0]), np.array([1, 2]), np.array([0, 0]))
    >>> all_of_them.value, a.value, b
    (10, 10, Shown(least=1, most=4, value=None, hidden=False))
    """
    small, hidden, is_whole = exact < SMALLEST, np.zeros(len(exact), dtype=bool), np.zeros(len(exact), dtype=bool)
    is_whole[whole] = True
    hidden[part[small[whole[within]]]] = True
    base = np.full(len(exact), ROUNDED_TO, dtype=np.int64)
    single = np.bincount(within, minlength=len(whole))[within] == 1
    same, its_part = whole[within[single]], part[single]
    for wide in _WIDER:
        told = small & _is_told(*_bounds(exact, base, small, hidden), whole, part, within)
        if not told.any():
            break
        near = told
        for _ in range(max(wide, 1)):
            near = _with_neighbours(near, whole, part, within)
        base[near if wide else near & is_whole] *= COARSER
        for one, other in ((same, its_part), (its_part, same)):
            np.maximum.at(base, one, base[other])
    hidden |= small & _is_told(*_bounds(exact, base, small, hidden), whole, part, within)
    low, high = _bounds(exact, base, small, hidden)
    value = _nearest(exact, base)
    told = (value >= SMALLEST) & ~small
    columns = (low, high, np.where(told, value, 0), hidden)
    each = zip(*(column.tolist() for column in columns), strict=True)
    return [Shown(least, most, value or None, hides) for least, most, value, hides in each]


def _with_neighbours(cells: Any, whole: Ints, part: Ints, within: Ints) -> Any:
    """The counts that stand in a sum with one of these, and these."""
    sums = cells[whole]
    sums[within[cells[part]]] = True
    found = cells.copy()
    found[whole[sums]] = True
    found[part[sums[within]]] = True
    return found


def _nearest(exact: Ints, base: Ints) -> Ints:
    return (exact + base // 2) // base * base


def _bounds(exact: Ints, base: Ints, small: Any, hidden: Any) -> tuple[Ints, Ints]:
    """The smallest and the largest count of which the same would be said."""
    nearest = _nearest(exact, base)
    low = np.where(small, 1, np.maximum(SMALLEST, nearest - base // 2))
    high = np.where(small, SMALLEST - 1, nearest + base // 2)
    return np.where(hidden, 0, low), np.where(hidden, SMALLEST - 1, high)


def _is_told(low: Ints, high: Ints, whole: Ints, part: Ints, within: Ints) -> Any:
    """Whether all that is said together leaves a count too few values."""
    least, most = _derived(low, high, whole, part, within)
    return most - least + 1 < LEFT_OPEN


def _derived(low: Ints, high: Ints, whole: Ints, part: Ints, within: Ints) -> tuple[Ints, Ints]:
    """The bounds that follow for each count from all that is said, by every sum and over and over again."""
    low, high = low.copy(), high.copy()
    for _ in range(_ROUNDS):
        before = int(low.sum() - high.sum())
        np.maximum.at(low, whole, _summed(low, part, within, len(whole)))
        np.minimum.at(high, whole, _summed(high, part, within, len(whole)))
        lows, highs = (_summed(bound, part, within, len(whole)) for bound in (low, high))
        least = low[whole[within]] - (highs[within] - high[part])
        most = high[whole[within]] - (lows[within] - low[part])
        np.maximum.at(low, part, least)
        np.minimum.at(high, part, most)
        if int(low.sum() - high.sum()) == before:
            break
    return low, high


def _summed(bound: Ints, part: Ints, within: Ints, sums: int) -> Ints:
    return np.bincount(within, bound[part], sums).astype(np.int64)
