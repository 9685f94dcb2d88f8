"""`pmks sample`: an invented inbox to try the product with."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import NEW_FILE
from pipelines.sample_inbox.inbox import SampleError, write_sample_inbox


@click.command(cls=Command)
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=1)
@click.option("--village", "villages", multiple=True, metavar="CODE")
@click.option("--truth", type=NEW_FILE)
def sample(target: Path, seed: int, villages: tuple[str, ...], truth: Path | None) -> dict[str, object]:
    say = texts()
    try:
        report = write_sample_inbox(target, seed=seed, villages=villages or None, truth=truth)
    except SampleError as error:
        raise click.UsageError(say(f"sample.{error.problem}", code=error.code)) from None
    click.echo(say("sample.written", files=report.files, rows=report.rows, target=target))
    return {"target": target.absolute(), "files": report.files, "rows": report.rows}
