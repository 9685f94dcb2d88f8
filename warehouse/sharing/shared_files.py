"""Which files of a data home are shared, and what stands in them now.

Shared is what no machine could make by itself, and what was handed out: a machine makes its warehouse, the state of the
last match and Dagster's log itself, and its settings are its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from warehouse.archive import REDACTED, SET_ASIDE, belongs
from warehouse.files import LANDING, sha256_of
from warehouse.home import DataHome
from warehouse.manifests import FOLDER, decoded
from warehouse.migrations import FORMAT
from warehouse.sharing.index import Files, Part
from warehouse.wholeness import DIGEST_LENGTH, SECOND_COPIES

NEVER_REMOVED = ("archive", "audit", "review", "erasures", "keys", "access")
"""Folders in which a file that is gone got lost, and was not taken away; but an original that was redacted."""
FOLDERS = (*NEVER_REMOVED, "losses", "models", "published", "corrections")
"""Folders that are shared whole; of the lake is shared what its manifests list."""
_MOMENTARY = re.compile(rf"(.*\.lock|\..*\.part(\.wal)?|{re.escape(LANDING)}.*)")
"""Names of locks, and of files that are being written."""


def may_be_shared(path: str) -> bool:
    """Whether a path names a file of the folders that are shared, and leads nowhere else.

    >>> may_be_shared("lake/_format.json"), may_be_shared("pmks.toml"), may_be_shared("keys/../pmks.toml")
    (True, False, False)
    """
    parts = path.split("/")
    return parts[0] in (*FOLDERS, "lake") and ".." not in parts


class Seen(NamedTuple):
    """What a file was when it was last hashed. As long as it has this size and time, it is not read again."""

    size: int
    mtime_ns: int
    sha256: str


def look(home: DataHome, before: Mapping[str, Seen]) -> dict[str, Seen]:
    """The shared files that are there, by path in the home. One that says in its name or by its checksum that it holds
    something else is as good as not there.

    `before`: what an earlier look saw. Raises `OSError` for what cannot be read.
    """
    found = {}
    for path in _there(home):
        name, about = path.relative_to(home.root).as_posix(), path.stat()
        known = before.get(name)
        if known is None or (known.size, known.mtime_ns) != (about.st_size, about.st_mtime_ns):
            known = Seen(about.st_size, about.st_mtime_ns, sha256_of(path))
        if _is_whole(home, path, known.sha256):
            found[name] = known
    return found


def parts_of(there: Mapping[str, Seen]) -> dict[str, Part]:
    """The files as a list names them, of no upload."""
    return {name: Part(seen.sha256, seen.size, "") for name, seen in there.items()}


def meant(home: DataHome, there: Mapping[str, Seen], base: Files) -> dict[str, Part]:
    """The files as this machine means them: those that are there, and those that it lost, as they are in `base`.

    What a disk lost or damaged is so fetched again, and never taken away from others.
    """
    files = parts_of(there)
    lake = f"{home.lake.name}/"
    listed = {path.relative_to(home.root).as_posix() for path in _of_lake(home.lake)}
    all_listed = all(_listed(path) is not None for path in _manifests(home.lake))
    for name, part in base.items():
        if name.startswith(lake):
            lost = name in listed or not all_listed
        else:
            lost = name.split("/")[0] in NEVER_REMOVED and f"{name}{REDACTED}" not in there
        if lost:
            files.setdefault(name, part)
    return files


def _there(home: DataHome) -> Iterator[Path]:
    for folder in FOLDERS:
        inside = (path for path in sorted((home.root / folder).rglob("*")) if path.parent != home.archive / SET_ASIDE)
        yield from (p for p in inside if p.is_file() and not p.is_symlink() and not _MOMENTARY.fullmatch(p.name))
    yield from (path for path in dict.fromkeys(_of_lake(home.lake)) if path.is_file())


def _of_lake(lake: Path) -> Iterator[Path]:
    """The files of a lake that count, whether they are there or not: its version, its manifests, and what they list,
    each with its second copy, if it has one."""
    names = [FORMAT]
    for manifest in _manifests(lake):
        names += [manifest.relative_to(lake).as_posix(), *(_listed(manifest) or ())]
    for name in names:
        yield lake / name
        if (lake / SECOND_COPIES / name).exists():
            yield lake / SECOND_COPIES / name


def _manifests(lake: Path) -> list[Path]:
    return sorted(path for path in (lake / FOLDER).rglob("*.json") if not _MOMENTARY.fullmatch(path.name))


def _listed(manifest: Path) -> list[str] | None:
    """The files that a manifest lists; None where it is damaged."""
    try:
        return list(decoded(manifest.read_bytes()).files.values())
    except ValueError:
        return None


def _is_whole(home: DataHome, path: Path, sha256: str) -> bool:
    if path.is_relative_to(home.archive):
        return belongs(path.name, sha256)
    if path.is_relative_to(home.lake):
        return path.stem == f"part-{sha256[:DIGEST_LENGTH]}" if path.suffix == ".parquet" else _is_readable(path)
    return True


def _is_readable(path: Path) -> bool:
    return FOLDER not in path.parts or _listed(path) is not None
