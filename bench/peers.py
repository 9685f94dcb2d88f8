"""What matching is measured against: the plain two-class model that most tools use, on the same candidate pairs.

Two classes (one person, or not), every comparison independent of the others, expectation maximisation on the
candidate pairs, links from even odds on, and connected components. No class for housemates, no constraint.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assets.households.linkage.blocking import Blocking, make_blocks
from assets.households.linkage.compare.levels import Comparison
from assets.households.linkage.compare.places import unpack_rumah
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import prepare
from assets.households.linkage.scoring import sample_pairs

Labels = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int64]
ROUNDS = 60


def two_classes(records: pd.DataFrame) -> Labels:
    """Return a person label for each record by the two-class model; records as in `cluster_records`."""
    p = Model.default().with_names(prepare(records))
    blocks, keys = make_blocks(p, Blocking.load())
    left, right, _ = sample_pairs(blocks, keys, p.record_hash, at_most=2**62)
    levels, _ = compare_pairs(left, right, record_arrays(p))
    linked = match_odds(_independent(levels.astype(np.int64))) > 0
    graph = coo_array((np.ones(int(linked.sum()), bool), (left[linked], right[linked])), (len(p), len(p)))
    _, component = connected_components(graph, directed=False)
    labels = np.empty(len(p), np.int64)
    labels[p.order] = component
    return labels


def _independent(levels: Levels) -> Levels:
    """Return the level of each comparison, the joint one of the home taken apart; pairs × comparisons."""
    return np.column_stack([levels[:, : Comparison.RUMAH], *unpack_rumah(levels[:, Comparison.RUMAH])])


def match_odds(levels: Levels) -> npt.NDArray[np.float64]:
    """Estimate a two-class model on pairs and return the log2 odds of one person for each; level 0 says nothing."""
    patterns, which, count = np.unique(levels, axis=0, return_inverse=True, return_counts=True)
    sizes = patterns.max(axis=0) + 1
    m = [_start(size, falls=True) for size in sizes]
    u = [_start(size, falls=False) for size in sizes]
    share, odds = 0.2, np.zeros(len(patterns))
    for _ in range(ROUNDS):
        odds = np.full(len(patterns), np.log2(share / (1 - share)))
        for k in range(len(sizes)):
            odds += np.log2(m[k][patterns[:, k]] / u[k][patterns[:, k]])
        belief = 1 / (1 + 2.0 ** -np.clip(odds, -60, 60))
        share = float((belief * count).sum() / count.sum())
        for k, size in enumerate(sizes):
            m[k] = _shares(patterns[:, k], belief * count, size)
            u[k] = _shares(patterns[:, k], (1 - belief) * count, size)
    return np.asarray(odds[which.ravel()])


def _start(size: int, *, falls: bool) -> npt.NDArray[np.float64]:
    steps = np.arange(1, size, dtype=float)
    raw = 4.0**-steps if falls else 2.0 ** (steps - size)
    return np.append(1.0, raw / max(raw.sum(), 1e-9))


def _shares(level: npt.NDArray[np.int64], weight: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    raw = np.bincount(level, weight, minlength=size)[1:] + 1e-3
    return np.append(1.0, raw / raw.sum())
