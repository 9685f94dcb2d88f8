"""Running a stage: only when its inputs changed, and all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from warehouse.lake import Lake, Manifest, Partition, digest_of, digest_of_files

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class StageResult:
    """What a stage came to: its manifest, and whether anything was computed (False: the inputs were the same)."""

    manifest: Manifest
    changed: bool


def run_stage(
    lake: Lake,
    stage: str,
    inputs: str,
    compute: Callable[[], tuple[Tables, Mapping[str, Any]]],
    partition: Partition | None = None,
) -> StageResult:
    """Run `compute` and write its tables, unless the stage already stands for the same `inputs`.

    `inputs` must name everything the result depends on: upstream tables, rules, decisions, code. `compute`
    returns the tables and some facts for the manifest (JSON, no personal values).
    """
    standing = lake.manifest(stage, partition)
    if standing is not None and standing.inputs == inputs:
        return StageResult(standing, changed=False)
    tables, facts = compute()
    return StageResult(lake.write(stage, tables, inputs=inputs, partition=partition, facts=facts), changed=True)


@cache
def code_digest(*folders: Path) -> str:
    """Hash the code and rule tables of whole folders: a stage runs again when the code that made it changes."""
    kinds = {".py", ".csv", ".yml", ".json", ".sql"}
    return digest_of([digest_of_files([p for p in f.rglob("*") if p.suffix in kinds]) for f in folders])
