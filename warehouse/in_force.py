"""Which records count now: the accepted rows of submissions whose outcome is `accepted`."""

from __future__ import annotations

import pandas as pd

from warehouse.lake import Lake


def records_in_force(lake: Lake) -> pd.DataFrame:
    """The accepted records of all submissions that count, sorted by `record_id`; columns as in `tables.yml`."""
    accepted = lake.read("records", "accepted")
    outcomes = lake.read("outcomes", "outcomes", columns=["submission_id", "outcome"])
    counting = outcomes.loc[outcomes["outcome"] == "accepted", "submission_id"]
    return accepted[accepted["submission_id"].isin(counting)].sort_values("record_id", ignore_index=True)
