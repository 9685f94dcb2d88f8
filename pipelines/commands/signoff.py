"""`pmks signoff`: an officer signs off what the last run came to; without a name, what is signed and what is not.

Indonesian unless chosen otherwise: officers use it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import FILE, data_option, existing, home_of, quiet_option
from pipelines.texts.lookup import Texts
from warehouse.chain import ledger_of, read_chain
from warehouse.home import DataHome
from warehouse.signing import SigningKeyError
from warehouse.signoffs import NothingToSignError, sign_off, sign_offs, unsigned

SHOWN = 12
"""So many digits of a head are shown."""


@click.command(cls=Command, speaks="id")
@click.option("--name")
@click.option("--office")
@click.option("--note", default="")
@click.option("--head")
@click.option("--key", type=FILE)
@data_option
@quiet_option
def signoff(
    name: str | None, office: str | None, note: str, head: str | None, key: Path | None, data: Path | None, quiet: bool
) -> dict[str, object]:
    home, say = existing(home_of(data)), texts()
    if not name and not office:
        return _show(home, say, quiet=quiet)
    if not (name or "").strip() or not (office or "").strip():
        raise click.UsageError(say("signoff.who"))
    at = datetime.now(UTC).replace(tzinfo=None)
    try:
        run = sign_off(home, name=str(name), office=str(office), note=note, at=at, head=head, key=key)
    except NothingToSignError:
        raise click.UsageError(say("signoff.nothing")) from None
    except SigningKeyError as error:
        raise click.UsageError(str(error)) from None
    if not quiet:
        click.echo(say("signoff.signed", run=run.said["run_id"], at=run.said["ended_at"], head=run.head))
    return {"run": run.said["run_id"], "head": run.head}


def _show(home: DataHome, say: Texts, *, quiet: bool) -> dict[str, object]:
    """Print every sign-off, and what none covers; `quiet`: only the latter."""
    links, _ = read_chain(ledger_of(home))
    signed, open_ = sign_offs(links), unsigned(links)
    answer: dict[str, object] = {
        "signed": [{"head": link.said["head"], "run": link.said["run_id"], "at": link.said["at"]} for link in signed],
        "unsigned": {"runs": open_.runs, "tables": open_.tables},
    }
    for link in [] if quiet else signed:
        said = link.said
        shown = {name: said[name] for name in ("at", "name", "office", "note")} | {"run": said["run_id"]}
        keyed = say("signoff.with_key" if said.get("officer_key") else "signoff.without_key")
        click.echo(say("signoff.line", head=said["head"][:SHOWN], key=keyed, **shown).rstrip())
    if not open_.runs:
        if not quiet:
            click.echo(say("signoff.all_signed"))
        return answer
    click.echo(say("signoff.unsigned", count=len(open_.runs), first=open_.runs[0]))
    if open_.tables:
        click.echo(say("signoff.tables", tables=", ".join(open_.tables)))
    return answer
