"""Pairs that officers ask about: a person of whom they found that the lists hold two, and whoever is most like them."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from assets.households.review.queue import ranked

ANSWERED_DOUBLE = "answered_double"
"""Why such a pair is asked: a key under `reasons` in the texts."""


def pairs_of_doubled(
    doubled: Collection[str], links: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """For each of these people the compared pair with another person that is most probably the same, best first.

    In: `doubled`, their `person_id`; `links`, every pair that was compared; `records` and `membership` as in
    `review_queue`. Out: as of `ranked`. Who was compared with nobody has no pair.
    """
    person = membership.set_index("record_id")["person_id"]
    sides = links.assign(l=links["record_id_l"].map(person), r=links["record_id_r"].map(person)).dropna(
        subset=["l", "r"]
    )
    apart = sides[(sides["l"] != sides["r"]) & (sides["l"].isin(doubled) | sides["r"].isin(doubled))]
    asked = pd.concat([apart.assign(whose=apart[side]) for side in ("l", "r")])
    asked = asked[asked["whose"].isin(doubled)].sort_values(
        ["match_probability", "record_id_l", "record_id_r"], ascending=[False, True, True]
    )
    best = asked.drop_duplicates("whose").assign(reason=ANSWERED_DOUBLE)
    return ranked(best.drop_duplicates(["record_id_l", "record_id_r"]), records, membership)
