"""What was referred when: every state of every referral as an interval, never changed but for its end.

A row holds from `valid_from` until just before `valid_to` (null: it still holds). When anything about a referral
changes, its row ends, and the next one begins at the same moment, so that any past state can be shown as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import union_categoricals

from assets.referrals.facts import lists_in_arrow
from assets.referrals.routing import GROWN_OUT, REFERRAL_COLUMNS
from validation.keys import is_one_of, is_rising, order_of, positions

INTERVAL_COLUMNS = ("valid_from", "valid_to", "run_id_from", "run_id_to", "ended_because")
HISTORY_COLUMNS = (*REFERRAL_COLUMNS, *INTERVAL_COLUMNS)
LISTS = ("also_referred_to", "record_ids")
_BETWEEN = "|"
"""Stands between what a list says, which never holds it."""
FROM_RULES = ("unit", "tujuan", "tujuan_kini", "basis", "confidence", "alasan")
"""What follows from the rule, its rule set and the period: comparing those compares these."""
LEFT_OUT = {GROWN_OUT: GROWN_OUT, "perlu_konfirmasi_meninggal": "meninggal"}
"""Reasons for which the router leaves evidence out, and how they end a referral; the last weighs most."""
COMPARED = tuple(c for c in REFERRAL_COLUMNS if c not in ("referral_id", *FROM_RULES))
EVIDENCE = ("record_ids", "periode")
"""Which lists state it."""
EVIDENCE_ALONE = "bukti_berubah"
"""How a state ends where nothing but its evidence changed: no event for the people concerned."""
LONG = ("unit", "tujuan_kini", "basis", "alasan")
"""Long texts that many referrals share: half of the history, were it not that they are kept as categories."""
Chosen = tuple[pd.DataFrame, npt.NDArray[np.int64]]
"""Rows of a frame, by position."""

_ORDER = ["referral_id", "valid_from", "valid_to"]
OF_EVENTS = ("directorate", "referral_id", "valid_from", "valid_to", "ended_because")
"""Columns that tell when what began and ended."""

STATED = ("status_hidup", "status_padan", "status_layak", "berita_acara")
"""What the evidence itself says, word for word."""


class Causes(NamedTuple):
    """What is known now that can explain why a referral ended.

    `records`: `record_id`, `submission_id` of every accepted record, in force or not; `outcomes`: one row a
    submission; `membership` and `unrouted`: those of the records in force; `rule_set`: the hash of the rules used;
    `erased`: the ids of rows that were erased at the request of a person.
    """

    records: pd.DataFrame
    outcomes: pd.DataFrame
    membership: pd.DataFrame
    unrouted: pd.DataFrame
    rule_set: str
    erased: pd.Series = pd.Series([], dtype="str")


def advance_history(
    previous: pd.DataFrame, current: pd.DataFrame, *, run_id: str, at: datetime, causes: Causes
) -> pd.DataFrame:
    """The history after a run: rows of `previous` whose referral changed or is gone are closed, with the reason
    (`endings.csv`); new states are added. What did not change is left alone, so that a second run adds nothing.

    In: `previous`, the history so far (`HISTORY_COLUMNS`; may be empty); `current`, the referrals that hold now. Out:
    the same columns, `LONG` as categories and lists as Arrow has them, sorted by `referral_id` and `valid_from`. Time
    does not run backwards: if `at` lies before a known moment (a run went while the clock was ahead), what changes is
    said to change just after that.
    """
    moment = next_moment(latest_moment(previous), at)
    is_open = np.flatnonzero(previous["valid_to"].isna())
    row = positions(previous["referral_id"].take(is_open), current["referral_id"])
    same, goes_on = np.zeros(len(row), bool), np.flatnonzero(row >= 0)
    same[goes_on] = alike((previous, is_open[goes_on]), (current, row[goes_on]))
    begins = np.ones(len(current), bool)
    begins[row[same]] = False
    begun = _in_full(current[begins])
    closing, ended = is_open[~same], previous.take(is_open[~same])
    said = {"valid_to": moment, "run_id_to": run_id, "ended_because": endings(ended, current, causes)}
    closed = previous.assign(**{name: _with(previous[name], closing, value) for name, value in said.items()})
    opened = begun.assign(
        valid_from=moment,
        valid_to=pd.Series(pd.NaT, begun.index),
        run_id_from=run_id,
        run_id_to=None,
        ended_because=None,
    )
    parts = [part for part in (closed, opened) if len(part)]
    kinds = dict.fromkeys(("valid_from", "valid_to"), "datetime64[us]")
    kinds |= dict.fromkeys(("run_id_from", "run_id_to", "ended_because"), "str")
    return _put_together([part.astype(kinds) for part in parts or [previous]])


def _put_together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of parts of the history, in order. Columns are made one after the other, so that no more than one of
    them is in memory a third time; one part that is in order is not copied."""
    order = order_of(pd.concat([part[_ORDER] for part in parts], ignore_index=True))
    stands = len(parts) == 1 and is_rising(order)
    columns = {}
    for name in HISTORY_COLUMNS:
        whole = _joined([part[name] for part in parts], name)
        columns[name] = (whole if stands else whole.take(order)).reset_index(drop=True)
    return pd.DataFrame(columns, copy=False)


def _joined(parts: list[pd.Series], name: str) -> pd.Series:
    """One column below the other; `LONG` as categories, lists as Arrow has them."""
    if name in LISTS:
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.concat_arrays([lists_in_arrow(part) for part in parts])))
    if name not in LONG:
        return pd.concat(parts, ignore_index=True)
    known = [part if isinstance(part.dtype, pd.CategoricalDtype) else part.astype("category") for part in parts]
    return pd.Series(union_categoricals(known))


def _with(values: pd.Series, rows: npt.NDArray[np.int64], value: object) -> pd.Series:
    """A column in which some rows say something else."""
    changed = values.copy()
    changed.iloc[rows] = value
    return changed


def without_erased(history: pd.DataFrame, erased: pd.Series) -> pd.DataFrame:
    """The history without what erased rows (`erased`, their ids) stated in states that have ended. That a referral
    held, and from when until when, stays."""
    if erased.empty:
        return history
    rests_on = history["record_ids"].explode().isin(erased).groupby(level=0).any()
    concerned = (rests_on & history["valid_to"].notna()).to_numpy(dtype=bool)
    return history.assign(**{column: history[column].mask(concerned) for column in STATED})


def next_moment(latest: pd.Timestamp | None, at: datetime) -> pd.Timestamp:
    """When what changes at `at` is said to change, where the history knows a `latest` moment."""
    moment = pd.Timestamp(at)
    return moment if latest is None or latest <= moment else latest + pd.Timedelta(microseconds=1)


def latest_moment(history: pd.DataFrame) -> pd.Timestamp | None:
    """When the last state began or ended, UTC; None for an empty history."""
    moments = pd.concat([history["valid_from"], history["valid_to"]]).dropna()
    return None if moments.empty else pd.Timestamp(moments.max())


def current_referrals(history: pd.DataFrame) -> pd.DataFrame:
    """The referrals that hold now, with `since` (when each first held) and the `run_id` that last changed it. `history`
    is in its order."""
    ids = _values(history["referral_id"], np.arange(len(history)))
    first = np.ones(len(history), bool)
    first[1:] = pc.not_equal(ids[1:], ids[:-1])
    began = history["valid_from"].to_numpy("datetime64[us]")
    since = pd.Series(began[first][np.cumsum(first) - 1], history.index)
    hold = history["valid_to"].isna()
    said = [name for name in history.columns if name not in INTERVAL_COLUMNS]
    now = history.loc[hold, said].assign(since=since[hold], run_id=history.loc[hold, "run_id_from"])
    return now.reset_index(drop=True)


def as_of(history: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    """The referrals as they stood at `moment` (UTC), in the columns of the router."""
    ts = pd.Timestamp(moment)
    held = (history["valid_from"] <= ts) & ~(history["valid_to"] <= ts)
    return history.loc[held, list(REFERRAL_COLUMNS)].reset_index(drop=True)


def latest_of(events: pd.Series) -> pd.Timestamp | None:
    """The latest of some moments of events; None without any."""
    latest = events.max()
    return None if pd.isna(latest) else pd.Timestamp(latest)


def events_of(history: pd.DataFrame) -> pd.Series:
    """For each state the later of its begin and end that is an event (UTC), and not the next evidence of one that goes
    on; missing where neither is. What goes on stands in its village. Of the history `OF_EVENTS` are looked at."""
    alone = history["ended_because"] == EVIDENCE_ALONE
    keys = ["directorate", "referral_id"]
    went_on = history.loc[alone, [*keys, "valid_to"]]
    goes_on = is_one_of(history["referral_id"], went_on["referral_id"])
    begun = pd.MultiIndex.from_frame(history.loc[goes_on, [*keys, "valid_from"]])
    goes_on[goes_on] = begun.isin(pd.MultiIndex.from_frame(went_on))
    began, ended = history["valid_from"].mask(goes_on), history["valid_to"].mask(alone)
    return began.where(began.ge(ended) | ended.isna(), ended)


def state(referrals: pd.DataFrame, columns: Sequence[str] = COMPARED) -> pd.Series:
    """A hash of everything about a referral that can change, or of some columns, by position."""
    content = referrals[list(columns)].reset_index(drop=True)
    for column in set(LISTS) & set(columns):
        content[column] = [_BETWEEN.join(values) for values in content[column]]
    return pd.util.hash_pandas_object(content.astype("str"), index=False)


def alike(before: Chosen, after: Chosen, columns: Sequence[str] = COMPARED) -> npt.NDArray[np.bool_]:
    """Whether two rows say the same in all columns, for each pair: where, and only where, their `state` is equal. Null
    says the same as null. One column is looked at after the other, as Arrow has it."""
    same = np.ones(len(before[1]), bool)
    for column in columns:
        of = _joined_lists if column in LISTS else _values
        one, other = (of(frame[column], rows) for frame, rows in (before, after))
        if not one.equals(other):
            differs = pc.fill_null(pc.not_equal(one, other), True)
            neither = pc.and_(one.is_null(), other.is_null())
            same &= ~pc.and_(differs, pc.invert(neither)).to_numpy(zero_copy_only=False)
    return same


def _values(column: pd.Series, rows: npt.NDArray[np.int64]) -> pa.Array:
    """Some rows of a column of single values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = _texts(column)
    found = pa.array(column, from_pandas=True)
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return whole.take(pa.array(rows))


def _joined_lists(column: pd.Series, rows: npt.NDArray[np.int64]) -> pa.Array:
    """Some rows of a column of lists, each as one text, as `state` has it."""
    return pc.binary_join(lists_in_arrow(column).take(pa.array(rows)), _BETWEEN)


def endings(ended: pd.DataFrame, now: pd.DataFrame, causes: Causes) -> list[str]:
    """Why each row of `ended` ended, in its order. `now`: the referrals that hold."""
    row = positions(ended["referral_id"], now["referral_id"])
    gone = _why_gone(ended[row < 0], causes)
    changed = _why_changed(ended[row >= 0], _in_full(now.iloc[row[row >= 0]]))
    why: list[str] = pd.concat([gone, changed]).reindex(ended.index).tolist()
    return why


def _why_changed(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """The weightiest difference between two states of the same referrals."""
    why = pd.Series("fakta_berubah", index=before.index, dtype="str")
    said = [column for column in COMPARED if column not in EVIDENCE]
    whole = np.arange(len(before))
    why = why.mask(alike((before, whole), (after, whole), said), EVIDENCE_ALONE)
    for column, reason in (("rule_id", "fakta_berubah"), ("kode_desa", "pindah"), ("rule_set", "aturan_berubah")):
        why = why.mask((before[column].array != after[column].array), reason)
    return why


def _why_gone(gone: pd.DataFrame, causes: Causes) -> pd.Series:
    """Why referrals hold no longer: their sources first, then whose the evidence is now, then life, then rules."""
    evidence = gone[["subject", "person_id", "household_id", "kode_pmks", "record_ids"]].explode("record_ids")
    evidence = evidence.rename(columns={"record_ids": "record_id"}).astype({"record_id": "str"})
    evidence = evidence.rename_axis("row").reset_index()
    members = _about(causes.membership, evidence["record_id"]).set_index("record_id")
    now_of = members.reindex(evidence["record_id"])
    is_person = (evidence["subject"] == "person").to_numpy()
    before = evidence["person_id"].where(is_person, evidence["household_id"])
    after = now_of["person_id"].reset_index(drop=True).where(is_person, now_of["household_id"].reset_index(drop=True))
    stated = _about(causes.records, evidence["record_id"]).set_index("record_id")["submission_id"]
    submission = evidence["record_id"].map(stated)
    outcome = submission.map(causes.outcomes.set_index("submission_id")["outcome"])
    entries = pd.MultiIndex.from_frame(evidence[["record_id", "kode_pmks"]].astype("str"))
    evidence["in_force"] = after.notna()
    evidence["withdrawn"], evidence["superseded"] = outcome == "withdrawn", outcome == "superseded"
    evidence["erased"] = evidence["record_id"].isin(causes.erased)
    evidence["stays"] = after == before
    for reason in LEFT_OUT:
        without = causes.unrouted[causes.unrouted["reason_code"] == reason]
        left_out = without[["record_ids", "kode_pmks"]].explode("record_ids")
        evidence[reason] = entries.isin(pd.MultiIndex.from_frame(left_out.astype("str")))
    evidence["now"] = after.where(after.notna() & ~evidence["stays"])
    flags = ["in_force", "erased", "withdrawn", "superseded", "stays", *LEFT_OUT]
    found = evidence.groupby("row")[flags].any().join(evidence.groupby("row")["now"].first()).reindex(gone.index)
    subject = gone["person_id"].where(gone["subject"] == "person", gone["household_id"])
    is_known = [is_one_of(subject, causes.membership[kind]) for kind in ("person_id", "household_id")]
    merged = ~(is_known[0] | is_known[1])
    why = pd.Series("fakta_berubah", index=gone.index, dtype="str")
    why = why.mask(gone["rule_set"] != causes.rule_set, "aturan_berubah")
    for reason, ending in LEFT_OUT.items():
        why = why.mask(found[reason], ending)
    why = why.mask(found["in_force"] & ~found["stays"], "identitas_dikoreksi: kini " + found["now"].astype("str"))
    why = why.mask(found["in_force"] & ~found["stays"] & merged, "digabung dengan " + found["now"].astype("str"))
    why = why.mask(~found["in_force"], "bukti_dikoreksi")
    why = why.mask(~found["in_force"] & found["superseded"], "sumber_diganti")
    why = why.mask(~found["in_force"] & found["withdrawn"], "sumber_ditarik")
    return why.mask(~found["in_force"] & found["erased"], "dihapus_atas_permintaan")


def _about(table: pd.DataFrame, records: pd.Series) -> pd.DataFrame:
    """The rows of a table with `record_id` that are about some records."""
    return table[is_one_of(table["record_id"], records)]


def _in_full(referrals: pd.DataFrame) -> pd.DataFrame:
    """Referrals with texts in place of categories, but for `LONG`."""
    shared = referrals.select_dtypes("category").columns.difference([*LONG])
    return referrals.assign(**{str(name): _texts(referrals[name]) for name in shared})


def _texts(categories: pd.Series) -> pd.Series:
    """A column of categories as plain text; `astype` would make an object of Python out of each."""
    words = pd.Series(categories.cat.categories, dtype="str").array
    return pd.Series(words.take(categories.cat.codes.to_numpy(), allow_fill=True), categories.index)
