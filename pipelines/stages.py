"""The stages from registered files to referrals, one after the other, without Dagster: for a copy of a data home."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from assets.households.stage import match_records
from assets.intake.stage import partition_inputs, read_rows, settle_outcomes
from assets.records.stage import validate_partition
from assets.referrals.stage import refer
from warehouse.home import DataHome
from warehouse.lake import Lake

if TYPE_CHECKING:
    from assets.support import Progress


def from_registry_to_referrals(home: DataHome, lake: Lake, progress: Progress, *, run_id: str, at: datetime) -> None:
    """Read, validate, settle, match and refer all that is registered in `lake`. Raises what the stages raise."""
    partitions = sorted(partition_inputs(lake))
    progress.start("read", len(partitions))
    for partition in partitions:
        read_rows(home, lake, partition)
        validate_partition(lake, partition)
        progress.advance()
    progress.start("match", 2)
    settle_outcomes(lake)
    match_records(home, lake, run_id=run_id, at=at)
    progress.advance()
    refer(home, lake, run_id=run_id, at=at)
    progress.advance()
