"""A refresh with a few new, replaced and withdrawn files matches few records, and ends where a whole refresh ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from tests.support.inbox import MOTHER, OLD, Person, home_in, misspelt, refresh, village, write_list
from warehouse.home import DataHome
from warehouse.in_force import records_in_force
from warehouse.lake import Lake

START = datetime(2026, 1, 5)


def send(home: DataHome, code: int, period: str, people: list[Person], *, declared: str = "") -> Path:
    path = home.inbox / f"16.10.05.20{code + 30:02d}" / period / "daftar.csv"
    if declared:
        path.with_name(path.name + ".yml").write_text(declared, encoding="utf-8")
    return write_list(path, people)


def state(lake: Lake) -> dict[str, object]:
    """What a refresh must come to: who is who, who lives with whom, and by which links (ids may remember history)."""
    members = lake.read("membership")
    groups = {
        column: {frozenset(group) for _, group in members.groupby(column)["record_id"]}
        for column in ("person_id", "household_id")
    }
    queue = lake.read("review_queue")[["record_id_l", "record_id_r", "reason", "records_changed"]]
    links = lake.read("links")
    return {**groups, "links": links.to_dict("list"), "queue": {tuple(row) for row in queue.to_numpy().tolist()}}


def test_a_few_new_files_touch_few_records_and_the_result_is_that_of_a_whole_refresh(tmp_path: Path) -> None:
    home = home_in(tmp_path / "grown")
    villages = {code: village(code) for code in range(1, 9)}
    for code, people in villages.items():
        send(home, code, "2023", people)
        send(home, code, "2024", misspelt(people))
    lake = refresh(home, "first", START)
    facts = lake.manifest("households").facts
    assert facts["from_scratch"] is not None and facts["records_matched"] == 960
    before = lake.read("membership").set_index("record_id")["person_id"]

    send(home, 9, "2024", village(9, 30))
    send(home, 3, "2024", misspelt(villages[3])[:55])
    send(home, 4, "2023", villages[4], declared="ditarik: salah kirim\n")
    lake = refresh(home, "second", START + timedelta(days=1))
    facts = lake.manifest("households").facts
    assert facts["from_scratch"] is None
    assert 30 < facts["records_matched"] < 400
    assert len(records_in_force(lake)) == 960 + 30 - 5 - 60
    after = lake.read("membership").set_index("record_id")["person_id"]
    untouched = lake.read("accepted").set_index("record_id")["kode_desa"]
    kept = [
        r for r in before.index.intersection(after.index) if untouched[r][-2:] in ("31", "32", "35", "36", "37", "38")
    ]
    assert len(kept) > 400
    pd.testing.assert_series_equal(before[kept], after[kept])

    whole = home_in(tmp_path / "whole")
    for path in sorted(p for p in home.inbox.rglob("*") if p.is_file()):
        there = whole.inbox / path.relative_to(home.inbox)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(path.read_bytes())
    assert state(lake) == state(refresh(whole, "only", START))


def test_where_every_list_was_withdrawn_nobody_is_left_and_what_is_sent_later_is_matched(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    people = [OLD, OLD | {"NAMA": "SUKARDY", "NIK": ""}, MOTHER]
    send(home, 6, "2024", people)
    assert len(refresh(home, "first", START).read("links")) == 1
    send(home, 6, "2024", people, declared="ditarik: salah kirim\n")
    lake = refresh(home, "second", START + timedelta(days=1))
    assert (len(lake.read("membership")), len(lake.read("links"))) == (0, 0)
    send(home, 7, "2024", people[:2])
    assert len(refresh(home, "third", START + timedelta(days=2)).read("membership")) == 2
