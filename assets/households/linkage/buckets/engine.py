"""What matching in buckets asks of an engine that runs it, and the plainest engine: a loop in this process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from assets.households.linkage.buckets.shipping import Part, Sent, packed, unpacked

Send = Callable[[pa.Table], Sent]
"""From the records of a part to what goes to each bucket."""
Results = dict[str, pa.Table]
Work = Callable[[pa.Table, pa.Table | None], Results]
"""From the records of a bucket, and what was given to it besides, to tables by name."""


class Shipped(Protocol):
    """Records in their buckets."""

    def work(
        self, work: Work, given: Mapping[int, pa.Table] | None = None, only: Sequence[int] | None = None
    ) -> Results:
        """Call `work` for each bucket with records (of `only`, where given), and put together what all return.

        `given`: a table by bucket. Results of no bucket at all are an empty dict.
        """
        ...


class Engine(Protocol):
    """Where the functions of the stages run."""

    def ship(self, send: Send, beside: Sequence[pa.Table] | None = None) -> Shipped:
        """Call `send` on each part, and bring what it sends to the buckets.

        `beside`: for each part columns to be added to those of the file.
        """
        ...


@dataclass(frozen=True)
class Loop:
    """An engine that does everything in this process, one bucket after the other, and packs what it ships."""

    parts: Sequence[Part]

    def ship(self, send: Send, beside: Sequence[pa.Table] | None = None) -> Shipped:
        """See `Engine`."""
        held: dict[int, list[bytes]] = defaultdict(list)
        for number, part in enumerate(self.parts):
            for bucket, table in send(with_beside(part.read(), beside[number] if beside else None)):
                held[bucket].append(packed(table))
        return _Held(held)


@dataclass(frozen=True)
class _Held:
    held: Mapping[int, list[bytes]]

    def work(
        self, work: Work, given: Mapping[int, pa.Table] | None = None, only: Sequence[int] | None = None
    ) -> Results:
        return put_together(
            work(unpacked(streams), (given or {}).get(bucket))
            for bucket, streams in self.held.items()
            if only is None or bucket in only
        )


def with_beside(part: pa.Table, beside: pa.Table | None) -> pa.Table:
    """Add columns to a part."""
    if beside is not None:
        for name in beside.column_names:
            part = part.append_column(name, beside.column(name))
    return part


def put_together(results: Iterator[Results]) -> Results:
    """Put the tables of one name one after the other."""
    tables: dict[str, list[pa.Table]] = defaultdict(list)
    for result in results:
        for name, table in result.items():
            tables[name].append(table)
    return {name: pa.concat_tables(each) for name, each in tables.items()}
