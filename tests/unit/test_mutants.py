"""The configuration of `make mutants`: its folders and nearest tests exist, and a sample depends on its seed alone."""

from __future__ import annotations

import csv

import pytest

from tests.support.mutants import CONFIG, EQUIVALENT, PROJECT, mutant_at, nearest_tests, sites_of


@pytest.mark.parametrize("folder", CONFIG["folders"])
def test_every_folder_has_code_and_nearest_tests(folder: str) -> None:
    assert list((PROJECT / folder).rglob("*.py"))
    assert all((PROJECT / path).exists() for path in nearest_tests(f"{folder}/any.py"))


def test_all_that_is_named_is_there() -> None:
    paths = [*CONFIG["tests"], *(test for tests in CONFIG["tests"].values() for test in tests)]
    assert [path for path in paths if not (PROJECT / path).exists()] == []


def test_every_equivalent_mutant_is_of_a_line_that_stands_and_says_why() -> None:
    with EQUIVALENT.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows == sorted(rows, key=lambda row: (row["file"], row["before"], row["after"]))
    assert all(row["reason"].endswith(".") for row in rows)
    lines_of = {file: _lines(file) for file in {row["file"] for row in rows}}
    assert [row["before"] for row in rows if row["before"] not in lines_of[row["file"]]] == []


def _lines(file: str) -> set[str]:
    """The lines of a file as mutants name them."""
    return {" ".join(line.split()) for line in (PROJECT / file).read_text(encoding="utf-8").splitlines()}


def test_a_seed_draws_the_same_mutants_and_each_is_another_program() -> None:
    file = "validation/findings.py"
    drawn = [mutant_at(file, changes) for _, _, changes in sites_of(file, 1)]
    assert drawn == [mutant_at(file, changes) for _, _, changes in sites_of(file, 1)]
    source = (PROJECT / file).read_text(encoding="utf-8")
    assert all(mutant is None or mutant.code != source for mutant in drawn)
    assert any(drawn)
