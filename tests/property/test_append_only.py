"""Append-only columns hold what plain lists hold, whichever caller adds to which columns, in memory and in files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.arrays import append_only
from assets.households.linkage.arrays.append_only import CACHE_LINE, AppendOnlyColumns, Checks, Layout

LAYOUT: Layout = {"number": ("<u8", []), "line": ("<i4", [3])}
STEPS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=12)


def with_rows(columns: AppendOnlyColumns, numbers: list[int]) -> AppendOnlyColumns:
    """Add rows that all follow from one number each."""
    out = columns.extended(len(numbers))
    out["number"][len(columns) :] = numbers
    out["line"][len(columns) :] = np.multiply.outer(numbers, [1, 2, 3])
    return out


def assert_holds(columns: AppendOnlyColumns, numbers: list[int]) -> None:
    assert len(columns) == len(numbers)
    assert columns["number"].tolist() == numbers
    assert columns["line"].tolist() == [[n, 2 * n, 3 * n] for n in numbers]


@pytest.fixture(autouse=True, params=[1, 1024])
def spare_capacity(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With spare capacity for many rows, and for one."""
    monkeypatch.setattr(append_only, "capacity_for", lambda rows: rows + request.param)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_adding_rows_never_changes_the_rows_of_another_caller(steps: list[tuple[int, int]]) -> None:
    made = [(AppendOnlyColumns.allocate(0, LAYOUT), list[int]())]
    for number, (which, count) in enumerate(steps):
        columns, numbers = made[which % len(made)]
        added = list(range(100 * number, 100 * number + count))
        made.append((with_rows(columns, added), numbers + added))
    for columns, numbers in made:
        assert_holds(columns, numbers)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 9))
def test_files_hold_what_was_written_and_only_new_rows_are_written_again(counts: list[int], lost: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, columns, numbers = Path(name), AppendOnlyColumns.allocate(0, LAYOUT), list[int]()
        checks: Checks = {}
        for round_, count in enumerate(counts):
            added = list(range(10 * round_, 10 * round_ + count))
            since, columns, numbers = len(columns), with_rows(columns, added), numbers + added
            checks = columns.write(folder, since, checks)
            with_rows(AppendOnlyColumns.open_files(folder, len(numbers), LAYOUT, checks), [7] * lost).write(
                folder, len(numbers), checks
            )  # and was killed
            columns = AppendOnlyColumns.open_files(folder, len(numbers), LAYOUT, checks)
            assert_holds(columns, numbers)


def test_a_file_that_is_cut_short_is_not_opened(tmp_path: Path) -> None:
    checks = with_rows(AppendOnlyColumns.allocate(0, LAYOUT), [1, 2, 3]).write(tmp_path)
    (tmp_path / "line").write_bytes((tmp_path / "line").read_bytes()[:-1])
    with pytest.raises(ValueError, match="line is cut short"):
        AppendOnlyColumns.open_files(tmp_path, 3, LAYOUT, checks)


def test_every_column_begins_on_a_cache_line() -> None:
    columns = with_rows(AppendOnlyColumns.allocate(0, LAYOUT), [1, 2, 3])
    assert all(columns[name].ctypes.data % CACHE_LINE == 0 for name in LAYOUT)
