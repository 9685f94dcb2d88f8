"""Households where no list has a card or names a head: what makes one of an address, and what does not."""

from __future__ import annotations

from itertools import combinations, pairwise
from random import Random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.cardless.grouping import group_dwellings
from assets.households.linkage.cardless.possible import REASONS
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.house_numbers import Numbers, numbers_of
from bench.hard import HOME, Corpus, made, score
from tests.support.invented_lists import people, without_cards
from warehouse.home import ADDRESSES

SYLLABLES = (
    "BUDO", "KARI", "MELU", "NOTA", "PESI", "RAGU", "SOMI", "TEBA", "WINO", "YULE", "GADI", "HESO", "JAPU", "LIRO",
    "DEWU", "CAKI",
)  # fmt: skip
LISTS = [(source, year) for year in ("2021", "2022", "2023", "2024") for source in ("DESA", "PUSAT")]
NAMES = (
    "RUSDI", "SITI", "JUMADI", "KARTINI", "SLAMET", "ROHANI", "HASAN", "DEWI", "UMAR", "LESTARI", "BAMBANG", "YANTI",
    "PONIMAN", "ERNAWATI",
)  # fmt: skip


def village(families: list[tuple[str, list[int]]], seed: int = 1) -> pd.DataFrame:
    """List families over years, each as a whole or not at all: (address, birth years), with neither card nor head."""
    chance, rows = Random(seed), []
    names = chance.sample(list(combinations(NAMES, 2)), sum(len(years) for _, years in families))
    for number, (address, years) in enumerate(families):
        named = chance.sample(LISTS, 4)
        for year in years:
            name, born = " ".join(names.pop()), f"{year}-{chance.randint(2, 12):02d}-{chance.randint(2, 28):02d}"
            rows += [(name, born, address, source, period, number) for source, period in named]
    frame = pd.DataFrame(rows, columns=["nama", "tanggal_lahir", "alamat", "sumber", "periode", "family"])
    ids = [f"r{k:04d}" for k in range(len(frame))]
    return frame.assign(record_id=ids, kode_desa="16.10.05.2036", dusun="SATU", rt="001", rw="002")


def matched(records: pd.DataFrame) -> Clusters:
    return cluster_records(records.drop(columns="family"), model=Model.default())


FAMILY = [1970, 1973, 1998, 2001]


def test_a_house_number_makes_one_household_of_who_lives_there() -> None:
    records = village([(f"JL. MELATI NO. {k}", FAMILY) for k in range(1, 13)])
    assert score(records["family"], matched(records).household).f1 == 1


def test_a_street_is_no_household() -> None:
    records = village([("JL. MELATI", FAMILY) for _ in range(15)])
    found = matched(records)
    assert score(records["family"], found.household).precision > 0.98
    assert records["family"].groupby(found.household).nunique().max() <= 2


def test_a_street_along_which_one_family_is_listed_is_a_place_where_no_rt_is_stated() -> None:
    records = village([(f"JL. {one} {other}", FAMILY) for one, other in pairwise(SYLLABLES)])
    got = score(records["family"], matched(records.drop(columns=["rt", "rw"])).household)
    assert got.precision > 0.97 and got.recall > 0.9
    at_one = records.drop(columns=["rt", "rw"]).assign(alamat="JL. MELATI")
    assert score(records["family"], matched(at_one).household).precision > 0.97


def test_where_households_are_addresses_two_cards_at_one_house_number_are_two_households() -> None:
    records = village([(f"JL. MELATI NO. {k}", FAMILY) for k in (1, 1, 2, 2, 3)])
    cards = records["family"].map({0: "1610050101090007", 1: "1610052202110031"})
    found = cluster_records(
        records.drop(columns="family").assign(no_kk=cards), model=Model.default(), households=ADDRESSES
    )
    expected = records["family"].replace({3: 2})
    assert score(expected, found.household).f1 == 1


def test_where_households_are_addresses_an_institution_is_one_and_takes_nobody_along_who_left_it() -> None:
    homes = village([(f"JL. MELATI NO. {k}", FAMILY) for k in range(1, 5)])
    inmates = inhabitants(200)
    left = inmates.head(4).assign(alamat=[f"JL. MELATI NO. {k}" for k in range(1, 5)], periode="2024", sumber="DESA")
    records = pd.concat([homes, inmates, left], ignore_index=True)
    records["record_id"] = [f"r{k:04d}" for k in range(len(records))]
    found = cluster_records(records.drop(columns="family"), model=Model.default(), households=ADDRESSES).household
    assert score(records["alamat"], found).f1 == 1
    usual = matched(records).household[records["alamat"] == "JL. PANTI NO. 1"]
    assert len(set(usual)) > 100


@pytest.mark.parametrize("card_of_the_carer", ["", "1610050101090007"])
def test_who_lives_in_an_institution_is_of_no_household_but_the_own(card_of_the_carer: str) -> None:
    homes = village([(f"JL. MELATI NO. {k}", FAMILY) for k in range(1, 13)])
    home = village([("PANTI ASUHAN HARAPAN JL. MAWAR NO. 5", [1970, *range(2007, 2017)])], seed=2)
    home = home.assign(family=99, record_id="p" + home["record_id"], no_kk=None)
    home.loc[home["tanggal_lahir"].str.startswith("1970"), "no_kk"] = card_of_the_carer or None
    records = pd.concat([homes, home], ignore_index=True)
    household = matched(records).household
    of_home = household[records["family"] == 99]
    assert len(set(of_home)) == 11
    assert score(records["family"][: len(homes)], household[: len(homes)]).f1 == 1


@pytest.mark.parametrize("card_of_the_carer", ["", "1610050101090007"])
def test_of_many_without_card_at_one_number_only_brothers_and_sisters_are_a_household(card_of_the_carer: str) -> None:
    homes = village([(f"JL. MELATI NO. {k}", FAMILY) for k in range(1, 13)])
    home = village([("JL. MAWAR NO. 5", [1970, *range(2003, 2018)])], seed=2).assign(family=99, no_kk=None)
    home["record_id"] = "p" + home["record_id"]
    home.loc[home["tanggal_lahir"].str.startswith("1970"), "no_kk"] = card_of_the_carer or None
    siblings = home["tanggal_lahir"].str[:4].isin(["2003", "2005"])
    records = pd.concat([homes, home.assign(nama_ibu=np.where(siblings, "SUMIYATI WULAN", None))], ignore_index=True)
    household = matched(records).household
    born = records["tanggal_lahir"].str[:4].replace("2005", "2003")
    truth = born.where(records["family"] == 99, records["family"].astype(str))
    assert score(truth, household).f1 == 1


def inhabitants(count: int) -> pd.DataFrame:
    """List people at one address, once each, of names and birth dates that none share."""
    chance = Random(3)
    rows = [
        (f"{a}{b} {b}{a}", f"{chance.randint(1940, 2000)}-{chance.randint(2, 12):02d}-{chance.randint(2, 28):02d}")
        for a, b in chance.sample([(x, y) for x in SYLLABLES for y in SYLLABLES if x != y], count)
    ]
    frame = pd.DataFrame(rows, columns=["nama", "tanggal_lahir"])
    return frame.assign(
        alamat="JL. PANTI NO. 1", sumber="PUSAT", periode="2021", family=-1, kode_desa="16.10.05.2036", dusun="SATU",
        rt="001", rw="002",
    )  # fmt: skip


def test_families_of_one_rt_are_told_apart_by_the_lists_that_name_them() -> None:
    records = village([(f"DUSUN SATU RT 0{rt}/02", FAMILY) for rt in range(1, 8) for _ in range(3)])
    records["rt"] = records["alamat"].str.extract(r"RT (\d+)")[0]
    got = score(records["family"], matched(records).household)
    assert got.precision > 0.97 and got.recall > 0.5


def test_what_is_not_certain_is_possible_with_probability_and_reason() -> None:
    corpus, truth = made(Corpus(HOME), 3000, 5, aside=False)
    found = cluster_records(corpus, model=Model.default())
    possible = found.possible
    home = pd.Series(found.household, corpus["record_id"])
    assert len(possible) > 50 and set(possible["reason"]) == set(REASONS)
    assert (home[possible["record_id_l"]].to_numpy() != home[possible["record_id_r"]].to_numpy()).all()
    true = truth.set_index("record_id")["hh_id"]
    right = true[possible["record_id_l"]].to_numpy() == true[possible["record_id_r"]].to_numpy()
    likely = possible["probability"] > 0.6
    assert right[likely].mean() > 2 * right[possible["probability"] < 0.3].mean()


def test_who_states_an_rt_alone_is_asked_about_with_the_houses_of_that_rt_and_joins_none() -> None:
    records = village([(f"JL. MELATI NO. {k}", FAMILY) for k in range(1, 9)])
    records["rt"] = "00" + (records["family"] // 4 + 1).astype(str)
    child = records["tanggal_lahir"].str.startswith("2001") & (records["family"] == 0)
    without = records.assign(alamat=records["alamat"].mask(child, "RT 001 RW 002"))
    found = matched(without)
    assert set(found.household[child]).isdisjoint(found.household[~child])
    family, rt = records.set_index("record_id")["family"], records.set_index("record_id")["rt"]
    asked = found.possible[
        found.possible[["record_id_l", "record_id_r"]].isin(set(records["record_id"][child])).any(axis=1)
    ]
    surest = asked.loc[asked["probability"].idxmax()]
    assert surest["reason"] == "same_rt" and family[surest["record_id_l"]] == family[surest["record_id_r"]]
    assert (rt[asked["record_id_l"]].to_numpy() == rt[asked["record_id_r"]].to_numpy()).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_no_household_is_parted_that_states_its_card_elsewhere_than_its_place(seed: int) -> None:
    chance = Random(seed)
    records = without_cards(chance, people(chance, 300))
    for column in ("rt", "alamat"):
        records[column] = records[column].where([chance.random() < 0.6 for _ in range(len(records))], None)
    found = cluster_records(records, model=Model.default())
    assert found._traces is not None
    household = pd.Series(found.household[found._order])
    assert household.groupby(found._traces.household).nunique().max() == 1


def test_households_with_cards_are_never_joined_by_a_place() -> None:
    records = village([("JL. MELATI NO. 7", FAMILY), ("JL. MELATI NO. 7", FAMILY), ("JL. MELATI NO. 7", [1950])])
    cards = records["family"].map({0: "1610050101090007", 1: "1610052202110031"})
    found = matched(records.assign(no_kk=cards))
    assert records["family"].groupby(found.household).apply(lambda who: {0, 1} <= set(who)).sum() == 0


@pytest.mark.parametrize(
    ("address", "numbers"),
    [
        ("JL MERDEKA NO 12", Numbers.HOUSE), ("BLOK C 12", Numbers.HOUSE), ("JL PASAR 4A RT 1 RW 2", Numbers.HOUSE),
        ("12 JL PASAR", Numbers.HOUSE), ("DUSUN KRAJAN RT 01 02", Numbers.OTHER), ("DSN 3", Numbers.OTHER),
        ("RT 003 RW 002 KRAJAN", Numbers.OTHER), ("JL 17 AGUSTUS", Numbers.OTHER), ("GANG 2 KM 5", Numbers.OTHER),
        ("JL MERDEKA", Numbers.NONE), ("", Numbers.NONE),
        ("LKSA NURUL IMAN", Numbers.INSTITUTION), ("ASRAMA PONPES AL HIKMAH NO 3", Numbers.INSTITUTION),
        ("RUMAH SINGGAH JL PANTI NO 3", Numbers.INSTITUTION), ("JL ASRAMA HAJI NO 3", Numbers.HOUSE),
        ("PERUM PONDOK INDAH BLOK A 3", Numbers.HOUSE),
    ],
)  # fmt: skip
def test_which_numbers_are_those_of_a_house(address: str, numbers: Numbers) -> None:
    assert numbers_of(pa.array([address])).tolist() == [numbers]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_dwellings_are_grouped_as_a_plain_program_groups_them(seed: int) -> None:
    chance = Random(seed)
    count = chance.randrange(1, 12)
    home = np.array([chance.randrange(count) for _ in range(count)])
    home = pd.factorize(home)[0]
    with_card = np.array([chance.random() < 0.3 for _ in range(count)])
    known = with_card[np.array([list(home).index(h) for h in home])]
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count) if chance.random() < 0.5 and home[a] != home[b]]
    odds = np.array([round(chance.uniform(-6, 6), 3) for _ in pairs])
    left, right = (np.array([p[side] for p in pairs], np.int64) for side in (0, 1))
    surest = np.argsort(-odds, kind="stable")
    surest = surest[odds[surest] > 0]
    got = group_dwellings(home, known, left, right, odds, surest)
    groups = [[k for k in range(count) if home[k] == h] for h in dict.fromkeys(home.tolist())]
    weight = dict(zip(pairs, odds.tolist(), strict=True))
    for k in surest:
        a, b = (next(g for g in groups if end in g) for end in pairs[k])
        total = sum(weight.get((min(x, y), max(x, y)), 0.0) for x in a for y in b)
        if a is not b and total > 0 and not (known[a].any() and known[b].any()):
            groups = [g for g in groups if g is not a and g is not b] + [sorted(a + b)]
    assert {frozenset(np.flatnonzero(got == label)) for label in set(got.tolist())} == {frozenset(g) for g in groups}


def homes_of(found: Clusters, records: pd.DataFrame) -> pd.Series:
    return pd.Series(found.household, records["record_id"])


def deciding(decision: str, left: str, right: str) -> pd.DataFrame:
    return pd.DataFrame({"record_id_l": [left], "record_id_r": [right], "decision": [decision]})


def test_what_reviewers_say_of_households_is_obeyed_and_of_others_nothing_changes() -> None:
    records, _ = made(Corpus(HOME), 900, 5, aside=False)

    def deciding_so(*said: str) -> Clusters:
        return cluster_records(records, model=Model.default(), household_decisions=deciding(*said))

    before = cluster_records(records, model=Model.default())
    asked, homes = before.possible, homes_of(before, records)
    left, right = asked.loc[0, ["record_id_l", "record_id_r"]]
    one = homes_of(deciding_so("same", left, right), records)
    concerned = homes.isin(homes[[left, right]])
    assert one[concerned].nunique() == 1 and one[~concerned].equals(homes[~concerned])
    two = deciding_so("different", left, right)
    assert homes_of(two, records).equals(homes)
    pd.testing.assert_frame_equal(two.possible, asked.iloc[1:].reset_index(drop=True))
    found = records.assign(home=homes.to_numpy(), person=before.person)
    cardless = found.groupby("home").filter(lambda who: who["person"].nunique() > 1)
    first = cardless.iloc[0]
    housemate = cardless[(cardless["home"] == first["home"]) & (cardless["person"] != first["person"])].iloc[0]
    parted = homes_of(deciding_so("different", first["record_id"], housemate["record_id"]), records)
    assert parted[first["record_id"]] != parted[housemate["record_id"]]


def test_a_card_outranks_what_was_said_of_households() -> None:
    records = village([("JL. MELATI NO. 7", FAMILY), ("JL. MELATI NO. 7", FAMILY)])
    cards = records["family"].map({0: "1610050101090007", 1: "1610052202110031"})
    ends = records.drop_duplicates("family")["record_id"].tolist()
    found = cluster_records(
        records.drop(columns="family").assign(no_kk=cards),
        model=Model.default(),
        household_decisions=deciding("same", *ends),
    )
    assert homes_of(found, records)[ends].nunique() == 2
