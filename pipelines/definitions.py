"""All of it on one screen: the assets of every room, the jobs over them, and what starts those jobs."""

import dagster as dg

from assets.households.assets import households
from assets.intake.assets import outcomes, submissions
from assets.publications.assets import PUBLICATIONS, corrections, reports, runs, warehouse
from assets.records.assets import quality, rows_and_records
from assets.referrals.assets import referrals
from assets.support import Progress
from pipelines.automation import inbox_sensor, refresh_sensor
from pipelines.collecting import collect_rarely
from pipelines.jobs import full_refresh, read_and_validate, refresh_global, register_inbox
from pipelines.liveness import living_home
from pipelines.progress import Silent
from pipelines.refreshing import refreshing
from pipelines.settings import from_environment
from warehouse.home import DataHome
from warehouse.memory import keep_freed


def build(home: DataHome, progress: Progress) -> dg.Definitions:
    """The definitions for one data home. Runs execute in one process: concurrency comes from concurrent runs."""
    return dg.Definitions(
        assets=[
            submissions,
            rows_and_records,
            outcomes,
            quality,
            households,
            referrals,
            runs,
            warehouse,
            *PUBLICATIONS,
            reports,
            corrections,
        ],
        jobs=[full_refresh, register_inbox, read_and_validate, refresh_global],
        sensors=[inbox_sensor, refresh_sensor],
        resources={"home": living_home(home), "progress": progress, "refresh": refreshing},
        executor=dg.in_process_executor,
    )


defs = build(from_environment(), Silent())
collect_rarely()
keep_freed()
