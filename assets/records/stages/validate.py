"""Validating records, by kabupaten and period: raw rows become accepted or quarantined records, with findings."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from assets.records.building import build_records
from validation.findings import CATALOGUE
from warehouse.stage import Content, Stage, StageRun


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    rows = run.read("raw_rows")
    made = build_records(rows, run.read("columns"))
    facts = {LOST: lost(rows, made.outcomes), UNEXPLAINED: unexplained(made.quarantined)}
    return {
        "accepted": made.accepted,
        "quarantined": made.quarantined,
        "findings": made.findings,
        "row_outcomes": made.outcomes,
    }, facts


LOST, UNEXPLAINED = "lost", "unexplained"
"""The facts by which a manifest says how many rows have not exactly one outcome, and how many are quarantined without a
known reason."""


def lost(rows: pd.DataFrame, outcomes: pd.DataFrame) -> int:
    """How many of the data rows (`raw_rows`) have not exactly one outcome (`row_outcomes`)."""
    key = ["submission_id", "sheet", "row"]
    planned, made = (Counter(frame[key].itertuples(index=False, name=None)) for frame in (rows, outcomes))
    return sum(((planned - made) + (made - planned)).values())


def unexplained(quarantined: pd.DataFrame) -> int:
    """How many quarantined rows name no reason, or one that the catalogue of findings has not."""
    return sum(not reasons or any(code not in CATALOGUE for code in reasons) for reasons in quarantined["reasons"])


VALIDATE = Stage(
    name="records",
    reads=("raw_rows", "columns"),
    partitioned=True,
    compute=_compute,
)
