"""Changes of files: a bit, other content, no file, one more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.damage import flipped
from warehouse.home import DataHome

KINDS: dict[str, str] = {
    "original": "archive/[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 64,
    "redacted copy": "archive/*/*.redacted",
    "rules": "archive/rules/*.csv",
    "model": "archive/models/*.json",
    "table": "lake/accepted/**/*.parquet",
    "second copy": "lake/_copies/history/*.parquet",
    "manifest": "lake/_manifests/*.json",
    "manifest of a part": "lake/_manifests/rows/*.json",
    "stamp": "lake/_format.json",
    "warehouse": "warehouse.duckdb",
    "published database": "published/rehsos/rujukan.duckdb",
    "published parquet": "published/dayasos/rujukan.parquet",
    "published workbook": "published/jamsos/rujukan.xlsx",
    "restricted workbook": "published/terbatas/*/rujukan-terbatas.xlsx",
    "restricted edition": "published/terbatas/*/* (suntingan *).xlsx",
    "report": "published/laporan/**/*.html",
    "correction": "corrections/*/*.xlsx",
    "page of a correction": "corrections/*/*.html",
    "sidecar of a correction": "corrections/*/*.yml",
    "decisions": "review/decisions.jsonl",
    "erasures": "erasures/ledger.jsonl",
    "openings": "access/opened.jsonl",
    "chain": "audit/chain.jsonl",
}
"""Each kind of file that a proof rests on, and where such files lie."""
NOTES = (
    "_looks.json",
    "_repairs.jsonl",
    "contents.json",
    "checks.jsonl",
    ".warehouse.duckdb.json",
    ".written.json",
    ".rujukan.json",
)
"""Files that no claim rests on: notes of what was looked at, written or mended last. Without one, more is done."""


def flip(path: Path) -> None:
    """One bit in the middle is another."""
    flipped(path)


def replaced(path: Path) -> None:
    """Something else lies under the name."""
    _write(path, b"lain\n")


def deleted(path: Path) -> None:
    path.unlink()


def added(path: Path) -> None:
    """One more file lies beside it."""
    _write(path.with_name(f"tambahan{path.suffix}"), path.read_bytes())


def shortened(path: Path) -> None:
    """The last line is gone."""
    _write(path, b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


ALONE = ("warehouse", "stamp", "decisions", "erasures", "openings", "chain")
"""Kinds of which there is one file: beside it nothing is looked for."""
CHANGES: dict[str, Callable[[Path], None]] = {f.__name__: f for f in (flip, replaced, deleted, added, shortened)}


def victims(home: DataHome, kind: str) -> list[Path]:
    return sorted(home.root.glob(KINDS[kind]))


def tampers() -> list[tuple[str, str]]:
    """Every kind with every change that makes sense for it."""
    return [
        (kind, how)
        for kind, where in KINDS.items()
        for how in CHANGES
        if not (how == "added" and kind in ALONE) and (how != "shortened" or where.endswith(".jsonl"))
    ]


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        path.unlink()
    path.write_bytes(content)
