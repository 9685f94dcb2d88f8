"""Whatever happens to lists, rules and identities, the history says when each referral held and why it ended."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from assets.households.review.decisions import record_decisions
from assets.referrals.history import as_of
from pipelines.cli import main
from tests.support.inbox import CHILD, MOTHER, OLD, VILLAGE, WOMAN, Person, home_in, refresh, write_list
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake

LIST, NEXT = "16.10.05.2036/2024/pmks.csv", "16.10.05.2036/2025/pmks.csv"
ELSEWHERE = "16.10.05.2037/2025/pmks.csv"
START = datetime(2025, 1, 1, 8)


class Runs:
    """Consecutive runs of one data home, a day apart; remembers the referrals that each left."""

    def __init__(self, home: DataHome) -> None:
        self.home = home
        self.left: dict[str, pd.DataFrame] = {}

    def lists(self, **people: list[Person]) -> None:
        names = {"first": LIST, "following": NEXT, "elsewhere": ELSEWHERE}
        for name, listed in people.items():
            write_list(self.home.inbox / names[name], listed)

    def run(self) -> Lake:
        run_id, at = f"r{len(self.left) + 1}", START + timedelta(days=len(self.left))
        lake = refresh(self.home, run_id, at)
        self.left[run_id] = lake.read("referrals")
        return lake

    def history(self) -> pd.DataFrame:
        return Lake(self.home.lake).read("history")

    def ended(self, run_id: str) -> dict[str, str]:
        """Why referrals ended in a run, by category; those that went on in another state are left out."""
        history = self.history()
        gone = history[(history["run_id_to"] == run_id)]
        gone = gone[~gone["referral_id"].isin(self.left[run_id]["referral_id"])]
        return dict(zip(gone["kode_pmks"], gone["ended_because"], strict=True))

    def changed(self, run_id: str) -> dict[str, str]:
        """Why referrals that go on changed in a run, by category."""
        history = self.history()
        went_on = history[history["run_id_to"] == run_id]
        went_on = went_on[went_on["referral_id"].isin(self.left[run_id]["referral_id"])]
        return dict(zip(went_on["kode_pmks"], went_on["ended_because"], strict=True))


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """A data home after one run over a list of four people."""
    made = Runs(home_in(tmp_path))
    made.lists(first=list(VILLAGE))
    made.run()
    return made


def test_a_run_over_the_same_lists_leaves_the_history_alone(runs: Runs) -> None:
    before = runs.history()
    runs.run()
    pd.testing.assert_frame_equal(runs.history(), before)
    assert before["valid_to"].isna().all()


def test_who_is_missing_from_a_newer_version_ends_with_it(runs: Runs) -> None:
    runs.lists(first=[MOTHER, CHILD, WOMAN])
    runs.run()
    assert runs.ended("r2") == {"08": "sumber_diganti"}


def test_a_withdrawn_list_ends_what_rests_on_it_alone(runs: Runs) -> None:
    runs.lists(following=[OLD])
    runs.run()
    assert runs.changed("r2") == {"08": "bukti_berubah"}
    (runs.home.inbox / LIST).unlink()  # inboxes are emptied
    sidecar = runs.home.inbox / f"{LIST}.yml"
    sidecar.write_text("ditarik: salah desa\n", encoding="utf-8")
    runs.run()
    assert runs.ended("r3") == dict.fromkeys(("05", "23", "24"), "sumber_ditarik")
    assert runs.changed("r3") == {"08": "fakta_berubah"}, "the other directorates no longer hold her household"


def test_who_is_stated_dead_is_no_longer_referred_but_asked_about(runs: Runs) -> None:
    runs.lists(following=[OLD | {"KETERANGAN": "MENINGGAL DUNIA"}])
    lake = runs.run()
    assert runs.ended("r2") == {"08": "meninggal"}
    asked = lake.read("unrouted")
    assert list(asked["reason_code"]) == ["perlu_konfirmasi_meninggal"]


def test_who_is_listed_in_another_village_has_moved(runs: Runs) -> None:
    runs.lists(elsewhere=[MOTHER, CHILD])
    runs.run()
    assert runs.changed("r2")["05"] == "pindah"
    now = runs.left["r2"].set_index("kode_pmks")
    assert now.loc["05", "kode_desa"] == "16.10.05.2037"


def test_other_rules_end_what_they_no_longer_refer(runs: Runs) -> None:
    runs.home = dataclasses.replace(runs.home, profile="sk-101-2022")
    runs.run()
    assert runs.ended("r2")["23"] == "aturan_berubah"


def test_merged_people_end_as_merged_with_whom(runs: Runs) -> None:
    again = {"NAMA": "PONIDI", "JENIS KELAMIN": "L", "TANGGAL LAHIR": "03-03-1952", "JENIS PMKS": OLD["JENIS PMKS"]}
    runs.lists(following=[again])
    lake = runs.run()
    listed = lake.read("accepted")
    left, right = sorted(listed.loc[listed["kode_pmks"].map(lambda codes: "08" in codes), "record_id"])
    decision = {"decision": "same", "decided_by": "penguji", "reason": "satu orang"}
    record_decisions(runs.home.review, [{"record_id_l": left, "record_id_r": right, **decision}], decided_at=START)
    runs.run()
    kept = runs.left["r3"].set_index("kode_pmks").loc["08", "person_id"]
    assert runs.ended("r3") == {"08": f"digabung dengan {kept}"}


def test_every_past_state_can_be_asked_for_by_run_and_by_date(runs: Runs) -> None:
    runs.lists(first=[MOTHER, CHILD])
    runs.run()
    runs.lists(following=[OLD, WOMAN])
    runs.run()
    history = runs.history()
    for number, (run_id, then) in enumerate(runs.left.items()):
        moment = START + timedelta(days=number)
        shown = as_of(history, moment)
        pd.testing.assert_frame_equal(shown, then[shown.columns])
        with opened(runs.home.warehouse, read_only=True) as con:
            sql = "SELECT referral_id FROM referrals.as_of(?::TIMESTAMP) ORDER BY 1"
            ids = [row[0] for row in con.execute(sql, [moment]).fetchall()]
            early = con.execute("SELECT count(*) FROM referrals.as_of('2024-12-31')").fetchall()
        assert ids == list(then["referral_id"])
        assert early == [(0,)]
        for asked in (run_id, f"{moment:%Y-%m-%d}", moment.isoformat(), f"{moment.isoformat()}+00:00"):
            assert _shown(runs.home, asked)["all"] == len(then)
    early = CliRunner().invoke(main, ["status", "--data", str(runs.home.root), "--as-of", "2024-12-31"]).output
    assert "The history begins later" in early and early.split()[-2:] == ["all", "0"]


def test_a_moment_that_is_none_is_refused(runs: Runs) -> None:
    asked = CliRunner().invoke(main, ["status", "--data", str(runs.home.root), "--as-of", "kemarin"])
    assert asked.exit_code == 2 and "kemarin" in asked.output


def _shown(home: DataHome, asked: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["status", "--data", str(home.root), "--as-of", asked])
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()[1:]]
    return {" ".join(words[:-1]): int(words[-1].replace(",", "")) for words in lines}
