"""What isolated children load: each starts anew, so that a large library costs more than the files it reads."""

from __future__ import annotations

import subprocess
import sys


def test_children_load_no_library_of_frames() -> None:
    loaded = "import sys, assets.intake.formats.child, assets.intake.inbox.marks; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True).stdout.split()
    assert "assets.intake.sheets.file_reading" in modules
    assert not {"pandas", "numpy", "pyarrow", "numba", "duckdb", "dagster"} & set(modules)
