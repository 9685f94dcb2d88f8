"""What is new in a directorate's list and what has ended, since the publication before."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.referrals.ending_codes import meanings
from validation.keys import is_one_of


class Changes(NamedTuple):
    """`since`: the moment that the list before showed (UTC); None: there was none before, and all of it is new.

    `begun`: the `referral_id` of what is new. `ended`: one row a referral that was in that list and is no longer, with
    `referral_id`, `person_id`, `household_id`, `kode_desa`, `kode_pmks`, `tujuan`, `valid_to`, `alasan_berakhir`
    (why, in words) and `record_ids`, what it rested on.
    """

    since: datetime | None
    begun: frozenset[str]
    ended: pd.DataFrame


_ENDED = [
    "referral_id", "subject", "person_id", "household_id", "kode_desa", "kode_pmks", "tujuan", "valid_to",
    "alasan_berakhir", "record_ids",
]  # fmt: skip
OF_HISTORY = ["directorate", "valid_from", "ended_because", *(name for name in _ENDED if name != "alasan_berakhir")]
"""The columns of the history by which it is known what is new and what has ended."""


def changes(history: pd.DataFrame, since: datetime | None) -> Changes:
    """What began and what ended after the moment `since` (UTC). `history`: `OF_HISTORY` of one directorate.

    A referral whose facts changed neither began nor ended.
    """
    if since is None:
        return Changes(None, frozenset(), history[:0].reindex(columns=_ENDED))
    now = history.loc[history["valid_to"].isna(), "referral_id"]
    moment = pd.Timestamp(since)
    before = history.loc[(history["valid_from"] <= moment) & ~(history["valid_to"] <= moment), "referral_id"]
    gone = history[is_one_of(history["referral_id"], before) & ~is_one_of(history["referral_id"], now)]
    last = gone.sort_values("valid_to").drop_duplicates("referral_id", keep="last")
    ended = last.assign(alasan_berakhir=[in_words(reason) for reason in last["ended_because"]])
    begun = frozenset(now[~is_one_of(now, before)])
    return Changes(since, begun, ended[_ENDED].sort_values("referral_id", ignore_index=True))


def is_new(table: pa.Table, changed: Changes) -> pa.ChunkedArray:
    """Whether each referral of a list is new in it."""
    return pc.is_in(table["referral_id"], pa.array(changed.begun, table.schema.field("referral_id").type))


def in_words(ended_because: str) -> str:
    """Why a referral ended, as people say it: the meaning of the code, without the id that it may name.

    >>> in_words("digabung dengan P0123456789ABCDEF")
    'Identitasnya digabung dengan identitas lain'
    """
    code = ended_because.split(":")[0].split(" ")[0]
    return meanings()[code]
