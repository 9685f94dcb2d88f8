"""Figures of an installation for machines that watch it: as JSON, or as Prometheus reads them. Counts only."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from assets.intake.stages.read import READ
from pipelines.attempts import last_attempts
from pipelines.erasure.retention import past_retention
from pipelines.instance import as_it_is
from pipelines.liveness import silent_seconds, stuck_runs
from pipelines.settings import retention_years
from pipelines.stages import STAGES, stale
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.manifests import FOLDER as MANIFESTS
from warehouse.registered import not_registered


class Figure(NamedTuple):
    """One number. `name`: with its unit at the end, as Prometheus has it; `labels`: what it is of."""

    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def figures(home: DataHome) -> list[Figure]:
    """What waits, what failed, and when each stage last came to something; nothing is changed."""
    lake = Lake(home.lake)
    outcomes = lake.read("outcomes", columns=["outcome"])["outcome"].value_counts().sort_index()
    found = [Figure("pmks_files", int(count), (("outcome", str(outcome)),)) for outcome, count in outcomes.items()]
    found.append(Figure("pmks_files_not_registered", len(not_registered(lake))))
    found.append(Figure("pmks_partitions_to_read", len(READ.pending(lake, home))))
    found.append(Figure("pmks_stages_to_refresh", len(stale(lake, home))))
    with as_it_is(home) as instance:
        tried = last_attempts(instance) if instance else []
        stuck = stuck_runs(instance, home) if instance else []
        quiet = silent_seconds(instance) if instance else None
    found.append(Figure("pmks_runs_stuck", len(stuck)))
    found.append(Figure("pmks_work_failed", sum(not each.given_up for each in tried)))
    found.append(Figure("pmks_work_given_up", sum(each.given_up for each in tried)))
    if quiet is not None:
        found.append(Figure("pmks_daemon_silent_seconds", round(quiet)))
    years = retention_years()
    if years:
        found.append(Figure("pmks_people_past_retention", len(past_retention(lake, years, date.today()))))
    for stage in STAGES:
        written = [path.stat().st_mtime for path in _manifests(home, stage.name)]
        if written:
            found.append(Figure("pmks_stage_changed_timestamp_seconds", round(max(written)), (("stage", stage.name),)))
    return found


def _manifests(home: DataHome, stage: str) -> list[Path]:
    folder = home.lake / MANIFESTS
    return [*folder.glob(f"{stage}.json"), *folder.glob(f"{stage}/*.json")]


def prometheus(found: list[Figure]) -> str:
    """Figures in the text format that Prometheus and the textfile collector of its node exporter read.

    >>> prometheus([Figure("pmks_files", 3, (("outcome", "held"),))])
    '# TYPE pmks_files gauge\\npmks_files{outcome="held"} 3\\n'
    """
    lines: list[str] = []
    for figure in found:
        kind = f"# TYPE {figure.name} gauge"
        if kind not in lines:
            lines.append(kind)
        labels = ",".join(f'{name}="{value}"' for name, value in figure.labels)
        lines.append(f"{figure.name}{{{labels}}} {figure.value}" if labels else f"{figure.name} {figure.value}")
    return "\n".join(lines) + "\n"


def plain(found: list[Figure]) -> dict[str, object]:
    """Figures as one JSON object: a number each, or one for each label.

    >>> plain([Figure("pmks_runs_stuck", 0), Figure("pmks_files", 3, (("outcome", "held"),))])
    {'pmks_runs_stuck': 0, 'pmks_files': {'held': 3}}
    """
    made: dict[str, object] = {}
    for figure in found:
        if figure.labels:
            inner = made.setdefault(figure.name, {})
            assert isinstance(inner, dict)
            inner[figure.labels[0][1]] = figure.value
        else:
            made[figure.name] = figure.value
    return made
