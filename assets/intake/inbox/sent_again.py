"""The same bytes sent again for another village or period: one list still, and nobody else would say that none came.

Danger: a village copies its file into the folder of a new period. The bytes are known, the copy is one more receipt,
and the new period has no list. Remedy: such copies are found, until a list of that village and period comes, and told
to the village and to whoever runs the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from assets.intake.frames import rows_of
from assets.intake.inbox.marks import ANSWERS
from assets.intake.inbox.placement import place_by_path
from assets.intake.sidecar import declaration_of
from validation.keys import is_one_of


class SentAgain(NamedTuple):
    """A copy at `path` of the list `submission_id`, which counts for `counts_for`; `sent_for`: what the copy's folders
    say. Each a village code and a period."""

    submission_id: str
    path: str
    sent_for: tuple[str, str]
    counts_for: tuple[str, str]


def sent_again(submissions: pd.DataFrame, receipts: pd.DataFrame, outcomes: pd.DataFrame) -> list[SentAgain]:
    """The copies, as they lay last, of lists that were read, for a village and period of which no list came."""
    read = outcomes.loc[outcomes["outcome"].isin(["accepted", "superseded"]), "submission_id"]
    seen = receipts.sort_values("seq", kind="stable").drop_duplicates("path", keep="last")
    copies = seen[seen["submission_id"].duplicated(keep=False) | ~is_one_of(seen["path"], submissions["path"])]
    copies = copies[is_one_of(copies["submission_id"], read)]
    originals = submissions[is_one_of(submissions["submission_id"], copies["submission_id"])]
    known = {row["submission_id"]: row for row in rows_of(originals)}
    come = {*zip(submissions["kode_desa"], submissions["periode"], strict=True)}
    return [each for each in _elsewhere(copies, known) if each.sent_for not in come]


def _elsewhere(copies: pd.DataFrame, known: dict[str, dict[str, str]]) -> Iterator[SentAgain]:
    for copy in sorted(rows_of(copies), key=lambda row: str(row["path"])):
        row, by_path = known[copy["submission_id"]], place_by_path(copy["path"], {})
        if not row["kode_desa"] or ANSWERS in declaration_of(row["declaration"] or ""):
            continue
        counts_for = (row["kode_desa"], row["periode"])
        sent_for = (by_path.kode_desa or counts_for[0], by_path.periode or counts_for[1])
        first = place_by_path(row["path"], {})
        if (by_path.kode_desa, by_path.periode) != (first.kode_desa, first.periode) and sent_for != counts_for:
            yield SentAgain(copy["submission_id"], copy["path"], sent_for, counts_for)
