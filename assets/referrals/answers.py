"""What directorates answered to their referrals: kept for good in the order in which it came, and counted.

Danger: a copy of last month's workbook, sent back for one new answer, carries all answers of last month and would undo
those that came since. Remedy: a workbook says how many answers were recorded when it was made, so what it showed is
known; a row that still says so is not an answer. Of what is new, the answer received last counts, whatever day stands
in it; of workbooks that came in one look, in an order that nobody chose, the one with the latest day. Answers stand
beside referrals and never change them. How a row is read: `validation/answers.py`.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import pandas as pd

from validation.answers import STATUSES, Answer, column_of_fault, message_of_answer
from validation.keys import is_one_of, looked_up

ANSWER_COLUMNS = ("answer_id", *Answer._fields, "submission_id", "sheet", "row", "received_at", "seq")
REFUSED_COLUMNS = (
    "submission_id", "directorate", "sheet", "row", "referral_id", "kolom", "salah", "pesan", "tertulis",
)  # fmt: skip
WORKBOOK_COLUMNS = (
    "submission_id",
    "directorate",
    "received_at",
    "seq",
    "terbit",
    "terisi",
    "dicatat",
    "tetap",
    "ditolak",
)
UNANSWERED = "belum_dijawab"
TWICE_RECORDED = "ganda"
"""The reason of a refusal that says so (`answer_reasons.csv`)."""
MET, OPEN = ("dilayani", "selesai"), (UNANSWERED, "diterima")
FARTHEST_EAST = pd.Timedelta(hours=9)
"""How far the day in Papua (WIT) is ahead of UTC."""
NOTHING_TYPED = '["", "", "", ""]'
"""Stands for what was typed into an erased row."""
OF_NEEDS = ("directorate", "kode_desa", "kode_pmks", "tujuan")
"""What met and unmet need is counted by."""
SAID = ["referral_id", "status", "alasan_kode", "keterangan", "tanggal_jawaban"]
"""All that an answer says, by the columns of `raw_answers`."""


class Kept(NamedTuple):
    """What is kept of answers; each is only added to.

    `answers` (`ANSWER_COLUMNS`): those that were recorded, in the order in which they were. `refused`
    (`REFUSED_COLUMNS`): rows that count for nothing, with what to do. `workbooks` (`WORKBOOK_COLUMNS`): what became of
    the rows of each.
    """

    answers: pd.DataFrame
    refused: pd.DataFrame
    workbooks: pd.DataFrame


def without_remarks(kept: Kept, erased: pd.Series) -> Kept:
    """`kept` without the remarks about people whose data were erased.

    `erased`: ids of rows of workbooks, made like those of answers.
    """
    answers, refused = kept.answers, kept.refused
    remarks = answers["keterangan"].mask(answers["answer_id"].isin(erased))
    typed = refused["tertulis"].mask(pd.Series(ids_of(refused), refused.index, dtype="str").isin(erased), NOTHING_TYPED)
    return kept._replace(answers=answers.assign(keterangan=remarks), refused=refused.assign(tertulis=typed))


def take_answers(kept: Kept, raw: pd.DataFrame, referrals: pd.DataFrame) -> Kept:
    """`kept`, with the workbooks in `raw` that were not taken before, one after the other as they came.

    In: `raw`, the filled rows of all returned workbooks that count (`raw_answers`), with `received_at` and `seq` (the
    order in which workbooks came); `referrals`, all that ever held. A row is one of: refused, for what is written
    or because another row of its workbook answers the same referral; as it was when the workbook was made, or as it
    stands; recorded.
    """
    done = {*kept.workbooks["submission_id"], *kept.answers["submission_id"]}
    fresh = in_order(raw[~raw["submission_id"].isin(done)], referrals)
    answers = kept.answers
    refused, workbooks = [kept.refused], [kept.workbooks]
    for _, rows in fresh.groupby(["seq", "submission_id"], sort=True):
        made = taken_of(rows.reset_index(drop=True), answers)
        answers = _joined([answers, made.answers])
        refused.append(made.refused)
        workbooks.append(made.workbooks)
    return Kept(answers, _joined(refused), _joined(workbooks))


def in_order(raw: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """Rows of workbooks in the order in which they came, those of referrals that nobody knows refused."""
    ordered = raw.sort_values(["seq", "submission_id", "sheet", "row"], kind="stable")
    unknown = ordered["salah"].isna() & ~_is_known(ordered, referrals)
    return ordered.assign(salah=ordered["salah"].mask(unknown, UNKNOWN))


def taken_of(rows: pd.DataFrame, before: pd.DataFrame) -> Kept:
    """What is taken of one workbook: of its `rows`, as `in_order` gives them, after the answers `before`.

    The index of `before` says how many answers were recorded before each; those of other referrals may be left out.
    """
    before = before[is_one_of(before["referral_id"], rows["referral_id"])]
    salah, as_it_was = _judged(rows, before)
    counts = salah.isna() & ~as_it_was & (_said(rows) != _shown(rows, latest_answers(before)))
    recorded = rows[counts].assign(answer_id=ids_of(rows[counts]))
    wrong = rows.assign(salah=salah)[salah.notna()]
    wrong = wrong.assign(kolom=wrong["salah"].map(column_of_fault), pesan=wrong["salah"].map(message_of_answer))
    tally = {"terisi": len(rows), "dicatat": len(recorded), "ditolak": len(wrong)}
    workbook = rows[:1].assign(**tally, tetap=len(rows) - len(recorded) - len(wrong))
    return Kept(recorded[list(ANSWER_COLUMNS)], wrong[list(REFUSED_COLUMNS)], workbook[list(WORKBOOK_COLUMNS)])


UNKNOWN, EARLY, TWICE, AGAINST = (
    "rujukan_tidak_dikenal", "tanggal_jawaban_belum_tiba", "jawaban_ganda", "jawaban_bertentangan",
)  # fmt: skip
"""Faults of rows (`answer_findings.csv`) that only other rows, referrals or the day of receipt show."""


def _judged(rows: pd.DataFrame, before: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """What is wrong with each row of one workbook (missing: nothing), and whether it is as it was when the workbook was
    made; of a workbook that does not say when, whether it repeats any answer of `before`."""
    salah, said = rows["salah"], _said(rows)
    as_it_was = said.isin(_said(before)) if rows["terbit"].isna().iloc[0] else _as_made(rows, before)
    today = (rows["received_at"] + FARTHEST_EAST).dt.strftime("%Y-%m-%d")
    salah = salah.mask(salah.isna() & ~as_it_was & (rows["tanggal_jawaban"].fillna("") > today), EARLY)
    open_ = salah.isna() & ~as_it_was
    mine = pd.DataFrame({"id": rows.loc[open_, "referral_id"], "said": said[open_]})
    against = mine.groupby("id")["said"].transform("nunique") > 1
    twice = mine.duplicated() & ~against
    for which, fault in ((against, AGAINST), (twice, TWICE)):
        salah = salah.mask(which.reindex(rows.index, fill_value=False), fault)
    return salah, as_it_was


def latest_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """The answer that counts for each referral, by `referral_id`: the one received last; of several workbooks that came
    in one look, the one of the latest day that is written in them."""
    order = answers.sort_values(["seq", "tanggal_jawaban"], kind="stable", na_position="first")
    order = order.drop_duplicates("referral_id", keep="last")
    return order.sort_values("referral_id", ignore_index=True)


def found_twice(answers: pd.DataFrame, referrals: pd.DataFrame) -> frozenset[str]:
    """The people (`person_id`) of whom a directorate answered that they are recorded under another identity as well.

    In: `answers`, the one that counts for each referral (`latest_answers`); `referrals`, those that hold."""
    doubled = answers.loc[(answers["status"] == "ditolak") & (answers["alasan_kode"] == TWICE_RECORDED), "referral_id"]
    return frozenset(referrals.loc[referrals["referral_id"].isin(doubled), "person_id"])


def open_refusals(
    refused: pd.DataFrame, workbooks: pd.DataFrame, raw: pd.DataFrame, answers: pd.DataFrame
) -> pd.DataFrame:
    """The refused rows that still wait for their directorate: nothing came since that answers their referral; of a
    number that is nobody's, no workbook came since. Where the same answer was recorded from another row, nothing waits.
    An older answer that a later workbook only shows, as it was made, answers nothing.
    """
    seq = workbooks.set_index("submission_id")["seq"]
    came = raw.assign(seq=raw["submission_id"].map(seq)).dropna(subset="seq")
    asked = came[is_one_of(came["referral_id"], refused["referral_id"])]
    of_referral = asked[~_as_made(asked, answers)].groupby(["directorate", "referral_id"])["seq"].max()
    of_directorate = came.groupby("directorate")["seq"].max()
    keys = pd.MultiIndex.from_frame(refused[["directorate", "referral_id"]])
    last = pd.Series(of_referral.reindex(keys).to_numpy(dtype=float), index=refused.index)
    anything = refused["directorate"].map(of_directorate).astype(float)
    last = last.mask(refused["salah"] == UNKNOWN, anything)
    solved = last > refused["submission_id"].map(seq).astype(float)
    return refused[~solved & (refused["salah"] != TWICE)].reset_index(drop=True)


def _as_made(rows: pd.DataFrame, answers: pd.DataFrame) -> pd.Series:
    """Whether each row says what its workbook showed when it was made; of one that does not say when: false."""
    found = pd.Series(False, index=rows.index)
    for terbit in rows["terbit"].dropna().unique():
        of_workbooks = rows[rows["terbit"] == terbit]
        shown = _shown(of_workbooks, latest_answers(answers[answers.index < int(terbit)]))
        found[of_workbooks.index] = _said(of_workbooks) == shown
    return found


def needs(referrals: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Met and unmet need: one row a directorate, village, category and `tujuan`.

    Out: `rujukan`, how many stand at each answer, `terpenuhi` (served or finished) and `belum_terpenuhi` (not answered
    or only accepted); refused referrals are neither.
    """
    keys = [*OF_NEEDS]
    latest = latest_answers(ledger)
    status = looked_up(referrals["referral_id"], latest["referral_id"], latest["status"]).fillna(UNANSWERED)
    coded = referrals[keys].assign(status=status).astype("category")  # or all texts would be gone through again
    counts = coded.groupby([*keys, "status"], observed=True).size().unstack(fill_value=0)
    counts = counts.sort_index().reindex(columns=[UNANSWERED, *STATUSES], fill_value=0)
    counts.columns = counts.columns.astype("str").rename(None)
    counts.insert(0, "rujukan", counts.sum(axis=1))
    counts["terpenuhi"] = counts[list(MET)].sum(axis=1)
    counts["belum_terpenuhi"] = counts[list(OPEN)].sum(axis=1)
    return counts.reset_index().astype(dict.fromkeys(keys, "str"))


def _is_known(raw: pd.DataFrame, referrals: pd.DataFrame) -> pd.Series:
    asked_about = referrals[is_one_of(referrals["referral_id"], raw["referral_id"])]
    keys = [pd.MultiIndex.from_frame(f[["directorate", "referral_id"]].astype("str")) for f in (raw, asked_about)]
    return pd.Series(keys[0].isin(keys[1]), index=raw.index)


def ids_of(answers: pd.DataFrame) -> list[str]:
    """The ids of rows of workbooks: 32 hex digits of SHA-256 over workbook, sheet and row."""
    places = _texts(answers, ["submission_id", "sheet", "row"])
    return [hashlib.sha256(place.encode()).hexdigest()[:32] for place in places]


def _said(answers: pd.DataFrame) -> pd.Series:
    """All that an answer says, as one text."""
    return _texts(answers, SAID)


def _shown(rows: pd.DataFrame, latest: pd.DataFrame) -> pd.Series:
    """What `latest` says of the referral of each row, as `_said`; missing where it says nothing."""
    return rows["referral_id"].map(pd.Series(_said(latest).to_numpy(), index=latest["referral_id"]))


def _texts(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    texts = frame[columns].astype("str").fillna("")
    return texts[columns[0]].str.cat(texts[columns[1:]], sep="\x1f")


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]
