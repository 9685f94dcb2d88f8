"""A stage runs when, and only when, something it depends on has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.warehouse.test_lake import HERE, THERE, receipts
from warehouse.lake import Lake, digest_of, digest_of_files
from warehouse.stage import Tables, code_digest, run_stage


class Counted:
    """A computation that counts how often it was asked for."""

    def __init__(self, *paths: str) -> None:
        self.paths, self.times = paths, 0

    def __call__(self) -> tuple[Tables, dict[str, object]]:
        self.times += 1
        return {"receipts": receipts(*self.paths)}, {"counted": self.times}


def test_the_same_inputs_are_computed_once(tmp_path: Path) -> None:
    lake, compute = Lake(tmp_path), Counted("a")
    first = run_stage(lake, "submissions", "inputs", compute)
    again = run_stage(lake, "submissions", "inputs", compute)
    assert (first.changed, again.changed, compute.times) == (True, False, 1)
    assert again.manifest == first.manifest
    assert again.manifest.facts == {"counted": 1}


def test_other_inputs_are_computed_again_even_if_they_come_to_the_same(tmp_path: Path) -> None:
    lake, compute = Lake(tmp_path), Counted("a")
    first = run_stage(lake, "submissions", "inputs", compute)
    again = run_stage(lake, "submissions", "others", compute)
    assert (again.changed, compute.times) == (True, 2)
    assert again.manifest.digest == first.manifest.digest


def test_partitions_of_a_stage_stand_for_their_own_inputs(tmp_path: Path) -> None:
    lake, compute = Lake(tmp_path), Counted("a")
    for partition in (HERE, THERE, HERE):
        run_stage(lake, "rows", "inputs", compute, partition)
    assert compute.times == 2


def test_a_computation_that_fails_leaves_what_stood_and_is_tried_again(tmp_path: Path) -> None:
    def broken() -> tuple[Tables, dict[str, object]]:
        raise MemoryError

    lake = Lake(tmp_path)
    run_stage(lake, "submissions", "inputs", Counted("a"))
    with pytest.raises(MemoryError):
        run_stage(lake, "submissions", "others", broken)
    assert list(lake.read("submissions", "receipts")["path"]) == ["a"]
    assert run_stage(lake, "submissions", "others", Counted("b")).changed
    assert list(lake.read("submissions", "receipts")["path"]) == ["b"]


def test_code_counts_by_name_and_content_and_other_files_do_not(tmp_path: Path) -> None:
    digests = []
    for number, (name, content, beside) in enumerate(
        [("a.py", "1", "x"), ("a.py", "1", "y"), ("a.py", "2", "x"), ("b.py", "1", "x"), ("a.csv", "1", "x")]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_text(content)
        (folder / "notes.txt").write_text(beside)
        digests.append(code_digest(folder))
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_digests_do_not_run_names_and_contents_together(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, files in ((one, {"a": "b\0c", "d": ""}), (two, {"a": "b", "c": "d"})):
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content)
    assert digest_of_files([*one.iterdir()]) != digest_of_files([*two.iterdir()])
    assert digest_of("a", "b") != digest_of("ab") != digest_of(["a", "b"])
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
