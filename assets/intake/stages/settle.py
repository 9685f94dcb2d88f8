"""Settling submissions against each other: which count, which were superseded or withdrawn, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.intake.compared_before import ComparedBefore
from assets.intake.frames import rows_of
from assets.intake.inbox.outcomes import NOT_READ, settle
from assets.intake.inbox.sent_again import SentAgain, sent_again
from validation.findings import finding, findings_frame
from validation.shrinkage import Shrink, accounted_for, shrinkage
from warehouse.in_force import lists_in_force
from warehouse.shrinkage import require_no_shrink
from warehouse.stage import Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    readings = pd.concat([run.read("unplaced_readings"), run.read("readings")], ignore_index=True)
    submissions, receipts = run.read("submissions"), run.read("receipts")
    compared = ComparedBefore(run, submissions)
    made = settle(submissions, receipts, readings, compared)
    compared.keep()
    again = sent_again(submissions, receipts, made.outcomes)
    told = findings_frame([*rows_of(made.findings), *map(_told, again)]) if again else made.findings
    loss = _loss(run.read("outcomes"), made.outcomes, submissions, run.home.shrink_percent)
    require_no_shrink([loss], run.home, run_id=run.run_id, at=run.at)
    unread = made.outcomes.loc[made.outcomes["reason_code"] == NOT_READ, "submission_id"]
    facts = {
        COUNTS: {str(outcome): int(count) for outcome, count in made.outcomes["outcome"].value_counts().items()},
        MISMATCHED: mismatched(submissions["submission_id"], made.outcomes),
        UNREAD: unread.tolist(),
    }
    return {
        "outcomes": made.outcomes,
        "outcome_changes": made.changes,
        "outcome_findings": told,
    }, facts


COUNTS, MISMATCHED, UNREAD = "counts", "mismatched", "unread"
"""The facts by which the manifest says how many submissions ended how, how many have not exactly one outcome, and which
could not be read."""


def mismatched(registered: pd.Series, outcomes: pd.DataFrame) -> int:
    """How many submissions have not exactly one outcome."""
    settled = outcomes["submission_id"]
    apart = len(set(registered) ^ set(settled))
    return apart + int(settled.duplicated().sum()) + int(outcomes["outcome"].isna().sum())


def _told(copy: SentAgain) -> dict[str, Any]:
    """The finding that tells the village of a copy."""
    counts_for, sent_for = " ".join(copy.counts_for), " ".join(copy.sent_for)
    sid, path = copy.submission_id, copy.path
    return finding("sent_again_elsewhere", submission_id=sid, jalur=path, berlaku=counts_for, tempat=sent_for)


def _loss(before: pd.DataFrame, after: pd.DataFrame, submissions: pd.DataFrame, percent: float) -> Shrink | None:
    """Lists that counted and no longer do, though nobody withdrew or replaced them."""
    village = submissions.set_index("submission_id")["kode_desa"]
    were, are = (
        pd.DataFrame({"id": counting, "kode_desa": counting.map(village)})
        for counting in (lists_in_force(before), lists_in_force(after))
    )
    return shrinkage("lists", were, are, accounted_for(after), percent=percent)


SETTLE = Stage(
    name="outcomes",
    reads=("submissions", "receipts", "unplaced_readings", "readings", "raw_rows"),
    remembers=("outcomes",),
    compute=_compute,
)
"""Decides which submissions count: the newest accepted version of each list, less what was withdrawn."""
