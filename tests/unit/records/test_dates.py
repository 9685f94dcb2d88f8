"""Birth dates and ages in every form that village lists hold, and nothing read into them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.records.dates import Stated, parse_age, parse_date, usual_days


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("1945-08-17", "d"), ("1945-08-17 00:00:00", "t"), ("17-08-1945", "t"), ("17/08/1945", "t"),
        ("17.08.1945", "t"),
        ("17/8/1945", "t"), ("17 - 08 - 1945", "t"), ("17/08/1945 00:00:00", "t"), ("17081945", "t"), ("19450817", "t"),
        ("17 Agustus 1945", "t"), ("17 agt 1945", "t"), ("17-Agu-1945", "t"), ("17 Agst. 1945", "t"),
        ("17 Agustsu 1945", "t"), ("17-VIII-1945", "t"), ("17 August 1945", "t"), ("'17-08-1945", "t"),
        ("Palembang, 17-08-1945", "t"), ("PALEMBANG 17 Agustus 1945", "t"), ("17\xa0Agustus\xa01945", "t"),
        ("17 Agustus Tahun 1945", "t"), ("tgl 17 bulan Agustus thn. 1945", "t"), ("tgl 17 bln 8 thn 1945", "t"),
        ("17/08/1945 (79 th)", "t"), ("17-08-1945 / 79 tahun", "t"), ("17-08-1945, umur 79 thn", "t"),
    ],
)  # fmt: skip
def test_forms_of_one_day(cell: str, kind: str) -> None:
    assert parse_date(cell, kind) == Stated(1945, 8, 17, "hari")


@pytest.mark.parametrize(
    ("cell", "kind"), [("16666", "n"), ("16666.0", "n"), ("16666", "t")]
)  # the days since 1899-12-30 by which Excel keeps a date
def test_a_count_of_days_becomes_its_date_and_is_said(cell: str, kind: str) -> None:
    assert parse_date(cell, kind) == Stated(1945, 8, 17, "hari", problem="serial")


@pytest.mark.parametrize("cell", ["17-08-45", "17/08/45", "17 Agustus 45", "17 Agustus th 45", "170845", "17/8/'45"])
def test_two_digits_leave_the_century_open(cell: str) -> None:
    assert parse_date(cell, "t") == Stated(45, 8, 17, "hari", two_digits=True)


@pytest.mark.parametrize(
    ("cell", "kind", "stated"),
    [
        ("1952", "t", Stated(1952, precision="tahun")),
        ("1952", "n", Stated(1952, precision="tahun")),
        ("th. 1952", "t", Stated(1952, precision="tahun")),
        ("00-00-1952", "t", Stated(1952, precision="tahun")),
        ("08-1952", "t", Stated(1952, 8, precision="bulan")),
        ("1952-08", "t", Stated(1952, 8, precision="bulan")),
        ("Agustus 1952", "t", Stated(1952, 8, precision="bulan")),
        ("± 60 th", "t", Stated(precision="umur", age=60)),
        ("60 thn", "t", Stated(precision="umur", age=60)),
    ],
)
def test_no_more_precise_than_stated(cell: str, kind: str, stated: Stated) -> None:
    assert parse_date(cell, kind) == stated


def test_a_month_first_is_taken_only_where_nothing_else_is_possible() -> None:
    assert parse_date("12/25/1990", "t") == Stated(1990, 12, 25, "hari", problem="month_first")
    assert parse_date("07/01/1990", "t") == Stated(1990, 1, 7, "hari")


@pytest.mark.parametrize("cell", ["0000-00-00", "1900-01-00", "1900-01-01", "31-02-1990", "32-13-1980", "17-08-1845"])
def test_days_that_never_were(cell: str) -> None:
    assert parse_date(cell, "t").problem == "impossible"


@pytest.mark.parametrize("cell", ["tidak tahu 5", "17 Foo 1945", "12345678901", "l2-05-1985", "O4/05/1985"])
def test_what_cannot_be_read_is_said(cell: str) -> None:
    assert parse_date(cell, "t").problem == "unreadable"


@pytest.mark.parametrize("cell", ["", "-", "belum tahu", "  "])
def test_nothing_is_nothing(cell: str) -> None:
    assert parse_date(cell, "t") == Stated()


@pytest.mark.parametrize(
    ("cell", "age"),
    [("60", 60), ("60 th", 60), ("± 60 thn", 60), ("+/- 60", 60), ("60 tahun", 60), ("60,5", 60), ("60.0", 60),
     ("5 bln", 0),
     ("5 th 3 bln", 5), ("umur 7", 7), ("60-an", 60), ("20 hari", 0), ("1.56379E+11", None), ("15637900000", None),
     ("70+", 70), ("> 70", 70), ("70 ?", 70), ("70 th lebih", 70), ("70 ke atas", 70), ("60-70", None), ("< 5", None),
     ("200", None), ("", None), ("tua", None)],
)  # fmt: skip
def test_ages(cell: str, age: int | None) -> None:
    assert parse_age(cell) == age


@given(st.dates(date(1890, 1, 1), date(2110, 1, 1)), st.sampled_from(["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"]))
def test_the_usual_forms_by_the_column_are_what_they_are_one_by_one(day: date, form: str) -> None:
    cells = [day.strftime(form), "", "12345678ab", f"{day:%d/%m-%Y}", "1/02/1990x", "33-01-1990"]
    usual, _, *parts = usual_days(pa.array(cells, pa.large_string()))
    for at in np.flatnonzero(usual):
        assert parse_date(cells[at], "t") == Stated(*(int(part[at]) for part in parts), "hari")
    assert not usual[1:].any()
    assert usual[0] == (1901 <= day.year < 2100 and day.day <= 28 and form != "%d.%m.%Y")
