"""The history of referrals step by step: what stays, what begins, what ends, and the weightiest reason why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from assets.referrals.history import (
    HISTORY_COLUMNS,
    LONG,
    Causes,
    advance_history,
    as_of,
    current_referrals,
    state,
    without_erased,
)
from assets.referrals.routing import route
from assets.referrals.rules import RuleSet, load_rules
from tests.support.referrals import Row, frames

FULL, SK = load_rules("full-2012"), load_rules("sk-101-2022")
FIRST, SECOND, THIRD = datetime(2025, 1, 1, 8), datetime(2025, 1, 2, 8), datetime(2025, 1, 3, 8)
NOTHING = pd.DataFrame({name: pd.Series(dtype="str") for name in HISTORY_COLUMNS}).astype(
    {"valid_from": "datetime64[us]", "valid_to": "datetime64[us]"}
)


def listing(person: str = "P1", record: str = "r1", code: str = "12", **said: Any) -> Row:
    usual = {"household_id": f"H-{person}", "kode_desa": "16.10.05.2036", "periode": "2024", "kode_pmks": [code]}
    return {**usual, "person_id": person, "record_id": record, **said}


def step(
    history: pd.DataFrame, rows: list[Row], at: datetime = FIRST, *, rules: RuleSet = FULL, **outcomes: str
) -> pd.DataFrame:
    """The history after a run over these listings. Every record is a submission of its own, named after it, and is
    accepted where `outcomes` does not say otherwise; records of other outcomes are known, but not in force."""
    world = frames(rows)
    made = route(*world, rules)
    every = [*world[0]["record_id"], *outcomes]
    causes = Causes(
        pd.DataFrame({"record_id": every, "submission_id": [f"s-{record}" for record in every]}, dtype="str"),
        pd.DataFrame(
            {"submission_id": [f"s-{r}" for r in every], "outcome": [outcomes.get(r, "accepted") for r in every]},
            dtype="str",
        ),
        world[1],
        made.unrouted,
        rules.hash,
    )
    return advance_history(history, made.referrals, run_id=f"run-{at:%d}", at=at, causes=causes)


def ended(history: pd.DataFrame) -> list[str]:
    return list(history.dropna(subset="valid_to")["ended_because"])


def test_long_texts_are_the_same_as_categories_and_as_texts() -> None:
    first = step(NOTHING, [listing(), listing("P2", "r2"), listing("P3", "r3", "21")])
    assert {*first.select_dtypes("category").columns} == {*LONG}
    again = [listing(), listing("P3", "r3", "24"), listing("P4", "r4", "21")]
    plain = step(first.astype(dict.fromkeys(LONG, "str")), again, SECOND)
    pd.testing.assert_frame_equal(
        step(first, again, SECOND).astype(dict.fromkeys(LONG, "str")), plain.astype(dict.fromkeys(LONG, "str"))
    )
    assert len(plain) == 6 and len(ended(plain)) == 2


def test_the_first_run_begins_every_referral() -> None:
    history = step(NOTHING, [listing(), listing("P2", "r2")])
    assert list(history.columns) == list(HISTORY_COLUMNS)
    assert set(history["valid_from"]) == {pd.Timestamp(FIRST)}
    assert set(history["run_id_from"]) == {"run-01"}
    assert history[["valid_to", "run_id_to", "ended_because"]].isna().all(axis=None)


def test_what_did_not_change_is_left_alone() -> None:
    before = step(NOTHING, [listing(), listing("P2", "r2")])
    pd.testing.assert_frame_equal(step(before, [listing(), listing("P2", "r2")], SECOND), before)
    reworded = step(before, [listing("P2", "r2"), listing()], SECOND)
    pd.testing.assert_frame_equal(reworded, before)


def test_a_referral_that_now_comes_before_another_leaves_it_alone() -> None:
    before = step(NOTHING, [listing("P2", "r2")])
    history = step(before, [listing(), listing("P2", "r2")], SECOND)
    assert not ended(history)
    begun = dict(zip(history["person_id"], history["valid_from"], strict=True))
    assert begun == {"P1": pd.Timestamp(SECOND), "P2": pd.Timestamp(FIRST)}


def test_no_referrals_before_and_none_now_make_an_empty_history() -> None:
    assert step(NOTHING, []).empty


def test_a_change_ends_one_state_and_begins_the_next_at_the_same_moment() -> None:
    before = step(NOTHING, [listing()])
    history = step(before, [listing(kode_desa="16.10.05.2037")], SECOND)
    old, new = history.to_dict("records")
    assert old["referral_id"] == new["referral_id"]
    assert (old["valid_from"], old["valid_to"]) == (pd.Timestamp(FIRST), pd.Timestamp(SECOND))
    assert (new["valid_from"], new["run_id_from"]) == (pd.Timestamp(SECOND), "run-02")
    assert pd.isna(new["valid_to"]) and old["run_id_to"] == "run-02"
    assert (old["kode_desa"], new["kode_desa"]) == ("16.10.05.2036", "16.10.05.2037")


def test_a_referral_that_comes_back_is_a_new_state_since_its_first_day() -> None:
    history = step(step(step(NOTHING, [listing()]), [], SECOND), [listing()], THIRD)
    assert ended(history) == ["bukti_dikoreksi"]
    (now,) = current_referrals(history).to_dict("records")
    assert (now["since"], now["run_id"]) == (pd.Timestamp(FIRST), "run-03")
    assert "valid_from" not in now


@pytest.mark.parametrize(
    ("at", "count"),
    [(datetime(2025, 1, 1, 7, 59), 0), (FIRST, 1), (datetime(2025, 1, 2, 7, 59), 1), (SECOND, 0), (THIRD, 1)],
)
def test_a_state_holds_from_its_first_moment_until_just_before_its_last(at: datetime, count: int) -> None:
    history = step(step(step(NOTHING, [listing()]), [], SECOND), [listing()], THIRD)
    assert len(as_of(history, at)) == count


def test_time_does_not_run_backwards_and_what_changes_is_said_to_change_just_after_the_latest_moment() -> None:
    just_after = pd.Timestamp(SECOND) + pd.Timedelta(microseconds=1)
    history = step(NOTHING, [listing()], SECOND)
    assert len(step(history, [listing()], FIRST)) == 1, "nothing changed"
    assert len(step(history, [listing()], SECOND)) == 1, "the same moment again"
    ended = step(history, [], FIRST)
    assert ended["valid_to"].tolist() == [just_after]
    again = step(ended, [listing()], FIRST)
    assert again["valid_from"].tolist() == [pd.Timestamp(SECOND), just_after + pd.Timedelta(microseconds=1)]
    assert step(again, [], THIRD)["valid_to"].max() == pd.Timestamp(THIRD)


BASE = {"jenis_disabilitas": "netra", "terlantar": True, "code": "09"}
CARED_FOR = {**BASE, "terlantar": False}
ELSEWHERE = {"kode_desa": "16.10.05.2037"}


@pytest.mark.parametrize(
    ("after", "why"),
    [
        ([listing(**BASE), listing(record="r2", **BASE)], "bukti_berubah"),
        ([listing(**BASE, periode="2025")], "bukti_berubah"),
        ([listing(**BASE, status_padan="padan")], "fakta_berubah"),
        ([listing(**BASE), listing(record="r2", **BASE, status_padan="padan")], "fakta_berubah"),
        ([listing(**CARED_FOR)], "fakta_berubah"),
        ([listing(**CARED_FOR), listing(record="r2", **CARED_FOR)], "fakta_berubah"),
        ([listing(**BASE, **ELSEWHERE), listing(record="r2", **BASE, **ELSEWHERE)], "pindah"),
        ([listing(**CARED_FOR, **ELSEWHERE)], "pindah"),
    ],
)
def test_of_several_changes_the_weightiest_is_given_as_the_reason(after: list[Row], why: str) -> None:
    assert ended(step(step(NOTHING, [listing(**BASE)]), after, SECOND)) == [why]


@pytest.mark.parametrize(
    ("before", "after"), [(["r1"], ["r1", "r2"]), (["r1", "r2"], ["r1"]), (["r1"], ["r2"]), (["r2"], ["r1"])]
)
def test_evidence_that_is_added_falls_away_or_is_replaced_is_a_change(before: list[str], after: list[str]) -> None:
    history = step(NOTHING, [listing(record=record) for record in before])
    assert ended(step(history, [listing(record=record) for record in after], SECOND)) == ["bukti_berubah"]


def test_other_rules_are_the_weightiest_change_of_all() -> None:
    """The id of a referral holds the name of its profile, so rules change under one name."""
    history = step(NOTHING, [listing()])
    moved = [listing(kode_desa="16.10.05.2037")]
    other = RuleSet(FULL.name, FULL.rules, FULL.conditions, "f" * 64)
    assert ended(step(history, moved, SECOND, rules=other)) == ["aturan_berubah"]


def test_a_referral_whose_source_is_gone_ends_for_that_reason() -> None:
    history = step(NOTHING, [listing()])
    assert ended(step(history, [], SECOND, r1="superseded")) == ["sumber_diganti"]
    assert ended(step(history, [], SECOND, r1="withdrawn")) == ["sumber_ditarik"]
    assert ended(step(history, [], SECOND, r1="accepted")) == ["bukti_dikoreksi"]
    two = step(NOTHING, [listing(), listing(record="r2")])
    assert ended(step(two, [], SECOND, r1="withdrawn", r2="superseded")) == ["sumber_ditarik"]
    assert ended(step(two, [], SECOND, r1="superseded", r2="accepted")) == ["sumber_diganti"]


def test_a_referral_whose_subject_is_stated_dead_ends_as_death() -> None:
    history = step(NOTHING, [listing()])
    after = [listing(), listing(record="r2", code="13", periode="2025", status_hidup="meninggal")]
    assert ended(step(history, after, SECOND)) == ["meninggal"]


def test_a_referral_that_other_rules_do_not_make_ends_with_the_rules() -> None:
    for one, other in ((FULL, SK), (SK, FULL)):
        history = step(NOTHING, [listing(code="24")], rules=one)
        assert set(ended(step(history, [listing(code="24")], SECOND, rules=other))) == {"aturan_berubah"}


def test_a_referral_without_any_other_cause_ends_by_what_lists_state() -> None:
    rules = load_rules("study-2011")
    history = step(NOTHING, [listing(**BASE)], rules=rules)
    after = [listing(**{**BASE, "terlantar": False})]
    assert ended(step(history, after, SECOND, rules=rules)) == ["fakta_berubah"]


def test_a_referral_whose_evidence_is_now_anothers_names_them() -> None:
    history = step(NOTHING, [listing(), listing("P2", "r2", "13")])
    merged = [listing("P2"), listing("P2", "r2", "13")]
    assert ended(step(history, merged, SECOND)) == ["digabung dengan P2"]
    corrected = [listing("P2"), listing("P2", "r2", "13"), listing("P1", "r3", "13")]
    assert ended(step(history, corrected, SECOND)) == ["identitas_dikoreksi: kini P2"]


def test_a_household_that_was_merged_names_the_household() -> None:
    history = step(NOTHING, [listing(code="24")])
    after = step(history, [listing(code="24", household_id="H-new")], SECOND)
    assert set(ended(after)) == {"digabung dengan H-new"}


def test_the_state_of_a_referral_is_everything_but_its_id_and_the_words_of_its_rule() -> None:
    referrals = route(*frames([listing(**BASE)]), FULL).referrals
    same = state(referrals)
    assert state(referrals.assign(alasan="lain", tujuan="lain", referral_id="lain")).equals(same)
    for column, value in (("kode_desa", "16.10.05.2037"), ("status", "lain"), ("rule_id", "lain"), ("periode", "2025"),
                          ("memimpin", "lain"), ("status_padan", "padan"), ("household_id", "lain")):  # fmt: skip
        assert not state(referrals.assign(**{column: value})).equals(same), column
    for column in ("also_referred_to", "record_ids"):
        assert not state(referrals.assign(**{column: [["r1", "r2"]]})).equals(same), column


def test_only_ended_states_that_rest_on_erased_rows_lose_what_those_stated() -> None:
    said = {"status_hidup": "hidup"}
    history = step(NOTHING, [listing(**said), listing("P2", "r2", **said), listing("P3", "r3", **said)])
    history = step(history, [listing("P2", "r2", **said)], SECOND)
    kept = without_erased(history, pd.Series(["r1", "r2"], dtype="str"))
    stated = dict(zip(kept["person_id"], kept["status_hidup"].fillna("").tolist(), strict=True))
    assert stated == {"P1": "", "P2": "hidup", "P3": "hidup"}, "P2 still holds, and no row of P3 was erased"
    others = [name for name in kept.columns if name != "status_hidup"]
    pd.testing.assert_frame_equal(kept[others], history[others])
