"""How far reviewers agree is counted as the textbook counts it, and of two who contradict each other none is chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.households.review.agreement import agreement, contradictions, strength
from assets.households.review.decisions import effective, read_decisions, record_decisions, revoke
from assets.households.review.second import pairs_for_a_second

MONDAY = datetime(2026, 3, 2, 9)


def say(folder: Path, by: str, pair: str, decision: str, day: int = 0) -> str:
    entry = {
        "record_id_l": pair[0],
        "record_id_r": pair[1],
        "decision": decision,
        "decided_by": by,
        "reason": "ibu sama",
    }
    (made,) = record_decisions(folder, [entry], decided_at=MONDAY + timedelta(days=day))
    return made


def test_kappa_of_a_known_table(tmp_path: Path) -> None:
    """20 yes and yes, 5 yes and no, 10 no and yes, 15 no and no: kappa 0.4 (the usual example of the textbooks)."""
    counts = {("same", "same"): 20, ("same", "different"): 5, ("different", "same"): 10, ("different", "different"): 15}
    pairs = iter(a + b for a, b in product("abcdefgh", "ijklmnop"))
    entries = []
    for (one, other), count in counts.items():
        for _ in range(count):
            left, right = next(pairs)
            for by, said in (("Rina", one), ("Tono", other)):
                entries.append(
                    {"record_id_l": left, "record_id_r": right, "decision": said, "decided_by": by, "reason": "x"}
                )
    record_decisions(tmp_path, entries, decided_at=MONDAY)
    (found,) = agreement(read_decisions(tmp_path))
    assert (found.reviewers, found.questions) == (("rina", "tono"), 50)
    assert (found.raw, found.kappa) == (pytest.approx(0.7), pytest.approx(0.4))
    assert strength(0.4) == "fair" and strength(-1) == "poor" and strength(1) == "strong"
    assert len(contradictions(read_decisions(tmp_path))) == 2 * 15


def test_of_two_who_contradict_each_other_none_is_chosen_until_one_gives_way(tmp_path: Path) -> None:
    first = say(tmp_path, "Rina", "ab", "same")
    say(tmp_path, "Tono", "ab", "different", day=1)
    assert effective(read_decisions(tmp_path))["decision"].tolist() == ["not_sure"]
    assert say(tmp_path, " rina ", "ab", "same", day=2) == first, "what stands already is not said again"
    revoke(tmp_path, first, decided_by="Rina", reason="keliru", decided_at=MONDAY + timedelta(days=3))
    assert effective(read_decisions(tmp_path))["decision"].tolist() == ["different"]
    assert contradictions(read_decisions(tmp_path)).empty


def test_who_answers_alike_or_about_something_else_contradicts_nobody(tmp_path: Path) -> None:
    say(tmp_path, "Rina", "ab", "same")
    say(tmp_path, "Tono", "ab", "same", day=1)
    say(tmp_path, "Tono", "ab", "two_households", day=1)
    assert contradictions(read_decisions(tmp_path)).empty
    assert sorted(effective(read_decisions(tmp_path))["decision"]) == ["same", "two_households"]


def test_a_second_reviewer_is_asked_what_one_decided_alone_the_weightiest_first(tmp_path: Path) -> None:
    for by, pair, decision in (
        ("Rina", "ac", "different"), ("Rina", "de", "same"), ("Tono", "de", "same"), ("Rina", "fg", "not_sure"),
        ("Rina", "bh", "same"), ("Rina", "df", "two_households"),
    ):  # fmt: skip
        say(tmp_path, by, pair, decision)
    who = pd.DataFrame({"record_id": list("abcdefgh"), "person_id": list("AACDEFGH"), "household_id": "H"})
    codes = {"a": ["05"], "c": ["05"]}
    records = pd.DataFrame({"record_id": list("abcdefgh"), "kode_pmks": [codes.get(r, []) for r in "abcdefgh"]})
    links = pd.DataFrame(
        [("a", "c", 3.0, 0.9, "reviewer"), ("b", "h", 1.0, 0.6, "reviewer"), ("e", "f", 0.0, 0.5, "model")],
        columns=["record_id_l", "record_id_r", "match_weight", "match_probability", "decided_by"],
    )
    found = pairs_for_a_second(read_decisions(tmp_path), links, records, who)
    assert (found["record_id_l"] + found["record_id_r"]).tolist() == ["ac", "bh"]
    assert found["rank"].tolist() == [1, 2]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9))
def test_what_counts_is_what_a_plain_program_counts(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    chance, folder = Random(seed), tmp_path_factory.mktemp("ledger")
    stands: dict[tuple[str, str], tuple[str, str]] = {}
    for day in range(chance.randrange(1, 14)):
        by, pair = chance.choice(("Rina", "Tono", "Sari")), chance.choice(("ab", "cd"))
        if (by, pair) in stands and chance.random() < 0.3:
            made, _ = stands.pop((by, pair))
            revoke(folder, made, decided_by=by, reason="x", decided_at=MONDAY + timedelta(days=day))
            continue
        if (by, pair) in stands:
            continue
        answer = chance.choice(("same", "different"))
        stands[by, pair] = (say(folder, by, pair, answer, day), answer)
    expected = {}
    for pair in ("ab", "cd"):
        answers = {answer for (_, of), (_, answer) in stands.items() if of == pair}
        if answers:
            expected[pair] = answers.pop() if len(answers) == 1 else "not_sure"
    found = effective(read_decisions(folder))
    assert dict(zip(found["record_id_l"] + found["record_id_r"], found["decision"], strict=True)) == expected
