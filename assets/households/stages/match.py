"""Matching persons and households over all records in force: lake in, lake out, without any framework.

What is compiled is imported only where something is matched: whoever looks whether there is anything to do does not
wait for it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from assets.households.identity.assign import IdentityState, assign_ids
from assets.households.identity.reach import Again, Reach, Since, made_again
from assets.households.identity.returns import returns
from assets.households.identity.successions import successions, versions_of
from assets.households.identity.survivorship import OF_RECORDS, best_values
from assets.households.linkage.model import MODEL
from assets.households.review.decisions import (
    about_households,
    about_people,
    latest_of_each,
    read_decisions,
    through_successions,
)
from assets.households.review.queue import OF_QUESTIONS, requeued, review_queue
from validation.keys import in_one_alone, is_one_of, looked_up, positions, repeats
from validation.shrinkage import Shrink, accounted_for, shrinkage
from validation.spliced import Spliced, differing, spliced
from warehouse.arrow import to_arrow, to_pandas
from warehouse.code import code_digest
from warehouse.files import scratch_folder, sha256_of
from warehouse.home import DataHome
from warehouse.in_force import in_force, lists_in_force
from warehouse.lake import digest_of
from warehouse.memory import give_back
from warehouse.migrations import MATCH_STATE_FOLDER
from warehouse.passes import with_this_pass
from warehouse.repairs import note_repair
from warehouse.shrinkage import require_no_shrink
from warehouse.stage import Columns, Content, Stage, StageRun
from warehouse.tables import arrow_schema

if TYPE_CHECKING:
    from assets.households.linkage.incremental.match_state import MatchState
    from assets.households.linkage.model.parameters import Model

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Matched:
    """Labels of each record, pairs of households that may be one, all links, how many records were matched anew, and
    why not only those that changed; where it was only those, what was not known before (`since`)."""

    person: npt.NDArray[np.int64]
    household: npt.NDArray[np.int64]
    possible: pd.DataFrame
    links: pd.DataFrame | Spliced
    matched: int
    from_scratch: str | None
    since: Since | None = None


def started(command: Sequence[str]) -> None:
    """Run a command to its end. Raises CalledProcessError where it failed."""
    subprocess.run(command, check=True)


class Guidance(NamedTuple):
    """What people decide about matching: the folder of the installation's own model, if it has one, what a wrong merge
    costs, what a household is, and each reviewer's answers that stand. `start`: what runs the job that matches on
    Spark, to its end."""

    models: Path
    wrong_merge_cost: float
    households: str
    decisions: pd.DataFrame
    start: Callable[[Sequence[str]], object] = started


def guidance(home: DataHome) -> Guidance:
    """Where the installation's own model lies, its settings, and the answers of the review ledger that stand."""
    return Guidance(home.models, home.wrong_merge_cost, home.households, latest_of_each(read_decisions(home.review)))


def _fingerprint(given: Guidance) -> object:
    """The bytes of its own model; the shipped one is part of the code."""
    own = given.models / MODEL
    return [
        sha256_of(own) if own.exists() else None,
        given.wrong_merge_cost,
        given.households,
        given.decisions.astype("str").to_dict("list"),
    ]


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    from assets.households.linkage.incremental.content import CONTENT
    from assets.households.linkage.model.training import serving_model

    model = serving_model(run.home)
    accepted, outcomes = to_pandas(run.arrow_read("accepted"), arrow_lists=True), run.read("outcomes")
    before = IdentityState(run.read("identity_ids"), run.read("identity_retired"))
    counts = is_one_of(accepted["submission_id"], lists_in_force(outcomes))
    unknown = counts & ~is_one_of(accepted["record_id"], before.ids["record_id"])
    follow = _successions(accepted, outcomes, unknown, run.settings.decisions)
    held = pd.concat([accepted.loc[counts, "record_id"], follow["replaces"]])
    back = returns(accepted, unknown, held, before.ids, before.retired)
    looked_at = {*CONTENT, *OF_QUESTIONS, *OF_RECORDS}
    accepted = accepted[[name for name in accepted.columns if name in looked_at]]
    records = in_force(accepted, outcomes)
    loss = _loss(run, accepted, outcomes, records)
    del accepted
    give_back()
    require_no_shrink([loss], run.home, run_id=run.run_id, at=run.at)
    decisions = through_successions(run.settings.decisions, follow)
    found = _match(run, model, records, decisions)
    records = records[[*dict.fromkeys((*OF_QUESTIONS, *OF_RECORDS))]]
    give_back()
    archived = run.home.archive / "models" / f"{model.hash}.json"
    if not archived.exists():
        model.save(archived)
    known = assign_ids(
        records["record_id"], found.person, found.household, before,
        run_id=run.run_id, at=run.at, decisions=decisions, successions=follow, returns=back,
    )  # fmt: skip
    del before
    asked = _asked_by(model, decisions)
    made = _Made(run, records, found.links, known.membership, about_people(decisions), model.wrong_merge_cost)
    persons: pd.DataFrame | Spliced
    households: pd.DataFrame | Spliced
    members: pd.DataFrame | Spliced
    events: pd.DataFrame | Spliced
    ever: pd.DataFrame | Spliced
    if found.since is None:
        queue = made.queue()
        records = records[[*OF_RECORDS]]
        made = replace(made, records=records)
        give_back()
        persons, households = made.descriptions()
        members, ever = known.membership, known.state.ids
        events = pd.concat([run.read("identity_events"), known.events], ignore_index=True)
    else:
        members = _differing(run, "membership", known.membership)
        reach = Reach.of(found.since, members, known.membership, found.person, found.household)
        same = run.before is not None and run.before.facts.get(ASKED_BY) == asked
        queue = made.queue_after(reach.of_questions()) if same else made.queue()
        persons, households = made.descriptions_after(reach.of_values())
        ever = _differing(run, "identity_ids", known.state.ids)
        events = _further(run.arrow_read("identity_events"), known.events)
        del reach
    del made
    records = records[["record_id", "kode_desa"]]
    give_back()
    tables: dict[str, pd.DataFrame | pa.Table | Spliced] = {
        "membership": members,
        "links": found.links,
        "persons": persons,
        "households": households,
        "identity_events": events,
        "identity_ids": ever,
        "review_queue": queue,
        "possible": possible_households(found.possible, records, known.membership),
        "identity_retired": known.state.retired,
    }
    passes = {"identity_passes": with_this_pass(run, "identity_passes", tables, _REMEMBERED, model=model.hash)}
    facts = {"model": model.hash, "decisions": len(decisions), "records_matched": found.matched}
    facts |= {ASKED_BY: asked, LEFT_OUT: left_out(records, known.membership), MISMATCHED: mismatched(tables)}
    return tables | passes, facts | {"from_scratch": found.from_scratch}


def _differing(run: StageRun, table: str, now: pd.DataFrame) -> Spliced:
    """A table of records, with what differs from the one that was written last."""
    return differing(run.arrow_read(table), to_arrow(table, now), "record_id")


def _further(before: pa.Table, events: pd.DataFrame) -> Spliced:
    """The events of before, and those of now."""
    return spliced(before, to_arrow("identity_events", events), np.arange(len(before) + len(events)))


def _successions(
    accepted: pd.DataFrame, outcomes: pd.DataFrame, unknown: Bools, decisions: pd.DataFrame
) -> pd.DataFrame:
    """What follows what, as far as anybody asks: for records in force that had no id yet (`unknown`), and for those
    about which somebody decided."""
    decided = is_one_of(accepted["record_id"], pd.concat([decisions["record_id_l"], decisions["record_id_r"]]))
    lists = accepted.loc[unknown | decided, "submission_id"].unique()
    return successions(accepted, versions_of(lists, outcomes))


@dataclass(frozen=True)
class _Made:
    """What is made of records in force (`OF_QUESTIONS`, `OF_RECORDS`), `links` and `membership`: all of it, or where
    only some records changed, that which they reach, with what the last run made of all others."""

    run: StageRun
    records: pd.DataFrame
    links: pd.DataFrame | Spliced
    membership: pd.DataFrame
    answers: pd.DataFrame
    cost: float

    def queue(self) -> pd.DataFrame:
        links = to_pandas(self.links.rows) if isinstance(self.links, Spliced) else self.links
        return self._queue(links, self.records, self.membership)

    def queue_after(self, again: Again) -> pd.DataFrame:
        links = to_pandas(to_arrow("links", self.links).filter(pa.array(again.links)))
        some = self._queue(links, *self._rows(again))
        return requeued(self.run.read("review_queue"), some, again.people, cost=self.cost)

    def _queue(self, links: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
        return review_queue(links, records[[*OF_QUESTIONS]], membership, self.answers, cost=self.cost)

    def descriptions(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return best_values(self.records, self.membership)

    def descriptions_after(self, again: Again) -> tuple[Spliced, Spliced]:
        records, membership = self._rows(again)
        persons, households = best_values(records[[*OF_RECORDS]], membership)
        return (
            made_again(self.run.arrow_read("persons"), to_arrow("persons", persons), "person_id", again.people),
            made_again(
                self.run.arrow_read("households"), to_arrow("households", households), "household_id", again.homes
            ),
        )

    def _rows(self, again: Again) -> tuple[pd.DataFrame, pd.DataFrame]:
        rows = np.flatnonzero(again.rows)
        return self.records.take(rows).reset_index(drop=True), self.membership.take(rows).reset_index(drop=True)


def _asked_by(model: Model, decisions: pd.DataFrame) -> str:
    """One hash of what, beside records and links, decides what is asked about people."""
    return digest_of(model.wrong_merge_cost, about_people(decisions).astype("str").to_dict("list"))


ASKED_BY = "asked_by"
"""The fact by which the manifest says after what, beside records and links, people are asked."""
LEFT_OUT, MISMATCHED = "left_out", "mismatched"
"""The facts by which the manifest says how many records have not exactly one membership, and how many persons and
households are not those of the memberships."""


def left_out(records: pd.DataFrame, membership: pd.DataFrame) -> int:
    """How many of the records in force have not exactly one membership with a person and a household, and how many
    memberships are of no such record."""
    lost = in_one_alone(records["record_id"], membership["record_id"]) + repeats(membership["record_id"])
    return int(lost + membership[["person_id", "household_id"]].isna().any(axis=1).sum())


def mismatched(tables: Content) -> int:
    """How many ids stand in `membership` and not in `persons` or `households`, or the other way round."""
    members, described = tables["membership"], (("person_id", "persons"), ("household_id", "households"))
    return sum(in_one_alone(members[name], tables[table][name]) for name, table in described)


def possible_households(found: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Name the households of each pair that may be one, the smaller id left, the most probable pairs first."""
    home = membership["record_id"], membership["household_id"]
    out = found.assign(**{f"household_id_{side}": looked_up(found[f"record_id_{side}"], *home) for side in "lr"})
    swap = out["household_id_l"] > out["household_id_r"]
    for name in ("household_id", "record_id"):
        left, right = out[f"{name}_l"], out[f"{name}_r"]
        out[f"{name}_l"], out[f"{name}_r"] = left.mask(swap, right), right.mask(swap, left)
    out["kode_desa"] = looked_up(out["record_id_l"], records["record_id"], records["kode_desa"])
    order = ["probability", "household_id_l", "household_id_r"]
    return out.sort_values(order, ascending=[False, True, True], ignore_index=True)


_REMEMBERED = ("identity_ids", "identity_retired", "identity_events")
"""What is known of ids, which nothing could make again."""

MATCH = Stage(
    name="households",
    reads=("accepted", "outcomes", Columns("erased_rows", ("record_id",))),
    remembers=(*_REMEMBERED, "identity_passes", "links", "membership", "persons", "households", "review_queue"),
    settings=guidance,
    fingerprint=_fingerprint,
    compute=_compute,
)
"""Links all records in force into persons and households with stable ids, and says which links are uncertain."""


def _loss(run: StageRun, accepted: pd.DataFrame, outcomes: pd.DataFrame, records: pd.DataFrame) -> Shrink | None:
    """People of whom no record counts any more, though not all of their lists were withdrawn or replaced, nor all that
    is said of them erased at their request.

    Looked at before anything is matched: `accepted` holds all accepted records, `records` those that count.
    """
    members = run.read("membership", columns=["record_id", "person_id"])
    if members.empty:
        return None
    counts = is_one_of(members["record_id"], records["record_id"])
    replaced = accepted.loc[is_one_of(accepted["submission_id"], accounted_for(outcomes)), "record_id"]
    taken_out = pd.concat([replaced, run.read("erased_rows", columns=["record_id"])["record_id"]])
    lost_records = members[~counts & ~is_one_of(members["record_id"], taken_out)]
    persons = run.read("persons", columns=["person_id", "kode_desa"]).rename(columns={"person_id": "id"})
    after = persons[is_one_of(persons["id"], members.loc[counts, "person_id"])]
    explained = persons.loc[~is_one_of(persons["id"], lost_records["person_id"]), "id"]
    villages = pd.concat([after, records[["kode_desa"]].drop_duplicates()], ignore_index=True)
    return shrinkage("people", persons, villages, explained, percent=run.home.shrink_percent)


def _match(run: StageRun, model: Model, records: pd.DataFrame, decisions: pd.DataFrame) -> _Matched:
    """Match what changed since the tables in the lake were written; all records where that is not known or not enough.

    The saved state belongs to one state of the tables: its name is made of the `inputs` of their manifest.
    """
    from assets.households.linkage.blocking import Blocking
    from assets.households.linkage.incremental.match_state import DamagedStateError, MatchState, state_after
    from assets.households.linkage.incremental.update import MustRebuildError, update
    from assets.households.linkage.matching import cluster_records

    answers = decisions[decisions["decision"].isin(["same", "different"])]
    homes = about_households(decisions)
    homes = homes.assign(decision=homes["decision"].map({"one_household": "same", "two_households": "different"}))
    blocking = Blocking.load()
    before, folder = run.before, run.home.lake / MATCH_STATE_FOLDER
    rules = digest_of(model.hash, code_digest(MATCH.module), sorted(arrow_schema("accepted").names))
    try:
        earlier = MatchState.load(folder, digest_of(rules, before.inputs)) if before else None
    except DamagedStateError:
        note_repair(run.home.lake, "matched_again", MATCH_STATE_FOLDER)
        earlier = None
    try:
        if earlier is None:
            raise MustRebuildError("there is no earlier match by the same model, rules and code")
        again = update(earlier, records, model=model, blocking=blocking, decisions=answers, household_decisions=homes)
        again.state.save(folder, digest_of(rules, run.inputs))
        links, ends = _links_after(run.arrow_read("links"), again.clusters.links, records["record_id"], again.rematched)
        since = Since(again.changed, again.rematched, ends)
        return _Matched(again.person, again.household, again.possible, links, int(again.rematched.sum()), None, since)
    except MustRebuildError as reason:
        if run.home.spark_master and len(records):
            found, state = _on_spark(run, run.home.spark_master, model, records, answers, homes)
            if state is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                state.save(folder, digest_of(rules, run.inputs))
            return replace(found, from_scratch=f"{reason}; matched on Spark")
        whole = cluster_records(
            records, model=model, blocking=blocking, decisions=answers, household_decisions=homes,
            memory_limit=run.home.memory_limit,
        )  # fmt: skip
        state_after(records, whole, blocking, answers).save(folder, digest_of(rules, run.inputs))
        return _Matched(whole.person, whole.household, whole.possible, whole.links, len(records), str(reason))


def _on_spark(
    run: StageRun, master: str, model: Model, records: pd.DataFrame, answers: pd.DataFrame, homes: pd.DataFrame
) -> tuple[_Matched, MatchState | None]:
    """Match all records on Spark. The state for the next match is None where one process could not hold so many."""
    from assets.households.linkage.blocking import Blocking
    from assets.households.linkage.buckets import job
    from assets.households.linkage.buckets.state import fits_in_memory, state_after_buckets

    buckets, state = run.home.spark_buckets, None
    with scratch_folder(run.home.root) as folder:
        job.give(folder, records, model, answers, homes, buckets)
        run.settings.start(job.command(run.home.root, folder, master, buckets))
        found = job.found(folder)
        if fits_in_memory(records, run.home.memory_limit):
            state = state_after_buckets(records, job.left(folder), model, Blocking.load(), answers)
    return _Matched(found.person, found.household, found.possible, found.links, len(records), ""), state


def _links_after(
    before: pa.Table, again: pd.DataFrame, records: pd.Series, touched: npt.NDArray[np.bool_]
) -> tuple[Spliced, npt.NDArray[np.int64]]:
    """Keep the links between records that were not touched, and take all others from the new match.

    `records`: the ids of all records in force, sorted; `touched`: which of them were matched again. Out: the links, and
    where both ends of each stand among the records (2 × links).
    """
    found = to_arrow("links", again)
    at = _ends_in(before, records)
    kept = np.asarray((at >= 0).all(axis=0))
    kept[kept] = ~touched[at[:, kept]].any(axis=0)
    ends = np.concatenate([at[:, kept], _ends_in(found, records)], axis=1)
    order = np.argsort(ends[0] << 32 | ends[1], kind="stable")
    rows = np.concatenate([np.flatnonzero(kept), len(before) + np.arange(len(found))])
    return spliced(before, found, rows[order]), ends[:, order]


def _ends_in(links: pa.Table, records: pd.Series) -> npt.NDArray[np.int64]:
    """Where both ends of links stand among records (2 × links), -1 where they do not."""
    return np.stack([positions(links[end], records) for end in ("record_id_l", "record_id_r")])
