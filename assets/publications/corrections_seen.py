"""Which workbooks of corrections lie as they were last seen, so that what nobody touched is not opened again.

Danger: one list comes again, and for it tens of thousands of workbooks are opened and their pages hashed. Remedy: for
each kabupaten and period is noted what its workbooks were made from, and how their files looked. Where both are the
same, they are taken to be what they were; whatever looks otherwise, or is not noted, is opened as if there were no
note.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from warehouse.digests import digest_of
from warehouse.files import appearance_of

_HASH_ENDING = ".sha256"
"""How the name of the note ends that stands, hidden, beside a workbook."""


class Seen(NamedTuple):
    """A workbook as it was last seen: how its files looked (`look_of`), and the SHA-256 of the workbook, and of the
    page where there is one, as they were written."""

    look: str
    written: Sequence[str]


class Place(NamedTuple):
    """The workbooks of a kabupaten and period, by their path under the folder of corrections. `basis`: one hash over
    what decides which there are, and what they say."""

    basis: str
    workbooks: Mapping[str, Seen]

    def stands(self, target: Path, basis: str) -> bool:
        """Whether its workbooks under `target` are to be made from the same, and look as they did."""
        return self.basis == basis and all(look_of(target, name) == seen.look for name, seen in self.workbooks.items())


def look_of(target: Path, workbook: str) -> str:
    """How a workbook under `target` looks with what goes with it (note, page, sidecar), of which none is opened: the
    appearance of each, "-" for one that is not there."""
    folder, _, name = f"{target}/{workbook}".rpartition("/")
    return " ".join(
        appearance_of(f"{folder}/{each}") for each in (name, note_name(name), page_name(name), sidecar_name(name))
    )


def note_name(workbook: str) -> str:
    """The name of the note beside a workbook of a name."""
    return f".{workbook}{_HASH_ENDING}"


def page_name(workbook: str) -> str:
    """The name, or path, of the page for the phone beside a workbook."""
    return f"{workbook.removesuffix('.xlsx')}.html"


def sidecar_name(workbook: str) -> str:
    """The name of what the sidecar files of a list declared, beside its workbook."""
    return f"{workbook}.yml"


def to_note(places: Mapping[str, Place], seen: Mapping[str, Seen], written: Mapping[str, str]) -> dict[str, Any]:
    """Places as JSON, with a hash over them. `seen`: their workbooks as they were seen last; `written`: what
    `as_written` says of them and their pages."""
    now = {
        key: Place(place.basis, {name: Seen(seen[name].look, _digests(name, written)) for name in place.workbooks})
        for key, place in places.items()
    }
    return {"places": now, "whole": digest_of(now)}


def _digests(workbook: str, written: Mapping[str, str]) -> list[str]:
    return [written[name] for name in (workbook, page_name(workbook)) if name in written]


def of_note(note: Mapping[str, Any]) -> dict[str, Place]:
    """The places of such a note; none where it has none, or is damaged."""
    places = note.get("places", {})
    if digest_of(places) != note.get("whole"):
        return {}
    return {
        place: Place(basis, {name: Seen(*seen) for name, seen in workbooks.items()})
        for place, (basis, workbooks) in places.items()
    }


def workbooks_in(target: Path) -> Iterator[str]:
    """The workbooks under `target` of which there is a note beside, by their path."""
    for path in files_in(target):
        folder, _, name = path.partition("/")
        if name.startswith(".") and name.endswith(_HASH_ENDING):
            yield f"{folder}/{name.removeprefix('.').removesuffix(_HASH_ENDING)}"


def files_in(target: Path) -> Iterator[str]:
    """What lies in the folders under `target`, by its path."""
    folders = [each.name for each in os.scandir(target) if each.is_dir()] if target.exists() else []
    for folder in folders:
        for name in os.listdir(f"{target}/{folder}"):  # noqa: PTH208 -- of thousands of folders
            yield f"{folder}/{name}"
