"""Where compiled code is kept: an update of any file that it is made from must not leave old code in force."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numba as nb
import pytest

from assets.households.linkage.arrays import compiled
from assets.households.linkage.arrays.compiled import (
    ROOT,
    UNUSED_DAYS,
    closure,
    digest_of,
    imports_of,
    remove_unused,
    use,
)
from assets.households.linkage.match_file import warm_up

LINKAGE = Path(compiled.__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose `room/kernels.py` compiles a function, and imports `rules.py` by way of `room/names.py`."""
    room = tmp_path / "room"
    room.mkdir()
    (room / "kernels.py").write_text("from room.names import (\n    A,\n    B,\n)\n\n@kernel\ndef f(): ...\n")
    (room / "names.py").write_text("import rules\nfrom room import shapes\n")
    (room / "shapes.py").write_text("")
    (room / "callers.py").write_text("from room.kernels import f\n")
    (tmp_path / "rules.py").write_text("A = 1\n")
    return tmp_path


@pytest.mark.parametrize("edited", ["room/kernels.py", "room/names.py", "room/shapes.py", "rules.py"])
def test_machine_code_is_made_anew_when_a_file_changes_that_it_is_made_from(project: Path, edited: str) -> None:
    before = digest_of(closure(project / "room", project), project)
    (project / edited).write_text((project / edited).read_text() + "# other\n")
    assert digest_of(closure(project / "room", project), project) != before


def test_machine_code_stands_when_any_other_file_changes(project: Path) -> None:
    before = digest_of(closure(project / "room", project), project)
    (project / "room/callers.py").write_text("# other\n")
    (project / "room/new.py").write_text("# other\n")
    assert digest_of(closure(project / "room", project), project) == before


def test_every_import_of_the_real_files_is_followed() -> None:
    files = closure(LINKAGE, ROOT)
    assert {"scoring.py", "names.py", "compiled.py"} <= {file.name for file in files}
    assert "match_file.py" not in {file.name for file in files}
    for file in files:
        named = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
        there = {ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in named}
        assert imports_of(file.read_text(), ROOT) == {path for path in there if path.is_file()}, file


def test_what_is_compiled_is_kept_under_the_digest_of_the_code() -> None:
    warm_up()
    kept = Path(nb.config.CACHE_DIR)
    assert kept.name == digest_of(closure(LINKAGE, ROOT), ROOT)
    assert any(kept.rglob("scoring.*.nbi"))


def test_only_what_nobody_used_for_long_is_removed(tmp_path: Path) -> None:
    for name in ("held", "old", "new", "foreign"):
        (tmp_path / name).mkdir()
    for name in ("old", "new"):  # used by a process that has ended
        call = f"from pathlib import Path; import {use.__module__} as c; c.use(Path({str(tmp_path / name)!r}))"
        subprocess.run([sys.executable, "-c", call], check=True)
    use(tmp_path / "held")
    now = (tmp_path / "new" / "in_use").stat().st_mtime
    for name in ("held", "old"):
        os.utime(tmp_path / name / "in_use", (0, now - (UNUSED_DAYS + 1) * 86_400))
    assert remove_unused(tmp_path, now=now) == ["old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign", "held", "new"]
