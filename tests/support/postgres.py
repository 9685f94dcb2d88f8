"""A PostgreSQL server of the system's own programs, in a scratch folder, for the time of a block."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.servers import free_port

NOBODY = "nobody"
"""The account that the server runs as where tests run as root, which PostgreSQL refuses."""


def _programs() -> Path:
    """The folder of `initdb` and `postgres`: on the path, or where Debian has them; the newest."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not found and not installed:
        raise FileNotFoundError("initdb: install PostgreSQL from the packages of the system")
    return Path(found).resolve().parent if found else installed[-1]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a new database `dagster`; yields its address. `folder`: does not exist yet, its parents may be entered."""
    port = free_port()
    account = pwd.getpwnam(NOBODY) if os.geteuid() == 0 else None
    who: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid} if account else {}
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    programs, data = _programs(), folder / "data"
    made = [programs / "initdb", "-D", data, "-U", "pmks", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(made, cwd=folder, check=True, stdout=subprocess.DEVNULL, **who)
    started = [programs / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", folder]
    with (folder.parent / "postgres.log").open("ab") as log:
        server = subprocess.Popen(started, cwd=folder, stdout=log, stderr=log, **who)
        try:
            at = ["-h", "127.0.0.1", "-p", str(port), "-U", "pmks"]
            _make_database([programs / "createdb", *at, "dagster"])
            yield f"postgresql+psycopg2://pmks@127.0.0.1:{port}/dagster"
        finally:
            server.terminate()
            server.wait(60)


def _make_database(command: list[str | Path]) -> None:
    """Ask until the server answers: it takes a moment to start."""
    for _ in range(60):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        time.sleep(0.5)
    raise TimeoutError(done.stderr)
