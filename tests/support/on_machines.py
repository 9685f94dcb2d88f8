"""What `deploy/workers/compose.yaml` starts, without an engine: runs handed out to machines with disks of their own.

It runs over real servers of PostgreSQL, Redis and S3.

`python -m tests.support.on_machines` (`make test-workers`) lets the sample lists through to referrals while machines
that read are killed, and compares with one `pmks run`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

from pipelines.liveness import living_processes
from tests.support.composed import Composed
from tests.support.finished import PROJECT, SAMPLE_INBOX, pmks
from tests.support.in_storage import KEYS
from tests.support.night import who_is_referred
from tests.support.postgres import serving
from tests.support.same_state import differences
from tests.support.servers import free_port, redis
from warehouse.home import DataHome

WORKERS = PROJECT / "deploy" / "workers"
READERS = ("first", "second")
BUCKET_PORT = "5000"


class Machines(Composed):
    """The main machine of the compose file, and two that read, each with a home of its own."""

    def __init__(self, root: Path, url: str, settings: dict[str, str]) -> None:
        self._bucket = free_port()
        settings |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._bucket}"}
        os.environ.update(settings)
        super().__init__(root, url, WORKERS)
        self.settings |= settings
        self.readers = {name: DataHome(root / name, root / "no inbox") for name in READERS}
        self._celery: dict[str, Popen[bytes]] = {}

    def start(self) -> None:
        self.begin("bucket")
        self.until_healthy("bucket")
        assert self.begin("make-bucket").wait(60) == 0
        super().start()
        self.begin("refresher")
        for name in READERS:
            self.read(name)

    def _here(self, command: list[str]) -> list[str]:
        return [part.replace(BUCKET_PORT, str(self._bucket)) for part in super()._here(command)]

    def read(self, name: str) -> None:
        """Start a machine that reads."""
        home = self.readers[name]
        own = {"PMKS_DATA": str(home.root), "PMKS_INBOX": str(home.inbox), "DAGSTER_HOME": str(home.dagster)}
        self._celery[name] = self.begin("reader", **own)

    def switch_off(self, name: str) -> None:
        """Kill a machine in the midst of reading, and all it was doing."""
        while not living_processes(self.readers[name]):
            time.sleep(0.02)
        machine = self._celery.pop(name)
        self._services.remove(machine)
        os.killpg(machine.pid, signal.SIGKILL)
        machine.wait()

    def kill_a_reader(self, name: str) -> None:
        """Kill the process that executes a run on a machine; the machine goes on."""
        while not (processes := living_processes(self.readers[name])):
            time.sleep(0.02)
        for process in processes:
            os.kill(process, signal.SIGKILL)

    def runs_of(self, name: str) -> int:
        """How many runs a machine has begun."""
        return len(list((self.readers[name].dagster / "alive").iterdir()))


def main() -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)  # the server's account has to enter it
        settings = KEYS | {"PMKS_STORAGE": "s3://pmks/machines"}
        with serving(root / "postgres") as url, redis(root) as broker:
            machines = Machines(root / "machines", url, settings | {"BROKER_URL": broker, "RESULT_BACKEND": broker})
            shutil.copytree(SAMPLE_INBOX, machines.home.inbox, dirs_exist_ok=True)
            try:
                machines.start()
                machines.switch_off("first")
                machines.kill_a_reader("second")
                machines.read("first")
                waited = machines.until_done(900.0)
            finally:
                machines.stop()
            ended = Counter(f"{run.job_name} {run.status.value}" for run in machines.runs())
            begun = {name: machines.runs_of(name) for name in READERS}
        once = pmks("run", "--inbox", SAMPLE_INBOX, "--data", root / "once", env={"PMKS_SETTLE_SECONDS": "0"})
        found = list(differences(root / "once", machines.home.root))
        claims = {
            "each machine that reads began runs": all(begun.values()),
            "two of them were killed, and tried again": ended["read_and_validate FAILURE"] == 2,
            "the main machine has the referrals of one pmks run": once.returncode == 0
            and who_is_referred(machines.home.root) == who_is_referred(root / "once"),
            "and its state": found == [],
        }
    lines = [f"| {what} | {count} |" for what, count in (*ended.items(), *begun.items())]
    lines += [f"| {claim} | {'yes' if holds else 'NO'} |" for claim, holds in claims.items()]
    sys.stdout.write("\n".join([*lines, *found[:5], f"{waited:.0f} s"]) + "\n")
    raise SystemExit(0 if all(claims.values()) else 1)


if __name__ == "__main__":
    main()
