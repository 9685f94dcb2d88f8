"""Training for one installation: what is written, what decisions add, and when it is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from assets.households.linkage.compare.levels import COMPARISONS, NameLevel
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.labelled import with_labels
from assets.households.linkage.model.parameters import Model, PairClass
from assets.households.linkage.model.training import ModelError, serving_model, train_model
from assets.households.linkage.prepare.records import prepare
from assets.households.review.queue import review_queue
from bench.hard import merges
from bench.population import generate
from pipelines.cli import main
from warehouse.home import DataHome

RECORDS, TRUTH = generate(12000, seed=11)
PERSON = TRUTH.set_index("record_id")["person_id"]
THIN = RECORDS.drop(columns=["nik", "no_kk", "kepala_keluarga", "hubungan"])
"""What is asked about most: records that say least."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model]:
    out = tmp_path_factory.mktemp("home") / "models" / "model.json"
    return out, train_model(RECORDS, None, out)


def test_training_writes_a_model_that_runs_use_and_a_picture_of_it(trained: tuple[Path, Model]) -> None:
    out, model = trained
    assert Model.load(out).hash == model.hash == serving_model(DataHome(root=out.parent.parent, inbox=out.parent)).hash
    assert model.summary["pairs_of_one_person"] > 1000
    picture = out.with_suffix(".svg").read_text()
    assert picture.startswith("<svg") and all(f">{name}<" in picture for name in COMPARISONS)


def test_without_a_model_of_its_own_an_installation_uses_the_shipped_one(tmp_path: Path) -> None:
    assert serving_model(DataHome(root=tmp_path, inbox=tmp_path)).hash == Model.default().hash


def test_a_damaged_model_is_refused_with_what_to_do(tmp_path: Path) -> None:
    home = DataHome(root=tmp_path, inbox=tmp_path)
    own = home.models / "model.json"
    own.parent.mkdir()
    Model.default().save(own)
    whole = own.read_bytes()
    assert serving_model(home).hash == Model.default().hash
    for torn in (b"", b"{", b"[]", b"\xff", whole[: len(whole) // 2]):
        own.write_bytes(torn)
        with pytest.raises(ModelError, match=r"model\.json is no whole model; bring it back from the backup"):
            serving_model(home)


def loss(model: Model) -> float:
    """What the wrong and missed merges of a match cost."""
    wrong, missed = merges(TRUTH["person_id"], cluster_records(THIN, model=model).person)
    return wrong * model.wrong_merge_cost + missed


def test_learning_from_answers_does_not_hurt_who_was_not_asked_about(tmp_path: Path) -> None:
    """A person is asked about by the two of his records that agree least. Who learns from their looks alone that such
    records are one person merges others: here it would cost 95 in the place of 82."""
    before = train_model(THIN, None, tmp_path / "model.json")
    found = cluster_records(THIN, model=before)
    membership = pd.DataFrame(
        {"record_id": THIN["record_id"], "person_id": found.person, "household_id": found.household}
    )
    asked = review_queue(found.links, THIN, membership.astype("str")).head(200)
    one = PERSON[asked["record_id_l"]].to_numpy() == PERSON[asked["record_id_r"]].to_numpy()
    decisions = asked[["record_id_l", "record_id_r"]].assign(decision=np.where(one, "same", "different"))
    after = train_model(THIN, decisions, tmp_path / "model.json")
    assert (after.summary["reviewed_same"], after.summary["reviewed_different"]) == (one.sum(), (~one).sum())
    assert after.hash != before.hash
    assert loss(after) <= 1.1 * loss(before)


def test_answers_correct_the_level_that_was_wrong(trained: tuple[Path, Model]) -> None:
    """Names that agree in a part were said to be as probably one person as names that agree, and are not."""
    model, prepared = trained[1], prepare(RECORDS)
    links = cluster_records(RECORDS, model=model).links
    chosen = [links[links["gamma_nama"] == level].head(60) for level in (NameLevel.SAME, NameLevel.SUBSET)]
    back = np.argsort(prepared.order).astype(np.int32)
    at = pd.Index(RECORDS["record_id"])
    ends = [back[at.get_indexer(pd.concat(chosen)[f"record_id_{side}"])] for side in "lr"]
    same = np.repeat([True, False], [len(each) for each in chosen])
    taught = with_labels(model, prepared, np.stack(ends, axis=1), same, np.full(len(same), 0.5))
    ratio = taught.levels["nama"][PairClass.SAME] / model.levels["nama"][PairClass.SAME]
    assert (ratio[..., NameLevel.SUBSET] < 0.9).all() and (
        ratio[..., NameLevel.SAME] > ratio[..., NameLevel.SUBSET]
    ).all()
    assert with_labels(model, prepared, np.stack(ends, axis=1)[:70], same[:70], np.full(70, 0.5)) is model, "too few"


def test_a_table_that_repeats_nobody_is_refused_and_leaves_no_model(tmp_path: Path) -> None:
    given, out = tmp_path / "records.parquet", tmp_path / "model.json"
    RECORDS.drop_duplicates("nik").head(30).to_parquet(given)
    result = CliRunner().invoke(main, ["match", "train", str(given), "--out", str(out)])
    assert result.exit_code == 1
    assert "The shipped model serves" in result.output
    assert not out.exists()


def test_matching_a_file_needs_no_name_of_a_command_and_tells_its_times(
    trained: tuple[Path, Model], tmp_path: Path
) -> None:
    given, out = tmp_path / "records.parquet", tmp_path / "out.parquet"
    RECORDS.head(500).to_parquet(given)
    model = ["--model", str(trained[0]), "--timings"]
    result = CliRunner().invoke(main, ["match", str(given), str(out), *model], catch_exceptions=False)
    assert result.exit_code == 0 and trained[1].hash in result.output and "peak memory" in result.output
    ids = pd.read_parquet(out)
    assert list(ids.columns) == ["record_id", "person_id", "household_id"] and len(ids) == 500
    refused = CliRunner().invoke(main, ["match", str(given), str(out), "--memory-limit", "1MB"])
    assert refused.exit_code == 1 and "raise the limit" in refused.output


def test_housemates_stay_apart_where_families_share_a_name_and_no_list_has_their_card() -> None:
    """No field then says who is of one family but address and head, and brothers look like one person written twice."""
    records, truth = generate(4000, seed=5)
    family = pd.factorize(truth.groupby("person_id")["hh_id"].transform("first"))[0]
    clans = ["HUTAGALUNG", "SIMANJUNTAK", "PANGARIBUAN", "TUMENGKOL", "RUMENGAN", "KAUNANG", "SITORUS", "SEMBIRING"]
    named = records["nama"] + " " + pd.Series([clans[k % 8] + clans[k // 8 % 8][:3] for k in family])
    found = cluster_records(records.assign(nama=named).drop(columns=["no_kk", "nik"]))
    assert found.report.model == "trained on these records"
    same_person = truth["person_id"].to_numpy()
    together = pd.DataFrame({"got": found.person, "true": same_person})
    pairs = together.merge(together, on="got")
    assert (pairs["true_x"] == pairs["true_y"]).mean() > 0.99
    sizes = together.groupby("true")["got"].agg(lambda labels: labels.value_counts().iloc[0] / len(labels))
    assert sizes.mean() > 0.98
