"""The states in which submissions were registered: what is declared of one may change, and where it belongs.

They are only ever added to, so that the registry of any past run can be shown as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

import pandas as pd

STATE = ("format", "kode_desa", "kode_kabupaten", "periode", "declaration")
"""The columns of a submission that later looks into the inbox may change."""
COLUMNS = ("number", "submission_id", "at", "run_id", *STATE, "problems")
Problem = tuple[str, str, dict[str, str]]
"""Sidecar, finding code and facts."""


def with_new_states(
    before: pd.DataFrame,
    submissions: pd.DataFrame,
    receipts: pd.DataFrame,
    problems: Iterable[Problem],
    *,
    at: datetime,
    run_id: str,
) -> pd.DataFrame:
    """Add a row for each submission that is registered in another state than the last one of it in `before`.

    In: `before` (`COLUMNS`), the registry after a look, and what is wrong in sidecars without their file. Out: all of
    `before`, then the new rows, numbered on.
    """
    now = submissions[["submission_id", *STATE]].astype("object")
    now = now.assign(problems=now["submission_id"].map(_by_submission(problems, receipts)))
    last = before.drop_duplicates("submission_id", keep="last").set_index("submission_id")
    known = last[[*STATE, "problems"]].astype("object").reindex(now["submission_id"]).reset_index(drop=True)
    states = now[[*STATE, "problems"]].reset_index(drop=True)
    same = ((states == known) | (states.isna() & known.isna())).all(axis=1) & known["format"].notna()
    new = now.reset_index(drop=True)[~same].assign(at=at, run_id=run_id)
    first = int(before["number"].max()) + 1 if len(before) else 1
    new.insert(0, "number", range(first, first + len(new)))
    kinds = {"number": "Int64", "at": "datetime64[us]"}
    made = new[list(COLUMNS)].astype({name: kinds.get(name, "str") for name in COLUMNS})
    return pd.concat([before, made], ignore_index=True) if len(before) else made.reset_index(drop=True)


def submissions_at(submissions: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """The registry where `states` are all that had come about: today's rows, in the last of these states.

    A submission without a state stays as it is today: it was registered before states were kept.
    """
    last = states.drop_duplicates("submission_id", keep="last").set_index("submission_id")
    then = submissions.set_index("submission_id", drop=False)
    known = then.index.intersection(last.index)
    for column in STATE:
        then.loc[known, column] = last.loc[known, column]
    return then.reset_index(drop=True)


def problems_in(states: pd.DataFrame) -> list[Problem]:
    """What was wrong in sidecars without their file, after these states."""
    last = states.drop_duplicates("submission_id", keep="last")["problems"].dropna()
    return [(path, code, facts) for text in last for path, code, facts in json.loads(text)]


def _by_submission(problems: Iterable[Problem], receipts: pd.DataFrame) -> dict[str, str]:
    latest = dict(receipts.sort_values("seq")[["path", "submission_id"]].itertuples(index=False, name=None))
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        about = problem[0].rsplit(".", 1)[0]
        if about in latest:
            found.setdefault(latest[about], []).append(problem)
    return {sid: json.dumps(wrong, ensure_ascii=False, sort_keys=True) for sid, wrong in found.items()}
