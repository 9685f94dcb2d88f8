"""Validating records, by kabupaten and period: raw rows become accepted or quarantined records, with findings."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa

from assets.records.building import build_records
from assets.records.cells import Rows, in_arrow, same_rows
from assets.records.failing import NOT_PROCESSED
from assets.records.quality import measured
from validation.borders import InvalidTableError
from validation.findings import CATALOGUE
from validation.keys import is_one_of
from warehouse.arrow import to_pandas
from warehouse.code import code_digest
from warehouse.digests import digest_of
from warehouse.errors import passing, place_of
from warehouse.home import DataHome
from warehouse.kept_rows import MADE_FROM, unchanged, with_earlier
from warehouse.lake import Partition
from warehouse.stage import Content, Stage, StageResult, StageRun, run_in_helper


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    rows, code = run.arrow_read("raw_rows"), code_digest(VALIDATE.module)
    made_from = {sid: digest_of(read_from, code) for sid, read_from in run.facts("raw_rows").get(MADE_FROM, {}).items()}
    known = unchanged(run, made_from)
    anew = rows.filter(pa.array(~is_one_of(rows["submission_id"], known))) if known else rows
    failed: dict[str, Exception] = {}
    made = build_records(anew, run.arrow_read("columns"), lambda error: failed.setdefault(_said(error), error))
    for number, error in enumerate(failed.values(), start=1):
        passing(error, run.home.root, "-".join((run.run_id, VALIDATE.name, *(run.partition or ()), f"{number}")))
    tables: Content = {
        "accepted": made.accepted,
        "quarantined": made.quarantined,
        "findings": made.findings,
        "row_outcomes": made.outcomes,
        "measures": measured(made.accepted, made.quarantined, made.findings),
    }
    if known:
        made_anew = {name: to_pandas(table) for name, table in tables.items()}
        tables = with_earlier(made_anew, {table: run.read(table) for table in tables}, known)
    aside = failing(tables["quarantined"])
    return tables, {
        LOST: lost(rows, tables["row_outcomes"]),
        UNEXPLAINED: unexplained(tables["quarantined"]),
        FAILING: aside,
        FAILED_BY: sorted(failed),
        MADE_FROM: {sid: said for sid, said in made_from.items() if sid not in aside},  # so that `failed` tells of all
    }


LOST, UNEXPLAINED = "lost", "unexplained"
"""The facts by which a manifest says how many rows have not exactly one outcome, and how many are quarantined without a
known reason."""


FAILING, FAILED_BY = "failing", "failed_by"
"""The facts by which a manifest says at how many rows of each submission this program fails, so that they are
quarantined, and by which errors: kind and place, or table, column and rule."""


def _said(error: Exception) -> str:
    if isinstance(error, InvalidTableError):
        return "; ".join(f"{error.table}.{each.column}: {each.check}" for each in error.violations)
    return f"{type(error).__name__} ({place_of(error)})"


def failing(quarantined: Rows) -> dict[str, int]:
    """The submissions with rows that are quarantined because this program fails at them, with how many."""
    reasons, lists = (in_arrow(quarantined[name]).to_pylist() for name in ("reasons", "submission_id"))
    return dict(Counter(of for of, why in zip(lists, reasons, strict=True) if NOT_PROCESSED in (why or ())))


def lost(rows: Rows, outcomes: Rows) -> int:
    """How many of the data rows (`raw_rows`) have not exactly one outcome (`row_outcomes`)."""
    signs = np.repeat([1, -1], [len(rows), len(outcomes)])
    return int(np.abs(np.bincount(same_rows(rows, outcomes), signs)).sum())


def unexplained(quarantined: Rows) -> int:
    """How many quarantined rows name no reason, or one that the catalogue of findings has not."""
    return sum(
        not reasons or any(code not in CATALOGUE for code in reasons)
        for reasons in in_arrow(quarantined["reasons"]).to_pylist()
    )


VALIDATE = Stage(
    name="records",
    reads=("raw_rows", "columns"),
    remembers=("accepted", "quarantined", "findings", "row_outcomes", "measures"),
    partitioned=True,
    compute=_compute,
)


def validated(home: DataHome, run_id: str, partition: Partition) -> tuple[Partition, StageResult | None]:
    """Validate a partition in a helper, while others are read. None where that failed: who runs the stage once more
    learns why."""
    with suppress(Exception):
        return partition, run_in_helper(VALIDATE, home, run_id, partition)
    return partition, None
