"""Changes of files: a bit, other content, no file, one more, another that is as good."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from tests.support.damage import flipped
from warehouse.home import DataHome
from warehouse.secret_key import secret_key

KINDS: dict[str, str] = {
    "redacted copy": "archive/*/*.redacted",
    "original": "archive/[0-9a-f][0-9a-f]/*",
    "rule set": "archive/rules/*.csv",
    "model": "archive/models/*.json",
    "second copy of a manifest": "lake/_copies/_manifests/*.json",
    "second copy of the stamp": "lake/_copies/_format.json",
    "second copy of a table": "lake/_copies/*/*.parquet",
    "manifest of a part": "lake/_manifests/*/*.json",
    "manifest": "lake/_manifests/*.json",
    "stamp": "lake/_format.json",
    "note of the last look": "lake/_looks.json",
    "note of what is archived": "lake/_archived.json",
    "note of what was hashed": "lake/_hashed.json",
    "note of the last match": "lake/_matching/*",
    "table": "lake/*/*.parquet",
    "warehouse file": "warehouse.duckdb",
    "note of the warehouse": ".warehouse.duckdb.json",
    "kept table": ".warehouse.duckdb.from/*/*.parquet",
    "published database": "published/*/rujukan.duckdb",
    "published parquet": "published/*/rujukan.parquet",
    "edited workbook": "published/*/* (suntingan *).xlsx",
    "restricted workbook": "published/terbatas/*/rujukan-terbatas.xlsx",
    "published workbook": "published/*/rujukan.xlsx",
    "published answers to mend": "published/*/perbaikan/*.xlsx",
    "report": "published/laporan/*.html",
    "auditors' file": "published/audit/*.duckdb",
    "note of what was published": "published/*/.*.json",
    "correction": "corrections/*/[!.]*.xlsx",
    "page of a correction": "corrections/*/*.html",
    "sidecar of a correction": "corrections/*/*.yml",
    "note of a correction": "corrections/*/.*.sha256",
    "note of all corrections": "corrections/.written.json",
    "ledger of decisions": "review/decisions.jsonl",
    "ledger of erasures": "erasures/ledger.jsonl",
    "ledger of losses": "losses/accepted.jsonl",
    "ledger of openings": "access/opened.jsonl",
    "key": "keys/pseudonyms.key",
    "chain": "audit/chain.jsonl",
    "spot checks": "audit/spotchecks.jsonl",
    "log of checks": "audit/checks.jsonl",
    "note of contents": "audit/contents.json",
}
"""Each kind of file, and a pattern of their paths in a home, in which `*` stands for folders, too: the first that fits.

A note says what was done last, so that it is not done again; what it says is believed by no claim.
"""
LOCK = "*.lock"
"""Empty files that processes wait at."""


def flip(path: Path) -> Path:
    """One bit in the middle is another."""
    flipped(path)
    return path


def replaced(path: Path) -> Path:
    """Something else lies under the name."""
    return _write(path, b"lain\n")


def deleted(path: Path) -> Path:
    path.unlink()
    return path


def added(path: Path) -> Path:
    """One more file lies beside it."""
    return _write(path.with_name(f"tambahan{path.suffix}"), path.read_bytes())


def shortened(path: Path) -> Path:
    """The last line is gone."""
    return _write(path, b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def exchanged(path: Path) -> Path:
    """Another whole key lies under the name."""
    path.unlink()
    secret_key(path)
    return path


CHANGES: dict[str, Callable[[Path], Path]] = {
    f.__name__: f for f in (flip, replaced, deleted, added, shortened, exchanged)
}
"""Ways of changing a file; each returns the path of what is other now."""


def kind_of(home: DataHome, path: Path) -> str:
    """The kind of a file of a home; `LOCK` for a lock. Raises `LookupError` for one of no kind: whoever adds a file
    adds its kind."""
    name = path.relative_to(home.root).as_posix()
    if fnmatchcase(name, LOCK):
        return LOCK
    found = next((kind for kind, pattern in KINDS.items() if fnmatchcase(name, pattern)), None)
    if found is None:
        raise LookupError(f"{name} is of no kind that is tampered with")
    return found


def victims(home: DataHome, kind: str) -> list[Path]:
    return [p for p in sorted(home.root.rglob("*")) if p.is_file() and kind_of(home, p) == kind]


def tampers() -> list[tuple[str, str]]:
    """Every kind with every change that makes sense for it."""
    makes_sense: dict[str, Callable[[str], bool]] = {
        "shortened": lambda kind: KINDS[kind].endswith(".jsonl"),
        "exchanged": lambda kind: kind == "key",
    }
    return [(kind, how) for kind in KINDS for how in CHANGES if makes_sense.get(how, bool)(kind)]


def _write(path: Path, content: bytes) -> Path:
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path
