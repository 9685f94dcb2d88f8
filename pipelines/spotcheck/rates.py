"""Error rates of a stratified sample, with exact confidence intervals.

Per stratum by Clopper and Pearson (Biometrika 26, 1934): the interval holds the true rate at least as often as the
confidence says, whatever the rate and however small the sample. Over all strata the intervals are taken together: each
at the confidence to the power of one by the number of strata (Šidák 1967; the strata are drawn independently), so that
with at least the stated confidence all of them hold at once, and with them the sums of their ends. That is wider than
it had to be, and never too narrow. A stratum that was asked about as a whole is known, and has no interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Stratum(NamedTuple):
    """A part of the population of which a sample was drawn: how many there are, how many were answered about, and how
    many of these were wrong."""

    name: str
    size: int
    answered: int
    wrong: int


class Rate(NamedTuple):
    """A share of wrong ones, from 0 to 1, with its interval, and how many of the whole stratum that means; None where
    nothing was answered."""

    rate: float | None
    low: float
    high: float
    fewest: int
    most: int


def interval(wrong: int, answered: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of Clopper and Pearson for a share; (0, 1) where nothing was answered.

    >>> tuple(round(end, 4) for end in interval(3, 20))
    (0.0321, 0.3789)
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, wrong, answered - wrong + 1)) if wrong else 0.0
    high = float(beta.ppf(1 - tail, wrong + 1, answered - wrong)) if wrong < answered else 1.0
    return low, high


def rate_of(stratum: Stratum, confidence: float = CONFIDENCE) -> Rate:
    """The error rate of one stratum. Of those who were not answered about all or none may be wrong."""
    name, size, answered, wrong = stratum
    if not 0 <= wrong <= answered <= size:
        raise ValueError(f"{name}: {wrong} of {answered} of {size}")
    low, high = (wrong / size, wrong / size) if size and answered == size else interval(wrong, answered, confidence)
    fewest, most = max(wrong, _up(low * size)), min(size - (answered - wrong), int(high * size + 1e-9))
    return Rate(wrong / answered if answered else None, low, high, fewest, most)


def overall(strata: Sequence[Stratum], confidence: float = CONFIDENCE) -> Rate:
    """The error rate over all strata, each counting by its size; None where one of them has no answer."""
    each = [rate_of(stratum, confidence ** (1 / len(strata))) for stratum in strata]
    size = sum(stratum.size for stratum in strata)
    known = [rate.rate * stratum.size for stratum, rate in zip(strata, each, strict=True) if rate.rate is not None]
    fewest, most = sum(rate.fewest for rate in each), sum(rate.most for rate in each)
    if not size:
        return Rate(None, 0.0, 1.0, 0, 0)
    return Rate(sum(known) / size if len(known) == len(strata) else None, fewest / size, most / size, fewest, most)


def _up(number: float) -> int:
    """Rounded up, errors of the last digit aside."""
    return -int(-(number - 1e-9) // 1)
