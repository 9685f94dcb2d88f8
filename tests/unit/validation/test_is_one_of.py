"""Which texts are among others, as pandas would say it, whatever holds them."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from validation.keys import in_one_alone, is_one_of, looked_up, positions

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "é", None]), max_size=8)
HELD_AS = st.sampled_from(["str", "category", "object"])


@given(TEXTS, TEXTS, HELD_AS, HELD_AS)
def test_it_says_what_pandas_says(texts: list[str | None], known: list[str | None], one: str, other: str) -> None:
    left, right = pd.Series(texts, dtype="str"), pd.Series(known, dtype="str")
    assert is_one_of(left.astype(one), right.astype(other)).tolist() == left.isin(right).tolist()


@given(TEXTS, TEXTS)
def test_what_stands_in_one_alone_is_the_symmetric_difference(left: list[str | None], right: list[str | None]) -> None:
    assert in_one_alone(pd.Series(left, dtype="str"), pd.Series(right, dtype="str")) == len(set(left) ^ set(right))


@given(TEXTS, TEXTS, HELD_AS, HELD_AS)
def test_a_position_is_that_of_the_first_that_is_equal(
    texts: list[str | None], known: list[str | None], one: str, other: str
) -> None:
    found = positions(pd.Series(texts, dtype="str").astype(one), pd.Series(known, dtype="str").astype(other))
    assert found.tolist() == [known.index(text) if text is not None and text in known else -1 for text in texts]


@given(TEXTS, st.dictionaries(st.sampled_from(["a", "b", "é"]), st.none() | st.text(max_size=2)))
def test_what_is_looked_up_is_what_a_map_gives(texts: list[str | None], known: dict[str, str | None]) -> None:
    """The slow way: one text after the other."""
    asked = pd.Series(texts, range(5, 5 + len(texts)), dtype="str")
    found = looked_up(asked, pd.Series(list(known), dtype="str"), pd.Series(list(known.values()), dtype="str"))
    expected = [known.get(text) if text is not None else None for text in texts]
    assert found.astype("object").where(found.notna(), None).tolist() == expected
    assert found.index.equals(asked.index) and found.dtype == "str"
