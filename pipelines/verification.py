"""Proof that what stands is what the kept files say: bytes by hash, tables by digest, and a rebuild from the archive.

Problem: an auditor must be able to trust a referral years later, offline, without trusting the runs that made it.
Mechanism: every claim is checked against the bytes, never against a note that a run left; the last one reads
all archived files again into an empty home, matches and refers anew, and compares. Ids may differ there (they
remember history); who is who, who lives with whom, and who is referred by which rule may not.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from assets.intake.reading import ledger_balance
from assets.intake.stages.read import READ
from assets.intake.tries import is_stopped_reading
from assets.intake.turns import without_budgets
from pipelines.chain_claims import (
    missing_heads,
    other_contents,
    other_files,
    other_registry,
    shortened_ledgers,
    unsigned_entries,
)
from pipelines.progress import Silent
from pipelines.stages import from_registry_to_referrals
from warehouse.archive import is_whole, missing
from warehouse.chain import ledger_of, read_chain
from warehouse.erasures import unfulfilled
from warehouse.files import scratch_folder, write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.migrations import FORMAT
from warehouse.verification import damaged_files, differing_tables

REBUILT = ("rows", "records", "outcomes")
"""Stages whose output is a function of the archived bytes alone, digest for digest."""
NOT_CHECKED = "not_checked:"
"""How the exception of a claim begins whose check failed; the kind of the error follows."""
DAMAGED = "damaged"
"""The exception of a claim that cannot be checked because tables of the lake, or archived files, are damaged."""


class Claim(NamedTuple):
    """One thing that was checked, and what contradicts it: ids and names of tables, no values.

    `name` is a key under `verify.` in `pipelines/texts/results.yml`.
    """

    name: str
    exceptions: list[str]


def verify(
    home: DataHome, *, rebuild: bool, witnesses: Sequence[Path] = (), public_key: str | None = None
) -> Iterator[Claim]:
    """Check a data home, claim by claim, without changing it.

    `witnesses`: files with heads of the chain that others kept. `public_key`: the key that signs it, in hexadecimal. A
    claim that cannot be checked, since what it rests on cannot be read, does not hold.
    """
    lake = Lake(home.lake)
    links, broken = read_chain(ledger_of(home))
    altered = altered_files(home.archive)
    damaged = damaged_files(lake)
    yield Claim("chain", broken)
    if public_key is not None:
        yield Claim("signatures", unsigned_entries(links, public_key))
    for witness in witnesses:
        yield Claim("witness", missing_heads(links, witness))
    yield Claim("archive", altered)
    yield _checked("erasures", lambda: unfulfilled(home))
    yield _checked("ledgers", lambda: shortened_ledgers(home, links))
    yield _checked("handed_out", lambda: other_files(home, links))
    yield Claim("lake", damaged)
    checks: list[tuple[str, Callable[[], list[str]]]] = [
        ("contents", lambda: other_contents(home, lake, links)),
        ("registry", lambda: other_registry(lake, links)),
        ("submissions", lambda: missing_files(home, lake)),
        ("ledger", lambda: unbalanced_files(lake)),
        ("warehouse", lambda: differing_tables(lake, home.warehouse)),
        (
            "referrals",
            lambda: unproved_referrals(home, lake),
        ),
    ]
    if rebuild:
        checks.append(("rebuild", lambda: [DAMAGED] if altered or missing_files(home, lake) else rebuilt(home)))
    for name, check in checks:
        yield Claim(name, [DAMAGED]) if damaged else _checked(name, check)


def _checked(name: str, check: Callable[[], list[str]]) -> Claim:
    """A claim; where its check fails, a kind of error contradicts it, whose text may quote what was read."""
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
    tables = (lake.read(table) for table in ("readings", "ledger", "raw_rows"))
    return sorted(set(ledger_balance(*tables)["submission_id"]))


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


def rebuilt(home: DataHome) -> list[str]:
    """Read, match and refer everything again from the archive, in a folder of its own; names of what differs."""
    lake = Lake(home.lake)
    with scratch_folder(home.root) as folder:
        profile = str(_rules_used(home, lake))
        again = dataclasses.replace(without_budgets(home), root=folder, profile=profile, read_attempts=0)
        again.lake.mkdir(parents=True)
        for name in ("archive", "review", "models", "erasures"):
            if getattr(home, name).exists():
                (again.root / name).symlink_to(getattr(home, name), target_is_directory=True)
        fresh = Lake(again.lake)
        _copy_stage(lake, fresh, "submissions")
        _copy_stopped_readings(lake, fresh)
        now = datetime.now(UTC).replace(tzinfo=None)
        from_registry_to_referrals(again, fresh, Silent(), run_id="verify", at=now)
        differing = [stage for stage in REBUILT if _digests(lake, stage) != _digests(fresh, stage)]
        return differing + [name for name, of in COMPARED.items() if of(lake) != of(fresh)]


def _rules_used(home: DataHome, lake: Lake) -> Path:
    """The archived file of the rules that the present referrals were made by."""
    manifest = lake.manifest("referrals")
    return home.archive / "rules" / f"{manifest.facts['rule_set'] if manifest else ''}.csv"


def _groups(lake: Lake, key: str) -> frozenset[frozenset[str]]:
    """Which records each person or household has, whatever its id."""
    members = lake.read("membership", columns=["record_id", key])
    return frozenset(frozenset(records) for records in members.groupby(key)["record_id"].agg(list))


def _claims(lake: Lake, table: str, columns: list[str]) -> list[tuple[str, ...]]:
    """What a table of the referrals stage says of which records, whatever the ids, in order."""
    current = lake.read(table, columns=[*columns, "record_ids"])
    current["record_ids"] = current["record_ids"].map(lambda ids: " ".join(sorted(ids)))
    return sorted(map(tuple, current.fillna("").astype("str").to_numpy().tolist()))


REFERRED = ["directorate", "subject", "kode_pmks", "rule_id", "rule_set", "unit", "tujuan", "status", "periode"]
COMPARED: dict[str, Callable[[Lake], object]] = {
    "persons": lambda lake: _groups(lake, "person_id"),
    "households": lambda lake: _groups(lake, "household_id"),
    "referrals": lambda lake: _claims(lake, "referrals", REFERRED),
    "unrouted": lambda lake: _claims(lake, "unrouted", ["kode_pmks", "reason_code"]),
}


def _digests(lake: Lake, stage: str) -> dict[object, str]:
    """What each partition holds; partitions that were emptied count as absent."""
    return {key: m.digest for key, m in lake.manifests(stage).items() if any(m.rows.values())}


def _copy_stage(source: Lake, target: Lake, stage: str) -> None:
    """Bring over what a stage wrote, files and manifest: what no byte of it tells (paths, times)."""
    manifest = source.manifest(stage)
    for relative in manifest.files.values() if manifest else ():
        (target.root / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.root / relative, target.root / relative)
    shutil.copyfile(source.root / FORMAT, target.root / FORMAT)
    (target.root / "_manifests").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source.root / "_manifests" / f"{stage}.json", target.root / "_manifests" / f"{stage}.json")


def _copy_stopped_readings(source: Lake, target: Lake) -> None:
    """Bring over what was read of partitions with files whose readers were stopped: no byte tells that. With
    `read_attempts` 0 those files are left as they are; all others are read again."""
    for partition in source.partitions(READ.name):
        manifest = source.manifest(READ.name, partition)
        readings = source.read("readings", partition)
        if manifest and "attempts" in readings and is_stopped_reading(readings).any():
            for relative in manifest.files.values():
                (target.root / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source.root / relative, target.root / relative)
            noted = dataclasses.asdict(dataclasses.replace(manifest, inputs=""))
            name = f"{partition.kode_kabupaten}__{partition.periode}.json"
            write_whole(target.root / "_manifests" / READ.name / name, json.dumps(noted).encode())
