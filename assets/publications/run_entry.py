"""The entry of the chain that a run comes to: by what it was made, from what, and what every table holds then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from warehouse.chain import RUN, Link, add_link, latest, ledger_of, read_chain, state_of
from warehouse.code import data_digest
from warehouse.contents import content_hash, contents_note, contents_of_a_run, rows_of
from warehouse.erasures import ledger_of as erasures_ledger
from warehouse.files import sha256_of
from warehouse.home import DataHome
from warehouse.lake import digest_of
from warehouse.shrinkage import accepted_ledger
from warehouse.stage import StageRun
from warehouse.standing_checks import history_of_checks

PROGRAM_VERSION = version("pmks-referral-pipeline")
STARTED_BY = "pmks/command"
"""Tag of a Dagster run that a command started: which one."""
_OF_THE_RUN = {"kind", "number", "previous", "run_id", "started_at", "ended_at", "started_by", "account", "new",
               "referred_at", "notes"}  # fmt: skip
"""What an entry says that differs from run to run, even where a run changes nothing."""
_DECIDING = ("settle_seconds", "read_attempts", "read_seconds", "sender_seconds", "run_seconds", "shrink_percent",
             "wrong_merge_cost", "households")  # fmt: skip
"""Settings that may decide what a run comes to, besides the rules."""


class Begun(NamedTuple):
    """How a run began: when (UTC), what started it (a command, schedule or sensor), and the account it runs by."""

    run_id: str
    at: datetime
    by: str
    account: str


def note_run(run: StageRun, begun: Begun, code: str, modules: Iterable[str]) -> bool:
    """Add the entry of a run to the chain, unless it would say what the last one says; whether it was added.

    `run`: of the stage that logs runs. `code`, `modules`: the digest of all code and rule tables, and the modules that
    it is made over.
    """
    home = run.home
    links, _ = read_chain(ledger_of(home))
    facts = run.facts("referrals") | run.facts("membership")
    held = contents_of_a_run(run.lake, contents_note(home))
    known = {sid for link in links for sid in link.said.get("new", {}).get("submissions", ())}
    submissions = run.read("submissions", columns=["submission_id"])["submission_id"]
    said = {
        "program": PROGRAM_VERSION,
        "code": code,
        "references": data_digest(*modules),
        "settings": {name: getattr(home, name) for name in _DECIDING},
        **{name: facts.get(name) for name in ("profile", "rule_set", "model")},
        "kept": _rules_and_models(home),
        "ledgers": {name: state_of(path) for name, path in grown_ledgers(home).items()},
        "submissions": {"count": len(submissions), "content": digest_of(sorted(submissions))},
        "tables": {table: {"rows": rows_of(parts), "content": content_hash(parts)} for table, parts in held.items()},
    }
    if _came_to(latest(links, RUN)) == said:
        return False
    checks = history_of_checks(home)
    this = {
        "run_id": begun.run_id,
        "started_at": begun.at.isoformat(timespec="seconds"),
        "ended_at": run.at.isoformat(timespec="seconds"),
        "referred_at": facts.get("at"),
        "started_by": begun.by,
        "account": begun.account,
        "new": {"submissions": sorted(set(submissions) - known)},
        "notes": {checks.relative_to(home.root).as_posix(): state_of(checks)},
    }
    add_link(home, RUN, this | said)
    return True


def _came_to(link: Link | None) -> dict[str, Any] | None:
    return {name: value for name, value in link.said.items() if name not in _OF_THE_RUN} if link else None


def spot_checks_ledger(home: DataHome) -> Path:
    """Which samples were drawn for the field, and what came of them."""
    return home.audit / "spotchecks.jsonl"


def grown_ledgers(home: DataHome) -> dict[str, Path]:
    """The ledgers of a data home that are only ever added to, by their path in it."""
    paths = (home.review / "decisions.jsonl", erasures_ledger(home), accepted_ledger(home), spot_checks_ledger(home))
    return {path.relative_to(home.root).as_posix(): path for path in paths}


def _rules_and_models(home: DataHome) -> dict[str, str]:
    """The rule sets and models in the archive: SHA-256 by path in it."""
    paths = [*home.archive.glob("rules/*.csv"), *home.archive.glob("models/*.json")]
    return {path.relative_to(home.archive).as_posix(): sha256_of(path) for path in sorted(paths)}
