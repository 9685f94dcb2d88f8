"""Two commands at once on one home: each comes to its end, and what they leave is what they would have left in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from tests.faults.oracle import faults_of_end, faults_of_state
from tests.faults.scenes import PLAN, RUN, Workshop
from tests.faults.tries import Try

DATA = ("--data", "{home}")
BESIDE = (
    RUN,
    RUN,
    PLAN,
    ("status", *DATA),
    ("verify", "--quick", *DATA),
    ("verify", *DATA),
    ("review", "list", *DATA),
    ("review", "export", "{home}.tinjauan.xlsx", *DATA),
    ("corrections", *DATA),
)
"""What is started beside a run."""


def pairs(workshop: Workshop, seed: int, count: int) -> Iterator[Try]:
    """Start a command beside a run, before or after it by up to four seconds."""
    chance, scene = Random(seed), workshop.later()
    home = workshop.folder / "pairs"
    for number in range(count):
        scene.begin(home)
        beside = BESIDE[number % len(BESIDE)]
        wait, first = chance.uniform(0, 4), chance.random() < 0.7
        both = [[word.format(inbox=scene.inbox, home=home) for word in command] for command in (RUN, beside)]
        running = []
        for arguments in both if first else both[::-1]:
            running.append((arguments, workshop.commands.start(*arguments)))
            time.sleep(wait if len(running) == 1 else 0)
        wrong = [fault for arguments, each in running for fault in faults_of_end(arguments, each.end())]
        wrong += faults_of_state(home, scene.after)
        shown = f"run and {' '.join(beside[:2])}, {wait:.1f} s {'after' if first else 'before'}"
        yield Try("two commands at once", shown, tuple(wrong))
