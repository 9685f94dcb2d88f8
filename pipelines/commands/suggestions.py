"""What somebody who mistyped a name or an id may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from pipelines.texts.lookup import Texts


def with_names(message: str, say: Texts, given: str, known: Iterable[str]) -> str:
    """`message`, and those of the `known` names that `given` is nearly."""
    folded = {name.casefold(): name for name in known}
    return _with(message, say, [folded[name] for name in difflib.get_close_matches(given.casefold(), folded)])


def with_ids(message: str, say: Texts, given: str, warehouse: Path) -> str:
    """`message`, and those ids in the warehouse that begin with `given`, or are a few letters away."""
    from warehouse.near_ids import near

    return _with(message, say, near(warehouse, given))


def _with(message: str, say: Texts, meant: list[str]) -> str:
    return "\n".join([message, say("wrong.meant"), *(f"  {each}" for each in meant)]) if meant else message
