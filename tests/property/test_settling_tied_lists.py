"""Only lists that something ties to another are looked at together: the outcome is the same as if all were."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.inbox.comparing import compare_among
from assets.intake.inbox.outcomes import settle, settle_together
from assets.intake.inbox.registration import RECEIPTS, SUBMISSIONS
from assets.intake.reading import READINGS
from assets.intake.sidecar import canonical_json

FOLDERS = ("16.10.05.2036/2023", "16.10.05.2036/2024", "16.10.05.2037/2023", "lain")
PATHS = tuple(f"{folder}/{name}" for folder in FOLDERS for name in ("a.xlsx", "a (1).xlsx", "b.xlsx"))
CONTENTS = tuple("pqrstuvwxyz")
PEOPLE = tuple("ABCDEFGH")


@st.composite
def registries(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Submissions with where and when they were seen, what is declared of them, what reading gave and whom they list.
    Some lie in no village, some were not read."""
    found = []
    for sid in CONTENTS[: draw(st.integers(1, len(CONTENTS)))]:
        path = draw(st.sampled_from(PATHS))
        said = {
            "menggantikan": draw(st.sampled_from([*[None] * 6, *PATHS, "./lain/a.xlsx", "lain\\b.xlsx", "tiada"])),
            "mengoreksi": draw(st.sampled_from([*[None] * 6, *CONTENTS])),
            "ditarik": draw(st.sampled_from([None, None, None, "salah kirim"])),
        }
        found.append(
            {
                "submission_id": sid,
                "path": path,
                "kode_desa": None if path.startswith("lain") else path[:13],
                "periode": draw(st.none()) if path.startswith("lain") else path[14:18],
                "declaration": canonical_json({key: value for key, value in said.items() if value}),
                "seen": [path, *draw(st.lists(st.sampled_from(PATHS), max_size=1))],
                "outcome": draw(st.sampled_from(["accepted", "accepted", "held", "rejected", None])),
                "people": draw(st.sets(st.sampled_from(PEOPLE), min_size=1)),
            }
        )
    return found


@given(registries())
@settings(max_examples=150, deadline=None)
def test_lists_that_nothing_ties_to_another_end_as_if_all_were_looked_at_together(found: list[dict[str, Any]]) -> None:
    submissions = pd.DataFrame(found).reindex(columns=list(SUBMISSIONS))
    seen = [(path, each["submission_id"]) for each in found for path in each["seen"]]
    receipts = pd.DataFrame(
        [
            {"path": path, "submission_id": sid, "received_at": datetime(2024, 1, 1), "seq": day}
            for day, (path, sid) in enumerate(seen, 1)
        ],
        columns=list(RECEIPTS),
    )
    readings = pd.DataFrame(
        [
            dict.fromkeys(READINGS) | {name: each[name] for name in ("submission_id", "outcome")}
            for each in found
            if each["outcome"]
        ],
        columns=list(READINGS),
    )
    rows = [
        {"submission_id": each["submission_id"], "nik": "", "nama": name, "tanggal_lahir": "", "raw": name}
        for each in found
        if each["outcome"] == "accepted"
        for name in sorted(each["people"])
    ]
    compare = compare_among([pd.DataFrame(rows, columns=["submission_id", "nik", "nama", "tanggal_lahir", "raw"])])
    made, all_together = (each(submissions, receipts, readings, compare) for each in (settle, settle_together))
    pd.testing.assert_frame_equal(made.outcomes, all_together.outcomes)
    pd.testing.assert_frame_equal(made.changes, all_together.changes)
    pd.testing.assert_frame_equal(made.findings, all_together.findings)
