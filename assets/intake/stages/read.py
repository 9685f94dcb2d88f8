"""Reading files: every submission of a kabupaten and period into rows, columns and the row ledger."""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.intake.erasing import require_redacted
from assets.intake.kept_readings import damaged_originals, keep_readings
from assets.intake.reading import ledger_balance, read_partition
from assets.intake.tries import Tries, is_to_be_read_again
from assets.intake.turns import limits_of
from validation.keys import is_one_of
from warehouse.code import code_digest
from warehouse.digests import digest_of
from warehouse.kept_rows import MADE_FROM, unchanged, with_earlier
from warehouse.stage import UNFINISHED, Columns, Content, Stage, StageRun

CODE = "code"
"""The fact by which a manifest says with which code files were read."""
DAMAGED = "damaged"
"""The fact by which a manifest names the submissions whose archived copies were damaged when they were to be read."""
UNBALANCED, DIFFERING = "unbalanced", "differing"
"""The facts by which a manifest names the submissions whose row ledger does not balance, and says how many sheets have
another JUMLAH than rows."""


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    tries = earlier_tries(run, "readings", READ.module)
    submissions, erasures = run.read("submissions"), run.read("erasures")
    require_redacted(run.home.archive, erasures)
    read_from = _read_from(submissions, erasures)
    known = unchanged(run, read_from)
    made = read_partition(
        submissions[~is_one_of(submissions["submission_id"], known)],
        run.home.archive,
        workers=run.home.workers,
        tries=tries,
        limits=limits_of(run.home),
    )
    tables = {
        "readings": made.readings,
        "ledger": made.ledger,
        "columns": made.columns,
        "raw_rows": made.raw_rows,
        "intake_findings": made.findings,
        "proposals": made.proposals,
    }
    damaged = damaged_originals(made.readings)
    if damaged or known:
        earlier = {table: run.read(table) for table in tables}
        tables = with_earlier(keep_readings(tables, earlier, "readings"), earlier, known)
    readings = tables["readings"]
    whole = readings.loc[readings["outcome"] == "accepted", "submission_id"]
    return tables, {
        # What was held, stopped or damaged may be read otherwise the next time, and its rows with it.
        MADE_FROM: {sid: read_from[sid] for sid in whole if sid not in damaged},
        CODE: code_digest(READ.module),
        DAMAGED: damaged,
        UNFINISHED: is_to_be_read_again(made.readings),
        UNBALANCED: ledger_balance(tables["readings"], tables["ledger"], tables["raw_rows"])["submission_id"].tolist(),
        DIFFERING: int((tables["intake_findings"]["code"] == "control_total_differs").sum()),
    }


def _read_from(submissions: pd.DataFrame, erasures: pd.DataFrame) -> dict[str, str]:
    """One hash for each submission over all that its rows follow from: what is registered of it (its id says its
    bytes), what was erased of it, and the code."""
    code = code_digest(READ.module)
    erased = erasures.groupby("submission_id")["redaction"].agg(sorted).to_dict()
    rows = submissions.astype("object").where(submissions.notna(), None).to_dict("records")
    return {row["submission_id"]: digest_of(row, erased.get(row["submission_id"]), code) for row in rows}


def earlier_tries(run: StageRun, table: str, module: str) -> Tries:
    """What the readings of `table` say of earlier tries. Another code, or another version of a library, begins anew."""
    before = run.before
    if before is None:
        return Tries(run.home.read_attempts)
    same_code = before.facts.get(CODE) == code_digest(module)
    return Tries.of(run.read(table), run.home.read_attempts, same_code=same_code)


READ = Stage(
    name="rows",
    reads=(
        Columns(
            "submissions", ("submission_id", "path", "format", "size_bytes", "kode_desa", "periode", "declaration")
        ),
        Columns("erasures", ("submission_id", "redaction")),
    ),
    remembers=("readings", "ledger", "columns", "raw_rows", "intake_findings", "proposals"),
    partitioned=True,
    compute=_compute,
)
