"""Calls on hostile files, run in persistent children with bounds on memory and time.

A file can make a reader ask for hundreds of gigabytes and abort, or loop. Each child is one fresh interpreter (starting
one for every file would cost a hundred times the reading); its death or delay costs the one file it was on, and it is
replaced.
"""

import heapq
import logging
import math
import os
import pickle
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self

from assets.intake.formats.limits import DEFAULT, Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Unreadable
from warehouse.processes import started

log = logging.getLogger(__name__)
_AHEAD = 64
"""How many calls may be answered before the oldest is: bounds what is held in memory."""
_STARTING_SECONDS = 60.0
"""A child may take so long to start, before the time of its first call begins."""
_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}
"""How a child ends that another process stopped, as the system does when memory runs out; not by the file it was on."""


_THREAD = threading.local()


def _pools_open() -> list["ReaderPool"]:
    """The pools that this thread has open, the outermost first."""
    pools: list[ReaderPool] = _THREAD.__dict__.setdefault("pools", [])
    return pools


_AGAIN = object()


class _Child:
    def __init__(self, limits: Limits) -> None:
        self._process, self.line = started("assets.intake.formats.child")
        self.index = -1
        self.ready = False
        self.begun = 0.0
        self.deadline = 0.0
        self.call = b""
        self.seconds = 0.0
        self.again = False
        with suppress(OSError):  # it was ended already: the first call finds out
            self.line.send((sys.path, limits.memory_bytes))

    @property
    def pid(self) -> int:
        return self._process.pid

    def stopped_from_outside(self) -> bool:
        """Whether another process ended this child, whose line is closed."""
        return self._process.wait() in _FROM_OUTSIDE

    def end(self) -> None:
        self.line.close()
        self._process.kill()
        self._process.wait()


class Budget:
    """The time of readers that slow files may still take: of each sender, and of the run. Spent as calls end, so that
    those going on when it runs out go on to their end."""

    def __init__(self, limits: Limits) -> None:
        self.sender_seconds = limits.sender_seconds or math.inf
        self.run_seconds = limits.run_seconds or math.inf
        self.spent = 0.0
        self.until = self.run_seconds
        """So much may be spent in all before what comes next."""
        self._of_sender: dict[str, float] = defaultdict(float)

    def charge(self, sender: str, seconds: float) -> None:
        self.spent += seconds
        self._of_sender[sender] += seconds

    def lasts_for(self, sender: str) -> bool:
        """Whether a file of the sender may begin that is not known to be slow."""
        return self._of_sender[sender] < self.sender_seconds

    def lasts_for_slow(self, sender: str) -> bool:
        """Whether a slow file of the sender may begin."""
        return self.lasts_for(sender) and self.spent < self.until


class ReaderPool:
    """Children that run top-level functions on files; a context manager.

    A pool within another of this thread, with the same limits, borrows its children and its budget instead of starting
    its own. No child is started before `start` or a call for which no other is free, and none outlives the pool that
    started it.

    >>> with ReaderPool(workers=1) as pool:
    ...     list(pool.map(divmod, [(7, 2), (7, 0)]))[0]
    (0, (3, 1))
    """

    def __init__(self, workers: int | None = None, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self.budget = Budget(limits)
        self._count = workers or len(os.sched_getaffinity(0))
        self._children: list[_Child] = []
        self._lender: ReaderPool | None = None
        self._mapping = False

    def __enter__(self) -> Self:
        alike = [pool for pool in _pools_open() if pool.limits == self.limits]
        if alike and not any(pool._mapping for pool in alike):
            self._lender = alike[0]
            self._children, self.budget = self._lender._children, self._lender.budget
        _pools_open().append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _pools_open().remove(self)
        if self._lender:
            return
        self.end_children()

    def pids(self) -> list[int]:
        """The process ids of the children alive now."""
        return [child.pid for child in self._children]

    def start(self) -> None:
        """Start the children now, so that they get ready while the caller does something else."""
        while len(self._children) < self._count:
            self._fresh()

    def end_children(self) -> None:
        """End the children now, those of the lender too: the memory that large files took goes. A call starts new."""
        while self._children:
            self._children.pop().end()

    def map(
        self,
        function: Callable[..., Any],
        calls: Iterable[tuple[Any, ...]],
        *,
        seconds: Callable[[int], float] | None = None,
        took: Callable[[int, float], None] | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """`(index, function(*arguments))` for each tuple of arguments, in their order; `Unreadable` in place of the
        result where the call raised it, died (`reader_died`), was late (`timeout`), ran out of memory (`too_large`) or
        raised anything else (`reader_failed`, logged by type and place in the code, without values). A call whose child
        was ended from outside is made once more on a fresh one, and is then `reader_killed`.

        `seconds`: what the call of each index may take, if not what the limits say. `took` learns of each call that has
        ended, by its index, how many seconds it took. The function is found again by its module and name; arguments and
        results are pickled. At most a bounded number of results waits for an earlier one, so that memory does not grow
        with the number of files.
        """
        waiting = enumerate(calls)
        answers: list[tuple[int, Any]] = []
        due = begun = 0
        exhausted = False
        busy: dict[Connection, _Child] = {}
        idle = self._children[: self._count]
        self._mapping = True
        try:
            while True:
                while len(busy) < self._count and not exhausted and begun < due + _AHEAD:
                    try:
                        index, arguments = next(waiting)
                    except StopIteration:
                        exhausted = True
                        break
                    may_take = seconds(index) if seconds else self.limits.seconds
                    packed = pickle.dumps((function, arguments, may_take), pickle.HIGHEST_PROTOCOL)
                    child = self._begin(idle.pop() if idle else self._fresh(), index, packed, may_take)
                    busy[child.line] = child
                    begun += 1
                if not busy and not answers:
                    return
                for child in self._answered(busy):
                    del busy[child.line]
                    child, answer = self._answer(child)
                    if answer is _AGAIN:
                        busy[child.line] = child
                        continue
                    if took:
                        took(child.index, time.monotonic() - child.begun)
                    heapq.heappush(answers, (child.index, answer))
                    idle.append(child)
                while answers and answers[0][0] == due:
                    yield heapq.heappop(answers)
                    due += 1
        finally:
            for child in busy.values():  # the caller stopped half-way: what still runs is nobody's
                self._replace(child)
            self._mapping = False

    def _fresh(self) -> _Child:
        child = _Child(self.limits)
        self._children.append(child)
        return child

    def _begin(self, child: _Child, index: int, call: bytes, seconds: float, *, again: bool = False) -> _Child:
        try:
            child.line.send_bytes(call)
        except OSError:  # it died while idle
            child = self._replace(child)
            with suppress(OSError):  # this one, too: then waiting for its answer finds out
                child.line.send_bytes(call)
        child.index, child.call, child.seconds, child.again = index, call, seconds, again
        child.begun = time.monotonic()
        child.deadline = child.begun + seconds + (0.0 if child.ready else _STARTING_SECONDS)
        return child

    def _answered(self, busy: dict[Connection, _Child]) -> list[_Child]:
        """Children that have answered or died, or, when none has, those past their deadline."""
        nearest = min(child.deadline for child in busy.values())
        ready = wait(list(busy), max(0.0, nearest - time.monotonic()))
        if ready:
            return [busy[line] for line in ready]  # type: ignore[index]
        return [child for child in busy.values() if child.deadline <= time.monotonic()]

    def _answer(self, child: _Child) -> tuple[_Child, Any]:
        """What the child says, and the child to go on with; `_AGAIN` where that one has (only now) begun the call."""
        if not child.line.poll():
            return self._replace(child), unreadable("timeout", seconds=round(child.seconds))
        try:
            message = child.line.recv_bytes()
            if not child.ready:
                child.ready, child.begun = True, time.monotonic()
                child.deadline = child.begun + child.seconds
                return child, _AGAIN
            kind, *rest = pickle.loads(message)
        except (EOFError, OSError):
            if not child.stopped_from_outside():
                return self._replace(child), unreadable("reader_died")
            if child.again:
                return self._replace(child), unreadable("reader_killed")
            return self._begin(self._replace(child), child.index, child.call, child.seconds, again=True), _AGAIN
        if kind == "done":
            return child, rest[0]
        if kind == "unreadable":
            return child, Unreadable(*rest)
        if kind == "memory":
            return self._replace(child), unreadable("too_large")
        log.error("reader failed with %s at %s", rest[0], " < ".join(reversed(rest[1])))
        return child, unreadable("reader_failed")

    def _replace(self, child: _Child) -> _Child:
        with suppress(OSError):
            child.end()
        fresh = _Child(self.limits)
        fresh.index, fresh.begun = child.index, child.begun
        self._children[self._children.index(child)] = fresh
        return fresh
