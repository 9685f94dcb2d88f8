"""`make audit-deps DB=…`: every locked package against known vulnerabilities, without asking anybody.

The database is a file or folder in OSV format, as the public databases are handed out: advisories as JSON, in a `.json`
or `.jsonl` file, or in a zip or folder of `.json` files. Affected is what the OSV schema says: a version that is listed
or that lies in a range between `introduced` and `fixed` or `last_affected`. Ends with 1 if anything is affected, and
with 2 where the database cannot be read or knows no package of Python, so that silence means something.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

LOCK = Path(__file__).parents[2] / "requirements.lock"
Advisory = Mapping[str, Any]


class DatabaseError(ValueError):
    """The database cannot be used."""


class Affected(NamedTuple):
    """A locked package that an advisory speaks of. `fixed`: versions in which it is mended."""

    package: str
    version: str
    advisory: str
    summary: str
    fixed: tuple[str, ...]


def locked(text: str) -> list[tuple[str, str]]:
    """Name and version of every package of a requirements file, whatever system it is for."""
    lines = [line.split(" \\")[0].strip() for line in text.splitlines() if line[:1].isalnum()]
    return [(canonicalize_name(r.name), next(iter(r.specifier)).version) for r in map(Requirement, lines)]


def advisories(database: Path) -> Iterator[Advisory]:
    """Every advisory of a database. Raises `DatabaseError`."""
    try:
        for name, content in _documents(database):
            for line in content.splitlines() if name.endswith(".jsonl") else [content]:
                read = json.loads(line) if line.strip() else []
                yield from read if isinstance(read, list) else [read]
    except (OSError, BadZipFile, ValueError) as error:
        raise DatabaseError(f"{database} cannot be read as a database in OSV format: {error}") from error


def _documents(database: Path) -> Iterator[tuple[str, bytes]]:
    if database.is_dir():
        for path in sorted(database.rglob("*.json")):
            yield path.name, path.read_bytes()
    elif database.suffix == ".zip":
        with ZipFile(database) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield name, archive.read(name)
    else:
        yield database.name, database.read_bytes()


def affected(packages: Iterable[tuple[str, str]], known: Iterable[Advisory]) -> list[Affected]:
    """The packages that an advisory speaks of and nobody took back, by name and advisory.

    Raises `DatabaseError` where not one of them is about a package of Python.
    """
    versions: dict[str, list[str]] = {}
    for name, version in packages:
        versions.setdefault(name, []).append(version)
    found, of_python = set[Affected](), 0
    for advisory in known:
        if advisory.get("withdrawn"):
            continue
        for each in advisory.get("affected", []):
            package = each.get("package", {})
            if package.get("ecosystem") != "PyPI":
                continue
            of_python += 1
            name = canonicalize_name(package["name"])
            for version in versions.get(name, []):
                if is_affected(version, each):
                    fixed = tuple(e["fixed"] for r in each.get("ranges", []) for e in r["events"] if "fixed" in e)
                    found.add(Affected(name, version, advisory["id"], advisory.get("summary", ""), fixed))
    if not of_python:
        raise DatabaseError("the database has no advisory about a package of Python")
    return sorted(found)


def is_affected(version: str, each: Mapping[str, Any]) -> bool:
    """Whether a version is among those that one `affected` object of an advisory names; yes where a range cannot be
    compared, so that a person looks."""
    mine = Version(version)
    if any(_equal(mine, listed) for listed in each.get("versions", [])):
        return True
    ranges = [r for r in each.get("ranges", []) if r.get("type") == "ECOSYSTEM"]
    return any(_lies_in(mine, r["events"]) for r in ranges)


def _equal(mine: Version, listed: str) -> bool:
    try:
        return mine == Version(listed)
    except InvalidVersion:  # of a time before versions were standardised: none that is locked here
        return False


def _lies_in(mine: Version, events: Sequence[Mapping[str, str]]) -> bool:
    """The evaluation of the OSV schema: the last event at or below `mine` decides, below a `limit` if there is any."""
    try:
        at = [(Version("0.dev0" if text == "0" else text), kind) for event in events for kind, text in event.items()]
    except InvalidVersion:
        return True
    limits = [version for version, kind in at if kind == "limit"]
    if limits and not any(mine < limit for limit in limits):
        return False
    inside = False
    for version, kind in sorted(at):
        if kind == "introduced" and mine >= version:
            inside = True
        elif (kind == "fixed" and mine >= version) or (kind == "last_affected" and mine > version):
            inside = False
    return inside


@click.command()
@click.option("--db", "database", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--lock", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=LOCK)
def main(database: Path, lock: Path) -> None:
    """Check the locked packages against a database of vulnerabilities in OSV format."""
    packages = locked(lock.read_text(encoding="utf-8"))
    try:
        known = list(advisories(database))
        found = affected(packages, known)
    except DatabaseError as error:
        raise click.UsageError(str(error)) from None
    for one in found:
        fixed = f"; fixed in {', '.join(one.fixed)}" if one.fixed else ""
        click.echo(f"{one.package} {one.version}: {one.advisory} {one.summary}{fixed}")
    newest = max((str(advisory.get("modified", "")) for advisory in known), default="")
    click.echo(f"{len(packages)} packages, {len(known)} advisories (newest {newest[:10]}), {len(found)} affected")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
