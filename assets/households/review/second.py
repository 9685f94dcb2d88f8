"""A second look at what one reviewer decided alone, at what weighs most first."""

from __future__ import annotations

import pandas as pd

from assets.households.review.decisions import UNSURE, about_people, latest_of_each, question_of
from assets.households.review.queue import review_queue

SECOND_LOOK = "second_look"
"""Why such a pair is asked: a key under `reasons` in the texts."""


def pairs_for_a_second(
    decisions: pd.DataFrame, links: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """The pairs of which exactly one reviewer decided, ranked as `review_queue` ranks, with its columns.

    In: all entries of the ledger; the others as in `review_queue`. First comes what goes most against the model and
    moves most records and referrals.
    """
    each = latest_of_each(decisions)
    of_people = about_people(each[~question_of(each).duplicated(keep=False)])
    alone = of_people[~of_people["decision"].isin(UNSURE)]
    asked = alone[["record_id_l", "record_id_r"]].assign(reason=SECOND_LOOK)
    ranked = review_queue(links, asked, records, membership)
    ranked = ranked[ranked["reason"] == SECOND_LOOK].reset_index(drop=True)
    return ranked.assign(rank=pd.array(range(1, len(ranked) + 1), dtype="Int64"))
