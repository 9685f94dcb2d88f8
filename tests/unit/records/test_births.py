"""When somebody was born and how old they are, by every source that a row has; each limit with both its sides."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.support.one_row import Outcome, alone


def nik(day: int, month: int, year: int) -> str:
    return f"161005{day:02}{month:02}{year:02}0003"


def born(of: Outcome) -> date | None:
    return of["tanggal_lahir"].date() if of["tanggal_lahir"] is not None else None


def test_a_date_is_as_precise_as_stated() -> None:
    cases = {
        "01-07-1985": (date(1985, 7, 1), "hari"),
        "28/02/2023": (date(2023, 2, 28), "hari"),
        "29-02-2024": (date(2024, 2, 29), "hari"),
        "29-02-2000": (date(2000, 2, 29), "hari"),
        "30-04-1990": (date(1990, 4, 30), "hari"),
        "31-12-1969": (date(1969, 12, 31), "hari"),
        "01-01-1901": (date(1901, 1, 1), "hari"),
        "07-1985": (date(1985, 7, 1), "bulan"),
        "1985": (date(1985, 1, 1), "tahun"),
        "60 thn": (date(1964, 1, 1), "umur"),
        "29-02-2023": (None, None),
        "29-02-1900": (None, None),
        "31-04-1990": (None, None),
        "": (None, None),
    }
    for (cell, stated), of in zip(cases.items(), alone({"tanggal_lahir": c} for c in cases), strict=True):
        assert (born(of), of["presisi_lahir"]) == stated, cell


def test_nobody_is_born_after_the_period() -> None:
    cases = [
        ("2024", "31-12-2024", True),
        ("2024", "01-01-2025", False),
        ("2024-S1", "30-06-2024", True),
        ("2024-S1", "01-07-2024", False),
        ("2024-S1", "15-06-2025", False),
        ("2023-06", "30-06-2023", True),
        ("2023-06", "01-07-2023", False),
        ("2023-06", "05-2023", True),
        ("2023-06", "07-2023", False),
        ("2023-06", "2023", True),
        ("2023-06", "2024", False),
    ]
    read = alone({"periode": periode, "tanggal_lahir": cell} for periode, cell, _ in cases)
    for (periode, cell, possible), of in zip(cases, read, strict=True):
        assert (born(of) is not None) is possible, (periode, cell)
        assert ("birth_date_impossible" in of.found) is not possible, (periode, cell)


def test_the_century_is_that_of_the_nearer_age_else_the_latest() -> None:
    """Halfway between the two, at 64 or 74, the older age counts; 29 February 1900 never was."""
    cases = [
        ("01-07-85", "", 1985), ("31-12-24", "", 2024), ("01-01-25", "", 1925), ("01-07-10", "", 2010),
        ("01-07-10", "114", 1910), ("01-07-10", "14", 2010), ("01-07-10", "63", 2010), ("01-07-10", "64", 1910),
        ("01-07-10", "65", 1910), ("01-07-24", "0", 2024), ("29-02-00", "", 2000), ("29-02-00", "100", 2000),
        ("29-02-23", "", None), ("29-02-24", "", 2024), ("01-07-00", "73", 2000), ("01-07-00", "74", 1900),
    ]  # fmt: skip
    read = alone({"tanggal_lahir": cell, "umur": age} for cell, age, _ in cases)
    for (cell, age, year), of in zip(cases, read, strict=True):
        day = born(of)
        assert (day.year if day else None) == year, (cell, age)


def test_an_age_alone_gives_a_year_and_a_stated_age_is_kept() -> None:
    cases = [
        ("2024", "60", "", 60, date(1964, 1, 1)),
        ("2023-06", "60", "", 60, date(1963, 1, 1)),
        ("2024", "0", "", 0, date(2024, 1, 1)),
        ("2024", "5 bln", "", 0, date(2024, 1, 1)),
        ("2024", "125", "", 125, date(1899, 1, 1)),
        ("2024", "126", "", None, None),
        ("2024", "", "± 60 th", 60, date(1964, 1, 1)),
        ("2024", "59", "± 60 th", 59, date(1965, 1, 1)),
        ("2024", "59", "01-07-1985", 59, date(1985, 7, 1)),
    ]
    read = alone({"periode": periode, "umur": umur, "tanggal_lahir": cell} for periode, umur, cell, *_ in cases)
    for (periode, umur, cell, age, day), of in zip(cases, read, strict=True):
        assert (of["umur"], born(of)) == (age, day), (periode, umur, cell)
        only = age is not None and "-" not in cell
        assert ("age_only" in of.found) is only is (of["presisi_lahir"] == "umur"), (periode, umur, cell)


def test_what_is_odd_about_a_date_is_said_and_nothing_else() -> None:
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"tanggal_lahir": "31-07-1985", "umur": "39"}, set()),
        ({"tanggal_lahir": "tidak tahu 5"}, {"birth_date_unreadable"}),
        ({"tanggal_lahir": "31-02-1990"}, {"birth_date_impossible"}),
        ({"tanggal_lahir": "12/25/1990"}, {"birth_dates_month_first"}),
        ({"tanggal_lahir": "31229", "kinds": {"tanggal_lahir": "n"}}, {"birth_date_from_serial"}),
        ({"tanggal_lahir": "1985"}, {"birth_year_only"}),
        ({"tanggal_lahir": "07-1985"}, {"birth_year_only"}),
        ({"umur": "tua"}, {"age_unreadable"}),
        ({"umur": "60"}, {"age_only"}),
    ]
    for (cells, codes), of in zip(cases, alone(cells for cells, _ in cases), strict=True):
        assert {code for code in of.found if code.startswith(("birth_", "age_"))} == codes, cells


def test_a_full_date_is_compared_with_that_of_the_nik() -> None:
    cases = {
        "01-07-1985": None,
        "01-07-85": None,
        "07-01-1985": "swapped_with_nik",
        "01-08-1985": "not_that_of_nik",
        "02-07-1985": "not_that_of_nik",
        "01-07-1984": "not_that_of_nik",
        "07-01-1984": "not_that_of_nik",
        "01-01-1985": "not_that_of_nik",
        "07-07-1985": "not_that_of_nik",
        "1984": None,
        "08-1985": None,
        "": None,
    }
    read = alone({"nik": nik(1, 7, 85), "tanggal_lahir": cell} for cell in cases)
    for (cell, code), of in zip(cases.items(), read, strict=True):
        said = {found.removeprefix("birth_date_") for found in of.found if found.endswith("_nik")}
        assert said == ({code} if code else set()), cell


def test_a_nik_that_may_be_another_persons_is_not_compared() -> None:
    own, same = alone({"nik": nik(1, 7, 85), "no_kk": kk, "tanggal_lahir": "02-08-1985"} for kk in ("", nik(1, 7, 85)))
    assert "birth_date_not_that_of_nik" in own.found
    assert "birth_date_not_that_of_nik" not in same.found


def test_ages_count_at_the_end_of_the_period() -> None:
    """20 years are out of reach of the category of children (6 to 18, and one more); 19 are not, nor is no age."""
    cases = [
        ("2024", "31-12-2004", 20), ("2024", "01-01-2005", 19), ("2024-S1", "30-06-2004", 20),
        ("2024-S1", "01-07-2004", 19), ("2024-S1", "29-07-2004", 19), ("2024-S1", "31-05-2004", 20),
        ("2024", "12-2004", 20), ("2024", "2004", 20), ("2024-S1", "08-2004", 19), ("2024-S1", "06-2004", 20),
        ("2024-S1", "07-2004", 19), ("2024-S1", "2004", 19), ("2024-11", "2004", 19), ("2024-12", "2004", 20),
        ("2024-S1", "2003", 20), ("2024-S2", "2004", 20),
        ("2024", "", None), ("2024", "31-02-1990", None),
    ]  # fmt: skip
    read = alone({"periode": p, "tanggal_lahir": c, "kategori": "Anak terlantar; RTLH"} for p, c, _ in cases)
    for (periode, cell, age), of in zip(cases, read, strict=True):
        assert of["kode_pmks"] == (["LEG-RTLH"] if age == 20 else ["02", "LEG-RTLH"]), (periode, cell)


def test_the_day_in_a_nik_counts_as_one_that_is_stated() -> None:
    """Nothing else says when they were born; 19 years are within reach of the category of children, 20 are not."""
    cases = [
        ("2024", 31, 12, 20), ("2024-S1", 30, 6, 20), ("2024-S1", 1, 7, 19), ("2024-S1", 31, 5, 20),
        ("2024-S1", 31, 12, 19),
    ]  # fmt: skip
    read = alone({"periode": p, "nik": nik(d, m, 4), "kategori": "Anak terlantar; RTLH"} for p, d, m, _ in cases)
    for (periode, day, month, age), of in zip(cases, read, strict=True):
        assert of["kode_pmks"] == (["LEG-RTLH"] if age == 20 else ["02", "LEG-RTLH"]), (periode, day, month)


def test_a_nik_leaves_the_century_open_between_0_and_110_years() -> None:
    """In 2024, a NIK of year 14 may be of somebody of 10 or 110; one of year 13 of nobody older than 11."""
    elderly, toddler = "Lanjut usia terlantar", "Anak balita terlantar"
    cases = [
        (14, elderly, True), (13, elderly, False), (24, toddler, True), (25, toddler, False), (64, elderly, True),
        (66, elderly, False), (18, toddler, True), (17, toddler, False),
    ]  # fmt: skip
    read = alone({"nik": nik(1, 7, year), "kategori": category} for year, category, _ in cases)
    for (year, category, fits), of in zip(cases, read, strict=True):
        assert of.reasons == ([] if fits else ["all_categories_contradicted"]), (year, category)


def test_what_is_stated_settles_the_century_of_the_nik() -> None:
    """In 2024, a NIK of year 14 beside a birth in 2014 says nothing of an age of 110."""
    elderly, child = "Lanjut usia terlantar", "Anak terlantar"
    cases = [
        ("01-07-2014", "", elderly, False), ("", "10", elderly, False), ("", "110", elderly, True),
        ("", "61", child, False), ("", "60", child, False),
        ("", "59", child, True), ("01-07-2014", "", child, True), ("01-07-2014", "110", child, True),
    ]  # fmt: skip
    read = alone(
        {"nik": nik(1, 7, 14), "tanggal_lahir": birth, "umur": age, "kategori": category}
        for birth, age, category, _ in cases
    )
    for (birth, age, category, fits), of in zip(cases, read, strict=True):
        assert of.reasons == ([] if fits else ["all_categories_contradicted"]), (birth, age, category)
