"""What directorates answered to their referrals: kept for good in the order in which it came, and counted.

Answers stand beside referrals and never change them. How a row of a returned workbook is read: `validation/answers.py`.
"""

from __future__ import annotations

import hashlib

import pandas as pd

from validation.answers import STATUSES, Answer, message_of_answer

ANSWER_COLUMNS = ("answer_id", *Answer._fields, "submission_id", "sheet", "row", "received_at")
UNKNOWN_COLUMNS = ("submission_id", "sheet", "row", "referral_id", "message")
UNANSWERED = "belum_dijawab"
MET, OPEN = ("dilayani", "selesai"), (UNANSWERED, "diterima")
_SAID = ["referral_id", "status", "alasan_kode", "keterangan", "tanggal_jawaban"]


def append_answers(ledger: pd.DataFrame, raw: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """The ledger with what is new in `raw` at its end; what it holds already is never changed, dropped or repeated.

    In: `ledger` (`ANSWER_COLUMNS`; may be empty); `raw`, the rows of all returned workbooks that count, with
    `received_at` and `seq` (the order in which workbooks came); `referrals`, all that ever held. A workbook is taken
    once; an answer that repeats what stands for its referral already adds nothing, since a published workbook shows
    earlier answers.
    """
    fresh = raw[_is_known(raw, referrals) & ~raw["submission_id"].isin(ledger["submission_id"])]
    fresh = fresh.sort_values(["seq", "submission_id", "sheet", "row"], kind="stable")
    both = pd.concat([ledger, fresh.assign(answer_id=_ids(fresh))], ignore_index=True)[list(ANSWER_COLUMNS)]
    said = _joined(both, _SAID)
    repeated = said == said.groupby(both["referral_id"]).shift()
    repeated[: len(ledger)] = False
    return both[~repeated].reset_index(drop=True)


def unknown_answers(raw: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """The rows of `raw` that answer no referral of their directorate (`UNKNOWN_COLUMNS`), with what to do."""
    strange = raw[~_is_known(raw, referrals)].assign(message=message_of_answer("rujukan_tidak_dikenal"))
    return strange[list(UNKNOWN_COLUMNS)].sort_values(list(UNKNOWN_COLUMNS[:3]), ignore_index=True)


def latest_answers(ledger: pd.DataFrame) -> pd.DataFrame:
    """The answer that counts for each referral, by `referral_id`: the last dated one; of one day, or undated, the last
    received."""
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
    status = referrals["referral_id"].map(latest_answers(ledger).set_index("referral_id")["status"])
    status = status.astype("str").fillna(UNANSWERED)
    counts = pd.crosstab([referrals[key] for key in keys], status)
    counts = counts.reindex(columns=[UNANSWERED, *STATUSES], fill_value=0)
    counts.columns.name = None
    counts.insert(0, "rujukan", counts.sum(axis=1))
    counts["terpenuhi"] = counts[list(MET)].sum(axis=1)
    counts["belum_terpenuhi"] = counts[list(OPEN)].sum(axis=1)
    return counts.reset_index()


def _is_known(raw: pd.DataFrame, referrals: pd.DataFrame) -> pd.Series:
    keys = [pd.MultiIndex.from_frame(f[["directorate", "referral_id"]].astype("str")) for f in (raw, referrals)]
    return pd.Series(keys[0].isin(keys[1]), index=raw.index)


def _ids(answers: pd.DataFrame) -> list[str]:
    """32 hex digits of SHA-256 over workbook, sheet and row."""
    return [hashlib.sha256(p.encode()).hexdigest()[:32] for p in _joined(answers, ["submission_id", "sheet", "row"])]


def _joined(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    texts = frame[columns].astype("str").fillna("")
    return texts[columns[0]].str.cat(texts[columns[1:]], sep="\x1f")
