"""`pmks corrections`: what corrected lists came to, and what villages are still asked about."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from assets.publications.corrections import CorrectionsReport
from assets.publications.stages.villages import corrections_reports
from pipelines.commands.options import data_option, existing, home_of
from validation.regions import village
from warehouse.lake import Lake


@click.command()
@data_option
@click.option("--village", "code", metavar="CODE", help="Only this village, by its code (such as 16.10.05.2036).")
def corrections(data: Path | None, code: str | None) -> None:
    """Show what corrected lists solved, and the workbooks that wait for villages; changes nothing."""
    home = existing(home_of(data))
    lake = Lake(home.lake)
    known = lake.read("submissions").set_index("submission_id")
    reports = corrections_reports(lake)
    village_of = known["kode_desa"].to_dict()
    reports = reports[[code in (None, village_of[submission]) for submission in reports["submission_id"]]]
    click.echo(f"Lists that a newer one replaced: {len(reports)}")
    paths = known["path"].to_dict()
    for row in reports.to_dict("records"):
        click.echo(f"  {paths[row['submission_id']]}\n    by {paths[row['superseded_by']]}")
        click.echo(f"    {CorrectionsReport(row['solved'], row['total'], row['new'])}")
    waiting = Counter(path.parent.name for path in home.corrections.glob("*/*.xlsx"))
    waiting = Counter({place: n for place, n in waiting.items() if code in (None, place)})
    click.echo(f"Workbooks that wait for villages: {waiting.total()} in {home.corrections}")
    for place, count in sorted(waiting.items()):
        found = village(place)
        click.echo(f"  {place:<24} {count:>4}  {found.name if found else ''}".rstrip())
