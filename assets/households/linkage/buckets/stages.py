"""The stages of matching in buckets: what each sends where, and what it makes of a bucket.

Plain functions from parcels of Arrow tables to Arrow tables around the kernels that one process uses; they know no
engine. A record is known by its number among all records (`ROW`). Canonical order, keys and weights depend on single
records and on `Common`, so that records of a bucket compare as they would among all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from assets.households.linkage.arrays.lookup import is_wanted
from assets.households.linkage.arrays.text import Hashes, Ints, text_column, text_hashes
from assets.households.linkage.blocking import Blocking, Blocks, key_columns, key_of_rule, number_blocks, split_blocks
from assets.households.linkage.buckets.anchors import Anchors, by_kecamatan, by_village, legs_to_compare
from assets.households.linkage.buckets.engine import Results
from assets.households.linkage.buckets.parcels import FIELDS, Numbers, Parcel, joined, parcel, part_of
from assets.households.linkage.buckets.shipping import LEGS, ROW, Part, Sent, by_bucket, by_legs
from assets.households.linkage.cardless.households import card_or_head, join_cardless, of_unknown
from assets.households.linkage.cardless.places import PlaceKey, has_house_number, place_keys
from assets.households.linkage.clustering import Decided, join_persons
from assets.households.linkage.compare.levels import Comparison
from assets.households.linkage.compare.records import RecordArrays, compare_pairs, record_arrays
from assets.households.linkage.dwellings.edges import dwelling_edges, next_of_dwelling
from assets.households.linkage.dwellings.joining import join_edges
from assets.households.linkage.dwellings.keys import (
    AT_PLACE,
    BY_CARD,
    DWELLING_KEYS,
    dwelling_keys,
    of_one_card,
    place_hashes,
)
from assets.households.linkage.dwellings.weights import household_weights
from assets.households.linkage.incremental.content import SHARED_COLUMNS, shared_hashes
from assets.households.linkage.matching import UNCERTAIN
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.pairs import Pairs
from assets.households.linkage.prepare.identifiers import SHARED_BY_TOO_MANY
from assets.households.linkage.prepare.records import CROWDED, Prepared, prepare, village_hashes
from assets.households.linkage.scoring import score_blocks
from assets.households.linkage.weighing import packed_weights

WAY, COMPONENT, PERSON, HOUSEHOLD = "way", "component", "person", "household"
ALONE, ALSO = "alone", "also"
"""Columns beside the records: the way by the village; the component of links, -1 for none; the labels of person and
household (a record's number); whether no record of the household has a card or a head, and whether its household
lists somebody of such a one."""
RULE, STEPS, OUTCOME = "rule", "steps", "outcome"
"""Columns beside links: the rule, by its number, and the conditional steps of it with which they are found; what became
of each."""
MOST = {"nik": SHARED_BY_TOO_MANY, "no_kk": SHARED_BY_TOO_MANY, "alamat": CROWDED, "kode_desa": 0}
"""Records with one value beyond which it is of interest (`common_values`)."""
VILLAGE_KIND = list(MOST).index("kode_desa")
OF_EDGES = ("village", "dusun", "rt", "rw", "address", "kk", "name", "head", "role", "is_head")
OF_HOUSEHOLDS = (*OF_EDGES, "list", "period", "year", "month", "day", "from_age")
OF_PLACES = ("village", "dusun", "rt", "rw", "address")
"""Fields of records that edges of dwellings, households and keys of places are made from: no others are shipped for
them."""
PLACES = {key: f"place_{key.value}" for key in PlaceKey}
"""Columns of the keys of a place (`place_keys`)."""
NO_DECISIONS = Decided(np.zeros((0, 2), np.int32), np.zeros((0, 2), np.int32))


@dataclass(frozen=True)
class Common:
    """What every bucket must know. `shared`: the values that too many records have, as `prepare` takes them. `people`,
    `homes`: what reviewers said of people and of households, by the numbers of records. `levels`: whether it is to be
    told how the records of each link agree."""

    model: Model
    blocking: Blocking
    scale: Scale
    shared: dict[str, Hashes]
    buckets: int
    people: Decided = NO_DECISIONS
    homes: Decided = NO_DECISIONS
    levels: bool = False


def prepared(part: Part, common: Common) -> Parcel:
    """Prepare the records of a part, once for all stages, as `cluster_records` does. They stay in the order given."""
    records = part.read()
    frame = records.to_pandas()
    p = prepare(frame, common.shared, text_hashes(text_column(frame, "record_id")))
    return parcel(p, np.argsort(p.order), {ROW: column(records, ROW), WAY: by_village(frame)})


def opened(parcels: Sequence[Parcel], common: Common) -> tuple[pa.Table, Prepared]:
    """Return what was sent to a bucket, ready to be compared: the columns beside the records, and these."""
    records, p = joined(parcels)
    return records, common.model.with_names(p)


def column(records: pa.Table, name: str, p: Prepared | None = None) -> npt.NDArray[Any]:
    """Return a column as an array (that can be written: kernels are compiled for these); in canonical order, where `p`
    is given."""
    values = np.array(records.column(name).to_numpy())
    return values if p is None else values[p.order]


def links_table(left: Numbers, right: Numbers, weight: npt.NDArray[np.float32]) -> pa.Table:
    """Return links of records, given by their numbers, as a table."""
    return pa.table({"left": left, "right": right, "weight": weight})


def local_links(links: pa.Table | None, row: Numbers) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:
    """Return links by canonical numbers in the bucket, sorted as one process has them. `row`: in canonical order."""
    if links is None:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32)
    left, right = (local_numbers(column(links, end), row) for end in ("left", "right"))
    order = np.lexsort((right, left))
    return left[order], right[order], column(links, "weight")[order]


def local_numbers(numbers: Numbers, row: Numbers) -> Ints:
    """Return records, given by their numbers, by canonical numbers in the bucket. `row`: in canonical order."""
    by_row = np.argsort(row)
    return by_row[np.searchsorted(row, numbers, sorter=by_row)].astype(np.int32)


def decided_here(decided: Decided, row: Numbers) -> Decided:
    """Return the decisions on records of the bucket, by canonical numbers there. `row`: in canonical order."""
    here = (each[np.isin(each, row).all(axis=1)] for each in (decided.same, decided.different))
    return Decided.of(*(local_numbers(each.astype(np.int64), row) for each in here))


# Which values too many records have, and how large the villages are.


def send_values(part: Part, buckets: int) -> Sent:
    """Send how often each NIK, KK number, address and village of a part occurs."""
    frame = part.read([*MOST]).to_pandas()
    hashes = dict(zip(SHARED_COLUMNS, shared_hashes(frame), strict=True))
    hashes["kode_desa"] = village_hashes(frame)
    for kind, values in enumerate(hashes.values()):
        value, count = np.unique(values[values > 0], return_counts=True)
        table = pa.table({"kind": np.full(len(value), kind, np.int8), "value": value, "count": count})
        for bucket, rows in by_bucket(value, buckets):
            yield bucket, (table.take(pa.array(rows)),)


def common_values(parcels: Sequence[Parcel], _: pa.Table | None) -> Results:
    """Return the values that more records have than `MOST` says."""
    values = pa.concat_tables([values for (values,) in parcels])
    total = values.group_by(["kind", "value"]).aggregate([("count", "sum")]).rename_columns(["kind", "value", "count"])
    limit = np.array(list(MOST.values()))[column(total, "kind")]
    return {"values": total.filter(pa.array(column(total, "count") > limit))}


# Links: which records are compared, and what that weighs.


def send_to_compare(part: Parcel, common: Common) -> Sent:
    """Send each record to the buckets of its anchors."""
    records, p = joined([part])
    row, legs = column(records, ROW, p), legs_to_compare(column(records, WAY, p), p, common.blocking)
    for bucket, rows, sent in by_legs(legs, common.buckets):
        yield bucket, parcel(p, rows, {ROW: row[rows], LEGS: sent})


def look(parcels: Sequence[Parcel], _: pa.Table | None, common: Common) -> Results:
    """Count the pairs of each rule in a bucket before each conditional step that splits its blocks (`Blocks.totals`),
    were all of them done."""
    records, p = opened(parcels, common)
    every = [len(common.blocking.split)] * len(common.blocking.rules)
    return {"totals": _totals(_BlocksOf(p, records, common).split(every))}


def compare(
    parcels: Sequence[Parcel], _: pa.Table | None, common: Common, fewest: list[int], most: list[int]
) -> Results:
    """Compare the records of a bucket: the links worth keeping, and the pairs of each rule before each conditional
    step.

    `fewest`, `most`: for each rule, how many of these steps may be done; they are done one after the other until the
    pairs of all buckets are few enough. A link of the rule `RULE` is found where `STEPS` of them are done, or fewer;
    what is found with `most` of all rules, in any case.
    """
    records, p = opened(parcels, common)
    of_rules, weights, arrays = _BlocksOf(p, records, common), common.model.weights(common.scale), record_arrays(p)
    blocks, row = of_rules.split(most), column(records, ROW, p)
    keys = np.zeros((len(p), len(blocks) + 1), np.uint32)
    for k, each in enumerate(blocks):
        number_blocks(each, keys[:, k])
    pairs, *_ = score_blocks(blocks, keys, arrays, weights, UNCERTAIN)
    as_levels = arrays if common.levels else None
    found = [_links_of(pairs, row, 0, len(common.blocking.split), as_levels)]
    none = [replace(each, held=each.held[:0], starts=each.starts[:1]) for each in blocks]
    for k, each in enumerate(blocks):
        size = each.sizes()
        after = [*each.totals, int((size * (size - 1) // 2).sum())]
        for steps in range(fewest[k], most[k]):
            if after[steps] > after[steps + 1]:
                other = [*none, of_rules.of(k, steps)]
                pairs, *_ = score_blocks(other, keys, arrays, weights, UNCERTAIN)
                found.append(_links_of(pairs, row, k, steps, as_levels))
    return {"totals": _totals(blocks), "links": pa.concat_tables(found)}


@dataclass(frozen=True)
class _BlocksOf:
    """The blocks of the records of a bucket, by rule and how many conditional steps split them."""

    p: Prepared
    records: pa.Table
    common: Common

    def split(self, steps: Sequence[int]) -> list[Blocks]:
        return [self.of(k, done) for k, done in enumerate(steps)]

    def of(self, k: int, steps: int) -> Blocks:
        blocking = self.common.blocking
        rule, key = blocking.rules[k], key_of_rule(blocking.rules[k], self.columns.__getitem__)
        key[self.legs >> Anchors.of(blocking).of_rule[k] & 1 == 0] = 0
        done = [number < steps for number in range(len(blocking.split))]
        return split_blocks(rule, key, self.columns, blocking, conditions=done)

    @cached_property
    def columns(self) -> dict[str, Hashes]:
        return key_columns(self.p, self.common.blocking)

    @cached_property
    def legs(self) -> npt.NDArray[Any]:
        return column(self.records, LEGS, self.p)


def _totals(blocks: list[Blocks]) -> pa.Table:
    return pa.table({RULE: np.arange(len(blocks)), "pairs": [list(each.totals) for each in blocks]})


def _links_of(pairs: Pairs, row: Numbers, rule: int, steps: int, records: RecordArrays | None) -> pa.Table:
    """Return links as a table; with the levels of all comparisons, where the records are given."""
    count = len(pairs.left)
    links = links_table(row[pairs.left], row[pairs.right], pairs.weight)
    links = links.append_column(RULE, pa.array(np.full(count, rule, np.int16)))
    links = links.append_column(STEPS, pa.array(np.full(count, steps, np.int8)))
    if records is not None:
        levels, _ = compare_pairs(pairs.left, pairs.right, records)
        for comparison in Comparison:
            links = links.append_column(comparison.key, pa.array(levels[:, comparison]))
    return links


# Persons: one component of links at a time.


def send_component(part: Parcel, buckets: int, fields: Sequence[str] = FIELDS) -> Sent:
    """Send the records of each component, with some fields, to one bucket."""
    records, *_ = part
    component = column(records, COMPONENT)
    beside = {name: column(records, name) for name in (ROW, PERSON) if name in records.column_names}
    several = np.flatnonzero(component >= 0)
    for bucket, chosen in by_bucket(component[several].view(np.uint64), buckets):
        rows = several[chosen]
        yield bucket, part_of(part, rows, {name: values[rows] for name, values in beside.items()}, fields)


def persons(parcels: Sequence[Parcel], links: pa.Table | None, common: Common) -> Results:
    """Join the records of whole components into persons, and return each one's label: its first record's number; and
    the links that were refused, with the `Outcome` of each."""
    records, p = opened(parcels, common)
    row = column(records, ROW, p)
    weights, pairs = packed_weights(common.model.weights(common.scale)), Pairs(*local_links(links, row))
    label, outcomes = join_persons(len(p), pairs, decided_here(common.people, row), record_arrays(p), weights)
    refused = np.flatnonzero(outcomes)
    left, right = (row[end[refused]] for end in (pairs.left, pairs.right))
    return {
        "labels": pa.table({ROW: row, PERSON: row[label]}),
        "refused": pa.table({"left": left, "right": right, OUTCOME: outcomes[refused]}),
    }


# Households: edges between records of one card, head, place or person; then one component of these at a time.


IN_VILLAGE, OF_PERSON, EDGE_LEGS = DWELLING_KEYS, DWELLING_KEYS + 1, DWELLING_KEYS + 2
"""Legs behind those of `dwelling_keys`: the whole village, for all keys within it, and the person; how many legs."""


def send_to_house(part: Parcel, common: Common) -> Sent:
    """Send each record to the buckets of its card, its village and its person (`PERSON`, -1: alone).

    Where no village is stated, all such records would be one; they are sent by the single keys.
    """
    records, *_ = part
    row, person = column(records, ROW), column(records, PERSON)
    card, nowhere = column(records, "kk").astype(np.uint64), records.column("village").is_null().to_numpy()
    legs = np.zeros((len(row), EDGE_LEGS), np.uint64)
    if nowhere.any():
        homeless = np.flatnonzero(nowhere)
        at, p = joined([part_of(part, homeless, {ROW: homeless}, OF_EDGES)])
        legs[column(at, ROW, p), :DWELLING_KEYS] = dwelling_keys(p).T
    legs[:, BY_CARD] = np.where(card == 0, 0, by_kecamatan(card))
    legs[:, IN_VILLAGE] = np.where(nowhere, 0, column(records, WAY))
    legs[:, OF_PERSON] = (person + 1).astype(np.uint64)
    for bucket, rows, sent in by_legs(legs, common.buckets):
        yield bucket, part_of(part, rows, {ROW: row[rows], PERSON: person[rows], LEGS: sent}, OF_EDGES)


def edges(parcels: Sequence[Parcel], _: pa.Table | None, common: Common) -> Results:
    """Return the edges between records of a bucket that speak for one dwelling."""
    records, p = opened(parcels, common)
    row, sent = column(records, ROW, p), column(records, LEGS, p)
    label = column(records, PERSON, p)
    arrays, keys = record_arrays(p), dwelling_keys(p)
    for number in range(DWELLING_KEYS):
        by = 1 << number | (0 if number == BY_CARD else 1 << IN_VILLAGE)
        keys[number, sent & by == 0] = 0
    keys[AT_PLACE] = of_one_card(keys[AT_PLACE], p.kk, arrays.rows, has_house_number(p))
    by_person = np.where(sent >> OF_PERSON & 1, label + 1, 0).astype(np.uint64)
    person = pd.factorize(np.where(label < 0, -2 - row, label))[0].astype(np.int32)
    following = next_of_dwelling(keys, by_person)
    left, right, weight = dwelling_edges(following, person, arrays, household_weights(common.model, common.scale))
    return {"links": links_table(row[left], row[right], weight)}


def households(parcels: Sequence[Parcel], links: pa.Table | None, common: Common) -> Results:
    """Join the records of whole components of edges and persons into households, and return each one's label: a
    record's number. Of households without a card or a head also the records, and the keys of their places."""
    records, p = opened(parcels, common)
    row, arrays = column(records, ROW, p), record_arrays(p)
    person = local_numbers(column(records, PERSON, p), row)
    household = join_edges(local_links(links, row), person, arrays, household_weights(common.model, common.scale))
    alone = of_unknown(card_or_head(p.rows), household, len(p))
    places = dict(zip(PLACES.values(), place_keys(p)[:, alone], strict=True))
    return {
        "labels": pa.table({ROW: row, HOUSEHOLD: row[household]}),
        "cardless": pa.table({ROW: row[alone]} | places),
    }


# Households without card and head: all of them together, for they are learned from.


def send_cardless(part: Parcel, wanted: Sequence[Hashes]) -> Sent:
    """Send the records of households without card and head (`ALONE`), those that share a place with one, and those of
    other households of the same people (`ALSO`), to one bucket.

    `wanted`: for each `PlaceKey` the keys of places of such households.
    """
    records, *_ = part
    chosen = column(records, ALSO)
    every = np.arange(len(chosen))
    at, p = joined([part_of(part, every, {ROW: every}, OF_PLACES)])
    for key, places in zip(place_keys(p), wanted, strict=True):
        chosen[column(at, ROW, p)] |= is_wanted(key, places)
    rows = np.flatnonzero(chosen)
    if len(rows):
        yield 0, part_of(part, rows, {name: column(records, name)[rows] for name in (ROW, PERSON, HOUSEHOLD, ALONE)})


def cardless(parcels: Sequence[Parcel], _: pa.Table | None, common: Common) -> Results:
    """Join households without card and head with each other and with their neighbours; return labels as before, and
    the pairs of households that may be one."""
    records, p = opened(parcels, common)
    row = column(records, ROW, p)
    label = column(records, HOUSEHOLD, p)
    household, first = np.unique(label, return_inverse=True)
    person = np.unique(column(records, PERSON, p), return_inverse=True)[1]
    found = join_cardless(
        np.arange(len(p)), (len(p) + first).astype(np.int32), ~column(records, ALONE, p), person.astype(np.int32),
        place_hashes(p), place_keys(p), record_arrays(p), household_weights(common.model, common.scale),
        decided_here(common.homes, row),
    )  # fmt: skip
    possible = found.possible._replace(left=row[found.possible.left], right=row[found.possible.right])
    return {
        "labels": pa.table({ROW: row, HOUSEHOLD: np.concatenate([row, household])[found.household]}),
        "possible": pa.table(possible._asdict()),
    }
