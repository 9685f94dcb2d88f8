"""Whether what counts has shrunk so much, without anybody having asked for it, that a person must look first.

A stage compares what it is about to write with what it wrote last. Lists that were withdrawn or replaced explain the
loss of what rested on them; what is lost beyond that is a sign of a fault: an archive or a registry that lost files, a
reader that reads less than before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only looks is not to wait for it
    import pandas as pd

KINDS = ("lists", "people", "referrals")
HANDFUL = 5
"""So many may be lost whatever their share: in a small set, 1 of 10 is 10 % and means nothing."""
UNKNOWN = "-"
"""Stands for the village of a list of several villages, or of one that is no longer known."""

SIDECAR_FAULTS = ("sidecar_key_refused", "sidecar_unreadable")
"""Reasons for which a list is held because of what somebody wrote beside it, and not because of a fault of ours."""


def accounted_for(outcomes: pd.DataFrame) -> pd.Series:
    """The submissions that no longer count because somebody withdrew or replaced them, or wrote a faulty sidecar."""
    aside = outcomes["outcome"].isin(["withdrawn", "superseded"]) | outcomes["reason_code"].isin(SIDECAR_FAULTS)
    return outcomes.loc[aside, "submission_id"]


@dataclass(frozen=True)
class Shrink:
    """A loss that nothing explains. `what`: `lists`, `people` or `referrals`; `before`: how many counted.

    `lost`: how many of them would not, villages of which nothing else explains it taken together; `villages` and
    `directorates`: how many of them, by code; `emptied`: villages that would have none any more; `ids`: of all lost.
    """

    what: str
    before: int
    lost: int
    villages: dict[str, int]
    directorates: dict[str, int]
    emptied: list[str]
    ids: list[str]


def shrinkage(
    what: str,
    before: pd.DataFrame,
    after: pd.DataFrame,
    explained: pd.Series,
    *,
    percent: float,
    fewest: int = 1,
    new_ones_count: bool = False,
) -> Shrink | None:
    """The loss from `before` to `after` if it is implausible: more than `percent` of all and more than a handful, or
    all of a village that had at least `fewest`.

    In: one row each with `id` and `kode_desa` (and `directorate`, if it has one); `explained`, the ids whose loss is
    accounted for. `new_ones_count`: what is new in a village makes up for what it lost, as where ids change when
    households do.
    """
    from validation.keys import is_one_of

    lost_ids = ~(is_one_of(before["id"], after["id"]) | is_one_of(before["id"], explained))
    if not lost_ids.any():
        return None
    known = before.assign(kode_desa=before["kode_desa"].astype("str").fillna(UNKNOWN))
    gone = known[lost_ids]
    villages = gone["kode_desa"].value_counts()
    if new_ones_count:
        begun = after.loc[~is_one_of(after["id"], before["id"]), "kode_desa"].value_counts()
        villages = (villages - begun.reindex(villages.index, fill_value=0)).clip(lower=0)
    villages = villages[villages > 0].sort_index()
    lost = int(villages.sum())
    had = known["kode_desa"].value_counts()
    emptied = [
        str(village)
        for village in villages.index.difference(after["kode_desa"].tolist())
        if village != UNKNOWN and had[village] >= fewest
    ]
    if not emptied and (lost <= HANDFUL or lost * 100 <= percent * len(before)):
        return None
    gone = gone[gone["kode_desa"].isin(villages.index)]
    of_each = "directorate" in gone.columns
    by_directorate = gone["directorate"].value_counts().sort_index().to_dict() if of_each else {}
    return Shrink(
        what,
        len(before),
        lost,
        {str(village): int(count) for village, count in villages.items()},
        {str(directorate): int(count) for directorate, count in by_directorate.items()},
        emptied,
        sorted(gone["id"].astype("str")),
    )
