"""What counts does not shrink by a fault: the run stops before it publishes, until somebody accepts the loss."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from assets.households.stages.match import MATCH
from assets.records.stages.validate import VALIDATE
from assets.referrals.stages.refer import REFER, refer
from tests.support.finished import pmks
from tests.support.inbox import OLD, Person, home_in, refresh, write_list
from warehouse.access import login_name
from warehouse.connection import opened
from warehouse.home import Acceptance, DataHome
from warehouse.lake import Lake
from warehouse.shrinkage import ShrinkError, accepted_ledger, accepted_losses, refused_losses, refused_note
from warehouse.stage import run_stage

FIRST, SECOND = "16.10.05.2036", "16.10.05.2037"
AT = datetime(2025, 1, 1)
LATER = datetime(2025, 1, 2)
ACCEPTED = Acceptance("operator", "the village left the programme")


NAMES = ("SUKARDI", "MARYAM", "BUDIONO", "HALIMAH", "JOKO", "ROHANA", "TUGIMIN", "ZULAIKHA", "EFENDI", "NURBAITI")
SURNAMES = (("PRASETYO", "WIBOWO", "LUBIS"), ("HARAHAP", "GINTING", "SIREGAR"))


def people(village: int, count: int) -> list[Person]:
    """Old people of one village, each with a name, birth and number of their own."""
    names = [f"{name} {surname}" for surname in SURNAMES[village - 1] for name in NAMES]
    births = [(number % 12 + 1, 40 + village * 5 + number // 12) for number in range(count)]
    return [
        {**OLD, "NAMA": names[number], "NIK": f"16100501{month:02d}{year}{village}{number:03d}",
         "NO KK": f"1610050101{village}{number:05d}", "TANGGAL LAHIR": f"01-{month:02d}-19{year}"}
        for number, (month, year) in enumerate(births)
    ]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    """A home in which two villages, with 30 people each, were read, matched and referred."""
    made = home_in(tmp_path)
    for number, village in enumerate((FIRST, SECOND), 1):
        write_list(made.inbox / village / "2024" / "pmks.csv", people(number, 30))
    lake = refresh(made, "first", AT)
    assert lake.rows("referrals") >= 60
    return made


def path_of(home: DataHome, village: str) -> Path:
    return home.inbox / village / "2024" / "pmks.csv"


def forget(lake: Lake, village: str) -> None:
    """Lose a village's list from the registry, as a registry brought back from an old backup has."""
    content = {table: lake.read(table) for table in ("submissions", "receipts", "unplaced_readings",
               "unplaced_proposals", "registration_findings", "raw_answers")}  # fmt: skip
    known = content["submissions"]
    gone = set(known.loc[known["kode_desa"] == village, "submission_id"])
    kept = {name: frame[~frame["submission_id"].isin(gone)] for name, frame in content.items()}
    lake.write("submissions", kept, inputs="an old backup", facts={"waiting": 0, "listing": ""})


def rewrite_accepted(lake: Lake, change: pd.DataFrame) -> None:
    """Put other records in the place of those that validating came to."""
    [partition] = lake.partitions("records")
    tables = {table: lake.read(table, partition) for table in VALIDATE.writes}
    lake.write("records", tables | {"accepted": change}, inputs="less", partition=partition)


def what_stands(home: DataHome, *stages: str) -> list[object]:
    return [Lake(home.lake).digest(*stages), home.warehouse.read_bytes()]


def test_a_village_lost_from_the_registry_stops_the_run_before_ids_are_retired(home: DataHome) -> None:
    path_of(home, SECOND).unlink()
    forget(Lake(home.lake), SECOND)
    before = what_stands(home, "households", "referrals", "runs")
    for run_id in ("second", "third"):
        with pytest.raises(ShrinkError, match=f"30 of 60 people would be lost without a withdrawal .{SECOND}: 30"):
            refresh(home, run_id, LATER)
        assert what_stands(home, "households", "referrals", "runs") == before


def test_a_list_that_counted_and_is_held_stops_settling_and_names_its_village(home: DataHome) -> None:
    path = path_of(home, SECOND)
    path.with_name(f"{path.name}.yml").write_text("baris_kepala: 20\n", encoding="utf-8")
    before = what_stands(home, "outcomes", "households", "referrals", "runs")
    with pytest.raises(ShrinkError, match=f"1 of 2 lists would be lost without a withdrawal .{SECOND}: 1"):
        refresh(home, "second", LATER)
    assert what_stands(home, "outcomes", "households", "referrals", "runs") == before
    path.with_name(f"{path.name}.yml").unlink()
    assert set(refresh(home, "mended", LATER).read("persons")["kode_desa"]) == {FIRST, SECOND}


def test_an_accepted_loss_goes_on_and_is_recorded_with_who_and_why(home: DataHome) -> None:
    path_of(home, SECOND).unlink()
    forget(Lake(home.lake), SECOND)
    with pytest.raises(ShrinkError):
        refresh(home, "stopped", LATER)
    lake = refresh(dataclasses.replace(home, shrink_accepted=ACCEPTED), "went on", LATER)
    assert set(lake.read("persons")["kode_desa"]) == {FIRST}
    assert not refused_note(home).exists()
    ledger = accepted_losses(home)
    assert [(entry["what"], entry["lost"], entry["before"]) for entry in ledger] == [
        ("people", 30, 60),
        ("referrals", 30, 60),
    ]
    assert {(entry["accepted_by"], entry["reason"], entry["run_id"]) for entry in ledger} == {(*ACCEPTED, "went on")}
    with opened(home.warehouse, read_only=True) as con:
        table = con.execute(
            "SELECT what, before, lost, accepted_by, reason FROM audit.accepted_shrinks ORDER BY ALL"
        ).fetchall()
    assert table == sorted((e["what"], e["before"], e["lost"], *ACCEPTED) for e in ledger)
    assert refresh(home, "next", datetime(2025, 1, 3)).rows("accepted_shrinks") == len(ledger)


def test_people_of_whom_no_row_is_accepted_any_more_stop_matching(home: DataHome) -> None:
    lake = Lake(home.lake)
    accepted = lake.read("accepted")
    rewrite_accepted(lake, accepted[(accepted["kode_desa"] != FIRST) | (accepted["row"] > 12)])
    before = what_stands(home, "households", "referrals")
    with pytest.raises(ShrinkError, match=f"11 of 60 people would be lost .*{FIRST}: 11"):
        run_stage(MATCH.begin(lake, home, run_id="second", at=LATER))
    assert what_stands(home, "households", "referrals") == before
    [loss] = refused_losses(home)
    assert len(loss.ids) == 11 and set(loss.ids) < set(lake.read("persons")["person_id"])
    assert "ADI" not in refused_note(home).read_text(encoding="utf-8")


def test_five_of_sixty_people_are_a_handful(home: DataHome) -> None:
    lake = Lake(home.lake)
    accepted = lake.read("accepted")
    rewrite_accepted(lake, accepted[(accepted["kode_desa"] != FIRST) | (accepted["row"] > 6)])
    assert run_stage(MATCH.begin(lake, home, run_id="second", at=LATER)).manifest.rows["persons"] == 55


def test_referrals_that_end_without_a_reason_of_anybodys_stop_before_the_history_says_so(home: DataHome) -> None:
    home = dataclasses.replace(home, profile="study-2011")
    lake = refresh(home, "rules that refer the old, and no child in conflict with the law", AT)
    accepted = lake.read("accepted")
    accepted["kode_pmks"] = [["03"] if village == FIRST else ["08"] for village in accepted["kode_desa"]]
    rewrite_accepted(lake, accepted)
    run_stage(MATCH.begin(lake, home, run_id="second", at=LATER))
    before = what_stands(home, "referrals")
    with pytest.raises(ShrinkError, match=f"30 of 60 referrals would be lost .*{FIRST}: 30, rehsos: 30"):
        refer(REFER.begin(lake, home, run_id="second", at=LATER))
    assert what_stands(home, "referrals") == before


def test_a_withdrawn_village_explains_its_own_loss(home: DataHome) -> None:
    path = path_of(home, SECOND)
    path.with_name(f"{path.name}.yml").write_text("ditarik: salah kirim\n", encoding="utf-8")
    lake = refresh(home, "second", LATER)
    assert set(lake.read("referrals")["kode_desa"]) == {FIRST}
    assert not refused_note(home).exists()


def test_a_list_that_is_replaced_explains_its_own_loss(home: DataHome) -> None:
    write_list(path_of(home, SECOND), people(2, 3))
    lake = refresh(home, "second", LATER)
    assert lake.read("persons")["kode_desa"].value_counts().to_dict() == {FIRST: 30, SECOND: 3}
    assert not accepted_ledger(home).exists()


def test_other_rules_explain_the_referrals_that_they_end(home: DataHome) -> None:
    assert refresh(dataclasses.replace(home, profile="study-2011"), "second", LATER).rows("history") > 0


def test_the_share_that_may_be_lost_is_a_setting(home: DataHome) -> None:
    lake = Lake(home.lake)
    accepted = lake.read("accepted")
    rewrite_accepted(lake, accepted[(accepted["kode_desa"] != FIRST) | (accepted["row"] > 12)])
    patient = dataclasses.replace(home, shrink_percent=20.0)
    assert run_stage(MATCH.begin(lake, patient, run_id="second", at=LATER)).manifest.rows["persons"] == 49


def test_the_command_stops_says_what_would_vanish_and_goes_on_only_when_told_why(home: DataHome) -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return pmks("run", "--inbox", home.inbox, "--data", home.root, *options, env={"PMKS_SETTLE_SECONDS": "0"})

    assert run().returncode == 0
    path_of(home, SECOND).unlink()
    forget(Lake(home.lake), SECOND)
    published = [path for path in home.published.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in [*published, home.warehouse]}
    stopped = run()
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "Stopped before publishing" in stopped.stderr
    assert "30 of 60 people would be gone:" in stopped.stderr
    assert f"  {SECOND}  30  none would be left" in stopped.stderr
    assert "Traceback" not in stopped.stdout + stopped.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert "60 orang akan hilang" in run("--lang", "id").stderr
    assert run("--accept-shrink", " ").returncode == 2
    went_on = run("--accept-shrink", "trial of the drill")
    assert went_on.returncode == 0, went_on.stdout + went_on.stderr
    entries = [json.loads(line) for line in accepted_ledger(home).read_text(encoding="utf-8").splitlines()]
    assert {(entry["accepted_by"], entry["reason"]) for entry in entries} == {(login_name(), "trial of the drill")}
    assert not refused_note(home).exists()
