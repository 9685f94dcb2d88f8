"""A frame of the registry as plain rows."""

from __future__ import annotations

from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of `frame` in its order, each by column name; what is missing is None.

    >>> rows_of(pd.DataFrame({"path": ["a", None], "seq": [1, 2]}))
    [{'path': 'a', 'seq': 1}, {'path': None, 'seq': 2}]
    """
    plain = frame.astype("object").where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
