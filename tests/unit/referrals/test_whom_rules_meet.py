"""What lists say of people and households, as rules see it: ages, what was stated last, and who lives together."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest

from assets.referrals.routing import OF_HOUSEHOLDS, OF_PERSONS, OF_RECORDS, Routed, coverage, route
from assets.referrals.rules import load_rules
from assets.referrals.sentences import sentence
from tests.support.referrals import Row, frames
from warehouse.tables import tables

RULES = {name: load_rules(name) for name in ("full-2012", "sk-101-2022")}
DESA, KELURAHAN = "16.10.05.2036", "16.10.05.1001"


def listed(*people: Row, household: str = "H1") -> list[Row]:
    """Listings of people of one household, the first its head; each in category 24 in 2024 if nothing else is said."""
    usual = {"household_id": household, "kode_desa": DESA, "periode": "2024", "kode_pmks": ["24"]}
    return [
        {**usual, "record_id": f"{household}r{i}", "person_id": f"{household}p{i}", **said}
        for i, said in enumerate(people)
    ]


def routed(rows: list[Row], profile: str) -> Routed:
    world = frames(rows)
    records, membership, persons, households = world
    made = route(
        records[[*OF_RECORDS]], membership, persons[[*OF_PERSONS]], households[[*OF_HOUSEHOLDS]], RULES[profile]
    )
    assert coverage(world[0], world[1], made.referrals, made.unrouted).empty
    return made


def rules_of(rows: list[Row], code: str, profile: str) -> set[str]:
    made = routed(rows, profile)
    return {
        *made.referrals.loc[made.referrals["kode_pmks"] == code, "rule_id"],
        *made.unrouted.loc[made.unrouted["kode_pmks"] == code, "reason_code"],
    }


def household_rule(*people: Row) -> str:
    """The rule of SK 101/2022 that a poor household meets: by who lives in it, and the age of its head."""
    (rule,) = rules_of(listed(*people), "24", "sk-101-2022")
    return rule.removeprefix("SK22-24-")


def born(day: str) -> Row:
    return {"tanggal_lahir": pd.Timestamp(day)}


ALONE_AND_FRAIL, YOUNG_HEAD, OLDER_HEAD, FRAIL_FAMILY, HEAD_UNKNOWN = "R01", "D01", "J01", "J02", "J03"


@pytest.mark.parametrize(
    ("birth", "rule"),
    [
        ("1964-12-31", ALONE_AND_FRAIL),  # sixty on the last day of the period
        ("1965-01-01", OLDER_HEAD),
        ("1983-12-31", OLDER_HEAD),  # forty-one
        ("1984-01-01", YOUNG_HEAD),
        ("2006-12-31", YOUNG_HEAD),  # eighteen
        ("2007-01-01", ALONE_AND_FRAIL),  # a child alone
        ("2024-12-31", ALONE_AND_FRAIL),  # not yet one
        ("2025-01-01", HEAD_UNKNOWN),  # a birth after the period is no age
    ],
)
def test_somebody_alone_is_elderly_from_sixty_and_a_child_below_eighteen(birth: str, rule: str) -> None:
    assert household_rule(born(birth)) == rule


@pytest.mark.parametrize(
    ("birth", "rule"), [("1964-12-31", FRAIL_FAMILY), ("1965-01-01", YOUNG_HEAD), ("2020-01-01", YOUNG_HEAD)]
)
def test_a_family_is_frail_by_an_elderly_member_but_not_by_a_child(birth: str, rule: str) -> None:
    assert household_rule(born("1990-01-01"), born(birth)) == rule


@pytest.mark.parametrize(
    ("age", "rule"), [(60, ALONE_AND_FRAIL), (59, OLDER_HEAD), (18, YOUNG_HEAD), (17, ALONE_AND_FRAIL)]
)
def test_an_age_as_stated_counts_like_a_date_of_birth(age: int, rule: str) -> None:
    assert household_rule({"umur": age}) == rule


@pytest.mark.parametrize(
    ("codes", "rule"),
    [
        (["24"], HEAD_UNKNOWN),
        (["24", "02"], ALONE_AND_FRAIL),  # listed as a child
        (["24", "08"], ALONE_AND_FRAIL),  # listed as elderly
        (["24", "09"], ALONE_AND_FRAIL),  # listed with a disability
        (["24", "05"], ALONE_AND_FRAIL),
        (["24", "13"], HEAD_UNKNOWN),
    ],
)
def test_without_an_age_categories_say_who_is_frail(codes: list[str], rule: str) -> None:
    assert household_rule({"kode_pmks": codes}) == rule


def test_an_age_outweighs_being_listed_as_a_child_but_not_as_elderly_or_with_a_disability() -> None:
    grown = born("1990-01-01")
    assert household_rule({**grown, "kode_pmks": ["24", "02"]}) == YOUNG_HEAD
    assert household_rule({**grown, "kode_pmks": ["24", "08"]}) == ALONE_AND_FRAIL
    assert household_rule({**grown, "kode_pmks": ["24", "09"]}) == ALONE_AND_FRAIL
    assert household_rule(grown, {"kode_pmks": ["05"]}) == FRAIL_FAMILY
    assert household_rule(grown, {"kode_pmks": ["02"]}) == YOUNG_HEAD


def test_the_dead_are_no_members() -> None:
    elderly, grown = born("1950-01-01"), born("1990-01-01")
    gone = {"status_hidup": "meninggal", "kode_pmks": ["13"]}
    assert household_rule(grown, {**elderly, **gone}) == YOUNG_HEAD
    assert household_rule(elderly, {**grown, **gone}) == ALONE_AND_FRAIL


def test_who_moved_on_is_no_member_unless_everybody_did() -> None:
    elderly, grown = born("1950-01-01"), born("1990-01-01")
    rows = listed(grown, elderly)
    moved = {**rows[1], "record_id": "x", "household_id": "H2", "periode": "2025", "kode_pmks": ["13"]}
    assert rules_of([*rows, moved], "24", "sk-101-2022") == {"SK22-24-D01"}
    too = {**rows[0], "record_id": "y", "household_id": "H2", "periode": "2025", "kode_pmks": ["13"]}
    assert rules_of([*rows, moved, too], "24", "sk-101-2022") == {"SK22-24-J02"}


def test_ages_of_a_household_count_at_the_end_of_its_latest_list() -> None:
    first, later = listed(born("1984-06-30")), listed(born("1984-06-30"))
    later[0] |= {"record_id": "later", "periode": "2025-S1"}
    assert rules_of(first, "24", "sk-101-2022") == {"SK22-24-D01"}
    assert rules_of([*first, *later], "24", "sk-101-2022") == {"SK22-24-J01"}, "forty-one on the last day of June"


def person_rule(code: str, *said: Row) -> str:
    """The rule of the full profile for one person's listings, oldest first."""
    rows = [{**row, "person_id": "P1", "kode_pmks": [code]} for row in listed(*said)]
    (rule,) = rules_of(rows, code, "full-2012")
    return rule


@pytest.mark.parametrize(
    ("day", "period", "rule"),
    [
        ("2009-12-31", "2024", "F12-02-R02"),  # fifteen on the last day of the year
        ("2010-01-01", "2024", "F12-02-R01"),
        ("2009-06-30", "2024-S1", "F12-02-R02"),
        ("2009-07-01", "2024-S1", "F12-02-R01"),
        ("2009-02-28", "2024-02", "F12-02-R02"),
        ("2009-03-01", "2024-02", "F12-02-R01"),
        ("2008-02-29", "2023-02", "F12-02-R01"),  # a leap day's child turns fifteen in March
    ],
)
def test_an_age_counts_at_the_end_of_the_period_that_lists_it(day: str, period: str, rule: str) -> None:
    assert person_rule("02", {**born(day), "periode": period}) == rule


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([{"umur": 14}], "F12-02-R01"),
        ([{"umur": 15}], "F12-02-R02"),
        ([{}], "F12-02-R03"),
        ([{"umur": 14}, {"periode": "2025"}], "F12-02-R02"),  # a year later
        ([{"umur": 14}, {"periode": "2025-S1"}], "F12-02-R01"),  # half a year later
        ([{"umur": 20}, {"umur": 14, "periode": "2025"}], "F12-02-R01"),  # the latest statement counts
        ([{"umur": 14}, {"umur": 15}], "F12-02-R03"),  # two at once: nothing tells which is right
        ([{"umur": 15, **born("2012-01-01")}], "F12-02-R01"),  # a birth date outweighs an age
    ],
)
def test_an_age_as_stated_grows_with_the_periods(said: list[Row], rule: str) -> None:
    assert person_rule("02", *said) == rule


BLIND, DEAF = {"jenis_disabilitas": "netra"}, {"jenis_disabilitas": "rungu wicara"}


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([BLIND], "R04"),
        ([BLIND, {**DEAF, "periode": "2025"}], "R05"),  # the latest list counts
        ([BLIND, {"periode": "2025"}], "R04"),  # and one that says nothing takes nothing back
        ([BLIND, DEAF], "R08"),  # two lists of one period that disagree state nothing
        ([{**BLIND, "periode": "2024-S1"}, {**DEAF, "periode": "2024-06"}], "R08"),  # both end on one day
        ([{**BLIND, "periode": "2024-S1"}, {**DEAF, "periode": "2024-07"}], "R05"),
        ([{**BLIND, "periode": "2024"}, {**DEAF, "periode": "2024-12"}], "R08"),
        ([BLIND, BLIND], "R04"),
    ],
)
def test_of_several_statements_the_latest_counts_and_contradictions_count_as_none(said: list[Row], rule: str) -> None:
    assert person_rule("09", *[{"terlantar": True} | row for row in said]) == f"F12-09-{rule}"


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([True], "R04"),
        ([False], "R09"),
        ([None], "R10"),
        ([True, False], "R10"),
        ([True, None], "R04"),
    ],
)
def test_neglect_that_is_not_stated_is_not_the_same_as_none(said: list[bool | None], rule: str) -> None:
    assert person_rule("09", *[{**BLIND, "terlantar": word} for word in said]) == f"F12-09-{rule}"


def test_a_disability_without_a_rule_of_its_own_counts_as_not_stated() -> None:
    assert person_rule("09", {"terlantar": True, "jenis_disabilitas": "lainnya"}) == "F12-09-R08"


@pytest.mark.parametrize(("village", "rules"), [(DESA, {"D01", "J01"}), (KELURAHAN, {"D02", "J01"})])
def test_a_village_is_urban_by_the_first_digit_of_its_number(village: str, rules: set[str]) -> None:
    rows = [{**row, "kode_desa": village} for row in listed({})]
    assert rules_of(rows, "24", "full-2012") == {f"F12-24-{rule}" for rule in rules}


def referral(rows: list[Row], code: str, profile: str = "full-2012") -> dict[str, Any]:
    made = routed(rows, profile).referrals
    return dict(made[made["kode_pmks"] == code].iloc[0])


def test_a_household_is_referred_under_its_head_or_the_oldest_of_those_who_live() -> None:
    young, middle, old = born("2000-01-01"), born("1980-01-01"), born("1960-01-01")
    unknown: Row = {}
    gone = {"status_hidup": "meninggal"}
    assert referral(listed(young, old), "24")["person_id"] == "H1p0"
    assert referral(listed({**young, **gone}, middle, old, unknown), "24")["person_id"] == "H1p2"
    assert referral(listed({**young, **gone}, unknown, middle), "24")["person_id"] == "H1p2"
    assert referral(listed({**young, **gone}, unknown), "24")["person_id"] == "H1p1"


def test_a_household_is_referred_under_its_head_even_if_only_another_member_was_listed_for_it() -> None:
    """That the head stands first of all persons makes no difference."""
    for rows in (
        listed({"kode_pmks": ["13"]}, {}),
        [*listed({"kode_pmks": ["13"]}, household="H0"), *listed({"kode_pmks": ["13"]}, {})],
    ):
        found = referral(rows, "24")
        assert (found["person_id"], found["record_ids"]) == ("H1p0", ["H1r1"])


def test_a_household_whose_listed_member_died_is_referred_to_be_verified() -> None:
    rows = listed({"status_hidup": "meninggal"}, {"kode_pmks": ["13"]})
    found = referral(rows, "24")
    assert (found["status"], found["person_id"]) == ("perlu_verifikasi", "H1p1")
    assert "tercatat meninggal" in found["alasan"]
    alone = routed(listed({"status_hidup": "meninggal"}), "full-2012")
    assert alone.referrals.empty
    assert list(alone.unrouted["reason_code"]) == ["perlu_konfirmasi_meninggal"]


def test_a_household_that_everybody_left_stays_referred_and_is_to_be_verified() -> None:
    rows = listed({}, {"kode_pmks": ["13"]})
    moved = [{**row, "record_id": f"x{row['record_id']}", "household_id": "H2", "periode": "2025"} for row in rows]
    made = routed([*rows, *moved], "full-2012").referrals
    of_home = made[made["kode_pmks"] == "24"].set_index("household_id")
    assert of_home.loc["H1", "status"].tolist() == ["perlu_verifikasi"] * 2
    assert all("kini tercatat dalam rumah tangga lain" in said for said in of_home.loc["H1", "alasan"])
    assert of_home.loc["H2", "status"].tolist() == ["dirujuk"] * 2
    assert made[made["kode_pmks"] == "13"]["status"].tolist() == ["dirujuk"], "a person moves with the referral"
    one_stayed = routed([*rows, moved[0]], "full-2012").referrals
    assert set(one_stayed["status"]) == {"dirujuk"}


def test_a_household_lives_on_in_somebody_who_was_listed_in_it_and_moved() -> None:
    rows = listed({"status_hidup": "meninggal"}, {"kode_pmks": ["13"]})
    moved = {**rows[1], "record_id": "x", "household_id": "H2", "periode": "2025"}
    found = referral([*rows, moved], "24")
    assert (found["household_id"], found["person_id"], found["status"]) == ("H1", "H1p1", "perlu_verifikasi")


@pytest.mark.parametrize("also", [listed({}, household="H2"), listed({"kode_pmks": ["25"]}, household="H1x")])
def test_what_another_household_or_category_rests_on_says_nothing_of_this_one(also: list[Row]) -> None:
    rows = listed({"status_hidup": "meninggal"}, {"kode_pmks": ["13"]})
    also = [{**row, "household_id": row["household_id"].removesuffix("x")} for row in also]
    found = referral([*rows, *also], "24")
    assert (found["household_id"], found["status"]) == ("H1", "perlu_verifikasi")


def test_every_referral_says_the_sentence_of_its_own_rule_period_and_state() -> None:
    rules = RULES["full-2012"]
    rows = [
        *listed({"kode_pmks": ["12", "13", "24"]}, {"kode_pmks": ["13"], "periode": "2025"}),
        *listed({"status_hidup": "meninggal"}, {"kode_pmks": ["13"]}, household="H2"),
        *listed({"periode": "2025"}, household="H3"),
    ]
    found = routed(rows, "full-2012").referrals
    place = {rule_id: i for i, rule_id in enumerate(rules.rules["rule_id"])}
    assert len(found) == 10
    for row in found.to_dict("records"):
        i = place[row["rule_id"]]
        dead = row["household_id"] == "H2" and row["kode_pmks"] == "24"
        doubt = "only_dead" if dead else ""
        assert row["alasan"] == sentence(rules.line(i), rules.conditions[i], row["periode"], doubt=doubt)


def test_a_household_listed_by_somebody_living_does_not_rest_on_the_dead() -> None:
    rows = listed({"status_hidup": "meninggal"}, {})
    made = routed(rows, "full-2012")
    found = made.referrals[made.referrals["kode_pmks"] == "24"].iloc[0]
    assert (found["status"], found["record_ids"]) == ("dirujuk", ["H1r1"])
    assert list(made.unrouted["person_id"]) == ["H1p0"]


def test_whoever_died_and_was_listed_in_two_households_stands_once_for_each() -> None:
    rows = [*listed({"status_hidup": "meninggal"}), *listed({"status_hidup": "meninggal"}, household="H2")]
    made = routed([{**row, "person_id": "P1"} for row in rows], "full-2012").unrouted
    assert made[["household_id", "reason_code"]].values.tolist() == [
        [h, "perlu_konfirmasi_meninggal"] for h in ("H1", "H2")
    ]
    assert not made.duplicated(list(tables()["unrouted"].key)).any()


@pytest.mark.parametrize(
    ("said", "dead"),
    [
        (["meninggal"], True),
        (["meninggal", "hidup"], False),
        (["hidup", "meninggal"], True),
        (["meninggal", None], True),
        (["pindah"], False),
    ],
)
def test_who_was_last_stated_dead_is_asked_about_not_referred(said: list[str | None], dead: bool) -> None:
    rows = listed(*[{"status_hidup": word, "periode": str(2020 + i)} for i, word in enumerate(said)])
    made = routed([{**row, "person_id": "P1", "kode_pmks": ["13"]} for row in rows], "full-2012")
    assert made.referrals.empty is dead
    assert list(made.unrouted["reason_code"]) == (["perlu_konfirmasi_meninggal"] if dead else [])


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ([None], "dirujuk"),
        (["pindah"], "perlu_verifikasi"),
        (["pindah", None], "dirujuk"),  # a later list has them again
        ([None, "pindah"], "perlu_verifikasi"),
        (["pindah", "hidup"], "dirujuk"),
    ],
)
def test_who_moved_away_by_the_newest_list_is_referred_to_be_verified(said: list[str | None], status: str) -> None:
    rows = listed(*[{"status_hidup": word, "periode": str(2020 + i)} for i, word in enumerate(said)])
    found = referral([{**row, "person_id": "P1", "kode_pmks": ["13"]} for row in rows], "13")
    assert found["status"] == status
    assert ("menyatakan ia pindah" in found["alasan"]) is (status == "perlu_verifikasi")


@pytest.mark.parametrize("words", [("meninggal", "pindah"), ("hidup", "pindah"), ("hidup", "meninggal")])
def test_lists_of_one_period_that_disagree_whether_somebody_lives_have_it_verified(words: tuple[str, str]) -> None:
    rows = listed(*[{"status_hidup": word} for word in words])
    found = referral([{**row, "person_id": "P1", "kode_pmks": ["13"]} for row in rows], "13")
    assert found["status"] == "perlu_verifikasi"


@pytest.mark.parametrize(
    ("code", "said", "status"),
    [
        ("08", [("2024", False)], "perlu_verifikasi"),
        ("02", [("2024", False)], "perlu_verifikasi"),
        ("01", [("2024", False)], "perlu_verifikasi"),
        ("08", [("2024", True)], "dirujuk"),
        ("08", [("2024", None)], "dirujuk"),
        ("08", [("2023", None), ("2024", False)], "perlu_verifikasi"),
        ("08", [("2023", False), ("2024", None)], "dirujuk"),  # listed anew
        ("08", [("2024", None), ("2024", False)], "perlu_verifikasi"),
        ("09", [("2024", False)], "dirujuk"),  # its own rules ask
        ("13", [("2024", False)], "dirujuk"),  # nothing to do with neglect
    ],
)
def test_the_neglected_whom_their_own_list_denies_it_are_to_be_verified(
    code: str, said: list[tuple[str, bool | None]], status: str
) -> None:
    rows = [
        row
        for i, (period, neglected) in enumerate(said)
        for row in listed({
            "record_id": f"r{i}", "person_id": "P1", "periode": period, "terlantar": neglected, "kode_pmks": [code],
        })
    ]  # fmt: skip
    found = referral(rows, code)
    assert found["status"] == status
    assert ("menyatakan pula bahwa ia tidak terlantar" in found["alasan"]) is (status == "perlu_verifikasi")


def test_neglect_denied_in_a_list_of_something_else_says_nothing_of_the_elderly() -> None:
    elderly, disabled = ({"person_id": "P1", "kode_pmks": [code]} for code in ("08", "09"))
    rows = [*listed({**elderly, "record_id": "r1"}), *listed({**disabled, "record_id": "r2", "terlantar": False})]
    assert referral(rows, "08")["status"] == "dirujuk"


def test_a_household_is_to_be_verified_once_nobody_is_left_there() -> None:
    moved: Row = {"status_hidup": "pindah"}
    assert referral(listed(moved, {"kode_pmks": ["13"]}), "24")["status"] == "dirujuk"
    found = referral(listed(moved, {"status_hidup": "pindah", "kode_pmks": ["13"]}), "24")
    assert found["status"] == "perlu_verifikasi"
    assert "semua anggotanya pindah" in found["alasan"]


def test_the_latest_evidence_comes_first_and_all_of_it_is_named() -> None:
    rows = [{**row, "person_id": "P1", "kode_pmks": ["13"]} for row in listed({}, {"periode": "2025"}, {})]
    found = referral(rows, "13")
    assert found["record_ids"] == ["H1r1", "H1r0", "H1r2"]
    assert found["periode"] == "2025"


def test_what_lists_state_of_verification_is_carried_as_it_stands() -> None:
    said = {"status_padan": "padan", "status_layak": "layak", "berita_acara": "BA-1", "kode_pmks": ["13"]}
    found = referral(listed(said), "13")
    assert [found[name] for name in ("status_padan", "status_layak", "berita_acara")] == ["padan", "layak", "BA-1"]
    assert pd.isna(found["status_hidup"])


def test_who_is_referred_nowhere_is_explained_once_for_each_household_and_category() -> None:
    """Categories 23 to 26 of the profile of 2022 that no rule refers, for people listed in several households."""
    homes = [f"H{i}" for i in range(3)]
    rows = [
        {"record_id": f"{home}{person}", "person_id": person, "household_id": home, "kode_desa": DESA,
         "periode": "2024", "kode_pmks": ["23", "25", "26"]}
        for home in homes for person in ("P0", "P1", "P2")
    ]  # fmt: skip
    unrouted = routed(rows, "sk-101-2022").unrouted
    shared = unrouted[unrouted["kode_pmks"] != "23"]
    found = shared[["person_id", "household_id", "kode_pmks"]].to_numpy().tolist()
    assert found == [[p, h, code] for p in ("P0", "P1", "P2") for h in homes for code in ("25", "26")]
    assert [len(ids) for ids in shared["record_ids"]] == [1] * len(shared)
    of_persons = unrouted[unrouted["kode_pmks"] == "23"]
    assert of_persons["person_id"].tolist() == ["P0", "P1", "P2"]
    assert [len(ids) for ids in of_persons["record_ids"]] == [3, 3, 3]
    assert set(unrouted["reason_code"]) == {"di_luar_profil"}


def test_a_category_that_a_profile_does_not_name_is_outside_it() -> None:
    fewer = RULES["full-2012"]
    named = (fewer.rules["kode_pmks"] != "13").to_numpy()
    conditions = tuple(asked for asked, keep in zip(fewer.conditions, named, strict=True) if keep)
    rules = dataclasses.replace(fewer, rules=fewer.rules[named].reset_index(drop=True), conditions=conditions)
    unrouted = route(*frames(listed({"kode_pmks": ["13", "12"]})), rules).unrouted
    (row,) = unrouted.to_dict("records")
    assert (row["kode_pmks"], row["reason_code"]) == ("13", "di_luar_profil")
    assert pd.isna(row["rule_id"])


def test_tables_of_different_runs_are_refused() -> None:
    records, membership, persons, households = frames(listed({}, {}))
    with pytest.raises(ValueError, match="1 records or persons"):
        route(records, membership.iloc[:1], persons, households, RULES["full-2012"])
    with pytest.raises(ValueError, match="1 records or persons"):
        route(records, membership, persons.iloc[:1], households, RULES["full-2012"])
    unknown = records.assign(kode_pmks=[["24"], ["99"]])
    with pytest.raises(ValueError, match="1 listings"):
        route(unknown, membership, persons, households, RULES["full-2012"])


def test_no_list_at_all_refers_nobody() -> None:
    made = route(*frames([]), RULES["full-2012"])
    assert made.referrals.empty and made.unrouted.empty and made.overlap.empty


def test_what_is_left_out_of_the_tables_is_found() -> None:
    rows = listed({"kode_pmks": ["13", "12"]}, {"kode_pmks": ["08"], "status_hidup": "meninggal"})
    world = frames(rows)
    made = route(*world, RULES["full-2012"])
    fewer = coverage(world[0], world[1], made.referrals[made.referrals["kode_pmks"] != "12"], made.unrouted.iloc[:0])
    assert fewer.to_numpy().tolist() == [["H1r0", "H1p0", "H1", "12"], ["H1r1", "H1p1", "H1", "08"]]


def test_households_of_several_directorates_are_counted_by_village_and_who_leads() -> None:
    first = listed({"kode_pmks": ["13", "24"]})
    second, third = listed({"kode_pmks": ["24"]}, household="H2"), listed({"kode_pmks": ["13"]}, household="H3")
    made = routed([*first, *second, *third], "full-2012")
    homes = made.overlap[made.overlap["tingkat"] == "rumah tangga"].set_index("household_id")
    assert homes["direktorat"].to_dict() == {"H1": ["dayasos", "jamsos", "rehsos"], "H2": ["dayasos", "jamsos"]}
    assert homes["memimpin"].to_dict() == {"H1": "rehsos", "H2": "dayasos"}
    assert homes["rujukan"].to_dict() == {"H1": 3, "H2": 2}
    villages = made.overlap[made.overlap["tingkat"] == "desa"]
    assert villages[["memimpin", "rumah_tangga", "rujukan"]].to_numpy().tolist() == [
        ["dayasos", 1, 2],
        ["rehsos", 1, 3],
    ]
    others = made.referrals.set_index(["household_id", "directorate"])["also_referred_to"]
    assert others["H1", "rehsos"] == ["dayasos", "jamsos"]
    assert others["H3", "rehsos"] == []


def test_households_of_several_directorates_are_numbered_in_the_order_of_villages() -> None:
    second = [{**row, "kode_desa": KELURAHAN} for row in listed({}, household="H2")]
    overlap = routed([*listed({}), *second], "full-2012").overlap
    assert overlap["kode_desa"].tolist() == [KELURAHAN, DESA] * 2
    assert overlap["household_id"].tolist()[2:] == ["H2", "H1"]
    assert overlap.index.tolist() == [0, 1, 2, 3]
