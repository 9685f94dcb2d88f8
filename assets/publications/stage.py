"""What leaves the pipeline: the warehouse, one folder a directorate, and what goes back to the villages."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from assets.publications.corrections import corrections_report, remove_stale, write_corrections, write_proposal
from assets.publications.directorates import Published, publish_directorate
from assets.publications.quality import one_table, quality_tables
from assets.referrals.answers import latest_answers
from validation.findings import FINDING_COLUMNS
from warehouse.files import write_whole
from warehouse.home import DataHome
from warehouse.in_force import records_in_force
from warehouse.lake import Lake, digest_of
from warehouse.projection import project
from warehouse.stage import StageResult, Tables, code_digest, run_stage

ASKED_ABOUT = ("accepted", "held", "rejected")
UPSTREAM = ("submissions", "rows", "records", "outcomes", "households", "referrals")
_ROOMS = (Path(__file__).parent, Path(__file__).parents[2] / "validation", Path(__file__).parents[2] / "warehouse")


def measure_quality(lake: Lake) -> StageResult:
    """Measure each village's lists against its own period before."""
    inputs = digest_of(lake.digest("submissions", "records", "outcomes"), code_digest(*_ROOMS))

    def compute() -> tuple[Tables, dict[str, object]]:
        outcomes = lake.read("outcomes", "outcomes")
        counting = set(outcomes.loc[outcomes["outcome"] == "accepted", "submission_id"])
        quarantined, findings = lake.read("records", "quarantined"), lake.read("records", "findings")
        made = quality_tables(
            records_in_force(lake),
            quarantined[quarantined["submission_id"].isin(counting)].reset_index(drop=True),
            findings[findings["submission_id"].isin(counting)].reset_index(drop=True),
            lake.read("submissions", "submissions"),
        )
        return {"quality": one_table(made)}, {}

    return run_stage(lake, "quality", inputs, compute)


def record_run(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> StageResult:
    """Add this run to the log of runs, with the rules and the model it used, if it changed anything."""
    stages = (*UPSTREAM, "quality")
    outputs = {stage: lake.digest(stage) for stage in stages}
    inputs = digest_of(outputs)

    def compute() -> tuple[Tables, dict[str, object]]:
        referred, matched = lake.manifest("referrals"), lake.manifest("households")
        facts: dict[str, Any] = {**(referred.facts if referred else {}), **(matched.facts if matched else {})}
        counts = {name: _rows(lake, stage, name) for stage, name in (
            ("submissions", "submissions"), ("households", "membership"), ("households", "persons"),
            ("households", "households"), ("referrals", "referrals"))}  # fmt: skip
        run = pd.DataFrame(
            [
                {
                    "run_id": run_id,
                    "finished_at": pd.Timestamp(at),
                    "profile": facts.get("profile"),
                    "rule_set": facts.get("rule_set"),
                    "model": facts.get("model"),
                    "code": code_digest(Path(__file__).parents[1], *_ROOMS),
                    "submissions": counts["submissions"],
                    "records": counts["membership"],
                    "persons": counts["persons"],
                    "households": counts["households"],
                    "referrals": counts["referrals"],
                    "outputs": json.dumps(outputs),
                }
            ]
        )
        before = lake.read("runs", "runs")
        return {"runs": pd.concat([before, run], ignore_index=True) if len(before) else run}, {}

    return run_stage(lake, "runs", inputs, compute)


def _rows(lake: Lake, stage: str, table: str) -> int:
    return sum(manifest.rows[table] for manifest in lake.manifests(stage).values())


def replace_warehouse(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> dict[str, int]:
    """Bring `warehouse.duckdb` in line with the lake; returns the rows of each table that was replaced."""
    measure_quality(lake)
    record_run(home, lake, run_id=run_id, at=at)
    return project(lake, home.warehouse)


def publish(home: DataHome, lake: Lake, directorate: str) -> Published:
    """Write one directorate's files: its own referrals and nothing else."""
    manifest = lake.manifest("referrals")
    facts = manifest.facts if manifest else {}
    runs = lake.read("runs", "runs", columns=["run_id"])["run_id"]
    return publish_directorate(
        directorate,
        lake.read("referrals", "referrals"),
        lake.read("households", "persons"),
        lake.read("households", "households"),
        latest_answers(lake.read("referrals", "answers")),
        home.published / directorate,
        run_id=str(runs.iloc[-1]) if len(runs) else "",
        rule_set=str(facts.get("rule_set", "")),
        profile=str(facts.get("profile", home.profile)),
    )


def return_to_villages(home: DataHome, lake: Lake) -> tuple[int, int]:
    """Write one corrections workbook for each submission with findings, and a proposal for each held file.

    Returns how many of each there are. Held and rejected files go back with the reason; superseded and withdrawn
    lists are not asked about any more, and what lay there for them goes, unless someone typed into it.
    """
    done = home.corrections / ".written.json"
    inputs = digest_of(lake.digest("submissions", "rows", "records", "outcomes"), code_digest(*_ROOMS))
    if done.exists():
        written = json.loads(done.read_text())
        if written["inputs"] == inputs:
            return written["workbooks"], written["proposals"]
    submissions = lake.read("submissions", "submissions").merge(
        lake.read("outcomes", "outcomes")[["submission_id", "outcome"]], on="submission_id"
    )
    readings = pd.concat(
        [lake.read("submissions", "unplaced_readings"), lake.read("rows", "readings")], ignore_index=True
    )[["submission_id", "format", "reason_code", "reason"]]
    submissions = submissions.drop(columns="format").merge(readings, on="submission_id", how="left")
    by_id = {name: _grouped(frame) for name, frame in _tables(lake, readings).items()}
    workbooks: set[Path] = set()
    for submission in submissions[submissions["outcome"].isin(ASKED_ABOUT)].to_dict("records"):
        mine = {name: groups(submission["submission_id"]) for name, groups in by_id.items()}
        archived = home.archive / submission["submission_id"][:2] / submission["submission_id"]
        facts = {str(k): None if pd.isna(v) else v for k, v in submission.items()}
        path = write_corrections(facts, archived, target=home.corrections, **mine)
        workbooks |= {path} if path else set()
    remove_stale(home.corrections, workbooks)
    proposals = pd.concat([lake.read("submissions", "unplaced_proposals"), lake.read("rows", "proposals")])
    known = {str(row["submission_id"]): row for row in submissions.to_dict("records")}
    for proposal in proposals.itertuples():
        facts = {str(k): None if pd.isna(v) else v for k, v in known[str(proposal.submission_id)].items()}
        write_proposal(facts, str(proposal.text), home.corrections)
    result = {"inputs": inputs, "workbooks": len(workbooks), "proposals": len(proposals)}
    write_whole(done, json.dumps(result).encode())
    return len(workbooks), len(proposals)


def corrections_reports(lake: Lake) -> pd.DataFrame:
    """Results of corrected lists, one row a replacement: `submission_id`, `superseded_by`, `solved`, `total`, `new`.

    Only errors and warnings count. Read from the lake as it stands; changes nothing.
    """
    outcomes = lake.read("outcomes", "outcomes").dropna(subset=["superseded_by"])
    found = _grouped(lake.read("records", "findings"))
    pairs = zip(outcomes["submission_id"], outcomes["superseded_by"], strict=True)
    rows = [(old, new, *corrections_report(found(old), found(new))) for old, new in pairs]
    return pd.DataFrame(rows, columns=["submission_id", "superseded_by", "solved", "total", "new"])


def _tables(lake: Lake, readings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    findings = [
        _reasons(readings),
        lake.read("submissions", "registration_findings"),
        lake.read("rows", "intake_findings"),
        lake.read("outcomes", "outcome_findings"),
        lake.read("records", "findings"),
    ]
    joined = pd.concat([part for part in findings if len(part)] or findings, ignore_index=True)
    return {
        "findings": joined,
        "quarantined": lake.read("records", "quarantined"),
        "columns": lake.read("rows", "columns"),
        "raw_rows": lake.read("rows", "raw_rows"),
    }


def _reasons(readings: pd.DataFrame) -> pd.DataFrame:
    """Why files were held or rejected, as a finding on the whole file."""
    refused = readings.dropna(subset=["reason_code"])
    whole = {"sheet": None, "row": None, "column": None, "field": None, "severity": "error"}
    return refused.rename(columns={"reason_code": "code", "reason": "message"}).assign(**whole)[list(FINDING_COLUMNS)]


def _grouped(frame: pd.DataFrame) -> Any:
    positions = frame.groupby("submission_id").indices

    def of(submission_id: str) -> pd.DataFrame:
        return frame.iloc[positions.get(submission_id, [])].reset_index(drop=True)

    return of
