"""Slow and hostile files are read last and within budgets; what waits is read by later runs, whatever the order."""

from __future__ import annotations

import random
import time
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.workbook import Unreadable
from assets.intake.reading import IntakeTables, read_partition
from assets.intake.stages.read import READ
from assets.intake.stages.register import register_inbox
from assets.intake.tries import Tries
from assets.intake.turns import WAITS, Turn, in_turn, share_of_run
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, write_list
from warehouse.lake import Lake, Partition
from warehouse.stage import run_stage

LIMITS = Limits(seconds=0.9, quick_seconds=0.2, sender_seconds=0.8, run_seconds=1.6)
SLOW, HANGS = 0.4, 60.0


def turn(
    folder: str, seconds: float, *, size: int = 0, read: bool = False, slow: bool = False, attempts: int = 0
) -> Turn:
    return Turn((seconds,), f"{folder}/daftar.xlsx", size, read, slow, attempts)


def told(turns: list[Turn], limits: Limits = LIMITS, workers: int = 2) -> tuple[list[int], dict[int, str]]:
    """The order in which files end, and what of each: `read` or the code of its refusal."""
    with ReaderPool(workers, limits) as pool:
        list(pool.map(abs, [(1,)] * workers))  # the children have loaded their libraries
        ended = list(in_turn(pool, time.sleep, turns))
    assert sorted(index for index, _ in ended) == list(range(len(turns)))
    return [i for i, _ in ended], {i: r.code if isinstance(r, Unreadable) else "read" for i, r in ended}


def test_slow_files_come_last_and_are_read() -> None:
    unhurried = Limits(seconds=20, quick_seconds=1.5)  # a child that replaces one on a slow file has time to start
    turns = [turn("a", 1.8), turn("a", 0), turn("b", 1.8), turn("b", 0), turn("c", 0)]
    order, ends = told(turns, unhurried)
    assert order[:3] == [1, 3, 4]
    assert set(ends.values()) == {"read"}


def test_a_large_file_may_take_longer() -> None:
    limits = Limits(seconds=0.6, seconds_per_megabyte=10, quick_seconds=0.2)
    turns = [turn("a", 1.5), turn("a", 1.5, size=500_000), turn("b", 1.5, size=500_000, read=True)]
    assert told(turns, limits)[1] == {0: "timeout", 1: "read", 2: "read"}


def test_a_senders_hostile_files_use_up_its_own_time_and_no_other_senders() -> None:
    hostile = [turn("a", HANGS) for _ in range(6)]
    begun = time.monotonic()
    _, ends = told([*hostile, turn("b", SLOW), turn("c", 0)])
    assert ends[6] == ends[7] == "read"
    codes = [ends[i] for i in range(6)]
    assert set(codes) == {"timeout", WAITS}
    assert codes.count("timeout") <= 2  # 0.8 seconds of the sender's, and what two readers had begun
    assert time.monotonic() - begun < 10


def test_the_time_of_a_run_bounds_the_slow_files_of_all_senders_and_no_quick_ones() -> None:
    turns = [turn(f"desa {n}", HANGS) for n in range(8)] + [turn(f"desa {n}", 0) for n in range(8)]
    _, ends = told(turns)
    assert all(ends[i] == "read" for i in range(8, 16))
    assert [ends[i] for i in range(8)].count("timeout") <= 3
    with ReaderPool(1, LIMITS) as pool:
        share_of_run(pool.budget, 0)
        put_off = dict(in_turn(pool, time.sleep, [turn("a", 0), turn("a", 0, slow=True)]))
    assert put_off[0] is None
    assert isinstance(put_off[1], Unreadable) and put_off[1].code == WAITS


def test_what_was_read_before_is_never_taken_away_by_a_budget() -> None:
    turns = [
        turn("a", HANGS, slow=True, attempts=1),
        turn("a", HANGS, slow=True, attempts=1),
        turn("a", SLOW, read=True),
    ]
    _, ends = told(turns, Limits(seconds=1.2, quick_seconds=0.1, sender_seconds=0.1, run_seconds=0.1), workers=1)
    assert ends[2] == "read"


def test_the_senders_take_turns_and_what_was_tried_least_comes_first() -> None:
    turns = [
        turn("a", 0, slow=True, attempts=2),
        turn("a", 0, slow=True, attempts=1),
        turn("b", 0, slow=True, attempts=1),
    ]
    order, _ = told(turns, workers=1)
    assert order == [1, 2, 0]


@pytest.mark.parametrize("seed", range(2))
def test_in_the_end_every_file_is_read_or_given_up_whatever_the_order(seed: int) -> None:
    """Runs as `Tries` leads them: three tries, then given up. Each run reads or tries at least one file."""
    files = {f"a/{n}": HANGS for n in range(2)} | {f"a/{n}": 0.25 for n in range(2, 5)} | {"b/0": 0.0, "b/1": 0.25}
    limits = Limits(seconds=0.8, quick_seconds=0.15, sender_seconds=0.5, run_seconds=1.0)
    names = sorted(files)
    random.Random(seed).shuffle(names)
    attempts, done = dict.fromkeys(names, 0), set[str]()
    for _ in range(12):
        due = [name for name in names if attempts[name] < 3]
        turns = [
            Turn((files[n],), n, 0, n in done, attempts[n] > 0, attempts[n])
            for n in due
        ]  # fmt: skip
        before = (len(done), sum(attempts.values()))
        _, ends = told(turns, limits)
        assert done <= {due[i] for i, end in ends.items() if end == "read"}
        done |= {due[i] for i, end in ends.items() if end == "read"}
        for i, end in ends.items():
            attempts[due[i]] += end == "timeout"
        if WAITS not in ends.values() and all(end == "read" for end in ends.values()):
            break
        assert (len(done), sum(attempts.values())) > before
    assert done == {name for name, seconds in files.items() if seconds != HANGS}
    assert {name for name in names if attempts[name] == 3} == {"a/0", "a/1"}


def test_lists_that_wait_are_read_by_later_runs_and_come_to_the_same(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    for number in range(3):
        write_list(home.inbox / f"16.10.05.2036/2024/besar {number}.csv", [OLD] * (100 + number))
    write_list(home.inbox / "16.10.05.2037/2024/kecil.csv", VILLAGE)
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id="r", at=datetime(2025, 3, 1))
    known = lake.read("submissions")
    tight = Limits(quick_seconds=0.01, sender_seconds=0.01)
    made, accepted = None, 0
    for _ in range(6):
        tries = Tries.of(made.readings, 3) if made else Tries()
        made = read_partition(known, home.archive, workers=1, tries=tries, limits=tight)
        waiting = made.readings[made.readings["reason_code"] == WAITS]
        assert set(waiting["outcome"]) <= {"held"} and (waiting["attempts"] == 0).all()
        now = int((made.readings["outcome"] == "accepted").sum())
        assert now > accepted
        accepted = now
        if waiting.empty:
            break
    assert accepted == 4
    at_once = read_partition(known.iloc[::-1], home.archive, workers=2)
    for one, other in zip(vars(made).values(), vars(at_once).values(), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_partition_with_lists_that_wait_is_unfinished_and_its_reason_says_so(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", [WOMAN])
    lake, where = Lake(home.lake), Partition("16.10", "2024")
    register_inbox(home, lake, run_id="r", at=datetime(2025, 3, 1))
    with ReaderPool(home.workers, Limits(quick_seconds=0.0001)) as pool:
        share_of_run(pool.budget, 0)
        tables: IntakeTables = read_partition(
            lake.read("submissions"), home.archive, workers=1, limits=Limits(quick_seconds=0.0001)
        )
    [row] = tables.readings.to_dict("records")
    assert (row["outcome"], row["reason_code"], row["attempts"]) == ("held", WAITS, 0)
    assert "menunggu giliran" in row["reason"]
    run_stage(READ.begin(lake, home, run_id="r", partition=where))
    assert READ.unfinished(lake) == []
