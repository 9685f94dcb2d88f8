"""The refresh of a run as a resource: it begins with the first stage that asks for it, and ends with the run."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.stages import FIXED
from warehouse.refresh import Refresh
from warehouse.sharing.in_line import refreshing_alone


@dg.resource(
    required_resource_keys={"home"},
    description="Keeps other runs out from the first stage that looks at everything to the end of the run.",
)
def refreshing(context: dg.InitResourceContext) -> Iterator[Refresh]:
    home = context.resources.home

    def waits(holder: str) -> None:
        if context.log is not None:
            context.log.info(f"Waiting for {holder}, which refreshes the same state.")

    with refreshing_alone(home, waits), Refresh(home, FIXED) as refresh:
        yield refresh
