"""What is lost without a withdrawal stops a run from a certain size on, and not before."""

from __future__ import annotations

import pandas as pd
import pytest

from validation.shrinkage import HANDFUL, UNKNOWN, shrinkage

NOTHING = pd.Series([], dtype="str")


def of(village: str | None, ids: range, prefix: str = "") -> pd.DataFrame:
    return pd.DataFrame({"id": [f"{prefix or village}-{n}" for n in ids], "kode_desa": [village] * len(ids)})


def both(*frames: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


def test_one_of_ten_does_not_stop() -> None:
    assert shrinkage("people", of("a", range(10)), of("a", range(9)), NOTHING, percent=5) is None


@pytest.mark.parametrize(
    ("had", "left", "stops"),
    [(HANDFUL + 5, 5, False), (HANDFUL + 6, 5, True), (200, 190, False), (200, 189, True)],
)
def test_more_than_a_handful_and_more_than_the_share_stops(had: int, left: int, stops: bool) -> None:
    found = shrinkage("people", of("a", range(had)), of("a", range(left)), NOTHING, percent=5)
    assert (found is not None) == stops
    if found is not None:
        assert (found.before, found.lost, found.villages, found.emptied) == (had, had - left, {"a": had - left}, [])
        assert len(found.ids) == had - left


def test_the_share_is_a_setting() -> None:
    before, after = of("a", range(100)), of("a", range(80))
    assert shrinkage("people", before, after, NOTHING, percent=20) is None
    assert shrinkage("people", before, after, NOTHING, percent=19.9) is not None


def test_a_whole_village_stops_however_small_it_is() -> None:
    before = both(of("a", range(1000)), of("b", range(1)))
    found = shrinkage("people", before, of("a", range(1000)), NOTHING, percent=5)
    assert found is not None and (found.lost, found.emptied) == (1, ["b"])
    assert shrinkage("people", before, of("a", range(1000)), NOTHING, percent=5, fewest=2) is None
    assert shrinkage("people", before, before.assign(kode_desa="a"), NOTHING, percent=5) is None


def test_what_is_explained_is_no_loss() -> None:
    before = both(of("a", range(100)), of("b", range(100)))
    gone = of("b", range(100))["id"]
    assert shrinkage("lists", before, of("a", range(100)), gone, percent=5) is None


def test_new_ones_make_up_for_a_loss_in_their_own_village_only_and_only_where_ids_change() -> None:
    before = both(of("a", range(100)), of("b", range(100)))
    same = both(of("a", range(50)), of("a", range(50), "new"), of("b", range(100)))
    other = both(of("a", range(50)), of("b", range(100)), of("b", range(50), "new"))
    assert shrinkage("referrals", before, same, NOTHING, percent=5, new_ones_count=True) is None
    assert shrinkage("referrals", before, other, NOTHING, percent=5, new_ones_count=True) is not None
    assert shrinkage("people", before, same, NOTHING, percent=5) is not None


def test_lists_of_several_villages_count_by_share_only() -> None:
    before = both(of(None, range(1), "x"), of("a", range(50)))
    assert shrinkage("lists", before, of("a", range(50)), NOTHING, percent=5) is None
    found = shrinkage("lists", of(None, range(10), "x"), of("a", range(50)), NOTHING, percent=5)
    assert found is not None and found.villages == {UNKNOWN: 10} and found.emptied == []


def test_losses_are_counted_by_directorate_where_there_is_one() -> None:
    before = of("a", range(20)).assign(directorate=["rehsos", "jamsos"] * 10)
    found = shrinkage("referrals", before, before.iloc[:2], NOTHING, percent=5)
    assert found is not None and found.directorates == {"jamsos": 9, "rehsos": 9}
