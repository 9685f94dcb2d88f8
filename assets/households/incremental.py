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

from assets.households.blocking import TIE, WINDOW, Blocking, Blocks, Rule, key_columns
from assets.households.blocks_reached import Reached, blocks_reached
from assets.households.clustering import Decided, join_persons
from assets.households.comparisons import Tables, kernel_tables
from assets.households.compiled import THREADS
from assets.households.encode import Hashes, Ints, text_column, text_hashes
from assets.households.living_together import (
    AT_PLACE,
    BY_CARD,
    Edges,
    home_edges,
    home_keys,
    home_weights,
    join_homes,
    of_few_cards,
)
from assets.households.matching import UNCERTAIN, Clusters, Report, Traces, decided_rows
from assets.households.model import Model, Scale
from assets.households.prepare import VILLAGE, Prepared, prepare
from assets.households.scoring import Pairs, kernel_weights, score_blocks
from assets.households.standing import (
    COLUMNS,
    COUNTED,
    PER_RECORD,
    Bools,
    Rows,
    Standing,
    among,
    components,
    content_of,
    hashes_of_decisions,
    numbers_of,
    stacked,
    without,
)


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
    """One update. Rows number the records of `before`, then the new and changed ones; `alive` are those that count."""

    def __init__(
        self, before: Standing, records: pd.DataFrame, model: Model, blocking: Blocking, decisions: pd.DataFrame
    ) -> None:
        records = records[[c for c in COLUMNS if c in records.columns]]
        self.records, self.model, self.blocking, self.decisions = records, model, blocking, decisions
        self.names = sorted({k for r in blocking.rules for k in r.keys}.union(blocking.split, (WINDOW, TIE)))
        self.report = Report(records=len(records), model_hash=model.hash)
        ids = text_column(records, "record_id")
        if ids is None or ids.null_count:
            raise ValueError("every record needs a record_id")
        row = np.asarray(pd.Index(before.record).get_indexer(pd.Index(text_hashes(ids))), np.int64)
        changed = (row < 0) | (content_of(records) != before.content[row])
        changed, self.placeholders = _with_renumbered(before, records, row, changed)
        fresh = np.flatnonzero(changed)
        p = prepare(records.take(fresh), self.placeholders)
        fresh = fresh[p.order]
        added = {
            "record": p.record_hash, "content": content_of(records.take(fresh)), "homes": home_keys(p),
            "keys": stacked(key_columns(p, blocking)), "numbers": numbers_of(records.take(fresh)),
            "villages": p.hashes_of(VILLAGE),
        }  # fmt: skip
        n, more = len(before), len(fresh)
        self.all = replace(
            before,
            **{name: np.concatenate([getattr(before, name), added[name]], axis=-1) for name in PER_RECORD},
            **{
                name: np.append(getattr(before, name), np.arange(n, n + more, dtype=np.int32))
                for name in ("person", "household", "component")
            },
        )
        self.row = np.where(changed, -1, row)
        self.row[fresh] = np.arange(n, n + more)
        self.alive = np.zeros(n + more, bool)
        self.alive[self.row] = True
        if self.alive.sum() < len(records):
            raise ValueError("a record_id stands on more than one row")
        self.place = np.full(n + more, -1, np.int64)
        self.place[self.row] = np.arange(len(records))
        self.old = np.arange(n + more) < n
        self.fresh = ~self.old
        self.gone = ~self.alive
        self.scale = self._same_scale(before)

    def _same_scale(self, before: Standing) -> Scale:
        villages = self.all.villages[self.alive]
        counts = np.unique(villages[villages > 0], return_counts=True)[1]
        scale = Scale.of_counts(len(self.records), counts)
        if scale != before.size_class:
            raise MustRebuildError("the size class of the records changed")
        self.report.size_class = scale.records
        return scale

    def meet(self) -> None:
        """Find the rows whose pairs must be weighed anew, and with whom they meet by the rules."""
        most = self.blocking.pairs_per_record * np.array([self.old.sum(), self.alive.sum()])
        changed = np.flatnonzero(self.fresh | self.gone)
        columns = dict(zip(self.names, self.all.keys, strict=True))
        self.anew = self.fresh | self.gone
        self.totals, met = self.all.totals.copy(), []
        for k, reached in enumerate(self._reached_by_rules(columns, changed, self.old, most[0])):
            over = list(self.totals[k] > most[0])
            self.totals[k] += reached.more
            if list(self.totals[k] > most[1]) != over:
                name = self.blocking.rules[k].name
                raise MustRebuildError(f"rule {name} now has, or no longer has, too many pairs")
            self.anew[reached.resplit] = True
            met.append(reached.pairs)
        also = np.flatnonzero(self.anew & self.old & self.alive)
        met += [r.pairs for r in self._reached_by_rules(columns, also, self.alive, most[1])]
        self.met = np.unique(np.concatenate([*met, np.zeros(0, np.int64)]))

    def _reached_by_rules(self, columns: dict[str, Hashes], changed: Rows, old: Bools, most: float) -> list[Reached]:
        """Follow changed rows through the blocks of all rules."""
        if not len(changed):
            return []
        counting = old | self.alive
        names = sorted({key for rule in self.blocking.rules for key in rule.keys})
        totals = self.totals.copy()

        def reach(k: int) -> Reached:
            over = list(totals[k] > most)
            rule = self.blocking.rules[k]
            return blocks_reached(rule, columns, self.blocking, over, changed, alike, old, self.alive)

        with ThreadPoolExecutor(THREADS) as pool:
            shared = pool.map(lambda name: among(columns[name], columns[name][changed]) & counting, names)
            alike = dict(zip(names, shared, strict=True))
            return list(pool.map(reach, range(len(self.blocking.rules))))

    def pairs(self) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:
        """Weigh the pairs of marked rows and return all pairs worth keeping."""
        left, right = self.met >> 32, self.met & 0xFFFFFFFF
        rows = np.unique(np.concatenate([left, right]))
        p, at = self._prepared(rows)
        blocks = Blocks(
            Rule("met", ()), np.stack([at[left], at[right]], axis=1).ravel().astype(np.int32),
            np.arange(0, 2 * len(left) + 1, 2), np.zeros(len(left), np.int32), 0,
        )  # fmt: skip
        weights = self.model.weights(self.scale)
        new, _, added = score_blocks([blocks], np.zeros((len(p), 1), np.uint32), kernel_tables(p), weights, UNCERTAIN)
        self.report.rules = [{"rule": "met", "pairs_added": added[0]}]
        back = rows[p.order]
        a, b = back[new.left], back[new.right]
        kept = ~(self.anew[self.all.left] | self.anew[self.all.right])
        self.other = np.setxor1d(_codes(self.all.left[~kept], self.all.right[~kept]), _codes(a, b))
        return (
            np.append(self.all.left[kept], a.astype(np.int32)),
            np.append(self.all.right[kept], b.astype(np.int32)),
            np.append(self.all.weight[kept], new.weight),
        )

    def _prepared(self, rows: Rows) -> tuple[Prepared, Rows]:
        """Prepare some rows; return them and, for each row of all, where it stands among them."""
        p = self.model.with_names(prepare(self.records.take(self.place[rows]), self.placeholders))
        at = np.full(len(self.alive), -1, np.int64)
        at[rows[p.order]] = np.arange(len(rows))
        return p, at

    def match_again(self, pairs: tuple[Ints, Ints, npt.NDArray[np.float32]]) -> Updated:
        """Match the components that changes reach, and keep the labels of all others."""
        left, right, weight = pairs
        again = self._reached()
        inside = again[left] | again[right]
        homes, near = self._home_groups(again)
        rows = np.unique(np.concatenate([np.flatnonzero(again), near, left[inside], right[inside]]))
        p, at = self._prepared(rows)
        back = rows[p.order]
        weights, tables = self.model.weights(self.scale), kernel_tables(p)
        told = _in_order(at[left[inside]], at[right[inside]], weight[inside])
        ids = self.records["record_id"].take(self.place[rows]).reset_index(drop=True)
        decided = decided_rows(ids, p, self.decisions)
        person = self.all.person[back].astype(np.int32)
        joined, fates = join_persons(len(p), told, decided, tables, kernel_weights(weights))
        here = again[back]
        person[here] = back[joined[here]]
        household, edges = self._homes_again(homes, person, here, back, tables)
        standing = self._next(pairs, back[here], person[here], household[here], told, decided, edges, back)
        labels = [getattr(self.all, name).copy() for name in ("person", "household")]
        for values, new in zip(labels, (person, household), strict=True):
            values[back[here]] = new[here]
        inner = Clusters(
            person.astype(np.int64), household.astype(np.int64), self.report, self.model, ids, p, told, fates, decided,
            Traces(self.scale, edges, []),
        )  # fmt: skip
        return Updated(
            standing, labels[0][self.row].astype(np.int64), labels[1][self.row].astype(np.int64), again[self.row], inner
        )

    def _reached(self) -> Bools:
        """Mark the rows of all components that a change can reach."""
        changed = self.fresh | self.gone
        start = changed.copy()
        start[np.concatenate([self.other >> 32, self.other & 0xFFFFFFFF])] = True
        for key in np.delete(self.all.homes, AT_PLACE, axis=0):
            start |= among(key, key[changed])
        card, place = self.all.homes[[BY_CARD, AT_PLACE]]
        there = among(place, place[changed])
        for side in (self.old, self.alive):
            rows = np.flatnonzero(there & side)
            start[rows[of_few_cards(place[rows], card[rows]) > 0]] = True
        start |= among(self.all.record, self._newly_decided())
        reached = np.zeros(len(start), bool)
        reached[self.all.component[start]] = True
        return reached[self.all.component] & self.alive

    def _newly_decided(self) -> Hashes:
        """Return the records of decisions that were made or revoked, or of which a record came or went."""
        now = hashes_of_decisions(self.decisions)
        changed = set(map(tuple, now.T.tolist())) ^ set(map(tuple, self.all.decisions.T.tolist()))
        moved = self.all.record[self.fresh | self.gone]
        touched = now[:2, among(now[0], moved) | among(now[1], moved)]
        return np.concatenate([np.array([r for d in changed for r in d[:2]], np.uint64), touched.ravel()])

    def _home_groups(self, again: Bools) -> tuple[Hashes, Rows]:
        """Return the home keys of all rows, as far as rows of `again` share them, and the rows that share one."""
        keys = self.all.homes.copy()
        card, place = keys[[BY_CARD, AT_PLACE]]
        there = np.flatnonzero(among(place, place[again]) & self.alive)
        keys[AT_PLACE] = 0
        keys[AT_PLACE, there] = of_few_cards(place[there], card[there])
        near = [np.flatnonzero(among(key, key[again]) & self.alive) for key in keys]
        return keys, np.concatenate(near)

    def _homes_again(self, homes: Hashes, person: Ints, here: Bools, back: Rows, tables: Tables) -> tuple[Ints, Edges]:
        weights = home_weights(self.model, self.scale)
        left, right, weight = home_edges(homes[:, back], person, tables, weights)
        inside = here[left] & here[right]
        edges = left[inside], right[inside], weight[inside]
        alone = np.where(here, person, -1 - np.arange(len(person))).astype(np.int32)
        household = self.all.household[back].astype(np.int32)
        joined = join_homes(edges, alone, tables, weights)
        household[here] = back[joined[here]]
        return household, edges

    def _next(
        self, pairs: tuple[Ints, Ints, npt.NDArray[np.float32]], rows: Rows, person: Ints, household: Ints,
        told: Pairs, decided: Decided, edges: Edges, back: Rows,
    ) -> Standing:  # fmt: skip
        likely = told.weight > 0
        here = np.full(len(self.alive), -1, np.int64)
        here[rows] = np.arange(len(rows))
        ends = [(told.left[likely], told.right[likely]), edges[:2], (decided.same[:, 0], decided.same[:, 1])]
        links = [(here[back[a]], here[back[b]]) for a, b in ends]
        links = [(a[(a >= 0) & (b >= 0)], b[(a >= 0) & (b >= 0)]) for a, b in links]
        links.append((np.arange(len(rows)), here[person]))
        labels = {name: getattr(self.all, name).copy() for name in ("person", "household", "component")}
        labels["person"][rows], labels["household"][rows] = person, household
        labels["component"][rows] = rows[components(len(rows), links)]
        left, right, weight = pairs
        whole = replace(
            self.all, left=left, right=right, weight=weight, totals=self.totals,
            common_nik=self.placeholders["nik"], common_no_kk=self.placeholders["no_kk"],
            common_alamat=self.placeholders["alamat"], decisions=hashes_of_decisions(self.decisions), **labels,
        )  # fmt: skip
        return without(whole, self.alive) if self.gone.any() else whole


def _with_renumbered(
    before: Standing, records: pd.DataFrame, row: Rows, changed: Bools
) -> tuple[Bools, dict[str, Hashes]]:
    """Count as changed also the records whose NIK, KK or place became, or is no longer, that of too many."""
    gone = np.ones(len(before), bool)
    gone[row[~changed]] = False
    new = numbers_of(records.take(np.flatnonzero(changed)))
    out, common = changed.copy(), dict[str, Hashes]()
    for k, (column, most) in enumerate(COUNTED.items()):
        held = getattr(before, f"common_{column}")
        concerned = np.unique(np.concatenate([before.numbers[k, gone], new[k]]))
        concerned = concerned[concerned > 0]
        there = np.concatenate([before.numbers[k, ~gone & among(before.numbers[k], concerned)], new[k]])
        there = there[there > 0]
        counts = np.bincount(np.searchsorted(concerned, there), minlength=len(concerned))
        now = concerned[counts > most]
        turned = np.setxor1d(now, concerned[np.isin(concerned, held)])
        common[column] = np.union1d(np.setdiff1d(held, concerned), now)
        out[row >= 0] |= among(before.numbers[k], turned)[row[row >= 0]]
    return out, common


def _codes(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Rows:
    """Return pairs of rows as one number each, the smaller row in the upper half."""
    return np.asarray(np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b), np.int64)


def _in_order(a: Rows, b: Rows, weight: npt.NDArray[np.float32]) -> Pairs:
    left, right = np.minimum(a, b).astype(np.int32), np.maximum(a, b).astype(np.int32)
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], weight[order])
