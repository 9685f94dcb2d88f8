"""A refresh: the stages of a run that look at all kabupaten and periods, over one state of what was read.

Danger: lists are registered and read while another process matches and refers, or two of these go on beside each other,
and persons of before are joined with records of after. Remedy: the first of these stages in a run waits until no other
run is among them, and keeps others out until its run ends; what was registered and read counts as it stood then, and
no file of it is removed. Registering and reading wait for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from warehouse.chain import require_whole_ledgers
from warehouse.files import locked
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.last_look import last_look
from warehouse.processes import Ahead
from warehouse.stage import StageRun

Result = TypeVar("Result")


class Refresh:
    """The refresh of one run; a context manager. `fixed`: the names of the stages that register and read.

    `done`: the names of the stages whose work was done in it.
    """

    def __init__(self, home: DataHome, fixed: Iterable[str]) -> None:
        self.home = home
        self.done: set[str] = set()
        self._ahead: dict[str, Ahead] = {}
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

    def ahead(self, name: str, work: Callable[..., Any], *given: Any) -> None:
        """Have a helper do the work of a stage of this name while other stages go on. It ends with the refresh."""
        self._ahead[name] = Ahead(work, *given)
        self._held.callback(self._ahead[name].end)

    def result(self, name: str, work: Callable[[StageRun], Result], run: StageRun) -> Result:
        """What the work of a stage of this name comes to: from the helper that does it, or done now. Raises what it
        raises."""
        begun = self._ahead.pop(name, None)
        result: Result = begun.result() if begun else work(run)
        self.done.add(name)
        return result

    def is_untouched(self, name: str) -> bool:
        """Whether nobody began the work of a stage of this name."""
        return name not in self.done and name not in self._ahead

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
