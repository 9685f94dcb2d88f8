"""Telling whoever waits how far a run is; silence by default."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A run reports each stage with how many steps it has, then every step done."""

    def start(self, stage: str, total: int) -> None: ...

    def advance(self, steps: int = 1) -> None: ...


class Silent:
    """For daemons and tests: the Dagster log says enough."""

    def start(self, stage: str, total: int) -> None:
        return None

    def advance(self, steps: int = 1) -> None:
        return None
