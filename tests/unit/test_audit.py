"""The audit of dependencies: which locked versions an advisory speaks of, and no silence without a database."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.support.audit import LOCK, advisories, affected, is_affected, locked, main


def advisory(name: str, *events: dict[str, str], versions: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    package = {"ecosystem": "PyPI", "name": name}
    return {
        "id": f"TEST-{name}",
        "modified": "2026-01-02T00:00:00Z",
        "affected": [{"package": package, "ranges": ranges, "versions": list(versions)}],
        **more,
    }


def test_every_package_of_the_lock_is_known_with_its_version() -> None:
    text = LOCK.read_text(encoding="utf-8")
    packages = locked(text)
    assert len(packages) == len(re.findall(r"^\S+==", text, flags=re.MULTILINE)) > 100
    assert "dagster" in dict(packages) and "pandera" in dict(packages)
    marked = "Pandera[pandas]==0.35.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    assert locked(marked) == [("pandera", "0.35.0")]


@given(st.lists(st.integers(0, 30), unique=True, min_size=1, max_size=6).map(sorted), st.integers(0, 31))
def test_ranges_are_those_that_a_walk_over_all_versions_finds(borders: list[int], mine: int) -> None:
    """Borders by turns: introduced, fixed, introduced, …; the slow way goes through the versions one by one."""
    events = [{("introduced", "fixed")[i % 2]: f"1.{border}"} for i, border in enumerate(borders)]
    spans = list(pairwise([*borders, 99]))[::2]
    vulnerable = {number for begin, end in spans for number in range(begin, end)}
    assert is_affected(f"1.{mine}", advisory("x", *events)["affected"][0]) == (mine in vulnerable)


@pytest.mark.parametrize(
    ("version", "events", "expected"),
    [
        ("1.0", [{"introduced": "0"}], True),
        ("1.10", [{"introduced": "0"}, {"fixed": "1.9"}], False),
        ("1.9rc1", [{"introduced": "0"}, {"fixed": "1.9"}], True),
        ("1.9", [{"introduced": "0"}, {"last_affected": "1.9"}], True),
        ("1.9.post1", [{"introduced": "0"}, {"last_affected": "1.9"}], False),
        ("2.0", [{"introduced": "0"}, {"limit": "2.0"}], False),
        ("2.0", [{"introduced": "of old"}], True),
    ],
)
def test_versions_are_compared_as_python_does(version: str, events: list[dict[str, str]], expected: bool) -> None:
    assert is_affected(version, advisory("x", *events)["affected"][0]) == expected


def test_listed_versions_count_and_what_was_taken_back_or_is_of_another_language_does_not() -> None:
    packages = [("a-b", "1.0"), ("c", "2")]
    known = [
        advisory("A_b", versions=("1.0.0",)),
        advisory("c", {"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"),
        {"id": "N", "affected": [{"package": {"ecosystem": "npm", "name": "c"}, "versions": ["2"]}]},
    ]
    assert [(found.package, found.advisory) for found in affected(packages, known)] == [("a-b", "TEST-A_b")]


def test_the_command_says_what_is_affected_and_refuses_what_is_no_database(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("one==1.0 \\\n    --hash=sha256:00\ntwo==2.0\n", encoding="utf-8")
    known = [advisory("one", {"introduced": "0"}, {"fixed": "1.1"}, summary="Reads too much"), advisory("three")]
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        for each in known:
            archive.writestr(f"{each['id']}.json", json.dumps(each))
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, known)) + "\n", encoding="utf-8")
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    (tmp_path / "torn.json").write_text("{", encoding="utf-8")

    def run(database: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["--db", str(tmp_path / database), "--lock", str(lock)])
        return done.exit_code, done.output

    assert list(advisories(tmp_path / "all.zip")) == list(advisories(tmp_path / "all.jsonl")) == known
    code, told = run("all.zip")
    assert code == 1
    assert told.splitlines() == [
        "one 1.0: TEST-one Reads too much; fixed in 1.1",
        "2 packages, 2 advisories (newest 2026-01-02), 1 affected",
    ]
    lock.write_text("one==1.1\n", encoding="utf-8")
    assert run("all.jsonl")[0] == 0
    assert run("other.json")[0] == run("torn.json")[0] == 2
