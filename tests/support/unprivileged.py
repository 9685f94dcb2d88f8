"""Running a command without the right of root to pass over the modes of files: as anybody else would run it."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

from tests.support.finished import PMKS

_PR_CAPBSET_DROP = 24
_CAPABILITIES_OVER_MODES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def _give_up_rights() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in _CAPABILITIES_OVER_MODES:
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "cannot give up a capability")


AS_ANYBODY = _give_up_rights if os.geteuid() == 0 else None
"""What a new process does first, so that modes of files bind it."""


def unprivileged_pmks(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command so that modes of files and folders bind it, even where tests run as root."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PMKS_", "DAGSTER_"))}
    return subprocess.run(
        [PMKS, *arguments],
        capture_output=True,
        text=True,
        env={**clean, "COLUMNS": "200", "PMKS_SETTLE_SECONDS": "0"},
        check=False,
        preexec_fn=AS_ANYBODY,
    )
