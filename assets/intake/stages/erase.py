"""Erasures: which files and rows were redacted at the request of a person, from the ledger into the lake."""

from __future__ import annotations

from typing import Any

import pandas as pd

from validation.record_ids import record_id
from warehouse.erasures import by_submission, read_erasures
from warehouse.stage import Columns, Content, Stage, StageRun

_KNOWN = ("submission_id", "kode_kabupaten", "periode")


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    entries = run.settings
    known = run.read("submissions").astype("object").set_index("submission_id")
    latest = {sid: mine[-1].redaction for sid, mine in by_submission(entries).items()}
    rows = [
        {
            **entry._asdict(),
            "redaction": latest[entry.submission_id],
            "rows": len(entry.rows),
            "cells": len(entry.cells),
        }
        for entry in entries
        if entry.submission_id in known.index
    ]
    erasures = pd.DataFrame(rows, columns=[*ERASURES]).assign(
        at=lambda frame: pd.to_datetime(frame["at"]).astype("datetime64[us]"),
        kode_kabupaten=lambda frame: frame["submission_id"].map(known["kode_kabupaten"]),
        periode=lambda frame: frame["submission_id"].map(known["periode"]),
    )
    places = [
        (entry.submission_id, sheet, row, record_id(entry.submission_id, sheet, row), entry.erasure_id)
        for entry in entries
        if entry.submission_id in known.index
        for sheet, row in entry.rows
    ]
    erased = pd.DataFrame(places, columns=["submission_id", "sheet", "row", "record_id", "erasure_id"])
    erased = erased.drop_duplicates(["submission_id", "sheet", "row"])
    return {"erasures": erasures, "erased_rows": erased}, {}


ERASURES = ("erasure_id", "submission_id", "person_id", "at", "by", "reason", "rows", "cells", "redaction")
ERASE = Stage(
    name="erasures",
    reads=(Columns("submissions", _KNOWN),),
    settings=read_erasures,
    fingerprint=lambda entries: [entry._asdict() for entry in entries],
    compute=_compute,
)
"""Puts the ledger of erasures into the lake, so that what was read of a file is read again once it was redacted."""
