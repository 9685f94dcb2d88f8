"""What is compiled to machine code, and where that is kept.

Numba keeps compiled functions by the text of their own file alone: after an update of one file, others would go on
with what they had inlined of it. Here every file counts that a compiled function can take code or constants from, so
that results always come from the code that is installed, and nothing is compiled again after any other edit.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from os import cpu_count
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeVar

import numba as nb

THREADS = cpu_count() or 1
Function = TypeVar("Function", bound=Callable[..., Any])
ROOT = Path(__file__).parents[4]
"""The folder of the project's packages."""
UNUSED_DAYS = 30
"""Machine code that no process used for so long is removed."""
_IN_USE = "in_use"
_COMPILES = re.compile(r"^@(?:compiled|kernel)$", re.MULTILINE)
_IMPORT = re.compile(r"^from ([\w.]+) import (\([^)]*\)|.+)$|^import ([\w.]+)", re.MULTILINE)


def imports_of(text: str, root: Path) -> set[Path]:
    """Return the files under `root` that the text of a module imports at its top: `from package.module import name`."""
    found = set()
    for package, names, module in _IMPORT.findall(text):
        parts = (package or module).split(".")
        candidates = [parts, *([*parts, name] for name in re.findall(r"\w+", names))]
        found |= {root.joinpath(*c).with_suffix(".py") for c in candidates}
    return {file for file in found if file.is_file()}


def closure(folder: Path, root: Path) -> list[Path]:
    """Return the files under `folder` that compile functions, and whatever these import of `root`; sorted."""
    texts = {file: file.read_text() for file in folder.rglob("*.py")}
    due = [file for file, text in texts.items() if _COMPILES.search(text)]
    found: set[Path] = set()
    while due:
        file = due.pop()
        if file not in found:
            found.add(file)
            due.extend(imports_of(texts.get(file) or file.read_text(), root))
    return sorted(found)


def digest_of(files: list[Path], root: Path) -> str:
    """Return a digest of the names and texts of some files under `root`."""
    digest = sha256()
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return where this code's machine code is kept: where NUMBA_CACHE_DIR says, beside the code, or else in the
    user's cache."""
    here = Path(__file__).parents[1]
    beside = here / "__pycache__" if os.access(here, os.W_OK) else Path.home() / ".cache" / "pmks"
    return Path(_SETTINGS.CACHE_DIR or beside) / digest_of(closure(here, ROOT), ROOT)


def use(folder: Path) -> None:
    """Hold a cache folder as one in use for as long as this process lives, and remember when that was."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _IN_USE, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(handle, fcntl.LOCK_SH)
        if os.fstat(handle).st_nlink:  # else it was removed while this process waited
            os.utime(handle)
            return
        os.close(handle)


def remove_unused(caches: Path, *, now: float) -> list[str]:
    """Remove the cache folders under `caches` that no process holds or held within `UNUSED_DAYS`; return their names.

    `now`: seconds since the epoch. A folder that says nothing of its use is not one of ours, and stays.
    """
    removed = []
    for lock in sorted(caches.glob(f"*/{_IN_USE}")):
        with suppress(OSError), lock.open("rb+") as handle:  # it went meanwhile, or is held
            if now - lock.stat().st_mtime < UNUSED_DAYS * 86_400:
                continue
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            rmtree(lock.parent)
            removed.append(lock.parent.name)
    return removed


_SETTINGS: Any = nb.config
CACHE = cache_folder()
if not CACHE.exists():
    remove_unused(CACHE.parent, now=time.time())
use(CACHE)
_SETTINGS.CACHE_DIR = str(CACHE)


def compiled(function: Function) -> Function:
    """Compile a function that lets other threads run."""
    compile_later: Any = nb.njit(cache=True, nogil=True)
    out: Function = compile_later(function)
    return out


def kernel(function: Function) -> Function:
    """Compile a function that allocates nothing and returns no array into each of its callers.

    A call would copy some two hundred numbers, since each array is passed as eight (measured on `scoring.weigh`: 200
    against 60 ns a pair); counting references to its arguments would cost five times as much again.
    """
    compile_later: Any = nb.njit(cache=True, nogil=True, _nrt=False, forceinline=True)  # type: ignore[call-overload]
    out: Function = compile_later(function)
    return out
