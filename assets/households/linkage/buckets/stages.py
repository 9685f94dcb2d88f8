"""The stages of matching in buckets: what each sends where, and what it makes of a bucket.

Plain functions from Arrow tables to Arrow tables around the kernels that one process uses; they know no engine.
A record is known by its number among all records (`ROW`). Canonical order, keys and weights depend on single records
and on `Common`, so that records of a bucket compare as they would among all.
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
import pyarrow.compute as pc

from assets.households.linkage.arrays.lookup import is_wanted
from assets.households.linkage.arrays.text import Hashes, Ints, text_column, text_hashes
from assets.households.linkage.blocking import Blocking, Blocks, key_columns, key_of_rule, number_blocks, split_blocks
from assets.households.linkage.buckets.anchors import Anchors, by_kecamatan, by_village, legs_to_compare
from assets.households.linkage.buckets.engine import Results
from assets.households.linkage.buckets.shipping import LEGS, ROW, Numbers, Sent, sent_by_legs, split_by_bucket
from assets.households.linkage.cardless.households import card_or_head, join_cardless, of_unknown
from assets.households.linkage.cardless.places import PlaceKey, place_keys
from assets.households.linkage.clustering import Decided, join_persons
from assets.households.linkage.compare.records import record_arrays
from assets.households.linkage.household_clustering import (
    AT_PLACE,
    BY_CARD,
    DWELLING_KEYS,
    dwelling_edges,
    dwelling_keys,
    household_weights,
    join_edges,
    of_one_card,
)
from assets.households.linkage.incremental.content import COLUMNS, SHARED_COLUMNS, shared_hashes
from assets.households.linkage.matching import UNCERTAIN
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.prepare.records import (
    CROWDED,
    SHARED_BY_TOO_MANY,
    Prepared,
    card_numbers,
    prepare,
    village_hashes,
)
from assets.households.linkage.scoring import Pairs, packed_weights, score_blocks

HASH, COMPONENT, PERSON, HOUSEHOLD, ALONE = "hash", "component", "person", "household", "alone"
"""Columns beside the records: a hash of the id; the component of links, -1 for none; the labels of person and household
(a record's number); whether no record of the household has a card or a head."""
RULE, STEPS = "rule", "steps"
"""Columns beside links: the rule, by its number, and the conditional steps of it with which they are found."""
MOST = {"nik": SHARED_BY_TOO_MANY, "no_kk": SHARED_BY_TOO_MANY, "alamat": CROWDED, "kode_desa": 0}
"""Records with one value beyond which it is of interest (`common_values`)."""
VILLAGE_KIND = list(MOST).index("kode_desa")
OF_PLACES = ("kode_desa", "alamat", "dusun", "rt", "rw")
OF_EDGES = (*OF_PLACES, "no_kk", "kk_status", "nama", "kepala_keluarga", "hubungan")
OF_HOUSEHOLDS = (
    *OF_EDGES, "submission_id", "sheet", "sumber", "periode", "tanggal_lahir", "presisi_lahir", "umur",
)  # fmt: skip
"""Columns that keys of places, edges of dwellings and households are made from: no others are prepared, or shipped, for
them."""
PLACES = {key: f"place_{key.value}" for key in PlaceKey}
"""Columns of the keys of a place (`place_keys`)."""
NO_DECISIONS = Decided(np.zeros((0, 2), np.int32), np.zeros((0, 2), np.int32))


@dataclass(frozen=True)
class Common:
    """What every bucket must know. `shared`: the values that too many records have, as `prepare` takes them."""

    model: Model
    blocking: Blocking
    scale: Scale
    shared: dict[str, Hashes]
    buckets: int


def hashed(part: pa.Table) -> pa.Table:
    """Put a hash of each record's id in the place of the id."""
    ids = text_column(part.select(["record_id"]).to_pandas(), "record_id")
    return part.drop_columns(["record_id"]).append_column(HASH, pa.array(text_hashes(ids)))


def only(part: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Leave out the columns of records that are not among `columns`."""
    return part.select([c for c in part.column_names if c in columns or c not in COLUMNS])


def prepared(records: pa.Table, common: Common) -> Prepared:
    """Prepare records whose ids are hashed, as `cluster_records` does."""
    return common.model.with_names(prepare(_frame(records), common.shared, column(records, HASH)))


def _frame(records: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = records.select([c for c in COLUMNS if c in records.column_names]).to_pandas()
    return frame


def column(records: pa.Table, name: str, p: Prepared | None = None) -> npt.NDArray[Any]:
    """Return a column as an array (that can be written: kernels are compiled for these); in canonical order, where `p`
    is given."""
    values = np.array(records.column(name).to_numpy())
    return values if p is None else values[p.order]


def in_the_order_given(legs: Hashes, p: Prepared) -> Hashes:
    """Return legs of records in canonical order in the order in which these were given."""
    out = np.empty_like(legs)
    out[p.order] = legs
    return out


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


# Which values too many records have, and how large the villages are.


def send_values(part: pa.Table, buckets: int) -> Sent:
    """Send how often each NIK, KK number, address and village of a part occurs."""
    frame = part.to_pandas()
    hashes = dict(zip(SHARED_COLUMNS, shared_hashes(frame), strict=True))
    hashes["kode_desa"] = village_hashes(frame)
    for kind, values in enumerate(hashes.values()):
        value, count = np.unique(values[values > 0], return_counts=True)
        table = pa.table({"kind": np.full(len(value), kind, np.int8), "value": value, "count": count})
        yield from split_by_bucket(table, value, buckets)


def common_values(values: pa.Table, _: pa.Table | None) -> Results:
    """Return the values that more records have than `MOST` says."""
    total = values.group_by(["kind", "value"]).aggregate([("count", "sum")]).rename_columns(["kind", "value", "count"])
    limit = np.array(list(MOST.values()))[column(total, "kind")]
    return {"values": total.filter(pa.array(column(total, "count") > limit))}


# Links: which records are compared, and what that weighs.


def send_to_compare(part: pa.Table, common: Common) -> Sent:
    """Send each record to the buckets of its anchors."""
    part = hashed(part)
    p = prepared(part, common)
    legs = in_the_order_given(legs_to_compare(_frame(part), p, common.blocking), p)
    yield from sent_by_legs(part, legs, common.buckets)


def look(records: pa.Table, _: pa.Table | None, common: Common) -> Results:
    """Count the pairs of each rule in a bucket before each conditional step that splits its blocks (`Blocks.totals`),
    were all of them done."""
    p = prepared(records, common)
    every = [len(common.blocking.split)] * len(common.blocking.rules)
    return {"totals": _totals(_BlocksOf(p, records, common).split(every))}


def compare(records: pa.Table, _: pa.Table | None, common: Common, fewest: list[int], most: list[int]) -> Results:
    """Compare the records of a bucket: the links worth keeping, and the pairs of each rule before each conditional
    step.

    `fewest`, `most`: for each rule, how many of these steps may be done; they are done one after the other until the
    pairs of all buckets are few enough. A link of the rule `RULE` is found where `STEPS` of them are done, or fewer;
    what is found with `most` of all rules, in any case.
    """
    p = prepared(records, common)
    of_rules, weights, arrays = _BlocksOf(p, records, common), common.model.weights(common.scale), record_arrays(p)
    blocks, row = of_rules.split(most), column(records, ROW, p)
    keys = np.zeros((len(p), len(blocks) + 1), np.uint32)
    for k, each in enumerate(blocks):
        number_blocks(each, keys[:, k])
    pairs, *_ = score_blocks(blocks, keys, arrays, weights, UNCERTAIN)
    found = [_links_of(pairs, row, 0, len(common.blocking.split))]
    none = [replace(each, order=each.order[:0], starts=each.starts[:1], window=each.window[:0]) for each in blocks]
    for k, each in enumerate(blocks):
        size = np.diff(each.starts)
        after = [*each.totals, int((size * (size - 1) // 2).sum())]
        for steps in range(fewest[k], most[k]):
            if after[steps] > after[steps + 1]:
                other = [*none, of_rules.of(k, steps)]
                pairs, *_ = score_blocks(other, keys, arrays, weights, UNCERTAIN)
                found.append(_links_of(pairs, row, k, steps))
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
        rule, key = blocking.rules[k], key_of_rule(blocking.rules[k], self.columns)
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


def _links_of(pairs: Pairs, row: Numbers, rule: int, steps: int) -> pa.Table:
    count = len(pairs.left)
    links = links_table(row[pairs.left], row[pairs.right], pairs.weight)
    links = links.append_column(RULE, pa.array(np.full(count, rule, np.int16)))
    return links.append_column(STEPS, pa.array(np.full(count, steps, np.int8)))


# Persons: one component of links at a time.


def send_component(part: pa.Table, buckets: int, columns: Sequence[str] = COLUMNS) -> Sent:
    """Send the records of each component, with some columns, to one bucket."""
    part = part.filter(pc.greater_equal(part.column(COMPONENT), 0))
    yield from split_by_bucket(only(hashed(part), columns), column(part, COMPONENT).view(np.uint64), buckets)


def persons(records: pa.Table, links: pa.Table | None, common: Common) -> Results:
    """Join the records of whole components into persons, and return each one's label: its first record's number."""
    p = prepared(records, common)
    row = column(records, ROW, p)
    weights = packed_weights(common.model.weights(common.scale))
    label, _ = join_persons(len(p), Pairs(*local_links(links, row)), NO_DECISIONS, record_arrays(p), weights)
    return {"labels": pa.table({ROW: row, PERSON: row[label]})}


# Households: edges between records of one card, head, place or person; then one component of these at a time.


IN_VILLAGE, OF_PERSON, EDGE_LEGS = DWELLING_KEYS, DWELLING_KEYS + 1, DWELLING_KEYS + 2
"""Legs behind those of `dwelling_keys`: the whole village, for all keys within it, and the person; how many legs."""


def send_to_house(part: pa.Table, common: Common) -> Sent:
    """Send each record to the buckets of its card, its village and its person (`PERSON`, -1: alone).

    Where no village is stated, all such records would be one; they are sent by the single keys.
    """
    part = only(hashed(part), OF_EDGES)
    frame = _frame(part)
    village, card = village_hashes(frame), card_numbers(frame, common.shared["no_kk"])
    legs = np.zeros((len(frame), EDGE_LEGS), np.uint64)
    nowhere = np.flatnonzero(village == 0)
    if len(nowhere):
        p = prepared(part.take(pa.array(nowhere)), common)
        legs[nowhere[p.order], :DWELLING_KEYS] = dwelling_keys(p).T
    legs[:, BY_CARD] = np.where(card == 0, 0, by_kecamatan(card))
    legs[:, IN_VILLAGE] = np.where(village == 0, 0, by_village(frame))
    legs[:, OF_PERSON] = (column(part, PERSON) + 1).astype(np.uint64)
    yield from sent_by_legs(part, legs, common.buckets)


def edges(records: pa.Table, _: pa.Table | None, common: Common) -> Results:
    """Return the edges between records of a bucket that speak for one dwelling."""
    p = prepared(records, common)
    row, sent = column(records, ROW, p), column(records, LEGS, p)
    label = column(records, PERSON, p)
    arrays, keys = record_arrays(p), dwelling_keys(p)
    for number in range(DWELLING_KEYS):
        by = 1 << number | (0 if number == BY_CARD else 1 << IN_VILLAGE)
        keys[number, sent & by == 0] = 0
    keys[AT_PLACE] = of_one_card(keys[AT_PLACE], p.kk, arrays.rows["head"] >= 0)
    by_person = np.where(sent >> OF_PERSON & 1, label + 1, 0).astype(np.uint64)
    person = np.unique(np.where(label < 0, -2 - row, label), return_inverse=True)[1].astype(np.int32)
    left, right, weight = dwelling_edges(keys, person, arrays, household_weights(common.model, common.scale), by_person)
    return {"links": links_table(row[left], row[right], weight)}


def households(records: pa.Table, links: pa.Table | None, common: Common) -> Results:
    """Join the records of whole components of edges and persons into households, and return each one's label: a
    record's number. Of households without a card or a head also the records, and the keys of their places."""
    p = prepared(records, common)
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


def send_cardless(part: pa.Table, common: Common, wanted: Sequence[Hashes]) -> Sent:
    """Send the records of households without card and head, and those that share a place with one, to one bucket.

    `wanted`: for each `PlaceKey` the keys of places of such households.
    """
    part = hashed(part)
    p = prepared(only(part, OF_PLACES), common)
    chosen = np.zeros(len(p), bool)
    chosen[p.order] = column(part, ALONE, p)
    for key, places in zip(place_keys(p), wanted, strict=True):
        chosen[p.order] |= is_wanted(key, places)
    if chosen.any():
        yield 0, part.filter(pa.array(chosen))


def cardless(records: pa.Table, _: pa.Table | None, common: Common) -> Results:
    """Join households without card and head with each other and with their neighbours; return labels as before."""
    p = prepared(records, common)
    label = column(records, HOUSEHOLD, p)
    household, first = np.unique(label, return_inverse=True)
    person = np.unique(column(records, PERSON, p), return_inverse=True)[1]
    found = join_cardless(
        np.arange(len(p)), first.astype(np.int32), person.astype(np.int32),
        dwelling_keys(p)[AT_PLACE], place_keys(p), record_arrays(p), household_weights(common.model, common.scale),
        NO_DECISIONS,
    )  # fmt: skip
    return {"labels": pa.table({ROW: column(records, ROW, p), HOUSEHOLD: household[found.household]})}
