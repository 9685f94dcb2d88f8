"""Whether the wheel does by itself what the checkout does: `python -m tests.support.installed WHEEL [--other-pythons]`.

The wheel goes into an empty environment. Its dependencies are those locked: links to what the environment of the
checkout holds lie beside the wheel's own packages, as they would after `pip install`. With `--other-pythons` it is
installed, with what is locked, for the newest of each other version of Python that the machine has and the wheel takes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.finished import PROJECT

WHERE = "import assets, pipelines, validation, warehouse as w; print(assets.__file__, pipelines.__file__, w.__file__)"
WARM_UP = "from assets.households.linkage.match_file import warm_up; warm_up()"
SHOWN = ("accepted 15  held 1  rejected 1  superseded 1", "balanced", "352 people in 207 households")
"""What a demonstration says, whose lists are those of the sample, and the status after it."""
OLDEST = (3, 11)
"""Of `requires-python`."""
VERSION = "import sys; print(*sys.version_info[:3])"
TRACED = ("One referral", "    cells: ")


def alone(wheel: Path) -> None:
    """Install the wheel, then run the demonstration, ask and verify from a folder outside the checkout."""
    with TemporaryDirectory() as folder:
        outside = Path(folder)
        venv.create(outside / "env", symlinks=True)
        python, pmks = outside / "env/bin/python", outside / "env/bin/pmks"
        install = ("-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
        done(sys.executable, *install, cwd=outside)
        [packages] = (outside / "env/lib").glob("python*/site-packages")
        for locked in Path(sysconfig.get_path("purelib")).iterdir():
            if not (packages / locked.name).exists() and locked.suffix != ".pth" and "pmks" not in locked.name:
                (packages / locked.name).symlink_to(locked)
        files = done(python, "-c", WHERE, cwd=outside)
        assert all(Path(file).is_relative_to(outside) for file in files.split()), files
        done(python, "-c", WARM_UP, cwd=outside)
        compiled = set(packages.rglob("*.nbc"))
        home = outside / "demo"
        shown = done(pmks, "demo", home, cwd=outside)
        assert all(said in shown for said in (*SHOWN, *TRACED)), shown
        status = done(pmks, "status", "--data", home, cwd=outside)
        assert all(said in status for said in SHOWN), status
        later = sorted(file.name for file in set(packages.rglob("*.nbc")) - compiled)
        assert compiled and not later, f"the demonstration had to compile what warming up left out: {later}"
        sys.stdout.write(done(pmks, "verify", "--data", home, cwd=outside))
    sys.stdout.write(f"{wheel.name}: installed alone, it runs the demonstration\n")


def with_python(wheel: Path, python: Path) -> None:
    """Install the wheel and what is locked for another Python, and run the demonstration."""
    with TemporaryDirectory() as folder:
        outside = Path(folder)
        done(python, "-m", "venv", outside / "env", cwd=outside)
        install = (outside / "env/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        done(*install, "--require-hashes", "-r", PROJECT / "requirements.lock", cwd=outside)
        done(*install, "--no-deps", wheel, cwd=outside)
        shown = done(outside / "env/bin/pmks", "demo", outside / "demo", cwd=outside)
        assert all(said in shown for said in (*SHOWN, *TRACED)), shown


def other_pythons() -> dict[tuple[int, int], Path]:
    """The newest Python of each version but this one that the wheel takes: on the path, or kept by pyenv."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    newest: dict[tuple[int, ...], Path] = {}
    for python in [*(file for folder in folders for file in folder.glob("python3.*")), *kept.glob("*/bin/python3")]:
        if not re.fullmatch(r"python3(\.\d+)?", python.name):
            continue
        said = subprocess.run([python, "-c", VERSION], capture_output=True, text=True, check=False)
        version = tuple(map(int, said.stdout.split())) if said.returncode == 0 else ()
        if version[:2] >= OLDEST and version[:2] != sys.version_info[:2]:
            newest[version] = python
    return {(version[0], version[1]): newest[version] for version in sorted(newest)}


def done(*command: str | Path, cwd: Path) -> str:
    """Run a command outside the checkout and return what it printed. Raises AssertionError where it fails."""
    left_out = ("PMKS_", "DAGSTER_", "PYTHON", "NUMBA_", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    ran = subprocess.run(command, cwd=cwd, env={**env, "COLUMNS": "200"}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def main() -> None:
    """Say of each Python that the wheel works with it. Raises AssertionError for one with which it does not."""
    wheel = Path(sys.argv[1]).resolve()
    if sys.argv[2:] != ["--other-pythons"]:
        alone(wheel)
        return
    others = other_pythons()
    with ThreadPoolExecutor(max_workers=2) as at_once:  # each waits for one core
        installed = at_once.map(partial(with_python, wheel), others.values())
        for (major, minor), _ in zip(others, installed, strict=True):
            sys.stdout.write(f"{wheel.name}: installed for Python {major}.{minor}, it runs the demonstration\n")


if __name__ == "__main__":
    main()
