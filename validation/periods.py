"""Reporting periods: a year (`2024`), a half year (`2024-S1`) or a month (`2024-06`), and when each ends.

Ages count at the end of a period, and periods of different length are put in order by it.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_PERIOD = re.compile(r"(\d{4})(?:-(?:S([12])|(0[1-9]|1[0-2])))?")


def is_period(text: str) -> bool:
    """Whether a text is a reporting period.

    >>> [is_period(text) for text in ("2024", "2024-S2", "2024-12", "2024-13", "2024 ")]
    [True, True, True, False, False]
    """
    return _PERIOD.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def period_end(period: str) -> date:
    """The last day of a reporting period. Raises `ValueError` for a text that is none.

    >>> [str(period_end(period)) for period in ("2024", "2024-S1", "2024-02")]
    ['2024-12-31', '2024-06-30', '2024-02-29']
    """
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise ValueError(f"not a reporting period: {period!r}")
    year, half, month = found.groups()
    last = 6 * int(half) if half else int(month or 12)
    return date(int(year), last, calendar.monthrange(int(year), last)[1])


def period_ends(periods: pd.Series) -> npt.NDArray[np.datetime64]:
    """The last day of each period of a column (datetime64[D]; NaT where it is missing), each distinct one read once.

    Raises `ValueError` for a text that is no period.

    >>> import pandas as pd
    >>> period_ends(pd.Series(["2024-S1", None, "2024"]))
    array(['2024-06-30',        'NaT', '2024-12-31'], dtype='datetime64[D]')
    """
    import numpy as np  # isolated readers load this module, and no library of frames
    import pandas as pd

    codes, found = pd.factorize(periods)
    ends: npt.NDArray[Any] = np.array([*map(period_end, map(str, found)), None], dtype="datetime64[D]")
    return ends[codes]


def end_month(period: str) -> int:
    """The month in which a period ends, counted from year 0 (`12 * year + month`); 0 for a text that is no period.

    >>> end_month("2024-S1") - end_month("2023"), end_month("2024-06") == end_month("2024-S1"), end_month("")
    (6, True, 0)
    """
    if not is_period(period):
        return 0
    end = period_end(period)
    return 12 * end.year + end.month
