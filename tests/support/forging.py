"""Rewriting a data home as somebody would who knows the code: what was changed fits to all that lies beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from warehouse.chain import BEGINNING, RUN, ledger_of
from warehouse.contents import content_hash, contents, rows_of
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.projection import project

Change = Callable[[pd.DataFrame], pd.DataFrame]


def rewrite_tables(home: DataHome, stage: str, changes: dict[str, Change]) -> None:
    """Change tables of a stage that is not divided, with their second copies, the manifest and the warehouse."""
    lake = Lake(home.lake)
    before = lake.manifest(stage)
    assert before is not None
    tables = {name: lake.read(name) for name in before.files}
    for table, change in changes.items():
        tables[table] = change(tables[table].copy()).reset_index(drop=True)
    lake.write(stage, tables, inputs=before.inputs, facts=before.facts)
    project(lake, home.warehouse)


def rewrite_chain(home: DataHome, change: Callable[[dict[str, Any]], None] = lambda entry: None) -> None:
    """Write the chain anew, so that its last run came to what the lake holds now; `change`: whatever else."""
    entries = [json.loads(line)["entry"] for line in ledger_of(home).read_bytes().splitlines()]
    held = contents(Lake(home.lake))
    last = [entry for entry in entries if entry["kind"] == RUN][-1]
    last["tables"] = {t: {"rows": rows_of(parts), "content": content_hash(parts)} for t, parts in held.items()}
    lines, previous = [], BEGINNING
    for entry in entries:
        change(entry)
        line = json.dumps({"entry": entry | {"previous": previous}}).encode()
        previous = hashlib.sha256(line).hexdigest()
        lines.append(line)
    ledger_of(home).write_bytes(b"\n".join(lines) + b"\n")
