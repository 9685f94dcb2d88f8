"""Whom nobody has listed for longer than their data may be kept (Law 27/2022)."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from validation.periods import period_ends
from warehouse.lake import Reader


def past_retention(tables: Reader, years: int, today: date) -> list[str]:
    """The ids of persons whose latest list in force is of a period that ended more than `years` before `today`."""
    records = tables.read("membership", columns=["record_id", "person_id"]).merge(
        tables.read("accepted", columns=["record_id", "periode"]), on="record_id"
    )
    ends = pd.Series(period_ends(records["periode"]), index=records.index)
    latest = ends.groupby(records["person_id"]).max()
    return sorted(latest.index[latest < np.datetime64(_earlier(today, years))])


def _earlier(day: date, years: int) -> date:
    """The same day some years before; of a 29 February, the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
