"""Matching persons and households over all records in force: lake in, lake out, without any framework."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd

from assets.households.decisions import effective, read_decisions, through_successions
from assets.households.identity import IdentityState, assign_ids
from assets.households.matching import cluster_records
from assets.households.model import Model
from assets.households.review import review_queue
from assets.households.successions import successions
from assets.households.survivorship import best_values
from warehouse.home import DataHome
from warehouse.in_force import records_in_force
from warehouse.lake import Lake, digest_of
from warehouse.stage import StageResult, Tables, code_digest, run_stage

STAGE = "households"


def match_records(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> StageResult:
    """Link all records in force into persons and households with stable ids, and say which links are uncertain."""
    decisions = effective(read_decisions(home.review))
    model = Model.default()
    inputs = digest_of(
        lake.digest("records", "outcomes"),
        model.hash,
        decisions.astype("str").to_dict("list"),
        code_digest(Path(__file__).parent),
    )

    def compute() -> tuple[Tables, dict[str, object]]:
        records = records_in_force(lake)
        follow = successions(lake.read("records", "accepted"), lake.read("outcomes", "outcomes"))
        standing = through_successions(decisions, follow)
        clusters = cluster_records(records, model=model, decisions=standing, memory_limit=home.memory_limit)
        state = IdentityState(lake.read(STAGE, "identity_ids"), lake.read(STAGE, "identity_retired"))
        known = assign_ids(
            records["record_id"], clusters.person, clusters.household, state,
            run_id=run_id, at=at, decisions=standing, successions=follow,
        )  # fmt: skip
        persons, households = best_values(records, known.membership)
        events = pd.concat([lake.read(STAGE, "identity_events"), known.events], ignore_index=True)
        tables = {
            "membership": known.membership,
            "links": clusters.links,
            "persons": persons,
            "households": households,
            "identity_events": events,
            "identity_ids": known.state.ids,
            "identity_retired": known.state.retired,
            "review_queue": review_queue(clusters.links, clusters.conflicts, records, known.membership, standing),
        }
        return tables, {"model": model.hash, "decisions": len(standing)}

    return run_stage(lake, STAGE, inputs, compute)
