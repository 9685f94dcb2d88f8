"""One try of one fault, and the table of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Try:
    """A fault, where exactly it was done, and what is wrong afterwards: nothing, if it was survived."""

    fault: str
    where: str
    wrong: tuple[str, ...] = ()

    @property
    def survived(self) -> bool:
        return not self.wrong


def table(tries: Iterable[Try]) -> str:
    """The table of `docs/reliability.md`: a line a fault, in the order in which they were tried."""
    counts: dict[str, list[bool]] = {}
    for each in tries:
        counts.setdefault(each.fault, []).append(each.survived)
    lines = ["| fault | tries | survived |", "| --- | ---: | ---: |"]
    lines += [f"| {fault} | {len(done)} | {sum(done)} |" for fault, done in counts.items()]
    done = [survived for each in counts.values() for survived in each]
    return "\n".join([*lines, f"| **all** | **{len(done)}** | **{sum(done)}** |"])
