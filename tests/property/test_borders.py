"""The border says the same as a judge who looks at every cell, whatever the rows; and says it without the values."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.declared import content, disturbed, judged, lawful_rows
from validation.borders import InvalidTableError, check_table
from validation.keys import repeated_rows
from warehouse.tables import tables

NAMES = sorted(tables())
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
COLUMNS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), st.sampled_from(["", "a", "b", "ab", "\x1f", "ÿ", None])),
    (pa.string(), st.sampled_from(["0" * 9, "1" * 9, "0" * 8 + "1"])),
    (pa.int64(), st.sampled_from([0, 1, -1, 2**62, None])),
    (pa.timestamp("us"), st.sampled_from([0, 1, None])),
    (pa.list_(pa.string()), st.sampled_from([[], [""], ["a", "b"], ["ab"], None])),
]


def found(name: str, held: pa.Table) -> Counter[tuple[str, str]]:
    """How many rows break each rule, as the border says it."""
    try:
        check_table(tables()[name], held)
    except InvalidTableError as error:
        return Counter({(v.column, v.check): v.rows for v in error.violations})
    return Counter()


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=4, deadline=None, suppress_health_check=SLOW)
def test_the_border_agrees_with_a_judge_of_single_cells(name: str, data: st.DataObject) -> None:
    rows = data.draw(disturbed(tables()[name]))
    assert found(name, content(tables()[name], rows)) == judged(tables()[name], rows)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=2, deadline=None, suppress_health_check=SLOW)
def test_rows_that_the_declaration_allows_pass(name: str, data: st.DataObject) -> None:
    rows = data.draw(lawful_rows(tables()[name]))
    assert judged(tables()[name], rows) == found(name, content(tables()[name], rows)) == Counter()


@given(
    data=st.data(), which=st.lists(st.sampled_from(range(len(COLUMNS))), min_size=1, max_size=3), times=st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_rows_with_the_same_key_are_found_exactly(data: st.DataObject, which: list[int], times: bool) -> None:
    size = data.draw(st.integers(0, 6))
    values = [data.draw(st.lists(COLUMNS[at][1], min_size=size, max_size=size)) for at in which]
    columns = [pa.chunked_array([pa.array(of, COLUMNS[at][0])]) for at, of in zip(which, values, strict=True)]
    if times:  # as several chunks, as a table of many partitions is
        columns = [
            pa.chunked_array([*column.slice(0, 1).chunks, *column.slice(1).chunks], column.type) for column in columns
        ]
    keys = [repr(key) for key in zip(*values, strict=True)]
    expected = [at for at, key in enumerate(keys) if keys.count(key) > 1]
    assert repeated_rows(columns).tolist() == expected


@given(st.integers(0, 23_999), st.sampled_from(["lama", "", None]))
@settings(max_examples=10, deadline=None)
def test_one_wrong_text_among_many_that_say_the_same_is_found(at: int, wrong: str | None) -> None:
    ledger = tables()["row_outcomes"]
    outcomes = np.array(["accepted", "quarantined"] * 12_000, dtype=object)
    outcomes[at] = wrong
    held = pa.table(
        {
            "submission_id": ["0"] * 24_000,
            "sheet": [""] * 24_000,
            "row": range(1, 24_001),
            "outcome": pa.array(outcomes),
        }
    )
    with pytest.raises(InvalidTableError) as refused:
        check_table(ledger, held)
    (violation,) = refused.value.violations
    rule = "not null" if wrong is None else "one of row_outcomes"
    assert violation[:3] == ("outcome", rule, 1)
    assert violation.examples == (f"submission_id=0 sheet= row={at + 1}",)
