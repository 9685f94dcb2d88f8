"""The ledger of decisions only grows, survives an interrupted write, and notices a hand that changes it."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from assets.households.review.decisions import (
    LEDGER,
    LedgerError,
    about_households,
    about_people,
    effective,
    latest_of_each,
    read_decisions,
    record_decisions,
    revoke,
    through_successions,
)

MONDAY, TUESDAY = datetime(2026, 3, 2, 9), datetime(2026, 3, 3, 9)


def pair(left: str, right: str, decision: str, by: str = "Rina") -> dict[str, str]:
    return {"record_id_l": left, "record_id_r": right, "decision": decision, "decided_by": by, "reason": "alamat sama"}


def test_no_ledger_means_no_decision(tmp_path):
    assert len(effective(read_decisions(tmp_path))) == 0


def test_a_decision_comes_back_as_it_was_given_with_its_records_in_order(tmp_path):
    (made,) = record_decisions(tmp_path, [pair("b", "a", "same")], decided_at=MONDAY)
    (row,) = effective(read_decisions(tmp_path)).to_dict("records")
    assert (row["decision_id"], row["record_id_l"], row["record_id_r"]) == (made, "a", "b")
    assert (row["decision"], row["decided_by"], row["reason"]) == ("same", "Rina", "alamat sama")
    assert row["decided_at"] == pd.Timestamp(MONDAY)


def test_the_latest_decision_of_a_pair_stands(tmp_path):
    record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    record_decisions(tmp_path, [pair("a", "b", "different")], decided_at=TUESDAY)
    assert effective(read_decisions(tmp_path))["decision"].tolist() == ["different"]
    assert len(read_decisions(tmp_path)) == 2


def test_a_revoked_decision_leaves_the_one_before_it_in_force(tmp_path):
    record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    (second,) = record_decisions(tmp_path, [pair("a", "b", "different")], decided_at=TUESDAY)
    revoke(tmp_path, second, decided_by="Budi", reason="salah baris", decided_at=TUESDAY)
    assert effective(read_decisions(tmp_path))["decision"].tolist() == ["same"]
    assert len(read_decisions(tmp_path)) == 3


def test_only_a_standing_decision_can_be_revoked(tmp_path):
    (made,) = record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    taken = revoke(tmp_path, made, decided_by="Budi", reason="", decided_at=TUESDAY)
    for again in (made, taken, "K0"):
        with pytest.raises(LedgerError, match="stands"):
            revoke(tmp_path, again, decided_by="Budi", reason="", decided_at=TUESDAY)


def test_the_same_answer_of_the_same_person_twice_adds_nothing(tmp_path):
    first = record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    assert record_decisions(tmp_path, [pair("b", "a", "same")], decided_at=TUESDAY) == first
    assert len(read_decisions(tmp_path)) == 1


@pytest.mark.parametrize("bad", [pair("a", "a", "same"), pair("a", "b", "maybe"), pair("a", "b", "same", by=" ")])
def test_a_decision_that_says_too_little_is_refused_and_nothing_is_written(tmp_path, bad):
    with pytest.raises(LedgerError):
        record_decisions(tmp_path, [pair("c", "d", "same"), bad], decided_at=MONDAY)
    assert len(read_decisions(tmp_path)) == 0


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_does_not_count_and_is_replaced_by_the_next_entry(tmp_path, cut):
    record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    whole = (tmp_path / LEDGER).read_bytes()
    record_decisions(tmp_path, [pair("c", "d", "same")], decided_at=MONDAY)
    (tmp_path / LEDGER).write_bytes((tmp_path / LEDGER).read_bytes()[: len(whole) + cut])
    assert read_decisions(tmp_path)["record_id_l"].tolist() == ["a"]
    record_decisions(tmp_path, [pair("e", "f", "different")], decided_at=TUESDAY)
    assert read_decisions(tmp_path)["record_id_l"].tolist() == ["a", "e"]


@pytest.mark.parametrize("line", [0, 1])
def test_a_line_changed_by_hand_is_noticed(tmp_path, line):
    record_decisions(tmp_path, [pair("a", "b", "same"), pair("c", "d", "same")], decided_at=MONDAY)
    lines = (tmp_path / LEDGER).read_text().splitlines(keepends=True)
    lines[line] = lines[line].replace('"same"', '"different"')
    (tmp_path / LEDGER).write_text("".join(lines))
    with pytest.raises(LedgerError, match=f"line {line + 1}"):
        read_decisions(tmp_path)


def test_a_line_removed_by_hand_is_noticed(tmp_path):
    record_decisions(tmp_path, [pair("a", "b", "same"), pair("c", "d", "same")], decided_at=MONDAY)
    (tmp_path / LEDGER).write_text((tmp_path / LEDGER).read_text().splitlines(keepends=True)[1])
    with pytest.raises(LedgerError, match="changed by hand"):
        read_decisions(tmp_path)


def test_the_ledger_is_readable_by_its_owner_only(tmp_path):
    record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    assert (tmp_path / LEDGER).stat().st_mode & 0o077 == 0


def test_decisions_follow_unchanged_records_into_a_corrected_list(tmp_path):
    record_decisions(tmp_path, [pair("a", "b", "same"), pair("c", "d", "different")], decided_at=MONDAY)
    successions = pd.DataFrame({"record_id": ["x", "y"], "replaces": ["b", "d"], "unchanged": [True, False]})
    moved = through_successions(latest_of_each(read_decisions(tmp_path)), successions)
    assert list(zip(moved["record_id_l"], moved["record_id_r"], strict=True)) == [("a", "x"), ("c", "d")]


@pytest.mark.parametrize(("second", "stands"), [("Budi", "not_sure"), ("Rina", "different")])
def test_answers_to_a_pair_and_to_that_which_follows_it_are_answers_to_one_question(tmp_path, second, stands):
    """Of two reviewers who contradict each other none is chosen, also where each saw another of two equal lists."""
    record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    record_decisions(tmp_path, [pair("a", "x", "different", by=second)], decided_at=TUESDAY)
    successions = pd.DataFrame({"record_id": ["x"], "replaces": ["b"], "unchanged": [True]})
    moved = through_successions(latest_of_each(read_decisions(tmp_path)), successions)
    assert moved[["record_id_l", "record_id_r", "decision"]].to_numpy().tolist() == [["a", "x", stands]]


def test_the_same_answer_for_another_reason_is_kept_as_its_own_entry(tmp_path):
    first = record_decisions(tmp_path, [pair("a", "b", "same")], decided_at=MONDAY)
    other = {**pair("a", "b", "same"), "reason": "ibu kandung sama"}
    second = record_decisions(tmp_path, [other], decided_at=TUESDAY)
    assert second != first
    assert effective(read_decisions(tmp_path))["reason"].tolist() == ["ibu kandung sama"]
    assert record_decisions(tmp_path, [other], decided_at=TUESDAY) == second


def test_what_is_said_of_households_takes_no_answer_about_people_away(tmp_path):
    about_both = [pair("a", "b", "different"), pair("a", "b", "one_household")]
    assert len(set(record_decisions(tmp_path, about_both, decided_at=MONDAY))) == 2
    stands = effective(read_decisions(tmp_path))
    assert sorted(stands["decision"]) == ["different", "one_household"]
    record_decisions(tmp_path, [pair("a", "b", "two_households")], decided_at=TUESDAY)
    stands = effective(read_decisions(tmp_path))
    assert about_people(stands)["decision"].tolist() == ["different"]
    assert about_households(stands)["decision"].tolist() == ["two_households"]
