"""`pmks spotcheck`: draw a sample to ask about in the field, and read back how many were wrong.

Indonesian unless chosen otherwise: the officers who go to the villages use it.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.commands.language import Group, texts
from pipelines.commands.options import FILE, NEW_WORKBOOK, data_option, existing, home_of
from pipelines.spotcheck.ledger import draw_sample, read_sample
from pipelines.spotcheck.rates import Rate, Stratum, overall, rate_of
from pipelines.spotcheck.workbook import SpotCheckError
from pipelines.texts.lookup import Texts
from warehouse.access import login_name
from warehouse.lake import Lake


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@click.group(cls=Group, speaks="id")
def spotcheck() -> None:
    pass


@spotcheck.command()
@click.argument("workbook", type=NEW_WORKBOOK)
@click.option("--per-stratum", default=60, type=click.IntRange(min=1))
@click.option("--seed")
@data_option
def draw(workbook: Path, per_stratum: int, seed: str | None, data: Path | None) -> dict[str, object]:
    home, say = existing(home_of(data)), texts()
    if workbook.exists():
        raise click.UsageError(say("wrong.drawn_workbook", file=workbook))
    entry = draw_sample(
        home, Lake(home.lake), workbook, seed=seed or secrets.token_hex(8), per_stratum=per_stratum,
        by=login_name(), at=_now(),
    )  # fmt: skip
    click.echo(say("spotcheck.drawn", sample=entry["sample_id"], seed=entry["seed"], workbook=workbook))
    for name, (size, drawn) in sorted(entry["strata"].items()):
        click.echo(f"  {name:<14} {say('spotcheck.of', count=drawn, size=size)}")
    strata = {name: {"size": size, "drawn": drawn} for name, (size, drawn) in sorted(entry["strata"].items())}
    return {"workbook": workbook.absolute(), "sample": entry["sample_id"], "seed": entry["seed"], "strata": strata}


@spotcheck.command()
@click.argument("workbook", type=FILE)
@data_option
def read(workbook: Path, data: Path | None) -> dict[str, object]:
    say = texts()
    try:
        strata = read_sample(existing(home_of(data)), workbook, at=_now())
    except SpotCheckError as error:
        raise click.ClickException("\n".join(error.messages(say.language))) from None
    for stratum in strata:
        click.echo(_line(stratum, rate_of(stratum), say))
    _, sizes, answered, wrong = zip(*strata, strict=True)
    click.echo(_line(Stratum(say("spotcheck.all"), sum(sizes), sum(answered), sum(wrong)), overall(strata), say))
    click.echo(say("spotcheck.meaning"))
    return {
        "strata": [{**stratum._asdict(), **rate_of(stratum)._asdict()} for stratum in strata],
        "overall": overall(strata)._asdict(),
    }


def _line(stratum: Stratum, rate: Rate, say: Texts) -> str:
    facts = {"wrong": stratum.wrong, "answered": stratum.answered, "size": stratum.size}
    shares = {"share": rate.rate, "low": rate.low, "high": rate.high}
    shown = {name: "–" if share is None else say.percent(share) for name, share in shares.items()}
    return say("spotcheck.line", name=f"{stratum.name:<14}", fewest=rate.fewest, most=rate.most, **facts, **shown)
