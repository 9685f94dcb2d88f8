"""Reading the files of one partition into the tables of the stage `rows`, every physical row accounted for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from assets.intake.failing import or_failed
from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import DEFAULT, Limits
from assets.intake.formats.original import is_damaged
from assets.intake.formats.workbook import Unreadable
from assets.intake.inbox.placement import Placed, place
from assets.intake.read_once import KEPT
from assets.intake.redaction import read_archived
from assets.intake.sheets.file_reading import FileResult
from assets.intake.sheets.layout import Problem
from assets.intake.sheets.rows import KINDS
from assets.intake.sheets.sources import declared as declared_places
from assets.intake.sidecar import FAULTS, declaration_of, for_sheet
from assets.intake.tries import Tries
from assets.intake.turns import in_turn
from validation.fields import FIELDS
from validation.findings import finding, findings_frame, message_of
from warehouse.archive import archived, set_aside_if_damaged

READINGS = ("submission_id", "outcome", "reason_code", "reason", "format", "kode_desa", "periode", "rows_physical",
            "rows_data", "control_total", "attempts")  # fmt: skip
_LEDGER = ("submission_id", "sheet", "row", "kind")
_COLUMNS = ("submission_id", "sheet", "header_row", "column", "header", "field", "mapped_by", "evidence", "code_map")
_RAW = ("submission_id", "sheet", "row", "header_row", "kode_desa", "periode", "skema_kode", "kategori_tanda",
        "kategori_berkas", "types", "filled", "raw", "tersembunyi", *FIELDS)  # fmt: skip
_LISTS = ("kategori_tanda", "kategori_berkas")
_NUMBERS = ("row", "header_row", "rows_physical", "rows_data", "control_total", "attempts")


@dataclass(frozen=True)
class IntakeTables:
    """The tables of one partition (`docs/lake.md`)."""

    readings: pd.DataFrame
    ledger: pd.DataFrame
    columns: pd.DataFrame
    raw_rows: pd.DataFrame
    findings: pd.DataFrame
    proposals: pd.DataFrame


def read_partition(
    submissions: pd.DataFrame,
    archive: Path,
    *,
    workers: int,
    tries: Tries | None = None,
    limits: Limits = DEFAULT,
) -> IntakeTables:
    """Read every submission (one row each, as registered) from the archive.

    A pure function of the submissions' bytes, paths and declarations: the order of rows and the number of workers
    change nothing. A file that cannot be read, or that this program fails at, costs only itself: it ends as `rejected`
    or `held`, with a reason. An archived copy that is damaged is set aside, and its file held.
    `tries`: which files are not read again, and which are slow; those wait if no time is left for them (`turns.py`).
    What registering has read already is not read again (`read_once.py`).
    """
    tries = tries or Tries()
    known = submissions.sort_values("submission_id").to_dict("records")
    tables = _Tables(tries)
    ordered, turns = [], []
    for submission in known:
        sid, path = submission["submission_id"], submission["path"]
        call = (str(archived(archive, sid)), _text(submission["declaration"]), path)
        if row := tries.given_up(sid):
            tables.readings.append(dict(row))
        elif read := KEPT.take(call):
            tables.add(submission, read)
        else:
            ordered.append(submission)
            turns.append(tries.turn(sid, path, int(submission["size_bytes"]), call))
    with ReaderPool(workers, limits) as pool:
        for index, result in in_turn(pool, read_archived, turns):
            if is_damaged(result):
                set_aside_if_damaged(archived(archive, ordered[index]["submission_id"]))
            tables.add(ordered[index], result)
    return tables.frames()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def reading_of(
    submission: Mapping[Any, Any], result: FileResult | Unreadable, placed: Placed | None, tries: Tries
) -> dict[str, Any]:
    """The one row of `readings` with the result of reading a submission."""
    base = dict.fromkeys(READINGS) | {
        "submission_id": submission["submission_id"],
        "format": submission["format"],
        "periode": _text(submission["periode"]) or None,
        "rows_physical": 0,
        "rows_data": 0,
        "attempts": 0,
    }
    if isinstance(result, Unreadable):
        return base | tries.outcome(submission["submission_id"], result)
    totals = [sheet.control_total for sheet in result.sheets if sheet.control_total is not None and sheet.rows]
    base |= {"format": result.format, "rows_physical": sum(len(sheet.kinds) for sheet in result.sheets)}
    faults = declaration_of(_text(submission["declaration"])).get(FAULTS)
    if faults:
        reason = " ".join(message_of(code, **facts) for code, facts in faults)
        return {**base, "outcome": "held", "reason_code": faults[0][0], "reason": reason}
    hold, facts = (result.hold, result.hold_facts) if result.hold else (None, {})
    if not hold and placed:
        hold, facts = placed.hold, placed.hold_facts
    if hold:
        return {**base, "outcome": "held", "reason_code": hold, "reason": message_of(hold, **facts)}
    return {
        **base,
        "outcome": "accepted",
        "reason_code": None,
        "reason": None,
        "kode_desa": placed.kode_desa if placed else None,
        "rows_data": sum(len(sheet.rows) for sheet in result.sheets),
        "control_total": sum(totals) if totals else None,
    }


class _Tables:
    """Collects the rows of all tables while results arrive."""

    def __init__(self, tries: Tries) -> None:
        self.tries = tries
        self.readings: list[dict[str, Any]] = []
        self.ledger: list[tuple[Any, ...]] = []
        self.columns: list[tuple[Any, ...]] = []
        self.raw_rows: list[tuple[Any, ...]] = []
        self.findings: list[dict[str, Any]] = []
        self.proposals: list[dict[str, str]] = []

    def add(self, submission: Mapping[Any, Any], result: FileResult | Unreadable) -> None:
        """Add the rows of one file; of one that cannot be read, or that this program fails at, only that it was not."""
        made = result if isinstance(result, Unreadable) else or_failed(self._made_of, submission, result)
        if isinstance(made, Unreadable):
            self.readings.append(reading_of(submission, made, None, self.tries))
            return
        for name in ("readings", "ledger", "columns", "raw_rows", "findings", "proposals"):
            getattr(self, name).extend(getattr(made, name))

    def _made_of(self, submission: Mapping[Any, Any], result: FileResult) -> _Tables:
        made = _Tables(self.tries)
        made._add(submission, result)
        return made

    def _add(self, submission: Mapping[Any, Any], result: FileResult) -> None:
        sid = submission["submission_id"]
        declared = declaration_of(_text(submission["declaration"]))
        placed = place(submission["path"], declared, result)
        if placed.periode is None and _text(submission["periode"]):
            placed.problems.append(Problem("period_of_receipt", facts={"dipakai": submission["periode"]}))
        reading = reading_of(submission, result, placed, self.tries)
        self.readings.append(reading)
        self.findings.extend(findings_of(sid, result, placed))
        if result.proposal:
            self.proposals.append({"submission_id": sid, "text": result.proposal})
        accepted = reading["outcome"] == "accepted"
        for sheet in result.sheets:
            kinds = sheet.kinds
            self.ledger.extend((sid, sheet.name, row, kind) for row, kind in enumerate(kinds, 1))
            self.columns.extend(
                (sid, sheet.name, c.header_row, c.letter, c.header, c.field, c.by, c.evidence, c.code_map)
                for c in sheet.columns
            )
            if accepted:
                data = [row for row, kind in enumerate(kinds, 1) if kind == "data"]
                if sorted(row for row, *_ in sheet.rows) != data:
                    raise ValueError("the rows of people are not those that the ledger counts")
                self._add_rows(submission, sheet.name, sheet.rows, placed, declared)

    def _add_rows(
        self, submission: Mapping[Any, Any], sheet: str, rows: Sequence[tuple[Any, ...]], placed: Placed, declared: Any
    ) -> None:
        keys = for_sheet(declared, sheet)
        kode_desa = keys.get("kode_desa") or placed.sheets.get(sheet) or placed.kode_desa
        periode = placed.periods.get(sheet) or keys.get("periode") or _text(submission["periode"]) or None
        scheme = keys.get("skema_kode")
        said = list(keys.get("kode_pmks", ()))
        sid = submission["submission_id"]
        for row, header_row, ticked, category, types, filled, raw, hidden, *values in rows:
            categories = said or ([category] if category else [])
            places = declared_places(filled, category) if said else filled
            self.raw_rows.append(
                (
                    sid,
                    sheet,
                    row,
                    header_row,
                    kode_desa,
                    periode,
                    scheme,
                    ticked,
                    categories,
                    types,
                    places,
                    raw,
                    hidden,
                    *values,
                )
            )

    def frames(self) -> IntakeTables:
        """The tables, by submission: slow files were read last."""
        return IntakeTables(
            _frame(sorted(self.readings, key=_submission), READINGS),
            _frame(sorted(self.ledger, key=itemgetter(0)), _LEDGER),
            _frame(sorted(self.columns, key=itemgetter(0)), _COLUMNS),
            _frame(sorted(self.raw_rows, key=itemgetter(0)), _RAW),
            findings_frame(sorted(self.findings, key=_submission)),
            _frame(sorted(self.proposals, key=_submission), ("submission_id", "text")),
        )


def _submission(row: Mapping[str, Any]) -> str:
    return str(row["submission_id"])


def _frame(rows: Sequence[Any], columns: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns), dtype="object")
    kinds = {
        name: "object"
        if name in _LISTS
        else "Int64"
        if name in _NUMBERS
        else "boolean"
        if name == "tersembunyi"
        else "str"
        for name in columns
    }
    return frame.astype(kinds)


def readings_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of `reading_of` as a frame."""
    return _frame(rows, READINGS)


def findings_of(submission_id: str, result: FileResult, placed: Placed) -> list[dict[str, Any]]:
    """What reading and placing a file found, one finding for each problem."""
    found = [finding(note, submission_id=submission_id) for note in result.notes]
    found += [_finding(submission_id, None, problem) for problem in placed.problems]
    for sheet in result.sheets:
        found += [_finding(submission_id, sheet.name, problem) for problem in sheet.problems]
    return found


def _finding(submission_id: str, sheet: str | None, problem: Problem) -> dict[str, Any]:
    return finding(
        problem.code,
        submission_id=submission_id,
        sheet=sheet,
        row=problem.row,
        column=problem.column,
        field=problem.field,
        **problem.facts,
    )


def ledger_balance(readings: pd.DataFrame, ledger: pd.DataFrame, raw_rows: pd.DataFrame) -> pd.DataFrame:
    """Every imbalance of the row ledger; empty when nothing is lost and nothing counted twice.

    Checked for each submission: physical rows = ledger rows; rows of each sheet numbered 1 to n without a gap or a
    repetition; every kind known; for accepted files, the `data` rows of the ledger are exactly the raw rows, once each.
    Columns: `submission_id`, `sheet`, `what`, `expected`, `found`.
    """
    key = ("submission_id", "sheet", "row")
    counted = Counter(_values(ledger, "submission_id"))
    problems = [
        (sid, "", "rows_physical", str(rows), str(counted[sid]))
        for sid, rows in zip(readings["submission_id"], readings["rows_physical"], strict=True)
        if rows != counted[sid]
    ]
    accepted = set(readings.loc[readings["outcome"] == "accepted", "submission_id"])
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    data: set[tuple[str, str, int]] = set()
    for sid, sheet, row, kind in zip(*(_values(ledger, name) for name in (*key, "kind")), strict=True):
        numbers[sid, sheet].append(row)
        if kind not in KINDS:
            problems.append((sid, sheet, "kind", "", kind))
        elif kind == "data" and sid in accepted:
            data.add((sid, sheet, row))
    problems += [
        (sid, sheet, "row_numbers", str(max(rows)), str(len(rows)))
        for (sid, sheet), rows in numbers.items()
        if sorted(rows) != list(range(1, len(rows) + 1))
    ]
    read = Counter(zip(*(_values(raw_rows, name) for name in key), strict=True))
    for side, unmatched in (("left_only", data - read.keys()), ("right_only", read.keys() - data)):
        problems += [(sid, sheet, "data_rows", str(row), side) for sid, sheet, row in sorted(unmatched)]
    problems += [
        (sid, sheet, "read_twice", str(row), str(times)) for (sid, sheet, row), times in read.items() if times > 1
    ]
    columns = ["submission_id", "sheet", "what", "expected", "found"]
    return pd.DataFrame(problems, columns=columns, dtype="object").astype("str")


def _values(frame: pd.DataFrame, name: str) -> Iterable[Any]:
    """The values of one column, which come one by one out of an array of objects in a fifth of the time."""
    return frame[name].to_numpy(dtype="object")
