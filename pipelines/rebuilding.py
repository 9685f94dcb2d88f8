"""Making anew, without the inbox, all that can be made again.

What was registered, the ids of persons and households, the history of referrals and the log of runs stay as they are.
From them, the ledgers and the archived files the same tables, warehouse and published files come out, by the same rules
and code.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import TYPE_CHECKING

from assets.households.stages.match import MATCH
from assets.intake.inbox.lost_registry import require_registry
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER
from assets.intake.stages.settle import SETTLE
from assets.intake.turns import without_budgets
from assets.publications.run_entry import Begun
from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.reports import REPORT, report
from assets.publications.stages.runs import LOG, log_run
from assets.publications.stages.villages import RETURN, forget_written, return_to_villages
from assets.publications.stages.warehouse import WAREHOUSE, replace_warehouse
from assets.records.stages.measure import MEASURE
from assets.records.stages.validate import VALIDATE
from assets.referrals.rules import load_rules
from assets.referrals.stages.refer import REFER
from pipelines.stages import from_registry_to_referrals
from validation.directorates import directorates
from warehouse.access import login_name
from warehouse.chain import require_whole_ledgers
from warehouse.home import DataHome
from warehouse.kept_file import note_begun
from warehouse.lake import Lake
from warehouse.migrations import MATCH_STATE_FOLDER
from warehouse.refresh import nobody_else
from warehouse.stage import run_stage

if TYPE_CHECKING:
    from assets.support import Progress


class OtherRulesError(RuntimeError):
    """The installation's rules are not those that the last run referred by. The message names profiles only."""


def rebuild(home: DataHome, progress: Progress, *, run_id: str, at: datetime) -> None:
    """Make the derived tables of the lake, the warehouse and the published files anew, while no other process runs.

    Raises what the stages raise; `RegistryLostError` where the archive holds files and the registry none,
    `LostTableError` where something is damaged that nothing can make again, `OtherRulesError` where other rules would
    refer otherwise, `ShortenedLedgerError` where decisions are lost.
    """
    home = without_budgets(home)  # that lists were read before is lost: nothing that counts may have to wait
    lake = Lake(home.lake)
    with nobody_else(home):
        registered = lake.mend(REGISTER.name)
        require_registry(home, registered, lake.rows("submissions") if registered else 0, [])
        _require_same_rules(home, lake)
        require_whole_ledgers(home)
        _let_go(home, lake)
        from_registry_to_referrals(home, lake, progress, run_id=run_id, at=at)
        progress.start(MEASURE.name, 1)
        run_stage(MEASURE.begin(lake, home, run_id=run_id, at=at))
        progress.advance()
        progress.start(LOG.name, 1)
        log_run(LOG.begin(lake, home, run_id=run_id, at=at), Begun(run_id, at, "command: rebuild", login_name()))
        progress.advance()
        _publish(home, lake, progress)


def _require_same_rules(home: DataHome, lake: Lake) -> None:
    referred = lake.manifest(REFER.name)
    if referred is None:
        return
    present = load_rules(home.profile)
    if present.hash != referred.facts.get("rule_set"):
        last = referred.facts.get("profile")
        raise OtherRulesError(f"the rules {home.profile} are not those of the last run ({last}). Nothing was changed")


def _let_go(home: DataHome, lake: Lake) -> None:
    """Have every stage run again; the saved state of the last match and the notes of what was written are forgotten."""
    for stage in (READ, VALIDATE):
        for partition in lake.partitions(stage.name):
            lake.require_again(stage.name, partition)
    for stage in (SETTLE, MATCH, REFER, MEASURE, LOG):
        lake.require_again(stage.name)
    shutil.rmtree(home.lake / MATCH_STATE_FOLDER, ignore_errors=True)
    note_begun(home.warehouse)
    forget_written(home)


def _publish(home: DataHome, lake: Lake, progress: Progress) -> None:
    progress.start(WAREHOUSE.name, 1)
    replace_warehouse(WAREHOUSE.begin(lake, home))
    progress.advance()
    for directorate in directorates():
        progress.start(f"{PUBLISH.name}:{directorate}", 1)
        publish(PUBLISH.begin(lake, home), directorate)
        progress.advance()
    progress.start(REPORT.name, 1)
    report(REPORT.begin(lake, home))
    progress.advance()
    progress.start(RETURN.name, 1)
    return_to_villages(RETURN.begin(lake, home))
    progress.advance()
