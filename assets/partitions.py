"""Partitions: kabupaten/kota × reporting period. Villages and files are rows of a ledger, not partitions.

An asset partition costs about 30 ms of bookkeeping, so one for each of 84,000 villages would cost hours a period.
"""

from __future__ import annotations

import dagster as dg

from validation.regions import regency_codes
from warehouse.lake import Partition

KABUPATEN = "kabupaten"
PERIODE = "periode"
PERIODS = dg.DynamicPartitionsDefinition(name=PERIODE)
KABUPATEN_PERIODE = dg.MultiPartitionsDefinition(
    {KABUPATEN: dg.StaticPartitionsDefinition(regency_codes()), PERIODE: PERIODS}
)


def partition_of(context: dg.AssetExecutionContext) -> Partition | None:
    """The kabupaten and period of this run; None when the run is for all that need it."""
    if not context.has_partition_key:
        return None
    key = context.partition_key
    if not isinstance(key, dg.MultiPartitionKey):
        raise dg.DagsterInvariantViolationError(f"not a kabupaten and period: {key}")
    return Partition(key.keys_by_dimension[KABUPATEN], key.keys_by_dimension[PERIODE])


def partition_key(partition: Partition) -> dg.MultiPartitionKey:
    """The Dagster key of a kabupaten and period."""
    return dg.MultiPartitionKey({KABUPATEN: partition.kode_kabupaten, PERIODE: partition.periode})
