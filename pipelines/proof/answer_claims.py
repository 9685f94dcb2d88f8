"""What was taken of the answers of directorates, against the workbooks that they sent back.

Danger: a run goes on from the answers that were recorded before, and so does a rebuild: one that was put in, changed or
left out stays. Remedy: each workbook is judged once more, as it was read, after those that were taken before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from assets.referrals.answers import UNKNOWN, WORKBOOK_COLUMNS, Kept, ids_of, take_answers
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
    return list(dict.fromkeys(contradictions(kept, filled_rows(lake), history, erased)))


def contradictions(kept: Kept, raw: pd.DataFrame, history: pd.DataFrame, erased: pd.Series) -> Iterator[str]:
    """What parts, as a table and a place in it.

    In: what was taken; `raw`, the filled rows as `take_answers` gets them; `history`, the states of all referrals that
    ever held; `erased`, ids of erased rows. Of a referral about which a remark was erased it is not known any more what
    a row repeated: an answer to it has to stand in its workbook, and no more.
    """
    yield from _without_workbook(kept, raw)
    raw = _unknown_then(kept, raw, history)
    is_erased = pd.Series(ids_of(raw), raw.index, dtype="str").isin(erased)
    unsure = raw.loc[is_erased, "referral_id"]
    earlier = [*set(kept.answers["submission_id"]) - set(kept.workbooks["submission_id"])]
    for workbook in kept.workbooks["submission_id"]:
        before, mine = (Kept(*(_of(table, which) for table in kept)) for which in (earlier, [workbook]))
        rows = _of(raw, [workbook])
        made = Kept(*(_of(table, [workbook]) for table in take_answers(before, rows, history)))
        for name, *both in (("answers", mine.answers, made.answers), ("answers_refused", mine.refused, made.refused)):
            sure = (table[~table["referral_id"].isin(unsure)] for table in both)
            yield from (f"{name} {place}" for place in _differing(*sure))
        is_sure = not rows["referral_id"].isin(unsure).any()
        if is_sure and not _workbooks(mine).equals(_workbooks(made)):
            yield f"answer_workbooks {workbook}"
        earlier.append(workbook)


def _without_workbook(kept: Kept, raw: pd.DataFrame) -> Iterator[str]:
    """Answers that stand in no workbook, and rows of workbooks of which it is not noted that they were taken. (Up to
    0.1.0 it was not: these came first.)"""
    standing = pd.MultiIndex.from_frame(_texts(raw[raw["salah"].isna()], _CELLS))
    stands = pd.MultiIndex.from_frame(_texts(kept.answers, _CELLS)).isin(standing)
    yield from (f"answers {place}" for place in _places(kept.answers[~stands]))
    noted = kept.answers["submission_id"].isin(kept.workbooks["submission_id"])
    yield from (f"answer_workbooks {sid}" for sid in kept.answers.loc[~noted & noted.cummax(), "submission_id"])
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


def _of(frame: pd.DataFrame, workbooks: list[str]) -> pd.DataFrame:
    return frame[frame["submission_id"].isin(workbooks)].reset_index(drop=True)


def _workbooks(kept: Kept) -> pd.DataFrame:
    return _texts(kept.workbooks, [*WORKBOOK_COLUMNS])


def _differing(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """Where a row of the one is none of the other."""
    columns = [*_PLACE, *(str(column) for column in one if column not in (*_PLACE, *_TOLD))]
    rows = [Counter(_texts(frame, columns).itertuples(index=False, name=None)) for frame in (one, other)]
    return sorted({" ".join(row[: len(_PLACE)]) for row in (rows[0] - rows[1]) | (rows[1] - rows[0])})


def _places(frame: pd.DataFrame) -> list[str]:
    return [" ".join(map(str, place)) for place in frame[_PLACE].itertuples(index=False)]


def _texts(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Some columns as text, of which a missing value is empty."""
    return frame[columns].astype("str").fillna("").reset_index(drop=True)
