"""What the numbers of an address are: that of a house, or of an RT, a hamlet, a road; and which are institutions."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.households.linkage.arrays.text import Ints


class Numbers(IntEnum):
    """NONE: there are none; OTHER: those of an RT, a hamlet or a road; HOUSE: that of a house; INSTITUTION: of
    whatever, people live there who are no family."""

    NONE = 0
    OTHER = 1
    HOUSE = 2
    INSTITUTION = 3


_NEIGHBOURHOOD = r"\bR[TW] ?\d+(?: \d+)*\b"
_AREAS = (
    "DUSUN|DSN|DS|DK|DKH|DUKUH|LINGKUNGAN|LINGK|LK|KAMPUNG|KP|BANJAR|JORONG|DESA|KM|GANG|GG|LORONG|LR|RK|JALAN|JLN|JL"
)
"""Words before a number that is no house number: DUSUN 3, GANG 2, KM 5, JALAN 17 AGUSTUS."""

_INSTITUTIONS = (
    "PANTI|LKSA|LKS|LPKA|PESANTREN|PONPES|PONTREN|PONDOK PESANTREN|ASRAMA|YAYASAN|LAPAS|RUTAN|RUMAH TAHANAN|SHELTER"
    "|LEMBAGA PEMASYARAKATAN|RUMAH (?:SINGGAH|AMAN|PERLINDUNGAN|ASUH|YATIM|JOMPO|PIATU)|BARAK|PENGUNGSIAN"
    "|BALAI REHABILITASI"
)
"""Homes, boarding schools, prisons, barracks; streets are called after them."""
_STREETS = r"\b(?:JALAN|JLN|JL|GANG|GG|LORONG|LR|LRG|KOMPLEK|KOMP|PERUMAHAN|PERUM)"


def numbers_of(texts: pa.Array) -> Ints:
    """Return what the numbers of each address are (`Numbers`); `texts`: in capitals, words parted by single spaces.

    >>> numbers_of(pa.array(["JL KENANGA NO 86", "86 KENANGA", "DK WARU RT 01 02", "DUSUN 3", "JL PASAR"])).tolist()
    [2, 2, 1, 1, 0]
    >>> numbers_of(pa.array(["PANTI ASUHAN HARAPAN JL MAWAR NO 5", "JL PANTI ASUHAN NO 5"])).tolist()
    [3, 2]
    """
    rest = pc.replace_substring_regex(texts, _NEIGHBOURHOOD, "")
    rest = pc.replace_substring_regex(rest, rf"\b(?:{_AREAS}) \d+\b", "")
    house = pc.match_substring_regex(rest, r"\pL.* \d|^\d+ \d*\pL").to_numpy(zero_copy_only=False)
    some = pc.match_substring_regex(texts, r"\d").to_numpy(zero_copy_only=False)
    off_street = pc.replace_substring_regex(texts, rf"{_STREETS} (?:{_INSTITUTIONS})\b", "")
    institution = pc.match_substring_regex(off_street, rf"\b(?:{_INSTITUTIONS})\b").to_numpy(zero_copy_only=False)
    numbers = np.where(house, Numbers.HOUSE, np.where(some, Numbers.OTHER, Numbers.NONE))
    return np.where(institution, Numbers.INSTITUTION, numbers).astype(np.int32)
