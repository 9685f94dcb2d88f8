"""How the inbox looks, without opening anything in it: whether a closer look can find anything new.

Danger: nothing has come, and of tens of thousands of files is worked out what is declared about each. Remedy: one hash
over the name, size, times, inode and rights of all that lies there. Where it is what it was when all had been
registered, all still is. Where a name may stand for something that changes elsewhere (a link), or something cannot be
looked at, there is no such hash.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path


def glance(inbox: Path) -> str:
    """One hash over how all that lies in the inbox looks to this user, hidden folders apart; empty where that does not
    tell what it is."""
    found = hashlib.sha256(f"{os.geteuid()} {os.getegid()}".encode())
    try:
        for folder in looks(inbox, left_out=_is_hidden_folder, linked=False):
            found.update(folder)
    except (OSError, ValueError):
        return ""
    return found.hexdigest()


def looks(root: Path, *, left_out: Callable[[os.DirEntry[str]], bool], linked: bool) -> Iterator[bytes]:
    """How each folder from `root` down looks: its name, and name, size, times, inode and rights of its files.

    `left_out`: files and folders that are passed over. `linked`: whether a file may have further names (hard links).
    Raises `ValueError` for a link, or what is no file, and `OSError` for what cannot be looked at.
    """
    ahead = [os.fspath(root)]
    while ahead:
        folder = ahead.pop()
        with os.scandir(folder) as entries:
            there = sorted(entries, key=lambda entry: entry.name)
        lines = [os.fsencode(folder)]
        for entry in there:
            if left_out(entry):
                continue
            if entry.is_dir(follow_symlinks=False):
                ahead.append(entry.path)
                continue
            about = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(about.st_mode) or (about.st_nlink > 1 and not linked):
                raise ValueError("how it looks does not tell what it is")
            lines.append(os.fsencode(f"{entry.name}/{about.st_size}/{about.st_mtime_ns}/{about.st_ctime_ns}/"
                                     f"{about.st_ino}/{about.st_mode}/{about.st_uid}/{about.st_gid}"))  # fmt: skip
        yield b"\0".join(lines) + b"\0\0"


def _is_hidden_folder(entry: os.DirEntry[str]) -> bool:
    return entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
