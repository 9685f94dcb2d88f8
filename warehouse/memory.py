"""Memory that was freed: kept for what is asked for next, or given back to the system.

Danger: libraries give each block back as soon as it is free, and the system clears the next one page by page; at a
million people that was a quarter of all that a run took of the processor. Remedy: a process that runs stages keeps what
it freed, in one heap for Arrow, NumPy and Python (`keep_freed`; `KEEP_FREED` where it starts another), and gives it
back where a stage needs less from there on (`give_back`). One heap, too, for all threads: what is free in that of
another thread nobody uses, and the end of it is never given back.
"""

from __future__ import annotations

import ctypes

_LIBRARY = ctypes.CDLL(None)
_TRIM, _SET = (getattr(_LIBRARY, name, None) for name in ("malloc_trim", "mallopt"))
"""Of glibc; other C libraries go their own way."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_HEAPS = 1
_AT_THE_END, _IN_ONE_BLOCK = 2**31 - 1, 1 << 25
"""Bytes: what is free at the end of the heap stays up to the first; blocks of the second or more go back when freed."""
KEEP_FREED = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": str(_HEAPS),
    "MALLOC_MMAP_THRESHOLD_": str(_IN_ONE_BLOCK),
    "MALLOC_TRIM_THRESHOLD_": str(_AT_THE_END),
}
"""Environment of a process that keeps what it freed from its start."""


def keep_freed() -> None:
    """Keep memory that is freed from now on."""
    if _SET is not None:
        _SET(_M_ARENA_MAX, _HEAPS)
        _SET(_M_MMAP_THRESHOLD, _IN_ONE_BLOCK)
        _SET(_M_TRIM_THRESHOLD, _AT_THE_END)
    import pyarrow as pa  # who only says to another process how it starts is not to wait for it; it starts a thread

    pa.set_memory_pool(pa.system_memory_pool())


def give_back() -> None:
    """Return freed memory of Arrow and, where the C library can, of all others to the system."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    if _TRIM is not None:
        _TRIM(0)
