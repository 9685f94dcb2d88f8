"""Over any history of batches: who belongs together equals a rebuild, ids last, none is reused, events tell all."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assets.households.identity.assign import IdentityState, assign_ids
from assets.households.identity.events import successors

RECORDS = 8
START = datetime(2026, 1, 1)
pairs = st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1))
# A run: which records are in force, and which pairs the evidence then links (for persons, for households).
runs = st.lists(
    st.tuples(st.sets(st.integers(0, RECORDS - 1)), st.sets(pairs, max_size=8), st.sets(pairs, max_size=8)),
    min_size=1,
    max_size=5,
)


def components(present: list[int], links: set[tuple[int, int]]) -> np.ndarray:
    at = {record: place for place, record in enumerate(present)}
    kept = [(at[a], at[b]) for a, b in links if a in at and b in at]
    left, right = (np.array(side, dtype=np.int64) for side in (zip(*kept, strict=True) if kept else ([], [])))
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(present), len(present)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def partition(membership: pd.DataFrame, column: str) -> set[frozenset[str]]:
    return {frozenset(group) for _, group in membership.groupby(column)["record_id"]}


def play(history):
    """All runs of a history: what each gave, and the labels it started from."""
    state, found = IdentityState.empty(), []
    for number, (present, person_links, household_links) in enumerate(history):
        records = sorted(present)
        names = pd.Series([f"r{r:02d}" for r in records], dtype="str")
        persons, households = components(records, person_links), components(records, household_links)
        result = assign_ids(names, persons, households, state, run_id=f"run{number}", at=START + timedelta(days=number))
        state = result.state
        found.append((names, persons, households, result))
    return found


def slow_settle(names, labels, state, column):
    """The obvious rule, one pair at a time: strongest vote first, each cluster and each id once."""
    known = state.ids.set_index("record_id")
    since = dict(zip(state.ids[column], state.ids[column.replace("_id", "_since")], strict=True))
    merged = set(state.retired.dropna(subset=["retired_into"])["id"])
    votes: dict[tuple[str, int], list[int]] = {}
    smallest = {label: min(n for n, other in zip(names, labels, strict=True) if other == label) for label in labels}
    for name, label in zip(names, labels, strict=True):
        if name in known.index and known.loc[name, column] not in merged:
            vote = votes.setdefault((known.loc[name, column], label), [0, 0])
            vote[0] += bool(known.loc[name, "in_force"])
            vote[1] += 1
    given: dict[int, str] = {}
    order = sorted(votes, key=lambda v: (-votes[v][0], -votes[v][1], since[v[0]], v[0], smallest[v[1]]))
    for old, label in order:
        if label not in given and old not in given.values():
            given[label] = old
    return given


@settings(max_examples=25, deadline=None)
@given(runs)
def test_membership_after_any_history_equals_a_rebuild(history):
    for names, persons, households, result in play(history):
        rebuilt = assign_ids(names, persons, households, IdentityState.empty(), run_id="rebuild", at=START)
        for column in ("person_id", "household_id"):
            assert partition(result.membership, column) == partition(rebuilt.membership, column)


@settings(max_examples=25, deadline=None)
@given(runs)
def test_ids_are_those_that_the_slow_rule_gives(history):
    state = IdentityState.empty()
    for names, persons, households, result in play(history):
        for labels, column in ((persons, "person_id"), (households, "household_id")):
            kept = slow_settle(names, labels, state, column)
            now = dict(zip(labels, result.membership[column], strict=True))
            ever = set(state.ids[column]) | set(state.retired["id"])
            assert {label: now[label] for label in kept} == kept
            assert ever.isdisjoint(now[label] for label in set(now) - set(kept))
        state = result.state


@settings(max_examples=25, deadline=None)
@given(runs)
def test_a_cluster_that_nothing_touched_keeps_its_id(history):
    before = None
    for *_, result in play(history):
        if before is not None:
            for column in ("person_id", "household_id"):
                for same in partition(before, column) & partition(result.membership, column):
                    ids = [set(m.loc[m["record_id"].isin(same), column]) for m in (before, result.membership)]
                    assert ids[0] == ids[1]
        before = result.membership


@settings(max_examples=25, deadline=None)
@given(runs)
def test_an_id_is_only_ever_borne_by_a_cluster_with_one_of_its_former_records(history):
    holders: dict[str, set[str]] = {}
    for *_, result in play(history):
        for column in ("person_id", "household_id"):
            for one, group in result.membership.groupby(column)["record_id"]:
                former = holders.setdefault(one, set(group))
                assert former & set(group)
                former |= set(group)


@settings(max_examples=25, deadline=None)
@given(runs)
def test_replaying_the_events_leads_every_old_id_to_the_present_ids_of_its_records(history):
    played = play(history)
    events = pd.concat([result.events for *_, result in played], ignore_index=True)
    leads = {one: set(group) for one, group in successors(events).groupby("id")["present_id"]}
    last = played[-1][-1].membership.set_index("record_id")
    for *_, result in played:
        for column in ("person_id", "household_id"):
            for record, old in zip(result.membership["record_id"], result.membership[column], strict=True):
                assert record not in last.index or last.loc[record, column] in leads[old]
    assert events["event_id"].is_unique


@settings(max_examples=25, deadline=None)
@given(runs)
def test_ids_in_the_ledger_and_ids_in_use_never_overlap(history):
    for *_, result in play(history):
        in_use = set(result.membership["person_id"]) | set(result.membership["household_id"])
        assert in_use.isdisjoint(result.state.retired["id"])
        assert result.state.retired["id"].is_unique
        assert set(result.state.ids.loc[result.state.ids["in_force"], "record_id"]) == set(
            result.membership["record_id"]
        )
        assert result.state.ids["record_id"].is_monotonic_increasing
