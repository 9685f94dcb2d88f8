"""When each person was born and how old they are at the end of the period, by every source the row has."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.records.cells import Cells, Findings, Texts, array, by_value
from assets.records.dates import Stated, century_of, parse_age, parse_date, period_end
from validation.nik import Facts

Ages = list[tuple[int, ...]]


class Births(NamedTuple):
    """`date`, `precision` and `age`: as stated. `ages`: by source, the ages each could mean, in whole years."""

    date: Texts
    precision: Texts
    age: Texts
    ages: list[list[tuple[int, ...]]]


def births(cells: Cells, niks: list[Facts], found: Findings) -> Births:
    """Read birth dates and ages, settle two-digit years, and compare with the NIK; keeps what is written."""
    ends = [period_end(p) for p in cells.frame["periode"]]
    kinds = cells.kind("tanggal_lahir").astype(str)
    stated = by_value(parse_date, cells.text("tanggal_lahir"), kinds)
    age_texts = cells.text("umur")
    ages = by_value(parse_age, age_texts)
    read = [_settled(said, age, nik, end) for said, age, nik, end in zip(stated, ages, niks, ends, strict=True)]
    when, precision = array([r[0] for r in read]), array([r[1] for r in read])
    _note(found, stated, when, precision, ages, niks)
    by_source = [_ages(d, p, a, n, end) for d, p, a, n, end in zip(when, precision, ages, niks, ends, strict=True)]
    return Births(when, precision, array(ages), by_source)


def _settled(said: Stated, age: int | None, nik: Facts, end: date) -> tuple[date | None, str | None]:
    if said.year is None:
        return (date(end.year - age, 1, 1), "umur") if age is not None else (None, None)
    year = said.year
    if said.two_digits:
        year = century_of(said.year, age, end)
    try:
        when = date(year, said.month or 1, said.day or 1)
    except ValueError:
        return None, None
    return (None, None) if when > end else (when, said.precision)


def _note(
    found: Findings, stated: list[Stated], when: Texts, precision: Texts, ages: list[int | None], niks: list[Facts]
) -> None:
    def rows(mask: list[bool]) -> npt.NDArray[np.bool_]:
        return np.array(mask, dtype=bool)

    field = "tanggal_lahir"
    found.add("birth_date_unreadable", rows([s.problem == "unreadable" for s in stated]), field)
    later = [s.year is not None and w is None for s, w in zip(stated, when, strict=True)]
    found.add(
        "birth_date_impossible",
        rows([s.problem == "impossible" or x for s, x in zip(stated, later, strict=True)]),
        field,
    )
    found.add("birth_date_month_first", rows([s.problem == "month_first" for s in stated]), field)
    found.add("birth_year_only", rows([p in {"tahun", "bulan"} for p in precision]), field)
    found.add("age_only", rows([p == "umur" for p in precision]), "umur")
    swapped, differs = [], []
    for day, precise, nik in zip(when, precision, niks, strict=True):
        compare = precise == "hari" and nik.status == "sound"
        mine = (day.day, day.month, day.year % 100) if compare else None
        its = (nik.day, nik.month, nik.two_digit_year)
        swap = mine is not None and mine != its and (mine[1], mine[0], mine[2]) == its
        swapped.append(swap)
        differs.append(mine is not None and mine != its and not swap)
    found.add("birth_date_swapped_with_nik", rows(swapped), field)
    found.add("birth_date_not_that_of_nik", rows(differs), field)


def _ages(when: date | None, precision: str | None, age: int | None, nik: Facts, end: date) -> list[tuple[int, ...]]:
    sources: list[tuple[int, ...]] = []
    if when is not None and precision != "umur":
        before = precision == "hari" and (end.month, end.day) < (when.month, when.day)
        sources.append((end.year - when.year - before,))
    if age is not None:
        sources.append((age,))
    if nik.status == "sound" and nik.two_digit_year is not None:
        years = [end.year - century - nik.two_digit_year for century in (1900, 2000)]
        possible = tuple(y for y in years if 0 <= y <= 110)
        if possible:
            sources.append(possible)
    return sources
