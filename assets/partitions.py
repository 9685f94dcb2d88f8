"""Partitions: a kabupaten or kota in a reporting period, as soon as a list of it came. Villages and files are rows of a
ledger, not partitions.

An asset partition costs about 30 ms of bookkeeping, so one for each of 84,000 villages would cost hours a period, and
one for each of 514 kabupaten in every period, whether or not lists came, a page of empty runs in every backfill.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from validation.regions import regency_name
from warehouse.lake import Partition

_NAME = "kabupaten_periode"
KABUPATEN_PERIODE = dg.DynamicPartitionsDefinition(name=_NAME)


def partition_key(partition: Partition) -> str:
    """The Dagster key of a kabupaten and period.

    >>> partition_key(Partition("16.10", "2024"))
    '16.10 Kabupaten Ogan Ilir, 2024'
    """
    return f"{partition.kode_kabupaten} {regency_name(partition.kode_kabupaten)}, {partition.periode}"


def partition_named(key: str) -> Partition:
    """The kabupaten and period of a Dagster key.

    >>> partition_named("16.10 Kabupaten Ogan Ilir, 2024")
    Partition(kode_kabupaten='16.10', periode='2024')
    """
    return Partition(key.partition(" ")[0], key.rpartition(", ")[2])


def partitions_of(context: dg.AssetExecutionContext) -> list[Partition] | None:
    """What this run is for, one kabupaten and period or a range of them; None when it is for all that need it."""
    if not (context.has_partition_key or context.has_partition_key_range):
        return None
    return [partition_named(key) for key in context.partition_keys]


def add_partitions(instance: dg.DagsterInstance, partitions: Iterable[Partition]) -> None:
    """Make kabupaten and periods known to Dagster; what it knows already stays."""
    instance.add_dynamic_partitions(_NAME, sorted(partition_key(partition) for partition in partitions))
