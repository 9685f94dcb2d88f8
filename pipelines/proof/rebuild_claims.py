"""Everything made again from what nothing can make again, in a folder of its own, and compared with what stands.

Given are the archived bytes, the registry, the ledgers of decisions and erasures, the archived rules, the model, and
what stages remember: ids, history, answers. All else must come out as it stands, row by row, and nothing may be added
to what is remembered: it is the same as after a run in which nothing new came.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from assets.households.stages.match import MATCH
from assets.intake.formats.isolation import ReaderPool
from assets.intake.inbox.discovery import Discovery
from assets.intake.inbox.registration import Registry, register
from assets.intake.inbox.states import problems_in
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER, tables_of
from assets.intake.tries import Tries, is_stopped_reading
from assets.intake.turns import limits_of, to_make_again
from assets.publications.directorates import said_of_their_making
from assets.publications.list_parts import said_of_workbooks
from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.reports import REPORT, report
from assets.publications.stages.runs import LOG, code_of_a_run
from assets.publications.stages.villages import RETURN, return_to_villages
from assets.publications.standing import NOTE
from assets.records.stages.measure import MEASURE
from assets.referrals.rules import RuleSet, load_rules
from assets.referrals.stages.refer import REFER
from pipelines.progress import Silent
from pipelines.proof.chain_claims import lying_there
from pipelines.stages import from_registry_to_referrals
from validation.directorates import directorates
from warehouse.chain import ISSUED, RUN, Link, latest
from warehouse.comparing import databases_part, difference
from warehouse.contents import differing_parts, read_part
from warehouse.files import scratch_folder, write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake, Manifest, Partition
from warehouse.manifests import encoded, name_of
from warehouse.migrations import FORMAT
from warehouse.stage import Stage, run_stage
from warehouse.tables import lake_tables

GIVEN = ("archive", "review", "models", "erasures", "losses")
"""Folders of a data home that a rebuild reads as they are."""
OTHER_CODE = "other_code"
"""The exception where the last run was made by other code than this program: a key under `verify.` in the texts."""
_VOLATILE = (
    re.compile(rb"<dcterms:(created|modified).*?</dcterms:\1>"),
    re.compile(rb'<property [^>]*name="pmks_bukti".*?</property>'),
)
"""What two workbooks that say the same differ in: when they were made, and the head of the chain then."""
_HEAD_OF_A_PAGE = re.compile(rb'<meta name="pmks_bukti" content="[0-9a-f]{64}">\n')


def rebuilt(home: DataHome, links: list[Link]) -> Iterator[str]:
    """What differs where everything is made again: tables with key and columns, published files, corrections."""
    lake = Lake(home.lake)
    with scratch_folder(home.root) as folder:
        again = dataclasses.replace(to_make_again(home, folder), read_attempts=0, keys=home.key_file)
        again.lake.mkdir(parents=True)
        for name in GIVEN:
            if getattr(home, name).exists():
                (folder / name).symlink_to(getattr(home, name), target_is_directory=True)
        fresh, at = Lake(again.lake), _referred_at(links)
        _give(lake, fresh)
        with ReaderPool(again.workers, limits_of(again)):  # lends its children to all partitions
            _register_again(again, fresh)
            from_registry_to_referrals(again, fresh, Silent(), run_id="verify", at=at, rules=_rules_used(home, lake))
        run_stage(MEASURE.begin(fresh, again, run_id="verify", at=at))
        if is_of_other_code(home, links):
            yield OTHER_CODE
        yield from _tables_that_part(lake, fresh)
        yield from _files_that_part(home, again, links)


def is_of_other_code(home: DataHome, links: list[Link]) -> bool:
    """Whether the last run was made by other code than that of this program."""
    run = latest(links, RUN)
    return run is not None and run.said.get("code") != code_of_a_run(home)


def _referred_at(links: list[Link]) -> datetime:
    """When the referrals were last made: ages count at that day. Now, where no run is in the chain."""
    made, last = None, None
    for link in links:
        content = link.said.get("tables", {}).get("referrals", {}).get("content")
        if link.kind == RUN and content != last:
            made, last = link.said["ended_at"], content
    return datetime.fromisoformat(made) if made else datetime.now(UTC).replace(tzinfo=None)


def _rules_used(home: DataHome, lake: Lake) -> RuleSet:
    """The archived rules that the present referrals were made by, under the name that they had."""
    manifest = lake.manifest(REFER.name)
    facts = manifest.facts if manifest else {}
    rules = load_rules(home.archive / "rules" / f"{facts.get('rule_set')}.csv")
    return dataclasses.replace(rules, name=str(facts.get("profile")))


def _give(lake: Lake, fresh: Lake) -> None:
    """Bring over the registry, the log of runs, what stages remember, and readings that no byte tells."""
    shutil.copyfile(lake.root / FORMAT, fresh.root / FORMAT)
    for stage in (REGISTER, LOG):
        _bring(lake, fresh, stage, stage.writes, keep=True)
    for stage in (MATCH, REFER):
        _bring(lake, fresh, stage, stage.remembers, keep=False)
    _bring_stopped_readings(lake, fresh)


def _register_again(again: DataHome, fresh: Lake) -> None:
    """Read anew what has no place, and what directorates answered: all of the registry's stage but the registry."""
    states, unplaced = fresh.read("registrations"), fresh.read("unplaced_readings")
    known = Registry(fresh.read("submissions"), fresh.read("receipts"), fresh.read("sidecars"))
    nothing = Discovery(files=[], waiting={}, looks={}, ignored=0, problems=problems_in(states))
    made = register(
        nothing, again.archive, known, received_at=datetime.min, run_id="verify", workers=again.workers,
        tries=Tries.of(unplaced, again.read_attempts), limits=limits_of(again),
    )  # fmt: skip
    fresh.write(REGISTER.name, tables_of(made) | {"registrations": states}, inputs="")


def _bring(lake: Lake, fresh: Lake, stage: Stage, tables: tuple[str, ...], *, keep: bool) -> None:
    """Copy tables of a stage; `keep`: it does not have to run again."""
    manifest = lake.manifest(stage.name)
    if manifest is None:
        return
    files = {table: file for table, file in manifest.files.items() if table in tables}
    rows = {table: manifest.rows[table] for table in files}
    inputs = manifest.inputs if keep else ""
    _put(lake, fresh, dataclasses.replace(manifest, inputs=inputs, files=files, rows=rows))


def _bring_stopped_readings(lake: Lake, fresh: Lake) -> None:
    """Bring over what was read of partitions with files whose readers were stopped: no byte tells that. With
    `read_attempts` 0 those files are left as they are; all others are read again."""
    for partition in lake.partitions(READ.name):
        manifest, readings = lake.manifest(READ.name, partition), lake.read("readings", partition)
        if manifest and "attempts" in readings and is_stopped_reading(readings).any():
            _put(lake, fresh, dataclasses.replace(manifest, inputs=""), partition)


def _put(lake: Lake, fresh: Lake, manifest: Manifest, partition: Partition | None = None) -> None:
    """Copy the files that a manifest lists, and write it."""
    for file in manifest.files.values():
        (fresh.root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lake.root / file, fresh.root / file)
    write_whole(fresh.root / name_of(manifest.stage, partition), encoded(manifest))


def _tables_that_part(lake: Lake, fresh: Lake) -> Iterator[str]:
    """Tables that hold other rows, each with the key and the columns of the first."""
    for table, parts in groupby(differing_parts(lake, fresh), key=itemgetter(0)):
        _, part = next(parts)
        where = difference(lake_tables()[table].key, read_part(lake, table, part), read_part(fresh, table, part))
        yield f"{table} {where}".strip()


def _files_that_part(home: DataHome, again: DataHome, links: list[Link]) -> Iterator[str]:
    """Published files and workbooks for villages that say something else than they would if they were made now; of what
    was ever handed out."""
    fresh = Lake(again.lake)
    issued = {link.said.get("what") for link in links if link.kind == ISSUED}
    to = [directorate for directorate in directorates() if directorate in issued]
    if to and not home.key_file.exists():
        yield home.key_file.name
        return
    heads = {link.head for link in links if link.kind == RUN}
    for directorate in to:
        note = f"published/{directorate}/{NOTE}"
        if not (home.root / note).exists():
            yield note
            continue
        said = said_of_their_making(home.published / directorate)
        (again.root / note).parent.mkdir(parents=True)
        shutil.copyfile(home.root / note, again.root / note)
        publish(PUBLISH.begin(fresh, again), directorate, said)
        for bukti in sorted({str(each.get("bukti")) for each in (said, *said_of_workbooks(home.root / note))} - heads):
            yield f"published/{directorate}: {bukti}"
    if REPORT.name in issued:
        report(REPORT.begin(fresh, again))
    if RETURN.name in issued:
        return_to_villages(RETURN.begin(fresh, again))
    for name in sorted(lying_there(again)):
        if not (home.root / name).is_file() or not _say_the_same(home.root / name, again.root / name):
            yield name


def _say_the_same(one: Path, other: Path) -> bool:
    if one.suffix == ".duckdb":
        return not databases_part(one, other, {})
    if one.suffix == ".xlsx":
        return _parts_of(one) == _parts_of(other)
    if one.suffix == ".html":
        return _HEAD_OF_A_PAGE.sub(b"", one.read_bytes(), 1) == _HEAD_OF_A_PAGE.sub(b"", other.read_bytes(), 1)
    return one.read_bytes() == other.read_bytes()


def _parts_of(workbook: Path) -> dict[str, bytes]:
    """What a workbook is packed from, without when it was made."""
    with zipfile.ZipFile(workbook) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    for pattern in _VOLATILE:
        parts = {n: pattern.sub(b"", part) if n.startswith("docProps/") else part for n, part in parts.items()}
    return parts
