"""Trees over the rows of tables, so that one row can be shown and proved without any other.

Danger: who wants to prove one row by the hash of its table has to show the whole table. Remedy: the rows are the leaves
of a hash tree (Merkle); the chain holds its root, and a row is proved by the hashes beside the way from it to the root.

The text of a row is JSON: its columns by name, sorted, nulls left out, times and days as ISO. A leaf is the SHA-256
over a byte 0, a salt of 16 bytes, and that text in UTF-8; a node the SHA-256 over a byte 1 and the two below it. The
leaves are sorted by their value, so that neither the order of rows in files nor who stands beside whom enters; a node
that is left over at the end of a level goes up as it is. Without its salt, which follows from the installation's secret
key and the row, nobody can try out whether some row that they guess is in the table.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from warehouse.chain import RUN, Link, add_link, latest, ledger_of, read_chain
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.secret_key import derived, secret_key

ROWS = "rows"
"""The kind of the entry: the roots of the trees over what a run came to."""
TABLES = (
    "submissions", "columns", "raw_rows", "accepted", "membership", "links", "persons", "households", "rules",
    "referrals",
)  # fmt: skip
"""The tables on the way from a cell to a referral."""
_LEAF, _NODE = b"\0", b"\1"
_SALT_BYTES = 16
LEFT, RIGHT = "<", ">"
"""On which side of a way the hash beside it stands: the first letter of a step; the hash follows, in hexadecimal."""


class ShownRow(NamedTuple):
    """A row that is shown, with what proves it: its table, salt (hexadecimal), text, and the steps up to the root."""

    table: str
    salt: str
    row: str
    path: list[str]


class RowTreeKeyError(LookupError):
    """The salts of the trees cannot be made, since the secret key is not there."""


def salting_key(home: DataHome) -> bytes:
    """The key from which salts follow. Raises `RowTreeKeyError`, and `SecretKeyError` for a damaged one."""
    if not home.key_file.exists():
        raise RowTreeKeyError(str(home.key_file))
    return derived(secret_key(home.key_file), ROWS)


def texts_of(lake: Lake, table: str) -> Iterator[str]:
    """The text of every row of a table of the lake, in no order."""
    for file in lake.files(table):
        for batch in pq.ParquetFile(file).iter_batches(50_000):
            for row in batch.to_pylist():
                yield text_of(row)


def text_of(row: Mapping[str, Any]) -> str:
    """The text of a row.

    >>> text_of({"b": 1, "a": "x", "c": None})
    '{"a":"x","b":1}'
    """
    said = {name: value for name, value in row.items() if value is not None}
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_iso)


def _iso(value: Any) -> str:
    return str(value.isoformat())


def salt_of(text: str, key: bytes) -> bytes:
    return hashlib.blake2b(text.encode(), key=key, digest_size=_SALT_BYTES).digest()


def leaf_of(text: str, salt: bytes) -> bytes:
    return hashlib.sha256(_LEAF + salt + text.encode()).digest()


def levels_of(leaves: Iterable[bytes]) -> list[list[bytes]]:
    """All levels of the tree over some leaves, from these up to the root; over none the hash of nothing."""
    levels = [sorted(leaves) or [hashlib.sha256().digest()]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        above = [hashlib.sha256(_NODE + left + right).digest() for left, right in pairs]
        levels.append(above + below[len(above) * 2 :])
    return levels


def path_of(levels: Sequence[Sequence[bytes]], leaf: bytes) -> list[str]:
    """The steps from a leaf up to the root. Raises `ValueError` for what is no leaf."""
    at, steps = bisect_left(levels[0], leaf), list[str]()
    if levels[0][at : at + 1] != [leaf]:
        raise ValueError("no leaf of this tree")
    for level in levels[:-1]:
        beside = at ^ 1
        if beside < len(level):
            steps.append((LEFT if beside < at else RIGHT) + level[beside].hex())
        at //= 2
    return steps


def root_of(shown: ShownRow) -> str:
    """The root that a shown row leads to, in hexadecimal. Raises `ValueError` for what is no hexadecimal number."""
    found = leaf_of(shown.row, bytes.fromhex(shown.salt))
    for step in shown.path:
        beside = bytes.fromhex(step[1:])
        pair = beside + found if step.startswith(LEFT) else found + beside
        found = hashlib.sha256(_NODE + pair).digest()
    return found.hex()


def trees_of(lake: Lake, key: bytes) -> dict[str, list[list[bytes]]]:
    """The tree over the rows of each of the `TABLES`, as `levels_of` gives it."""
    return {table: levels_of(leaf_of(text, salt_of(text, key)) for text in texts_of(lake, table)) for table in TABLES}


def note_roots(home: DataHome, run: Link, trees: Mapping[str, Sequence[Sequence[bytes]]]) -> None:
    """Add the roots of trees to the chain, unless they are the last that it has.

    `run`: the entry of the run of whose tables the trees are.
    """
    noted = latest(read_chain(ledger_of(home))[0], ROWS)
    roots = {table: levels[-1][0].hex() for table, levels in trees.items()}
    if noted is None or noted.said["head"] != run.head or noted.said["roots"] != roots:
        add_link(home, ROWS, {"head": run.head, "run_id": run.said["run_id"], "roots": roots})


def other_roots(home: DataHome, lake: Lake, links: Sequence[Link]) -> list[str]:
    """Tables of which the chain holds another root than their rows lead to, where it has roots of its last run; and
    entries that name no run."""
    heads = {link.head for link in links if link.kind == RUN}
    stray = [f"{link.line} {ROWS}" for link in links if link.kind == ROWS and link.said.get("head") not in heads]
    run = latest(links, RUN)
    noted = latest((link for link in links if run is not None and link.said.get("head") == run.head), ROWS)
    if noted is None:
        return stray
    trees, said = trees_of(lake, salting_key(home)), noted.said.get("roots", {})
    return stray + [table for table, levels in trees.items() if said.get(table) != levels[-1][0].hex()]
