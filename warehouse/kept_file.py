"""Whether the warehouse is the file that the last projection left; if not, it is set aside and made anew.

Danger: a flipped or cut `warehouse.duckdb` is added to for years, since a projection replaces only what changed.
Remedy: each projection notes the hash of the file that it leaves, and the next one compares before it adds to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from warehouse.files import hard_link_or_copy, holds, read_note, write_whole

ASIDE = "warehouse.damaged.duckdb"
"""What a warehouse is kept as that was not as it was left; the latest one only."""
_INPUTS, _SHA256, _SIZE = "inputs", "sha256", "size_bytes"


class State(Enum):
    """What a warehouse is: not there, `LEFT` as the last projection left it, of an `UNKNOWN` one (the projection was
    killed, or an older program made it), or `DIFFERENT` from what was left: damaged, or changed by another program."""

    ABSENT, LEFT, UNKNOWN, DIFFERENT = range(4)


def state_of(warehouse: Path, holds: Callable[[Path, str], bool] = holds) -> State:
    """What the warehouse is, by the hash of the whole file. `holds`: says whether a file has a hash."""
    if not warehouse.exists():
        return State.ABSENT
    left = read_note(_note(warehouse)).get(_SHA256)
    if not left:
        return State.UNKNOWN
    return State.LEFT if holds(warehouse, left) else State.DIFFERENT


def is_cut(warehouse: Path) -> bool:
    """Whether the warehouse is shorter than it was left; no where that is not known. What DuckDB says of its blocks
    does not tell: it counts those that it has let go of at the end of the file."""
    return warehouse.stat().st_size < int(read_note(_note(warehouse)).get(_SIZE, 0))


def inputs_of(warehouse: Path) -> str:
    """The hash of all that the warehouse was made from, if the projection came to its end."""
    return str(read_note(_note(warehouse)).get(_INPUTS, ""))


def note_begun(warehouse: Path) -> None:
    """Say that the file is being changed: what it is then, nobody knows until `note_left`."""
    write_whole(_note(warehouse), b"{}")


def note_left(warehouse: Path, inputs: str, sha256: str) -> None:
    """Say that the file, of this hash, is whole now."""
    left = {_INPUTS: inputs, _SHA256: sha256, _SIZE: warehouse.stat().st_size}
    write_whole(_note(warehouse), json.dumps(left).encode())


def set_aside(warehouse: Path) -> Path:
    """Keep what is there under a name of its own, too."""
    aside = warehouse.with_name(ASIDE)
    aside.unlink(missing_ok=True)
    hard_link_or_copy(str(warehouse), str(aside))
    return aside


def _note(warehouse: Path) -> Path:
    return warehouse.with_name(f".{warehouse.name}.json")
