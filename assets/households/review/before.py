"""What was known of a question before somebody answered it: all but the answer.

Reviewers see what the model doubts, chosen by more than how two records look: a person is asked about by the two of his
records that agree least, and is one all the same, by the others. Who learned from the two alone how such records look
would merge people. So an answer teaches only as far as it is not what all else said.
"""

from __future__ import annotations

from math import nan

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.review.candidates import halves, of_people, two_people
from validation.keys import looked_up


def before_answers(
    links: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame, decisions: pd.DataFrame
) -> npt.NDArray[np.float64]:
    """Return for each decision how probable one person was without it; not a number where nothing was to be asked.

    In: `links`, `membership`: of a match that knew no decision; `records` as in `listings`; `decisions` (record_id_l,
    record_id_r).
    """
    ends = ["record_id_l", "record_id_r"]
    pairs = of_people(links, membership)
    apart, parted = two_people(pairs, records, membership), halves(pairs, records, membership, decisions[ends].head(0))
    of_two = dict(zip(zip(apart["one"], apart["other"], strict=True), apart["match_probability"], strict=True))
    chances = zip(parted["half"], parted["match_probability"], strict=True)
    of_one = dict(zip(parted["person_id_l"], chances, strict=True))
    people = membership["record_id"], membership["person_id"]
    known = []
    for a, b, *both in zip(
        *(decisions[e] for e in ends), *(looked_up(decisions[e], *people) for e in ends), strict=True
    ):
        one, other = sorted(map(str, both))
        half, chance = of_one.get(one, ((), nan))
        known.append(of_two.get((one, other), nan) if one != other else chance if (a in half) != (b in half) else nan)
    return np.array(known, float)
