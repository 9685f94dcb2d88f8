"""The sidecars of an inbox: their bytes taken here, with a bound, and read in the isolated children, many at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.parcel import BrokenMemberError, Member
from assets.intake.sidecar_reading import MOST_BYTES, Fault, SidecarResult, read_sidecars
from assets.intake.tries import is_stopped
from warehouse.code import code_digest
from warehouse.digests import digest_of

LIMITS = Limits(seconds=30.0, memory_bytes=512 * 1024**2)
"""What a batch of sidecars may cost; one that costs more is read alone."""
BATCH = 200
MOST_REMEMBERED = 20_000
_REMEMBERED: dict[tuple[str, bytes], SidecarResult] = {}
"""What this process has read, by name and SHA-256: looks come every few seconds, and sidecars seldom change."""


class Sidecars:
    """`results`: what each sidecar says. `contents`: its bytes, or where it lies if it is too large to be read.
    `closed`: those that could not be read now, and say nothing until they can be. `believed`: whether results are those
    of the `note` of an earlier look, since all that this process has not read is noted there."""

    def __init__(self, sidecars: Mapping[str, Path | Member], note: object = None) -> None:
        self.results: dict[str, SidecarResult] = {}
        self.contents: dict[str, bytes | Path] = {}
        self.closed: set[str] = set()
        due: dict[tuple[str, bytes], bytes] = {}
        keys: dict[str, tuple[str, bytes]] = {}
        for relative, path in sorted(sidecars.items()):
            try:
                with path.open("rb") as stream:
                    content = stream.read(MOST_BYTES + 1)
                    rest = stream.read() if isinstance(path, Member) else b""
            except BrokenMemberError:
                facts = {"sidecar": PurePosixPath(relative).name, "alasan": "rusak di dalam arsip zip; kemas ulang"}
                self.results[relative] = SidecarResult({}, [Fault("sidecar_unreadable", facts)])
                continue
            except OSError:
                self.closed.add(relative)
                continue
            large = len(content) > MOST_BYTES
            self.contents[relative] = path if large and isinstance(path, Path) else content + rest
            keys[relative] = _key(relative, content)
            if keys[relative] not in _REMEMBERED:
                due[keys[relative]] = content
        known = _noted(note) if due else {}
        self.believed = bool(due) and due.keys() <= known.keys()
        found = known if self.believed else _read(due) if due else {}
        if not self.believed:
            if len(_REMEMBERED) + len(found) > MOST_REMEMBERED:
                _REMEMBERED.clear()
            _REMEMBERED.update(found)
        for relative, key in keys.items():
            result = found.get(key) or _REMEMBERED.get(key)
            if result is None:
                self.closed.add(relative)
            else:
                self.results[relative] = result


def _key(relative: str, content: bytes) -> tuple[str, bytes]:
    return PurePosixPath(relative).name, hashlib.sha256(content).digest()


def noted(contents: Mapping[str, bytes | Path]) -> dict[str, Any]:
    """What this process read of sidecars of these bytes, as a note (JSON) for the next one."""
    keys = {_key(relative, content) for relative, content in contents.items() if isinstance(content, bytes)}
    read = [[name, sha256.hex(), *_REMEMBERED[name, sha256]] for name, sha256 in sorted(keys & _REMEMBERED.keys())]
    return {"read": read, "check": _check(read)}


def _noted(note: object) -> dict[tuple[str, bytes], SidecarResult]:
    """What a note says; nothing where it is damaged, or other code made it."""
    if not isinstance(note, dict) or note.get("check") != _check(note.get("read")):
        return {}
    return {
        (name, bytes.fromhex(sha256)): SidecarResult(declared, [Fault(*fault) for fault in faults])
        for name, sha256, declared, faults in note["read"]
    }


def _check(read: object) -> str:
    """One hash over what was read, and the code that read it."""
    return digest_of(read, code_digest("assets.intake.sidecar_reading"))


def _read(due: Mapping[tuple[str, bytes], bytes]) -> dict[tuple[str, bytes], SidecarResult]:
    """Read sidecars in batches, and those of a batch that failed each alone; without those that were stopped."""
    keys = list(due)
    batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
    found: dict[tuple[str, bytes], SidecarResult] = {}
    alone: list[tuple[str, bytes]] = []
    with ReaderPool(workers=1, limits=LIMITS) as pool:
        for index, results in pool.map(read_sidecars, [([(key[0], due[key]) for key in b],) for b in batches]):
            if isinstance(results, list):
                found.update(zip(batches[index], results, strict=True))
            else:
                alone += batches[index]
        for index, results in pool.map(read_sidecars, [([(key[0], due[key])],) for key in alone]):
            key = alone[index]
            if isinstance(results, list):
                found[key] = results[0]
            elif not is_stopped(results):
                facts = {"sidecar": key[0], "alasan": "terlalu rumit untuk dibaca"}
                found[key] = SidecarResult({}, [Fault("sidecar_unreadable", facts)])
    return found
