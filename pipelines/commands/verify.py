"""`pmks verify`: proof, offline, that all tables are what the archived files say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import FILE, data_option, existing, home_of, quiet_option
from pipelines.commands.suggestions import with_ids
from pipelines.terminal import results
from pipelines.texts.lookup import Texts

if TYPE_CHECKING:
    from pipelines.verification import Claim
    from warehouse.home import DataHome

SHOWN = 5


@click.command(cls=Command)
@data_option
@click.option("--quick", is_flag=True)
@click.option("--witness", "witnesses", type=FILE, multiple=True)
@click.option("--key", type=FILE)
@click.option("--run", "run_id", metavar="RUN")
@click.option("--capsule", type=FILE)
@quiet_option
def verify(
    data: Path | None,
    quick: bool,
    witnesses: tuple[Path, ...],
    key: Path | None,
    run_id: str | None,
    capsule: Path | None,
    quiet: bool,
) -> None:
    from pipelines.liveness import between_runs
    from pipelines.verification import verify as check
    from pipelines.verification import verify_past
    from warehouse.signing import SigningKeyError, public_key

    say = texts()
    try:
        signed_by = public_key(key) if key else None
    except SigningKeyError as error:
        raise click.UsageError(str(error)) from None
    if run_id is not None and quick:
        raise click.UsageError(say("verify.not_both"))
    if capsule is not None:
        raise SystemExit(_capsule_fails(capsule, witnesses, signed_by, say, quiet))
    home, failed = existing(home_of(data)), 0
    with between_runs(home, lambda: click.echo(say("verify.waits"), err=True)):
        if run_id is None:
            claims = check(home, rebuild=not quick, witnesses=witnesses, public_key=signed_by)
        else:
            claims = verify_past(home, witnesses=witnesses, public_key=signed_by)
        for claim in claims:
            _show(claim, say, quiet)
            failed += bool(claim.exceptions)
        if run_id is not None:
            failed += not _replayed(home, run_id, say, quiet)
    raise SystemExit(1 if failed else 0)


def _capsule_fails(file: Path, witnesses: tuple[Path, ...], key: str | None, say: Texts, quiet: bool) -> bool:
    """Print of each claim of a capsule whether it holds, and its head; whether one does not."""
    from pipelines.capsule.checking import check_capsule, head_of
    from pipelines.capsule.files import read_capsule

    try:
        capsule = read_capsule(file)
    except ValueError:
        raise click.ClickException(say("capsule.none", file=file)) from None
    claims = list(check_capsule(capsule, witnesses=witnesses, public_key=key))
    for claim in claims:
        _show(claim, say, quiet)
    results(quiet=quiet).print(say("capsule.leads_to", head=head_of(capsule)), highlight=False, soft_wrap=True)
    return any(claim.exceptions for claim in claims)


def _replayed(home: DataHome, run_id: str, say: Texts, quiet: bool) -> bool:
    """Go through all runs up to one again, and print of each table whether it came about again; whether all did."""
    from pipelines.replay import UnknownRunError, erased_since, made_by_other_code, replay, runs_up_to
    from warehouse.chain import ledger_of, read_chain

    console = results(quiet=quiet)
    try:
        runs = runs_up_to(read_chain(ledger_of(home))[0], run_id)
    except UnknownRunError:
        raise click.UsageError(with_ids(say("verify.no_run", run=run_id), say, run_id, home.warehouse)) from None
    for other in made_by_other_code(home, runs):
        console.print(say("verify.run_of_other_code", run=other), highlight=False, soft_wrap=True)
    if erased := erased_since(home, runs):
        console.print(say("verify.erased_since", count=erased), highlight=False, soft_wrap=True)
    try:
        tables = replay(home, runs)
    except Exception as error:
        results().print(say("verify.not_checked", error=type(error).__name__), highlight=False)
        return False
    console.print(
        say("verify.replay", run=runs[-1]["run_id"], at=runs[-1]["ended_at"]), highlight=False, soft_wrap=True
    )
    for table in tables:
        colour, answer = ("red", "verify.different") if table.parted else ("green", "verify.same")
        since = say("verify.parted", run=table.parted) if table.parted else ""
        line = f"[{colour}]{say(answer):<10}[/]  {table.table:<22} {say.number(table.rows):>10}  {since}"
        results(quiet=quiet and not table.parted).print(line.rstrip(), highlight=False, soft_wrap=True)
    return not any(table.parted for table in tables)


def _show(claim: Claim, say: Texts, quiet: bool) -> None:
    """Print a claim, whether it holds, and what contradicts it; `quiet`: only if something does."""
    console = results(quiet=quiet and not claim.exceptions)
    width = max(len(say("verify.yes")), len(say("verify.no")))
    colour, answer = ("red", "verify.no") if claim.exceptions else ("green", "verify.yes")
    console.print(f"[{colour}]{say(answer):<{width}}[/]  {say(f'verify.{claim.name}')}", highlight=False)
    for exception in claim.exceptions[:SHOWN]:
        shown = _in_words(exception, say)
        console.print(f"{'':<{width + 4}}{shown}", markup=False, highlight=False, soft_wrap=True)
    if len(claim.exceptions) > SHOWN:
        console.print(f"{'':<{width + 4}}{say('verify.more', count=len(claim.exceptions) - SHOWN)}")


def _in_words(exception: str, say: Texts) -> str:
    """What contradicts a claim: an id or name as it is, or a text where it is a code."""
    from pipelines.chain_claims import NO_ENTRY, NO_WITNESS
    from pipelines.rebuild_claims import OTHER_CODE
    from pipelines.verification import DAMAGED, NOT_CHECKED

    if exception.startswith(NOT_CHECKED):
        return say("verify.not_checked", error=exception.removeprefix(NOT_CHECKED))
    return say(f"verify.{exception}") if exception in (DAMAGED, NO_ENTRY, NO_WITNESS, OTHER_CODE) else exception
