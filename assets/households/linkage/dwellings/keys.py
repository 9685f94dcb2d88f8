"""What people of one household share, by which their records find each other; and which addresses are houses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.links import Bools
from assets.households.linkage.arrays.text import Hashes, Ints, looked_up, mixed
from assets.households.linkage.block_keys import name_keys
from assets.households.linkage.cardless.places import MOST_WITHOUT_CARD
from assets.households.linkage.compare.identifiers import LAST_OFF, digits_off
from assets.households.linkage.prepare.fields import DUSUN, VILLAGE
from assets.households.linkage.prepare.records import Prepared

BY_CARD, BY_HEAD, AT_PLACE, FIRST_WORD, LAST_WORD, BY_PARTS, DWELLING_KEYS = 0, 1, 2, 3, 4, 5, 7
"""Rows of `dwelling_keys`; those from `BY_PARTS` on are of parts of the card; their number."""
WITHIN_VILLAGE = np.uint64(2)
"""Added to the hash of a village that keys of dwellings are mixed with, since places have other keys of theirs."""
CARDS_LOOKED_AT = 8
"""Cards at one address beyond which it is no house, however alike they are."""


def dwelling_keys(p: Prepared) -> Hashes:
    """Return what people of one household share, one row a key and one column a record (0: not stated).

    The keys: the card; the head in a village; the address in a village; the head's first word, by its sound, in an RT,
    and the last one in a hamlet; the first twelve digits of the card in a village, and its last eight. A head spelled
    otherwise most often keeps one of his words, and a card typed wrong, or cut by a spreadsheet, one of its parts.

    Each depends on the record alone, and is the same in every set of records.
    """
    rows, names = p.rows, p.names
    keys = np.empty((DWELLING_KEYS, len(p)), np.uint64)
    keys[BY_CARD] = p.kk
    card, village = keys[BY_CARD], p.hashes_of(VILLAGE) + WITHIN_VILLAGE
    of_head = np.where((rows["head"] < 0) & (rows["is_head"] == 1), rows["name"], rows["head"])

    def in_village(part: Hashes, beside: Hashes | None = None) -> Hashes:
        stated = part != 0 if beside is None else (part != 0) & (beside != 0)
        return np.where(stated, mixed(part if beside is None else mixed(part, beside), village), 0)

    keys[BY_HEAD] = in_village(looked_up(names.token_set, of_head))
    keys[AT_PLACE] = place_hashes(p)
    keys[FIRST_WORD] = in_village(looked_up(name_keys(names, "first"), of_head), (rows["rt"] + 1).astype(np.uint64))
    keys[LAST_WORD] = in_village(looked_up(name_keys(names, "last"), of_head), p.hashes_of(DUSUN))
    keys[BY_PARTS] = np.where(card != 0, mixed(card >> np.uint64(16), village), 0)
    keys[BY_PARTS + 1] = np.where(card != 0, mixed(card & np.uint64(0xFFFFFFFF), village), 0)
    return keys


def place_hashes(p: Prepared) -> Hashes:
    """Return the hash of each record's address in its village, 0 where there is no address (`AT_PLACE`)."""
    place = looked_up(p.addresses.token_set, p.rows["address"])
    return np.where(place != 0, mixed(place, p.hashes_of(VILLAGE) + WITHIN_VILLAGE), 0)


def of_one_card(address: Hashes, card: Hashes, rows: npt.NDArray[np.void], numbered: Bools) -> Hashes:
    """Leave out (0) the addresses at which several families live, or nothing says that one does: they name a street, a
    hamlet or a shared building.

    Cards that differ by one digit are one, typed wrong. A card that was replaced shows by the people on both. Where
    there is no card but heads of household are named, the heads tell the families apart. An address without a house
    number (`numbered`) at which somebody is listed with neither is no house either, though one card alone is seen
    there: of the families of an RT a list names a few. With a number it is none from more than `MOST_WITHOUT_CARD` such
    names on: a home, whose carer may have the card. `rows`: the fields of the records (`RECORD_ROW`).
    """
    order = np.argsort(address, kind="stable").astype(np.int32)
    starts = np.append(np.flatnonzero(np.append(True, np.diff(address[order]) != 0)), len(address))
    has_head, name = rows["head"] >= 0, rows["own"]["joined"]
    return np.where(_houses(order, starts, card, has_head, name, np.where(numbered, MOST_WITHOUT_CARD, 0)), address, 0)


@compiled
def _houses(
    order: Ints, starts: npt.NDArray[np.int64], card: Hashes, has_head: Bools, name: Ints, most: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Say for each record whether its address is that of one family, as `of_one_card`; `most`: of each record, how many
    names may stand there with neither card nor head."""
    house = np.zeros(len(order), np.bool_)
    cards, family = np.zeros(CARDS_LOOKED_AT, np.uint64), np.zeros(CARDS_LOOKED_AT, np.int64)
    unknown = np.empty(MOST_WITHOUT_CARD + 1, name.dtype)
    for g in range(len(starts) - 1):
        known, heads, names = 0, False, 0
        for at in range(starts[g], starts[g + 1]):
            own, new = card[order[at]], card[order[at]] != 0
            heads |= has_head[order[at]]
            if not new and not has_head[order[at]] and names < len(unknown):
                unknown[names] = name[order[at]]
                names += not (unknown[:names] == unknown[names]).any()
            for k in range(min(known, CARDS_LOOKED_AT)):
                new &= own != cards[k]
            if new and known < CARDS_LOOKED_AT:
                cards[known], family[known] = own, known
                for k in range(known):
                    if digits_off(own, cards[k]) <= LAST_OFF:
                        _relabel(family, known, family[k], family[known])
            known += new
        one = known <= CARDS_LOOKED_AT and (known > 0 or heads) and names <= most[order[starts[g]]]
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
