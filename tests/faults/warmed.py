"""Commands in processes of their own that begin with all libraries loaded: what a try costs is what a command does.

A server process loads what the commands use, and forks one process for each. It is a real process of its own session,
with its own children, that may be killed; it leaves as a command does, with the exit code of the command.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from assets.publications.stages import warehouse
from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.reports import REPORT, report
from assets.publications.stages.villages import RETURN, return_to_villages
from pipelines.settings import from_options
from tests.faults.layer import Layer, enter
from tests.support.inbox import refresh
from validation.directorates import directorates
from warehouse.errors import passing
from warehouse.files import locked

PRELOADED = "tests.faults.loaded"
KEY = "pseudonyms.key"
"""The secret key beside what commands say: one for all homes that are compared, but such as have their own."""
STAGES_ALONE = "stages"
"""Stands for `run_stages` where else the name of a command stands."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: the exit code (of a killed one: minus the signal), and what it said."""

    code: int
    said: str


class Running:
    """A command at work in a process of its own."""

    def __init__(self, commands: Commands, process: ForkServerProcess, said: Path) -> None:
        self._commands, self._process, self._said = commands, process, said

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    def kill(self, *, alone: bool = False, number: signal.Signals = signal.SIGKILL) -> None:
        """Kill the command and all that it started, or the command alone, and leave those to notice."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number) if alone else os.killpg(self.pid, number)

    def end(self, seconds: float = 300) -> Ended:
        """Wait for the end. A command that goes on for too long is killed, and `TimeoutError` raised."""
        try:
            return self.end_within(seconds)
        except TimeoutError:
            self.kill()
            raise

    def end_within(self, seconds: float) -> Ended:
        """Wait for the end. Raises `TimeoutError` where the command goes on."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise TimeoutError(f"a command went on for {seconds} s")
        told = self._said.with_suffix(".size")
        if told.exists():  # it was not killed
            self._commands.largest_bytes = max(self._commands.largest_bytes, int(told.read_text() or 0))
        return Ended(self._process.exitcode, self._said.read_text(errors="replace"))


class Commands:
    """Starts commands of `pmks`; keeps what they say under a folder. `largest_bytes`: the most that a process took.

    `beside`: a helper brings the warehouse in line, as where there are many people.
    """

    def __init__(self, folder: Path, *, beside: bool = False) -> None:
        self.folder, self._count, self._beside = folder, 0, beside
        self.largest_bytes = 0
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # what is forked must have one thread
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([PRELOADED])
        self._lock = threading.Lock()

    def start(self, *arguments: str | Path, layer: Layer | None = None) -> Running:
        """Start `pmks` with these arguments, under a layer if one is given."""
        with self._lock:
            self._count += 1
            said = self.folder / f"{self._count}.txt"
        said.touch()  # one that is killed before it begins says nothing
        under = (layer.address, layer.calls) if layer else None
        given = [str(argument) for argument in arguments]
        process = self._context.Process(target=_command, args=(given, str(said), under, self._beside))
        process.start()
        return Running(self, process, said)

    def run(self, *arguments: str | Path, seconds: float = 300) -> Ended:
        """Run a command to its end. One that goes on for longer is killed, and `TimeoutError` raised."""
        return self.start(*arguments).end(seconds)

    def call(self, function: Callable[..., None], arguments: tuple[object, ...]) -> None:
        """Call a function in a process of its own. Raises `RuntimeError` where it raises."""
        process = self._context.Process(target=function, args=arguments)
        process.start()
        process.join()
        if process.exitcode != 0:
            raise RuntimeError(f"{function.__name__} ended with {process.exitcode}")


def _command(arguments: list[str], said: str, layer: tuple[str, frozenset[str]] | None, beside: bool) -> None:
    os.setsid()
    if beside:
        warehouse.MANY = 1
    _become(arguments, said, layer)


def run_here(arguments: list[str], said: Path) -> tuple[int, str]:
    """Run a command in a child of this process, which has one thread: its exit code, and what it said."""
    child = os.fork()
    if child == 0:
        try:
            _become(arguments, str(said), None)
        except SystemExit as end:
            os._exit(int(end.code or 0))
        finally:
            os._exit(70)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said.read_text(errors="replace")


def run_stages(inbox: str, root: str) -> None:
    """Do what `pmks run` does, in this process and without Dagster, which takes most of the time of a small run.

    An error is told as the border around stages lets it pass, and ends the process with 1.
    """
    home = from_options(Path(root), Path(inbox))
    try:
        home.make()
        with locked(home.lock):
            lake = refresh(home, "stages", datetime.now(UTC).replace(tzinfo=None))
            for directorate in directorates():
                publish(PUBLISH.begin(lake, home), directorate)
            report(REPORT.begin(lake, home))
            return_to_villages(RETURN.begin(lake, home))
    except Exception as error:
        shown = passing(error, home.root)
        sys.stderr.write(f"{type(shown).__name__}: {shown}\n")
        raise SystemExit(1) from None


def _become(arguments: list[str], said: str, layer: tuple[str, frozenset[str]] | None) -> None:
    """Be the command from here on; raises `SystemExit` at its end."""
    output = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for name in [name for name in os.environ if name.startswith(("PMKS_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ.update({"COLUMNS": "200", "PMKS_SETTLE_SECONDS": "0", "PMKS_WORKERS": "1"})
    if not any((Path(argument) / "keys").is_dir() for argument in arguments):
        os.environ["PMKS_KEYS"] = str(Path(said).with_name(KEY))
    sys.argv = ["pmks", *arguments]
    from pipelines.cli import main

    if layer:
        enter(*layer)
    try:
        run_stages(*arguments[1:]) if arguments[0] == STAGES_ALONE else main(arguments)
    finally:
        sizes = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        Path(said).with_suffix(".size").write_text(str(max(sizes) * 1024))
