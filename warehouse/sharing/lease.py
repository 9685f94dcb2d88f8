"""A lease: who works on what is shared says so, and the others wait, so that no work is done twice.

It saves work, and guards nothing: a machine that stood still may come back and believe that it holds a lease which
another has. What it then wants to share is merged or refused by the index (`sharing.py`).
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from warehouse.sharing.storage import Stamped, Storage, StorageError, SwapRefusedError

NAME = "lease.json"
SECONDS = 60.0
"""A lease that was not renewed for so long is taken over."""


@contextmanager
def leased(storage: Storage, holder: str, waits: Callable[[str], None], seconds: float = SECONDS) -> Iterator[None]:
    """Hold the lease for the time of the block. `holder`: what others are told of who has it; `waits`: called once with
    that where it has to be waited for. No two clocks are compared: who waits watches whether it is renewed."""
    lease = _Lease(storage, holder)
    lease.take(waits, seconds)
    ended = threading.Event()
    renewing = threading.Thread(target=lease.keep, args=(ended, seconds / 4), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        lease.give_back()


class _Lease:
    def __init__(self, storage: Storage, holder: str) -> None:
        self._storage, self._holder = storage, holder
        self._stamp: str | None = None

    def take(self, waits: Callable[[str], None], seconds: float) -> None:
        watched, since, told = "", 0.0, False
        while True:
            found = self._storage.read(NAME)
            holder = _holder(found)
            if found is not None and found.stamp != watched:
                watched, since = found.stamp, time.monotonic()
            if not holder or time.monotonic() - since > seconds:
                with suppress(SwapRefusedError):
                    self._stamp = self._say(self._holder, found.stamp if found else None)
                    return
            elif not told:
                waits(holder)
                told = True
            time.sleep(min(1.0, seconds / 8))

    def keep(self, ended: threading.Event, pause: float) -> None:
        """Renew it until it is given back, or another machine has taken it."""
        while not ended.wait(pause):
            try:
                self._stamp = self._say(self._holder, self._stamp)
            except SwapRefusedError:
                return
            except StorageError:
                continue  # the next renewal may come through

    def give_back(self) -> None:
        with suppress(StorageError):  # others wait until it has run out
            self._say("", self._stamp)

    def _say(self, holder: str, stamp: str | None) -> str:
        said = {"holder": holder, "renewal": uuid.uuid4().hex}
        return self._storage.swap(NAME, json.dumps(said).encode(), stamp)


def _holder(found: Stamped | None) -> str:
    """Who holds the lease; nobody where it cannot be read."""
    try:
        return str(json.loads(found.content)["holder"]) if found else ""
    except (ValueError, KeyError, TypeError):
        return ""
