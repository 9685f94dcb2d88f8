"""Bring a data home and what machines share in line: fetch what others changed, and share what changed here.

Whatever fails, the shared state is the one before or the one after. Here, files come to their places one by one, bytes
before the manifests that list them, as when a stage writes them; a call that was killed is simply made again.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from warehouse.chain import require_whole_ledgers
from warehouse.files import WRITERS, private_folder, read_note, replacing, scratch_folder, sha256_of, write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.manifests import FOLDER
from warehouse.sharing.index import (
    Files,
    Index,
    IndexFormatError,
    Part,
    arrived,
    decoded,
    encoded,
    merged,
    same_bytes,
)
from warehouse.sharing.shared_files import Seen, look, may_be_shared, meant, parts_of
from warehouse.sharing.storage import ObjectMissingError, Stamped, Storage, StorageError, SwapRefusedError

INDEX = "index"
NOTE = ".shared.json"
"""In the home: what was shared when it was last in line with a storage, and what its files looked like then."""
ROUNDS = 20
"""So often others may be faster."""
ORPHANED_SECONDS = 7 * 86400.0
"""Parts that no index lists for so long are of an upload that was given up."""


class BothChangedError(RuntimeError):
    """This machine and another one changed the same files, each otherwise: `paths`. Nothing was shared."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        super().__init__(f"{len(paths)} files were changed here and on another machine; `pmks sync` names them")


class Shared(NamedTuple):
    """What a call did: files fetched and removed here, files shared, and the number of the index that now holds."""

    fetched: int
    removed: int
    stored: int
    number: int


class _Note(NamedTuple):
    """`base`: the shared files when the home was last in line, and `seen`: what they looked like then. `coming`: the
    files that a call was about to bring here after that, of which any number came. `upload`, `tried`: the list that it
    was about to share, of which nobody knows whether it came through."""

    base: Files
    seen: Mapping[str, Seen]
    coming: Files
    upload: str
    tried: Files

    def base_under(self, index: Index, there: Mapping[str, Seen]) -> Files:
        """The files that the home was last in line with, now that this index holds and these files are there."""
        if self.upload in index.uploads:
            return self.tried
        return arrived(self.base, self.coming, parts_of(there))


def share(home: DataHome, storage: Storage, address: str, *, discard: bool = False) -> Shared:
    """Bring a home and a storage in line. No run may go on in the home.

    `discard`: what changed here since the last time is given up. Raises `BothChangedError`, and shares nothing, where
    another machine changed the same files; `StorageError`, `ShortenedLedgerError`, and `index.IndexFormatError`.
    """
    private_folder(home.root)
    note = _noted(home, address)
    there = look(home, note.seen)
    upload = _Upload(home, storage)
    found, index = _index(storage)
    base = note.base_under(index, there)
    ours: Files = meant(home, there, base)
    fetched = removed = 0
    for _ in range(ROUNDS):
        files, both = (dict(index.files), []) if discard else merged(base, ours, index.files)
        if both:
            raise BothChangedError(both)
        if not same_bytes(base, index.files):
            _keep_note(home, address, _Note(base, there, index.files, "", {}))
        try:
            came, went = _brought_here(home, storage, files, there)
        except ObjectMissingError:  # another index took the place of this one, and what only this one listed is gone
            before, (found, index) = index, _index(storage)
            if index == before:
                raise
            continue
        fetched, removed = fetched + came, removed + went
        there = look(home, there)
        if same_bytes(files, index.files):
            _keep_note(home, address, _in_line(index.files, there))
            return Shared(fetched, removed, len(upload.stored), index.number)
        require_whole_ledgers(home)
        if found is None:
            _require_swaps(storage)
        following = index.followed_by(upload.parts(files, index.files, there), upload.group)
        _keep_note(home, address, _Note(index.files, there, index.files, upload.group, following.files))
        try:
            storage.swap(INDEX, encoded(following), found.stamp if found else None)
        except SwapRefusedError:
            before, (found, index) = index, _index(storage)
            base, ours = files if upload.group in index.uploads else before.files, files
            continue
        _keep_note(home, address, _in_line(following.files, there))
        _tidy(storage, index.files, following.files)
        return Shared(fetched, removed, len(upload.stored), following.number)
    raise StorageError("others were faster each time")


def _index(storage: Storage) -> tuple[Stamped | None, Index]:
    """The index as it stands. Raises `IndexFormatError`, also for one that names what is not shared."""
    found = storage.read(INDEX)
    index = decoded(found.content) if found else Index()
    strange = [path for path in index.files if not may_be_shared(path)]
    if strange:
        raise IndexFormatError(f"it lists {strange[0]}")
    return found, index


def _require_swaps(storage: Storage) -> None:
    """Raise `StorageError` where a storage replaces what somebody else has replaced: two machines would undo each
    other's work without a word."""
    name = f"probes/{uuid.uuid4().hex}"
    storage.swap(name, uuid.uuid4().bytes, None)
    try:
        for stamp in (None, '"0"'):
            try:
                storage.swap(name, uuid.uuid4().bytes, stamp)
            except SwapRefusedError:
                continue
            raise StorageError("it knows no conditional writes")
    finally:
        storage.remove([name])


def _brought_here(home: DataHome, storage: Storage, files: Files, there: Mapping[str, Seen]) -> tuple[int, int]:
    """Make the shared files of a home those of a list: how many were written, and how many are gone."""
    wanted = {path: part for path, part in files.items() if path not in there or there[path].sha256 != part.sha256}
    gone = [path for path in there if path not in files]
    with scratch_folder(home.root) as folder, ThreadPoolExecutor(WRITERS) as pool:
        parts = {part.sha256: part for part in wanted.values()}
        list(pool.map(lambda part: _fetch(storage, part, folder), parts.values()))
        for kind in _IN_TURN:
            turn = [path for path in wanted if _kind(path) == kind]
            list(pool.map(lambda path: _put(folder / wanted[path].sha256, home.root / path), turn))
    for path in gone:
        if _kind(path) != _BYTES or not path.startswith(home.lake.name):
            (home.root / path).unlink(missing_ok=True)
    if home.lake.exists():
        Lake(home.lake).sweep()  # what no manifest lists any more goes when nobody reads it
    return len(wanted), len(gone)


_BYTES, _MANIFEST, _OTHER = _IN_TURN = range(3)


def _kind(path: str) -> int:
    if path.startswith("lake/"):
        return _MANIFEST if FOLDER in path.split("/") else _BYTES
    return _BYTES if path.startswith("archive/") else _OTHER


def _fetch(storage: Storage, part: Part, folder: Path) -> None:
    storage.fetch(part.name, folder / part.sha256)
    if sha256_of(folder / part.sha256) != part.sha256:
        raise StorageError(f"{part.name} is damaged in the storage")


def _put(source: Path, target: Path) -> None:
    with replacing(target) as beside:
        shutil.copyfile(source, beside)


class _Upload:
    """What one call brings to the storage. `stored`: the hashes of what it has brought so far."""

    def __init__(self, home: DataHome, storage: Storage) -> None:
        self._home, self._storage = home, storage
        self.group = uuid.uuid4().hex
        self.stored: set[str] = set()

    def parts(self, files: Files, lying: Files, there: Mapping[str, Seen]) -> dict[str, Part]:
        """The same files, each as a part that lies in the storage; those that the index does not list (`lying`) are
        brought there. Raises `StorageError` for a file that changes meanwhile."""
        known = {part.sha256: part for part in lying.values()}
        parts = {path: known.get(part.sha256) or part._replace(group=self.group) for path, part in files.items()}
        missing = {part.sha256: path for path, part in parts.items() if part.sha256 not in known}
        with ThreadPoolExecutor(WRITERS) as pool:
            new = [path for sha256, path in missing.items() if sha256 not in self.stored]
            for path in pool.map(lambda path: self._bring(path, parts[path], there[path]), new):
                self.stored.add(parts[path].sha256)
        return parts

    def _bring(self, path: str, part: Part, seen: Seen) -> str:
        if sha256_of(self._home.root / path) != part.sha256:  # nobody else could use what has a wrong name
            raise StorageError(f"a file of {path.split('/')[0]} is not what {NOTE} says of it: remove {NOTE}")
        self._storage.store(part.name, self._home.root / path)
        now = (self._home.root / path).stat()
        if (now.st_size, now.st_mtime_ns) != (seen.size, seen.mtime_ns):
            raise StorageError(f"a file of {path.split('/')[0]} changed while it was stored")
        return path


def _tidy(storage: Storage, before: Files, now: Files) -> None:
    """Remove the parts that the index listed before and does not list now, and those of uploads that were given up."""
    listed = {part.name for part in now.values()}
    try:
        storage.remove({part.name for part in before.values()} - listed)
        old = {name for name, age in storage.names("parts/").items() if age > ORPHANED_SECONDS}
        storage.remove(old - listed)
    except StorageError:
        pass  # what holds is shared; what is left is old enough some day


def _noted(home: DataHome, address: str) -> _Note:
    """What the home was last in line with; nothing where that was another storage."""
    note = read_note(home.root / NOTE)
    if note.get("storage") != address:
        return _in_line({}, {})
    base, tried = ({path: Part(*part) for path, part in note[key].items()} for key in ("base", "tried"))
    coming = {path: Part(*part) for path, part in note["coming"].items()} if "coming" in note else base
    return _Note(base, {path: Seen(*seen) for path, seen in note["seen"].items()}, coming, note["upload"], tried)


def _in_line(files: Files, there: Mapping[str, Seen]) -> _Note:
    return _Note(files, there, files, "", {})


def _keep_note(home: DataHome, address: str, note: _Note) -> None:
    write_whole(home.root / NOTE, json.dumps({"storage": address} | note._asdict()).encode())
