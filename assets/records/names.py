"""Names as a person reads them. What serves matching only (titles, spellings) is left to matching."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from validation.vocabulary import is_placeholder

_DECEASED = re.compile(r"\(\s*alm(?:h|arhum(?:ah)?)?\.?\s*\)|(?:^|\s)alm(?:h|arhum(?:ah)?)?\.(?:\s|$)", re.IGNORECASE)
_SEVERAL = re.compile(r"[A-Za-z]{3,}\s*(?:/|&|\+|;)\s*[A-Za-z]{3,}")


class Name(NamedTuple):
    """`text`: trimmed, capitals, single spaces; None: no usable name."""

    text: str | None
    deceased: bool = False
    several: bool = False


@lru_cache(maxsize=262144)
def parse_name(text: str) -> Name:
    """Read a name cell. Usable is what has at least two letters and stands for somebody.

    >>> parse_name("  siti\xa0 aminah (Alm) ")
    Name(text='SITI AMINAH (ALM)', deceased=True, several=False)
    """
    plain = " ".join(text.replace("\xa0", " ").split()).strip("'’`").strip()
    if sum(c.isalpha() for c in plain) < 2 or is_placeholder(plain):
        return Name(None)
    return Name(plain.upper(), bool(_DECEASED.search(plain)), bool(_SEVERAL.search(plain)))
