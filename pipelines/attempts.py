"""How often something was tried, by the runs that Dagster keeps, and when it is tried again.

Danger: a run key is used once for ever. Where it names only the work, a run that failed or was killed is never asked
for again, and neither is a state that comes back (a list withdrawn, and the withdrawal undone). Remedy: runs carry the
work and its inputs as tags; the key of the next one names the one before it; failures are tried again later and
later, and what failed too often is given up until its inputs change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import dagster as dg

from pipelines.failures import error_classes

WORK, INPUTS = ".dagster/pmks_work", ".dagster/pmks_inputs"
"""Tags of a run: what it is for, such as a kabupaten and period, and a hash of what that is made from. With this prefix
Dagster's pages do not show them."""
MOST = 6
"""So many failures in a row and it is given up: with a first pause of a minute, half an hour after the first."""
LONGEST_PAUSE_SECONDS = 3600.0
LASTING = {
    "BothChangedError",
    "FormatError",
    "InvalidTableError",
    "LedgerError",
    "ModelError",
    "PlanError",
    "RuleError",
    "SecretKeyError",
    "ShortenedLedgerError",
    "ShrinkError",
    "UndeclaredError",
}
"""Errors that come again until somebody does something: given up at once. All others may pass."""
_RECENT = 1000
"""So many runs back it is looked for failures that still stand."""
FAILED = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


@dataclass(frozen=True)
class Attempts:
    """Earlier runs of one work.

    `going_on`: one has not ended. `runs`: those with the present inputs since it last had others. `failures`: how many
    of them failed since the last success. `last_run`, `ended`: of all, the latest run's id and the moment (seconds
    since 1970) it ended. `lasting`: it failed by an error that comes again.
    """

    work: str
    inputs: str
    going_on: bool = False
    runs: int = 0
    failures: int = 0
    last_run: str | None = None
    ended: float = 0.0
    lasting: bool = False

    @property
    def given_up(self) -> bool:
        return self.failures > 0 and (self.lasting or self.failures >= MOST)

    def due_at(self, earlier: int, pause: float) -> float:
        """The moment from which it may be tried again after `earlier` runs. `pause`: the first, in seconds; each
        further one is twice as long."""
        if not earlier:
            return 0.0
        return self.ended + float(min(pause * 2 ** (earlier - 1), LONGEST_PAUSE_SECONDS))

    def request(
        self, job: str, *, partition_key: str | None = None, priority: int = 0, queue: str = ""
    ) -> dg.RunRequest:
        """Ask for the next run. `queue`: of Celery, for machines that take none but these."""
        tags = {WORK: self.work, INPUTS: self.inputs, "dagster/priority": str(priority)}
        tags |= {"dagster-celery/queue": queue} if queue else {}
        key = f"{self.work}|{self.inputs}|after {self.last_run or 'none'}"
        return dg.RunRequest(run_key=key, job_name=job, partition_key=partition_key, tags=tags)


def attempts(instance: dg.DagsterInstance, work: str, inputs: str) -> Attempts:
    """What was tried so far of a work."""
    records = _latest(instance, work)
    if not records:
        return Attempts(work, inputs)
    latest = records[0]
    same = _of_inputs(records, inputs)
    failed = list(takewhile(lambda record: record.dagster_run.status in FAILED, same))
    return Attempts(
        work,
        inputs,
        going_on=any(not record.dagster_run.is_finished for record in records),
        runs=len(same),
        failures=len(failed),
        last_run=latest.dagster_run.run_id,
        ended=latest.end_time or latest.update_timestamp.timestamp(),
        lasting=bool(failed) and bool(LASTING & set(causes(instance, latest.dagster_run.run_id))),
    )


def counted(instance: dg.DagsterInstance, work: str) -> list[str]:
    """The ids of the runs on which `attempts` of a work rests: those with the inputs of the latest, and the one before
    them, which had others."""
    records = _latest(instance, work)
    same = len(_of_inputs(records, records[0].dagster_run.tags.get(INPUTS))) if records else 0
    return [record.dagster_run.run_id for record in records[: same + 1]]


def _latest(instance: dg.DagsterInstance, work: str) -> Sequence[dg.RunRecord]:
    return instance.get_run_records(dg.RunsFilter(tags={WORK: work}), limit=MOST + 1)


def _of_inputs(records: Sequence[dg.RunRecord], inputs: str | None) -> list[dg.RunRecord]:
    """Those from the latest on that have the same inputs."""
    return list(takewhile(lambda record: record.dagster_run.tags.get(INPUTS) == inputs, records))


def last_attempts(instance: dg.DagsterInstance) -> list[Attempts]:
    """Every work whose latest run failed, with what was tried of it, by name."""
    latest: dict[str, dg.DagsterRun] = {}
    for run in instance.get_runs(limit=_RECENT):
        if WORK in run.tags:
            latest.setdefault(run.tags[WORK], run)
    failed = {work: run.tags[INPUTS] for work, run in latest.items() if run.status in FAILED}
    return [attempts(instance, work, inputs) for work, inputs in sorted(failed.items())]


def causes(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """The classes of the errors that made a run fail."""
    failures = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return error_classes([entry.dagster_event for entry in failures if entry.dagster_event])
