"""Proof that what stands is what the kept files say: bytes by hash, tables by digest, and a rebuild from the archive.

Problem: an auditor must be able to trust a referral years later, offline, without trusting the runs that made it.
Mechanism: every claim is checked against the bytes and against the chain of runs, never against a note that lies beside
what is checked; the last one reads all archived files again, matches, refers and publishes anew, and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assets.intake.reading import ledger_balance
from assets.intake.stages.read import READ
from pipelines.proof.answer_claims import contradictory_answers
from pipelines.proof.chain_claims import (
    missing_heads,
    other_contents,
    other_files,
    other_registry,
    shortened_ledgers,
    unsigned_entries,
)
from pipelines.proof.kept_claims import (
    contradictory_receipts,
    miscounted,
    other_key,
    other_rules_or_model,
    stray_files,
    unknown_originals,
    unreadable_ledgers,
)
from pipelines.proof.rebuild_claims import OTHER_CODE, is_of_other_code, rebuilt
from warehouse.archive import is_whole, missing
from warehouse.chain import Link, ledger_of, read_chain
from warehouse.erasures import unfulfilled
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.memory import give_back
from warehouse.row_trees import other_roots
from warehouse.signoffs import wrong_sign_offs
from warehouse.standing_checks import other_checks
from warehouse.timestamps import TimeStampError, stamped
from warehouse.verification import damaged_files, differing_tables, other_copies

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

NOT_CHECKED = "not_checked:"
"""How the exception of a claim begins whose check failed; the kind of the error follows."""
DAMAGED = "damaged"
"""The exception of a claim that cannot be checked because tables of the lake, or archived files, are damaged."""
_ROW = ["submission_id", "sheet", "row"]
_COUNTED = {
    "readings": ["submission_id", "rows_physical", "outcome"],
    "ledger": [*_ROW, "kind"],
    "raw_rows": _ROW,
}
"""What `ledger_balance` looks at."""


class Claim(NamedTuple):
    """One thing that was checked, and what contradicts it: ids and names of tables, no values.

    `name` is a key under `verify.` in `pipelines/texts/results.yml`.
    """

    name: str
    exceptions: list[str]


class Kept(NamedTuple):
    """What others keep of the chain, or trust.

    `witnesses`: files with heads of it. `timestamps`: files with replies of time-stamping authorities, `trusted` the
    certificates by which these count (as in `warehouse.timestamps`). `public_key`: the key that signs it, in
    hexadecimal.
    """

    witnesses: Sequence[Path] = ()
    timestamps: Sequence[Path] = ()
    trusted: Sequence[Certificate] | None = None
    public_key: str | None = None


def verify(home: DataHome, *, rebuild: bool, kept: Kept | None = None) -> Iterator[Claim]:
    """Check a data home, claim by claim, without changing it.

    A claim that cannot be checked, since what it rests on cannot be read, does not hold.
    """
    lake = Lake(home.lake)
    links, broken = read_chain(ledger_of(home))
    altered = altered_files(home.archive)
    damaged = damaged_files(lake)
    yield from _of_the_past(home, links, broken, altered, kept or Kept())
    yield _checked("handed_out", lambda: other_files(home, links))
    yield Claim("lake", damaged)
    checks: list[tuple[str, Callable[[], list[str]]]] = [
        ("stray", lambda: stray_files(home, lake)),
        ("copies", lambda: other_copies(lake)),
        ("counts", lambda: miscounted(lake)),
        ("contents", lambda: other_contents(home, lake, links)),
        ("registry", lambda: other_registry(lake, links)),
        ("receipts", lambda: contradictory_receipts(home, lake)),
        ("submissions", lambda: missing_files(home, lake)),
        ("originals", lambda: unknown_originals(home, lake, links)),
        ("rules", lambda: other_rules_or_model(home, lake, links)),
        ("row_trees", lambda: other_roots(home, lake, links)),
        ("answers", lambda: contradictory_answers(lake)),
        ("ledger", lambda: unbalanced_files(lake)),
        ("warehouse", lambda: _with_other_code(home, links, differing_tables(lake, home.warehouse))),
        ("checks", lambda: _with_other_code(home, links, other_checks(home))),
        ("key", lambda: other_key(home, lake)),
        ("referrals", lambda: unproved_referrals(home, lake)),
    ]
    if rebuild:
        checks.append(
            ("rebuild", lambda: [DAMAGED] if altered or missing_files(home, lake) else list(rebuilt(home, links)))
        )
    for name, check in checks:
        yield Claim(name, [DAMAGED]) if damaged else _checked(name, check)


def _with_other_code(home: DataHome, links: list[Link], differing: list[str]) -> list[str]:
    """What differs, after the reason that there may be for it: this program would have made it otherwise."""
    return [OTHER_CODE, *differing] if differing and is_of_other_code(home, links) else differing


def verify_past(home: DataHome, *, kept: Kept | None = None) -> Iterator[Claim]:
    """Check what the replay of a past run rests on: the chain, the archive and the ledgers."""
    links, broken = read_chain(ledger_of(home))
    return _of_the_past(home, links, broken, altered_files(home.archive), kept or Kept())


def _of_the_past(
    home: DataHome,
    links: list[Link],
    broken: list[str],
    altered: list[str],
    kept: Kept,
) -> Iterator[Claim]:
    yield Claim("chain", broken)
    yield Claim("sign_offs", wrong_sign_offs(links))
    if kept.public_key is not None:
        yield Claim("signatures", unsigned_entries(links, kept.public_key))
    for witness in kept.witnesses:
        yield Claim("witness", missing_heads(links, witness))
    for reply in kept.timestamps:
        yield Claim("timestamp", unstamped(links, reply, kept.trusted))
    yield Claim("archive", altered)
    yield _checked("erasures", lambda: unfulfilled(home))
    yield _checked("decisions", lambda: unreadable_ledgers(home))
    yield _checked("ledgers", lambda: shortened_ledgers(home, links))


def unstamped(links: Sequence[Link], reply: Path, trusted: Sequence[Certificate] | None) -> list[str]:
    """What is wrong with a time stamp."""
    try:
        stamped(links, reply, trusted)
    except TimeStampError as error:
        return [str(error)]
    return []


def _checked(name: str, check: Callable[[], list[str]]) -> Claim:
    """A claim; where its check fails, a kind of error contradicts it, whose text may quote what was read."""
    give_back()  # what earlier claims were checked with
    try:
        return Claim(name, check())
    except Exception as error:
        return Claim(name, [f"{NOT_CHECKED}{type(error).__name__}"])


def altered_files(archive: Path) -> list[str]:
    """Names in the archive whose bytes no longer have that hash."""
    names = sorted(path for path in archive.glob("[0-9a-f][0-9a-f]/*") if path.is_file())
    return [path.name for path in names if not is_whole(path)]


def missing_files(home: DataHome, lake: Lake) -> list[str]:
    """Submissions and sidecars whose bytes are not in the archive."""
    known = [*lake.read("submissions")["submission_id"], *lake.read("sidecars")["sidecar_id"].drop_duplicates()]
    return missing(home.archive, known)


def unbalanced_files(lake: Lake) -> list[str]:
    """Submissions of which a physical row is missing from the ledger, or a data row without an outcome."""
    found: set[str] = set()
    for partition in lake.partitions(READ.name):  # the rows of a submission stand in one
        tables = (lake.read(table, partition, columns) for table, columns in _COUNTED.items())
        found.update(ledger_balance(*tables)["submission_id"])
    return sorted(found)


def unproved_referrals(home: DataHome, lake: Lake) -> list[str]:
    """Referrals whose evidence is not among the records in the lake, or whose rules or model are not archived."""
    current = lake.read("referrals", columns=["referral_id", "record_ids", "rule_set"])
    evidence = current.explode("record_ids")
    kept = set(lake.read("accepted", columns=["record_id"])["record_id"])
    archived = {path.stem for path in (home.archive / "rules").glob("*.csv")}
    without = evidence.loc[~evidence["record_ids"].isin(kept), "referral_id"]
    matched = lake.manifest("households")
    model = str(matched.facts["model"]) if matched else ""
    lacking = current if not (home.archive / "models" / f"{model}.json").is_file() else current.iloc[:0]
    unruled = current.loc[~current["rule_set"].isin(archived), "referral_id"]
    return sorted({*without, *unruled, *lacking["referral_id"]})
