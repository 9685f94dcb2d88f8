"""Rules as data: which are in force on a day, which overlap or leave gaps, what they ask, and how they say it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.referrals.conditions import Years, read_conditions
from assets.referrals.routing import route
from assets.referrals.rules import PROFILES, RuleError, RuleSet, check_rules, load_rules
from assets.referrals.sentences import because, sentence
from tests.support.referrals import frames

SHIPPED = pd.read_csv(PROFILES / "full-2012.csv", dtype=str, keep_default_na=False)
ELEVEN = SHIPPED[SHIPPED["kode_pmks"] == "11"].iloc[0].to_dict()


def file_of(folder: Path, *rules: dict[str, str]) -> Path:
    """The shipped profile with these rules in place of the one of category 11."""
    mine = [{**ELEVEN, "rule_id": f"T{i}", **rule} for i, rule in enumerate(rules)]
    path = folder / "aturan.csv"
    pd.concat([SHIPPED[SHIPPED["kode_pmks"] != "11"], pd.DataFrame(mine)]).to_csv(path, index=False)
    return path


def messages(folder: Path, *rules: dict[str, str]) -> str:
    return "\n".join(map(str, check_rules(file_of(folder, *rules))))


def in_force(rules: RuleSet, day: str) -> set[str]:
    """Which of the rules of category 11 hold on a day."""
    found = {rules.line(i)["rule_id"] for i in rules.in_force(date.fromisoformat(day))}
    return {rule_id for rule_id in found if rule_id.startswith("T")}


def test_a_rule_holds_from_its_first_day_to_its_last_both_included(tmp_path: Path) -> None:
    first = str(SHIPPED["valid_from"].min())
    rules = load_rules(file_of(tmp_path, {"valid_to": "2019-12-31"}, {"valid_from": "2020-01-01", "valid_to": ""}))
    assert in_force(rules, "2019-12-31") == {"T0"}
    assert in_force(rules, "2020-01-01") == {"T1"}
    assert in_force(rules, first) == {"T0"}
    assert in_force(rules, "1990-01-01") == {"T0"}, "before the profile's first day it counts as that day"
    assert in_force(rules, "2999-01-01") == {"T1"}


def test_lists_are_judged_by_the_rules_of_the_latest_period_listed(tmp_path: Path) -> None:
    rules = load_rules(file_of(tmp_path, {"valid_to": "2024-06-30"}, {"valid_from": "2024-07-01"}))

    def found(*periods: str) -> list[str]:
        row = {"person_id": "P", "household_id": "H", "kode_desa": "16.10.05.2036", "kode_pmks": ["11"]}
        rows = [{**row, "record_id": f"r{i}", "periode": period} for i, period in enumerate(periods)]
        return list(route(*frames(rows), rules).referrals["rule_id"])

    assert found("2024-S1") == ["T0"]
    assert found("2024-S2") == ["T1"]
    assert found("2024-06", "2024-07") == ["T1"]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"age_max": "17"}, {"age_min": "18", "age_max": ""}, "tidak terjawab bila umur tidak dinyatakan"),
        ({"age_max": "17"}, {"age_min": "17"}, "tumpang tindih"),
        ({"sex": "L|P"}, {"sex": "unstated"}, ""),
        ({"sex": "L"}, {"sex": "unstated"}, "bila berjenis kelamin perempuan"),
        ({"sex": "L|P"}, {"sex": "P|unstated"}, "ada keadaan yang memenuhi keduanya"),
        ({}, {"sex": "P"}, "tidak pernah terpakai"),
        ({}, {"sex": "P", "valid_from": "2000-01-01"}, "ada keadaan yang memenuhi keduanya"),  # longer than the other
        ({"valid_to": "2020-12-31"}, {"sex": "P"}, "ada keadaan yang memenuhi keduanya"),  # likewise, later
        ({"valid_to": "2020-12-31"}, {"valid_from": "2020-12-31"}, "tumpang tindih"),
        ({"valid_to": "2020-12-31"}, {"valid_from": "2021-01-01"}, ""),
        ({"valid_to": "2020-12-31"}, {"valid_from": "2021-01-02"}, "tidak terjawab dari 2021-01-01 sampai 2021-01-01"),
        ({}, {"directorate": "jamsos", "lead": "40"}, ""),  # two directorates may hold the same case
        ({}, {"directorate": "jamsos", "lead": "10"}, "angka 10 sudah dipakai rehsos"),
        ({"lead": "10"}, {"lead": "10", "sex": "P"}, "tumpang tindih"),
        ({}, {"directorate": "tidak_dirujuk", "status": "di_luar_profil"}, "tumpang tindih"),
    ],
)
def test_rules_of_a_category_answer_every_case_and_none_twice(
    first: dict[str, str], second: dict[str, str], message: str, tmp_path: Path
) -> None:
    found = messages(tmp_path, first, second)
    assert message in found if message else not found


@pytest.mark.parametrize(("low", "message"), [("18", ""), ("19", "tidak terjawab bila umur 18 tahun")])
def test_ages_between_two_windows_are_a_problem(low: str, message: str, tmp_path: Path) -> None:
    unstated = {"age_min": "unstated", "age_max": "unstated"}
    found = messages(tmp_path, {"age_max": "17"}, {"age_min": low}, unstated)
    assert message in found if message else not found


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ({"age_min": "-1"}, "age_min"),
        ({"age_min": "²"}, "age_min"),
        ({"age_min": "unstated"}, "age_min"),
        ({"age_min": "5", "age_max": "4"}, "age_min"),
        ({"sex": "L|L"}, "sex"),
        ({"sex": "X"}, "sex"),
        ({"lead": "²"}, "lead"),
        ({"valid_to": "31-12-2020"}, "valid_to"),
        ({"valid_from": "2021-01-01", "valid_to": "2020-12-31"}, "valid_to"),
        ({"unit": ""}, "unit"),
        ({"tujuan": ""}, "tujuan"),
        ({"lead": ""}, "lead"),
        ({"version": ""}, "version"),
        ({"status": "di_luar_profil"}, "status"),
        ({"directorate": "tidak_dirujuk", "status": "dirujuk"}, "status"),
        ({"directorate": "tidak_dirujuk", "status": "perlu_konfirmasi_meninggal"}, "status"),  # the router's own reason
    ],
)
def test_a_line_that_cannot_be_used_is_a_problem_of_its_column(
    rule: dict[str, str], column: str, tmp_path: Path
) -> None:
    assert f"kolom {column}: " in messages(tmp_path, rule)


def test_one_year_and_one_day_are_the_shortest_that_a_rule_may_ask_for(tmp_path: Path) -> None:
    found = messages(tmp_path, {"age_min": "5", "age_max": "5"})
    assert "tidak pernah terpenuhi" not in found
    found = messages(tmp_path, {"valid_from": "2020-01-01", "valid_to": "2020-01-01"})
    assert "tidak pernah berlaku" not in found


def test_a_line_that_refers_nowhere_needs_no_unit_destination_or_lead(tmp_path: Path) -> None:
    nowhere = {"directorate": "tidak_dirujuk", "status": "di_luar_profil", "unit": "", "tujuan": "", "lead": ""}
    assert not messages(tmp_path, nowhere)


def test_a_line_with_too_many_or_too_few_cells_is_a_problem(tmp_path: Path) -> None:
    path = file_of(tmp_path, {})
    lines = path.read_text(encoding="utf-8").splitlines()
    for spoilt in (lines[-1] + ",x", lines[-1].rpartition(",")[0]):
        path.write_text("\n".join([*lines[:-1], spoilt]) + "\n", encoding="utf-8")
        (problem,) = check_rules(path)
        assert (problem.line, problem.column) == (len(lines), "-")


def test_an_unusable_file_raises_everything_at_once(tmp_path: Path) -> None:
    with pytest.raises(RuleError) as raised:
        load_rules(file_of(tmp_path, {"age_min": "x", "lead": "y"}))
    assert [problem.column for problem in raised.value.problems] == ["age_min", "lead"]
    with pytest.raises(FileNotFoundError, match="full-2012"):
        load_rules(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("window", "held", "outside"),
    [
        (Years(15, 20), (15, 20), (14, 21, None)),
        (Years(15, None), (15, 200), (14, None)),
        (Years(None, 14), (0, 14), (15, None)),
        (Years(0, 0), (0,), (1, None)),
        (Years(unstated=True), (None,), (0, 60)),
        (Years(), (0, 60, None), ()),
    ],
)
def test_a_window_of_years_holds_both_its_ends(
    window: Years, held: tuple[int | None, ...], outside: tuple[int | None, ...]
) -> None:
    assert all(window.holds(age) for age in held)
    assert not any(window.holds(age) for age in outside)


ASKED = {"age_min": "", "age_max": "", "head_age_min": "", "head_age_max": "", "needs_neglect": "any", "sex": "any",
         "disability": "any", "household": "any", "area": "any"}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "phrases"),
    [
        ({"age_min": "15"}, ["umurnya 15 tahun atau lebih"]),
        ({"age_max": "14"}, ["umurnya paling tinggi 14 tahun"]),
        ({"age_min": "15", "age_max": "20"}, ["umurnya 15 tahun sampai 20 tahun"]),
        ({"age_min": "unstated", "age_max": "unstated"}, ["umurnya belum dinyatakan"]),
        ({"head_age_max": "40"}, ["umur kepala keluarganya paling tinggi 40 tahun"]),
        ({"sex": "L|P"}, ["berjenis kelamin laki-laki atau berjenis kelamin perempuan"]),
        ({"household": "sendiri_rentan|sendiri"}, ["hanya ia dari rumah tangganya yang terdaftar"]),
        ({}, []),
    ],
)
def test_what_a_rule_asks_is_said_in_words(asked: dict[str, str], phrases: list[str]) -> None:
    conditions = read_conditions(ASKED | asked)
    assert because(conditions) == phrases
    assert conditions.questions() == {key.removesuffix("_min").removesuffix("_max") for key in asked}


def test_conditions_hold_where_every_question_is_answered_as_asked() -> None:
    conditions = read_conditions(ASKED | {"sex": "P", "age_min": "15"})
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"sex": "P", "age": 15}, True),
        ({"sex": "P", "age": 14}, False),
        ({"sex": "L", "age": 15}, False),
        ({"sex": "P", "age": None}, False),
    ]
    assert [conditions.hold(case) for case, _ in cases] == [held for _, held in cases]


def test_a_sentence_says_what_it_rests_on_and_what_would_change_it() -> None:
    rule = {"kode_pmks": "24", "directorate": "dayasos", "status": "dirujuk"}
    conditions = read_conditions(ASKED | {"area": "perdesaan", "head_age_max": "40"})
    said = sentence(rule, conditions, "2024")
    assert said == (
        "Rumah tangga ini dirujuk ke Dayasos karena terdaftar sebagai Fakir miskin (24) pada daftar periode 2024, "
        "tinggal di wilayah perdesaan (kode desa), dan umur kepala keluarganya paling tinggi 40 tahun; tidak lagi bila "
        "tidak ada lagi daftar yang mencatatnya dalam kategori ini, pindah ke wilayah perkotaan, atau umur kepala "
        "keluarganya berada di luar batas itu."
    )
    assert "untuk diverifikasi" in sentence({**rule, "status": "perlu_verifikasi"}, conditions, "2024")
    assert "untuk diverifikasi" in sentence(rule, conditions, "2024", doubt="only_dead")
