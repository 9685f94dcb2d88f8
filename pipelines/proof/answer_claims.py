"""What was taken of the answers of directorates, against the workbooks that they sent back.

Danger: a run goes on from the answers that were recorded before, and so does a rebuild: one that was put in, changed or
left out stays. Remedy: each workbook is judged once more, as it was read, after those that were taken before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.referrals.answers import UNKNOWN, Kept, ids_of, in_order, taken_of
from assets.referrals.stages.refer import filled_rows
from validation.answers import Answer
from warehouse.lake import Lake

_PLACE = ["submission_id", "sheet", "row"]
_CELLS = [*_PLACE, *(field for field in Answer._fields if field != "keterangan")]
_TOLD = ("kolom", "pesan")
"""How a fault was told: another version of the program may have said it in other words."""


def contradictory_answers(lake: Lake) -> list[str]:
    """The tables of answers that say something else than workbooks do, with workbook, sheet and row."""
    kept = Kept(*(lake.read(table) for table in ("answers", "answers_refused", "answer_workbooks")))
    history = lake.read("history", columns=["directorate", "referral_id", "valid_from"])
    erased = lake.read("erased_rows", columns=["record_id"])["record_id"]
    return list(dict.fromkeys(contradictions(kept, filled_rows(lake), history, erased, noted_since(lake))))


def noted_since(lake: Lake) -> float:
    """The look into the inbox (`seq`) from which on every workbook that was taken was noted: every look, but of a home
    in which 0.1.0 ran, which did not note them, the first by which a later run registered anything."""
    runs = lake.read("runs").reindex(columns=["run_id", "program"])
    if runs["program"].notna().all():
        return 0
    registered = lake.read("submissions", columns=["submission_id", "run_id"])
    by_later = registered["run_id"].isin(runs.loc[runs["program"].notna(), "run_id"])
    receipts = lake.read("receipts", columns=["submission_id", "seq"])
    first = receipts.groupby("submission_id")["seq"].min()
    return float(first.reindex(registered.loc[by_later, "submission_id"]).min()) if by_later.any() else inf


def contradictions(
    kept: Kept, raw: pd.DataFrame, history: pd.DataFrame, erased: pd.Series, since: float
) -> Iterator[str]:
    """What parts, as a table and a place in it.

    In: what was taken; `raw`, the filled rows as `take_answers` gets them; `history`, the states of all referrals that
    ever held; `erased`, ids of erased rows; `since`, as `noted_since` tells it. Of a referral about which a remark was
    erased it is not known any more what a row repeated: an answer to it has to stand in its workbook, and no more.
    """
    order = kept.workbooks["submission_id"].drop_duplicates()
    after = kept.answers["submission_id"].map(pd.Series(range(len(order)), order.array)).fillna(-1).to_numpy()
    yield from _without_workbook(kept, raw, since)  # what 0.1.0 took came before all others
    yield from (f"answers {place}" for place in _places(kept.answers[1:][np.diff(after) < 0]))
    raw = in_order(_unknown_then(kept, raw, history), history)
    is_erased = pd.Series(ids_of(raw), raw.index, dtype="str").isin(erased)
    unsure = raw["referral_id"].isin(raw.loc[is_erased, "referral_id"])
    taken = Kept(*(table[table["submission_id"].isin(order)] for table in kept))
    made = _judged_again(kept, raw, order, after)
    for name, key, known_by, held, again in (
        ("answers", _PLACE, "referral_id", taken.answers, made.answers),
        ("answers_refused", _PLACE, "referral_id", taken.refused, made.refused),
        ("answer_workbooks", ["submission_id"], "submission_id", taken.workbooks, made.workbooks),
    ):
        one, other = (table[~table[known_by].isin(raw.loc[unsure, known_by])] for table in (held, again))
        yield from (f"{name} {place}" for place in _differing(one, other, key))


def _judged_again(kept: Kept, raw: pd.DataFrame, order: pd.Series, after: npt.NDArray[Any]) -> Kept:
    """What is taken of the workbooks in `order`, each after the answers that were recorded of those before it.

    `after`: the place in the order of the workbook of each answer. Of the answers before a workbook only those to its
    own referrals are looked up, so that many workbooks take no longer each than few do.
    """
    of_referral = kept.answers.groupby("referral_id").indices
    made = []
    rows_of = dict(iter(raw.groupby("submission_id")))
    for number, workbook in enumerate(order):
        if workbook in rows_of:
            rows = rows_of[workbook].reset_index(drop=True)
            places = [of_referral[referral] for referral in rows["referral_id"].unique() if referral in of_referral]
            about = np.sort(np.concatenate([[], *places]).astype(int))
            made.append(taken_of(rows, kept.answers.iloc[about[after[about] < number]]))
    return Kept(*map(pd.concat, zip(*made, strict=True))) if made else Kept(*(table[:0] for table in kept))


def _without_workbook(kept: Kept, raw: pd.DataFrame, since: float) -> Iterator[str]:
    """Answers that stand in no workbook, and workbooks of which it is not noted that they were taken: of those before
    `since`, only ones of which no answer was recorded, which any later run takes."""
    standing = pd.MultiIndex.from_frame(_texts(raw[raw["salah"].isna()], _CELLS))
    stands = pd.MultiIndex.from_frame(_texts(kept.answers, _CELLS)).isin(standing)
    yield from (f"answers {place}" for place in _places(kept.answers[~stands]))
    came = raw[["submission_id", "seq"]].drop_duplicates()
    has_to = (came["seq"] >= since) | ~came["submission_id"].isin(kept.answers["submission_id"])
    lacking = came.loc[has_to & ~came["submission_id"].isin(kept.workbooks["submission_id"]), "submission_id"]
    yield from (f"answer_workbooks {sid}" for sid in lacking)
    refused = kept.refused[~kept.refused["submission_id"].isin(kept.workbooks["submission_id"])]
    yield from (f"answers_refused {place}" for place in _places(refused))


def _unknown_then(kept: Kept, raw: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """`raw`, in which those rows are of a referral that nobody knows whose referral began after they came and who were
    refused for it."""
    begun = history.groupby(["directorate", "referral_id"])["valid_from"].min()
    keys = pd.MultiIndex.from_frame(raw[["directorate", "referral_id"]])
    is_later = begun.reindex(keys).to_numpy() > raw["received_at"].to_numpy()
    unknown = pd.MultiIndex.from_frame(kept.refused.loc[kept.refused["salah"] == UNKNOWN, _PLACE])
    was_unknown = is_later & pd.MultiIndex.from_frame(raw[_PLACE]).isin(unknown)
    return raw.assign(salah=raw["salah"].mask(raw["salah"].isna() & was_unknown, UNKNOWN))


def _differing(one: pd.DataFrame, other: pd.DataFrame, key: list[str]) -> list[str]:
    """The keys of rows of the one that are none of the other."""
    columns = [*key, *(str(column) for column in one if column not in (*key, *_TOLD))]
    rows = [Counter(_texts(frame, columns).itertuples(index=False, name=None)) for frame in (one, other)]
    return sorted({" ".join(row[: len(key)]) for row in (rows[0] - rows[1]) | (rows[1] - rows[0])})


def _places(frame: pd.DataFrame) -> list[str]:
    return [" ".join(map(str, place)) for place in frame[_PLACE].itertuples(index=False)]


def _texts(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Some columns as text, each value by itself: how pandas writes a column of days depends on all of them. A missing
    value is empty."""
    return frame[columns].astype("object").astype("str").fillna("").reset_index(drop=True)
