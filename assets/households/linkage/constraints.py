"""What is never one person, however much speaks for it: evidence that parts two records, or two groups of records.

To take two people for one costs one of them what is due; to take one for two costs a question to a reviewer. So these
hold whatever the weight, and what they refuse goes to review with the reason.
"""

from __future__ import annotations

from enum import IntEnum

from assets.households.linkage.arrays.compiled import kernel
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.identifiers import same_but_serial, serials_apart
from assets.households.linkage.compare.levels import (
    AgeLevel,
    Agreement,
    BirthLevel,
    Comparison,
    KkLevel,
    NameLevel,
    NikLevel,
    PlaceLevel,
    RelativeLevel,
)
from assets.households.linkage.compare.names import sound_the_same
from assets.households.linkage.compare.places import rumah_levels
from assets.households.linkage.prepare.records import IdentifierState, RecordRow

ADJACENT = 3
"""Numbers of one office for births of one day that are so near each other were given one after the other."""


class Outcome(IntEnum):
    """What became of a link: JOINED, if its records are one person in the end, or why it was refused."""

    JOINED = 0
    DECIDED_DIFFERENT = 1
    TWO_SOUND_NIKS = 2
    TWO_SEXES = 3
    TWO_ROWS_OF_ONE_LIST = 4
    TOO_MANY_RECORDS = 5
    GROUP_DISAGREES = 6
    ONE_NIK_TWO_NAMES = 7
    TWO_NAMES = 8


REASONS = tuple("" if outcome == Outcome.JOINED else outcome.name.lower() for outcome in Outcome)
"""Why a link was refused, by `Outcome`; "" where it was not."""


@kernel
def two_people(a: RecordRow, b: RecordRow, levels: Ints) -> int:
    """Return the `Outcome` that parts two records, JOINED where none does; `levels`: how they agree."""
    nik, name = levels[Comparison.NIK], levels[Comparison.NAMA]
    sexes_differ = levels[Comparison.JENIS_KELAMIN] == Agreement.DIFFERENT
    both_plausible = a.nik_state >= IdentifierState.SOUND and b.nik_state >= IdentifierState.SOUND
    if both_plausible and sexes_differ and a.sex == a.nik_sex and b.sex == b.nik_sex:
        return Outcome.TWO_SEXES
    if nik == NikLevel.SAME:
        unlike = sexes_differ or levels[Comparison.LAHIR] >= BirthLevel.YEAR_NEAR
        two_names = both_plausible and unlike and name >= NameLevel.PARTIAL
        return Outcome.ONE_NIK_TWO_NAMES if two_names else Outcome.JOINED
    if nik == NikLevel.MISSING:
        return Outcome.JOINED
    born_a, born_b = _confirmed_birth(a), _confirmed_birth(b)
    if born_a >= 0 and born_b >= 0 and born_a != born_b:
        return Outcome.TWO_SOUND_NIKS  # each NIK is confirmed by another birth date
    names_differ = name >= NameLevel.PARTIAL or (adjacent_niks(a, b) and not spelled_alike(a, b, name))
    if nik != NikLevel.PREFIX and both_plausible and same_but_serial(a.nik, b.nik) and names_differ:
        return Outcome.TWO_SOUND_NIKS  # twins, not a typing error
    return Outcome.JOINED


@kernel
def adjacent_niks(a: RecordRow, b: RecordRow) -> bool:
    """Say whether two NIKs were given one after the other, as those of twins are."""
    both = a.nik_state >= IdentifierState.SOUND and b.nik_state >= IdentifierState.SOUND and a.nik != b.nik
    return both and same_but_serial(a.nik, b.nik) and serials_apart(a.nik, b.nik) <= ADJACENT


@kernel
def spelled_alike(a: RecordRow, b: RecordRow, name: int) -> bool:
    """Say whether two names (`name`: their level) are the same but for spelling, or one is not stated."""
    return name <= NameLevel.SAME or (name == NameLevel.FUZZY and sound_the_same(a.own, b.own))


@kernel
def _confirmed_birth(record: RecordRow) -> int:
    """Return the birth date of a record (yymmdd) where a NIK of the right form says the same, else -1."""
    date = record.year % 100 * 10000 + record.month * 100 + record.day
    confirmed = record.nik_state >= IdentifierState.SOUND and record.year > 0 and record.nik_date == date + 1
    return date if confirmed else -1


@kernel
def more_than_a_name(levels: Ints) -> bool:
    """Say whether two records of known villages agree in something besides what they are called.

    Where a birth date is not stated, the village is enough: few people there have one name, if that is rare at all. A
    rare name alone is not, if birth date and home differ: its words are less rare together than each by itself.
    """
    born, nik, rumah = levels[Comparison.LAHIR], levels[Comparison.NIK], levels[Comparison.RUMAH]
    card, head, village, place = rumah_levels(rumah)
    if village == Agreement.MISSING or (NikLevel.SAME <= nik <= NikLevel.SAME_DATE_AND_REGION):
        return True
    if BirthLevel.SAME <= born <= BirthLevel.SAME_DAY_AND_MONTH or levels[Comparison.UMUR] == AgeLevel.CLOSE:
        return True
    if levels[Comparison.IBU] == RelativeLevel.SAME or KkLevel.SAME <= card <= KkLevel.NEAR:
        return True
    if village != Agreement.SAME:
        return False
    unknown = born == BirthLevel.MISSING and levels[Comparison.UMUR] == AgeLevel.MISSING
    return unknown or head == RelativeLevel.SAME or PlaceLevel.SAME_ADDRESS <= place <= PlaceLevel.SAME_RT
