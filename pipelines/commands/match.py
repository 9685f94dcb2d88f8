"""`pmks match`: link any table of records into persons and households, or train the model that does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from assets.households.linkage.arrays.text import Records
from assets.households.linkage.match_file import FileOfRecords, MatchReport, match_file
from assets.households.linkage.model import MODEL
from assets.households.linkage.model.estimation import ModelNotIdentified
from assets.households.linkage.model.training import train_model
from assets.households.review.actions import effective_decisions
from pipelines.commands.language import LANG_OPTION, Group, texts
from pipelines.commands.options import FILE, NEW_FILE, data_option, existing, home_of
from pipelines.texts.lookup import Texts
from warehouse.home import ADDRESSES, CARDS
from warehouse.in_force import records_in_force
from warehouse.lake import Lake


class _FilesFirst(Group):
    """A group whose first command need not be named: `pmks match RECORDS OUT` is `pmks match link RECORDS OUT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = 0
        while at < len(args) and args[at].partition("=")[0] == LANG_OPTION:
            at += 1 if "=" in args[at] else 2
        if args[at:] and args[at] not in {*self.commands, *ctx.help_option_names}:
            args = [*args[:at], "link", *args[at:]]
        return super().parse_args(ctx, args)


@click.group(cls=_FilesFirst)
def match() -> None:
    pass


@match.command()
@click.argument("records", type=FILE)
@click.argument("out", type=NEW_FILE)
@click.option("--blocking", type=FILE)
@click.option("--model", type=FILE)
@click.option("--timings", is_flag=True)
@click.option("--memory-limit")
@click.option("--cost", type=click.FloatRange(min=0, min_open=True))
@click.option("--households", type=click.Choice([CARDS, ADDRESSES]))
@click.option("--engine", type=click.Choice(["process", "spark"]), default="process")
@click.option("--master", default="local[*]")
@click.option("--buckets", type=click.IntRange(min=1))
def link(
    records: Path, out: Path, blocking: Path | None, model: Path | None, timings: bool, memory_limit: str | None,
    cost: float | None, households: str | None, engine: str, master: str, buckets: int | None,
) -> dict[str, object]:  # fmt: skip
    say = texts()
    try:
        if engine == "spark":
            report = _on_spark(records, out, master=master, buckets=buckets, blocking=blocking, model=model,
                                wrong_merge_cost=cost, households=households)  # fmt: skip
        else:
            report = match_file(
                records, out, blocking=blocking, model=model, memory_limit=memory_limit, wrong_merge_cost=cost,
                households=households,
            )  # fmt: skip
    except (ValueError, MemoryError) as error:
        raise click.ClickException(say("match.failed", error=error)) from None
    if timings:
        click.echo(_report(report, say))
    done = report.match
    return {
        "out": out.absolute(), "records": report.records, "persons": report.persons, "households": report.households,
        "model": done.model_hash, "seconds": done.timings, "peak_memory_bytes": done.peak_memory_bytes,
        "rules": list(done.rules),
    }  # fmt: skip


@match.command()
@click.argument("records", type=FILE, required=False)
@click.option("--out", type=NEW_FILE)
@data_option
def train(records: Path | None, out: Path | None, data: Path | None) -> dict[str, object]:
    home, say = home_of(data), texts()
    known: Records
    if records is None:
        known, decisions = records_in_force(Lake(existing(home).lake)), effective_decisions(home)
    else:
        known, decisions = FileOfRecords(records), None
    target = out or home.models / MODEL
    try:
        model = train_model(known, decisions, target)
    except (ModelNotIdentified, ValueError) as error:
        raise click.ClickException(say("match.failed", error=error)) from None
    click.echo(say("match.trained", hash=model.hash, target=target, picture=target.with_suffix(".svg")))
    for what, count in model.summary.items():
        click.echo(f"  {say(f'match.{what}'):<32} {say.number(count):>12}")
    return {"model": target, "hash": model.hash, **model.summary}


def _on_spark(records: Path, out: Path, **how: Any) -> MatchReport:
    from assets.households.linkage.buckets.match_file import match_file_on_spark
    from assets.households.linkage.buckets.spark import SparkMissingError

    try:
        return match_file_on_spark(records, out, **how)
    except SparkMissingError:
        raise click.ClickException(texts()("match.no_spark")) from None


def _report(report: MatchReport, say: Texts) -> str:
    """Counts, times by stage (named as in the code), memory, and what each blocking rule brought."""
    done = report.match
    counts = ("pairs_added", "links_added", "records_in_split_blocks", "blocks_compared_in_a_window")
    titles = [say(f"match.{name}") for name in counts]
    widths = [max(12, len(title)) for title in titles]
    peak = f"{done.peak_memory_bytes / 1e6:.0f} MB"
    lines = [
        say("match.counts", records=report.records, persons=report.persons, households=report.households),
        say("match.model", hash=done.model_hash, model=done.model, size=done.size_class),
        *(f"  {stage:<16} {seconds:8.2f} s" for stage, seconds in done.timings.items()),
        f"  {say('match.memory'):<16} {peak:>8}",
    ]
    if done.rules:
        lines.append(
            " ".join([f"{say('match.rule'):<18}", *(f"{t:>{w}}" for t, w in zip(titles, widths, strict=True))])
        )
    for rule in done.rules:
        numbers = (f"{say.number(rule[name]):>{width}}" for name, width in zip(counts, widths, strict=True))
        lines.append(" ".join([f"{rule['rule']:<18}", *numbers]))
    return "\n".join(lines)
