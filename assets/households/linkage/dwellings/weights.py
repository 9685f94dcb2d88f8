"""How much speaks for one household: what two records say of where they live, weighed by the model of pairs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from assets.households.linkage.arrays.compiled import kernel
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.identifiers import compare_kks
from assets.households.linkage.compare.levels import Agreement, KkLevel, PlaceLevel, RelativeLevel
from assets.households.linkage.compare.names import level_of_names
from assets.households.linkage.compare.places import CELLS, compare_places, compare_villages, pack_rumah, unpack_rumah
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.model.parameters import Floats, Model, PairClass, Scale, place_weights
from assets.households.linkage.prepare.fields import RecordRow, Role
from warehouse.home import ADDRESSES

STAYED = 0.95
"""Share of pairs of one person's records that are of one household."""
SAME_ROLE = 3.0
"""Bits for one household where a person has the same relation to the head in both lists."""
ROLE_CHANGED, CORE_CHANGED = 2.0, 7.0
"""Bits against it where the relation is another, and where it is that of a head or spouse in one list only."""
CORE_UNDER_OTHER_HEAD = 4.0
"""Bits against it where a head or spouse is listed without a role under a head of another name."""
CORE_STAYS = 1.0
"""Bits for one household where a head or spouse is seen again in a list that states no role."""
COMMON_HEADS = 2.0
"""Bits by which strangers agree in head and address more often than if one had nothing to do with the other."""
HOUSEMATES = 3.0
"""Pairs of housemates for each pair of one person's records, at least: where no list has cards, only those are seen who
share a name or a birth date."""
CARD_KEPT = 0.01
"""Share of founded households that are still listed under the old card."""
MISTYPED_CARD = 1.0
"""Bits, at least, by which a card that is a digit off says less than the card itself."""
SPLIT_IN_VILLAGE = 0.6
"""Share of founded households that stay in the village of the old one."""
VOTES = 2
"""Votes of a pair that says all there is to say."""


class HouseholdWeights(NamedTuple):
    """log2 odds of one household by cell of `rumah` (`CELLS` numbers each): for two persons, and for two records of one
    person. `needed`: the weight above which two dwellings are joined (`Model.needed`); `needed_at_house`: the same
    of odds that are what they say, as those of dwellings without card and head. `by_address`: whether who lives at one
    address without a card is one household, whoever they are."""

    others: Floats
    oneself: Floats
    needed: float
    needed_at_house: float
    by_address: bool


def household_weights(model: Model, scale: Scale) -> HouseholdWeights:
    """Derive the weights for households from the model of pairs."""
    places = place_weights(model, scale)
    pairs = max(sum(model.pairs[c] for c in ("same", "housemate", "twin")), model.pairs["same"] * (1 + HOUSEMATES))
    related, unrelated = places[PairClass.SAME], _by_chance(places[PairClass.UNRELATED])
    cells = np.arange(CELLS)
    rumah = unpack_rumah(cells)
    others = related - unrelated + np.log2(2 * pairs / scale.records)
    near, same = rumah.kk == KkLevel.NEAR, rumah.kk == KkLevel.SAME
    others[near] = np.minimum(others[near], others[same] - MISTYPED_CARD)
    share = np.array([1.0, SPLIT_IN_VILLAGE, 1 - SPLIT_IN_VILLAGE])[rumah.village]
    split = model.unrelated_places[rumah.village, cells] * share
    split = np.where(rumah.kk == KkLevel.SAME, split * CARD_KEPT, split)
    oneself = related - np.log2(np.maximum(split, 1e-12)) + np.log2(STAYED / (1 - STAYED))
    by_address = model.households == ADDRESSES
    return HouseholdWeights(others, oneself, model.needed, math.log2(model.wrong_merge_cost), by_address)


def _by_chance(unrelated: Floats) -> Floats:
    """Bound log2 P(cell of `rumah`) of strangers where head and address agree and no card is compared.

    Among pairs drawn in a village, most of those that agree in both are housemates, who cannot all be told from
    strangers. That strangers agree in both is chance: as probable as head and address are each, and `COMMON_HEADS`
    besides.
    """
    cells, seen = unpack_rumah(np.arange(CELLS)), 2.0**unrelated
    here = cells.village == Agreement.SAME
    chance = seen[here].sum()
    for levels in (cells.kk, cells.head, cells.place):
        chance = chance * (np.bincount(levels[here], seen[here]) / seen[here].sum())[levels]
    both = here & (cells.kk == KkLevel.MISSING) & (cells.place == PlaceLevel.SAME_ADDRESS)
    both &= (cells.head == RelativeLevel.SAME) | (cells.head == RelativeLevel.SIMILAR)
    return np.where(both, np.minimum(unrelated, np.log2(np.maximum(chance, 1e-12)) + COMMON_HEADS), unrelated)


@kernel
def household_weight(
    x: int, y: int, person: Ints, records: RecordArrays, weights: HouseholdWeights
) -> tuple[float, int]:
    """Return the log2 odds that two records are of one household, and how many votes they have: one each for head and
    place, if both state it, and all (`VOTES`) where both state a card, or are of one person.

    Two people of one name who are heads at two addresses are two heads."""
    a, b = records.rows[x], records.rows[y]
    kk, place = compare_kks(a, b), compare_places(a, b, records.addresses)
    head = level_of_names(_head_of(a), _head_of(b), records.names)
    if person[x] != person[y] and a.is_head == 1 and b.is_head == 1 and place != PlaceLevel.SAME_ADDRESS:
        head = RelativeLevel.DIFFERENT
    cell = pack_rumah(kk, head, compare_villages(a, b), place)
    if person[x] != person[y]:
        stated = VOTES if kk != KkLevel.MISSING else (head != RelativeLevel.MISSING) + (place != PlaceLevel.MISSING)
        return float(weights.others[cell]), int(stated)
    weight = float(weights.oneself[cell])
    core_a, core_b = _of_core(a), _of_core(b)
    if a.role >= 0 and b.role >= 0:
        if a.role == b.role:
            weight += SAME_ROLE
        else:
            weight -= CORE_CHANGED if core_a != core_b else ROLE_CHANGED
    elif core_a != core_b and head == RelativeLevel.DIFFERENT:
        weight -= CORE_UNDER_OTHER_HEAD
    elif core_a or core_b:
        weight += CORE_STAYS
    return weight, VOTES


@kernel
def _head_of(record: RecordRow) -> int:
    """Return the name (its number) of a record's head of household: its own, where it is head and none is stated."""
    return record.name if record.head < 0 and record.is_head == 1 else record.head


@kernel
def _of_core(record: RecordRow) -> bool:
    """Say whether somebody is head or spouse: they take their household with them."""
    return record.role == Role.HEAD or record.role == Role.SPOUSE or record.is_head == 1
