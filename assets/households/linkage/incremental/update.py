"""A match of records of which most were matched before: new, changed and withdrawn ones touch only what they can reach.

The result equals that of a match from scratch. A record reaches, through the blocking rules, the records of its blocks
(all of a block that its coming or going splits otherwise); through the pairs that weigh for one person and the homes
that weigh for one household, a component of some dozen records. Components that are reached are matched again by the
same functions as everything; all others keep their labels. Where what holds for all records changes (the size class,
which rules have too many pairs), `update` says so, and a match from scratch is due.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.arrays.compiled import THREADS
from assets.households.linkage.arrays.groups import Bools, Links, among, distinct, parted, rows_among
from assets.households.linkage.arrays.text import Hashes, Ints, text_column, text_hashes
from assets.households.linkage.blocking import TIE, Blocking, Blocks, Rule
from assets.households.linkage.clustering import join_persons
from assets.households.linkage.compare.records import RecordArrays
from assets.households.linkage.household_clustering import (
    AT_PLACE,
    BY_CARD,
    HOME_KEYS,
    home_edges,
    home_weights,
    join_homes,
    of_few_cards,
)
from assets.households.linkage.incremental.blocks_reached import Reached, Regrouped, blocks_reached
from assets.households.linkage.incremental.content import COLUMNS, Rows, content_of, numbers_of
from assets.households.linkage.incremental.match_state import (
    COUNTED,
    Standing,
    components,
    hashes_of_decisions,
    sizes_of,
)
from assets.households.linkage.incremental.record_store import home, rule, split, splits_of
from assets.households.linkage.matching import UNCERTAIN, Clusters, Report, decided_rows
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.prepare.records import prepare
from assets.households.linkage.scoring import Pairs, packed_weights, score_blocks


@dataclass(frozen=True)
class Updated:
    """`standing`: for the next match; `person`, `household`: labels in the order of the records; `touched`: which
    records were matched again; `again`: the match of these, with their links.
    """

    standing: Standing
    person: Rows
    household: Rows
    touched: Bools
    again: Clusters


MOST_ROWS, ROWS_ANYHOW = 1.5, 1000
"""Rows that may be kept for each record in force, and besides, before a match from scratch clears them."""


class MustRebuildError(Exception):
    """What holds for all records has changed; the message says what (no personal values)."""


def update(
    before: Standing, records: pd.DataFrame, *, model: Model, blocking: Blocking, decisions: pd.DataFrame
) -> Updated:
    """Match `records`, most of which stand in `before` with the same content.

    In and out as `matching.cluster_records`; `before` must come from the same model, blocking rules and code. Raises
    `MustRebuildError` where a match from scratch is due.
    """
    work = _Work(before, records, model, blocking, decisions)
    work.meet()
    pairs = work.pairs()
    return work.match_again(pairs)


class _Work:
    """One update. Rows number the records that are kept, then new and changed ones; `alive` are those that count."""

    def __init__(
        self, before: Standing, records: pd.DataFrame, model: Model, blocking: Blocking, decisions: pd.DataFrame
    ) -> None:
        records = records[[c for c in COLUMNS if c in records.columns]]
        self.before, self.records, self.model, self.blocking = before, records, model, blocking
        self.decisions = decisions
        self.report = Report(records=len(records), model_hash=model.hash)
        ids = text_column(records, "record_id")
        if ids is None or ids.null_count:
            raise ValueError("every record needs a record_id")
        row, content = before.rows_of(text_hashes(ids)), content_of(records)
        changed, known = row < 0, np.flatnonzero(row >= 0)
        changed[known] = content[known] != before.kept.records["content"][row[known]]
        fresh = np.flatnonzero(changed)
        told = records.take(fresh)
        numbers = numbers_of(told)
        turned, self.placeholders = _renumbered(before, numbers, row, changed)
        if len(turned):
            fresh = np.union1d(fresh, turned)
            told = records.take(fresh)
            numbers = numbers_of(told)
        if len(before.kept) + len(fresh) > MOST_ROWS * len(records) + ROWS_ANYHOW:
            raise MustRebuildError("too many of the rows that are kept are of records that are gone")
        p = model.with_names(prepare(told, self.placeholders))
        numbers = [column[p.order] for column in numbers]
        fresh = fresh[p.order]
        n, more = len(before.kept), len(fresh)
        self.kept = before.kept.with_records(p, blocking, content[fresh], numbers)
        self.name_lengths = p.names.lengths
        self.row = row
        self.row[fresh] = np.arange(n, n + more)
        self.alive = np.zeros(n + more, bool)
        self.alive[self.row] = True
        if self.alive.sum() < len(records):
            raise ValueError("a record_id stands on more than one row")
        self.place = np.full(n + more, -1, np.int64)
        self.place[self.row] = np.arange(len(records))
        self.old = np.append(before.alive, np.zeros(more, bool))
        self.fresh, self.gone = self.alive & ~self.old, self.old & ~self.alive
        rows = np.arange(n, n + more, dtype=np.int32)
        self.person, self.household, self.component = (
            np.append(labels, rows) for labels in (before.person, before.household, before.component)
        )
        self.village_sizes = sizes_of(self.kept, np.flatnonzero(self.fresh))
        self.village_sizes[: len(before.village_sizes)] += before.village_sizes
        self.village_sizes -= sizes_of(self.kept, np.flatnonzero(self.gone))
        self.scale = self._same_scale()

    def _same_scale(self) -> Scale:
        scale = Scale.of_counts(len(self.records), self.village_sizes)
        if scale != self.before.size_class:
            raise MustRebuildError("the size class of the records changed")
        self.report.size_class = scale.records
        return scale

    def meet(self) -> None:
        """Find the rows whose pairs must all be weighed anew, and the pairs to be weighed."""
        most = self.blocking.pairs_per_record * np.array([self.old.sum(), self.alive.sum()])
        self.anew = self.fresh | self.gone
        self.totals, met, regrouped = self.before.totals.copy(), [np.zeros(0, np.int64)], list[Regrouped]()
        for k, reached in enumerate(self._reached_by_rules(np.flatnonzero(self.anew), self.old, most[0])):
            over = list(self.totals[k] > most[0])
            self.totals[k] += reached.more
            if list(self.totals[k] > most[1]) != over:
                name = self.blocking.rules[k].name
                raise MustRebuildError(f"rule {name} now has, or no longer has, too many pairs")
            self.anew[reached.in_window] = True
            met.append(reached.pairs)
            regrouped += reached.regrouped
        known = self._parted_pairs(regrouped)
        also = np.flatnonzero(self.anew & self.old & self.alive)
        met += [r.pairs for r in self._reached_by_rules(also, self.alive, most[1])]
        every = distinct(np.concatenate(met).view(np.uint64)).view(np.int64)
        self.met = every[self.anew[every >> 32] | self.anew[every & 0xFFFFFFFF] | ~among(every.view(np.uint64), known)]

    def _parted_pairs(self, regrouped: list[Regrouped]) -> Hashes:
        """Mark the rows of kept pairs that no longer meet by some rule, for another may join them still; return all
        pairs that are kept of rows split otherwise."""
        before, other = self.before, np.zeros(len(self.alive), bool)
        for group in regrouped:
            other[group.rows] = True
        _, (left, right, _) = parted(before.left, before.right, before.weight, other)
        for group in regrouped:
            apart = group.parts(left, right)
            self.anew[left[apart]] = self.anew[right[apart]] = True
        return _codes(left, right).view(np.uint64)

    def _reached_by_rules(self, changed: Rows, old: Bools, most: float) -> list[Reached]:
        """Follow changed rows through the blocks of all rules."""
        if not len(changed):
            return []
        records, totals = self.kept.records, self.totals.copy()
        columns = {name: records[split(name)] for name in splits_of(self.blocking)} | {TIE: records["record"]}

        def reach(k: int) -> Reached:
            over, told = list(totals[k] > most), self.blocking.rules[k]
            return blocks_reached(told, records[rule(k)], columns, self.blocking, over, changed, old, self.alive)

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(reach, range(len(self.blocking.rules))))

    def pairs(self) -> Links:
        """Weigh the pairs of marked rows and return all pairs worth keeping."""
        left, right = self.met >> 32, self.met & 0xFFFFFFFF
        back, at = self._in_order(left, right)
        blocks = Blocks(
            Rule("met", ()), np.stack([at[left], at[right]], axis=1).ravel().astype(np.int32),
            np.arange(0, 2 * len(left) + 1, 2), np.zeros(len(left), np.int32), 0,
        )  # fmt: skip
        tables, weights = self.kept.tables(back, self.name_lengths), self.model.weights(self.scale)
        new, _, added = score_blocks([blocks], np.zeros((len(back), 1), np.uint32), tables, weights, UNCERTAIN)
        self.report.rules = [{"rule": "met", "pairs_added": added[0]}]
        a, b = back[new.left], back[new.right]
        before = self.before
        kept, dropped = parted(before.left, before.right, before.weight, self.anew)
        self.other = np.setxor1d(_codes(*dropped[:2]), _codes(a, b))
        return (
            np.append(kept[0], a.astype(np.int32)), np.append(kept[1], b.astype(np.int32)),
            np.append(kept[2], new.weight),
        )  # fmt: skip

    def _in_order(self, *rows: npt.NDArray[Any]) -> tuple[Rows, Rows]:
        """Return some rows, each once, in canonical order and, for each row of all, where it stands among them."""
        at = np.full(len(self.alive), -1, np.int64)
        for some in rows:
            at[some] = 0
        back = self.kept.in_order(np.flatnonzero(at == 0))
        at[back] = np.arange(len(back))
        return back, at

    def match_again(self, pairs: Links) -> Updated:
        """Match the components that changes reach, and keep the labels of all others."""
        again = self._reached()
        _, (left, right, weight) = parted(*pairs, again)
        place, near = self._home_groups(again)
        back, at = self._in_order(np.flatnonzero(again), near, left, right)
        weights, tables = self.model.weights(self.scale), self.kept.tables(back, self.name_lengths)
        told = _in_order(at[left], at[right], weight)
        ids, order = self.records["record_id"].take(self.place[back]).reset_index(drop=True), np.arange(len(back))
        decided = decided_rows(ids, order, self.decisions)
        person = self.person[back]
        joined, fates = join_persons(len(back), told, decided, tables, packed_weights(weights))
        here = again[back]
        person[here] = back[joined[here]]
        household, edges = self._homes_again(place, person, here, back, tables)
        component = back[components(joined, told, edges, decided)]
        standing = self._next(pairs, back[here], person[here], household[here], component[here])
        inner = Clusters(
            person.astype(np.int64), household.astype(np.int64), self.report, self.model, ids, order, tables, told,
            fates, decided,
        )  # fmt: skip
        all_persons, all_households = (
            labels[self.row].astype(np.int64) for labels in (standing.person, standing.household)
        )
        return Updated(standing, all_persons, all_households, again[self.row], inner)

    def _reached(self) -> Bools:
        """Mark the rows of all components that a change can reach."""
        records, changed = self.kept.records, self.fresh | self.gone
        start = changed.copy()
        start[np.concatenate([self.other >> 32, self.other & 0xFFFFFFFF])] = True
        for number in range(HOME_KEYS):
            key = records[home(number)]
            there = rows_among(key, key[changed])
            if number != AT_PLACE:
                start[there] = True
                continue
            for side in (self.old, self.alive):
                rows = there[side[there]]
                start[rows[of_few_cards(key[rows], records[home(BY_CARD)][rows]) > 0]] = True
        start[rows_among(records["record"], self._newly_decided())] = True
        reached = np.zeros(len(start), bool)
        reached[self.component[start & (self.old | self.alive)]] = True
        return reached[self.component] & self.alive

    def _newly_decided(self) -> Hashes:
        """Return the records of decisions that were made or revoked, or of which a record came or went."""
        now = hashes_of_decisions(self.decisions)
        changed = set(map(tuple, now.T.tolist())) ^ set(map(tuple, self.before.decisions.T.tolist()))
        moved = self.kept.records["record"][self.fresh | self.gone]
        touched = now[:2, among(now[0], moved) | among(now[1], moved)]
        return np.concatenate([np.array([r for d in changed for r in d[:2]], np.uint64), touched.ravel()])

    def _home_groups(self, again: Bools) -> tuple[Hashes, Rows]:
        """Return the place of each row at which few families live, as far as rows of `again` live there, and the rows
        that share a key of homes with rows of `again`."""
        records, near = self.kept.records, []
        at = np.zeros(len(again), np.uint64)
        for number in range(HOME_KEYS):
            key = records[home(number)]
            there = rows_among(key, key[again])
            there = there[self.alive[there]]
            if number == AT_PLACE:
                at[there] = of_few_cards(key[there], records[home(BY_CARD)][there])
                there = there[at[there] > 0]
            near.append(there)
        return at, np.concatenate(near)

    def _homes_again(
        self, place: Hashes, person: Ints, here: Bools, back: Rows, tables: RecordArrays
    ) -> tuple[Ints, Links]:
        weights = home_weights(self.model, self.scale)
        keys = np.stack([self.kept.records[home(number)][back] for number in range(HOME_KEYS)])
        keys[AT_PLACE] = place[back]
        left, right, weight = home_edges(keys, person, tables, weights)
        inside = here[left] & here[right]
        edges = left[inside], right[inside], weight[inside]
        alone = np.where(here, person, -1 - np.arange(len(person))).astype(np.int32)
        household = self.household[back]
        joined = join_homes(edges, alone, tables, weights)
        household[here] = back[joined[here]]
        return household, edges

    def _next(self, pairs: Links, rows: Rows, person: Ints, household: Ints, component: Rows) -> Standing:
        self.person[rows], self.household[rows], self.component[rows] = person, household, component
        left, right, weight = pairs
        return replace(
            self.before, kept=self.kept, alive=self.alive, listed=self.row.astype(np.int32),
            village_sizes=self.village_sizes, common_nik=self.placeholders["nik"],
            common_no_kk=self.placeholders["no_kk"], common_alamat=self.placeholders["alamat"],
            totals=self.totals, left=left, right=right, weight=weight, person=self.person, household=self.household,
            component=self.component, decisions=hashes_of_decisions(self.decisions),
        )  # fmt: skip


def _renumbered(before: Standing, new: list[Hashes], row: Rows, changed: Bools) -> tuple[Rows, dict[str, Hashes]]:
    """Return the other records whose NIK, KK or place became, or is no longer, that of too many, and which are now.

    `new`: the numbers of the records that changed.
    """
    stays = np.zeros(len(before.alive), bool)
    stays[row[~changed]] = True
    leaves = np.flatnonzero(before.alive & ~stays)
    others, common = [np.zeros(0, np.int64)], dict[str, Hashes]()
    for (column, most), added in zip(COUNTED.items(), new, strict=True):
        held, known = before.kept.records[column], getattr(before, f"common_{column}")
        concerned = np.unique(np.concatenate([held[leaves], added]))
        concerned = concerned[concerned > 0]
        there = rows_among(held, concerned)
        there = np.concatenate([held[there[stays[there]]], added[added > 0]])
        counts = np.bincount(np.searchsorted(concerned, there), minlength=len(concerned))
        now = concerned[counts > most]
        turned = np.setxor1d(now, concerned[np.isin(concerned, known)])
        common[column] = np.union1d(np.setdiff1d(known, concerned), now)
        if len(turned):
            others.append(np.flatnonzero(~changed)[among(held[row[~changed]], turned)])
    return np.unique(np.concatenate(others)), common


def _codes(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Rows:
    """Return pairs of rows as one number each, the smaller row in the upper half."""
    return np.asarray(np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b), np.int64)


def _in_order(a: Rows, b: Rows, weight: npt.NDArray[np.float32]) -> Pairs:
    left, right = np.minimum(a, b).astype(np.int32), np.maximum(a, b).astype(np.int32)
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], weight[order])
