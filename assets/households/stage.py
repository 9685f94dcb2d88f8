"""Matching persons and households over all records in force: lake in, lake out, without any framework."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.identity.assign import IdentityState, assign_ids
from assets.households.identity.successions import successions
from assets.households.identity.survivorship import best_values
from assets.households.linkage.blocking import Blocking
from assets.households.linkage.clustering import REASONS
from assets.households.linkage.incremental.match_state import MatchState, state_after
from assets.households.linkage.incremental.update import MustRebuildError, update
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.model.training import serving_model
from assets.households.review.decisions import effective, read_decisions, through_successions
from assets.households.review.queue import review_queue
from warehouse.home import DataHome
from warehouse.in_force import counting
from warehouse.lake import Lake, digest_of
from warehouse.stage import StageResult, Tables, code_digest, run_stage

STAGE = "households"
LEFT_BEHIND = "_matching"
"""Where in the lake the match leaves what the next one starts from; losing it costs a match from scratch."""


@dataclass(frozen=True)
class _Matched:
    """Labels of each record, all links, how many records were matched anew, and why not only those that changed."""

    person: npt.NDArray[np.int64]
    household: npt.NDArray[np.int64]
    links: pd.DataFrame
    matched: int
    from_scratch: str | None


def match_records(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> StageResult:
    """Link all records in force into persons and households with stable ids, and say which links are uncertain."""
    decisions = effective(read_decisions(home.review))
    model = serving_model(home.models)
    inputs = digest_of(
        lake.digest("records", "outcomes"),
        model.hash,
        decisions.astype("str").to_dict("list"),
        code_digest(Path(__file__).parent),
    )

    def compute() -> tuple[Tables, dict[str, object]]:
        accepted, outcomes = lake.read("records", "accepted"), lake.read("outcomes", "outcomes")
        records, follow = counting(accepted, outcomes), successions(accepted, outcomes)
        del accepted
        standing = through_successions(decisions, follow)
        found = _match(lake, records, standing, model, inputs, home.memory_limit)
        kept = home.archive / "models" / f"{model.hash}.json"
        if not kept.exists():
            model.save(kept)
        state = IdentityState(lake.read(STAGE, "identity_ids"), lake.read(STAGE, "identity_retired"))
        known = assign_ids(
            records["record_id"], found.person, found.household, state,
            run_id=run_id, at=at, decisions=standing, successions=follow,
        )  # fmt: skip
        persons, households = best_values(records, known.membership)
        events = pd.concat([lake.read(STAGE, "identity_events"), known.events], ignore_index=True)
        refused = found.links[found.links["decided_by"].isin(REASONS[1:])]
        tables = {
            "membership": known.membership,
            "links": found.links,
            "persons": persons,
            "households": households,
            "identity_events": events,
            "identity_ids": known.state.ids,
            "identity_retired": known.state.retired,
            "review_queue": review_queue(
                found.links, refused.rename(columns={"decided_by": "reason"}), records, known.membership, standing
            ),
        }
        facts = {"model": model.hash, "decisions": len(standing), "records_matched": found.matched}
        return tables, facts | {"from_scratch": found.from_scratch}

    return run_stage(lake, STAGE, inputs, compute)


def _match(
    lake: Lake, records: pd.DataFrame, decisions: pd.DataFrame, model: Model, inputs: str, memory_limit: str | None
) -> _Matched:
    """Match what changed since the tables in the lake were written; from scratch where that is not known or not enough.

    What is left behind stands for one state of the tables: `inputs` of the manifest that lists them.
    """
    blocking = Blocking.load()
    held, folder = lake.manifest(STAGE), lake.root / LEFT_BEHIND
    rules = digest_of(model.hash, code_digest(Path(__file__).parent), sorted(records.columns))
    before = MatchState.load(folder, digest_of(rules, held.inputs)) if held else None
    answers = decisions[decisions["decision"].isin(["same", "different"])]
    try:
        if before is None:
            raise MustRebuildError("there is no earlier match by the same model, rules and code")
        again = update(before, records, model=model, blocking=blocking, decisions=answers)
        links = _links_after(lake.read(STAGE, "links"), again.clusters.links, records["record_id"], again.rematched)
        found = _Matched(again.person, again.household, links, int(again.rematched.sum()), None)
        left = again.state
    except MustRebuildError as reason:
        whole = cluster_records(records, model=model, blocking=blocking, decisions=answers, memory_limit=memory_limit)
        found = _Matched(whole.person, whole.household, whole.links, len(records), str(reason))
        left = state_after(records, whole, blocking, answers)
    left.save(folder, digest_of(rules, inputs))
    return found


def _links_after(
    before: pd.DataFrame, again: pd.DataFrame, records: pd.Series, touched: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Keep the links between records that were not touched, and take all others from the new match.

    `records`: the ids of all records in force, sorted; `touched`: which of them were matched again.
    """
    index, ends = pd.Index(records), ["record_id_l", "record_id_r"]
    at = np.stack([index.get_indexer(pd.Index(before[end])) for end in ends])
    kept = ((at >= 0) & ~touched[at]).all(axis=0)
    both: pd.DataFrame = pd.concat([before[kept], again.astype(before.dtypes.to_dict())], ignore_index=True)
    new = np.stack([index.get_indexer(pd.Index(again[end])) for end in ends])
    left, right = np.concatenate([at[:, kept], new], axis=1)
    return both.take(np.argsort(left << 32 | right, kind="stable")).reset_index(drop=True)
