"""The same work for many things, shared out among processes of our own, such as writing thousands of workbooks.

Danger: a process with threads must not be forked, one that was killed leaves its helpers behind, and an error that
comes from another process has lost where it happened. Remedy: helpers are fresh interpreters that end with the line to
their parent, however it ends; a call that failed in one, or whose helper died, is made once more by the caller itself,
which raises what it raises.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from typing import Any

from warehouse.memory import KEEP_FREED

FEW = 16
"""So many calls take less time than starting a helper."""
_OF_A_HELPER = {"OPENBLAS_NUM_THREADS": "1", **KEEP_FREED}
"""What libraries are told: to compute in one thread, and to keep memory that was freed."""


def shared_out(
    function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], workers: int, few: int = FEW, at_once: bool = False
) -> Iterator[Any]:
    """What `function` returns for each of `calls`, as they are done: in any order.

    `function` is found again by its module and name; arguments and results are pickled. Calls are taken from the
    iterable when a helper is free. At most `few` calls, and any number with one worker, are made here. `at_once`: there
    are more, so helpers start before the first is there. Raises what a call raises; those that go on then are ended, so
    a call must leave nothing half done wherever it is ended.

    >>> sorted(shared_out(divmod, [(n, 5) for n in range(30)], workers=2))[-1]
    (5, 4)
    """
    ahead = iter(calls)
    first = [] if at_once else list(islice(ahead, few + 1))
    if workers < 2 or (len(first) <= few and not at_once):
        return (function(*call) for call in chain(first, ahead))
    return _among_helpers(function, chain(first, ahead), workers)


def _among_helpers(function: Callable[..., Any], calls: Iterator[tuple[Any, ...]], workers: int) -> Iterator[Any]:
    idle = [_Helper(function) for _ in range(workers)]
    busy: dict[Any, _Helper] = {}
    try:
        for call in calls:
            while not idle:
                yield from _answers(busy, idle)
            helper = idle.pop()
            if not helper.lives:
                helper.end()
                helper = _Helper(function)
            helper.ask(call)
            busy[helper.line] = helper
        while busy:
            yield from _answers(busy, idle)
    finally:
        for helper in (*idle, *busy.values()):
            helper.end()


def _answers(busy: dict[Any, _Helper], idle: list[_Helper]) -> Iterator[Any]:
    """Wait for answers; whoever has answered is idle."""
    for line in wait(list(busy)):
        helper = busy[line]
        done, result = helper.answer()
        idle.append(helper)
        del busy[line]
        yield result if done else helper.function(*helper.call)


def started(module: str) -> tuple[subprocess.Popen[bytes], Connection]:
    """A fresh interpreter that runs `module`, and the line to it; the number of its end is the module's argument."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | _OF_A_HELPER,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # libraries print what they choke on, which may be personal
        )
    return process, Connection(ours.detach())


class Ahead:
    """A call that a helper makes while this process goes on with something else."""

    def __init__(self, function: Callable[..., Any], *call: Any) -> None:
        self._helper = _Helper(function)
        self._helper.ask(call)

    def result(self) -> Any:
        """Wait for what the call returns. Raises what it raises."""
        done, result = self._helper.answer()
        self.end()
        return result if done else self._helper.function(*self._helper.call)

    def end(self) -> None:
        """End the helper, wherever it is."""
        self._helper.end()


class _Helper:
    """One process that makes the calls of a function that it is asked to make, one at a time."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._process, self.line = started("warehouse.processes")
        self.function, self.call = function, ()
        self.lives = True
        self._send(function)

    def ask(self, call: tuple[Any, ...]) -> None:
        self.call = call
        self._send(call)

    def _send(self, what: Any) -> None:
        with suppress(OSError):  # it died: its answer says so
            self.line.send_bytes(pickle.dumps(what, pickle.HIGHEST_PROTOCOL))

    def answer(self) -> tuple[bool, Any]:
        """Whether the call was made, and what it returned."""
        try:
            done, result = self.line.recv()
        except (EOFError, OSError):
            self.lives = False
            return False, None
        return done, result

    def end(self) -> None:
        self.line.close()
        self._process.kill()
        self._process.wait()


def serve(line: Connection) -> None:
    """Make calls of the function that comes first, until the parent closes the line, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal: the parent alone decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # ignored where the parent ignores it, as Dagster does in background
    try:
        function = pickle.loads(line.recv_bytes())
    except (EOFError, OSError):
        return
    threading.Thread(target=_end_with, args=(line.fileno(),), daemon=True).start()
    gc.freeze()  # modules stay: they are not to be looked through for what nobody needs, call after call
    while True:
        try:
            call = pickle.loads(line.recv_bytes())
        except (EOFError, OSError):
            return
        try:
            answer = (True, function(*call))
        except Exception:
            answer = (False, None)
        with suppress(OSError):
            line.send(answer)


def _end_with(line: int) -> None:
    """End this process, wherever it is, when nobody is left at the other end of its line: what it does would be done
    beside the next run."""
    gone = select.poll()
    gone.register(line, 0)
    gone.poll()
    os._exit(1)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
