"""From persons to households: dwellings first, then the same household at another address or under a new card.

A dwelling is a group of records that agree on KK, head and place. Two dwellings are one household if the people that
both list took their household with them: a head who is head again, a child who is still a child. A grown child who
is head or spouse elsewhere has founded another household; the two stay apart, and the person is the link.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
from assets.households.linkage.arrays.text import ROOM, Hashes, Ints, doubled, mixed
from assets.households.linkage.compare.comparisons import (
    CELLS,
    Tables,
    cell_of_home,
    compare_kks,
    compare_places,
    compare_villages,
    digits_off,
    level_of_names,
)
from assets.households.linkage.model.parameters import Floats, Model, Scale, place_weights
from assets.households.linkage.prepare.records import ADDRESS, HEAD, LIST, NAME, ROLE, SELF, VILLAGE, Prepared

STAYED = 0.95
"""Share of pairs of one person's records that are of one household."""
CORE_STAYS = 1.0
"""Bits for one household where a head or spouse is seen again in a list that states no role."""
TAKEN_ALONG = 5.0
"""Bits for one household for each further person of it seen in the other dwelling: log2(.95 / .03), the shares of
households that move and of those newly founded in which a second person comes along."""
BOTH_LIVED_IN = 3.0
"""Bits against one household where each of two dwellings has people who are not seen in the other."""
HOUSEMATES = 3.0
"""Pairs of housemates for each pair of one person's records, at least: where no list has cards, only those are seen who
share a name or a birth date."""
ONE_LIST = 5.0
"""Bits against one household where one list names people of two dwellings at two places: it names a household once,
while one that was left, or founded, stands beside the other."""
FOUNDED = 5.0
"""Bits against one household where somebody listed under another's roof is head elsewhere."""
CARD_KEPT = 0.01
"""Share of founded households that are still listed under the old card."""
SPLIT_IN_VILLAGE = 0.6
"""Share of founded households that stay in the village of the old one."""
CARDS_LOOKED_AT = 8
"""Cards at one address beyond which it is no house, however alike they are."""
LARGEST_HOUSEHOLD = 400
"""Records that one household plausibly has over all lists and years."""


BY_CARD, AT_PLACE, BY_PARTS, HOME_KEYS = 0, 2, 3, 5
"""Rows of `home_keys`; those from `BY_PARTS` on are of parts of the card; their number."""
NEIGHBOURS = 3
"""Records of one card, head or person that each record is compared with, in canonical order."""
WITNESSES = 5
"""Records of each dwelling that must agree, together, before two are joined."""


@dataclass(frozen=True)
class HomeWeights:
    """log2 odds of one household by cell of `rumah`: for two persons, and for two records of one person."""

    others: Floats
    oneself: Floats


def home_weights(model: Model, scale: Scale) -> HomeWeights:
    """Derive the weights for households from the model of pairs."""
    places = place_weights(model, scale)
    pairs = max(sum(model.pairs[c] for c in ("same", "housemate", "twin")), model.pairs["same"] * (1 + HOUSEMATES))
    others = places[0] - places[3] + np.log2(2 * pairs / scale.records)
    cells = np.arange(CELLS)
    village = cells // 5 % 3
    share = np.array([1.0, SPLIT_IN_VILLAGE, 1 - SPLIT_IN_VILLAGE])[village]
    split = model.unrelated_places[village, cells] * share
    split = np.where(cells // 60 == 1, split * CARD_KEPT, split)
    oneself = places[0] - np.log2(np.maximum(split, 1e-12)) + np.log2(STAYED / (1 - STAYED))
    return HomeWeights(others, oneself)


def join_households(p: Prepared, person: Ints, tables: Tables, weights: HomeWeights) -> tuple[Ints, Links]:
    """Return a household label for each record (the smallest canonical number of it), and the edges that led to it."""
    keys = home_keys(p)
    keys[AT_PLACE] = of_few_cards(keys[AT_PLACE], keys[BY_CARD])
    edges = home_edges(keys, person, tables, weights)
    return join_homes(edges, person, tables, weights), edges


def home_keys(p: Prepared) -> Hashes:
    """Return what people of one home share, one row a key and one column a record (0: not said): the card; the head in
    a village; the address in a village; the first twelve digits of the card in a village, and its last eight: a card
    typed wrong, or cut by a spreadsheet, still has one of them.

    Each depends on the record alone, and is the same in every set of records.
    """
    card = p.kk
    village = p.hashes_of(VILLAGE) + np.uint64(2)
    head = np.append(p.names.token_set, np.uint64(0))[p.fields[:, HEAD]]
    own = np.append(p.names.token_set, np.uint64(0))[p.fields[:, NAME]]
    head = np.where((head == 0) & (p.fields[:, SELF] == 1), own, head)
    place = np.append(p.addresses.token_set, np.uint64(0))[p.fields[:, ADDRESS]]
    start, end = card >> np.uint64(16), card & np.uint64(0xFFFFFFFF)
    told = ((head, head), (place, place), (card, start), (card, end))
    return np.stack([card, *(np.where(whole == 0, 0, mixed(part, village)) for whole, part in told)])


def home_edges(keys: Hashes, person: Ints, tables: Tables, weights: HomeWeights) -> Links:
    """Return pairs of records that speak for one dwelling: left, right, weight; sorted, each once.

    Records are compared with the next ones of the same key and of the same person: whole groups must be present.
    """
    told = [*keys[:BY_PARTS], (person + 1).astype(np.uint64), *keys[BY_PARTS:]]
    following = np.empty((len(person), len(told)), np.int32)

    def follow(number: int) -> None:
        following[:, number] = next_with_same_key(told[number])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(follow, range(len(told))))
    found = run_in_threads(
        np.arange(len(person) + 1),
        lambda first, last: _edges(first, last, following, BY_PARTS + 1, person, tables, *_pack(weights)),
    )
    left, right, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return left, right, weight


def join_homes(edges: Links, person: Ints, tables: Tables, weights: HomeWeights) -> Ints:
    """Join the records of `edges` into dwellings, the strongest first, and dwellings into households."""
    left, right, weight = edges
    links, starts = by_component(len(person), left, right, weight)
    alone = np.arange(len(person), dtype=np.int32)
    heads = np.where(tables[0][:, SELF] == 1, alone, np.int32(-1))
    forest = (alone, alone.copy(), np.full(len(person), -1, np.int32), np.ones(len(person), np.int32), heads)
    run_in_threads(
        starts,
        lambda first, last: _join_dwellings(
            links[starts[first] : starts[last]], left, right, forest, person, tables, *_pack(weights)
        ),
    )
    dwelling, heads = _dwellings(alone, heads)
    return _join_dwellings_by_people(dwelling, heads, person, tables, *_pack(weights))


def _pack(weights: HomeWeights) -> tuple[Floats, Floats]:
    return weights.others, weights.oneself


def of_few_cards(place: Hashes, card: Hashes) -> Hashes:
    """Leave out (0) the addresses at which several families live: they name a street, a hamlet or a shared roof.

    Cards that differ by one digit are one, typed wrong. A card that was replaced shows by the people on both.
    """
    order = np.argsort(place, kind="stable").astype(np.int32)
    starts = np.flatnonzero(np.append(True, np.diff(place[order]) != 0))
    return np.where(_houses(order, np.append(starts, len(place)), card), place, 0)


@compiled
def _houses(order: Ints, starts: npt.NDArray[np.int64], card: Hashes) -> npt.NDArray[np.bool_]:
    """Say for each record whether its address is that of one card."""
    house = np.zeros(len(order), np.bool_)
    cards, family = np.zeros(CARDS_LOOKED_AT, np.uint64), np.zeros(CARDS_LOOKED_AT, np.int64)
    for g in range(len(starts) - 1):
        known = 0
        for at in range(starts[g], starts[g + 1]):
            own, new = card[order[at]], card[order[at]] != 0
            for k in range(min(known, CARDS_LOOKED_AT)):
                new &= own != cards[k]
            if new and known < CARDS_LOOKED_AT:
                cards[known], family[known] = own, known
                for k in range(known):
                    if digits_off(own, cards[k]) <= 15:
                        _rename(family, known, family[k], family[known])
            known += new
        one = known <= CARDS_LOOKED_AT
        for k in range(1, min(known, CARDS_LOOKED_AT)):
            one &= family[k] == family[0]
        for at in range(starts[g], starts[g + 1]):
            house[order[at]] = one
    return house


@kernel
def _rename(family: npt.NDArray[np.int64], last: int, old: int, new: int) -> None:
    for k in range(last + 1):
        if family[k] == old:
            family[k] = new


@kernel
def _home_weight(x: int, y: int, person: Ints, tables: Tables, others: Floats, oneself: Floats) -> float:
    f, kk, names, addresses = tables[0], tables[2], tables[3], tables[4]
    a = f[x, HEAD] if f[x, HEAD] >= 0 or f[x, SELF] != 1 else f[x, NAME]
    b = f[y, HEAD] if f[y, HEAD] >= 0 or f[y, SELF] != 1 else f[y, NAME]
    head = level_of_names(a, b, names)
    village = compare_villages(x, y, f)
    cell = cell_of_home(compare_kks(x, y, kk), head, village, compare_places(x, y, f, addresses))
    if person[x] != person[y]:
        return float(others[cell])
    weight = float(oneself[cell])
    rx, ry = f[x, ROLE], f[y, ROLE]
    core_x, core_y = rx == 0 or rx == 1 or f[x, SELF] == 1, ry == 0 or ry == 1 or f[y, SELF] == 1
    if rx >= 0 and ry >= 0:
        weight += 3.0 if rx == ry else (-7.0 if core_x != core_y else -2.0)
    elif core_x != core_y and head == 3:
        weight -= 4.0
    elif core_x or core_y:  # heads and spouses take their household with them
        weight += CORE_STAYS
    return weight


@kernel
def _moved(x: int, y: int, tables: Tables) -> bool:
    """Say whether somebody is listed at two places under no common card: who moved along is for the people to show."""
    return compare_places(x, y, tables[0], tables[4]) == 4 and compare_kks(x, y, tables[2]) != 1


@compiled
def _edges(
    first: int, last: int, following: Ints, parts: int, person: Ints, tables: Tables, others: Floats, oneself: Floats
) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:  # fmt: skip
    """Compare records with the next ones of each key. Keys from `parts` on: only with those whose card is not the same
    but whose address, or hamlet and RT, is: cards of one day and district are alike by nature."""
    used = 0
    left, right, weight = np.empty(ROOM, np.int32), np.empty(ROOM, np.int32), np.empty(ROOM, np.float32)
    keys = following.shape[1]
    others_met = np.empty(keys * NEIGHBOURS, np.int32)
    for p in range(first, last):
        met = 0
        for key in range(keys):
            q = following[p, key]
            for _ in range(NEIGHBOURS):
                if q < 0:
                    break
                at = met  # where it belongs among those met, in order
                while at > 0 and others_met[at - 1] > q:
                    at -= 1
                new = at == 0 or others_met[at - 1] != q
                if new and key >= parts:
                    new = tables[2][p] != tables[2][q] and 1 <= compare_places(p, q, tables[0], tables[4]) <= 2
                if new:
                    for k in range(met, at, -1):
                        others_met[k] = others_met[k - 1]
                    others_met[at] = q
                    met += 1
                q = following[q, key]
        for k in range(met):
            q = others_met[k]
            if person[p] == person[q] and _moved(p, q, tables):
                continue
            w = _home_weight(p, q, person, tables, others, oneself)
            if w <= 0:
                continue
            if used == len(left):
                left, right, weight = doubled(left), doubled(right), doubled(weight)
            left[used], right[used], weight[used] = p, q, w
            used += 1
    return left[:used].copy(), right[:used].copy(), weight[:used].copy()


@kernel
def _two_families(x: int, y: int, person: Ints, tables: Tables) -> bool:
    """Say whether two heads are of two families, whatever card they are listed under: two people of unlike names at
    two addresses. A family that moved and changed its head besides is found again by the people it took along."""
    f, names, addresses = tables[0], tables[3], tables[4]
    return (
        person[x] != person[y]
        and level_of_names(f[x, NAME], f[y, NAME], names) == 3
        and compare_places(x, y, f, addresses) == 4
    )


@kernel
def _join_dwellings(
    links: Starts, left: Ints, right: Ints, forest: Tables, person: Ints, tables: Tables, others: Floats,
    oneself: Floats,
) -> None:  # fmt: skip
    """Join the records of some links, the strongest first. `forest`: parent, last member, next member, size and head of
    each group, by its first record."""
    parent, tail, following, size, heads = forest
    for k in links:
        a, b = root(parent, left[k]), root(parent, right[k])
        if a == b or size[a] + size[b] > LARGEST_HOUSEHOLD:
            continue
        if heads[a] >= 0 and heads[b] >= 0 and _two_families(heads[a], heads[b], person, tables):
            continue
        total, x, seen = 0.0, a, 0
        while x >= 0 and seen < WITNESSES:
            y, also = b, 0
            while y >= 0 and also < WITNESSES:
                w = _home_weight(x, y, person, tables, others, oneself)
                total += min(max(w, -8.0), 8.0)
                y = following[y]
                also += 1
            x = following[x]
            seen += 1
        if total > 0:
            a, b = min(a, b), max(a, b)
            parent[b] = a
            following[tail[a]] = b
            tail[a] = tail[b]
            size[a] += size[b]
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
def _became_head(x: int, y: int, head: int, person: Ints, f: Ints) -> bool:
    """Say whether somebody listed in `x`, without a role, under another's roof (`head`) is head himself in `y`."""
    return f[x, ROLE] < 0 and f[x, SELF] != 1 and f[y, SELF] == 1 and head >= 0 and person[head] != person[x]


@compiled
def _person_edges(
    dwelling: Ints, heads: Ints, person: Ints, following: Ints, tables: Tables, others: Floats, oneself: Floats
) -> tuple[Ints, Ints, npt.NDArray[np.int64], npt.NDArray[np.float64]]:  # fmt: skip
    left, right, who, weight = [np.int32(0)], [np.int32(0)], [np.int64(0)], [0.0]
    for p in range(len(person)):
        q = following[p]
        for _ in range(NEIGHBOURS):
            if q < 0:
                break
            a, b = dwelling[p], dwelling[q]
            if a != b:
                w = _home_weight(p, q, person, tables, others, oneself)
                if _became_head(p, q, heads[p], person, tables[0]) or _became_head(q, p, heads[q], person, tables[0]):
                    w -= FOUNDED
                left.append(min(a, b))
                right.append(max(a, b))
                who.append(np.int64(person[p]))
                weight.append(w)
            q = following[q]
    return np.array(left[1:]), np.array(right[1:]), np.array(who[1:]), np.array(weight[1:])


def _join_dwellings_by_people(
    dwelling: Ints, heads: Ints, person: Ints, tables: Tables, others: Floats, oneself: Floats
) -> Ints:
    """Join dwellings that share people, where the people's evidence together speaks for one household."""
    following = next_with_same_key((person + 1).astype(np.uint64))
    left, right, who, weight = _person_edges(dwelling, heads, person, following, tables, others, oneself)
    if not len(left):
        return dwelling
    code = left.astype(np.int64) << 32 | right
    pair, index = np.unique(np.stack([code, who]), axis=1, return_inverse=True)
    of_person = np.bincount(index, weight) / np.bincount(index)
    edge, index = np.unique(pair[0], return_inverse=True)
    total = np.bincount(index, of_person + TAKEN_ALONG) - TAKEN_ALONG
    ends = edge >> 32, edge & 0xFFFFFFFF
    concerned = np.isin(dwelling, np.concatenate(ends), kind="table")
    living = np.unique(dwelling[concerned].astype(np.int64) << 32 | person[concerned]) >> 32
    people = np.bincount(living, minlength=len(dwelling))
    total -= BOTH_LIVED_IN * (np.minimum(people[ends[0]], people[ends[1]]) > np.bincount(index))
    total -= ONE_LIST * _in_one_list(*ends, dwelling, np.flatnonzero(concerned), person, tables)
    strongest = np.lexsort((edge, -total))
    strongest = strongest[total[strongest] > 0]
    return _union(dwelling, (edge[strongest] >> 32).astype(np.int32), (edge[strongest] & 0xFFFFFFFF).astype(np.int32))


def _in_one_list(left: Starts, right: Starts, dwelling: Ints, records: Starts, person: Ints, tables: Tables) -> Bools:
    """Say of which dwellings one list names people of both at two places; `records`: those of the dwellings."""
    lists = tables[0][:, LIST]
    listed = records[lists[records] >= 0]
    listed = listed[np.lexsort((lists[listed], dwelling[listed]))]
    of = dwelling[listed]
    first, last = ([np.searchsorted(of, ends, side) for ends in (left, right)] for side in ("left", "right"))
    return _apart_in_a_list(first[0], last[0], first[1], last[1], listed, person, tables)


@compiled
def _apart_in_a_list(
    a: Starts, a_end: Starts, b: Starts, b_end: Starts, listed: Starts, person: Ints, tables: Tables
) -> Bools:
    f, kk, addresses = tables[0], tables[2], tables[4]
    out = np.zeros(len(a), np.bool_)
    for k in range(len(a)):
        start = a[k]
        while start < a_end[k] and not out[k]:
            here, end, apart, together = f[listed[start], LIST], start, False, False
            while end < a_end[k] and f[listed[end], LIST] == here:
                for at in range(b[k], b_end[k]):
                    x, y = listed[end], listed[at]
                    if f[y, LIST] == here:
                        place = 4 if compare_villages(x, y, f) == 2 else compare_places(x, y, f, addresses)
                        apart |= place == 4
                        together |= person[x] == person[y] or 1 <= place <= 3 or 1 <= compare_kks(x, y, kk) <= 2
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
