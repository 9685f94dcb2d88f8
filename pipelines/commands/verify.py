"""`pmks verify`: proof, offline, that what stands is what the kept files say."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from pipelines.commands.options import data_option, existing, home_of

SHOWN = 5


@click.command()
@data_option
@click.option(
    "--quick", is_flag=True, help="Leave out the rebuild from the archive, which takes as long as a first run."
)
def verify(data: Path | None, quick: bool) -> None:
    """Check archive, lake and warehouse byte for byte, and rebuild everything from the archive to compare.

    Changes nothing. Exit codes: 0, every claim holds; 1, one does not; 2, wrong use.
    """
    from pipelines.verification import verify as check

    home, console = existing(home_of(data)), Console()
    failed = 0
    for claim in check(home, rebuild=not quick):
        sign = "[red]NO [/]" if claim.exceptions else "[green]yes[/]"
        console.print(f"{sign}  {claim.text}", highlight=False)
        for exception in claim.exceptions[:SHOWN]:
            console.print(f"       {exception}", highlight=False, soft_wrap=True)
        if len(claim.exceptions) > SHOWN:
            console.print(f"       and {len(claim.exceptions) - SHOWN:,} more")
        failed += bool(claim.exceptions)
    raise SystemExit(1 if failed else 0)
