"""`pmks review`: hand out uncertain links, take in decisions, revoke them, explain two records.

Indonesian unless chosen otherwise: reviewers and the officers who hand out their workbooks use it.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from datetime import UTC, datetime
from pathlib import Path

import click
import pandas as pd
from rich.table import Table
from rich.text import Text

from assets.households.linkage.model.training import serving_model
from assets.households.review.actions import (
    apply_review,
    cards,
    effective_decisions,
    explain_records,
    export_review,
)
from assets.households.review.agreement import agreement as agreement_of
from assets.households.review.agreement import contradictions, strength
from assets.households.review.cards import Line
from assets.households.review.decisions import LedgerError, read_decisions, record_decisions, revoke
from assets.households.review.explain import Explanation
from assets.households.review.problems import ReviewError
from assets.households.review.waterfall import waterfall
from assets.households.review.workbook import may_be_replaced
from assets.referrals.answers import found_twice, latest_answers
from pipelines.commands.language import Group, texts
from pipelines.commands.options import FILE, NEW_FILE, NEW_WORKBOOK, data_option, existing, home_of, quiet_option
from pipelines.terminal import results
from warehouse.lake import Lake

LISTED = ("decision_id", "decision", "record_id_l", "record_id_r", "decided_at", "decided_by", "reason")
"""What `pmks review list` says of a decision."""


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@click.group(cls=Group, speaks="id")
def review() -> None:
    pass


@review.command()
@click.argument("workbook", type=NEW_WORKBOOK)
@click.option("--limit", default=200)
@click.option("--second", is_flag=True)
@click.option("--all", "every", is_flag=True)
@data_option
def export(workbook: Path, limit: int, second: bool, every: bool, data: Path | None) -> dict[str, object]:
    home, say = existing(home_of(data)), texts()
    if not may_be_replaced(workbook):
        raise click.UsageError(say("wrong.answered_workbook", file=workbook))
    lake = Lake(home.lake)
    referrals = lake.read("referrals")
    doubled = found_twice(latest_answers(lake.read("answers")), referrals)
    written = export_review(
        home, lake, workbook, model=serving_model(home), limit=limit, referrals=referrals, doubled=doubled,
        second=second, every=every,
    )  # fmt: skip
    if not (written.pairs or written.households):
        click.echo(say("review.nothing_for_a_second" if second else "review.nothing_to_ask"))
        return {"workbook": None, "pairs": 0, "households": 0}
    click.echo(say("review.exported", count=written.pairs, households=written.households, workbook=workbook))
    return {"workbook": workbook, "pairs": written.pairs, "households": written.households}


@review.command()
@click.argument("workbook", type=FILE)
@data_option
def apply(workbook: Path, data: Path | None) -> dict[str, object]:
    say = texts()
    try:
        applied = apply_review(existing(home_of(data)), workbook, at=_now())
    except ReviewError as error:
        raise click.ClickException("\n".join(error.messages(say.language))) from None
    known = len(applied.decision_ids) - applied.recorded
    click.echo(say("review.applied" if applied.recorded else "review.nothing_new", count=applied.recorded, known=known))
    if applied.disputed:
        click.echo(say("review.disputed", count=applied.disputed))
    return {"recorded": applied.recorded, "known": known, "disputed": applied.disputed}


@review.command("list")
@data_option
def list_decisions(data: Path | None) -> list[dict[Hashable, object]]:
    say, decisions = texts(), effective_decisions(existing(home_of(data)))
    if decisions.empty:
        click.echo(say("review.none_in_force"))
    for row in decisions.itertuples():
        answer = say(f"review.{row.decision}")
        click.echo(
            f"{row.decision_id}  {answer:<16} {row.record_id_l} {row.record_id_r}  "
            f"{row.decided_at:%Y-%m-%d %H:%M}  {row.decided_by}: {row.reason}"
        )
    return decisions[list(LISTED)].astype({"decided_at": str}).to_dict("records")


@review.command(converses=True)
@click.option("--by", "decided_by", required=True)
@click.option("--limit", default=200)
@click.option("--second", is_flag=True)
@click.option("--all", "every", is_flag=True)
@data_option
def ask(decided_by: str, limit: int, second: bool, every: bool, data: Path | None) -> None:
    home, say = existing(home_of(data)), texts()
    lake = Lake(home.lake)
    doubled = found_twice(latest_answers(lake.read("answers")), lake.read("referrals"))
    asked = cards(home, lake, model=serving_model(home), limit=limit, doubled=doubled, second=second, every=every)
    recorded, console = 0, results()
    for number, (pair, lines) in enumerate(asked, 1):
        click.echo(f"\n{say('review.pair', n=number)}")
        console.print(_card(lines))
        answer = _key(say("review.keys"))
        if answer == "q":
            break
        if answer not in _ANSWERS:
            continue
        reason = "" if answer == "r" else _line(say("review.why"))
        if answer != "r" and not reason:
            click.echo(say("review.no_reason"))
            continue
        entry = pair | {"decision": _ANSWERS[answer], "decided_by": decided_by, "reason": reason}
        record_decisions(home.review, [entry], decided_at=_now())
        recorded += 1
    click.echo(say("review.asked", count=recorded))


_ANSWERS = {"s": "same", "b": "different", "r": "not_sure"}


def _card(lines: list[Line]) -> Table:
    """Both records beside each other; what differs is bold and marked. What lists hold is never taken for markup, and
    what would steer the terminal is left out."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for line in lines:
        cells = ("≠" if line.differs else "", line.field, line.left, line.right, line.word)
        table.add_row(*(Text(cell, style="bold" if line.differs else "") for cell in cells))
    return table


def _key(prompt: str) -> str:
    """One key that the reviewer presses; over a pipe, the first letter of a line. The end of input ends the asking."""
    click.echo(prompt, nl=False)
    pressed = click.getchar() if sys.stdin.isatty() else sys.stdin.readline() or "q"
    click.echo()
    return pressed[:1].casefold()


def _line(prompt: str) -> str:
    click.echo(prompt, nl=False)
    return sys.stdin.readline().strip()


@review.command()
@data_option
@quiet_option
def agreement(data: Path | None, quiet: bool) -> dict[str, object]:
    say = texts()
    ledger = read_decisions(existing(home_of(data)).review)
    compared = agreement_of(ledger)
    for pair in [] if quiet else compared:
        kappa = "–" if pair.kappa is None else _decimal(pair.kappa, say.language)
        means = say("review.kappa_none") if pair.kappa is None else say(f"review.kappa_{strength(pair.kappa)}")
        one, other = pair.reviewers
        click.echo(
            say(
                "review.agreed", one=one, other=other, n=pair.questions, raw=f"{pair.raw:.0%}", kappa=kappa, means=means
            )
        )
    if not compared and not quiet:
        click.echo(say("review.nothing_compared"))
    contradicting = contradictions(ledger)
    for row in contradicting.itertuples():
        answer = say(f"review.{row.decision}")
        click.echo(say("review.contradiction", code=row.decision_id, answer=answer, by=row.decided_by,
                       one=row.record_id_l, other=row.record_id_r))  # fmt: skip
    return {
        "compared": [pair._asdict() for pair in compared],
        "contradictions": contradicting.astype(str).to_dict("records"),
    }


@review.command("revoke")
@click.argument("decision_id")
@click.option("--by", "decided_by", required=True)
@click.option("--reason", required=True)
@data_option
def revoke_decision(decision_id: str, decided_by: str, reason: str, data: Path | None) -> dict[str, str]:
    home, say = existing(home_of(data)), texts()
    try:
        revoke(home.review, decision_id, decided_by=decided_by, reason=reason, decided_at=_now())
    except LedgerError as error:
        raise click.ClickException(say("review.ledger", error=error)) from None
    click.echo(say("review.revoked"))
    return {"revoked": decision_id}


@review.command()
@click.argument("record_a")
@click.argument("record_b")
@click.option("--numbers", is_flag=True)
@click.option("--picture", type=NEW_FILE)
@data_option
def explain(record_a: str, record_b: str, numbers: bool, picture: Path | None, data: Path | None) -> dict[str, object]:
    home, say = existing(home_of(data)), texts()
    model = serving_model(home)
    try:
        explained = explain_records(home, Lake(home.lake), record_a, record_b, model=model, language=say.language)
    except KeyError:
        raise click.ClickException(say("review.not_in_force")) from None
    click.echo(explained.sentence)
    if numbers:
        click.echo(_numbers(explained))
    if picture is not None:
        picture.write_text(waterfall(explained, say.language), encoding="utf-8")
    return {
        "sentence": explained.sentence,
        "prior": explained.prior,
        "weight": explained.weight,
        "comparisons": _rows(explained.comparisons),
        "tips": _rows(explained.tips),
    }


def _rows(frame: pd.DataFrame) -> list[dict[Hashable, object]]:
    """Rows for other programs: what is missing is null."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _decimal(value: float, language: str) -> str:
    return f"{value:.2f}".replace(".", "," if language == "id" else ".")


def _numbers(explained: Explanation) -> str:
    """Comparison, level and weight of each line; the weights add up to `weight`; a `tip` says what weight would be."""
    shown = explained.comparisons
    shown = shown.assign(weight=shown["weight"].map("{:.4f}".format).replace("nan", ""))
    lines: list[tuple[str, ...]] = [*shown[["comparison", "level", "weight"]].itertuples(index=False)]
    lines += [("prior", "", f"{explained.prior:.4f}"), ("weight", "", f"{explained.weight:.4f}")]
    lines += [
        (f"tip {c}", level, f"{w:.4f}")
        for c, level, w in explained.tips[["comparison", "level", "weight_then"]].itertuples(index=False)
    ]
    return "\n".join("\t".join(line) for line in lines)
