"""Left alone with its daemon, whose processes are killed, the pipeline publishes what one undisturbed run would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.finished import pmks
from tests.support.night import Night, spend, who_is_referred


def test_a_night_of_lists_and_killed_processes_ends_with_everything_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    night = Night(tmp_path)
    report = spend(night, acts=1, kills=1, seed=2, pause=1.0)
    once = tmp_path / "once"
    done = pmks("run", "--inbox", night.home.inbox, "--data", once, env={"PMKS_SETTLE_SECONDS": "0"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert who_is_referred(night.home.root) == who_is_referred(once)
    assert any(who_is_referred(once).values())
    assert report.acts["kill a worker"] == 1
    assert report.empty_runs == 0
