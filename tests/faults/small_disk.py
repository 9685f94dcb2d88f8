"""A real small disk, made of memory, that one process and its children see, and nobody else: it needs no right.

It is a mount in a namespace of its own (`unshare`). Where the system lets nobody make one, `OSError` says so.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
from pathlib import Path

from tests.faults.scenes import Scene
from tests.faults.warmed import Commands, Ended, run_here

_NEW_USER, _NEW_MOUNTS, _REMOUNT, _PRIVATE = 0x10000000, 0x00020000, 32, (1 << 18) | 16384
ENOUGH = 2_000_000_000


def on_small_disks(commands: Commands, scene: Scene, step: int, sizes: list[int], out: Path) -> list[Ended]:
    """Run a command of a scene on a disk that has each of the sizes in turn, then enough room; how each time ended.

    What the last one left is copied to `out`.
    """
    shutil.rmtree(out, ignore_errors=True)
    home, told = out.with_name(f"{out.name}-disk"), out.with_name(f"{out.name}.json")
    home.mkdir(exist_ok=True)
    told.unlink(missing_ok=True)
    commands.call(_grow, (scene, step, [*sizes, ENOUGH], home, out, told, commands.folder / "small.txt"))
    return [Ended(*each) for each in json.loads(told.read_text())]


def _grow(scene: Scene, step: int, sizes: list[int], home: Path, out: Path, told: Path, said: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_MOUNTS | (_NEW_USER if user else 0)):
        raise OSError(ctypes.get_errno(), "this system lets nobody make a disk of memory")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _mount(libc, b"none", b"/", None, _PRIVATE, None)
    ended = []
    for number, size in enumerate(sizes):
        _mount(libc, b"none", bytes(home), b"tmpfs", _REMOUNT if number else 0, b"size=%d,mode=0700" % size)
        if number == 0 and scene.before is not None:
            shutil.copytree(scene.before, home, dirs_exist_ok=True)
        ended.append(run_here(scene.step(step, home), said))
    shutil.copytree(home, out, symlinks=True)
    told.write_text(json.dumps(ended))


def _mount(libc: ctypes.CDLL, *arguments: bytes | int | None) -> None:
    if libc.mount(*arguments):
        raise OSError(ctypes.get_errno(), "a disk of memory could not be mounted")
