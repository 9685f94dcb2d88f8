"""How probable it is that two records are one person, once it is known what became of them.

The weight of a pair says what its own fields say. What constraints know, and the other records of both groups, is more:
a pair that was refused is seldom one person however much its fields agree, and one that was joined is hardly ever two.
`calibration.csv` turns a weight into log2 odds, by what became of the pair: start + slope × weight. It was fitted to
the invented population (`python -m bench.calibration --fit`), as the shipped model was.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.constraints import REASONS, Outcome

TABLE = Path(__file__).parent / "calibration.csv"
JOINED, APART = "joined", "apart"
"""What becomes of a pair that no constraint refused: one person, or two."""
FATES = (JOINED, *REASONS[1:], APART)
"""What becomes of a pair, by `Outcome`, and besides `APART`."""
LEAST = {JOINED: 0.0}
"""The weight below which less makes no difference; pairs below 0 are joined by what other records say."""
LARGEST = 16.0
"""The weight beyond which more makes no difference."""
Floats = npt.NDArray[np.float64]


def fates_of(outcomes: npt.NDArray[np.integer[Any]], together: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the position among `FATES` of pairs. `together`: whether both records are of one person now."""
    joined = together & (outcomes != Outcome.JOINED_AT_LAST)
    return np.where(joined, 0, np.where(outcomes == 0, len(FATES) - 1, outcomes)).astype(np.int64)


def clipped(weight: npt.ArrayLike, fate: str) -> Floats:
    """Return the weights as far as they count."""
    return np.asarray(np.clip(np.asarray(weight, float), LEAST.get(fate, -LARGEST), LARGEST))


def probabilities(weight: Floats, fates: npt.NDArray[np.int64]) -> Floats:
    """Return the probability that the records of each pair are one person."""
    odds = np.zeros(len(weight))
    for at in np.unique(fates):
        start, slope = _table()[FATES[at]]
        here = fates == at
        odds[here] = start + slope * clipped(weight[here], FATES[at])
    return np.asarray(1 / (1 + np.exp2(-odds)))


@cache
def _table() -> dict[str, tuple[float, float]]:
    table = pd.read_csv(TABLE)
    lines = zip(table["start"].to_list(), table["slope"].to_list(), strict=True)
    return dict(zip(table["fate"].to_list(), lines, strict=True))
