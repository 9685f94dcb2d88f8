"""Beside a referral stands whether its list is still the newest, who heads the household, and how old the person is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from assets.referrals.description import DESCRIPTION, described
from assets.referrals.history import HISTORY_COLUMNS, Causes, advance_history, current_referrals
from assets.referrals.routing import GROWN_OUT, Routed, coverage, route
from assets.referrals.rules import load_rules
from tests.support.referrals import Row, frames

RULES = load_rules("full-2012")
DESA, OTHER = "16.10.05.2036", "16.10.05.2037"


def listing(record: str, period: str, *codes: str, person: str = "P1", **said: Any) -> Row:
    home = {"household_id": f"H-{person}", "kode_desa": DESA}
    return {**home, "record_id": record, "person_id": person, "periode": period, "kode_pmks": list(codes), **said}


def routed(*rows: Row) -> Routed:
    world = frames(list(rows))
    made = route(*world, RULES)
    assert coverage(world[0], world[1], made.referrals, made.unrouted).empty
    return made


def referred(*rows: Row) -> set[str]:
    return set(routed(*rows).referrals["kode_pmks"])


def test_a_list_that_is_not_the_newest_of_its_village_says_so() -> None:
    made = routed(
        listing("r1", "2023", "12"), listing("r2", "2025", "12", person="P2"),
        listing("r3", "2023", "12", person="P3", kode_desa=OTHER),
    ).referrals.set_index("person_id")  # fmt: skip
    assert made["tercatat_pada_daftar_terbaru"].to_dict() == {"P1": False, "P2": True, "P3": True}
    assert made["daftar_terakhir"].astype(str).to_dict() == {"P1": "2025", "P2": "2025", "P3": "2023"}


def test_lists_that_end_on_one_day_are_newest_together() -> None:
    made = routed(listing("r1", "2024-06", "12"), listing("r2", "2024-S1", "12", person="P2")).referrals
    assert made["tercatat_pada_daftar_terbaru"].all()


def test_any_evidence_of_the_newest_list_counts() -> None:
    both = routed(listing("r1", "2023", "12"), listing("r2", "2025", "12")).referrals
    assert both["tercatat_pada_daftar_terbaru"].tolist() == [True]
    other = routed(listing("r1", "2023", "12"), listing("r2", "2025", "13")).referrals.set_index("kode_pmks")
    assert other["tercatat_pada_daftar_terbaru"].to_dict() == {"12": False, "13": True}


@pytest.mark.parametrize(("day", "years"), [((2026, 3, 4), 25), ((2026, 3, 3), 24)])
def test_age_counts_on_the_day_of_the_run(day: tuple[int, int, int], years: int) -> None:
    rows = [
        listing("r1", "2023", "12", tanggal_lahir=pd.Timestamp("2001-03-04")),
        listing("r2", "2023", "12", person="P2"),
    ]
    made = routed(*rows).referrals
    shown, _ = described(made[["referral_id", "person_id"]], made, datetime(*day))
    shown = shown.set_index("person_id")
    assert list(shown.columns) == ["referral_id", *DESCRIPTION]
    assert shown["umur"].astype(object).where(shown["umur"].notna(), None).to_dict() == {"P1": years, "P2": None}


def test_telephone_guardian_and_companion_are_those_of_the_latest_list() -> None:
    home = {"household_id": "H"}
    made = routed(
        listing("r1", "2023", "12", telepon="0812-1", wali="SUTI", **home),
        listing("r2", "2025", "12", telepon="0812-2", **home),
        listing("r3", "2025", "13", person="P2", pendamping="RINI", **home),
        listing("r4", "2025", "12", person="P3"),
    ).referrals.set_index("person_id")
    shown = made[["telepon", "wali", "pendamping"]].astype(object)
    assert shown.where(shown.notna(), "").to_numpy().tolist() == [
        ["0812-2", "SUTI", ""],
        ["0812-2", "", "RINI"],  # her own is not known; that of the household is
        ["", "", ""],
    ]


def test_two_telephones_of_one_household_are_nobodys_but_their_own() -> None:
    rows = [listing(f"r{n}", "2025", "12", person=f"P{n}", household_id="H", telepon=phone)
            for n, phone in enumerate(("0812-1", "0812-2", None))]  # fmt: skip
    shown = routed(*rows).referrals["telepon"].astype(object)
    assert shown.where(shown.notna(), "").tolist() == ["0812-1", "0812-2", ""]


GROWN, CHILD = pd.Timestamp("2006-05-01"), pd.Timestamp("2010-05-01")


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([("2023", "05"), ("2025", "09")], {"09"}),
        ([("2025", "05"), ("2023", "09")], {"05", "09"}),  # the child's category is the newer one
        ([("2025", "05"), ("2025", "09")], {"05", "09"}),  # nothing tells which is right
        ([("2023", "05"), ("2025", "13")], {"05", "13"}),  # no list says what she is now
        ([("2023", "05"), ("2025", "05", "09")], {"05", "09"}),
    ],
)
def test_the_category_of_a_newer_list_ends_the_one_that_was_outgrown(
    rows: list[tuple[str, ...]], codes: set[str]
) -> None:
    listed = [listing(f"r{i}", *row, tanggal_lahir=GROWN) for i, row in enumerate(rows)]
    assert referred(*listed) == codes


def test_who_is_still_a_child_keeps_both_and_who_has_no_age_the_newer() -> None:
    for born, codes in ((CHILD, {"05", "09"}), (None, {"09"})):
        assert (
            referred(*(listing(f"r{p}", p, c, tanggal_lahir=born) for p, c in (("2023", "05"), ("2025", "09"))))
            == codes
        )
    small = pd.Timestamp("2018-01-01")
    assert referred(
        listing("a", "2023", "01", tanggal_lahir=small), listing("b", "2024", "02", tanggal_lahir=small)
    ) == {"02"}


def test_who_turned_too_old_after_the_newer_list_has_grown_out_by_the_latest_list_of_anybody() -> None:
    born = pd.Timestamp("2007-05-01")
    hers = [listing(f"r{p}", p, c, tanggal_lahir=born) for p, c in (("2023", "05"), ("2024", "09"))]
    assert referred(*hers) == {"05", "09"}
    assert referred(*hers, listing("other", "2025", "13", person="P2", household_id="H2")) == {"09", "13"}


def test_an_outgrown_referral_ends_with_that_reason() -> None:
    rows = [listing("r1", "2023", "05", tanggal_lahir=GROWN), listing("r2", "2025", "09", tanggal_lahir=GROWN)]
    history = pd.DataFrame({name: pd.Series(dtype="str") for name in HISTORY_COLUMNS}).astype(
        {"valid_from": "datetime64[us]", "valid_to": "datetime64[us]"}
    )
    for day, known in enumerate((rows[:1], rows), 1):
        world = frames(known)
        made = route(*world, RULES)
        records = world[0][["record_id"]].assign(submission_id=world[0]["record_id"])
        accepted = records[["submission_id"]].assign(outcome="accepted")
        causes = Causes(records, accepted, world[1], made.unrouted, RULES.hash)
        history = advance_history(history, made.referrals, run_id="r", at=datetime(2025, 1, day), causes=causes)
    assert history.dropna(subset="valid_to")["ended_because"].tolist() == [GROWN_OUT]
    assert current_referrals(history)["kode_pmks"].tolist() == ["09"]
    assert made.unrouted["reason"].tolist()[0].startswith("Berganti kategori karena umur")
