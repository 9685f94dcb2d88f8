"""Builds what is released: `python -m tests.support.release build/release`. The same commit gives the same bytes.

Danger: what a build packs depends on the machine: files that lie about, their order, times, rights and owners. Remedy:
only the files that git knows are built, and the source package is packed here, from them alone; the wheel is built from
it, and takes its times from `SOURCE_DATE_EPOCH`, by default the moment of the commit.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.finished import PROJECT

BUILD = "from setuptools import build_meta; import sys; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
EPOCH = "SOURCE_DATE_EPOCH"


def release(target: Path, tree: Path = PROJECT) -> list[Path]:
    """Write the source package, the wheel and `SHA256SUMS` of the files that git knows in `tree` into `target`."""
    target = target.absolute()
    target.mkdir(parents=True, exist_ok=True)
    epoch = int(os.environ.get(EPOCH) or git(tree, "log", "-1", "--format=%ct"))
    with TemporaryDirectory() as folder:
        copy, unpacked = Path(folder) / "copy", Path(folder) / "unpacked"
        for name in filter(None, git(tree, "ls-files", "-z").split("\0")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((tree / name).read_bytes())
        source = target / build("build_sdist", copy, Path(folder), epoch)
        source.write_bytes(repacked((Path(folder) / source.name).read_bytes(), epoch))
        with tarfile.open(source) as packed:
            packed.extractall(unpacked, filter="data")
        wheel = target / build("build_wheel", next(unpacked.iterdir()), target, epoch)
    sums = target / "SHA256SUMS"
    made = [source, wheel]
    sums.write_text("".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in made))
    return [*made, sums]


def git(tree: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", tree, *arguments], capture_output=True, text=True, check=True).stdout


def build(what: str, tree: Path, target: Path, epoch: int) -> str:
    """Let setuptools build in `tree`: the name of what it made in `target`."""
    env = {**os.environ, EPOCH: str(epoch), "PYTHONPATH": ""}
    command = [sys.executable, "-c", BUILD, what, str(target)]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, umask=0o022, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.splitlines()[-1]


def repacked(archive: bytes, epoch: int) -> bytes:
    """A source package with its files in order, nobody's, readable by all, and of one moment."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as before, tarfile.open(fileobj=packed, mode="w") as after:
        for member in sorted((each for each in before if each.isfile()), key=lambda each: each.name):
            clean = tarfile.TarInfo(member.name)
            clean.size, clean.mtime, clean.mode = member.size, epoch, 0o644
            after.addfile(clean, before.extractfile(member))
    return gzip.compress(packed.getvalue(), mtime=epoch)


if __name__ == "__main__":
    for file in release(Path(sys.argv[1])):
        sys.stdout.write(f"{file}\n")
