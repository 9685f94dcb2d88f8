"""What a stage wrote, as it stands in a file: which inputs, which files, how many rows; with a checksum of its own."""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from warehouse.files import appearance_of, locked, write_whole
from warehouse.repairs import note_repair
from warehouse.tables import lake_tables, tables
from warehouse.wholeness import SECOND_COPIES

FOLDER = "_manifests"
_CHECK = "check"
_OF_A_PARTITION = re.compile(r"[^.].*__.*\.json")


class DamagedTableError(RuntimeError):
    """A file of the lake is damaged or missing, and can be made again. The message names files only."""


class LostTableError(DamagedTableError):
    """A file of the lake is damaged that nothing can make again, and so is its second copy."""


class Partition(NamedTuple):
    """Kabupaten/kota and reporting period: the unit in which files are read and records validated."""

    kode_kabupaten: str
    periode: str


@dataclass(frozen=True)
class Manifest:
    """What a stage wrote: `inputs` names what it was made from, `digest` what came out, `rows` how many by table."""

    stage: str
    inputs: str
    digest: str
    files: dict[str, str]
    rows: dict[str, int]
    facts: dict[str, Any] = field(default_factory=dict)


def encoded(manifest: Manifest) -> bytes:
    """The bytes of a manifest's file."""
    said = asdict(manifest)
    return json.dumps({**said, _CHECK: _checksum(said)}, indent=1).encode()


def decoded(content: bytes) -> Manifest:
    """The manifest that a file holds. Raises `ValueError` where it was cut or altered; one that an older program wrote
    says no checksum."""
    try:
        said = json.loads(content)
        check = said.pop(_CHECK, None)
        made = Manifest(**said)
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a manifest") from error
    if check is not None and check != _checksum(said):
        raise ValueError("the checksum of a manifest differs")
    return made


def _checksum(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


class Manifests:
    """The manifests of all stages of a lake. Those of stages that write what nothing can make again are kept twice."""

    def __init__(self, lake: Path) -> None:
        self._lake = lake

    def changing(self) -> AbstractContextManager[None]:
        """The lock under which manifests are replaced; held for a moment only."""
        return locked(self._lake / ".manifests.lock")

    def partitions(self, stage: str) -> list[Partition]:
        """The partitions of which a stage has a manifest, in order."""
        try:
            names = os.listdir(self._lake / FOLDER / stage)  # noqa: PTH208 -- a thousand of them, many times
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = filter(_OF_A_PARTITION.fullmatch, names)
        return sorted(Partition(*name.removesuffix(".json").split("__")) for name in found)

    def find(self, stage: str, partition: Partition | None = None) -> Manifest | None:
        """The manifest of a stage (for a partition); None if there is none. In place of one that is damaged or missing
        counts its second copy, if it has one. Changes nothing. Raises `DamagedTableError`, or `LostTableError` if
        nothing could make again what it lists."""
        relative = name_of(stage, partition)
        path, twice = f"{self._lake}/{relative}", keeps_twice(stage)
        look = appearance_of(path)
        found = _decoded_once(path, look)
        if found is None and twice:
            found = _decoded_or_none(_bytes_of(self._lake / SECOND_COPIES / relative))
        if found is None and look != "-":
            raise damage(Path(path), "is damaged", lost=twice)
        return found

    def write(self, manifest: Manifest, partition: Partition | None = None) -> None:
        """Replace a manifest, and then its second copy."""
        relative = name_of(manifest.stage, partition)
        write_whole(self._lake / relative, encoded(manifest))
        self.keep_second_copy(manifest)

    def bring_back(self, manifest: Manifest) -> None:
        """Write a manifest that was found in its second copy alone where it belongs."""
        path = self._lake / name_of(manifest.stage, None)
        if keeps_twice(manifest.stage) and _decoded_or_none(_bytes_of(path)) is None:
            write_whole(path, encoded(manifest))
            note_repair(self._lake, "second_copy", name_of(manifest.stage, None))

    def keep_second_copy(self, manifest: Manifest) -> None:
        """See to it that a manifest that is kept twice has a second copy that says the same."""
        copy = self._lake / SECOND_COPIES / name_of(manifest.stage, None)
        if keeps_twice(manifest.stage) and _bytes_of(copy) != encoded(manifest):
            write_whole(copy, encoded(manifest))

    def drop(self, stage: str, partition: Partition | None = None) -> bool:
        """Remove a manifest that cannot be read; whether there was one."""
        path = self._lake / name_of(stage, partition)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there


def name_of(stage: str, partition: Partition | None) -> str:
    """Where a manifest stands in the lake."""
    return f"{FOLDER}/{stage}/{partition[0]}__{partition[1]}.json" if partition else f"{FOLDER}/{stage}.json"


def is_irreplaceable(table: str) -> bool:
    """Whether nothing could make a table again."""
    return table in tables() and tables()[table].irreplaceable


@cache
def keeps_twice(stage: str) -> bool:
    """Whether a stage writes a table that nothing could make again."""
    return any(table.irreplaceable for table in lake_tables(stage).values())


def damage(path: Path, fault: str, *, lost: bool) -> DamagedTableError:
    """The error to raise for a file of the lake with a fault (`wholeness.fault_of`); `lost`: nothing could make it
    again."""
    if lost:
        return LostTableError(f"{path} {fault}, and its second copy is not whole either. Nothing was changed")
    return DamagedTableError(f"{path} {fault}; the next pmks run makes it again")


def _decoded_or_none(content: bytes | None) -> Manifest | None:
    try:
        return None if content is None else decoded(content)
    except ValueError:
        return None


@lru_cache(maxsize=20_000)
def _decoded_once(path: str, look: str) -> Manifest | None:
    """The manifest in a file that looks so: one refresh asks for that of each kabupaten and period a dozen times."""
    return None if look == "-" else _decoded_or_none(_bytes_of(Path(path)))


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
