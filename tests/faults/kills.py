"""Kills: at a system call that concerns the data home, and at random moments."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.faults.layer import FEW, WRITING, Call, Layer
from tests.faults.oracle import faults_after_kill, faults_of_end, left_behind
from tests.faults.rounds import Disturb, Trace, rounds
from tests.faults.scenes import Scene, Workshop, place_of
from tests.faults.tries import Try

BY_PWRITE = ("dagster", "published", "warehouse.duckdb")
"""Where SQLite and DuckDB write."""
BESIDE = ("warehouse.duckdb", ".warehouse.duckdb.json", ".warehouse.duckdb.from", "audit")
"""Where a helper writes that brings the warehouse in line."""
ALL, LEADER, CALLER = "all", "alone", "the caller alone"
"""Who is killed: all processes of a command, the one that leads them, or the one that makes the call."""


def kills_at_calls(workshop: Workshop, scene: Scene, seed: int, count: int) -> Iterator[Try]:
    """Kill commands just before a system call."""

    def draw(chance: Random, trace: Trace, place: str) -> Disturb:
        number, alone = chance.randint(1, trace.counts[place]), chance.random() < 0.5
        return _killing(workshop, scene, place, number, LEADER if alone else ALL)

    return rounds(workshop, scene, "killed at a system call", draw, seed, count)


def kills_beside(workshop: Workshop, scene: Scene, seed: int, count: int) -> Iterator[Try]:
    """Kill commands, or only a helper of theirs, while the warehouse is brought in line beside what is last."""

    def draw(chance: Random, trace: Trace, place: str) -> Disturb:
        number = chance.randint(1, trace.counts[place])
        return _killing(workshop, scene, place, number, chance.choice((ALL, LEADER, CALLER)))

    return rounds(workshop, scene, "killed beside the warehouse's helper", draw, seed, count, only=BESIDE)


def _killing(workshop: Workshop, scene: Scene, place: str, number: int, whom: str) -> Disturb:
    def disturb(arguments: list[str], home: Path) -> tuple[str, list[str]]:
        kill = _KillAt(home, place, number, whom)
        with Layer([home], kill, calls=WRITING if place in BY_PWRITE else FEW) as layer:
            running = workshop.commands.start(*arguments, layer=layer)
            ended = running.end()
        if kill.call is None:  # what was finished is not done again, so it came to its end
            return "", []
        wrong = left_behind(running.pid) + faults_after_kill(home, scene)
        if ended.code != -signal.SIGKILL:  # a helper was killed: its work is done without it
            wrong += faults_of_end(arguments, ended)
        return f"{kill.call.name} {number} of {place}, {whom}", wrong

    return disturb


class _KillAt:
    """Kills at the `number`-th call at a place. `whom`: who is killed."""

    def __init__(self, home: Path, place: str, number: int, whom: str) -> None:
        self._home, self._place, self._left, self._whom = home, place, number, whom
        self.call: Call | None = None

    def __call__(self, call: Call) -> None:
        if self.call is not None or place_of(self._home, call.path) != self._place:
            return
        self._left -= 1
        if self._left == 0:
            self.call = call
            with suppress(ProcessLookupError):
                leader = os.getsid(call.process)
                if self._whom == ALL:
                    os.killpg(leader, signal.SIGKILL)
                else:
                    os.kill(call.process if self._whom == CALLER else leader, signal.SIGKILL)


def kills_at_moments(workshop: Workshop, scene: Scene, seed: int, count: int) -> Iterator[Try]:
    """Kill commands after a random time."""

    def draw(chance: Random, trace: Trace, place: str) -> Disturb:
        seconds, alone = chance.uniform(0, trace.seconds), chance.random() < 0.5

        def disturb(arguments: list[str], home: Path) -> tuple[str, list[str]]:
            running = workshop.commands.start(*arguments)
            with suppress(TimeoutError):
                running.end_within(seconds)
                return "", []
            running.kill(alone=alone)
            running.end()
            wrong = left_behind(running.pid) + faults_after_kill(home, scene)
            return f"after {seconds:.2f} s{', alone' if alone else ''}", wrong

        return disturb

    return rounds(workshop, scene, "killed at a random moment", draw, seed, count)
