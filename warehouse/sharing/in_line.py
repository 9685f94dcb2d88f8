"""A home that shares its state, kept in line with the storage while runs work on it.

Danger: a run fetches files, and replaces manifests with those of others, while another run of the same home works on
them. Remedy: such a home is worked on by one run at a time, which brings it in line before its first step and after
each: a step has succeeded once others have what it made.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import border
from warehouse.files import locked, locked_if_free
from warehouse.home import DataHome
from warehouse.sharing.lease import leased
from warehouse.sharing.sharing import INDEX, share
from warehouse.sharing.storage import opened


@contextmanager
def working_alone(home: DataHome) -> Iterator[None]:
    """While it is held, no other run works on a home that shares its state; nothing to hold where it shares none."""
    if home.storage is None:
        yield
        return
    with locked(home.shared_by_one):
        yield


@contextmanager
def refreshing_alone(home: DataHome, waits: Callable[[str], None]) -> Iterator[None]:
    """While it is held, no other machine refreshes the state that a home shares; it begins in line with what they made.

    `waits`: called once with who refreshes it, where that has to be waited for.
    """
    if home.storage is None:
        yield
        return
    with leased(opened(home.storage), socket.gethostname(), waits):
        keep_in_line(home)
        yield


def keep_in_line(home: DataHome) -> None:
    """Bring the home of the run that goes on in line; nothing where it shares none. Raises what `share` raises, as it
    may pass the border (`errors.py`)."""
    if home.storage is None:
        return
    with border(home.root, "sharing"):
        share(home, opened(home.storage), home.storage)
        home.make()  # a lake that came from an older program is brought forward


_seen: dict[Path, str | None] = {}
"""The stamp of the index that a home was last looked over with, by this process."""


def look_over(home: DataHome) -> None:
    """Bring a home in line for whoever looks again and again what is to be done; a run that works on it does so itself.

    Where no other machine shared anything since this process last did so, nothing is looked at: what was changed here
    is shared by the run that takes it up.
    """
    if home.storage is None or not home.root.exists():
        return
    with locked_if_free(home.shared_by_one) as free, border(home.root, "sharing"):
        stamp = opened(home.storage).stamp(INDEX)
        if free and stamp != _seen.get(home.root, ""):
            keep_in_line(home)
            _seen[home.root] = stamp
