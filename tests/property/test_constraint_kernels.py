"""What constraints read of packed numbers and cells is what the numbers and cells say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.arrays.text import fixed_width, packed_digits, text_buffers
from assets.households.linkage.compare.identifiers import serials_apart
from assets.households.linkage.compare.places import CELLS, rumah_levels, unpack_rumah

NIKS = st.text("0123456789", min_size=16, max_size=16)


@settings(deadline=None)
@given(NIKS, NIKS)
def test_serials_are_apart_by_the_difference_of_the_last_four_digits(one: str, other: str) -> None:
    texts = pa.array([one, other], pa.large_string())
    packed = packed_digits(fixed_width(*text_buffers(texts), 16))
    assert serials_apart(packed[0], packed[1]) == abs(int(one[12:]) - int(other[12:]))


def test_levels_of_a_cell_are_those_that_numpy_unravels() -> None:
    got = np.array([rumah_levels(cell) for cell in range(CELLS)]).T
    assert (got == np.stack(unpack_rumah(np.arange(CELLS)))).all()
