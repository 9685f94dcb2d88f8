"""What is kept besides the tables: originals, what the registry says of them, rules, models, ledgers, stray files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.households.linkage.model.parameters import Model
from assets.households.review.decisions import LEDGER, read_decisions
from assets.publications.policy import DIRECTORATE, Pseudonyms
from assets.publications.run_entry import grown_ledgers
from assets.referrals.rules import RuleSet, load_rules
from validation.directorates import directorates
from warehouse.access import access_ledger
from warehouse.archive import REDACTED, SET_ASIDE
from warehouse.chain import RUN, Link, latest, ledger_of
from warehouse.contents import contents_note
from warehouse.erasures import read_erasures
from warehouse.files import holds
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.last_look import NOTE as HASHED
from warehouse.manifests import FOLDER as MANIFESTS
from warehouse.migrations import FORMAT, MATCH_STATE_FOLDER
from warehouse.repairs import LOG as REPAIRS
from warehouse.secret_key import SecretKeyError, secret_key
from warehouse.shrinkage import accepted_ledger, accepted_losses, refused_note
from warehouse.standing_checks import history_of_checks
from warehouse.tables import lake_tables
from warehouse.wholeness import SECOND_COPIES

_PSEUDONYMS = 1_000
"""So many pseudonyms of a list are compared with the key: one that is right shows that it is the key."""
_NOT_TABLES = {FORMAT, REPAIRS, "_archived.json", "_looks.json", HASHED}


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
    first = receipts.sort_values("seq", kind="stable").drop_duplicates("submission_id")
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
    if _hash_of(lambda: load_rules(home.archive / "rules" / f"{rule_set}.csv")) != rule_set:
        found.add(f"rules/{rule_set}.csv")
    if _hash_of(lambda: Model.load(home.archive / "models" / f"{model}.json")) != model:
        found.add(f"models/{model}.json")
    return sorted(found)


def _hash_of(load: Callable[[], RuleSet | Model]) -> str:
    """The hash of rules or of a model; "" where they cannot be read, for whatever reason."""
    try:
        return load().hash
    except Exception:
        return ""


def _facts(lake: Lake, stage: str) -> dict[str, object]:
    manifest = lake.manifest(stage)
    return manifest.facts if manifest else {}


def unreadable_ledgers(home: DataHome) -> list[str]:
    """Ledgers that cannot be read, or in which an entry does not follow from the one before, with the kind of error."""
    found = []
    for path, read in (
        (home.review / LEDGER, lambda: read_decisions(home.review)),
        (accepted_ledger(home), lambda: accepted_losses(home)),
    ):
        try:
            read()
        except Exception as error:
            found.append(f"{path.relative_to(home.root).as_posix()}: {type(error).__name__}")
    return found


def other_key(home: DataHome, lake: Lake) -> list[str]:
    """The file of the secret key, where it is gone or damaged, or none of the pseudonyms of a directorate's list follow
    from it."""
    people = lake.read("referrals", columns=["referral_id", "person_id"]).dropna()
    for directorate in directorates():
        listed = home.published / directorate / "rujukan.parquet"
        if not listed.exists():
            continue
        published = pq.read_table(listed, columns=["referral_id", "person_id", "terbatas"]).to_pandas()
        both = published[~published["terbatas"]].merge(people, on="referral_id")[:_PSEUDONYMS]
        try:
            pseudonyms = Pseudonyms(secret_key(home.key_file, used=True), directorate)
        except SecretKeyError:
            return [home.key_file.name]
        made = pseudonyms.of(pa.array(both["person_id_y"], pa.string()), DIRECTORATE).to_pylist()
        if len(both) and not (both["person_id_x"] == made).any():
            return [home.key_file.name]
    return []


def stray_files(home: DataHome, lake: Lake) -> list[str]:
    """Files in the lake that no manifest lists, manifests of what is no stage, and what lies among keys and ledgers and
    is none."""
    return [*_stray_in_lake(lake), *_stray_beside_ledgers(home)]


def _stray_beside_ledgers(home: DataHome) -> list[str]:
    ledgers = (ledger_of(home), access_ledger(home), *grown_ledgers(home).values())
    known = {*ledgers, history_of_checks(home), contents_note(home), refused_note(home), home.key_file}
    folders = {path.parent for path in known if path.is_relative_to(home.root)} - {home.root, home.review}
    lying = (path for folder in folders for path in folder.rglob("*") if not path.is_dir() and path not in known)
    return sorted(path.relative_to(home.root).as_posix() for path in lying if not path.name.endswith(".lock"))


def _stray_in_lake(lake: Lake) -> list[str]:
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
    stages = sorted({table.stage for table in lake_tables().values()})
    return sorted(
        file
        for stage in stages
        for manifest in lake.manifests(stage).values()
        for table, file in manifest.files.items()
        if pq.read_metadata(lake.root / file).num_rows != manifest.rows.get(table)
    )
