"""Reporting periods: what is one, and when each ends."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from validation.periods import end_month, is_period, period_end, period_ends

NO_PERIODS = (
    "",
    "24",
    "2024-",
    "2024-S3",
    "2024-S",
    "2024-00",
    "2024-13",
    "2024-1",
    "2024-06-30",
    " 2024",
    "tahun 2024",
)


@pytest.mark.parametrize(
    ("period", "end"),
    [("2024", date(2024, 12, 31)), ("2024-S1", date(2024, 6, 30)), ("2024-S2", date(2024, 12, 31)),
     ("2024-02", date(2024, 2, 29)), ("2023-02", date(2023, 2, 28)), ("2024-12", date(2024, 12, 31))],
)  # fmt: skip
def test_ages_count_at_the_end_of_the_period(period: str, end: date) -> None:
    assert is_period(period)
    assert period_end(period) == end
    assert end_month(period) == 12 * end.year + end.month


@pytest.mark.parametrize("text", NO_PERIODS)
def test_what_is_no_period_has_no_end(text: str) -> None:
    assert not is_period(text)
    assert end_month(text) == 0
    with pytest.raises(ValueError, match="not a reporting period"):
        period_end(text)
    with pytest.raises(ValueError, match="not a reporting period"):
        period_ends(pd.Series(["2024", text]))


@pytest.mark.parametrize("kind", ["str", "category", "object"])
def test_a_column_of_periods_ends_as_each_of_them_does(kind: str) -> None:
    periods = ["2024-S1", "2023", "2024-S1", None, "2023-11"]
    ends = period_ends(pd.Series(periods, dtype=kind))
    assert ends.dtype == "datetime64[D]"
    assert [None if np.isnat(end) else end.item() for end in ends] == [p and period_end(p) for p in periods]
    assert len(period_ends(pd.Series([], dtype=kind))) == 0
