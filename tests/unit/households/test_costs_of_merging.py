"""The more a wrong merge costs, the surer matching must be to make one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from assets.households.linkage.match_file import match_file
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.parameters import EVEN, Model
from assets.households.review.explain import explain, scorer
from assets.households.stages.match import MATCH
from bench.hard import merges
from bench.population import generate
from warehouse.home import DataHome

COLUMNS = ["record_id", "nama", "jenis_kelamin", "tanggal_lahir", "kode_desa", "periode"]
ALIKE = pd.DataFrame(
    [
        ("a", "SARI WIDURI", "P", "1985-03-12", "16.10.05.2036", "2023"),
        ("b", "SARI WIDURI", "P", "1984-03-12", "16.10.05.2036", "2024"),
    ],
    columns=COLUMNS,
)
RECORDS, TRUTH = generate(4000, 77)
COSTS = (0.5, 5.0, 50.0)


def at_cost(cost: float, records: pd.DataFrame = ALIKE) -> Clusters:
    return cluster_records(records, model=replace(Model.default(), wrong_merge_cost=cost))


def test_two_records_are_joined_at_the_cost_that_their_odds_outweigh_and_not_at_a_higher_one() -> None:
    weight = at_cost(5).links["match_weight"].iloc[0]
    just_outweighed = EVEN * 2.0**weight
    assert just_outweighed > 1
    for cost, persons in ((just_outweighed / 1.1, 1), (just_outweighed * 1.1, 2)):
        found = at_cost(cost)
        assert len(set(found.person)) == persons
        assert found.links["match_weight"].iloc[0] == weight
        model = replace(Model.default(), wrong_merge_cost=cost)
        said = explain(scorer(ALIKE, model), "a", "b", language="en").sentence
        assert ("DIFFERENT PEOPLE" in said) == (persons == 2)


@pytest.mark.parametrize("without", [(), ("no_kk", "kepala_keluarga", "hubungan")], ids=["cards", "no cards"])
@pytest.mark.parametrize("kind", ["person", "household"])
def test_at_a_higher_cost_fewer_merges_are_wrong_and_more_are_missed(without: tuple[str, ...], kind: str) -> None:
    truth = TRUTH[{"person": "person_id", "household": "hh_id"}[kind]]
    records = RECORDS.drop(columns=list(without))
    wrong, missed = zip(*(merges(truth, getattr(at_cost(cost, records), kind)) for cost in COSTS), strict=True)
    assert wrong[0] >= wrong[1] >= wrong[2]
    assert missed[0] <= missed[1] <= missed[2] and missed[0] < missed[2]


def test_a_model_keeps_the_cost_at_which_it_served_and_another_cost_is_another_model(tmp_path: Path) -> None:
    usual, other = Model.default(), replace(Model.default(), wrong_merge_cost=20.0)
    other.save(tmp_path / "model.json")
    assert Model.load(tmp_path / "model.json").wrong_merge_cost == 20.0
    assert Model.load(tmp_path / "model.json").hash == other.hash != usual.hash


def test_an_installation_that_sets_another_cost_matches_anew(tmp_path: Path) -> None:
    home = DataHome(root=tmp_path, inbox=tmp_path)
    seen = [MATCH.fingerprint(MATCH.settings(replace(home, wrong_merge_cost=cost))) for cost in (5.0, 20.0)]
    assert seen[0] == MATCH.fingerprint(MATCH.settings(home)) != seen[1]


def test_a_table_is_matched_at_the_cost_that_is_asked_for(tmp_path: Path) -> None:
    RECORDS.to_parquet(tmp_path / "records.parquet")
    persons = {
        cost: match_file(tmp_path / "records.parquet", tmp_path / "out.parquet", wrong_merge_cost=cost).persons
        for cost in (None, 5.0, 0.01, 10_000.0)
    }
    assert persons[0.01] < persons[5.0] == persons[None] < persons[10_000.0]
