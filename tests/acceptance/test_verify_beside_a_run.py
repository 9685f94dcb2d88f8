"""`pmks verify` reads one moment: it waits for a run that goes on, and one that comes waits for it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from pipelines.liveness import between_runs, living
from tests.support.inbox import home_in
from warehouse.files import locked_if_free

GOES_ON = """
import sys, time
from pathlib import Path
from pipelines.liveness import living
from warehouse.home import DataHome

with living(DataHome(root=Path(sys.argv[1]), inbox=Path(sys.argv[1])), "run"):
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_a_check_begins_when_no_run_goes_on_and_holds_back_the_next(tmp_path: Path) -> None:
    home, waited, inside = home_in(tmp_path), threading.Event(), threading.Event()
    leave = threading.Event()

    def check() -> None:
        with between_runs(home, waited.set):
            inside.set()
            leave.wait(60)

    with subprocess.Popen(
        [sys.executable, "-c", GOES_ON, home.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None and run.stdout.readline() == "begun\n"
        checking = threading.Thread(target=check)
        checking.start()
        assert waited.wait(60)
        time.sleep(0.5)
        assert not inside.is_set()
        run.communicate("")
    assert inside.wait(60)
    with locked_if_free(home.lock) as free:
        assert not free
    leave.set()
    checking.join()
    with locked_if_free(home.lock) as free:
        assert free


def test_a_run_that_ended_is_not_waited_for(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    with living(home, "earlier"):
        pass
    waits: list[None] = []
    with between_runs(home, lambda: waits.append(None)):
        assert not waits
