"""What directorates answer to their referrals: read strictly from the workbook they were sent, kept for good, counted.

A directorate fills `jawaban`, `alasan_jawaban` and `tanggal_jawaban` in its own workbook and sends it back. A row is
taken only if its referral is known, its answer is one of four, and a refusal names a coded reason
(`answer_reasons.csv`); every other filled row is a finding that says what to do. Nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from assets.referrals.conditions import table

ANSWER_HEADERS = ("referral_id", "jawaban", "alasan_jawaban", "tanggal_jawaban")
STATUSES = ("diterima", "ditolak", "dilayani", "selesai")
MET, OPEN = ("dilayani", "selesai"), ("belum_dijawab", "diterima")
UNANSWERED = "belum_dijawab"
ANSWER_COLUMNS = (
    "answer_id", "referral_id", "status", "alasan_kode", "keterangan", "tanggal_jawaban",
    "submission_id", "sheet", "row",
)  # fmt: skip
FINDING_COLUMNS = ("submission_id", "sheet", "row", "column", "code", "severity", "message")


class Answers(NamedTuple):
    """`answers`: one row a usable answer (`ANSWER_COLUMNS`). `findings`: one row a filled row that was not taken."""

    answers: pd.DataFrame
    findings: pd.DataFrame


def is_answer_workbook(headers: Iterable[str]) -> bool:
    """Whether a header row is that of a directorate's workbook, so that it is not read as a village list."""
    return set(ANSWER_HEADERS) <= {str(header).strip() for header in headers}


def read_answers(source: Path | dict[str, pd.DataFrame], known: pd.Series, *, submission_id: str) -> Answers:
    """Read the answers of one returned workbook.

    In: the workbook's path, or its sheets as frames of text (header as columns); `known`, every `referral_id` that
    ever held; the workbook's `submission_id`. Out: `Answers`; where no day is given it stays null.
    Never changes a referral: answers are kept beside them.
    """
    sheets = (
        source if isinstance(source, dict) else pd.read_excel(source, sheet_name=None, engine="calamine", dtype=object)
    )
    parts = [_filled(sheet, name) for name, sheet in sheets.items() if is_answer_workbook(sheet.columns)]
    if not parts:
        return Answers(_frame([], ANSWER_COLUMNS), _findings([(submission_id, None, None, "jawaban_tanpa_kolom")]))
    ids = set(known)
    answers: list[tuple[object, ...]] = []
    findings: list[tuple[object, ...]] = []
    for referral, status, reason, day, sheet, row in pd.concat(parts).itertuples(index=False, name=None):
        read = _read_row(referral, status.lower(), reason, day, ids)
        if isinstance(read, str):
            findings.append((submission_id, sheet, row, read))
        else:
            key = "\x1f".join(map(str, (submission_id, *read)))
            answers.append((hashlib.sha256(key.encode()).hexdigest()[:32], *read, submission_id, sheet, row))
    return Answers(_frame(answers, ANSWER_COLUMNS).drop_duplicates("answer_id"), _findings(findings))


def append_answers(ledger: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """The ledger with new answers at its end; what it holds already is never changed, dropped or taken twice."""
    new = answers[~answers["answer_id"].isin(ledger["answer_id"])]
    return pd.concat([ledger, new], ignore_index=True) if len(ledger) else new.reset_index(drop=True)


def latest_answers(ledger: pd.DataFrame) -> pd.DataFrame:
    """The answer that counts for each referral: the last dated one; of one day, or undated, the last received."""
    dated = ledger["tanggal_jawaban"].fillna("")
    order = ledger.assign(dated=dated).sort_values("dated", kind="stable")
    return (
        order.drop_duplicates("referral_id", keep="last")
        .drop(columns="dated")
        .sort_values("referral_id", ignore_index=True)
    )


def needs(referrals: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Met and unmet need: one row a directorate, village, category and `tujuan`.

    Out: `rujukan`, how many stand at each answer, `terpenuhi` (served or finished) and `belum_terpenuhi` (not answered
    or only accepted); refused referrals are neither.
    """
    keys = ["directorate", "kode_desa", "kode_pmks", "tujuan"]
    status = referrals["referral_id"].map(latest_answers(ledger).set_index("referral_id")["status"]).fillna(UNANSWERED)
    counts = pd.crosstab([referrals[key] for key in keys], status)
    counts = counts.reindex(columns=[UNANSWERED, *STATUSES], fill_value=0)
    counts.columns.name = None
    counts.insert(0, "rujukan", counts.sum(axis=1))
    counts["terpenuhi"] = counts[list(MET)].sum(axis=1)
    counts["belum_terpenuhi"] = counts[list(OPEN)].sum(axis=1)
    return counts.reset_index()


def _filled(sheet: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of a sheet in which somebody wrote an answer; row numbers as the spreadsheet program shows them."""
    sheet = sheet.rename(columns=lambda header: str(header).strip())[list(ANSWER_HEADERS)]
    texts = sheet.apply(lambda column: column.map(_text)).assign(sheet=name, row=range(2, len(sheet) + 2))
    written: pd.DataFrame = texts[(texts[list(ANSWER_HEADERS[1:])] != "").any(axis=1)]
    return written


def _text(value: object) -> str:
    """A cell as text: nothing as empty, a date in ISO form."""
    if isinstance(value, (datetime, date)) and not pd.isna(value):
        return value.isoformat()
    return "" if value is None or value != value else str(value).strip()


def _read_row(
    referral: str, status: str, reason: str, day: str, known: set[str]
) -> str | tuple[str, str, str | None, str | None, str | None]:
    """The code of what is wrong, or the answer: referral, status, reason code, remark, day."""
    before, _, after = (part.strip() for part in reason.partition(":"))
    code = _reason_codes().get(before.lower())
    answered_on = _day(day)
    if referral not in known:
        return "rujukan_tidak_dikenal"
    if status not in STATUSES:
        return "jawaban_tidak_dikenal"
    if status == "ditolak" and code is None:
        return "alasan_tidak_dikenal"
    if day and answered_on is None:
        return "tanggal_jawaban_tidak_terbaca"
    return referral, status, code, (after if code else reason) or None, answered_on


@cache
def _reason_codes() -> dict[str, str]:
    """Every way to write a reason, in lower case, with its code."""
    known: dict[str, str] = {}
    for code, synonyms in table("answer_reasons.csv")[["kode", "sinonim"]].itertuples(index=False, name=None):
        known |= dict.fromkeys((code, code.replace("_", " "), *synonyms.split("|")), code)
    return known


def _day(text: str) -> str | None:
    """An ISO day from `2025-08-17` (with or without a time) or `17-08-2025`, `17/08/2025`; None if it is no day.

    >>> _day("17/8/2025"), _day("2025-08-17T00:00:00"), _day("31-02-2025")
    ('2025-08-17', '2025-08-17', None)
    """
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", text)
    ours = re.fullmatch(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", text)
    parts = iso.groups() if iso else ours.groups()[::-1] if ours else None
    try:
        return date(*map(int, parts)).isoformat() if parts else None
    except ValueError:
        return None


def _findings(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """One row a problem, with its column and what to do (`answer_findings.csv`)."""
    told = {code: (column or None, text) for code, column, text in table("answer_findings.csv").itertuples(index=False)}
    found = [(*row[:3], told[str(row[3])][0], row[3], "error", told[str(row[3])][1]) for row in rows]
    return _frame(found, FINDING_COLUMNS)


def _frame(rows: Sequence[tuple[object, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    kinds = {column: "Int64" if column == "row" else "str" for column in columns}
    return pd.DataFrame(list(rows), columns=list(columns)).astype(kinds)
