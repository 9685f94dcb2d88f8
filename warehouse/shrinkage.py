"""Stopping a stage before it writes an implausible loss, and the ledger of losses that a person accepted.

Each stage that decides what counts calls `require_no_shrink` before it writes: settling for lists, matching for people,
referring for referrals. So what stood before stands, in the lake as in what is published: no id is retired and no
referral ends in the history because of a fault. The next run compares with the same state, and stops again, until the
fault is mended or the loss is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from validation.shrinkage import Shrink
from warehouse.files import add_lines, write_whole
from warehouse.home import DataHome

SHOWN = 5
"""So many villages are named in the message; the note has them all."""


class ShrinkError(RuntimeError):
    """What counts would shrink implausibly. The message holds counts and codes, no values of persons."""


def refused_note(home: DataHome) -> Path:
    """Where the losses that stopped the last run are written down, with all ids."""
    return home.losses / "refused.json"


def accepted_ledger(home: DataHome) -> Path:
    """The ledger of accepted losses: one JSON object a line, only ever added to."""
    return home.losses / "accepted.jsonl"


def require_no_shrink(found: Iterable[Shrink | None], home: DataHome, *, run_id: str, at: datetime) -> None:
    """Raise `ShrinkError` where a loss was found that is not accepted; write down an accepted one in the ledger."""
    losses = [loss for loss in found if loss is not None]
    if not losses:
        return
    if home.shrink_accepted is None:
        write_whole(refused_note(home), json.dumps([asdict(loss) for loss in losses], indent=1).encode())
        raise ShrinkError("; ".join(map(_sentence, losses)) + f". Nothing was changed; ids: {refused_note(home)}")
    who = {
        "at": at.isoformat(),
        "run_id": run_id,
        "accepted_by": home.shrink_accepted.by,
        "reason": home.shrink_accepted.reason,
    }
    add_lines(accepted_ledger(home), ({**who, **asdict(loss)} for loss in losses))
    refused_note(home).unlink(missing_ok=True)


def accepted_losses(home: DataHome) -> list[dict[str, Any]]:
    """The entries of the ledger, in the order in which they were made."""
    ledger = accepted_ledger(home)
    return [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()] if ledger.exists() else []


def refused_losses(home: DataHome) -> list[Shrink]:
    """The losses that stopped the last run that was stopped by one; empty where there is no note, or none to read."""
    try:
        return [Shrink(**loss) for loss in json.loads(refused_note(home).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def _sentence(loss: Shrink) -> str:
    largest = sorted(loss.villages.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{village}: {count}" for village, count in largest[:SHOWN]]
    if len(largest) > SHOWN:
        named.append(f"and {len(largest) - SHOWN} more villages")
    named += [f"{directorate}: {count}" for directorate, count in loss.directorates.items()]
    return f"{loss.lost} of {loss.before} {loss.what} would be lost without a withdrawal ({', '.join(named)})"
