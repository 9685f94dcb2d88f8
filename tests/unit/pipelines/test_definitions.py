"""The asset graph as users see it: a rename is a reviewed change, and every asset says what it is and whose."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from pipelines.definitions import build
from pipelines.jobs import refresh_global
from pipelines.progress import Silent
from tests.support.finished import PROJECT
from warehouse.home import DataHome

KEYS = [
    "audit/runs",
    "households/events",
    "households/households",
    "households/links",
    "households/membership",
    "households/persons",
    "households/possible",
    "households/review_queue",
    "intake/columns",
    "intake/erasures",
    "intake/outcomes",
    "intake/rows",
    "intake/submissions",
    "publications/corrections",
    "publications/dayasos",
    "publications/jamsos",
    "publications/rehsos",
    "publications/reports",
    "publications/warehouse",
    "records/accepted",
    "records/findings",
    "records/measures",
    "records/quality",
    "records/quarantined",
    "referrals/answers",
    "referrals/dayasos",
    "referrals/history",
    "referrals/jamsos",
    "referrals/needs",
    "referrals/overlap",
    "referrals/rehsos",
    "referrals/unrouted",
]
CLAIMS = [
    "every_accepted_record_has_a_person_and_a_household",
    "every_person_and_category_is_referred_or_explained",
    "no_referral_without_a_rule",
    "no_subject_is_referred_twice_for_one_category",
    "no_village_jumps",
    "persons_and_households_are_those_of_the_membership",
    "the_warehouse_holds_what_the_lake_holds",
]
PARTITIONED = {
    "intake/rows",
    "intake/columns",
    "records/accepted",
    "records/quarantined",
    "records/findings",
    "records/measures",
}
FLOW = [
    ("intake/submissions", "intake/rows"),
    ("intake/rows", "records/accepted"),
    ("records/accepted", "households/membership"),
    ("records/measures", "records/quality"),
    ("households/persons", "referrals/rehsos"),
    ("referrals/rehsos", "publications/warehouse"),
    ("referrals/jamsos", "publications/jamsos"),
]


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    root = tmp_path_factory.mktemp("home")
    return build(DataHome(root=root, inbox=root / "inbox"), Silent())


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> AssetGraph:
    return definitions.resolve_asset_graph()


def test_asset_keys_are_these(graph: AssetGraph) -> None:
    assert sorted(key.to_user_string() for key in graph.get_all_asset_keys()) == KEYS


def test_checks_are_named_as_claims_and_none_is_gone(graph: AssetGraph) -> None:
    names = {key.name for key in graph.asset_check_keys}
    assert set(CLAIMS) <= names
    assert any("ledger" in name for name in names)


def test_every_asset_says_what_it_is_whose_and_of_which_kinds(graph: AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        name = key.to_user_string()
        assert node.group_name == key.path[0], name
        assert node.description, name
        assert node.owners, name
        assert node.kinds, name
        if key.path[0] != "publications":
            assert node.metadata["dagster/column_schema"].columns, name


def test_the_catalogue_says_of_what_columns_of_which_assets_a_column_is_made(graph: AssetGraph) -> None:
    nodes = {key: graph.get(key) for key in graph.get_all_asset_keys() if key.path[0] != "publications"}
    columns = {key: {c.name for c in node.metadata["dagster/column_schema"].columns} for key, node in nodes.items()}
    for key, node in nodes.items():
        for column, deps in node.metadata["dagster/column_lineage"].deps_by_column.items():
            assert column in columns[key]
            assert all(dep.column_name in columns[dep.asset_key] for dep in deps), (key, column)
    made = nodes[dg.AssetKey(["referrals", "rehsos"])].metadata["dagster/column_lineage"].deps_by_column
    assert dg.TableColumnDep(dg.AssetKey(["records", "accepted"]), "telepon") in made["telepon"]


def test_files_and_records_are_partitioned_by_kabupaten_and_period_and_nothing_else_is(graph: AssetGraph) -> None:
    partitioned = {k.to_user_string() for k in graph.get_all_asset_keys() if graph.get(k).partitions_def is not None}
    assert partitioned == PARTITIONED


@pytest.mark.parametrize(("upstream", "downstream"), FLOW)
def test_data_flows_from_files_to_publications(graph: AssetGraph, upstream: str, downstream: str) -> None:
    key = dg.AssetKey(downstream.split("/"))
    assert dg.AssetKey(upstream.split("/")) in graph.get(key).parent_keys


def test_what_looks_at_everything_is_part_of_the_refresh_and_what_registers_and_reads_is_not(
    definitions: dg.Definitions, graph: AssetGraph
) -> None:
    waiting = {k for a in definitions.assets or () if "refresh" in a.required_resource_keys for k in a.keys}
    assert waiting == refresh_global.selection.resolve(graph)


def test_no_step_holds_a_place_in_a_pool_while_it_waits_for_the_refresh_of_another_run(
    definitions: dg.Definitions,
) -> None:
    assert {a.op.pool for a in definitions.assets or ()} == {None}


def test_definitions_module_fits_a_screen() -> None:
    assert len((PROJECT / "pipelines" / "definitions.py").read_text().splitlines()) <= 50


def test_dagsters_own_tool_finds_nothing_wrong(tmp_path: Path) -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("dg"), "check", "defs"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PMKS_DATA": str(tmp_path),
             "HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)},
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
