"""How probable one household is, learned from the dwellings themselves, without labels.

Two dwellings of one village that share no place show how strangers agree in ages, names and relations. How often two of
one place are one household, by kind of place and how many dwellings it has, how housemates agree, and how often a list
that names one names the other, is estimated by expectation maximisation, drawn towards what is usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assets.households.linkage.cardless.evidence import (
    AGES,
    BINS,
    Dwellings,
    Evidence,
    Floats,
    Kin,
    Labels,
    PlacePairs,
    Roles,
    evidence_of,
)
from assets.households.linkage.cardless.places import PlaceKey

SAMPLE = 60_000
"""Pairs from which is learned."""
ROUNDS = 30
FARTHEST = 50
"""Dwellings in canonical order among which strangers of one village are drawn."""
SETTLED = 1e-3
"""Change of all shares below which another round changes nothing that matters."""
PULL = 40.0
"""Pairs with which what is usual speaks in each table."""
AT_HOUSE = (0.95, 0.95, 0.95, 0.95, 0.8, 0.5, 0.1, 0.05)
"""Share of pairs at one house number that are one household, by `BINS`, before anything is seen of them."""
IN_RT = (0.25, 0.25, 0.25, 0.2, 0.15, 0.1, 0.05, 0.02)
"""The same of an RT, or a hamlet: a few of its families are listed."""
LISTED_TOGETHER = 0.7
"""Share of the lists which name one of a household that name another of it."""
KIN = (0.74, 0.12, 0.1, 0.02, 0.02)
"""Share of pairs of housemates by `Kin`."""
ROLES = (1.0, 0.05, 0.5, 0.05, 0.4)
"""Share of pairs of housemates by `Roles`, of those that are stated."""
LEAST, MOST = 0.002, 0.995


@dataclass(frozen=True)
class HouseholdModel:
    """Probabilities: of one household by kind of place and crowd; of the levels of ages, kin and roles among housemates
    and among strangers; that a list which names one names the other."""

    one: Floats
    ages: tuple[Floats, Floats]
    kin: tuple[Floats, Floats]
    roles: tuple[Floats, Floats]
    together: float


def learned(pairs: PlacePairs, seen: Evidence, d: Dwellings) -> HouseholdModel:
    """Estimate the model; the same dwellings give the same model."""
    usual = _usual(d)
    if len(pairs) > SAMPLE:
        use = np.sort(np.random.default_rng(len(pairs)).choice(len(pairs), SAMPLE, replace=False))
        pairs, seen = pairs.chosen(use), seen.chosen(use)
    model, crowd = usual, np.digitize(pairs.crowd, BINS)
    for _ in range(ROUNDS):
        belief = 1 / (1 + np.exp2(-log_odds(pairs, seen, model)))
        one = _shares(belief, pairs.place, crowd, usual.one)
        tables = [
            _drawn(np.bincount(levels, belief, minlength=len(own)), own, stated)
            for levels, own, stated in (
                (seen.ages, usual.ages[0], True), (seen.kin, usual.kin[0], False), (seen.roles, usual.roles[0], True),
            )
        ]  # fmt: skip
        both = float((belief * seen.together)[seen.tell].sum()) + PULL * LISTED_TOGETHER
        either = float((belief * seen.fewer)[seen.tell].sum()) + PULL
        before, model = model, HouseholdModel(
            one, (tables[0], usual.ages[1]), (tables[1], usual.kin[1]), (tables[2], usual.roles[1]),
            float(np.clip(both / either, 0.05, 0.98)),
        )  # fmt: skip
        if np.abs(model.one - before.one).max() < SETTLED:
            break
    return model


def _shares(belief: Floats, place: Labels, crowd: Labels, usual: Floats) -> Floats:
    cell = place * usual.shape[1] + crowd
    found = np.bincount(cell, belief, minlength=usual.size).reshape(usual.shape)
    every = np.bincount(cell, minlength=usual.size).reshape(usual.shape)
    return np.asarray(np.clip((found + PULL * usual) / (every + PULL), LEAST, MOST))


def _drawn(counts: npt.NDArray[Any], usual: Floats, stated: bool) -> Floats:
    """Turn counts of levels into probabilities, drawn towards the usual ones; with `stated`, level 0 says nothing."""
    out = np.asarray(counts, float) + PULL * usual
    if stated:
        out[0] = 0
        out /= out.sum()
        out[0] = 1
        return out
    return np.asarray(out / out.sum())


def _usual(d: Dwellings) -> HouseholdModel:
    """Return what is usual, with what strangers of one village show of ages, kin and roles.

    Dwellings stand in canonical order, those of one village together.
    """
    generator = np.random.default_rng(len(d))
    left = generator.integers(0, len(d), min(3 * len(d), SAMPLE))
    right = left + generator.integers(1, FARTHEST, len(left))
    left, right = left[right < len(d)], right[right < len(d)]
    apart = (d.village[left] == d.village[right]) & (d.person[left] != d.person[right])
    strangers = evidence_of(left[apart], right[apart], d)
    even = [np.full(size, 1.0 / size) for size in (AGES, len(Kin), len(Roles))]
    ages, roles = (
        _drawn(np.bincount(levels, minlength=len(before)), before / PULL, stated=True)
        for levels, before in ((strangers.ages, even[0]), (strangers.roles, even[2]))
    )
    kin = _drawn(np.bincount(strangers.kin, minlength=len(Kin)), even[1] / PULL, stated=False)
    place = np.stack([AT_HOUSE if key == PlaceKey.HOUSE else IN_RT for key in PlaceKey])
    return HouseholdModel(place, (ages, ages), (np.array(KIN), kin), (np.array(ROLES), roles), LISTED_TOGETHER)


def log_odds(pairs: PlacePairs, seen: Evidence, model: HouseholdModel) -> Floats:
    """Return log2 odds that the dwellings of each pair are one household."""
    prior = model.one[pairs.place, np.digitize(pairs.crowd, BINS)]
    return np.asarray(np.log2(prior / (1 - prior)) + of_lists(pairs, seen, model) + of_traits(seen, model))


def of_traits(seen: Evidence, model: HouseholdModel) -> Floats:
    """Return what ages, names and relations say, in bits."""
    out = np.zeros(len(seen.ages))
    for levels, (housemates, strangers) in (
        (seen.ages, model.ages), (seen.kin, model.kin), (seen.roles, model.roles),
    ):  # fmt: skip
        out += np.log2(housemates / strangers)[levels]
    return out


def of_lists(pairs: PlacePairs, seen: Evidence, model: HouseholdModel) -> Floats:
    """Return what lists say, in bits: a household is listed as a whole more often than chance puts neighbours together.

    Of the lists that name the one of the two that is named less often, so many name both: a binomial share among
    housemates, a draw without replacement from the lists of the village among strangers. At one house number they say
    nothing against: who lives there changes.
    """
    both, one = seen.together, seen.fewer - seen.together
    out = both * np.log2(model.together) + one * np.log2(1 - model.together) - seen.by_chance
    out = np.where(pairs.place == PlaceKey.HOUSE, np.maximum(out, 0), out)
    return np.asarray(np.where(seen.tell, out, 0.0))
