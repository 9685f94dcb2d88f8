"""However records are spread over buckets, what is found is what one process finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assets.households.linkage.blocking import Blocking, Rule
from assets.households.linkage.buckets import stages
from assets.households.linkage.buckets.engine import Kept, Loop, Make, Results, Send, Shipped, Work
from assets.households.linkage.buckets.matching import Matched, links_of, match_in_buckets
from assets.households.linkage.buckets.shipping import parts_of
from assets.households.linkage.buckets.state import Left, state_after_buckets
from assets.households.linkage.cardless.possible import possible_table
from assets.households.linkage.clustering import Decided
from assets.households.linkage.incremental.match_state import MatchState, state_after
from assets.households.linkage.incremental.update import update
from assets.households.linkage.matching import Clusters, cluster_records, decided_rows
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.prepare.identifiers import SHARED_BY_TOO_MANY
from assets.households.linkage.prepare.records import CROWDED, prepare
from tests.support.invented_lists import people, without_cards
from tests.support.matching import decide, eager_second_weighing, held, partition, possible_pairs
from warehouse.home import ADDRESSES, CARDS

MODEL, RULES = Model.default(), Blocking.load()
SMALL_BLOCKS = replace(RULES, largest_block=4, pairs_per_record=0.5)
OWN_RULES = Blocking((Rule("a", ("nama_depan", "rt")), Rule("b", ("kepala_depan",)), Rule("c", ("nik",))), 10, ("rt",))
NEVER_TOO_MANY = replace(RULES, pairs_per_record=1000)
"""Rules under which a few records more or less do not make all of them be matched again."""
RULE_SETS = {"shipped rules": RULES, "small blocks": SMALL_BLOCKS, "rules of one's own": OWN_RULES}


def written(records: pd.DataFrame, folder: Path, rows: int) -> Path:
    """Write records to a file whose parts have so many rows."""
    path = folder / "records.parquet"
    pq.write_table(pa.Table.from_pandas(records, preserve_index=False), path, row_group_size=rows)
    return path


def in_buckets(
    records: pd.DataFrame, folder: Path, blocking: Blocking, buckets: int, rows: int, model: Model = MODEL,
    people: Decided = stages.NO_DECISIONS, homes: Decided = stages.NO_DECISIONS,
) -> Matched:  # fmt: skip
    parts = parts_of(written(records, folder, rows))
    return match_in_buckets(Loop(parts), parts, buckets, model, blocking, people, homes, levels=True)


def assert_equal(records: pd.DataFrame, got: Matched, whole: Clusters) -> None:
    ids, order = records["record_id"], whole._order
    pairs, traces = whole._pairs, whole._traces
    assert traces is not None
    assert weighed(got.links) == set(zip(order[pairs.left], order[pairs.right], pairs.weight, strict=True))
    left, right, weight = traces.edges
    assert weighed(got.edges) == set(zip(order[left], order[right], weight, strict=True))
    assert partition(ids, got.person) == partition(ids, whole.person)
    assert partition(ids, got.household) == partition(ids, whole.household)


def left_by(
    records: pd.DataFrame, got: Matched, model: Model, blocking: Blocking, decisions: pd.DataFrame
) -> MatchState:
    """The state that a match in buckets leaves."""
    left = Left(got.person, got.known, got.links, got.edges)
    return state_after_buckets(records, left, model, blocking, decisions)


def weighed(links: pa.Table) -> set[tuple[Any, ...]]:
    return set(zip(*(links.column(name).to_numpy() for name in ("left", "right", "weight")), strict=True))


def assert_told_alike(records: pd.DataFrame, got: Matched, whole: Clusters, people: Decided) -> None:
    """All that is said of links, and of households that may be one, is the same."""
    ids, rows = records["record_id"], np.arange(len(records))
    pd.testing.assert_frame_equal(links_of(got, ids, people), whole.links)
    possible = possible_table(got.possible, ids, rows)
    assert possible_pairs(possible, ids, got.household) == possible_pairs(whole.possible, ids, whole.household)


@pytest.mark.parametrize("cards", [True, False], ids=["cards", "hardly any cards"])
@pytest.mark.parametrize("blocking", RULE_SETS.values(), ids=RULE_SETS.keys())
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10**9), buckets=st.sampled_from([1, 3, 8]))
def test_any_number_of_buckets_gives_what_one_process_gives(
    tmp_path_factory: pytest.TempPathFactory, blocking: Blocking, cards: bool, seed: int, buckets: int
) -> None:
    chance = Random(seed)
    records = people(chance, chance.choice((60, 400)))
    records = records if cards else without_cards(chance, records)
    cost, households = chance.choice((1.0, MODEL.wrong_merge_cost, 50.0)), chance.choice((CARDS, ADDRESSES))
    model = MODEL.as_set(cost, households)
    of_people, of_homes = (decide(chance, records, most=12) for _ in range(2))
    decided = [decided_rows(records["record_id"], np.arange(len(records)), said) for said in (of_people, of_homes)]
    folder, rows = tmp_path_factory.mktemp("lists"), chance.choice((50, 130, 1000))
    with eager_second_weighing(chance.random() < 0.5):
        whole = cluster_records(
            records, model=model, blocking=blocking, decisions=of_people, household_decisions=of_homes
        )
        got = in_buckets(records, folder, blocking, buckets, rows, model, *decided)
    assert_equal(records, got, whole)
    assert_told_alike(records, got, whole, decided[0])
    state = left_by(records, got, model, blocking, of_people)
    assert held(state) == held(state_after(records, whole, blocking, of_people))


@pytest.mark.parametrize("cards", [True, False], ids=["cards", "hardly any cards"])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**9), buckets=st.sampled_from([1, 3, 8]))
def test_the_next_match_goes_on_in_one_process_from_what_buckets_found(
    tmp_path_factory: pytest.TempPathFactory, cards: bool, seed: int, buckets: int
) -> None:
    chance = Random(seed)
    pool = people(chance, 400)
    pool = pool if cards else without_cards(chance, pool)
    before, after = pool.head(390), pool.tail(390).sample(frac=1, random_state=1).reset_index(drop=True)
    assume(Scale.of(prepare(before)) == Scale.of(prepare(after)))  # or all are matched again
    decisions = decide(chance, pool)
    people_decided = decided_rows(before["record_id"], np.arange(len(before)), decisions)
    got = in_buckets(before, tmp_path_factory.mktemp("lists"), NEVER_TOO_MANY, buckets, 130, MODEL, people_decided)
    state = left_by(before, got, MODEL, NEVER_TOO_MANY, decisions)
    same = update(state, before, model=MODEL, blocking=NEVER_TOO_MANY, decisions=decisions)
    assert not same.rematched.any(), "nothing changed"
    found = update(same.state, after, model=MODEL, blocking=NEVER_TOO_MANY, decisions=decisions)
    afresh, ids = cluster_records(after, model=MODEL, blocking=NEVER_TOO_MANY, decisions=decisions), after["record_id"]
    assert partition(ids, found.person) == partition(ids, afresh.person)
    assert partition(ids, found.household) == partition(ids, afresh.household)
    assert held(found.state) == held(state_after(after, afresh, NEVER_TOO_MANY, decisions))


@pytest.mark.parametrize("households", [CARDS, ADDRESSES])
@pytest.mark.parametrize("buckets", [3, 8])
def test_what_too_many_share_is_shared_by_the_records_of_all_buckets(
    tmp_path: Path, buckets: int, households: str
) -> None:
    records = people(Random(1), 600)
    chance = np.random.default_rng(1)
    records.loc[chance.random(600) < 0.2, "no_kk"] = "1610050101099999"
    records.loc[chance.random(600) < 0.1, "nik"] = "1610054101709999"
    crowded = chance.random(600) < 0.4
    records.loc[crowded, ["alamat", "kode_desa"]] = ["JL. PANTI ASUHAN NO. 1", "16.10.05.2001"]
    records.loc[crowded, ["no_kk", "kepala_keluarga"]] = None
    assert records["no_kk"].value_counts().max() > SHARED_BY_TOO_MANY
    assert records["nik"].value_counts().max() > SHARED_BY_TOO_MANY
    assert crowded.sum() > CROWDED
    model = MODEL.as_set(None, households)
    whole = cluster_records(records, model=model, blocking=RULES)
    assert_equal(records, in_buckets(records, tmp_path, RULES, buckets, 100, model), whole)


def test_blocks_are_split_by_the_pairs_of_all_buckets_however_the_first_looks(tmp_path: Path) -> None:
    records = people(Random(2), 200)
    again = either = 0
    for limit in (0.2, 0.6, 1.0, 1.5):
        blocking = replace(RULES, pairs_per_record=limit)
        engine = _Telling(parts_of(written(records, tmp_path, rows=100)))
        got = match_in_buckets(engine, engine.parts, 8, MODEL, blocking)
        assert_equal(records, got, cluster_records(records, model=MODEL, blocking=blocking))
        again += len(engine.compared) > 1
        either += engine.compared[-1]["fewest"] < engine.compared[-1]["most"]
    assert again, "no limit was guessed wrong"
    assert either, "buckets never had to compare for either case"


def test_blocks_that_may_be_split_or_not_are_compared_both_ways(tmp_path: Path) -> None:
    records = people(Random(2), 400)
    for key, limit in (("alamat", 4.0), ("nama_depan", 2.0)):
        blocking = Blocking((Rule("a", (key,)),), 60, ("tahun_lahir", "jenis_kelamin"), limit)
        engine = _Telling(parts_of(written(records, tmp_path, rows=100)))
        got = match_in_buckets(engine, engine.parts, 3, MODEL, blocking)
        assert engine.compared[-1]["fewest"] < engine.compared[-1]["most"]
        assert_equal(records, got, cluster_records(records, model=MODEL, blocking=blocking))


def test_records_without_a_village_find_who_lives_with_them(tmp_path: Path) -> None:
    records = people(Random(3), 400)
    nowhere = np.random.default_rng(3).random(400) < 0.5
    records.loc[nowhere, ["kode_desa", "no_kk"]] = None
    got = in_buckets(records, tmp_path, RULES, 8, rows=100)
    assert_equal(records, got, cluster_records(records, model=MODEL, blocking=RULES))


@dataclass(frozen=True)
class _Telling(Loop):
    """An engine that tells with what buckets were compared."""

    compared: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, make: Make) -> Kept:
        kept, compared = super().keep(make), self.compared

        class Counted:
            def __init__(self, shipped: Shipped) -> None:
                self.shipped = shipped

            def work(self, work: Work, given: Any = None, only: Any = None) -> Results:
                if isinstance(work, partial) and work.func is stages.compare:
                    compared.append(work.keywords)
                return self.shipped.work(work, given, only)

        class Counting:
            def ship(self, send: Send, beside: Sequence[pa.Table] | None = None) -> Shipped:
                return Counted(kept.ship(send, beside))

        return Counting()
