"""Which records count now: the accepted rows of submissions whose outcome is `accepted`."""

from __future__ import annotations

import pandas as pd

from warehouse.lake import Lake


def records_in_force(lake: Lake) -> pd.DataFrame:
    """The accepted records of all submissions that count, sorted by `record_id`; columns as declared."""
    return counting(lake.read("records", "accepted"), lake.read("outcomes", "outcomes"))


def counting(accepted: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Those of the accepted records that count by the outcomes of their submissions, sorted by `record_id`."""
    submissions = outcomes.loc[outcomes["outcome"] == "accepted", "submission_id"]
    return accepted[accepted["submission_id"].isin(submissions)].sort_values("record_id", ignore_index=True)
