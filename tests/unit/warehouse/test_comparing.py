"""Two tables part exactly where they hold other rows, however often each stands there and in whichever order."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from warehouse.comparing import difference

ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(0, 2),
        st.none() | st.sampled_from(("", "a", "A")),
        st.none() | st.lists(st.none() | st.sampled_from("ab"), max_size=2),
        st.none() | st.sampled_from((0.0, 1.5, float("nan"))),
    ),
    max_size=4,
)
KEYED = ROWS.map(lambda rows: [(number, *row[1:]) for number, row in enumerate(rows)])
"""Rows of which each has a key of its own."""
SCHEMA = pa.schema([("id", pa.int64()), ("text", pa.string()), ("list", pa.list_(pa.string())), ("n", pa.float64())])

Row = tuple[int | None, str | None, list[str | None] | None, float | None]


def table_of(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)


@given(ROWS | KEYED, ROWS | KEYED)
@example([(1, "a", [], 0.0)], [(1, "a", None, 0.0)])
@example([(1, "a", [], float("nan"))], [(1, "a", [], float("nan"))])
def test_tables_part_where_some_row_stands_more_often_in_one(one: list[Row], other: list[Row]) -> None:
    same = Counter(map(repr, one)) == Counter(map(repr, other))
    assert (difference(["id"], table_of(one), table_of(other)) == "") == same
    assert difference(["id"], table_of(one), table_of(sorted(one, key=repr))) == ""


def test_the_first_row_and_its_columns_are_named_wherever_rows_stand() -> None:
    rows: list[Row] = [(number, "a", ["b"], 0.5) for number in range(9)]
    changed: list[Row] = [*rows[4:], *rows[:2], (2, "a", ["c"], 0.5), (3, "x", ["b"], None)]
    assert difference(["id"], table_of(rows), table_of(changed)) == "id=2 (list)"
    assert difference(["id"], table_of(rows), table_of(rows[1:])) == "id=0 (*)"
