"""Matching in buckets: the persons and households of one process, for records that are too many for one.

The records stay in parts. What must be known of all of them (which values too many share, how many pairs a rule has,
which records links connect) is brought together here, as numbers of records; everything else happens in buckets.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assets.households.linkage.blocking import Blocking
from assets.households.linkage.buckets import stages
from assets.households.linkage.buckets.engine import Engine, Kept, Results, Send, Shipped
from assets.households.linkage.buckets.parcels import Numbers
from assets.households.linkage.buckets.shipping import ROW, Part, by_bucket
from assets.households.linkage.buckets.stages import (
    ALONE,
    ALSO,
    COMPONENT,
    HOUSEHOLD,
    MOST,
    NO_DECISIONS,
    OUTCOME,
    PERSON,
    PLACES,
    RULE,
    STEPS,
    VILLAGE_KIND,
    Common,
    column,
    links_table,
)
from assets.households.linkage.cardless.households import of_same_people
from assets.households.linkage.cardless.possible import NONE_POSSIBLE, Possible
from assets.households.linkage.clustering import Decided, Outcomes
from assets.households.linkage.compare.levels import Comparison
from assets.households.linkage.incremental.content import SHARED_COLUMNS
from assets.households.linkage.matching import described_links
from assets.households.linkage.model.parameters import Model, Scale

LOOKED_AT = 16
"""One bucket of so many is looked at to tell how often blocks will have to be split."""
DOUBT = 1.5
"""How many times the pairs that these buckets have others may have, or the other way round."""


@dataclass(frozen=True)
class Matched:
    """For each record, by its number, the number of a record that stands for its person, for its household, and for its
    household as far as cards, heads and people tell it (`known`).

    `links`: left, right and weight of the pairs worth keeping, each once, and `outcomes`, what became of each; `edges`:
    of records that speak for one dwelling. `possible`: pairs of households that may be one, by the numbers of records.
    `scale`: the size class. `timings`: seconds by stage.
    """

    person: Numbers
    household: Numbers
    known: Numbers
    links: pa.Table
    outcomes: Outcomes
    edges: pa.Table
    possible: Possible
    scale: Scale
    timings: dict[str, float] = field(default_factory=dict)


def match_in_buckets(
    engine: Engine, parts: Sequence[Part], buckets: int, model: Model, blocking: Blocking,
    people: Decided = NO_DECISIONS, homes: Decided = NO_DECISIONS, *, levels: bool = False,
) -> Matched:  # fmt: skip
    """Group the records of some parts into persons and households, as `matching.cluster_records` does in one process.

    The ids of the records must be given, and differ. `people`, `homes`: what reviewers said of people and of
    households, by the numbers of records. `levels`: whether `links` says how records agree, a column a `Comparison`.
    The result does not depend on the number of buckets.
    """
    timings: dict[str, float] = {}
    with _timed(timings, "count"):
        common = replace(_counted(engine, parts, buckets, model, blocking), people=people, homes=homes, levels=levels)
    all_parts = _Parts(engine.keep(partial(stages.prepared, common=common)), parts)
    with _timed(timings, "compare"):
        links = _links(all_parts, common)
    with _timed(timings, "persons"):
        person, outcomes = _persons(all_parts, common, links)
    with _timed(timings, "edges"):
        edges = _edges(all_parts, common, person)
    with _timed(timings, "households"):
        known, places = _households(all_parts, common, person, edges)
    with _timed(timings, "cardless"):
        household, possible = _cardless(all_parts, common, person, known, places)
    return Matched(person, household, known, links, outcomes, edges, possible, common.scale, timings)


def links_of(found: Matched, ids: pd.Series, people: Decided) -> pd.DataFrame:
    """Return all links as `Clusters.links` does. `found`: with the levels; `ids`: of the records, by their numbers;
    `people`: as it was given."""
    ends = np.stack([column(found.links, end) for end in ("left", "right")])
    levels = np.zeros((found.links.num_rows, len(Comparison)), np.int16)
    for comparison in Comparison if len(levels) else ():
        levels[:, comparison] = column(found.links, comparison.key)
    return described_links(
        ids, ends, column(found.links, "weight"), levels, found.outcomes, found.person, people.are_of(*ends)
    )


@contextmanager
def _timed(timings: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings[name] = round(time.perf_counter() - start, 4)


@dataclass(frozen=True)
class _Parts:
    """The parts, and their prepared records."""

    prepared: Kept
    parts: Sequence[Part]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    def ship(self, send: Send, beside: Mapping[str, npt.NDArray[Any]] | None = None) -> Shipped:
        """Bring the records to the buckets. `beside`: columns with an entry for each record."""
        columns = None
        if beside is not None:
            spans = [slice(part.first, part.first + part.count) for part in self.parts]
            columns = [pa.table({name: values[span] for name, values in beside.items()}) for span in spans]
        return self.prepared.ship(send, columns)


def _counted(engine: Engine, parts: Sequence[Part], buckets: int, model: Model, blocking: Blocking) -> Common:
    """Count what must be counted over all records."""
    shipped = engine.ship(partial(stages.send_values, buckets=buckets))
    values = shipped.work(stages.common_values)["values"]
    kind = column(values, "kind")
    value, count = (
        [column(values, each)[kind == number] for number in range(len(MOST))] for each in ("value", "count")
    )
    scale = Scale.of_counts(sum(part.count for part in parts), count[VILLAGE_KIND])
    shared = {name: np.sort(value[number]) for number, name in enumerate(SHARED_COLUMNS)}
    return Common(model, blocking, scale, shared, buckets)


def _links(parts: _Parts, common: Common) -> pa.Table:
    """Compare the records.

    How often blocks are split depends on how many pairs a rule has in all buckets. Some of them tell that roughly:
    where it may be otherwise, buckets compare for either case. Where it turns out to be neither, all is done again.
    """
    shipped = parts.ship(partial(stages.send_to_compare, common=common))
    limit, some = common.blocking.pairs_per_record * parts.count, range(max(1, common.buckets // LOOKED_AT))
    seen = _pairs(shipped.work(partial(stages.look, common=common), only=some), common.blocking)
    share = limit * len(some) / common.buckets
    fewest, most = _steps(seen, share * DOUBT), _steps(seen, share / DOUBT)
    while True:
        work = partial(stages.compare, common=common, fewest=fewest.tolist(), most=most.tolist())
        found = shipped.work(work)
        done = _steps(_pairs(found, common.blocking), limit)  # all that are left, where those of `most` are too few
        if ((fewest <= done) & (done <= most)).all():
            return _each_once(_with_steps(found, done))
        fewest, most = np.where(done > most, most + 1, done), done


def _steps(pairs: Numbers, limit: float) -> Numbers:
    """Return how many conditional steps each rule takes: one more as long as it has more pairs than `limit`."""
    return np.asarray((pairs > limit).sum(axis=1))


def _with_steps(found: Results, done: Numbers) -> Results:
    """Leave of the links those that are found with so many steps of each rule."""
    if "links" not in found:
        return found
    links = found["links"]
    return {"links": links.filter(pa.array(column(links, STEPS) >= done[column(links, RULE)]))}


def _pairs(found: Results, blocking: Blocking) -> Numbers:
    """Return the pairs of each rule before each conditional step, over all buckets."""
    if "totals" not in found:
        return np.zeros((len(blocking.rules), 0), np.int64)
    pairs = np.array(found["totals"].column("pairs").to_pylist(), np.int64)
    out = np.zeros((len(blocking.rules), pairs.shape[1]), np.int64)
    np.add.at(out, column(found["totals"], RULE), pairs)
    return out


def _each_once(found: Results) -> pa.Table:
    """Return the links of all buckets, sorted, each once."""
    if "links" not in found:
        none = np.zeros(0, np.int64)
        return links_table(none, none, np.zeros(0, np.float32))
    return found["links"].take(pa.array(np.unique(_codes(found["links"]), return_index=True)[1]))


def _codes(links: pa.Table) -> Numbers:
    """Return both ends of each link as one number."""
    return np.asarray(column(links, "left") << 32 | column(links, "right"))


def _persons(parts: _Parts, common: Common, links: pa.Table) -> tuple[Numbers, Outcomes]:
    """Return the label of each record's person, and what became of each link."""
    likely = links.filter(pa.array(column(links, "weight") > common.model.needed))
    same = zip(("left", "right"), common.people.same.T, strict=True)
    component = _components(parts.count, *(np.concatenate([column(likely, end), also]) for end, also in same))
    component = np.where(np.bincount(component)[component] > 1, component, -1)
    shipped = parts.ship(partial(stages.send_component, buckets=common.buckets), {COMPONENT: component})
    found = shipped.work(partial(stages.persons, common=common), _by_component(likely, component, common))
    outcomes = np.zeros(links.num_rows, np.int8)
    if "refused" in found:
        refused = found["refused"]
        outcomes[np.searchsorted(_codes(links), _codes(refused))] = column(refused, OUTCOME)
    return _labels(np.arange(parts.count), found, PERSON), outcomes


def _edges(parts: _Parts, common: Common, person: Numbers) -> pa.Table:
    """Return the edges between records that speak for one dwelling."""
    several = np.bincount(person)[person] > 1
    shipped = parts.ship(partial(stages.send_to_house, common=common), {PERSON: np.where(several, person, -1)})
    return _each_once(shipped.work(partial(stages.edges, common=common)))


def _households(parts: _Parts, common: Common, person: Numbers, edges: pa.Table) -> tuple[Numbers, pa.Table | None]:
    """Return the label of each record's household, and where those live whose households have no card or head."""
    ends = [
        np.concatenate([column(edges, end), also])
        for end, also in (("left", np.arange(len(person))), ("right", person))
    ]
    component = _components(parts.count, *ends)
    send = partial(stages.send_component, buckets=common.buckets, fields=stages.OF_HOUSEHOLDS)
    shipped = parts.ship(send, {COMPONENT: component, PERSON: person})
    found = shipped.work(partial(stages.households, common=common), _by_component(edges, component, common))
    return _labels(np.arange(parts.count), found, HOUSEHOLD), found.get("cardless")


def _cardless(
    parts: _Parts, common: Common, person: Numbers, household: Numbers, places: pa.Table | None
) -> tuple[Numbers, Possible]:
    """Join the households without card and head; return the labels of all, and which households may be one."""
    if places is None or not places.num_rows:
        return household, NONE_POSSIBLE
    alone = np.zeros(parts.count, bool)
    alone[column(places, ROW)] = True
    wanted = [np.unique(column(places, name)) for name in PLACES.values()]
    beside = {PERSON: person, HOUSEHOLD: household, ALONE: alone, ALSO: of_same_people(alone, household, person)}
    shipped = parts.ship(partial(stages.send_cardless, wanted=wanted), beside)
    found = shipped.work(partial(stages.cardless, common=common))
    possible = Possible(*(column(found["possible"], name) for name in Possible._fields))
    return _labels(household, found, HOUSEHOLD), possible


def _components(count: int, left: Numbers, right: Numbers) -> Numbers:
    """Return the number of each record's component of links."""
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1]).astype(np.int64)


def _by_component(links: pa.Table, component: Numbers, common: Common) -> dict[int, pa.Table]:
    """Return the links by the bucket of their component."""
    key = component[column(links, "left")].view(np.uint64)
    return {bucket: links.take(pa.array(rows)) for bucket, rows in by_bucket(key, common.buckets)}


def _labels(labels: Numbers, found: Results, name: str) -> Numbers:
    """Return labels with those that were found in the place of the old ones."""
    out = labels.copy()
    if "labels" in found:
        out[column(found["labels"], ROW)] = column(found["labels"], name)
    return out
