"""What was left apart is weighed again: what it comes to, and what stays apart all the same."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pandas as pd
import pytest

from assets.households.linkage.clustering import LeftApart, with_rivals
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.second_weighing import (
    FEWER,
    MEAN,
    NUMBERS,
    RIVALS,
    SHOWN,
    TABLE,
    odds,
    shipped,
    term,
)
from assets.households.review.queue import review_queue

HOME = {
    "no_kk": "1610012612120097", "tempat_lahir": "CILACAP", "tanggal_lahir": "1975-06-28", "jenis_kelamin": "P",
    "alamat": "DSN. SEPAKAT RT 04/02", "dusun": "SEPAKAT", "rt": "004", "rw": "002", "kode_desa": "16.10.01.2003",
    "hubungan": "ISTRI", "kepala_keluarga": "AHMAD SINAGA", "nama_ibu": "SITI",
}  # fmt: skip
LISTED = [
    {"record_id": "a", "nama": "NUR HARTONO", "periode": "2020"},
    {"record_id": "b", "nama": "NUR HARTOONO", "periode": "2023", "no_kk": None, "kepala_keluarga": "AHMAD"},
    {"record_id": "c", "nama": "NIR HARTONO", "periode": "2022"},
    {"record_id": "d", "nama": "NUR HARTONO", "periode": "2021", "no_kk": "1610012612120090", "tanggal_lahir": None,
     "jenis_kelamin": "L", "kepala_keluarga": "AHOAD", "nama_ibu": "ITI"},
]  # fmt: skip
"""One woman on four lists; in the last, much is written wrong, and the birth date is missing."""


def matched(*, cost: float = 5.0, decisions: pd.DataFrame | None = None, **changed: str) -> Clusters:
    """Match the four records; `changed`: fields of the last one."""
    rows = pd.DataFrame([HOME | row for row in LISTED]).assign(sumber="DESA")
    for field, value in changed.items():
        rows.loc[rows["record_id"] == "d", field] = value
    return cluster_records(rows, model=Model.default(), wrong_merge_cost=cost, decisions=decisions)


def test_who_was_left_apart_and_can_hardly_be_another_is_joined_at_last() -> None:
    found = matched()
    assert len(set(found.person)) == 1
    links = found.links.set_index(["record_id_l", "record_id_r"])
    joined = links[links["decided_by"] == "joined_at_last"]
    assert len(joined) and {"d"} == set(joined.index.get_level_values("record_id_r"))
    assert (joined["match_probability"] > 5 / 6).all(), "what is stated is what was asked for, or more"
    membership = pd.DataFrame({"record_id": list("abcd"), "person_id": "p", "household_id": "h"})
    rows = pd.DataFrame([HOME | row for row in LISTED]).assign(sumber="DESA")
    asked = review_queue(found.links, rows, membership)
    assert not (asked["person_id_l"] != asked["person_id_r"]).any()


def test_where_a_wrong_merge_costs_more_they_stay_apart() -> None:
    assert len(set(matched(cost=200.0).person)) == 2


@pytest.mark.parametrize("with_whom", ["a", "b", "c"])
def test_a_reviewers_answer_holds(with_whom: str) -> None:
    said = pd.DataFrame({"record_id_l": [with_whom], "record_id_r": ["d"], "decision": ["different"]})
    found = matched(decisions=said)
    assert len(set(found.person)) == 2
    assert "joined_at_last" not in set(found.links["decided_by"])


def test_a_constraint_holds() -> None:
    assert len(set(matched(nama="BUDI", tanggal_lahir="1975-06-28").person)) == 2


def test_a_list_that_names_both_asks_for_more() -> None:
    found = matched(periode="2020", nama="NUR WATI")
    assert len(set(found.person)) == 2
    assert "joined_at_last" not in set(found.links["decided_by"])


def apart(pairs: list[tuple[int, int]], means: list[float]) -> LeftApart:
    numbers = np.zeros((len(pairs), len(NUMBERS)))
    numbers[:, MEAN] = means
    one, other = np.array(pairs).T
    return LeftApart(one, other, np.ones(len(pairs), bool), numbers, np.zeros((len(pairs), len(SHOWN)), np.int32))


def test_rivals_are_all_others_that_either_may_be() -> None:
    chance = Random(5)
    pairs = sorted({(a, b) for a, b in (sorted(chance.sample(range(9), 2)) for _ in range(20))})
    means = [chance.uniform(-8, 8) for _ in pairs]
    got = with_rivals(apart(pairs, means)).numbers[:, RIVALS]
    for at, pair in enumerate(pairs):
        others = [1 / (1 + 2**-mean) for each, mean in zip(pairs, means, strict=True) for end in pair if end in each]
        own = 2 / (1 + 2 ** -means[at])
        assert got[at] == pytest.approx(math.log2(1 + sum(others) - own))


def test_odds_add_up_what_the_table_says() -> None:
    table = pd.read_csv(TABLE).set_index("term")["bits"]
    assert set(table.index) <= {"start", *NUMBERS, *(term(c, name) for c, names in SHOWN.items() for name in names)}
    numbers, levels = np.zeros((1, len(NUMBERS))), np.ones((1, len(SHOWN)), np.int32)
    numbers[0, FEWER] = 2.0
    named = sum(table.get(term(comparison, names[1]), 0.0) for comparison, names in SHOWN.items())
    assert odds(numbers, levels, shipped())[0] == pytest.approx(table["start"] + 2 * table["fewer"] + named)
