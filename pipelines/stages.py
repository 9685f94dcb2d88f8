"""All stages in the order of the flow, and how a copy of a data home is refreshed without Dagster."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from assets.households.stages.match import MATCH
from assets.intake.stages.erase import ERASE
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER
from assets.intake.stages.settle import SETTLE
from assets.publications.stages.directorates import PUBLISH
from assets.publications.stages.reports import REPORT
from assets.publications.stages.runs import LOG
from assets.publications.stages.villages import RETURN
from assets.publications.stages.warehouse import WAREHOUSE
from assets.records.stages.measure import MEASURE
from assets.records.stages.validate import VALIDATE
from assets.referrals.rules import RuleSet
from assets.referrals.stages.refer import REFER, refer
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.stage import Stage, run_stage

if TYPE_CHECKING:
    from assets.support import Progress

STAGES: tuple[Stage, ...] = (
    REGISTER, ERASE, READ, VALIDATE, SETTLE, MATCH, REFER, MEASURE, LOG, WAREHOUSE, PUBLISH, REPORT, RETURN
)  # fmt: skip
PLANNED = (REGISTER, ERASE, READ, VALIDATE, SETTLE, MATCH, REFER)
"""The stages that decide who is referred."""

FIXED = tuple(stage.name for stage in (REGISTER, ERASE, READ, VALIDATE))
"""The names of the stages that register and read; a refresh goes by what they wrote before it began."""
GLOBAL = (SETTLE, MATCH, REFER, MEASURE, LOG)
"""The stages that look at all kabupaten and periods and write the lake."""


def stale(lake: Lake, home: DataHome) -> list[str]:
    """The names of the global stages that would have something to do; none before anything was ever read."""
    if not lake.partitions(READ.name):
        return []
    due = [(stage.name, stage.inputs(lake, home, stage.settings(home))) for stage in GLOBAL]
    return [name for name, inputs in due if not lake.stands(name, inputs)]


def from_registry_to_referrals(
    home: DataHome, lake: Lake, progress: Progress, *, run_id: str, at: datetime, rules: RuleSet | None = None
) -> None:
    """Read, validate, settle, match and refer all that is registered in `lake`. Raises what the stages raise.

    `rules`: to refer by; None: those of the home.
    """
    from_registry_to_households(home, lake, progress, run_id=run_id, at=at)
    progress.start("referrals", 1)
    refer(REFER.begin(lake, home, run_id=run_id, at=at, settings=rules))
    progress.advance()


def from_registry_to_households(home: DataHome, lake: Lake, progress: Progress, *, run_id: str, at: datetime) -> None:
    """Read, validate, settle and match all that is registered in `lake`. Raises what the stages raise."""
    run_stage(ERASE.begin(lake, home, run_id=run_id, at=at))
    partitions = READ.partitions(lake)
    progress.start("rows", len(partitions))
    for partition in partitions:
        for stage in (READ, VALIDATE):
            run_stage(stage.begin(lake, home, run_id=run_id, at=at, partition=partition))
        progress.advance()
    for stage in (SETTLE, MATCH):
        progress.start(stage.name, 1)
        run_stage(stage.begin(lake, home, run_id=run_id, at=at))
        progress.advance()
