"""What reviewers decided, as evidence for the model: labelled pairs refine what was estimated without labels.

Reviewed pairs are the doubtful ones and no sample of all: how often one person's birth dates agree among them says
nothing of how often they agree at all. Nor were they chosen by what the pairs look like alone. What such a sample does
tell is where the chance of one person that was stated of them is not how often they are: so the weights are corrected,
as in a logistic regression that starts from what was known before they were asked: each level of agreement by a few
bits at most, and all pairs together by a shift.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.households.linkage.arrays.links import Bools
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.levels import LEVELS, SIZES, Comparison
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.model.estimation import fallible
from assets.households.linkage.model.parameters import Floats, Model, PairClass
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.weighing import INSIDE_NIK, nearly_same_niks

STEADY = 0.5
"""Bits by which a weight, and the prior, may well be wrong: the spread of each correction before any label is seen."""
FEWEST = 20
"""Labelled pairs of each kind below which they are too few to say anything."""
CERTAIN = 1e-6
"""How near to 0 or 1 a chance may be that was known before."""
STEPS = 20


def with_labels(model: Model, p: Prepared, pairs: Ints, same: Bools, known: Floats) -> Model:
    """Refine a model by decided pairs; too few leave it as it is.

    `pairs`: two columns of canonical numbers; `same`: whether each is one person; `known`: how probable that was by all
    else.
    """
    if min(same.sum(), (~same).sum()) < FEWEST:
        return model
    seen, _ = compare_pairs(pairs[:, 0].copy(), pairs[:, 1].copy(), record_arrays(model.with_names(p)))
    chance = np.clip(known, CERTAIN, 1 - CERTAIN)
    correction = _fitted(np.log(chance / (1 - chance)), _shown(seen.astype(np.int64)), same.astype(float))
    levels, first = {name: table.copy() for name, table in model.levels.items()}, 0
    for comparison in LEVELS:
        table, size = levels[comparison.key], SIZES[comparison]
        table[PairClass.SAME] = fallible(table[PairClass.SAME] * np.exp(correction[first : first + size]))
        first += size
    shift = np.exp(np.clip(correction[-1], -4, 4))
    summary = model.summary | {"reviewed_same": int(same.sum()), "reviewed_different": int((~same).sum())}
    return replace(model, levels=levels, pairs=model.pairs | {"same": model.pairs["same"] * shift}, summary=summary)


def _shown(seen: Ints) -> Floats:
    """Return which levels each pair shows (pairs × levels of all comparisons, MISSING says nothing), and a last column
    of ones. `seen`: pairs × comparisons."""
    columns = [(seen[:, [k]] == np.arange(size)) & (np.arange(size) > 0) for k, size in enumerate(SIZES)]
    for comparison in INSIDE_NIK:
        columns[comparison][nearly_same_niks(seen[:, Comparison.NIK])] = False
    return np.column_stack([*columns, np.ones(len(seen))]).astype(float)


def _fitted(odds: Floats, shown: Floats, label: Floats) -> Floats:
    """Return by how much what is shown moves the odds to agree best with the labels, by Newton's steps."""
    steady = np.full(shown.shape[1], (STEADY * np.log(2)) ** -2)
    out = np.zeros(shown.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(odds + shown @ out)))
        slope = shown.T @ (label - chance) - steady * out
        bend = (shown * (chance * (1 - chance))[:, None]).T @ shown + np.diag(steady)
        out += np.linalg.solve(bend, slope)
    return out
