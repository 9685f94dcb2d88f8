"""Ctrl-C and a service manager end a run with one line and the code of the signal; the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.finished import PMKS, SAMPLE_INBOX, pmks


def started(home: Path) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PMKS_", "DAGSTER_"))}
    return subprocess.Popen(
        [PMKS, "run", "--inbox", SAMPLE_INBOX, "--data", home],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**clean, "COLUMNS": "200"},
        start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "begun"),
    [(signal.SIGINT, "archive/*/*"), (signal.SIGTERM, "lake/_manifests/rows/*.json")],
    ids=["Ctrl-C while registering", "a service manager while reading"],
)
def test_a_signal_ends_the_run_with_one_line_and_its_code(tmp_path: Path, number: signal.Signals, begun: str) -> None:
    home = tmp_path / "home"
    with started(home) as run:
        while not any(home.glob(begun)) and run.poll() is None:
            time.sleep(0.05)
        os.killpg(run.pid, number) if number == signal.SIGINT else run.send_signal(number)
        out, err = run.communicate(timeout=120)
    assert run.returncode == 128 + number, out + err
    assert err.splitlines()[-1] == "Stopped. What was finished stands; run again to go on."
    assert "Traceback" not in out + err
    assert not (home / "warehouse.duckdb").exists()
    assert not [path for path in home.rglob("*.part*") if "dagster" not in path.parts]
    if number == signal.SIGTERM:
        again = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
        assert again.returncode == 0, again.stdout + again.stderr
