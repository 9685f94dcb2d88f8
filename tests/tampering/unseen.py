"""What `pmks verify` cannot see, by `unseen.csv`: which the threat model shows and the machine checks."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.tampering.machine import Caught, Tamper

LISTED = Path(__file__).with_name("unseen.csv")
ANY = "*"


class Unseen(NamedTuple):
    """Tampers that may not be seen: of tables or kinds of files, how they are changed (`*`: in any way), how much is
    rewritten to fit; `witness`: `seen` or `unseen`, where there is one; why."""

    what: str
    how: str
    level: str
    witness: str
    why: str

    def is_about(self, tamper: Tamper) -> bool:
        is_such = tamper.what in self.what.split("; ") and self.how in (ANY, tamper.how)
        return is_such and self.level == tamper.level

    def shown(self) -> str:
        """The line of the table in the threat model."""
        what = self.what.replace("; ", ", ")
        return f"| {what} | {'in any way' if self.how == ANY else self.how} | {self.why} |"


def listed() -> list[Unseen]:
    with LISTED.open(encoding="utf-8", newline="") as lines:
        return [Unseen(**row) for row in csv.DictReader(lines)]


def unlisted(measured: Iterable[tuple[Tamper, Caught]]) -> Iterator[str]:
    """Each tamper that is not seen and not listed, or whose place nothing names."""
    known = listed()
    for tamper, found in measured:
        rows = [row for row in known if row.is_about(tamper)]
        if not found.with_witness and not any(row.witness == "unseen" for row in rows):
            yield f"unseen with a witness   {tamper}"
        elif not found.without and not rows:
            yield f"unseen without witness  {tamper}"
        elif found.with_witness and not found.named:
            yield f"no place named          {tamper}: {found.with_witness}"
