"""Of what came: what the last look could not register, and what was registered and is lost by now."""

from __future__ import annotations

from typing import NamedTuple

from warehouse.archive import missing
from warehouse.home import DataHome
from warehouse.lake import Lake, declared

NOT_REGISTERED = "not_registered"
"""The fact of the registry that lists the paths which could not be registered, each with the reason."""


def not_registered(lake: Lake) -> dict[str, str]:
    """What the last look saw and could not register, by path, each with its reason (`inbox/discovery.py`)."""
    manifest = lake.manifest(declared("submissions").stage)
    return dict(manifest.facts.get(NOT_REGISTERED, {})) if manifest else {}


class Lost(NamedTuple):
    """A registered submission of which the archive has no copy."""

    submission_id: str
    path: str
    size_bytes: int


def lost_originals(home: DataHome, lake: Lake) -> list[Lost]:
    """The registered submissions of which the archive has no copy, as the lake lists them."""
    columns = [lake.column("submissions", name) for name in Lost._fields]
    known = [Lost(*row) for row in zip(*(column.to_pylist() for column in columns if column), strict=True)]
    absent = set(missing(home.archive, (each.submission_id for each in known)))
    return [each for each in known if each.submission_id in absent]
