"""The code that a stage rests on is found whole: against a slow reading of the syntax, and against what is opened."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.stages import STAGES
from tests.support.finished import PROJECT
from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.code import PACKAGES, code_digest, code_files, libraries
from warehouse.stage import Stage

MODULES = sorted({stage.module for stage in STAGES})
RUN_STAGES = """
import importlib, json, os, pathlib, sys, traceback
root, *stages = sys.argv[1:]
for library in ("pandera.pandas", "pyarrow.parquet", "duckdb", "numba", "scipy.sparse.csgraph", "openpyxl"):
    importlib.import_module(library)  # once for all stages; no module of the project
opened = set()
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, pathlib.Path)):
        opened.add(str(arguments[0]))
def run_one(module, name):
    sys.addaudithook(watch)
    from warehouse.home import DataHome
    from warehouse.lake import Lake
    from warehouse.stage import Stage, run_stage
    home = DataHome(root=pathlib.Path(root) / "home", inbox=pathlib.Path(root) / "inbox", settle_seconds=0.0, workers=1)
    there = importlib.import_module(module)
    stage = next(value for value in vars(there).values() if isinstance(value, Stage) and value.name == name)
    lake = Lake(home.lake)
    for partition in stage.partitions(lake) if stage.partitioned else [None]:
        run = stage.begin(lake, home, partition=partition)
        if stage.compute:
            lake.require_again(stage.name, partition)
            assert run_stage(run).changed
        elif name == "warehouse":
            home.warehouse.unlink()
            assert there.replace_warehouse(run)
        elif name == "directorates":
            assert there.publish(run, "rehsos").changed
        elif name == "reports":
            assert there.report(run).pages > 0
        else:
            assert there.return_to_villages(run)[0] > 0
    loaded = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    data = {path for path in opened if not path.endswith(".py")}  # code is opened for its digest, too
    return {"opened": sorted({*data, *filter(None, loaded)})}
for stage in stages:
    module, name = stage.split(":")
    if os.fork() == 0:
        try:
            result = run_one(module, name)
        except BaseException:
            result = {"error": traceback.format_exc()}
        (pathlib.Path(root) / f"{name}.json").write_text(json.dumps(result))
        os._exit(0)
    os.wait()
"""


def imported(path: Path) -> set[Path]:
    """The files of this project that a file imports, read from its syntax tree: the slow way."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    beside = [PROJECT.joinpath(*name.split(".")) for name in names if name.split(".")[0] in PACKAGES]
    places = [place for path in beside for place in (path.with_suffix(".py"), path / "__init__.py")]
    return {place for place in places if place.is_file()}


@pytest.mark.parametrize("module", MODULES)
def test_every_import_of_the_syntax_tree_is_followed(module: str) -> None:
    ahead, found = [PROJECT.joinpath(*module.split(".")).with_suffix(".py")], set()
    while ahead:
        path = ahead.pop()
        if path not in found:
            found.add(path)
            ahead += imported(path)
    assert found <= set(code_files(module))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file a stage: which files it opened, or its error.

    Each stage runs in a process of its own, forked from one that has the libraries in memory and nothing of ours. They
    run in a data home after a refresh of two lists, one of them with faults.
    """
    folder = tmp_path_factory.mktemp("code")
    made = home_in(folder)
    write_list(made.inbox / "16.10.05.2036" / "2024" / "a.csv", VILLAGE)
    write_list(made.inbox / "16.10.05.2036" / "2025" / "b.csv", [*VILLAGE, {**VILLAGE[0], "NIK": "16"}])
    refresh(made, "run-1", datetime(2026, 1, 1))
    stages = [f"{stage.module}:{stage.name}" for stage in STAGES]
    done = subprocess.run(
        [sys.executable, "-c", RUN_STAGES, folder, *stages], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_opens_no_file_of_the_project_that_it_does_not_rest_on(results: Path, stage: Stage) -> None:
    result = json.loads((results / f"{stage.name}.json").read_text(encoding="utf-8"))
    assert "error" not in result, result["error"]
    kinds = {".py", ".csv", ".json", ".sql", ".yml"}
    opened = {PROJECT / path for path in result["opened"]}
    ours = {path for path in opened if path.suffix in kinds and path.is_file()}
    ours = {path for path in ours if path.is_relative_to(PROJECT) and path.relative_to(PROJECT).parts[0] in PACKAGES}
    runner = set(code_files("warehouse.stage"))
    assert ours - runner <= set(code_files(stage.module))
    assert len(ours) > 10


def test_the_digest_changes_with_any_file_and_with_no_other(tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "assets").mkdir()
    (tmp_path / "click").mkdir()  # a library that is installed beside the packages: its version counts, not its files
    for name, text in {
        "warehouse/code.py": (PROJECT / "warehouse" / "code.py").read_text(encoding="utf-8"),
        "warehouse/__init__.py": "",
        "assets/__init__.py": "",
        "assets/one.py": "import click\nfrom assets import two\nRULES = 'rules.csv'\n",
        "assets/two.py": 'def late():\n    from assets.three import (\n        x,\n    )\n\n\nOF = "rules.csv"\n',
        "assets/three.py": "x = 1\n",
        "assets/other.py": "y = 1\n",
        "assets/rules.csv": "a\n",
        "assets/other.csv": "a\n",
        "click/__init__.py": "from . import parts\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def digest() -> str:
        asked = "from warehouse.code import code_digest; print(code_digest('assets.one'))"
        return subprocess.run(
            [sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    seen = [digest()]
    for name in ("assets/one.py", "assets/two.py", "assets/three.py", "assets/rules.csv"):
        (tmp_path / name).write_text((tmp_path / name).read_text() + "\n")
        seen.append(digest())
    assert len(set(seen)) == 5
    for name in ("assets/other.py", "assets/other.csv", "click/__init__.py"):
        (tmp_path / name).write_text("changed\n")
    assert digest() == seen[-1]


def test_libraries_count_by_their_version() -> None:
    assert {"pandas", "rapidfuzz"} <= set(libraries("assets.records.building"))
    assert "numba" not in libraries("assets.records.building")
    assert "numba" in libraries("assets.households.stages.match")
    assert all(code_digest(module) for module in MODULES)  # each library has a version


def test_a_module_that_is_not_there_is_not_passed_over() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"assets\.no_such"):
        code_files("assets.no_such")


CHANGED = """
import sys
from pathlib import Path
from warehouse.code import ROOT, ChangedCodeError, require_unchanged

def is_changed():
    try:
        require_unchanged("validation.vocabulary")
    except ChangedCodeError:
        return True
    return False

assert ROOT == Path(sys.argv[1])
words, other = ROOT / "validation" / "disabilities.csv", ROOT / "validation" / "other.csv"
seen = [is_changed(), is_changed()]
other.write_text("nothing of these modules")
seen.append(is_changed())
words.write_text(words.read_text() + "kaki,fisik,test\\n")
seen.append(is_changed())
words.unlink()
seen.append(is_changed())
print(seen)
"""


def test_a_process_notices_that_its_code_or_rules_were_changed(tmp_path: Path) -> None:
    for package in ("validation", "warehouse"):
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-c", CHANGED, tmp_path],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "[False, False, False, True, True]\n", done.stderr
