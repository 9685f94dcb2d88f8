"""What matching in buckets asks of an engine that runs it, and the plainest engine: a loop in this process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from assets.households.linkage.buckets.parcels import Parcel
from assets.households.linkage.buckets.shipping import Part, Sent, packed, unpacked

SendPart = Callable[[Part], Sent]
"""From a part of the file to what goes to each bucket."""
Make = Callable[[Part], Parcel]
"""From a part of the file to what is kept of it."""
Send = Callable[[Parcel], Sent]
"""From what is kept of a part to what goes to each bucket."""
Results = dict[str, pa.Table]
Work = Callable[[Sequence[Parcel], pa.Table | None], Results]
"""From what was sent to a bucket, and what was given to it besides, to tables by name."""


class Shipped(Protocol):
    """Records in their buckets."""

    def work(
        self, work: Work, given: Mapping[int, pa.Table] | None = None, only: Sequence[int] | None = None
    ) -> Results:
        """Call `work` for each bucket with records (of `only`, where given), and put together what all return.

        `given`: a table by bucket. Results of no bucket at all are an empty dict.
        """
        ...


class Kept(Protocol):
    """What is kept of each part."""

    def ship(self, send: Send, beside: Sequence[pa.Table] | None = None) -> Shipped:
        """Call `send` on each, and bring what it sends to the buckets.

        `beside`: for each part columns to be added to those of its first table.
        """
        ...


class Engine(Protocol):
    """Where the functions of the stages run."""

    def ship(self, send: SendPart) -> Shipped:
        """Call `send` on each part of the file, and bring what it sends to the buckets."""
        ...

    def keep(self, make: Make) -> Kept:
        """Call `make` once on each part of the file, and keep what it returns."""
        ...


@dataclass(frozen=True)
class Loop:
    """An engine that does everything in this process, one bucket after the other, and packs what it ships."""

    parts: Sequence[Part]

    def ship(self, send: SendPart) -> Shipped:
        """See `Engine`."""
        return _in_buckets(map(send, self.parts))

    def keep(self, make: Make) -> Kept:
        """See `Engine`."""
        return _Kept([packed(make(part)) for part in self.parts])


@dataclass(frozen=True)
class _Kept:
    kept: Sequence[bytes]

    def ship(self, send: Send, beside: Sequence[pa.Table] | None = None) -> Shipped:
        parcels = map(unpacked, self.kept)
        return _in_buckets(map(send, map(with_beside, parcels, beside) if beside else parcels))


def _in_buckets(sent: Iterator[Sent]) -> Shipped:
    held: dict[int, list[bytes]] = defaultdict(list)
    for of_part in sent:
        for bucket, parcel in of_part:
            held[bucket].append(packed(parcel))
    return _Held(held)


@dataclass(frozen=True)
class _Held:
    held: Mapping[int, list[bytes]]

    def work(
        self, work: Work, given: Mapping[int, pa.Table] | None = None, only: Sequence[int] | None = None
    ) -> Results:
        return put_together(
            work([*map(unpacked, streams)], (given or {}).get(bucket))
            for bucket, streams in self.held.items()
            if only is None or bucket in only
        )


def with_beside(parcel: Parcel, beside: pa.Table) -> Parcel:
    """Add columns to the first table of a parcel."""
    first, *others = parcel
    for name in beside.column_names:
        first = first.append_column(name, beside.column(name))
    return first, *others


def put_together(results: Iterator[Results]) -> Results:
    """Put the tables of one name one after the other."""
    tables: dict[str, list[pa.Table]] = defaultdict(list)
    for result in results:
        for name, table in result.items():
            tables[name].append(table)
    return {name: pa.concat_tables(each) for name, each in tables.items()}
