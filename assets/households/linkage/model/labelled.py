"""What reviewers decided, as evidence for the model: labelled pairs refine what was estimated without labels.

Reviewed pairs are the doubtful ones and no sample of all: how often one person's birth dates agree among them says
nothing of how often they agree at all. What such a sample does tell, however it was chosen by what the pairs look like,
is the chance of one person given the look. So the weights are corrected, as in a logistic regression that starts from
the model: each level of agreement by a few bits at most, and all pairs together by a shift.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.levels import LEVELS, SIZES, Comparison
from assets.households.linkage.model.estimation import fallible, posterior
from assets.households.linkage.model.parameters import Floats, Model, PairClass, Scale
from assets.households.linkage.model.samples import Patterns, patterns_of
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.scoring import INSIDE_NIK, nearly_same_niks

STEADY = 1.0
"""Bits by which a weight, and the prior, may well be wrong: the spread of each correction before any label is seen."""
FEWEST = 20
"""Labelled pairs of each kind below which they are too few to say anything."""
STEPS = 20


def with_labels(model: Model, p: Prepared, same: Ints, different: Ints) -> Model:
    """Refine a model by decided pairs (two columns of canonical numbers each); too few leave it as it is."""
    if len(same) < FEWEST or len(different) < FEWEST:
        return model
    p, scale = model.with_names(p), Scale.of(p)
    labelled = [patterns_of(pairs[:, 0].copy(), pairs[:, 1].copy(), p) for pairs in (same, different)]
    seen = Patterns(*(np.concatenate([getattr(t, part) for t in labelled]) for part in ("levels", "rarity", "count")))
    label = np.repeat([1.0, 0.0], [len(t.count) for t in labelled])
    shown = _shown(seen)
    correction = _fitted(_odds(seen, model, scale), shown, seen.count, label)
    levels, first = {name: table.copy() for name, table in model.levels.items()}, 0
    for comparison in LEVELS:
        table, size = levels[comparison.key], SIZES[comparison]
        table[PairClass.SAME] = fallible(table[PairClass.SAME] * np.exp(correction[first : first + size]))
        first += size
    refined = replace(model, levels=levels)
    shift = _fitted(_odds(seen, refined, scale), np.ones((len(label), 1)), seen.count, label)[0] / np.log(2)
    pairs = refined.pairs | {"same": refined.pairs["same"] * 2.0 ** float(np.clip(shift, -4, 4))}
    summary = model.summary | {"reviewed_same": len(same), "reviewed_different": len(different)}
    return replace(refined, pairs=pairs, summary=summary)


def _shown(seen: Patterns) -> Floats:
    """Return which levels each pattern shows (patterns × levels of all comparisons, MISSING says nothing), and a last
    column of ones."""
    columns = [(seen.levels[:, [k]] == np.arange(size)) & (np.arange(size) > 0) for k, size in enumerate(SIZES)]
    for comparison in INSIDE_NIK:
        columns[comparison][nearly_same_niks(seen.levels[:, Comparison.NIK])] = False
    return np.column_stack([*columns, np.ones(len(seen.count))]).astype(float)


def _odds(seen: Patterns, model: Model, scale: Scale) -> Floats:
    """Return the natural logarithm of the odds that each pattern is of one person."""
    chance = np.clip(posterior(seen, model.weights(scale))[:, PairClass.SAME], 1e-9, 1 - 1e-9)
    return np.asarray(np.log(chance / (1 - chance)))


def _fitted(odds: Floats, shown: Floats, count: Floats, label: Floats) -> Floats:
    """Return by how much what is shown moves the odds to agree best with the labels, by Newton's steps."""
    steady = np.full(shown.shape[1], (STEADY * np.log(2)) ** -2)
    out = np.zeros(shown.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(odds + shown @ out)))
        slope = shown.T @ (count * (label - chance)) - steady * out
        bend = (shown * (count * chance * (1 - chance))[:, None]).T @ shown + np.diag(steady)
        out += np.linalg.solve(bend, slope)
    return out
