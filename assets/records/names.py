"""Names as a person reads them. What serves matching only (titles, spellings) is left to matching."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.cells import Coded, Mask, Numbers
from validation.vocabulary import is_placeholder, placeholders

_TWO_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_DECEASED = re.compile(
    r"\(\s*alm(?:h|arhum(?:ah)?)?\.?\s*\)|\balm(?:h|arhum(?:ah)?)?(?:\.|$)|\balmarhum(?:ah)?\b", re.I
)
_SEVERAL = re.compile(r"[A-Za-z]{3,}\s*(?:/|&|\+|;)\s*[A-Za-z]{3,}")


_PLAIN = r"^[A-Za-z]{2,}(?: [A-Za-z]+)*$"
_OTHER_WORDS = r"(?i)\balm"


class Name(NamedTuple):
    """`text`: trimmed, capitals, single spaces; None: no usable name."""

    text: str | None
    deceased: bool = False
    several: bool = False


class Names(NamedTuple):
    """The names of all rows: equal texts have equal codes."""

    text: Coded[str | None]
    deceased: Mask
    several: Mask


def parse_name(text: str) -> Name:
    """Read a name cell. Usable is what has at least two letters and stands for somebody.

    >>> parse_name("  siti\xa0 aminah (Alm) ")
    Name(text='SITI AMINAH (ALM)', deceased=True, several=False)
    """
    plain = " ".join(text.split()).strip("'’`").strip()
    if is_placeholder(plain) or not _TWO_LETTERS.search(plain):
        return Name(None)
    shown = plain.upper()
    return Name(shown, bool(_DECEASED.search(shown)), bool(_SEVERAL.search(shown)))


def parse_names(texts: pa.Array, codes: Numbers) -> Names:
    """Read distinct name cells, of which `codes` says which each row has.

    Nine names in ten are plain words and only need capitals; what `parse_name` may say of the others is left to it.
    """
    lower = pc.utf8_lower(texts)
    odd = pc.or_(pc.invert(pc.match_substring_regex(texts, _PLAIN)), pc.match_substring_regex(texts, _OTHER_WORDS))
    odd = pc.or_(odd, pc.is_in(lower, value_set=pa.array(placeholders(), texts.type)))
    at = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
    read = [parse_name(text) for text in texts.take(pa.array(at)).to_pylist()]
    shown = pc.replace_with_mask(pc.utf8_upper(texts), odd, pa.array([name.text for name in read], texts.type))
    merged = shown.dictionary_encode(null_encoding="encode")
    deceased, several = (np.zeros(len(texts), dtype=bool) for _ in range(2))
    deceased[at], several[at] = [name.deceased for name in read], [name.several for name in read]
    return Names(
        Coded(merged.dictionary.to_pylist(), merged.indices.to_numpy()[codes]), deceased[codes], several[codes]
    )
