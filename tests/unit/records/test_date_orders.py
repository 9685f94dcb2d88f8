"""The order of day and month is that of the column: by the cells that can be read in one way only."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.records.date_orders import Shown, column_orders, exchanged, shown_by
from tests.support import records
from tests.support.records import Built, raw_row

MONTH_FIRST = {"06/25/1990": 1990, "05/06/1990": 1990, "07-08-90": 1990}


def built(*dates: str, kind: str = "t", sheets: str = "A") -> Built:
    """Records of people born on these dates, in sheets in turn; ISO texts are dates of the spreadsheet program."""
    rows = [
        raw_row(
            row,
            nama="SITI",
            kategori="Fakir Miskin",
            tanggal_lahir=text,
            sheet=sheets[row % len(sheets)],
            kinds={"tanggal_lahir": "d" if text[4] == "-" else kind},
        )
        for row, text in enumerate(dates, 2)
    ]
    return records.built(rows)


def days(tables: Built) -> list[str]:
    return sorted(tables.accepted["tanggal_lahir"].dt.strftime("%Y-%m-%d"))


def said(tables: Built) -> dict[str, int]:
    codes = tables.findings.loc[tables.findings["field"] == "tanggal_lahir", "code"]
    return dict(Counter(codes))


def test_cells_that_are_only_possible_month_first_decide_for_their_column() -> None:
    tables = built("06/25/1990", "05/06/1990", "07/08/90")
    assert days(tables) == ["1990-05-06", "1990-06-25", "1990-07-08"]
    assert said(tables) == {"birth_dates_month_first": 1}
    assert "3 tanggal" in tables.findings["message"].str.cat(sep=" ")


def test_a_column_that_shows_no_order_is_read_day_first_and_that_is_said_once() -> None:
    tables = built("05/06/1990", "07/08/1991", "09/09/1992")
    assert days(tables) == ["1990-06-05", "1991-08-07", "1992-09-09"]
    assert said(tables) == {"birth_dates_order_unclear": 1}


def test_a_column_of_both_orders_is_read_day_first_and_that_is_said() -> None:
    tables = built("25/06/1990", "06/25/1991", "05/06/1992")
    assert days(tables) == ["1990-06-25", "1991-06-25", "1992-06-05"]
    assert said(tables) == {"birth_date_month_first": 1, "birth_dates_order_unclear": 1}


def test_a_slip_among_many_decides_nothing() -> None:
    tables = built(*["06/25/1990"] * 20, "25/06/1991", "05/06/1992")
    assert days(tables) == ["1990-06-25"] * 20 + ["1991-06-25", "1992-05-06"]
    assert said(tables) == {"birth_dates_month_first": 1, "birth_date_day_first": 1}


def test_dates_with_dashes_and_dates_with_slashes_are_two_columns() -> None:
    tables = built("25-06-1990", "05-06-1991", "06/25/1992", "05/06/1993")
    assert days(tables) == ["1990-06-25", "1991-06-05", "1992-06-25", "1993-05-06"]


def test_a_sheet_that_shows_no_order_goes_by_the_other_sheets_of_its_file() -> None:
    tables = built("05/06/1991", "06/25/1992", "07/08/1993", "06/26/1994", sheets="AB")
    assert days(tables) == ["1991-05-06", "1992-06-25", "1993-07-08", "1994-06-26"]


REAL = [f"{1960 + n}-{n:02d}-{1 + n % 12:02d}" for n in range(1, 9)]


def test_dates_that_the_spreadsheet_exchanged_are_put_back() -> None:
    tables = built(*REAL, "25/06/1990", "13/06/1991", "30/06/1992")
    assert days(tables)[:8] == [f"{1960 + n}-{1 + n % 12:02d}-{n:02d}" for n in range(1, 9)]
    assert said(tables) == {"birth_dates_exchanged": 1}


@pytest.mark.parametrize(
    "cells",
    [
        [*REAL[:7], "25/06/1990", "13/06/1991", "30/06/1992"],
        [*REAL, "25/06/1990", "13/06/1991"],
        [*REAL, "1970-01-13", "25/06/1990", "13/06/1991", "30/06/1992"],
        [*REAL, "25/06/1990", "13/06/1991", "30/06/1992", "05/06/1993"],
        [*REAL, "25/06/1990", "13/06/1991", "30/06/1992", "06/25/1993"],
    ],
)
def test_real_dates_stay_where_the_column_does_not_prove_the_exchange(cells: list[str]) -> None:
    tables = built(*cells)
    assert set(REAL[:7]) < set(days(tables))
    assert "birth_dates_exchanged" not in said(tables)


@pytest.mark.parametrize(
    "cell, day",
    [
        ("Dec 25, 1960", "1960-12-25"), ("December 25 1960", "1960-12-25"), ("Mei 5, 1960", "1960-05-05"),
        ("25 Desember'60", "1960-12-25"), ("25Des1960", "1960-12-25"), ("25th Dec 1960", "1960-12-25"),
        ("17\\08\\1960", "1960-08-17"), ("17–08–1960", "1960-08-17"), ("17--08-1960", "1960-08-17"),
        ("22275", "1960-12-25"), ("00/00/1970", "1970-01-01"), ("00/05/1970", "1970-05-01"),
        ("25 Djuli 1960", "1960-07-25"), ("Maros 12, 1960", "NaT"), ("25-12-1960 (64)", "1960-12-25"),
        ("64 th / 25-12-1960", "1960-12-25"), ("1960 / 64 th", "1960-01-01"), ("1960/64", "1960-01-01"),
        ("1960/12", "1960-12-01"),
    ],
)  # fmt: skip
def test_dates_as_they_are_written(cell: str, day: str) -> None:
    assert [str(found)[:10] for found in built(cell).accepted["tanggal_lahir"]] == [day]


DAYS = st.integers(0, 40_000).map(lambda n: date(1901, 1, 1) + timedelta(days=n))
FORMS = ("{d:02d}/{m:02d}/{y}", "{m:02d}/{d:02d}/{y}", "{d}-{m}-{y}", "{m}-{d}-{y}", "{y}-{m:02d}-{d:02d}", "")


@given(st.lists(st.tuples(DAYS, st.sampled_from(FORMS), st.integers(0, 2)), min_size=1, max_size=40))
def test_the_orders_of_columns_are_those_of_an_oracle_that_counts_cell_by_cell(
    cells: list[tuple[date, str, int]],
) -> None:
    texts = [form.format(d=day.day, m=day.month, y=day.year) for day, form, _ in cells]
    columns = [column for *_, column in cells]
    shown = np.array([shown_by(text, "t") for text in texts], dtype=np.int64)
    got = column_orders(shown, np.array(columns), np.zeros(len(cells), dtype=np.int64))
    for at, column in enumerate(columns):
        possible = _readable(texts[at])
        same = [_readable(text) for text, other in zip(texts, columns, strict=True) if other == column]
        votes = [v for v in same if len(v) == 1] or [v for t in texts if len(v := _readable(t)) == 1]
        day_votes, month_votes = votes.count({"day"}), votes.count({"month"})
        decided = bool(votes) and min(day_votes, month_votes) * 20 <= max(day_votes, month_votes)
        assert got.month_first[at] == (decided and month_votes > day_votes)
        assert got.unclear[at] == (not decided and len(possible) == 2)


def _readable(text: str) -> set[str]:
    """In which orders a text is a day, by trying them; none where the order does not matter."""
    parts = text.replace("/", "-").split("-")
    if len(parts) != 3 or len(parts[0]) == 4:
        return set()
    first, second, year = map(int, parts)
    found = {}
    for name, month, day in (("day", second, first), ("month", first, second)):
        try:
            found[name] = date(year, month, day)
        except ValueError:
            continue
    return set() if len({*found.values()}) < len(found) or not found else set(found)


def test_no_rows_have_no_order() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert not column_orders(none, none, none).month_first.size
    assert not exchanged(none, none.astype(bool), none, none).size
    assert [shown_by("", "."), shown_by("1960", "t")] == [Shown.NOTHING, Shown.NOTHING]
