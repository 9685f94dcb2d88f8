"""The jobs: one for everything at once, and its three parts for the daemon."""

from __future__ import annotations

import dagster as dg

from assets.intake.stages.erase import ERASE
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER
from assets.records.stages.validate import VALIDATE
from warehouse.stage import Stage
from warehouse.tables import tables


def _shown(*stages: Stage) -> dg.AssetSelection:
    """The assets that show what stages write."""
    keys = (key for stage in stages for table in stage.writes for key in tables()[table].assets)
    return dg.AssetSelection.assets(*(key.split("/") for key in keys))


PER_PARTITION = _shown(READ, VALIDATE)
REGISTRY = _shown(REGISTER, ERASE)

full_refresh = dg.define_asset_job(
    "full_refresh",
    selection=dg.AssetSelection.all(),
    description="Everything: register the inbox, read and validate what changed, match, refer, publish. Takes no key.",
)
register_inbox = dg.define_asset_job(
    "register_inbox", selection=REGISTRY, description="Archive and register what is new in the inbox."
)
read_and_validate = dg.define_asset_job(
    "read_and_validate",
    selection=PER_PARTITION,
    description="Read and validate one kabupaten and period.",
)
refresh_global = dg.define_asset_job(
    "refresh_global",
    selection=dg.AssetSelection.all() - PER_PARTITION - REGISTRY,
    description="Settle, match, refer and publish over all kabupaten and periods.",
)
