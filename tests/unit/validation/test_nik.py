"""What a NIK or KK number says of itself."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.records import number
from validation.nik import STATUSES, Facts, facts, judge


def test_a_sound_nik_tells_birth_and_sex() -> None:
    assert facts("1610050107850003") == Facts("sound", "1610050107850003", 1, 7, 85, "L")
    assert facts("1610054107850003") == Facts("sound", "1610054107850003", 1, 7, 85, "P")


@pytest.mark.parametrize(
    ("cell", "status", "digits"),
    [
        ("'1610054107850003", "sound", "1610054107850003"),
        ("16.1005.410785.0003 ", "sound", "1610054107850003"),
        ("1610054107850003\xa0", "sound", "1610054107850003"),
        ("*1610054107850003*", "sound", "1610054107850003"),
        ("NIK1610054107850003", "sound", "1610054107850003"),
        ("No. KTP: 1610054107850003", "sound", "1610054107850003"),
        ("(1610054107850003);", "sound", "1610054107850003"),
        ("1,610,054,107,850,003", "sound", "1610054107850003"),
        ("1610054107850003.0", "sound", "1610054107850003"),
        ("1610054107850003,00", "sound", "1610054107850003"),
        ("1610054107850010.0", "wrong_length", "16100541078500100"),  # its last digit may be lost
        ("9171010101900001.0", "wrong_length", "91710101019000010"),
        ("1610054107850003, 1610054107850004", "wrong_length", "16100541078500031610054107850004"),
        ("NIK 161005410785003", "wrong_length", "161005410785003"),
        ("1610NIK054107850003", "wrong_length", "1610NIK054107850003"),
        ("NIK belum ada", "placeholder", None),
        ("9171010101900001", "sound", "9171010101900001"),
        ("1610052902000003", "sound", "1610052902000003"),
        ("", "missing", None),
        ("  ", "missing", None),
        ("0", "placeholder", None),
        ("-", "placeholder", None),
        ("belum punya", "placeholder", None),
        ("Tidak Ada", "placeholder", None),
        ("9999999999999999", "placeholder", None),
        ("1234567890123456", "placeholder", None),
        ("3333333333333333", "placeholder", None),
        ("161005410785003", "wrong_length", "161005410785003"),
        ("16100541078500033", "wrong_length", "16100541078500033"),
        ("16100541O7850003", "wrong_length", "16100541O7850003"),
        ("1.61005E+15", "wrong_length", "1.61005E+15"),
        ("1610053202850003", "impossible_date", "1610053202850003"),
        ("1610052902010003", "impossible_date", "1610052902010003"),
        ("1610050113850003", "impossible_date", "1610050113850003"),
        ("9971010101900001", "impossible_date", "9971010101900001"),
        ("1610050107850000", "impossible_date", "1610050107850000"),
        ("161005410785000?", "last_digit_lost", "161005410785000?"),
        ("161005 410785 000?", "last_digit_lost", "161005410785000?"),
    ],
)
def test_status_by_reason_and_the_digits_as_written(cell: str, status: str, digits: str | None) -> None:
    assert facts(cell)[:2] == (status, digits)


def test_a_kk_number_has_no_day_above_31() -> None:
    kk = judge(pa.array(["1610050101100001", "1610054101100001"], pa.large_string()), birth=False)
    assert [STATUSES[s] for s in kk.status] == ["sound", "impossible_date"]


def test_a_lost_digit_leaves_birth_and_sex_known() -> None:
    assert facts("161005410785000?")[2:] == (1, 7, 85, "P")


DIGITS = st.text("0123456789", min_size=14, max_size=18)
NEAR = st.builds(
    lambda head, tail: f"1610{head:02}{tail}", st.integers(0, 99), st.from_regex(r"[0-7]\d[01]\d{7}", fullmatch=True)
)
MARKED = st.text(" .-'’?0159OA", max_size=20)


@given(st.lists(st.one_of(DIGITS, NEAR, MARKED), max_size=20), st.booleans())
def test_the_column_says_what_is_said_one_by_one(cells: list[str], birth: bool) -> None:
    found = judge(pa.array(cells, pa.large_string()), birth=birth)
    for at, cell in enumerate(cells):
        digits, status, date = number(cell, birth=birth)
        assert (found.digits[at].as_py(), STATUSES[found.status[at]]) == (digits, status)
        day, month, year, sex = date or (0, 0, -1, "L")
        assert (found.day[at], found.month[at], found.year[at], bool(found.woman[at])) == (day, month, year, sex == "P")
