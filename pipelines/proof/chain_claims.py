"""What the chain of runs claims about a data home, checked: itself, tables, registry, ledgers, files handed out.

Each check returns what contradicts it: entries, tables and columns, ids, names of files; never a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.proof.auditing import AUDIT
from warehouse.chain import RUN, Link, begins_so, handed_out, latest, read_witnesses
from warehouse.contents import ROWS, Parts, content_hash, contents, contents_note, noted_contents
from warehouse.files import holds
from warehouse.home import DataHome
from warehouse.lake import Lake

NO_ENTRY = "no_entry"
"""The exception of a claim where the chain has no entry of a run: a key under `verify.` in the texts."""
NO_WITNESS = "no_witness"
"""The exception where a witness holds no head."""


def unsigned_entries(links: Sequence[Link], public_key: str) -> list[str]:
    """Entries that a key did not sign. (Whether a signature is right is a question to `read_chain`.)"""
    return [_name(link) for link in links if link.key != public_key]


def missing_heads(links: Sequence[Link], witness: Path) -> list[str]:
    """Heads that a witness keeps and the chain has not, or not at that place."""
    kept = read_witnesses(witness)
    at = {link.head: link.line for link in links}
    missing = [each for each in kept if each.head not in at or each.number not in (0, at[each.head])]
    return [f"{each.number} {each.head}" for each in missing] if kept else [NO_WITNESS]


def other_contents(home: DataHome, lake: Lake, links: Sequence[Link]) -> list[str]:
    """Tables that hold something else than the last run came to, with the columns that differ where these are known."""
    run = latest(links, RUN)
    if run is None:
        return [NO_ENTRY]
    said: dict[str, dict[str, object]] = run.said["tables"]
    held, noted = contents(lake), noted_contents(contents_note(home))
    found = []
    for table in sorted(said.keys() | held.keys()):
        content, parts = said.get(table, {}).get("content"), held.get(table, {})
        if content_hash(parts) != content and (content or parts):
            before = noted.get(table, {})
            columns = sorted(_differing(before, parts)) if _fits(before, content) else []
            found.append(f"{table} ({', '.join(columns)})" if columns else table)
    return [f"{_name(run)}: {each}" for each in found]


def _fits(parts: Parts, content: object) -> bool:
    """Whether what a note says of a table is what the chain says."""
    try:
        return content_hash(parts) == content
    except (KeyError, TypeError, AttributeError):
        return False


def _differing(before: Parts, after: Parts) -> Iterator[str]:
    for part in before.keys() | after.keys():
        one, other = before.get(part, {}), after.get(part, {})
        for column in one.keys() | other.keys():
            if one.get(column) != other.get(column):
                yield column if column != ROWS else "*"


def other_registry(lake: Lake, links: Sequence[Link]) -> list[str]:
    """Lists that the chain names and the registry does not have, or the other way round."""
    if latest(links, RUN) is None:
        return [NO_ENTRY]
    named = {sid for link in links if link.kind == RUN for sid in link.said.get("new", {}).get("submissions", ())}
    registered = set(lake.read("submissions", columns=["submission_id"])["submission_id"])
    return sorted(named ^ registered)


def shortened_ledgers(home: DataHome, links: Sequence[Link]) -> list[str]:
    """Ledgers, and notes that grow like them, that do not begin with what they were at an entry of the chain, each with
    the first such entry."""
    found: dict[str, str] = {}
    for link in links:
        for name, state in (link.said.get("ledgers", {}) | link.said.get("notes", {})).items():
            if name not in found and not begins_so(home.root / name, state):
                found[name] = f"{_name(link)}: {name}"
    return sorted(found.values())


def other_files(home: DataHome, links: Sequence[Link]) -> list[str]:
    """Files that were handed out and are gone or hold other bytes now, and files that lie there and were not.

    The auditors' file may be gone: it is made when it is asked for, and no run makes it again.
    """
    known = handed_out(links)
    asked_for = f"{home.published.name}/{AUDIT}/"
    there = {n for n in known if not n.startswith(asked_for) or (home.root / n).exists()}
    changed = {name for name in there if not holds(home.root / name, known[name])}
    return sorted(changed | (set(lying_there(home)) - known.keys()))


def lying_there(home: DataHome) -> Iterator[str]:
    """What lies where files are handed out, by its path in the home, notes of stages left out."""
    for folder in (home.published, home.corrections):
        for path in sorted(folder.rglob("*")):
            if not path.is_dir() and not path.name.startswith("."):
                yield path.relative_to(home.root).as_posix()


def _name(link: Link) -> str:
    return f"{link.line} {link.said.get('run_id', link.kind)}"
