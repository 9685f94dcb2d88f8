"""Rows of lists of which nothing changed: they are taken over, and not made again with those of their whole kabupaten.

A village sends one list again, and all lists of its kabupaten and period would be read and validated again. Where rows
are made of one list alone, a stage notes of each list, by a hash, what its rows were made from. Where the hash is the
same, the rows are those that stand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from validation.keys import is_one_of
from warehouse.manifests import Manifest
from warehouse.stage import StageRun

MADE_FROM = "made_from"
"""The fact by which a manifest says of each submission, by a hash, what its rows were made from."""


def unchanged(run: StageRun, made_from: Mapping[str, str]) -> set[str]:
    """The submissions whose rows the stage made from the same before, by `made_from`, one hash for each submission.

    None where a table of the stage is gone, or it is to run again whatever has changed.
    """
    before = run.before
    if before is None or not before.inputs or set(before.files) != set(run.stage.writes):
        return set()
    earlier: Mapping[str, str] = before.facts.get(MADE_FROM, {})
    return {sid for sid, said in made_from.items() if earlier.get(sid) == said}


def made_anew(before: Manifest | None, after: Manifest) -> int:
    """Of how many submissions a stage made the rows, and did not take them over."""
    earlier = before.facts.get(MADE_FROM, {}) if before else {}
    return len(after.facts.get(MADE_FROM, {}).items() - earlier.items())


def with_earlier(
    made: Mapping[str, pd.DataFrame], before: Mapping[str, pd.DataFrame], kept: Collection[str]
) -> dict[str, pd.DataFrame]:
    """The tables `made`, where the rows of the submissions `kept` are those of `before`, in order of submissions."""
    return {name: _with_earlier(frame, before[name], kept) for name, frame in made.items()} if kept else dict(made)


def _with_earlier(frame: pd.DataFrame, earlier: pd.DataFrame, kept: Collection[str]) -> pd.DataFrame:
    parts = [
        frame[~is_one_of(frame["submission_id"], kept)],
        earlier.loc[is_one_of(earlier["submission_id"], kept), list(frame.columns)],
    ]
    filled = [part for part in parts if len(part)]
    if not filled:
        return frame.iloc[:0]
    return pd.concat(filled).sort_values("submission_id", kind="stable", ignore_index=True)
