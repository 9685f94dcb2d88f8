"""What people of one household share, by which their records find each other; and which addresses are houses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.links import Bools
from assets.households.linkage.arrays.text import Hashes, Ints, mixed
from assets.households.linkage.blocking import name_keys
from assets.households.linkage.compare.identifiers import LAST_OFF, digits_off
from assets.households.linkage.prepare.records import DUSUN, VILLAGE, Prepared

BY_CARD, AT_PLACE, BY_PARTS, DWELLING_KEYS = 0, 2, 5, 7
"""Rows of `dwelling_keys`; those from `BY_PARTS` on are of parts of the card; their number."""
CARDS_LOOKED_AT = 8
"""Cards at one address beyond which it is no house, however alike they are."""


def dwelling_keys(p: Prepared) -> Hashes:
    """Return what people of one household share, one row a key and one column a record (0: not stated).

    The keys: the card; the head in a village; the address in a village; the head's first word, by its sound, in an RT,
    and the last one in a hamlet; the first twelve digits of the card in a village, and its last eight. A head spelled
    otherwise most often keeps one of his words, and a card typed wrong, or cut by a spreadsheet, one of its parts.

    Each depends on the record alone, and is the same in every set of records.
    """
    card, village, rows = p.kk, p.hashes_of(VILLAGE) + np.uint64(2), p.rows
    of_head = np.where((rows["head"] < 0) & (rows["is_head"] == 1), rows["name"], rows["head"])
    head, first, last = (
        np.append(keys, np.uint64(0))[of_head]
        for keys in (p.names.token_set, name_keys(p.names, "first"), name_keys(p.names, "last"))
    )
    place = np.append(p.addresses.token_set, np.uint64(0))[rows["address"]]
    rt, hamlet = (rows["rt"] + 1).astype(np.uint64), p.hashes_of(DUSUN)
    start, end = card >> np.uint64(16), card & np.uint64(0xFFFFFFFF)
    in_village = (
        (head != 0, head),
        (place != 0, place),
        ((first != 0) & (rt != 0), mixed(first, rt)),
        ((last != 0) & (hamlet != 0), mixed(last, hamlet)),
        (card != 0, start),
        (card != 0, end),
    )
    return np.stack([card, *(np.where(stated, mixed(part, village), 0) for stated, part in in_village)])


def of_one_card(address: Hashes, card: Hashes, has_head: Bools) -> Hashes:
    """Leave out (0) the addresses at which several families live, or nothing says that one does: they name a street, a
    hamlet or a shared building.

    Cards that differ by one digit are one, typed wrong. A card that was replaced shows by the people on both. Where
    there is no card but heads of household are named (`has_head`), the heads tell the families apart.
    """
    order = np.argsort(address, kind="stable").astype(np.int32)
    starts = np.flatnonzero(np.append(True, np.diff(address[order]) != 0))
    return np.where(_houses(order, np.append(starts, len(address)), card, has_head), address, 0)


@compiled
def _houses(order: Ints, starts: npt.NDArray[np.int64], card: Hashes, has_head: Bools) -> npt.NDArray[np.bool_]:
    """Say for each record whether its address is that of one card, or has no card but heads."""
    house = np.zeros(len(order), np.bool_)
    cards, family = np.zeros(CARDS_LOOKED_AT, np.uint64), np.zeros(CARDS_LOOKED_AT, np.int64)
    for g in range(len(starts) - 1):
        known, heads = 0, False
        for at in range(starts[g], starts[g + 1]):
            own, new = card[order[at]], card[order[at]] != 0
            heads |= has_head[order[at]]
            for k in range(min(known, CARDS_LOOKED_AT)):
                new &= own != cards[k]
            if new and known < CARDS_LOOKED_AT:
                cards[known], family[known] = own, known
                for k in range(known):
                    if digits_off(own, cards[k]) <= LAST_OFF:
                        _relabel(family, known, family[k], family[known])
            known += new
        one = known <= CARDS_LOOKED_AT and (known > 0 or heads)
        for k in range(1, min(known, CARDS_LOOKED_AT)):
            one &= family[k] == family[0]
        for at in range(starts[g], starts[g + 1]):
            house[order[at]] = one
    return house


@kernel
def _relabel(family: npt.NDArray[np.int64], last: int, old: int, new: int) -> None:
    for k in range(last + 1):
        if family[k] == old:
            family[k] = new
