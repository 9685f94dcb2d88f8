"""Counts of a directorate's list equal those that are counted person by person."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.publications.changes import changes, in_words
from assets.publications.editions import counts_of
from assets.publications.recaps import (
    COUNTED,
    Figures,
    by_category,
    by_place_needed,
    by_village,
    coordination,
    counted_of,
    doubles,
    spans_of_kabupaten,
    waiting,
)
from assets.referrals.history import events_of, latest_of
from validation.answers import STATUSES
from validation.rule_tables import rule_table

ON = date(2026, 3, 1)


def a_list(seed: int, rows: int = 60) -> pd.DataFrame:
    """An invented published table: a few villages, households with members, referrals of people and of households."""
    dice = random.Random(seed)
    made: list[dict[str, Any]] = []
    for number in range(rows):
        home = dice.randrange(20)
        subject, code = dice.choice(
            [("person", "08"), ("person", "09"), ("household", "24"), ("household", "LEG-RTLH")]
        )
        village = f"16.10.05.{2000 + home % 4}"
        made.append(
            {
                "referral_id": f"R{number}",
                "subject": subject,
                "person_id": f"P{home}-{0 if subject == 'household' else dice.randrange(3)}",
                "household_id": f"H{home}",
                "anggota": 3 + home % 3 if home % 7 else 0,
                "kode_desa": village,
                "desa": dice.choice(["Satu"]) if home % 4 else None,
                "kecamatan": "Kec",
                "kabupaten": "Kab",
                "kode_pmks": code,
                "tujuan": dice.choice(["PSTW", "PSBN"]),
                "jawaban": dice.choice([None, None, *STATUSES]),
                "since": datetime(2026, 3, 1) - timedelta(days=dice.choice([0, 29, 30, 90, 91, 400])),
                "umur": dice.choice([None, 4, 5, 6, 75]),
                "also_referred_to": dice.choice([[], ["jamsos"], ["rehsos", "jamsos"]]),
                "memimpin": "rehsos",
                **dict.fromkeys(["dusun", "rt", "rw", "alamat", "kepala"], "x"),
            }
        )
    frame = pd.DataFrame(made)
    return frame.drop_duplicates(["subject", "person_id", "household_id", "kode_pmks"], ignore_index=True)


def people(rows: list[dict[str, Any]]) -> int:
    """How many people rows refer: all members of a referred household, and who is referred outside of one."""
    homes = {row["household_id"]: row["anggota"] for row in rows if row["subject"] == "household"}
    alone = {row["person_id"] for row in rows if row["subject"] == "person" and row["household_id"] not in homes}
    return sum(homes.values()) + len(alone)


def homes(rows: list[dict[str, Any]]) -> int:
    """In how many households somebody is referred; not in one that everybody has left."""
    return len({row["household_id"] for row in rows if row["anggota"]})


@pytest.mark.parametrize("seed", range(4))
def test_ids_that_are_numbers_are_counted_as_those_that_are_texts(seed: int) -> None:
    table = a_list(seed).reindex(columns=COUNTED)
    whole = pa.Table.from_pandas(table, preserve_index=False)
    fast, slow = Figures(counted_of(whole)), Figures(whole)
    for of in ("villages", "categories", "places", "doubles"):
        assert getattr(fast, of) == getattr(slow, of)
    subjects = {(row["subject"], row[f"{row['subject']}_id"]) for row in table.to_dict("records")}
    assert counts_of(whole)["orang_atau_rumah_tangga"] == str(len(subjects))
    assert counts_of(counted_of(whole)) == counts_of(whole)


@pytest.mark.parametrize("seed", range(4))
def test_villages_and_categories_count_what_is_listed(seed: int) -> None:
    table = a_list(seed)
    rows = table.astype("object").to_dict("records")
    whole = pa.Table.from_pandas(table)
    found = pd.DataFrame(by_village(whole)).set_index("kode_desa")
    assert set(found.index) == {row["kode_desa"] for row in rows}
    for village in found.index:
        inside = [row for row in rows if row["kode_desa"] == village]
        assert found.loc[village, "rujukan"] == len(inside)
        assert found.loc[village, "kk"] == homes(inside)
        assert found.loc[village, "jiwa"] == people(inside)
        for code in ("08", "09", "24", "LEG-RTLH"):
            assert found.loc[village, code] == sum(row["kode_pmks"] == code for row in inside)
    for counted in pd.DataFrame(by_category(whole)).to_dict("records"):
        inside = [row for row in rows if row["kode_pmks"] == counted["kode_pmks"]]
        assert (counted["rujukan"], counted["kk"], counted["jiwa"]) == (len(inside), homes(inside), people(inside))
        for status in STATUSES:
            assert counted[status] == sum(row["jawaban"] == status for row in inside)
    for counted in pd.DataFrame(by_place_needed(whole)).to_dict("records"):
        inside = [row for row in rows if row["tujuan"] == counted["tujuan"]]
        assert counted["dibutuhkan"] == sum(pd.isna(row["jawaban"]) or row["jawaban"] == "diterima" for row in inside)


@pytest.mark.parametrize("seed", range(3))
def test_nobody_without_an_answer_is_left_out_of_the_waiting(seed: int) -> None:
    table = a_list(seed)
    found = pd.DataFrame(waiting(pa.Table.from_pandas(table), ON)).set_index("menunggu")
    open_ones = table[table["jawaban"].isna()]
    assert found["rujukan"].sum() == len(open_ones)
    days = [(datetime(2026, 3, 1) - since).days for since in open_ones["since"]]
    assert found["rujukan"].tolist() == [
        sum(low <= day <= high for day in days) for low, high in ((0, 29), (30, 90), (91, 182), (183, 365), (366, 999))
    ]
    assert found["0 sampai 5 tahun"].sum() == (open_ones["umur"] <= 5).sum()
    assert found["umur tidak diketahui"].sum() == open_ones["umur"].isna().sum()
    assert found.drop(columns="rujukan").sum(axis=1).tolist() == found["rujukan"].tolist()


def test_a_list_in_another_order_is_not_cut_into_kabupaten() -> None:
    codes = pd.Series(["16.05.01.2001", "16.05.02.2001", "16.10.01.2001", None], dtype="str")
    assert spans_of_kabupaten(codes) == {"16.05": slice(0, 2), "16.10": slice(2, 3), "": slice(3, 4)}
    assert spans_of_kabupaten(codes[:0]) == {}
    with pytest.raises(ValueError, match="order"):
        spans_of_kabupaten(codes.iloc[[0, 2, 1]].reset_index(drop=True))


def test_coordination_names_each_shared_household_once_and_no_category() -> None:
    table = a_list(7)
    found = coordination(pa.Table.from_pandas(table)).to_pandas()
    shared = {row["household_id"] for row in table.to_dict("records") if row["also_referred_to"]}
    assert set(found["household_id"]) == shared and found["household_id"].is_unique
    for home in found.to_dict("records"):
        named = {d for row in table.to_dict("records") if row["household_id"] == home["household_id"]
                 for d in row["also_referred_to"]}  # fmt: skip
        assert home["direktorat_lain"] == ", ".join(sorted(named))
    assert not {"kode_pmks", "kategori", "tujuan", "unit", "alasan"} & set(found.columns)


def test_expected_doubles_are_the_sums_of_their_chances_with_each_pair_once() -> None:
    """0.9 + 0.4 + 0.2 = 1.5; 1.96 * sqrt(0.09 + 0.24 + 0.16) = 1.37: from 0.1 to 2.9. One sure pair is one."""
    table = a_list(1).head(7).assign(
        referral_id=list("ABCDEFG"), kode_desa=["16.10.05.2001"] * 5 + ["16.10.05.2002"] * 2, desa="Satu",
        mungkin_serumah_dengan=["B", "A", "B", "E", "D", "G", "F"], peluang_serumah=[0.9, 0.9, 0.4, 0.2, 0.2, 1.0, 1.0],
    )  # fmt: skip
    columns = ["pasangan", "diperkirakan", "paling_sedikit", "paling_banyak"]
    found = doubles(pa.Table.from_pandas(table))
    assert list(zip(*(found[name] for name in columns), strict=True)) == [(3, 1.5, 0.1, 2.9), (1, 1, 1, 1)]
    assert doubles(pa.Table.from_pandas(table.assign(mungkin_serumah_dengan=None)))["desa"] == []


DAYS = [datetime(2026, 1, day) for day in (1, 5, 9)]


def history(*intervals: tuple[str, int, int | None, str | None]) -> pd.DataFrame:
    """Intervals as referral, day it began, day it ended, why."""
    rows = [
        {
            "referral_id": name, "directorate": "rehsos", "subject": "person", "person_id": "p", "household_id": "h",
            "tujuan": "t", "kode_desa": "16.10.05.2036", "kode_pmks": "08", "valid_from": DAYS[begun],
            "valid_to": None if ended is None else DAYS[ended], "ended_because": why, "record_ids": ["r"],
        }
        for name, begun, ended, why in intervals
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(valid_to=pd.to_datetime(frame["valid_to"]))


def test_new_and_ended_are_those_that_only_one_of_the_two_lists_holds() -> None:
    told = history(
        ("stays", 0, None, None),
        ("changed", 0, 1, "fakta_berubah"),
        ("changed", 1, None, None),
        ("new", 1, None, None),
        ("gone", 0, 1, "digabung dengan P0123456789ABCDEF"),
        ("back", 0, 1, "sumber_ditarik"),
        ("back", 2, None, None),
        ("short", 1, 2, "sumber_ditarik"),
        ("long_gone", 0, 0, "sumber_ditarik"),
    )
    assert latest_of(events_of(told)) == DAYS[2]
    found = changes(told, DAYS[0])
    assert found.begun == {"new"}
    assert found.ended["referral_id"].tolist() == ["gone"]
    assert found.ended["alasan_berakhir"].tolist() == ["Identitasnya digabung dengan identitas lain"]
    assert changes(told, DAYS[1]).begun == {"back"}
    assert changes(told, DAYS[1]).ended["referral_id"].tolist() == ["short"]
    first = changes(told, None)
    assert first.since is None and not first.begun and first.ended.empty
    assert latest_of(events_of(told[:0])) is None


def test_other_evidence_alone_makes_no_list_to_compare_with() -> None:
    """Else a file that is sent again would empty the sheet of what is new."""
    told = history(("new", 1, 2, "bukti_berubah"), ("new", 2, None, None), ("other", 0, None, None))
    assert latest_of(events_of(told)) == DAYS[1]
    again = history(("back", 1, 2, "bukti_berubah"), ("other", 2, None, None))
    assert latest_of(events_of(again)) == DAYS[2], "somebody else began then"


STATES = st.tuples(
    st.sampled_from(["one", "other"]), st.integers(0, 2), st.none() | st.integers(0, 2),
    st.sampled_from(["bukti_berubah", "meninggal"]),
)  # fmt: skip


@given(st.lists(STATES, min_size=1, max_size=6))
def test_events_are_what_one_state_after_the_other_says(states: list[tuple[str, int, int | None, str]]) -> None:
    told = history(*((name, a, b, None if b is None else why) for name, a, b, why in states))
    rows = [(name, DAYS[a], None if b is None else DAYS[b], why) for name, a, b, why in states]
    went_on = {(name, ended) for name, _, ended, why in rows if ended and why == "bukti_berubah"}
    latest = [
        max(
            ([] if (name, began) in went_on else [began]) + ([ended] if ended and why != "bukti_berubah" else []),
            default=None,
        )
        for name, began, ended, why in rows
    ]
    assert [None if pd.isna(at) else at for at in events_of(told)] == latest


@pytest.mark.parametrize("code", [row["kode"] for row in rule_table(__file__, "../../../assets/referrals/endings.csv")])
def test_every_reason_for_an_end_is_said_in_words(code: str) -> None:
    words = in_words(f"{code}: kini P0123456789ABCDEF")
    assert " " in words and "P0123456789ABCDEF" not in words
