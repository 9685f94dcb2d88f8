"""Names as a person reads them. What serves matching only (titles, spellings) is left to matching."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.cells import Coded, Mask
from validation.vocabulary import is_placeholder, no_person_pattern, placeholders, unknown_name_pattern

_TWO_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_DECEASED = re.compile(
    r"\(\s*(?:alm(?:h|arhum(?:ah)?)?|md|(?:(?:sudah|telah|sdh)\s+)?(?:meninggal(?:\s+dunia)?|wafat))[\s\d.]*\)|\balm(?:h|arhum(?:ah)?)?(?:\.|$)|\balmarhum(?:ah)?\b",
    re.I,
)
_LEFT_BEHIND = re.compile(r"\b(?:binti|bin|janda|duda|istri|isteri|anak)\s+\(?\s*alm(?:h|arhum(?:ah)?)?\b", re.I)
"""The mark is of the father, or of whom somebody was married to, and not of the person."""
_SEVERAL = re.compile(
    r"[A-Za-z]{3,}\s*(?:/|&|\+|;|\b(?:DAN|BESERTA|BERSAMA)\b)\s*[A-Za-z]{3,}"
    r"|[A-Za-z]{3,} +[A-Za-z]{3,}\s*[,\n]\s*[A-Za-z]{3,} +[A-Za-z]{3,}"
    r"|[A-Za-z]{3,}[\s,;]+(?:\d{1,2}[.)]|[-•*] )\s*[A-Za-z]{3,}",
    re.IGNORECASE,
)
"""Two names with a mark between them; both of two words, where it is a comma or a new line, which stand in one, too;
or each on a line with a number."""


_NUMBER_BEFORE = re.compile(r"^\(?\d{1,4}\s*[.)]\s*(?=[^\W\d_])")
"""The number of a person in the list, typed before the name."""
_PLAIN = r"^[A-Za-z]{2,}(?: [A-Za-z]+)*$"
_OTHER_WORDS = r"(?i)\b(?:alm|(?:dan|beserta|bersama)\b)"


class Name(NamedTuple):
    """`text`: trimmed, capitals, single spaces, without a number before it; None: no usable name. `group`: it is of no
    person, but of a committee, a church, a company or the like. `unknown`: it says that nobody knows the name."""

    text: str | None
    deceased: bool = False
    several: bool = False
    group: bool = False
    unknown: bool = False


class Names(NamedTuple):
    """The names of all rows: equal texts (Arrow strings) have equal codes. `usable`: there is one."""

    text: Coded[Any]
    usable: Mask
    deceased: Mask
    several: Mask
    group: Mask
    unknown: Mask


@cache
def _no_person() -> re.Pattern[str]:
    return re.compile(no_person_pattern())


@cache
def _unknown() -> re.Pattern[str]:
    return re.compile(unknown_name_pattern())


def parse_name(text: str) -> Name:
    """Read a name cell. Usable is what has at least two letters and stands for somebody, or says that the name is not
    known or told.

    >>> parse_name("  siti\xa0 aminah (Alm) ")
    Name(text='SITI AMINAH (ALM)', deceased=True, several=False, group=False, unknown=False)
    """
    plain = _NUMBER_BEFORE.sub("", " ".join(text.split()).strip("'’`").strip())
    shown = plain.upper()
    unknown = bool(_unknown().match(shown))
    if not unknown and (is_placeholder(plain) or not _TWO_LETTERS.search(plain)):
        return Name(None)
    deceased = bool(_DECEASED.search(_LEFT_BEHIND.sub("", shown)))
    return Name(shown, deceased, bool(_SEVERAL.search(text)), bool(_no_person().match(shown)), unknown)


def parse_names(texts: pa.Array) -> Names:
    """Read the name cells of all rows.

    Nine names in ten are plain words and only need capitals; what `parse_name` may say of the others is left to it.
    """
    odd = pc.or_(pc.invert(pc.match_substring_regex(texts, _PLAIN)), pc.match_substring_regex(texts, _OTHER_WORDS))
    odd = pc.or_(odd, pc.is_in(pc.utf8_lower(texts), value_set=pa.array(placeholders(), texts.type)))
    at = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
    cells = texts.take(pa.array(at)).dictionary_encode()
    read = Coded(list(map(parse_name, cells.dictionary.to_pylist())), cells.indices.to_numpy())
    corrected = pa.array([name.text for name in read.values], texts.type).take(cells.indices)
    shown = pc.replace_with_mask(pc.utf8_upper(texts), odd, corrected).dictionary_encode(null_encoding="encode")
    deceased, several = (np.zeros(len(texts), dtype=bool) for _ in range(2))
    deceased[at], several[at] = read.mask(lambda name: name.deceased), read.mask(lambda name: name.several)
    codes = shown.indices.to_numpy()
    usable = shown.dictionary.is_valid().to_numpy(zero_copy_only=False)[codes]
    group, unknown = (
        pc.fill_null(pc.match_substring_regex(shown.dictionary, of), fill_value=False).to_numpy(zero_copy_only=False)
        for of in (no_person_pattern(), unknown_name_pattern())
    )
    return Names(Coded(shown.dictionary, codes), usable, deceased, several, group[codes], unknown[codes])
