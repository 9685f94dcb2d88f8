"""What directorates answer that only a village can mend: findings on the rows that their referrals rest on.

Danger: an officer finds that somebody has died or moved, and the village lists the person for years to come. Remedy:
the village reads it in its own list, beside the row; which directorate or category it was is not told.
"""

from __future__ import annotations

import pandas as pd

from validation.findings import finding, findings_frame
from validation.rule_tables import rule_table


def findings_of_answers(answers: pd.DataFrame, history: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """One finding for each row of a list in force whose person was refused for a reason of `answered_findings.csv`, in
    the columns of `FINDING_COLUMNS`. With another answer the reason counts for nothing: it may have been left standing.

    In: `answers`, the one that counts for each referral (`latest_answers`); `history`, that of referrals; `records`,
    those in force. Only referrals that still hold count, and of their evidence the rows of the latest period: older
    lists are not mended any more.
    """
    codes = {row["alasan_kode"]: row["code"] for row in rule_table(__file__, "answered_findings.csv")}
    refused = (answers["status"] == "ditolak") & answers["alasan_kode"].isin(codes)
    said = answers.loc[refused, ["referral_id", "alasan_kode"]]
    holding = history.loc[history["valid_to"].isna(), ["referral_id", "periode", "record_ids"]]
    evidence = said.merge(holding, on="referral_id").explode("record_ids").rename(columns={"record_ids": "record_id"})
    rows = evidence.merge(
        records[["record_id", "periode", "submission_id", "sheet", "row"]], on=["record_id", "periode"]
    )
    places = rows[["alasan_kode", "submission_id", "sheet", "row"]].itertuples(index=False, name=None)
    return findings_frame(
        finding(codes[why], submission_id=submission, sheet=sheet, row=row) for why, submission, sheet, row in places
    )
