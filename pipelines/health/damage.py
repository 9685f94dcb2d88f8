"""What lies damaged in a data home: cheaply by what manifests say of their files, and byte for byte if asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.households.review.decisions import LedgerError, read_decisions
from pipelines.health.finding import Finding, at
from pipelines.proof.verification import altered_files
from warehouse.archive import REDACTED, archived
from warehouse.connection import opened
from warehouse.files import holders
from warehouse.home import DataHome
from warehouse.kept_file import is_cut
from warehouse.lake import Lake
from warehouse.manifests import FOLDER as MANIFESTS
from warehouse.manifests import decoded
from warehouse.shrinkage import accepted_ledger, accepted_losses
from warehouse.verification import damaged_files


def lake(home: DataHome) -> Iterator[Finding]:
    """Manifests that cannot be read, and files that they name and that are missing, cut, or of other rows."""
    torn: list[Path] = []
    lost: list[Path] = []
    for path in (home.lake / MANIFESTS).rglob("*.json"):
        try:
            manifest = decoded(path.read_bytes())
            parts = {home.lake / part: manifest.rows[table] for table, part in manifest.files.items()}
        except (OSError, ValueError, KeyError):
            torn.append(path)
            continue
        lost += [part for part, rows in parts.items() if not _has_rows(part, rows)]
    if torn:
        yield Finding("manifest_torn", at(torn))
    if lost:
        yield Finding("lake_damaged", at(lost))


def _has_rows(part: Path, rows: int) -> bool:
    """Whether a file of the lake is whole by its footer, and has so many rows."""
    try:
        found: int = pq.read_metadata(part).num_rows
    except (OSError, pa.ArrowException):
        return False
    return found == rows


def archive(home: DataHome) -> Iterator[Finding]:
    """Registered files and sidecars whose bytes are not in the archive, or are of another length."""
    tables = Lake(home.lake)
    sizes = {
        str(known): int(size)
        for table, key in (("submissions", "submission_id"), ("sidecars", "sidecar_id"))
        for known, size in tables.read(table, columns=[key, "size_bytes"]).itertuples(index=False)
    }
    kept = {archived(home.archive, known): size for known, size in sizes.items()}
    wrong = [path for path, size in kept.items() if _size(path) != size and not _is_redacted(path)]
    if wrong:
        yield Finding("archive_damaged", at(wrong))


def _is_redacted(path: Path) -> bool:
    """Whether an erasure left this copy, which is shorter; `pmks verify` compares it with the ledger."""
    return path.suffix == REDACTED and path.is_file()


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def warehouse(home: DataHome) -> Iterator[Finding]:
    """Whether the warehouse opens and is as long as it was left; one that somebody holds is looked at with the
    locks."""
    if not home.warehouse.exists():
        if home.root.is_dir():
            yield Finding("nothing_yet", (str(home.warehouse),), wrong=False)
        return
    if holders(home.warehouse):
        return
    try:
        with opened(home.warehouse, read_only=True):
            whole = not is_cut(home.warehouse)
    except Exception:
        whole = False
    if not whole:
        yield Finding("warehouse_damaged", (str(home.warehouse),))


def ledgers(home: DataHome) -> Iterator[Finding]:
    """Whether what people decided can still be read: it cannot be made again."""
    try:
        read_decisions(home.review)
    except (LedgerError, OSError, UnicodeDecodeError) as error:
        yield Finding("ledger_damaged", (str(home.review),), {"error": str(error)})
    try:
        accepted_losses(home)
    except (ValueError, OSError) as error:
        yield Finding("ledger_damaged", (str(accepted_ledger(home)),), {"error": type(error).__name__})


def every_byte(home: DataHome) -> Iterator[Finding]:
    """Files of the archive and of the lake whose bytes are no longer those that their names say. Reads them all."""
    altered = altered_files(home.archive)
    if altered:
        yield Finding("archive_damaged", at(archived(home.archive, name) for name in altered))
    damaged = damaged_files(Lake(home.lake))
    if damaged:
        yield Finding("lake_damaged", at(home.lake / part for part in damaged))
