"""The numbers that a record becomes, as they lie in memory: what each column holds, and the order of records."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.append_only import aligned
from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.prepare.tokens import NAME_ROW, ROW, NameRow

DIGITS = 16
VILLAGE, YEAR, MONTH, DAY, FROM_AGE, SEX, BIRTHPLACE, ROLE, LIST, NIK_STATE, NIK_DATE, NIK_SEX = range(12)
NIK, KK = 12, 14
NAME, HEAD, MOTHER, FATHER, ADDRESS, DUSUN, RT, RW, PERIOD, IS_HEAD = range(16, 26)
CROWD = 26
OWN = 32
COLUMNS = OWN + ROW
"""Columns of `Prepared.fields` where the parts of a `RecordRow` begin, and how many there are."""
COLUMN_OF = {
    "village": VILLAGE, "year": YEAR, "month": MONTH, "day": DAY, "from_age": FROM_AGE, "sex": SEX,
    "birthplace": BIRTHPLACE, "role": ROLE, "list": LIST, "nik_state": NIK_STATE, "nik_date": NIK_DATE,
    "nik_sex": NIK_SEX, "nik": NIK, "kk": KK, "name": NAME, "head": HEAD, "mother": MOTHER, "father": FATHER,
    "address": ADDRESS, "dusun": DUSUN, "rt": RT, "rw": RW, "period": PERIOD, "is_head": IS_HEAD, "crowd": CROWD,
    "own": OWN,
}  # fmt: skip
"""The columns of `Prepared.fields` by the names of `RecordRow`."""
_NOT_INT32: dict[str, Any] = {"nik": np.uint64, "kk": np.uint64, "crowd": np.uint64, "own": NAME_ROW}
_LAYOUT: Any = {
    "names": list(COLUMN_OF),
    "formats": [_NOT_INT32.get(name, np.int32) for name in COLUMN_OF],
    "offsets": [4 * column for column in COLUMN_OF.values()],
    "itemsize": 4 * COLUMNS,
}
RECORD_ROW = np.dtype((np.record, np.dtype(_LAYOUT, align=True)))
"""The same as a structure, by which compiled code reads a row: `RecordRow`."""


class RecordRow(Protocol):
    """One record as `RECORD_ROW` lays it out: 192 bytes, three cache lines. What is compared first stands first, so
    that most pairs need one line or two.

    Numbers of distinct values (-1: not stated): village, birthplace, list, dusun; name, head, mother, father and
    address, in their tables. rt, rw: as numbers, -1 where not stated. year, month, day: of birth, 0 where not
    known; from_age: 1 where the year is counted back from an age; sex: `Sex`; role: `Role`, -1 where not stated;
    period: months since year 0 at its end, 0 where there is none; is_head: 1 where the person is head of the
    household.

    nik, kk: digits as `packed_digits`, 0 where there are none or too many share them; nik_state: `IdentifierState`;
    nik_date: the birth date inside the NIK as yymmdd + 1, nik_sex: the `Sex` inside, both 0 where there is none.
    crowd: a hash of an address with a house number that too many share to name a house (`address` is -1 then), else 0.
    own: the row of the person's own name.
    """

    village: int
    year: int
    month: int
    day: int
    from_age: int
    sex: int
    birthplace: int
    role: int
    list: int
    nik_state: int
    nik_date: int
    nik_sex: int
    nik: np.uint64
    kk: np.uint64
    name: int
    head: int
    mother: int
    father: int
    address: int
    dusun: int
    rt: int
    rw: int
    period: int
    is_head: int
    crowd: np.uint64
    own: NameRow


class IdentifierState(IntEnum):
    """What a NIK is worth as evidence. ABSENT: none, or a placeholder; DOUBTFUL: not of the right form; SOUND: of the
    right form; PREFIX: likewise, but the last digit may have been lost to a spreadsheet."""

    ABSENT = 0
    DOUBTFUL = 1
    SOUND = 2
    PREFIX = 3


class Sex(IntEnum):
    """As coded in `RecordRow.sex` and `nik_sex`."""

    UNKNOWN = 0
    MAN = 1
    WOMAN = 2


class Role(IntEnum):
    """Groups of relations to the head of household (`relations.csv`)."""

    HEAD = 0
    SPOUSE = 1
    CHILD = 2
    ELDER = 3
    OTHER = 4


def no_fields(records: int) -> Ints:
    """Return `Prepared.fields` of so many records that state nothing; a record begins with a cache line."""
    fields = aligned(records, np.dtype(np.int32), [COLUMNS])
    fields[:] = -1
    return fields


@compiled
def put_in_order(fields: Ints, order: npt.NDArray[np.int64], names: Ints) -> None:
    """Bring `Prepared.fields` from the order given into the canonical one, where they are, and add the row of each
    one's name. `order`: as in `Prepared`; `names`: names × ROW.

    Records change places in rings: each goes where one went on from. A second array would take 192 bytes a record.
    """
    first, there = np.empty(OWN, np.int32), np.zeros(len(order), np.bool_)
    for start in range(len(order)):
        if there[start]:
            continue
        for column in range(OWN):
            first[column] = fields[start, column]
        at = start
        while order[at] != start:
            source = order[at]
            for column in range(OWN):
                fields[at, column] = fields[source, column]
            there[at], at = True, source
        for column in range(OWN):
            fields[at, column] = first[column]
        there[at] = True
    for record in range(len(order)):
        name = fields[record, NAME]
        for column in range(ROW):
            fields[record, OWN + column] = names[name, column] if name >= 0 else -1
