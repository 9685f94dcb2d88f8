"""Who is listed again after no list in force named them any more.

Danger: a village leaves somebody out of the newer version of a list, and another list names the same person later, as
after a move. No record in force had the old id any more, so that a new one began, with new referrals, and what
directorates had answered stood beside nobody. Remedy: a new row stands for the one by which somebody was listed last,
where number and name, or name, birth date and home, are the same, and nothing else that they say is of two people. So
only ids come back that nobody in force has; who belongs together is decided without looking here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.identity.successions import SAID, of_one_person
from validation.keys import is_one_of

Bools = npt.NDArray[np.bool_]
KEYS = [
    ["nik", "nama"],
    ["nik", "tanggal_lahir"],
    ["nama", "tanggal_lahir", "no_kk"],
    ["nama", "tanggal_lahir", "kode_desa"],
]
"""What tells that two rows are of one person, surest first, where of all who are gone one alone has it."""
_LOOKED_AT = list(dict.fromkeys(["record_id", "submission_id", *SAID, *(column for key in KEYS for column in key)]))


def returns(
    records: pd.DataFrame, unknown: Bools, held: pd.Series, ids: pd.DataFrame, retired: pd.DataFrame
) -> pd.DataFrame:
    """Pair records that had no id yet with those of people whom no list in force names any more.

    In: `records`, accepted records of all submissions; `unknown`: one yes or no each, whether it is in force and had no
    id; `held`: ids of records that are in force, or for which one stands; `ids`, `retired`: as in `IdentityState`. Out:
    record_id, replaces, with_household: whether most people of that household, which nobody is left of, are among them.
    """
    stays = ids[is_one_of(ids["record_id"], held)]
    elsewhere = pd.concat([stays["person_id"], retired.loc[retired["retired_into"].notna(), "id"]])
    gone = ids[~is_one_of(ids["person_id"], elsewhere)]
    steps = [pd.DataFrame({"record_id": [], "replaces": []}, dtype="str")]
    if len(gone) and unknown.any():
        old = records.loc[is_one_of(records["record_id"], gone["record_id"]), _LOOKED_AT]
        old = _days_alone(old).merge(gone[["record_id", "person_id"]], on="record_id")
        new = _days_alone(records.loc[unknown, _LOOKED_AT])
        for key in KEYS:
            rest = new[~is_one_of(new["record_id"], pd.concat(steps)["record_id"])]
            steps.append(_paired(old.dropna(subset=key), rest.dropna(subset=key), key))
    found = pd.concat(steps, ignore_index=True)
    return found.assign(with_household=_most_of_a_household(found["replaces"], ids, stays["household_id"]))


def _days_alone(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, without dates of 1 January, which stand where the day is not known."""
    born = pd.to_datetime(rows["tanggal_lahir"])
    return rows.assign(tanggal_lahir=rows["tanggal_lahir"].where((born.dt.month != 1) | (born.dt.day != 1)))


def _paired(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The new rows that have the same values there as one person who is gone, and as no other row of their list."""
    old = old.drop_duplicates([*key, "person_id"])
    old = old[~old.duplicated(key, keep=False)]
    new = new[~new.duplicated(["submission_id", *key], keep=False)]
    carried = list(dict.fromkeys([*key, "record_id", *SAID]))
    both = old[carried].merge(new[carried], on=key, suffixes=("_old", "_new"))
    if "nik" not in key:  # two numbers are of two people, or of one for whom a village corrected it: nobody can tell
        both = both[both["nik_old"].isna() | both["nik_new"].isna()]
    both = both[of_one_person(both, key)]
    return pd.DataFrame({"record_id": both["record_id_new"], "replaces": both["record_id_old"]})


def _most_of_a_household(replaced: pd.Series, ids: pd.DataFrame, stays: pd.Series) -> pd.Series:
    """Whether more than half of the people of the household of each replaced record are back, and it is none of those
    of which somebody stays."""
    last = ids[["record_id", "person_id", "household_id"]].set_index("record_id").loc[replaced].reset_index()
    people = ids[is_one_of(ids["household_id"], last["household_id"])].groupby("household_id")["person_id"].nunique()
    back = last.groupby("household_id")["person_id"].nunique()
    home = last["household_id"]
    most = home.map(2 * back).fillna(0) > home.map(people).fillna(0)
    return (most & ~is_one_of(home, stays)).set_axis(replaced.index)
