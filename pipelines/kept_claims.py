"""What is kept besides the tables: originals, what the registry says of them, rules, models, ledgers, stray files."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from assets.households.linkage.model.parameters import Model
from assets.households.review.decisions import read_decisions
from assets.referrals.rules import load_rules
from warehouse.archive import REDACTED, SET_ASIDE
from warehouse.chain import RUN, Link, latest
from warehouse.erasures import read_erasures
from warehouse.files import holds
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.manifests import FOLDER as MANIFESTS
from warehouse.migrations import FORMAT, MATCH_STATE_FOLDER
from warehouse.repairs import LOG as REPAIRS
from warehouse.shrinkage import accepted_losses
from warehouse.tables import lake_tables
from warehouse.wholeness import SECOND_COPIES

_LOOKS = "_looks.json"
_NOT_TABLES = {FORMAT, _LOOKS, REPAIRS}


def unknown_originals(home: DataHome, lake: Lake, links: list[Link]) -> list[str]:
    """Files in the archive that no registry, erasure or run accounts for."""
    known = {*lake.read("submissions")["submission_id"], *lake.read("sidecars")["sidecar_id"]}
    known |= {f"{entry.submission_id}{REDACTED}" for entry in read_erasures(home)}
    named = {f"{name[:2]}/{name}" for name in known} | _kept(links).keys()
    return sorted(set(_lying(home.archive)) - named)


def _lying(archive: Path) -> Iterator[str]:
    for path in archive.rglob("*"):
        name = path.relative_to(archive)
        if path.is_file() and name.parts[0] != SET_ASIDE:
            yield name.as_posix()


def _kept(links: list[Link]) -> dict[str, str]:
    """The rule sets and models that runs found in the archive: SHA-256 by path in it, as the first run found them."""
    found: dict[str, str] = {}
    for link in links:
        found = link.said.get("kept", {}) | found if link.kind == RUN else found
    return found


def contradictory_receipts(home: DataHome, lake: Lake) -> list[str]:
    """Submissions of which the registry says another size than the archive has, or another first place or moment than
    its receipts do."""
    registered, receipts = lake.read("submissions"), lake.read("receipts")
    first = receipts.sort_values("seq").drop_duplicates("submission_id")
    both = registered.merge(first, on="submission_id", how="outer", suffixes=("", "_first"))
    right = (both["path"] == both["path_first"]) & (both["received_at"] == both["received_at_first"])
    sizes = {path.name: path.stat().st_size for path in home.archive.glob("[0-9a-f][0-9a-f]/*")}
    size = both["submission_id"].map(lambda sid: sizes.get(sid))
    right &= size.isna() | (size == both["size_bytes"])
    return sorted(both.loc[~right, "submission_id"])


def other_rules_or_model(home: DataHome, lake: Lake, links: list[Link]) -> list[str]:
    """Rule sets and models that are not what they were when a run kept them, or not what their names say."""
    found = {name for name, digest in _kept(links).items() if not holds(home.archive / name, digest)}
    run = latest(links, RUN)
    facts = {name: value for stage in ("referrals", "households") for name, value in _facts(lake, stage).items()}
    for name in ("profile", "rule_set", "model"):
        if run is not None and run.said.get(name) != facts.get(name):
            found.add(f"{name} {facts.get(name)}")
    rule_set, model = facts.get("rule_set"), facts.get("model")
    if load_rules(home.archive / "rules" / f"{rule_set}.csv").hash != rule_set:
        found.add(f"rules/{rule_set}.csv")
    if Model.load(home.archive / "models" / f"{model}.json").hash != model:
        found.add(f"models/{model}.json")
    return sorted(found)


def _facts(lake: Lake, stage: str) -> dict[str, object]:
    manifest = lake.manifest(stage)
    return manifest.facts if manifest else {}


def unreadable_ledgers(home: DataHome) -> list[str]:
    """The kinds of errors of ledgers that cannot be read, or in which an entry does not follow from the one before."""
    found = []
    for name, read in (("review", lambda: read_decisions(home.review)), ("losses", lambda: accepted_losses(home))):
        try:
            read()
        except Exception as error:
            found.append(f"{name}: {type(error).__name__}")
    return found


def stray_files(lake: Lake) -> list[str]:
    """Files in the lake that no manifest lists, and manifests of what is no stage."""
    stages = {table.stage for table in lake_tables().values()}
    known = lake.listed()
    return sorted(
        name
        for path in lake.root.rglob("*")
        if path.is_file()
        for name in [path.relative_to(lake.root).as_posix()]
        if not _is_known(name.removeprefix(f"{SECOND_COPIES}/"), known, stages)
    )


def _is_known(name: str, listed: set[str], stages: set[str]) -> bool:
    first, *rest = name.split("/")
    if first == MANIFESTS and len(rest) == 2:
        return rest[0] in stages and fnmatch(rest[1], "??.??__*.json")
    if first == MANIFESTS:
        return rest[0].removesuffix(".json") in stages
    return name in listed or name in _NOT_TABLES or first == MATCH_STATE_FOLDER or name.endswith(".lock")


def miscounted(lake: Lake) -> list[str]:
    """Tables of which a manifest says another number of rows than its file has."""
    import pyarrow.parquet as pq

    stages = sorted({table.stage for table in lake_tables().values()})
    return sorted(
        file
        for stage in stages
        for manifest in lake.manifests(stage).values()
        for table, file in manifest.files.items()
        if pq.read_metadata(lake.root / file).num_rows != manifest.rows.get(table)
    )
