"""Trees over rows: any row leads to the root, no other row does, and the order of rows does not matter."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.row_trees import ShownRow, leaf_of, levels_of, path_of, root_of, salt_of

KEY = b"k" * 32
TEXTS = st.lists(st.text(max_size=5), min_size=1, max_size=20, unique=True)


def tree(texts: list[str]) -> list[list[bytes]]:
    return levels_of(leaf_of(text, salt_of(text, KEY)) for text in texts)


def shown(text: str, levels: list[list[bytes]]) -> ShownRow:
    salt = salt_of(text, KEY)
    return ShownRow("t", salt.hex(), text, path_of(levels, leaf_of(text, salt)))


def root_by_halves(leaves: list[bytes]) -> bytes:
    """The slow oracle: a tree is split at the largest power of two below its size (RFC 6962)."""
    if len(leaves) == 1:
        return leaves[0]
    at = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_by_halves(leaves[:at]) + root_by_halves(leaves[at:])).digest()


@given(TEXTS, st.data())
def test_every_row_leads_to_the_root_whatever_the_order_and_a_changed_one_does_not(
    texts: list[str], data: st.DataObject
) -> None:
    levels = tree(texts)
    (root,) = levels[-1]
    assert root == root_by_halves(sorted(levels[0])) == tree(texts[::-1])[-1][0]
    one = shown(data.draw(st.sampled_from(texts)), levels)
    assert root_of(one) == root.hex()
    assert root_of(one._replace(row=one.row + "x")) != root.hex()
    for at, step in enumerate(one.path):
        other_side = ("<" if step[0] == ">" else ">") + step[1:]
        assert root_of(one._replace(path=[*one.path[:at], other_side, *one.path[at + 1 :]])) != root.hex()


def test_a_row_that_is_not_there_has_no_path() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        path_of(tree(["a", "c"]), leaf_of("b", salt_of("b", KEY)))


def test_a_node_is_never_taken_for_a_row() -> None:
    levels = tree(["a", "b", "c"])
    assert levels[1][0] != hashlib.sha256(b"\0" + b"".join(levels[0][:2])).digest()
