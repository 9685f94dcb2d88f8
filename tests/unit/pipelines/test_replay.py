"""Which run a pass belongs to: its own, or, where that was killed, the next that ended."""

from __future__ import annotations

import pandas as pd

from pipelines.proof.replay import Pass, by_run

RUNS = [{"run_id": f"r{day}", "ended_at": f"2025-01-0{day}T12:00:00"} for day in (2, 4, 6)]


def of(day: str, run_id: str) -> Pass:
    return Pass(pd.Timestamp(f"2025-01-{day}"), "households", run_id)


def test_a_pass_of_a_killed_run_belongs_to_the_next_run_that_ended_though_that_made_none_itself() -> None:
    killed, own = of("01", "k"), of("06T11:00", "r6")
    assert by_run([killed, own], RUNS) == [[killed], [], [own]]


def test_the_run_itself_counts_more_than_a_clock_that_was_ahead() -> None:
    killed, own, later = of("08", "k"), of("09", "r4"), of("10", "r6")
    assert by_run([killed, own, later], RUNS) == [[], [killed, own], [later]]


def test_what_came_after_the_last_run_is_left_out() -> None:
    first, last = of("02", "r2"), of("07", "r7")
    assert by_run([first, last], RUNS[:1]) == [[first]]
    assert by_run([of("06T12:00:00.5", "k")], RUNS) == [[], [], [of("06T12:00:00.5", "k")]]
