"""The ledger of spot checks: which sample was drawn when, from how many, and what came of it.

One JSON object a line, `audit/spotchecks.jsonl`, only ever added to; the chain of runs says how long it was. It holds
ids, counts and codes, and no word of a person. A sample that was drawn and never read back stays visible, so that
nobody can draw until a sample pleases.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from assets.publications.run_entry import spot_checks_ledger
from pipelines.spotcheck.draw import draw, evidence, population
from pipelines.spotcheck.rates import Stratum
from pipelines.spotcheck.workbook import SpotCheckError, checked, read_spot_check, write_spot_check
from warehouse.chain import head_of
from warehouse.files import add_lines, locked, sha256_of
from warehouse.home import DataHome
from warehouse.lake import Reader

DRAWN, ANSWERED = "drawn", "answered"


def draw_sample(
    home: DataHome, tables: Reader, path: Path, *, seed: str, per_stratum: int, by: str, at: datetime
) -> dict[str, Any]:
    """Draw a sample, write its workbook to `path`, and return its entry in the ledger.

    `seed`: any text; best one that nobody could choose, such as the numbers of a lottery to come. `at`: UTC.
    """
    units = population(tables)
    drawn = draw(units, seed=seed, per_stratum=per_stratum)
    sizes, counts = (frame["stratum"].value_counts().to_dict() for frame in (units, drawn))
    entry = {
        "kind": DRAWN,
        "at": at.isoformat(timespec="seconds"),
        "by": by,
        "seed": seed,
        "head": head_of(home),
        "strata": {str(name): [int(size), int(counts[name])] for name, size in sizes.items()},
        "units": dict(zip(drawn["unit_id"], drawn["stratum"], strict=True)),
    }
    entry["sample_id"] = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:16]
    write_spot_check(path, drawn, evidence(tables, drawn), entry)
    _add(home, entry)
    return entry


def read_sample(home: DataHome, path: Path, *, at: datetime) -> list[Stratum]:
    """Write the answers of a workbook into the ledger, and count them by stratum. The same workbook again adds nothing.

    Raises `SpotCheckError`, and changes nothing then. Who could not be found out about counts as not answered.
    """
    sample_id, found = read_spot_check(path)
    ledger = _entries(home)
    drawn = next((e for e in ledger if e["kind"] == DRAWN and e["sample_id"] == sample_id), None)
    if drawn is None:
        raise SpotCheckError([("unknown_sample", 0)])
    units: dict[str, str] = drawn["units"]
    answers = checked(found, set(units))
    said = {"kind": ANSWERED, "sample_id": sample_id, "answers": {u: a.answer for u, a in sorted(answers.items())}}
    if not any(said.items() <= entry.items() for entry in ledger):
        by = sorted({answer.by for answer in answers.values()})
        _add(home, said | {"at": at.isoformat(timespec="seconds"), "by": by, "workbook": sha256_of(path)})
    by_stratum = [(units[unit], answer.answer) for unit, answer in answers.items()]
    return [
        Stratum(
            name,
            size,
            sum(by_stratum.count((name, each)) for each in ("right", "wrong")),
            by_stratum.count((name, "wrong")),
        )
        for name, (size, _) in sorted(drawn["strata"].items())
    ]


def _entries(home: DataHome) -> list[dict[str, Any]]:
    ledger = spot_checks_ledger(home)
    return [json.loads(line) for line in ledger.read_bytes().splitlines()] if ledger.exists() else []


def _add(home: DataHome, entry: dict[str, Any]) -> None:
    with locked(home.audit / ".lock"):
        add_lines(spot_checks_ledger(home), [entry])
