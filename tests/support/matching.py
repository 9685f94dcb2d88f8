"""What tests of matching share."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pandas as pd

NO_DECISIONS = pd.DataFrame({"record_id_l": [], "record_id_r": [], "decision": []}, dtype="str")


def partition(ids: pd.Series, labels: npt.NDArray[Any]) -> set[frozenset[str]]:
    """Return which ids stand together, whatever their labels are."""
    return {frozenset(group) for _, group in ids.groupby(labels)}
