"""The secret key of an installation, from which pseudonyms are made; it lies outside of everything that is published.

Whoever has it can tell which pseudonyms of two directorates are one person.

Danger: a key that is lost or has one digit flipped makes other pseudonyms, and nobody notices that a directorate can no
longer tell who is who. Remedy: the file has a check value, and where files with pseudonyms were handed out no new key
is made.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from warehouse.files import private_folder, write_whole

_BYTES = 32
_BRING_BACK = "bring it back from the backup, or move published/ aside, with this file, to begin with new pseudonyms"


class SecretKeyError(ValueError):
    """The file of the secret key is lost or holds no whole key. The message names the file."""


def secret_key(path: Path, *, used: bool = False) -> bytes:
    """The key that stands in the file `path`, made at the first use, for its owner only (0600).

    `used`: pseudonyms were made from it and handed out. Raises `SecretKeyError` for a file that holds no such key, and
    leaves it as it is, and where a key was used and there is none.
    """
    if not path.exists():
        if used:
            raise SecretKeyError(f"{path} is gone; {_BRING_BACK}")
        private_folder(path.parent)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")  # a key is whole or not there, whoever is killed
        key = secrets.token_bytes(_BYTES)
        write_whole(beside, f"{key.hex()}\n{_check(key)}\n".encode())
        with suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
    return _read(path)


def derived(key: bytes, purpose: str) -> bytes:
    """A key of its own for one purpose, from which the first cannot be found."""
    return hmac.digest(key, purpose.encode(), "sha256")


def _read(path: Path) -> bytes:
    """The key of a file: its first line. An older program wrote no second one, the check value."""
    try:
        first, *rest = path.read_text(encoding="ascii").split()
        key = bytes.fromhex(first)
    except ValueError:
        key, rest = b"", []
    if len(key) != _BYTES or rest not in ([], [_check(key)]):
        raise SecretKeyError(f"{path} holds no whole key; {_BRING_BACK}")
    return key


def _check(key: bytes) -> str:
    return derived(key, "check").hex()[:16]
