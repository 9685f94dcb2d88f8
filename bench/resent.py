"""What one list costs that is sent again, beside all those that stay as they are.

    python -m bench.resent FOLDER --villages 800    fills FOLDER/inbox with invented lists and refreshes FOLDER/data
    python -m bench.resent FOLDER                   sends one of them again, its last line left out, and refreshes
    python -m bench.resent FOLDER --list 3          another one; --profile FILE: by function, for `python -m pstats`

Costs are processor seconds of each stage, of this process and of those that it has ended. The lists are text, so that
what is measured is little reading.
"""

from __future__ import annotations

import argparse
import cProfile
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from bench.whole import codes_of, refreshed
from pipelines.sample_inbox.inbox import write_sample_inbox
from warehouse.home import DataHome

_LISTS = "PMKS_*_2024.csv"


def send_again(inbox: Path, number: int) -> Path:
    """Leave out the last line of a list of the sample inbox, the one of this number, and return it."""
    path = sorted(inbox.rglob(_LISTS))[number]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--villages", type=int, default=800)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--list", type=int, default=0)
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    home = DataHome(given.folder / "data", given.folder / "inbox", settle_seconds=0.0)
    if home.lake.exists():
        sys.stdout.write(f"{send_again(home.inbox, given.list).relative_to(home.inbox)}\n")
    else:
        write_sample_inbox(home.inbox, seed=given.seed, villages=codes_of(given.villages, given.seed))
        home.make()
    profile = cProfile.Profile(time.process_time) if given.profile else None
    with profile or nullcontext():
        costs = refreshed(home)
    if profile:
        profile.dump_stats(given.profile)
    for stage, cost in costs.items():
        sys.stdout.write(f"{stage:14} {cost['wall']:6.2f} s by the clock {cost['processor']:6.2f} s of the processor\n")
    whole = {key: sum(cost[key] for cost in costs.values()) for key in ("wall", "processor")}
    sys.stdout.write(f"{'all':14} {whole['wall']:6.2f} {whole['processor']:6.2f}\n")


if __name__ == "__main__":
    main()
