"""Of a kabupaten and period whose lists were read before, only what changed is read, and all ends as if all were."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from assets.intake.stages.read import DAMAGED, READ
from assets.intake.stages.register import register_inbox
from assets.records.stages.validate import VALIDATE
from tests.support.inbox import MOTHER, OLD, WOMAN, Person, home_in, village, write_list
from warehouse.archive import archived
from warehouse.contents import content_hash, contents
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.stage import run_stage

START = datetime(2026, 1, 5)
OF_READING = (*READ.writes, *VALIDATE.writes)


def path_of(home: DataHome, number: int) -> Path:
    return home.inbox / f"16.10.05.20{number + 30}" / "2024" / "daftar.csv"


def declare(path: Path, text: str) -> None:
    path.with_name(path.name + ".yml").write_text(text, encoding="utf-8")


def held(home: DataHome) -> dict[str, str]:
    """What the tables of reading and validating hold, by hashes of their content."""
    return {table: content_hash(parts) for table, parts in contents(Lake(home.lake)).items() if table in OF_READING}


def read_now(home: DataHome, at: datetime) -> list[str]:
    """Register, read and validate; the files whose archived copies were looked for and not found."""
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id=f"{at:%d}", at=at)
    manifests = [run_stage(READ.begin(lake, home, partition=p)).manifest for p in READ.partitions(lake)]
    for partition in READ.partitions(lake):
        run_stage(VALIDATE.begin(lake, home, partition=partition))
    return [sid for manifest in manifests for sid in manifest.facts[DAMAGED]]


@pytest.mark.parametrize(
    "change", [lambda path: write_list(path, [OLD]), lambda path: declare(path, "skema_kode: 2012\n")]
)
def test_a_list_that_did_not_change_is_not_opened_again(tmp_path: Path, change: Callable[[Path], object]) -> None:
    home = home_in(tmp_path)
    for number, person in enumerate((OLD, MOTHER, WOMAN), 1):
        write_list(path_of(home, number), [person])
    read_now(home, START)
    before = Lake(home.lake).read("raw_rows").set_index("submission_id")["nama"]
    known = Lake(home.lake).read("submissions").set_index("path")["submission_id"]
    kept = known[path_of(home, 2).relative_to(home.inbox).as_posix()]
    original = archived(home.archive, kept)
    shutil.move(original, tmp_path / "elsewhere")  # whoever opened it would find it gone
    change(path_of(home, 1))
    path_of(home, 2).unlink()
    assert read_now(home, START + timedelta(days=1)) == []
    now = Lake(home.lake).read("raw_rows").set_index("submission_id")["nama"]
    assert now[kept] == before[kept]


@pytest.mark.parametrize("seed", range(5))
def test_after_any_sequence_of_changes_the_tables_are_those_of_a_home_that_reads_all_at_once(
    tmp_path: Path, seed: int
) -> None:
    chance = Random(seed)
    grown = home_in(tmp_path / "grown")
    lists: dict[int, list[Person]] = {number: village(number, 6) for number in range(1, 5)}
    for number, people in lists.items():
        write_list(path_of(grown, number), people)
    read_now(grown, START)
    for day in range(1, 5):
        for number in chance.sample(range(1, 6), 2):
            path = path_of(grown, number)
            if not path.exists() or chance.random() < 0.4:
                write_list(path, village(10 * day + number, chance.randrange(1, 7)))
            else:
                told = ("ditarik: salah kirim\n", "skema_kode: 2012\n", "kode_pmks: '08'\n", "tidak_ada: x\n", "")
                declare(path, chance.choice(told))
        read_now(grown, START + timedelta(days=day))

    whole = home_in(tmp_path / "whole")
    shutil.copytree(grown.root, whole.root, dirs_exist_ok=True)
    for stage in (READ.name, VALIDATE.name):
        for partition in Lake(whole.lake).partitions(stage):
            Lake(whole.lake).require_again(stage, partition)
    read_now(whole, START + timedelta(days=9))
    assert held(grown) == held(whole)
