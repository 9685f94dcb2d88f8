"""`pmks doctor` finds real faults, says where they are and what to do, and changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from assets.intake import reading
from assets.intake.stages.read import READ
from assets.intake.stages.settle import SETTLE
from assets.records import building
from assets.records.stages.validate import VALIDATE
from pipelines.health import surroundings
from pipelines.health.checks import examine
from pipelines.health.finding import Finding
from pipelines.health.versions import LOCK, unlike, wanted_libraries
from pipelines.liveness import living
from tests.support.finished import PROJECT, SAMPLE_INBOX, pmks
from tests.support.unprivileged import unprivileged_pmks
from warehouse.connection import opened
from warehouse.files import holders, locked, sha256_of
from warehouse.home import DataHome
from warehouse.kept_file import note_left
from warehouse.lake import Lake
from warehouse.stage import run_stage

Damage = Callable[[Path], Path | None]


def found(root: Path, *, deep: bool = False, inbox: Path = SAMPLE_INBOX) -> dict[str, Finding]:
    """What is wrong with a home, by code."""
    results = examine(DataHome(root=root, inbox=inbox, settle_seconds=0), deep=deep)
    return {finding.code: finding for result in results for finding in result.findings if finding.wrong}


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Path:
    """A finished home that a test may damage."""
    shutil.copytree(finished, tmp_path / "home")
    return tmp_path / "home"


def contents(root: Path) -> dict[str, bytes]:
    """Every file but the databases of Dagster, which SQLite tidies when they are opened."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and "dagster" not in path.parts)
    return {str(path): path.read_bytes() for path in files}


def test_a_finished_home_is_healthy_and_is_left_as_it_was(home: Path) -> None:
    before = contents(home)
    for options in (("--deep", "--json"), ("--lang", "id")):
        said = pmks("doctor", *options, "--inbox", SAMPLE_INBOX, "--data", home)
        assert said.returncode == 0, said.stdout + said.stderr
    assert "Tidak ada masalah." in said.stdout
    assert contents(home) == before


def test_json_has_every_check_and_finding_with_what_to_do(home: Path) -> None:
    (home / "warehouse.duckdb").write_bytes(b"torn")
    said = pmks("doctor", "--json", "--inbox", SAMPLE_INBOX, "--data", home, env={"PMKS_SETLE_SECONDS": "5"})
    assert said.returncode == 1
    answer = json.loads(said.stdout)
    assert answer["healthy"] is False
    wrong = {check["check"]: check["findings"] for check in answer["checks"] if check["wrong"]}
    assert [f["code"] for f in wrong["warehouse"]] == ["warehouse_damaged"]
    assert [(f["where"], f["facts"]) for f in wrong["settings"]] == [
        (["PMKS_SETLE_SECONDS"], {"near": "PMKS_SETTLE_SECONDS"})
    ]
    assert all(finding["do"] for findings in wrong.values() for finding in findings)


def test_rows_at_which_the_program_fails_are_told_with_the_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are processed again by a program that does not fail at them."""
    lake, of = Lake(home / "lake"), DataHome(root=home, inbox=SAMPLE_INBOX)
    partition = lake.partitions(VALIDATE.name)[0]
    said = lake.read("raw_rows", partition)["tempat_lahir"].value_counts().index[-1]
    known = building.plain_text
    monkeypatch.setattr(building, "plain_text", lambda text: known(text) if text != said else str(1 // 0))
    lake.require_again(VALIDATE.name, partition)
    run_stage(VALIDATE.begin(lake, of, run_id="r", partition=partition))
    wrong = found(home)["failing_rows"]
    assert wrong.facts["count"] > 0
    assert wrong.where[0].startswith("ZeroDivisionError (")
    assert "1 // 0" in next((home / "errors").glob("r-records-*.txt")).read_text()
    monkeypatch.undo()
    lake.require_again(VALIDATE.name, partition)
    run_stage(VALIDATE.begin(lake, of, run_id="s", partition=partition))
    assert "failing_rows" not in found(home)


def test_files_at_which_the_program_fails_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read by a program that does not fail at them."""
    lake, of = Lake(home / "lake"), DataHome(root=home, inbox=SAMPLE_INBOX)
    partition = lake.partitions(READ.name)[0]

    def read_again(run_id: str) -> None:
        lake.require_again(READ.name, partition)
        run_stage(READ.begin(lake, of, run_id=run_id, partition=partition))
        run_stage(SETTLE.begin(lake, of, run_id=run_id))

    monkeypatch.setattr(reading, "place", lambda *of: 1 // 0)
    read_again("r")
    known = lake.read("submissions").set_index("submission_id")["path"]
    assert found(home)["failing_files"].where == tuple(sorted(known[lake.read("readings", partition)["submission_id"]]))
    monkeypatch.undo()
    read_again("s")
    assert "failing_files" not in found(home)


def first(root: Path, pattern: str) -> Path:
    return sorted(root.glob(pattern))[0]


def cut(path: Path) -> Path:
    """Leave the first half of a file, as a full disk does."""
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content[: len(content) // 2])
    return path


def flip(path: Path) -> Path:
    """Change one bit, and neither length nor name."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    return path


def remove(path: Path) -> Path:
    path.unlink()
    return path


def rewritten(path: Path, key: str, value: object) -> Path:
    said = {**json.loads(path.read_text()), key: value}
    said.pop("check", None)
    path.write_text(json.dumps(said))
    return path


def a_later_moment(root: Path) -> None:
    rewritten(root / "lake/_manifests/referrals.json", "facts", {"latest": "2199-01-01T00:00:00"})


def not_an_entry(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no entry\n")
    return path


FAULTS: list[tuple[str, Damage]] = [
    ("manifest_torn", lambda root: cut(root / "lake/_manifests/households.json")),
    ("manifest_torn", lambda root: cut(first(root, "lake/_manifests/rows/*.json"))),
    ("lake_damaged", lambda root: remove(first(root, "lake/referrals/*.parquet"))),
    ("lake_damaged", lambda root: cut(first(root, "lake/accepted/*/*/*.parquet"))),
    ("lake_newer", lambda root: rewritten(root / "lake/_format.json", "version", 999).parent),
    ("archive_damaged", lambda root: remove(first(root, "archive/??/*"))),
    ("archive_damaged", lambda root: cut(first(root, "archive/??/*"))),
    ("warehouse_damaged", lambda root: cut(root / "warehouse.duckdb")),
    ("ledger_damaged", lambda root: not_an_entry(root / "review/decisions.jsonl").parent),
    ("ledger_damaged", lambda root: not_an_entry(root / "losses/accepted.jsonl")),
    ("not_checked", lambda root: cut(root / "dagster/history/runs.db") and None),
    ("clock_behind", a_later_moment),
]


def test_a_warehouse_whose_last_blocks_were_let_go_is_whole(home: Path) -> None:
    """DuckDB cuts them off and goes on counting them."""
    warehouse = home / "warehouse.duckdb"
    much = "AS SELECT range AS number, hash(range) AS other FROM range(300_000)"
    for steps in ([f"CREATE TABLE one {much}"], [f"CREATE TABLE two {much}", "DROP TABLE one"], ["DROP TABLE two"]):
        with opened(warehouse, read_only=False) as con:
            for step in (*steps, "CHECKPOINT"):
                con.execute(step)
    with opened(warehouse, read_only=True) as con:
        (counted,) = con.execute("SELECT total_blocks * block_size FROM pragma_database_size()").fetchall()[0]
    assert counted > warehouse.stat().st_size
    note_left(warehouse, "", sha256_of(warehouse))
    assert "warehouse_damaged" not in found(home)


@pytest.mark.parametrize(("code", "damage"), FAULTS, ids=[f"{n} {code}" for n, (code, _) in enumerate(FAULTS)])
def test_damage_is_found_where_it_is(home: Path, code: str, damage: Damage) -> None:
    place = damage(home)
    wrong = found(home)
    assert code in wrong
    if place:
        assert str(place) in wrong[code].where


@pytest.mark.parametrize(
    ("code", "pattern"), [("archive_damaged", "archive/??/*"), ("lake_damaged", "lake/persons/*.parquet")]
)
def test_one_flipped_bit_is_found_where_every_byte_is_read(home: Path, code: str, pattern: str) -> None:
    place = flip(first(home, pattern))
    assert found(home) == {}
    assert found(home, deep=True)[code].where == (str(place),)


def test_what_the_account_may_not_open_is_named(home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    shutil.copytree(SAMPLE_INBOX, inbox)
    closed = [first(inbox, "*/*/*.xlsx"), first(inbox, "*/*/*.csv").parent, first(home, "lake/persons/*.parquet")]
    try:
        for path in closed:
            path.chmod(0)
        said = unprivileged_pmks("doctor", "--json", "--inbox", inbox, "--data", home)
    finally:
        for path in closed:
            path.chmod(0o700)
    assert said.returncode == 1, said.stdout + said.stderr
    places = {f["code"]: f["where"] for check in json.loads(said.stdout)["checks"] for f in check["findings"]}
    assert places["inbox_closed"] == [closed[0].relative_to(inbox).as_posix()]
    assert places["inbox_closed_folder"] == [closed[1].relative_to(inbox).as_posix()]
    assert places["not_ours"] == [str(closed[2])]


def test_what_other_accounts_can_open_is_named_unless_the_home_is_closed_to_them(home: Path) -> None:
    (home / "lake").chmod(0o755)
    (home / "published").chmod(0o755)
    assert found(home) == {}
    home.chmod(0o755)
    assert found(home)["others_reach"].where == (str(home / "lake"),)


def test_a_home_and_an_inbox_that_are_not_there_are_named(tmp_path: Path) -> None:
    wrong = found(tmp_path / "home", inbox=tmp_path / "inbox")
    assert set(wrong) == {"no_home", "no_inbox"}
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir(mode=0o700)
    assert set(found(tmp_path / "home")) == set()


@contextmanager
def another_process(code: str, *arguments: Path) -> Iterator[subprocess.Popen[str]]:
    """Run Python code until it prints a line, and end it after the block."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE, text=True, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


READING = """
import sys, time
from pathlib import Path
from warehouse.connection import opened
with opened(Path(sys.argv[1]), read_only=True):
    print("open", flush=True)
    time.sleep(600)
"""


def test_a_program_that_keeps_the_warehouse_open_is_named_and_a_run_is_not_wrong(home: Path) -> None:
    with another_process(READING, home / "warehouse.duckdb") as reader:
        assert found(home)["warehouse_held"].where == (f"{reader.pid} {PYTHON}",)
    with locked(home / ".lock"):
        assert holders(home / ".lock") == [os.getpid()]
        assert found(home) == {}
    assert holders(home / ".lock") == holders(home / "nothing") == []


PYTHON = Path(f"/proc/{os.getpid()}/comm").read_text().strip()
KILLED = """
import os, signal, sys
from pathlib import Path
import dagster as dg
from pipelines.instance import opened
from pipelines.liveness import living_home
from warehouse.home import DataHome

home = DataHome(root=Path(sys.argv[1]), inbox=Path(sys.argv[1]) / "inbox")

@dg.op(required_resource_keys={"home"})
def die():
    os.kill(os.getpid(), signal.SIGKILL)

@dg.job(resource_defs={"home": living_home(home)})
def full_refresh():
    die()

with opened(home) as instance:
    full_refresh.execute_in_process(instance=instance)
"""


def test_a_run_whose_process_was_killed_is_stuck(home: Path) -> None:
    arguments = [sys.executable, "-c", KILLED, home]
    done = subprocess.run(arguments, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=False)
    assert done.returncode == -9
    (stuck,) = found(home)["stuck_runs"].where
    with living(DataHome(root=home, inbox=home), stuck):
        assert found(home) == {}


def test_a_disk_with_less_room_than_a_run_may_need_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(home).free
    monkeypatch.setattr(surroundings, "ROOM_BYTES", free * 1000)
    assert found(home)["little_room"].facts["needed"] == free * 1000 // 1_000_000


def test_libraries_that_are_missing_or_of_another_version_are_named() -> None:
    wanted = [Requirement("duckdb==0.1"), Requirement("no-such-library-here>=1"), Requirement("pandas>=1")]
    assert [name.split()[0] for name in unlike(wanted)] == ["duckdb", "no-such-library-here"]
    locked_here = {each.name for each in wanted_libraries(LOCK)}
    assert {"dagster", "duckdb", "pandas", "pytest"} <= locked_here
    assert "colorama" not in locked_here
    declared = {each.name for each in wanted_libraries(Path("nowhere"))}
    assert {"dagster", "duckdb", "pandas"} <= declared


def test_rules_that_cannot_be_used_are_named(home: Path) -> None:
    results = examine(DataHome(root=home, inbox=SAMPLE_INBOX, profile="no-such-profile"), deep=False)
    assert [f.where for r in results for f in r.findings if f.code == "profile"] == [("no-such-profile",)]
