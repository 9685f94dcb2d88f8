"""All faults, seeded, and the table of what was survived: `make test-faults`; `python -m tests.faults kills disks`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.faults.crowds import crowd
from tests.faults.disks import failing, full, full_for_a_moment, small
from tests.faults.kills import kills_at_calls, kills_at_moments, kills_beside
from tests.faults.names import names_and_sidecars
from tests.faults.orders import clocks, orders
from tests.faults.pairs import pairs
from tests.faults.scenes import Workshop
from tests.faults.torn import rich_home, torn, with_nothing_new
from tests.faults.tries import Try, table


def _kills(workshop: Workshop, seed: int) -> Iterator[Try]:
    yield from kills_at_calls(workshop, workshop.first(), seed, 80)
    yield from kills_at_calls(workshop, workshop.later(), seed + 1, 100)
    yield from kills_at_calls(workshop, workshop.reviewed(), seed + 2, 20)
    yield from kills_at_moments(workshop, workshop.first(), seed + 3, 40)
    yield from kills_at_moments(workshop, workshop.later(), seed + 4, 60)


def _torn(workshop: Workshop, seed: int) -> Iterator[Try]:
    scene = rich_home(workshop)
    yield from torn(workshop, scene, seed, 1)
    yield from torn(workshop, with_nothing_new(scene), seed, 1)


def _beside(workshop: Workshop, seed: int) -> Iterator[Try]:
    with_helper = Workshop(workshop.folder / "beside", beside=True)
    yield from kills_beside(with_helper, with_helper.later(), seed, 40)
    yield from kills_beside(with_helper, with_helper.first(), seed + 1, 20)


def _disks(workshop: Workshop, seed: int) -> Iterator[Try]:
    for scene in (workshop.first(), workshop.later()):
        yield from small(workshop, scene, seed, 30)
        yield from full(workshop, scene, seed, 20)
        yield from full_for_a_moment(workshop, scene, seed + 1, 20)
        yield from failing(workshop, scene, seed + 2, 30)


def _orders(workshop: Workshop, seed: int) -> Iterator[Try]:
    yield from orders(workshop.folder / "orders", seed, 110)
    yield from clocks(workshop.folder / "clocks", seed, 40)


def _names(workshop: Workshop, seed: int) -> Iterator[Try]:
    for part in range(3):
        yield from names_and_sidecars(workshop, seed + part, 40)


def _pairs(workshop: Workshop, seed: int) -> Iterator[Try]:
    yield from pairs(workshop, seed, 27)


FAULTS: dict[str, Callable[[Workshop, int], Iterator[Try]]] = {
    "kills": _kills,
    "beside": _beside,
    "disks": _disks,
    "orders": _orders,
    "names": _names,
    "pairs": _pairs,
    "crowd": lambda workshop, seed: crowd(workshop, 20_000),
    "torn": _torn,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of {', '.join(FAULTS)}; all, if none is named")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="write every try to this file, one JSON object a line")
    given = parser.parse_args()
    tries: list[Try] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pmks-faults-") as folder:
        workshop = Workshop(Path(folder))
        for name in given.faults or FAULTS:
            for each in FAULTS[name](workshop, given.seed):
                tries.append(each)
                if given.log:
                    with given.log.open("a") as log:
                        log.write(json.dumps(asdict(each)) + "\n")
                if not each.survived:
                    sys.stderr.write(f"{each.fault}: {each.where}\n" + "".join(f"  {what}\n" for what in each.wrong))
        largest = workshop.commands.largest_bytes
    minutes, size = (time.monotonic() - begun) / 60, f"{largest / 1e9:.2f} GB"
    sys.stdout.write(f"{table(tries)}\n\nSeed {given.seed}, {minutes:.0f} minutes, largest process {size}.\n")
    return 0 if all(each.survived for each in tries) else 1


if __name__ == "__main__":
    raise SystemExit(main())
