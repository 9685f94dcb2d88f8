"""The clock of the machine may jump: what came later counts, and one run with the clock ahead blocks no other."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from tests.support.inbox import CHILD, MOTHER, OLD, WOMAN, home_in, refresh, write_list
from warehouse.home import DataHome

NOON = datetime(2025, 6, 1, 12)
PATH = "16.10.05.2036/2024/pmks.csv"


def outcomes(home: DataHome, run_id: str, at: datetime) -> list[str]:
    """What became of the contents of `PATH`, in the order in which they were first registered."""
    lake = refresh(home, run_id, at)
    outcome = lake.read("outcomes").set_index("submission_id")["outcome"]
    receipts = lake.read("receipts").sort_values("seq").drop_duplicates("submission_id")
    return outcome[receipts["submission_id"]].tolist()


def test_a_correction_that_comes_after_the_clock_was_set_back_replaces_the_older_list(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / PATH, (OLD, MOTHER))
    outcomes(home, "first", NOON)
    write_list(home.inbox / PATH, (OLD, MOTHER, CHILD))
    assert outcomes(home, "second", NOON - timedelta(days=30)) == ["superseded", "accepted"]


def test_the_first_list_sent_once_more_counts_again(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    for day, people in enumerate([(OLD, MOTHER), (OLD, MOTHER, CHILD), (OLD, MOTHER)]):
        write_list(home.inbox / PATH, people)
        found = outcomes(home, f"run {day}", NOON - timedelta(days=day))
    assert found == ["accepted", "superseded"]


def test_a_run_with_the_clock_ahead_does_not_block_the_next_ones(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / PATH, (OLD, MOTHER))
    ahead = NOON + timedelta(days=3650)
    refresh(home, "ahead", ahead)
    write_list(home.inbox / PATH, (OLD, MOTHER, WOMAN))
    refresh(home, "after", NOON)
    write_list(home.inbox / PATH, (OLD, WOMAN))
    lake = refresh(home, "later", NOON + timedelta(days=1))
    history = lake.read("history")
    begun = history.groupby("run_id_from")["valid_from"].max()
    assert begun["ahead"] < begun["after"] < pd.Timestamp(ahead) + timedelta(seconds=1)
    ended = history.dropna(subset=["valid_to"])
    assert len(ended) and (ended["valid_to"] > ended["valid_from"]).all()
    finished = lake.read("runs").set_index("run_id")["finished_at"]
    assert finished["ahead"] < finished["after"] < finished["later"]
    manifest = lake.manifest("referrals")
    assert manifest is not None
    assert datetime.fromisoformat(manifest.facts["latest"]) == max(history["valid_from"].max(), ended["valid_to"].max())
