"""Rows that this program fails at: they wait in quarantine, and no row of a village stops the others.

Danger: what nobody thought of stands in one cell, an error ends the stage, and a whole province is not referred.
Remedy: the rows are found that fail by themselves, all others are processed, and whoever runs the program is told.
Where very many rows fail, or the system refused something, it is not the rows: the error stands.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from warehouse.errors import OF_THE_MACHINE

NOT_PROCESSED = "row_not_processed"
"""The finding, and the reason for quarantine, of such a row."""
_MOST = 100


def failing_rows(rows: pa.Table, build: Callable[[pa.Table], object], error: Exception) -> dict[int, Exception]:
    """The rows at which `build` fails, each with its error, where it failed at all of them together by `error`.

    Raises an error that is not of rows: of the system, of none of them by itself, or of more than a hundred.
    """
    found: dict[int, Exception] = {}

    def look(start: int, stop: int, failed: Exception | None) -> None:
        if failed is None:
            try:
                build(rows.slice(start, stop - start))
            except Exception as raised:
                failed = raised
        if failed is None:
            return
        if isinstance(failed, OF_THE_MACHINE) or len(found) >= _MOST:
            raise failed
        if stop - start == 1:
            found[start] = failed
            return
        middle = (start + stop) // 2
        look(start, middle, None)
        look(middle, stop, None)

    look(0, len(rows), error)
    if not found:
        raise error
    return found
