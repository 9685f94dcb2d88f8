"""`python -m tests.tampering`: every tamper, what of `pmks verify` noticed it, and a line for each that nothing did.

`--only WORD`: those of a table, kind of file, change or level. `--results FILE`: what was measured is kept there, and a
machine that is stopped goes on where it was; `--part 2/4` does a quarter of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.tampering.machine import Caught, Tamper, tampers, try_out
from tests.tampering.scene import build, readers
from tests.tampering.unseen import unlisted

Measured = dict[Tamper, Caught | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    parser.add_argument("--part", default="1/1", metavar="I/N")
    parser.add_argument("--results", type=Path, metavar="FILE")
    given = parser.parse_args()
    part, parts = map(int, given.part.split("/"))
    chosen = [t for t in tampers() if all(word in t for word in given.only)][part - 1 :: parts]
    measured = _kept(given.results) if given.results else {}
    with tempfile.TemporaryDirectory() as name, readers():
        home = build(Path(name) / "scene") if any(tamper not in measured for tamper in chosen) else None
        for tamper in chosen:
            if home is not None and tamper not in measured:
                measured[tamper] = try_out(home, Path(name), tamper, given.seed)
                if given.results:
                    _keep(given.results, tamper, measured[tamper])
    sys.exit(_say({tamper: found for tamper in chosen if (found := measured[tamper])}))


def _kept(file: Path) -> Measured:
    lines = file.read_text().splitlines() if file.exists() else []
    return {Tamper(*said): Caught(*found) if found else None for said, found in map(json.loads, lines)}


def _keep(file: Path, tamper: Tamper, found: Caught | None) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps([tamper, found]) + "\n")


def _say(measured: dict[Tamper, Caught]) -> int:
    """Print how many were caught, at which level and by what. The exit code: 1 where what should be was not."""
    wrong = list(unlisted(measured.items()))
    all_of = Counter(tamper.level for tamper in measured)
    without = Counter(tamper.level for tamper, found in measured.items() if found.without)
    witnessed = Counter(tamper.level for tamper, found in measured.items() if found.with_witness)
    by = Counter(f"{tamper.level}: {found.without or 'nothing'}" for tamper, found in measured.items())
    lines = [f"{'':<10} tampers  caught  with a witness"]
    lines += [f"{level:<10} {n:>7} {without[level]:>7} {witnessed[level]:>15}" for level, n in all_of.items()]
    lines += [f"{'all':<10} {all_of.total():>7} {without.total():>7} {witnessed.total():>15}"]
    lines += [f"  {what:<40} {number}" for what, number in sorted(by.items())]
    lines += [f"without witness  {tamper}" for tamper, found in measured.items() if not found.without]
    sys.stdout.write("\n".join([*lines, *wrong]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    main()
