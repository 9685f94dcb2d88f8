"""Zip archives of lists: which of them can be taken apart, and the members that each is then read as.

Danger: an archive can claim names outside itself, hide bombs, or repeat a name so that two programs see two contents.
Remedy: the directory is looked through before anything is unpacked, with the limits of every zip container, and an
archive that breaks one is not taken apart at all; reading it then says why. Members are never written by their names:
they are copied into the archive of the data home by their hash, as files of the inbox are.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Literal
from zipfile import BadZipFile, ZipFile, ZipInfo

from assets.intake.formats.limits import DEFAULT, Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Unreadable

MOST_MEMBERS = 1_000
"""Files in one archive: a kecamatan has some thirty villages, each with a few lists."""
_MOST_DIRECTORY = 4_000_000
"""Bytes of an archive's directory."""
_END, _END_BYTES, _MOST_COMMENT = b"PK\x05\x06", 22, 65_535
_OF_WORKBOOKS = frozenset(
    {"[content_types].xml", "mimetype", "content.xml", "xl/workbook.xml", "xl/workbook.bin", "word/document.xml"}
)
_IN_UTF8 = 0x800
BROKEN = (BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error)
"""What reading a part of a damaged zip container raises, besides `OSError`."""


class BrokenMemberError(OSError):
    """A member whose bytes are not what the archive's directory says."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; it is opened like a path. `name` is as the archive's directory has it."""

    archive: Path
    name: str
    size: int

    def open(self, mode: Literal["rb"] = "rb") -> BytesIO:
        """All its bytes, whose checksum is right. Raises `OSError`."""
        try:
            with ZipFile(self.archive) as zipped, zipped.open(self.name) as stream:
                content = stream.read(self.size + 1)
        except BROKEN as error:
            raise BrokenMemberError(None, "the archive is damaged") from error
        return BytesIO(content)


def check_entries(entries: Sequence[ZipInfo], size: int, limits: Limits, kind: str) -> dict[str, str]:
    """The entries of a zip container of `size` bytes by lower-case path, if nothing speaks against unpacking them.

    Raises `Unreadable`: `repeated_part`, `encrypted`, `zip_bomb`, `corrupt`.
    """
    names: dict[str, str] = {}
    packed = unpacked = 0
    for entry in entries:
        path = entry.filename.replace("\\", "/").lower()
        if path in names:  # which of the two counts is for each reader to choose
            raise unreadable("repeated_part")
        names[path] = entry.filename
        packed += entry.compress_size
        unpacked += entry.file_size
        if entry.flag_bits & 1:
            raise unreadable("encrypted")
        if entry.file_size > limits.ratio_from_bytes and entry.file_size > limits.ratio * entry.compress_size:
            raise unreadable("zip_bomb")
    if packed > size:  # parts that overlap
        raise unreadable("corrupt", kind=kind)
    if len(entries) > limits.parts or unpacked > limits.unpacked_bytes:
        raise unreadable("zip_bomb")
    return names


def members_of(path: Path, limits: Limits = DEFAULT) -> dict[str, Member]:
    """The files of a zip archive by their names, as those who packed them saw them; empty for what is no archive of
    files, or one that is not taken apart. Unpacks nothing. Raises `OSError`."""
    size = path.stat().st_size
    if size > limits.file_bytes or not _is_short(path, size):
        return {}
    try:
        with ZipFile(path) as zipped:
            entries = zipped.infolist()
        check_entries(entries, size, limits, "zip")
    except (Unreadable, *BROKEN):
        return {}
    if why_not_apart(entries):
        return {}
    return {name: Member(path, e.filename, e.file_size) for e in entries if (name := _name_of(e)) and not e.is_dir()}


def damaged_members(zipped: ZipFile) -> list[str]:
    """The names of the files that cannot be unpacked whole, as those who packed them saw them. Unpacks everything."""
    damaged = []
    for entry in zipped.infolist():
        try:
            zipped.read(entry)
        except (OSError, *BROKEN):
            damaged.append(_name_of(entry))
    return damaged


def why_not_apart(entries: Sequence[ZipInfo]) -> str | None:
    """Why the entries of a zip container are not read as files of their own, in Indonesian; None where they are."""
    names = [_name_of(entry) for entry in entries if not entry.is_dir()]
    if _OF_WORKBOOKS & {name.lower() for name in names}:
        return "satu dokumen, bukan kumpulan berkas"
    if not names:
        return "arsip zip tanpa berkas"
    if len(names) > MOST_MEMBERS:
        return f"arsip zip dengan lebih dari {MOST_MEMBERS} berkas; bagi menjadi beberapa arsip"
    if any(_leads_outside(name) for name in names):
        return "arsip zip yang nama berkasnya menunjuk ke luar arsip; kemas ulang"
    if len(set(names)) < len(names):
        return "arsip zip yang memuat dua berkas dengan nama yang sama; kemas ulang"
    return None


def _is_short(path: Path, size: int) -> bool:
    """Whether the end of a file says that it is a zip archive with a directory of no more than bounded length."""
    with path.open("rb") as stream:
        stream.seek(max(size - _END_BYTES - _MOST_COMMENT, 0))
        tail = stream.read()
    at = len(tail) - _END_BYTES if tail[-_END_BYTES:-18] == _END and tail.endswith(b"\0\0") else tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        return False
    return int.from_bytes(tail[at + 12 : at + 16], "little") <= _MOST_DIRECTORY


def _name_of(entry: ZipInfo) -> str:
    r"""The name as the packing program meant it: UTF-8 also where the flag is missing, as macOS writes it."""
    name = entry.filename
    if not entry.flag_bits & _IN_UTF8 and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    return name.replace("\\", "/")


def _leads_outside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.startswith("/") or ".." in parts or "\0" in name or (len(name) > 1 and name[1] == ":")
