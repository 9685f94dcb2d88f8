"""What was read of a file while its archived copy was whole: it stands until the same bytes are sent again.

Danger: an original is damaged, its list can no longer be read, and the people of a village are referred to nobody.
Remedy: the rows of the last reading are taken over as they are. Only a file that was never read is held.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from assets.intake.formats.original import DAMAGED
from warehouse.kept_rows import with_earlier


def damaged_originals(readings: pd.DataFrame) -> list[str]:
    """The submissions that could not be read because their archived copies are damaged or missing, sorted."""
    return sorted(readings.loc[readings["reason_code"] == DAMAGED, "submission_id"])


def keep_readings(
    made: Mapping[str, pd.DataFrame], before: Mapping[str, pd.DataFrame], readings: str
) -> dict[str, pd.DataFrame]:
    """The tables `made`, with the rows of `before` for damaged originals that were read before.

    Both: tables with a column `submission_id`, by name; `readings` is the one with a row for each file. Rows stand in
    the order of their submissions, as when all files had been read. Earlier tables with other columns, which other code
    made, are not mixed with those of today.
    """
    same = all(set(before[name].columns) == set(frame.columns) for name, frame in made.items())
    if not same:
        return dict(made)
    read = before[readings]
    known = set(read.loc[read["reason_code"].ne(DAMAGED).fillna(True), "submission_id"])
    kept = known.intersection(damaged_originals(made[readings]))
    return with_earlier(made, before, kept)
