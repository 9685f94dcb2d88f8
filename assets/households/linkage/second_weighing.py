"""The second weighing: how probable it is that two groups of records which were left apart are one person.

When links are joined, the strongest first, nobody knows yet who else a record may be. When all are joined, it is
known. So what no constraint parts is weighed once more: by all pairs of records between both groups, by their best
pair and how its records agree, by how many records each has (who was seen several times and still stands apart is
seldom the other), and by rivals. `second_weighing.csv` says how much each counts, in bits; it was fitted to the
invented population (`python -m bench.second_weighing --fit`), as the shipped model was.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.compare.levels import COMPARISONS
from assets.households.linkage.compare.places import RUMAH_PARTS
from assets.households.linkage.model.parameters import Floats

TABLE = Path(__file__).parent / "second_weighing.csv"
NUMBERS = ("mean", "best", "fewer", "more", "rivals")
"""Of all pairs, the mean weight and the best; log2 of the records of the smaller group and of the larger one; log2 of
one more than how many other groups either may be (`MEAN` to `RIVALS` are their positions)."""
MEAN, BEST, FEWER, MORE, RIVALS = range(len(NUMBERS))
SHOWN = COMPARISONS | RUMAH_PARTS
"""The comparisons of the best pair of which each level counts, and the names of their levels."""
MOST_LEVELS = max(map(len, SHOWN.values()))


class Counts(NamedTuple):
    """How many bits each term counts: the start; those of `NUMBERS`; the level of each of `SHOWN` (comparisons ×
    levels)."""

    start: float
    numbers: Floats
    levels: Floats


def odds(numbers: Floats, levels: npt.NDArray[np.integer], counts: Counts) -> Floats:
    """Return the log2 odds that both groups are one person. `numbers`, `levels`: questions × `NUMBERS`, × `SHOWN`."""
    of_levels = counts.levels[np.arange(len(SHOWN)), levels].sum(axis=1)
    return np.asarray(counts.start + numbers @ counts.numbers + of_levels)


def term(comparison: str, level: str) -> str:
    """The name of a level in the table."""
    return f"{comparison}: {level}"


@cache
def shipped() -> Counts:
    """Read the table; what is not in it counts nothing."""
    table = pd.read_csv(TABLE)
    said = dict(zip(table["term"].to_list(), table["bits"].to_list(), strict=True))
    levels = np.zeros((len(SHOWN), MOST_LEVELS))
    for at, (comparison, names) in enumerate(SHOWN.items()):
        for level, name in enumerate(names):
            levels[at, level] = said.get(term(comparison, name), 0.0)
    return Counts(said["start"], np.array([said[name] for name in NUMBERS]), levels)
