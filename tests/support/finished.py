"""A data home in which `pmks run` has finished on the sample inbox, made once and shared by all test processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.files import locked

PROJECT = Path(__file__).parents[2]
SAMPLE_INBOX = PROJECT / "samples" / "inbox"
PMKS = Path(sys.executable).with_name("pmks")


def pmks(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the installed command as a person would, in a process of its own; output is captured as text."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PMKS_", "DAGSTER_"))}
    return subprocess.run(
        [PMKS, *arguments], capture_output=True, text=True, env={**clean, "COLUMNS": "200", **(env or {})}, check=False
    )


def finished_home(shared: Path) -> Path:
    """The data home, made by whichever process asks first. Read only: copy it to change it."""
    home = shared / "finished"
    with locked(shared / "finished.lock"):
        if not (home / "warehouse.duckdb").exists():
            done = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
            assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished data home of the sample inbox; shared: read only."""
    base = tmp_path_factory.getbasetemp()
    return finished_home(base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base)
