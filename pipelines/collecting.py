"""How often Python looks for objects that can no longer be reached.

Danger: a refresh of one list spends a seventh of the processor's time on looking through what imported libraries hold,
again and again. Remedy: that is frozen once it is there, and what a run makes is looked at rarely: tables are not among
the objects that can only be found so.
"""

from __future__ import annotations

import gc

_AFTER = (100_000, 20, 20)
"""New objects before the youngest are looked at, and how many such looks before the older ones are, and the oldest."""


def collect_rarely() -> None:
    """Freeze what is there now, and look at what comes later rarely: as soon as anything of `pipelines` is
    imported, and where the libraries of a run are there."""
    gc.freeze()
    gc.set_threshold(*_AFTER)
