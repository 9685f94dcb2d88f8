"""A layer between a process and the kernel that can kill it, or fail a call, at any system call that concerns files.

A process asks for it in itself (`enter`), and it holds for all that it starts. The kernel (Linux 5.5 or newer; no right
and no other program is needed) then stops before each of the calls, in Python, DuckDB, Arrow and SQLite alike, and asks
whoever holds the other end (`Layer`), which knows the call and the path: let it pass, let it fail with an error, or
kill. What is killed there has done everything before the call and nothing of it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import struct
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_X86 = {
    "open": 2, "creat": 85, "openat": 257, "write": 1, "pwrite64": 18, "writev": 20, "read": 0, "pread64": 17,
    "rename": 82, "renameat": 264, "renameat2": 316, "unlink": 87, "unlinkat": 263, "link": 86, "linkat": 265,
    "mkdir": 83, "mkdirat": 258, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "fallocate": 285, "chmod": 90,
    "fchmodat": 268, "copy_file_range": 326, "sendfile": 40,
}  # fmt: skip
_ARM = {
    "openat": 56, "write": 64, "pwrite64": 68, "writev": 66, "read": 63, "pread64": 67, "renameat": 38,
    "renameat2": 276, "unlinkat": 35, "linkat": 37, "mkdirat": 34, "fsync": 82, "fdatasync": 83, "ftruncate": 46,
    "fallocate": 47, "fchmodat": 53, "copy_file_range": 285, "sendfile": 71,
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, _X86, 317), "aarch64": (0xC00000B7, _ARM, 277)}
_AUDIT_ARCH, NUMBERS, _SECCOMP = _MACHINES[platform.machine()]
_NAMES = {number: name for name, number in NUMBERS.items()}

READING = frozenset({"read", "pread64"})
WRITING = frozenset(NUMBERS) - READING
"""Every call that concerns files, but for those that only read."""
FEW = WRITING - {"pwrite64"}
"""Without that by which SQLite and DuckDB write: they make most of all calls."""
ROOM = WRITING - {"unlink", "unlinkat", "chmod", "fchmodat", "ftruncate"}
"""Calls that a full disk can refuse; `open` and `openat` where they make a file."""

_ON_DESCRIPTOR = {"write", "pwrite64", "writev", "read", "pread64", "fsync", "fdatasync", "ftruncate", "fallocate"}
_PATH_AFTER_FOLDER = {"openat", "unlinkat", "mkdirat", "fchmodat"}
_TWO_PATHS = {"rename": (None, 1), "link": (None, 1), "renameat": (2, 3), "renameat2": (2, 3), "linkat": (2, 3)}
_AT_CWD = -100
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NEW_LISTENER, _PASS = 8, 1
_REQUEST, _RESPONSE = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")


@dataclass(frozen=True)
class Call:
    """One system call about to be made: its name, the path it concerns (of two, the new one), and whether it writes."""

    process: int
    name: str
    path: str
    writes: bool


Answer = int | None
"""What becomes of a call: None: it is made; a number of `errno`: it fails with that."""


def enter(address: str, calls: frozenset[str]) -> None:
    """Put this process, which has one thread, and all that it starts under the `Layer` that listens at `address`."""
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = [number for name, number in NUMBERS.items() if name in calls]
    program = [_statement(0x20, 0, 0, 4), _statement(0x15, 0, len(wanted) + 1, _AUDIT_ARCH), _statement(0x20, 0, 0, 0)]
    program += [_statement(0x15, len(wanted) - place, 0, number) for place, number in enumerate(wanted)]
    program += [_statement(0x06, 0, 0, _ALLOW), _statement(0x06, 0, 0, _ASK)]
    code = ctypes.create_string_buffer(b"".join(program))
    head = struct.pack("@HP", len(program), ctypes.addressof(code))
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        if libc.prctl(38, 1, 0, 0, 0):  # no new privileges: what lets anybody do this
            raise OSError(ctypes.get_errno(), "no_new_privs")
        listener = libc.syscall(_SECCOMP, 1, _NEW_LISTENER, ctypes.create_string_buffer(head))
        if listener < 0:
            raise OSError(ctypes.get_errno(), "this kernel lets nobody watch system calls")
        socket.send_fds(line, [b"x"], [listener])
        os.close(listener)


def _statement(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


class Layer:
    """The other end: asks `decide` at each of `calls` that concerns a file under `folders`. A context manager.

    `decide` may kill the process of the call: it is still before it.
    """

    def __init__(
        self, folders: list[Path], decide: Callable[[Call], Answer], *, calls: frozenset[str] = WRITING
    ) -> None:
        self.calls = calls
        self._folders = tuple(str(folder) for folder in folders)
        self._decide = decide
        self._listening = socket.socket(socket.AF_UNIX)
        self._place = tempfile.TemporaryDirectory()
        self.address = f"{self._place.name}/layer"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self._listening.bind(self.address)
        self._listening.listen()
        self._listening.settimeout(0.1)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        """Wait until every process under the layer has ended; raises what `decide` raised."""
        self._ended.set()
        self._thread.join()
        self._listening.close()
        self._place.cleanup()
        if self.error is not None:
            raise self.error

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
                break
            except TimeoutError:
                if self._ended.is_set():
                    return
        with line:
            _, (listener,), _, _ = socket.recv_fds(line, 1, 1)
        waiting = select.poll()
        waiting.register(listener, select.POLLIN)
        try:
            while True:
                for _, event in waiting.poll():
                    if event & select.POLLIN:
                        self._one(listener)
                    else:  # nobody is left under the layer
                        return
        finally:
            os.close(listener)

    def _one(self, listener: int) -> None:
        request = bytearray(_REQUEST.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, request)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):  # it was killed meanwhile
                return
            raise
        number, process, _, call, _, _, *arguments = _REQUEST.unpack(request)
        answer = None
        try:
            answer = self._answer(process, _NAMES[call], arguments)
        except (ProcessLookupError, FileNotFoundError):
            pass
        except BaseException as error:  # the process must not wait for ever
            self.error = error
        response = _RESPONSE.pack(number, 0, -answer if answer else 0, 0 if answer else _PASS)
        try:
            fcntl.ioctl(listener, _SEND, bytearray(response))
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def _answer(self, process: int, name: str, arguments: list[int]) -> Answer:
        path = _path_of(process, name, arguments)
        if not path.startswith(self._folders):
            return None
        return self._decide(Call(process, name, path, _writes(name, arguments)))


def _writes(name: str, arguments: list[int]) -> bool:
    if name in ("open", "openat"):
        return bool(arguments[1 if name == "open" else 2] & _TO_WRITE)
    return name not in READING


def _path_of(process: int, name: str, arguments: list[int]) -> str:
    """The path that a call concerns; of what is renamed or linked, the new one."""
    if name in _ON_DESCRIPTOR:
        return _descriptor(process, arguments[0])
    if name == "copy_file_range":
        return _descriptor(process, arguments[2])
    if name == "sendfile":
        return _descriptor(process, arguments[0])
    folder, place = _TWO_PATHS.get(name, (0, 1) if name in _PATH_AFTER_FOLDER else (None, 0))
    text = _text(process, arguments[place])
    if text.startswith("/"):
        return text
    at = ctypes.c_int32(arguments[folder] & 0xFFFFFFFF).value if folder is not None else _AT_CWD
    base = str(Path(f"/proc/{process}/cwd").readlink()) if at == _AT_CWD else _descriptor(process, at)
    return f"{base}/{text}"


def _descriptor(process: int, number: int) -> str:
    return str(Path(f"/proc/{process}/fd/{number & 0xFFFFFFFF}").readlink())


def _text(process: int, address: int) -> str:
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        raw = memory.read(min(4096, 4096 - address % 4096) or 4096)
        if b"\0" not in raw:
            raw += memory.read(4096)
    return os.fsdecode(raw.partition(b"\0")[0])
