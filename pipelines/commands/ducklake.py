"""`pmks ducklake`: the warehouse, and each directorate's list, where many may read them at once."""

from __future__ import annotations

import re
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of

WHOLE = "pmks"
"""The share of the whole warehouse; that of a directorate is called after both."""


@click.command(cls=Command)
@click.option("--catalogue", required=True)
@click.option("--files", required=True, metavar="FOLDER|s3://…")
@click.option("--keep-days", type=click.IntRange(min=0), default=90)
@data_option
def ducklake(catalogue: str, files: str, keep_days: int, data: Path | None) -> list[dict[str, object]]:
    import duckdb

    from validation.directorates import directorates
    from warehouse.chain import RUN, ledger_of, read_chain
    from warehouse.ducklake import ExtensionMissingError, Share, share_file

    home, say = existing(home_of(data)), texts()
    if re.search(r"\bpassword\s*=", catalogue):
        raise click.ClickException(say("ducklake.password"))
    lists = {f"{WHOLE}_{code}": home.published / code / "rujukan.duckdb" for code in directorates()}
    sources = {name: path for name, path in ({WHOLE: home.warehouse} | lists).items() if path.exists()}
    runs = [link.said["run_id"] for link in read_chain(ledger_of(home))[0] if link.kind == RUN]
    if not runs or not sources:
        raise click.ClickException(say("ducklake.nothing"))
    shared: list[dict[str, object]] = []
    for name, source in sources.items():
        try:
            replaced = share_file(source, Share(catalogue, files, name), runs[-1], keep_days)
        except ExtensionMissingError:
            raise click.ClickException(say("ducklake.no_extension")) from None
        except duckdb.Error as error:
            raise click.ClickException(say("ducklake.failed", share=name, error=error)) from None
        click.echo(say("ducklake.done", share=name, count=len(replaced), run=runs[-1]))
        shared.append({"share": name, "tables_replaced": sorted(replaced), "run": runs[-1]})
    return shared
