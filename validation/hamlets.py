"""Hamlets (dusun) however they are written: `DUSUN III`, `DSN. 3` and `TIGA` are one."""

from __future__ import annotations

import re

import pyarrow as pa

from validation.cleaning import clean
from validation.hamlet_words import HAMLET_WORDS

_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
ROMAN = {ten + one: 10 * a + b for a, ten in enumerate(("", "X")) for b, one in enumerate(_ONES) if a or b}
"""Roman numerals up to 19, as hamlets, RT and RW are numbered."""
_KIND = re.compile(rf"^(?:{HAMLET_WORDS})[. ]+")
_VOWELS = re.compile(r"[AEIOU]|(.)(?=\1)")
_WORDS = (
    "SATU", "DUA", "TIGA", "EMPAT", "LIMA", "ENAM", "TUJUH", "DELAPAN", "SEMBILAN", "SEPULUH", "SEBELAS", "DUABELAS",
)  # fmt: skip
_NUMERALS = ROMAN | {word: number for number, word in enumerate(_WORDS, 1)}


def hamlet_keys(values: pa.Array) -> pa.Array:
    """`hamlet` of each text (large_string), once it is cleaned.

    >>> hamlet_keys(pa.array(["Dsn. 3", "Dusun  Wonosari"], pa.large_string())).to_pylist()
    ['3', 'WNSR']
    """
    return pa.array(map(hamlet, clean(values, r"\p{L}\p{N}.").to_pylist()), pa.large_string())


def hamlet(text: str) -> str:
    """Read a cleaned hamlet so that one hamlet is one text: numbers in digits, names by their consonants.

    >>> [hamlet(t) for t in ("DUSUN III", "DSN. 3", "DUSUN TIGA", "LINGKUNGAN 03", "WONOSARI", "DK. WNOSARI")]
    ['3', '3', '3', '3', 'WNSR', 'WNSR']
    """
    words = _KIND.sub("", text).replace(".", " ").split()
    return " ".join(_word(word) for word in words)


def _word(word: str) -> str:
    number = int(word) if word.isdecimal() else _NUMERALS.get(word)
    return str(number) if number else word[0] + _VOWELS.sub("", word[1:])
