"""`pmks audit`: every table and ledger in one file for auditors, masked unless a reason is given.

Indonesian unless chosen otherwise: officers hand it out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of


@click.command(cls=Command, speaks="id")
@click.option("--whole", is_flag=True)
@click.option("--reason", metavar="TEXT", default="")
@data_option
def audit(whole: bool, reason: str, data: Path | None) -> dict[str, object]:
    from pipelines.liveness import between_runs
    from pipelines.proof.auditing import make_auditors_file
    from warehouse.chain import head_of

    home, say = existing(home_of(data)), texts()
    if whole != bool(reason.strip()):
        raise click.UsageError(say("audit.reason"))
    with between_runs(home, lambda: click.echo(say("verify.waits"), err=True)):
        if not home.warehouse.exists():
            raise click.ClickException(say("audit.no_run"))
        made = make_auditors_file(home, datetime.now(UTC).replace(tzinfo=None), whole_because=reason.strip())
        head = head_of(home)
    click.echo(say("audit.made", file=made, head=head))
    return {"file": made, "head": head, "whole": whole}
