"""Any history of sending, replacing and withdrawing lists: what is replaced always leaves a list in its place."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.intake.inbox.comparing import compare_among
from assets.intake.inbox.outcomes import Settlement, settle
from assets.intake.inbox.registration import RECEIPTS, SUBMISSIONS
from assets.intake.reading import READINGS
from assets.intake.sidecar import canonical_json

NAMES = ("a.xlsx", "a (1).xlsx", "a FIX.xlsx", "a rev2.xlsx", "b.xlsx", "b (1).xlsx")
CONTENTS = tuple(f"content {letter}" for letter in "pqrstuvw")
PEOPLE = tuple("ABCDEF")

History = dict[str, Any]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Contents seen at paths over time, what is declared of each, whether each could be read, and whom it lists."""
    seen = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(CONTENTS)), min_size=1, max_size=12))
    submissions: dict[str, dict[str, Any]] = {}
    for name, content in seen:
        submissions.setdefault(content, {"path": name})
    for facts in submissions.values():
        said = {
            "menggantikan": draw(st.sampled_from([None, None, *NAMES])),
            "mengoreksi": draw(st.sampled_from([None, None, *submissions])),
            "ditarik": draw(st.sampled_from([None, None, None, "salah kirim"])),
        }
        facts["declared"] = {key: value for key, value in said.items() if value}
        facts["outcome"] = draw(st.sampled_from(["accepted", "accepted", "accepted", "held", "rejected"]))
        facts["people"] = draw(st.sets(st.sampled_from(PEOPLE), min_size=1))
    return {"seen": seen, "submissions": submissions}


def settled(history: History, *, backwards: bool = False) -> Settlement:
    order = -1 if backwards else 1
    submissions = [
        dict.fromkeys(SUBMISSIONS)
        | {"submission_id": sid, "path": facts["path"], "kode_desa": "16.10.05.2036", "periode": "2023"}
        | {"declaration": canonical_json(facts["declared"])}
        for sid, facts in history["submissions"].items()
    ]
    receipts = [
        {"path": path, "submission_id": sid, "received_at": datetime(2024, 1, day), "seq": day}
        for day, (path, sid) in enumerate(history["seen"], 1)
    ]
    readings = [
        dict.fromkeys(READINGS) | {"submission_id": sid, "outcome": facts["outcome"]}
        for sid, facts in history["submissions"].items()
    ]
    people = [
        {"submission_id": sid, "nik": "", "nama": name, "tanggal_lahir": "", "raw": name}
        for sid, facts in history["submissions"].items()
        if facts["outcome"] == "accepted"
        for name in sorted(facts["people"])
    ]
    rows = pd.DataFrame(people[::order], columns=["submission_id", "nik", "nama", "tanggal_lahir", "raw"])
    return settle(
        pd.DataFrame(submissions[::order], columns=list(SUBMISSIONS)),
        pd.DataFrame(receipts[::order], columns=list(RECEIPTS)),
        pd.DataFrame(readings[::order], columns=list(READINGS)),
        compare_among([rows] if order == 1 else [of_one for _, of_one in rows.groupby("submission_id")]),
    )


@given(histories())
@settings(max_examples=80, deadline=None)
def test_every_group_of_replaced_lists_keeps_one_in_force(history: History) -> None:
    outcomes = settled(history).outcomes.set_index("submission_id")
    read = {sid: facts["outcome"] for sid, facts in history["submissions"].items()}
    assert set(outcomes.index) == set(read)
    groups = defaultdict(list)
    for sid, row in outcomes.iterrows():
        if row["outcome"] == "superseded":
            groups[row["superseded_by"]].append(sid)
        else:
            assert pd.isna(row["superseded_by"])
            assert row["outcome"] in (read[str(sid)], "withdrawn")
    for kept, replaced in groups.items():
        assert outcomes.loc[kept, "outcome"] == "accepted"
        assert kept not in replaced
    withdrawn = set(outcomes.index[outcomes["outcome"] == "withdrawn"])
    if {sid for sid in read if read[sid] == "accepted"} - withdrawn:
        assert "accepted" in set(outcomes["outcome"])


@given(histories())
@settings(max_examples=30, deadline=None)
def test_without_any_claim_every_list_counts(history: History) -> None:
    for number, facts in enumerate(history["submissions"].values()):
        facts["declared"] = {}
        facts["path"] = f"{number}.xlsx"
    history["seen"] = [(facts["path"], sid) for sid, facts in history["submissions"].items()]
    read = {sid: facts["outcome"] for sid, facts in history["submissions"].items()}
    assert settled(history).outcomes.set_index("submission_id")["outcome"].to_dict() == read


@given(histories())
@settings(max_examples=80, deadline=None)
def test_pairs_that_both_count_on_an_unclear_claim_are_both_found(history: History) -> None:
    made = settled(history)
    in_force = set(made.outcomes.loc[made.outcomes["outcome"] == "accepted", "submission_id"])
    unclear = made.findings.loc[made.findings["code"] == "replacement_unclear", "submission_id"]
    assert set(unclear) <= in_force
    claimed = {
        (sid, facts["declared"]["mengoreksi"])
        for sid, facts in history["submissions"].items()
        if facts["declared"].get("mengoreksi") in in_force and sid in in_force
    }
    assert {sid for pair in claimed for sid in pair if len(set(pair)) == 2} <= set(unclear)


@given(histories())
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_decides_nothing(history: History) -> None:
    one, other = settled(history), settled(history, backwards=True)
    pd.testing.assert_frame_equal(one.outcomes, other.outcomes)
    pd.testing.assert_frame_equal(one.changes, other.changes)
    assert sorted(one.findings.astype("object").astype("str").itertuples(index=False)) == sorted(
        other.findings.astype("object").astype("str").itertuples(index=False)
    )


@given(histories())
@settings(max_examples=80, deadline=None)
def test_a_file_that_was_not_accepted_waits_until_what_was_sent_in_its_place_is(history: History) -> None:
    made = settled(history)
    outcomes = made.outcomes.set_index("submission_id")
    for sid, facts in history["submissions"].items():
        if facts["outcome"] == "accepted" or outcomes.loc[sid, "outcome"] != "superseded":
            continue
        assert sid not in set(made.changes["superseded_id"])
        assert _sent_in_place(history, sid), "superseded by a name alone"


MENDED_AND_NUMBERED: History = {
    "seen": [("a.xlsx", "content p"), ("a.xlsx", "content q"), ("a (1).xlsx", "content r")],
    "submissions": {
        f"content {letter}": {"path": path, "declared": {}, "outcome": outcome, "people": {"A"}}
        for letter, path, outcome in [
            ("p", "a.xlsx", "held"),
            ("q", "a.xlsx", "accepted"),
            ("r", "a (1).xlsx", "accepted"),
        ]
    },
}
"""A held file is mended at its path, and a numbered version replaces the mended one."""


@given(histories())
@example(MENDED_AND_NUMBERED)
@settings(max_examples=80, deadline=None)
def test_a_file_mended_at_its_path_is_not_asked_for_any_more(history: History) -> None:
    """Where nothing but paths tells: whatever was not accepted waits only while it is the last that lies there."""
    for facts in history["submissions"].values():
        facts["declared"] = {}
    outcomes = settled(history).outcomes.set_index("submission_id")["outcome"]
    accepted = {sid for sid, facts in history["submissions"].items() if facts["outcome"] == "accepted"}
    for sid in history["submissions"].keys() - accepted:
        seen = history["seen"]
        once = len({path for path, content in seen if content == sid}) == 1
        last = max(turn for turn, (_, content) in enumerate(seen) if content == sid)
        path = seen[last][0]
        ahead = [content for other, content in seen[last + 1 :] if other == path and content != sid]
        if once and ahead and ahead[-1] in accepted and {p for p, c in seen if c == ahead[-1]} == {path}:
            assert outcomes[sid] == "superseded"


def _sent_in_place(history: History, sid: str) -> set[str]:
    """What says of itself that it replaces `sid`, or lay at one of its paths."""
    paths = {path for path, content in history["seen"] if content == sid}
    claiming = {content for path, content in history["seen"] if path in paths} - {sid}
    for other, facts in history["submissions"].items():
        if facts["declared"].get("mengoreksi") == sid or facts["declared"].get("menggantikan") in paths:
            claiming.add(other)
    return claiming
