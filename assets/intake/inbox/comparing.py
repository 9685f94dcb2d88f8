"""What two lists have in common: their people by a key of their own, and their rows by what is written in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

_NIK_DIGITS = 10
"""Shorter numbers are placeholders or fragments that many people share."""
_IDENTITY = ("nik", "nama", "tanggal_lahir")
_NO_KEY = re.compile(r"[\W_]+")
OF_PEOPLE = ("submission_id", *_IDENTITY, "raw")
"""The columns of rows by which the people of two lists are compared."""


class Common(NamedTuple):
    """How many people two lists hold, the one, the other, and both of them; the same of rows; and in how many of the
    rows of both something else is written. A person's first row in the one is the same row as the first in the other.
    """

    people: int
    people_of_other: int
    people_of_both: int
    rows: int
    rows_of_other: int
    rows_of_both: int
    changed: int


Compare: TypeAlias = Callable[[str, str], Common]
"""Says what two submissions have in common."""


class Listed(NamedTuple):
    """The people of a list, one entry a row: the key of the person, which of its rows with that key it is, and a digest
    of the row."""

    persons: npt.NDArray[Any]
    turns: npt.NDArray[Any]
    contents: npt.NDArray[Any]

    def rows(self) -> dict[tuple[str, int], int]:
        """The digest of each row by person and turn."""
        return dict(zip(zip(self.persons, self.turns, strict=True), self.contents, strict=True))


NOBODY = Listed(np.empty(0, dtype="object"), np.empty(0, dtype="int64"), np.empty(0, dtype="uint64"))


def common(one: Listed, other: Listed) -> Common:
    """What two lists have in common."""
    people, others = set(one.persons), set(other.persons)
    before, after = one.rows(), other.rows()
    both = before.keys() & after.keys()
    changed = sum(before[row] != after[row] for row in both)
    return Common(len(people), len(others), len(people & others), len(before), len(after), len(both), changed)


def compare_among(raw_rows: Iterable[pd.DataFrame]) -> Compare:
    """Says what any two of some lists have in common. `raw_rows`: their data rows (`OF_PEOPLE` of them), those of one
    submission in one frame; a list without any has nobody."""
    people: Mapping[str, Listed] = {sid: each for some in raw_rows for sid, each in people_of(some).items()}
    return lambda one, other: common(people.get(one, NOBODY), people.get(other, NOBODY))


def people_of(raw_rows: pd.DataFrame) -> dict[str, Listed]:
    """For each submission its people by a key of their own (NIK, else name and birth date)."""
    if raw_rows.empty:
        return {}
    identity = _identities(raw_rows)
    content = pd.util.hash_array(raw_rows["raw"].astype("object").fillna("").to_numpy(), categorize=False)
    turn = identity.groupby([raw_rows["submission_id"], identity]).cumcount()
    lists, ids = pd.factorize(raw_rows["submission_id"])
    order = np.argsort(lists, kind="stable")
    columns = [np.asarray(column)[order] for column in (identity, turn, content)]
    bounds = np.searchsorted(lists[order], np.arange(len(ids) + 1))
    return {
        str(sid): Listed(*(column[begin:end] for column in columns))
        for sid, begin, end in zip(ids, bounds, bounds[1:], strict=False)
    }


def _identities(raw_rows: pd.DataFrame) -> pd.Series:
    """The key of the person of each row: the NIK where it is one, else name and birth date (columns `_IDENTITY`)."""
    texts = raw_rows[list(_IDENTITY)].astype("object").fillna("")
    niks, names, births = (texts[name].tolist() for name in _IDENTITY)
    keys = [key_of(nik) for nik in niks]
    found = [
        key if len(key) >= _NIK_DIGITS else f"{key_of(name)}|{key_of(birth)}"
        for key, name, birth in zip(keys, names, births, strict=True)
    ]
    return pd.Series(found, index=raw_rows.index, dtype="object")


def key_of(text: str) -> str:
    """The letters and digits of a text, in capitals.

    >>> key_of("Siti Nur-'aini_2")
    'SITINURAINI2'
    """
    return _NO_KEY.sub("", text).upper()
