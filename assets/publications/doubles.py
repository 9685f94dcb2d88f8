"""Referrals that may be of one household: said beside each other, and never joined here."""

from __future__ import annotations

import pandas as pd

from validation.rule_tables import rule_table

DOUBLES = ("referral_id", "mungkin_serumah_dengan", "peluang_serumah", "alasan_serumah")


def possible_doubles(referrals: pd.DataFrame, possible: pd.DataFrame) -> pd.DataFrame:
    """Of each household's referral the one for the same category that most probably is of the same household.

    In: `referrals` of one directorate; `possible`, pairs of households that may be one (`households.possible`). Out:
    `DOUBLES`, one row a referral that has such a one: its `referral_id`, the probability, and what they share.
    """
    homes = referrals.loc[referrals["subject"] == "household", ["referral_id", "household_id", "kode_pmks"]]
    pairs = possible[["household_id_l", "household_id_r", "probability", "reason"]]
    both = [
        pairs.set_axis([one, other, *pairs.columns[2:]], axis=1) for one, other in (("home", "with"), ("with", "home"))
    ]
    found = homes.rename(columns={"household_id": "home"}).merge(pd.concat(both), on="home")
    others = homes.set_axis(["mungkin_serumah_dengan", "with", "kode_pmks"], axis=1)
    found = found.merge(others, on=["with", "kode_pmks"]).sort_values(
        ["referral_id", "probability", "mungkin_serumah_dengan"], ascending=[True, False, True]
    )
    words = {row["alasan"]: row["arti"] for row in rule_table(__file__, "shared_places.csv")}
    surest = found.drop_duplicates("referral_id", ignore_index=True)
    return surest.assign(peluang_serumah=surest["probability"], alasan_serumah=surest["reason"].map(words))[
        list(DOUBLES)
    ]
