"""A file whose reader was killed from outside, or was too slow, is tried again, at most so often, and then held."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import pytest

from assets.intake.formats.limits import Limits
from assets.intake.stages.read import READ
from assets.intake.stages.register import register_inbox
from assets.publications.stages.runs import code_of_a_run
from assets.records.stages.validate import VALIDATE
from pipelines.proof.rebuild_claims import rebuilt
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from tests.support.readers import out_of_memory
from warehouse.chain import RUN, Link
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition
from warehouse.stage import run_stage

AT = datetime(2025, 3, 1)
PLACED = "16.10.05.2036/2024/daftar.csv"
UNPLACED = "tanpa tempat.csv"
WHERE = Partition("16.10", "2024")


def read(home: DataHome) -> tuple[str, str | None, int, str | None]:
    """Read the one partition, and say what became of its file."""
    lake = Lake(home.lake)
    run_stage(READ.begin(lake, home, run_id="r", at=AT, partition=WHERE))
    readings = lake.read("readings", WHERE).astype("object")
    (row,) = readings.where(readings.notna(), None).to_dict("records")
    return row["outcome"], row["reason_code"], row["attempts"], row["reason"]


def registered(tmp_path: Path) -> DataHome:
    home = home_in(tmp_path)
    write_list(home.inbox / PLACED, VILLAGE)
    register_inbox(home, Lake(home.lake), run_id="r", at=AT)
    return home


def test_a_good_file_whose_readers_were_killed_is_read_by_the_next_run(tmp_path: Path) -> None:
    home = registered(tmp_path)
    with out_of_memory():
        outcome, code, attempts, reason = read(home)
    assert (outcome, code, attempts) == ("held", "read_again", 1)
    assert reason is not None and "percobaan 1 dari 3" in reason
    assert READ.unfinished(Lake(home.lake)) == [WHERE]
    assert read(home)[:3] == ("accepted", None, 0)
    assert READ.unfinished(Lake(home.lake)) == []


def test_after_so_many_runs_it_is_held_with_the_reason_and_not_tried_again(tmp_path: Path) -> None:
    home = dataclasses.replace(registered(tmp_path), read_attempts=2)
    with out_of_memory():
        assert read(home)[:3] == ("held", "read_again", 1)
        outcome, code, attempts, reason = read(home)
    assert (outcome, code, attempts) == ("held", "reader_killed", 2)
    assert reason is not None and "Hubungi pengelola sistem" in reason and "Sudah dicoba 2 kali" in reason
    assert READ.unfinished(Lake(home.lake)) == []
    write_list(home.inbox / "16.10.05.2037/2024/lain.csv", [OLD, WOMAN])
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id="2", at=AT)
    run_stage(READ.begin(lake, home, run_id="2", at=AT, partition=WHERE))
    told = lake.read("readings", WHERE)
    assert sorted(zip(told["outcome"], told["attempts"], strict=True)) == [("accepted", 0), ("held", 2)]


def test_a_file_without_a_place_is_tried_again_and_finds_its_place(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / UNPLACED, VILLAGE)
    with (home.inbox / UNPLACED).open("r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write("DESA : TANJUNG PASIR\nKECAMATAN : PEMULUTAN\nKABUPATEN : OGAN ILIR\nTAHUN 2021\n" + text)
    lake = Lake(home.lake)
    with out_of_memory():
        register_inbox(home, lake, run_id="1", at=AT)
    (row,) = lake.read("unplaced_readings").astype("object").to_dict("records")
    assert (row["outcome"], row["reason_code"], row["attempts"]) == ("held", "read_again", 1)
    register_inbox(home, lake, run_id="2", at=AT)
    assert lake.rows("unplaced_readings") == 0
    (placed,) = lake.read("submissions").to_dict("records")
    assert (placed["format"], placed["kode_desa"], placed["periode"]) == ("csv", "16.10.05.2036", "2021")
    assert not register_inbox(home, lake, run_id="3", at=AT).changed


def test_too_slow_is_tried_again_and_a_rebuild_proves_what_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "seconds_for", lambda limits, size: limits.seconds)  # whatever its size
    home = home_in(tmp_path)
    write_list(home.inbox / PLACED, VILLAGE)
    write_list(home.inbox / "16.10.05.2037/2024/lain.csv", [OLD, WOMAN])
    refresh(home, "1", AT)
    slow = write_list(home.inbox / "16.10.05.2038/2023/besar.csv", [OLD] * 60_000)
    lake = refresh(dataclasses.replace(home, read_seconds=0.5), "2", AT)
    assert slow.exists()
    told = lake.read("readings", Partition("16.10", "2023"))
    assert list(zip(told["reason_code"], told["attempts"], strict=True)) == [("read_again", 1)]
    with opened(home.warehouse, read_only=True) as con:
        counted = con.execute("SELECT outcome, count(*) FROM intake.submissions GROUP BY 1 ORDER BY 1").fetchall()
    assert counted == [("accepted", 2), ("held", 1)]
    said = {"kind": RUN, "ended_at": AT.isoformat(), "tables": {"referrals": {"content": "of that moment"}}}
    assert list(rebuilt(home, [Link(1, "", {**said, "code": code_of_a_run(home)}, "")])) == []


def test_the_people_of_a_file_that_is_read_at_the_second_try_are_validated_then(tmp_path: Path) -> None:
    home = registered(tmp_path)
    lake = Lake(home.lake)
    for killed in (out_of_memory(), nullcontext()):
        with killed:
            outcome, *_ = read(home)
        run_stage(VALIDATE.begin(lake, home, run_id="r", at=AT, partition=WHERE))
    assert outcome == "accepted"
    assert len(lake.read("accepted", WHERE)) == len(VILLAGE)
