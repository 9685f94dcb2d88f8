"""How a directorate's answer to a referral is read: strictly, and never guessed. Shared by intake and referrals.

A directorate fills `jawaban`, `alasan_jawaban` and `tanggal_jawaban` in its own workbook and sends it back. Its answer
is one of four; a refusal names a coded reason (`answer_reasons.csv`), after which a remark may stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from validation.rule_tables import rule_table

HEADERS = ("referral_id", "jawaban", "alasan_jawaban", "tanggal_jawaban")
STATUSES = ("diterima", "ditolak", "dilayani", "selesai")
MARK = "pmks_rujukan"
"""The document property, and the text in the first sheet, by which a directorate's workbook is known again. Its value
is the directorate and how many answers were recorded when the workbook was made (`mark_of`)."""


class Answer(NamedTuple):
    """One answer. `tanggal_jawaban` is an ISO day; null where none was given. Without a `status` nothing was said that
    can be read."""

    referral_id: str
    status: str | None
    alasan_kode: str | None
    keterangan: str | None
    tanggal_jawaban: str | None


def mark_of(directorate: str, answers: int | None) -> str:
    """The value of the mark: with the number of answers recorded so far (None: not known), what the workbook shows of
    them is known.

    >>> mark_of("rehsos", 12)
    'rehsos 12'
    """
    return directorate if answers is None else f"{directorate} {answers}"


def positions_of_columns(header: Iterable[object]) -> list[int] | None:
    """The positions of `HEADERS` in a header row; None if it is not that of a directorate's workbook."""
    names = [text_of(cell) for cell in header]
    return [names.index(name) for name in HEADERS] if set(HEADERS) <= set(names) else None


def text_of(cell: object) -> str:
    """A cell as text: nothing as empty, a date in ISO form."""
    return cell.isoformat() if isinstance(cell, (datetime, date)) else str("" if cell is None else cell).strip()


def read_answer(referral: str, status: str, reason: str, day: str) -> Answer | str:
    """The answer that a filled row states, or the code of what is wrong with it (`answer_findings.csv`)."""
    before, _, after = (part.strip() for part in reason.partition(":"))
    code = _reason_codes().get(before.lower())
    answered_on = day_of(day)
    if not referral:
        return "rujukan_tidak_dikenal"
    if status.lower() not in STATUSES:
        return "jawaban_tidak_dikenal"
    if status.lower() == "ditolak" and code is None:
        return "alasan_tidak_dikenal"
    if day and answered_on is None:
        return "tanggal_jawaban_tidak_terbaca"
    return Answer(referral, status.lower(), code, (after if code else reason) or None, answered_on)


def day_of(text: str) -> str | None:
    """An ISO day from `2025-08-17` (with or without a time) or `17-08-2025`, `17/08/2025`; None if it is no day.

    >>> day_of("17/8/2025"), day_of("2025-08-17T00:00:00"), day_of("31-02-2025")
    ('2025-08-17', '2025-08-17', None)
    """
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", text)
    ours = re.fullmatch(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", text)
    parts = iso.groups() if iso else ours.groups()[::-1] if ours else None
    try:
        return date(*map(int, parts)).isoformat() if parts else None
    except ValueError:
        return None


def column_of_fault(code: str) -> str:
    """The column in which a fault of an answer is to be mended."""
    return _findings()[code]["kolom"]


def message_of_answer(code: str) -> str:
    """What is wrong with a row, and what to do (Indonesian)."""
    return _findings()[code]["pesan"].format(answers=", ".join(STATUSES))


def reasons_of_refusal() -> dict[str, str]:
    """The codes that a refusal can name, in order, each with its meaning (Indonesian)."""
    return {row["kode"]: row["arti"] for row in rule_table(__file__, "answer_reasons.csv")}


@cache
def _findings() -> dict[str, dict[str, str]]:
    return {row["kode"]: dict(row) for row in rule_table(__file__, "answer_findings.csv")}


@cache
def _reason_codes() -> dict[str, str]:
    """Every way to write a reason, in lower case, with its code."""
    known: dict[str, str] = {}
    for row in rule_table(__file__, "answer_reasons.csv"):
        code = row["kode"]
        known |= dict.fromkeys((code, code.replace("_", " "), *row["sinonim"].split("|")), code)
    return known
