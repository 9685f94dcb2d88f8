"""Whom a list names again after an older one said that they had died: findings on their rows.

Danger: somebody is called dead by mistake. The village goes on listing the person, who is referred no more, and nobody
asks. Remedy: the village reads it beside the row, with what to write.
"""

from __future__ import annotations

import pandas as pd

from validation.findings import finding, findings_frame

ASKED = "perlu_konfirmasi_meninggal"
"""Why nobody is responsible for a person who is said to have died (`assets/referrals/reasons.csv`)."""


def findings_of_the_dead(unrouted: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """One finding for each row of their latest period that does not say itself that the person died, in the columns of
    `FINDING_COLUMNS`.

    In: `unrouted`, who is referred to nobody and why; `records`, those in force.
    """
    listed = unrouted.loc[unrouted["reason_code"] == ASKED, ["person_id", "record_ids"]].explode("record_ids")
    rows = listed.rename(columns={"record_ids": "record_id"}).merge(records, on="record_id")
    latest = rows["periode"] == rows.groupby("person_id")["periode"].transform("max")
    again = rows[latest & (rows["status_hidup"].fillna("") != "meninggal")].drop_duplicates("record_id")
    places = again[["submission_id", "sheet", "row"]].itertuples(index=False, name=None)
    return findings_frame(
        finding("listed_after_death", submission_id=submission, sheet=sheet, row=row)
        for submission, sheet, row in places
    )
