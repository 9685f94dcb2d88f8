"""Fitting what terms count in log2 odds, for tables that are shipped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

SHRINK = 0.5
"""How much a term costs that is one bit from nothing: what is rare counts little."""


def fitted_bits(
    columns: Mapping[str, npt.NDArray[np.floating]], right: npt.NDArray[np.bool_]
) -> dict[str, np.floating]:
    """Return the bits of each term, to two places, under which what is `right` is most likely; without terms that are
    never there. `columns`: the value of each term, one entry a case."""
    there = {term: column for term, column in columns.items() if np.any(column)}
    terms = np.column_stack(list(there.values())).astype(float)

    def surprise(bits: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        odds = terms @ bits
        gradient = terms.T @ (1 / (1 + np.exp2(-odds)) - right) + 2 * SHRINK * bits
        return float(np.logaddexp2(0, np.where(right, -odds, odds)).sum() + SHRINK * (bits**2).sum()), gradient

    bits = minimize(surprise, np.zeros(terms.shape[1]), jac=True).x.round(2)
    return dict(zip(there, bits, strict=True))
