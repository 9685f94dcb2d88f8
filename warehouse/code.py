"""Which code and rule tables a computation rests on, found by following its imports.

Danger: results stay although the code that made them has changed, because a list of files, kept by hand, missed one.
Remedy: nothing is listed. From the module of a computation every module of this project that it imports is followed,
and every data file that one of them names in a string literal (`"findings.csv"`; `f"{name}.sql"` stands for all files
that fit), with what a YAML file names in its turn. Too many files cost a computation that was not needed; none may be
missing (tests open every stage in a process of its own and watch which files it reads).
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("assets", "pipelines", "validation", "warehouse")
DISTRIBUTIONS = {"yaml": "pyyaml", "msoffcrypto": "msoffcrypto-tool"}
"""The distributions of imported packages, where the name is another."""
CARRIERS = {"pyspark", "dagster_pipes"}
"""Packages that carry what is computed elsewhere, and decide nothing of it; they need not be installed."""
_FROM = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([^\n#]+)", re.MULTILINE)
_NAME = re.compile(r"\w+")
_MODULE = re.compile(rf'"((?:{"|".join(PACKAGES)})(?:\.\w+)+)"')
_MODULE_IN_YAML = re.compile(rf"\b(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
_DATA_IN_YAML = re.compile(rf"\b(?:{'|'.join(PACKAGES)})/[\w/]+\.csv")
DATA_SUFFIXES = (".csv", ".html", ".json", ".sql", ".yml")
_DATA = re.compile(rf'"([^"\s]+(?:{"|".join(map(re.escape, DATA_SUFFIXES))}))"')


@cache
def code_digest(*modules: str) -> str:
    """One hash over everything that the modules rest on: the files of `code_files`, by name and content, and the
    versions of the libraries that these import."""
    whole = hashlib.sha256()
    for path in code_files(*modules):
        whole.update(_named(path))
    for name in libraries(*modules):
        whole.update(f"{name} {_version(name)}\0".encode())
    return whole.hexdigest()[:32]


@cache
def data_digest(*modules: str) -> str:
    """One hash over the data files alone that the modules rest on: rules, lists of regions, names, categories."""
    whole = hashlib.sha256()
    for path in code_files(*modules):
        if path.suffix in DATA_SUFFIXES:
            whole.update(_named(path))
    return whole.hexdigest()[:32]


@cache
def _named(path: Path) -> bytes:
    """A file by its name and the hash of its content: most stages rest on the same files."""
    return path.relative_to(ROOT).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()


@cache
def code_files(*modules: str) -> tuple[Path, ...]:
    """The Python files that the modules (`assets.records.building`) import, directly or not, with the data files that
    these name, sorted. Imports inside functions count. Raises `ModuleNotFoundError` for a module that is not there."""
    found: set[Path] = set()
    data: set[Path] = set()
    unknown = [module for module in modules if module not in _modules()]
    if unknown:
        raise ModuleNotFoundError(f"not a module of this project: {unknown[0]}")
    ahead = [_modules()[module] for module in modules]
    while ahead:
        path = ahead.pop()
        if path in found:
            continue
        found.add(path)
        imported, _, files = _contents(path)
        data |= files
        ahead += imported - found
    return tuple(sorted(found | data, key=str))


class ChangedCodeError(RuntimeError):
    """Files of the code are not those that this process began with. The message says what to do."""


def require_unchanged(*modules: str) -> None:
    """Raise `ChangedCodeError` if a file that the modules rest on is not as it was when this process first asked.

    Danger: the code is replaced under a server that goes on. Its workers load the new one, what they make never counts
    as up to date for the server, and it starts run after run.
    """
    if _stamps(*modules) != _first_stamps(*modules):
        raise ChangedCodeError("the code on disk is not the code that runs: restart the code server (pmks-code)")


def _stamps(*modules: str) -> list[tuple[int, int] | None]:
    """Size and time of change (ns) of the files that the modules rest on; None for one that is gone."""
    found: list[tuple[int, int] | None] = []
    for path in code_files(*modules):
        try:
            stat = path.stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((stat.st_size, stat.st_mtime_ns))
    return found


_first_stamps = cache(_stamps)
_version = cache(version)


@cache
def libraries(*modules: str) -> tuple[str, ...]:
    """The distributions that the modules import, directly or not, sorted; the standard library is none, nor are
    `CARRIERS`."""
    own = {*PACKAGES, *CARRIERS, *sys.stdlib_module_names}
    files = (path for path in code_files(*modules) if path.suffix == ".py")
    roots = {name for path in files for name in _contents(path)[1]} - own
    return tuple(sorted(DISTRIBUTIONS.get(root, root) for root in roots))


@cache
def _contents(path: Path) -> tuple[frozenset[Path], frozenset[str], frozenset[Path]]:
    """What a file may import: the files of this project, with the packages that they and it are in, and the roots of
    all other names; and the data files that it names."""
    text = path.read_text(encoding="utf-8")
    names = set(_MODULE.findall(text))
    for module, imported in _FROM.findall(text):
        names |= {module, *(f"{module}.{name}" for name in _NAME.findall(imported))}
    for imported in _IMPORT.findall(text):
        names |= {part.split()[0] for part in imported.split(",") if part.split()}
    names.add(path.relative_to(ROOT).parent.as_posix().replace("/", "."))
    data = {file for literal in _DATA.findall(text) for file in _data_files(path.parent, literal)}
    for declared in [file for file in data if file.suffix == ".yml"]:
        text = declared.read_text(encoding="utf-8")
        names |= set(_MODULE_IN_YAML.findall(text))
        data |= {file for literal in _DATA_IN_YAML.findall(text) for file in _data_files(ROOT, literal)}
    others = {root for name in names if (root := name.partition(".")[0]) not in PACKAGES}
    return frozenset(_files_of(names)), frozenset(others), frozenset(data)


def _files_of(names: set[str]) -> Iterator[Path]:
    """The files of names of this project that are modules, and of the packages above them; others may be attributes,
    or libraries."""
    modules = _modules()
    for name in names:
        while name:
            if name in modules:
                yield modules[name]
            name = name.rpartition(".")[0]


@cache
def _modules() -> dict[str, Path]:
    """Every module of this project with its file: looked for once, since every name that is imported may be one. A
    module `a.py` goes before a package `a` of the same name."""
    code = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in _all_files() if path.suffix == ".py"}
    packages = {name.removesuffix("/__init__"): path for name, path in code.items() if name.endswith("/__init__")}
    return {name.replace("/", "."): path for name, path in (packages | code).items()}


@cache
def _data_files(folder: Path, literal: str) -> tuple[Path, ...]:
    """The data files that a literal may mean: under the module's folder, or else anywhere in the packages."""
    pattern = re.sub(r"\{[^}]*\}", "*", Path(literal).name)
    names = _data_files_by_name()
    fitting = sorted(path for name in fnmatch.filter(names, pattern) for path in names[name])
    return tuple(path for path in fitting if path.is_relative_to(folder)) or tuple(fitting)


@cache
def _data_files_by_name() -> dict[str, list[Path]]:
    """All files of the packages that are no code: looked for once, since every literal asks for some of them."""
    found: dict[str, list[Path]] = {}
    for path in _all_files():
        if path.suffix in DATA_SUFFIXES:
            found.setdefault(path.name, []).append(path)
    return found


@cache
def _all_files() -> tuple[Path, ...]:
    """The code and the data files of the packages."""
    return tuple(
        Path(folder, name)
        for package in PACKAGES
        for folder, _, names in os.walk(ROOT / package)
        for name in names
        if name.endswith((".py", *DATA_SUFFIXES))
    )
