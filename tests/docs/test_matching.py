"""The page on matching: its worked pair is what the shipped model computes, its picture too, and its files exist."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations

import pandas as pd
import pytest

from assets.households.linkage.blocking import Blocking, make_blocks
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import prepare
from assets.households.review.explain import Explanation, explain, scorer
from tests.support.finished import PROJECT

PAGE = (PROJECT / "docs" / "matching.md").read_text(encoding="utf-8")
PICTURE = (PROJECT / "docs" / "matching.svg").read_text(encoding="utf-8")
PAGES = ["matching.md", "matching-measured.md", "review.md"]
PICTURED = {"A – B": "+16.8", "C – D": "+28.0", "A – C": "−28.6", "A – E": "−12.6"}
HOME = {"kk": "same", "kepala": "same", "desa": "same", "tempat": "same_address"}


def table(first_column: str) -> list[list[str]]:
    """The rows of the table of the page whose first column has this title, without markup."""
    lines = PAGE[PAGE.index(f"| {first_column} |") :].split("\n\n", 1)[0].splitlines()
    return [[cell.strip().strip("*`") for cell in line.strip("|").split("|")] for line in [lines[0], *lines[2:]]]


@cache
def records() -> pd.DataFrame:
    """The records of the worked pair, as the page gives them."""
    (_, *ids), *rows = table("field")
    columns = {name: [value or None for value in values] for name, *values in rows}
    return pd.DataFrame({"record_id": ids} | columns)


@cache
def explained(left: str, right: str) -> Explanation:
    """What the shipped model computes for two of the records."""
    return explain(scorer(records(), Model.default()), left, right)


@cache
def clustered() -> Clusters:
    """The match of the records by the shipped model."""
    return cluster_records(records(), model=Model.default())


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def shown(weight: float, digits: int) -> str:
    """A weight as the page writes it: with its sign, and no sign where it rounds to 0."""
    text = f"{weight:+.{digits}f}".replace("-", "−")
    return text[1:] if not float(text[1:]) else text


@pytest.mark.parametrize(("right", "column"), [("B", 1), ("C", 3)])
def test_levels_and_weights_of_the_worked_pair_are_those_of_the_shipped_model(right: str, column: int) -> None:
    documented, found = table("comparison")[1:], explained("A", right)
    levels = dict(zip(found.comparisons["comparison"], found.comparisons["level"], strict=True))
    weights = dict(zip(found.comparisons["comparison"], found.comparisons["weight"], strict=True))
    weights |= {"starting": found.prior, "match": found.weight}
    compared = [row[0].split(" ")[0].strip("`") for row in documented]
    assert {name for name, weight in weights.items() if weight and not pd.isna(weight)} <= set(compared)
    for name, row in zip(compared, documented, strict=True):
        assert row[column + 1] == shown(weights[name], 2), name
        if name not in ("starting", "match", "rumah"):
            assert row[column] == levels[name], name
    assert {part: levels[part] for part in HOME} == HOME
    total = sum(number(row[column + 1]) for row in documented[:-1])
    assert total == pytest.approx(number(documented[-1][column + 1]), abs=0.03)


def test_the_page_states_the_probability_and_the_other_weights_as_computed() -> None:
    text = " ".join(PAGE.split())
    assert f"(probability {explained('A', 'B').probability:.5f})" in text
    assert f"C and D reach {shown(explained('C', 'D').weight, 1)} and" in text
    assert f"A and E reach {shown(explained('A', 'E').weight, 1)}:" in text
    with_namesake = explained("A", "E").comparisons.set_index("comparison")["weight"]
    assert f"({shown(with_namesake['nama'], 1)})" in text
    assert f"homes weigh {shown(with_namesake['rumah'], 1)}" in text


@pytest.mark.parametrize("pair", PICTURED)
def test_the_picture_shows_the_weights_of_its_pairs(pair: str) -> None:
    assert shown(explained(*pair.split(" – ")).weight, 1) == PICTURED[pair]
    drawn = re.findall(r">([^<>]+)</text>", PICTURE)
    assert drawn[drawn.index(pair) + 1] == PICTURED[pair]


def test_the_picture_shows_blocks_that_the_rules_make() -> None:
    prepared = prepare(records())
    ids = records()["record_id"].to_numpy()[prepared.order]
    blocks, _ = make_blocks(prepared, Blocking.load())
    made = {
        b.rule.name: [sorted(ids[b.order[a:z]]) for a, z in zip(b.starts[:-1], b.starts[1:], strict=True)]
        for b in blocks
    }
    drawn = re.findall(r">([^<>]+)</text>", PICTURE)
    for rule in ("kk_nama", "nik", "alamat_rapat", "nama_lengkap"):
        assert made[rule] == [drawn[drawn.index(rule) + 2].split()], rule
    assert made["kk_tahun"] == [["A", "B"], ["C", "D"]]
    assert f"There are {len(blocks)} rules" in PAGE


def test_persons_and_households_are_those_of_the_picture() -> None:
    found, ids = clustered(), records()["record_id"]
    persons, households = (
        {"".join(ids[labels == one]) for one in labels} for labels in (found.person, found.household)
    )
    assert persons == {"AB", "CD", "E"}
    assert households == {"ABCD", "E"}


def test_only_the_pairs_that_the_page_calls_linked_are_links() -> None:
    links = clustered().links
    linked = set(zip(links["record_id_l"], links["record_id_r"], strict=True))
    assert (
        linked == {pair for pair in combinations("ABCDE", 2) if explained(*pair).weight > 0} == {("A", "B"), ("C", "D")}
    )


@pytest.mark.parametrize("name", PAGES)
def test_files_that_a_page_names_exist(name: str) -> None:
    named = re.findall(
        r"`([\w./-]+(?:\.(?:py|yml|csv|json)|/))`", (PROJECT / "docs" / name).read_text(encoding="utf-8")
    )
    households = PROJECT / "assets" / "households"
    folders = [PROJECT, households, households / "linkage", households / "linkage" / "model"]
    made_by_a_run = ("lake/", "review/decisions", "models/", "DIR/")
    missing = [
        path for path in named if not path.startswith(made_by_a_run) and not any((f / path).exists() for f in folders)
    ]
    assert not missing
