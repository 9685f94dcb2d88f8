"""Text that is struck through in a part of a cell.

Danger: whoever corrects a cell strikes the old text and writes the new one beside it (`Pemulung`, struck, `Pengemis`),
and a reader of values sees both. Remedy: what is struck is not read, and the cell is known as one of that kind.
"""

from __future__ import annotations

from collections.abc import Collection

Runs = Collection[tuple[str, bool]]
"""The pieces of a cell's text, in order, and whether each is struck through."""


def without_struck(runs: Runs) -> str | None:
    """What is left of a text: None where none of it is struck through, '' where nothing else says anything.

    >>> without_struck([("Pemulung ", True), ("Pengemis", False)]), without_struck([("SITI", True), (" .", False)])
    ('Pengemis', '')
    """
    if not any(is_struck and text.strip() for text, is_struck in runs):
        return None
    left = "".join(text for text, is_struck in runs if not is_struck).strip()
    return left if any(map(str.isalnum, left)) else ""
