"""Households that may be one: asked by group, those first that settle most, and read back as they were answered."""

from __future__ import annotations

from itertools import pairwise, permutations
from pathlib import Path
from random import Random

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.review.groups import MOST_TOGETHER, household_questions
from assets.households.review.household_sheet import HEADER_ROW, REVIEWER_ROW
from assets.households.review.problems import ReviewError
from assets.households.review.queue import QUEUE_COLUMNS, RIGHT
from assets.households.review.workbook import Households, read_review_workbook, write_review_workbook
from bench.reviewing import answered_homes
from validation.categories import pmks_types

NO_DECISIONS = pd.DataFrame(columns=["record_id_l", "record_id_r", "decision"], dtype="str")
SHEET, FIRST, FAMILY, REASON = "Serumah", HEADER_ROW + 2, 2, 6


def pairs(*said: tuple[str, str, float]) -> pd.DataFrame:
    """Pairs of households (a letter each, its record the same letter in small) and the probability."""
    rows = [(a, b, a.lower(), b.lower(), "16.10.05.2036", p, "same_rt") for a, b, p in said]
    columns = ["household_id_l", "household_id_r", "record_id_l", "record_id_r", "kode_desa", "probability", "reason"]
    return pd.DataFrame(rows, columns=columns)


def homes(letters: str) -> pd.DataFrame:
    return pd.DataFrame({"record_id": list(letters.lower()), "household_id": list(letters)})


def referred(**codes: str) -> pd.DataFrame:
    rows = [("household", home, code) for home, said in codes.items() for code in said.split()]
    return pd.DataFrame(rows, columns=["subject", "household_id", "kode_pmks"])


def asked(questions: pd.DataFrame) -> list[str]:
    return ["".join(group["household_id"]) for _, group in questions.groupby("rank")]


def test_a_group_is_one_question_and_what_settles_most_comes_first() -> None:
    possible = pairs(("A", "B", 0.9), ("C", "D", 0.3), ("D", "E", 0.2))
    found = household_questions(possible, homes("ABCDE"), referred(C="23", D="23 22", E="23"), NO_DECISIONS)
    assert asked(found) == ["CDE", "AB"]
    assert found.groupby("rank")["referrals_settled"].first().tolist() == [2, 0]
    assert dict(zip(found["household_id"], found["resembles"], strict=True))["D"] == [("C", 0.3), ("E", 0.2)]


def test_what_is_expected_to_become_one_counts_and_the_referrals_of_both() -> None:
    unlikely, likely = pairs(("A", "B", 0.9), ("C", "D", 0.2)), pairs(("A", "B", 0.9), ("C", "D", 0.4))
    referrals = referred(C="23 22", D="22 23", A="05")
    assert asked(household_questions(unlikely, homes("ABCD"), referrals, NO_DECISIONS)) == ["AB", "CD"]
    assert asked(household_questions(likely, homes("ABCD"), referrals, NO_DECISIONS)) == ["CD", "AB"]


def test_three_households_that_may_be_one_are_two_that_are_settled_not_three() -> None:
    for chance, order in ((0.5, ["CDE", "AB"]), (0.4, ["AB", "CDE"])):
        three = ((*ends, chance) for ends in ("CD", "CE", "DE"))
        possible = pairs(("A", "B", 0.9), *three)
        assert asked(household_questions(possible, homes("ABCDE"), referred(), NO_DECISIONS)) == order


@settings(max_examples=15)
@given(st.integers(0, 10**9))
def test_reviewers_who_answer_put_each_household_into_one_family(seed: int) -> None:
    chance = Random(seed)
    letters = [f"H{k}" for k in range(6)]
    possible = pairs(*((a, b, 0.5) for a, b in pairwise(letters)))
    members = pd.DataFrame({"record_id": [home.lower() for home in letters], "household_id": letters})
    questions = household_questions(possible, members, referred(), NO_DECISIONS)
    true = pd.Series([chance.randrange(3) for _ in letters], members["record_id"])
    said = answered_homes(questions, true, np.random.default_rng(seed))
    of = {(a, b): d == "same" for a, b, d in said[["record_id_l", "record_id_r", "decision"]].itertuples(index=False)}
    assert len(of) == 15
    of |= {(b, a): one for (a, b), one in of.items()}
    for a, b, c in permutations(members["record_id"], 3):
        assert not (of[a, b] and of[b, c]) or of[a, c]


def test_nineteen_households_of_twenty_are_put_where_they_belong() -> None:
    members = pd.DataFrame(
        {"record_id": [f"r{k}" for k in range(4000)], "household_id": [f"H{k}" for k in range(4000)]}
    )
    asked_of = members.assign(rank=np.arange(4000) // 2)
    said = answered_homes(asked_of, pd.Series(0, members["record_id"]), np.random.default_rng(3))
    assert (said["decision"] == "same").mean() == pytest.approx(RIGHT**2, abs=0.02)  # both letters must be right


def test_where_no_households_may_be_one_nothing_is_asked() -> None:
    assert asked(household_questions(pairs(), homes("AB"), referred(A="23"), NO_DECISIONS)) == []


def test_what_was_answered_is_not_asked_again_whatever_record_stands_for_the_household() -> None:
    members = pd.concat([homes("ABC"), pd.DataFrame({"record_id": ["a2"], "household_id": ["A"]})])
    said = pd.DataFrame({"record_id_l": ["a2"], "record_id_r": ["b"], "decision": ["household_not_sure"]})
    possible = pairs(("A", "B", 0.9), ("B", "C", 0.5))
    assert asked(household_questions(possible, members, referred(), said)) == ["BC"]
    about_people = said.assign(decision="different")
    assert asked(household_questions(possible, members, referred(), about_people)) == ["ABC"]


@settings(max_examples=15)
@given(st.integers(0, 10**9))
def test_every_household_stands_in_at_most_one_question_of_a_size_that_can_be_read(seed: int) -> None:
    chance = Random(seed)
    letters = [f"H{k:02d}" for k in range(chance.randrange(2, 40))]
    ends = {tuple(sorted(chance.sample(letters, 2))) for _ in range(chance.randrange(1, 80))}
    possible = pairs(*((a, b, round(chance.uniform(0.1, 0.9), 2)) for a, b in sorted(ends)))
    members = pd.DataFrame({"record_id": [home.lower() for home in letters], "household_id": letters})
    found = household_questions(possible, members, referred(), NO_DECISIONS)
    sizes = found.groupby("rank").size()
    assert not found["household_id"].duplicated().any() and sizes.between(2, MOST_TOGETHER).all()
    surest = possible.sort_values("probability", ascending=False, kind="stable").iloc[0]
    question = dict(zip(found["household_id"], found["question_id"], strict=True))
    assert question[surest["household_id_l"]] == question[surest["household_id_r"]]
    assert found["resembles"].map(len).all()


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Two questions: A, B and C (rows 7 to 9 below row 6), and D and E (11 and 12)."""
    people = pd.DataFrame(
        {
            "household_id": list("ABCDE"), "nama": ["SUMIATI", "=JUMADI", "RUSDI", "DEWI", "UMAR"],
            "jenis_kelamin": ["P", "L", "L", "P", None], "hubungan": [None] * 5,
            "tanggal_lahir": pd.to_datetime(["2019-01-02", None, "1970-03-04", "1980-05-06", None]),
        }
    )  # fmt: skip
    records = homes("ABCDE").drop(columns="household_id").assign(
        nama=people["nama"], alamat="DUSUN ULU", dusun=None, rt="001", rw="002", kode_desa="16.10.05.2036"
    )  # fmt: skip
    possible = pairs(("A", "B", 0.9), ("B", "C", 0.5), ("D", "E", 0.3))
    referrals = referred(A="23", B="23", C="16")
    questions = household_questions(possible, homes("ABCDE"), referrals, NO_DECISIONS)
    listed = {home: [code] for home, code in zip(referrals["household_id"], referrals["kode_pmks"], strict=True)}
    queue = pd.DataFrame(columns=QUEUE_COLUMNS)
    evidence = pd.DataFrame(columns=["record_id_l", "record_id_r"])
    path = tmp_path / "tinjauan.xlsx"
    write_review_workbook(path, queue, records, evidence, Households(questions, people, listed))
    return path


def answered(path: Path, *letters: str, by: str = "Rina", why: str = "satu dapur") -> Path:
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    sheet.cell(REVIEWER_ROW + 1, 4).value = by
    sheet.cell(FIRST, REASON).value = why
    for row, letter in enumerate(letters, FIRST + 1):
        sheet.cell(row, FAMILY).value = letter
    book.save(path)
    return path


def said(path: Path) -> set[tuple[str, ...]]:
    found = read_review_workbook(path)
    return set(found[["record_id_l", "record_id_r", "decision"]].itertuples(index=False, name=None))


def test_letters_say_which_households_are_one_and_which_are_not(workbook: Path) -> None:
    assert said(answered(workbook, "A", "a", "B")) == {
        ("a", "b", "one_household"), ("a", "c", "two_households"), ("b", "c", "two_households"),
    }  # fmt: skip


def test_a_household_without_answer_stays_open_and_one_in_doubt_is_recorded_as_such(workbook: Path) -> None:
    assert said(answered(workbook, "A", "RAGU", "")) == {("a", "b", "household_not_sure")}
    assert said(answered(workbook, "", "", "")) == set()


def test_the_sheet_names_members_village_and_categories_and_no_restricted_one(workbook: Path) -> None:
    sheet = openpyxl.load_workbook(workbook)[SHEET]
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert "SUMIATI (P, lahir 2019)" in texts and "RUSDI (L, lahir 1970)" in texts
    assert any("RT 001/RW 002" in text for text in texts) and pmks_types()["23"].nama in texts
    assert "kategori terbatas" in texts and not any("HIV" in text for text in texts)
    assert sheet.page_setup.paperSize == 9 and sheet.page_setup.orientation == "landscape"


@pytest.mark.parametrize(
    ("letters", "by", "why", "problem"),
    [
        (("A", "Z"), "Rina", "x", "letter"), (("A", "AB"), "Rina", "x", "letter"),
        (("A", "A"), "", "x", "nobody_above"), (("A", "A"), "Rina", "", "question_why"),
    ],
)  # fmt: skip
def test_one_unclear_answer_and_nothing_is_taken(
    workbook: Path, letters: tuple[str, ...], by: str, why: str, problem: str
) -> None:
    with pytest.raises(ReviewError) as refused:
        read_review_workbook(answered(workbook, *letters, by=by, why=why))
    assert [name for name, _ in refused.value.problems] == [problem]
    assert "Serumah" in refused.value.messages("id")[0]


@pytest.mark.parametrize("how", ["exchanged", "question cleared"])
def test_rows_that_were_moved_are_noticed(workbook: Path, how: str) -> None:
    book = openpyxl.load_workbook(answered(workbook, "A", "A"))
    sheet = book[SHEET]
    first, second = sheet.cell(FIRST + 1, 7), sheet.cell(FIRST + 5, 7)
    if how == "exchanged":
        first.value, second.value = second.value, first.value
    else:
        sheet.cell(FIRST, 1).value = None
    book.save(workbook)
    with pytest.raises(ReviewError) as refused:
        read_review_workbook(workbook)
    assert {name for name, _ in refused.value.problems} == {"question_moved"}
