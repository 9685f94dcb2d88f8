"""Signing off: an officer says by name that what a run came to was looked at; what changed after it is unsigned.

A sign-off is an entry of the chain. It names the head of a run, and so all that this run held and all before it; a
later run takes nothing from it, and is not covered by it. With a key of the officer's own (Ed25519, outside of the data
home) nobody else can have written it; without one it is as good as whoever keeps the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from warehouse.access import login_name
from warehouse.chain import RUN, Link, add_link, as_bytes, latest, ledger_of, outside, read_chain
from warehouse.home import DataHome
from warehouse.signing import is_signed, sign

SIGNED = "signed"
"""The kind of the entry."""
_KEYED = ("officer_key", "officer_signature")


class NothingToSignError(LookupError):
    """The chain has no run, or the last one is not what the officer looked at."""


class Unsigned(NamedTuple):
    """What no sign-off covers: ids of runs, in order, and tables that hold something else than at the last sign-off."""

    runs: list[str]
    tables: list[str]


def sign_off(
    home: DataHome, *, name: str, office: str, note: str, at: datetime, head: str | None = None, key: Path | None = None
) -> Link:
    """Add the entry of a sign-off of the last run; return the entry of that run.

    `head`: what the officer looked at, if they say so: that of the run, or of an entry since. `at`: UTC. Raises
    `NothingToSignError`, and `SigningKeyError` for a key that cannot be used.
    """
    links, _ = read_chain(ledger_of(home))
    run = latest(links, RUN)
    if run is None or head not in (None, *(link.head for link in links if link.line >= run.line)):
        raise NothingToSignError(head or "")
    said = {
        "head": run.head,
        "run_id": run.said["run_id"],
        "name": name,
        "office": office,
        "note": note,
        "at": at.isoformat(timespec="seconds"),
        "account": login_name(),
    }
    signed = sign(outside(home, key), as_bytes(said)) if key else {}
    add_link(home, SIGNED, said | dict(zip(_KEYED, signed.values(), strict=False)))
    return run


def sign_offs(links: Sequence[Link]) -> list[Link]:
    """The entries of sign-offs, in order."""
    return [link for link in links if link.kind == SIGNED]


def wrong_sign_offs(links: Sequence[Link]) -> list[str]:
    """Sign-offs of what is no run before them in the chain, or whose signature is not that of the officer's key."""
    found, runs = [], set[str]()
    for link in links:
        if link.kind == RUN:
            runs.add(link.head)
        elif link.kind == SIGNED and (link.said.get("head") not in runs or not _is_the_officers(link)):
            found.append(f"{link.line} {SIGNED}")
    return found


def _is_the_officers(link: Link) -> bool:
    key, signature = (link.said.get(name, "") for name in _KEYED)
    added = {"kind", "number", "previous", *_KEYED}
    said: dict[str, Any] = {name: value for name, value in link.said.items() if name not in added}
    return (not key and not signature) or is_signed(as_bytes(said), key, signature)


def unsigned(links: Sequence[Link]) -> Unsigned:
    """What came after the last run that was signed off; of a chain without sign-offs all runs, and no table."""
    runs = [link for link in links if link.kind == RUN]
    heads = [link.said.get("head") for link in sign_offs(links)]
    at = max((number for number, run in enumerate(runs, 1) if run.head in heads), default=0)
    later = [str(run.said["run_id"]) for run in runs[at:]]
    if not at or not later:
        return Unsigned(later, [])
    before, now = runs[at - 1].said["tables"], runs[-1].said["tables"]
    return Unsigned(later, sorted(t for t in before.keys() | now.keys() if before.get(t) != now.get(t)))
