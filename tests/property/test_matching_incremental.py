"""Whatever comes, changes and goes, in whatever batches: matching what is rematched gives what matching all gives."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.blocking import Blocking
from assets.households.linkage.incremental import match_state
from assets.households.linkage.incremental import update as update_module
from assets.households.linkage.incremental.match_state import MatchState, state_after
from assets.households.linkage.incremental.update import MustRebuildError, Updated, update
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare import records as prepare
from tests.support.invented_lists import FIRST, people, without_cards
from tests.support.matching import NO_DECISIONS, decide, eager_second_weighing, held, partition, possible_pairs
from warehouse.home import ADDRESSES, CARDS

MODEL, RULES = Model.default(), Blocking.load()
SMALL_BLOCKS = replace(RULES, largest_block=4, pairs_per_record=0.5)


def change(chance: Random, records: pd.DataFrame, pool: pd.DataFrame) -> pd.DataFrame:
    """Withdraw some records, change some, add some, and turn the order."""
    few = chance.choice((0.003, 0.03))
    state = records[[chance.random() > few for _ in range(len(records))]].copy()
    for at in state.index:
        if chance.random() < few:
            state.loc[at, ["nama", "rt"]] = [chance.choice(FIRST), "003"]
    unknown = pool[~pool["record_id"].isin(records["record_id"])]
    added = unknown[[chance.random() < 3 * few for _ in range(len(unknown))]]
    return pd.concat([state, added]).sample(frac=1, random_state=chance.randrange(10**6)).reset_index(drop=True)


def from_scratch(
    records: pd.DataFrame,
    blocking: Blocking,
    decisions: pd.DataFrame,
    homes: pd.DataFrame = NO_DECISIONS,
    model: Model = MODEL,
) -> tuple[Clusters, MatchState]:
    found = cluster_records(records, model=model, blocking=blocking, decisions=decisions, household_decisions=homes)
    return found, state_after(records, found, blocking, decisions)


def assert_equal(records: pd.DataFrame, got: Updated, whole: Clusters, fresh: MatchState) -> None:
    ids = records["record_id"]
    assert partition(ids, got.person) == partition(ids, whole.person)
    assert partition(ids, got.household) == partition(ids, whole.household)
    assert held(got.state) == held(fresh)
    assert possible_pairs(got.possible, ids, got.household) == possible_pairs(whole.possible, ids, whole.household)
    rematched = set(ids[got.rematched])
    links = whole.links
    concerned = links[links["record_id_l"].isin(rematched) | links["record_id_r"].isin(rematched)].reset_index(
        drop=True
    )
    pd.testing.assert_frame_equal(got.clusters.links, concerned)


@pytest.mark.parametrize("cards", [True, False], ids=["cards", "hardly any cards"])
@pytest.mark.parametrize("blocking", [RULES, SMALL_BLOCKS], ids=["shipped rules", "small blocks"])
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**9))
def test_any_history_of_updates_ends_where_a_match_from_scratch_ends(
    blocking: Blocking, cards: bool, seed: int
) -> None:
    chance = Random(seed)
    pool = people(chance, 400)
    pool = pool if cards else without_cards(chance, pool)
    records = pool.head(340)
    decisions = decide(chance, records)
    cost, households = chance.choice((1.0, MODEL.wrong_merge_cost, 50.0)), chance.choice((CARDS, ADDRESSES))
    model = MODEL.as_set(cost, households)
    with eager_second_weighing(chance.random() < 0.5):
        _, state = from_scratch(records, blocking, decisions, model=model)
        for _ in range(3):
            records = change(chance, records, pool)
            decisions = decide(chance, pool) if chance.random() < 0.5 else decisions
            homes = decide(chance, pool)
            whole, fresh = from_scratch(records, blocking, decisions, homes, model)
            try:
                got = update(
                    state, records, model=model, blocking=blocking, decisions=decisions, household_decisions=homes
                )
            except MustRebuildError:
                state = fresh
                continue
            assert_equal(records, got, whole, fresh)
            state = got.state


def test_only_a_decision_that_changed_touches_only_its_records() -> None:
    chance = Random(7)
    records = people(chance, 400)
    _, state = from_scratch(records, RULES, NO_DECISIONS)
    same = update(state, records, model=MODEL, blocking=RULES, decisions=NO_DECISIONS)
    assert not same.rematched.any()
    a, b = records["record_id"].iloc[[3, 200]]
    decided = pd.DataFrame({"record_id_l": [min(a, b)], "record_id_r": [max(a, b)], "decision": ["same"]}, dtype="str")
    got = update(state, records, model=MODEL, blocking=RULES, decisions=decided)
    whole, fresh = from_scratch(records, RULES, decided)
    assert_equal(records, got, whole, fresh)
    assert 2 <= got.rematched.sum() < len(records) / 2
    person = pd.Series(got.person, records["record_id"])
    assert person[a] == person[b]


def test_a_place_that_becomes_crowded_is_so_for_those_who_lived_there_before(monkeypatch: pytest.MonkeyPatch) -> None:
    records, rules = people(Random(3), 400), replace(RULES, pairs_per_record=1000)
    places = records.groupby(["alamat", "kode_desa"])["record_id"].agg(list)
    neighbours = max(places, key=len)
    monkeypatch.setattr(prepare, "CROWDED", len(neighbours))
    monkeypatch.setitem(match_state.MOST_SHARING, "alamat", len(neighbours))
    _, state = from_scratch(records, rules, NO_DECISIONS)
    newcomer = records[records["record_id"] == neighbours[0]].assign(record_id="newcomer", nama="ORANG BARU", nik=None)
    for now, crowded in ((pd.concat([records, newcomer], ignore_index=True), 1), (records, 0)):
        got = update(state, now, model=MODEL, blocking=rules, decisions=NO_DECISIONS)
        whole, fresh = from_scratch(now, rules, NO_DECISIONS)
        assert_equal(now, got, whole, fresh)
        assert len(fresh.common_alamat) == crowded
        assert set(neighbours) <= set(now["record_id"][got.rematched])
        state = got.state


def test_rows_of_records_that_are_gone_are_cleared_by_a_match_from_scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_module, "SPARE_ROWS", 0)
    records, rules = people(Random(5), 300), replace(RULES, pairs_per_record=1000)
    _, state = from_scratch(records, rules, NO_DECISIONS)
    for size in (340, 380, 420):
        now = pd.concat([records.iloc[40:], people(Random(size), 40)], ignore_index=True)
        state = update(state, now, model=MODEL, blocking=rules, decisions=NO_DECISIONS).state
        assert len(state.store) == size
        assert state.live.sum() == 300
        records = now
    now = pd.concat([records.iloc[40:], people(Random(1), 40)], ignore_index=True)
    with pytest.raises(MustRebuildError, match="records that are gone"):
        update(state, now, model=MODEL, blocking=rules, decisions=NO_DECISIONS)
