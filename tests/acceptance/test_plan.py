"""`pmks plan` says what a refresh, other rules or a decision would change, changes nothing, and can bind a run."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.households.review.decisions import record_decisions
from assets.referrals.plan import DIMENSIONS
from assets.referrals.stages.refer import PlanError
from pipelines.planning import Rehearsal, keep, planned, rehearse
from pipelines.progress import Silent
from tests.support.finished import pmks
from tests.support.inbox import CHILD, MOTHER, OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from warehouse.home import DataHome
from warehouse.lake import Lake

LIST = "16.10.05.2036/2024/pmks.csv"
NEXT = "16.10.05.2036/2025/pmks.csv"
FIRST, SECOND = datetime(2025, 1, 1, 8), datetime(2025, 7, 1, 8)


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    """A data home that has been refreshed over one list of four people."""
    home = home_in(tmp_path)
    write_list(home.inbox / LIST, VILLAGE)
    refresh(home, "r1", FIRST)
    return home


def rehearsed(home: DataHome) -> Rehearsal:
    return rehearse(home, Silent())


def tables_of(home: DataHome) -> dict[str, bytes]:
    kept = (home.lake, home.archive, home.review)
    found = {p for folder in kept for p in folder.rglob("*") if p.is_file() and p.name != "_looks.json"}
    return {str(p): p.read_bytes() for p in {*found, home.warehouse}}


def counts(home: DataHome) -> dict[str, int]:
    held = Lake(home.lake).read("referrals")["directorate"]
    return {name: int((held == name).sum()) for name in ("rehsos", "dayasos", "jamsos")}


def changes(made: Rehearsal) -> set[tuple[str, str, str]]:
    entries = made.plan.entries
    return set(entries[["perubahan", "directorate", "kode_pmks"]].itertuples(index=False, name=None))


def test_nothing_new_means_no_change_and_no_trace(home: DataHome) -> None:
    before = tables_of(home)
    assert not rehearsed(home).plan.changes
    assert tables_of(home) == before
    assert not list(home.root.glob(".scratch-*"))


def test_a_new_list_says_who_enters_and_leaves_and_a_run_does_exactly_that(home: DataHome) -> None:
    write_list(home.inbox / NEXT, [OLD | {"KETERANGAN": "MENINGGAL"}, CHILD | {"TERLANTAR": "TIDAK"}, WOMAN])
    fresh = {"NAMA": "SULASTRI", "JENIS KELAMIN": "P", "TANGGAL LAHIR": "17-08-1990", "JENIS PMKS": "PENGEMIS"}
    write_list(home.inbox / "16.10.05.2037/2025/pmks.csv", [fresh])
    before = tables_of(home)
    made = rehearsed(home)
    assert tables_of(home) == before
    assert ("masuk", "rehsos", "12") in changes(made)
    assert ("berubah", "rehsos", "05") in changes(made)
    assert ("keluar", "rehsos", "08") in changes(made)
    moved = made.plan.entries.set_index("kode_pmks").loc["05"]
    assert (moved["tujuan_lama"], moved["tujuan_baru"]) == ("PSBN (panti sosial bina netra)", "layanan di luar panti")
    refresh(home, "r2", SECOND)
    assert counts(home) == made.plan.after
    assert not rehearsed(home).plan.changes


def test_totals_add_up_in_every_dimension(home: DataHome) -> None:
    write_list(home.inbox / LIST, [MOTHER, WOMAN])
    made = rehearsed(home).plan
    assert {"keluar"} <= set(made.entries["perubahan"])
    entries = made.entries.groupby(["directorate", "perubahan"]).size()
    for dimension in DIMENSIONS:
        mine = made.totals[made.totals["dimensi"] == dimension].groupby("direktorat").sum(numeric_only=True)
        for (directorate, kind), count in entries.items():
            assert mine.loc[directorate, kind] == count
    gone = made.entries[made.entries["perubahan"] == "keluar"]
    assert set(gone["alasan"]) == {"Berkas desa diganti oleh versi yang lebih baru"}
    sexes = made.totals[(made.totals["dimensi"] == "jenis_kelamin") & (made.totals["keluar"] > 0)]
    assert set(sexes["nilai"]) == {"L"}, "those who leave are described by what was known of them"


def test_other_rules_are_planned_as_a_run_by_them_comes_out(home: DataHome) -> None:
    other = dataclasses.replace(home, profile="sk-101-2022")
    made = rehearsed(other)
    assert ("keluar", "dayasos", "23") in changes(made)
    refresh(other, "r2", SECOND)
    assert counts(home) == made.plan.after


def test_a_rule_file_that_only_cites_otherwise_moves_nobody(home: DataHome, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "assets" / "referrals" / "profiles" / "full-2012.csv"
    rules = pd.read_csv(shipped, dtype=str, keep_default_na=False)
    cited = tmp_path / "kutipan.csv"
    rules.assign(citation=rules["citation"] + " (dikutip ulang)").to_csv(cited, index=False)
    made = rehearsed(dataclasses.replace(home, profile=str(cited))).plan
    assert made.entries.empty
    assert made.changes and made.reworded == sum(made.before.values())


def test_a_decision_shows_before_it_is_obeyed(home: DataHome) -> None:
    again = {"NAMA": "PONIDI", "JENIS KELAMIN": "L", "TANGGAL LAHIR": "03-03-1952", "JENIS PMKS": OLD["JENIS PMKS"]}
    write_list(home.inbox / NEXT, [again])
    lake = refresh(home, "r2", SECOND)
    members = lake.read("membership").merge(lake.read("accepted"), on="record_id")
    old = members[members["kode_pmks"].map(lambda codes: "08" in codes)]
    assert old["person_id"].nunique() == 2
    left, right = sorted(old["record_id"])
    pair = {
        "record_id_l": left,
        "record_id_r": right,
        "decision": "same",
        "decided_by": "penguji",
        "reason": "satu orang",
    }
    record_decisions(home.review, [pair], decided_at=SECOND)
    made = rehearsed(home)
    gone = made.plan.entries[made.plan.entries["perubahan"] == "keluar"]
    assert len(gone) == 1 and gone["alasan"].iloc[0].startswith("Identitasnya digabung")
    assert len(Lake(home.lake).read("persons")) == 5


def test_a_run_held_to_a_plan_takes_that_plan_and_nothing_else(home: DataHome) -> None:
    assert planned(home) is None
    write_list(home.inbox / NEXT, [WOMAN])
    made = rehearsed(home)
    keep(home, made)
    assert planned(home) == made.digest
    write_list(home.inbox / NEXT, [OLD, WOMAN])
    assert planned(home) is None
    before = Lake(home.lake).digest("referrals")
    with pytest.raises(PlanError):
        refresh(dataclasses.replace(home, planned=made.digest), "r2", SECOND)
    assert Lake(home.lake).digest("referrals") == before


def test_the_commands_tell_it_by_exit_code_table_and_workbook(tmp_path: Path) -> None:
    home, inbox = tmp_path / "home", tmp_path / "inbox"
    write_list(inbox / LIST, VILLAGE)
    where = ("--inbox", inbox, "--data", home)
    refused = pmks("run", *where, "--plan-required")
    assert refused.returncode == 2 and "not planned" in refused.stderr
    shown = pmks("plan", *where, "--workbook", tmp_path / "rencana.xlsx")
    assert shown.returncode == 3, shown.stdout + shown.stderr
    assert "Rujukan" in shown.stdout and "rehsos" in shown.stdout and not (home / "warehouse.duckdb").exists()
    book = openpyxl.load_workbook(tmp_path / "rencana.xlsx", read_only=True)
    assert book["Masuk"].max_row == 1 + 6
    done = pmks("run", *where, "--plan-required")
    assert done.returncode == 0, done.stdout + done.stderr
