"""Spot checks: who is drawn follows from the seed, the workbook comes back whole, and the intervals hold."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction
from itertools import product
from math import comb
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.commands.spotcheck import spotcheck
from pipelines.spotcheck.draw import draw, population
from pipelines.spotcheck.ledger import draw_sample, read_sample
from pipelines.spotcheck.rates import Stratum, interval, overall, rate_of
from pipelines.spotcheck.workbook import HEADER_ROW, SpotCheckError, texts
from tests.support.inbox import OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from warehouse.home import DataHome
from warehouse.lake import Lake

AT = datetime(2025, 2, 1)


def at_least(wrong: int, answered: int, share: Fraction) -> Fraction:
    """How likely so many wrong ones or more are, by adding up."""
    return sum(
        (comb(answered, k) * share**k * (1 - share) ** (answered - k) for k in range(wrong, answered + 1)), Fraction(0)
    )


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=40, deadline=None)
def test_the_ends_of_an_interval_are_the_shares_that_a_test_just_does_not_refuse(counts: tuple[int, int]) -> None:
    wrong, answered = counts
    low, high = map(Fraction, interval(wrong, answered))
    assert low == 0 if wrong == 0 else abs(at_least(wrong, answered, low) - Fraction(25, 1000)) < 1e-9
    assert high == 1 if wrong == answered else abs(1 - at_least(wrong + 1, answered, high) - Fraction(25, 1000)) < 1e-9


def chance(size: int, bad: int, answered: int, wrong: int) -> float:
    """How likely so many wrong ones are in a sample without replacement."""
    return comb(bad, wrong) * comb(size - bad, answered - wrong) / comb(size, answered)


@pytest.mark.parametrize(("sizes", "drawn"), [((9, 6), (4, 3)), ((12, 5), (2, 5)), ((8, 8), (7, 1))])
def test_the_interval_over_all_strata_holds_the_truth_as_often_as_it_says(
    sizes: tuple[int, int], drawn: tuple[int, int]
) -> None:
    for bad in product(*(range(size + 1) for size in sizes)):
        held = 0.0
        for wrong in product(*(range(min(b, n) + 1) for b, n in zip(bad, drawn, strict=True))):
            parts = list(zip(sizes, bad, drawn, wrong, strict=True))
            likely = chance(*parts[0]) * chance(*parts[1]) if all(n - w <= s - b for s, b, n, w in parts) else 0.0
            if likely:
                found = overall([Stratum(str(s), s, n, w) for s, _, n, w in parts])
                held += likely * (found.fewest <= sum(bad) <= found.most)
        assert held >= 0.95 - 1e-12, (bad, held)


def test_who_was_asked_about_as_a_whole_is_known_and_who_was_not_asked_about_may_be_anything() -> None:
    assert rate_of(Stratum("a", 10, 10, 3))[1:] == (0.3, 0.3, 3, 3)
    assert rate_of(Stratum("a", 10, 0, 0)) == (None, 0.0, 1.0, 0, 10)
    assert overall([Stratum("a", 10, 0, 0), Stratum("b", 10, 10, 2)]) == (None, 0.1, 0.6, 2, 12)


UNITS = pd.DataFrame({"stratum": ["a"] * 30 + ["b"] * 4, "unit_id": [f"u{n}" for n in range(34)]})


def test_the_same_seed_draws_the_same_from_whatever_order_and_another_seed_others() -> None:
    drawn = draw(UNITS, seed="1", per_stratum=10)
    assert drawn["stratum"].value_counts().to_dict() == {"a": 10, "b": 4}
    pd.testing.assert_frame_equal(drawn, draw(UNITS[::-1], seed="1", per_stratum=10))
    assert set(drawn["unit_id"]) != set(draw(UNITS, seed="2", per_stratum=10)["unit_id"])
    often = pd.concat([draw(UNITS, seed=str(n), per_stratum=10) for n in range(150)])["unit_id"].value_counts()
    assert often[[f"u{n}" for n in range(30)]].between(20, 80).all()  # 50, and 6 is a standard deviation


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    home = home_in(tmp_path_factory.mktemp("asked"))
    rows = [*VILLAGE, OLD | {"NAMA": ""}, WOMAN | {"NAMA": "=NURLELA", "NIK": "", "JENIS PMKS": "TIDAK ADA"}]
    write_list(home.inbox / "16.10.05.2036/2024/pmks.csv", rows)
    refresh(home, "first", datetime(2025, 1, 1))
    return home


def fill(workbook: Path, answers: dict[str, tuple[str, str, str]]) -> None:
    """Type an answer, a name and a note into the row of each unit."""
    book = openpyxl.load_workbook(workbook)
    sheet, columns = book[texts()["sheet"]], list(texts()["columns"])
    for row in range(HEADER_ROW + 2, sheet.max_row + 1):
        said = answers.get(sheet.cell(row, len(columns) + 1).value, ("", "", ""))
        for name, value in zip(("jawaban", "petugas", "catatan"), said, strict=True):
            sheet.cell(row, columns.index(name) + 1).value = value
    book.save(workbook)


def test_a_sample_goes_out_and_its_answers_come_back(asked: DataHome, tmp_path: Path) -> None:
    lake, workbook = Lake(asked.lake), tmp_path / "uji.xlsx"
    units = population(lake)
    assert units["stratum"].value_counts()["karantina"] == 2
    entry = draw_sample(asked, lake, workbook, seed="7", per_stratum=3, by="petugas", at=AT)
    assert all(drawn == min(3, size) for size, drawn in entry["strata"].values())
    right = dict.fromkeys(entry["units"], ("tepat", "Rina", ""))
    first, second, *_ = entry["units"]
    fill(workbook, right | {first: ("KELIRU", "Rina", "pindah"), second: ("TIDAK TAHU", "Rina", "")})
    strata = {stratum.name: stratum for stratum in read_sample(asked, workbook, at=AT)}
    assert sum(stratum.wrong for stratum in strata.values()) == 1
    assert sum(stratum.answered for stratum in strata.values()) == len(entry["units"]) - 1
    assert strata[entry["units"][first]].wrong == 1
    ledger = asked.audit / "spotchecks.jsonl"
    before = ledger.read_bytes()
    read_sample(asked, workbook, at=AT)
    assert ledger.read_bytes() == before
    assert [json.loads(line)["kind"] for line in before.splitlines()] == ["drawn", "answered"]
    assert not any(name in before.decode() for name in ("SUKARDI", "Rina pindah", "1610050107500001"))


@pytest.mark.parametrize(
    ("said", "problem"),
    [(("YA", "Rina", ""), "answer"), (("TEPAT", "", ""), "nobody"), (("KELIRU", "Rina", ""), "why")],
)
def test_an_unclear_answer_is_named_by_its_row_and_nothing_is_taken(
    asked: DataHome, tmp_path: Path, said: tuple[str, str, str], problem: str
) -> None:
    workbook = tmp_path / "uji.xlsx"
    entry = draw_sample(asked, Lake(asked.lake), workbook, seed="7", per_stratum=1, by="petugas", at=AT)
    before = (asked.audit / "spotchecks.jsonl").read_bytes()
    fill(workbook, {next(iter(entry["units"])): said})
    with pytest.raises(SpotCheckError) as caught:
        read_sample(asked, workbook, at=AT)
    assert caught.value.problems == [(problem, HEADER_ROW + 2)]
    assert (asked.audit / "spotchecks.jsonl").read_bytes() == before


def test_the_commands_draw_and_count(asked: DataHome, tmp_path: Path) -> None:
    workbook = tmp_path / "uji.xlsx"
    where = ["--data", str(asked.root), "--lang", "en"]
    drawn = CliRunner().invoke(spotcheck, ["draw", str(workbook), "--per-stratum", "2", "--seed", "9", *where])
    assert drawn.exit_code == 0, drawn.output
    assert CliRunner().invoke(spotcheck, ["draw", str(workbook), *where]).exit_code == 2, "it may be filled in by now"
    book = openpyxl.load_workbook(workbook)
    shown = [cell.value for row in book[texts()["sheet"]].iter_rows() for cell in row if cell.value]
    assert "16.10.05.2036/2024/pmks.csv · baris 2" in "\n".join(map(str, shown))
    assert any("rawan sosial ekonomi" in str(value).lower() for value in shown)
    read = CliRunner().invoke(spotcheck, ["read", str(workbook), *where])
    assert (read.exit_code, "0 wrong of 0 answered" in read.output) == (0, True), read.output
