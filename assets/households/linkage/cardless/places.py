"""Where people live of whom no list has a card, as keys: who shares one may be of one household.

An address without a house number is a street, a hamlet or an RT: several families share it. What tells them apart, or
together, is other evidence (`evidence.py`).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from assets.households.linkage.arrays.links import Bools
from assets.households.linkage.arrays.text import Hashes, looked_up, mixed
from assets.households.linkage.prepare.fields import DUSUN, VILLAGE
from assets.households.linkage.prepare.house_numbers import Numbers
from assets.households.linkage.prepare.records import Prepared


class PlaceKey(IntEnum):
    """Rows of `place_keys`: an address with a house number; hamlet, RT and RW; an address whose numbers are those of a
    hamlet or an RT; hamlet, RT and RW around a house, for those who state a house number and those who state none; an
    institution, of whose people a place says nothing unless who lives at one address is one household."""

    HOUSE = 0
    RT = 1
    HAMLET = 2
    AROUND = 3
    INSTITUTION = 4


JOINING = (PlaceKey.HOUSE, PlaceKey.RT, PlaceKey.HAMLET)
"""The keys by which people are joined. By `AROUND` nobody is, since any house there may be his: reviewers are asked."""

MOST_WITHOUT_CARD = 12
"""People without card and head at one house number beyond which the number makes no household of them: they live in a
home or a dormitory, or it was copied down a column. In invented villages 8 parted families, 15 joined homes."""


def place_keys(p: Prepared) -> Hashes:
    """Return for each `PlaceKey` a key of each record's place (keys × records), 0 where it is not stated.

    Each depends on the record alone, and is the same in every set of records. A record with a house number has no other
    key but `AROUND`.
    """
    rows = p.rows
    village = p.hashes_of(VILLAGE)
    address = looked_up(p.addresses.token_set, rows["address"])
    house, area, street, institution = (
        _has_address(p, kind) for kind in (Numbers.HOUSE, Numbers.OTHER, Numbers.NONE, Numbers.INSTITUTION)
    )
    in_rt = (rows["rt"] >= 0) & (rows["rw"] >= 0) & ~institution
    rt = in_rt & ~house
    within = (rows["rt"].astype(np.int64) << 32 | rows["rw"]).view(np.uint64)
    around = mixed(p.hashes_of(DUSUN) + np.uint64(1), within)
    del within
    keys = np.empty((len(PlaceKey), len(p)), np.uint64)
    stated = {
        PlaceKey.HOUSE: (house, address),
        PlaceKey.RT: (rt, around),
        PlaceKey.HAMLET: (area | (street & ~rt), address),
        PlaceKey.AROUND: (in_rt, around),
        PlaceKey.INSTITUTION: (institution, address),
    }
    for key, (known, part) in stated.items():
        keys[key] = np.where(known, mixed(part, village + np.uint64(3 + key)), 0)
    return keys


def has_house_number(p: Prepared) -> Bools:
    """Say which records state an address with a house number."""
    return _has_address(p, Numbers.HOUSE)


def _has_address(p: Prepared, numbers: Numbers) -> Bools:
    """Say which records state an address with numbers of a kind, and two words at least: one alone names no place."""
    named = p.addresses.tokens[:, 1] >= 0
    return np.asarray(np.append(named & (p.addresses.numbers == numbers), False)[p.rows["address"]])
