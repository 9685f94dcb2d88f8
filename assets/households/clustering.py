"""From scored pairs to persons: strongest links first, and each join must hold for all pairs that it makes.

Bare connected components chain: A is like B, B like C, so A is C. Here two groups are joined by a link only if the
mean weight over all pairs between them speaks for one person, and if no constraint forbids it. What a constraint or
the rest of a group refuses is kept with the reason, for people to look at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from assets.households.comparisons import FIELDS, SERIAL_BITS, Tables
from assets.households.encode import Ints, kernel
from assets.households.prepare import DAY, MONTH, NIK_DATE, NIK_SEX, NIK_STATE, SEX, SOUND, YEAR
from assets.households.scoring import NO_CUT, Pairs, weigh

REASONS = (
    "",
    "decided_different",
    "two_sound_niks",
    "two_sexes",
    "two_rows_of_one_list",
    "too_many_records",
    "group_disagrees",
)
"""Why a link was refused."""
JOINED, DIFFERENT, TWO_NIKS, TWO_SEXES, ONE_LIST, TOO_MANY, DISAGREES = range(7)
LARGEST_PERSON = 60
"""Records that one person plausibly has; a district lists a person a few times a year."""
LIMIT = 16.0
"""log2 weight beyond which one pair does not outvote the others of its group."""


@dataclass(frozen=True)
class Decided:
    """Reviewers' decisions on pairs (canonical numbers): one person, or two."""

    same: npt.NDArray[np.int32]
    different: npt.NDArray[np.int32]


def join_persons(
    n: int, pairs: Pairs, decided: Decided, tables: Tables, weights: Tables
) -> tuple[Ints, npt.NDArray[np.int8]]:
    """Return a person label for each record (the smallest canonical number of its group), and the fate of each link.

    A fate is an index into REASONS; links of two records that are one person in the end are `JOINED`, however they came
    to be so. Depends on the records, the model and the decisions only, never on the order in which they came.
    """
    strongest = np.argsort(-pairs.weight, kind="stable")  # pairs are sorted, so equal weights stay in their order
    starts = np.zeros(n + 1, np.int64)
    both = np.concatenate([decided.different, decided.different[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))].astype(np.int32)
    np.cumsum(np.bincount(both[:, 0], minlength=n), out=starts[1:])
    return _join(
        n, pairs.left, pairs.right, pairs.weight, strongest, decided.same, starts, both[:, 1].copy(), tables, weights
    )


@kernel
def _root(parent: Ints, a: int) -> int:
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@kernel
def _merge(parent: Ints, following: Ints, tail: Ints, size: Ints, a: int, b: int) -> None:
    a, b = min(a, b), max(a, b)
    parent[b] = a
    following[tail[a]] = b
    tail[a] = tail[b]
    size[a] += size[b]


@kernel
def _confirmed(x: int, f: Ints) -> int:
    """Return the birth date of a record (yymmdd) where a sound NIK says the same, else -1."""
    date = f[x, YEAR] % 100 * 10000 + f[x, MONTH] * 100 + f[x, DAY]
    return int(date) if f[x, NIK_STATE] == SOUND and f[x, YEAR] > 0 and f[x, NIK_DATE] == date + 1 else -1


@kernel
def _verdict(a: int, b: int, following: Ints, tables: Tables, weights: Tables, levels: Ints) -> int:
    """Say whether two groups (their first members) may be one person."""
    f = tables[0]
    total, reason = 0.0, 0
    x = a
    while x >= 0:
        y = b
        while y >= 0:
            w = weigh(x, y, tables, weights, levels, NO_CUT)
            total += min(max(w, -LIMIT), LIMIT)
            sound = f[x, NIK_STATE] >= SOUND and f[y, NIK_STATE] >= SOUND
            if sound and levels[3] == 2 and f[x, SEX] == f[x, NIK_SEX] and f[y, SEX] == f[y, NIK_SEX]:
                return TWO_SEXES
            serial_only = levels[2] >= 2 and levels[2] <= 4 and (tables[1][x] ^ tables[1][y]) >> SERIAL_BITS == 0
            born_x, born_y = _confirmed(x, f), _confirmed(y, f)
            if levels[2] == 5 and born_x >= 0 and born_y >= 0 and born_x != born_y:
                return TWO_NIKS  # each NIK is confirmed by another birth date
            both = f[x, NIK_STATE] == SOUND and f[y, NIK_STATE] == SOUND
            if both and serial_only and levels[0] >= 4:  # twins, not a typing error: the names differ too
                return TWO_NIKS
            if w < 0 and levels[2] == 5:
                reason = TWO_NIKS
            elif w < 0 and levels[6] == 1 and reason == 0:
                reason = ONE_LIST
            y = following[y]
        x = following[x]
    if total > 0:
        return JOINED
    return reason if reason > 0 else DISAGREES


@kernel
def _forbidden(a: int, b: int, parent: Ints, following: Ints, starts: npt.NDArray[np.int64], others: Ints) -> bool:
    x = a
    while x >= 0:
        for k in range(starts[x], starts[x + 1]):
            if _root(parent, others[k]) == b:
                return True
        x = following[x]
    return False


@nb.njit(cache=True, nogil=True)
def _join(
    n: int, left: Ints, right: Ints, weight: npt.NDArray[np.float32], strongest: npt.NDArray[np.int64],
    same: Ints, starts: npt.NDArray[np.int64], others: Ints, tables: Tables, weights: Tables,
) -> tuple[Ints, npt.NDArray[np.int8]]:  # fmt: skip
    parent = np.arange(n).astype(np.int32)
    tail = np.arange(n).astype(np.int32)
    following = np.full(n, -1, np.int32)
    size = np.ones(n, np.int32)
    fate = np.zeros(len(left), np.int8)
    levels = np.zeros(FIELDS + 1, np.int32)
    for k in strongest:
        if weight[k] <= 0:
            break
        a, b = _root(parent, left[k]), _root(parent, right[k])
        if a == b:
            continue
        if len(others) and _forbidden(a, b, parent, following, starts, others):
            fate[k] = DIFFERENT
        elif size[a] + size[b] > LARGEST_PERSON:
            fate[k] = TOO_MANY
        else:
            fate[k] = _verdict(a, b, following, tables, weights, levels)
            if fate[k] == 0:
                _merge(parent, following, tail, size, a, b)
    for k in range(len(same)):  # last, so that a decision about two records unites all that is known of both
        a, b = _root(parent, same[k, 0]), _root(parent, same[k, 1])
        if a != b and not _forbidden(a, b, parent, following, starts, others):
            _merge(parent, following, tail, size, a, b)
    for k in range(n):
        parent[k] = _root(parent, k)
    for k in range(len(left)):
        if parent[left[k]] == parent[right[k]]:
            fate[k] = 0
    return parent, fate
