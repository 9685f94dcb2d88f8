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
from pathlib import Path


def glance(inbox: Path) -> str:
    """One hash over how all that lies in the inbox looks to this user, hidden folders apart; empty where that does not
    tell what it is."""
    found = hashlib.sha256(f"{os.geteuid()} {os.getegid()}".encode())
    ahead = [os.fspath(inbox)]
    while ahead:
        folder = ahead.pop()
        try:
            with os.scandir(folder) as entries:
                there = sorted(entries, key=lambda entry: entry.name)
            lines = [os.fsencode(folder)]
            for entry in there:
                if entry.is_dir(follow_symlinks=False):
                    ahead += [] if entry.name.startswith(".") else [entry.path]
                    continue
                about = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
                    return ""
                lines.append(os.fsencode(f"{entry.name}/{about.st_size}/{about.st_mtime_ns}/{about.st_ctime_ns}/"
                                         f"{about.st_ino}/{about.st_mode}/{about.st_uid}/{about.st_gid}"))  # fmt: skip
        except OSError:
            return ""
        found.update(b"\0".join(lines) + b"\0\0")
    return found.hexdigest()
