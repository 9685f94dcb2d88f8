"""How ids are written, so that nobody looks for one where it cannot stand.

A million people have several million ids, and looking through those of one kind takes longer than all else that a
trace does. `warehouse/tables/_shared.yml` declares the same for what is written; reading it would take as long.
"""

from __future__ import annotations

from typing import NamedTuple

MOST_TYPOS = 2
"""So many letters may be wrong, missing or too many in what was meant to be an id."""


class Form(NamedTuple):
    """Ids of so many letters that begin with one of `first` (empty: with any) and go on with some of `letters`."""

    first: str
    letters: str
    length: int

    def is_of(self, text: str) -> bool:
        begun, others = text[:1], text[1:]
        return (
            len(text) == self.length and begun in (self.first or self.letters) and not set(others) - set(self.letters)
        )

    def written(self, text: str) -> str:
        """A text as an id has it, in which no letter is both small and large.

        >>> REFERRAL.written("r18CC")
        'R18cc'
        """
        own = {letter.lower(): letter for letter in self.first + self.letters}
        return "".join(own.get(letter.lower(), letter) for letter in text)

    def may_be_mistyped_as(self, text: str) -> bool:
        """Whether some id may be `MOST_TYPOS` away from a written text."""
        return abs(self.length - len(text)) <= MOST_TYPOS and self._strangers(text) <= MOST_TYPOS

    def may_hold(self, text: str) -> bool:
        """Whether a written text may be a part of some id."""
        return len(text) < self.length and not self._strangers(text)

    def _strangers(self, text: str) -> int:
        return sum(letter not in self.first + self.letters for letter in text)


_HEXADECIMAL = "0123456789abcdef"
_UNMISTAKABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PERSON, HOUSEHOLD, PERSON_OR_HOUSEHOLD = (Form(first, _UNMISTAKABLE, 17) for first in ("P", "H", "PH"))
REFERRAL, RECORD, SUBMISSION = Form("R", _HEXADECIMAL, 25), Form("", _HEXADECIMAL, 32), Form("", _HEXADECIMAL, 64)
