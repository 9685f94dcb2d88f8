"""Time stamps of the chain's head by an authority that others trust (RFC 3161), as files: no network is asked.

The query is made over the last line of the chain, so that what is stamped is the head itself, its SHA-256; whoever has
the reply can show when the chain was that long. The authority learns the hash and nothing else.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from warehouse.chain import Link, ledger_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import SignedData

    from warehouse.home import DataHome

FAULTS = NO_REPLY, NOT_GRANTED, NOT_TRUSTED, OTHER_HEAD = "no_reply", "not_granted", "not_trusted", "other_head"
"""What can be wrong with a time stamp: keys under `verify.` in the texts."""
_SHA256 = "2.16.840.1.101.3.4.2.1"


class TimeStampError(ValueError):
    """A time stamp proves nothing. The message is one of the codes above."""


class CertificatesError(ValueError):
    """A file holds no certificates. The message names it."""


class TimeStamp(NamedTuple):
    """What an authority says: that there was a chain with this head at this time (UTC). `by`: its name (RFC 4514)."""

    head: str
    at: datetime
    by: str


def timestamp_query(home: DataHome) -> bytes:
    """A query for a time stamp of the chain's head, DER, to be sent as `application/timestamp-query`. Raises
    `FileNotFoundError` where there is no chain."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    last = ledger_of(home).read_bytes().splitlines()[-1]
    builder = TimestampRequestBuilder().data(last).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    return bytes(builder.build().as_bytes())


def read_certificates(path: Path) -> list[Certificate]:
    """The certificates in a PEM file. Raises `CertificatesError`."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CertificatesError(f"{path} holds no certificates (PEM)") from error


def read_timestamp(reply: bytes, trusted: Sequence[Certificate] | None = None) -> TimeStamp:
    """What a reply of an authority says, DER. Raises `TimeStampError`.

    `trusted`: certificates of authorities, any that stand between them and the stamp's included; None: those that this
    machine trusts. They must have been valid when the stamp was made, not now.
    """
    from rfc3161_client import PKIStatus, VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        read = decode_timestamp_response(reply)
        if read.status != PKIStatus.GRANTED:
            raise TimeStampError(NOT_GRANTED)
        said = read.tst_info
        imprint = said.message_imprint
    except TimeStampError:
        raise
    except ValueError:
        raise TimeStampError(NO_REPLY) from None
    if imprint.hash_algorithm.dotted_string != _SHA256:
        raise TimeStampError(OTHER_HEAD)
    try:
        roots = _trusted_here() if trusted is None else trusted
        VerifierBuilder(roots=list(roots)).build().verify(read, imprint.message)
    except (VerificationError, ValueError):
        raise TimeStampError(NOT_TRUSTED) from None
    return TimeStamp(imprint.message.hex(), said.gen_time.replace(tzinfo=None), _signer(read.signed_data))


def stamped(links: Iterable[Link], reply: Path, trusted: Sequence[Certificate] | None = None) -> tuple[Link, TimeStamp]:
    """The entry of a chain that the reply in a file stamps, and what the authority says. Raises `TimeStampError`."""
    try:
        stamp = read_timestamp(reply.read_bytes(), trusted)
    except OSError:
        raise TimeStampError(NO_REPLY) from None
    for link in links:
        if link.head == stamp.head:
            return link, stamp
    raise TimeStampError(OTHER_HEAD)


def _trusted_here() -> list[Certificate]:
    """The certificates of authorities that this machine trusts."""
    from cryptography.x509 import load_der_x509_certificate

    found = []
    for der in ssl.create_default_context().get_ca_certs(binary_form=True):
        with suppress(ValueError), warnings.catch_warnings(action="ignore"):  # of odd ones: not for who asks to judge
            found.append(load_der_x509_certificate(der))
    return found


def _signer(signed: SignedData) -> str:
    """The name of who signed, by the certificate that came with the stamp; its number where none came."""
    from cryptography.x509 import load_der_x509_certificate

    (info,) = signed.signer_infos
    sent = (load_der_x509_certificate(der) for der in signed.certificates)
    names = [each.subject.rfc4514_string() for each in sent if each.serial_number == info.serial_number]
    return names[0] if names else str(info.serial_number)
