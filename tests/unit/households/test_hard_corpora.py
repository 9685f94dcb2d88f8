"""The invented corpora with thin evidence hold what they are named for, and the measures measure it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model
from bench.hard import CONFUSABLE, CORPORA, SHARED, Corpus, confusable, confused, made, parted, score, twins_merged

SMALL = 1500


def corpus(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return made(CORPORA[name], SMALL, 7, aside=False)


@pytest.mark.parametrize("name", ["no card, head, role", "no nik, no card", "the same, no place"])
def test_a_corpus_lacks_the_columns_it_says(name: str) -> None:
    records, truth = corpus(name)
    assert not set(CORPORA[name].without) & set(records.columns)
    assert list(records["record_id"]) == list(truth["record_id"])


def test_usual_rates_draw_the_same_people_with_and_without_the_switches_named() -> None:
    plain, _ = made(Corpus(), SMALL, 7, aside=False)
    off, _ = made(Corpus((), {"streets": 0.0, "namesakes": 0.0, "nik_from_above": 0.0}), SMALL, 7, aside=False)
    assert plain.equals(off)


def test_twins_are_born_on_one_day_and_some_have_names_alike() -> None:
    records, truth = made(
        Corpus((), {"twins": 0.3, "triplets": 0.5, "alike_twins": 1.0, "born_typo": 0.0}), SMALL, 7, aside=False
    )
    twins = truth.merge(records, on="record_id").query(
        "birth > 0 and tanggal_lahir.str[5:] not in ['01-01', '12-31', '07-01']"
    )
    assert (twins.groupby("birth")["tanggal_lahir"].nunique() <= 1).all()
    assert truth[truth["birth"] > 0].groupby("birth")["person_id"].nunique().max() == 3


def test_streets_have_no_numbers_and_several_rts() -> None:
    records, _ = made(Corpus((), {"streets": 1.0}), SMALL, 7, aside=False)
    streets = records.dropna(subset=["alamat"])
    assert not streets["alamat"].str.contains(r"\d").any()
    assert streets.groupby(["kode_desa", "alamat"])["rt"].nunique().max() > 3


def test_people_are_named_after_one_father_in_some_lists() -> None:
    records, truth = made(Corpus((), {"patronyms": 0.5}), SMALL, 7, aside=False)
    named = records["nama"].str.contains(r" (?:BIN|B\.|BINTI|BT) ")
    assert 0.2 < named.mean() < 0.6
    both = named.groupby(truth["person_id"]).agg(["any", "all"])
    assert (both["any"] & ~both["all"]).any()


def test_names_are_cut_at_the_widths_of_columns() -> None:
    records, _ = made(Corpus((), {"name_cut": 1.0, "single_names": 0.0}), SMALL, 7, aside=False)
    lengths = records["nama"].str.len().value_counts()
    assert lengths.index.max() <= 30 and lengths[20] > 2 * lengths[21]


def test_residents_of_an_institution_have_one_address_no_card_and_no_family() -> None:
    records, truth = made(Corpus((), {"institutions": 0.5}), SMALL, 7, aside=False)
    residents = records.merge(truth, on="record_id")
    residents = residents[residents["alamat"].str.startswith("PANTI", na=False)]
    assert residents["no_kk"].isna().all()
    assert (residents.groupby("hh_id")["person_id"].nunique() == 1).all()
    assert residents.groupby(["kode_desa", "alamat"])["person_id"].nunique().max() >= 15


def test_fields_of_strangers_are_given_once_and_to_strangers() -> None:
    records, truth = corpus("cards")
    mixed, pairs = confused(records, truth, 3)
    assert set(pairs) == set(CONFUSABLE)
    rows = np.concatenate([ends.ravel() for ends in pairs.values()])
    assert len(rows) == len(set(rows.tolist()))
    for kind, (one, other) in pairs.items():
        assert (truth["person_id"].to_numpy()[one] != truth["person_id"].to_numpy()[other]).all()
        if kind != "nik_digit":
            assert (mixed[kind].to_numpy()[one] == records[kind].to_numpy()[other]).all()


def test_pairs_that_share_one_field_are_those_that_looking_at_all_pairs_finds() -> None:
    rows, truth = made(Corpus((), {"twins": 0.2, "nik_given_twice": 0.1}), 300, 7, aside=False)
    rows = rows.reset_index(drop=True)
    found = confusable(rows, truth)
    expected: dict[str, set[tuple[int, int]]] = {kind: set() for kind in SHARED}
    for one in range(len(rows)):
        for other in range(one + 1, len(rows)):
            a, b = rows.loc[one], rows.loc[other]
            off = sum(x != y for x, y in zip(str(a["nik"]), str(b["nik"]), strict=False))
            near = isinstance(a["nik"], str) and isinstance(b["nik"], str) and off <= 1
            shared = [near, *(a[kind] == b[kind] for kind in SHARED[1:])]
            if sum(shared) == 1 and truth.loc[one, "person_id"] != truth.loc[other, "person_id"]:
                expected[SHARED[shared.index(True)]].add((one, other))
    assert {kind: set(map(tuple, pairs.T.tolist())) for kind, pairs in found.items()} == expected
    assert all(expected.values())


def test_measures_of_a_clustering() -> None:
    truth = pd.DataFrame({"record_id": list("abcdef"), "person_id": [1, 1, 2, 2, 3, 3], "birth": [9, 9, 9, 9, 0, 0]})
    right, merged, split = np.array([1, 1, 2, 2, 3, 3]), np.array([1, 1, 1, 2, 3, 3]), np.array([1, 4, 2, 2, 3, 3])
    assert score(truth["person_id"], right).f1 == score(truth["person_id"], right).bcubed == 1
    assert (score(truth["person_id"], merged).precision, score(truth["person_id"], split).recall) == (0.5, 2 / 3)
    assert [twins_merged(truth, found) for found in (right, merged, split)] == [0, 1, 0]
    assert [round(parted(truth, found), 3) for found in (right, merged, split)] == [0, 0.167, 0.167]


def test_records_without_head_and_address_do_not_keep_their_families_apart() -> None:
    rows, truth = made(CORPORA["no card"], 8000, 81, aside=False)
    assert rows["kepala_keluarga"].isna().mean() > 0.1 < rows["alamat"].isna().mean()
    found = score(truth["hh_id"], cluster_records(rows, model=Model.default()).household)
    assert found.recall > 0.98
    assert found.precision > 0.96
