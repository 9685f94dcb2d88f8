"""A directorate fills its workbook and drops it into the inbox: answers are kept, shown and counted, or it waits."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.villages import RETURN, return_to_villages
from tests.support.finished import pmks
from tests.support.inbox import OLD, VILLAGE, home_in, refresh, write_list
from validation.answers import HEADERS
from validation.findings import CATALOGUE, message_of
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake

START = datetime(2025, 2, 1, 8)
Answers = Mapping[str, tuple[Any, ...]]
"""By category what is typed into `jawaban`, `alasan_jawaban` and `tanggal_jawaban`."""


def fill(published: Path, target: Path, answers: Answers, *, referral_id: str | None = None) -> Path:
    """Type answers into a copy of a published workbook, as a directorate's staff does."""
    book = openpyxl.load_workbook(published)
    sheet = book["Rujukan"]
    places = {str(cell.value): cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        said = answers.get(str(sheet.cell(row, places["Kode PMKS"]).value), ())
        for header, value in zip(HEADERS[1:], said, strict=False):
            sheet.cell(row, places[header]).value = value
        if said and referral_id:
            sheet.cell(row, places["referral_id"]).value = referral_id
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)
    return target


class Office:
    """A data home whose directorates answer: each run refreshes and publishes, a day after the one before."""

    def __init__(self, home: DataHome) -> None:
        self.home, self.runs = home, 0

    def run(self) -> Lake:
        self.runs += 1
        lake = refresh(self.home, f"r{self.runs}", START + timedelta(days=self.runs))
        for directorate in ("rehsos", "dayasos", "jamsos"):
            publish(PUBLISH.begin(lake, self.home), directorate)
        return lake

    def answer(self, directorate: str, name: str, answers: Answers, **how: Any) -> None:
        fill(self.home.published / directorate / "rujukan.xlsx", self.home.inbox / name, answers, **how)

    def outcome(self, name: str) -> tuple[str, str]:
        with opened(self.home.warehouse, read_only=True) as con:
            row = con.execute("SELECT outcome, reason FROM intake.submissions WHERE path = ?", [name]).fetchone()
        assert row is not None
        return row


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office that has published the referrals of one list of four people."""
    made = Office(home_in(tmp_path))
    write_list(made.home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    made.run()
    return made


def test_answers_are_taken_shown_and_counted(office: Office) -> None:
    people = Lake(office.home.lake).read("persons")
    office.answer(
        "rehsos", "jawaban/rehsos.xlsx", {"05": ("Diterima",), "08": ("ditolak", "penuh: sampai Mei", "5/1/2025")}
    )
    office.answer("jamsos", "16.10.05.2036/2024/jamsos.xlsx", {"24": ("dilayani", None, datetime(2025, 1, 6))})
    lake = office.run()
    assert office.outcome("jawaban/rehsos.xlsx") == ("accepted", "Jawaban Rehsos: 2 baris terisi.")
    assert office.outcome("16.10.05.2036/2024/jamsos.xlsx")[0] == "accepted"
    assert len(lake.read("persons")) == len(people), "nobody is listed by an answer"
    taken = lake.read("answers")
    said = taken[["status", "alasan_kode", "keterangan", "tanggal_jawaban"]].astype("object").where(taken.notna(), None)
    assert sorted(said.values.tolist(), key=str) == [
        ["dilayani", None, None, "2025-01-06"],
        ["diterima", None, None, None],
        ["ditolak", "kapasitas", "sampai Mei", "2025-01-05"],
    ]
    with opened(office.home.warehouse, read_only=True) as con:
        needs = con.execute(
            "SELECT directorate, kode_pmks, rujukan, terpenuhi, belum_terpenuhi FROM referrals.needs ORDER BY ALL"
        ).fetchall()
    assert needs == [
        ("dayasos", "23", 1, 0, 1), ("dayasos", "24", 1, 0, 1), ("jamsos", "23", 1, 0, 1), ("jamsos", "24", 1, 1, 0),
        ("rehsos", "05", 1, 0, 1), ("rehsos", "08", 1, 0, 0),
    ]  # fmt: skip
    shown = pd.read_parquet(office.home.published / "rehsos" / "rujukan.parquet").set_index("kode_pmks")
    assert shown["alasan_jawaban"].fillna("").to_dict() == {"05": "", "08": "kapasitas: sampai Mei"}


def test_the_workbook_sent_again_adds_only_what_is_new(office: Office) -> None:
    office.answer("rehsos", "rehsos.xlsx", {"05": ("diterima",), "08": ("diterima",)})
    office.run()
    office.answer("rehsos", "rehsos 2.xlsx", {"05": ("dilayani",)})
    lake = office.run()
    assert list(lake.read("answers")["status"]) == ["diterima", "diterima", "dilayani"]
    before = lake.read("answers")
    (office.home.inbox / "rehsos 2.xlsx").unlink()
    write_list(office.home.inbox / "16.10.05.2037" / "2024" / "pmks.csv", VILLAGE[:1])
    pd.testing.assert_frame_equal(office.run().read("answers"), before)


def told_to_the_village(office: Office, lake: Lake) -> set[tuple[Any, ...]]:
    """Period of the list, row, name and message of what was found of people in all lists, in corrections workbooks."""
    return_to_villages(RETURN.begin(lake, office.home))
    of_people = (code for code in CATALOGUE if code.startswith("answered_") or code == "listed_after_death")
    messages = {message_of(code) for code in of_people}
    return {
        (path.stem.split()[-2], line[2], line[3], line[7])
        for path in office.home.corrections.glob("*/*.xlsx")
        for line in openpyxl.load_workbook(path)["PERBAIKAN"].iter_rows(min_row=10, max_col=8, values_only=True)
        if line[7] in messages
    }


def test_what_officers_find_on_the_spot_goes_back_to_the_village(office: Office) -> None:
    later = office.home.inbox / "16.10.05.2036" / "2025" / "pmks.csv"
    write_list(later, VILLAGE[::-1])
    office.run()
    office.answer(
        "rehsos", "rehsos.xlsx", {"05": ("ditolak", "pindah alamat"), "08": ("ditolak", "wafat: ada aktanya")}
    )
    office.answer("jamsos", "jamsos.xlsx", {"24": ("ditolak", "kapasitas")})
    told = told_to_the_village(office, office.run())
    dead, moved = message_of("answered_dead"), message_of("answered_moved")
    assert told == {("2025", 5, "SUKARDI", dead), ("2025", 3, "RIZKI PUTRA", moved)}, "in the newest list alone"
    assert not any("aktanya" in message for *_, message in told)
    office.answer("rehsos", "rehsos 2.xlsx", {"05": ("diterima",)})
    write_list(later, [VILLAGE[0] | {"KETERANGAN": "MENINGGAL DUNIA"}, *VILLAGE[1:]])
    assert told_to_the_village(office, office.run()) == set(), "both were settled"


def test_a_village_is_asked_about_whom_it_lists_again_after_their_death(office: Office) -> None:
    lists = office.home.inbox / "16.10.05.2036"
    old, *others = VILLAGE
    write_list(lists / "2025" / "pmks.csv", [old | {"KETERANGAN": "MENINGGAL DUNIA"}, *others])
    assert told_to_the_village(office, office.run()) == set(), "the list says so itself"
    for period, row in (("2026", 5), ("2027", 4)):
        write_list(lists / period / "pmks.csv", [*others[5 - row :], old])
        told = told_to_the_village(office, office.run())
        assert told == {(period, row, "SUKARDI", message_of("listed_after_death"))}, "in the newest list alone"
    write_list(lists / "2027" / "pmks.csv", [old | {"KETERANGAN": "MASIH HIDUP"}, *others])
    lake = office.run()
    assert told_to_the_village(office, lake) == set()
    assert "08" in set(lake.read("referrals")["kode_pmks"])


def returned(office: Office, directorate: str) -> Path | None:
    """The workbook of answers that could not be taken, if there is one."""
    found = sorted((office.home.published / directorate / "perbaikan").glob("*PERBAIKAN JAWABAN*.xlsx"))
    assert len(found) < 2
    return found[0] if found else None


def told_to_mend(office: Office) -> list[str]:
    """The workbooks of answers of which `pmks status` says that rows wait for the directorate."""
    said = pmks("status", "--data", office.home.root).stdout
    return re.findall(r"^  (.+)\n    when it came, \d+ rows were refused", said, re.MULTILINE)


def test_a_row_that_is_not_clear_comes_back_marked_and_costs_no_other_row_anything(office: Office) -> None:
    office.answer("rehsos", "rehsos.xlsx", {"05": ("ditolak", "entahlah"), "08": ("diterima",)})
    lake = office.run()
    assert office.outcome("rehsos.xlsx") == ("accepted", "Jawaban Rehsos: 2 baris terisi.")
    assert lake.read("answers")["status"].tolist() == ["diterima"]
    back = returned(office, "rehsos")
    assert back is not None and back.name.startswith("rehsos - PERBAIKAN JAWABAN ")
    assert told_to_mend(office) == ["rehsos.xlsx"]
    sheet = openpyxl.load_workbook(back)["Jawaban"]
    titles = {str(cell.value): cell.column for cell in sheet[1]}
    assert sheet.max_row == 2, "only what must be mended"
    assert sheet.cell(2, titles["nama"]).value and sheet.cell(2, titles["alasan_jawaban"]).value == "entahlah"
    assert "Penolakan harus menyebut" in str(sheet.cell(2, titles["masalah"]).value)
    assert sheet.cell(2, titles["alasan_jawaban"]).fill.fgColor.rgb == "FFFFC7CE"
    book = sheet.parent
    sheet.cell(2, titles["alasan_jawaban"]).value = "pindah"
    book.save(office.home.inbox / back.name)
    assert sorted(office.run().read("answers")["status"]) == ["diterima", "ditolak"]
    assert returned(office, "rehsos") is None and told_to_mend(office) == []
    assert (back.parent / ".perbaikan.json").exists()


def test_an_old_copy_cannot_undo_what_was_answered_since(office: Office) -> None:
    office.answer("rehsos", "1.xlsx", {"05": ("diterima", None, datetime(2025, 1, 2)), "08": ("diterima",)})
    office.run()
    old = fill(office.home.published / "rehsos" / "rujukan.xlsx", office.home.root / "lama.xlsx", {})
    office.answer("rehsos", "2.xlsx", {"05": ("selesai", None, None)})
    office.run()
    fill(old, office.home.inbox / "3.xlsx", {"08": ("dilayani",)})
    lake = office.run()
    shown = pd.read_parquet(office.home.published / "rehsos" / "rujukan.parquet").set_index("kode_pmks")
    assert shown["jawaban"].to_dict() == {"05": "selesai", "08": "dilayani"}
    assert lake.read("answer_workbooks")[["terisi", "dicatat", "tetap"]].to_numpy().tolist()[-1] == [2, 1, 1]


def test_an_answer_stays_with_its_referral_however_often_the_list_is_sent_again(office: Office) -> None:
    office.answer("rehsos", "rehsos.xlsx", {"05": ("selesai",)})
    before = office.run().read("referrals")
    sent = office.home.inbox / "16.10.05.2036" / "2024" / "pmks.csv"
    for _ in range(3):
        sent.write_bytes(sent.read_bytes() + b"\n")
        assert office.run().read("referrals")["referral_id"].tolist() == before["referral_id"].tolist()


def test_who_is_left_out_and_listed_again_elsewhere_goes_on_with_the_answer(office: Office) -> None:
    office.answer("rehsos", "jawaban.xlsx", {"08": ("dilayani",)})
    before = office.run().read("persons").set_index("nama")["person_id"]
    write_list(office.home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE[1:])
    assert "SUKARDI" not in set(office.run().read("persons")["nama"])
    moved = {**OLD, "NO KK": "1610050101250009", "ALAMAT": "JL. B NO. 3"}
    write_list(office.home.inbox / "16.10.05.2037" / "2025" / "pmks.csv", [moved])
    after = office.run().read("persons").set_index("nama")["person_id"]
    assert after["SUKARDI"] == before["SUKARDI"]
    shown = pd.read_parquet(office.home.published / "rehsos" / "rujukan.parquet").set_index("kode_pmks")
    assert shown.loc["08", "jawaban"] == "dilayani"


def test_an_answer_to_another_directorates_referral_comes_back_without_a_name(office: Office) -> None:
    other = Lake(office.home.lake).read("referrals").query("directorate == 'jamsos'")["referral_id"].iloc[0]
    office.answer("rehsos", "rehsos.xlsx", {"05": ("diterima",)}, referral_id=other)
    lake = office.run()
    assert lake.read("answers").empty
    assert lake.read("answers_refused")["referral_id"].tolist() == [other]
    back = returned(office, "rehsos")
    assert back is not None
    rows = list(openpyxl.load_workbook(back)["Jawaban"].values)
    row = dict(zip(rows[0], rows[1], strict=True))
    assert row["referral_id"] == other and not row["nama"] and "tidak dikenal" in row["masalah"]


def test_a_copy_in_another_form_waits_and_is_never_read_as_a_village_list(office: Office) -> None:
    office.answer("rehsos", "buang.xlsx", {"05": ("diterima",)})
    sheet = openpyxl.load_workbook(office.home.inbox / "buang.xlsx")["Rujukan"]
    (office.home.inbox / "buang.xlsx").unlink()
    copy = office.home.inbox / "16.10.05.2036" / "2025" / "rehsos.csv"
    copy.parent.mkdir(parents=True)
    with copy.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines, delimiter=";").writerows(sheet.values)
    before = len(Lake(office.home.lake).read("membership"))
    lake = office.run()
    outcome, reason = office.outcome("16.10.05.2036/2025/rehsos.csv")
    assert outcome == "held" and "bukan buku kerja rujukan aslinya" in reason
    assert len(lake.read("membership")) == before


def test_the_command_takes_answers_like_any_other_file(tmp_path: Path) -> None:
    where = ("--inbox", tmp_path / "inbox", "--data", tmp_path / "home")
    write_list(tmp_path / "inbox" / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    assert pmks("run", *where).returncode == 0
    fill(
        tmp_path / "home" / "published" / "dayasos" / "rujukan.xlsx",
        tmp_path / "inbox" / "d.xlsx",
        {"24": ("selesai",), "23": ("selesai", None, "kapan-kapan")},
    )
    done = pmks("run", *where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 rows were refused and 1 recorded" in done.stdout and "published/dayasos/perbaikan/" in done.stdout
    status = pmks("status", "--data", tmp_path / "home")
    assert "1 answered" in status.stdout
