"""A person asks to be forgotten: no byte of theirs is left, everybody else stays, and the proof verifies."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from assets.intake.erasing import apply_erasures
from assets.intake.formats.isolation import ReaderPool
from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.villages import RETURN, return_to_villages
from pipelines.cli import main
from pipelines.erasure.forget import Left, complete, erase, search, workbooks_left
from pipelines.erasure.retention import past_retention
from pipelines.health import work
from pipelines.health.checks import examine
from pipelines.health.work import retention
from pipelines.proof.verification import verify
from tests.support.bytes_of_a_home import files_that_hold
from tests.support.finished import SAMPLE_INBOX, pmks
from tests.support.inbox import VILLAGE, home_in, refresh
from validation.answers import HEADERS
from warehouse.connection import opened
from warehouse.erasures import ErasureError, read_erasures
from warehouse.home import DataHome
from warehouse.lake import Lake

COLUMNS = ("NO", "NAMA", "NIK", "NO KK", "JENIS KELAMIN", "TANGGAL LAHIR", "ALAMAT", "KEPALA KELUARGA", "NAMA AYAH",
           "JENIS PMKS", "KETERANGAN")  # fmt: skip
Person = dict[str, str]
HIS = {"NAMA": "ZAINUDDIN KELANA", "NIK": "1610051504550077", "NO KK": "1610050101100077", "JENIS KELAMIN": "L",
       "TANGGAL LAHIR": "15-04-1955", "ALAMAT": "GANG CEMPEDAK 77", "KEPALA KELUARGA": "ZAINUDDIN KELANA",
       "JENIS PMKS": "LANJUT USIA TERLANTAR"}  # fmt: skip
WIFE = {"NAMA": "ROSMALA DEWI", "NIK": "1610055205600078", "NO KK": "1610050101100077", "JENIS KELAMIN": "P",
        "TANGGAL LAHIR": "12-05-1960", "ALAMAT": "JALAN RAYA 5", "KEPALA KELUARGA": "Zainuddin  Kelana",
        "JENIS PMKS": "FAKIR MISKIN", "KETERANGAN": "istri Zainuddin Kelana (1610051504550077)"}  # fmt: skip
SON = {"NAMA": "HENDRA PUTRA", "NIK": "1610051203850079", "NO KK": "1610050101100077", "JENIS KELAMIN": "L",
       "TANGGAL LAHIR": "12-03-1985", "ALAMAT": "JALAN RAYA 5", "NAMA AYAH": "ZAINUDDIN KELANA",
       "JENIS PMKS": "FAKIR MISKIN"}  # fmt: skip
NAMESAKE = {"NAMA": "HENDRA PUTRA", "NIK": "1610050107900099", "NO KK": "1610050101100099", "JENIS KELAMIN": "L",
            "TANGGAL LAHIR": "01-07-1990", "ALAMAT": "DUSUN III", "JENIS PMKS": "PEMULUNG"}  # fmt: skip
WORDS = (HIS["NAMA"], "Zainuddin  Kelana", HIS["NIK"], HIS["ALAMAT"], "CEMPEDAK")
START = datetime(2025, 1, 1, 8)
DIRECTORATES = ("rehsos", "dayasos", "jamsos")


def lines(people: Iterable[Person], *, header: bool = True) -> list[list[str]]:
    rows = [[str(n), *(person.get(column, "") for column in COLUMNS[1:])] for n, person in enumerate(people, 1)]
    return [list(COLUMNS), *rows] if header else rows


def write_csv(path: Path, rows: Iterable[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(";".join(row) for row in rows) + "\n", encoding="utf-8")
    return path


def write_book(path: Path, rows: Iterable[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


class Installation:
    """A data home that refreshes and publishes, a day after the time before."""

    def __init__(self, folder: Path) -> None:
        self.home: DataHome = home_in(folder)
        self.runs = 0

    def copy(self, folder: Path) -> Installation:
        """The same in another folder."""
        shutil.copytree(self.home.root.parent, folder, dirs_exist_ok=True)
        again = Installation(folder)
        again.runs = self.runs
        return again

    @property
    def lake(self) -> Lake:
        return Lake(self.home.lake)

    def run(self) -> Lake:
        self.runs += 1
        with ReaderPool(workers=1):
            lake = refresh(self.home, f"r{self.runs}", START + timedelta(days=self.runs))
        for directorate in DIRECTORATES:
            publish(PUBLISH.begin(lake, self.home), directorate)
        return_to_villages(RETURN.begin(lake, self.home))
        return lake

    def person(self, nik: str) -> str:
        return str(self.lake.read("persons").set_index("nik")["person_id"][nik])

    def forget(self, nik: str) -> Left:
        whom = search(self.home, [self.person(nik)])
        left = erase(self.home, whom, by="petugas", reason="permintaan 12/2026", at=START + timedelta(days=30))
        self.run()
        complete(self.home)
        return workbooks_left(self.home, whom, left)


def village_lists(made: Installation) -> None:
    """A village that names him in a superseded list, in its correction, in a row that is quarantined, in a title, in a
    file that waits, and in rows of his family; and another village to which he moved."""
    village = made.home.inbox / "16.10.05.2036"
    family = [HIS, WIFE, SON, NAMESAKE, *VILLAGE]
    write_csv(village / "2024" / "pmks.csv", lines(family[:-1]))
    write_csv(village / "2024" / "tanpa.csv", lines([HIS | {"JENIS PMKS": "TIDAK ADA"}, *VILLAGE[:2]]))
    made.run()
    write_csv(village / "2024" / "pmks.csv", lines([HIS | {"NAMA": "ZAINUDIN KELANA"}, *family[1:]]))
    title = [["DAFTAR PMKS A.N. ZAINUDDIN KELANA DAN LAINNYA"], []]
    write_book(village / "2025" / "pmks.xlsx", [*title, *lines([*family, WIFE | {"NIK": "", "NAMA": "TUTI"}])])
    write_csv(village / "2025" / "warga.csv", lines(family, header=False))
    write_csv(made.home.inbox / "16.10.05.2037" / "2025" / "pmks.csv", lines([HIS, *VILLAGE[2:]]))
    made.run()


@dataclass
class Done:
    """An installation before he was forgotten, one after it, what was left, and his id."""

    before: Installation
    after: Installation
    left: Left
    him: str


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Read only: `copy` it to change it."""
    before = Installation(tmp_path_factory.mktemp("before"))
    village_lists(before)
    after = before.copy(tmp_path_factory.mktemp("after"))
    him = after.person(HIS["NIK"])
    return Done(before, after, after.forget(HIS["NIK"]), him)


def others(lake: Lake, table: str, gone: set[str]) -> list[tuple[Any, ...]]:
    """The rows of a table about everybody but some persons, without what named him, in order."""
    frame = lake.read(table)
    if "record_id" in frame:
        theirs = lake.read("identity_ids").set_index("record_id")["person_id"]
        frame = frame[~frame["record_id"].map(theirs).isin(gone)]
    if "person_id" in frame:
        frame = frame[~frame["person_id"].isin(gone)]
    frame = frame.drop(columns=[c for c in ("kepala_keluarga", "nama_ayah", "keterangan", "raw") if c in frame])
    return sorted(map(tuple, frame.astype("str").fillna("").to_numpy().tolist()))


def test_nothing_of_the_person_is_left_and_everybody_else_is_who_they_were(done: Done) -> None:
    before, after = done.before.lake, done.after.lake
    assert len(files_that_hold(done.before.home.root, WORDS)) > 20
    assert files_that_hold(done.after.home.root, (*WORDS, "ZAINUDIN KELANA")) == []
    assert done.left.other == [] and done.left.unread == 0
    assert done.left.inbox == [
        "16.10.05.2036/2024/pmks.csv", "16.10.05.2036/2024/tanpa.csv", "16.10.05.2036/2025/pmks.xlsx",
        "16.10.05.2036/2025/warga.csv", "16.10.05.2037/2025/pmks.csv",
    ]  # fmt: skip
    for table in ("accepted", "membership", "persons"):
        assert others(after, table, {done.him}) == others(before, table, {done.him}) != []
    assert after.read("households")["household_id"].tolist() == before.read("households")["household_id"].tolist()
    pd.testing.assert_frame_equal(after.read("outcomes"), before.read("outcomes"))
    for table in ("ledger", "raw_rows", "readings", "row_outcomes"):
        assert after.rows(table) == before.rows(table)
    reasons = after.read("quarantined")["reasons"].map(list).tolist()
    assert reasons.count(["erased_on_request"]) == 5
    assert after.rows("accepted") == before.rows("accepted") - 4
    assert [claim for claim in verify(done.after.home, rebuild=True) if claim.exceptions] == []


def test_what_stays_is_the_proof_and_that_referrals_ended_at_his_request(done: Done) -> None:
    with opened(done.after.home.warehouse, read_only=True) as con:
        ended = con.execute(
            "SELECT DISTINCT ended_because FROM referrals.history WHERE person_id = ? AND subject = 'person' "
            "QUALIFY valid_from = max(valid_from) OVER (PARTITION BY referral_id)", [done.him],
        ).fetchall()  # fmt: skip
        proof = con.execute('SELECT DISTINCT person_id, "by", reason FROM audit.erasures').fetchall()
        rows = con.execute("SELECT sum(rows) FROM audit.erasures").fetchall()
        kept = con.execute("SELECT count(*) FROM audit.erased_rows JOIN records.quarantined USING (record_id)")
        assert kept.fetchall() == [(5,)]
    assert ended == [("dihapus_atas_permintaan",)]
    assert proof == [(done.him, "petugas", "permintaan 12/2026")]
    assert rows == [(6,)]


def test_his_family_stays_together_under_a_word_that_means_nothing(done: Done) -> None:
    word = read_erasures(done.after.home)[0].word
    records = done.after.lake.read("accepted").set_index("nama")
    assert set(records["kepala_keluarga"]["ROSMALA DEWI"]) == {word} and word.isalpha()
    assert records["nama_ayah"]["HENDRA PUTRA"].dropna().unique().tolist() == [word]


def test_the_same_bytes_sent_again_and_an_archive_brought_back_do_not_bring_the_person_back(
    done: Done, tmp_path: Path
) -> None:
    made = done.after.copy(tmp_path)
    home, lake = made.home, made.lake
    digest = lake.digest("rows", "records", "households")
    copies = {path.name: path.read_bytes() for path in home.archive.rglob("*.redacted")}
    shutil.copy(home.inbox / "16.10.05.2037/2025/pmks.csv", home.inbox / "16.10.05.2037/2025/kiriman ulang.csv")
    made.run()
    assert lake.digest("rows", "records", "households") == digest
    assert lake.rows("receipts") == done.after.lake.rows("receipts") + 1
    shutil.rmtree(home.archive)
    shutil.copytree(done.before.home.archive, home.archive)
    assert {claim.name for claim in verify(home, rebuild=False) if claim.exceptions} == {"erasures"}
    assert len(apply_erasures(home, lake.read("submissions"), read_erasures(home))) == len(copies) == 6
    assert {path.name: path.read_bytes() for path in home.archive.rglob("*.redacted")} == copies
    assert apply_erasures(home, lake.read("submissions"), read_erasures(home)) == []
    assert files_that_hold(home.root, WORDS) == []


def test_a_redacted_copy_that_was_changed_is_noticed_and_not_read(done: Done, tmp_path: Path) -> None:
    home = done.after.copy(tmp_path).home
    copy = next(path for path in sorted(home.archive.rglob("*.redacted")) if b"ROSMALA" in path.read_bytes())
    copy.chmod(0o600)
    copy.write_bytes(copy.read_bytes().replace(b"ROSMALA", b"ROSMINI"))
    broken = {claim.name: claim.exceptions for claim in verify(home, rebuild=False) if claim.exceptions}
    assert broken == {"erasures": [copy.stem]}
    for manifest in (home.lake / "_manifests" / "rows").glob("*.json"):
        manifest.unlink()
    with pytest.raises(ErasureError, match="not the redacted copy"):
        refresh(home, "again", START + timedelta(days=60))


def test_a_second_person_answers_and_workbooks_that_people_typed_into(done: Done, tmp_path: Path) -> None:
    made = done.before.copy(tmp_path)
    home = made.home
    published = home.published / "rehsos" / "rujukan.xlsx"
    book = openpyxl.load_workbook(published)
    sheet = book["Rujukan"]
    at = {str(cell.value): cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, at[HEADERS[1]]).value = "diterima"
        sheet.cell(row, at[HEADERS[2]]).value = f"dikunjungi: {sheet.cell(row, at['Nama']).value}"
    book.save(published)
    (home.inbox / "jawaban").mkdir()
    shutil.copy(published, home.inbox / "jawaban" / "rehsos.xlsx")
    typed = sorted(home.corrections.rglob("*2025*.xlsx"))[0]
    book = openpyxl.load_workbook(typed)
    book.worksheets[-1]["Z1"] = "dicek di lapangan"
    book.save(typed)
    made.run()
    answers = made.lake.read("answers")
    assert answers["keterangan"].str.contains(HIS["NAMA"]).sum() == 1
    left = made.forget(HIS["NIK"])
    assert left.other == [] and "jawaban/rehsos.xlsx" in left.inbox
    after = made.lake.read("answers")
    assert after["answer_id"].tolist() == answers["answer_id"].tolist()
    assert after["keterangan"].isna().sum() == 1
    kept = [path for path in home.root.rglob("*(suntingan *.xlsx") if "archive" not in path.parts]
    assert {path.parent.name for path in kept} >= {"rehsos"}
    assert any(openpyxl.load_workbook(path).worksheets[-1]["Z1"].value == "dicek di lapangan" for path in kept)
    assert search(home, [done.him]) == []
    made.forget(SON["NIK"])
    assert files_that_hold(home.root, (*WORDS, SON["NIK"])) == []
    assert NAMESAKE["NIK"] in set(made.lake.read("accepted").set_index("nama")["nik"]["HENDRA PUTRA"])
    assert [claim for claim in verify(home, rebuild=True) if claim.exceptions] == []


def test_all_who_were_last_listed_too_long_ago_are_forgotten_in_one_act(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    village = made.home.inbox / "16.10.05.2036"
    write_csv(village / "2014" / "pmks.csv", lines([HIS, SON, NAMESAKE, *VILLAGE]))
    write_csv(village / "2024" / "pmks.csv", lines([HIS, WIFE, *VILLAGE]))
    made.run()
    old = {made.person(each["NIK"]) for each in (SON, NAMESAKE)}
    assert past_retention(made.lake, 10, date(2024, 12, 31)) == []  # the last day on which they may be kept
    assert past_retention(made.lake, 10, date(2025, 1, 1)) == sorted(old)
    assert past_retention(made.lake, 10, date(2026, 1, 1)) == sorted(old)
    stay = others(made.lake, "accepted", old)
    whom = search(made.home, past_retention(made.lake, 10, date(2025, 1, 1)))
    left = erase(made.home, whom, by="petugas", reason="jadwal retensi", at=START + timedelta(days=30))
    made.run()
    complete(made.home)
    assert workbooks_left(made.home, whom, left).other == []
    assert files_that_hold(made.home.root, (SON["NIK"], NAMESAKE["NIK"], NAMESAKE["NAMA"])) == []
    assert others(made.lake, "accepted", old) == stay != []
    assert {(each.person_id, each.at, each.reason) for each in read_erasures(made.home)} == {
        (person, (START + timedelta(days=30)).isoformat(), "jadwal retensi") for person in old
    }
    assert past_retention(made.lake, 10, date(2025, 1, 1)) == []
    assert [claim for claim in verify(made.home, rebuild=True) if claim.exceptions] == []


def test_retention_is_told_once_it_is_set_and_the_command_says_whom_it_found(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = done.after.copy(tmp_path).home
    home.warehouse.touch()

    def said(*arguments: str) -> tuple[int, str]:
        ended = CliRunner().invoke(main, ["forget", *arguments, "--reason", "x", "--data", str(home.root)], input="n\n")
        return ended.exit_code, ended.output

    monkeypatch.setenv("PMKS_DATA", str(home.root))
    assert list(retention(home)) == [] and "Set PMKS_RETENTION_YEARS" in said("--past-retention")[1]
    monkeypatch.setenv("PMKS_RETENTION_YEARS", "1000")
    assert list(retention(home)) == []
    assert said("--past-retention") == (0, "Nobody was last listed more than 1,000 years ago.\n")
    monkeypatch.setattr(work, "date", type("Later", (date,), {"today": classmethod(lambda _: date(3100, 1, 1))}))
    (finding,) = retention(home)
    assert finding.wrong and finding.facts["count"] == done.after.lake.rows("persons") > 0
    assert said()[0] == said("P0", "--past-retention")[0] == 2


ASKED = "SELECT person_id FROM households.persons p WHERE (SELECT count(*) FROM households.persons q WHERE q.nama = p.nama) = 1 AND nik IS NOT NULL AND alamat IS NOT NULL ORDER BY 1 LIMIT 1"  # noqa: E501


def test_the_command_forgets_a_person_of_the_sample(finished: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home)
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        ((person,),) = con.execute(ASKED).fetchall()
        words = con.execute("SELECT nama, nik FROM households.persons WHERE person_id = ?", [person]).fetchall()[0]
    where = ("--inbox", SAMPLE_INBOX, "--data", home)
    for wrong in ((person,), (person, "--reason", " "), ("P0000000000000000", "--reason", "x")):
        assert CliRunner().invoke(main, ["forget", *wrong, "--data", str(home)]).exit_code == 2
    asked = CliRunner().invoke(main, ["forget", person, "--reason", "x", "--data", str(home)], input="n\n")
    assert asked.exit_code == 1 and not (home / "erasures").exists()
    assert files_that_hold(home, words) != []
    done = pmks("forget", person, "--reason", "permintaan", "--yes", *where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Erased." in done.stdout and "still lie in the inbox" in done.stdout
    assert not any(word in done.stdout for word in words)
    assert files_that_hold(home, words) == []
    assert not (home / "erasures" / "unfinished").exists()
    entry = json.loads((home / "erasures" / "ledger.jsonl").read_text().splitlines()[0])
    copy = home / "archive" / entry["submission_id"][:2] / f"{entry['submission_id']}.redacted"
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == entry["redaction"]
    again = pmks("run", *where)
    assert again.returncode == 0 and "Nothing changed" in again.stdout
    fit = examine(DataHome(root=home, inbox=SAMPLE_INBOX, settle_seconds=0), deep=True)
    assert [result.check for result in fit if result.wrong] == []
