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
from assets.households.linkage.compare.names import Words, as_many_words, nothing_alike, words_spelled_alike
from assets.households.linkage.compare.places import rumah_levels
from assets.households.linkage.prepare.fields import IdentifierState, RecordRow

ADJACENT = 3
"""Numbers of one office for births of one day that are so near each other were given one after the other."""
SEEN_AGAIN = 2
"""Records of each of two people from which a name, or a number, that only one of them has is no slip of the pen."""
NAME_ALONE = 6.0
"""Bits by which more must speak for one person where nothing but the name agrees: how rare it is, is overestimated."""
TWO_NAMES_OF_A_LIST = 8.0
"""Bits by which more must speak for one person whom a list names twice, under names that more than spelling sets
apart."""
TWO_FATHERS_STATED = 6.0
"""Bits by which more must speak for one person where fathers of two names are stated, and no NIK is the same."""
(
    ONE_NAME, ONE_SPELLING, SHORTENED, NAMES_ALIKE, ONE_NIK, NEAR_NIKS, TWO_NIKS, BORROWED, BORN_NEAR, BORN_APART,
    PLACE, STRONG, LISTED, ONE_FATHER, TWO_FATHERS, TWO_OF_A_LIST,
) = (1 << bit for bit in range(16))  # fmt: skip
"""What pairs of records show (`evidence`). Their names agree; but for spelling; but for words left out as well; in some
word at least, however misspelled. They have one NIK; nearly one; two; one that a name and a fact speak against. Birth
dates are near; far apart. They agree in a place; in what few people share (`support`). Both state a list; one father;
two. One list states them as two (`two_of_a_list`)."""


class Outcome(IntEnum):
    """What became of a link: JOINED, if its records are one person in the end, JOINED_AT_LAST, if it was refused and
    the second weighing made them so, or why it was refused."""

    JOINED = 0
    DECIDED_DIFFERENT = 1
    TWO_SOUND_NIKS = 2
    TWO_SEXES = 3
    TWO_ROWS_OF_ONE_LIST = 4
    TOO_MANY_RECORDS = 5
    GROUP_DISAGREES = 6
    ONE_NIK_TWO_NAMES = 7
    TWO_NAMES = 8
    JOINED_AT_LAST = 9


REASONS = tuple("" if outcome == Outcome.JOINED else outcome.name.lower() for outcome in Outcome)
"""Why a link was refused, or how it was joined after all, by `Outcome`; "" where it was not refused."""


@kernel
def may_be_known(levels: Ints) -> bool:
    """Say whether two records, by how they agree, can be known for one person: by their names, or, where one of them is
    not stated (`Mr. X`), by a NIK, or a card and a birth date. Place, age and sex are those of many."""
    card = rumah_levels(levels[Comparison.RUMAH])[0]
    if (
        levels[Comparison.NAMA] != NameLevel.MISSING
        or NikLevel.SAME <= levels[Comparison.NIK] <= NikLevel.ONE_DIGIT_OFF
    ):
        return True
    return levels[Comparison.LAHIR] == BirthLevel.SAME and card == KkLevel.SAME


@kernel
def two_people(a: RecordRow, b: RecordRow, levels: Ints, words: Words) -> int:
    """Return the `Outcome` that parts two records, JOINED where none does.

    `levels`: how they agree; `words`: those of names.
    """
    nik, name = levels[Comparison.NIK], levels[Comparison.NAMA]
    sexes_differ = levels[Comparison.JENIS_KELAMIN] == Agreement.DIFFERENT
    both_plausible = a.nik_state >= IdentifierState.SOUND and b.nik_state >= IdentifierState.SOUND
    if both_plausible and sexes_differ and a.sex == a.nik_sex and b.sex == b.nik_sex:
        return Outcome.TWO_SEXES
    if NikLevel.SAME <= nik <= NikLevel.SAME_CUT:
        born = levels[Comparison.LAHIR]
        unlike = sexes_differ or born >= BirthLevel.YEAR_NEAR
        if name == NameLevel.DIFFERENT:  # birth date and sex, which the number says as well, do not make them one
            unlike |= born == BirthLevel.MISSING and nothing_alike(a.own, b.own, words, True)
            unlike |= not _one_home(levels) and nothing_alike(a.own, b.own, words, False)
        two_names = both_plausible and unlike and name >= NameLevel.PARTIAL
        return Outcome.ONE_NIK_TWO_NAMES if two_names else Outcome.JOINED
    if nik == NikLevel.MISSING:
        return Outcome.JOINED
    born_a, born_b = _confirmed_birth(a), _confirmed_birth(b)
    if born_a >= 0 and born_b >= 0 and born_a != born_b:
        return Outcome.TWO_SOUND_NIKS  # each NIK is confirmed by another birth date
    names_differ = name >= NameLevel.PARTIAL or (adjacent_niks(a, b) and not spelled_alike(a, b, name, words))
    if nik != NikLevel.PREFIX and both_plausible and same_but_serial(a.nik, b.nik) and names_differ:
        return Outcome.TWO_SOUND_NIKS  # twins, not a typing error
    return Outcome.JOINED


@kernel
def _one_home(levels: Ints) -> bool:
    """Say whether two records agree in card, head, address or mother, or one does not say where its person lives."""
    card, head, village, place = rumah_levels(levels[Comparison.RUMAH])
    one_place = PlaceLevel.SAME_ADDRESS <= place <= PlaceLevel.SAME_RT and village == Agreement.SAME
    one_family = head == RelativeLevel.SAME or levels[Comparison.IBU] == RelativeLevel.SAME
    return village == Agreement.MISSING or KkLevel.SAME <= card <= KkLevel.NEAR or one_family or one_place


@kernel
def adjacent_niks(a: RecordRow, b: RecordRow) -> bool:
    """Say whether two NIKs were given one after the other, as those of twins are."""
    both = a.nik_state >= IdentifierState.SOUND and b.nik_state >= IdentifierState.SOUND and a.nik != b.nik
    return both and same_but_serial(a.nik, b.nik) and serials_apart(a.nik, b.nik) <= ADJACENT


@kernel
def spelled_alike(a: RecordRow, b: RecordRow, name: int, words: Words) -> bool:
    """Say whether two names (`name`: their level) are the same but for spelling, or one is not stated."""
    if name <= NameLevel.SAME:
        return True
    return name == NameLevel.FUZZY and shortened_alike(a, b, name, words) and as_many_words(a.own, b.own)


@kernel
def shortened_alike(a: RecordRow, b: RecordRow, name: int, words: Words) -> bool:
    """Say whether two names are the same but for spelling and words that one leaves out, or one is not stated."""
    if name <= NameLevel.SAME:
        return True
    return name <= NameLevel.SUBSET and words_spelled_alike(a.own, b.own, words.letters)


@kernel
def _confirmed_birth(record: RecordRow) -> int:
    """Return the birth date of a record (yymmdd) where a NIK of the right form says the same, else -1."""
    date = record.year % 100 * 10000 + record.month * 100 + record.day
    confirmed = record.nik_state >= IdentifierState.SOUND and record.year > 0 and record.nik_date == date + 1
    return date if confirmed else -1


@kernel
def support(levels: Ints) -> int:
    """Return whether two records agree in something besides what they are called: in what few people share (STRONG), in
    where they live (PLACE), or in nothing (0).

    A year of birth, or a day that is written where the true one is not known, is one that few share within a village,
    not across two. Where a birth date is not stated, the village is enough: few people there have one name, if that is
    rare at all. A rare name alone is not, if birth date and home differ: its words are less rare together than each by
    itself. Nor is a rare name at one place, if birth dates are far apart, nor with one mother's name besides in another
    village.
    """
    born, nik, rumah = levels[Comparison.LAHIR], levels[Comparison.NIK], levels[Comparison.RUMAH]
    card, head, village, place = rumah_levels(rumah)
    if village == Agreement.MISSING or (NikLevel.SAME <= nik <= NikLevel.SAME_DATE_AND_REGION):
        return STRONG
    about = born in (BirthLevel.SAME_HEAPED, BirthLevel.SAME_YEAR_HEAPED) or levels[Comparison.UMUR] == AgeLevel.CLOSE
    exactly = born in (BirthLevel.SAME, BirthLevel.SWAP_OR_DIGIT, BirthLevel.SAME_DAY_AND_MONTH)
    if exactly or (about and village == Agreement.SAME):
        return STRONG
    mother = levels[Comparison.IBU] == RelativeLevel.SAME and (
        village == Agreement.SAME or born != BirthLevel.DIFFERENT
    )
    if mother or KkLevel.SAME <= card <= KkLevel.NEAR:
        return STRONG
    if village != Agreement.SAME or born == BirthLevel.DIFFERENT:
        return 0
    unknown = born == BirthLevel.MISSING and levels[Comparison.UMUR] == AgeLevel.MISSING
    near = head == RelativeLevel.SAME or PlaceLevel.SAME_ADDRESS <= place <= PlaceLevel.SAME_RT
    return PLACE if unknown or near else 0


@kernel
def evidence(a: RecordRow, b: RecordRow, levels: Ints, parted: int, words: Words) -> int:
    """Return what two records show of whether they are one person: the sum of some of ONE_NAME to LISTED.

    `levels`: how they agree; `parted`: what `two_people` says of them.
    """
    name, nik, born = levels[Comparison.NAMA], levels[Comparison.NIK], levels[Comparison.LAHIR]
    seen: int = support(levels)
    seen |= ONE_NAME * (name < NameLevel.PARTIAL)
    seen |= ONE_SPELLING * spelled_alike(a, b, name, words)
    seen |= SHORTENED * shortened_alike(a, b, name, words)
    if name == NameLevel.MISSING:
        seen |= NAMES_ALIKE * may_be_known(levels)
    else:
        seen |= NAMES_ALIKE * (name < NameLevel.DIFFERENT or not nothing_alike(a.own, b.own, words, True))
    seen |= ONE_NIK * (nik == NikLevel.SAME and parted == Outcome.JOINED)
    seen |= NEAR_NIKS * (NikLevel.SAME <= nik <= NikLevel.ONE_DIGIT_OFF)
    seen |= TWO_NIKS * (nik == NikLevel.DIFFERENT)
    seen |= BORROWED * (parted == Outcome.ONE_NIK_TWO_NAMES)
    seen |= BORN_NEAR * (BirthLevel.SAME <= born <= BirthLevel.SAME_YEAR)
    seen |= BORN_APART * (born == BirthLevel.DIFFERENT)
    seen |= LISTED * (levels[Comparison.DAFTAR] != Agreement.MISSING)
    seen |= ONE_FATHER * (levels[Comparison.AYAH] == Agreement.SAME)
    seen |= TWO_FATHERS * (levels[Comparison.AYAH] == Agreement.DIFFERENT)
    seen |= TWO_OF_A_LIST * two_of_a_list(a, b, levels)
    return seen


@kernel
def two_of_a_list(a: RecordRow, b: RecordRow, levels: Ints) -> bool:
    """Say whether one list states two records with two family cards and two sound NIKs that are no typing error of one
    another, or, unless both have one card, with two birth dates, or ages, that no slip of the pen sets apart."""
    nik, card = levels[Comparison.NIK], rumah_levels(levels[Comparison.RUMAH])[0]
    if levels[Comparison.DAFTAR] != Agreement.SAME or KkLevel.SAME <= card <= KkLevel.NEAR:
        return False
    both_sound = a.nik_state >= IdentifierState.SOUND and b.nik_state >= IdentifierState.SOUND
    two_numbers = both_sound and nik in (NikLevel.SAME_DATE_AND_REGION, NikLevel.DIFFERENT)
    two_births = levels[Comparison.LAHIR] >= BirthLevel.SAME_DAY_AND_MONTH
    return (card == KkLevel.DIFFERENT and two_numbers) or two_births or levels[Comparison.UMUR] == AgeLevel.DIFFERENT


@kernel
def two_groups(seen: int, lists: int, adjacent: int, again: bool) -> int:
    """Return the `Outcome` that parts two groups of records, JOINED where none does.

    `seen`: the `evidence` of all pairs between them; `lists`: how many lists (2: or more) name both side by side, not
    under one NIK; `adjacent`: how many pairs have adjacent NIKs; `again`: whether each was seen `SEEN_AGAIN` times.
    """
    one_nik, one_spelling = seen & ONE_NIK, seen & ONE_SPELLING
    if seen & BORROWED and not one_nik:
        return Outcome.ONE_NIK_TWO_NAMES
    two_stated = seen & TWO_OF_A_LIST and not seen & NEAR_NIKS
    if lists > 1 and not one_nik and (two_stated or not one_spelling):
        return Outcome.TWO_ROWS_OF_ONE_LIST  # a list may name somebody twice, but not two of them as two people
    if again and adjacent >= SEEN_AGAIN * SEEN_AGAIN and not one_nik and not one_spelling:
        return Outcome.TWO_SOUND_NIKS
    if seen & TWO_NIKS and seen & BORN_APART and not seen & (BORN_NEAR | NEAR_NIKS):
        return Outcome.TWO_SOUND_NIKS  # no record confirms both, but one the NIK and another the birth date
    if again and seen & LISTED and not one_nik and not seen & ONE_NAME:
        return Outcome.TWO_NAMES  # without lists, records may be copies of one another: a slip stands in all of them
    return Outcome.JOINED if seen & (NAMES_ALIKE | NEAR_NIKS) else Outcome.TWO_NAMES


@kernel
def more_bits(seen: int, lists: int) -> float:
    """Return how many bits, a pair, must speak for one person besides those that all need; `seen` and `lists`: as in
    `two_groups`."""
    bits = TWO_FATHERS_STATED if seen & TWO_FATHERS and not seen & (ONE_FATHER | ONE_NIK) else 0.0
    if not (seen & STRONG or (seen & PLACE and not seen & BORN_APART)):
        return NAME_ALONE + bits
    return bits + (TWO_NAMES_OF_A_LIST if lists > 0 and not seen & (ONE_NIK | SHORTENED) else 0.0)
