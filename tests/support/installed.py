"""Whether the wheel does by itself what the checkout does: `python -m tests.support.installed WHEEL`.

The wheel goes into an empty environment. Its dependencies are those locked, read from the environment of the checkout:
a folder that a `.pth` file names lends its packages and not what is installed as editable there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

WHERE = "import assets, pipelines, validation, warehouse as w; print(assets.__file__, pipelines.__file__, w.__file__)"
WARM_UP = "from assets.households.linkage.match_file import warm_up; warm_up()"
SHOWN = ("accepted 15  held 1  rejected 1  superseded 1", "balanced", "352 people in 205 households")
"""What a demonstration says, whose lists are those of the sample, and the status after it."""
TRACED = ("One referral", "    cells: ")


def main() -> None:
    """Install the wheel, then run the demonstration, ask and verify from a folder outside the checkout."""
    wheel = Path(sys.argv[1]).resolve()
    with TemporaryDirectory() as folder:
        outside = Path(folder)
        venv.create(outside / "env", symlinks=True)
        python, pmks = outside / "env/bin/python", outside / "env/bin/pmks"
        install = ("-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
        done(sys.executable, *install, cwd=outside)
        [packages] = (outside / "env/lib").glob("python*/site-packages")
        (packages / "locked.pth").write_text(sysconfig.get_path("purelib"))
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


def done(*command: str | Path, cwd: Path) -> str:
    """Run a command outside the checkout and return what it printed. Raises AssertionError where it fails."""
    left_out = ("PMKS_", "DAGSTER_", "PYTHON", "NUMBA_", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    ran = subprocess.run(command, cwd=cwd, env={**env, "COLUMNS": "200"}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


if __name__ == "__main__":
    main()
