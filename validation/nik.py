"""What a NIK or KK number says of itself: sound, or why it is in doubt. Never repairs one.

NIK: province, kabupaten and kecamatan of first registration (6 digits), birth date DDMMYY (women DD + 40), serial.
KK: the same with the date of issue, whose day never exceeds 31. Source: Permendagri 109/2019.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from validation.regions import regency_codes
from validation.vocabulary import is_placeholder, placeholders

LENGTH = 16
WOMANS_DAY = 40
_SEPARATORS = "(?:^\\s*(?i:(?:no[\\s.]*)?(?:nik|ktp|kk))|[\\s\u00a0\u2000-\u200f\u202f\u3000\ufeff.,;:*'’`‘()–-])+"
"""What is no part of a number: marks that people and programs put around it, and its own name before it."""
_DECIMALS = r"^\s*([0-8][0-9]{14}[1-9])[.,]00?\s*$"
"""Decimals of a number that was one of a program; of a larger one, or one that ends in 0, a digit may be lost."""
_SCIENTIFIC = re.compile(r"^\d(?:[.,]\d+)?\s*e\s*\+?\d+$", re.IGNORECASE)
_NO_DATE = (0, 0, -1, 0)
_ZERO, _UNKNOWN = ord("0"), ord("?")
_MONTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

STATUSES = ("sound", "missing", "placeholder", "wrong_length", "impossible_date", "last_digit_lost")
"""What one number says of itself."""
STATUSES_IN_A_LIST = (*STATUSES, "numeric_doubt", "swapped", "same_as_other")
"""The same with what only its list says: how its column was stored, and the other number of its row."""
_SOUND, _MISSING, _PLACEHOLDER, _WRONG_LENGTH, _IMPOSSIBLE, _LOST = range(len(STATUSES))

Small = npt.NDArray[np.int16]


class Facts(NamedTuple):
    """`digits`: as written, without separators. `day`, `month`, `two_digit_year`: of birth (or issue), if possible."""

    status: str
    digits: str | None
    day: int | None = None
    month: int | None = None
    two_digit_year: int | None = None
    sex: str | None = None


class NumberFacts(NamedTuple):
    """The same for many numbers, one element each. `status`: positions in `STATUSES`; `digits`: strings.

    Where there is no date, `day` and `month` are 0 and `year` is -1.
    """

    status: Small
    digits: pa.Array
    day: Small
    month: Small
    year: Small
    woman: npt.NDArray[np.bool_]


@lru_cache(maxsize=65536)
def facts(text: str) -> Facts:
    """Judge one NIK as it stands in a cell.

    >>> facts("'161005 410785 0003")
    Facts(status='sound', digits='1610054107850003', day=1, month=7, two_digit_year=85, sex='P')
    >>> facts("161005410785000?").status
    'last_digit_lost'
    """
    of = judge(pa.array([text], pa.large_string()), birth=True)
    status, digits = STATUSES[of.status[0]], of.digits[0].as_py()
    if not of.day[0]:
        return Facts(status, digits)
    return Facts(status, digits, int(of.day[0]), int(of.month[0]), int(of.year[0]), "P" if of.woman[0] else "L")


def judge(texts: pa.Array, *, birth: bool) -> NumberFacts:
    """Judge NIK (`birth`) or KK numbers as they stand in cells: strings, none null. Statuses: `STATUSES`.

    `digits` are those written, without the marks that people and programs put between them and the number's name
    before them; None where a text stands for nothing. Fifteen digits and a `?` are a number whose last digit nobody
    knows.
    """
    whole = _is_whole(texts)
    marked = np.flatnonzero(~whole)
    bare = pc.replace_substring_regex(texts.take(pa.array(marked)), _DECIMALS, r"\1")
    bare = pc.replace_substring_regex(bare, _SEPARATORS, "")
    whole[marked] = _is_whole(bare)
    bare = _replaced(texts, marked, bare)
    rest, at = np.flatnonzero(~whole), np.flatnonzero(whole)
    others = texts.take(pa.array(rest)).dictionary_encode()
    judged = [_not_whole(text) for text in others.dictionary.to_pylist()]
    status = np.zeros(len(texts), dtype=np.int16)
    status[rest] = np.array([s for s, _ in judged], dtype=np.int16)[others.indices.to_numpy()]
    digits = _replaced(bare, rest, pa.array([d for _, d in judged], texts.type).take(others.indices))
    status[at], parts = _judge_whole(bare.take(pa.array(at)), birth=birth)
    made = [np.full(len(texts), fill, dtype=np.int16) for fill in _NO_DATE]
    for target, part in zip(made, parts, strict=True):
        target[at] = part
    filled = at[status[at] == _PLACEHOLDER]
    digits = _replaced(digits, filled, [None] * len(filled))
    return NumberFacts(status, digits, made[0], made[1], made[2], made[3].astype(bool))


def _is_whole(texts: pa.Array) -> npt.NDArray[np.bool_]:
    found = pc.match_substring_regex(texts, r"^[0-9]{15}[0-9?]$")
    return np.array(found.to_numpy(zero_copy_only=False), dtype=bool)


def _replaced(texts: pa.Array, at: npt.NDArray[np.intp], values: Sequence[str | None] | pa.Array) -> pa.Array:
    if not len(at):
        return texts
    mask = np.zeros(len(texts), dtype=bool)
    mask[at] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(values, texts.type))


def _not_whole(text: str) -> tuple[int, str | None]:
    """Status and digits of a text that is not 16 digits."""
    plain = text.strip()
    if not plain:
        return _MISSING, None
    bare = re.sub(_SEPARATORS, "", text)
    if is_placeholder(plain) or not any(c.isdigit() for c in bare):
        return _PLACEHOLDER, None
    if _SCIENTIFIC.match(plain):
        return _WRONG_LENGTH, plain
    return (_PLACEHOLDER, None) if len(set(bare)) == 1 else (_WRONG_LENGTH, bare)


def _judge_whole(numbers: pa.Array, *, birth: bool) -> tuple[Small, list[Small]]:
    """Status, and day, month, year and whether a woman's, of texts of 16 digits, the last of which may be `?`."""
    letters: npt.NDArray[Any] = np.frombuffer(numbers.buffers()[2] or b"", np.uint8, LENGTH * len(numbers))
    digit = letters.reshape(-1, LENGTH).astype(np.int16) - _ZERO
    lost = digit[:, 15] == _UNKNOWN - _ZERO
    raw_day, month, year = (10 * digit[:, n] + digit[:, n + 1] for n in (6, 8, 10))
    woman = (raw_day > WOMANS_DAY) & birth
    day = raw_day - WOMANS_DAY * woman
    province = np.isin(10 * digit[:, 0] + digit[:, 1], _provinces())
    possible = _in_the_calendar(day, month, year) & province & digit[:, 12:].any(axis=1)
    filler = (digit == digit[:, :1]).all(axis=1)
    filler |= pc.is_in(numbers, value_set=pa.array(_fillers(), numbers.type)).to_numpy(zero_copy_only=False)
    status = np.where(possible, _SOUND, _IMPOSSIBLE).astype(np.int16)
    status[lost], status[filler] = _LOST, _PLACEHOLDER
    known = possible & ~filler
    parts = zip((day, month, year, woman), _NO_DATE, strict=True)
    return status, [np.where(known, part, fill).astype(np.int16) for part, fill in parts]


def _in_the_calendar(day: Small, month: Small, two_digit_year: Small) -> npt.NDArray[np.bool_]:
    """Whether there is such a day in one of the two centuries."""
    in_year = (month >= 1) & (month <= 12)
    last = _MONTHS[np.where(in_year, month, 0)] + ((month == 2) & (two_digit_year % 4 == 0))
    return np.asarray(in_year & (day >= 1) & (day <= last))


@cache
def _provinces() -> npt.NDArray[np.int16]:
    return np.array(sorted({int(code[:2]) for code in regency_codes()}), dtype=np.int16)


@cache
def _fillers() -> tuple[str, ...]:
    """The placeholders that have as many digits as a number."""
    return tuple(text for text in placeholders() if text.isdigit() and len(text) == LENGTH)
