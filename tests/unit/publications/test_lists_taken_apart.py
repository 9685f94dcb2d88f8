"""The rows of lists, taken out of tables of a kabupaten as they stand in Arrow, against picking them one by one."""

import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assets.publications.stages.villages import _parted, _with_positions, rows_of
from warehouse.arrow import to_pandas

_SCHEMA = pa.schema(
    {"submission_id": pa.string(), "row": pa.int64(), "column": pa.string(), "hidden": pa.bool_(),
     "reasons": pa.list_(pa.string())}
)  # fmt: skip
_LISTS = st.sampled_from(["a", "b", "c"])
_ROW = st.fixed_dictionaries(
    {
        "submission_id": _LISTS,
        "row": st.none() | st.integers(0, 2**60),
        "column": st.none() | st.text(max_size=3),
        "hidden": st.none() | st.booleans(),
        "reasons": st.none() | st.lists(st.text(max_size=2), max_size=2),
    }
)


@given(st.lists(_ROW, max_size=12), st.lists(_LISTS, min_size=1, max_size=4), st.integers(0, 12))
def test_each_list_gets_its_own_rows_in_their_order_whether_they_stand_together_or_not(rows, wanted, cut):
    parts = [pa.Table.from_pylist(part, schema=_SCHEMA) for part in (rows[:cut], rows[cut:])]
    found = _parted(_with_positions(pa.concat_tables(parts)), [{"submission_id": each} for each in wanted])
    assert found == [[row for row in rows if row["submission_id"] == each] for each in wanted]


@given(st.lists(_ROW, max_size=12))
def test_the_rows_of_a_frame_are_those_of_the_table_it_was_made_of(rows):
    assert rows_of(to_pandas(pa.Table.from_pylist(rows, schema=_SCHEMA))) == rows


def test_a_frame_without_columns_has_no_rows():
    assert rows_of(pd.DataFrame()) == []
