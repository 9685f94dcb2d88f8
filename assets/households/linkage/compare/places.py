"""Comparing where two people live: village, place within it, and the joint comparison `rumah`.

People of one household share KK, head of household, village and place, and they share them as a whole: four agreements
of housemates are one piece of evidence and not four. So these four levels make one cell of a table, `rumah`, whose
probabilities are estimated together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from assets.households.linkage.arrays.compiled import kernel
from assets.households.linkage.compare.levels import Agreement, KkLevel, PlaceLevel, RelativeLevel, names_of
from assets.households.linkage.compare.names import Names, half_the_same, level_of_names
from assets.households.linkage.prepare.fields import RecordRow

HEAD_LEVELS, VILLAGE_LEVELS, PLACE_LEVELS = len(RelativeLevel), len(Agreement), len(PlaceLevel)
RUMAH_SHAPE = (len(KkLevel), HEAD_LEVELS, VILLAGE_LEVELS, PLACE_LEVELS)
"""Levels of KK, head, village and place."""
CELLS = int(np.prod(RUMAH_SHAPE))
RUMAH_PARTS: dict[str, tuple[str, ...]] = {
    "kk": names_of(KkLevel),
    "kepala": names_of(RelativeLevel),
    "desa": names_of(Agreement),
    "tempat": names_of(PlaceLevel),
}
"""The names of the parts of `rumah` and of their levels, in the order of `RumahCell`."""


class RumahCell(NamedTuple):
    """The levels that one cell of `rumah` stands for, or arrays of them: `KkLevel`, `RelativeLevel` of the heads of
    household, `Agreement` of the villages, `PlaceLevel`."""

    kk: Any
    head: Any
    village: Any
    place: Any


@kernel
def pack_rumah(kk: int, head: int, village: int, place: int) -> int:
    """Return the cell (0 to `CELLS` - 1) of four levels."""
    return ((kk * HEAD_LEVELS + head) * VILLAGE_LEVELS + village) * PLACE_LEVELS + place


def unpack_rumah(cell: Any) -> RumahCell:
    """Return the levels of a cell, or of an array of cells.

    >>> [int(level) for level in unpack_rumah(pack_rumah(KkLevel.NEAR, 1, 2, PlaceLevel.NEAR))]
    [2, 1, 2, 3]
    """
    return RumahCell(*np.unravel_index(cell, RUMAH_SHAPE))


@kernel
def rumah_levels(cell: int) -> tuple[int, int, int, int]:
    """Return the levels of one cell (KK, head, village, place) to compiled code."""
    rest, place = cell // PLACE_LEVELS, cell % PLACE_LEVELS
    rest, village = rest // VILLAGE_LEVELS, rest % VILLAGE_LEVELS
    return rest // HEAD_LEVELS, rest % HEAD_LEVELS, village, place


@kernel
def compare_villages(a: RecordRow, b: RecordRow) -> int:
    """Return the `Agreement` of two villages."""
    if a.village < 0 or b.village < 0:
        return Agreement.MISSING
    return Agreement.SAME if a.village == b.village else Agreement.DIFFERENT


@kernel
def compare_places(a: RecordRow, b: RecordRow, addresses: Names) -> int:
    """Return the `PlaceLevel` of two places within their villages, by address, hamlet, RT and RW."""
    likeness = level_of_names(a.address, b.address, addresses)
    if likeness == RelativeLevel.SAME and addresses.rows[a.address].tokens[1] >= 0:  # one word alone names no house
        return PlaceLevel.SAME_ADDRESS
    alike = likeness == RelativeLevel.SAME or (
        likeness == RelativeLevel.SIMILAR and half_the_same(addresses.rows[a.address], addresses.rows[b.address])
    )
    dusun, rt, rw = a.dusun >= 0 and b.dusun >= 0, a.rt >= 0 and b.rt >= 0, a.rw >= 0 and b.rw >= 0
    same_dusun = dusun and a.dusun == b.dusun
    same_rt = rt and a.rt == b.rt
    same_rw = rw and a.rw == b.rw
    if same_dusun and same_rt and (same_rw or not rw):
        return PlaceLevel.SAME_RT
    if alike or same_dusun or (same_rt and same_rw):
        return PlaceLevel.NEAR
    differs = likeness != RelativeLevel.MISSING or dusun or (rt and not same_rt) or (rw and not same_rw)
    return PlaceLevel.DIFFERENT if differs else PlaceLevel.MISSING


@kernel
def compare_heads(a: RecordRow, b: RecordRow, names: Names) -> int:
    """Return the `RelativeLevel` of two heads of household; MISSING where both persons are heads themselves, since
    that would count their own names twice."""
    if a.is_head == 1 and b.is_head == 1:
        return RelativeLevel.MISSING
    return level_of_names(a.head, b.head, names)
