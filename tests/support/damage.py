"""What disks, killed copies and careless hands do to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def flipped(path: Path) -> None:
    """One bit in the middle is another."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    _write(path, bytes(content))


def cut(path: Path) -> None:
    """The second half is gone."""
    content = path.read_bytes()
    _write(path, content[: len(content) // 2])


def emptied(path: Path) -> None:
    """Nothing is left but the name."""
    _write(path, b"")


def zeroed(path: Path) -> None:
    """As long as before, all zeros: what some file systems leave after a power failure."""
    _write(path, bytes(path.stat().st_size))


def lost(path: Path) -> None:
    """Not even the name is left."""
    path.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {f.__name__: f for f in (flipped, cut, emptied, zeroed, lost)}


def _write(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode
    path.unlink()  # other names of the file keep the old content
    path.write_bytes(content)
    path.chmod(mode)
