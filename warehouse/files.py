"""Files that are either whole or not there: written beside, flushed to disk, then renamed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, Literal, Protocol

WRITERS = 8
"""Files that are flushed at the same time: the disk takes hardly longer for them than for one."""
LANDING = ".incoming-"
"""How the name of a file begins that was copied into the archive and has not got its own name yet."""


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; on success it becomes `target`, on failure nothing changes.

    The file is readable by its owner only. A reader that holds the old file keeps it.
    """
    private_folder(target.parent)
    beside = _beside(target)
    try:
        yield beside
        _sync(beside)
        beside.chmod(0o600)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    _sync(target.parent)


def write_whole(target: Path, content: bytes) -> None:
    """Replace `target` by `content`, atomically."""
    with replacing(target) as beside:
        beside.write_bytes(content)


Made = bytes | Callable[[], bytes]
"""What is written, or what makes it when it is to get its name."""


@contextmanager
def writing_after() -> Iterator[Callable[[Mapping[Path, Made], Path, bytes], None]]:
    """Yield a function that replaces a file by its content, and ahead of it, in the same folder, what must be there
    once it is; each is whole.

    All that is written meanwhile waits for the disk together, and gets its name at the end, or not at all where
    something could not be written; the folders are flushed ahead of the files and behind them.
    """
    beside: dict[Path, Path] = {}
    flushed: list[Future[None]] = []
    late: dict[Path, Callable[[], bytes]] = {}
    targets: list[Path] = []

    def put(contents: Mapping[Path, bytes]) -> None:
        handles: list[int] = []
        try:
            for path, content in contents.items():
                beside[path] = _beside(path)
                handles.append(os.open(beside[path], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
                left = memoryview(content)
                while left:
                    left = left[os.write(handles[-1], left) :]
        finally:
            flushed.append(_writers().submit(_flush, handles))

    def write(before: Mapping[Path, Made], target: Path, content: bytes) -> None:
        private_folder(target.parent)
        targets.append(target)
        late.update({path: made for path, made in before.items() if callable(made)})
        put({path: made for path, made in before.items() if not callable(made)} | {target: content})

    try:
        yield write
        for path, made in late.items():
            put({path: made()})
        for each in flushed:
            each.result()
        for path in beside.keys() - set(targets):
            beside[path].replace(path)
        flush_folders(targets)
        for path in targets:
            beside[path].replace(path)
        flush_folders(targets)
    except BaseException:
        wait(flushed)
        for path in beside.values():
            path.unlink(missing_ok=True)
        raise


@cache
def _writers() -> ThreadPoolExecutor:
    """Threads that wait for the disk, the same ones for all files: a corrections workbook is soon written."""
    return ThreadPoolExecutor(WRITERS)


def flush_folders(files: Iterable[Path]) -> None:
    """Flush the folders of files, each once."""
    for each in [_writers().submit(_sync, folder) for folder in {path.parent for path in files}]:
        each.result()


def _beside(target: Path) -> Path:
    """Where a file is written before it gets its name; `sweep` knows it again."""
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def add_lines(ledger: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Add JSON objects to a ledger of one a line, all or none of them; on disk when this returns."""
    kept = ledger.read_bytes() if ledger.exists() else b""
    lines = [json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries]
    write_whole(ledger, kept + b"".join(lines))


@contextmanager
def writing_together() -> Iterator[Callable[[Path, bytes], None]]:
    """Yield a `write_whole` that does not wait for the disk; at the end all files are written, or the first error of
    one is raised. What must not be there before them is written afterwards."""
    with ThreadPoolExecutor(WRITERS) as pool:
        begun: list[Future[None]] = []
        yield lambda target, content: begun.append(pool.submit(write_whole, target, content))
        for each in begun:
            each.result()


def read_note(path: Path) -> dict[str, Any]:
    """A small JSON object that can be made again, such as what was written last; empty where it is absent or torn."""
    try:
        note = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def appearance(found: os.stat_result) -> str:
    """How a file looks without being opened: its size in bytes, time of change in ns, and inode. Writing to a file, or
    putting another in its place, changes it; only who means to can set it back."""
    return f"{found.st_size}.{found.st_mtime_ns}.{found.st_ino}"


def appearance_of(path: str) -> str:
    """The appearance of the file at a path, "-" where there is none."""
    try:
        return appearance(os.stat(path))  # noqa: PTH116 -- a hundred thousand of them
    except OSError:
        return "-"


class Readable(Protocol):
    """What is opened as a path is: a file, or a part of one."""

    def open(self, mode: Literal["rb"]) -> BufferedReader | BytesIO: ...


def sha256_of(source: Readable) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with source.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def holds(path: Path, sha256: str) -> bool:
    """Whether there is a file, and its bytes have this SHA-256."""
    return path.is_file() and sha256_of(path) == sha256


def private_folder(folder: Path) -> None:
    """Make `folder` and whatever of its parents is missing, each for its owner only (`mkdir` modes the last alone)."""
    if folder.is_dir():
        return
    with suppress(FileExistsError):  # a file in the way: who writes into the folder says so
        try:
            folder.mkdir(mode=0o700)
        except FileNotFoundError:
            private_folder(folder.parent)
            folder.mkdir(mode=0o700)


@contextmanager
def creating_privately() -> Iterator[None]:
    """Whatever this process creates meanwhile is for its owner only, also what a library creates."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_private(folder: Path) -> None:
    """Take away what others may do with a folder and all that is in it, as other programs left it."""
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):
            mode = path.lstat().st_mode
            if mode & 0o077 and not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) & 0o700)


def hard_link_or_copy(source: str, target: str) -> None:
    """Give a file a second name, or else a copy. For files that are replaced and never written to."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def copy_folder(source: Path, target: Path, *, linked: bool = False, without: tuple[str, ...] = ()) -> None:
    """Copy a folder with all that is below it, but names of the patterns `without`; `linked`: files by hard links.

    Raises `OSError` with the number of the first failure, which `shutil` leaves in a text.
    """
    copy = hard_link_or_copy if linked else shutil.copy2
    try:
        shutil.copytree(source, target, copy_function=copy, ignore=shutil.ignore_patterns(*without))
    except shutil.Error as error:
        number = re.search(r"\[Errno (\d+)\]", str(error.args[0]))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, os.strerror(code), str(target)) from None


def _flush(handles: Iterable[int]) -> None:
    """Wait until what was written to open files is on disk, and close them."""
    with ExitStack() as ends:
        for handle in handles:
            ends.callback(os.close, handle)
        for handle in handles:
            os.fsync(handle)


def _sync(path: Path) -> None:
    """Wait until a file, or a folder with the names in it, is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold `path` as a lock among processes; waits for who holds it. It ends with the process, however that ends.

    `shared`: others may hold it at the same time, if they share it too.
    """
    private_folder(path.parent)
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Like `locked`, but without waiting: yields whether nobody else held it, and it is held."""
    private_folder(path.parent)
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def holders(path: Path) -> list[int]:
    """The processes that hold a lock on `path` now, of whichever kind, by the list that Linux keeps (`proc(5)`).

    Only looks: takes no lock, and makes no file. Empty where there is no file or no such list.
    """
    try:
        inode = path.stat().st_ino
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    held = [fields for line in lines if "->" not in (fields := line.split())]
    return sorted({int(fields[4]) for fields in held if int(fields[5].rpartition(":")[2]) == inode})


_PART = re.compile(r"^\..+\.(?P<process>\d+)\.part(\.wal)?$")


def sweep(*folders: Path, flat: tuple[Path, ...] = ()) -> int:
    """Remove what `replacing` left beside its targets in processes that were killed; returns how many files.

    `folders`: with all that is below them; `flat`: without. What a living process writes stays. Call it while no other
    process archives files (under the lock of the home).
    """
    below = (Path(each.path) for folder in folders for each in entries_below(folder) if _is_left_over(each.name))
    beside = (path for folder in flat for path in folder.glob(".*") if _is_left_over(path.name))
    found = [*below, *beside]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder under `parent`, for this process alone, gone at the end; those of killed ones go now."""
    sweep_scratch(parent)
    with tempfile.TemporaryDirectory(prefix=f".scratch-{os.getpid()}-", dir=parent) as folder:
        yield Path(folder)


_SCRATCH = re.compile(r"^\.scratch-(?P<process>\d+)-")


def sweep_scratch(parent: Path) -> None:
    """Remove what `scratch_folder` left under `parent` in processes that were killed; it may hold copies of lists."""
    for folder in parent.glob(".scratch-*"):
        found = _SCRATCH.match(folder.name)
        if found and not lives(int(found["process"])):
            shutil.rmtree(folder, ignore_errors=True)  # where another process was faster


def entries_below(folder: Path) -> Iterator[os.DirEntry[str]]:
    """All that lies below a folder and is no folder itself, each folder listed once and no file asked about. Links are
    not followed; folders that cannot be opened count as empty."""
    ahead = [os.fspath(folder)]
    while ahead:
        try:
            with os.scandir(ahead.pop()) as entries:
                there = list(entries)
        except OSError:
            continue
        for entry in there:
            if entry.is_dir(follow_symlinks=False):
                ahead.append(entry.path)
            else:
                yield entry


def _is_left_over(name: str) -> bool:
    if not name.startswith("."):
        return False
    beside = _PART.match(name)
    if beside is not None:
        return not lives(int(beside["process"]))
    return name.startswith(LANDING)


def lives(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
