"""Disks that are full, that fail, and that are too small: calls that the kernel refuses, and real small disks."""

from __future__ import annotations

import errno
import random
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.faults.layer import READING, ROOM, WRITING, Call, Layer
from tests.faults.oracle import faults_after_kill, faults_of_refusal, faults_of_state
from tests.faults.rounds import Disturb, Trace, rounds
from tests.faults.scenes import Scene, Workshop, place_of
from tests.faults.small_disk import on_small_disks
from tests.faults.tries import Try

ALL = WRITING | READING


def full(workshop: Workshop, scene: Scene, seed: int, count: int) -> Iterator[Try]:
    """No room from some call on, until the command has ended."""
    return _refusing(workshop, scene, "no room from a call on", errno.ENOSPC, seed, count, for_good=True)


def full_for_a_moment(workshop: Workshop, scene: Scene, seed: int, count: int) -> Iterator[Try]:
    """No room for one call."""
    return _refusing(workshop, scene, "no room for one call", errno.ENOSPC, seed, count)


def failing(workshop: Workshop, scene: Scene, seed: int, count: int) -> Iterator[Try]:
    """One call to read, write, open, name or flush a file fails."""
    return _refusing(workshop, scene, "an error of the disk in one call", errno.EIO, seed, count, calls=ALL)


def _refusing(
    workshop: Workshop,
    scene: Scene,
    fault: str,
    error: int,
    seed: int,
    count: int,
    *,
    for_good: bool = False,
    calls: frozenset[str] = ROOM,
) -> Iterator[Try]:
    def draw(chance: Random, trace: Trace, place: str) -> Disturb:
        number = chance.randint(1, trace.counts[place])

        def disturb(arguments: list[str], home: Path) -> tuple[str, list[str]]:
            refuse = _Refuse(home, place, number, error, for_good=for_good)
            with Layer([home], refuse, calls=calls) as layer:
                ended = workshop.commands.start(*arguments, layer=layer).end()
            if refuse.call is None:
                return "", []
            wrong = faults_of_refusal(arguments, ended) + faults_after_kill(home, scene)
            return f"{refuse.call.name} {number} of {place}", wrong

        return disturb

    return rounds(workshop, scene, fault, draw, seed, count, calls)


class _Refuse:
    """Fails the `number`-th call at a place, and, if `for_good`, every one that needs room after it."""

    def __init__(self, home: Path, place: str, number: int, error: int, *, for_good: bool) -> None:
        self._home, self._place, self._left, self._error, self._for_good = home, place, number, error, for_good
        self.call: Call | None = None

    def __call__(self, call: Call) -> int | None:
        if self._error == errno.ENOSPC and not call.writes:
            return None
        if self.call is not None:
            return self._error if self._for_good else None
        if place_of(self._home, call.path) == self._place:
            self._left -= 1
        if self._left:
            return None
        self.call = call
        return self._error


def small(workshop: Workshop, scene: Scene, seed: int, count: int) -> Iterator[Try]:
    """Run on disks of many sizes, each home on growing ones, until it has room."""
    chance = random.Random(seed)
    least, most = (_room(home) if home else 0 for home in (scene.before, scene.after))
    step = (len(scene.steps)) - 1
    while count > 0:
        sizes = sorted(chance.randint(least + 65_536, int(most * 1.2)) for _ in range(5))
        out = workshop.folder / "small"
        ends = on_small_disks(workshop.commands, scene, step, sizes, out)
        wrong = [fault for end in ends[:-1] for fault in faults_of_refusal(scene.step(step, out), end)]
        if ends[-1].code:
            wrong.append(f"ended with {ends[-1].code} where there was room")
        wrong += faults_of_state(out, scene.after)
        failed = [size for size, end in zip(sizes, ends, strict=False) if end.code]
        for size in sizes:
            shown = f"{scene.name}: {size} of {most} bytes, {'failed' if size in failed else 'enough'}"
            yield Try("a real disk that is too small", shown, tuple(wrong))
        count -= len(sizes)


def _room(home: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in home.rglob("*"))
