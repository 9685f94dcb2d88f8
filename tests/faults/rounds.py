"""Faults in rounds: some of them strike the commands of a scene on one home; then its commands come to their end."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from tests.faults.layer import WRITING, Layer
from tests.faults.oracle import faults_of_end, faults_of_state
from tests.faults.scenes import Scene, Workshop, place_of
from tests.faults.tries import Try

OF_A_HOME = 12
"""So many faults on the way of one home, before what its commands come to is compared."""
Disturb = Callable[[list[str], Path], tuple[str, list[str]]]
"""Runs a command on a home under a fault: where the fault struck (nowhere: the empty text), and what was wrong."""


class Trace:
    """What a command does undisturbed: calls at each place, in the order of the first, and how long it takes."""

    def __init__(self, workshop: Workshop, home: Path, arguments: list[str], calls: frozenset[str]) -> None:
        self.counts: Counter[str] = Counter()
        begun = time.monotonic()
        with Layer([home], lambda call: self.counts.update([place_of(home, call.path)]), calls=calls) as layer:
            workshop.commands.start(*arguments, layer=layer).end()
        self.seconds = time.monotonic() - begun


Draw = Callable[[random.Random, Trace, str], Disturb]
"""Makes a fault for a command, given its trace and a place in it."""


def rounds(
    workshop: Workshop,
    scene: Scene,
    fault: str,
    draw: Draw,
    seed: int,
    count: int,
    calls: frozenset[str] = WRITING,
    only: Collection[str] = (),
) -> Iterator[Try]:
    """Let faults strike the commands of a scene, at places drawn evenly, in the order in which a command comes to them,
    each again until it is let through. Every fault that struck is a try; at least `count`. `only`: at these places."""
    chance = random.Random(seed)
    home = scene.begin(workshop.folder / "disturbed")
    traces = [Trace(workshop, home, scene.step(number, home), calls) for number in range(len(scene.steps))]
    points = [(step, place) for step, trace in enumerate(traces) for place in trace.counts if not only or place in only]
    while count > 0:
        scene.begin(home)
        drawn = chance.sample(range(len(points)), min(OF_A_HOME, count, len(points)))
        due = [points[index] for index in sorted(drawn)]
        where: list[str] = []
        wrong: list[str] = []
        for step, trace in enumerate(traces):
            arguments = scene.step(step, home)
            for place in [place for number, place in due if number == step]:
                struck, faults = draw(chance, trace, place)(arguments, home)
                where += [f"{scene.name}: {arguments[0]}, {struck}"] if struck else []
                wrong += faults
            wrong += faults_of_end(arguments, workshop.commands.run(*arguments))
        wrong += faults_of_state(home, scene.after)
        for each in where:
            yield Try(fault, " < ".join(where) if wrong else each, tuple(wrong))
        count -= len(where)
