"""Columns by their distinct values: mapping, combining and ordering them gives what it would give row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.records.cells import (
    Cells,
    Coded,
    Headers,
    by_value,
    coded,
    combined,
    first_rows,
    in_order,
    of_numbers,
    same_rows,
    shared,
    spelt_out,
    strings,
)
from tests.support.one_row import outcomes, row_of
from tests.support.records import columns_of, raw_row, raw_table

WORDS = st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=12)


def column(texts: list[str]) -> Coded[str]:
    return coded(pd.Series(texts, dtype="str"))


def rows_of(of: Coded[object]) -> list[object]:
    return [of.values[code] for code in of.codes]


@given(WORDS)
def test_a_column_gives_back_its_rows(texts: list[str]) -> None:
    of = column(texts)
    assert rows_of(of) == texts
    assert rows_of(of.map(str.upper)) == [text.upper() for text in texts]
    assert of.mask(lambda text: text == "a").tolist() == [text == "a" for text in texts]
    assert of.numbers(lambda text: len(text) or None).tolist() == [1 if text else -1 for text in texts]
    assert rows_of(of.taken(np.array([0]))) == texts[:1]


@given(WORDS)
def test_merging_gives_equal_values_one_code(texts: list[str]) -> None:
    merged = column(texts).map(lambda text: text in "ab").merged()
    assert rows_of(merged) == [text in "ab" for text in texts]
    assert len(set(merged.values)) == len(merged.values)


@given(WORDS, WORDS, WORDS)
def test_combinations_have_one_code_each_from_0_on(one: list[str], two: list[str], three: list[str]) -> None:
    texts = [one, two, three]
    size = min(map(len, texts))
    columns = [column(one[:size]) for one in texts]
    keys = list(zip(*(one[:size] for one in texts), strict=True))
    codes = combined(*columns)
    assert len(set(zip(codes.tolist(), keys, strict=True))) == len(set(keys)) == len(set(codes.tolist()))
    assert set(codes.tolist()) == set(range(len(set(keys))))
    assert rows_of(by_value("".join, by_value(lambda *parts: parts, *columns))) == ["".join(key) for key in keys]
    assert [keys.index(key) for key in keys] == first_rows(codes)[codes].tolist()


def test_very_many_combinations_are_numbered_too() -> None:
    """Four columns of fifty values each have more combinations than a table is made for."""
    texts = [[f"{column}{row * step % 50}" for row in range(200)] for column, step in enumerate((1, 3, 7, 9))]
    codes = combined(*map(column, texts))
    keys = list(zip(*texts, strict=True))
    assert len(set(zip(codes.tolist(), keys, strict=True))) == len(set(keys)) == codes.max() + 1


def test_numbers_are_coded_by_value() -> None:
    assert rows_of(of_numbers(np.array([7, 3, 7, -1]))) == [7, 3, 7, -1]
    assert len(of_numbers(np.array([7, 3, 7])).values) == 2


@pytest.mark.parametrize("values", [["x"], [None], ["x", None], [None, "x", "y", "x"]])
def test_texts_come_out_as_they_are_and_the_missing_ones_missing(values: list[str | None]) -> None:
    of = Coded(values, np.arange(len(values)))
    for made in (strings(of), shared(of)):
        assert made.to_pylist() == values
    assert shared(of).dictionary.to_pylist() == list(dict.fromkeys(value for value in values if value))
    assert strings(Coded(["x"], np.zeros(3, dtype=int))).to_pylist() == ["x"] * 3


PLACES = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["", "S"]), st.none() | st.integers(1, 3)), max_size=6
)


@given(PLACES, PLACES, st.sampled_from(["str", "category", "object"]))
def test_rows_of_two_tables_have_one_number_where_their_places_are_equal(
    above: list[tuple[str, str, int | None]], below: list[tuple[str, str, int | None]], kept_as: Any
) -> None:
    names = ["submission_id", "sheet", "row"]
    kinds = {"submission_id": kept_as, "sheet": kept_as, "row": "Int64"}
    frame = pd.DataFrame(below, columns=names).astype(kinds)
    types = [pa.string(), pa.string(), pa.int64()]
    table = pa.Table.from_pylist(
        [dict(zip(names, place, strict=True)) for place in above], pa.schema([*zip(names, types, strict=True)])
    )
    numbers, places = same_rows(table, frame).tolist(), [*above, *below]
    assert len(numbers) == len(places)
    assert len(set(zip(numbers, places, strict=True))) == len(set(numbers)) == len(set(places))


def test_no_rows_are_no_first_rows() -> None:
    assert first_rows(np.array([], dtype=int)).tolist() == []


@given(st.permutations([("a", "S", 2), ("a", "S", 10), ("a", "T", 1), ("b", "", 3), ("b", "R", 1), ("c", "S", 2)]))
def test_rows_are_put_in_the_order_of_file_sheet_and_row(places: list[tuple[str, str, int]]) -> None:
    table = raw_table([raw_row(row, submission_id=file * 64, sheet=sheet) for file, sheet, row in places])
    ordered = in_order(table).select(["submission_id", "sheet", "row"]).to_pylist()
    assert [(row["submission_id"][0], row["sheet"], row["row"]) for row in ordered] == sorted(places)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", "Fakir Miskin"), ("1.0", "Fakir Miskin"), (" 1 ", "Fakir Miskin"), ("1/2", "Fakir Miskin; Pemulung"),
        ("2 , 1", "Pemulung; Fakir Miskin"), ("1;2", "Fakir Miskin; Pemulung"), ("1/9", "1/9"), ("9", "9"),
        ("", ""), ("1/", "1/"), ("10", "10"), ("FM", "FM"), ("2.0 & 1.0", "Pemulung; Fakir Miskin"),
    ],
)  # fmt: skip
def test_coded_cells_are_spelt_out_if_all_of_their_codes_are_known(text: str, meaning: str) -> None:
    assert spelt_out(text, {"1": "Fakir Miskin", "2": "Pemulung"}) == meaning
    assert spelt_out(text, {}) == text


def test_codes_that_a_column_declares_count_in_that_column_alone() -> None:
    rows = [row_of(2, kategori="1", jenis_kelamin="1"), row_of(3, kategori="1 / 2", jenis_kelamin="P")]
    coded_ones = outcomes(rows, {"kategori": {"1": "Fakir Miskin", "2": "RTLH"}})
    assert [of["kode_pmks"] for of in coded_ones] == [["24"], ["24", "LEG-RTLH"]]
    assert [of["jenis_kelamin"] for of in coded_ones] == [None, "P"]
    other = [row_of(2, kategori="1"), row_of(9, kategori="1", header_row=8)]
    columns = columns_of(other, {"kategori": {"1": "Fakir Miskin"}})
    declaring = [row if row["header_row"] == 1 else row | {"code_map": None} for row in columns.to_pylist()]
    cells = Cells(raw_table(other), Headers(pa.Table.from_pylist(declaring, columns.schema)))
    assert rows_of(cells.text("kategori")) == ["Fakir Miskin", "1"]


def test_error_cells_and_formulas_without_a_value_say_nothing() -> None:
    rows = [row_of(n, alamat="JL. MELATI", kinds={"alamat": kind}) for n, kind in enumerate("teu", start=2)]
    read = outcomes(rows)
    assert [of["alamat"] for of in read] == ["JL. MELATI", None, None]
    assert [of.found & {"error_cell", "uncalculated"} for of in read] == [set(), {"error_cell"}, {"uncalculated"}]


def test_each_row_has_one_type_for_each_field() -> None:
    with pytest.raises(ValueError, match="one letter for each field"):
        Cells(raw_table([raw_row(2, types="ttt")]), Headers(columns_of([raw_row(2)])))


def test_types_by_field() -> None:
    rows = [raw_row(2, rt="3", kinds={"rt": "n"}), raw_row(3, rt="3", nama="ANI")]
    cells = Cells(raw_table(rows), Headers(columns_of(rows)))
    assert rows_of(cells.kinds("rt")) == ["n", "t"]
    assert rows_of(cells.kinds("nama")) == [".", "t"]
    assert cells.is_kind("rt", "n").tolist() == [True, False]
    assert rows_of(cells.text("rw")) == ["", ""]
