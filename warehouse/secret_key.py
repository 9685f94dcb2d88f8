"""The secret key of an installation, from which pseudonyms are made; it lies outside of everything that is published.

Whoever has it can tell which pseudonyms of two directorates are one person. Lost, it is made anew: all pseudonyms are
others then.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from warehouse.files import private_folder, write_whole

_BYTES = 32


def secret_key(path: Path) -> bytes:
    """The key that stands in the file `path`, made at the first use, for its owner only (0600).

    Raises `ValueError` for a file that holds no such key, and leaves it as it is.
    """
    if not path.exists():
        private_folder(path.parent)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")  # a key is whole or not there, whoever is killed
        write_whole(beside, secrets.token_hex(_BYTES).encode())
        with suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
    return _read(path)


def derived(key: bytes, purpose: str) -> bytes:
    """A key of its own for one purpose, from which the first cannot be found."""
    return hmac.digest(key, purpose.encode(), "sha256")


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise ValueError(f"{path} holds no key of {_BYTES} bytes in hexadecimal; bring it back from the backup")
    return key
