"""Where commands print: what was asked for goes to standard output; progress, and what failed, to standard error."""

from __future__ import annotations

import sys

from rich.console import Console

WIDE = 1000
"""So many characters a line has where nobody's screen ends it: through a pipe no line is folded, and no table cut."""


def results(*, quiet: bool = False) -> Console:
    """For what was asked for; `quiet`: nothing of it is shown."""
    return Console(quiet=quiet, width=None if sys.stdout.isatty() else WIDE)


def errors() -> Console:
    """For what failed."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else WIDE)
