"""After lists changed, whoever the change does not reach keeps the referrals that were made before, and all tables are
as they would be if everybody were referred again."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.referrals.again import Listed, Stood, refer_again, whom
from assets.referrals.description import BESIDE, BORN, described
from assets.referrals.history import Causes, advance_history, current_referrals
from assets.referrals.reach import Changed, Ties, last_day
from assets.referrals.routing import OF_HOUSEHOLDS, OF_PERSONS, route
from assets.referrals.rules import load_rules, profiles
from tests.support.referrals import Frames, frames
from validation.categories import pmks_types
from warehouse.arrow import to_arrow, to_pandas
from warehouse.tables import arrow_schema

RULES = {name: load_rules(name) for name in profiles()}
FIRST = datetime(2026, 1, 30)
VILLAGES = ["16.10.05.2036", "15.07.08.1001", *(f"16.10.05.20{number}" for number in range(40, 47))]
SAYS: dict[str, tuple[Any, ...]] = {
    "kode_desa": (*VILLAGES,),
    "periode": ("2023", "2024-S1", "2024-06", "2024"),
    "jenis_kelamin": ("L", "P", None),
    "umur": (None, None, 14, 15, 39, 60),
    "terlantar": (True, False, None),
    "jenis_disabilitas": ("netra", "ganda", None),
    "status_hidup": ("hidup", "meninggal", None, None),
    "telepon": ("081234567890", None),
    "wali": ("SITI", None),
}
BORN_ON = (None, *(pd.Timestamp(day) for day in ("1950-06-30", "1964-02-28", "2001-03-31", "2008-02-01", "2010-12-31")))
CODES = [*sorted(pmks_types()), "01", "02", "05", "09"]
Row = dict[str, Any]
Tables = dict[str, Any]


def row(chance: Random, name: str, people: int) -> Row:
    """What some record says. People live thinly, so that most are out of reach of a change."""
    person = chance.randrange(people)
    home = person // 3 if chance.random() < 0.9 else chance.randrange(people // 3 + 1)
    said = {column: chance.choice(values) for column, values in SAYS.items()}
    if chance.random() < 0.8:
        said["kode_desa"] = VILLAGES[home % len(VILLAGES)]
    codes = sorted({chance.choice(CODES) for _ in range(chance.choice([1, 1, 2]))})
    born = BORN_ON[person % len(BORN_ON)]
    whose = {"record_id": name, "person_id": _id("P", person), "household_id": _id("H", home)}
    return {**said, **whose, "kode_pmks": codes, "tanggal_lahir": born}


def _id(kind: str, number: int) -> str:
    return f"{kind}{number:016x}"


def town(chance: Random) -> list[Row]:
    people = chance.randint(4, 24)
    rows = [row(chance, f"{number:04x}", people) for number in range(chance.randint(3, 40))]
    rows[0]["periode"] = "2024"  # the latest period stays the latest
    return rows


def changed_town(chance: Random, rows: list[Row]) -> list[Row]:
    """The same with few records gone, new, of somebody else, or saying something else."""
    people = 2 + max(int(each["person_id"][1:], 16) for each in rows)
    kept = [rows[0]]
    for each in rows[1:]:
        how = chance.random()
        other = row(chance, each["record_id"], people)
        if how < 0.04:
            continue
        if how < 0.08:
            kept.append({**each, "person_id": other["person_id"], "household_id": other["household_id"]})
        elif how < 0.12:
            kept.append({**other, "person_id": each["person_id"], "household_id": each["household_id"]})
        else:
            kept.append(each)
    return kept + [row(chance, f"{500 + chance.randrange(400):04x}", people) for _ in range(chance.choice([0, 0, 1]))]


def moved(chance: Random, world: Frames) -> Frames:
    """The same, where people and households are described otherwise than their records say: another head, another
    household of today, born on another day."""
    records, membership, persons, households = world
    persons, households = persons.copy(), households.copy()
    for number in range(len(persons)):
        if chance.random() < 0.05:
            persons.loc[number, "household_id"] = chance.choice(households["household_id"].tolist())
        if chance.random() < 0.05:
            persons.loc[number, "tanggal_lahir"] = chance.choice(BORN_ON)
        if chance.random() < 0.05:
            persons.loc[number, "hubungan"] = "ANAK"
    for number in range(len(households)):
        if chance.random() < 0.05:
            households.loc[number, "head_person_id"] = chance.choice([None, *persons["person_id"]])
        if chance.random() < 0.03:
            households.loc[number, "kepala_tercatat"] = False
    return records, membership, persons, households


def unique(rows: list[Row]) -> list[Row]:
    return [*{each["record_id"]: each for each in rows}.values()]


def changed_ids(
    before: pd.DataFrame, now: pd.DataFrame, key: str, columns: list[str], wanted: list[str]
) -> pd.DataFrame:
    """What stands in `wanted` of all rows of two frames that are not alike in both, one by one."""
    said = [
        {each[key]: str([each[c] for c in columns]) for each in frame.to_dict("records")} for frame in (before, now)
    ]
    parts = [frame[[said[0].get(name) != said[1].get(name) for name in frame[key]]][wanted] for frame in (before, now)]
    return pd.concat(parts, ignore_index=True)


def change_between(before: Frames, now: Frames) -> Changed:
    texts = [column for column in before[0] if column != "record_id"]
    records = changed_ids(before[0], now[0], "record_id", texts, ["record_id"])
    ids = ["record_id", "person_id", "household_id"]
    members = changed_ids(before[1], now[1], "record_id", ids, ids)
    lives = changed_ids(before[2], now[2], "person_id", [*OF_PERSONS], ["person_id", "household_id"])
    heads = changed_ids(before[3], now[3], "household_id", [*OF_HOUSEHOLDS], ["household_id", "head_person_id"])
    people = pd.concat([members["person_id"], lives["person_id"], heads["head_person_id"].dropna()])
    homes = pd.concat([members["household_id"], lives["household_id"], heads["household_id"]])
    every = pd.concat([records["record_id"], members["record_id"]])
    return Changed(*(pa.array(ids.astype("str"), pa.string()) for ids in (every, people, homes)))


def anew(world: Frames, history: pd.DataFrame, profile: str, at: datetime) -> Tables:
    """All tables, everybody referred."""
    routed = route(*world, RULES[profile])
    history = advance_history(
        history, routed.referrals, run_id=str(at), at=at, causes=causes_of(world, routed.unrouted, profile)
    )
    referrals, born = described(current_referrals(history), routed.referrals[[*BESIDE]], at)
    made = to_arrow("referrals", referrals).append_column(BORN, pa.array(born, pa.date32()))
    return {
        "referrals": made,
        "history": to_arrow("history", history),
        "unrouted": to_arrow("unrouted", routed.unrouted),
        "overlap": to_arrow("overlap", routed.overlap),
    }


def causes_of(world: Frames, unrouted: pd.DataFrame, profile: str) -> Causes:
    known = world[0][["record_id"]].assign(submission_id="s")
    outcomes = pd.DataFrame({"submission_id": ["s"], "outcome": ["accepted"]}, dtype="str")
    return Causes(known, outcomes, world[1], unrouted, RULES[profile].hash)


@pytest.mark.parametrize("profile", profiles())
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**9))
def test_what_a_change_does_not_reach_is_as_if_all_were_referred_again(profile: str, seed: int) -> None:
    chance, at = Random(seed), FIRST
    rows = town(chance)
    world = moved(chance, frames(rows))
    tables = anew(world, to_pandas(arrow_schema("history").empty_table(), arrow_lists=True), profile, at)
    for _ in range(3):
        before, at = world, at + timedelta(days=chance.choice([0, 1, 30]), seconds=1)
        rows = unique(changed_town(chance, rows))
        world = frames(rows)
        if chance.random() < 0.5:
            world = moved(chance, world)
        history = to_pandas(tables["history"], arrow_lists=True)
        expected = anew(world, history, profile, at)
        records, membership, persons, households = world
        lists = records[["kode_desa", "periode"]].drop_duplicates()
        assert last_day(lists) == last_day(before[0])
        ties = Ties(
            pa.Table.from_pandas(membership, preserve_index=False),
            pa.Table.from_pandas(persons[["person_id", "household_id"]], preserve_index=False),
            pa.Table.from_pandas(households[["household_id", "head_person_id"]], preserve_index=False),
        )
        stood = Stood(*(tables[name] for name in Stood._fields))
        again = whom(change_between(before, world), stood, ties, lists)
        some = [
            frame[rows].reset_index(drop=True)
            for frame, rows in zip(world, (again.records, again.records, again.persons, again.households), strict=True)
        ]
        causes = causes_of((some[0], some[1], some[2], some[3]), pd.DataFrame(), profile)
        got = refer_again(stood, Listed(*some, lists), again, RULES[profile], causes, run_id=str(at), at=at)
        tables = {**got.tables._asdict()}
        tables["overlap"] = to_arrow("overlap", tables["overlap"])
        for name, table in expected.items():
            assert tables[name].combine_chunks().equals(table.combine_chunks()), name
