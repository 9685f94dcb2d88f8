"""Which record of a corrected list stands for which record of the list that it replaced.

Danger: a village corrects one row and sends the whole list again. Every record gets a new id with the new file, and
everybody on it would get a new person id, and every reviewer's decision would be lost. Remedy: rows of the two lists
are paired one to one. Pairing serves ids and decisions only: who belongs together is decided from the new list alone.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import pyarrow as pa

from validation.keys import in_one_text, is_one_of

ORIGIN = ["record_id", "submission_id", "sheet", "row"]
KEYS = [
    ["nik", "nama"],
    ["nama", "tanggal_lahir"],
    ["nama", "no_kk"],
    ["nik"],
    ["nama", "kepala_keluarga"],
    ["tanggal_lahir", "no_kk", "jenis_kelamin"],
    ["nama"],
]
"""What pairs two rows whose content differs, surest first: the same values, on one row only of either list."""
_LOOKED_AT = list(dict.fromkeys([*ORIGIN, *(column for key in KEYS for column in key)]))
"""Columns that are carried along: each pairing copies them several times."""


def successions(records: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Pair the records of superseded submissions with those of the submissions that took their place.

    In: `records`, accepted records of all submissions, in force or not; `outcomes`: submission_id, superseded_by: the
    version that counts, whichever versions lay between. Out: one row for each record and each record that it stands
    for, at most one of each older version: record_id, replaces, unchanged (the whole content is the same). A record has
    at most one successor, and none where two rows are equally like it and not the same.
    """
    versions = outcomes.dropna(subset=["superseded_by"])[["submission_id", "superseded_by"]]
    versions = versions.set_axis(["older", "newer"], axis="columns")
    concerned = records[is_one_of(records["submission_id"], {*versions["older"], *versions["newer"]})]
    content = pd.DataFrame(
        {name: _as_text(concerned[name]) for name in concerned.columns if name not in ORIGIN}
    ).fillna("")
    held = concerned[_LOOKED_AT].assign(content=pd.util.hash_pandas_object(content, index=False))
    held = held.sort_values(["sheet", "row"])
    held = held.assign(occurrence=held.groupby(["submission_id", "content"]).cumcount())
    old = held.merge(versions, left_on="submission_id", right_on="older")
    new = held.merge(versions, left_on="submission_id", right_on="newer")
    new = new.assign(place=range(len(new)))
    steps = [_paired(old, new, ["content", "occurrence"]).assign(unchanged=True)]
    for key in KEYS:
        done = pd.concat(steps)
        rest = old[~is_one_of(old["record_id"], done["replaces"])].dropna(subset=key)
        free = new[~new["place"].isin(done["place"])].dropna(subset=key)
        steps.append(_paired(rest, free, key).assign(unchanged=False))
    return pd.concat(steps, ignore_index=True)[["record_id", "replaces", "unchanged"]].astype({"unchanged": "bool"})


def versions_of(lists: Collection[str], outcomes: pd.DataFrame) -> pd.DataFrame:
    """The outcomes of some lists and of all other versions of them."""
    asked = is_one_of(outcomes["submission_id"], lists)
    newest = {*lists, *outcomes.loc[asked, "superseded_by"].dropna()}
    return outcomes[is_one_of(outcomes["submission_id"], newest) | is_one_of(outcomes["superseded_by"], newest)]


def _as_text(values: pd.Series) -> pd.Series:
    """A column as texts; lists of Arrow with what they hold one after the other."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return pd.Series(in_one_text(pa.array(values)).to_pandas().array, values.index, dtype="str")
    return values.astype("str")


def _paired(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The rows of each older version and of the newer one that alone have the same values there; `place`: in `new`."""
    on = ["older", *key]
    old, new = (side[~side.duplicated(on, keep=False)] for side in (old, new))
    both = old[[*on, "record_id"]].merge(new[[*on, "record_id", "place"]], on=on, suffixes=("_old", "_new"))
    return pd.DataFrame({"record_id": both["record_id_new"], "replaces": both["record_id_old"], "place": both["place"]})
