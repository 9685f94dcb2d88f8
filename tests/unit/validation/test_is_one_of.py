"""Which texts are among others, as pandas would say it, whatever holds them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import validation.keys
from validation.keys import _mixed, in_one_alone, is_one_of, looked_up, positions, repeats

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


IDS = st.lists(st.integers(0, 3_000), max_size=40)


def ids(numbers: list[int], width: int = 17) -> pd.Series:
    return pd.Series([f"{number:0{width}d}" for number in numbers], dtype="str")


@given(IDS, IDS, st.integers(0, 1_500))
def test_among_many_ids_of_one_width_each_stands_where_a_slow_search_finds_it_first(
    numbers: list[int], twice: list[int], missing: int
) -> None:
    among = [*range(missing, 2_500), *twice]
    first = {number: len(among) - 1 - at for at, number in enumerate(reversed(among))}
    assert positions(ids(numbers), ids(among)).tolist() == [first.get(number, -1) for number in numbers]
    assert is_one_of(ids(numbers), ids(among)).tolist() == [number in first for number in numbers]
    assert in_one_alone(ids(numbers), ids(among)) == len(set(numbers) ^ set(among))


@pytest.mark.parametrize("known", [range(2_000), [*range(2_000), 7], [7, *range(2_000)]])
def test_what_is_looked_up_among_itself_stands_where_it_stood_first(known: list[int]) -> None:
    first = [list(known).index(number) for number in known]
    assert positions(ids([*known]), ids([*known])).tolist() == first
    assert is_one_of(ids([*known]), ids([*known])).all()
    assert in_one_alone(ids([*known]), ids([*known])) == 0


def test_ids_of_another_width_or_with_zeros_behind_them_are_others() -> None:
    assert not is_one_of(ids([5]), ids([*range(2_000)], width=18)).any()
    assert not is_one_of(ids([5]) + "\0", ids([*range(2_000)])).any()


def of_one_hash(text: str) -> str:
    """Another text of 16 letters that has the hash of a text of 16 letters."""
    random = np.random.default_rng(0)
    while True:
        begin = random.integers(ord("a"), ord("z"), 8).astype(np.uint8).tobytes()
        states = (_mixed(1, [np.frombuffer(part, np.uint64)]) for part in (begin, text[:8].encode()))
        end = (next(states) ^ next(states) ^ np.frombuffer(text[8:].encode(), np.uint64)).tobytes()
        if end.isascii():
            return (begin + end).decode()


def test_two_texts_of_one_hash_are_told_apart() -> None:
    known = ids([*range(2_000)], width=16)
    other = of_one_hash(known[5])
    both = pd.concat([known, pd.Series([other], dtype="str")], ignore_index=True)
    hashes = [_mixed(1, np.frombuffer(text.encode(), np.uint64).reshape(2, 1)) for text in (other, known[5])]
    assert other != known[5] and hashes[0] == hashes[1]
    assert is_one_of(pd.Series([other, known[5]], dtype="str"), known).tolist() == [False, True]
    assert positions(pd.Series([other, known[5]], dtype="str"), both).tolist() == [2_000, 5]


@given(TEXTS, IDS)
def test_repeats_are_counted_as_pandas_counts_them(few: list[str | None], twice: list[int]) -> None:
    for texts in (pd.Series(few, dtype="str"), ids([*range(1_500), *twice]), ids([*range(1_500)])):
        assert repeats(texts) == texts.duplicated().sum()


@given(st.sets(st.integers(0, 3_000), max_size=40), st.sets(st.integers(0, 3_000), max_size=40), st.integers(0, 60))
def test_ids_that_rise_and_are_nearly_the_same_stand_where_a_slow_search_finds_them(
    here: set[int], there: set[int], steps: int
) -> None:
    """However many differences are passed over before all are hashed."""
    texts, known = (sorted({*range(500, 2_500)} ^ some) for some in (here, there))
    first = {number: at for at, number in enumerate(known)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation.keys, "_STEPS", steps)
        assert positions(ids(texts), ids(known)).tolist() == [first.get(number, -1) for number in texts]
        assert is_one_of(ids(texts), ids(known)).tolist() == [number in first for number in texts]
