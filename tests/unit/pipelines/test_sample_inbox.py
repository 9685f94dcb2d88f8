"""The sample inbox: the same seed gives the same bytes, and every way in which real lists arrive is in it."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

from pipelines.sample_inbox import SampleReport, write_sample_inbox
from pipelines.sample_inbox.inbox import TRUTH_COLUMNS, SampleError
from pipelines.sample_inbox.layouts import LAYOUTS
from pipelines.sample_inbox.population import FIRST_FREE_SERIAL, Population, categories_of, words
from pipelines.sample_inbox.sheets import FORMATS
from validation.regions import village

COMMITTED = Path(__file__).parents[3] / "samples"
COMMITTED_SEED = 2011


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleReport]:
    home = tmp_path_factory.mktemp("sample")
    return home, write_sample_inbox(home / "inbox", seed=COMMITTED_SEED, truth=home / "truth.csv")


def contents(folder: Path) -> dict[str, str]:
    """Hash of every file under a folder, by path."""
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def unpacked(path: Path) -> object:
    """A file's content without its compression, which differs between builds of zlib."""
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {member: archive.read(member) for member in archive.namelist()}
    except zipfile.BadZipFile:
        return "zip, cut off" if content.startswith(b"PK") else content


def test_the_same_seed_gives_the_same_bytes(sample: tuple[Path, SampleReport], tmp_path: Path) -> None:
    home, report = sample
    again = write_sample_inbox(tmp_path / "inbox", seed=COMMITTED_SEED, truth=tmp_path / "truth.csv")
    assert contents(tmp_path) == contents(home)
    assert again == report


def test_another_seed_gives_other_people(sample: tuple[Path, SampleReport], tmp_path: Path) -> None:
    write_sample_inbox(tmp_path / "inbox", seed=COMMITTED_SEED + 1)
    ours, theirs = contents(sample[0] / "inbox"), contents(tmp_path / "inbox")
    lists = [path for path in ours if not path.endswith(".yml")]
    assert ours.keys() == theirs.keys()
    assert all(ours[path] != theirs[path] for path in lists)


def test_the_committed_sample_is_what_the_generator_makes(sample: tuple[Path, SampleReport]) -> None:
    home, _ = sample
    assert contents(COMMITTED / "inbox").keys() == contents(home / "inbox").keys()
    for path in contents(home / "inbox"):
        assert unpacked(COMMITTED / "inbox" / path) == unpacked(home / "inbox" / path), path
    assert (COMMITTED / "truth.csv").read_bytes() == (home / "truth.csv").read_bytes()


def test_every_layout_and_format_is_used() -> None:
    files = [plan for slot in words("plan")["slots"] for plan in slot]
    assert {plan["layout"] for plan in files} == set(LAYOUTS)
    assert {plan.get("format", "xlsx") for plan in files} == set(FORMATS)


def test_people_come_back_in_other_lists_years_and_households(sample: tuple[Path, SampleReport]) -> None:
    lists, households, villages = defaultdict(set), defaultdict(set), defaultdict(set)
    for path, _, _, person, household, _, _ in sample[1].truth:
        lists[person].add(path)
        households[person].add(household)
        villages[person].add(next(code for code in words("plan")["villages"] if code in path))
    assert sum(len(paths) > 1 for paths in lists.values()) > 100
    assert sum(len(keys) > 1 for keys in households.values()) >= 5, "nobody married into a new household"
    assert sum(len(places) > 1 for places in villages.values()) >= 5, "no family moved to another village"


def test_each_outcome_of_rows_and_files_is_there_and_copies_repeat_bytes(sample: tuple[Path, SampleReport]) -> None:
    home, report = sample
    assert {line[6] for line in report.truth} == {"accepted", "quarantined", "held", "rejected", "superseded"}
    hashes = list(contents(home / "inbox").values())
    assert len(hashes) == report.files
    assert len(hashes) - len(set(hashes)) == 1


def test_the_truth_has_a_line_for_each_row_and_stays_out_of_the_inbox(
    sample: tuple[Path, SampleReport], tmp_path: Path
) -> None:
    home, report = sample
    with (home / "truth.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert tuple(rows[0]) == TRUTH_COLUMNS
    assert rows[1:] == [[str(value) for value in line] for line in report.truth]
    assert len({line[:3] for line in report.truth}) == report.rows
    with pytest.raises(SampleError, match="truth_inside"):
        write_sample_inbox(tmp_path / "inbox", seed=1, truth=tmp_path / "inbox" / "truth.csv")
    assert not (tmp_path / "inbox").exists()


def test_numbers_belong_to_nobody_and_are_never_used_twice() -> None:
    population = Population(3, ["16.10.05.2036", "15.07.08.1001"], 40, first_year=2023)
    people = {m.person for year in (2023, 2024, 2025) for h in population.in_year(year) for m in h.members}
    numbers = [person.nik for person in people]
    assert len(set(numbers)) == len(numbers)
    assert all(len(n) == 16 and int(n[-4:]) >= FIRST_FREE_SERIAL for n in numbers)
    assert all(int(p.nik[6:8]) == p.born.day + (40 if p.sex == "P" else 0) for p in people)


def test_categories_follow_age_and_sex() -> None:
    population = Population(5, ["16.10.05.2036"], 400, first_year=2023)
    for year in (2023, 2025):
        for household in population.in_year(year):
            for member in household.members:
                codes, age = set(categories_of(member, household, year)), member.person.age(year)
                assert "23" not in codes or (member.person.sex == "P" and 18 <= age <= 59)
                assert "08" not in codes or age >= 60
                assert not codes & {"02", "04"} or age <= 18
                assert not {"05", "09"} <= codes


def test_villages_of_the_users_own_are_filled_and_unknown_ones_refused(tmp_path: Path) -> None:
    code = "16.10.05.2042"
    report = write_sample_inbox(tmp_path / "one", seed=4, villages=[code])
    assert report.files > 0
    assert all(code in path for path in contents(tmp_path / "one"))
    place = village(code)
    assert place is not None
    with pytest.raises(SampleError, match="no_village"):
        write_sample_inbox(tmp_path / "none", seed=4, villages=["99.99.99.9999"])
