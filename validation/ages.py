"""Whole years of people, and the ages at which the law draws a line."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN_AGE = -1
ELDERLY_FROM = 60
"""UU 13/1998 Pasal 1: lanjut usia is 60 years or more."""
CHILD_BELOW = 18
"""UU 35/2014 Pasal 1: anak is under 18 years."""


def age_at(birth: NDArray[Any], end: NDArray[Any]) -> NDArray[np.int64]:
    """Whole years between two days (datetime64); `UNKNOWN_AGE` where the birth date is missing or lies after."""
    month = birth.astype("datetime64[M]")
    day = (birth.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    last_month = end.astype("datetime64[M]")
    last_day = (end.astype("datetime64[D]") - last_month.astype("datetime64[D]")).astype(np.int64)
    months = (last_month - month).astype(np.int64) - (day > last_day)
    return np.where(np.isnat(birth) | (months < 0), UNKNOWN_AGE, months // 12)
