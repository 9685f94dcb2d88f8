"""The comparisons and their levels of agreement: one enum for each kind of evidence.

The names of the members are the names in a model's JSON file and in the columns `gamma_…`: a member that is renamed
makes another model. Level 0 is always MISSING: one of the two records does not say. It weighs nothing.
"""

from __future__ import annotations

from enum import IntEnum


class NameLevel(IntEnum):
    """How two persons' names agree.

    FUZZY: every token of one has its like in the other (same sound, typing error, initial), or all letters are the
    same when spaces are left out. OTHER_VOWELS: so they do, and all typing errors are other vowels, which set the names
    of twins apart more often than two spellings of one name. SUBSET: every token of the shorter name has its like in
    the longer one. PARTIAL: some tokens do.
    """

    MISSING = 0
    SAME = 1
    FUZZY = 2
    OTHER_VOWELS = 3
    SUBSET = 4
    PARTIAL = 5
    DIFFERENT = 6


class BirthLevel(IntEnum):
    """How two birth dates agree. HEAPED: on a day that is written where the true one is not known (1 January …).

    SWAP_OR_DIGIT: same year, and same day, same month, or the two swapped. SAME_DAY_AND_MONTH: in another year.
    YEAR_NEAR: at most two years apart (and same day or month, where both are known), or ten with the same month.
    """

    MISSING = 0
    SAME = 1
    SAME_HEAPED = 2
    SWAP_OR_DIGIT = 3
    SAME_YEAR_HEAPED = 4
    SAME_DAY_AND_MONTH = 5
    YEAR_NEAR = 6
    SAME_YEAR = 7
    DIFFERENT = 8


class NikLevel(IntEnum):
    """How two NIKs agree. SAME_CUT: they are the same and end in 0, where a spreadsheet may have lost the last digit of
    both, as it then does of twins'. PREFIX: only the last digit differs, and is 0 in one of them: a spreadsheet may
    have lost it.

    ONE_DIGIT_OFF: one digit, or two neighbours swapped. SAME_DATE_AND_REGION: the first twelve digits are the same.
    DIFFERENT_DOUBTFUL: they differ, but one of them is doubtful anyway.
    """

    MISSING = 0
    SAME = 1
    SAME_CUT = 2
    PREFIX = 3
    ONE_DIGIT_OFF = 4
    SAME_DATE_AND_REGION = 5
    DIFFERENT = 6
    DIFFERENT_DOUBTFUL = 7


class Agreement(IntEnum):
    """The levels of what is the same or not: sex, birthplace, list, father, village."""

    MISSING = 0
    SAME = 1
    DIFFERENT = 2


class RelationLevel(IntEnum):
    """How two relations to the head of household agree. CHILD_GROWN: child (or other) in one, head or spouse in the
    other."""

    MISSING = 0
    SAME = 1
    CHILD_GROWN = 2
    DIFFERENT = 3


class RelativeLevel(IntEnum):
    """How the names of two persons' mothers, or heads of household, or two addresses agree. SAME: or nearly the same
    (`NameLevel` SAME to OTHER_VOWELS). SIMILAR: SUBSET or PARTIAL."""

    MISSING = 0
    SAME = 1
    SIMILAR = 2
    DIFFERENT = 3


class AgeLevel(IntEnum):
    """How two birth years agree, of which one is known from an age only. CLOSE: at most 1 year apart; NEAR: 3."""

    MISSING = 0
    CLOSE = 1
    NEAR = 2
    DIFFERENT = 3


class KkLevel(IntEnum):
    """How two KK numbers agree. NEAR: one digit differs, or two neighbours are swapped."""

    MISSING = 0
    SAME = 1
    NEAR = 2
    DIFFERENT = 3


class PlaceLevel(IntEnum):
    """How two places within their villages agree. SAME_RT: same hamlet and RT. NEAR: similar address, or same hamlet,
    or same RT and RW."""

    MISSING = 0
    SAME_ADDRESS = 1
    SAME_RT = 2
    NEAR = 3
    DIFFERENT = 4


class Comparison(IntEnum):
    """The comparisons of two records: column numbers in arrays of levels.

    RUMAH, the last, holds a cell of `places.RUMAH_SHAPE`: KK, head, village and place as one joint comparison.
    """

    NAMA = 0
    LAHIR = 1
    NIK = 2
    JENIS_KELAMIN = 3
    TEMPAT_LAHIR = 4
    HUBUNGAN = 5
    DAFTAR = 6
    IBU = 7
    AYAH = 8
    UMUR = 9
    RUMAH = 10

    @property
    def key(self) -> str:
        """The name in a model and in `gamma_…`.

        >>> Comparison.JENIS_KELAMIN.key
        'jenis_kelamin'
        """
        return self.name.lower()


def names_of(levels: type[IntEnum]) -> tuple[str, ...]:
    """Return the names of levels as a model and its readers know them.

    >>> names_of(KkLevel)
    ('missing', 'same', 'near', 'different')
    """
    return tuple(level.name.lower() for level in levels)


LEVELS: dict[Comparison, type[IntEnum]] = {
    Comparison.NAMA: NameLevel,
    Comparison.LAHIR: BirthLevel,
    Comparison.NIK: NikLevel,
    Comparison.JENIS_KELAMIN: Agreement,
    Comparison.TEMPAT_LAHIR: Agreement,
    Comparison.HUBUNGAN: RelationLevel,
    Comparison.DAFTAR: Agreement,
    Comparison.IBU: RelativeLevel,
    Comparison.AYAH: Agreement,
    Comparison.UMUR: AgeLevel,
}
"""The levels of each comparison but the joint one."""
COMPARISONS: dict[str, tuple[str, ...]] = {comparison.key: names_of(levels) for comparison, levels in LEVELS.items()}
"""The same by name."""
SIZES = tuple(map(len, COMPARISONS.values()))
"""How many levels each comparison has."""
