"""Which lists and records count now: submissions whose outcome is `accepted`, and their accepted rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from warehouse.lake import Reader

if TYPE_CHECKING:  # who only looks is not to wait for it
    import pandas as pd


def records_in_force(tables: Reader, columns: Sequence[str] = ()) -> pd.DataFrame:
    """The accepted records of all submissions that count, sorted by `record_id`; columns of the table `accepted`, or
    some of them, `record_id` and `submission_id` among them."""
    return in_force(tables.read("accepted", columns=[*columns] or None), tables.read("outcomes"))


def in_force(accepted: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Those of the accepted records that count by the outcomes of their submissions, sorted by `record_id`."""
    from validation.keys import in_order_of, is_one_of

    of_lists = is_one_of(accepted["submission_id"], lists_in_force(outcomes))
    return in_order_of(accepted, ["record_id"], of_lists)


def lists_in_force(outcomes: pd.DataFrame) -> pd.Series:
    """The `submission_id` of each submission that counts."""
    return outcomes.loc[outcomes["outcome"] == "accepted", "submission_id"]
