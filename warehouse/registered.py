"""Of what came: what the last look could not register, and what was registered and is lost by now."""

from __future__ import annotations

import pandas as pd

from warehouse.archive import missing
from warehouse.home import DataHome
from warehouse.lake import Lake, Reader, declared

NOT_REGISTERED = "not_registered"
"""The fact of the registry that lists the paths which could not be registered, each with the reason."""


def not_registered(lake: Lake) -> dict[str, str]:
    """What the last look saw and could not register, by path, each with its reason (`inbox/discovery.py`)."""
    manifest = lake.manifest(declared("submissions").stage)
    return dict(manifest.facts.get(NOT_REGISTERED, {})) if manifest else {}


def lost_originals(home: DataHome, tables: Reader) -> pd.DataFrame:
    """The registered submissions of which the archive has no copy: `submission_id`, `path`, `size_bytes`."""
    known = tables.read("submissions", columns=["submission_id", "path", "size_bytes"])
    return known[known["submission_id"].isin(missing(home.archive, known["submission_id"]))]
