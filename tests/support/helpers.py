"""Functions that helpers of `warehouse.processes` are asked to call."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from warehouse.stage import StageRun


def process_of(number: int) -> tuple[int, int]:
    """The number, and the process that it was given to."""
    return number, os.getpid()


def process_and_run(run: StageRun) -> tuple[int, str]:
    """The process that a stage was given to, and the run it is of."""
    return os.getpid(), run.run_id


def inverse(number: int) -> float:
    return 1 / number


def die_in(number: int, parent: int) -> int:
    """The number, except that every fifth call kills its process, unless that is `parent`."""
    if number % 5 == 0 and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def say_and_wait(folder: Path, number: int) -> None:
    """Leave the number of the process in a folder, and take a second."""
    (folder / str(os.getpid())).touch()
    time.sleep(1)


def say_and_work(folder: Path) -> None:
    """Leave the number of the process in a folder, and work without an end."""
    (folder / str(os.getpid())).touch()
    while True:
        time.time()
