"""A damaged file of the lake is never read as the truth: it is made again, brought back from its copy, or refused."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import cycle
from pathlib import Path

import pytest

from assets.households.linkage.model.parameters import Model
from assets.intake.stages.read import READ
from assets.records.stages.validate import VALIDATE
from assets.referrals.stages.refer import REFER
from tests.support.damage import DAMAGES, flipped, lost
from tests.support.finished import pmks
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from tests.support.same_state import differences
from warehouse.home import DataHome
from warehouse.lake import DamagedTableError, Lake, LostTableError
from warehouse.manifests import keeps_twice
from warehouse.migrations import FORMAT, MATCH_STATE_FOLDER, FormatError
from warehouse.repairs import repairs
from warehouse.tables import tables
from warehouse.verification import damaged_files
from warehouse.wholeness import SECOND_COPIES

SINCE = datetime(2020, 1, 1)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    """A home in which two runs have finished; read only."""
    home = home_in(tmp_path_factory.mktemp("undisturbed"))
    write_list(home.inbox / "16.10.05.2036/2024/pmks.csv", VILLAGE)
    refresh(home, "first", datetime(2025, 1, 1))
    write_list(home.inbox / "16.10.05.2037/2024/pmks.csv", [OLD | {"NIK": "1610050107400009"}, WOMAN])
    write_list(home.inbox / "16.10.05.2036/2023/pmks.csv", [OLD])
    refresh(home, "second", datetime(2025, 1, 2))
    return home


@pytest.fixture
def home(undisturbed: DataHome, tmp_path: Path) -> DataHome:
    shutil.copytree(undisturbed.root, tmp_path / "home")
    return DataHome(root=tmp_path / "home", inbox=undisturbed.inbox, settle_seconds=0.0, workers=1)


def parts(home: DataHome, *, irreplaceable: bool) -> list[Path]:
    found = sorted(home.lake.glob("*/**/*.parquet"))
    found = [path for path in found if path.relative_to(home.lake).parts[0] not in (SECOND_COPIES, MATCH_STATE_FOLDER)]
    return [p for p in found if tables()[p.relative_to(home.lake).parts[0]].irreplaceable == irreplaceable]


def manifests(home: DataHome, *, twice: bool) -> list[Path]:
    found = sorted((home.lake / "_manifests").rglob("*.json"))
    return [
        p for p in found if keeps_twice(p.relative_to(home.lake / "_manifests").parts[0].partition(".")[0]) == twice
    ]


def damaged(victims: Iterable[Path], damages: Iterable[Callable[[Path], None]] = DAMAGES.values()) -> None:
    """Damage each file, by each kind of damage in turn."""
    for victim, damage in zip(victims, cycle(damages), strict=False):
        damage(victim)


def survives(home: DataHome, undisturbed: DataHome, victims: Iterable[Path], kind: str) -> None:
    """One refresh comes to the state of the undisturbed home, everything whole again, and says what it did."""
    before = len(repairs(home.lake, since=SINCE))
    refresh(home, "third", datetime(2025, 1, 3))
    assert list(differences(undisturbed.root, home.root)) == []
    assert damaged_files(Lake(home.lake)) == []
    done = repairs(home.lake, since=SINCE)[before:]
    assert {(repair.kind, repair.what) for repair in done} == {
        (kind, victim.relative_to(home.lake).as_posix()) for victim in victims
    }


def test_tables_that_can_be_made_again_are(home: DataHome, undisturbed: DataHome) -> None:
    victims = parts(home, irreplaceable=False)
    damaged(victims)
    survives(home, undisturbed, victims, "made_again")


def test_each_damaged_table_alone_is_made_again(home: DataHome, undisturbed: DataHome) -> None:
    chosen = random.Random(20).sample(parts(home, irreplaceable=False), 3)
    for victim in chosen:
        flipped(victim)
        survives(home, undisturbed, [victim], "made_again")
        (home.lake / "_repairs.jsonl").unlink()


def test_what_nothing_can_make_again_is_brought_back_from_its_copy(home: DataHome, undisturbed: DataHome) -> None:
    victims = [*parts(home, irreplaceable=True), *manifests(home, twice=True)]
    damaged(victims)
    survives(home, undisturbed, victims, "second_copy")


def test_what_referring_remembers_is_kept_twice_but_what_it_can_make_again() -> None:
    once = {name for name in REFER.remembers if not tables()[name].irreplaceable}
    assert once == {"referrals", "unrouted", "overlap"}


def test_a_torn_manifest_of_what_can_be_made_again_counts_as_absent(home: DataHome, undisturbed: DataHome) -> None:
    victims = manifests(home, twice=False)
    damaged(victims, [damage for damage in DAMAGES.values() if damage is not lost])
    survives(home, undisturbed, victims, "made_again")


def test_damaged_second_copies_are_made_again_from_what_is_whole(home: DataHome, undisturbed: DataHome) -> None:
    damaged(sorted(path for path in (home.lake / SECOND_COPIES).rglob("*") if path.is_file()))
    survives(home, undisturbed, [], "")


def test_what_is_damaged_with_its_copy_is_refused_and_nothing_changes(home: DataHome) -> None:
    for victim in parts(home, irreplaceable=True):
        copy = home.lake / SECOND_COPIES / victim.relative_to(home.lake)
        whole = {path: path.read_bytes() for path in (victim, copy)}
        for path in whole:
            flipped(path)
        with pytest.raises(LostTableError, match=victim.name):
            refresh(home, "third", datetime(2025, 1, 3))
        for path, content in whole.items():
            path.write_bytes(content)


def test_the_stamp_of_the_lake_heals_or_is_refused(home: DataHome) -> None:
    stamp, copy = home.lake / FORMAT, home.lake / SECOND_COPIES / FORMAT
    for damage in DAMAGES.values():
        damage(stamp)
        home.make()
        assert stamp.read_bytes() == copy.read_bytes()
    for path in (stamp, copy):
        flipped(path)
    with pytest.raises(FormatError, match="second copy"):
        home.make()


def test_who_reads_a_damaged_table_outside_of_a_run_is_told_and_the_next_run_heals_it(
    home: DataHome, undisturbed: DataHome
) -> None:
    (victim,) = Lake(home.lake).files("accepted", VALIDATE.partitions(Lake(home.lake))[0])
    flipped(victim)
    with pytest.raises(DamagedTableError, match="pmks run"):
        Lake(home.lake).read("accepted")
    survives(home, undisturbed, [victim], "made_again")


def test_a_lost_part_that_no_stage_has_to_read_is_missed_and_made_again(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    lake = Lake(home / "lake")
    victims = [lake.files(table, READ.partitions(lake)[0])[0] for table in ("ledger", "proposals")]
    for victim in victims:
        victim.unlink()
    (tmp_path / "inbox").mkdir()
    done = pmks("run", "--inbox", tmp_path / "inbox", "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [victim.exists() for victim in victims] == [True, True]
    assert damaged_files(lake) == []


def test_the_summary_says_what_was_mended_and_a_command_what_to_do(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    (victim,) = Lake(home / "lake").files("outcomes")
    flipped(victim)
    told = pmks("corrections", "--lang", "en", "--data", home)
    assert (told.returncode, "Traceback" in told.stderr) == (1, False)
    assert f"{victim} is damaged" in told.stderr and f"pmks run --data {home}" in told.stderr
    (tmp_path / "inbox").mkdir()
    done = pmks("run", "--inbox", tmp_path / "inbox", "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"damaged, and made again: lake/outcomes/{victim.name}" in done.stdout
    history = Lake(home / "lake").files("history")[0]
    for path in (history, home / "lake" / SECOND_COPIES / "history" / history.name):
        flipped(path)
    refused = pmks("run", "--inbox", tmp_path / "inbox", "--data", home)
    assert refused.returncode == 1
    assert "LostTableError" in refused.stderr and "Bring lake/ back from the backup" in refused.stderr


def test_a_run_says_that_another_model_matched_and_where_the_one_before_is(finished: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished, tmp_path / "home"))
    shipped = Model.default()
    own = replace(shipped, pairs={kind: each * 1.01 for kind, each in shipped.pairs.items()})
    own.save(home / "models" / "model.json")
    (tmp_path / "inbox").mkdir()
    done = pmks("run", "--inbox", tmp_path / "inbox", "--data", home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"with model {own.hash}, and with {shipped.hash} before" in " ".join(done.stdout.split())
    assert (home / "archive" / "models" / f"{shipped.hash}.json").exists()
