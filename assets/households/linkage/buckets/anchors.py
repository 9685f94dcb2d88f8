"""By which keys records go to be compared, and which of these keys go the same way.

Most people live where their card and NIK were issued, and were born on the date that stands in their NIK. So a record
goes by the kecamatan of its village, card and NIK, and by the date of its birth and of its NIK: for most records these
are two buckets instead of five. A kecamatan and a date follow from the key alone, so that all records with one key
still meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.households.linkage.arrays.text import (
    Hashes,
    Records,
    codes_and_values,
    fixed_width,
    looked_up,
    mixed,
    packed_digits,
    text_buffers,
    text_column,
)
from assets.households.linkage.block_keys import BITS_A_DIGIT, LAST_DIGIT
from assets.households.linkage.blocking import DAYS_A_MONTH, DAYS_A_YEAR, Blocking, Rule, key_columns
from assets.households.linkage.prepare.fields import DAY, DIGITS, MONTH, YEAR
from assets.households.linkage.prepare.records import Prepared, cleaned_places, region, village_hashes
from validation.nik import WOMANS_DAY

ANCHORS = ("kode_desa", "no_kk", "nik_15", "nik_tanggal_urut", "tanggal_lahir", "nama_lengkap", "alamat")
"""Keys that are common to many blocking rules and rare enough to ship records by, in order of preference."""
KECAMATAN_DIGITS = 6
"""Digits of a village code, card or NIK that name its kecamatan."""
A_CENTURY = 100
"""A NIK has two digits for a year."""
KECAMATAN, DATE, VILLAGES = (2**32 + kind for kind in range(3))
"""Ways that several anchors share; other anchors have a way each, numbered from 1."""


@dataclass(frozen=True)
class Anchors:
    """The combinations of keys by which records are shipped to be compared, and which of them serves each rule."""

    keys: tuple[tuple[str, ...], ...]
    of_rule: tuple[int, ...]

    @classmethod
    def of(cls, blocking: Blocking) -> Anchors:
        """Choose for each rule the first of `ANCHORS` among its keys, or all its keys."""
        of_rule = [next(((key,) for key in ANCHORS if key in rule.keys), rule.keys) for rule in blocking.rules]
        keys = tuple(dict.fromkeys(of_rule))
        return cls(keys, tuple(keys.index(chosen) for chosen in of_rule))


def legs_to_compare(village_ways: Hashes, p: Prepared, blocking: Blocking) -> Hashes:
    """Return by what each record goes to be compared: records in canonical order × anchors, 0 where it has no such key.

    `village_ways`: as `by_village`, in canonical order.
    """
    anchors = [Rule("", keys) for keys in Anchors.of(blocking).keys]
    columns = key_columns(p, Blocking(tuple(anchors)))
    legs = np.zeros((len(p), len(anchors)), np.uint64)
    for number, anchor in enumerate(anchors):
        key, stated = np.full(len(p), np.uint64(number + 1)), np.ones(len(p), bool)
        for name in anchor.keys:
            key, stated = mixed(key, columns[name]), stated & (columns[name] != 0)
        if anchor.keys == ("kode_desa",):
            key = village_ways
        elif anchor.keys in WAYS:
            key = WAYS[anchor.keys](p)
        legs[:, number] = np.where(stated, key, 0)
    return legs


def by_village(records: Records) -> Hashes:
    """Return the way by each record's kecamatan, or by its village where this has no code."""
    codes, values = codes_and_values(text_column(records, "kode_desa"), len(records))
    texts = [re.sub("[^0-9]", "", region(text))[:KECAMATAN_DIGITS] for text in cleaned_places(values)]
    packed = packed_digits(fixed_width(*text_buffers(pa.array(texts, pa.large_string())), DIGITS))
    is_code = np.array([len(text) == KECAMATAN_DIGITS for text in texts] + [False])[codes]
    kecamatan = looked_up(by_kecamatan(packed), codes)
    return np.where(is_code, kecamatan, _way(VILLAGES, village_hashes(records)))


def by_kecamatan(digits: Hashes) -> Hashes:
    """Return the way by the kecamatan in each card or NIK (as `packed_digits`)."""
    return _way(KECAMATAN, digits >> np.uint64(BITS_A_DIGIT * (DIGITS - KECAMATAN_DIGITS)))


def _by_date(p: Prepared) -> Hashes:
    f = p.fields
    return _by_day(f[:, DAY], f[:, MONTH], f[:, YEAR] % A_CENTURY)


def _by_date_in_nik(p: Prepared) -> Hashes:
    """By the digits 7 to 12 of the NIK: day (women: plus 40), month, year."""
    digits = [
        (p.nik >> np.uint64(BITS_A_DIGIT * (DIGITS - 1 - at)) & LAST_DIGIT).astype(np.int64) - 1
        for at in range(KECAMATAN_DIGITS, 2 * KECAMATAN_DIGITS)
    ]
    day, month, year = (10 * digits[at] + digits[at + 1] for at in (0, 2, 4))
    return _by_day(np.where(day > WOMANS_DAY, day - WOMANS_DAY, day), month, year)


def _by_day(day: npt.NDArray[Any], month: npt.NDArray[Any], year: npt.NDArray[Any]) -> Hashes:
    return _way(DATE, (year * DAYS_A_YEAR + month * DAYS_A_MONTH + day).astype(np.uint64))


def _way(kind: int, value: Hashes) -> Hashes:
    return mixed(np.full(len(value), kind, np.uint64), value)


WAYS: dict[tuple[str, ...], Callable[[Prepared], Hashes]] = {
    ("no_kk",): lambda p: by_kecamatan(p.kk),
    ("nik_15",): lambda p: by_kecamatan(p.nik),
    ("tanggal_lahir",): _by_date,
    ("nik_tanggal_urut",): _by_date_in_nik,
}
"""Anchors by which records do not go themselves, but by what they have in common with others."""
