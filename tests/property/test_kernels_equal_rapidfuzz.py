"""The compiled string kernels against rapidfuzz, on random texts of which most are nearly the same."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Hamming

from assets.households.linkage.arrays.text import packed_digits
from assets.households.linkage.compare.identifiers import EQUAL, LAST_OFF, MANY_OFF, ONE_OFF, digits_off
from assets.households.linkage.compare.names import (
    FUZZY_FROM,
    TWO_EDITS_FROM,
    TokenLikeness,
    edits_at_most,
    names_of_table,
    one_edit_at_most,
    token_likeness,
)
from assets.households.linkage.prepare.tokens import WIDTH, name_table

MANY = settings(max_examples=400, deadline=None)


@st.composite
def pairs(draw: st.DrawFn, alphabet: str, longest: int) -> tuple[str, str]:
    """Draw a text, and another one that a few edits made of it, or that has nothing to do with it."""
    text = draw(st.text(alphabet, max_size=longest))
    if draw(st.integers(0, 9)) == 0:
        return text, draw(st.text(alphabet, max_size=longest))
    other = list(text)
    for _ in range(draw(st.integers(0, 3))):
        at, edit = draw(st.integers(0, len(other))), draw(st.sampled_from(("insert", "delete", "change", "swap")))
        if edit == "insert":
            other.insert(at, draw(st.sampled_from(alphabet)))
        elif edit == "delete":
            del other[at : at + 1]
        elif edit == "change":
            other[at : at + 1] = draw(st.sampled_from(alphabet))
        else:
            other[at : at + 2] = other[at : at + 2][::-1]
    return text, "".join(other[:longest])


def letters(text: str, width: int) -> np.ndarray:
    return np.frombuffer(text.encode().ljust(width, b"\0"), np.uint8)


@MANY
@given(pairs("ABC", WIDTH), st.sampled_from((1, 2)))
def test_edits_at_most_is_a_bound_on_the_osa_distance(texts: tuple[str, str], limit: int) -> None:
    a, b = texts
    got = edits_at_most(letters(a, WIDTH), len(a), letters(b, WIDTH), len(b), limit)
    assert got == (OSA.distance(a, b) <= limit)


@MANY
@given(pairs("ABC", WIDTH), st.data())
def test_one_edit_at_most_compares_what_begins_anywhere(texts: tuple[str, str], data: st.DataObject) -> None:
    a, b = texts
    at, bt = data.draw(st.integers(0, len(a))), data.draw(st.integers(0, len(b)))
    got = one_edit_at_most(letters(a, WIDTH), at, len(a), letters(b, WIDTH), bt, len(b))
    assert got == (OSA.distance(a[at:], b[bt:]) <= 1)


@MANY
@given(pairs("0123", 16))
def test_digits_off_is_the_osa_distance_up_to_one_of_numbers_of_any_length(texts: tuple[str, str]) -> None:
    a, b = texts
    packed = packed_digits(np.stack([letters(a, 16), letters(b, 16)]))
    off = digits_off(packed[0], packed[1])
    assert off == digits_off(packed[1], packed[0])
    assert {EQUAL: 0, ONE_OFF: 1, LAST_OFF: 1, MANY_OFF: 2}[off] == min(OSA.distance(a, b), 2)


@MANY
@given(pairs("0123", 16))
def test_digits_off_says_where_only_the_last_of_sixteen_digits_differs(texts: tuple[str, str]) -> None:
    a, b = (text.ljust(16, "4") for text in texts)
    packed = packed_digits(np.stack([letters(a, 16), letters(b, 16)]))
    assert (digits_off(packed[0], packed[1]) == LAST_OFF) == (Hamming.distance(a, b) == 1 and a[-1] != b[-1])


@MANY
@given(st.lists(pairs("ABCDEFGH", WIDTH), min_size=1, max_size=4))
def test_tokens_are_a_typing_error_apart_by_their_osa_distance_and_length(drawn: list[tuple[str, str]]) -> None:
    """The bits of letters that tokens have may only leave out what rapidfuzz leaves out too."""
    table, _ = name_table(pa.array(sorted({text for both in drawn for text in both if text}), pa.large_string()))
    words, texts = names_of_table(table).words, table.vocabulary.text.to_pylist()
    bits = {int(s): int(row["letters"][0]) for row in names_of_table(table).rows for s in [row["tokens"][0]] if s >= 0}
    for s in bits:
        for t in bits:
            a, b = texts[s][:WIDTH], texts[t][:WIDTH]
            shorter = min(len(a), len(b))
            few = OSA.distance(a, b) <= (2 if shorter >= TWO_EDITS_FROM else 1) and shorter >= FUZZY_FROM
            like = token_likeness(s, t, bits[s], bits[t], False, words.letters)
            if s == t:
                assert like == TokenLikeness.SAME
            elif shorter == 1:
                assert like == (TokenLikeness.INITIAL if a[0] == b[0] else TokenLikeness.NONE)
            else:
                assert like == (TokenLikeness.TYPING_ERROR if few else TokenLikeness.NONE)
