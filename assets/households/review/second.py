"""A second look at what one reviewer decided alone, at what weighs most first."""

from __future__ import annotations

import pandas as pd

from assets.households.review.decisions import UNSURE, about_people, latest_of_each, question_of
from assets.households.review.queue import ranked

SECOND_LOOK = "second_look"
"""Why such a pair is asked: a key under `reasons` in the texts."""
EVEN_WEIGHT, EVEN_CHANCE = 0.0, 0.5
"""What a pair counts that was never scored."""


def pairs_for_a_second(
    decisions: pd.DataFrame, links: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """The pairs of which exactly one reviewer decided, ranked as `review_queue` ranks, with its columns.

    In: all entries of the ledger; the others as in `review_queue`. First comes what goes most against the model and
    concerns most referrals.
    """
    each = latest_of_each(decisions)
    of_people = about_people(each[~question_of(each).duplicated(keep=False)])
    alone = of_people[~of_people["decision"].isin(UNSURE)]
    ends = ["record_id_l", "record_id_r"]
    asked = alone[ends].merge(links[[*ends, "match_weight", "match_probability"]], how="left", on=ends)
    asked = asked.fillna({"match_weight": EVEN_WEIGHT, "match_probability": EVEN_CHANCE})
    return ranked(asked.assign(reason=SECOND_LOOK), records, membership)
