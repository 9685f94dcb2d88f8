"""Comparing NIK and KK numbers digit by digit.

Sixteen digits stand in 64 bits, four bits each, the first on top (`text.packed_digits`): 0 stands for no digit, 1 to 10
for the digits 0 to 9.
"""

from __future__ import annotations

import numpy as np

from assets.households.linkage.arrays.compiled import kernel
from assets.households.linkage.compare.levels import KkLevel, NikLevel
from assets.households.linkage.prepare.fields import IdentifierState, RecordRow

SERIAL_BITS = np.uint64(16)
"""The last four digits of an identifier, its serial number."""
EQUAL, ONE_OFF, LAST_OFF, MANY_OFF = 0, 1, 15, 99
"""What `digits_off` returns: the same; one edit; one change, of the last of 16 digits; more."""


@kernel
def digits_off(a: np.uint64, b: np.uint64) -> int:
    """Say how far two packed numbers are apart: `EQUAL`, `ONE_OFF`, `LAST_OFF` or `MANY_OFF`.

    One edit is a changed digit, two neighbours swapped, or one digit left out of a number of 16 digits or less.
    """
    if a == b:
        return EQUAL
    apart = a ^ b
    apart |= apart >> np.uint64(2)
    apart = (apart | apart >> np.uint64(1)) & np.uint64(0x1111111111111111)  # the lowest bit of each digit that differs
    last = apart & (~apart + np.uint64(1))
    if apart == last:
        return LAST_OFF if last == 1 else ONE_OFF
    before = last << np.uint64(4)
    if apart == last | before:
        low, high = last * np.uint64(15), before * np.uint64(15)
        if (a & low) << np.uint64(4) == b & high and (b & low) << np.uint64(4) == a & high:
            return ONE_OFF
    if (a & np.uint64(15) == 0) or (b & np.uint64(15) == 0):
        return ONE_OFF if _one_left_out(a, b) else MANY_OFF
    return MANY_OFF


@kernel
def _one_left_out(a: np.uint64, b: np.uint64) -> bool:
    """Say whether leaving one digit out of one of two numbers of different length gives the other."""
    la, lb = 16, 16
    while la > 0 and a >> np.uint64(4 * (16 - la)) & np.uint64(15) == 0:
        la -= 1
    while lb > 0 and b >> np.uint64(4 * (16 - lb)) & np.uint64(15) == 0:
        lb -= 1
    if abs(la - lb) != 1:
        return False
    if la > lb:
        a, b = b, a
    at = np.uint64(60)
    while at > 0 and (a ^ b) >> at & np.uint64(15) == 0:
        at -= np.uint64(4)
    rest = (np.uint64(1) << at << np.uint64(4)) - np.uint64(1)  # from the first digit that differs on
    return bool((a & rest) == (b << np.uint64(4)) & rest)


@kernel
def same_but_serial(a: np.uint64, b: np.uint64) -> bool:
    """Say whether two packed numbers agree in the first twelve digits: region and date."""
    return bool((a ^ b) >> SERIAL_BITS == 0)


@kernel
def serials_apart(a: np.uint64, b: np.uint64) -> int:
    """Return how far the serial numbers, the last four digits, of two packed numbers of 16 digits are apart."""
    apart = 0
    for shift in (12, 8, 4, 0):
        one, other = int(a >> np.uint64(shift)) & 15, int(b >> np.uint64(shift)) & 15
        apart = 10 * apart + one - other
    return abs(apart)


@kernel
def _ends_in_nought(number: np.uint64) -> bool:
    """Say whether the last of 16 packed digits is 0, as a spreadsheet leaves it, whether its list now keeps numbers or
    texts."""
    return bool(number & np.uint64(15) == 1)


@kernel
def compare_niks(a: RecordRow, b: RecordRow) -> int:
    """Return the `NikLevel` of two records."""
    if a.nik == 0 or b.nik == 0:
        return NikLevel.MISSING
    if a.nik == b.nik:
        cut = a.nik_state == IdentifierState.PREFIX and b.nik_state == IdentifierState.PREFIX
        return NikLevel.SAME_CUT if cut else NikLevel.SAME
    off = digits_off(a.nik, b.nik)
    if off == LAST_OFF:
        return NikLevel.PREFIX if _ends_in_nought(a.nik) or _ends_in_nought(b.nik) else NikLevel.ONE_DIGIT_OFF
    if off == ONE_OFF:
        return NikLevel.ONE_DIGIT_OFF
    if same_but_serial(a.nik, b.nik):
        return NikLevel.SAME_DATE_AND_REGION
    plausible = a.nik_state >= IdentifierState.SOUND and b.nik_state >= IdentifierState.SOUND
    return NikLevel.DIFFERENT if plausible else NikLevel.DIFFERENT_DOUBTFUL


@kernel
def compare_kks(a: RecordRow, b: RecordRow) -> int:
    """Return the `KkLevel` of two records."""
    if a.kk == 0 or b.kk == 0:
        return KkLevel.MISSING
    if a.kk == b.kk:
        return KkLevel.SAME
    return KkLevel.NEAR if digits_off(a.kk, b.kk) <= LAST_OFF else KkLevel.DIFFERENT
