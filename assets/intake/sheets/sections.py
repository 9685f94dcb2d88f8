"""How far down a band holds that says of the people below it their category, or that they are gone.

Danger: of `LANSIA TERLANTAR`, people, `JANDA TUA`, people the last are taken for neglected elderly, since nobody knows
their heading; of `YANG PINDAH`, people, `USULAN BARU`, people for gone. Remedy: a heading that says nothing known ends
what was said, as the next heading of the kind would. Headings of hamlets below it do not: the first of them stands
right below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assets.intake.sheets.evidence import STANDING
from assets.intake.sheets.rows import Marked
from assets.intake.sheets.sources import Said
from assets.intake.sheets.standing import without_standing
from validation.vocabulary import sex_of

_NO_GROUP = re.compile(r":|\blanjut(?:an)?\b|\bhal(?:aman)?\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\W*(?:[A-Za-z]|[IVXivx]{1,5}|\d{1,2})\W*")
_FEWEST_LETTERS = 3


class Sections:
    """Follows the headings of one table, from top to bottom. `letters`: those of its columns."""

    def __init__(self, letters: Sequence[str]) -> None:
        self._letters = letters
        self._nested = self._below_known = False

    def ended(self, mark: Marked, texts: Sequence[str], family: Said) -> Said | None:
        """What still holds below a row that ends what a band said; None where the row ends nothing."""
        column = _heading(texts) if mark.kind in ("band", "blank") and not mark.values else -1
        self._nested |= column >= 0 and self._below_known
        if any(texts):
            self._below_known = any(name in mark.values for name in ("kategori", *STANDING))
        if column < 0 or self._nested:
            return None
        if self._is_of_band("kategori", column, family):
            return {name: said for name, said in without_standing(family).items() if name != "kategori"}
        gone = any(self._is_of_band(name, column, family) for name in STANDING)
        return without_standing(family) if gone else None

    def _is_of_band(self, name: str, column: int, family: Said) -> bool:
        """Whether what holds of a field was said by a band in the same column."""
        place = family.get(name, ("", ""))[1]
        return place.startswith("band@") and place[len("band@") :].rstrip("0123456789") == self._letters[column]


def _heading(texts: Sequence[str]) -> int:
    """The column of the one heading in a row, perhaps behind its letter or number; -1 where there is none."""
    words = [column for column, text in enumerate(texts) if text and not _ORDINAL.fullmatch(text)]
    if len(words) != 1:
        return -1
    text = texts[words[0]]
    said = _NO_GROUP.search(text) or sex_of(text) or sum(map(str.isalpha, text)) < _FEWEST_LETTERS
    return -1 if said else words[0]
