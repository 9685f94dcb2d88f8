"""Lists that come in any order, in any batches, with the clock of the machine anywhere: nothing depends on it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from assets.intake.formats.isolation import ReaderPool
from tests.faults.tries import Try
from tests.support.inbox import CHILD, MOTHER, OLD, WOMAN, home_in, misspelt, refer, refresh, village, write_list
from tests.support.result import ask, result_of
from tests.support.same_state import differences
from warehouse.home import DataHome

NOON = datetime(2026, 3, 2, 12)
AGE_TODAY = frozenset({"umur"})
"""Referrals say how old people are on the day of the run."""
OF_FILES = (
    "SELECT path, outcome, kode_desa, periode, rows_data, rows_accepted, rows_quarantined FROM intake.submissions "
    "ORDER BY ALL",
    "SELECT * FROM records.quality ORDER BY ALL",
    "SELECT kode_pmks, reason_code, list_sort(record_ids) FROM referrals.unrouted ORDER BY ALL",
)


def lists(inbox: Path) -> None:
    """Seven lists of people who stand in several of them, one of them withdrawn."""
    people = village(36, 4)
    here = "16.10.05.20{}/{}/daftar.csv"
    write_list(inbox / here.format(36, 2023), people)
    write_list(inbox / here.format(36, 2024), [*misspelt(people), OLD])
    write_list(inbox / here.format(37, 2023), [MOTHER, CHILD, WOMAN])
    write_list(inbox / here.format(37, 2024), [dict(MOTHER, NIK=""), CHILD, people[0]])
    write_list(inbox / here.format(38, 2024), [dict(OLD, NAMA="SUKARDY"), dict(WOMAN, ALAMAT="DUSUN III")])
    write_list(inbox / here.format(38, 2023), [dict(CHILD, NIK="161005120315000"), *people[2:]])
    withdrawn = write_list(inbox / here.format(39, 2024), [OLD, WOMAN])
    withdrawn.with_name(f"{withdrawn.name}.yml").write_text("ditarik: salah kirim\n")


def orders(folder: Path, seed: int, count: int) -> Iterator[Try]:
    """Send the lists in random batches; compare with all of them at once. Some are sent once more."""
    chance = Random(seed)
    whole = _fresh(folder / "at-once")
    lists(whole.inbox)
    sent = sorted(path for path in whole.inbox.rglob("*") if path.is_file())
    with ReaderPool(workers=1):
        refresh(whole, "only", NOON)
        expected = _all_of(whole)
        for _ in range(count):
            home = _fresh(folder / "in-batches")
            order = chance.sample(sent, len(sent))
            cuts = sorted(chance.sample(range(1, len(order)), chance.randint(1, 3)))
            batches = [order[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]
            for run, batch in enumerate(batches):
                for path in [*batch, *([chance.choice(batches[0])] if chance.random() < 0.2 else [])]:
                    there = home.inbox / path.relative_to(whole.inbox)
                    there.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, there)
                step = refresh if batch is batches[-1] else refer
                step(home, f"run {run}", NOON + timedelta(days=run))
            names = " | ".join(" ".join(str(p.relative_to(whole.inbox)) for p in batch) for batch in batches)
            same = _all_of(home) == expected
            yield Try("lists in another order and other batches", names, () if same else ("another result",))


def clocks(folder: Path, seed: int, count: int) -> Iterator[Try]:
    """Send, correct and withdraw lists while the clock jumps by up to ten years at each run; compare with one that does
    not jump."""
    chance = Random(seed)
    with ReaderPool(workers=1):
        for _ in range(count):
            changes = [_change(chance) for _ in range(chance.randint(2, 4))]
            jumps = [timedelta(seconds=chance.randint(-315_000_000, 315_000_000)) for _ in changes]
            homes = [_fresh(folder / name) for name in ("steady", "jumping")]
            for run, (change, jump) in enumerate(zip(changes, jumps, strict=True)):
                for home, at in zip(homes, (NOON + timedelta(days=run), NOON + jump), strict=True):
                    change(home)
                    step = refresh if change is changes[-1] else refer
                    step(home, f"run {run}", at)
            wrong = tuple(differences(homes[0].root, homes[1].root, AGE_TODAY))
            yield Try("a clock that jumps", ", ".join(f"{jump.days} days" for jump in jumps), wrong)


def _change(chance: Random) -> Callable[[DataHome], None]:
    """Something that a village does to its list: send it, send it corrected, withdraw it."""
    code, people, cut = chance.randint(36, 37), village(chance.randint(1, 3), 6), chance.randint(3, 6)
    path = f"16.10.05.20{code}/2024/daftar.csv"
    withdraws = chance.random() < 0.25

    def change(home: DataHome) -> None:
        written = write_list(home.inbox / path, people[:cut])
        if withdraws:
            written.with_name(f"{written.name}.yml").write_text("ditarik: salah kirim\n")

    return change


def _fresh(folder: Path) -> DataHome:
    shutil.rmtree(folder, ignore_errors=True)
    return dataclasses.replace(home_in(folder), shrink_percent=100.0)


def _all_of(home: DataHome) -> object:
    return [*result_of(home.root), *ask(home.root, *OF_FILES)]
