"""On any two states of referrals: compared column by column, they say the same where their hashes are equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from assets.referrals.history import COMPARED, EVIDENCE, LISTS, alike, state

WORDS = st.sampled_from(["a", "b", None])
IDS = st.lists(st.sampled_from(["r1", "r2"]), max_size=2)


@st.composite
def referrals(draw: st.DrawFn, rows: int) -> pd.DataFrame:
    """So many referrals; columns of words are plain, or categories as the router has them."""
    columns: dict[str, Any] = {}
    for name in COMPARED:
        if name in LISTS:
            columns[name] = pd.Series(draw(st.lists(IDS, min_size=rows, max_size=rows)), dtype="object")
        else:
            said = pd.Series(draw(st.lists(WORDS, min_size=rows, max_size=rows)), dtype="str")
            columns[name] = said.astype("category") if draw(st.booleans()) else said
    return pd.DataFrame(columns)


@given(data=st.data())
def test_rows_that_are_alike_are_those_with_one_hash(data: st.DataObject) -> None:
    before, other = (_as_texts(data.draw(referrals(4))) for _ in range(2))
    copied = data.draw(st.sets(st.sampled_from(COMPARED)))
    after = before.assign(**{name: other[name] for name in copied})
    rows = [np.array(data.draw(st.lists(st.integers(0, 3), min_size=6, max_size=6))) for _ in range(2)]
    rows = data.draw(st.sampled_from([rows, [rows[0], rows[0]]]))
    for columns in (COMPARED, [column for column in COMPARED if column not in EVIDENCE]):
        both = zip((before, after), rows, strict=True)
        hashes = (state(frame.take(at), columns).to_numpy() for frame, at in both)
        same = alike((before, rows[0]), (after, rows[1]), columns)
        assert same.tolist() == np.equal(*hashes).tolist()


@given(data=st.data())
def test_whether_words_are_kept_once_makes_no_difference(data: st.DataObject) -> None:
    said, rows = data.draw(referrals(4)), np.arange(4)
    assert alike((said, rows), (_as_texts(said), rows)).all()


def _as_texts(said: pd.DataFrame) -> pd.DataFrame:
    return said.astype({name: "str" for name in COMPARED if name not in LISTS})
