"""Training for one installation: what is written, what decisions add, and when it is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from assets.households.linkage.compare.levels import COMPARISONS
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.model.training import ModelError, serving_model, train_model
from bench.population import generate
from pipelines.cli import main
from warehouse.home import DataHome

RECORDS, TRUTH = generate(12000, seed=11)
PERSON = TRUTH.set_index("record_id")["person_id"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model]:
    out = tmp_path_factory.mktemp("home") / "models" / "model.json"
    return out, train_model(RECORDS, None, out)


def doubtful(model: Model) -> pd.DataFrame:
    """Links and near links that the model is not sure of, with what reviewers who know the truth would say."""
    links = cluster_records(RECORDS, model=model).links.query("-6 < match_weight < 6")
    same = PERSON[links["record_id_l"]].to_numpy() == PERSON[links["record_id_r"]].to_numpy()
    return links.assign(decision=np.where(same, "same", "different"))


def surprise(pairs: pd.DataFrame) -> float:
    """Mean bits by which the weights of pairs miss what reviewers said."""
    p = (1 / (1 + np.exp2(-pairs["match_weight"]))).clip(1e-4, 1 - 1e-4)
    return float(-np.log2(np.where(pairs["decision"] == "same", p, 1 - p)).mean())


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


@pytest.mark.parametrize("aside", [0, 1])
def test_decisions_of_reviewers_make_the_model_better(trained: tuple[Path, Model], tmp_path: Path, aside: int) -> None:
    pairs = doubtful(trained[1])
    kept_aside, shown = pairs.iloc[aside::2], pairs.iloc[1 - aside :: 2]
    reviewed = shown[["record_id_l", "record_id_r", "decision"]]
    model = train_model(RECORDS, reviewed, tmp_path / "model.json")
    assert model.summary["reviewed_same"] + model.summary["reviewed_different"] == len(reviewed)
    again = cluster_records(RECORDS, model=model).links[["record_id_l", "record_id_r", "match_weight"]]
    before = kept_aside.drop(columns=["match_weight"])
    after = before.merge(again, on=["record_id_l", "record_id_r"], how="left").fillna({"match_weight": -60.0})
    assert surprise(after) < surprise(kept_aside)


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
