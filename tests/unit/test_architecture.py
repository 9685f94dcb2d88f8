"""The house holds: who may import whom, who may know Dagster, and who may open DuckDB."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import assets
from pipelines.stages import STAGES as FLOW
from warehouse.code import code_files
from warehouse.tables import lake_tables

PROJECT = Path(assets.__file__).parents[1]
PACKAGES = ("pipelines", "assets", "validation", "warehouse")
STAGES = ("intake", "records", "households", "referrals", "publications")
SHARED_WIRING = {"support", "partitions"}
"""Modules directly under `assets/` that help every room's `assets.py`."""
MAY_IMPORT = {
    "pipelines": {"pipelines", "assets", "validation", "warehouse"},
    "assets": {"assets", "validation", "warehouse"},
    "validation": {"validation"},
    "warehouse": {"validation", "warehouse"},
}
ONE_HOME = {
    "isal": ("assets/publications/book/",),
    "python_calamine": ("assets/intake/formats/", "assets/publications/corrections_original.py"),
    "xlsxwriter": ("assets/", "pipelines/sample_inbox/"),
    "numba": ("assets/households/",),
    "pandera": ("validation/",),
    "rfc3161_client": ("warehouse/timestamps.py",),
    "pyspark": ("assets/households/linkage/buckets/spark.py",),
    "boto3": ("warehouse/sharing/s3.py",),
    "botocore": ("warehouse/sharing/s3.py",),
}
"""Engines that can be replaced where they stand, and nowhere else."""


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every module that a file imports, wherever in the file, by its full dotted name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return frozenset(found)


def files(package: str) -> Iterator[Path]:
    yield from sorted((PROJECT / package).rglob("*.py"))


def is_wiring(path: Path) -> bool:
    """Whether a file of `assets/` ties stages to Dagster."""
    return path.name == "assets.py" or (path.stem in SHARED_WIRING and path.parent.name == "assets")


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_stands_below_them(package: str) -> None:
    for path in files(package):
        strangers = roots(path) & {*PACKAGES, "tests", "bench"} - MAY_IMPORT[package]
        assert not strangers, f"{path.relative_to(PROJECT)} imports {strangers}"


def test_no_stage_imports_a_later_one() -> None:
    for path in files("assets"):
        room = path.relative_to(PROJECT).parts[1]
        later = STAGES[STAGES.index(room) + 1 :] if room in STAGES else STAGES
        for name in imports_of(path):
            if name.startswith("assets."):
                assert name.split(".")[1] not in later, f"{path.relative_to(PROJECT)} imports {name}"


def test_only_the_wiring_of_a_room_knows_dagster() -> None:
    for path in files("assets"):
        assert is_wiring(path) or "dagster" not in roots(path), f"{path.relative_to(PROJECT)} imports dagster"
    for package in ("validation", "warehouse"):
        assert not [path for path in files(package) if "dagster" in roots(path)]


def test_whatever_dagster_runs_has_the_border_for_errors_around_it() -> None:
    run_by_dagster = {"asset", "multi_asset", "asset_check", "op", "sensor", "schedule"}
    bordered = 0
    for path in [p for package in ("assets", "pipelines") for p in files(package)]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                around = [ast.unparse(decorator).partition("(")[0] for decorator in node.decorator_list]
                if run_by_dagster & {name.removeprefix("dg.") for name in around}:
                    assert around[-1] == "bordered", f"{path.relative_to(PROJECT)}: {node.name}"
                    bordered += 1
    assert bordered >= 12


def test_computations_read_the_lake_through_their_stage_alone() -> None:
    """The wiring opens the lake; stages get their declared tables; whoever only looks takes a `Reader`."""
    opening = {p for p in files("assets") if "warehouse.lake.Lake" in imports_of(p) and not is_wiring(p)}
    assert {path.relative_to(PROJECT).as_posix() for path in opening} == {"assets/intake/stages/register.py"}


def test_every_lake_table_has_one_stage_that_writes_it_and_every_stage_is_listed() -> None:
    named = {table.stage for table in lake_tables().values()}
    assert named == {stage.name for stage in FLOW if stage.compute}
    assert [stage.name for stage in FLOW if not stage.compute and stage.writes] == []
    for number, stage in enumerate(FLOW):
        earlier = {table for other in FLOW[:number] for table in other.writes}
        assert set(stage.sources) <= earlier, f"{stage.name} reads what a later stage writes"


def test_what_a_stage_declares_to_read_it_names_in_its_code() -> None:
    for stage in FLOW:
        if stage.name in ("warehouse", "runs"):  # read everything, by their declarations
            continue
        text = "".join(path.read_text(encoding="utf-8") for path in code_files(stage.module) if path.suffix == ".py")
        unread = [table for table in stage.sources if f'read("{table}"' not in text]
        assert unread == [], f"{stage.name} declares {unread} and reads none of them"


def test_duckdb_is_opened_in_one_place() -> None:
    opening = {
        path.relative_to(PROJECT).as_posix()
        for package in PACKAGES
        for path in files(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "connect" and getattr(node.value, "id", "") == "duckdb"
    }
    assert opening == {"warehouse/connection.py"}


@pytest.mark.parametrize(("engine", "homes"), ONE_HOME.items())
def test_each_engine_is_imported_where_it_can_be_replaced(engine: str, homes: tuple[str, ...]) -> None:
    users = [p.relative_to(PROJECT).as_posix() for k in PACKAGES for p in files(k) if engine in roots(p)]
    assert users, f"nothing imports {engine}"
    assert not [user for user in users if not user.startswith(homes)]


def test_every_room_has_its_wiring_and_stages_that_do_without() -> None:
    assert {p.name for p in (PROJECT / "assets").iterdir() if p.is_dir() and p.name != "__pycache__"} == set(STAGES)
    for room in STAGES:
        assert (PROJECT / "assets" / room / "assets.py").exists()
        assert list((PROJECT / "assets" / room / "stages").glob("[a-z]*.py"))


def test_the_top_of_the_project_holds_these_packages_and_no_other() -> None:
    folders = {p.parent.name for p in PROJECT.glob("*/*.py")}
    assert folders <= {*PACKAGES, "tests", "bench"}, "a new package folder at the top needs a decision"
