"""`pmks review`: hand out uncertain links, take in decisions, revoke them, explain two records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from assets.households.linkage.model.training import serving_model
from assets.households.review.actions import apply_review, explain_records, export_review, standing_decisions
from assets.households.review.decisions import LedgerError, revoke
from assets.households.review.explain import Explanation
from assets.households.review.workbook import ReviewError
from pipelines.commands.options import data_option, existing, home_of
from warehouse.lake import Lake


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@click.group()
def review() -> None:
    """Decide about uncertain links."""


@review.command()
@click.argument("workbook", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--limit", default=200, show_default=True, help="How many pairs at most.")
@data_option
def export(workbook: Path, limit: int, data: Path | None) -> None:
    """Write the pairs that change most to WORKBOOK (it holds personal data)."""
    home = existing(home_of(data))
    count = export_review(home, Lake(home.lake), workbook, model=serving_model(home.models), limit=limit)
    click.echo(f"{count} pasangan ditulis ke {workbook}. Isi kolom keputusan, lalu: pmks review apply {workbook}")


@review.command()
@click.argument("workbook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def apply(workbook: Path, data: Path | None) -> None:
    """Record the decisions of WORKBOOK; the next run obeys them."""
    try:
        taken = apply_review(existing(home_of(data)), workbook, at=_now())
    except ReviewError as error:
        raise click.ClickException("\n".join(error.messages)) from None
    click.echo(f"{len(taken)} keputusan dicatat. Jalankan: pmks run")


@review.command("list")
@data_option
def list_decisions(data: Path | None) -> None:
    """Show the decisions that stand: of which records (ids only), who decided, when and why."""
    for row in standing_decisions(existing(home_of(data))).itertuples():
        told = f"{row.decided_at:%Y-%m-%d %H:%M}  {row.decided_by}: {row.reason}"
        click.echo(f"{row.decision_id}  {row.decision:<9} {row.record_id_l} {row.record_id_r}  {told}")


@review.command("revoke")
@click.argument("decision_id")
@click.option("--by", "decided_by", required=True, help="Who revokes.")
@click.option("--reason", required=True, help="Why.")
@data_option
def revoke_decision(decision_id: str, decided_by: str, reason: str, data: Path | None) -> None:
    """Take a decision back; both entries stay in the ledger."""
    home = existing(home_of(data))
    try:
        revoke(home.review, decision_id, decided_by=decided_by, reason=reason, decided_at=_now())
    except LedgerError as error:
        raise click.ClickException(str(error)) from None
    click.echo("Keputusan dicabut. Jalankan: pmks run")


@review.command()
@click.argument("record_a")
@click.argument("record_b")
@click.option("--numbers", is_flag=True, help="Print each comparison's level and weight too, tab-separated.")
@data_option
def explain(record_a: str, record_b: str, numbers: bool, data: Path | None) -> None:
    """Say why two records are, or are not, one person, and what would tip it."""
    home = existing(home_of(data))
    try:
        told = explain_records(home, Lake(home.lake), record_a, record_b, model=serving_model(home.models))
    except KeyError as error:
        raise click.ClickException(f"Rekaman {error} tidak berlaku saat ini.") from None
    click.echo(told.sentence)
    if numbers:
        click.echo(_numbers(told))


def _numbers(told: Explanation) -> str:
    """Comparison, level and weight of each line; the weights add up to `weight`; a `tip` says what weight would be."""
    shown = told.comparisons.assign(weight=told.comparisons["weight"].map("{:.4f}".format).replace("nan", ""))
    lines: list[tuple[str, ...]] = [*shown[["comparison", "level", "weight"]].itertuples(index=False)]
    lines += [("prior", "", f"{told.prior:.4f}"), ("weight", "", f"{told.weight:.4f}")]
    lines += [
        (f"tip {c}", level, f"{w:.4f}")
        for c, level, w in told.tips[["comparison", "level", "weight_then"]].itertuples(index=False)
    ]
    return "\n".join("\t".join(line) for line in lines)
