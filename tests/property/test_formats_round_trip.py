"""Random grids written in every format come back cell for cell, in the rows and columns where they were put."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.formats.reading import read_workbook
from tests.support.written import EXACT, WRITERS, as_text

texts = st.text(
    st.one_of(
        st.sampled_from("AZaz09 .,;|/'\"()<>&=-+#\n\t√✓●é“\u00a0"),
        st.characters(min_codepoint=0x21, max_codepoint=0x2FFF, exclude_categories=("C", "Z")),
    ),
    min_size=0,
    max_size=12,
)
niks = st.integers(9_100_000_000_000_000, 9_799_999_999_999_999)
numbers = st.one_of(
    st.integers(-(10**6), 10**6), st.integers(10**14, 10**15), niks, st.sampled_from([0.5, 7.25, -1.75])
)
days = st.dates(dt.date(1905, 1, 1), dt.date(2030, 12, 31))
moments = st.datetimes(dt.datetime(1905, 1, 1), dt.datetime(2030, 1, 1)).map(lambda t: t.replace(microsecond=0))
awkward = st.sampled_from(
    ["a\nb", " x  y ", "=1+1", "a;b,c|d\te", '"q" r', "#N/A", "TRUE", "01", "1e5", "'7", "<b>&amp;"]
)
values = st.one_of(st.just(""), texts, awkward, niks.map(str), numbers, st.booleans(), days, moments)
grids = st.lists(st.lists(values, min_size=3, max_size=3), min_size=1, max_size=8)


def expected(writer: str, value: Any) -> Any:
    """What the format can hold of a value."""
    if writer == "html":
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        lines = as_text(value).replace("\t", " ").split("\n")
        return "\n".join(" ".join(filter(None, line.split(" "))) for line in lines).strip("\n")
    if writer == "csv":
        return as_text(value)
    if writer == "spreadsheetml" and type(value) is dt.date:
        return dt.datetime.combine(value, dt.time())
    if writer not in EXACT and isinstance(value, int) and not isinstance(value, bool):
        return int(float(value))
    return value


def held(writer: str, grid: list[list[Any]]) -> dict[tuple[int, int], Any]:
    cells = {(i, j): expected(writer, value) for i, row in enumerate(grid, 1) for j, value in enumerate(row)}
    return {place: value for place, value in cells.items() if value != ""}


def moment(day: dt.date) -> dt.datetime:
    return day if isinstance(day, dt.datetime) else dt.datetime.combine(day, dt.time())


def same(read: Any, written: Any) -> bool:
    """Equal and of one kind; a day and its midnight are one."""
    if isinstance(written, dt.date):
        return isinstance(read, dt.date) and moment(read) == moment(written)
    return type(read) is type(written) and read == written


@pytest.mark.parametrize("writer", sorted(WRITERS))
@settings(max_examples=200, deadline=None)
@given(grid=grids)
def test_every_cell_comes_back_where_it_was(writer: str, grid: list[list[Any]]) -> None:
    format_, write = WRITERS[writer]
    cells = held(writer, grid)
    if not cells:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"desa.{format_}"
        write(path, grid)
        workbook = read_workbook(path)
    [sheet] = workbook.sheets
    read = {
        (sheet.first_row + i, sheet.first_column + j): value
        for i, row in enumerate(sheet.rows)
        for j, value in enumerate(row)
        if value != ""
    }
    assert workbook.format == format_
    assert read.keys() == cells.keys()
    for place, value in cells.items():
        assert same(read[place], value), place
