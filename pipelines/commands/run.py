"""`pmks run`: one whole refresh in one process, recorded in the Dagster instance of the data home."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipelines.commands.options import data_option, home_to_refresh
from pipelines.summary import show_summary
from warehouse.home import DataHome

if TYPE_CHECKING:
    import dagster as dg

SHOWN = 10
"""At most so many waiting files are named."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The bar is what a person sees; the instance records every event all the same."""


COLUMNS = (TextColumn("{task.description:<36}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


class Bar:
    """Shows each stage of a run as a line with a bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._task = self._progress.add_task(stage, total=total)

    def advance(self, steps: int = 1) -> None:
        """Count `steps` of the present stage as done."""
        if self._task is not None:
            self._progress.advance(self._task, steps)


@click.command()
@click.option("--inbox", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where village files are.")
@data_option
@click.option("--profile", help="full-2012, study-2011, sk-101-2022, or a rule file (default: $PMKS_PROFILE).")
@click.option("--plan-required", is_flag=True, help="Refuse to apply what the last `pmks plan` did not say.")
def run(inbox: Path | None, data: Path | None, profile: str | None, plan_required: bool) -> None:
    """Refresh everything: read the inbox, validate, match, refer, publish.

    Exit codes: 0, all done (files that were held and rows in quarantine are reported, not failures); 1, a stage
    failed or a claim does not hold, such as a row ledger that does not balance; 2, wrong use, such as a rule file that
    cannot be used, or a refresh that was not planned.
    """
    home = home_to_refresh(data, inbox, profile)
    if plan_required:
        home = held_to_plan(home)
    console = Console()
    before = _state(home)
    succeeded, replaced = execute(home, console)
    changed = replaced or _state(home) != before
    if succeeded:
        show_summary(home, console, changed=changed)
        _tell_waiting(home, console)
    else:
        console.print("[bold red]The run failed.[/] What was there before stands. Details: make dev, page Runs.")
    raise SystemExit(0 if succeeded else 1)


def held_to_plan(home: DataHome) -> DataHome:
    """The same home, able to take only the referrals of the last plan; exit code 2 if that plan is not of today."""
    from pipelines.planning import planned

    home.make()
    digest = planned(home)
    if digest is None:
        raise click.UsageError(
            "What this run would do was not planned: the inbox, the decisions, the rules or the code changed since the "
            f"last plan, or there is none. Run: pmks plan --data {home.root}"
        )
    return dataclasses.replace(home, planned=digest)


def execute(home: DataHome, console: Console) -> tuple[bool, bool]:
    """Run the job `full_refresh` of the definitions that the daemon runs: whether it succeeded, and replaced tables.

    Where Dagster cannot even record the run, on a full disk for one, that is told like any failed step.
    """
    warnings.filterwarnings("ignore")
    from pipelines.definitions import build
    from pipelines.failures import told_of, told_of_error
    from pipelines.instance import IN_COMMAND, opened

    try:
        with opened(home) as instance, Progress(*COLUMNS, console=console) as progress:
            job = build(home, Bar(progress)).resolve_job_def("full_refresh")
            result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET, tags=IN_COMMAND)
    except Exception as error:
        told = f"Dagster could not record the run (is the disk full?): {told_of_error(error)}"
        console.print(f"[red]failed[/] {escape(told)}", highlight=False, soft_wrap=True)
        return False, False
    for line in told_of([event for event in result.all_events if event.is_failure]):
        console.print(f"[red]failed[/] {escape(line)}", highlight=False, soft_wrap=True)
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed and e.severity.value == "ERROR"]
    for evaluation in failed:
        console.print(f"[red]A claim does not hold:[/] {evaluation.asset_key.to_user_string()} {evaluation.check_name}")
    succeeded = result.success and not failed
    return succeeded, succeeded and _replaced(result)


def _state(home: DataHome) -> str:
    """The digests of all that stages wrote: equal before and after means that nothing changed."""
    from assets.publications.stages.runs import LOGGED
    from warehouse.lake import Lake

    return Lake(home.lake).digest(*(stage.name for stage in LOGGED))


def _replaced(result: dg.ExecuteInProcessResult) -> bool:
    """Whether the warehouse was brought up to date: by this run's results, or by those of one that could not."""
    made = result.asset_materializations_for_node("warehouse")
    return any(event.metadata["tables replaced"].value for event in made if "tables replaced" in event.metadata)


def _tell_waiting(home: DataHome, console: Console) -> None:
    """Name the files that were not read because they are still being copied, or cannot be opened."""
    from assets.intake.stages.register import look

    waiting = look(home, remember=False).waiting
    if waiting:
        console.print(f"\n[bold]{len(waiting):,}[/] files were not read: still being copied, or impossible to open.")
        for path in waiting[:SHOWN]:
            console.print(f"  {escape(path)}", highlight=False, soft_wrap=True)
