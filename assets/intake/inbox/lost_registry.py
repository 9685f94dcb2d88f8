"""An archive without its registry is refused.

Danger: the lake is lost, and a run registers an empty inbox and publishes that nobody is referred; or registers a full
one anew, and forgets when each file came, who was who, and since when each referral holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from warehouse.files import Readable, sha256_of
from warehouse.home import DataHome
from warehouse.lake import Manifest


class RegistryLostError(RuntimeError):
    """The archive holds files of which the registry knows nothing. The message names folders and counts only."""


def require_registry(
    home: DataHome, manifest: Manifest | None, registered: int, inbox: Iterable[Readable | bytes]
) -> None:
    """Raise `RegistryLostError` if the registry is empty or missing although the archive holds files.

    `manifest`: that of the registry; `registered`: how many files it knows. A first run that was killed between
    archiving and registering leaves such an archive, too: that is taken for the cause if all that is archived lies in
    the `inbox` (its whole files, and the bytes of its sidecars), and no run had come as far as the referrals.
    """
    if registered:
        return
    archived = {path.name for path in home.archive.glob("[0-9a-f][0-9a-f]/*")}
    if not archived:
        return
    lost = manifest is None and _has_referred(home)
    if lost or not archived <= _contents(inbox):
        raise RegistryLostError(
            f"the archive holds {len(archived)} files, but the registry in {home.lake} is empty or missing; nothing "
            "was changed. Bring lake/ back from the backup. Without one, move archive/ and warehouse.duckdb aside, put "
            "all lists into the inbox and run again: ids and history then begin anew"
        )


def _has_referred(home: DataHome) -> bool:
    """Whether a run ever came as far as the referrals: their rules are archived, or the warehouse was made."""
    return home.warehouse.exists() or any((home.archive / "rules").glob("*.csv"))


def _contents(seen: Iterable[Readable | bytes]) -> set[str]:
    """The SHA-256 of what lies in the inbox, in hexadecimal digits."""
    found = set()
    for each in seen:
        try:
            found.add(hashlib.sha256(each).hexdigest() if isinstance(each, bytes) else sha256_of(each))
        except OSError:
            continue  # gone or locked since the look: not there
    return found
