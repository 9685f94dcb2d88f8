"""The version of what lies in a data home, and the steps that bring an older one forward.

Danger: a newer program reads tables of an older one wrongly, or an older one writes into those of a newer. Remedy: the
lake says its version (`_format.json`), and so does the warehouse. An older lake is brought forward step by step, with a
backup beside it (`lake.v1`); a newer one is refused. The warehouse is made from the lake, so an older one is made anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from warehouse.files import copy_folder, locked, write_whole
from warehouse.wholeness import SECOND_COPIES

FORMAT = "_format.json"
MATCH_STATE_FOLDER = "_matching"
"""The folder of the lake with the saved state of the last match: files that rows are added to, and that a match from
scratch makes anew."""


class FormatError(RuntimeError):
    """The lake or the warehouse is of another version than this program. The message says which, and what to do."""


class Migration(NamedTuple):
    """One step: what it does, in a few words, the version it leads to, and the change of the lake's folder."""

    name: str
    version: int
    apply: Callable[[Path], None]


def _drop_match_state(lake: Path) -> None:
    """Version 2 saves the state of a match in other files. Without the old ones the next match starts from scratch."""
    shutil.rmtree(lake / MATCH_STATE_FOLDER, ignore_errors=True)


def _number_receipts(lake: Path) -> None:
    """Contents came in the order of a number since, which clocks cannot change: so far that of the moments."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = lake / "_manifests" / "submissions.json"
    if not path.exists():
        return
    manifest = json.loads(path.read_text(encoding="utf-8"))
    before = lake / manifest["files"]["receipts"]
    receipts = pq.read_table(before)
    order = pc.rank(receipts["received_at"], tiebreaker="dense").cast(pa.int64())
    sink = pa.BufferOutputStream()
    pq.write_table(receipts.append_column("seq", order), sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    after = before.with_name(f"part-{hashlib.sha256(content).hexdigest()[:32]}.parquet")
    write_whole(after, content)
    manifest["files"]["receipts"] = after.relative_to(lake).as_posix()
    manifest["digest"] = hashlib.sha256(json.dumps(manifest["files"], sort_keys=True).encode()).hexdigest()[:32]
    write_whole(path, json.dumps(manifest, indent=1).encode())
    before.unlink()


MIGRATIONS: tuple[Migration, ...] = (
    Migration("remove the saved state of the last match", 2, _drop_match_state),
    Migration("number receipts in the order in which they came", 3, _number_receipts),
)
VERSION = MIGRATIONS[-1].version
"""The version that this program reads and writes."""


def version_of(lake: Path) -> int:
    """The version of a lake; that of this program if nothing was written yet, 1 if it does not say (0.1.0).

    Raises `FormatError` where what it says is damaged."""
    stamps = [path for path in (lake / FORMAT, lake / SECOND_COPIES / FORMAT) if path.exists()]
    for path in stamps:
        with suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(path.read_bytes())
            if said.get("check") in (None, _check(said["version"])):
                return int(said["version"])
    if stamps:
        raise FormatError(f"{lake / FORMAT} is damaged, and so is its second copy. Nothing was changed")
    return 1 if (lake / "_manifests").exists() else VERSION


def stamp(lake: Path, version: int = VERSION) -> None:
    """Write down of which version a lake is."""
    for path in (lake / FORMAT, lake / SECOND_COPIES / FORMAT):
        write_whole(path, json.dumps({"version": version, "check": _check(version)}).encode())


def is_stamped(lake: Path) -> bool:
    """Whether the first copy of a lake's stamp is whole and says the version of this program."""
    try:
        said = json.loads((lake / FORMAT).read_bytes())
        return bool(said["version"] == VERSION and said.get("check") in (None, _check(VERSION)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _check(version: int) -> str:
    """What tells a version that was written from one that a flipped bit made."""
    return hashlib.sha256(f"version {version}".encode()).hexdigest()[:16]


def require_version(lake: Path) -> None:
    """Raise `FormatError` if the lake is of another version than this program."""
    found = version_of(lake)
    if found > VERSION:
        raise FormatError(newer(lake, found))
    if found < VERSION:
        raise FormatError(f"{lake} is of version {found}, this program needs {VERSION}: pmks run brings it forward")


def newer(path: Path, found: int) -> str:
    """What to say where something was written by a newer program."""
    return (
        f"{path} was written by a newer program (version {found}; this one knows up to {VERSION}). "
        "Nothing was changed. Install the newer program, or use another data home."
    )


def bring_forward(lake: Path, lock: Path) -> list[str]:
    """Bring a lake to the version of this program, and return the names of the steps that were taken.

    Before the first step a backup is made beside it, `lake.v<version>`, by hard links where that is possible: files of
    the lake are replaced, never written to. A migration that was killed begins again from the backup. Raises
    `FormatError`, and changes nothing, for a newer lake.
    """
    if version_of(lake) == VERSION:
        if (lake / "_manifests").exists() and not _same(lake / FORMAT, lake / SECOND_COPIES / FORMAT):
            stamp(lake)
        return []
    with locked(lock):
        found = version_of(lake)
        if found > VERSION:
            raise FormatError(newer(lake, found))
        if found == VERSION:
            return []
        backup = lake.with_name(f"{lake.name}.v{found}")
        if backup.exists():
            shutil.rmtree(lake)
            _copy(backup, lake)
        else:
            _copy(lake, backup)
        shutil.rmtree(lake / SECOND_COPIES, ignore_errors=True)  # of what stands before the steps
        steps = [migration for migration in MIGRATIONS if migration.version > found]
        for migration in steps:
            migration.apply(lake)
        stamp(lake)
        return [migration.name for migration in steps]


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def _copy(source: Path, target: Path) -> None:
    """Copy a lake, whole or not at all, without what can be made again."""
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    copy_folder(source, part, linked=True, without=(MATCH_STATE_FOLDER, "*.lock"))
    part.rename(target)
