"""What `match_probability` says is how often it is so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.households.linkage.constraints import REASONS, Outcome
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.calibration import FATES, TABLE, fates_of, probabilities
from assets.households.linkage.model.parameters import Model
from bench.calibration import brier, fitted, precision_and_recall, reliability, seen
from bench.population import generate

RECORDS, TRUTH = generate(6000, 78)


def test_whatever_becomes_of_a_pair_has_one_line() -> None:
    assert tuple(pd.read_csv(TABLE)["fate"]) == FATES
    assert set(REASONS[1:]) < set(FATES)


@given(st.lists(st.floats(-60, 60), min_size=2, max_size=20), st.integers(0, len(FATES) - 1))
def test_a_probability_rises_with_the_weight(weights: list[float], fate: int) -> None:
    found = probabilities(np.sort(weights), np.full(len(weights), fate))
    assert ((found > 0) & (found < 1)).all()
    assert (np.diff(found) >= 0).all()


def test_at_one_weight_what_was_joined_is_likelier_than_what_was_left_and_that_than_what_was_refused() -> None:
    outcomes = np.array([Outcome.JOINED, Outcome.JOINED, Outcome.TWO_SOUND_NIKS, Outcome.TWO_SOUND_NIKS])
    fates = fates_of(outcomes, np.array([True, False, False, True]))
    joined, apart, refused, joined_in_the_end = probabilities(np.full(4, 1.0), fates)
    assert joined == joined_in_the_end > 0.9 > apart > refused


def test_pairs_that_nothing_was_fitted_to_are_what_is_stated() -> None:
    links = seen("twins, namesakes", 8000, 79).links
    alone = links.assign(stated=1 / (1 + np.exp2(-links["match_weight"])))
    assert brier(links) < 0.7 * brier(alone)
    tenths = reliability(links).query("pairs >= 100")
    assert (tenths["stated"] - tenths["right"]).abs().max() < 0.2


def test_what_a_reviewer_decided_says_what_the_records_say_by_themselves() -> None:
    free = cluster_records(RECORDS, model=Model.default()).links
    pair = free[free["match_weight"].between(-3, 3)].iloc[[0]][["record_id_l", "record_id_r"]]
    said = cluster_records(RECORDS, model=Model.default(), decisions=pair.assign(decision="same")).links
    decided = said[said["decided_by"] == "reviewer"]
    assert len(decided) == 1
    assert decided["match_probability"].iloc[0] == pytest.approx(
        1 / (1 + 2.0 ** -decided["match_weight"].iloc[0]), abs=1e-3
    )


def test_a_fit_finds_the_line_that_pairs_were_drawn_from() -> None:
    chance = np.random.default_rng(5)
    weight = chance.uniform(-6, 12, 40_000)
    links = pd.concat(
        pd.DataFrame(
            {"match_weight": weight, "fate": fate, "right": chance.random(40_000) < 1 / (1 + np.exp2(2 - weight / 2))}
        )
        for fate in set(FATES) - {"joined"}
    )
    joined = links[links["fate"] == "apart"].assign(fate="joined", match_weight=lambda x: x["match_weight"].clip(0))
    table = fitted(pd.concat([links, joined])).set_index("fate").drop(["joined", "decided_different"])
    assert table["start"].between(-2.1, -1.9).all()
    assert table["slope"].between(0.47, 0.53).all()


def test_precision_and_recall_count_the_surest_pairs_first() -> None:
    possible = pd.DataFrame({"stated": [0.2, 0.9, 0.5], "right": [True, True, False]})
    curve = precision_and_recall(possible, apart=4)
    assert curve["stated"].tolist() == [0.9, 0.5, 0.2]
    assert curve["precision"].tolist() == pytest.approx([1, 1 / 2, 2 / 3])
    assert curve["recall"].tolist() == pytest.approx([1 / 4, 1 / 4, 2 / 4])


def test_reliability_compares_what_is_stated_with_what_is_right() -> None:
    table = reliability(pd.DataFrame({"stated": [0.15, 0.18, 0.95, 1.0], "right": [False, True, True, True]}))
    assert table.index.tolist() == [1, 9]
    assert table["pairs"].tolist() == [2, 2] and table["right"].tolist() == [0.5, 1.0]
    assert table["stated"].round(3).tolist() == [0.165, 0.975]
