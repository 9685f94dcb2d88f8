"""Which files of the inbox were archived before, and look as they did then, so that they are not read again.

Danger: one list comes, and for it tens of thousands of files and their copies in the archive are hashed. Remedy: of
each file is noted how it looked when it was archived, its hash, and how its copy looked. Where both look so, it is what
it was. Whatever looks otherwise, or is not noted, is hashed as if there were no note. A copy that the disk has damaged
since is found when it is read (`warehouse/archive.py`), as in a run that finds nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assets.intake.inbox.discovery import FoundFile
from warehouse.archive import redacted_copy
from warehouse.digests import digest_of
from warehouse.files import appearance_of


class ArchivedBefore:
    """`note`: what `note` gave after an earlier look; one that is torn or was changed counts as none."""

    def __init__(self, archive: Path, note: Mapping[str, Any] | None = None) -> None:
        noted = (note or {}).get("files", {})
        self._archive = archive
        self._noted: Mapping[str, list[str]] = noted if digest_of(noted) == (note or {}).get("whole") else {}
        self._now: dict[str, list[str]] = {}

    def known(self, file: FoundFile) -> tuple[str, int] | None:
        """The hash (SHA-256, hex) and the size of the copy, of a file that looks as it did when it was archived, and of
        which the copy does, too."""
        appearance, sha256, of_copy = self._noted.get(file.path, ("", "", ""))
        if appearance != file.appearance or of_copy != self._of_copy(sha256):
            return None
        self._now[file.path] = self._noted[file.path]
        return sha256, int(of_copy.partition(".")[0])

    def add(self, file: FoundFile, sha256: str) -> None:
        """Have the next look know that a file was archived under a hash."""
        self._now[file.path] = [file.appearance, sha256, self._of_copy(sha256)]

    def note(self) -> dict[str, Any]:
        """The files that are archived now (JSON), with a hash over them."""
        return {"files": self._now, "whole": digest_of(self._now)}

    def _of_copy(self, sha256: str) -> str:
        original = appearance_of(f"{self._archive}/{sha256[:2]}/{sha256}")
        return original if original != "-" else appearance_of(f"{redacted_copy(self._archive, sha256)}")
