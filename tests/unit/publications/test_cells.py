"""Rows that are written fast are those that the library would have written, whatever their texts hold."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from assets.publications.book import cells
from assets.publications.book.cells import ByRow, Cells, write_rows
from assets.publications.book.streamed import StreamedWorkbook
from assets.safe_workbook import SafeWorkbook

HOSTILE = st.sampled_from(
    ["=1+1", "+62", "-BUDI", "@CICI", "http://x.y", "<r>a</r>", "</t>", "a&b", "_x000D_", " lead", "trail ", "", "0012"]
)
MAIN, SHARED = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}", "xl/sharedStrings.xml"
NIK = "9105010101000001"
TEXT = HOSTILE | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"), max_size=12)


def columns_of(values: SearchStrategy[object]) -> SearchStrategy[list[object]]:
    return st.lists(values | st.none(), min_size=7, max_size=7)


@settings(max_examples=60, deadline=None)
@given(
    columns_of(TEXT),
    columns_of(st.dates(date(1900, 3, 1), date(2100, 1, 1))),
    columns_of(st.integers(0, 10**9)),
    st.integers(0, 3),
    st.sampled_from([0, cells.FEW]),
)
def test_what_is_read_back_is_what_the_library_writes_cell_by_cell(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str | None],
    days: list[date | None],
    numbers: list[int | None],
    shared: int,
    few: int,
) -> None:
    folder = tmp_path_factory.mktemp("cells")
    fast, slow = folder / "fast.xlsx", folder / "slow.xlsx"
    with StreamedWorkbook(str(fast)) as book:
        page, text, day = (
            book.add_worksheet(),
            book.add_format({"num_format": "@"}),
            book.add_format({"num_format": 14}),
        )
        block = [
            Cells(texts, text),
            Cells(days, day),
            Cells(numbers, text),
            Cells([NIK] * 7, ByRow([day, text], np.ones(7, dtype=int))),
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cells, "_SHARED_AT_MOST", shared)
            patch.setattr(cells, "FEW", few)
            after = write_rows(page, 1, block, [20.0] * 7)
        page.write_string(after, 0, "after")
    with SafeWorkbook(str(slow)) as book:
        page, text, day = (
            book.add_worksheet(),
            book.add_format({"num_format": "@"}),
            book.add_format({"num_format": 14}),
        )
        for row, (said, on, number) in enumerate(zip(texts, days, numbers, strict=True), 1):
            if said is not None and not said.startswith("<r>"):
                page.write_string(row, 0, said, text)
            if on is not None:
                page.write_datetime(row, 1, on, day)
            if number is not None:
                page.write_number(row, 2, number, text)
            page.write_string(row, 3, NIK, text)
        page.write_string(8, 0, "after")
    markup = {f"A{row}": ("s", said) for row, said in enumerate(texts, 2) if said is not None and said[:3] == "<r>"}
    assert read(fast) == read(slow) | markup
    formats = {cell.number_format for row in openpyxl.load_workbook(fast).worksheets[0]["A2:D8"] for cell in row}
    assert formats <= {"@", "mm-dd-yy", "General"}


@settings(max_examples=60, deadline=None)
@given(
    columns_of(TEXT),
    columns_of(st.dates(date(1900, 3, 1), date(2100, 1, 1))),
    columns_of(st.integers(0, 10**9)),
    columns_of(st.floats(0, 1e9).map(lambda number: round(number, 1))),
    st.lists(st.integers(0, 2), min_size=7, max_size=7),
    st.lists(st.sampled_from([14.0, 20.5]), min_size=7, max_size=7) | st.none(),
    st.booleans(),
)
def test_a_few_rows_are_written_as_many_are_to_the_last_byte(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str | None],
    days: list[date | None],
    whole: list[int | None],
    numbers: list[float | None],
    which: list[int],
    heights: list[float] | None,
    keep: bool,
) -> None:
    folder = tmp_path_factory.mktemp("cells")
    for few in (0, 100):
        with pytest.MonkeyPatch.context() as patch, StreamedWorkbook(str(folder / f"{few}.xlsx")) as book:
            patch.setattr(cells, "FEW", few)
            page = book.add_worksheet()
            looks = [book.add_format({"num_format": kind}) for kind in ("@", "0", "0.0")]
            by_row = ByRow(looks, np.array(which))
            block = [
                Cells(texts, by_row, keep),
                Cells(pd.Series(texts, dtype="str"), looks[0]),
                Cells(pa.array(texts, pa.string()).dictionary_encode(), by_row),
                Cells(days, looks[1], keep),
                Cells(whole, by_row, keep),
                Cells(pd.Series(whole, dtype="Int64"), looks[1]),
                Cells(numbers, looks[2], keep),
                Cells(pd.Series(numbers, dtype="float64"), by_row),
                Cells([None] * 7, by_row, keep),
            ]
            assert write_rows(page, 2, block, heights) == 9
    parts = [zipfile.ZipFile(folder / f"{few}.xlsx") for few in (0, 100)]
    for name in ("xl/worksheets/sheet1.xml", "xl/styles.xml", SHARED):
        many, few_rows = (part.read(name) if name in part.namelist() else b"" for part in parts)
        assert few_rows == many


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT | st.sampled_from(["\ufffe", "_xFFFE_", 'a"b', "a\nb", " \u00a0", "\u2003x", "</r>"]), min_size=1))
def test_the_table_of_strings_is_the_one_that_the_library_writes(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("strings")
    written = []
    for kind in (StreamedWorkbook, SafeWorkbook):
        with kind(str(folder / f"{kind.__name__}.xlsx")) as book:
            page = book.add_worksheet()
            for row, text in enumerate(texts):
                page.write_string(row, 0, text)
            # constant memory has the library write texts beside the table of strings
            for text in texts:
                book.str_table._get_shared_string_index(text)
        with zipfile.ZipFile(folder / f"{kind.__name__}.xlsx") as parts:
            written.append(re.sub(rb"<sst [^>]*>", b"", parts.read(SHARED)))
    assert written[0] == written[1]


def read(path: Path) -> dict[str, tuple[str, str | None]]:
    """Each cell that has a value, by its place: whether it is a text, and the value as it stands in the XML."""
    with zipfile.ZipFile(path) as parts:
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))
        names = parts.namelist()
        strings = ElementTree.fromstring(parts.read("xl/sharedStrings.xml")) if SHARED in names else []
    texts = ["".join(item.itertext()) for item in strings]
    found = {}
    for cell in sheet.iter(f"{MAIN}c"):
        kind, value = cell.get("t", "n"), "".join(cell.itertext())
        if kind == "n" and not value:
            continue
        found[cell.get("r", "")] = ("n", value) if kind == "n" else ("s", texts[int(value)] if kind == "s" else value)
    return found


def test_a_column_longer_than_one_batch_keeps_its_order(tmp_path: Path) -> None:
    count = cells.ROWS_AT_A_TIME + 3
    with StreamedWorkbook(str(tmp_path / "long.xlsx")) as book:
        page, look = book.add_worksheet(), book.add_format()
        assert (
            write_rows(page, 0, [Cells([f"n{n}" for n in range(count)], look), Cells(list(range(count)), look)])
            == count
        )
    sheet = openpyxl.load_workbook(tmp_path / "long.xlsx", read_only=True).worksheets[0]
    assert list(sheet.iter_rows(values_only=True)) == [(f"n{n}", n) for n in range(count)]
