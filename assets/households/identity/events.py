"""The history of ids: every new id, merge, split and retirement, with its cause, and where each old id leads now.

Causes: `first_seen`, `record_returned` (new); `new_evidence`, `review_decision` (merge, split); `record_withdrawn`
(split, retired). A merge's `id` is the one that lives on and `other_id` the one that ended; a split's `id` is the one
that its records had and `other_id` the one that some of them have now.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EVENT_COLUMNS = ["event_id", "kind", "event", "id", "other_id", "record_count", "at", "run_id", "cause"]


def successors(events: pd.DataFrame) -> pd.DataFrame:
    """Replay all events in their order: one row for each id ever published and each id that its records have now.

    In: `identity_events` of all runs, in order. Out: `id`, `present_id`, sorted; an id whose records were all withdrawn
    leads to itself. Within a run all changes happen at once.
    """
    leads_to = pd.DataFrame({"id": [], "present_id": []}, dtype="str")
    for _, run in events.groupby("run_id", sort=False):
        merged, split = run[run["event"] == "merge"], run[run["event"] == "split"]
        stays = split[~split["id"].isin(merged["other_id"])]
        step = pd.DataFrame(
            {
                "present_id": pd.concat([merged["other_id"], split["id"], stays["id"]], ignore_index=True),
                "then": pd.concat([merged["id"], split["other_id"], stays["id"]], ignore_index=True),
            }
        )
        leads_to = leads_to.merge(step, how="left", on="present_id")
        leads_to = leads_to.assign(present_id=leads_to["then"].fillna(leads_to["present_id"]))[["id", "present_id"]]
        named = pd.concat([run["id"], split["other_id"]], ignore_index=True).drop_duplicates()
        born = named[~named.isin(leads_to["id"])]
        leads_to = pd.concat(
            [leads_to, pd.DataFrame({"id": born, "present_id": born})], ignore_index=True
        ).drop_duplicates()
    return leads_to.sort_values(["id", "present_id"], ignore_index=True)


def move_events(
    moves: pd.DataFrame, old: pd.Index, ids: npt.NDArray[np.object_], shrunk: Bools, reviewed: set[tuple[int, int]]
) -> pd.DataFrame:
    """Events of merges and splits.

    In: `moves` (old, cluster, target, n, merge); `old`, `ids`: the ids before and now; `shrunk`: one an old id, whether
    records of it were withdrawn; `reviewed`: (old, cluster) that a reviewer decided.
    """
    olds, targets, merge = (
        old.to_numpy(dtype=object)[moves["old"]],
        moves["target"],
        moves["merge"].to_numpy(dtype=bool),
    )
    cause = np.where(~merge & shrunk[moves["old"]], "record_withdrawn", "new_evidence").astype(object)
    by_review = [pair in reviewed for pair in zip(moves["old"], moves["cluster"], strict=True)] if reviewed else False
    cause[by_review] = "review_decision"
    return pd.DataFrame(
        {
            "event": np.where(merge, "merge", "split"),
            "id": np.where(merge, targets, olds),
            "other_id": np.where(merge, olds, targets),
            "record_count": moves["n"],
            "cause": cause,
        }
    )


def birth_events(
    ids: npt.NDArray[np.object_], sizes: Ints, votes: pd.DataFrame, winners: pd.DataFrame, old_live: Bools
) -> pd.DataFrame:
    """Events of clusters whose records never had an id, and of ids that came back with their records."""
    never_had_id = np.ones(len(ids), dtype=bool)
    never_had_id[votes["cluster"]] = False
    returned = winners.loc[~old_live[winners["old"]], "cluster"].to_numpy()
    born = np.concatenate([np.flatnonzero(never_had_id), returned])
    return pd.DataFrame(
        {
            "event": "new",
            "id": ids[born],
            "other_id": None,
            "record_count": sizes[born],
            "cause": np.repeat(["first_seen", "record_returned"], [len(born) - len(returned), len(returned)]),
        }
    )


def retirement_events(old: pd.Index, old_live: Bools, votes: pd.DataFrame, sizes: Ints) -> pd.DataFrame:
    """Events of ids whose records were all withdrawn in this run. `sizes`: how many each had."""
    ended = old_live.copy()
    ended[votes["old"]] = False
    return pd.DataFrame(
        {
            "event": "retired",
            "id": old.to_numpy(dtype=object)[ended],
            "other_id": None,
            "record_count": sizes[ended],
            "cause": "record_withdrawn",
        }
    )


def finish_events(events: pd.DataFrame, run_id: str, at: np.datetime64) -> pd.DataFrame:
    """Type the events of a run and number them within it."""
    text = dict.fromkeys(("kind", "event", "id", "other_id", "cause"), "str")
    events = events.astype(text)
    number = pd.Series(np.arange(1, len(events) + 1)).astype("str").str.zfill(7)
    events = events.assign(event_id=run_id + "-" + number, at=at, run_id=run_id)
    return events[EVENT_COLUMNS].astype({"event_id": "str", "run_id": "str", "record_count": "Int64"})
