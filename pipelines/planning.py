"""Rehearsing a refresh on a copy of the lake, to say what it would change; the lake itself is only read.

The copy shares its files with the lake by hard links. That is safe because files of the lake and the archive are
never written to: they are replaced by renaming, which leaves the copy's name on the old content. Only the
saved state of the last match (`MATCH_STATE_FOLDER`) is written to; its files are copied.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from assets.households.review.actions import apply_review, effective_decisions
from assets.intake.stages.register import listing_digest, look_twice, register_inbox
from assets.referrals.plan import Plan, plan
from assets.referrals.rules import load_rules
from assets.referrals.stages.refer import causes_of, content_digest
from pipelines.stages import PLANNED, from_registry_to_referrals
from warehouse.code import code_digest
from warehouse.files import copy_folder, read_note, scratch_folder, write_whole
from warehouse.home import Acceptance, DataHome
from warehouse.lake import Lake, digest_of
from warehouse.migrations import MATCH_STATE_FOLDER
from warehouse.refresh import nobody_else

if TYPE_CHECKING:
    from assets.support import Progress

_LAST = "rencana.json"


@dataclasses.dataclass(frozen=True)
class Rehearsal:
    """What a refresh would bring: the plan, the `digest` of the referrals it would end with, and what it was made
    from (`inputs`)."""

    plan: Plan
    inputs: str
    digest: str


def rehearse(home: DataHome, progress: Progress, *, review: Path | None = None) -> Rehearsal:
    """Run every stage that a refresh would run, up to the referrals, on a copy of the data home.

    `review`: a review workbook whose decisions are taken in for the rehearsal only. Raises what the stages raise.
    """
    home.make()
    inputs = inputs_of(home)
    with _copied(home) as scratch:
        now = datetime.now(UTC).replace(tzinfo=None)
        if review is not None:
            apply_review(scratch, review, at=now)
        after = Lake(scratch.lake)
        _refresh(scratch, after, progress, at=now)
        made = _compared(Lake(home.lake), after, load_rules(home.profile).hash)
        return Rehearsal(made, inputs, content_digest(after.read("referrals")))


def inputs_of(home: DataHome) -> str:
    """One hash over all that decides what a refresh would do: inbox, decisions, rules, code, and what stands."""
    return digest_of(
        listing_digest(look_twice(home)),
        effective_decisions(home).astype("str").to_dict("list"),
        load_rules(home.profile).hash,
        code_digest(*(stage.module for stage in PLANNED)),
        Lake(home.lake).digest(*(stage.name for stage in PLANNED)),
    )


def keep(home: DataHome, rehearsal: Rehearsal) -> None:
    """Remember a plan, so that a run can be held to it."""
    held = {"inputs": rehearsal.inputs, "digest": rehearsal.digest}
    write_whole(home.plan / _LAST, json.dumps(held, indent=1).encode())


def planned(home: DataHome) -> str | None:
    """The digest of the referrals that the last plan ends with, if that plan is of what a refresh would do now."""
    held = read_note(home.plan / _LAST)
    return str(held["digest"]) if held.get("inputs") == inputs_of(home) else None


@contextmanager
def _copied(home: DataHome) -> Iterator[DataHome]:
    """A data home beside the real one with the same lake, archive and decisions; gone at the end."""
    with scratch_folder(home.root) as folder:
        scratch = dataclasses.replace(home, root=folder, planned=None, shrink_accepted=Acceptance("", "plan"))
        with nobody_else(home), Lake(home.lake).in_use():
            for name in ("lake", "archive"):
                without = (MATCH_STATE_FOLDER, "*.lock")
                copy_folder(home.root / name, scratch.root / name, linked=True, without=without)
            if (home.lake / MATCH_STATE_FOLDER).exists():
                copy_folder(home.lake / MATCH_STATE_FOLDER, scratch.lake / MATCH_STATE_FOLDER)
            for ledgers in (home.review, home.erasures):
                if ledgers.exists():
                    copy_folder(ledgers, scratch.root / ledgers.name)
        yield scratch


def _refresh(home: DataHome, lake: Lake, progress: Progress, *, at: datetime) -> None:
    run_id = "rencana"
    progress.start("submissions", 1)
    register_inbox(home, lake, run_id=run_id, at=at)
    progress.advance()
    from_registry_to_referrals(home, lake, progress, run_id=run_id, at=at)


def _compared(before: Lake, after: Lake, rule_set: str) -> Plan:
    persons, gone = after.read("persons"), before.read("persons")
    return plan(
        before.read("referrals"),
        after.read("referrals"),
        persons=pd.concat([persons, gone[~gone["person_id"].isin(persons["person_id"])]], ignore_index=True),
        records=after.read("accepted"),
        causes=causes_of(after, after.read("membership"), after.read("unrouted"), rule_set),
    )
