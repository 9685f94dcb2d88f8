"""The isolated reader: runs calls for `ReaderPool` until its parent closes the line.

Run as `python -m assets.intake.formats.child FD`. It never inherits the parent's memory, so that a parent with threads
or large frames costs it nothing.
"""

import pickle
import resource
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from assets.intake.formats.workbook import Unreadable


def serve(line: Connection) -> None:
    """Answer each call `(function, arguments, seconds)` with `("done", result)`, `("unreadable", code, message)`,
    `("memory",)` or `("failed", type, places)`; the last holds no values, only where in the code it happened."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal: the parent alone decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # ignored where the parent ignores it, as Dagster does in background
    sys.path[:], memory_bytes = line.recv()
    line.send_bytes(b"")  # ready: the time of the first call begins
    limited = False
    while True:
        try:
            packed = line.recv_bytes()
        except EOFError:
            return
        try:
            function, arguments, seconds = pickle.loads(packed)
            signal.alarm(int(seconds * 2) + 1)  # should the parent be gone, nobody else ends a reader that hangs
            if not limited:
                _limit_memory(memory_bytes)
                limited = True
            answer = pickle.dumps(("done", function(*arguments)), pickle.HIGHEST_PROTOCOL)
        except Unreadable as problem:
            answer = pickle.dumps(("unreadable", problem.code, problem.message))
        except MemoryError:
            answer = pickle.dumps(("memory",))
        except Exception as problem:
            places = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(problem.__traceback__)]
            answer = pickle.dumps(("failed", type(problem).__name__, places))
        signal.alarm(0)
        line.send_bytes(answer)


def _limit_memory(extra: int) -> None:
    """Bound the address space to `extra` bytes above what the libraries of the first call take."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    bound = pages * resource.getpagesize() + extra
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
