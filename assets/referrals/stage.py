"""Referring persons and households by the rules, and keeping the history: lake in, lake out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd

from assets.referrals.answers import append_answers, needs, unknown_answers
from assets.referrals.history import Causes, advance_history, current_referrals, state
from assets.referrals.routing import route
from assets.referrals.rules import RuleSet, load_rules
from warehouse.files import write_whole
from warehouse.home import DataHome
from warehouse.in_force import records_in_force
from warehouse.lake import Lake, digest_of
from warehouse.stage import StageResult, Tables, code_digest, run_stage

STAGE = "referrals"


class PlanError(RuntimeError):
    """A run that may only do what was planned would do something else. Its message holds counts only."""


def refer(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> StageResult:
    """Route every person and household by the profile's rules; end, keep or begin referrals in the history."""
    rules = load_rules(home.profile)
    inputs = digest_of(
        lake.digest("submissions", "households", "records", "outcomes"), rules.hash, code_digest(Path(__file__).parent)
    )

    archive_rules(home, rules)

    def compute() -> tuple[Tables, dict[str, object]]:
        records, membership = records_in_force(lake), lake.read("households", "membership")
        persons, households = lake.read("households", "persons"), lake.read("households", "households")
        routed = route(records, membership, persons, households, rules)
        if home.planned is not None and content_digest(routed.referrals) != home.planned:
            raise PlanError("the referrals are not those of the plan; make a new one: pmks plan")
        causes = causes_of(lake, routed.unrouted, rules.hash)
        before = lake.read(STAGE, "history")
        history = advance_history(before, routed.referrals, run_id=run_id, at=at, causes=causes)
        return {
            "referrals": current_referrals(history),
            "unrouted": routed.unrouted,
            "overlap": routed.overlap,
            "history": history,
            **answered(lake, history),
            "rules": every_rule(lake.read(STAGE, "rules"), rules),
        }, {"profile": rules.name, "rule_set": rules.hash}

    return run_stage(lake, STAGE, inputs, compute)


def answered(lake: Lake, history: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of what directorates answered, and of met and unmet need. Answers of a withdrawn or held workbook that
    were not taken before are not taken."""
    received = lake.read("submissions", "submissions", columns=["submission_id", "received_at"])
    outcomes = lake.read("outcomes", "outcomes", columns=["submission_id", "outcome"])
    counting = outcomes.loc[outcomes["outcome"] == "accepted", "submission_id"]
    raw = lake.read("submissions", "raw_answers").merge(received, on="submission_id")
    raw = raw[raw["submission_id"].isin(counting)]
    ledger = append_answers(lake.read(STAGE, "answers"), raw, history)
    return {
        "answers": ledger,
        "answers_unknown": unknown_answers(raw, history),
        "needs": needs(current_referrals(history), ledger),
    }


def archive_rules(home: DataHome, rules: RuleSet) -> None:
    """Keep the text of the rules as `archive/rules/<hash>.csv`, to show which rule applied without this program."""
    kept = home.archive / "rules" / f"{rules.hash}.csv"
    if not kept.exists():
        write_whole(kept, rules.rules.to_csv(index=False, lineterminator="\n").encode())


def every_rule(known: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Every rule of every rule set that was ever used, those of `rules` added where they are new."""
    if rules.hash in set(known["rule_set"]):
        return known
    fresh = rules.rules.assign(rule_set=rules.hash, profile=rules.name)
    both = pd.concat([known, fresh], ignore_index=True) if len(known) else fresh
    return both.astype("str").sort_values(["rule_set", "rule_id"], ignore_index=True)


def content_digest(referrals: pd.DataFrame) -> str:
    """One hash over all that referrals say, whenever and by whatever run they were made."""
    ordered = referrals.sort_values("referral_id")
    return digest_of(ordered["referral_id"].tolist(), state(ordered).tolist())


def causes_of(lake: Lake, unrouted: pd.DataFrame, rule_set: str) -> Causes:
    """What the lake knows now that can explain why a referral ended."""
    known, outcomes = lake.read("records", "accepted"), lake.read("outcomes", "outcomes")
    membership = lake.read("households", "membership")
    return Causes(known[["record_id", "submission_id"]], outcomes, membership, unrouted, rule_set)
