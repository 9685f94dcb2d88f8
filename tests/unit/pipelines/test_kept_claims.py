"""What verifying says of the registry, its receipts and the archive."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines.proof.kept_claims import contradictory_receipts
from tests.support.declared import frame
from warehouse.home import DataHome
from warehouse.lake import Lake


@pytest.mark.parametrize("lists", [1, 30, 300])
def test_a_list_that_came_twice_in_one_look_stands_at_the_first_path_however_many_there_are(
    tmp_path: Path, lists: int
) -> None:
    """Receipts lie by path, and their looks in any order: a sort that is not stable takes the second path of some."""
    home = DataHome(tmp_path, tmp_path / "inbox")
    lake = Lake(home.lake)
    first = [
        {"path": f"{number:03}/a.xlsx", "submission_id": sha256(f"{number}".encode()).hexdigest()}
        | {"received_at": datetime(2025, 3, 1 + number % 3), "seq": 1 + number % 3}
        for number in range(lists)
    ]
    twice = [row | {"path": f"{number:03}/{name}.xlsx"} for number, row in enumerate(first) for name in "ab"]
    for stated, contradictory in ((first, []), ([*first[:-1], twice[-1]], [first[-1]["submission_id"]])):
        tables = {"submissions": frame("submissions", *stated), "receipts": frame("receipts", *twice)}
        lake.write("submissions", tables, inputs=str(contradictory))
        assert contradictory_receipts(home, lake) == contradictory
