"""Names as a person reads them. What serves matching only (titles, spellings) is left to matching."""

from __future__ import annotations

import re
from typing import NamedTuple

from validation.vocabulary import is_placeholder

_TWO_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_DECEASED = re.compile(
    r"\(\s*alm(?:h|arhum(?:ah)?)?\.?\s*\)|\balm(?:h|arhum(?:ah)?)?(?:\.|$)|\balmarhum(?:ah)?\b", re.I
)
_SEVERAL = re.compile(r"[A-Za-z]{3,}\s*(?:/|&|\+|;)\s*[A-Za-z]{3,}")


class Name(NamedTuple):
    """`text`: trimmed, capitals, single spaces; None: no usable name."""

    text: str | None
    deceased: bool = False
    several: bool = False


def parse_name(text: str) -> Name:
    """Read a name cell. Usable is what has at least two letters and stands for somebody.

    >>> parse_name("  siti\xa0 aminah (Alm) ")
    Name(text='SITI AMINAH (ALM)', deceased=True, several=False)
    """
    plain = " ".join(text.split()).strip("'’`").strip()
    if is_placeholder(plain) or not _TWO_LETTERS.search(plain):
        return Name(None)
    shown = plain.upper()
    only_letters = shown.replace(" ", "").isalpha()
    return Name(
        shown, "ALM" in shown and bool(_DECEASED.search(shown)), not only_letters and bool(_SEVERAL.search(shown))
    )
