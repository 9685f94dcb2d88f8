"""Each tie by itself carries a change from one end to the other, and a chain of ties carries it to its end."""

from __future__ import annotations

import pyarrow as pa
import pytest

from assets.referrals.reach import Changed, Ties, reached

Pairs = list[tuple[str, str]]
APART = ("record 9", "person 9", "home 9")
"""Somebody whom nothing ties to anybody else."""


def ties(members: list[tuple[str, str, str]], lives: Pairs, headed: Pairs) -> Ties:
    def table(rows: list[tuple[str, ...]], *names: str) -> pa.Table:
        return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)})

    return Ties(
        table([*members, APART], "record_id", "person_id", "household_id"),
        table([*lives, APART[1:]], "person_id", "household_id"),
        table([*headed, (APART[2], APART[1])], "household_id", "head_person_id"),
    )


def found(by: Ties, *, records: str = "", people: str = "", homes: str = "") -> set[str]:
    """The ids of the people and households that a change of one record, person or household reaches."""
    again = reached(by, Changed(*(pa.array([name] if name else [], pa.string()) for name in (records, people, homes))))
    return {*again.people.to_pylist(), *again.homes.to_pylist()}


ONE = [
    pytest.param(ties([("record 1", "person 1", "home 1")], [], []), id="a record names both"),
    pytest.param(ties([], [("person 1", "home 1")], []), id="the person lives there today"),
    pytest.param(ties([], [], [("home 1", "person 1")]), id="the person heads the household"),
]


@pytest.mark.parametrize("by", ONE)
def test_each_tie_carries_a_change_both_ways(by: Ties) -> None:
    assert found(by, people="person 1") == found(by, homes="home 1") == {"person 1", "home 1"}


def test_a_change_of_a_record_reaches_whose_it_is() -> None:
    by = ties([("record 1", "person 1", "home 1"), ("record 2", "person 2", "home 2")], [], [])
    assert found(by, records="record 1") == {"person 1", "home 1"}
    assert found(by, records="record 3") == set()


def test_a_change_reaches_the_end_of_a_chain_and_says_which_rows_are_of_whom_it_reaches() -> None:
    by = ties(
        [("record 1", "person 1", "home 1"), ("record 2", "person 2", "home 1"), ("record 3", "person 3", "home 3")],
        [("person 1", "home 1"), ("person 2", "home 2"), ("person 3", "home 3")],
        [("home 2", "person 3"), ("home 3", "person 3")],
    )
    assert found(by, records="record 1") == {f"{kind} {number}" for kind in ("person", "home") for number in (1, 2, 3)}
    again = reached(by, Changed(*(pa.array(ids, pa.string()) for ids in (["record 1"], [], []))))
    assert again.records.tolist() == again.persons.tolist() == [True, True, True, False]
    assert again.households.tolist() == [True, True, False]
