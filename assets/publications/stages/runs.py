"""The log of runs: what a run that changed anything came to, and by which rules, model and code."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, NamedTuple

import pandas as pd

from assets.households.stages.match import MATCH
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER
from assets.intake.stages.settle import SETTLE
from assets.publications.run_entry import PROGRAM_VERSION, Begun, note_run
from assets.publications.stages.directorates import PUBLISH
from assets.publications.stages.reports import REPORT
from assets.publications.stages.villages import RETURN
from assets.publications.stages.warehouse import WAREHOUSE
from assets.records.stages.measure import MEASURE
from assets.records.stages.validate import VALIDATE
from assets.referrals.stages.refer import REFER
from warehouse.code import code_digest
from warehouse.home import DataHome
from warehouse.shrinkage import accepted_losses
from warehouse.stage import Content, Stage, StageResult, StageRun, run_stage
from warehouse.tables import arrow_schema

LOGGED = (REGISTER, READ, VALIDATE, SETTLE, MATCH, REFER, MEASURE)
"""The stages whose output a run is logged by."""
COUNTED = {
    "submissions": "submissions",
    "records": "membership",
    "persons": "persons",
    "households": "households",
    "referrals": "referrals",
}
"""Columns of the log that count, and the tables whose rows they count."""


class Logging(NamedTuple):
    """What the log says besides what was made: the digest of all code, and how the run began, if that is known."""

    code: str
    begun: Begun | None


def modules_of_a_run() -> tuple[str, ...]:
    """The modules of all stages, those that publish included."""
    return tuple(stage.module for stage in (*LOGGED, WAREHOUSE, PUBLISH, REPORT, RETURN))


def code_of_a_run(home: DataHome) -> str:
    """One hash over the code and rule tables of all stages."""
    return code_digest(*modules_of_a_run())


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    facts = {**run.facts("referrals"), **run.facts("membership")}
    logging: Logging = run.settings
    begun = logging.begun
    entry = {
        "run_id": run.run_id,
        "started_at": begun.at if begun else None,
        "started_by": begun.by if begun else None,
        "account": begun.account if begun else None,
        "program": PROGRAM_VERSION,
        "finished_at": max(pd.Timestamp(run.at), pd.Timestamp(facts.get("latest") or run.at)),
        "profile": facts.get("profile"),
        "rule_set": facts.get("rule_set"),
        "model": facts.get("model"),
        "code": logging.code,
        **{column: run.rows(table) for column, table in COUNTED.items()},
        "outputs": json.dumps(run.digests()),
    }
    before, made = run.read("runs"), pd.DataFrame([entry])
    runs = pd.concat([before, made], ignore_index=True) if len(before) else made
    if len(before) and _came_to(runs.iloc[-1]) == _came_to(runs.iloc[-2]):
        runs = runs.iloc[:-1]  # made again: what stands was logged
    return {"runs": runs, "accepted_shrinks": _accepted(run.home)}, {}


def _came_to(entry: pd.Series) -> dict[Any, Any]:
    """What a run is logged for: all that its entry says but which run it was, when, and who started it."""
    said = entry.drop(["run_id", "started_at", "finished_at", "started_by", "account"])
    return said.where(said.notna(), None).to_dict()


def _accepted(home: DataHome) -> pd.DataFrame:
    """The ledger of accepted losses as a table, without the ids of what was lost."""
    entries = accepted_losses(home)
    by_village = {"villages": [json.dumps(entry["villages"]) for entry in entries]}
    frame = pd.DataFrame(entries, columns=list(arrow_schema("accepted_shrinks").names)).assign(**by_village)
    return frame.assign(at=pd.to_datetime(frame["at"]))


LOG = Stage(
    name="runs",
    reads=tuple(table for stage in LOGGED for table in stage.writes),
    remembers=("runs",),
    settings=lambda home: Logging(code_of_a_run(home), None),
    fingerprint=lambda logging: logging.code,
    compute=_compute,
)
"""Adds the run to the log, if any stage came to anything else than when the last run was logged."""


def log_run(run: StageRun, begun: Begun) -> StageResult:
    """Run the stage, and add the run to the chain, if it came to anything else than the last one there."""
    run = dataclasses.replace(run, settings=Logging(run.settings.code, begun))
    result = run_stage(run)
    note_run(run, begun, run.settings.code, modules_of_a_run())
    return result
