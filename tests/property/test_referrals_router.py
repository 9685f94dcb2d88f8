"""On any households: the router says what one would say row by row, loses nobody, and does not look at order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.referrals.routing import coverage, route
from assets.referrals.rules import load_rules, profiles
from tests.support.referrals import frames, refer_row_by_row, routed_set
from validation.categories import pmks_types
from validation.periods import period_ends

RULES = {name: load_rules(name) for name in profiles()}
CODES = sorted(pmks_types())
OFTEN = ["01", "02", "05", "09"]
"""Categories that children grow out of, and those that follow."""
DAYS = [
    None,
    *(
        pd.Timestamp(day)
        for day in ("1950-06-30", "1964-12-31", "1984-02-29", "2001-12-31", "2008-01-01", "2010-12-31", "2023-07-01")
    ),
]


@st.composite
def listings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to twelve listings of up to five people in up to three households, over a few periods."""
    born = draw(st.lists(st.sampled_from(DAYS), min_size=5, max_size=5))
    rows = []
    for i in range(draw(st.integers(1, 12))):
        person = draw(st.integers(0, 4))
        rows.append(
            {
                "record_id": f"r{i:02d}",
                "person_id": f"P{person}",
                "household_id": f"H{draw(st.integers(0, 2))}",
                "kode_desa": draw(st.sampled_from(["16.10.05.2036", "15.07.08.1001"])),
                "periode": draw(st.sampled_from(["2019", "2024-S1", "2024-06", "2025"])),
                "kode_pmks": draw(
                    st.lists(st.sampled_from(OFTEN) | st.sampled_from(CODES), min_size=1, max_size=2, unique=True)
                ),
                "jenis_kelamin": draw(st.sampled_from(["L", "P", None])),
                "tanggal_lahir": born[person],
                "umur": draw(st.sampled_from([None, None, 14, 15, 39, 40, 60])),
                "terlantar": draw(st.sampled_from([True, False, None])),
                "jenis_disabilitas": draw(st.sampled_from(["netra", "ganda", None])),
                "status_hidup": draw(st.sampled_from(["hidup", "meninggal", "pindah", None, None, None])),
                "status_layak": draw(st.sampled_from(["LAYAK", "TIDAK", "SUDAH MAMPU", None, None, None])),
            }
        )
    return rows


@pytest.mark.parametrize("profile", profiles())
@given(rows=listings())
@settings(max_examples=50, deadline=None)
def test_agrees_with_referring_row_by_row(profile: str, rows: list[dict[str, Any]]) -> None:
    world = frames(rows)
    routed = route(*world, RULES[profile])
    assert routed_set(routed.referrals, routed.unrouted) == refer_row_by_row(*world, RULES[profile])


@pytest.mark.parametrize("profile", profiles())
@given(rows=listings())
@settings(max_examples=25, deadline=None)
def test_every_listed_category_is_referred_or_explained(profile: str, rows: list[dict[str, Any]]) -> None:
    world = frames(rows)
    routed = route(*world, RULES[profile])
    assert coverage(world[0], world[1], routed.referrals, routed.unrouted).empty
    referred = routed.referrals.assign(
        id=routed.referrals["person_id"].where(
            routed.referrals["subject"] == "person", routed.referrals["household_id"]
        )
    )
    assert not referred.duplicated(["directorate", "subject", "id", "kode_pmks"]).any()
    assert routed.referrals["referral_id"].is_unique
    assert not routed.referrals[["rule_id", "rule_set", "basis", "alasan", "memimpin"]].isna().any(axis=None)
    assert routed.unrouted["reason"].str.len().gt(0).all()


@given(rows=listings(), data=st.data())
@settings(max_examples=25, deadline=None)
def test_what_is_left_out_is_what_no_row_of_both_tables_names(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """The slow way: one entry after the other; a record without any category is left out with none."""
    rows[0]["kode_pmks"] = data.draw(st.sampled_from([rows[0]["kode_pmks"], []]))
    records, membership, persons, households = frames(rows)
    routed = route(records, membership, persons, households, RULES["sk-101-2022"])
    kept = [
        frame[np.array(data.draw(st.lists(st.booleans(), min_size=len(frame), max_size=len(frame))), dtype=bool)]
        for frame in (routed.referrals, routed.unrouted)
    ]
    named = {
        (record, code)
        for frame in kept
        for listed, code in frame[["record_ids", "kode_pmks"]].itertuples(index=False)
        for record in listed
    }
    expected = {
        (record, code)
        for record, codes in records[["record_id", "kode_pmks"]].itertuples(index=False)
        for code in codes
    } - named
    without = {(row["record_id"], None) for row in rows if not row["kode_pmks"]}
    left = coverage(records, membership, *kept)
    found = list(
        zip(left["record_id"], left["kode_pmks"].astype("object").where(left["kode_pmks"].notna(), None), strict=True)
    )
    assert len(found) == len(set(found)) and set(found) == expected | without
    assert left["person_id"].notna().all() and left["household_id"].notna().all()


@given(rows=listings(), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_order_of_rows_does_not_matter(rows: list[dict[str, Any]], seed: int) -> None:
    world = frames(rows)
    shuffled = tuple(frame.sample(frac=1, random_state=seed).reset_index(drop=True) for frame in world)
    for a, b in zip(route(*world, RULES["full-2012"]), route(*shuffled, RULES["full-2012"]), strict=True):
        pd.testing.assert_frame_equal(a, b)


OF_ALL = {"tercatat_pada_daftar_terbaru", "daftar_terakhir"}
"""What is said of a referral by the lists of its whole village, whoever stands in them."""


@pytest.mark.parametrize("profile", profiles())
@given(here=listings(), there=listings())
@settings(max_examples=15, deadline=None)
def test_people_who_have_nothing_to_do_with_each_other_may_be_routed_apart(
    profile: str, here: list[dict[str, Any]], there: list[dict[str, Any]]
) -> None:
    for rows in (here, there):
        rows[0]["periode"] = "2025"  # rules are asked as of the latest period of all
    ids = ("record_id", "person_id", "household_id")
    there = [row | {name: f"X{row[name]}" for name in ids} for row in there]
    apart = [route(*frames(rows), RULES[profile]) for rows in (here, there)]
    whole = route(*frames(here + there), RULES[profile])
    for name, key in (("referrals", ["referral_id"]), ("unrouted", ["person_id", "household_id", "kode_pmks"])):
        both = pd.concat([getattr(each, name) for each in apart])
        columns = [column for column in both if column not in OF_ALL]
        found, wanted = (frame.sort_values(key)[columns].astype("object") for frame in (both, getattr(whole, name)))
        pd.testing.assert_frame_equal(found.reset_index(drop=True), wanted.reset_index(drop=True))
    both = pd.concat([each.overlap for each in apart])
    for frame in (both, whole.overlap):
        frame["direktorat"] = frame["direktorat"].str.join(" ")
    key = ["tingkat", "kode_desa", "household_id", "direktorat", "memimpin"]
    added = (frame.groupby(key, dropna=False).sum() for frame in (both, whole.overlap))
    pd.testing.assert_frame_equal(*added)


@given(rows=listings())
@settings(max_examples=25, deadline=None)
def test_nobody_stated_dead_is_referred(rows: list[dict[str, Any]]) -> None:
    world = frames(rows)
    routed = route(*world, RULES["full-2012"])
    said = world[0].merge(world[1], on="record_id").dropna(subset="status_hidup")
    said["end"] = period_ends(said["periode"])
    last = said[said["end"] == said.groupby("person_id")["end"].transform("max")]
    last = last.groupby("person_id")["status_hidup"].agg(set)
    dead = set(last.index[[values == {"meninggal"} for values in last]])
    assert not dead & set(routed.referrals["person_id"])


@given(rows=listings())
@settings(max_examples=25, deadline=None)
def test_others_are_named_both_ways_and_one_directorate_leads(rows: list[dict[str, Any]]) -> None:
    routed = route(*frames(rows), RULES["full-2012"])
    for row in routed.referrals.to_dict("records"):
        same = routed.referrals[
            (routed.referrals["person_id"] == row["person_id"])
            | (routed.referrals["household_id"] == row["household_id"])
        ]
        assert row["also_referred_to"] == sorted(set(same["directorate"]) - {row["directorate"]})
    by_home = routed.referrals.groupby("household_id")["memimpin"].nunique()
    assert (by_home == 1).all()
    homes = routed.overlap[routed.overlap["tingkat"] == "rumah tangga"]
    several = routed.referrals.groupby("household_id")["directorate"].nunique()
    assert set(homes["household_id"]) == set(several.index[several > 1])
    villages = routed.overlap[routed.overlap["tingkat"] == "desa"]
    assert villages["rumah_tangga"].sum() == len(homes)
