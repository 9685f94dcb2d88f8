"""A word in a cell is found as the pattern finds it, which would have to be compiled anew for each value."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from assets.intake.sheets.sources import _has_word

LETTERS = st.text(alphabet="ab1_ .:/-é٣\n", max_size=12)


@given(LETTERS, st.text(alphabet="ab1_ .:é", min_size=1, max_size=3))
def test_a_word_has_no_letter_beside_it(written: str, text: str) -> None:
    assert _has_word(written, text) == bool(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", written))
