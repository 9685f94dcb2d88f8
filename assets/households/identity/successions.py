"""Which record of a corrected list stands for which record of the list that it replaced.

Danger: a village corrects one row and sends the whole list again. Every record gets a new id with the new file, and
everybody on it would get a new person id, and every reviewer's decision would be lost. Or the id of somebody who was
left out goes to another of that name. Remedy: rows of the two lists are paired one to one, unless what they say besides
is of two people. Pairing serves ids and decisions only: who belongs together is decided from the new list alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
from rapidfuzz.distance import Hamming
from rapidfuzz.fuzz import ratio, token_set_ratio

from validation.keys import in_one_text, is_one_of

ORIGIN = ["record_id", "submission_id", "sheet", "row"]
KEYS = [
    ["nik", "nama"],
    ["nama", "tanggal_lahir"],
    ["nama", "no_kk"],
    ["nik"],
    ["nama", "kepala_keluarga"],
    ["tanggal_lahir", "no_kk", "jenis_kelamin"],
    ["tanggal_lahir", "jenis_kelamin"],
    ["nama"],
]
"""What pairs two rows whose content differs, surest first: the same values, on one row only of either list."""
SAID = ["nik", "nama", "tanggal_lahir", "jenis_kelamin", "kode_desa"]
"""What two rows that are paired say of their person besides (`Said`)."""
SLIP_OF_DIGITS, SLIP_OF_YEARS, GUESS_OF_YEARS, NAMES_ALIKE = 2, 2, 10, 65
"""So many digits of a NIK, and years of a birth, a slip of the pen changes, and so many years off is a birth that was
guessed; so alike, of 100, a slip leaves a name."""
_LOOKED_AT = list(dict.fromkeys([*ORIGIN, *SAID, *(column for key in KEYS for column in key)]))
"""Columns that are carried along: each pairing copies them several times."""


class Said(NamedTuple):
    """What a row says of its person, as texts; "" where it says nothing."""

    nik: str
    nama: str
    tanggal_lahir: str
    jenis_kelamin: str
    kode_desa: str


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
    carried = list(dict.fromkeys([*on, "record_id", *SAID]))
    both = old[carried].merge(new[[*carried, "place"]], on=on, suffixes=("_old", "_new"))
    pairs = pd.DataFrame(
        {"record_id": both["record_id_new"], "replaces": both["record_id_old"], "place": both["place"]}
    )
    if "content" in key:
        return pairs
    return pairs[of_one_person(both, key)]


def of_one_person(both: pd.DataFrame, key: list[str]) -> pd.Series:
    """Whether the two rows of each pair that agree in `key` may be of one person (`of_two_people`)."""
    sides = (_said(both, side) for side in ("_new", "_old"))
    of_one = [not of_two_people(new, old, key) for new, old in zip(*sides, strict=True)]
    return pd.Series(of_one, both.index, dtype="bool")


def _said(both: pd.DataFrame, side: str) -> list[Said]:
    """What the newer or the older row of each pair says; what both have in common stands there once."""
    columns = [both[f"{name}{side}" if f"{name}{side}" in both else name].astype("str").fillna("") for name in SAID]
    return [Said(*row) for row in zip(*columns, strict=True)]


def of_two_people(new: Said, old: Said, key: list[str]) -> bool:
    """Whether two rows that alone agree in `key` are of two people: one was left out, and another is listed instead
    who is called so, or has that card, as a father and his son, two namesakes or twins.

    >>> rina = Said("1610055701170001", "RINA", "2017-01-17", "P", "16.10.05.2036")
    >>> of_two_people(rina._replace(nik="1610055701170002"), rina, ["nama"])  # a digit put right
    False
    >>> of_two_people(rina._replace(nik="1610054203640009", tanggal_lahir="1964-03-02"), rina, ["nama", "no_kk"])
    True
    """
    both = {name: bool(a) and bool(b) for name, a, b in zip(SAID, new, old, strict=True)}
    differ = {name: both[name] and a != b for name, a, b in zip(SAID, new, old, strict=True)}
    names_apart = max(ratio(new.nama, old.nama), token_set_ratio(new.nama, old.nama)) < NAMES_ALIKE
    if both["nik"] and not differ["nik"]:
        return names_apart and (differ["tanggal_lahir"] or differ["jenis_kelamin"])
    of_one_family = "nama" in key and len(key) > 1
    if differ["jenis_kelamin"] or (differ["tanggal_lahir"] and _born_apart(new, old, of_one_family=of_one_family)):
        return True
    two_numbers = differ["nik"] and Hamming.distance(new.nik, old.nik) > SLIP_OF_DIGITS
    if "nama" not in key:  # twins, and brothers whose days of birth nobody knows, have the rest in common
        doubts = [names_apart, new.tanggal_lahir.endswith("-01-01"), "no_kk" not in key]
        return two_numbers or (differ["nik"] and new.nik[:12] == old.nik[:12]) or sum(doubts) > 1
    if key == ["nama"] and differ["kode_desa"]:
        return True
    return two_numbers and (differ["tanggal_lahir"] or (key == ["nama"] and not both["tanggal_lahir"]))


def _born_apart(new: Said, old: Said, *, of_one_family: bool) -> bool:
    """Whether two birth dates, as YYYY-MM-DD, are further apart than a slip of the pen, or of one name in one family a
    guess, sets them."""
    years = abs(int(new.tanggal_lahir[:4]) - int(old.tanggal_lahir[:4]))
    days = new.tanggal_lahir[4:10], old.tanggal_lahir[4:10]
    most = GUESS_OF_YEARS if of_one_family else SLIP_OF_YEARS
    return years > most and (days[0] != days[1] or days[0] == "-01-01")
