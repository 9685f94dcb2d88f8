"""`pmks verify`: proof, offline, that all tables are what the archived files say."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from pipelines.commands.language import Command, end, texts
from pipelines.commands.options import FILE, data_option, existing, home_of, quiet_option
from pipelines.commands.suggestions import with_ids
from pipelines.terminal import results
from pipelines.texts.lookup import Texts

if TYPE_CHECKING:
    from pipelines.proof.verification import Claim, Kept
    from warehouse.chain import Link
    from warehouse.home import DataHome

SHOWN = 5


@click.command(cls=Command)
@data_option
@click.option("--quick", is_flag=True)
@click.option("--witness", "witnesses", type=FILE, multiple=True)
@click.option("--timestamp", "timestamps", type=FILE, multiple=True)
@click.option("--ca", type=FILE)
@click.option("--key", type=FILE)
@click.option("--run", "run_id", metavar="RUN")
@click.option("--capsule", type=FILE)
@quiet_option
def verify(
    data: Path | None,
    quick: bool,
    witnesses: tuple[Path, ...],
    timestamps: tuple[Path, ...],
    ca: Path | None,
    key: Path | None,
    run_id: str | None,
    capsule: Path | None,
    quiet: bool,
) -> None:
    from pipelines.liveness import between_runs
    from pipelines.proof.verification import Kept, verify_past
    from pipelines.proof.verification import verify as check
    from warehouse.chain import ledger_of, read_chain
    from warehouse.memory import keep_freed
    from warehouse.signing import SigningKeyError, public_key
    from warehouse.timestamps import CertificatesError, read_certificates

    say = texts()
    try:
        trusted = read_certificates(ca) if ca else None
        kept = Kept(witnesses, timestamps, trusted, public_key(key) if key else None)
    except (SigningKeyError, CertificatesError) as error:
        raise click.UsageError(str(error)) from None
    if run_id is not None and quick:
        raise click.UsageError(say("verify.not_both"))
    answer = _Answer(say, quiet)
    if capsule is not None:
        _check_capsule(capsule, kept, answer)
        answer.give()
    home = existing(home_of(data))
    keep_freed()
    with between_runs(home, lambda: click.echo(say("verify.waits"), err=True)):
        claims = check(home, rebuild=not quick, kept=kept) if run_id is None else verify_past(home, kept=kept)
        for claim in claims:
            answer.claim(claim)
        if run_id is not None:
            _replay(home, run_id, answer)
        _tell_of_stamps(read_chain(ledger_of(home))[0], kept, answer)
    answer.give()


@dataclass
class _Answer:
    """What was found, shown as it comes: `claims`, one for each witness, of `tables` the run at which they part."""

    say: Texts
    quiet: bool
    claims: list[Claim] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)
    notes: dict[str, object] = field(default_factory=dict)

    def claim(self, claim: Claim) -> None:
        self.claims.append(claim)
        _show(claim, self.say, self.quiet)

    def line(self, text: str, *, always: bool = False) -> None:
        results(quiet=self.quiet and not always).print(text, highlight=False, soft_wrap=True)

    def give(self) -> NoReturn:
        """End the command with what was found."""
        holds = (
            not any(claim.exceptions for claim in self.claims)
            and not any(self.tables.values())
            and "error" not in self.notes
        )
        claims = [{"claim": name, "holds": not found, "exceptions": found} for name, found in self.claims]
        tables = [{"table": name, "same": not run, "parts_at": run or None} for name, run in self.tables.items()]
        end(holds, {"holds": holds, "claims": claims, "tables": tables} | self.notes)


def _tell_of_stamps(links: Sequence[Link], kept: Kept, answer: _Answer) -> None:
    """Say of each time stamp that holds, when which head was there, and who says so."""
    from warehouse.timestamps import TimeStampError, stamped

    said = []
    for reply in kept.timestamps:
        with suppress(TimeStampError):  # a claim has said so
            link, stamp = stamped(links, reply, kept.trusted)
            said.append({"entry": link.line, "head": stamp.head, "at": stamp.at.isoformat(), "by": stamp.by})
            answer.line(answer.say("verify.stamped", **said[-1]))
    if kept.timestamps:
        answer.notes["timestamps"] = said


def _check_capsule(file: Path, kept: Kept, answer: _Answer) -> None:
    """Look at each claim of a capsule, and say to which head it leads."""
    from pipelines.capsule.checking import check_capsule, head_of, links_of
    from pipelines.capsule.files import read_capsule

    try:
        capsule = read_capsule(file)
    except ValueError:
        raise click.ClickException(answer.say("capsule.none", file=file)) from None
    for claim in check_capsule(capsule, kept):
        answer.claim(claim)
    _tell_of_stamps(links_of(capsule), kept, answer)
    answer.notes["head"] = head_of(capsule)
    answer.line(answer.say("capsule.leads_to", head=head_of(capsule)))


def _replay(home: DataHome, run_id: str, answer: _Answer) -> None:
    """Go through all runs up to one again, and say of each table whether it came about again."""
    from pipelines.proof.replay import UnknownRunError, erased_since, made_by_other_code, replay, runs_up_to
    from warehouse.chain import ledger_of, read_chain

    say = answer.say
    try:
        runs = runs_up_to(read_chain(ledger_of(home))[0], run_id)
    except UnknownRunError:
        raise click.UsageError(with_ids(say("verify.no_run", run=run_id), say, run_id, home.warehouse)) from None
    others = made_by_other_code(home, runs)
    answer.notes |= {"run": runs[-1]["run_id"], "runs_of_other_code": others}
    for other in others:
        answer.line(say("verify.run_of_other_code", run=other))
    if erased := erased_since(home, runs):
        answer.line(say("verify.erased_since", count=erased))
    try:
        tables = replay(home, runs)
    except Exception as error:
        answer.notes["error"] = type(error).__name__
        answer.line(say("verify.not_checked", error=type(error).__name__), always=True)
        return
    answer.line(say("verify.replay", run=runs[-1]["run_id"], at=runs[-1]["ended_at"]))
    for table in tables:
        answer.tables[table.table] = table.parted
        colour, word = ("red", "verify.different") if table.parted else ("green", "verify.same")
        since = say("verify.parted", run=table.parted) if table.parted else ""
        line = f"[{colour}]{say(word):<10}[/]  {table.table:<22} {say.number(table.rows):>10}  {since}"
        answer.line(line.rstrip(), always=bool(table.parted))


def _show(claim: Claim, say: Texts, quiet: bool) -> None:
    """Print a claim, whether it holds, and what contradicts it; `quiet`: only if something does."""
    console = results(quiet=quiet and not claim.exceptions)
    width = max(len(say("verify.yes")), len(say("verify.no")))
    colour, answer = ("red", "verify.no") if claim.exceptions else ("green", "verify.yes")
    console.print(f"[{colour}]{say(answer):<{width}}[/]  {say(f'verify.{claim.name}')}", highlight=False)
    for exception in claim.exceptions[:SHOWN]:
        shown = _in_words(exception, say)
        console.print(f"{'':<{width + 4}}{shown}", markup=False, highlight=False, soft_wrap=True)
    if len(claim.exceptions) > SHOWN:
        console.print(f"{'':<{width + 4}}{say('verify.more', count=len(claim.exceptions) - SHOWN)}")


def _in_words(exception: str, say: Texts) -> str:
    """What contradicts a claim: an id or name as it is, or a text where it is a code."""
    from pipelines.proof.chain_claims import NO_ENTRY, NO_WITNESS
    from pipelines.proof.rebuild_claims import OTHER_CODE
    from pipelines.proof.verification import DAMAGED, NOT_CHECKED
    from warehouse.timestamps import FAULTS

    if exception.startswith(NOT_CHECKED):
        return say("verify.not_checked", error=exception.removeprefix(NOT_CHECKED))
    return (
        say(f"verify.{exception}") if exception in (DAMAGED, NO_ENTRY, NO_WITNESS, OTHER_CODE, *FAULTS) else exception
    )
