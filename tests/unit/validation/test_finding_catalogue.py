"""The catalogue of findings: every code in use has a row, every row is in use, and each says what to do and why."""

from __future__ import annotations

import ast
import csv
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import validation
from assets.records.identifiers import REASONS
from validation.findings import CATALOGUE, finding, findings_frame, message_of
from validation.nik import STATUSES_IN_A_LIST as STATUSES
from warehouse.tables import tables

PROJECT = Path(validation.__file__).parents[1]


def texts_in_code() -> Iterator[str]:
    """Every string that stands in the code of the rooms and in their rule tables."""
    for path in (PROJECT / "assets").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for path in (PROJECT / "assets").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                yield from row


def emitted() -> Iterator[str]:
    """The code that each call of `finding(…)`, `message_of(…)` and `found.add(…)` names."""
    for path in (PROJECT / "assets").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = ast.unparse(node.func)
                if called in {"finding", "message_of", "found.add"} and isinstance(node.args[0].value, str):
                    yield node.args[0].value


def test_every_code_in_use_is_in_the_catalogue() -> None:
    codes = set(emitted())
    assert len(codes) > 30
    assert codes <= CATALOGUE.keys()


def test_every_code_of_the_catalogue_is_in_use() -> None:
    assert CATALOGUE.keys() <= set(texts_in_code())


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_code_says_who_must_act_and_on_what_basis(code: str) -> None:
    entry = CATALOGUE[code]
    assert re.fullmatch(r"[a-z][a-z_]+", code)
    assert entry["stage"] in {"intake", "records", "publications"}
    assert entry["severity"] in {"error", "warning", "fix", "info"}
    assert entry["actor"] in {"desa", "kabupaten", "direktorat"}
    assert entry["message"].strip() and entry["basis"].strip()
    assert entry["message"].rstrip().endswith((".", ")"))
    assert not entry["expected"] or re.fullmatch(r".*[^.]\.", entry["expected"])
    facts = {name: "x" for _, name, _, _ in string.Formatter().parse(entry["message"]) if name}
    assert "{" not in message_of(code, **facts)


def test_what_the_village_must_act_on_says_what_is_expected() -> None:
    silent = [c for c, e in CATALOGUE.items() if e["stage"] != "intake" and not e["expected"]]
    assert not silent


def test_the_catalogue_is_in_order_and_without_repetition() -> None:
    with (PROJECT / "validation" / "findings.csv").open(encoding="utf-8", newline="") as lines:
        codes = [row["code"] for row in csv.DictReader(lines)]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("code", [code for code, row in CATALOGUE.items() if "{lembar}" in row["message"]])
def test_what_is_said_of_a_sheet_without_a_name_is_said_of_the_file(code: str) -> None:
    facts = {name: "x" for _, name, _, _ in string.Formatter().parse(CATALOGUE[code]["message"]) if name}
    named, of_file = message_of(code, **facts | {"lembar": "Data"}), message_of(code, **facts | {"lembar": ""})
    assert of_file.lower() == named.lower().replace('lembar "data"', "berkas ini")


def test_statuses_of_numbers_are_those_declared_and_each_doubt_has_its_words() -> None:
    declared = {column.name: column.values for column in tables()["accepted"].columns}
    for values in (declared["nik_status"], declared["kk_status"]):
        assert values is not None and sorted(STATUSES) == sorted(values.content)
    assert REASONS.keys() == set(STATUSES) - {"sound", "missing", "placeholder"}


def test_findings_stand_in_order_and_once() -> None:
    one = finding("nik_missing", submission_id="b" * 64, sheet="S", row=3, column="B", field="nik")
    whole = finding("withdrawn", submission_id="a" * 64)
    frame = findings_frame([one, one, whole])
    assert frame["code"].tolist() == ["withdrawn", "nik_missing"]
    with pytest.raises(KeyError):
        message_of("no_such_code")
