"""From scored pairs to persons: strongest links first, and each join must hold for all pairs that it makes.

Bare connected components chain: A is like B, B like C, so A is C. Here two groups are joined by a link only if the
mean weight over all pairs between them speaks for one person, and if no constraint forbids it. What a constraint or
the rest of a group refuses is kept with the reason, for people to look at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.links import Starts, by_component, root, run_in_threads
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.comparisons import FIELDS, SERIAL_BITS, Tables
from assets.households.linkage.prepare.records import DAY, MONTH, NIK_DATE, NIK_SEX, NIK_STATE, SEX, SOUND, YEAR
from assets.households.linkage.scoring import NO_CUT, Pairs, weigh

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
    starts = np.zeros(n + 1, np.int64)
    both = np.concatenate([decided.different, decided.different[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))].astype(np.int32)
    np.cumsum(np.bincount(both[:, 0], minlength=n), out=starts[1:])
    parted = (starts, both[:, 1].copy())
    likely = np.flatnonzero(pairs.weight > 0)
    links, groups = by_component(n, pairs.left[likely], pairs.right[likely], pairs.weight[likely])
    links = likely[links]
    alone = np.arange(n, dtype=np.int32)
    forest = (alone, alone.copy(), np.full(n, -1, np.int32), np.ones(n, np.int32))
    fate = np.zeros(len(pairs.left), np.int8)
    run_in_threads(
        groups,
        lambda first, last: _join(
            links[groups[first] : groups[last]], pairs.left, pairs.right, fate, forest, parted, tables, weights,
            np.zeros(FIELDS + 1, np.int32),
        ),
    )  # fmt: skip
    _obey(decided.same, forest, parted)
    return _persons(pairs.left, pairs.right, forest[0], fate), fate


@kernel
def _merge(forest: Tables, a: int, b: int) -> None:
    parent, tail, following, size = forest
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
def _forbidden(a: int, b: int, forest: Tables, parted: Tables) -> bool:
    """Say whether a reviewer parted a record of one group from a record of the other.

    A parted record may be of a component that another core works on: it is then of another group, whatever is found.
    """
    parent, _, following, _ = forest
    starts, others = parted
    x = a
    while x >= 0:
        for k in range(starts[x], starts[x + 1]):
            if root(parent, others[k]) == b:
                return True
        x = following[x]
    return False


@kernel
def _join(
    links: Starts, left: Ints, right: Ints, fate: npt.NDArray[np.int8], forest: Tables, parted: Tables,
    tables: Tables, weights: Tables, levels: Ints,
) -> None:  # fmt: skip
    """Join the records of some links, the strongest first. `forest`: parent, last member, next member and size of each
    group, by its first record; `parted`: for each record where its list begins of those that it was parted from."""
    parent, _, following, size = forest
    for k in links:
        a, b = root(parent, left[k]), root(parent, right[k])
        if a == b:
            continue
        if len(parted[1]) > 0 and _forbidden(a, b, forest, parted):
            fate[k] = DIFFERENT
        elif size[a] + size[b] > LARGEST_PERSON:
            fate[k] = TOO_MANY
        else:
            fate[k] = _verdict(a, b, following, tables, weights, levels)
            if fate[k] == JOINED:
                _merge(forest, a, b)


@kernel
def _obey(same: Ints, forest: Tables, parted: Tables) -> None:
    """Join what reviewers took for one; last, so that a decision about two records unites all that is known of both."""
    for k in range(len(same)):
        a, b = root(forest[0], same[k, 0]), root(forest[0], same[k, 1])
        if a != b and not _forbidden(a, b, forest, parted):
            _merge(forest, a, b)


@compiled
def _persons(left: Ints, right: Ints, parent: Ints, fate: npt.NDArray[np.int8]) -> Ints:
    """Return the first record of each record's person; links inside a person are joined, however it came to be so."""
    person = np.empty_like(parent)
    for k in range(len(parent)):
        person[k] = root(parent, k)
    for k in range(len(left)):
        if person[left[k]] == person[right[k]]:
            fate[k] = JOINED
    return person
