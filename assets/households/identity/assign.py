"""Ids that last: clusters come and go with the records, the ids of persons and households stay.

Danger: an id that was published and then names somebody else, or nobody knows what became of it. Remedy: a
cluster keeps the id that most of its records had, no id ever names two clusters, an id once published is never
given to another cluster, and every change of an id is an event from which any old id leads to the present ones. Which
records are one cluster is decided elsewhere, without looking at ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.identity.events import birth_events, finish_events, move_events, retirement_events
from validation.keys import is_one_of, positions, repeats

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

KINDS = {"person": "P", "household": "H"}
JOINING = {"person": ["same"], "household": ["same", "one_household"]}
PARTING = {"person": ["different"], "household": ["different", "two_households"]}
"""The decisions of reviewers that lead to clusters of each kind."""
ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", dtype="S1")  # no I, L, O, U: nothing to misread
ID_BYTES, ID_LETTERS, BITS_A_LETTER = 10, 16, 5
"""An id is 80 bits of a hash, written as 16 letters of 5 bits each."""
ID_COLUMNS = ["record_id", "person_id", "household_id", "person_since", "household_since", "in_force"]
RETIRED_COLUMNS = ["id", "retired_into", "at", "cause"]


@dataclass(frozen=True)
class IdentityState:
    """What the next run must know. `ids`: one row a record ever seen, with the ids it last had, when each id was
    first given, and whether the record was in force. `retired`: one row an id that no cluster has now, with
    the id it was merged into (null: all its records were withdrawn), when and why.
    """

    ids: pd.DataFrame
    retired: pd.DataFrame

    @staticmethod
    def empty() -> IdentityState:
        """The state before the first run."""
        text, time = pd.Series([], dtype="str"), pd.Series([], dtype="datetime64[us]")
        ids = dict.fromkeys(ID_COLUMNS[:3], text) | dict.fromkeys(ID_COLUMNS[3:5], time)
        retired = {"id": text, "retired_into": text, "at": time, "cause": text}
        return IdentityState(pd.DataFrame(ids | {"in_force": pd.Series([], dtype="boolean")}), pd.DataFrame(retired))


@dataclass(frozen=True)
class Identified:
    """`membership` (record_id, person_id, household_id), sorted; `events`: what changed; `state`: for the next run."""

    membership: pd.DataFrame
    events: pd.DataFrame
    state: IdentityState


@dataclass(frozen=True)
class _Assigned:
    """The result for persons or for households.

    `ids`, `since`: one a cluster, its id and when it was first given. `returned`: ids that were retired and are in use
    again. `events`: what changed.
    """

    ids: npt.NDArray[np.object_]
    since: npt.NDArray[Any]
    returned: pd.Index
    events: pd.DataFrame


def assign_ids(
    record_ids: pd.Series,
    person_labels: pd.Series | npt.NDArray[Any],
    household_labels: pd.Series | npt.NDArray[Any],
    previous: IdentityState,
    *,
    run_id: str,
    at: datetime,
    decisions: pd.DataFrame | None = None,
    successions: pd.DataFrame | None = None,
    returns: pd.DataFrame | None = None,
) -> Identified:
    """Give every cluster of persons and of households the id it had, or a new one that was never used.

    In: one entry a record in force, with the labels of its clusters (any values; only equality counts). `decisions`
    (record_id_l, record_id_r, decision) name the cause of what reviewers decided; `successions` (record_id, replaces)
    tell which record of a replaced list a new one stands for; `returns` (record_id, replaces, with_household) by which
    record somebody was listed last who had gone. Out: see `Identified`.
    The id goes to the cluster that holds most of its records, those still in force before withdrawn ones; ties go to
    the oldest id, then the smallest, then the cluster of the smallest record. New ids are a hash of the smallest
    record id, so a rebuild in one batch gives the same ones in any order. An id never moves to a cluster that holds
    none of its records. Raises `ValueError` for a repeated record or a missing label.
    """
    labels = {"person": np.asarray(person_labels), "household": np.asarray(household_labels)}
    frame = pd.DataFrame({"record_id": record_ids.astype("str").reset_index(drop=True), **labels})
    if not pd.Index(frame["record_id"]).is_monotonic_increasing:
        frame = frame.sort_values("record_id", ignore_index=True)
    if repeats(frame["record_id"]) or frame.isna().any(axis=None):
        raise ValueError("every record must stand once, with a person label and a household label")
    known = positions(frame["record_id"], previous.ids["record_id"])
    followed = _through_successions(known, frame["record_id"], previous.ids, successions)
    came_back = {"person": returns, "household": None if returns is None else returns[returns["with_household"]]}
    before = {
        kind: _through_successions(followed, frame["record_id"], previous.ids, back) for kind, back in came_back.items()
    }
    stamp = np.datetime64(at, "us")
    made = {}
    for kind in KINDS:
        clusters, _ = pd.factorize(frame[kind])
        made[kind] = (clusters, _assign(kind, frame["record_id"], clusters, before[kind], previous, stamp, decisions))
    ids = frame[["record_id"]].assign(
        **{f"{kind}_id": pd.array(m.ids, dtype="str").take(c) for kind, (c, m) in made.items()}
    )
    parts = [m.events.assign(kind=kind) for kind, (_, m) in made.items()]
    events = finish_events(pd.concat(parts, ignore_index=True), run_id, stamp)
    since = {f"{kind}_since": m.since[c] for kind, (c, m) in made.items()}
    state = IdentityState(
        _next_ids(ids.assign(**since), previous.ids, known[known >= 0]),
        _next_retired(events, previous.retired, [m for _, m in made.values()]),
    )
    return Identified(ids, events, state)


def _through_successions(
    known: Ints, record_ids: pd.Series, previous: pd.DataFrame, successions: pd.DataFrame | None
) -> Ints:
    """Return for each record the row in the previous ids of it, or else of the record that it replaces; -1: none.

    Of records of several older versions that which counted until now comes first.
    """
    rows = known.copy()
    if successions is not None and len(successions) and (rows < 0).any():
        at = pd.Series(positions(successions["replaces"], previous["record_id"]), index=successions["record_id"])
        at = at[at >= 0]
        counted = previous["in_force"].to_numpy(dtype=bool)[at]
        nearest = pd.concat([at[counted], at[~counted]]).groupby(level=0, sort=False).first()
        rows[rows < 0] = record_ids[rows < 0].map(nearest).fillna(-1).astype(np.int64)
    return rows


def _assign(
    kind: str,
    records: pd.Series,
    clusters: Ints,
    before: Ints,
    previous: IdentityState,
    at: np.datetime64,
    decisions: pd.DataFrame | None,
) -> _Assigned:
    """Assign the ids of persons or of households (`kind`).

    `records`: sorted ids. `clusters`: the code of each record's cluster, from 0 in the order of their smallest records.
    `before`: the row of each record in `previous.ids`, -1: none.
    """
    old_codes, old = pd.factorize(previous.ids[f"{kind}_id"])
    was_in_force = previous.ids["in_force"].to_numpy(dtype=bool)
    old_since = np.full(len(old), at, dtype="datetime64[us]")
    old_since[old_codes] = previous.ids[f"{kind}_since"].to_numpy(dtype="datetime64[us]")
    old_live = np.zeros(len(old), dtype=bool)
    old_live[old_codes[was_in_force]] = True
    seen = before >= 0
    into = _merged_into(old, previous.retired)
    old_ids = old_codes[before[seen]]
    votes = _votes(clusters[seen], into[old_ids], was_in_force[before[seen]], into[old_ids] == old_ids, len(old))
    winners = _settle(votes[votes["own"] > 0], old, old_since)

    firsts = np.flatnonzero(~pd.Series(clusters).duplicated())
    ids = np.full(len(firsts), None, dtype=object)
    since = np.full(len(firsts), at, dtype="datetime64[us]")
    ids[winners["cluster"]] = old.to_numpy(dtype=object)[winners["old"]]
    since[winners["cluster"]] = old_since[winners["old"]]
    without_id = np.flatnonzero(pd.isna(ids))
    ids[without_id] = _new_ids(
        kind, records.iloc[firsts[without_id]], [pd.Index(old), pd.Index(previous.retired["id"])]
    )

    moves = _moves(votes, winners, ids, old)
    shrunk = np.zeros(len(old), dtype=bool)
    gone = was_in_force.copy()
    gone[before[seen]] = False
    shrunk[old_codes[gone]] = True
    reviewed = _reviewed(kind, records, clusters, before, old_codes, decisions)
    sizes = np.bincount(clusters, minlength=len(ids))
    events = pd.concat(
        [
            move_events(moves, old, ids, shrunk, reviewed),
            birth_events(ids, sizes, votes, winners, old_live),
            retirement_events(old, old_live, votes, np.bincount(old_codes[was_in_force], minlength=len(old))),
        ],
        ignore_index=True,
    )
    returned = pd.Index(old[winners.loc[~old_live[winners["old"]], "old"]])
    return _Assigned(ids, since, returned, events)


def _merged_into(old: pd.Index, retired: pd.DataFrame) -> Ints:
    """Return for each of the `old` ids the index of the id it was merged into by now, or its own.

    Needed for records that were withdrawn before the merge and come back after it.
    """
    merged = retired.dropna(subset=["retired_into"])
    step = np.arange(len(old))
    if merged.empty:
        return step
    to = pd.Index(merged["id"]).get_indexer(old)
    ends = pd.Series(old)
    while (to >= 0).any():
        ends = ends.where(to < 0, merged["retired_into"].to_numpy(dtype=object)[to])
        to = pd.Index(merged["id"]).get_indexer(pd.Index(ends))
    moved = (ends != old).to_numpy(dtype=bool)
    step[moved] = old.get_indexer(pd.Index(ends[moved]))
    return step


def _votes(clusters: Ints, olds: Ints, in_force: Bools, own: Bools, n_old: int) -> pd.DataFrame:
    """Count how many records of each cluster had each id.

    Out: one row a pair: `cluster`; `old`, the index of the id; `n` records, of which `in_force` were in force until now
    and `own` had the id itself, not one that was merged into it.
    """
    keys, inverse, n = np.unique(clusters * max(n_old, 1) + olds, return_inverse=True, return_counts=True)
    live = np.bincount(inverse, weights=in_force, minlength=len(keys)).astype(np.int64)
    themselves = np.bincount(inverse, weights=own, minlength=len(keys)).astype(np.int64)
    columns = {"cluster": keys // max(n_old, 1), "old": keys % max(n_old, 1)}
    return pd.DataFrame(columns | {"in_force": live, "own": themselves, "n": n})


def _settle(votes: pd.DataFrame, old: pd.Index, since: npt.NDArray[Any]) -> pd.DataFrame:
    """Return the votes that win: the strongest first, each cluster and each id at most once."""
    plain = ~votes["cluster"].duplicated(keep=False) & ~votes["old"].duplicated(keep=False)
    won = [votes[plain]]
    rest = votes[~plain]
    rest = rest.assign(since=since[rest["old"]], id=old.to_numpy(dtype=object)[rest["old"]]).sort_values(
        ["in_force", "own", "since", "id", "cluster"], ascending=[False, False, True, True, True]
    )
    while len(rest):
        first = ~rest["cluster"].duplicated() & ~rest["old"].duplicated()
        won.append(rest.loc[first, votes.columns])
        rest = rest[~rest["cluster"].isin(won[-1]["cluster"]) & ~rest["old"].isin(won[-1]["old"])]
    return pd.concat(won, ignore_index=True)


def _new_ids(kind: str, first_records: pd.Series, ever: list[pd.Index]) -> npt.NDArray[np.object_]:
    """Return an id for each new cluster: a hash of its smallest record, with another salt while it was used before.

    `first_records`: the smallest record of each new cluster; `ever`: all ids ever used.
    """
    made_ids = np.full(len(first_records), None, dtype=object)
    pending, salt = np.arange(len(first_records)), 0
    names = first_records.to_numpy(dtype=object)
    while len(pending):
        made = _hashed(KINDS[kind], salt, names[pending])
        free = ~pd.Series(made).duplicated().to_numpy()
        for taken in [*ever, *([pd.Index(made_ids).dropna()] if salt else [])]:
            free &= ~is_one_of(pd.Index(made), taken)
        made_ids[pending[free]] = made[free]
        pending, salt = pending[~free], salt + 1
    return made_ids


def _hashed(prefix: str, salt: int, names: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return BLAKE2b hashes of names as ids: the prefix and `ID_LETTERS` letters of base 32."""
    person = f"{prefix}{salt}".encode()
    digests = b"".join(blake2b(name.encode(), digest_size=ID_BYTES, person=person).digest() for name in names)
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8)).reshape(-1, ID_LETTERS, BITS_A_LETTER)
    letters = ALPHABET[bits @ (1 << np.arange(BITS_A_LETTER, dtype=np.uint8)[::-1])]
    return (
        prefix + pd.Series(letters.view(f"S{ID_LETTERS}").ravel().astype(f"U{ID_LETTERS}")).astype(object)
    ).to_numpy(dtype=object)


def _moves(votes: pd.DataFrame, winners: pd.DataFrame, ids: npt.NDArray[np.object_], old: pd.Index) -> pd.DataFrame:
    """Return the votes of records that get another id than they had.

    `merge` marks the largest move of an id that ends: this is the id it is merged into.
    """
    moves: pd.DataFrame = votes[ids[votes["cluster"]] != old.to_numpy(dtype=object)[votes["old"]]]
    moves = moves.assign(target=ids[moves["cluster"]])
    moves = moves.sort_values(["old", "in_force", "n", "target"], ascending=[True, False, False, True])
    ends = ~moves["old"].isin(winners["old"]) & ~moves["old"].duplicated()
    return moves.assign(merge=ends)


def _reviewed(
    kind: str, records: pd.Series, clusters: Ints, before: Ints, old_codes: Ints, decisions: pd.DataFrame | None
) -> set[tuple[int, int]]:
    """Return (old id, cluster) of records that a reviewer joined or separated, if the change of ids agrees with it."""
    if decisions is None or not len(decisions) or not len(old_codes):
        return set()
    at = pd.Index(records)
    left, right = (at.get_indexer(pd.Index(decisions[f"record_id_{side}"])) for side in "lr")
    known = (left >= 0) & (right >= 0)
    left, right, same = left[known], right[known], decisions["decision"].isin(JOINING[kind]).to_numpy()[known]
    different = decisions["decision"].isin(PARTING[kind]).to_numpy()[known]
    olds = np.where(before >= 0, old_codes[before], -1)
    joined = same & (clusters[left] == clusters[right]) & (olds[left] != olds[right])
    separated = different & (clusters[left] != clusters[right]) & (olds[left] == olds[right])
    hits = np.concatenate([left[joined | separated], right[joined | separated]])
    return set(zip(olds[hits].tolist(), clusters[hits].tolist(), strict=True))


def _next_ids(current: pd.DataFrame, previous: pd.DataFrame, still: Ints) -> pd.DataFrame:
    """Return the ids of all records ever seen: those in force as they are now, withdrawn ones as they last were."""
    whole = current.assign(in_force=True)
    gone = np.ones(len(previous), dtype=bool)
    gone[still] = False
    left = previous[gone].assign(in_force=False)
    if len(left):
        whole = pd.concat([whole, left], ignore_index=True).sort_values("record_id", ignore_index=True)
    return whole.assign(in_force=whole["in_force"].astype("boolean"))[ID_COLUMNS]


def _next_retired(events: pd.DataFrame, previous: pd.DataFrame, made: list[_Assigned]) -> pd.DataFrame:
    """Return the ids that no cluster has now: the previous ones that are not in use again, and those that ended now."""
    merged = events[events["event"] == "merge"].rename(columns={"id": "retired_into", "other_id": "id"})
    withdrawn = events[events["event"] == "retired"].assign(retired_into=None).astype({"retired_into": "str"})
    ended = pd.concat([merged, withdrawn], ignore_index=True)[RETIRED_COLUMNS]
    back = [i for m in made for i in m.returned]
    still_retired = previous[~is_one_of(previous["id"], [*back, *ended["id"]])]
    whole = pd.concat([still_retired, ended], ignore_index=True) if len(still_retired) else ended
    return whole[RETIRED_COLUMNS].sort_values("id", ignore_index=True)
