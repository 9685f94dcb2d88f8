"""A corrected list carries ids and decisions on, row by row, however its rows moved."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pyarrow as pa
import pytest

from assets.households.identity.assign import IdentityState, assign_ids
from assets.households.identity.successions import successions, versions_of

COLUMNS = ["record_id", "submission_id", "row", "nik", "nama", "tanggal_lahir", "no_kk"]


def lists(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(sheet="S", jenis_kelamin="P", kepala_keluarga=None)
    frame = frame.assign(kode_desa="16.10.05.2036")
    text = dict.fromkeys(["nik", "nama", "tanggal_lahir", "no_kk", "kepala_keluarga"], "str")
    return frame.assign(kode_pmks=[["05"]] * len(frame)).astype(text)


def superseded(**by: str) -> pd.DataFrame:
    return pd.DataFrame({"submission_id": list(by), "superseded_by": list(by.values())}, dtype="str")


def pairs(found: pd.DataFrame) -> set[tuple[str, str, bool]]:
    return set(found[["record_id", "replaces", "unchanged"]].itertuples(index=False, name=None))


def test_rows_that_did_not_change_are_paired_wherever_they_moved():
    records = lists(
        ("a1", "one", 5, "111", "SITI", "1985-01-02", "9"),
        ("a2", "one", 6, None, "BUDI", None, "9"),
        ("b1", "two", 9, None, "BUDI", None, "9"),
        ("b2", "two", 7, "111", "SITI", "1985-01-02", "9"),
        ("b3", "two", 8, None, "NEW", None, None),
    )
    assert pairs(successions(records, superseded(one="two"))) == {("b2", "a1", True), ("b1", "a2", True)}


def test_a_corrected_number_or_name_still_pairs():
    records = lists(
        ("a1", "one", 5, "111", "SITI", "1985-01-02", "9"),
        ("a2", "one", 6, "222", "BUDDI", None, None),
        ("b1", "two", 5, "112", "SITI", "1985-01-02", "9"),
        ("b2", "two", 6, "222", "BUDI", None, None),
    )
    assert pairs(successions(records, superseded(one="two"))) == {("b1", "a1", False), ("b2", "a2", False)}


def test_two_rows_equally_alike_are_not_guessed_at():
    records = lists(
        ("a1", "one", 5, None, "SITI", None, "1"),
        ("b1", "two", 5, None, "SITI", None, "2"),
        ("b2", "two", 6, None, "SITI", None, "3"),
    )
    assert pairs(successions(records, superseded(one="two"))) == set()


def test_identical_rows_pair_in_their_order():
    twice = ("111", "SITI", "1985-01-02", "9")
    records = lists(
        ("a1", "one", 5, *twice), ("a2", "one", 6, *twice), ("b1", "two", 7, *twice), ("b2", "two", 8, *twice)
    )
    assert pairs(successions(records, superseded(one="two"))) == {("b1", "a1", True), ("b2", "a2", True)}


def test_lists_that_do_not_replace_each_other_are_never_paired():
    records = lists(("a1", "one", 5, "111", "SITI", None, "9"), ("c1", "three", 5, "111", "SITI", None, "9"))
    assert pairs(successions(records, superseded(one="two"))) == set()


NIK = "1610055701170001"
AS_BEFORE = (NIK, "SITI", "2017-01-17", "9")


@pytest.mark.parametrize(
    ("now", "one"),
    [
        (("1610055701170021", "SITI", "2017-01-17", "8"), True),  # digits put right
        (("1610055803170007", "SITI", "2017-01-17", "8"), True),  # the number was somebody else's
        (("1610055803170007", "SITI", "2017-03-18", "9"), False),  # a namesake of one age, on one card
        ((None, "SITI", "2018-01-01", "8"), True),  # an age in the place of a date
        ((None, "SITI", "2007-01-17", "8"), True),  # a digit of the year
        ((None, "SITI", "2010-06-30", "9"), True),  # a year that was guessed
        ((None, "SITI", "2010-06-30", "8"), False),
        ((None, "SITI", "1991-05-02", "9"), False),  # the mother of one name
        (("1610054205910003", "SITI", None, None), False),  # nothing but the name
        (("1610054205910003", "SITI", None, "9"), True),
        ((None, "SITI RAHAYU", "2017-01-17", "9"), True),
        (("1610055701170002", "RINA", "2017-01-17", "9"), False),  # the twin
        ((None, "RINA", "2017-01-17", "9"), True),  # a baby is named
        (("1610055701170021", "RINA", "2017-01-17", "9"), False),
        (("1610155701170001", "RINA", "2017-01-17", "9"), True),  # a digit of the region
        ((None, "RINA", "2017-01-17", None), False),  # nothing but the day
        ((None, "SITTI", "2017-01-17", None), True),
        ((NIK, "SITTI RAHAYU", None, None), True),
        ((NIK, "BUDI", "1991-05-02", None), False),  # a number that was copied
    ],
)
def test_who_was_left_out_does_not_stand_for_another_with_something_in_common(now: tuple, one: bool):
    records = lists(("a1", "one", 5, *AS_BEFORE), ("b1", "two", 5, *now))
    assert pairs(successions(records, superseded(one="two"))) == ({("b1", "a1", False)} if one else set())


def test_a_name_in_another_village_of_a_kecamatans_list_is_another():
    records = lists(("a1", "one", 5, None, "SITI", None, None), ("b1", "two", 5, None, "SITI", None, None))
    records.loc[1, "kode_desa"] = "16.10.05.2037"
    assert pairs(successions(records, superseded(one="two"))) == set()


def test_a_third_version_stands_for_both_before_it():
    row = ("111", "SITI", "1985-01-02", "9")
    records = lists(("a1", "one", 5, *row), ("b1", "two", 6, *row), ("c1", "three", 7, *row[:3], "8"))
    found = successions(records, superseded(one="three", two="three"))
    assert pairs(found) == {("c1", "b1", False), ("c1", "a1", False)}


def test_who_was_left_out_of_one_version_stands_for_their_row_in_the_one_before():
    row, other = ("111", "SITI", "1985-01-02", "9"), ("222", "BUDI", "1980-03-04", "9")
    records = lists(
        ("a1", "one", 5, *row), ("a2", "one", 6, *other), ("b1", "two", 5, *row),
        ("c1", "three", 5, *other), ("c2", "three", 6, *row),
    )  # fmt: skip
    found = successions(records, superseded(one="three", two="three"))
    assert pairs(found) == {("c2", "b1", True), ("c2", "a1", True), ("c1", "a2", True)}


def test_ids_survive_any_number_of_versions_even_where_one_was_never_matched():
    row = ("111", "SITI", "1985-01-02", "9")
    records = lists(*((f"{name}1", name, 5, *row) for name in "abcd"))
    first = _run(["a1"], IdentityState.empty(), 1, None)
    second = _run(["b1"], first.state, 2, successions(records, superseded(a="b")))
    last = _run(["d1"], second.state, 3, successions(records, superseded(a="d", b="d", c="d")))
    assert last.membership["person_id"].tolist() == first.membership["person_id"].tolist()
    assert len(second.events) == len(last.events) == 0


def test_of_two_older_versions_the_id_of_the_one_that_counted_until_now_goes_on():
    row = ("111", "SITI", "1985-01-02", "9")
    records = lists(*((f"{name}1", name, 5, *row) for name in "abc"))
    first = _run(["a1"], IdentityState.empty(), 1, None)
    second = _run(["b1"], first.state, 2, None)
    last = _run(["c1"], second.state, 3, successions(records, superseded(a="c", b="c")))
    assert second.membership["person_id"].tolist() != first.membership["person_id"].tolist()
    assert last.membership["person_id"].tolist() == second.membership["person_id"].tolist()


def test_nothing_superseded_means_no_succession():
    records = lists(("a1", "one", 5, "111", "SITI", None, "9"))
    assert len(successions(records, superseded())) == 0


def _run(names, state, day, follow):
    labels = pd.Series(range(len(names)))
    at = datetime(2026, 1, day)
    return assign_ids(pd.Series(names), labels, labels, state, run_id=str(day), at=at, successions=follow)


def test_what_follows_what_is_told_of_the_lists_asked_about_and_of_all_their_versions():
    records = lists(
        ("a1", "one", 5, "111", "SITI", None, "9"),
        ("b1", "two", 5, "111", "SITI", None, "9"),
        ("c1", "three", 5, "111", "SITI", "1985-01-02", "9"),
        ("d1", "four", 5, "111", "SITI", None, "9"),
        ("e1", "five", 5, "111", "SITI", None, "9"),
    )
    outcomes = superseded(one="three", two="three", four="five")
    whole = pairs(successions(records, outcomes))
    for asked, found in (("one", "abc"), ("three", "abc"), ("five", "de"), ("none", "")):
        told = pairs(successions(records, versions_of([asked], outcomes)))
        assert told == {pair for pair in whole if pair[0][0] in found}


def test_lists_of_arrow_say_what_lists_of_python_say():
    records = lists(("a1", "one", 5, "111", "SITI", None, "9"), ("b1", "two", 9, "111", "SITI", None, "9"))
    codes = pa.array([["05", "16"], ["05", "16"]], pa.list_(pa.string()))
    for same, held in ((True, codes), (False, pa.array([["05", "16"], ["05"]], pa.list_(pa.string())))):
        in_arrow = records.assign(kode_pmks=pd.arrays.ArrowExtensionArray(held))
        in_python = records.assign(kode_pmks=held.to_pylist())
        assert pairs(successions(in_arrow, superseded(one="two"))) == {("b1", "a1", same)}
        assert pairs(successions(in_python, superseded(one="two"))) == {("b1", "a1", same)}
