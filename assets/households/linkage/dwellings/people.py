"""The same household at another address or under a new card, told by the people whom both dwellings list.

Two dwellings are one household if the people that both list took their household with them: a head who is head again, a
child who is still a child. A grown child who is head or spouse elsewhere has founded another household; the two stay
apart, and the person is the link.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.links import Bools, Starts, next_with_same_key, united
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.identifiers import compare_kks
from assets.households.linkage.compare.levels import Agreement, KkLevel, PlaceLevel
from assets.households.linkage.compare.places import compare_places, compare_villages
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.dwellings.edges import NEIGHBOURS
from assets.households.linkage.dwellings.weights import HouseholdWeights, household_weight

TAKEN_ALONG = 5.0
"""Bits for one household for each further person of it seen in the other dwelling: log2(.95 / .03), the shares of
households that move and of those newly founded in which a second person comes along."""
BOTH_LIVED_IN = 3.0
"""Bits against one household where each of two dwellings has people who are not seen in the other."""
MOVED_ALONE, LEAVES_HOME = 6.0, (16, 45)
"""Bits against it where one person alone is seen in another village, of an age (in years) at which people leave home,
and no list says who lives with whom."""
ONE_LIST = 5.0
"""Bits against one household where one list names people of two dwellings at two places: it names a household once,
but one that was left, or founded, is listed as well as the other."""
LEFT_HOME = 3.0
"""Bits against it where one person alone, of such an age, is seen in another village, and lists say whom he left: under
a card or head in both villages, with others in one of them; or alone in both, under a card or head in one."""
LEFT_BEHIND = 5.0
"""Bits against it where somebody is still listed in the one village after others of the dwelling came to another."""
FOUNDED = 5.0
"""Bits against one household where somebody listed under another head is head of household in the other list."""


def join_dwellings_by_people(
    dwelling: Ints, heads: Ints, person: Ints, records: RecordArrays, weights: HouseholdWeights, known: Bools,
    *, cardless: bool = False,
) -> Ints:  # fmt: skip
    """Join dwellings that share people, where the people's evidence together speaks for one household.

    `known`: which records are of dwellings with a card or a named head. Pairs with such a dwelling are joined; where
    `cardless`, all others.
    """
    of_known = (0,) if cardless else (1, 2)
    left, right, _, odds = odds_by_people(dwelling, heads, person, records, weights, known, of_known)
    strongest = np.lexsort((left << 32 | right, -odds))
    strongest = strongest[odds[strongest] > (weights.needed_at_house if cardless else weights.needed)]
    return united(dwelling, left[strongest].astype(np.int32), right[strongest].astype(np.int32))


def odds_by_people(
    dwelling: Ints, heads: Ints, person: Ints, records: RecordArrays, weights: HouseholdWeights, known: Bools,
    of_known: tuple[int, ...],
) -> tuple[Starts, Starts, Starts, npt.NDArray[Any]]:  # fmt: skip
    """Return the pairs of dwellings that share people (left < right, sorted), a person of both, and the log2 odds that
    both are one household.

    `known`: as above; `of_known`: how many of the two are to be so.
    """
    following = next_with_same_key((person + 1).astype(np.uint64))
    left, right, who, weight = _person_edges(dwelling, heads, person, following, records, weights)
    some = np.isin(known[left].astype(np.int8) + known[right], of_known)
    left, right, who, weight = left[some], right[some], who[some], weight[some]
    code = left.astype(np.int64) << 32 | right
    if not len(code):
        return code, code, who, weight
    pair, index = np.unique(np.stack([code, who]), axis=1, return_inverse=True)
    of_person = np.bincount(index, weight) / np.bincount(index)
    edge, first, index = np.unique(pair[0], return_index=True, return_inverse=True)
    total = np.bincount(index, of_person + TAKEN_ALONG) - TAKEN_ALONG
    ends, one = (edge >> 32, edge & 0xFFFFFFFF), pair[1][first]
    concerned = np.isin(dwelling, np.concatenate(ends), kind="table")
    members = np.unique(dwelling[concerned].astype(np.int64) << 32 | person[concerned]) >> 32
    people = np.bincount(members, minlength=len(dwelling))
    shared = np.bincount(index)
    fewer, more = (choose(people[ends[0]], people[ends[1]]) for choose in (np.minimum, np.maximum))
    alone = shared == 1
    alone[alone] = _grown_in_two_villages(ends[0][alone], ends[1][alone], one[alone], person, records)
    known_ends = known[ends[0]].astype(np.int64) + known[ends[1]]
    left_home = np.where(known_ends == 2, more > 1, more == 1)
    total -= alone * np.where(known_ends == 0, MOVED_ALONE, np.where(left_home, LEFT_HOME, 0))
    total -= BOTH_LIVED_IN * (fewer > shared)
    total -= ONE_LIST * _in_one_list(*ends, dwelling, np.flatnonzero(concerned), person, records)
    total -= LEFT_BEHIND * _left_behind(*ends, dwelling, np.flatnonzero(concerned), person, records)
    return *ends, one, total


@compiled
def _person_edges(
    dwelling: Ints, heads: Ints, person: Ints, following: Ints, records: RecordArrays, weights: HouseholdWeights
) -> tuple[Ints, Ints, npt.NDArray[np.int64], npt.NDArray[np.float64]]:  # fmt: skip
    """Compare the records of each person that are of two dwellings: the two dwellings (the smaller first), the person,
    and the log2 odds that they are one household. `following`: the next record of the same person, -1 for none."""
    left, right, who, weight = [np.int32(0)], [np.int32(0)], [np.int64(0)], [0.0]
    for p in range(len(person)):
        q = following[p]
        for _ in range(NEIGHBOURS):
            if q < 0:
                break
            a, b = dwelling[p], dwelling[q]
            if a != b:
                w, _ = household_weight(p, q, person, records, weights)
                if _became_head(p, q, heads[p], person, records) or _became_head(q, p, heads[q], person, records):
                    w -= FOUNDED
                left.append(min(a, b))
                right.append(max(a, b))
                who.append(np.int64(person[p]))
                weight.append(w)
            q = following[q]
    return np.array(left[1:]), np.array(right[1:]), np.array(who[1:]), np.array(weight[1:])


@kernel
def _became_head(x: int, y: int, head: int, person: Ints, records: RecordArrays) -> bool:
    """Say whether somebody who has no role in `x`, and is listed there under another head (`head`), is head in `y`."""
    a, b = records.rows[x], records.rows[y]
    return a.role < 0 and a.is_head != 1 and b.is_head == 1 and head >= 0 and person[head] != person[x]


def _grown_in_two_villages(left: Starts, right: Starts, who: Starts, person: Ints, records: RecordArrays) -> Bools:
    """Say which pairs of dwellings (given by a record of each) are in two villages, and whose person, on both, was of
    an age at which people leave home; `who`: the person's label in `person`."""
    rows = records.rows
    labels, first = np.unique(person, return_index=True)
    year = rows["year"][first[np.searchsorted(labels, who)]]
    age = (np.maximum(rows["period"][left], rows["period"][right]) - 1) // 12 - year
    grown = (year == 0) | ((age > LEAVES_HOME[0]) & (age <= LEAVES_HOME[1]))
    return np.asarray(grown & (rows["village"][left] != rows["village"][right]))


def _spans(left: Starts, right: Starts, of: Ints) -> tuple[Starts, Starts, Starts, Starts]:
    """Return where the records of both dwellings of each pair begin and end: of the left one, then of the right.
    `of`: the dwelling of each record, sorted."""
    a, b = np.searchsorted(of, left), np.searchsorted(of, right)
    return a, np.searchsorted(of, left, "right"), b, np.searchsorted(of, right, "right")


def _left_behind(
    left: Starts, right: Starts, dwelling: Ints, members: Starts, person: Ints, records: RecordArrays
) -> Bools:
    """Say of which pairs of dwellings in two villages the older lists somebody whom the other does not, after that was
    listed first; `members`: records of the dwellings."""
    members = members[np.argsort(dwelling[members], kind="stable")]
    return _listed_since(*_spans(left, right, dwelling[members]), members, person, records)


@compiled
def _listed_since(
    a: Starts, a_end: Starts, b: Starts, b_end: Starts, members: Starts, person: Ints, records: RecordArrays
) -> Bools:
    """As `_left_behind`; `members` are sorted by dwelling, those of pair k are members[a[k]:a_end[k]] and
    members[b[k]:b_end[k]]."""
    out, rows = np.zeros(len(a), np.bool_), records.rows
    for k in range(len(a)):
        old, new = members[a[k] : a_end[k]], members[b[k] : b_end[k]]
        if rows[old[0]].village == rows[new[0]].village:
            continue
        first, since = _first_listed(old, rows), _first_listed(new, rows)
        if since < first:
            old, new, first, since = new, old, since, first
        for x in old:
            out[k] |= rows[x].period > since > first and not np.any(person[new] == person[x])
    return out


@kernel
def _first_listed(members: Starts, rows: npt.NDArray[np.void]) -> int:
    """Return the first period in which one of the records is listed."""
    first = rows[members[0]].period
    for x in members:
        first = min(first, rows[x].period)
    return int(first)


def _in_one_list(
    left: Starts, right: Starts, dwelling: Ints, members: Starts, person: Ints, records: RecordArrays
) -> Bools:
    """Say of which pairs of dwellings one list names people of both at two places; `members`: records of the
    dwellings."""
    lists = records.rows["list"]
    listed = members[lists[members] >= 0]
    listed = listed[np.lexsort((lists[listed], dwelling[listed]))]
    return _apart_in_a_list(*_spans(left, right, dwelling[listed]), listed, person, records)


@compiled
def _apart_in_a_list(
    a: Starts, a_end: Starts, b: Starts, b_end: Starts, listed: Starts, person: Ints, records: RecordArrays
) -> Bools:
    """Say for each pair of dwellings whether some list names people of both, and never together.

    `listed`: records, sorted by dwelling and list; those of pair k are listed[a[k]:a_end[k]] and listed[b[k]:b_end[k]].
    """
    out = np.zeros(len(a), np.bool_)
    for k in range(len(a)):
        start = a[k]
        while start < a_end[k] and not out[k]:
            here, end, apart, together = records.rows[listed[start]].list, start, False, False
            while end < a_end[k] and records.rows[listed[end]].list == here:
                for at in range(b[k], b_end[k]):
                    x, y = records.rows[listed[end]], records.rows[listed[at]]
                    if y.list == here:
                        two_villages = compare_villages(x, y) == Agreement.DIFFERENT
                        place = PlaceLevel.DIFFERENT if two_villages else compare_places(x, y, records.addresses)
                        apart |= place == PlaceLevel.DIFFERENT
                        kk = compare_kks(x, y)
                        together |= (
                            person[listed[end]] == person[listed[at]]
                            or (place >= PlaceLevel.SAME_ADDRESS and place <= PlaceLevel.NEAR)
                            or (kk >= KkLevel.SAME and kk <= KkLevel.NEAR)
                        )
                end += 1
            out[k] = apart and not together
            start = end
    return out
