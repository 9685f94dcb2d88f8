"""The chain: what every run came to and what left the house, each entry with the hash of the entry before it.

One JSON object a line, `audit/chain.jsonl`, only ever added to: `entry`, and, where the installation has a key for it
(`signing.py`), `key` and `signature` over the entry. The hash of a line's bytes is the head of the chain there; the
entry after it names it. Whoever changes, removes or puts in an entry has to write all later ones anew, and then comes
to another head than the one that others keep: on published files, in a witness (`pmks witness`), on paper. An entry
holds hashes, counts, ids of files, runs and rules, and no value of a person.

Danger: a torn or altered chain stops the referrals. Remedy: writing asks nothing of the lines before but the hash of
the last; what is wrong with them stays, for `pmks verify` to name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from warehouse.access import access_ledger
from warehouse.files import locked, write_whole
from warehouse.signing import SigningKeyError, is_signed, sign

if TYPE_CHECKING:
    from warehouse.home import DataHome

RUN, ISSUED = "run", "issued"
"""Kinds of entries: what a run came to, and files that were handed out."""
BEGINNING = "0" * 64
"""What the first entry names in place of a head."""
_HEAD = re.compile(r"[0-9a-f]{64}")


class ShortenedLedgerError(RuntimeError):
    """A ledger that is only ever added to is shorter than it was, or changed. The message names it and a run."""


class Link(NamedTuple):
    """An entry of the chain. `line`: of the ledger, from 1. `said`: the entry. `head`: the hash of the line."""

    line: int
    head: str
    said: dict[str, Any]
    key: str

    @property
    def kind(self) -> str:
        return str(self.said.get("kind"))


def ledger_of(home: DataHome) -> Path:
    """Where the chain lies."""
    return home.audit / "chain.jsonl"


def read_chain(path: Path) -> tuple[list[Link], list[str]]:
    """All entries that can be read, in order, and what is wrong with the chain: lines that are no entry, that do not
    follow from the line before, or whose signature is not that of their key. Raises nothing."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return [], [path.name]
    links, wrong = links_in(lines, BEGINNING)
    return links, [f"{path.name}, line {number}" for number in wrong] if lines else [path.name]


def links_in(lines: Iterable[bytes], before: str | None) -> tuple[list[Link], list[int]]:
    """The entries of some lines of a chain, and the numbers of the lines, from 1, with which something is wrong.

    `before`: the head that the first of them must follow from; None: any.
    """
    links: list[Link] = []
    wrong: list[int] = []
    for number, line in enumerate(lines, 1):
        head = hashlib.sha256(line).hexdigest()
        link, signed = _link(number, head, line)
        if link is None or before not in (None, link.said.get("previous")) or not signed:
            wrong.append(number)
        if link is not None:
            links.append(link)
        before = head
    return links, wrong


def _link(number: int, head: str, line: bytes) -> tuple[Link | None, bool]:
    """The entry that a line holds, if it holds one, and whether it is unsigned or signed as it says."""
    try:
        whole = json.loads(line)
        said, key, signature = whole["entry"], whole.get("key", ""), whole.get("signature", "")
        signed = (not key and not signature) or is_signed(as_bytes(said), key, signature)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, False
    return (Link(number, head, said, key), signed) if isinstance(said, dict) else (None, False)


def links_that_say(path: Path, word: str) -> Iterator[Link]:
    """The entries with a certain text (ASCII) among what they say, the last one first. No other line is decoded: that
    of all reports is a megabyte. Raises nothing."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    text = json.dumps(word).encode()
    for number, line in zip(range(len(lines), 0, -1), reversed(lines), strict=True):
        link = _link(number, hashlib.sha256(line).hexdigest(), line)[0] if text in line else None
        if link is not None:
            yield link


def last_run(home: DataHome) -> Link | None:
    """The last entry of a run."""
    return next((link for link in links_that_say(ledger_of(home), RUN) if link.kind == RUN), None)


def latest(links: Iterable[Link], kind: str) -> Link | None:
    """The last entry of a kind."""
    return next((link for link in reversed(list(links)) if link.kind == kind), None)


def head_of(home: DataHome) -> str:
    """The head that the last run came to; empty where there is none. It stands on what is published after that run."""
    found = last_run(home)
    return found.head if found else ""


def last_head(home: DataHome) -> tuple[int, str]:
    """How many lines the chain has, and the hash of the last: what a witness keeps. (0, "") where there is none."""
    try:
        lines = ledger_of(home).read_bytes().splitlines()
    except FileNotFoundError:
        lines = []
    return (len(lines), hashlib.sha256(lines[-1]).hexdigest()) if lines else (0, "")


def add_link(home: DataHome, kind: str, said: Mapping[str, Any]) -> None:
    """Add an entry of a kind, signed if the installation has a key; on disk when this returns.

    Raises `SigningKeyError` for a key that cannot be used.
    """
    path = ledger_of(home)
    with locked(home.audit / ".lock"):
        kept = path.read_bytes() if path.exists() else b""
        lines = kept.splitlines()
        before = hashlib.sha256(lines[-1]).hexdigest() if lines else BEGINNING
        entry = {"kind": kind, "number": len(lines) + 1, "previous": before, **said}
        signed = sign(outside(home, home.signing_key), as_bytes(entry)) if home.signing_key else {}
        end = b"" if kept.endswith(b"\n") or not kept else b"\n"
        write_whole(path, kept + end + as_bytes({"entry": entry, **signed}) + b"\n")


def outside(home: DataHome, key: Path) -> Path:
    """The file of a key, which must not lie in the data home. Raises `SigningKeyError`."""
    if key.resolve().is_relative_to(home.root.resolve()):
        raise SigningKeyError(f"{key} lies in the data home: who can write there could sign")
    return key


def state_of(ledger: Path) -> dict[str, Any]:
    """How long a ledger is, and the hash of all of it: later it must begin with the same bytes. A last line without its
    end, which a killed process left, is no part of it."""
    content = ledger.read_bytes() if ledger.exists() else b""
    content = content[: content.rfind(b"\n") + 1]
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def begins_so(ledger: Path, state: Mapping[str, Any]) -> bool:
    """Whether a ledger begins with what it was when `state_of` said so."""
    content = ledger.read_bytes()[: state["bytes"]] if ledger.exists() else b""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} == state


def require_whole_ledgers(home: DataHome) -> None:
    """Raise `ShortenedLedgerError` where a ledger of what people decided does not begin with what it was at the last
    entry of a run: what was decided would be undone without a word."""
    last = last_run(home)
    for name, state in last.said.get("ledgers", {}).items() if last else ():
        if not begins_so(home.root / name, state):
            run = last.said.get("run_id") if last else ""
            raise ShortenedLedgerError(
                f"{home.root / name} does not begin with what it held after run {run}; bring it back from the backup"
            )


def as_bytes(said: Mapping[str, Any]) -> bytes:
    """What of an entry is hashed and signed: the same facts give the same bytes."""
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def handed_out(links: Iterable[Link]) -> dict[str, str]:
    """Every file that was handed out and not taken back: SHA-256 by path in the data home."""
    files: dict[str, str] = {}
    for link in links:
        if link.kind == ISSUED:
            files |= link.said.get("files", {})
            for gone in link.said.get("gone", ()):
                files.pop(gone, None)
    return files


def note_issued(home: DataHome, what: str, files: Mapping[str, str]) -> None:
    """Add an entry that says which files lie handed out for `what` now, if they are others than the chain says.

    `files`: SHA-256 by path in the data home; the paths of one `what` have no other writer.
    """
    said = [link for link in links_that_say(ledger_of(home), what) if link.said.get("what") == what]
    known = handed_out(reversed(said))
    new = {path: digest for path, digest in files.items() if known.get(path) != digest}
    gone = sorted(known.keys() - files.keys())
    if new or gone:
        opened = access_ledger(home)
        ledgers = {opened.relative_to(home.root).as_posix(): state_of(opened)}
        add_link(home, ISSUED, {"what": what, "files": new, "gone": gone, "ledgers": ledgers})


class Witness(NamedTuple):
    """What somebody else keeps: the head of the chain behind an entry. `number` is 0 where only a head is known."""

    number: int
    head: str


def witness_line(number: int, head: str, at: str) -> str:
    """A head as one line to keep elsewhere. `at`: when it was written, UTC, ISO."""
    return f"pmks {number} {head} {at}"


def read_witnesses(path: Path) -> list[Witness]:
    """The heads in a file: lines as `pmks witness` writes them, or heads alone, as they stand on published files.
    Other lines say nothing. Raises `OSError`."""
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        head = _HEAD.search(line)
        number = re.search(r"\bpmks (\d+) ", line)
        if head:
            found.append(Witness(int(number[1]) if number else 0, head[0]))
    return found
