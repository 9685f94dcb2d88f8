"""Where a text or a number stops being a date or an age; each limit with both its sides."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from assets.records.dates import Stated, parse_age, parse_date, usual_days
from validation.periods import period_end

IMPOSSIBLE, UNREADABLE = Stated(problem="impossible"), Stated(problem="unreadable")


@pytest.mark.parametrize("year", [1900, 1952, 2100])
def test_a_bare_number_is_a_year_from_1900_to_2100(year: int) -> None:
    assert parse_date(str(year), "n") == parse_date(f"{year}.0", "n") == Stated(year, precision="tahun")


@pytest.mark.parametrize(
    ("cell", "stated"),
    [
        ("1899", Stated(1905, 3, 13, "hari", problem="serial")),
        ("2101", Stated(1905, 10, 1, "hari", problem="serial")),
        ("366", Stated(1900, 12, 31, "hari", problem="serial")),
        ("60000", Stated(2064, 4, 8, "hari", problem="serial")),
        ("60001", UNREADABLE),
        ("2", IMPOSSIBLE),
        ("3", Stated(1900, 1, 2, "hari", problem="serial")),
        ("0", UNREADABLE),
        ("1", IMPOSSIBLE),
        ("-1", UNREADABLE),
        ("1945.5", Stated(1905, 4, 28, "hari", problem="serial")),
        ("17081945", Stated(1945, 8, 17, "hari")),
        ("19450817", Stated(1945, 8, 17, "hari")),
        ("99999999", IMPOSSIBLE),
        ("7081945", Stated(1945, 8, 7, "hari")),  # a number keeps no 0 before the day
        ("9081945", Stated(1945, 8, 9, "hari")),
        ("1708194", IMPOSSIBLE),
        ("170845", Stated(45, 8, 17, "hari", two_digits=True)),
        ("174508", UNREADABLE),
        ("170819451", UNREADABLE),
        ("1e5x", UNREADABLE),
    ],
)
def test_any_other_number_counts_days_up_to_60000_or_is_digits_of_a_day(cell: str, stated: Stated) -> None:
    """Day 2 is 1 January 1900, which Excel shows for an empty cell, and is nobody's birthday."""
    assert parse_date(cell, "n") == stated


@pytest.mark.parametrize(
    ("cell", "stated"),
    [
        ("01-01-1900", IMPOSSIBLE),
        ("02-01-1900", Stated(1900, 1, 2, "hari")),
        ("01-02-1900", Stated(1900, 2, 1, "hari")),
        ("31-12-1899", IMPOSSIBLE),
        ("01-01-1901", Stated(1901, 1, 1, "hari")),
        ("01-01-00", Stated(0, 1, 1, "hari", two_digits=True)),
        ("29-02-00", Stated(0, 2, 29, "hari", two_digits=True)),
        ("29-02-01", IMPOSSIBLE),
        ("29-02-99", IMPOSSIBLE),
        ("00-00-1901", Stated(1901, precision="tahun")),
        ("00-00-1900", IMPOSSIBLE),
        ("00-00-52", Stated(52, precision="tahun", two_digits=True)),
        ("00-08-1952", Stated(1952, 8, precision="bulan")),
        ("00-08-1900", IMPOSSIBLE),
        ("00-13-1952", IMPOSSIBLE),
        ("17-00-1952", IMPOSSIBLE),
        ("12/13/1990", Stated(1990, 12, 13, "hari", problem="month_first")),
        ("12/12/1990", Stated(1990, 12, 12, "hari")),
        ("13/12/1990", Stated(1990, 12, 13, "hari")),
        ("13/13/1990", IMPOSSIBLE),
        ("12/32/1990", IMPOSSIBLE),
        ("12/25/90", Stated(90, 12, 25, "hari", two_digits=True, problem="month_first")),
        ("1990-12-25", Stated(1990, 12, 25, "hari")),
        ("1990-25-12", IMPOSSIBLE),
        ("1990/7/1", Stated(1990, 7, 1, "hari")),
    ],
)
def test_days_months_and_years_that_are_possible(cell: str, stated: Stated) -> None:
    assert parse_date(cell, "t") == stated


@pytest.mark.parametrize(
    ("cell", "stated"),
    [
        ("12-1952", Stated(1952, 12, precision="bulan")),
        ("13-1952", IMPOSSIBLE),
        ("01-1952", Stated(1952, 1, precision="bulan")),
        ("00-1952", IMPOSSIBLE),
        ("1952-12", Stated(1952, 12, precision="bulan")),
        ("1952-13", IMPOSSIBLE),
        ("01-1900", Stated(1900, 1, precision="bulan")),
        ("12-1899", IMPOSSIBLE),
        ("th 1952", Stated(1952, precision="tahun")),
        ("Tahun 2001", Stated(2001, precision="tahun")),
        ("lahir 1852", UNREADABLE),
        ("Foo 1852", UNREADABLE),
        ("Mei 1952", Stated(1952, 5, precision="bulan")),
        ("Okt 1952", Stated(1952, 10, precision="bulan")),
        ("oktobre 1952", Stated(1952, 10, precision="bulan")),
    ],
)
def test_months_and_years_alone(cell: str, stated: Stated) -> None:
    assert parse_date(cell, "t") == stated


@pytest.mark.parametrize(
    ("name", "number"),
    [("jan", 1), ("peb", 2), ("maret", 3), ("apr", 4), ("mei", 5), ("juni", 6), ("jul", 7), ("agustus", 8),
     ("sept", 9), ("okt", 10), ("nopember", 11), ("des", 12), ("I", 1), ("IV", 4), ("IX", 9), ("XII", 12),
     ("desmber", 12), ("ju", None), ("xyz", None), ("xyzt", None)],
)  # fmt: skip
def test_months_by_name_by_roman_numeral_and_misspelt_after_three_letters(name: str, number: int | None) -> None:
    assert parse_date(f"17 {name} 1945", "t") == (Stated(1945, number, 17, "hari") if number else UNREADABLE)


@pytest.mark.parametrize(
    ("cell", "age"),
    [("0", 0), ("1", 1), ("125", 125), ("126", None), ("999", None), ("1000", None), ("11 bln", 0), ("12 bln", 1),
     ("59 bulan", 4), ("364 hari", 0), ("366 hari", 1),
     ("1 bulan", 0), ("30 hr", 0), ("1 th 11 bln", 1), ("usia 64 tahun", 64), ("kl 70", 70), ("-60", 60)],
)  # fmt: skip
def test_ages_go_from_0_to_125_and_months_are_no_years(cell: str, age: int | None) -> None:
    assert parse_age(cell) == age


@pytest.mark.parametrize(("cell", "age"), [("umur 60", 60), ("± 126 th", None), ("usia 0 th", 0), ("+/- 60", 60)])
def test_an_age_in_the_place_of_a_date_must_say_that_it_is_one(cell: str, age: int | None) -> None:
    assert parse_date(cell, "t") == (UNREADABLE if age is None else Stated(precision="umur", age=age))
    assert parse_date("60", "t") == UNREADABLE


@pytest.mark.parametrize("cell", ["5 17-08-1945", "2001-17-08-1945", "NIK 16 17/08/1945"])
def test_a_date_after_other_digits_is_no_date(cell: str) -> None:
    assert parse_date(cell, "t").problem in {"unreadable", "impossible"}


@pytest.mark.parametrize(
    ("period", "end"),
    [("2024-01", date(2024, 1, 31)), ("2023-02", date(2023, 2, 28)), ("2024-11", date(2024, 11, 30)),
     ("2023-12", date(2023, 12, 31)), ("2023-S1", date(2023, 6, 30)), ("2023-S2", date(2023, 12, 31))],
)  # fmt: skip
def test_a_period_ends_with_its_last_day(period: str, end: date) -> None:
    assert period_end(period) == end


@pytest.mark.parametrize(
    ("cell", "usual"),
    [
        ("2024-12-28", True), ("2024-12-29", False), ("28-12-2024", True), ("28/12/2024", True), ("29-12-2024", False),
        ("2024-01-01", True), ("2024-00-01", False), ("2024-01-00", False), ("2024-13-01", False),
        ("1901-01-01", True), ("1900-12-28", False), ("2099-12-28", True), ("2100-01-01", False),
        ("2024/12/28", False), ("28-12/2024", False), ("28.12.2024", False), ("2o24-12-28", False),
        ("2024-1:-28", False), ("2024-1/-28", False), ("202-412-28", False), ("28-122-024", False),
        ("2024-12-2", False), ("2024-12-280", False), ("", False),
    ],
)  # fmt: skip
def test_usual_days_are_those_that_need_no_second_thought(cell: str, usual: bool) -> None:
    """Whatever is held before and after a text must not matter, so each stands between two others."""
    found, year_last, *parts = usual_days(pa.array(["x", cell, "1985-07-01"], pa.large_string()))
    assert found.tolist() == [False, usual, True]
    assert year_last.tolist() == [False, usual and cell[2] in "-/", False]
    assert [int(part[2]) for part in parts] == [1985, 7, 1]
    said = parse_date(cell, "t")
    assert [int(part[1]) for part in parts] == ([said.year, said.month, said.day] if usual else [-1, -1, -1])
