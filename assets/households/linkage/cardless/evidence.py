"""What speaks for or against one household of two dwellings at one place: lists, ages, names and relations.

A dwelling here is a group of records without card and head, most often one person at one place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln

from assets.households.linkage.arrays.text import Hashes, Ints
from assets.households.linkage.cardless.places import PlaceKey
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.prepare.fields import Role, Sex

MOST_AT_PLACE = {
    PlaceKey.HOUSE: 60, PlaceKey.RT: 40, PlaceKey.HAMLET: 40, PlaceKey.AROUND: 80, PlaceKey.INSTITUTION: 0,
}  # fmt: skip
"""Dwellings at one place beyond which it is an institution, or too many families share it to tell them apart."""
SAYS_LESS = {
    PlaceKey.HOUSE: 0,
    PlaceKey.RT: 1000,
    PlaceKey.HAMLET: 1000,
    PlaceKey.AROUND: 2000,
    PlaceKey.INSTITUTION: 0,
}
"""Of several kinds of places that two share, the least counts; of two that are alike, the one with fewer dwellings."""
ADDRESSES, MASKS = 4, 4
"""Addresses of a dwelling that are looked at; words of 64 bits for the lists that name it."""
COMMON_WORD = 0.004
"""Share of dwellings that have a word in their name from which it is no family name."""
BINS = (3, 4, 5, 7, 10, 16, 31)
"""Bounds of the bins for how many dwellings are at a place."""
AGE_STEPS = (0, 5, 16, 26, 36, 46, 61)
Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Kin(IntEnum):
    """What two names say of one family: nothing in common, a common word, a rare one, the same mother, or one is named
    as the other's parent."""

    NONE = 0
    COMMON = 1
    RARE = 2
    SIBLINGS = 3
    PARENT = 4


class Roles(IntEnum):
    """What two relations to the head say: not stated, two heads, a head and another, two spouses, two others."""

    MISSING = 0
    TWO_HEADS = 1
    HEAD_AND_OTHER = 2
    TWO_SPOUSES = 3
    OTHERS = 4


AGES = 15
"""Levels of two ages: 0 not known; 1 to 8, at most 15 years apart: by nearness, sexes and whether both are adults;
9 to 14, farther apart."""


@dataclass(frozen=True)
class Dwellings:
    """One row a dwelling: the first record of it, its person, village, birth year and role (NaN: not known), sex, words
    of the name, hashes of the whole name and of the mother's (0: not stated), the first word of the father's (-1: not
    stated), addresses, and lists as bits."""

    first: Labels
    person: Labels
    village: Labels
    year: Floats
    role: Floats
    sex: Ints
    words: Ints
    name: Ints
    mother: Ints
    father: Ints
    addresses: Hashes
    lists: Hashes
    listed: Labels

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class PlacePairs:
    """Pairs of dwellings that share a place (left < right, each once): the kind of place (`PlaceKey`) and how many
    dwellings it has."""

    left: Labels
    right: Labels
    place: Labels
    crowd: Labels

    def __len__(self) -> int:
        return len(self.left)

    def chosen(self, which: Labels | npt.NDArray[np.bool_]) -> PlacePairs:
        """Return some of the pairs."""
        return PlacePairs(*(part[which] for part in vars(self).values()))


@dataclass(frozen=True)
class Evidence:
    """What pairs show, one entry a pair: levels of ages, names (`Kin`) and relations (`Roles`); of the lists that name
    the one that is named less often (`fewer`), how many name both (`together`), log2 of how probable that is by chance,
    for any given ones of these lists, and whether it could be otherwise (`tell`)."""

    ages: Labels
    kin: Labels
    roles: Labels
    together: Labels
    fewer: Labels
    by_chance: Floats
    tell: npt.NDArray[np.bool_]

    def chosen(self, which: Labels | npt.NDArray[np.bool_]) -> Evidence:
        """Return what some of the pairs show."""
        return Evidence(*(part[which] for part in vars(self).values()))


def dwellings_of(dwelling: Labels, person: Labels, address: Hashes, records: RecordArrays) -> Dwellings:
    """Describe the dwellings (`dwelling`: 0, 1, 2 … for each record); `address`: a hash of each record's, 0: none."""
    rows, count = records.rows, int(dwelling.max()) + 1 if len(dwelling) else 0
    first = np.full(count, len(dwelling), np.int64)
    np.minimum.at(first, dwelling, np.arange(len(dwelling)))
    named = _first_where(dwelling, rows["mother"] >= 0, count)
    mother = np.where(named >= 0, np.append(records.names.rows["joined"], 0)[rows["mother"][named]], 0)
    fathered = _first_where(dwelling, rows["father"] >= 0, count)
    own, role = rows["own"], _median(dwelling, rows["role"], rows["role"] >= 0, count)
    year = _median(dwelling, rows["year"], rows["year"] > 0, count)
    sex = _first_value(dwelling, rows["sex"], rows["sex"] > 0, count, Sex.UNKNOWN)
    first_words = np.append(records.names.rows["tokens"][:, 0], -1)
    father = np.where(fathered >= 0, first_words[rows["father"][fathered]], -1)
    lists, listed = _list_bits(dwelling, rows["list"], rows["village"], count)
    return Dwellings(
        first, person[first], rows["village"][first].astype(np.int64), year, role, sex, own["tokens"][first],
        own["joined"][first], mother, father, _addresses(dwelling, address, count), lists, listed,
    )  # fmt: skip


def _first_where(group: Labels, wanted: npt.NDArray[np.bool_], count: int) -> Labels:
    """Return the first wanted member of each group, -1 where there is none."""
    out, members = np.full(count, -1, np.int64), np.flatnonzero(wanted)[::-1]
    out[group[members]] = members
    return out


def _first_value(group: Labels, values: Any, known: npt.NDArray[np.bool_], count: int, missing: int) -> Any:
    first = _first_where(group, known, count)
    return np.where(first >= 0, values[first], missing)


def _median(group: Labels, values: Ints, known: npt.NDArray[np.bool_], count: int) -> Floats:
    """Return the median (the lower one) of the known values of each group, NaN where there are none."""
    out, members = np.full(count, np.nan), np.flatnonzero(known)
    members = members[np.lexsort((values[members], group[members]))]
    sizes = np.bincount(group[members], minlength=count)
    has = sizes > 0
    out[has] = values[members[(np.cumsum(sizes) - sizes + (sizes - 1) // 2)[has]]]
    return out


def _ranked(group: Labels, values: Hashes) -> tuple[Labels, Hashes, Labels]:
    """Return each distinct value (but 0) of each group once: group, value, and its number within the group."""
    order = np.lexsort((values, group))
    group, values = group[order], values[order]
    new = (values > 0) & np.append(True, (np.diff(group) != 0) | (values[1:] != values[:-1]))[: len(group)]
    group, values = group[new], values[new]
    sizes = np.bincount(group)
    return group, values, np.arange(len(group)) - (np.cumsum(sizes) - sizes)[group]


def _addresses(dwelling: Labels, address: Hashes, count: int) -> Hashes:
    out = np.zeros((count, ADDRESSES), np.uint64)
    group, value, number = _ranked(dwelling, address)
    few = number < ADDRESSES
    out[group[few], number[few]] = value[few]
    return out


def _list_bits(dwelling: Labels, lists: Ints, village: Ints, count: int) -> tuple[Hashes, Labels]:
    """Return the lists of each dwelling as bits, and how many lists there are for each village, one a dwelling.

    The lists of a village are numbered as they first occur; from the 257th on a bit stands for several lists.
    """
    bits, stated = np.zeros((count, MASKS), np.uint64), np.flatnonzero(lists >= 0)
    here, which = pd.factorize(village)[0], pd.factorize(lists[stated])[0]
    group, value, number = _ranked(here[stated], which.astype(np.uint64) + np.uint64(1))
    rank = np.zeros(len(which) + 1, np.int64)
    rank[value.astype(np.int64) - 1] = number % (64 * MASKS)
    own = rank[which]
    np.bitwise_or.at(bits, (dwelling[stated], own // 64), np.uint64(1) << (own % 64).astype(np.uint64))
    of_village = np.bincount(group, minlength=int(here.max(initial=0)) + 1)
    return bits, np.minimum(of_village, 64 * MASKS)[_first_value(dwelling, here, here >= 0, count, 0)]


def pairs_at_places(dwelling: Labels, places: Hashes, d: Dwellings, keys: Iterable[PlaceKey]) -> PlacePairs:
    """Return the pairs of dwellings of two people that share a place.

    `places`: as `place_keys`, of each record; `keys`: those that count. Of several places that two share, the one that
    says most counts, a house before an RT, an RT before one around a house, and few dwellings before many. Dwellings of
    which both have addresses, but none in common, share only a house, or what is around it.
    """
    found, in_house = [], np.bincount(dwelling[places[PlaceKey.HOUSE] > 0], minlength=len(d)) > 0
    for key in keys:
        order = np.lexsort((dwelling, places[key]))
        group, at = places[key][order], dwelling[order]
        new = (group > 0) & np.append(True, (group[1:] != group[:-1]) | (at[1:] != at[:-1]))[: len(group)]
        group, at = group[new], at[new]
        starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))[: len(group)]
        sizes = np.diff(np.append(starts, len(group)))
        for size in range(2, MOST_AT_PLACE[key] + 1):
            a, b = np.triu_indices(size, 1)
            of_size = starts[sizes == size][:, None]
            left, right = at[(of_size + a).ravel()], at[(of_size + b).ravel()]
            if key == PlaceKey.AROUND:
                left, right = (end[in_house[left] != in_house[right]] for end in (left, right))
            says_less = np.full(len(left), size + SAYS_LESS[key] + key)
            found.append((left << 32 | right, says_less, np.full(len(left), int(key)), np.full(len(left), size)))
    code, says_less, place, crowd = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((says_less, code))
    order = order[np.append(True, np.diff(code[order]) != 0)[: len(order)]]
    left, right, place, crowd = code[order] >> 32, code[order] & 0xFFFFFFFF, place[order], crowd[order]
    keep = d.person[left] != d.person[right]
    both = (d.addresses[left, 0] > 0) & (d.addresses[right, 0] > 0)
    one = (d.addresses[left][:, :, None] == d.addresses[right][:, None, :]) & (d.addresses[left][:, :, None] > 0)
    keep &= ~both | one.any(axis=(1, 2)) | (place == PlaceKey.HOUSE) | (place == PlaceKey.AROUND)
    return PlacePairs(left[keep], right[keep], place[keep], crowd[keep])


def evidence_of(left: Labels, right: Labels, d: Dwellings) -> Evidence:
    """Compare dwellings pair by pair."""
    lists = np.bitwise_count(d.lists).sum(axis=1).astype(np.int64)
    together = np.bitwise_count(d.lists[left] & d.lists[right]).sum(axis=1).astype(np.int64)
    fewer, more = np.minimum(lists[left], lists[right]), np.maximum(lists[left], lists[right])
    others, rest = more - together, np.maximum(d.listed[left], more) - fewer
    tell = (rest > 0) & (others <= rest)
    chance = _choose(rest, np.where(tell, others, 0)) - _choose(rest + fewer, more)
    ages, kin, roles = _ages(left, right, d), _kin(left, right, d), _roles(left, right, d)
    return Evidence(ages, kin, roles, together, fewer, chance, tell)


def _choose(n: Labels, k: Labels) -> Floats:
    """Return log2 of how many ways there are to choose `k` of `n`."""
    factorial = gammaln(np.arange(1, int(n.max(initial=0)) + 2)) / np.log(2)
    return np.asarray(factorial[n] - factorial[k] - factorial[n - k])


def _ages(left: Labels, right: Labels, d: Dwellings) -> Labels:
    gap = np.abs(d.year[left] - d.year[right])
    step = np.digitize(np.nan_to_num(gap, nan=-1), AGE_STEPS)  # 0: not known, 1: up to 4 years, 2: up to 15, …
    opposite = (d.sex[left] != d.sex[right]) & (d.sex[left] > Sex.UNKNOWN) & (d.sex[right] > Sex.UNKNOWN)
    adults = np.maximum(d.year[left], d.year[right]) <= np.nanmax(d.year, initial=0) - ADULT
    near = 4 * step - 3 + 2 * opposite + adults
    return np.where(step == 0, 0, np.where(step <= 2, near, step + 6)).astype(np.int64)


ADULT = 18
"""Years from which somebody may be married."""


def _kin(left: Labels, right: Labels, d: Dwellings) -> Labels:
    words = d.words[d.words >= 0]
    share = np.bincount(words, minlength=1) / max(len(d), 1)
    out = np.zeros(len(left), np.int64)
    for x in range(d.words.shape[1]):
        a = d.words[left, x]
        rare = np.append(share, 1.0)[a] < COMMON_WORD
        for y in range(d.words.shape[1]):
            same = (a >= 0) & (a == d.words[right, y])
            out = np.maximum(out, np.where(same, np.where(rare, Kin.RARE, Kin.COMMON), Kin.NONE))
    siblings = (d.mother[left] != 0) & (d.mother[left] == d.mother[right])
    out = np.where(siblings, Kin.SIBLINGS, out)
    for a, b in ((left, right), (right, left)):
        of_mother = (d.mother[a] != 0) & (d.mother[a] == d.name[b])
        of_father = (d.father[a] >= 0) & (d.father[a] == d.words[b, 0])
        out = np.where(of_mother | of_father, Kin.PARENT, out)
    return np.asarray(out, np.int64)


def _roles(left: Labels, right: Labels, d: Dwellings) -> Labels:
    low, high = np.fmin(d.role[left], d.role[right]), np.fmax(d.role[left], d.role[right])
    out = np.full(len(left), int(Roles.OTHERS))
    out[(low == Role.SPOUSE) & (high == Role.SPOUSE)] = Roles.TWO_SPOUSES
    out[low == Role.HEAD] = Roles.HEAD_AND_OTHER
    out[high == Role.HEAD] = Roles.TWO_HEADS
    out[np.isnan(d.role[left]) | np.isnan(d.role[right])] = Roles.MISSING
    return out
