"""What somebody sees who stands beside a night: how long each list takes to be published, and what is told."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.servers import serving
from tests.support.unprivileged import unprivileged_pmks
from warehouse.home import DataHome


class Witness:
    """Looks every now and then. `told`: what a webhook of the home has received so far."""

    def __init__(self, home: DataHome, told: list[str]) -> None:
        self.home, self.told = home, told
        self.sent: dict[str, float] = {}
        self.took: dict[str, float] = {}

    def saw(self, path: Path) -> None:
        """A list was put into the inbox just now, as `write_list` writes it: its last person, who lives where nobody
        else does, is waited for."""
        head, *_, last = (line.split(";") for line in path.read_text(encoding="utf-8").splitlines())
        self.sent.setdefault(last[head.index("ALAMAT")], time.monotonic())

    def look(self) -> None:
        """Note who is published by now."""
        published = self.home.published / "dayasos" / "rujukan.parquet"
        if published.exists():
            present = set(pq.read_table(published, columns=["alamat"])["alamat"].to_pylist())
            for address in (self.sent.keys() & present) - self.took.keys():
                self.took[address] = time.monotonic() - self.sent[address]

    def ask(self) -> None:
        """Let `pmks alert` tell what is newly wrong or well again, as an account that modes of files bind."""
        unprivileged_pmks("alert", "--data", self.home.root, "--inbox", self.home.inbox)

    def told_twice(self) -> list[str]:
        """Causes that were told again though they had not been solved, or solved though they had not been told."""
        open_now: set[str] = set()
        wrong = []
        for message in map(json.loads, self.told):
            if message["solved"] is (message["cause"] not in open_now):
                wrong.append(message["cause"])
            (open_now.discard if message["solved"] else open_now.add)(message["cause"])
        return wrong

    def lines(self) -> list[tuple[str, object]]:
        """What was seen, for a table."""
        causes = Counter(f"told: {each['cause']}{', solved' * each['solved']}" for each in map(json.loads, self.told))
        took = sorted(self.took.values())
        found: list[tuple[str, object]] = [*sorted(causes.items()), ("told twice", len(self.told_twice()))]
        if took:
            found.append(("seconds from the inbox to a referral, median", round(statistics.median(took))))
            found.append(("the same, largest", round(took[-1])))
        unseen = len(self.sent) - len(took)
        return [
            *found,
            ("lists measured", len(took)),
            ("lists replaced or withdrawn before they were published", unseen),
        ]


@contextmanager
def beside(home: DataHome) -> Iterator[Witness]:
    """Stand beside a home for the time of the block."""
    with serving("http") as (port, told):
        home.settings_file.write_text(f'alert_webhook = "http://127.0.0.1:{port}/"\n', encoding="utf-8")
        yield Witness(home, told)
