"""The index: the list of all files that machines share, and what becomes of it when two of them changed something."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

FORMAT = 1
REMEMBERED = 1000


class IndexFormatError(ValueError):
    """An index that is damaged, or that a newer program wrote."""


class Part(NamedTuple):
    """The bytes of a shared file. `group`: of the upload that brought them; no other upload ever uses its name, so a
    name that no index lists any more never comes back, and may be removed."""

    sha256: str
    size: int
    group: str

    @property
    def name(self) -> str:
        """Under which the storage keeps them."""
        return f"parts/{self.group}/{self.sha256}"


Files = Mapping[str, Part]
"""Parts by path in the data home."""


@dataclass(frozen=True)
class Index:
    """`number`: one more than that of the index before. `uploads`: the groups of the last `REMEMBERED` uploads, the
    newest last; so no two indexes are the same, and who got no answer finds out whether an upload came through."""

    number: int = 0
    files: Files = field(default_factory=dict)
    uploads: tuple[str, ...] = ()

    def followed_by(self, files: Files, upload: str) -> Index:
        """The next index."""
        return Index(self.number + 1, files, (*self.uploads, upload)[-REMEMBERED:])


def encoded(index: Index) -> bytes:
    """The bytes of an index: some 50 for each file."""
    said = {"format": FORMAT, "number": index.number, "uploads": index.uploads, "files": dict(index.files)}
    return gzip.compress(json.dumps(said, sort_keys=True).encode(), mtime=0)


def decoded(content: bytes) -> Index:
    """The index that an object holds. Raises `IndexFormatError`."""
    try:
        said = json.loads(gzip.decompress(content))
        if said["format"] != FORMAT:
            raise IndexFormatError(f"format {said['format']}, and this program knows {FORMAT}")
        return Index(
            said["number"], {path: Part(*part) for path, part in said["files"].items()}, tuple(said["uploads"])
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexFormatError(str(error)) from error


def merged(base: Files, ours: Files, theirs: Files) -> tuple[dict[str, Part], list[str]]:
    """The files as both changed them since `base`, and the paths that both changed, each otherwise.

    Whoever changed nothing of a path has no say about it; a removal is a change. Of equal bytes the part that is
    `theirs` is kept: it lies in the storage.

    >>> old, new = Part("0", 1, "a"), Part("1", 1, "b")
    >>> merged({"x": old, "y": old}, {"x": new, "y": old}, {"x": old})
    ({'x': Part(sha256='1', size=1, group='b')}, [])
    >>> merged({"x": old}, {"x": new}, {})[1]
    ['x']
    """
    files, both = {}, []
    for path in sorted({*base, *ours, *theirs}):
        before, our, their = base.get(path), ours.get(path), theirs.get(path)
        if _same(our, their) or _same(our, before):
            chosen = their
        elif _same(their, before):
            chosen = our
        else:
            both.append(path)
            continue
        if chosen is not None:
            files[path] = chosen
    return files, both


def arrived(base: Files, coming: Files, here: Files) -> dict[str, Part]:
    """What a machine was last in line with, once some files of the list `coming` may have taken the place of those of
    `base`: where `here` is as `coming` says, it did not change that itself.

    >>> old, new = Part("0", 1, "a"), Part("1", 1, "b")
    >>> arrived({"x": old, "y": old, "z": old}, {"x": new, "y": new}, {"x": new, "y": old})
    {'x': Part(sha256='1', size=1, group='b'), 'y': Part(sha256='0', size=1, group='a')}
    """
    found = {
        path: coming.get(path) if _same(here.get(path), coming.get(path)) else base.get(path)
        for path in sorted({*base, *coming})
    }
    return {path: part for path, part in found.items() if part is not None}


def same_bytes(one: Files, other: Files) -> bool:
    """Whether two lists name the same bytes under the same paths."""
    return one.keys() == other.keys() and all(_same(part, other[path]) for path, part in one.items())


def _same(one: Part | None, other: Part | None) -> bool:
    return (one and one.sha256) == (other and other.sha256)
