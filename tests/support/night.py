"""A real daemon over a throw-away data home, and what a test does to both while it is left alone.

`python -m tests.support.night` spends a whole night and prints what it came to (`make test-daemon`).
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg

from assets.intake.stages.read import READ
from assets.intake.stages.register import look, news
from pipelines.instance import opened as opened_instance
from pipelines.liveness import living_processes
from pipelines.stages import stale
from tests.support.finished import PROJECT, pmks
from tests.support.senders import Senders
from tests.support.unprivileged import AS_ANYBODY
from tests.support.witness import Witness, beside
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake

UNFINISHED = [
    status for status in dg.DagsterRunStatus if status.value in ("QUEUED", "NOT_STARTED", "STARTING", "STARTED")
]
ASKED_EVERY = 3
"""After so many acts and kills it is looked whether something has to be told."""
WHO = "SELECT kode_pmks, subject, rule_id, status, list_sort(record_ids) FROM referrals.{} ORDER BY ALL"


class Night:
    """The daemon over one home. `settings`: variables of the installation, seconds in the place of minutes."""

    def __init__(self, root: Path) -> None:
        self.home = DataHome(root=root / "home", inbox=root / "inbox", settle_seconds=2.0, retry_seconds=2.0, workers=1)
        self.home.inbox.mkdir(parents=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PMKS_", "DAGSTER_"))}
        self.settings = clean | {
            "PMKS_DATA": str(self.home.root),
            "PMKS_INBOX": str(self.home.inbox),
            "PMKS_SETTLE_SECONDS": "2",
            "PMKS_RETRY_SECONDS": "2",
            "PMKS_SENSOR_SECONDS": "1",
            "PMKS_WORKERS": "1",
            "DAGSTER_HOME": str(self.home.dagster),
            "PYTHONPATH": str(PROJECT),
        }
        with opened_instance(self.home):
            pass  # `deploy/` makes the databases before the services start
        self.log = (root / "daemon.log").open("ab")
        self._socket, self._workspace = root / "code.sock", root / "workspace.yaml"
        deployed = (PROJECT / "deploy" / "workspace.yaml").read_text(encoding="utf-8")
        self._workspace.write_text(deployed.replace("/run/pmks/code.sock", str(self._socket)), encoding="utf-8")
        self._services: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the code server and the daemon, as `deploy/` has it."""
        code_server = ("dagster", "code-server", "start", "-m", "pipelines.definitions", "-s", str(self._socket))
        for program, *arguments in (code_server, ("dagster-daemon", "run", "-w", str(self._workspace))):
            command = [str(Path(sys.executable).with_name(program)), *arguments]
            self._services.append(
                subprocess.Popen(
                    command,
                    cwd=PROJECT,
                    env=self.settings,
                    stdout=self.log,
                    stderr=self.log,
                    start_new_session=True,
                    preexec_fn=AS_ANYBODY,
                )
            )

    def stop(self) -> None:
        """Kill the daemon, the code server and all workers at once, as a power cut does."""
        below = {process for service in self._services for process in _descendants(service.pid)}
        for process in {*living_processes(self.home), *below, *(service.pid for service in self._services)}:
            _kill(process)
        for service in self._services:
            service.wait()
        self._services.clear()
        self._socket.unlink(missing_ok=True)

    def backfill(self, seconds: float = 180.0) -> bool:
        """Ask for every kabupaten and period once more, as soon as the code server answers; returns whether it did."""
        command = [str(Path(sys.executable).with_name("dagster")), "job", "backfill", "-w", str(self._workspace)]
        command += ["-j", "read_and_validate", "--all", "yes", "--noprompt"]
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            asked = subprocess.run(
                command, cwd=PROJECT, env=self.settings, stdout=self.log, stderr=self.log, check=False
            )
            if asked.returncode == 0:
                return True
            time.sleep(1.0)
        return False

    def kill_a_worker(self, seconds: float = 30.0) -> bool:
        """Kill the next process that executes a run; returns whether there was one within `seconds`."""
        began = time.monotonic()
        while not (workers := living_processes(self.home)) and time.monotonic() - began < seconds:
            time.sleep(0.05)
        for process in sorted(workers)[:1]:
            _kill(process)
        return bool(workers)

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        os.environ["DAGSTER_HOME"] = str(self.home.dagster)
        with dg.DagsterInstance.get() as instance:
            yield instance

    def waits_for(self) -> list[str]:
        """What is still to be done: nothing once everything that came is published."""
        lake = Lake(self.home.lake)
        seen = look(self.home, remember=False)
        found = ["inbox"] if news(lake, seen) or seen.waiting else []
        found += [f"read {partition}" for partition in READ.pending(lake, self.home)]
        found += [f"stale {name}" for name in stale(lake, self.home)]
        with self.instance() as instance:
            found += [
                f"run {run.job_name} {run.status.value}"
                for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
            ]
        return found

    def until_done(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> float:
        """Wait until nothing is left to be done; returns how long it took. Raises `TimeoutError`."""
        began = time.monotonic()
        while waits := self.waits_for():
            meanwhile()
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"after {seconds:.0f} s there waits: {'; '.join(waits)}")
            time.sleep(1.0)
        return time.monotonic() - began

    def empty_runs(self) -> int:
        """How many runs that publish succeeded without anything to do."""
        found = 0
        with self.instance() as instance:
            for run in instance.get_runs(
                dg.RunsFilter(job_name="refresh_global", statuses=[dg.DagsterRunStatus.SUCCESS])
            ):
                made = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
                facts = [m.metadata for entry in made if (m := entry.asset_materialization) is not None]
                found += not any(fact["changed"].value for fact in facts if "changed" in fact)
        return found

    def runs(self) -> list[dg.DagsterRun]:
        with self.instance() as instance:
            return list(instance.get_runs())


def who_is_referred(root: Path) -> dict[str, list[object]]:
    """Who is referred, by the records that say so: equal whatever the history, the ids and the runs were."""
    with opened(root / "warehouse.duckdb", read_only=True) as con:
        return {name: con.execute(WHO.format(name)).fetchall() for name in ("rehsos", "dayasos", "jamsos")}


def _descendants(process: int) -> set[int]:
    found, ahead = set(), [process]
    while ahead:
        parent = ahead.pop()
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                children = {int(child) for child in (task / "children").read_text().split()}
                ahead += children - found
                found |= children
    return found


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


@dataclass
class Report:
    """What a night came to."""

    acts: Counter[str]
    runs: Counter[str]
    empty_runs: int
    stuck: int
    waited: float


def spend(
    night: Night, *, acts: int, kills: int, seed: int, pause: float, backfills: int = 0, witness: Witness | None = None
) -> Report:
    """Start the daemon, let villages send and processes die in a random order, and wait until all is published.

    `pause`: seconds between two acts, on average. `backfills`: so often everything that was read is asked for again.
    Raises `TimeoutError` where something waits for ever.
    """
    chance, senders = random.Random(seed), Senders(night.home.inbox, seed)
    if witness is not None:
        senders.sent = witness.saw
    todo = ["act"] * acts + [chance.choice(("kill a worker", "kill a worker", "kill all")) for _ in range(kills)]
    todo += ["backfill"] * backfills
    chance.shuffle(todo)
    done: Counter[str] = Counter()
    night.start()
    try:
        for number, what in enumerate(["act", *todo]):
            if what == "act":
                done[senders.act()] += 1
            elif what == "backfill":
                done[what if night.backfill() else "no code server to ask for a backfill"] += 1
            elif what == "kill a worker":
                done[what if night.kill_a_worker() else "no worker to kill"] += 1
            else:
                night.stop()
                night.start()
                done[what] += 1
            rests = time.monotonic() + chance.expovariate(1 / pause)
            while witness is not None and time.monotonic() < rests:
                witness.look()
                time.sleep(0.5)
            time.sleep(max(0.0, rests - time.monotonic()))
            if witness is not None and number % ASKED_EVERY == 0:
                witness.ask()
        senders.unlock_all()
        waited = night.until_done(900.0, witness.look if witness is not None else lambda: None)
        if witness is not None:
            witness.look()
            witness.ask()
    finally:
        night.stop()
    ended = Counter(f"{run.job_name} {run.status.value}" for run in night.runs())
    stuck = sum(not run.is_finished for run in night.runs())
    return Report(done, ended, night.empty_runs(), stuck, waited)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--acts", type=int, default=120)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--pause", type=float, default=8.0)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        night = Night(Path(folder))
        with beside(night.home) as witness:
            report = spend(night, **vars(given), backfills=1, witness=witness)
        once = Path(folder) / "once"
        done = pmks("run", "--inbox", night.home.inbox, "--data", once, env={"PMKS_SETTLE_SECONDS": "0"})
        same = done.returncode == 0 and who_is_referred(once) == who_is_referred(night.home.root)
        rows = [*report.acts.items(), *report.runs.items(), ("runs that changed nothing", report.empty_runs)]
        rows += [("runs left stuck", report.stuck), *witness.lines()]
        well = same and not (report.empty_runs or report.stuck or witness.told_twice())
        lines = [f"| {what} | {count} |" for what, count in rows]
        lines.append(f"| all published after the last of it | {report.waited:.0f} s |")
        lines.append(f"| the same referrals as one pmks run | {'yes' if same else 'NO'} |")
        sys.stdout.write("\n".join(lines) + "\n")
    raise SystemExit(0 if well else 1)


if __name__ == "__main__":
    main()
