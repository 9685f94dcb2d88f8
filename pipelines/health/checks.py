"""All checks of an installation in one table, and running them so that one which cannot be made costs no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pipelines.failures import error_line
from pipelines.health import damage, surroundings, work
from pipelines.health.finding import Finding
from pipelines.health.versions import versions
from warehouse.home import DataHome

Check = Callable[[DataHome], Iterable[Finding]]
CHECKS: dict[str, Check] = {
    "versions": versions,
    "settings": surroundings.settings,
    "permissions": surroundings.permissions,
    "disk": surroundings.disk,
    "locks": surroundings.locks,
    "clock": surroundings.clock,
    "inbox": work.inbox,
    "runs": work.runs,
    "failures": work.failures,
    "failing": work.failing,
    "publication": work.publication,
    "daemon": work.daemon,
    "lake": damage.lake,
    "archive": damage.archive,
    "warehouse": damage.warehouse,
    "ledgers": damage.ledgers,
    "waiting": work.waiting,
    "retention": work.retention,
}
"""Every check by its name (`doctor.check_<name>`), in the order in which they are shown."""
DEEP: dict[str, Check] = {"every_byte": damage.every_byte}
"""Checks that read everything, made only where they are asked for."""


class Result(NamedTuple):
    """A check that was made, and what it found."""

    check: str
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> bool:
        """Whether somebody has to do something."""
        return any(finding.wrong for finding in self.findings)


def examine(home: DataHome, *, deep: bool) -> Iterator[Result]:
    """Make all checks, one by one, without changing anything. `deep`: also those that read everything."""
    for name, check in (CHECKS | (DEEP if deep else {})).items():
        try:
            yield Result(name, tuple(check(home)))
        except Exception as error:
            yield Result(name, (Finding("not_checked", facts={"error": error_line(error, home)}),))
