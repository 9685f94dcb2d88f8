"""How files looked when they were last hashed, so that what stands is not read again to learn that it does.

Danger: nothing has come, and all that lies in the lake and is published is hashed, gigabytes of it, to find that no
file is damaged. Remedy: of each file is noted how it looked when its hash was found (size, times, inode). One that
looks so holds what it held; one that looks otherwise, or is not noted, is hashed as if there were no note. What a disk
has changed without anybody writing is found when the file is read (`Lake.whole_files`), and by `pmks verify`, which
look at no note.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from warehouse.files import appearance, holds, read_note, write_whole

NOTE = "_hashed.json"
"""Where it is noted, in the lake."""


class LastLook:
    """`lake`: in which the note lies; files of the whole home may be noted in it."""

    def __init__(self, lake: Path) -> None:
        self._note = lake / NOTE
        self._home = f"{lake.parent}/"
        self._noted: dict[str, str] = {
            str(path): str(seen) for path, seen in read_note(self._note).items() if isinstance(seen, str)
        }
        self._new = False

    def holds(self, path: str | Path, sha256: str, holds_now: Callable[[Path, str], bool] = holds) -> bool:
        """Whether there is a file, and it has this SHA-256: noted of how it looks, or found by reading it."""
        look = self._look(path, sha256)
        if not look or self._noted.get(self._name(path)) == look:
            return bool(look)
        found = holds_now(Path(path), sha256)
        if found:
            self._noted[self._name(path)] = look
            self._new = True
        return found

    def knows(self, path: str | Path, sha256: str) -> bool:
        """Whether it is noted of how a file looks that it has this SHA-256."""
        look = self._look(path, sha256)
        return bool(look) and self._noted.get(self._name(path)) == look

    def wrote(self, path: str | Path, sha256: str) -> None:
        """Have it known that a file with this SHA-256, or one that begins so, was written and is on disk."""
        self._noted[self._name(path)] = self._look(path, sha256)
        self._new = True

    def noted(self, folder: Path) -> str:
        """What is noted of how a folder looked when all that lies in it was dealt with; empty where nothing is."""
        return self._noted.get(self._name(folder), "")

    def note(self, folder: Path, look: str) -> None:
        """Have it known how a folder looked when all that lies in it was dealt with."""
        if self.noted(folder) != look:
            self._noted[self._name(folder)] = look
            self._new = True

    @contextmanager
    def holding_on(self, path: str | Path) -> Iterator[None]:
        """What is known of a file holds on, although what is done meanwhile, as to give it another name, shows in how
        it looks."""
        sha256 = self._noted.get(self._name(path), "").rpartition(" ")[2]
        known = self.knows(path, sha256)
        yield
        if known:
            self.wrote(path, sha256)

    def keep(self) -> None:
        """Note for other processes what was found. A full disk has them find it once more."""
        if self._new:
            home = Path(self._home)
            self._noted = {name: look for name, look in self._noted.copy().items() if (home / name).exists()}
            with suppress(OSError):
                write_whole(self._note, json.dumps(self._noted).encode())
                self._new = False

    def _name(self, path: str | Path) -> str:
        return os.fspath(path).removeprefix(self._home)

    def _look(self, path: str | Path, sha256: str) -> str:
        """What is noted where a file that looks as it does now has a hash; empty where there is none."""
        try:
            return f"{close_look(os.stat(path))} {sha256}"  # noqa: PTH116 -- tens of thousands of them
        except OSError:
            return ""


@lru_cache(maxsize=4)
def last_look(lake: Path) -> LastLook:
    """What is known of the files of a home, by the folder of its lake."""
    return LastLook(lake)


def close_look(found: os.stat_result) -> str:
    """The appearance of a file, and when it was last changed in any way: that time nobody can set back."""
    return f"{appearance(found)}.{found.st_ctime_ns}"
