"""Rivals: how many others either end of a pair may be. Imports nothing that is compiled, since questions to reviewers
are declared at start-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def rivals(one: npt.NDArray[Any], other: npt.NDArray[Any], mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return log2 of one more than how many others either end of each pair may be, as far as the mean weight of their
    pairs says. `one`, `other`: labels of the ends of all pairs."""
    alike = 1 / (1 + np.exp2(-mean))
    ends = pd.factorize(np.concatenate([one, other]))[0].reshape(2, -1)
    every = np.bincount(ends.ravel(), weights=np.concatenate([alike, alike]))
    return np.asarray(np.log2(1 + (every[ends].sum(axis=0) - 2 * alike).clip(min=0)))
