"""What holds of every match: nobody is lost, order does not matter, decisions and constraints are obeyed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.identity.survivorship import best_values
from assets.households.linkage.blocking import Blocking
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.estimation import ModelNotIdentified, train
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import prepare
from tests.support.matching import partition

FIRST = ("SITI AMINAH", "SITI AMINA", "BUDI", "BUDI SANTOSO", "MUHAMMAD ALI", "M. ALI", "YUSUF", "JUSUF")
NUMBERS = (None, "1610050101900003", "1610050101900013", "1610054101900003", "161005010190000", "9999999999999999")
DATES = (None, "1990-01-01", "1990-01-10", "1990-10-01", "1985-05-05", "1990")


@st.composite
def villages(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a few records that are easily confused."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(FIRST), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.sampled_from(DATES),
                st.sampled_from(("L", "P", None)), st.sampled_from(("KEPALA KELUARGA", "ANAK", None)),
                st.sampled_from(FIRST), st.sampled_from(("2023", "2024")),
            ),
            max_size=25,
        )
    )  # fmt: skip
    columns = ["nama", "nik", "no_kk", "tanggal_lahir", "jenis_kelamin", "hubungan", "kepala_keluarga", "periode"]
    frame = pd.DataFrame(rows, columns=columns).astype("str")
    frame = frame.mask(frame.eq("None"))
    return frame.assign(record_id=[f"r{k:03d}" for k in range(len(frame))], kode_desa="16.10.05.2036", sumber="DESA")


def match(records: pd.DataFrame, decisions: pd.DataFrame | None = None) -> Clusters:
    return cluster_records(records, model=Model.default(), decisions=decisions)


@settings(max_examples=40, deadline=None)
@given(villages(), st.randoms(use_true_random=False))
def test_every_record_has_one_person_and_household_in_any_order(records: pd.DataFrame, random: Random) -> None:
    whole = match(records)
    assert len(whole.person) == len(whole.household) == len(records)
    order = list(range(len(records)))
    random.shuffle(order)
    turned = records.iloc[order].reset_index(drop=True)
    other = match(turned)
    ids, again = records["record_id"], turned["record_id"]
    assert partition(ids, whole.person) == partition(again, other.person)
    assert partition(ids, whole.household) == partition(again, other.household)
    pd.testing.assert_frame_equal(whole.links, other.links)


@settings(max_examples=40, deadline=None)
@given(villages(), st.data())
def test_decisions_are_obeyed(records: pd.DataFrame, data: st.DataObject) -> None:
    if len(records) < 2:
        return
    a, b = data.draw(st.permutations(records["record_id"].tolist()))[:2]
    decision = data.draw(st.sampled_from(("same", "different")))
    reviewed = pd.DataFrame({"record_id_l": [a], "record_id_r": [b], "decision": [decision]})
    person = pd.Series(match(records, reviewed).person, index=records["record_id"])
    assert (person[a] == person[b]) == (decision == "same")


@settings(max_examples=25, deadline=None)
@given(villages())
def test_best_values_stand_in_the_records_that_are_named(records: pd.DataFrame) -> None:
    clusters = match(records)
    membership = pd.DataFrame(
        {
            "record_id": records["record_id"],
            "person_id": pd.Series(clusters.person).map("p{}".format).astype("str"),
            "household_id": pd.Series(clusters.household).map("h{}".format).astype("str"),
        }
    )
    persons, households = best_values(records, membership)
    assert set(persons["person_id"]) == set(membership["person_id"])
    assert set(households["household_id"]) == set(membership["household_id"])
    assert persons["records"].sum() == households["records"].sum() == len(records)
    said = records.set_index("record_id")
    for column in ("nama", "nik", "no_kk", "tanggal_lahir"):
        known = persons[persons[column].notna()]
        assert said.loc[known[f"{column}_record_id"], column].tolist() == known[column].tolist()


def invented(households: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Households of four in three lists, with the faults of lists; returns records and the true persons."""
    r = np.random.default_rng(seed)
    first = np.array(
        [a + b for a in ("SU", "PAR", "WAR", "RAH", "NUR", "YAN") for b in ("TI", "MAN", "TINI", "DI", "JO")]
    )
    rows, truth = [], []
    for h in range(households):
        kk = f"161005{r.integers(1, 29):02d}{r.integers(1, 13):02d}{r.integers(5, 20):02d}{h:04d}"
        rt = f"{r.integers(1, 9):03d}"
        people = []
        for m in range(4):
            sex = "LPLP"[m]
            year, month, day = (1950 + 25 * (m > 1) + r.integers(0, 20), r.integers(1, 13), r.integers(1, 29))
            nik = f"161005{day + 40 * (sex == 'P'):02d}{month:02d}{year % 100:02d}{r.integers(1, 90):04d}"
            name = " ".join(r.choice(first, 2, replace=False))
            people.append((name, nik, f"{year}-{month:02d}-{day:02d}", sex))
        for year in (2022, 2023, 2024):
            for m, (name, nik, born, sex) in enumerate(people):
                faulty = name[:2] + name[3:] if r.random() < 0.15 else name
                rows.append(
                    (
                        faulty, None if r.random() < 0.2 else nik, None if r.random() < 0.15 else kk,
                        born[:4] + "-01-01" if r.random() < 0.08 else born, sex, rt,
                        ("KEPALA KELUARGA", "ISTRI", "ANAK", "ANAK")[m], people[0][0],
                        f"16.10.05.{2001 + h % 4}", str(year),
                    )
                )  # fmt: skip
                truth.append(4 * h + m)
    columns = [
        "nama",
        "nik",
        "no_kk",
        "tanggal_lahir",
        "jenis_kelamin",
        "rt",
        "hubungan",
        "kepala_keluarga",
        "kode_desa",
        "periode",
    ]
    frame = pd.DataFrame(rows, columns=columns).assign(sumber="DESA", record_id=[f"i{k:05d}" for k in range(len(rows))])
    return frame, pd.Series(truth)


def pair_f1(truth: pd.Series, got: np.ndarray) -> float:
    def pairs(*keys: object) -> int:
        size = truth.groupby(list(keys)).size()
        return int((size * (size - 1) // 2).sum())

    both = pairs(truth.to_numpy(), got)
    return 2 * both / (pairs(truth.to_numpy()) + pairs(got))


RECORDS, TRUTH = invented(700, 1)


def test_a_model_trained_from_perturbed_starts_gives_the_same_result() -> None:
    p = prepare(RECORDS)
    start = Model.default()
    labels = []
    for seed in (None, 1, 2):
        shaken = start
        if seed is not None:
            r = np.random.default_rng(seed)
            levels = {}
            for name, table in start.levels.items():
                noisy = table * 2 ** r.uniform(-1, 1, table.shape)
                noisy[..., 0] = 0
                noisy = noisy / noisy.sum(axis=-1, keepdims=True)
                noisy[..., 0] = 1
                levels[name] = noisy
            pairs = start.pairs | {"same": start.pairs["same"] * 2 ** float(r.uniform(-1, 1))}
            shaken = replace(start, levels=levels, pairs=pairs)
        labels.append(cluster_records(RECORDS, model=train(p, shaken, salt=seed or 0)).person)
    assert all(pair_f1(TRUTH, got) > 0.985 for got in labels)
    assert all(pair_f1(pd.Series(labels[0]), got) > 0.995 for got in labels[1:])


def test_narrow_and_broad_blocking_rules_agree(tmp_path: Path) -> None:
    narrow = tmp_path / "narrow.yml"
    narrow.write_text(
        "rules:\n  - keys: [nik_15]\n  - keys: [no_kk, nama_depan]\n  - keys: [tanggal_lahir, nama_depan]\n"
    )
    broad = tmp_path / "broad.yml"
    broad.write_text(
        "rules:\n  - keys: [kode_desa, tahun_lahir]\n  - keys: [no_kk]\n  - keys: [tanggal_lahir]\n  - keys: [nik_15]\n"
    )
    results = [cluster_records(RECORDS, blocking=Blocking.load(f)) for f in (narrow, broad)]
    assert all(pair_f1(TRUTH, c.person) > 0.96 for c in results)
    assert results[1].report.rules[0]["pairs_added"] > results[0].report.rules[0]["pairs_added"]


def test_too_few_repeated_people_are_refused_and_the_shipped_model_serves() -> None:
    few = RECORDS.head(8).reset_index(drop=True)
    with pytest.raises(ModelNotIdentified, match="shipped model serves"):
        train(prepare(few), Model.default())
    assert cluster_records(few).report.model.startswith("shipped")


def test_a_changed_model_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    Model.default().save(path)
    assert Model.load(path).hash == Model.default().hash
    path.write_text(path.read_text().replace('"nik_shared": 0.002', '"nik_shared": 0.2'))
    with pytest.raises(ValueError, match="hash"):
        Model.load(path)
