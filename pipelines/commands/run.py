"""`pmks run`: one whole refresh in one process, recorded in the Dagster instance of the data home."""

from __future__ import annotations

import dataclasses
import errno
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click
from rich.markup import escape

from assets.intake.formats.isolation import ReaderPool
from assets.intake.turns import limits_of
from pipelines.commands.language import Command, end, texts
from pipelines.commands.options import data_option, home_with_inbox, inbox_option, make_ready, quiet_option
from pipelines.interruption import ending_on_signals
from pipelines.progress import Bar, bars
from pipelines.summary import counts, show_repairs, show_summary, show_to_mend
from pipelines.terminal import errors, results
from pipelines.texts.lookup import Texts
from pipelines.up_to_date import is_up_to_date, look, note_up_to_date
from warehouse.access import login_name
from warehouse.erasures import unfinished_note
from warehouse.home import Acceptance, DataHome
from warehouse.shrinkage import ShrinkError, refused_losses, refused_note

if TYPE_CHECKING:
    import dagster as dg

NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
SHOWN = 10
"""At most so many waiting files, or villages that lose somebody, are named."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The bar is what a person sees; the instance records every event all the same."""


@click.command(cls=Command)
@inbox_option
@data_option
@click.option("--profile")
@click.option("--plan-required", is_flag=True)
@click.option("--accept-shrink", "reason", metavar="REASON")
@quiet_option
def run(
    inbox: Path | None, data: Path | None, profile: str | None, plan_required: bool, reason: str | None, quiet: bool
) -> None:
    home, say = home_with_inbox(data, inbox, profile), texts()
    looked = look(home) if home.storage is None and reason is None and not plan_required else ""
    if is_up_to_date(home, looked, time.time()):
        if not quiet:
            show_summary(home, results(), say, changed=False)
        answer(home, Refreshed(succeeded=True, changed=False))
    make_ready(home)
    if reason is not None:
        if not reason.strip():
            raise click.UsageError(say("wrong.no_reason"))
        home = dataclasses.replace(home, shrink_accepted=Acceptance(login_name(), reason.strip()))
    if plan_required:
        home = held_to_plan(home, say)
    with ending_on_signals(lambda: errors().print(say("run.interrupted"))):
        # Its state is shared before and after, and not once more by each step.
        once = dataclasses.replace(home, storage=None)
        if home.storage is None:
            done = refreshed(once, say, quiet=quiet, looked=looked)
        else:
            from pipelines.commands.sync import among_machines

            done = among_machines(home, home.storage, say, lambda: refreshed(once, say, quiet=quiet), quiet=quiet)
    answer(home, done)


class Refreshed(NamedTuple):
    """Whether a refresh succeeded, and whether it changed anything."""

    succeeded: bool
    changed: bool


def answer(home: DataHome, done: Refreshed) -> NoReturn:
    """End the command with what a refresh came to."""
    end(done.succeeded, lambda: {**done._asdict(), "summary": counts(home) if done.succeeded else None})


def refreshed(home: DataHome, say: Texts, *, quiet: bool = False, looked: str = "") -> Refreshed:
    """Refresh, and show what it came to. `quiet`: only what failed or is to be mended. `looked`: how all looked before
    (`up_to_date.py`), to be noted if there was nothing to do."""
    before, begun = _state(home), datetime.now(UTC).replace(tzinfo=None)
    model, rules = _model(home), _rules(home)
    succeeded, replaced = execute(home, say, quiet=quiet)
    changed = replaced or _state(home) != before
    if succeeded:
        _end_erasure(home)
        if not quiet:
            show_summary(home, results(), say, changed=changed)
        elif changed:  # or cron would tell of the same files after every run
            show_to_mend(home, results(), say)
        _show_clock(home, say)
        _show_model(model, _model(home), say)
        _show_rules(rules, _rules(home), say)
        if not changed:
            note_up_to_date(home, looked, time.time())
    else:
        errors().print(say("run.failed"))
    show_repairs(home, results(), say, since=begun)
    return Refreshed(succeeded, changed)


def _end_erasure(home: DataHome) -> None:
    """End an erasure that was stopped: what was made before it goes, now that all was made anew."""
    if unfinished_note(home).exists():
        from pipelines.erasure.forget import complete

        complete(home)


def held_to_plan(home: DataHome, say: Texts) -> DataHome:
    """The same home, able to take only the referrals of the last plan; exit code 2 if that plan is not of today."""
    from pipelines.planning import planned

    home.make()
    digest = planned(home)
    if digest is None:
        raise click.UsageError(say("run.not_planned", root=home.root))
    return dataclasses.replace(home, planned=digest)


def execute(home: DataHome, say: Texts, *, quiet: bool = False) -> tuple[bool, bool]:
    """Run the job `full_refresh` of the definitions that the daemon runs: whether it succeeded, and replaced tables.

    Where Dagster cannot even record the run, on a full disk for one, that is shown like any failed step.
    """
    warnings.filterwarnings("ignore")
    with ReaderPool(home.workers, limits_of(home)) as readers:
        if not home.warehouse.exists():
            readers.start()  # the first run has files to read: they get ready while this process loads its libraries
        return _executed(home, say, quiet)


def _executed(home: DataHome, say: Texts, quiet: bool) -> tuple[bool, bool]:
    from assets.publications.run_entry import STARTED_BY
    from pipelines.definitions import build
    from pipelines.failures import error_classes, error_line, failure_lines
    from pipelines.instance import opened

    command, console = click.get_current_context().command_path, errors()

    def show_failed(line: str) -> None:
        console.print(f"[red]{say('run.failed_step')}[/] {escape(line)}", highlight=False, soft_wrap=True)

    try:
        with opened(home) as instance, bars(quiet=quiet) as shown:
            job = build(home, Bar(shown, say)).resolve_job_def("full_refresh")
            result = job.execute_in_process(
                instance=instance, raise_on_error=False, run_config=QUIET, tags={STARTED_BY: command}
            )
    except Exception as error:
        show_failed(say("run.not_recorded", error=error_line(error, home, "run")))
        refused = isinstance(error, OSError) and error.errno in NOT_WRITABLE
        advice = "advice.not_writable" if refused else "advice.DatabaseError"
        console.print(say(advice, root=escape(str(home.root))), soft_wrap=True)
        return False, False
    failures = [event for event in result.all_events if event.is_failure]
    for line in failure_lines(failures):
        show_failed(line)
    for name in error_classes(failures):
        if say.has(f"advice.{name}"):
            console.print(say(f"advice.{name}", root=escape(str(home.root))), soft_wrap=True)
        if name == ShrinkError.__name__:
            _show_losses(home, say)
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed and e.severity.value == "ERROR"]
    for evaluation in failed:
        console.print(say("run.claim", asset=evaluation.asset_key.to_user_string(), claim=evaluation.check_name))
    succeeded = result.success and not failed
    return succeeded, succeeded and _replaced(result)


def _show_losses(home: DataHome, say: Texts) -> None:
    """Say what would be lost, by village and directorate, largest first."""
    console = errors()
    for loss in refused_losses(home):
        console.print(say(f"shrink.{loss.what}", lost=loss.lost, before=loss.before))
        for lost in (loss.villages, loss.directorates):
            for code, count in sorted(lost.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]:
                mark = f"  {say('shrink.emptied')}" if code in loss.emptied else ""
                console.print(f"  {code}  {say.number(count)}{mark}", highlight=False)
    console.print(say("shrink.ids", path=escape(str(refused_note(home)))), soft_wrap=True)


def _state(home: DataHome) -> str:
    """The digests of all that stages wrote: equal before and after means that nothing changed."""
    from assets.publications.stages.runs import LOGGED
    from warehouse.lake import Lake

    return Lake(home.lake).digest(*(stage.name for stage in LOGGED))


def _replaced(result: dg.ExecuteInProcessResult) -> bool:
    """Whether the warehouse was brought up to date: by this run's results, or by those of one that could not."""
    made = result.asset_materializations_for_node("publications__warehouse")
    return any(event.metadata["tables replaced"].value for event in made if "tables replaced" in event.metadata)


def _show_clock(home: DataHome, say: Texts) -> None:
    """Warn where the clock of this machine, or that of an earlier run, was wrong."""
    from assets.referrals.stages.refer import REFER, clock_behind
    from warehouse.lake import Lake

    ahead = clock_behind(Lake(home.lake).manifest(REFER.name), datetime.now(UTC).replace(tzinfo=None))
    if ahead:
        results().print("\n" + say("run.clock", moment=f"{ahead:%Y-%m-%d %H:%M}"), soft_wrap=True)


def _model(home: DataHome) -> str:
    """The hash of the model that people were last matched with; empty before the first time."""
    from assets.households.stages.match import MATCH
    from warehouse.lake import Lake

    manifest = Lake(home.lake).manifest(MATCH.name)
    return str(manifest.facts["model"]) if manifest else ""


def _rules(home: DataHome) -> tuple[str, str]:
    """The name and the hash of the rules that people were last referred by; empty before the first time."""
    from assets.referrals.stages.refer import REFER
    from warehouse.lake import Lake

    manifest = Lake(home.lake).manifest(REFER.name)
    facts = manifest.facts if manifest else {}
    return str(facts.get("profile", "")), str(facts.get("rule_set", ""))


def _show_rules(before: tuple[str, str], now: tuple[str, str], say: Texts) -> None:
    """Say that other rules apply than the last time: `--profile` holds for one run only."""
    if before[1] and now[1] != before[1]:
        shown = [name if before[0] != now[0] else f"{name} ({digest[:8]}…)" for name, digest in (before, now)]
        results().print("\n" + say("run.rules", before=shown[0], now=shown[1]), highlight=False, soft_wrap=True)


def _show_model(before: str, now: str, say: Texts) -> None:
    """Warn where people were matched with another model than the last time: one was trained, or got lost."""
    if before and now != before:
        results().print("\n" + say("run.model", before=before, now=now), soft_wrap=True)
