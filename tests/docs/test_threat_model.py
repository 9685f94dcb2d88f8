"""Every line of the threat model names tests, and each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.tampering.unseen import listed

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
PARTS = ("workbook", "name", "cell", "sidecar", "directorate", "engineer", "laptop")


def threats() -> list[str]:
    rows = [line for line in PAGE.partition("\n## What is not seen")[0].splitlines() if line.startswith("| ")]
    return [row for row in rows if not row.startswith(("| threat |", "| --- |"))]


def functions_of(file: str) -> set[str]:
    tree = ast.parse((PROJECT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_threat_names_a_test_that_exists() -> None:
    rows = threats()
    assert len(rows) >= 20
    for row in rows:
        named = NAMED.findall(row.split("|")[3])
        assert named, row
        for file, test in named:
            assert test in functions_of(file), f"{file}::{test}"
    assert len(NAMED.findall(PAGE)) == PAGE.count("::test_")


def test_what_is_not_seen_is_what_the_tamper_machine_is_measured_against() -> None:
    for heading, witness in (("without a witness", "seen"), ("by a witness either", "unseen")):
        part = PAGE.partition(f"## What is not seen {heading}")[2].partition("\n## ")[0]
        shown = [line for line in part.splitlines() if line.startswith("| ")][2:]
        assert shown == [row.shown() for row in listed() if row.witness == witness]


def test_every_kind_of_attacker_has_a_part() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, flags=re.MULTILINE)
    assert [part for part in PARTS if not any(part in heading for heading in headings)] == []
