"""Who only asks for help or looks does not wait for the libraries of a run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import COMMANDS
from tests.support.finished import PROJECT
from tests.support.inbox import VILLAGE, write_list
from warehouse.connection import opened

LIBRARIES = (
    "dagster", "duckdb", "llvmlite", "lxml", "msoffcrypto", "numba", "numpy", "openpyxl", "pandas", "pandera",
    "pyarrow", "python_calamine", "rapidfuzz", "scipy", "xlsxwriter",
)  # fmt: skip
RUN = f"""
import sys
sys.argv[0] = "pmks"
from pipelines.cli import main
try:
    main()
except SystemExit:
    pass
print(" ".join(library for library in {LIBRARIES} if library in sys.modules), file=sys.stderr)
"""
TO_LOOK = {"duckdb", "numpy", "pyarrow", "rapidfuzz"}


def imported(*arguments: str, **variables: str) -> tuple[str, set[str]]:
    """What a command printed, and the libraries that it has imported when it ends."""
    env = os.environ | {"PYTHONPATH": str(PROJECT)} | variables
    done = subprocess.run([sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, env=env, check=True)
    return done.stdout, set(done.stderr.splitlines()[-1].split())


def test_help_and_settings_import_no_library_of_a_run(tmp_path: Path) -> None:
    for arguments in (["--help"], ["settings", "--data", str(tmp_path)]):
        printed, libraries = imported(*arguments)
        assert printed
        assert libraries == set()


def test_a_helper_that_writes_workbooks_does_not_wait_for_frames() -> None:
    said = f"import sys, assets.publications.corrections; print(*[n for n in {LIBRARIES} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert set(done.stdout.split()) == {"lxml", "python_calamine", "rapidfuzz", "xlsxwriter"}


def test_definitions_do_not_wait_for_what_matches_or_for_databases() -> None:
    """What is compiled, checks a table, or opens Dagster's databases, is imported where that is done."""
    kept_out = ("numba", "llvmlite", "scipy", "pandera", "openpyxl", "sqlalchemy", "alembic")
    said = f"import sys, pipelines.definitions; print(*[n for n in {kept_out} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout.split() == []


def test_completion_knows_every_command_and_imports_none() -> None:
    words = {"COMP_WORDS": "pmks ", "COMP_CWORD": "1", "_PMKS_COMPLETE": "bash_complete"}
    printed, libraries = imported(**words)
    assert {line.partition(",")[2] for line in printed.splitlines()} == set(COMMANDS)
    assert libraries == set()


@pytest.mark.parametrize("command", ["status", "trace"])
def test_looking_imports_what_opens_the_warehouse_alone(command: str) -> None:
    printed, libraries = imported(command, "--help")
    assert "--data" in printed
    assert "duckdb" in libraries
    assert libraries <= TO_LOOK


def test_a_trace_is_printed_without_frames(finished: Path) -> None:
    """DuckDB imports pandas for a value that is handed over beside a statement."""
    with opened(finished / "warehouse.duckdb", read_only=True) as con:
        ((person,),) = con.execute("SELECT min(person_id) FROM households.persons").fetchall()
    for any_id in (person, person[:-1]):
        printed, libraries = imported("trace", any_id, "--data", str(finished))
        assert (person in printed) == (any_id == person)
        assert libraries <= TO_LOOK


def test_a_refresh_of_what_is_up_to_date_waits_for_no_library_of_a_run(tmp_path: Path) -> None:
    write_list(tmp_path / "inbox" / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    refresh = ("run", "--inbox", str(tmp_path / "inbox"), "--data", str(tmp_path / "home"), "--quiet")
    asked = [imported(*refresh)[1] for _ in range(3)]
    assert "dagster" in asked[0] and asked[2] <= TO_LOOK


def test_a_status_is_printed_without_what_counts_for_programs(finished: Path) -> None:
    for options in ([], ["--quiet"], ["--as-of", "2099-01-01"]):
        printed, libraries = imported("status", *options, "--data", str(finished))
        assert printed
        assert "dagster" not in libraries
