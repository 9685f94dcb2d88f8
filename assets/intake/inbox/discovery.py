"""What lies in the inbox: whole files with what is declared about them; what cannot be read yet waits."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Any

from assets.intake.formats.parcel import Member, members_of
from assets.intake.inbox.names import shown, stem_for_output
from assets.intake.inbox.sidecars import Sidecars
from assets.intake.sidecar import FAULTS, FOLDER_NAME
from assets.intake.sidecar_reading import Fault, facts_of
from warehouse.files import appearance

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""Errors that mean that nothing is there: it was taken away since, or it is a link to nothing."""
_OF_ONE_FILE = ("menggantikan", "lembar")
"""Keys that hold for one file and are not passed on by a folder's `sumber.yml`."""

_OF_SIDECARS = (".yml", ".yaml")
_PROPOSAL = re.compile(r" - PERBAIKAN [^/]*\.usulan\.yml$")
"""How the name of a proposal ends; what stands before it is the name of the file that it was made for."""


COPYING, CLOSED, CLOSED_FOLDER, CLOSED_SIDECAR = "copying", "closed", "closed_folder", "closed_sidecar"
LINKED, LEADS_OUT = "linked", "leads_out"
"""Why something waits: still being copied, a file or folder that cannot be opened, or one whose sidecar cannot be; a
file of the data home under another name (a hard link); a symbolic link that leads out of the inbox."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One whole file: `path` is relative to the inbox, written by `names.shown`, for a member of a zip archive below
    the archive's; `where` is its path in the file system, or the member that it is; `declared_by` are the sidecars that
    speak of it, strongest first."""

    path: str
    where: str | Member
    size: int
    mtime_ns: int
    declaration: dict[str, Any]
    declared_by: list[str]
    parcel: str | None = None
    """The path of the zip archive that it is a member of."""
    appearance: str = ""
    """How it looks without being opened (`warehouse.files`); for a member, how the zip archive does."""

    @property
    def source(self) -> Path | Member:
        """What it is opened by."""
        return Path(self.where) if isinstance(self.where, str) else self.where


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one look into the inbox found. `waiting`: what could not be taken, by path, each with one of the reasons
    above. `orphans` are declarations of files that are no longer there, by path, and `problems` what is wrong in those
    (sidecar, finding code, facts). `sidecars` has the bytes of each sidecar, or where it lies if it is too large;
    `believed`: what they say was taken from a note, and was not read now."""

    files: list[FoundFile]
    waiting: dict[str, str]
    looks: dict[str, tuple[int, int]]
    ignored: int
    orphans: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    sidecars: dict[str, bytes | Path] = field(default_factory=dict)
    believed: bool = False


def discover(
    inbox: Path,
    *,
    now: float,
    settle_seconds: float,
    earlier: Mapping[str, tuple[int, int]],
    ours: Callable[[], Set[tuple[int, int]]] = frozenset,
    note: object = None,
) -> Discovery:
    """Look into the inbox once.

    A file counts as whole if its size and time are what `earlier` (path → size, mtime in ns) says, or if it has not
    been written to for `settle_seconds` before `now`. Files and folders that cannot be opened now wait, and cost
    nothing else. So do links that lead out of the inbox, which are not followed, and hard links to the files of `ours`
    (device and number of each; asked for only where there is a hard link). The members of a zip archive are files of a
    folder of its name. Nothing but sidecars, and the directories of archives, is opened. `note`: what sidecars said
    when they were last read (`sidecars.noted`); they are read where it does not tell of all, or a file is not as it was
    earlier.
    """
    seen = _Seen()
    seen.walk(inbox, ours)
    looks = {path: (found.st_size, found.st_mtime_ns) for path, (_, found) in seen.candidates.items()}
    seen.tell_whole({path for path in looks if earlier.get(path) == looks[path]}, now - settle_seconds)
    there = seen.candidates.keys() | seen.whole.keys()
    read = Sidecars(seen.sidecars, note if looks == earlier else None)
    declarations = _Declarations(read, seen.sidecars.keys(), _accepted_proposals(seen.sidecars, there), seen.parcels)
    files = list(seen.files(declarations))
    of_files = {name for name in seen.sidecars if name.endswith(_OF_SIDECARS) and name.rpartition(".")[0] in there}
    of_no_file = seen.sidecars.keys() - of_files
    seen.waiting |= dict.fromkeys(declarations.closed & of_no_file, CLOSED)
    alone = sorted(name for name in of_no_file - declarations.closed if not _is_of_several(name))
    faulty = {name: wrong for name in alone if (wrong := declarations.faults(name))}
    return Discovery(
        files,
        dict(sorted(seen.waiting.items())),
        looks,
        seen.ignored,
        {name.rpartition(".")[0]: declarations.read(name) for name in alone if name not in faulty},
        [(name, *fault) for name, faults in faulty.items() for fault in faults],
        declarations.contents,
        declarations.believed,
    )


@dataclass
class _Seen:
    """What a look has seen so far, by path. `candidates`: where a file that is no sidecar lies, and its stat; `whole`:
    where such a file or a member of an archive lies, its size, and the stat of what lies in the inbox; `parcels`: the
    archives."""

    sidecars: dict[str, Path | Member] = field(default_factory=dict)
    candidates: dict[str, tuple[str, os.stat_result]] = field(default_factory=dict)
    whole: dict[str, tuple[str | Member, int, os.stat_result]] = field(default_factory=dict)
    parcels: set[str] = field(default_factory=set)
    waiting: dict[str, str] = field(default_factory=dict)
    ignored: int = 0

    def walk(self, inbox: Path, ours: Callable[[], Set[tuple[int, int]]]) -> None:
        """Tell sidecars, candidates and what is ignored apart by their names."""
        for entry, relative in _walk(inbox, self.waiting):
            try:
                found = entry.stat()
            except OSError as error:
                if error.errno not in _GONE:
                    self.waiting[relative] = CLOSED
                continue
            if not stat.S_ISREG(found.st_mode):
                continue
            if found.st_nlink > 1 and (found.st_dev, found.st_ino) in ours():
                self.waiting[relative] = LINKED
            elif _is_ignored(entry.name):
                self.ignored += 1
            elif entry.name.lower().endswith(_OF_SIDECARS):
                self.sidecars[relative] = Path(entry.path)
            else:
                self.candidates[relative] = (entry.path, found)

    def tell_whole(self, as_before: Set[str], settled_before: float) -> None:
        """Take the candidates that are whole: those that are `as_before`, or were last written before a time."""
        for relative, (path, found) in sorted(self.candidates.items()):
            if not os.access(path, os.R_OK):
                self.waiting[relative] = CLOSED
            elif relative not in as_before and found.st_mtime > settled_before:
                self.waiting[relative] = COPYING
            elif members := _members(relative, path):
                self.parcels.add(relative)
                self._take(relative, members, found)
            else:
                self.whole[relative] = (path, found.st_size, found)

    def _take(self, parcel: str, members: Mapping[str, Member], found: os.stat_result) -> None:
        for name, member in members.items():
            if _is_set_aside(name.removeprefix(f"{parcel}/")):
                self.ignored += 1
            elif name.lower().endswith(_OF_SIDECARS):
                self.sidecars[name] = member
            else:
                self.whole[name] = (member, member.size, found)

    def files(self, declarations: _Declarations) -> Iterator[FoundFile]:
        """The whole files, by path; one that a sidecar speaks of that cannot be opened now waits."""
        for relative, (where, size, found) in sorted(self.whole.items(), key=itemgetter(0)):
            declaration, declared_by = declarations.of(relative)
            if declarations.closed.intersection(declared_by):
                self.waiting[relative] = CLOSED_SIDECAR
                continue
            parcel = next((folder for folder in _folders_above(relative) if folder in self.parcels), None)
            about = (where, size, found.st_mtime_ns, declaration, declared_by, parcel, appearance(found))
            yield FoundFile(relative, *about)


def _lies_within(root: Path, path: str) -> bool:
    return Path(path).resolve().is_relative_to(root)


def _is_of_several(sidecar: str) -> bool:
    """Whether a sidecar is one of a folder, or a proposal, by its name: none of the two misses a file."""
    return PurePosixPath(sidecar).name == FOLDER_NAME or _PROPOSAL.search(sidecar) is not None


def _accepted_proposals(sidecars: Iterable[str], files: Iterable[str]) -> dict[str, str]:
    """Proposals dropped beside the file that they were made for, under the name they were given: file → proposal."""
    proposals = sorted(filter(_PROPOSAL.search, sidecars))
    by_stem: dict[str, list[str]] = {}
    for file in files if proposals else ():
        path = PurePosixPath(file)
        for stem in {path.stem, stem_for_output(path.stem)}:
            by_stem.setdefault((path.parent / stem).as_posix(), []).append(file)
    found: dict[str, str] = {}
    for sidecar in proposals:
        meant = by_stem.get(_PROPOSAL.sub("", sidecar), [])
        if len(meant) == 1:
            found[meant[0]] = sidecar
    return found


def _walk(inbox: Path, waiting: dict[str, str]) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Everything below the inbox that is no folder, with how its path is written (`FoundFile.path`). Links to folders
    are not followed. Folders that cannot be opened, and links that lead out of the inbox, are added to `waiting`."""
    root = inbox.resolve()
    ahead = [(os.fspath(inbox), "")]
    while ahead:
        folder, within = ahead.pop()
        try:
            with os.scandir(folder) as entries:
                there = list(entries)
        except OSError as error:
            if error.errno not in _GONE:
                waiting[shown(within.removesuffix("/")) or "."] = CLOSED_FOLDER
            continue
        for entry in there:
            if entry.is_symlink() and not _is_ignored(entry.name) and not _lies_within(root, entry.path):
                waiting[shown(within + entry.name)] = LEADS_OUT
            elif not _is_folder(entry):
                yield entry, shown(within + entry.name)
            elif not (entry.name.startswith(".") or entry.is_symlink()):
                ahead.append((entry.path, f"{within}{entry.name}/"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _folders_above(relative: str) -> Iterator[str]:
    """The folders that a path lies in, the nearest first; that of the inbox itself is none of them."""
    while "/" in relative:
        relative = relative.rpartition("/")[0]
        yield relative


def _members(relative: str, path: str) -> dict[str, Member]:
    """The members of a zip archive by their paths below it; empty for any other file."""
    if not path.lower().endswith(".zip"):
        return {}
    try:
        return {f"{relative}/{shown(name)}": member for name, member in members_of(Path(path)).items()}
    except OSError:
        return {}  # it cannot be opened now, and waits


def _is_set_aside(member: str) -> bool:
    """Whether a member is none of the sender's: what programs put beside files, in folders of their own too."""
    return any(_is_ignored(part) or part.upper() == "__MACOSX" for part in PurePosixPath(member).parts)


_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
"""How programs that copy or download name a file before it is whole."""


def _is_ignored(name: str) -> bool:
    lower = name.lower()
    return lower.startswith(("~$", ".")) or lower in ("thumbs.db", "desktop.ini") or lower.endswith(_UNFINISHED)


class _Declarations:
    """All sidecars, read at once, and merged where several speak of a file."""

    def __init__(self, read: Sidecars, present: Set[str], proposals: Mapping[str, str], parcels: Set[str]) -> None:
        self._present, self._proposals, self._parcels = present, proposals, parcels
        self.contents, self.closed, self.believed, self._results = (
            read.contents,
            read.closed,
            read.believed,
            read.results,
        )

    def read(self, relative: str) -> dict[str, Any]:
        return self._results[relative].declared if relative in self._results else {}

    def faults(self, relative: str) -> list[Fault]:
        return self._results[relative].faults if relative in self._results else []

    def of(self, relative: str) -> tuple[dict[str, Any], list[str]]:
        """The merged keys for one file: its own sidecar before its folder's, a folder's before its parent's; that of a
        zip archive counts as one of the folder that it is."""
        own = [*(f"{relative}{end}" for end in _OF_SIDECARS), self._proposals.get(relative, "")]
        folders: list[str] = []
        for folder in _folders_above(relative):
            folders.append(f"{folder}/{FOLDER_NAME}")
            folders += [f"{folder}{end}" for end in _OF_SIDECARS] if folder in self._parcels else []
        present = [name for name in [*own, *folders, FOLDER_NAME] if name in self._present]
        merged: dict[str, Any] = {}
        for name in reversed(present):
            declared = self.read(name)
            merged |= declared if name in own else {k: v for k, v in declared.items() if k not in _OF_ONE_FILE}
        faults = [fault for name in present for fault in self.faults(name)]
        return merged | ({FAULTS: facts_of(faults)} if faults else {}), present
