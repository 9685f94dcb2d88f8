"""Ending a command by Ctrl-C or by a service manager: one line, the exit code of the signal, nothing half-done.

Danger: Dagster takes over signal handlers while a run goes on, and drops a signal that comes between two of its steps:
the run goes on to its end. Remedy: a signal is noted beside the handlers, and sent once more until the run has ended.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE_SECONDS = 3.0
"""A run that has not ended so long after a signal is sent the next one."""


@contextmanager
def ending_on_signals(say: Callable[[], None]) -> Iterator[None]:
    """Let SIGINT and SIGTERM end what goes on inside: then `say()`, and `SystemExit` with 130 or 143.

    Only in the main thread. What is interrupted leaves through its own `finally`: files being written are removed, and
    transactions rolled back.
    """
    received: list[int] = []
    ended = threading.Event()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def watch() -> None:
        number = os.read(reading, 1)[0]
        if number in SIGNALS:
            received.append(number)
            while not ended.wait(PATIENCE_SECONDS):
                os.kill(os.getpid(), signal.SIGINT)

    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    noted_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except BaseException:
        _stop_watching(watcher, ended, writing)
        if not received:
            raise
    else:
        _stop_watching(watcher, ended, writing)
    finally:
        signal.set_wakeup_fd(noted_before)
        os.close(reading)
        os.close(writing)
        if not received:
            for number, handler in before.items():
                signal.signal(number, handler)
    if received:
        say()
        raise SystemExit(128 + received[0])


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop_watching(watcher: threading.Thread, ended: threading.Event, writing: int) -> None:
    """From here on signals are nobody's; one that came before is still read by the watcher."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    ended.set()
    os.write(writing, b"\0")
    watcher.join()
