"""Signatures of the chain by an Ed25519 key that lies outside of the data home, in a PEM file.

`openssl genpkey -algorithm ed25519 -out KEY` makes one. Who can write the data home and has not the key cannot sign.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class SigningKeyError(ValueError):
    """A key cannot be used. The message names its file."""


def sign(path: Path, content: bytes) -> dict[str, str]:
    """The public key and the signature of some bytes, in hexadecimal. Raises `SigningKeyError`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = _key_in(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path} holds no private Ed25519 key")
    return {"key": key.public_key().public_bytes_raw().hex(), "signature": key.sign(content).hex()}


def is_signed(content: bytes, key: str, signature: str) -> bool:
    """Whether a signature of some bytes is that of a public key, both in hexadecimal."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), content)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def public_key(path: Path) -> str:
    """The public key in a PEM file, in hexadecimal; of a private one its public half. Raises `SigningKeyError`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = _key_in(path)
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes_raw().hex()


def _key_in(path: Path) -> Ed25519PrivateKey | Ed25519PublicKey:
    """The Ed25519 key, private or public, in a PEM file. Raises `SigningKeyError`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    try:
        content = path.read_bytes()
        private = b"PRIVATE" in content
        key = load_pem_private_key(content, password=None) if private else load_pem_public_key(content)
    except (OSError, ValueError, TypeError) as error:
        raise SigningKeyError(f"{path} cannot be read, or is no PEM file of a key without a password") from error
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise SigningKeyError(f"{path} holds no Ed25519 key")
    return key
