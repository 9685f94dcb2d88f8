"""What starts runs: a look into the inbox, and an hourly refresh of the global stages when something was read."""

import time

import dagster as dg

from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER, listing_digest, look
from assets.partitions import PERIODE, partition_key
from assets.records.stages.validate import VALIDATE
from pipelines.instance import end_abandoned_runs
from pipelines.jobs import read_and_validate, refresh_global, register_inbox
from warehouse.home import DataHome
from warehouse.lake import Lake, digest_of
from warehouse.stage import UNFINISHED

MINIMUM_INTERVAL_SECONDS = 30
AGAIN_SECONDS = 3600
"""How often a file is tried again whose reader was stopped or too slow; memory that ran out is not back at once."""


@dg.sensor(
    jobs=[register_inbox, read_and_validate],
    minimum_interval_seconds=MINIMUM_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def inbox_sensor(context: dg.SensorEvaluationContext, home: dg.ResourceParam[DataHome]) -> dg.SensorResult:
    """Register what is new in the inbox, then read each kabupaten and period that it touched, one run for each.

    The lake is the truth, not a cursor: a partition is due as long as its manifest does not name its present files.
    """
    home.make()
    end_abandoned_runs(context.instance, home)
    lake = Lake(home.lake)
    discovery = look(home, remember=False)
    known = lake.manifest(REGISTER.name)
    requests = []
    listing = listing_digest(discovery)
    failed = known is not None and bool(known.facts.get(UNFINISHED))
    if known is None or known.facts.get("listing") != listing or discovery.waiting or failed:
        again = discovery.waiting or failed
        moment = int(time.time() // max(home.settle_seconds, MINIMUM_INTERVAL_SECONDS)) if again else 0
        requests.append(dg.RunRequest(run_key=f"register|{listing}|{moment}", job_name=register_inbox.name))
    due = READ.pending(lake, home)
    hour = int(time.time() // AGAIN_SECONDS)
    due |= {p: f"{hour}" for p in READ.unfinished(lake) if p not in due}
    periods = sorted({partition.periode for partition in due})
    requests += [
        dg.RunRequest(
            run_key=f"{partition.kode_kabupaten}|{partition.periode}|{inputs}",
            job_name=read_and_validate.name,
            partition_key=partition_key(partition),
        )
        for partition, inputs in sorted(due.items())
    ]
    if not requests:
        return dg.SensorResult(skip_reason=dg.SkipReason("The inbox holds nothing new."))
    definition = dg.DynamicPartitionsDefinition(name=PERIODE)
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=[definition.build_add_request(periods)])


@dg.schedule(job=refresh_global, cron_schedule="5 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def global_schedule(
    context: dg.ScheduleEvaluationContext, home: dg.ResourceParam[DataHome]
) -> dg.RunRequest | dg.SkipReason:
    """Every hour, if anything was read since the last time and nothing is still to be read."""
    lake = Lake(home.lake)
    if READ.pending(lake, home):
        return dg.SkipReason("Some kabupaten and periods are still to be read.")
    if not lake.partitions(READ.name):
        return dg.SkipReason("Nothing has been read yet.")
    return dg.RunRequest(
        run_key=digest_of(lake.digest(REGISTER.name, READ.name, VALIDATE.name), _decisions(home), home.profile)
    )


def _decisions(home: DataHome) -> list[tuple[str, int]]:
    """Review decisions count as a change too: names and sizes of the ledger's files are enough to notice one."""
    return sorted((path.name, path.stat().st_size) for path in home.review.glob("*")) if home.review.exists() else []
