"""What is compiled to machine code, and where that is kept.

Numba keeps compiled functions by the text of their own file alone: after an update of one file, others would go on
with what they had inlined of it. Here all files count, so that results always come from the code that is installed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from os import cpu_count
from pathlib import Path
from typing import Any, TypeVar

import numba as nb

THREADS = max(1, min(8, cpu_count() or 1))
Function = TypeVar("Function", bound=Callable[..., Any])


def digest_of(folder: Path) -> str:
    """Return a digest of the code in a folder."""
    digest = sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _kept_in() -> str:
    """Return where this code's machine code is kept: where NUMBA_CACHE_DIR says, beside the code, or else in the
    user's cache."""
    here = Path(__file__).parents[1]
    beside = here / "__pycache__" if os.access(here, os.W_OK) else Path.home() / ".cache" / "pmks"
    return str(Path(_SETTINGS.CACHE_DIR or beside) / digest_of(here))


_SETTINGS: Any = nb.config
_SETTINGS.CACHE_DIR = _kept_in()


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
