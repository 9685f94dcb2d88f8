"""Who is listed again after no list in force named them goes on with the id of before, and nobody else does."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from assets.households.identity.assign import Identified, IdentityState, assign_ids
from assets.households.identity.returns import returns

NIK, OTHER_NIK = "1610055701850001", "1610054205910003"
SITI = {
    "nik": NIK, "nama": "SITI AMINAH", "tanggal_lahir": "1985-01-17", "no_kk": "9", "kode_desa": "16.10.05.2036",
    "jenis_kelamin": "P",
}  # fmt: skip
BUDI = {**SITI, "nik": "1610051203800002", "nama": "BUDI", "tanggal_lahir": "1980-03-12", "jenis_kelamin": "L"}
ANI = {**SITI, "nik": None, "nama": "ANI", "tanggal_lahir": "2010-05-06"}


def rows(**people: dict) -> pd.DataFrame:
    """One accepted row a person, each on a list of its own, by record id."""
    frame = pd.DataFrame([{"record_id": name, "submission_id": name, **said} for name, said in people.items()])
    return frame.astype(dict.fromkeys(SITI, "str"))


def matched(state: IdentityState, day: int, persons: dict[str, str], back: pd.DataFrame | None = None) -> Identified:
    """A match in which each record (`persons`) is of that person, and all are of one household."""
    frame = pd.Series(persons).sort_index()
    names, at = frame.index.to_series(), datetime(2026, 1, day)
    home = pd.Series(["h"] * len(frame))
    return assign_ids(names, frame, home, state, run_id=str(day), at=at, returns=back)


def person_of(found: Identified, record: str) -> str:
    return str(found.membership.set_index("record_id").loc[record, "person_id"])


def come_back(
    records: pd.DataFrame, new: list[str], state: IdentityState, *, gone: tuple[str, ...] = ()
) -> pd.DataFrame:
    """What is found where `new` records came, and `gone` ones, of those in force until now, went."""
    held = [*state.ids.loc[state.ids["in_force"] & ~state.ids["record_id"].isin(gone), "record_id"], *new]
    unknown = records["record_id"].isin(new).to_numpy()
    return returns(records, unknown, pd.Series(held), state.ids, state.retired)


@pytest.mark.parametrize(
    ("now", "back"),
    [
        ({"no_kk": "8", "kode_desa": "15.07.08.1001"}, True),  # in another village
        ({"nama": "ST. AMINAH", "no_kk": "8"}, True),
        ({"nik": None}, True),
        ({"nik": None, "no_kk": None}, True),
        ({"nik": None, "no_kk": None, "kode_desa": "15.07.08.1001"}, False),  # a name and a date are those of others
        ({"nik": None, "tanggal_lahir": "1985-01-01"}, False),  # a day that nobody knows
        ({"nik": OTHER_NIK}, False),
        ({"nama": "BUDI", "tanggal_lahir": "1950-02-03", "jenis_kelamin": "L"}, False),  # a number that was copied
    ],
)
def test_who_comes_back_is_known_by_number_and_name_or_by_name_date_and_home(now: dict, back: bool):
    records = rows(a=SITI, b=BUDI, c={**SITI, **now})
    first = matched(IdentityState.empty(), 1, {"a": "siti", "b": "budi"})
    second = matched(first.state, 2, {"b": "budi"})
    last = matched(second.state, 3, {"b": "budi", "c": "siti"}, come_back(records, ["c"], second.state))
    assert (person_of(last, "c") == person_of(first, "a")) == back
    assert last.events["cause"].tolist() == (["record_returned"] if back else ["first_seen"])


def test_an_id_that_somebody_in_force_has_is_not_given_again():
    records = rows(a=SITI, b=BUDI, c=SITI)
    first = matched(IdentityState.empty(), 1, {"a": "siti", "b": "budi"})
    assert come_back(records, ["c"], first.state).empty


def test_who_is_left_out_of_one_list_and_on_another_at_once_goes_on_without_an_event():
    records = rows(a=SITI, b=BUDI, c={**SITI, "kode_desa": "15.07.08.1001"})
    first = matched(IdentityState.empty(), 1, {"a": "siti", "b": "budi"})
    back = come_back(records, ["c"], first.state, gone=("a",))
    last = matched(first.state, 2, {"b": "budi", "c": "siti"}, back)
    assert person_of(last, "c") == person_of(first, "a") and last.events.empty


def test_of_two_who_are_gone_and_alike_nobody_comes_back():
    records = rows(a={**SITI, "nik": None}, b={**SITI, "nik": None}, c={**SITI, "nik": None}, d=BUDI)
    first = matched(IdentityState.empty(), 1, {"a": "siti", "b": "another", "d": "budi"})
    second = matched(first.state, 2, {"d": "budi"})
    assert come_back(records, ["c"], second.state).empty


@pytest.mark.parametrize(("who", "back"), [({"d": SITI, "e": BUDI}, True), ({"d": SITI}, False)])
def test_a_household_comes_back_with_most_of_its_people(who: dict, back: bool):
    records = rows(a=SITI, b=BUDI, c=ANI, **who)
    first = matched(IdentityState.empty(), 1, {"a": "siti", "b": "budi", "c": "ani"})
    second = matched(first.state, 2, {})
    last = matched(second.state, 3, {name: name for name in who}, come_back(records, [*who], second.state))
    homes = set(last.membership["household_id"]) == set(first.membership["household_id"])
    assert homes == back
    assert person_of(last, "d") == person_of(first, "a")
