"""What a run needs around it: a home that is its own, room on the disk, a free warehouse, a true clock, settings."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from assets.referrals.rules import RuleError, load_rules
from assets.referrals.stages.refer import REFER, clock_behind
from pipelines.health.finding import Finding, at
from pipelines.liveness import living_processes
from pipelines.settings import PREFIX, VARIABLES
from warehouse.files import holders
from warehouse.home import DataHome
from warehouse.lake import Lake

ROOM_BYTES = 500_000_000
"""A run wants at least so much room, and as much as the lake and the warehouse take: it writes anew what changes."""
ROOM_FILES = 1_000
_MEGABYTE = 1_000_000
_OTHERS = 0o077
"""The bits of a mode that let other accounts in."""


def settings(home: DataHome) -> Iterator[Finding]:
    """Variables that nothing reads, and rules that cannot be used."""
    for name in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in VARIABLES):
        near = difflib.get_close_matches(name, VARIABLES, 1, 0.0)
        yield Finding("unknown_variable", (name,), {"near": near[0]})
    try:
        load_rules(home.profile)
    except (RuleError, OSError):
        yield Finding("profile", (home.profile,))


def permissions(home: DataHome) -> Iterator[Finding]:
    """Whether there is a home, all of it belongs to this account, and nobody else reaches what is private."""
    if not home.root.is_dir():
        yield Finding("no_home", (str(home.root),))
        return
    closed = at(path for path in _ours(home) if not os.access(path, _needed(home, path)))
    if closed:
        yield Finding("not_ours", closed)
    reached = at(_reached(home))
    if reached:
        yield Finding("others_reach", reached)


def _needed(home: DataHome, path: Path) -> int:
    """What a run does with a path. Files are replaced, not written to, but for databases."""
    if path.is_dir():
        return os.R_OK | os.W_OK | os.X_OK
    return os.R_OK | (os.W_OK if path == home.warehouse or path.is_relative_to(home.dagster) else 0)


def _ours(home: DataHome) -> Iterator[Path]:
    """All paths of the home, the inbox left out, which is somebody else's."""
    yield home.root
    for folder, folders, names in os.walk(home.root):
        inside = Path(folder)
        folders[:] = [name for name in folders if inside / name != home.inbox]
        yield from (inside / name for name in [*folders, *names] if not (inside / name).is_symlink())


def _reached(home: DataHome) -> Iterator[Path]:
    """What lies in the home and other accounts can open; nothing where the home itself is closed to them.

    `published/` and `corrections/` are handed out: who may read them is not for us to say.
    """
    if not home.root.stat().st_mode & _OTHERS:
        return
    for path in home.root.iterdir():
        handed_out = path in (home.published, home.corrections, home.inbox)
        if not handed_out and not path.is_symlink() and path.stat().st_mode & _OTHERS:
            yield path


def disk(home: DataHome) -> Iterator[Finding]:
    """Whether a run has room for what it writes."""
    if not home.root.is_dir():
        return
    held = [path for path in (home.warehouse, *home.lake.rglob("*")) if path.is_file()]
    needed = max(ROOM_BYTES, sum(path.stat().st_size for path in held))
    free = shutil.disk_usage(home.root).free
    if free < needed:
        facts = {"free": free // _MEGABYTE, "needed": needed // _MEGABYTE}
        yield Finding("little_room", (str(home.root),), facts)
    entries = os.statvfs(home.root)
    if entries.f_files and entries.f_favail < ROOM_FILES:
        yield Finding("few_files", (str(home.root),), {"free": entries.f_favail})


def locks(home: DataHome) -> Iterator[Finding]:
    """Who holds what a run needs: another run is said, any other program that keeps the warehouse open is wrong."""
    running = set(holders(home.lock)) | living_processes(home)
    if running:
        yield Finding("run_going_on", _processes(running), wrong=False)
    others = set(holders(home.warehouse)) - running - {os.getpid()}
    if others:
        yield Finding("warehouse_held", _processes(others))


def _processes(found: set[int]) -> tuple[str, ...]:
    return tuple(f"{process} {_name(process)}".strip() for process in sorted(found))


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def clock(home: DataHome) -> Iterator[Finding]:
    """Whether the clock of this machine lies before the latest moment of the history."""
    ahead = clock_behind(Lake(home.lake).manifest(REFER.name), datetime.now(UTC).replace(tzinfo=None))
    if ahead:
        yield Finding("clock_behind", facts={"moment": f"{ahead:%Y-%m-%d %H:%M}"})
