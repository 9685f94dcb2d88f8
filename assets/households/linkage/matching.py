"""Matching: records in, a person and a household for each record out.

The result is a function of the set of records, the model and the reviewers' decisions: neither the order of the
records nor the batches in which they came change it. Scores of pairs depend on the two records, the model and the
size class of the set (`model.Scale`), so that records which come or go leave other pairs' scores as they are.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.arrays.compiled import THREADS
from assets.households.linkage.arrays.links import Bools, Links
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.blocking import MOST_AT_ONCE, Blocking, Blocks, Keys, make_blocks
from assets.households.linkage.cardless.households import (
    card_or_head,
    join_cardless,
    neighbours_of,
    of_same_people,
    of_unknown,
)
from assets.households.linkage.cardless.places import place_keys
from assets.households.linkage.cardless.possible import NONE_POSSIBLE, possible_table
from assets.households.linkage.clustering import Decided, Outcomes, join_persons
from assets.households.linkage.compare.levels import LEVELS, Comparison
from assets.households.linkage.compare.places import RUMAH_PARTS, unpack_rumah
from assets.households.linkage.compare.records import RecordArrays, compare_pairs, record_arrays, rows_of
from assets.households.linkage.constraints import REASONS
from assets.households.linkage.dwellings.joining import join_households
from assets.households.linkage.dwellings.keys import place_hashes
from assets.households.linkage.dwellings.weights import household_weights
from assets.households.linkage.model.calibration import fates_of, probabilities
from assets.households.linkage.model.estimation import ModelNotIdentified, train
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.pairs import Pairs
from assets.households.linkage.prepare.records import Prepared, prepare
from assets.households.linkage.scoring import score_blocks
from assets.households.linkage.weighing import packed_weights
from warehouse.memory import give_back

UNCERTAIN = -6.0
"""log2 odds from which a pair is kept as a link that a reviewer may want to see (1.5 %)."""
BYTES_PER_RECORD = 525 + 25 * min(THREADS, MOST_AT_ONCE)
"""Memory that matching takes for each record beside the records themselves, measured from 1 to 20 million records."""


@dataclass
class Report:
    """What a match did: seconds by stage, pairs and links by blocking rule, the model, the size class, peak memory."""

    timings: dict[str, float] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=list)
    model_hash: str = ""
    model: str = "given"
    records: int = 0
    size_class: int = 0
    peak_memory_bytes: int = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        start = time.perf_counter()
        yield
        give_back()
        self.timings[name] = round(time.perf_counter() - start, 4)
        self.peak_memory_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@dataclass(frozen=True)
class Traces:
    """What a later match of almost the same records starts from: the records, size class, households as far as cards,
    heads and people tell them, edges between records of one dwelling, pairs by blocking step."""

    prepared: Prepared
    scale: Scale
    household: Ints
    edges: Links
    totals: list[tuple[int, ...]]


@dataclass(frozen=True)
class Clusters:
    """Labels of person and household, one for each input record in input order, and what led to them.

    `possible`: pairs of households that may be one, as `possible_table`.
    `_order`, `_records`: the records in canonical order, as rows of the input and as the comparisons read them;
    `_pairs`, `_outcomes`: the pairs worth keeping, and what became of each; `_decided`: the reviewers' decisions.
    """

    person: npt.NDArray[np.int64]
    household: npt.NDArray[np.int64]
    possible: pd.DataFrame
    report: Report
    model: Model
    _ids: pd.Series
    _order: npt.NDArray[np.int64]
    _records: RecordArrays
    _pairs: Pairs
    _outcomes: Outcomes
    _decided: Decided
    _traces: Traces | None = None

    @cached_property
    def links(self) -> pd.DataFrame:
        """Links of records that are one person, and pairs that nearly were (`UNCERTAIN`).

        Columns: record_id_l, record_id_r (the smaller id left), match_weight (log2 odds by the fields of both),
        match_probability (by that and by what became of the pair, unless a reviewer decided that: `calibration`),
        gamma_<comparison> (level, 0: one does not say), decided_by (`model`, `reviewer`, the constraint that refused
        it, or `joined_at_last`: the second weighing). Sorted by ids.
        """
        pairs = self._pairs
        levels, _ = compare_pairs(pairs.left, pairs.right, self._records)
        ends = np.stack([pairs.left, pairs.right])
        return described_links(
            self._ids, self._order[ends], pairs.weight, levels, self._outcomes, self.person,
            self._decided.are_of(*ends),
        )  # fmt: skip


def described_links(
    ids: pd.Series, ends: npt.NDArray[np.int64], weight: npt.NDArray[np.float32], levels: npt.NDArray[np.int16],
    outcomes: Outcomes, person: npt.NDArray[np.int64], by_reviewer: Bools,
) -> pd.DataFrame:  # fmt: skip
    """Return links as `Clusters.links`. `ids`, `person`: of each record; all else one entry a link: which records it
    connects (2 × links), how they agree (`compare_pairs`), what became of it, and whether a reviewer decided on it."""
    decided_by = np.where(by_reviewer, len(REASONS), outcomes)
    odds, one_person = weight.astype(float), person[ends[0]] == person[ends[1]]
    chance = probabilities(odds, fates_of(outcomes, one_person))
    by_fields = 1 / (1 + 2.0 ** -np.clip(odds, -60, 60))
    chance = np.where(by_reviewer, by_fields, chance)
    rank = _ranks(ids)
    ends = np.where(rank[ends[0]] <= rank[ends[1]], ends, ends[::-1])
    order = np.argsort(rank[ends[0]] << 32 | rank[ends[1]], kind="stable")
    ends, levels = ends[:, order], levels[order]
    columns = {
        "record_id_l": ids.array.take(ends[0]),
        "record_id_r": ids.array.take(ends[1]),
        "match_weight": odds[order].round(3),
        "match_probability": chance[order].round(6),
    }
    for comparison in LEVELS:
        columns[f"gamma_{comparison.key}"] = levels[:, comparison].astype(np.int8)
    for name, level in zip(RUMAH_PARTS, unpack_rumah(levels[:, Comparison.RUMAH]), strict=True):
        columns[f"gamma_{name}"] = level.astype(np.int8)
    columns["decided_by"] = pd.array(["model", *REASONS[1:], "reviewer"], dtype="str").take(decided_by[order])
    return pd.DataFrame(columns)


def _ranks(ids: pd.Series) -> npt.NDArray[np.int64]:
    """Return the position of each id among all ids, sorted."""
    rank = np.arange(len(ids))
    if not ids.is_monotonic_increasing:
        rank[ids.argsort().to_numpy()] = np.arange(len(ids))
    return rank


def cluster_records(
    records: pd.DataFrame,
    *,
    model: Model | None = None,
    blocking: Blocking | None = None,
    decisions: pd.DataFrame | None = None,
    household_decisions: pd.DataFrame | None = None,
    memory_limit: str | None = None,
    wrong_merge_cost: float | None = None,
    households: str | None = None,
) -> Clusters:
    """Group records into persons and households.

    In: one row a record; `record_id` and any of the contract's record columns, also `umur`, `nama_ibu`, `nama_ayah`,
    `sumber`. `decisions`: record_id_l, record_id_r, decision (`same` or `different`); those on unknown records are
    left out; `household_decisions`: the same of households. Without `model` one is trained on the records, or the
    shipped one serves where they cannot identify one. `wrong_merge_cost`, `households`: in the place of the model's.
    Out: every record has one person and one household. Raises ValueError where record ids are missing or repeated,
    MemoryError where `memory_limit` (such as `4GB`) is less than the records need. Never changes the records.
    """
    check_memory(len(records), memory_limit, held=int(records.memory_usage().sum()))
    report = Report(records=len(records))
    with report.stage("prepare"):
        p = prepare(records)
    return cluster_prepared(
        p, records["record_id"], report, model=model, blocking=blocking, decisions=decisions,
        household_decisions=household_decisions, wrong_merge_cost=wrong_merge_cost, households=households,
    )  # fmt: skip


def cluster_prepared(
    p: Prepared,
    ids: pd.Series,
    report: Report,
    *,
    model: Model | None = None,
    blocking: Blocking | None = None,
    decisions: pd.DataFrame | None = None,
    household_decisions: pd.DataFrame | None = None,
    wrong_merge_cost: float | None = None,
    households: str | None = None,
) -> Clusters:
    """Group records that are prepared, as `cluster_records` does. `ids`: their ids; `report`: to go on with.

    The columns that they were prepared from are not needed any more.
    """
    give_back()
    blocking = blocking or Blocking.load()
    with report.stage("block"):
        blocks, keys = make_blocks(p, blocking)
    if model is None:
        with report.stage("train"):
            model, report.model = trained_or_shipped(p, (blocks, keys))
    model = model.as_set(wrong_merge_cost, households)
    p, scale = model.with_names(p), Scale.of(p)
    report.model_hash, report.size_class = model.hash, scale.records
    weights, arrays = model.weights(scale), record_arrays(p)
    with report.stage("score"):
        pairs, rule, added = score_blocks(blocks, keys, arrays, weights, UNCERTAIN)
    report.rules = _rules(blocks, added, rule[pairs.weight > 0])
    totals = [b.totals for b in blocks]
    del blocks, keys
    decided = decided_rows(ids, p.order, decisions)
    with report.stage("persons"):
        person, outcomes = join_persons(len(p), pairs, decided, arrays, packed_weights(weights))
    with report.stage("households"):
        known, edges = join_households(p, person, arrays, household_weights(model, scale))
        household, possible = known.copy(), NONE_POSSIBLE
        alone = of_unknown(card_or_head(p.rows), known, len(p))
        if alone.any():
            places = place_keys(p)
            members = np.flatnonzero(neighbours_of(alone, places) | of_same_people(alone, known, person))
            cardless = join_cardless(
                members, known[members], ~alone[members], person[members], place_hashes(p)[members],
                places[:, members], rows_of(arrays, members), household_weights(model, scale),
                decided_rows(ids.take(p.order[members]), np.arange(len(members)), household_decisions),
            )  # fmt: skip
            household[members], possible = cardless.household, cardless.possible
    row_of = p.row_of
    return Clusters(
        person[row_of].astype(np.int64), household[row_of].astype(np.int64),
        possible_table(possible, ids, p.order), report, model, ids, p.order, arrays, pairs, outcomes, decided,
        Traces(p, scale, known, edges, totals),
    )  # fmt: skip


def trained_or_shipped(p: Prepared, blocks: tuple[list[Blocks], Keys]) -> tuple[Model, str]:
    """Train a model on prepared records; where they cannot identify one, return the shipped one, and say which."""
    shipped = Model.default()
    try:
        return train(p, shipped, blocks), "trained on these records"
    except ModelNotIdentified as refusal:
        return shipped, f"shipped: {refusal}"


def _rules(blocks: list[Blocks], added: list[int], linked: npt.NDArray[np.int16]) -> list[dict[str, Any]]:
    links = np.bincount(linked, minlength=len(blocks))
    return [
        {
            "rule": b.rule.name,
            "keys": list(b.rule.keys),
            "pairs_added": added[k],
            "links_added": int(links[k]),
            "records_in_split_blocks": b.split_records,
            "blocks_compared_in_a_window": int(b.in_window().sum()),
        }
        for k, b in enumerate(blocks)
    ]


def decided_rows(ids: pd.Series, order: npt.NDArray[np.int64], decisions: pd.DataFrame | None) -> Decided:
    """Return reviewers' decisions on records by their canonical numbers; `order`: which of `ids` each of these is."""
    none = np.zeros((0, 2), np.int32)
    if decisions is None or decisions.empty or not len(order):
        return Decided(none, none)
    index = pd.Index(ids)
    rows = np.stack([index.get_indexer(pd.Index(decisions[c])) for c in ("record_id_l", "record_id_r")], axis=1)
    known = (rows >= 0).all(axis=1)
    back = np.empty(len(order), np.int32)
    back[order] = np.arange(len(order), dtype=np.int32)
    verdict = decisions["decision"].to_numpy()
    pairs = back[rows]
    return Decided.of(*(pairs[known & (verdict == v)] for v in ("same", "different")))


def check_memory(records: int, limit: str | None, held: int = 0) -> None:
    """Raise MemoryError where `limit` (such as `4GB`) is less than matching so many records needs.

    `held`: bytes that the records themselves take meanwhile.
    """
    if limit is None:
        return
    need, have = 400_000_000 + held + records * BYTES_PER_RECORD, bytes_of(limit)
    if need > have:
        raise MemoryError(
            f"matching {records} records takes about {need / 1e9:.1f} GB, the limit is {limit}; "
            "raise the limit or match fewer villages at a time"
        )


def bytes_of(size: str) -> int:
    """Return the number of bytes that a text such as `4GB`, `800 MB` or `2GiB` means.

    >>> bytes_of("4GB"), bytes_of("1.5 GiB")
    (4000000000, 1610612736)
    """
    text = size.strip().upper().removesuffix("B")
    base = 1024 if text.endswith("I") else 1000
    text = text.removesuffix("I")
    power = {"K": 1, "M": 2, "G": 3, "T": 4}.get(text[-1:], 0)
    return int(float(text[:-1] if power else text) * base**power)
