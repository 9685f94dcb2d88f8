"""Look-ups of keys in keys, against plain lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.arrays.lookup import first_index_of, indices_of_wanted, is_wanted

KEYS = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 2**64 - 1)), max_size=80)


@settings(max_examples=300, deadline=None)
@given(KEYS, KEYS)
def test_look_ups_find_what_lists_find(keys: list[int], wanted: list[int]) -> None:
    many, few = np.array(keys, np.uint64), np.array(wanted, np.uint64)
    found = [key != 0 and key in wanted for key in keys]
    assert is_wanted(many, few).tolist() == found
    assert indices_of_wanted(many, few).tolist() == [k for k, yes in enumerate(found) if yes]
    assert first_index_of(few, many).tolist() == [keys.index(key) if key and key in keys else -1 for key in wanted]
