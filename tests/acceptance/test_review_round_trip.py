"""The review from end to end, as a reviewer and an operator do it: hand out, decide, run, obey; revoke, run, undone."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.households.review.decisions import effective, read_decisions, record_decisions
from assets.households.review.queue import pair_id
from tests.support.finished import PMKS, SAMPLE_INBOX, pmks
from tests.support.reviewing import answer
from warehouse.lake import Lake

MONDAY = datetime(2026, 3, 2, 9)
FIRST_ROW = 6


def done(*arguments: str | Path) -> str:
    """Run a command that must succeed, and return what it says."""
    result = pmks(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def queue_of(home: Path) -> pd.DataFrame:
    return Lake(home / "lake").read("review_queue")


def persons_of(home: Path) -> pd.Series:
    return Lake(home / "lake").read("membership").set_index("record_id")["person_id"]


def homes_of(home: Path) -> pd.Series:
    return Lake(home / "lake").read("membership").set_index("record_id")["household_id"]


def ends(pair: pd.Series) -> frozenset[str]:
    return frozenset(pair[["record_id_l", "record_id_r"]])


def partition(persons: pd.Series) -> set[frozenset[str]]:
    return {frozenset(group.index) for _, group in persons.groupby(persons)}


def answer_first_question(workbook: Path) -> tuple[str, str]:
    """Say of the first two households of the first question that they are one; return a record of each."""
    book = openpyxl.load_workbook(workbook)
    sheet = book["Serumah"]
    sheet.cell(3, 4).value, sheet.cell(FIRST_ROW, 6).value = "Rina", "satu dapur"
    for row in (FIRST_ROW + 1, FIRST_ROW + 2):
        sheet.cell(row, 2).value = "A"
    book.save(workbook)
    return sheet.cell(FIRST_ROW + 1, 7).value, sheet.cell(FIRST_ROW + 2, 7).value


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "home"))


def test_what_reviewers_decide_is_obeyed_and_what_they_revoke_is_undone(home: Path, tmp_path: Path) -> None:
    queue, before = queue_of(home), persons_of(home)
    together = queue["person_id_l"] == queue["person_id_r"]
    same = queue[~together & (queue["reason"] == "two_sound_niks")].iloc[0]
    links = Lake(home / "lake").read("links")
    one_person = links["record_id_l"].map(before) == links["record_id_r"].map(before)
    apart = links[one_person].nsmallest(1, "match_weight").iloc[0]
    unsure = queue[~together & ~queue["rank"].isin([same["rank"]])].iloc[0]
    assert queue["expected_change"].is_monotonic_decreasing

    workbook = tmp_path / "tinjauan.xlsx"
    paying = int((queue["expected_change"] > 0).sum())
    assert 0 < paying < len(queue), "some wait although no answer is expected to mend anything"
    assert f"{paying} pasangan" in done("review", "export", workbook, "--data", home)
    assert f"{len(queue)} pasangan" in done("review", "export", workbook, "--all", "--data", home)
    answer(workbook, {ends(same): "SAMA", ends(unsure): "RAGU"})
    said = dict(apart[["record_id_l", "record_id_r"]]) | {
        "decision": "different",
        "decided_by": "Rina",
        "reason": "adik",
    }
    record_decisions(home / "review", [said], decided_at=MONDAY)
    one, other = answer_first_question(workbook)
    filled = workbook.read_bytes()
    refused = pmks("review", "export", workbook, "--data", home)
    assert (refused.returncode, workbook.read_bytes()) == (2, filled) and "berisi jawaban" in refused.stderr
    homes = homes_of(home)
    assert homes[one] != homes[other]
    assert "3 keputusan dicatat" in done("review", "apply", workbook, "--data", home)
    done("run", "--inbox", SAMPLE_INBOX, "--data", home)

    assert homes_of(home)[homes.isin(homes[[one, other]])].nunique() == 1
    possible = Lake(home / "lake").read("possible")
    still = possible[["household_id_l", "household_id_r"]].apply(frozenset, axis=1)
    assert frozenset(homes[[one, other]]) not in set(still)
    after = persons_of(home)
    both = before[before.isin([same["person_id_l"], same["person_id_r"]])].index
    assert after[both].nunique() == 1, "all that was known of both is one person now, not the two records alone"
    assert after[apart["record_id_l"]] != after[apart["record_id_r"]]
    assert (after[unsure["record_id_l"]] == after[unsure["record_id_r"]]) is False
    asked = set(queue_of(home)["pair_id"])
    assert asked.isdisjoint({same["pair_id"], pair_id(*ends(apart)), unsure["pair_id"]})
    assert Lake(home / "lake").manifest("households").facts["from_scratch"] is None
    events = Lake(home / "lake").read("identity_events")
    decided = events[(events["cause"] == "review_decision") & (events["kind"] == "person")]
    assert len(decided) >= 2
    assert {"H"} <= {code[0] for code in events.loc[events["cause"] == "review_decision", "id"]}
    pair = (same["record_id_l"], same["record_id_r"])
    assert "Peninjau Rina memutuskan SAMA" in done("review", "explain", *pair, "--data", home)

    listed = [line.split() for line in done("review", "list", "--data", home).splitlines()]
    assert sorted(row[1] for row in listed) == ["beda", "ragu", "sama", "sekeluarga"]
    for code, *_ in listed:
        done("review", "revoke", code, "--by", "Rina", "--reason", "salah isi", "--data", home)
    done("run", "--inbox", SAMPLE_INBOX, "--data", home)
    assert partition(persons_of(home)) == partition(before)
    assert partition(homes_of(home)) == partition(homes)
    assert set(queue_of(home)["pair_id"]) == set(queue["pair_id"])
    assert done("review", "list", "--data", home) == "Belum ada keputusan yang berlaku.\n"


def test_no_workbook_is_written_where_nothing_is_to_be_asked_or_under_a_name_that_excel_does_not_open(
    home: Path, tmp_path: Path
) -> None:
    said = done("review", "export", "--second", tmp_path / "kedua.xlsx", "--data", home)
    assert "tidak ada buku kerja yang ditulis" in said
    for command in (("review", "export", tmp_path / "a.pdf"), ("spotcheck", "draw", tmp_path / "a")):
        refused = pmks(*command, "--data", home)
        assert refused.returncode == 2 and "berakhiran .xlsx" in refused.stderr
    assert list(tmp_path.glob("*.xlsx")) == list(tmp_path.glob("a*")) == []


def test_a_second_reviewer_is_asked_without_the_first_answer_and_compared(home: Path, tmp_path: Path) -> None:
    pair = queue_of(home).iloc[0]
    said = {"record_id_l": pair["record_id_l"], "record_id_r": pair["record_id_r"], "reason": "ibu sama"}
    record_decisions(home / "review", [said | {"decision": "same", "decided_by": "Rina"}], decided_at=MONDAY)
    workbook = tmp_path / "kedua.xlsx"
    assert "1 pasangan dan 0 pertanyaan" in done("review", "export", "--second", workbook, "--data", home)
    assert "Belum ada pertanyaan" in done("review", "agreement", "--data", home)
    sheet = openpyxl.load_workbook(workbook)["Tinjauan"]
    shown = [str(cell.value) for row in sheet.iter_rows(min_row=FIRST_ROW) for cell in row if cell.value]
    assert any("pendapat kedua" in text for text in shown)
    assert not any(word in text for text in shown for word in ("sekarang", "Rina", "SAMA", "{"))
    answer(workbook, {ends(pair): "BEDA"}, by="Tono")
    assert "1 jawaban bertentangan" in done("review", "apply", workbook, "--data", home)
    compared = done("review", "agreement", "--data", home)
    assert "rina dan tono: 1 pertanyaan, 0% dijawab sama, kappa 0,00" in compared
    assert compared.count("bertentangan  K") == 2


def test_pairs_are_answered_with_single_keys_on_a_terminal(home: Path) -> None:
    keys = "s\nibu sama\nl\nb\n\nr\nq\n"
    asked = [PMKS, "review", "ask", "--all", "--by", "Rina", "--data", str(home)]
    result = subprocess.run(asked, input=keys, capture_output=True, text=True, check=True)
    assert "2 keputusan dicatat" in result.stdout and "≠" in result.stdout and result.stderr == ""
    stands = effective(read_decisions(home / "review"))
    assert sorted(zip(stands["decision"], stands["reason"], strict=True)) == [("not_sure", ""), ("same", "ibu sama")]
    again = subprocess.run(asked, input="", capture_output=True, text=True, check=True)
    assert "0 keputusan dicatat" in again.stdout and again.stdout.count("Pasangan") == 1


def test_two_people_whom_a_constraint_keeps_apart_wait_for_review_once_with_a_reason(finished: Path) -> None:
    links, person = Lake(finished / "lake").read("links"), persons_of(finished)
    links["people"] = [
        frozenset(person[[left, right]])
        for left, right in links[["record_id_l", "record_id_r"]].itertuples(index=False)
    ]
    why = links.assign(decided_by=links["decided_by"].replace("model", "uncertain_link")).groupby("people")[
        "decided_by"
    ]
    refused = links.query("decided_by != 'model'")["people"].unique()
    queue = queue_of(finished)
    people = queue[["person_id_l", "person_id_r"]].apply(frozenset, axis=1)
    assert len(refused) and people.is_unique
    for asked in refused:
        assert queue.loc[people == asked, "reason"].item() in set(why.get_group(asked))


def test_an_explanation_gives_numbers_that_add_up_and_no_personal_value(finished: Path, tmp_path: Path) -> None:
    pair = queue_of(finished).iloc[0]
    drawn = tmp_path / "pair.svg"
    said = done(
        "review",
        "explain",
        pair["record_id_l"],
        pair["record_id_r"],
        "--numbers",
        "--picture",
        drawn,
        "--data",
        finished,
    )
    assert drawn.read_text(encoding="utf-8").startswith("<svg")
    rows = [line.split("\t") for line in said.splitlines() if "\t" in line]
    numbers = {row[0]: float(row[2]) for row in rows if row[2] and not row[0].startswith("tip")}
    total = numbers.pop("weight")
    assert total == pytest.approx(pair["match_weight"], abs=0.01)
    assert sum(numbers.values()) == pytest.approx(total, abs=0.01)
    assert all((float(row[2]) > 0) != (total > 0) for row in rows if row[0].startswith("tip"))
