"""The trend of the standing checks: a line for each run in which a count changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.standing_checks import history_of_checks, note_checks, read_checks


def test_each_change_of_a_count_is_a_line_and_nothing_else(tmp_path: Path) -> None:
    home, start = home_in(tmp_path), datetime(2025, 1, 1)
    village = home.inbox / "16.10.05.2036/2024"
    write_list(village / "pmks.csv", VILLAGE)
    refresh(home, "r1", start)
    refresh(home, "r2", start + timedelta(days=1))
    write_list(village / "lain.csv", [VILLAGE[0] | {"NAMA": ""}])
    refresh(home, "r3", start + timedelta(days=2))
    first, second = read_checks(home)
    assert [(line["run_id"], line["found"]["nama_kosong"]) for line in (first, second)] == [
        ("r1", [0, len(VILLAGE)]),
        ("r3", [1, len(VILLAGE) + 1]),
    ]
    assert second["at"] == "2025-01-03T00:00:00"
    history_of_checks(home).write_bytes(b"\0\n[]\n{}\n" + history_of_checks(home).read_bytes())
    assert read_checks(home) == [first, second]
    assert note_checks(home, run_id="r4", at=start)["nama_kosong"] == 1
    assert len(read_checks(home)) == 2
