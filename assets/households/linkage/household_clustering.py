"""From persons to households: dwellings first, then the same household at another address or under a new card.

A dwelling is a group of records that agree on KK, head and place. Two dwellings are one household if the people that
both list took their household with them: a head who is head again, a child who is still a child. A grown child who
is head or spouse elsewhere has founded another household; the two stay apart, and the person is the link.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS, compiled, kernel
from assets.households.linkage.arrays.links import (
    Bools,
    Links,
    Starts,
    by_component,
    next_with_same_key,
    root,
    run_in_threads,
)
from assets.households.linkage.arrays.text import INITIAL_LENGTH, Hashes, Ints, doubled, mixed
from assets.households.linkage.blocking import name_keys
from assets.households.linkage.clustering import Forest, merge_groups, single_records
from assets.households.linkage.compare.identifiers import LAST_OFF, compare_kks, digits_off
from assets.households.linkage.compare.levels import Agreement, KkLevel, PlaceLevel, RelativeLevel
from assets.households.linkage.compare.names import Names, level_of_names
from assets.households.linkage.compare.places import CELLS, compare_places, compare_villages, pack_rumah, unpack_rumah
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.model.parameters import Floats, Model, PairClass, Scale, place_weights
from assets.households.linkage.prepare.records import DUSUN, VILLAGE, Prepared, RecordRow, Role
from warehouse.home import ADDRESSES

STAYED = 0.95
"""Share of pairs of one person's records that are of one household."""
SAME_ROLE = 3.0
"""Bits for one household where a person has the same relation to the head in both lists."""
ROLE_CHANGED, CORE_CHANGED = 2.0, 7.0
"""Bits against it where the relation is another, and where it is that of a head or spouse in one list only."""
CORE_UNDER_OTHER_HEAD = 4.0
"""Bits against it where a head or spouse is listed without a role under a head of another name."""
CORE_STAYS = 1.0
"""Bits for one household where a head or spouse is seen again in a list that states no role."""
TAKEN_ALONG = 5.0
"""Bits for one household for each further person of it seen in the other dwelling: log2(.95 / .03), the shares of
households that move and of those newly founded in which a second person comes along."""
BOTH_LIVED_IN = 3.0
"""Bits against one household where each of two dwellings has people who are not seen in the other."""
COMMON_HEADS = 2.0
"""Bits by which strangers agree in head and address more often than if one had nothing to do with the other."""
HOUSEMATES = 3.0
"""Pairs of housemates for each pair of one person's records, at least: where no list has cards, only those are seen who
share a name or a birth date."""
MOVED_ALONE, LEAVES_HOME = 6.0, (16, 45)
"""Bits against it where one person alone is seen in another village, of an age (in years) at which people leave home,
and no list says who lives with whom."""
ONE_LIST = 5.0
"""Bits against one household where one list names people of two dwellings at two places: it names a household once,
but one that was left, or founded, is listed as well as the other."""
FOUNDED = 5.0
"""Bits against one household where somebody listed under another head is head of household in the other list."""
CARD_KEPT = 0.01
"""Share of founded households that are still listed under the old card."""
SPLIT_IN_VILLAGE = 0.6
"""Share of founded households that stay in the village of the old one."""
CARDS_LOOKED_AT = 8
"""Cards at one address beyond which it is no house, however alike they are."""
LARGEST_HOUSEHOLD = 400
"""Records that one household plausibly has over all lists and years."""


BY_CARD, AT_PLACE, BY_PARTS, DWELLING_KEYS = 0, 2, 5, 7
"""Rows of `dwelling_keys`; those from `BY_PARTS` on are of parts of the card; their number."""
NEIGHBOURS = 3
"""Records of one card, head or person that each record is compared with, in canonical order."""
MEMBERS_COMPARED = 5
"""Records of each dwelling that must agree, together, before two are joined."""
LARGEST_VOTE = 8.0
"""log2 odds beyond which one pair of them does not outvote the others."""
VOTES = 2
"""Votes of a pair that says all there is to say."""


class HouseholdWeights(NamedTuple):
    """log2 odds of one household by cell of `rumah` (`CELLS` numbers each): for two persons, and for two records of one
    person. `needed`: the weight above which two dwellings are joined (`Model.needed`); `needed_at_house`: the same
    of odds that are what they say, as those of dwellings without card and head. `by_address`: whether who lives at one
    address without a card is one household, whoever they are."""

    others: Floats
    oneself: Floats
    needed: float
    needed_at_house: float
    by_address: bool


def household_weights(model: Model, scale: Scale) -> HouseholdWeights:
    """Derive the weights for households from the model of pairs."""
    places = place_weights(model, scale)
    pairs = max(sum(model.pairs[c] for c in ("same", "housemate", "twin")), model.pairs["same"] * (1 + HOUSEMATES))
    related, unrelated = places[PairClass.SAME], _by_chance(places[PairClass.UNRELATED])
    others = related - unrelated + np.log2(2 * pairs / scale.records)
    cells = np.arange(CELLS)
    rumah = unpack_rumah(cells)
    share = np.array([1.0, SPLIT_IN_VILLAGE, 1 - SPLIT_IN_VILLAGE])[rumah.village]
    split = model.unrelated_places[rumah.village, cells] * share
    split = np.where(rumah.kk == KkLevel.SAME, split * CARD_KEPT, split)
    oneself = related - np.log2(np.maximum(split, 1e-12)) + np.log2(STAYED / (1 - STAYED))
    by_address = model.households == ADDRESSES
    return HouseholdWeights(others, oneself, model.needed, math.log2(model.wrong_merge_cost), by_address)


def _by_chance(unrelated: Floats) -> Floats:
    """Bound log2 P(cell of `rumah`) of strangers where head and address agree and no card is compared.

    Among pairs drawn in a village, most of those that agree in both are housemates, who cannot all be told from
    strangers. That strangers agree in both is chance: as probable as head and address are each, and `COMMON_HEADS`
    besides.
    """
    cells, seen = unpack_rumah(np.arange(CELLS)), 2.0**unrelated
    here = cells.village == Agreement.SAME
    chance = seen[here].sum()
    for levels in (cells.kk, cells.head, cells.place):
        chance = chance * (np.bincount(levels[here], seen[here]) / seen[here].sum())[levels]
    both = here & (cells.kk == KkLevel.MISSING) & (cells.place == PlaceLevel.SAME_ADDRESS)
    both &= (cells.head == RelativeLevel.SAME) | (cells.head == RelativeLevel.SIMILAR)
    return np.where(both, np.minimum(unrelated, np.log2(np.maximum(chance, 1e-12)) + COMMON_HEADS), unrelated)


def join_households(p: Prepared, person: Ints, records: RecordArrays, weights: HouseholdWeights) -> tuple[Ints, Links]:
    """Return a household label for each record (the smallest canonical number of it), and the edges that led to it."""
    keys = dwelling_keys(p)
    keys[AT_PLACE] = of_one_card(keys[AT_PLACE], keys[BY_CARD], records.rows["head"] >= 0)
    edges = dwelling_edges(keys, person, records, weights)
    return join_edges(edges, person, records, weights), edges


def dwelling_keys(p: Prepared) -> Hashes:
    """Return what people of one household share, one row a key and one column a record (0: not stated).

    The keys: the card; the head in a village; the address in a village; the head's first word, by its sound, in an RT,
    and the last one in a hamlet; the first twelve digits of the card in a village, and its last eight. A head spelled
    otherwise most often keeps one of his words, and a card typed wrong, or cut by a spreadsheet, one of its parts.

    Each depends on the record alone, and is the same in every set of records.
    """
    card, village, rows = p.kk, p.hashes_of(VILLAGE) + np.uint64(2), p.rows
    of_head = np.where((rows["head"] < 0) & (rows["is_head"] == 1), rows["name"], rows["head"])
    head, first, last = (
        np.append(keys, np.uint64(0))[of_head]
        for keys in (p.names.token_set, name_keys(p.names, "first"), name_keys(p.names, "last"))
    )
    place = np.append(p.addresses.token_set, np.uint64(0))[rows["address"]]
    rt, hamlet = (rows["rt"] + 1).astype(np.uint64), p.hashes_of(DUSUN)
    start, end = card >> np.uint64(16), card & np.uint64(0xFFFFFFFF)
    in_village = (
        (head != 0, head),
        (place != 0, place),
        ((first != 0) & (rt != 0), mixed(first, rt)),
        ((last != 0) & (hamlet != 0), mixed(last, hamlet)),
        (card != 0, start),
        (card != 0, end),
    )
    return np.stack([card, *(np.where(stated, mixed(part, village), 0) for stated, part in in_village)])


def dwelling_edges(
    keys: Hashes, person: Ints, records: RecordArrays, weights: HouseholdWeights, by_person: Hashes | None = None
) -> Links:
    """Return pairs of records that speak for one dwelling: left, right, weight; sorted, each once.

    Records are compared with the next ones of the same key and of the same person: whole groups must be present.
    `by_person`: a key of the person, 0 for records of whose persons not all records are here; else the label of each.
    """
    by_person = (person + 1).astype(np.uint64) if by_person is None else by_person
    shared = [*keys[:BY_PARTS], by_person, *keys[BY_PARTS:]]
    following = np.empty((len(person), len(shared)), np.int32)

    def follow(number: int) -> None:
        following[:, number] = next_with_same_key(shared[number])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(follow, range(len(shared))))
    found = run_in_threads(
        np.arange(len(person) + 1),
        lambda first, last: _edges(first, last, following, BY_PARTS + 1, person, records, weights),
    )
    left, right, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return left, right, weight


def join_edges(edges: Links, person: Ints, records: RecordArrays, weights: HouseholdWeights) -> Ints:
    """Join the records of `edges` into dwellings, the strongest first, and dwellings into households."""
    left, right, weight = edges
    links, starts = by_component(len(person), left, right, weight)
    alone = np.arange(len(person), dtype=np.int32)
    heads = np.where(records.rows["is_head"] == 1, alone, np.int32(-1))
    forest = single_records(len(person))
    run_in_threads(
        starts,
        lambda first, last: _join_dwellings(
            links[starts[first] : starts[last]], left, right, forest, heads, person, records, weights
        ),
    )
    dwelling, heads = _dwellings(forest.parent, heads)
    known = (records.rows["kk"] != 0) | (records.rows["head"] >= 0)
    known = np.bincount(dwelling[known], minlength=len(dwelling))[dwelling] > 0
    return join_dwellings_by_people(dwelling, heads, person, records, weights, known)


def of_one_card(address: Hashes, card: Hashes, has_head: Bools) -> Hashes:
    """Leave out (0) the addresses at which several families live, or nothing says that one does: they name a street, a
    hamlet or a shared building.

    Cards that differ by one digit are one, typed wrong. A card that was replaced shows by the people on both. Where
    there is no card but heads of household are named (`has_head`), the heads tell the families apart.
    """
    order = np.argsort(address, kind="stable").astype(np.int32)
    starts = np.flatnonzero(np.append(True, np.diff(address[order]) != 0))
    return np.where(_houses(order, np.append(starts, len(address)), card, has_head), address, 0)


@compiled
def _houses(order: Ints, starts: npt.NDArray[np.int64], card: Hashes, has_head: Bools) -> npt.NDArray[np.bool_]:
    """Say for each record whether its address is that of one card, or has no card but heads."""
    house = np.zeros(len(order), np.bool_)
    cards, family = np.zeros(CARDS_LOOKED_AT, np.uint64), np.zeros(CARDS_LOOKED_AT, np.int64)
    for g in range(len(starts) - 1):
        known, heads = 0, False
        for at in range(starts[g], starts[g + 1]):
            own, new = card[order[at]], card[order[at]] != 0
            heads |= has_head[order[at]]
            for k in range(min(known, CARDS_LOOKED_AT)):
                new &= own != cards[k]
            if new and known < CARDS_LOOKED_AT:
                cards[known], family[known] = own, known
                for k in range(known):
                    if digits_off(own, cards[k]) <= LAST_OFF:
                        _relabel(family, known, family[k], family[known])
            known += new
        one = known <= CARDS_LOOKED_AT and (known > 0 or heads)
        for k in range(1, min(known, CARDS_LOOKED_AT)):
            one &= family[k] == family[0]
        for at in range(starts[g], starts[g + 1]):
            house[order[at]] = one
    return house


@kernel
def _relabel(family: npt.NDArray[np.int64], last: int, old: int, new: int) -> None:
    for k in range(last + 1):
        if family[k] == old:
            family[k] = new


@kernel
def _head_of(record: RecordRow) -> int:
    """Return the name (its number) of a record's head of household: its own, where it is head and none is stated."""
    return record.name if record.head < 0 and record.is_head == 1 else record.head


@kernel
def _of_core(record: RecordRow) -> bool:
    """Say whether somebody is head or spouse: they take their household with them."""
    return record.role == Role.HEAD or record.role == Role.SPOUSE or record.is_head == 1


@kernel
def _household_weight(
    x: int, y: int, person: Ints, records: RecordArrays, weights: HouseholdWeights
) -> tuple[float, int]:
    """Return the log2 odds that two records are of one household, and how many votes they have: one each for head and
    place, if both state it, and all (`VOTES`) where both state a card, or are of one person."""
    a, b = records.rows[x], records.rows[y]
    kk, place = compare_kks(a, b), compare_places(a, b, records.addresses)
    head = level_of_names(_head_of(a), _head_of(b), records.names)
    cell = pack_rumah(kk, head, compare_villages(a, b), place)
    if person[x] != person[y]:
        stated = VOTES if kk != KkLevel.MISSING else (head != RelativeLevel.MISSING) + (place != PlaceLevel.MISSING)
        return float(weights.others[cell]), int(stated)
    weight = float(weights.oneself[cell])
    core_a, core_b = _of_core(a), _of_core(b)
    if a.role >= 0 and b.role >= 0:
        if a.role == b.role:
            weight += SAME_ROLE
        else:
            weight -= CORE_CHANGED if core_a != core_b else ROLE_CHANGED
    elif core_a != core_b and head == RelativeLevel.DIFFERENT:
        weight -= CORE_UNDER_OTHER_HEAD
    elif core_a or core_b:
        weight += CORE_STAYS
    return weight, VOTES


@kernel
def _moved(a: RecordRow, b: RecordRow, addresses: Names) -> bool:
    """Say whether somebody is listed at two places, or in two villages, under different cards.

    Whether the two dwellings are one household is then decided by all people of both (`join_dwellings_by_people`).
    """
    place, two_villages = compare_places(a, b, addresses), compare_villages(a, b) == Agreement.DIFFERENT
    elsewhere = place == PlaceLevel.DIFFERENT or (two_villages and place != PlaceLevel.SAME_ADDRESS)
    return elsewhere and compare_kks(a, b) != KkLevel.SAME


@kernel
def _same_address_or_rt(a: RecordRow, b: RecordRow, addresses: Names) -> bool:
    """Say whether two records of different cards have one address, or one hamlet and RT."""
    if a.kk == b.kk:
        return False
    place = compare_places(a, b, addresses)
    return place == PlaceLevel.SAME_ADDRESS or place == PlaceLevel.SAME_RT


@compiled
def _edges(
    first: int, last: int, following: Ints, parts: int, person: Ints, records: RecordArrays, weights: HouseholdWeights
) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:  # fmt: skip
    """Compare the records from `first` to before `last` with the next ones of each key: left, right and weight of those
    that speak for one household. `following`: records × keys, the next record of the same key, -1 for none.

    Keys from `parts` on are of parts of a card. By them a record is compared only with those of another card at the
    same address, or in the same hamlet and RT: cards issued on one day in one district always share their first digits.
    """
    used = 0
    left, right, weight = (
        np.empty(INITIAL_LENGTH, np.int32),
        np.empty(INITIAL_LENGTH, np.int32),
        np.empty(INITIAL_LENGTH, np.float32),
    )
    keys = following.shape[1]
    neighbours = np.empty(keys * NEIGHBOURS, np.int32)
    for p in range(first, last):
        found = 0
        for key in range(keys):
            q = following[p, key]
            for _ in range(NEIGHBOURS):
                if q < 0:
                    break
                at = found  # where it belongs among those found, in order
                while at > 0 and neighbours[at - 1] > q:
                    at -= 1
                new = at == 0 or neighbours[at - 1] != q
                if new and key >= parts:
                    new = _same_address_or_rt(records.rows[p], records.rows[q], records.addresses)
                if new:
                    for k in range(found, at, -1):
                        neighbours[k] = neighbours[k - 1]
                    neighbours[at] = q
                    found += 1
                q = following[q, key]
        for k in range(found):
            q = neighbours[k]
            if person[p] == person[q] and _moved(records.rows[p], records.rows[q], records.addresses):
                continue
            w, _ = _household_weight(p, q, person, records, weights)
            if w <= weights.needed:
                continue
            if used == len(left):
                left, right, weight = doubled(left), doubled(right), doubled(weight)
            left[used], right[used], weight[used] = p, q, w
            used += 1
    return left[:used].copy(), right[:used].copy(), weight[:used].copy()


@kernel
def _two_families(x: int, y: int, person: Ints, records: RecordArrays) -> bool:
    """Say whether two heads are of two families, whatever card they are listed under: two people of different names at
    two addresses. A family that moved and changed its head besides is found again by the people it took along."""
    a, b = records.rows[x], records.rows[y]
    return (
        person[x] != person[y]
        and level_of_names(a.name, b.name, records.names) == RelativeLevel.DIFFERENT
        and compare_places(a, b, records.addresses) == PlaceLevel.DIFFERENT
    )


@kernel
def _join_dwellings(
    links: Starts, left: Ints, right: Ints, forest: Forest, heads: Ints, person: Ints, records: RecordArrays,
    weights: HouseholdWeights,
) -> None:  # fmt: skip
    """Join the records of some links into dwellings, the strongest first.

    Whoever is joined must agree on the whole, each pair counted as far as it says something: a record without head and
    address says nothing against those that have them.

    `links`: numbers of entries of `left` and `right`; `heads`: by root, the head of each group, -1 where there is none.
    """
    for k in links:
        a, b = root(forest.parent, left[k]), root(forest.parent, right[k])
        if a == b or forest.size[a] + forest.size[b] > LARGEST_HOUSEHOLD:
            continue
        if heads[a] >= 0 and heads[b] >= 0 and _two_families(heads[a], heads[b], person, records):
            continue
        total, x, seen, votes = 0.0, a, 0, 0
        while x >= 0 and seen < MEMBERS_COMPARED:
            y, also = b, 0
            while y >= 0 and also < MEMBERS_COMPARED:
                w, stated = _household_weight(x, y, person, records, weights)
                total += min(max(w, -LARGEST_VOTE), LARGEST_VOTE) * stated
                votes += stated
                y = forest.following[y]
                also += 1
            x = forest.following[x]
            seen += 1
        if total > weights.needed * votes:
            merge_groups(forest, a, b)
            a, b = min(a, b), max(a, b)
            heads[a] = heads[a] if heads[a] >= 0 else heads[b]


@compiled
def _dwellings(parent: Ints, heads: Ints) -> tuple[Ints, Ints]:
    """Return for each record the first of its dwelling, and the head of that."""
    dwelling, head = np.empty_like(parent), np.empty_like(heads)
    for k in range(len(parent)):
        dwelling[k] = root(parent, k)
        head[k] = heads[dwelling[k]]
    return dwelling, head


@kernel
def _became_head(x: int, y: int, head: int, person: Ints, records: RecordArrays) -> bool:
    """Say whether somebody who has no role in `x`, and is listed there under another head (`head`), is head in `y`."""
    a, b = records.rows[x], records.rows[y]
    return a.role < 0 and a.is_head != 1 and b.is_head == 1 and head >= 0 and person[head] != person[x]


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
                w, _ = _household_weight(p, q, person, records, weights)
                if _became_head(p, q, heads[p], person, records) or _became_head(q, p, heads[q], person, records):
                    w -= FOUNDED
                left.append(min(a, b))
                right.append(max(a, b))
                who.append(np.int64(person[p]))
                weight.append(w)
            q = following[q]
    return np.array(left[1:]), np.array(right[1:]), np.array(who[1:]), np.array(weight[1:])


def join_dwellings_by_people(
    dwelling: Ints, heads: Ints, person: Ints, records: RecordArrays, weights: HouseholdWeights, known: Bools,
    *, cardless: bool = False,
) -> Ints:  # fmt: skip
    """Join dwellings that share people, where the people's evidence together speaks for one household.

    `known`: which records are of dwellings with a card or a named head. Pairs with such a dwelling are joined; where
    `cardless`, all others.
    """
    following = next_with_same_key((person + 1).astype(np.uint64))
    left, right, who, weight = _person_edges(dwelling, heads, person, following, records, weights)
    some = (known[left] | known[right]) != cardless
    left, right, who, weight = left[some], right[some], who[some], weight[some]
    if not len(left):
        return dwelling
    code = left.astype(np.int64) << 32 | right
    pair, index = np.unique(np.stack([code, who]), axis=1, return_inverse=True)
    of_person = np.bincount(index, weight) / np.bincount(index)
    edge, first, index = np.unique(pair[0], return_index=True, return_inverse=True)
    total = np.bincount(index, of_person + TAKEN_ALONG) - TAKEN_ALONG
    ends = edge >> 32, edge & 0xFFFFFFFF
    concerned = np.isin(dwelling, np.concatenate(ends), kind="table")
    members = np.unique(dwelling[concerned].astype(np.int64) << 32 | person[concerned]) >> 32
    people = np.bincount(members, minlength=len(dwelling))
    if cardless:
        total -= MOVED_ALONE * (
            (np.bincount(index) == 1) & _grown_in_two_villages(*ends, pair[1][first], person, records)
        )
    total -= BOTH_LIVED_IN * (np.minimum(people[ends[0]], people[ends[1]]) > np.bincount(index))
    total -= ONE_LIST * _in_one_list(*ends, dwelling, np.flatnonzero(concerned), person, records)
    strongest = np.lexsort((edge, -total))
    strongest = strongest[total[strongest] > (weights.needed_at_house if cardless else weights.needed)]
    return _union(dwelling, (edge[strongest] >> 32).astype(np.int32), (edge[strongest] & 0xFFFFFFFF).astype(np.int32))


def _grown_in_two_villages(left: Starts, right: Starts, who: Starts, person: Ints, records: RecordArrays) -> Bools:
    """Say which pairs of dwellings (given by a record of each) are in two villages, and whose person, on both, was of
    an age at which people leave home; `who`: the person's label in `person`."""
    rows = records.rows
    labels, first = np.unique(person, return_index=True)
    year = rows["year"][first[np.searchsorted(labels, who)]]
    age = (np.maximum(rows["period"][left], rows["period"][right]) - 1) // 12 - year
    grown = (year == 0) | ((age > LEAVES_HOME[0]) & (age <= LEAVES_HOME[1]))
    return np.asarray(grown & (rows["village"][left] != rows["village"][right]))


def _in_one_list(
    left: Starts, right: Starts, dwelling: Ints, members: Starts, person: Ints, records: RecordArrays
) -> Bools:
    """Say of which pairs of dwellings one list names people of both at two places; `members`: records of the
    dwellings."""
    lists = records.rows["list"]
    listed = members[lists[members] >= 0]
    listed = listed[np.lexsort((lists[listed], dwelling[listed]))]
    of = dwelling[listed]
    first, last = ([np.searchsorted(of, ends, side) for ends in (left, right)] for side in ("left", "right"))
    return _apart_in_a_list(first[0], last[0], first[1], last[1], listed, person, records)


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


@compiled
def _union(dwelling: Ints, left: Ints, right: Ints) -> Ints:
    parent = dwelling.copy()
    for k in range(len(left)):
        a, b = root(parent, left[k]), root(parent, right[k])
        if a != b:
            parent[max(a, b)] = min(a, b)
    for k in range(len(parent)):
        parent[k] = root(parent, k)
    return parent
