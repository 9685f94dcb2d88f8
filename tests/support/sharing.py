"""Homes that share a state, small enough to be looked through whole: their files are texts."""

from __future__ import annotations

import hashlib
from pathlib import Path

from warehouse.home import DataHome
from warehouse.sharing.index import decoded
from warehouse.sharing.shared_files import FOLDERS
from warehouse.sharing.sharing import INDEX
from warehouse.sharing.storage import Storage


def homes_of(folder: Path, count: int) -> list[DataHome]:
    return [DataHome(folder / f"home{number}", folder / "inbox") for number in range(count)]


def holds(home: DataHome) -> dict[str, str]:
    """The shared files of a home, their texts by path."""
    files = [path for name in FOLDERS for path in (home.root / name).rglob("*") if path.is_file()]
    return {path.relative_to(home.root).as_posix(): path.read_text() for path in files if path.suffix != ".lock"}


def put(home: DataHome, path: str, content: str | None) -> None:
    target = home.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        target.unlink(missing_ok=True)
    else:
        target.write_text(content)


def shared_state(storage: Storage) -> dict[str, str]:
    """What a storage holds by its index. Fails unless every part is there and is what the index says."""
    found = storage.read(INDEX)
    state = {}
    for path, part in decoded(found.content).files.items() if found else ():
        kept = storage.read(part.name)
        assert kept is not None
        assert hashlib.sha256(kept.content).hexdigest() == part.sha256
        state[path] = kept.content.decode()
    return state
