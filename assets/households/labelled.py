"""What reviewers decided, as evidence for the model: labelled pairs refine what was estimated without labels.

Reviewed pairs are the doubtful ones and no sample of all, so they speak as `TRUST` pairs against many: each table moves
by what they show, and the number of pairs of one person moves until the doubtful pairs are as often one person as the
reviewers said.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from assets.households.comparisons import COMPARISONS, SIZES
from assets.households.encode import Ints
from assets.households.estimation import Patterns, fallible, patterns_of, posterior
from assets.households.model import SAME, Model, Scale
from assets.households.prepare import Prepared

TRUST = 400.0
"""Pseudo-pairs with which the estimate without labels stands against the labelled pairs, in each table."""
STEADY = 1.0
"""log2 by which the prior may well be wrong: the spread of the shift before any label is seen."""
FEWEST = 20
"""Labelled pairs of each kind below which they are too few to say anything."""


def with_labels(model: Model, p: Prepared, same: Ints, different: Ints) -> Model:
    """Refine a model by decided pairs (two columns of canonical numbers each); too few leave it as it is."""
    if len(same) < FEWEST or len(different) < FEWEST:
        return model
    p, scale = model.with_names(p), Scale.of(p)
    yes, no = (patterns_of(pairs[:, 0].copy(), pairs[:, 1].copy(), p) for pairs in (same, different))
    rest = posterior(no, model.weights(scale))
    rest[:, SAME] = 0
    rest /= np.maximum(rest.sum(axis=1, keepdims=True), 1e-12)
    levels = {name: table.copy() for name, table in model.levels.items()}
    for k, (name, size) in enumerate(zip(COMPARISONS, SIZES, strict=True)):
        _add(levels[name][SAME], yes, k, size, yes.count)
        levels[name][SAME] = fallible(levels[name][SAME])
        for c in range(1, rest.shape[1]):
            _add(levels[name][c], no, k, size, no.count * rest[:, c])
    refined = replace(model, levels=levels)
    pairs = refined.pairs | {"same": refined.pairs["same"] * 2.0 ** _shift(refined, scale, yes, no)}
    summary = model.summary | {"reviewed_same": len(same), "reviewed_different": len(different)}
    return replace(refined, pairs=pairs, summary=summary)


def _add(table: npt.NDArray[np.float64], seen: Patterns, k: int, size: int, count: npt.NDArray[np.float64]) -> None:
    """Add counted levels to a table (contexts × levels), which stands for `TRUST` pairs."""
    for context in range(len(table)):
        use = seen.context(k) == context
        told = np.bincount(seen.levels[use, k], count[use], minlength=size)[1:size]
        table[context, 1:] = (TRUST * table[context, 1:] + told) / (TRUST + told.sum())


def _shift(model: Model, scale: Scale, yes: Patterns, no: Patterns) -> float:
    """Return by how many bits the odds must move to agree best with the labels, by Newton's steps."""
    chance = np.concatenate([posterior(s, model.weights(scale))[:, SAME] for s in (yes, no)])
    odds = np.log(np.clip(chance, 1e-9, 1 - 1e-9) / (1 - np.clip(chance, 1e-9, 1 - 1e-9)))
    count = np.concatenate([yes.count, no.count])
    label = np.concatenate([np.ones(len(yes.count)), np.zeros(len(no.count))])
    shift, spread = 0.0, STEADY * np.log(2)
    for _ in range(20):
        now = 1 / (1 + np.exp(-(odds + shift)))
        slope = (count * (label - now)).sum() - shift / spread**2
        shift += float(slope / ((count * now * (1 - now)).sum() + 1 / spread**2))
    return float(np.clip(shift / np.log(2), -4, 4))
