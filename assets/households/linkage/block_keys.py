"""What blocking rules can name: keys of a record, on which those that are compared agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.text import Hashes, looked_up, mix
from assets.households.linkage.prepare.fields import (
    ADDRESS,
    BIRTHPLACE,
    DAY,
    DIGITS,
    DUSUN,
    HEAD,
    LIST,
    MONTH,
    MOTHER,
    NAME,
    RT,
    RW,
    SEX,
    VILLAGE,
    YEAR,
)
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.prepare.tokens import JOINED, TOKENS, NameTable

BITS_A_DIGIT = 4
LAST_DIGIT = np.uint64(15)
"""Mask of the last of the sixteen digits of an identifier; 0 there: the number is cut short."""


def _text(field: int) -> Callable[[Prepared], Hashes]:
    """Key on the whole text of a field."""
    return lambda p: p.hashes_of(field)


def _number(field: int) -> Callable[[Prepared], Hashes]:
    """Key on a number of a field, such as RT (-1: not stated)."""
    return lambda p: (p.fields[:, field] + 1).astype(np.uint64)


def _date(p: Prepared) -> Hashes:
    f = p.fields
    stated = (f[:, YEAR] > 0) & (f[:, MONTH] > 0) & (f[:, DAY] > 0)
    return np.where(stated, f[:, YEAR] * 10000 + f[:, MONTH] * 100 + f[:, DAY], 0).astype(np.uint64)


def _of_names(field: int, part: str, table: str = "names") -> Callable[[Prepared], Hashes]:
    """Key on a part of a name or address, compared by sound (`first`, `last`, `whole`) or by letters (`letters`)."""

    def keys(p: Prepared) -> Hashes:
        per_name = name_keys(getattr(p, table), part)
        return looked_up(per_name, p.fields[:, field])

    return keys


def name_keys(names: NameTable, part: str) -> Hashes:
    """Return a key of one part of each name: `first` or `last` word, or `whole`, by their sounds; or `letters`."""
    if part == "letters":  # the same however they are split into words
        return np.where(
            names.tokens[:, 0] < 0, 0, names.rows[:, JOINED].astype(np.uint32).astype(np.uint64) + np.uint64(1)
        )
    sounds = np.append(names.vocabulary.sound_hash, np.uint64(0))[names.tokens]
    if part == "first":
        return sounds[:, 0]
    if part == "last":
        count = (names.tokens >= 0).sum(axis=1)
        return np.asarray(sounds[np.arange(len(sounds)), np.maximum(count - 1, 0)])
    total = np.zeros(len(sounds), np.uint64)
    for at in range(TOKENS):
        total += sounds[:, at] * np.uint64(0x9E3779B97F4A7C15)
    return total


def _identifier(which: str, first: int = 0, last: int = DIGITS) -> Callable[[Prepared], Hashes]:
    """Key on the digits of an identifier from `first` to `last`; a number that is cut short has a key only if
    `first` is 0."""
    return lambda p: _digits_hash(getattr(p, which), first, last, first == 0)


@compiled
def _digits_hash(digits: Hashes, first: int, last: int, allow_short: bool) -> Hashes:
    """Hash some digits of each identifier. `digits`: sixteen digits of 4 bits, the first on top, as in `Prepared`."""
    out = np.zeros(len(digits), np.uint64)
    before, after = np.uint64(BITS_A_DIGIT * first), np.uint64(BITS_A_DIGIT * (first + DIGITS - last))
    for k in range(len(digits)):
        full = digits[k] & LAST_DIGIT != 0
        if digits[k] != 0 and (full or allow_short):
            chosen = digits[k] << before >> after if full else digits[k]
            out[k] = mix(chosen)
    return out


KEYS: dict[str, Callable[[Prepared], Hashes]] = {
    "alamat": _of_names(ADDRESS, "whole", "addresses"),
    "alamat_rapat": _of_names(ADDRESS, "letters", "addresses"),
    "daftar": _text(LIST),
    "dusun": _text(DUSUN),
    "jenis_kelamin": lambda p: p.fields[:, SEX].astype(np.uint64),
    "kepala_depan": _of_names(HEAD, "first"),
    "kepala_lengkap": _of_names(HEAD, "whole"),
    "kode_desa": _text(VILLAGE),
    "nama_akhir": _of_names(NAME, "last"),
    "nama_depan": _of_names(NAME, "first"),
    "nama_ibu": _of_names(MOTHER, "whole"),
    "nama_lengkap": _of_names(NAME, "whole"),
    "nama_rapat": _of_names(NAME, "letters"),
    "nik": _identifier("nik"),
    "nik_15": _identifier("nik", 0, 15),
    "nik_tanggal_urut": _identifier("nik", 6),
    "no_kk": _identifier("kk"),
    "rt": _number(RT),
    "rw": _number(RW),
    "tahun_lahir": lambda p: p.fields[:, YEAR].astype(np.uint64),
    "tanggal_lahir": _date,
    "tanpa_desa": lambda p: (p.hashes_of(VILLAGE) == 0).astype(np.uint64),
    "tempat_lahir": _text(BIRTHPLACE),
}
"""The keys that rules can use: name → function from prepared records to one number a record, 0: not stated. By
`tanpa_desa` all records that state no village are equal, and no others: a rule with it is for tables without."""
