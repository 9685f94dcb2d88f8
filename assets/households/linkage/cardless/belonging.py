"""To which of the households with a card, or a head, at one place somebody without either belongs, if to any.

Nobody is of two households: what speaks for one speaks against the others. How much each thing says is learned from
people whose household is known. Who is listed once, with a card, is looked at as if the card were missing, as it is in
one row of several; how often his household is the one that it seems to be, is then what the odds say.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from assets.households.linkage.arrays.links import Bools
from assets.households.linkage.cardless.estimate import HouseholdModel, of_lists, of_traits
from assets.households.linkage.cardless.evidence import Dwellings, Evidence, Floats, Labels, PlacePairs, evidence_of
from assets.households.linkage.cardless.places import PlaceKey

USUAL = np.array([3.0, -1.5, -1.5, -1.5, 0.0, 1.0, 1.0])
"""What counts, in bits, before anything is seen: that a household is at the same house number, in the same RT, at the
same address of a hamlet, in the RT around a house, or in an institution (it pairs nobody), against none of those that
are known; and what a bit of lists counts, and one of ages, names and relations."""
PULL = 4.0
"""How firmly these hold: their variance, in bits squared, is one in so many."""
LEARNED_FROM = 20_000
"""People whose card is hidden, at most."""
MOST_BITS = 30.0
"""Bits beyond which nothing is surer."""


class Candidates(NamedTuple):
    """People and the households that they may be of, one entry each: the person, numbered 0, 1, 2 …, and what counts
    for the household, a column for each of `USUAL`. `of_pair`: the entry of each pair of dwellings."""

    person: Labels
    counts: Floats
    of_pair: Labels


def odds_of_belonging(
    pairs: PlacePairs, seen: Evidence, home: Labels, is_known: Bools, model: HouseholdModel, weights: Floats
) -> Floats:
    """Return log2 odds that the end of each pair that is not known is of the household of the other, which is.

    `seen`: what the pairs show; `home`, `is_known`: of each dwelling its household, and whether that has a card or
    head; `weights`: as `learned_weights`.
    """
    known_left = is_known[pairs.left]
    asked, other = np.where(known_left, pairs.right, pairs.left), np.where(known_left, pairs.left, pairs.right)
    found = _candidates(asked, home[other], pairs, seen, model)
    for_it, for_any = _said(found, weights)
    return np.log2(for_it / (1 + for_any - for_it))[found.of_pair]


def learned_weights(
    every: PlacePairs, d: Dwellings, home: Labels, is_known: Bools, hidden: Bools, model: HouseholdModel
) -> Floats:
    """Learn what counts how much, as `USUAL`, from people whose card is hidden: their household is known.

    `every`: all pairs of two people at one place; `hidden`: which dwellings are looked at so (`listed_once`).
    """
    if hidden.sum() > LEARNED_FROM:
        few = np.random.default_rng(len(d)).choice(np.flatnonzero(hidden), LEARNED_FROM, replace=False)
        hidden = np.isin(np.arange(len(d)), few)
    one, other = hidden[every.left] & is_known[every.right], hidden[every.right] & is_known[every.left]
    asked = np.concatenate([every.left[one], every.right[other]])
    of = home[np.concatenate([every.right[one], every.left[other]])]
    pairs = every.chosen(np.concatenate([np.flatnonzero(one), np.flatnonzero(other)]))
    if not len(pairs):
        return USUAL
    found = _candidates(asked, of, pairs, evidence_of(pairs.left, pairs.right, d), model)
    right = np.zeros(len(found.person))
    right[found.of_pair] = of == home[asked]
    return fitted(found, right)


def fitted(found: Candidates, right: Floats) -> Floats:
    """Return the weights, as `USUAL`, under which the households are most probable that are `right` (1 where it is the
    person's household, else 0)."""

    def against(weights: Floats) -> tuple[float, Floats]:
        for_it, for_any = _said(found, weights)
        people = np.bincount(found.person)
        chance, off = for_it / (1 + for_any), weights - USUAL
        said = (right * np.log(for_it)).sum() - (np.log1p(for_any) / people[found.person]).sum()
        slope = np.log(2) * (found.counts * (right - chance)[:, None]).sum(axis=0)
        return PULL / 2 * (off**2).sum() - said, PULL * off - slope

    return np.asarray(minimize(against, USUAL, jac=True, method="BFGS").x)


def listed_once(dwelling: Labels, person: Labels, home: Labels, rows: npt.NDArray[Any], stated: Bools) -> Bools:
    """Say which dwellings are of people who are listed once, with a card, and whose household is known without it.

    `dwelling`, `rows`, `stated`: of each record, its dwelling, its fields, and whether it states a card or head;
    `person`, `home`: of each dwelling.
    """
    with_card = np.bincount(dwelling[rows["kk"] != 0], minlength=len(home)) > 0
    stated_in = np.bincount(dwelling[stated], minlength=len(home)) > 0
    known_without = (np.bincount(home[stated_in], minlength=len(home))[home] > 1) | (np.bincount(home)[home] == 1)
    once = (np.bincount(dwelling, minlength=len(home)) == 1) & (np.bincount(person)[person] == 1)
    return np.asarray(once & with_card & known_without)


def _candidates(asked: Labels, of: Labels, pairs: PlacePairs, seen: Evidence, model: HouseholdModel) -> Candidates:
    """Put together what each person and household have in common: the place that says most, the lists of whom of it
    say most, and what ages, names and relations of all of it say in the mean. `asked`, `of`: of each pair, the dwelling
    whose household is asked for, and the household of the other."""
    code, index, size = np.unique(asked << 32 | of, return_inverse=True, return_counts=True)
    place, lists = np.full(len(code), len(PlaceKey)), np.full(len(code), -MOST_BITS)
    np.minimum.at(place, index, pairs.place)
    np.maximum.at(lists, index, of_lists(pairs, seen, model))
    traits = np.bincount(index, of_traits(seen, model), minlength=len(code)) / size
    counts = np.column_stack([*(place == key for key in PlaceKey), lists, traits])
    return Candidates(np.unique(code >> 32, return_inverse=True)[1], counts, index)


def _said(found: Candidates, weights: Floats) -> tuple[Floats, Floats]:
    """Return for each entry what speaks for it, and for all households of the person together, where what speaks for
    none of them is 1."""
    for_it = np.exp2(np.clip((found.counts * weights).sum(axis=1), -MOST_BITS, MOST_BITS))
    return for_it, np.asarray(np.bincount(found.person, for_it), float)[found.person]
