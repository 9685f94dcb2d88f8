"""The program, its libraries, and what it finds in the data home, each by version."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from pipelines.health.finding import Finding
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.migrations import VERSION, version_of

PROGRAM = "pmks-referral-pipeline"
LOCK = Path(__file__).parents[2] / "requirements.lock"
_NAMED = re.compile(r"^[A-Za-z0-9][^\s#]*==[^\\]*", re.MULTILINE)


def versions(home: DataHome) -> Iterator[Finding]:
    """Versions of all, and which libraries are not those that the program was tested with."""
    lake = version_of(home.lake)
    warehouse = _warehouse_version(home.warehouse)
    said = {"python": platform.python_version(), "program": version(PROGRAM), "lake": str(lake)}
    yield Finding("versions", facts={**said, "warehouse": str(warehouse or "-")}, wrong=False)
    if lake > VERSION:
        yield Finding("lake_newer", (str(home.lake),), {"found": str(lake), "known": str(VERSION)})
    elif lake < VERSION:
        yield Finding("lake_older", (str(home.lake),), {"found": str(lake), "known": str(VERSION)}, wrong=False)
    if warehouse is not None and warehouse > VERSION:
        yield Finding("warehouse_newer", (str(home.warehouse),), {"found": str(warehouse), "known": str(VERSION)})
    other = sorted(unlike(wanted_libraries(LOCK)))
    if other:
        yield Finding("libraries", tuple(other))


def wanted_libraries(lock: Path) -> list[Requirement]:
    """What is to be installed here: by the lock file where the program lies in its folder, else by its own metadata."""
    lines = _NAMED.findall(lock.read_text(encoding="utf-8")) if lock.exists() else requires(PROGRAM) or []
    wanted = [Requirement(line.strip()) for line in lines]
    return [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]


def unlike(wanted: list[Requirement]) -> Iterator[str]:
    """Libraries that are missing or of another version: `name: found, wanted`."""
    for each in wanted:
        try:
            found = version(each.name)
        except PackageNotFoundError:
            found = ""
        if not each.specifier.contains(found or "0", prereleases=True) or not found:
            yield f"{each.name} {found or '-'} (not {each.specifier})"


def _warehouse_version(warehouse: Path) -> int | None:
    """The version that the warehouse says; None where there is none, or it cannot be opened (which is looked at
    elsewhere)."""
    try:
        with opened(warehouse, read_only=True) as con:
            found: int | None = con.execute("SELECT max(version) FROM audit.format").fetchall()[0][0]
            return found
    except Exception:
        return None
