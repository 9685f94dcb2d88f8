"""Making the auditors' file of a data home: its tables, and what stands in ledgers beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from assets.households.review.decisions import read_decisions
from assets.publications.run_entry import spot_checks_ledger
from warehouse.access import access_ledger, log_opening
from warehouse.auditors_file import write_auditors_file
from warehouse.chain import Link, head_of, ledger_of, note_issued, read_chain
from warehouse.files import sha256_of
from warehouse.home import DataHome
from warehouse.standing_checks import read_checks

AUDIT = "audit"
"""The folder below `published/`, and what the chain calls its files. No file is called so: a database would be, too."""
MASKED, WHOLE = "pemeriksaan.duckdb", "pemeriksaan-utuh.duckdb"


LEDGERS = {
    "audit.about": "This file: when it was made, by which program, the head of the chain, and whether it is masked.",
    "audit.chain": "The chain of runs, entry by entry, each with its hash (docs/decisions/0017-a-chain-of-runs.md).",
    "audit.check_history": "What the standing checks found, where it changed from run to run: how many of how many.",
    "audit.decisions": "What reviewers decided about pairs of records and of households, in order.",
    "audit.openings": "Who opened files with whole identities, when and what for.",
    "audit.spot_checks": "Samples that were drawn for the field, and what came of them.",
}
"""What the file has besides the tables of the warehouse."""


def make_auditors_file(home: DataHome, at: datetime, *, whole_because: str = "") -> Path:
    """Write the auditors' file, note it in the chain, and return where it lies.

    `at`: now, UTC. `whole_because`: why nothing in it is masked; logged before it is made. Empty: it is masked.
    """
    target = home.published / AUDIT / (WHOLE if whole_because else MASKED)
    if whole_because:
        log_opening(home, target, whole_because)
    write_auditors_file(home.warehouse, target, _ledgers(home, at, bool(whole_because)), whole=bool(whole_because))
    files = [path for path in target.parent.glob("*.duckdb") if not path.name.startswith(".")]
    note_issued(home, AUDIT, {path.relative_to(home.root).as_posix(): sha256_of(path) for path in sorted(files)})
    return target


def _ledgers(home: DataHome, at: datetime, whole: bool) -> dict[str, tuple[str, pa.Table]]:
    links, _ = read_chain(ledger_of(home))
    about = {"made_at": at, "program": version("pmks-referral-pipeline"), "head": head_of(home), "masked": not whole}
    found = {
        "audit.about": pa.Table.from_pylist([about]),
        "audit.chain": _entries(links),
        "audit.check_history": _checks(home),
        "audit.decisions": pa.Table.from_pandas(read_decisions(home.review), preserve_index=False),
        "audit.openings": _lines(access_ledger(home)),
        "audit.spot_checks": _lines(spot_checks_ledger(home)),
    }
    return {name: (LEDGERS[name], table) for name, table in found.items()}


def _entries(links: Iterable[Link]) -> pa.Table:
    rows = [
        {"line": link.line, "kind": link.kind, "run_id": link.said.get("run_id"), "head": link.head,
         "signed_by": link.key or None, "entry": json.dumps(link.said, ensure_ascii=False, sort_keys=True)}
        for link in links
    ]  # fmt: skip
    text = ("kind", "run_id", "head", "signed_by", "entry")
    return pa.Table.from_pylist(rows, pa.schema([("line", pa.int64()), *((name, pa.string()) for name in text)]))


def _checks(home: DataHome) -> pa.Table:
    columns: dict[str, pa.DataType] = {
        "run_id": pa.string(), "at": pa.timestamp("us"), "check": pa.string(), "found": pa.int64(), "among": pa.int64()
    }  # fmt: skip
    rows = [
        (entry["run_id"], datetime.fromisoformat(entry["at"]), check, found, among)
        for entry in read_checks(home)
        for check, (found, among) in entry["found"].items()
    ]
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, pa.schema(list(columns.items())))


def _lines(ledger: Path) -> pa.Table:
    """A ledger of JSON lines, in order."""
    lines: list[Any] = ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else []
    rows = [{"line": number, "entry": line} for number, line in enumerate(lines, 1)]
    return pa.Table.from_pylist(rows, pa.schema([("line", pa.int64()), ("entry", pa.string())]))
