"""`pmks verify`: proof, offline, that all tables are what the archived files say."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of

SHOWN = 5


@click.command(cls=Command)
@data_option
@click.option("--quick", is_flag=True)
def verify(data: Path | None, quick: bool) -> None:
    from pipelines.verification import DAMAGED
    from pipelines.verification import verify as check

    home, console, say = existing(home_of(data)), Console(), texts()
    width = max(len(say("verify.yes")), len(say("verify.no")))
    failed = 0
    for claim in check(home, rebuild=not quick):
        colour, answer = ("red", "verify.no") if claim.exceptions else ("green", "verify.yes")
        console.print(f"[{colour}]{say(answer):<{width}}[/]  {say(f'verify.{claim.name}')}", highlight=False)
        for exception in claim.exceptions[:SHOWN]:
            shown = say("verify.damaged") if exception == DAMAGED else exception
            console.print(f"{'':<{width + 4}}{shown}", markup=False, highlight=False, soft_wrap=True)
        if len(claim.exceptions) > SHOWN:
            console.print(f"{'':<{width + 4}}{say('verify.more', count=len(claim.exceptions) - SHOWN)}")
        failed += bool(claim.exceptions)
    raise SystemExit(1 if failed else 0)
