"""Where a NIK stops being sound: every limit with an example on each side."""

from __future__ import annotations

import pyarrow as pa
import pytest

from validation.nik import STATUSES, facts, judge

LAST_DAYS = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def nik(*, region: str = "161005", day: int = 17, month: int = 8, year: int = 84, serial: str = "0001") -> str:
    return f"{region}{day:02}{month:02}{year:02}{serial}"


@pytest.mark.parametrize(("month", "last"), LAST_DAYS.items())
def test_a_month_begins_with_day_1_and_ends_with_its_last(month: int, last: int) -> None:
    for day in (1, last):
        assert facts(nik(day=day, month=month))[2:] == (day, month, 84, "L")
        assert facts(nik(day=day + 40, month=month))[2:] == (day, month, 84, "P")
    for day in (0, last + 1, 40, 40 + last + 1):
        assert facts(nik(day=day, month=month))[:1] + facts(nik(day=day, month=month))[2:] == (
            "impossible_date", None, None, None, None,
        )  # fmt: skip


@pytest.mark.parametrize("month", [0, 13, 99])
def test_there_are_twelve_months(month: int) -> None:
    assert facts(nik(day=1, month=month)).status == "impossible_date"


@pytest.mark.parametrize(("year", "leap"), [(0, True), (1, False), (2, False), (3, False), (4, True), (99, False)])
def test_29_february_is_a_day_of_leap_years_of_either_century(year: int, leap: bool) -> None:
    assert (facts(nik(day=29, month=2, year=year)).status == "sound") is leap
    assert facts(nik(day=28, month=2, year=year)).two_digit_year == year


def test_a_kk_is_issued_up_to_day_31_and_says_nothing_of_a_woman() -> None:
    texts = pa.array([nik(day=31), nik(day=32), nik(day=41)], pa.large_string())
    kk, as_nik = judge(texts, birth=False), judge(texts, birth=True)
    assert [STATUSES[s] for s in kk.status] == ["sound", "impossible_date", "impossible_date"]
    assert [STATUSES[s] for s in as_nik.status] == ["sound", "impossible_date", "sound"]
    assert (kk.woman.tolist(), as_nik.woman.tolist()) == ([False] * 3, [False, False, True])
    assert (kk.day.tolist(), as_nik.day.tolist()) == ([31, 0, 0], [31, 0, 1])
    assert (kk.month.tolist(), kk.year.tolist()) == ([8, 0, 0], [84, -1, -1])


@pytest.mark.parametrize("serial", ["0001", "0010", "0100", "1000", "9999"])
def test_a_serial_number_is_any_but_0000(serial: str) -> None:
    assert facts(nik(serial=serial)).status == "sound"
    assert facts(nik(serial="0000")).status == "impossible_date"


@pytest.mark.parametrize(
    ("region", "known"),
    [("110101", True), ("100101", False), ("010101", False), ("220101", False), ("980101", False), ("160001", True)],
)
def test_the_first_two_digits_are_a_province(region: str, known: bool) -> None:
    assert (facts(nik(region=region)).status == "sound") is known


@pytest.mark.parametrize("digit", "0123456789")
def test_sixteen_of_one_digit_stand_for_nothing(digit: str) -> None:
    assert facts(digit * 16)[:2] == ("placeholder", None)
    assert facts(digit * 15 + ("1" if digit == "0" else "0")).status != "placeholder"


@pytest.mark.parametrize("digit", ["1", "2", "9"])
def test_one_digit_sixteen_times_stands_for_nothing_even_if_it_could_be_a_day_of_a_province(digit: str) -> None:
    """`1111111111111111` would be 11 November of a year 11, in the province of number 11."""
    assert facts(digit * 16) == ("placeholder", None, None, None, None, None)
    assert facts("111111111111111" + "2")[2:] == (11, 11, 11, "L")


@pytest.mark.parametrize("filler", ["1234567890123456", "0123456789012345", "9876543210987654"])
def test_sixteen_digits_in_a_row_stand_for_nothing(filler: str) -> None:
    assert facts(filler) == ("placeholder", None, None, None, None, None)
    assert facts(filler[:-1] + "?").status == "last_digit_lost"


@pytest.mark.parametrize(
    ("cell", "status", "digits"),
    [
        ("7", "placeholder", None),
        ("77", "placeholder", None),
        ("7-7-7", "placeholder", None),
        ("78", "wrong_length", "78"),
        ("nomor 5?", "wrong_length", "nomor5?"),
        ("tidak tahu", "placeholder", None),
        ("1,6E15", "wrong_length", "1,6E15"),
        ("16E+15", "wrong_length", "16E+15"),
        ("1610050?07850003", "wrong_length", "1610050?07850003"),
    ],
)
def test_what_is_not_sixteen_digits_is_kept_as_written_or_stands_for_nothing(
    cell: str, status: str, digits: str | None
) -> None:
    assert facts(cell)[:2] == (status, digits)


def test_many_are_judged_as_each_alone() -> None:
    cells = ["", nik(day=41), "-", "16 1005 170884 0001", nik(month=13), "12", nik(serial="000?"), "5" * 16, nik()]
    many = judge(pa.array(cells, pa.large_string()), birth=True)
    for at, cell in enumerate(cells):
        alone = facts(cell)
        assert (STATUSES[many.status[at]], many.digits[at].as_py()) == alone[:2]
        date = (many.day[at], many.month[at], many.year[at])
        assert date == ((0, 0, -1) if alone.day is None else (alone.day, alone.month, alone.two_digit_year))


def test_no_cells_are_no_numbers() -> None:
    none = judge(pa.array([], pa.large_string()), birth=True)
    assert [len(part) for part in none] == [0] * len(none)
