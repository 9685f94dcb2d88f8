"""`pmks sample`: an invented inbox to try the product with."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.sample_inbox.inbox import write_sample_inbox


@click.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--village",
    "villages",
    multiple=True,
    metavar="CODE",
    help="Lists of this village, by its code; may be given several times (default: the villages of the sample).",
)
@click.option(
    "--truth", type=click.Path(dir_okay=False, path_type=Path), help="Also write who is who, outside the inbox."
)
def sample(target: Path, seed: int, villages: tuple[str, ...], truth: Path | None) -> None:
    """Write an inbox of invented people and villages' lists into TARGET."""
    try:
        report = write_sample_inbox(target, seed=seed, villages=villages or None, truth=truth)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    click.echo(f"{report.files} files with {report.rows} rows written to {target}. Next: pmks run --inbox {target}")
