"""`pmks match`: link any table of records into persons and households."""

from __future__ import annotations

from pathlib import Path

import click

from assets.households.match_file import match_file

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("records", type=_FILE)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--blocking", type=_FILE, help="Blocking rules in the form of the shipped ones.")
@click.option("--model", type=_FILE, help="A trained model (JSON).")
@click.option("--timings", is_flag=True, help="Print stage times, pairs by blocking rule, and peak memory.")
@click.option("--memory-limit", help="Refuse to start where more would be needed, such as 4GB.")
def match(
    records: Path, out: Path, blocking: Path | None, model: Path | None, timings: bool, memory_limit: str | None
) -> None:
    """Write record_id, person_id and household_id of every row of RECORDS (Parquet) to OUT (Parquet)."""
    report = match_file(records, out, blocking=blocking, model=model, memory_limit=memory_limit)
    if timings:
        click.echo(str(report))
