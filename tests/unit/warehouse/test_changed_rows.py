"""Rows that changed are found by the files of two states, whatever changed; and of few changes few rows are found."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import changed_rows, contents
from warehouse.changed_rows import changed

SCHEMA = pa.schema(
    [("id", pa.string()), ("day", pa.int64()), ("share", pa.float64()), ("names", pa.list_(pa.string())),
     ("text", pa.string())]
)  # fmt: skip
BY = ("id", "day")
Rows = list[dict[str, Any]]
ROW = st.fixed_dictionaries(
    {
        "id": st.none() | st.sampled_from("abcde"),
        "day": st.none() | st.integers(0, 3),
        "share": st.none() | st.sampled_from([0.0, -0.0, 0.5, float("nan")]),
        "names": st.none() | st.lists(st.none() | st.sampled_from(["x", "x\x1fy", ""]), max_size=2),
        "text": st.none() | st.sampled_from(["", "y", "ya"]),
    }
)


@st.composite
def edited(draw: Any, rows: Rows) -> Rows:
    """The same rows with some of them gone, new, changed or in another place."""
    now = [dict(row) for row in rows]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(now) - 1)))
        how = draw(st.sampled_from(["gone", "new", "again", "changed", "moved"]))
        if how == "new" or not now:
            now.insert(at, draw(ROW))
        elif how == "again":
            now.insert(at, dict(now[at]))
        elif how == "changed":
            now[at] = {**now[at], **{name: draw(ROW)[name] for name in draw(st.sets(st.sampled_from(SCHEMA.names)))}}
        else:
            row = now.pop(at)
            if how == "moved":
                now.insert(draw(st.integers(0, len(now))), row)
    return now


def written(folder: Path, name: str, rows: Rows, group: int = 3) -> Path:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, row_group_size=group)
    return path


def found(old: Rows, new: Rows, by: Sequence[str] = BY) -> list[tuple[Any, ...]] | None:
    """What is found between two states that lie in one file each."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = written(Path(folder), "before", old), written(Path(folder), "after", new)
        tables = changed({"": before}, {"": after}, by)
    return tables and [tuple(row.values()) for table in tables for row in table.to_pylist()]


def only_in_one(old: Rows, new: Rows) -> set[tuple[Any, ...]]:
    """The keys of rows of which one state has more than the other: counted one by one, told apart by all they say."""
    said = [Counter((tuple(row[name] for name in BY), repr(row)) for row in rows) for rows in (old, new)]
    return {key for key, _ in (said[0] - said[1]) + (said[1] - said[0])}


@given(st.lists(ROW, max_size=12), st.data())
@settings(max_examples=300, deadline=None)
def test_no_row_that_only_one_state_has_is_missed(rows: Rows, data: st.DataObject) -> None:
    now = data.draw(edited(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changed_rows, "_SHORTEST", data.draw(st.sampled_from([1, 2, 64])))
        patch.setattr(contents, "_CODE", data.draw(st.sampled_from([0, 4, 10_000])))  # texts by their numbers, or not
        told = found(rows, now)
    assert told is not None and set(told) >= only_in_one(rows, now)


def many(count: int) -> Rows:
    return [{"id": f"{n:06}", "day": n % 7, "share": n / 7, "names": [f"{n}"], "text": None} for n in range(count)]


def test_of_thousands_of_rows_only_those_are_found_that_changed() -> None:
    rows = many(5_000)
    now = [dict(row) for row in rows]
    now[4_000]["names"] = ["other"]
    now[3_000]["share"] = None
    del now[200:260]
    now[100:100] = [{**row, "id": f"{row['id']}-new"} for row in rows[:40]]
    told = found(rows, now)
    assert told is not None and len(told) == 102 and set(told) == only_in_one(rows, now)
    assert found(rows, rows) == []


def test_where_much_changed_or_the_columns_are_others_nothing_is_told(tmp_path: Path) -> None:
    rows = many(3_000)
    assert found(rows, [{**row, "text": "other"} for row in rows]) is None
    assert found(rows, rows[1_500:]) is None
    assert found(rows, [{**row, "id": f"{row['id']}-new"} for row in rows]) is None
    assert found(many(3), many(2), ["id", "names"]) is None
    before, after = written(tmp_path, "before", rows), tmp_path / "after.parquet"
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA).drop_columns(["text"]), after)
    assert changed({"": before}, {"": after}, BY) is None


def test_a_part_that_came_or_went_counts_whole_and_one_of_the_same_name_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, "part", many(3))
    for before, after in (({}, {"there": path}), ({"there": path}, {})):
        (table,) = changed(before, after, BY) or ()
        assert table.column("id").to_pylist() == ["000000", "000001", "000002"]
    assert changed({"": tmp_path / "gone" / path.name}, {"": path}, BY) == []
