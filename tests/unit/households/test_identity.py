"""Ids stay with the cluster that holds most of their records, are never reused, and every change is an event."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from assets.households.identity.assign import Identified, IdentityState, assign_ids
from assets.households.identity.events import successors


class Book:
    """A sequence of runs over clusters written as text: `"ab c"` is the cluster of a and b, and that of c."""

    def __init__(self) -> None:
        self.state, self.events, self.runs = IdentityState.empty(), pd.DataFrame(), 0

    def run(self, clusters: str, **more: pd.DataFrame) -> Identified:
        self.runs += 1
        records = pd.Series([r for c in clusters.split() for r in c], dtype="str")
        labels = np.array([i for i, c in enumerate(clusters.split()) for _ in c], dtype=np.int64)
        at = datetime(2026, 1, self.runs)
        found = assign_ids(records, labels, labels, self.state, run_id=f"run{self.runs}", at=at, **more)
        self.state = found.state
        self.events = pd.concat([self.events, found.events], ignore_index=True)
        self.last = found
        return found

    def id_of(self, record: str) -> str:
        return str(self.last.membership.set_index("record_id").loc[record, "person_id"])

    def said(self) -> set[tuple[str, str, str]]:
        events = self.last.events[self.last.events["kind"] == "person"]
        return set(zip(events["event"], events["cause"], events["record_count"].astype(str), strict=True))


def test_first_run_gives_every_cluster_an_id_of_its_own():
    book = Book()
    book.run("ab c")
    assert book.id_of("a") == book.id_of("b") != book.id_of("c")
    assert book.id_of("a").startswith("P") and len(book.id_of("a")) == 17
    assert book.said() == {("new", "first_seen", "2"), ("new", "first_seen", "1")}
    assert set(book.last.membership["household_id"].str[0]) == {"H"}


def test_order_of_rows_does_not_change_new_ids():
    one, other = Book(), Book()
    one.run("ab cd e")
    other.run("e dc ba")
    pd.testing.assert_frame_equal(one.last.membership, other.last.membership)


def test_nothing_changed_means_no_event():
    book = Book()
    first = book.run("ab c")
    again = book.run("c ab")
    assert len(again.events) == 0
    pd.testing.assert_frame_equal(first.membership, again.membership)
    pd.testing.assert_frame_equal(first.state.ids, again.state.ids)


def test_merge_keeps_the_id_of_most_records_and_retires_the_other():
    book = Book()
    book.run("a bcd")
    small, large = book.id_of("a"), book.id_of("b")
    book.run("abcd")
    assert book.id_of("a") == large
    assert book.said() == {("merge", "new_evidence", "1")}
    retired = book.state.retired.set_index("id")
    assert retired.loc[small, "retired_into"] == large
    assert retired.loc[small, "at"] == pd.Timestamp(2026, 1, 2)


def test_merge_of_equals_keeps_the_older_id():
    book = Book()
    book.run("b")
    older = book.id_of("b")
    book.run("b a")
    book.run("ab")
    assert book.id_of("a") == older


def test_split_leaves_the_id_with_most_records():
    book = Book()
    book.run("abcde")
    before = book.id_of("a")
    book.run("ab cde")
    assert book.id_of("c") == before != book.id_of("a")
    assert book.said() == {("split", "new_evidence", "2")}


def test_split_of_equal_parts_leaves_the_id_with_the_smallest_record():
    book = Book()
    book.run("abcd")
    before = book.id_of("a")
    book.run("cd ab")
    assert book.id_of("a") == before


def test_split_because_the_joining_record_was_withdrawn_says_so():
    book = Book()
    book.run("abc")
    book.run("a b")
    assert book.said() == {("split", "record_withdrawn", "1")}


def test_records_that_change_clusters_leave_both_ids_in_place():
    book = Book()
    book.run("abcd ef")
    first, second = book.id_of("a"), book.id_of("e")
    book.run("abc def")
    assert (book.id_of("a"), book.id_of("d")) == (first, second)
    assert book.said() == {("split", "new_evidence", "1")}


def test_a_part_that_loses_its_id_takes_the_next_one_of_its_records():
    book = Book()
    book.run("abcdefghij klm")
    first, second = book.id_of("a"), book.id_of("k")
    book.run("abcdklm efghij")
    assert (book.id_of("e"), book.id_of("k")) == (first, second)


def test_withdrawn_cluster_retires_its_id_and_gets_it_back_on_return():
    book = Book()
    book.run("ab c")
    before = book.id_of("a")
    book.run("c")
    assert book.said() == {("retired", "record_withdrawn", "2")}
    assert book.state.retired["retired_into"].isna().all()
    assert before in set(book.state.retired["id"])
    book.run("ab c")
    assert book.id_of("a") == before
    assert book.said() == {("new", "record_returned", "2")}
    assert len(book.state.retired) == 0


def test_a_returning_record_never_takes_the_id_from_those_who_stayed():
    book = Book()
    book.run("abc")
    before = book.id_of("a")
    book.run("a")
    book.run("a bc")
    assert book.id_of("a") == before != book.id_of("b")


def test_a_merged_id_is_never_minted_again():
    book = Book()
    book.run("a b")
    gone = book.id_of("b")
    book.run("ab")
    book.run("a b")
    assert book.id_of("b") != gone
    leads = successors(book.events).groupby("id")["present_id"].agg(set)
    assert leads[gone] == {book.id_of("a"), book.id_of("b")}


def test_a_withdrawn_record_follows_its_id_into_a_merge():
    book = Book()
    book.run("ab c")
    book.run("a cd")
    book.run("acd")
    survivor = book.id_of("a")
    book.run("acdb")
    assert book.id_of("b") == survivor
    assert len(book.last.events) == 0


def test_events_name_a_reviewers_decision_as_the_cause():
    book = Book()
    book.run("a bc")
    same = pd.DataFrame({"record_id_l": ["a"], "record_id_r": ["c"], "decision": ["same"]})
    book.run("abc", decisions=same)
    assert book.said() == {("merge", "review_decision", "1")}
    different = same.assign(decision="different")
    book.run("a bc", decisions=different)
    assert book.said() == {("split", "review_decision", "1")}


def test_the_record_of_a_corrected_list_carries_the_id_on():
    book = Book()
    book.run("ab")
    before = book.id_of("a")
    book.run("xy", successions=pd.DataFrame({"record_id": ["x", "y"], "replaces": ["a", "b"]}))
    assert book.id_of("x") == before
    assert len(book.last.events) == 0


def test_a_chain_of_changes_leads_from_an_old_id_to_all_present_ones():
    book = Book()
    book.run("ab cd")
    one, two = book.id_of("a"), book.id_of("c")
    book.run("abcd")
    book.run("a bc d")
    leads = successors(book.events).groupby("id")["present_id"].agg(set)
    assert leads[one] == leads[two] == set(book.last.membership["person_id"])


@pytest.mark.parametrize("labels", [[1, None], [1, np.nan]])
def test_a_record_without_a_cluster_is_refused(labels):
    records = pd.Series(["a", "b"])
    with pytest.raises(ValueError, match="person label"):
        assign_ids(
            records, pd.Series(labels), pd.Series([1, 1]), IdentityState.empty(), run_id="r", at=datetime(2026, 1, 1)
        )


def test_a_record_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="once"):
        assign_ids(
            pd.Series(["a", "a"]),
            pd.Series([1, 1]),
            pd.Series([1, 1]),
            IdentityState.empty(),
            run_id="r",
            at=datetime(2026, 1, 1),
        )


def test_an_empty_run_after_records_retires_everything():
    book = Book()
    book.run("ab c")
    book.run("")
    assert len(book.last.membership) == 0
    assert set(book.last.events["event"]) == {"retired"}
    assert not book.state.ids["in_force"].any()
