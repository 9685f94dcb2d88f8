"""A copy of the project's packages that a test may edit and run, and which of its files it edited."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PACKAGES = ("pipelines", "assets", "validation", "warehouse")


class Copy:
    """The packages and the spec tables of the project in the folder `root`, as they are in the working tree.

    Danger: machine code is kept by the path of its source, so that every copy would compile for half a minute. Remedy:
    the modules of `assets.households`, where all of it is, are imported from the project; edit them there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in (*PACKAGES, "tests/spec"):
            shutil.copytree(PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        compiled = "assets/households"
        (root / compiled / "__init__.py").write_text(f"__path__ = [{str(PROJECT / compiled)!r}]\n", encoding="utf-8")
        self._before = self._contents()

    def add_line(self, path: str, line: str, *, after: str | None = None) -> None:
        """Put a line into a text file: behind the line that begins with `after`, or at the end."""
        file = self.root / path
        lines = file.read_text(encoding="utf-8").splitlines()
        place = len(lines) if after is None else next(n for n, old in enumerate(lines, 1) if old.startswith(after))
        lines.insert(place, line)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def edited(self) -> list[str]:
        """The files that are new or not as they were."""
        return sorted(name for name, content in self._contents().items() if self._before.get(name) != content)

    def _contents(self) -> dict[str, bytes]:
        ours = (path for path in self.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(self.root)): path.read_bytes() for path in ours}

    def run(self, code: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> str:
        """Run Python code in a process that imports the packages of the copy (and the tests of the project); returns
        what it prints. Raises `AssertionError` with its output if it fails."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PMKS_", "DAGSTER_"))}
        path = {"PYTHONPATH": os.pathsep.join((str(self.root), str(PROJECT)))}
        done = subprocess.run(
            [sys.executable, "-c", f"{_ONLY_THE_COPY}\n{code}", self.root, *arguments],
            cwd=self.root, env={**clean, **path, **(env or {})}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


_ONLY_THE_COPY = """\
import sys
import assets, pipelines, validation, warehouse
root = sys.argv.pop(1)
assert all(package.__file__.startswith(root) for package in (assets, pipelines, validation, warehouse))
"""
