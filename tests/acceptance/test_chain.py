"""The chain of runs: what changes is added, what does not is not, and the past cannot be rewritten unseen."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.reports import REPORT, report
from assets.publications.stages.villages import RETURN, return_to_villages
from pipelines.commands.status import status
from pipelines.commands.verify import verify
from pipelines.commands.witness import witness
from pipelines.proof.chain_claims import missing_heads, other_contents, other_registry, shortened_ledgers
from pipelines.proof.kept_claims import unknown_originals
from tests.support.forging import rewrite_chain, rewrite_table
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from warehouse.chain import RUN, head_of, last_head, ledger_of, read_chain, witness_line
from warehouse.files import sha256_of
from warehouse.home import DataHome
from warehouse.lake import Lake


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    """A home in which two runs have finished; read only."""
    home = home_in(tmp_path_factory.mktemp("chained"))
    write_list(home.inbox / "16.10.05.2036/2024/pmks.csv", VILLAGE)
    refresh(home, "first", datetime(2025, 1, 1))
    write_list(home.inbox / "16.10.05.2037/2024/pmks.csv", [OLD | {"NIK": "1610050107400009"}, WOMAN])
    refresh(home, "second", datetime(2025, 1, 2))
    return home


@pytest.fixture
def home(two_runs: DataHome, tmp_path: Path) -> DataHome:
    shutil.copytree(two_runs.root, tmp_path / "home")
    return DataHome(root=tmp_path / "home", inbox=two_runs.inbox, settle_seconds=0.0, workers=1)


def exceptions(home: DataHome) -> list[str]:
    links, broken = read_chain(ledger_of(home))
    lake = Lake(home.lake)
    return [
        *broken,
        *other_contents(home, lake, links),
        *other_registry(lake, links),
        *shortened_ledgers(home, links),
    ]


def test_a_run_says_by_what_from_what_and_to_what_it_came(home: DataHome) -> None:
    links, _ = read_chain(ledger_of(home))
    runs = [link.said for link in links if link.kind == RUN]
    assert [run["run_id"] for run in runs] == ["first", "second"]
    assert [len(run["new"]["submissions"]) for run in runs] == [1, 1]
    assert runs[1]["submissions"]["count"] == 2
    assert runs[1]["tables"]["accepted"]["rows"] == 6
    for name in ("program", "code", "references", "settings", "rule_set", "model", "profile", "ledgers", "account"):
        assert runs[0][name], name
    assert exceptions(home) == []


def test_a_run_with_nothing_new_adds_nothing_and_one_that_changes_something_does(home: DataHome) -> None:
    before = last_head(home)
    refresh(home, "third", datetime(2025, 1, 3))
    assert last_head(home) == before
    for directorate in ("rehsos", "jamsos"):
        publish(PUBLISH.begin(Lake(home.lake), home), directorate)
    published = last_head(home)
    assert published[0] == before[0] + 2
    for directorate in ("rehsos", "jamsos"):
        publish(PUBLISH.begin(Lake(home.lake), home), directorate)
    assert last_head(home) == published


def test_what_is_published_carries_the_head_of_its_run_and_keeps_it(home: DataHome) -> None:
    publish(PUBLISH.begin(Lake(home.lake), home), "dayasos")
    with duckdb.connect(str(home.published / "dayasos" / "rujukan.duckdb"), read_only=True) as con:
        (said,) = con.execute("SELECT nilai FROM tentang WHERE kunci = 'bukti'").fetchone() or ("",)
    assert said == head_of(home)
    assert said in {link.head for link in read_chain(ledger_of(home))[0] if link.kind == RUN}
    report(REPORT.begin(Lake(home.lake), home))
    return_to_villages(RETURN.begin(Lake(home.lake), home))
    for folder in (home.reports, home.corrections):
        pages = [page.read_text() for page in folder.rglob("*.html")]
        assert pages and all(f'<meta name="pmks_bukti" content="{said}">\n' in page for page in pages)


def backdated(history: pa.Table) -> pa.Table:
    moved = pa.array([at - timedelta(days=300) for at in history["valid_from"].to_pylist()], pa.timestamp("us"))
    return history.set_column(history.column_names.index("valid_from"), "valid_from", moved)


def test_a_rewritten_table_is_named_with_its_run_and_column(home: DataHome) -> None:
    rewrite_table(home, "history", backdated)
    assert exceptions(home) == ["2 second: history (valid_from)"]


def test_a_list_erased_from_the_registry_is_named(home: DataHome) -> None:
    lost = Lake(home.lake).read("submissions")["submission_id"].iloc[0]
    for table in ("submissions", "receipts"):
        rewrite_table(home, table, lambda held: held.filter(pc.not_equal(held["submission_id"], lost)))
    assert lost in exceptions(home)
    rewrite_chain(home)
    assert exceptions(home) == []
    links, _ = read_chain(ledger_of(home))
    assert unknown_originals(home, Lake(home.lake), links) == [f"{lost[:2]}/{lost}"]


def test_a_chain_written_anew_is_found_by_a_witness_alone(home: DataHome, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(witness_line(*last_head(home), "2025-01-02T00:00:00Z") + "\n")
    assert missing_heads(read_chain(ledger_of(home))[0], kept) == []
    rewrite_table(home, "history", backdated)
    rewrite_chain(home)
    assert exceptions(home) == []
    assert missing_heads(read_chain(ledger_of(home))[0], kept) == [f"2 {kept.read_text().split()[2]}"]


def test_a_ledger_that_lost_its_end_is_named_with_the_first_run_that_knew_it(home: DataHome) -> None:
    (home.losses).mkdir(exist_ok=True)
    ledger = home.losses / "accepted.jsonl"
    ledger.write_text('{"a": 1}\n{"b": 2}\n')
    links, _ = read_chain(ledger_of(home))
    said = links[-1].said
    said["ledgers"]["losses/accepted.jsonl"] = {
        "bytes": 18,
        "sha256": sha256_of(ledger),
    }
    assert shortened_ledgers(home, links) == []
    ledger.write_text('{"a": 1}\n')
    assert shortened_ledgers(home, links) == ["2 second: losses/accepted.jsonl"]


def test_the_commands_keep_and_check_a_head(home: DataHome, tmp_path: Path) -> None:
    kept, where = tmp_path / "kept.txt", ["--data", str(home.root), "--lang", "en"]
    command = CliRunner(env={"COLUMNS": "200"})
    assert command.invoke(witness, [*where, "--add-to", str(kept)]).exit_code == 0
    line = command.invoke(witness, where).output
    assert kept.read_text().split()[:3] == line.split()[:3]
    assert line.split()[2] in command.invoke(status, where).output
    held = command.invoke(verify, ["--quick", *where, "--witness", str(kept)])
    assert (held.exit_code, "heads that the witness keeps" in held.output) == (0, True), held.output
    kept.write_text(f"pmks 1 {'0' * 64} 2025-01-01T00:00:00Z\n")
    refused = command.invoke(verify, ["--quick", *where, "--witness", str(kept)])
    assert refused.exit_code == 1
    assert f"NO   The chain has the heads that the witness keeps\n       1 {'0' * 64}" in refused.output
    good = tmp_path / "good.txt"
    good.write_text(line)
    both = command.invoke(verify, ["--quick", *where, "--witness", str(kept), "--witness", str(good), "--json"])
    told = [claim["holds"] for claim in json.loads(both.stdout)["claims"] if claim["claim"] == "witness"]
    assert (both.exit_code, told) == (1, [False, True])


def test_a_past_run_comes_about_again_and_a_rewritten_one_does_not(home: DataHome) -> None:
    again = ["--data", str(home.root), "--lang", "en", "--run"]
    without_spark = CliRunner(env={"PMKS_SPARK_MASTER": "spark://nowhere:7077"})
    shown = without_spark.invoke(verify, [*again, "first"])
    assert shown.exit_code == 0, shown.output
    tables = [line.split() for line in shown.output.splitlines() if line.startswith("same")]
    said = {link.said["run_id"]: link.said["tables"] for link in read_chain(ledger_of(home))[0]}["first"]
    assert [(table, int(rows)) for _, table, rows in tables] == [(t, said[t]["rows"]) for t in sorted(said)]
    rewrite_table(home, "referrals", lambda held: held.set_column(0, held.schema[0], held[0].take([0] * len(held))))
    rewrite_chain(home)
    shown = CliRunner().invoke(verify, [*again, "second"])
    assert shown.exit_code == 1
    different = [line.split() for line in shown.output.splitlines() if line.startswith("DIFFERENT")]
    assert [(table, run) for _, table, _, _, _, run in different] == [("referrals", "second")]
    told = json.loads(CliRunner().invoke(verify, [*again, "second", "--json"]).stdout)
    assert (told["holds"], told["run"], told["runs_of_other_code"]) == (False, "second", [])
    assert {table["table"]: table["parts_at"] for table in told["tables"] if not table["same"]} == {
        "referrals": "second"
    }
    assert {table["table"] for table in told["tables"]} == set(said)
    assert CliRunner().invoke(verify, [*again, "third"]).exit_code == 2


def test_what_was_erased_since_a_run_is_said_and_all_else_of_it_comes_about_again(
    scene: DataHome, tmp_path: Path
) -> None:
    home = shutil.copytree(scene.root, tmp_path / "home")
    shown = CliRunner().invoke(verify, ["--data", str(home), "--lang", "en", "--run", "r2"])
    assert "files something was erased on request since" in shown.output, shown.output
    same = {line.split()[1] for line in shown.output.splitlines() if line.startswith("same")}
    assert {"submissions", "receipts", "registrations", "outcomes", "rules", "ledger"} <= same
    assert shown.exit_code == 1


def test_the_log_of_runs_says_when_and_by_whom_a_run_was_started(home: DataHome, finished: Path) -> None:
    runs = Lake(home.lake).read("runs")
    assert runs["account"].tolist() == ["tester", "tester"]
    assert runs["started_by"].tolist() == ["test", "test"]
    assert (runs["started_at"] <= runs["finished_at"]).all()
    (of_a_command,) = Lake(finished / "lake").read("runs").to_dict("records")
    assert (of_a_command["started_by"], bool(of_a_command["account"])) == ("command: pmks run", True)
    assert of_a_command["started_at"] < of_a_command["finished_at"]
    assert of_a_command["program"] == read_chain(finished / "audit/chain.jsonl")[0][0].said["program"]
