"""A rule file that cannot be used is refused line by line, in words that a directorate's staff can act on."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.referrals.rule_gaps import boxes
from assets.referrals.rule_problems import texts
from assets.referrals.rules import PROFILES, check_rules, load_rules, profiles
from pipelines.cli import main

SHIPPED = pd.read_csv(PROFILES / "full-2012.csv", dtype=str, keep_default_na=False)


def check(path: Path) -> Result:
    return CliRunner().invoke(main, ["rules", "check", str(path)])


def written(path: Path, table: pd.DataFrame) -> Path:
    table.to_csv(path, index=False)
    return path


def changed(rule_id: str, /, **values: str) -> pd.DataFrame:
    table = SHIPPED.copy()
    table.loc[table["rule_id"] == rule_id, list(values)] = list(values.values())
    return table


@pytest.mark.parametrize("profile", profiles())
def test_the_shipped_profiles_pass_also_as_excel_saves_them_and_in_any_order(profile: str, tmp_path: Path) -> None:
    shipped = pd.read_csv(PROFILES / f"{profile}.csv", dtype=str, keep_default_na=False)
    shipped.iloc[::-1].to_csv(
        tmp_path / "aturan.csv", index=False, sep=";", lineterminator="\r\n", encoding="utf-8-sig"
    )
    message = check(tmp_path / "aturan.csv")
    assert message.exit_code == 0 and load_rules(profile).hash in message.output


@pytest.mark.parametrize(
    ("rule_id", "values", "column", "message"),
    [
        ("F12-01-R01", {"kode_pmks": "1"}, "kode_pmks", "tidak dikenal; pakai salah satu: 01, 02"),
        ("F12-01-R01", {"directorate": "Rehsos"}, "directorate", "pakai salah satu: rehsos, dayasos, jamsos"),
        ("F12-01-R01", {"confidence": ""}, "confidence", "pakai salah satu: tinggi, sedang, rendah"),
        ("F12-05-R01", {"disability": "daksa"}, "disability", "pakai any atau fisik"),
        ("F12-05-R01", {"needs_neglect": "ya"}, "needs_neglect", "pakai any atau false, true, unstated"),
        ("F12-02-R01", {"age_max": "empat belas"}, "age_max", "bukan umur; isi angka tahun"),
        ("F12-02-R01", {"age_min": "15"}, "age_min", "tidak pernah terpenuhi: umur 15 sampai 14"),
        ("F12-02-R03", {"age_max": ""}, "age_min", "harus sama-sama 'unstated'"),
        ("F12-24-J01", {"sex": "P"}, "sex", "kategori ini dirujuk per rumah tangga"),
        ("F12-23-J01", {"sex": "L"}, "sex", "tidak pernah terpenuhi: kategori ini hanya untuk P"),
        ("F12-01-R01", {"basis": ""}, "basis", "wajib diisi: setiap aturan harus dapat dipertanggungjawabkan"),
        ("F12-01-R01", {"citation": ""}, "citation", "wajib diisi"),
        ("F12-01-R01", {"lead": "satu"}, "lead", "isi bilangan bulat; angka terkecil memimpin"),
        (
            "F12-01-R01",
            {"lead": "30"},
            "lead",
            "Pakai angka yang dipakai rehsos (10)",
        ),
        ("F12-01-R01", {"valid_from": "1-1-2012"}, "valid_from", "TTTT-BB-HH"),
        ("F12-01-R01", {"valid_from": "2015-01-01", "valid_to": "2014-01-01"}, "valid_to", "tidak pernah berlaku"),
        ("F12-02-R02", {"rule_id": "F12-02-R01"}, "rule_id", "sudah dipakai pada baris 3"),
        ("F12-02-R01", {"age_max": "15"}, "rule_id", "tumpang tindih dengan baris 3 (F12-02-R01)"),
        ("F12-02-R02", {"age_min": "16"}, "kode_pmks", "kategori 02 tidak terjawab bila umur 15 tahun"),
        (
            "F12-02-R02",
            {"valid_to": "2020-12-31"},
            "kode_pmks",
            "tidak terjawab mulai 2021-01-01 bila umur paling rendah 15 tahun",
        ),
    ],
)
def test_each_problem_is_shown_with_its_line_column_and_remedy(
    rule_id: str, values: dict[str, str], column: str, message: str, tmp_path: Path
) -> None:
    refused = check(written(tmp_path / "aturan.csv", changed(rule_id, **values)))
    assert refused.exit_code == 1
    lines = [line for line in refused.output.splitlines() if f"kolom {column}: " in line]
    assert any(text in line for line in lines for text in message.split("|")), refused.output
    assert all(line.startswith("baris ") for line in refused.output.splitlines())


def test_every_gap_is_listed_at_once_as_ranges_in_words(tmp_path: Path) -> None:
    """Of one category two gaps in the ages and one in the answers, of another one for a time."""
    table = changed("F12-02-R01", age_min="5", age_max="9")
    table.loc[table["rule_id"] == "F12-11-R01", ["valid_from", "valid_to"]] = ["2012-01-01", "2019-12-31"]
    path = written(tmp_path / "aturan.csv", table[table["rule_id"] != "F12-02-R03"])
    gaps = [str(problem) for problem in check_rules(path) if problem.name == "gap"]
    assert [gap.split(": ", 1)[1].rstrip(";").removesuffix("; tambahkan aturan") for gap in gaps] == [
        "kategori 02 tidak terjawab bila umur 0–4 atau 10–14 tahun atau tidak dinyatakan",
        "kategori 11 tidak terjawab mulai 2020-01-01 dalam semua keadaan",
    ]
    english = CliRunner().invoke(main, ["rules", "check", "--lang", "en", str(path)]).output.splitlines()
    assert english == [
        "line 3, column kode_pmks: category 02 is not answered if age 0–4 or 10–14 or not stated; add a rule",
        english[1],
    ]
    assert english[1].endswith("category 11 is not answered from 2020-01-01 on in any case; add a rule")


WINDOWS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), min_size=1, max_size=4)


@settings(max_examples=50, deadline=None)
@given(WINDOWS, st.booleans())
def test_the_ranges_of_a_gap_hold_exactly_the_ages_that_no_rule_takes(windows: list[list[int]], unstated: bool) -> None:
    rule = SHIPPED[SHIPPED["rule_id"] == "F12-11-R01"]
    ages = [(str(low), str(high)) for low, high in windows] + [("unstated", "unstated")] * unstated
    parts = [rule.assign(rule_id=f"T{n}", age_min=low, age_max=high) for n, (low, high) in enumerate(ages)]
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "aturan.csv", pd.concat([SHIPPED[SHIPPED["kode_pmks"] != "11"], *parts]))
        (gap,) = [problem.text("en") for problem in check_rules(path) if problem.name == "gap"]
    said = gap.split("age ")[1].split(";")[0].split(" or ")
    assert ("not stated" in said) is not unstated
    listed = set()
    for part in said:
        if part[0].isdigit():
            low, _, high = part.partition("–")
            listed |= set(range(int(low), int(high or low) + 1))
        elif part == "more":
            listed |= set(range(max(listed), 200))
    assert listed == {age for age in range(200) if not any(low <= age <= high for low, high in windows)}


@pytest.mark.parametrize("language", ["en", "id"])
def test_what_is_wrong_is_said_in_one_language(language: str, tmp_path: Path) -> None:
    path = written(tmp_path / "aturan.csv", changed("F12-01-R01", lead="satu", age_min="dua", basis=""))
    said = CliRunner().invoke(main, ["rules", "check", "--lang", language, str(path)]).output
    for name, of in texts()["problems"].items():
        if name in ("lead_number", "required"):
            assert (of["en"] in said) is (language == "en") and (of["id"] in said) is (language == "id")
    assert said.count("'dua'") == 1 and ("is no age" in said) is (language == "en")


def test_a_rule_that_another_makes_idle_is_a_problem(tmp_path: Path) -> None:
    table = pd.concat([SHIPPED, SHIPPED[SHIPPED["rule_id"] == "F12-11-R01"].assign(rule_id="F12-11-R02", age_min="60")])
    refused = check(written(tmp_path / "aturan.csv", table))
    assert refused.exit_code == 1
    assert f"baris {len(table) + 1}, kolom rule_id: tumpang tindih dengan" in refused.output
    assert "tidak pernah terpakai" in refused.output


def test_columns_missing_unknown_or_twice_are_problems(tmp_path: Path) -> None:
    table = SHIPPED.drop(columns="basis").assign(catatan="x").rename(columns={"unit": "tujuan"})
    refused = check(written(tmp_path / "aturan.csv", table))
    assert refused.exit_code == 1
    for message in (
        "kolom catatan: kolom tidak dikenal",
        "kolom basis: kolom wajib ini tidak ada",
        "kolom tujuan: kolom ini tertulis dua kali",
    ):
        assert message in refused.output


def test_a_file_that_is_no_text_or_holds_no_rule_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "aturan.csv"
    path.write_bytes(b"\xff\xfe\x00a")
    assert "simpan sebagai CSV UTF-8" in check(path).output
    path.write_text(",".join(SHIPPED.columns) + "\n", encoding="utf-8")
    assert "kategori 01 tidak punya aturan" in check(path).output


def test_what_excel_did_to_a_profile_is_one_message_with_cause_and_remedy(tmp_path: Path) -> None:
    damaged = SHIPPED.assign(kode_pmks=SHIPPED["kode_pmks"].str.removeprefix("0"), valid_from="31/01/2015")
    damaged.to_csv(tmp_path / "aturan.csv", index=False)
    problems = check_rules(tmp_path / "aturan.csv")
    assert len(problems) == 1
    assert "diubah oleh Excel" in problems[0].message and "01 menjadi 1" in problems[0].message
    assert "31/01/2015" in problems[0].message and "From Text/CSV" in problems[0].message
    other = damaged.assign(status=["x", *damaged["status"][1:]])
    other.to_csv(tmp_path / "aturan.csv", index=False)
    assert [problem.column for problem in check_rules(tmp_path / "aturan.csv")[1:]] == ["status"]


@given(st.sets(st.tuples(st.integers(0, 2), st.sampled_from("LP"), st.sampled_from("ab"))))
def test_boxes_hold_every_case_once_and_nothing_else(cases: set[tuple[int, str, str]]) -> None:
    assert Counter(case for box in boxes(cases) for case in product(*box)) == Counter(cases)


def test_cases_that_leave_nothing_open_are_one_box() -> None:
    assert len(boxes(product(range(3), "LP", "ab"))) == 1
