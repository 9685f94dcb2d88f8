"""`pmks verify`: proof, offline, that all tables are what the archived files say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from pipelines.commands.language import Command, texts
from pipelines.commands.options import FILE, data_option, existing, home_of
from pipelines.texts.lookup import Texts

if TYPE_CHECKING:
    from pipelines.verification import Claim

SHOWN = 5


@click.command(cls=Command)
@data_option
@click.option("--quick", is_flag=True)
@click.option("--witness", "witnesses", type=FILE, multiple=True)
@click.option("--key", type=FILE)
def verify(data: Path | None, quick: bool, witnesses: tuple[Path, ...], key: Path | None) -> None:
    from pipelines.liveness import between_runs
    from pipelines.verification import verify as check
    from warehouse.signing import SigningKeyError, public_key

    home, console, say = existing(home_of(data)), Console(), texts()
    try:
        signed_by = public_key(key) if key else None
    except SigningKeyError as error:
        raise click.UsageError(str(error)) from None
    failed = 0
    with between_runs(home, lambda: click.echo(say("verify.waits"), err=True)):
        for claim in check(home, rebuild=not quick, witnesses=witnesses, public_key=signed_by):
            _show(claim, console, say)
            failed += bool(claim.exceptions)
    raise SystemExit(1 if failed else 0)


def _show(claim: Claim, console: Console, say: Texts) -> None:
    """Print a claim, whether it holds, and what contradicts it."""
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
