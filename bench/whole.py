"""What a whole refresh costs, stage by stage, from an inbox of invented lists to the workbooks that go back.

    python -m bench.whole --villages 80 --keep     about 10 thousand rows; notes the figures in bench/whole.json
    python -m bench.whole --villages 80 --guard    ends with 1 where a stage costs more than twice what is noted there

Costs are processor seconds of all processes, and also given as a multiple of what calamine alone takes to read every
cell of the same files in the same run: machines and their load differ, and that multiple less.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from assets.households.linkage.match_file import warm_up
from pipelines.commands.run import QUIET
from pipelines.definitions import build
from pipelines.sample_inbox.inbox import write_sample_inbox
from validation.rule_tables import each_row
from warehouse.home import DataHome

KEPT = Path(__file__).with_name("whole.json")
REGENCIES = ("16.02", "16.05", "16.10", "16.71")
AT_MOST = 2.0
"""A stage that costs more than so many times what is noted has become slower; less may be noise."""
SMALLEST = 5.0
"""Stages below so many times calamine's cost are too short to be compared."""


class Timed:
    """Notes when each stage begins, as the bar of `pmks run` does (`assets.support.Progress`)."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, float, float]] = []

    def start(self, stage: str, total: int) -> None:
        self.begun.append((stage, time.perf_counter(), processor()))

    def advance(self, steps: int = 1) -> None:
        return None

    def costs(self) -> dict[str, dict[str, float]]:
        """Seconds of wall and processor by stage, to the beginning of the next; those of the same name together."""
        found: dict[str, dict[str, float]] = {}
        ends = [*self.begun[1:], ("", time.perf_counter(), processor())]
        for (stage, wall, cpu), (_, wall_after, cpu_after) in zip(self.begun, ends, strict=True):
            cost = found.setdefault(stage.partition(":")[0], {"wall": 0.0, "processor": 0.0})
            cost["wall"] += wall_after - wall
            cost["processor"] += cpu_after - cpu
        return found


def processor() -> float:
    """Processor seconds of this process and of those that it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def bare(inbox: Path) -> float:
    """Processor seconds that calamine alone takes to read every cell of the workbooks: the median of five times."""
    return statistics.median(_read_once(inbox) for _ in range(5))


def _read_once(inbox: Path) -> float:
    begun = time.process_time()
    for path in sorted(inbox.rglob("*.[xo][ld]s*")):
        with suppress(CalamineError):  # some are locked or cut on purpose
            book = CalamineWorkbook.from_path(str(path))
            for name in book.sheet_names:
                book.get_sheet_by_name(name).to_python()
    return time.process_time() - begun


def refreshed(home: DataHome) -> dict[str, dict[str, float]]:
    """Refresh the home; what each stage cost."""
    timed = Timed()
    result = build(home, timed).resolve_job_def("full_refresh").execute_in_process(run_config=QUIET)
    if not result.success:
        raise SystemExit("the refresh failed")
    return timed.costs()


def codes_of(villages: int, seed: int) -> list[str]:
    """So many villages of `REGENCIES`, in an order by the seed."""
    codes = [row["code"] for row in each_row(__file__, "../validation/reference/wilayah/villages.csv")]
    codes = [code for code in codes if code.startswith(REGENCIES)]
    random.Random(seed).shuffle(codes)
    return codes[:villages]


def measured(villages: int, seed: int, folder: Path) -> dict[str, Any]:
    """The figures of a first refresh over an inbox of so many villages, and of one with nothing new after it."""
    sample = write_sample_inbox(folder / "inbox", seed=seed, villages=codes_of(villages, seed))
    home = DataHome(folder / "data", folder / "inbox", settle_seconds=0.0)
    home.make()
    warm_up()
    stages, again = refreshed(home), refreshed(home)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "rows": sample.rows,
        "files": sample.files,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "calamine": bare(folder / "inbox"),
        "peak_mb": peak // 1024,
        "stages": stages,
        "nothing_new": again,
    }


def slower(now: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    """The stages that cost more than `AT_MOST` times what they cost, each measured in reading by calamine alone."""
    found = []
    for stage, cost in now["stages"].items():
        present = cost["processor"] / now["calamine"]
        before = max(kept["stages"].get(stage, cost)["processor"] / kept["calamine"], SMALLEST)
        if present > AT_MOST * before:
            found.append(f"{stage}: {present:.0f} times calamine, {before:.0f} as noted")
    return found


def table(figures: Mapping[str, Any]) -> str:
    lines = [f"{figures['rows']} rows, {figures['files']} files; largest process {figures['peak_mb']} MB", ""]
    lines += [
        "| stage | wall s | processor s | times calamine | with nothing new, processor s |",
        "|---|---|---|---|---|",
    ]
    for stage, cost in figures["stages"].items():
        again = figures["nothing_new"].get(stage, {"processor": 0.0})["processor"]
        times = cost["processor"] / figures["calamine"]
        lines.append(f"| {stage} | {cost['wall']:.1f} | {cost['processor']:.1f} | {times:.0f} | {again:.2f} |")
    whole = {key: sum(cost[key] for cost in figures["stages"].values()) for key in ("wall", "processor")}
    again = sum(cost["processor"] for cost in figures["nothing_new"].values())
    times = whole["processor"] / figures["calamine"]
    lines.append(f"| all | {whole['wall']:.1f} | {whole['processor']:.1f} | {times:.0f} | {again:.2f} |")
    return "\n".join([*lines, f"| calamine alone | | {figures['calamine']:.2f} | 1 | |"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--villages", type=int, default=80)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--guard", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pmks-bench-") as folder:
        figures = measured(given.villages, given.seed, Path(folder))
    sys.stdout.write(table(figures) + "\n")
    if given.guard:
        found = slower(figures, json.loads(KEPT.read_text(encoding="utf-8")))
        raise SystemExit("\n".join(found) or None)
    if given.keep:
        KEPT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
