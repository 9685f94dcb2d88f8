"""An incremental match: of records that were almost all matched before, only what changed is matched again.

The result equals that of a match from scratch. Steps:

1. Find the records that are new, changed or withdrawn, by hash, and add rows for them to the record store.
2. Find the pairs that must be scored: those of changed rows, and those of rows whose block is split differently now.
3. Score them. All other pairs keep their score, which depends on the two records, the model and the size class alone.
4. Find the components (records connected by likely pairs and common households, some dozen each) that a change
   reaches, and cluster these by the same functions as a match from scratch. All other records keep their labels.

Where something that holds for all records changes (the size class, whether a blocking rule has too many pairs),
`update` raises `MustRebuildError`, and a match from scratch is due.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.arrays.compiled import THREADS
from assets.households.linkage.arrays.links import Bools, Links, pair_codes, split_links
from assets.households.linkage.arrays.lookup import indices_of_wanted, is_wanted
from assets.households.linkage.arrays.text import Hashes, Ints, text_column, text_hashes
from assets.households.linkage.blocking import TIE, Blocking, Blocks, Rule
from assets.households.linkage.cardless.households import join_cardless, neighbours_of, of_same_people, of_unknown
from assets.households.linkage.cardless.places import PlaceKey
from assets.households.linkage.cardless.possible import NONE_POSSIBLE, possible_table
from assets.households.linkage.clustering import join_persons
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.dwellings.edges import dwelling_edges, next_of_dwelling
from assets.households.linkage.dwellings.joining import join_edges
from assets.households.linkage.dwellings.keys import AT_PLACE, BY_CARD, DWELLING_KEYS, of_one_card
from assets.households.linkage.dwellings.weights import household_weights
from assets.households.linkage.incremental.affected_blocks import AffectedBlocks, Resplit, affected_blocks
from assets.households.linkage.incremental.content import CONTENT, Rows, content_hashes, shared_hashes
from assets.households.linkage.incremental.match_state import (
    MOST_SHARING,
    MatchState,
    components,
    decision_hashes,
    village_sizes_of,
)
from assets.households.linkage.incremental.record_store import (
    dwelling_column,
    place_column,
    rule_column,
    split_column,
    split_columns_of,
)
from assets.households.linkage.matching import UNCERTAIN, Clusters, Report, decided_rows
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.pairs import Pairs
from assets.households.linkage.prepare.fields import HEAD
from assets.households.linkage.prepare.records import prepare
from assets.households.linkage.scoring import score_blocks
from assets.households.linkage.weighing import packed_weights

MOST_ROWS_PER_RECORD, SPARE_ROWS = 1.5, 1000
"""The store may have so many rows for each record in force, and `SPARE_ROWS` more. Above that a match from scratch
clears it of rows that are no longer live."""
RIGHT_ROW = 0xFFFFFFFF
"""The bits of a pair code that hold the larger row."""


@dataclass(frozen=True)
class Updated:
    """The result of an update.

    `state`: for the next match. `person`, `household`: one label a record, in input order. `possible`: pairs of
    households that may be one, as `possible_table`. `rematched`: one a record,
    whether it was clustered again; `changed`: whether it is new or says something else. `clusters`: the clustering of
    those matched again, with their links.
    """

    state: MatchState
    person: Rows
    household: Rows
    possible: pd.DataFrame
    rematched: Bools
    changed: Bools
    clusters: Clusters


class MustRebuildError(Exception):
    """Something that holds for all records has changed; the message says what (no personal values)."""


def update(
    before: MatchState, records: pd.DataFrame, *, model: Model, blocking: Blocking, decisions: pd.DataFrame,
    household_decisions: pd.DataFrame | None = None,
) -> Updated:  # fmt: skip
    """Match `records`, of which most are in `before` with the same content.

    In and out as `matching.cluster_records`. `before` must come from the same model, blocking rules and code. Raises
    `MustRebuildError` where a match from scratch is due, ValueError where record ids are missing or repeated.
    """
    work = _Update(before, records, model, blocking, decisions, household_decisions)
    return work.cluster(work.score(work.find_pairs()))


class _Update:
    """One update. Rows number the rows of the record store: first those of the last match, then those added now.

    `row`: the row of each record, in input order; `position`: the input position of each row, -1 where it is not live.
    `live_before`, `live`: which rows were, and are, of records in force; `added`, `removed`: rows that became, and are
    no longer, live; `rescore`: rows of which all pairs must be scored.
    """

    def __init__(
        self, before: MatchState, records: pd.DataFrame, model: Model, blocking: Blocking, decisions: pd.DataFrame,
        household_decisions: pd.DataFrame | None,
    ) -> None:  # fmt: skip
        records = records[[c for c in CONTENT if c in records.columns]]
        self.before, self.records, self.model, self.blocking = before, records, model, blocking
        self.decisions, self.household_decisions = decisions, household_decisions
        self.report = Report(records=len(records), model_hash=model.hash)
        self._add_rows()
        added_rows = len(self.store) - len(before.store)
        self.live = np.zeros(len(self.store), bool)
        self.live[self.row] = True
        if self.live.sum() < len(records):
            raise ValueError("a record_id is on more than one row")
        self.position = np.full(len(self.store), -1, np.int64)
        self.position[self.row] = np.arange(len(records))
        self.live_before = np.append(before.live, np.zeros(added_rows, bool))
        self.added, self.removed = self.live & ~self.live_before, self.live_before & ~self.live
        self.rescore = self.added | self.removed
        own_label = np.arange(len(before.store), len(self.store), dtype=np.int32)
        self.person, self.household, self.component = (
            np.append(labels, own_label) for labels in (before.person, before.household, before.component)
        )
        self.totals = before.totals.copy()
        self.village_sizes = village_sizes_of(self.store, np.flatnonzero(self.added))
        self.village_sizes[: len(before.village_sizes)] += before.village_sizes
        self.village_sizes -= village_sizes_of(self.store, np.flatnonzero(self.removed))
        self.scale = self._same_scale()

    def _add_rows(self) -> None:
        """Add rows for records that are new or changed, and find the row of every record."""
        before, records = self.before, self.records
        ids = text_column(records, "record_id")
        if ids is None or ids.null_count:
            raise ValueError("every record needs a record_id")
        row, content = before.rows_of(text_hashes(ids)), content_hashes(records)
        is_changed, known = row < 0, np.flatnonzero(row >= 0)
        is_changed[known] = content[known] != before.store.records["content"][row[known]]
        changed = np.flatnonzero(is_changed)
        frame = records.take(changed)
        shared = shared_hashes(frame)
        others, self.common = _common_values(before, shared, row, is_changed)
        if len(others):
            changed = np.union1d(changed, others)
            frame = records.take(changed)
            shared = shared_hashes(frame)
        if len(before.store) + len(changed) > MOST_ROWS_PER_RECORD * len(records) + SPARE_ROWS:
            raise MustRebuildError("too many rows of the record store are of records that are gone")
        p = self.model.with_names(prepare(frame, self.common))
        changed = changed[p.order]
        self.store = before.store.with_records(p, self.blocking, content[changed], [c[p.order] for c in shared])
        self.name_lengths = p.names.lengths
        self.row = row
        self.row[changed] = np.arange(len(before.store), len(self.store))

    def _same_scale(self) -> Scale:
        scale = Scale.of_counts(len(self.records), self.village_sizes)
        if scale != self.before.size_class:
            raise MustRebuildError("the size class of the records changed")
        self.report.size_class = scale.records
        return scale

    def find_pairs(self) -> Rows:
        """Return the codes of the pairs to be scored, and complete `rescore` and `totals`."""
        max_pairs = self.blocking.pairs_per_record * np.array([self.live_before.sum(), self.live.sum()])
        codes, resplit = [np.zeros(0, np.int64)], list[Resplit]()
        changed = np.flatnonzero(self.rescore)
        for k, affected in enumerate(self._affected_by_rule(changed, self.live_before, max_pairs[0])):
            too_many_before = list(self.totals[k] > max_pairs[0])
            self.totals[k] += affected.added_totals
            if list(self.totals[k] > max_pairs[1]) != too_many_before:
                name = self.blocking.rules[k].name
                raise MustRebuildError(f"rule {name} now has, or no longer has, too many pairs")
            self.rescore[affected.in_window] = True
            codes.append(affected.pairs)
            resplit += affected.resplit
        stored = self._stored_pairs_of(resplit)
        unchanged = np.flatnonzero(self.rescore & self.live_before & self.live)
        codes += [found.pairs for found in self._affected_by_rule(unchanged, self.live, max_pairs[1])]
        every: Rows = np.asarray(pd.unique(np.concatenate(codes)))
        left, right = _rows_of_codes(every)
        is_stored = is_wanted(every.view(np.uint64), stored.view(np.uint64))
        wanted: Bools = self.rescore[left] | self.rescore[right] | ~is_stored
        return every[wanted]

    def _stored_pairs_of(self, resplit: list[Resplit]) -> Rows:
        """Return the codes of the stored pairs of rows that are split differently.

        A stored pair whose rows are in one block no longer may still be a pair by another rule: both rows are marked,
        so that all their pairs are scored.
        """
        before, marked = self.before, np.zeros(len(self.live), bool)
        for group in resplit:
            marked[group.rows] = True
        _, (left, right, _) = split_links(before.left, before.right, before.weight, marked)
        for group in resplit:
            separated = group.separates(left, right)
            self.rescore[left[separated]] = self.rescore[right[separated]] = True
        return pair_codes(left, right)

    def _affected_by_rule(self, changed: Rows, live_before: Bools, max_pairs: float) -> list[AffectedBlocks]:
        """Follow changed rows through the blocks of each rule; nothing where no row changed."""
        if not len(changed):
            return []
        records, totals = self.store.records, self.totals.copy()
        columns = {name: records[split_column(name)] for name in split_columns_of(self.blocking)}
        columns |= {TIE: records["record"]}

        def affected(k: int) -> AffectedBlocks:
            conditions, key = list(totals[k] > max_pairs), records[rule_column(k)]
            return affected_blocks(
                self.blocking.rules[k], key, columns, self.blocking, conditions, changed, live_before, self.live
            )

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(affected, range(len(self.blocking.rules))))

    def score(self, codes: Rows) -> Links:
        """Score pairs and return all pairs worth keeping: those scored now, and the stored ones of other rows."""
        left, right = _rows_of_codes(codes)
        rows, at = self._canonical(left, right)
        blocks = Blocks(  # one block a pair
            Rule("update", ()), np.stack([at[left], at[right]], axis=1).ravel().astype(np.int32),
            np.arange(0, 2 * len(left) + 1, 2, dtype=np.int32),
        )  # fmt: skip
        arrays, weights = self.store.record_arrays(rows, self.name_lengths), self.model.weights(self.scale)
        new, _, added = score_blocks([blocks], np.zeros((len(rows), 1), np.uint32), arrays, weights, UNCERTAIN)
        self.report.rules = [{"rule": "update", "pairs_added": added[0]}]
        new_left, new_right = rows[new.left], rows[new.right]
        stored, dropped = split_links(self.before.left, self.before.right, self.before.weight, self.rescore)
        self.pairs_changed = np.setxor1d(pair_codes(*dropped[:2]), pair_codes(new_left, new_right))
        return (
            np.append(stored[0], new_left.astype(np.int32)),
            np.append(stored[1], new_right.astype(np.int32)),
            np.append(stored[2], new.weight),
        )

    def _canonical(self, *rows: npt.NDArray[Any]) -> tuple[Rows, Rows]:
        """Return the given rows, each once, in canonical order, and for each row of the store its index there or -1."""
        index = np.full(len(self.live), -1, np.int64)
        for some in rows:
            index[some] = 0
        canonical = self.store.in_order(np.flatnonzero(index == 0))
        index[canonical] = np.arange(len(canonical))
        return canonical, index

    def cluster(self, pairs: Links) -> Updated:
        """Cluster the components that changes reach; all other records keep their labels.

        Rows that share a household key with these take part in finding dwellings, and keep their labels too.
        """
        reached = self._reached_rows()
        _, (left, right, weight) = split_links(*pairs, reached)
        address, neighbours = self._neighbours(reached)
        rows, index = self._canonical(np.flatnonzero(reached), neighbours, left, right)
        weights, arrays = self.model.weights(self.scale), self.store.record_arrays(rows, self.name_lengths)
        own_pairs = _sorted_pairs(index[left], index[right], weight)
        ids = self.records["record_id"].take(self.position[rows]).reset_index(drop=True)
        order = np.arange(len(rows))
        decided = decided_rows(ids, order, self.decisions)
        person = self.person[rows]
        joined, refusals = join_persons(len(rows), own_pairs, decided, arrays, packed_weights(weights))
        is_reached = reached[rows]
        person[is_reached] = rows[joined[is_reached]]
        household, edges = self._cluster_households(address, person, is_reached, rows, arrays)
        component = rows[components(joined, own_pairs, self.model.needed, edges, decided)]
        state = self._next_state(
            pairs, rows[is_reached], person[is_reached], household[is_reached], component[is_reached]
        )
        clusters = Clusters(
            person.astype(np.int64), household.astype(np.int64), possible_table(NONE_POSSIBLE, ids, order), self.report,
            self.model, ids, order, arrays, own_pairs,
            refusals, decided,
        )  # fmt: skip
        every, possible = self._without_cards(state)
        persons, households = (column[self.row].astype(np.int64) for column in (state.person, every))
        return Updated(state, persons, households, possible, reached[self.row], self.added[self.row], clusters)

    def _without_cards(self, state: MatchState) -> tuple[Ints, pd.DataFrame]:
        """Return the household of each row, those without cards joined as well, and the pairs that may be one."""
        household, records, live = state.household.copy(), self.store.records, np.flatnonzero(self.live)
        home, known = household[live], records[dwelling_column(BY_CARD)][live] != 0
        others = np.flatnonzero(of_unknown(known, home, len(household)))  # few: to read the heads of all takes longer
        known[others] = records["fields"][live[others], HEAD] >= 0
        alone = of_unknown(known, home, len(household))
        if not alone.any():
            return household, possible_table(NONE_POSSIBLE, self.records["record_id"], self.position)
        places = np.stack([records[place_column(key)][live] for key in PlaceKey])
        ids = self.records["record_id"]
        near = neighbours_of(alone, places) | of_same_people(alone, home, state.person[live])
        rows = self.store.in_order(live[near])
        found = join_cardless(
            rows, household[rows], np.isin(rows, live[alone], invert=True, kind="table"), state.person[rows],
            records[dwelling_column(AT_PLACE)][rows], np.stack([records[place_column(key)][rows] for key in PlaceKey]),
            self.store.record_arrays(rows, self.name_lengths), household_weights(self.model, self.scale),
            decided_rows(ids.take(self.position[rows]), np.arange(len(rows)), self.household_decisions),
        )  # fmt: skip
        household[rows] = found.household
        return household, possible_table(found.possible, ids, self.position)

    def _reached_rows(self) -> Bools:
        """Mark the live rows of all components that a change can reach.

        A change reaches the component of each row that changed, lost or gained a pair, shares a household key with a
        changed row, or is in a decision that is new or revoked.
        """
        records, changed = self.store.records, self.added | self.removed
        start = changed.copy()
        start[np.concatenate(_rows_of_codes(self.pairs_changed))] = True
        for number in range(DWELLING_KEYS):
            key = records[dwelling_column(number)]
            sharing = indices_of_wanted(key, key[changed])
            if number != AT_PLACE:
                start[sharing] = True
                continue
            for live in (self.live_before, self.live):
                rows = sharing[live[sharing]]
                start[rows[self._houses(key[rows], rows) > 0]] = True
        start[indices_of_wanted(records["record"], self._newly_decided())] = True
        reached = np.zeros(len(start), bool)
        reached[self.component[start & (self.live_before | self.live)]] = True
        return reached[self.component] & self.live

    def _houses(self, address: Hashes, rows: Rows) -> Hashes:
        """Return the addresses of rows, 0 for those that are of no one family; all rows of each must be given."""
        records, fields = self.store.records, self.store.record_arrays(rows, self.name_lengths).rows
        numbered = records[place_column(PlaceKey.HOUSE)][rows] > 0
        return of_one_card(address, records[dwelling_column(BY_CARD)][rows], fields, numbered)

    def _newly_decided(self) -> Hashes:
        """Return the records of decisions that were made or revoked, or of which a record came or went."""
        now = decision_hashes(self.decisions)
        differing = set(map(tuple, now.T.tolist())) ^ set(map(tuple, self.before.decisions.T.tolist()))
        changed = self.store.records["record"][self.added | self.removed]
        with_changed = now[:2, is_wanted(now[0], changed) | is_wanted(now[1], changed)]
        return np.concatenate([np.array([r for d in differing for r in d[:2]], np.uint64), with_changed.ravel()])

    def _neighbours(self, reached: Bools) -> tuple[Hashes, Rows]:
        """Return the hash of each store row's address, and the live rows that share a household key with reached rows.

        The hash is 0 where there is no address, where several families have it, and where no reached row has it.
        """
        records, neighbours = self.store.records, []
        address = np.zeros(len(reached), np.uint64)
        for number in range(DWELLING_KEYS):
            key = records[dwelling_column(number)]
            sharing = indices_of_wanted(key, key[reached])
            sharing = sharing[self.live[sharing]]
            if number == AT_PLACE:
                address[sharing] = self._houses(key[sharing], sharing)
                sharing = sharing[address[sharing] > 0]
            neighbours.append(sharing)
        return address, np.concatenate(neighbours)

    def _cluster_households(
        self, address: Hashes, person: Ints, is_reached: Bools, rows: Rows, arrays: RecordArrays
    ) -> tuple[Ints, Links]:
        """Return the household label of each of `rows`, and the edges between reached ones (as indices of `rows`)."""
        weights = household_weights(self.model, self.scale)
        keys = np.stack([self.store.records[dwelling_column(number)][rows] for number in range(DWELLING_KEYS)])
        keys[AT_PLACE] = address[rows]
        following = next_of_dwelling(keys, (person + 1).astype(np.uint64))
        left, right, weight = dwelling_edges(following, person, arrays, weights)
        inside = is_reached[left] & is_reached[right]
        edges = left[inside], right[inside], weight[inside]
        own_person = np.where(is_reached, person, -1 - np.arange(len(person))).astype(np.int32)
        household = self.household[rows]
        joined = join_edges(edges, own_person, arrays, weights)
        household[is_reached] = rows[joined[is_reached]]
        return household, edges

    def _next_state(self, pairs: Links, rows: Rows, person: Ints, household: Ints, component: Rows) -> MatchState:
        """Return the state after this update; `person`, `household`, `component`: the new labels of `rows`."""
        self.person[rows], self.household[rows], self.component[rows] = person, household, component
        left, right, weight = pairs
        return replace(
            self.before, store=self.store, live=self.live, input_rows=self.row.astype(np.int32),
            village_sizes=self.village_sizes, common_nik=self.common["nik"], common_no_kk=self.common["no_kk"],
            common_alamat=self.common["alamat"], totals=self.totals, left=left, right=right, weight=weight,
            person=self.person, household=self.household, component=self.component,
            decisions=decision_hashes(self.decisions),
        )  # fmt: skip


def _common_values(
    before: MatchState, added: list[Hashes], row: Rows, is_changed: Bools
) -> tuple[Rows, dict[str, Hashes]]:
    """Count again how many records share the values that changes concern.

    `added`: for each of `SHARED_COLUMNS` the hashes of the changed records; `row`, `is_changed`: one a record. Returns
    the unchanged records of which a value became, or is no longer, too common (input positions), and for each column
    the values that are too common now.
    """
    stays = np.zeros(len(before.live), bool)
    stays[row[~is_changed]] = True
    leaves = np.flatnonzero(before.live & ~stays)
    others, common = [np.zeros(0, np.int64)], dict[str, Hashes]()
    for (column, most), new in zip(MOST_SHARING.items(), added, strict=True):
        stored, common_before = before.store.records[column], getattr(before, f"common_{column}")
        concerned = np.unique(np.concatenate([stored[leaves], new]))
        concerned = concerned[concerned > 0]
        sharing = indices_of_wanted(stored, concerned)
        values = np.concatenate([stored[sharing[stays[sharing]]], new[new > 0]])
        counts = np.bincount(np.searchsorted(concerned, values), minlength=len(concerned))
        common_now = concerned[counts > most]
        differing = np.setxor1d(common_now, concerned[np.isin(concerned, common_before)])
        common[column] = np.union1d(np.setdiff1d(common_before, concerned), common_now)
        if len(differing):
            others.append(np.flatnonzero(~is_changed)[is_wanted(stored[row[~is_changed]], differing)])
    return np.unique(np.concatenate(others)), common


def _rows_of_codes(codes: Rows) -> tuple[Rows, Rows]:
    """Return the smaller and the larger row of each pair code."""
    return codes >> 32, codes & RIGHT_ROW


def _sorted_pairs(a: Rows, b: Rows, weight: npt.NDArray[np.float32]) -> Pairs:
    left, right = np.minimum(a, b).astype(np.int32), np.maximum(a, b).astype(np.int32)
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], weight[order])
