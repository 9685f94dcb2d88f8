"""Links after a match of what changed are those of before between records that were not touched, and the new ones."""

from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from assets.households.stages.match import _links_after
from warehouse.arrow import to_arrow

RECORDS = "abcdef"
PAIRS = st.lists(st.sampled_from([*combinations(RECORDS, 2)]), unique=True)
SOME = st.sets(st.sampled_from(RECORDS))


def links(pairs: list[tuple[str, str]], weight: float) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=["record_id_l", "record_id_r"], dtype="str")
    by = pd.Series("model", index=frame.index, dtype="str")
    return frame.assign(match_weight=weight, match_probability=1.0, decided_by=by, gamma_nama=np.int8(1))


@given(PAIRS, PAIRS, SOME, SOME)
def test_links_are_kept_between_records_in_force_that_nothing_touched(
    before: list[tuple[str, str]], found: list[tuple[str, str]], withdrawn: set[str], touched: set[str]
) -> None:
    in_force = [record for record in RECORDS if record not in withdrawn]
    again = [pair for pair in found if set(pair) <= set(in_force) and set(pair) & touched]
    kept = [pair for pair in before if set(pair) <= set(in_force) and not set(pair) & touched]
    expected = sorted([*((*pair, 1.0) for pair in kept), *((*pair, 2.0) for pair in again)])
    stood = to_arrow("links", links(before, 1.0))
    found, ends = _links_after(
        stood, links(again, 2.0), pd.Series(in_force, dtype="str"), np.isin(in_force, [*touched])
    )
    got = found.rows.to_pandas()
    rows = zip(got["record_id_l"], got["record_id_r"], got["match_weight"], strict=True)
    assert [*rows] == expected
    assert [*zip(*(ids.tolist() for ids in np.array(in_force, object)[ends]), strict=True)] == [
        (left, right) for left, right, _ in expected
    ]
    assert found.rows.schema == stood.schema
