"""What `deploy/container/compose.yaml` starts, without an engine: the same commands, over a real PostgreSQL server.

`python -m tests.support.composed` lets lists through to referrals while workers are killed (`make test-postgres`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from assets.partitions import KABUPATEN_PERIODE
from pipelines.attempts import last_attempts
from pipelines.pruning import DAY_SECONDS, prune
from tests.support.finished import PROJECT, pmks
from tests.support.night import Night, spend, who_is_referred
from tests.support.postgres import serving
from tests.support.servers import free_port

CONTAINER = PROJECT / "deploy" / "container"
SOCKET, HOME, PORT = "/run/pmks/code.sock", "/var/lib/pmks", "3000"
"""What the image calls them."""


def services(folder: Path = CONTAINER) -> dict[str, Any]:
    """The services of the compose file in a folder, by name."""
    composed: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return composed


def entry_point() -> list[str]:
    """What every command of the image goes through."""
    found = re.search(r"^ENTRYPOINT (.*)$", (CONTAINER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return list(json.loads(found[1]))


class Composed(Night):
    """The services of a compose file over one home. `url`: of the PostgreSQL server. `folder`: of the compose file."""

    def __init__(self, root: Path, url: str, folder: Path = CONTAINER) -> None:
        os.environ["DAGSTER_POSTGRES_URL"] = url
        (root / "home" / "dagster").mkdir(parents=True, mode=0o700)
        shutil.copy(folder / "dagster.yaml", root / "home" / "dagster")
        super().__init__(root)
        self._composed = services(folder)
        self._port = str(free_port())
        programs = Path(sys.executable).parent
        self.settings |= {"DAGSTER_POSTGRES_URL": url, "PATH": f"{programs}:{os.environ['PATH']}"}

    def start(self) -> None:
        """Start code server, daemon and web page, each once those that it depends on are healthy."""
        for name in ("code", "daemon", "web"):
            self.begin(name)
            self.until_healthy(name)

    def begin(self, name: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start a service. `settings`: variables that it alone is given."""
        command = [*entry_point(), *self._here(self._composed[name]["command"])]
        env = self.settings | settings
        begun = subprocess.Popen(
            command, cwd=PROJECT, env=env, stdout=self.log, stderr=self.log, start_new_session=True
        )
        self._services.append(begun)
        return begun

    def until_healthy(self, name: str) -> None:
        """Ask the health check of a service until it is well. Raises `TimeoutError`."""
        _, *check = self._here(self._composed[name]["healthcheck"]["test"])
        for _ in range(60):
            done = subprocess.run(check, cwd=PROJECT, env=self.settings, capture_output=True, check=False)
            if done.returncode == 0:
                return
            time.sleep(1.0)
        raise TimeoutError(f"{name} is not healthy: {done.stderr.decode()[-500:]}")

    def _here(self, command: list[str]) -> list[str]:
        """A command of a container with the names of this home, and Compose's own `$$` for `$`."""
        known = {SOCKET: str(self._socket), "deploy/workspace.yaml": str(self._workspace), PORT: self._port}
        known |= {"0.0.0.0": "127.0.0.1", "$$": "$"}
        for old, new in known.items():
            command = [part.replace(old, new) for part in command]
        return command


def main() -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)  # the server's account has to enter it
        with serving(root / "postgres") as url:
            night = Composed(root / "night", url)
            report = spend(night, acts=6, kills=2, seed=3, pause=2.0)
            once = pmks("run", "--inbox", night.home.inbox, "--data", root / "once", env={"PMKS_SETTLE_SECONDS": "0"})
            referred = who_is_referred(night.home.root)
            with night.instance() as instance:
                kinds = type(instance.event_log_storage).__name__, type(instance.run_storage).__name__

                def seen() -> tuple[object, ...]:
                    keys = sorted(instance.get_asset_keys(), key=str)
                    made = [sorted(instance.get_materialized_partitions(key)) for key in keys]
                    last = [instance.get_latest_materialization_event(key) for key in keys]
                    return made, last, last_attempts(instance), instance.get_dynamic_partitions(KABUPATEN_PERIODE.name)

                before = seen()
                pruned = prune(instance, 1, time.time() + 365 * DAY_SECONDS)
                claims = {
                    "runs and events are kept by PostgreSQL": all(kind.startswith("Postgres") for kind in kinds),
                    "somebody is referred": any(referred.values()),
                    "the same referrals as one pmks run": once.returncode == 0
                    and referred == who_is_referred(root / "once"),
                    "no run that changed nothing": report.empty_runs == 0,
                    f"{pruned.gone} old runs let go, partitions and last successes as before": seen() == before,
                }
        lines = [f"| {what} | {count} |" for what, count in (*report.acts.items(), *report.runs.items())]
        lines += [f"| {claim} | {'yes' if holds else 'NO'} |" for claim, holds in claims.items()]
        sys.stdout.write("\n".join(lines) + "\n")
    raise SystemExit(0 if all(claims.values()) else 1)


if __name__ == "__main__":
    main()
