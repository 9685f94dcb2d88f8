"""`pmks corrections`: the results of corrected lists, and what villages are still asked about.

Indonesian unless chosen otherwise: it is for the officers who answer to villages.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from assets.publications.stages.villages import corrections_reports
from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of
from pipelines.commands.suggestions import with_names
from validation.regions import village
from warehouse.lake import Lake


@click.command(cls=Command, speaks="id")
@data_option
@click.option("--village", "code", metavar="CODE")
def corrections(data: Path | None, code: str | None) -> dict[str, object]:
    home, say = existing(home_of(data)), texts()
    lake = Lake(home.lake)
    known = lake.read("submissions").set_index("submission_id")
    reports = corrections_reports(lake)
    village_of = known["kode_desa"].to_dict()
    if code is not None and code not in village_of.values():
        unknown = say("corrections.no_village", code=code)
        raise click.UsageError(with_names(unknown, say, code, known["kode_desa"].dropna().unique()))
    reports = reports[[code in (None, village_of[submission]) for submission in reports["submission_id"]]]
    paths = known["path"].to_dict()
    waiting = Counter(path.parent.name for path in home.corrections.glob("*/*.xlsx"))
    waiting = Counter({folder: n for folder, n in waiting.items() if code in (None, folder)})
    click.echo(say("corrections.replaced", count=len(reports)))
    for row in reports.to_dict("records"):
        click.echo(f"  {paths[row['submission_id']]}\n{say('corrections.by', path=paths[row['superseded_by']])}")
        click.echo(say("corrections.solved", solved=row["solved"], total=row["total"], new=row["new"]))
    click.echo(say("corrections.waiting", count=waiting.total(), folder=home.corrections))
    for folder, count in sorted(waiting.items()):
        found = village(folder)
        click.echo(f"  {folder:<24} {say.number(count):>4}  {found.name if found else ''}".rstrip())
    replaced = [
        {"path": paths[row["submission_id"]], "by": paths[row["superseded_by"]]}
        | {what: int(row[what]) for what in ("solved", "total", "new")}
        for row in reports.to_dict("records")
    ]
    return {"replaced": replaced, "waiting": dict(sorted(waiting.items()))}
