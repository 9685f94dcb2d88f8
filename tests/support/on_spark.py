"""Matching on a real Spark, against one process: the same people and households, and what it costs.

`python -m tests.support.on_spark` (`make test-spark`) runs `pmks run` on the sample with a Spark cluster set and
without: at first, after reviewers decided something, and after a list was sent again. It compares all that the two
homes hold. Then it invents a population, runs `pmks match` on it both ways, compares the files, and prints processor
time and shuffled bytes. Needs the extra `spark` and Java 17.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.households.linkage.model.parameters import DEFAULT_MODEL
from assets.households.review.decisions import record_decisions
from assets.households.stages.match import MATCH
from bench.population import generate
from tests.support.finished import PROJECT, SAMPLE_INBOX
from tests.support.same_state import differences
from warehouse.lake import Lake
from warehouse.migrations import MATCH_STATE_FOLDER

LOOK_SECONDS = 0.2
MONDAY = datetime(2026, 3, 2)
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def seen_now(session: int) -> dict[int, tuple[float, int]]:
    """Return the processor time in seconds, and the memory in bytes, of each living process of a session."""
    out = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == session:
            used = (int(fields[11]) + int(fields[12])) / TICKS
            out[int(stat.parent.name)] = used, int(fields[21]) * PAGE
    return out


def timed(*arguments: str, **settings: str) -> tuple[float, float, float]:
    """Run `pmks match`; return how long it took, and processor time and most memory (MB) of all its processes."""
    start, used, memory = time.perf_counter(), dict[int, float](), 0
    code = "from pipelines.cli import main; main()"
    command = [sys.executable, "-c", code, "match", "link", *arguments, "--model", str(DEFAULT_MODEL), "--timings"]
    with subprocess.Popen(command, cwd=PROJECT, env=os.environ | settings, start_new_session=True) as process:
        while process.poll() is None:
            seen = seen_now(process.pid)
            used |= {number: seconds for number, (seconds, _) in seen.items()}
            memory = max(memory, sum(size for _, size in seen.values()))
            time.sleep(LOOK_SECONDS)
    assert process.returncode == 0
    return time.perf_counter() - start, sum(used.values()), memory / 1e6


def shuffled_bytes(events: Path) -> int:
    """Return how many bytes the tasks of a Spark application wrote for others, by its event log."""
    total = 0
    for log in events.rglob("events_*"):
        for line in log.read_text().splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerTaskEnd":
                total += (
                    (event.get("Task Metrics") or {}).get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
                )
    return total


def same_state_of_runs(folder: Path, master: str) -> int:
    """Run the sample in one process and on Spark: at first, after decisions, and after a list was sent again, when both
    go on from what they matched before. Return how many decisions both obeyed to the same state."""
    homes = {folder / "process": {}, folder / "spark": {"PMKS_SPARK_MASTER": master, "PMKS_SPARK_BUCKETS": "3"}}
    inbox = Path(shutil.copytree(SAMPLE_INBOX, folder / "inbox"))
    _run_both(homes, inbox)
    assert [on_spark(home) for home in homes] == [False, True]
    decided = sum(decide(home) for home in homes) // len(homes)
    for home in homes:
        shutil.rmtree(home / "lake" / MATCH_STATE_FOLDER)  # so that decisions go to Spark
    _run_both(homes, inbox)
    assert [on_spark(home) for home in homes] == [False, True]
    again = min(inbox.rglob("*.csv"))
    again.write_bytes(b"".join(again.read_bytes().splitlines(keepends=True)[:-1]))
    _run_both(homes, inbox)
    assert [from_scratch(home) for home in homes] == [None, None]
    return decided


def _run_both(homes: dict[Path, dict[str, str]], inbox: Path) -> None:
    """Run each home with its settings; afterwards they must hold the same."""
    code = "from pipelines.cli import main; main()"
    for home, settings in homes.items():
        command = [sys.executable, "-c", code, "run", "--inbox", str(inbox), "--data", str(home), "--quiet"]
        subprocess.run(command, cwd=PROJECT, env=os.environ | settings, check=True)
    found = list(differences(*homes))
    assert not found, found


def from_scratch(home: Path) -> str | None:
    """Return why the last match was of all records; None if it was not."""
    return Lake(home / "lake").manifest(MATCH.name).facts["from_scratch"]


def on_spark(home: Path) -> bool:
    """Whether the last match was on Spark."""
    return "Spark" in str(from_scratch(home))


def decide(home: Path) -> int:
    """Let a reviewer join what is two and part what is one, of people and of households; return how often."""
    lake = Lake(home / "lake")
    links, member = lake.read("links"), lake.read("membership").set_index("record_id")
    possible = lake.read("possible")
    said = []
    for table, label, joins, parts in (
        (links, "person_id", "same", "different"),
        (possible, "household_id", "one_household", "two_households"),
    ):
        ends = table[["record_id_l", "record_id_r"]]
        one = ends["record_id_l"].map(member[label]) == ends["record_id_r"].map(member[label])
        chosen = ((joins, ends[~one].head(4)), (parts, ends[one].head(4) if one.any() else ends.tail(2)))
        said += [pair | {"decision": answer} for answer, pairs in chosen for pair in pairs.to_dict("records")]
    said = [pair | {"decided_by": "Rina", "reason": "dilihat"} for pair in said]
    return len(record_decisions(home / "review", said, decided_at=MONDAY))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--buckets", type=int, default=4)
    parser.add_argument("--master", default="local[2]")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        work, events = Path(folder), Path(folder, "events")
        events.mkdir()
        decisions = same_state_of_runs(work, asked.master)
        sys.stdout.write(f"the sample, with {decisions} decisions: the same state as without Spark\n")
        table = pa.Table.from_pandas(generate(asked.records)[0], preserve_index=False)
        pq.write_table(table, work / "records.parquet", row_group_size=-(-asked.records // asked.buckets))
        files = {engine: str(work / f"{engine}.parquet") for engine in ("process", "spark")}
        settings = {"eventLog.enabled": "true", "eventLog.compress": "false", "eventLog.dir": events.as_uri()}
        submit = " ".join(f"--conf spark.{name}={value}" for name, value in settings.items())
        timed(str(work / "records.parquet"), files["process"])  # compiles what is not compiled yet
        one, one_cpu, one_memory = timed(str(work / "records.parquet"), files["process"])
        many, many_cpu, many_memory = timed(
            str(work / "records.parquet"), files["spark"], "--engine", "spark", "--master", asked.master,
            "--buckets", str(asked.buckets), PYSPARK_SUBMIT_ARGS=f"{submit} pyspark-shell",
        )  # fmt: skip
        pd.testing.assert_frame_equal(*(pd.read_parquet(file) for file in files.values()))
        millions, shuffled = table.num_rows / 1e6, shuffled_bytes(events) / 1e6
        assert shuffled > 0
    sys.stdout.write(
        f"{table.num_rows:,} records, {asked.buckets} buckets: the same persons and households as one process\n"
        f"one process {one:.1f} s, {one_cpu:.1f} s of processor time; Spark {many:.1f} s, {many_cpu:.1f} s: "
        f"{many_cpu / one_cpu:.1f} times\n"
        f"memory of all processes {one_memory:.0f} MB, {many_memory:.0f} MB\n"
        f"shuffled {shuffled:.0f} MB, {shuffled / millions:.0f} MB a million records\n"
    )


if __name__ == "__main__":
    main()
