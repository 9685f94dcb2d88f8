"""In which turn files are read, and what they may cost: the quick ones first, slow ones last and within budgets.

Problem: a hostile file can use up all the time that one file may take, and an inbox of such files days; lists of other
senders wait meanwhile. Remedy: at first each new file gets a short time, within which lists are read hundreds of times
over. Those that need more come last, the senders in turn, as long as the time of the sender (the folder that the file
lies in) and of the run lasts. What is left waits, is said to wait, and is read by a later run, whose budgets are new:
so what becomes of a file in the end does not depend on the order. A file that was read before is not limited: a
budget never takes away what counts already.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from assets.intake.formats.isolation import Budget, ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Unreadable
from warehouse.home import DataHome

WAITS = "waits_for_turn"
"""The reason code of a file that has not had its turn, or that needs more time than was left."""
FREE_SECONDS = 1.0
"""Of the short time, what costs a sender nothing. A list of a village takes 5 ms."""


class Turn(NamedTuple):
    """A file to be read: the arguments, its path in the inbox, its `size` in bytes, and what earlier runs say of it:
    that it was `read` to its end, that it is `slow`, and how often it was tried without coming to an end."""

    arguments: tuple[Any, ...]
    path: str
    size: int = 0
    read: bool = False
    slow: bool = False
    attempts: int = 0

    @property
    def sender(self) -> str:
        return PurePosixPath(self.path).parent.as_posix()


def in_turn(pool: ReaderPool, function: Callable[..., Any], turns: Sequence[Turn]) -> Iterator[tuple[int, Any]]:
    """Call `function` on every file: the index of each turn with its result, or `Unreadable` as by `ReaderPool.map`.

    Of a file for which no time is left the result is `Unreadable` with the code `WAITS`. Each index comes once; those
    of slow files come last.
    """
    budget, limits = pool.budget, pool.limits
    may_take = [limits.seconds_for(turn.size) for turn in turns]
    known = [i for i, turn in enumerate(turns) if turn.read]
    for at, result in pool.map(function, (turns[i].arguments for i in known), seconds=lambda at: may_take[known[at]]):
        yield known[at], result

    put_off: list[int] = []
    slow = [i for i, turn in enumerate(turns) if turn.slow and not turn.read]
    fresh = [i for i, turn in enumerate(turns) if not (turn.slow or turn.read)]
    begun: list[int] = []

    def calls(order: Collection[int], may_begin: Callable[[str], bool]) -> Iterator[tuple[Any, ...]]:
        begun.clear()
        for i in order:
            if may_begin(turns[i].sender):
                begun.append(i)
                yield turns[i].arguments
            else:
                put_off.append(i)

    def quick(at: int) -> float:
        return min(limits.quick_seconds, may_take[begun[at]])

    def short(at: int, seconds: float) -> None:
        budget.charge(turns[begun[at]].sender, max(0.0, seconds - FREE_SECONDS))

    def long(at: int, seconds: float) -> None:
        budget.charge(turns[begun[at]].sender, seconds)

    for at, result in pool.map(function, calls(fresh, budget.lasts_for), seconds=quick, took=short):
        if quick(at) < may_take[begun[at]] and isinstance(result, Unreadable) and result.code == "timeout":
            slow.append(begun[at])
        else:
            yield begun[at], result
    slow_calls = calls(_by_turns(turns, slow), budget.lasts_for_slow)
    for at, result in pool.map(function, slow_calls, seconds=lambda at: may_take[begun[at]], took=long):
        yield begun[at], result
    for i in sorted(put_off):
        yield i, unreadable(WAITS)


def _by_turns(turns: Sequence[Turn], slow: Collection[int]) -> list[int]:
    """The first of each sender, then the second of each, and so on; of one sender those tried least come first."""
    of_sender: dict[str, list[int]] = defaultdict(list)
    for i in sorted(slow, key=lambda i: (turns[i].attempts, i)):
        of_sender[turns[i].sender].append(i)
    ranked = [(rank, turns[i].attempts, sender, i) for sender, own in of_sender.items() for rank, i in enumerate(own)]
    return [i for *_, i in sorted(ranked)]


def share_of_run(budget: Budget, parts: int) -> None:
    """Leave to what comes next one of `parts` equal shares of what is left of the run's time; with 0 parts nothing."""
    budget.until = budget.spent + (budget.run_seconds - budget.spent) / parts if parts else 0.0


def without_budgets(home: DataHome) -> DataHome:
    """The same home, in which no file waits for another, for whoever reads everything that counts anew."""
    return dataclasses.replace(home, sender_seconds=0, run_seconds=0)


def to_make_again(home: DataHome, folder: Path) -> DataHome:
    """The home below another folder in which a proof makes everything again: nothing waits, no cluster is asked, and
    nothing is signed."""
    return dataclasses.replace(without_budgets(home), root=folder, spark_master=None, signing_key=None)


def limits_of(home: DataHome) -> Limits:
    """What files may cost, by the settings of the home."""
    return Limits(seconds=home.read_seconds, sender_seconds=home.sender_seconds, run_seconds=home.run_seconds)
