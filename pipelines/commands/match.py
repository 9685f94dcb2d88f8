"""`pmks match`: link any table of records into persons and households, or train the model that does it."""

from __future__ import annotations

from pathlib import Path

import click

from assets.households.linkage.match_file import MatchReport, match_file, read_records
from assets.households.linkage.model.estimation import ModelNotIdentified
from assets.households.linkage.model.training import MODEL, train_model
from assets.households.review.actions import standing_decisions
from pipelines.commands.options import data_option, existing, home_of
from warehouse.in_force import records_in_force
from warehouse.lake import Lake

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


class _FilesFirst(click.Group):
    """A group whose first command need not be named: `pmks match RECORDS OUT` is `pmks match link RECORDS OUT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["link", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_FilesFirst)
def match() -> None:
    """Link a table of records, or train the model that links (pmks match RECORDS OUT is short for link)."""


@match.command()
@click.argument("records", type=_FILE)
@click.argument("out", type=_OUT)
@click.option("--blocking", type=_FILE, help="Blocking rules in the form of the shipped ones.")
@click.option("--model", type=_FILE, help="A trained model (JSON); else one is trained on the records.")
@click.option("--timings", is_flag=True, help="Print stage times, pairs by blocking rule, and peak memory.")
@click.option("--memory-limit", help="Refuse to start where more would be needed, such as 4GB.")
def link(
    records: Path, out: Path, blocking: Path | None, model: Path | None, timings: bool, memory_limit: str | None
) -> None:
    """Write record_id, person_id and household_id of every row of RECORDS (Parquet) to OUT (Parquet)."""
    try:
        report = match_file(records, out, blocking=blocking, model=model, memory_limit=memory_limit)
    except (ValueError, MemoryError) as error:
        raise click.ClickException(str(error)) from None
    if timings:
        click.echo(_told(report))


@match.command()
@click.argument("records", type=_FILE, required=False)
@click.option("--out", type=_OUT, help="The model to write (default: models/model.json of the data home).")
@data_option
def train(records: Path | None, out: Path | None, data: Path | None) -> None:
    """Train a model on RECORDS (Parquet), or on the records in force and the review decisions of the data home.

    Later runs in the data home use the model that lies in it; the shipped one serves where there is none.
    """
    home = home_of(data)
    if records is None:
        known, decisions = records_in_force(Lake(existing(home).lake)), standing_decisions(home)
    else:
        known, decisions = read_records(records), None
    target = out or home.models / MODEL
    try:
        model = train_model(known, decisions, target)
    except (ModelNotIdentified, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"model {model.hash} written to {target}, its picture to {target.with_suffix('.svg')}")
    for what, count in model.summary.items():
        click.echo(f"  {what.replace('_', ' '):<22} {count:>12,}")


def _told(report: MatchReport) -> str:
    done = report.match
    lines = [
        f"{report.records:,} records, {report.persons:,} persons, {report.households:,} households",
        f"model {done.model_hash} ({done.model}), size class {done.size_class:,}",
        *(f"  {stage:<12} {seconds:8.2f} s" for stage, seconds in done.timings.items()),
        f"  peak memory  {done.peak_memory_bytes / 1e6:8.0f} MB",
        f"{'rule':<18} {'pairs added':>12} {'links added':>12} {'split records':>14} {'windows':>8}",
    ]
    for rule in done.rules:
        split, windows = rule["records_in_split_blocks"], rule["blocks_compared_in_a_window"]
        lines.append(
            f"{rule['rule']:<18} {rule['pairs_added']:>12,} {rule['links_added']:>12,} {split:>14,} {windows:>8,}"
        )
    return "\n".join(lines)
