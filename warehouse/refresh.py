"""A refresh: the stages of a run that look at all kabupaten and periods, over one state of what was read.

Danger: lists are registered and read while another process matches and refers, or two of these go on beside each other,
and persons of before are joined with records of after. Remedy: the first of these stages in a run waits until no other
run is among them, and keeps others out until its run ends; what was registered and read counts as it stood then, and
no file of it is removed. Registering and reading wait for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from warehouse.chain import require_whole_ledgers
from warehouse.files import locked
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.last_look import last_look


class Refresh:
    """The refresh of one run; a context manager. `fixed`: the names of the stages that register and read."""

    def __init__(self, home: DataHome, fixed: Iterable[str]) -> None:
        self.home = home
        self._fixed = tuple(fixed)
        self._held = ExitStack()
        self._lake: Lake | None = None

    @property
    def lake(self) -> Lake:
        """The lake that the stages of the refresh work on. Whoever asks first waits for the refreshes of other runs.
        Raises `ShortenedLedgerError`."""
        if self._lake is None:
            with ExitStack() as held:
                held.enter_context(locked(self.home.lock))
                require_whole_ledgers(self.home)
                now = Lake(self.home.lake)
                held.callback(now.sweep)
                held.callback(last_look(now.root).keep)
                held.enter_context(now.in_use())
                self._lake = now.with_fixed(self._fixed)
                self._held = held.pop_all()
        return self._lake

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let others in, and remove what was replaced meanwhile."""
        self._lake = None
        self._held.close()


@contextmanager
def registering(home: DataHome) -> Iterator[None]:
    """While it is held, no other process registers files. A refresh may go on beside it."""
    with locked(home.root / ".registering.lock"):
        yield


@contextmanager
def nobody_else(home: DataHome) -> Iterator[None]:
    """While it is held, no other process registers files, or refreshes."""
    with locked(home.lock), registering(home):
        yield
