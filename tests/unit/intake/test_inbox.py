"""From a folder of files to a registry: looked at, archived, placed, read, settled."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import stat
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pandas as pd
import pytest

from assets.intake.formats.original import DAMAGED
from assets.intake.inbox.archiving import ClosedFileError, archive_together
from assets.intake.inbox.comparing import compare_among
from assets.intake.inbox.discovery import Discovery, FoundFile, discover
from assets.intake.inbox.outcomes import Settlement, settle
from assets.intake.inbox.registration import RECEIPTS, SUBMISSIONS, Registration, Registry, register
from assets.intake.inbox.versions import version_of
from assets.intake.read_once import KEPT, Kept
from assets.intake.reading import IntakeTables, ledger_balance, read_partition
from assets.intake.stages.register import look
from tests.support.inbox import VILLAGE, home_in, write_list
from tests.support.written import WRITERS
from warehouse.archive import archived
from warehouse.files import LANDING

HEADER = ["NO", "NIK", "NAMA", "L/P", "TGL LAHIR", "JENIS PMKS"]
NAMES = ("SUTRISNO", "SITI", "KARTO", "WAGIMAN", "HALIMAH", "RUKMINI", "DARSONO", "SUMIATI")
NOW = 2_000_000_000.0
PLACE = "16.10.05.2036/2023"


def rows(count: int, start: int = 0, category: str = "Fakir Miskin") -> list[list[Any]]:
    return [[i + 1, f"161005120585{i + start:04d}", NAMES[i % 8], "L", "12-05-1985", category] for i in range(count)]


class Inbox:
    """A data home in a temporary folder, and what the stage does with it."""

    def __init__(self, root: Path) -> None:
        self.folder, self.archive = root / "inbox", root / "archive"
        self.folder.mkdir()
        empty = (pd.DataFrame(columns=list(SUBMISSIONS)), pd.DataFrame(columns=list(RECEIPTS)))
        self.registry = Registry(*empty)
        self.day = 0

    def put(self, path: str, grid: list[list[Any]], writer: str = "xlsx by xlsxwriter") -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        width = max(map(len, grid))
        WRITERS[writer][1](target, [[*row, *[""] * (width - len(row))] for row in grid])

    def say(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def look(self, **more: Any) -> Discovery:
        return discover(self.folder, **{"now": NOW, "settle_seconds": 60, "earlier": {}, **more})

    def register(self) -> Registration:
        self.day += 1
        made = register(
            self.look(), self.archive, self.registry, received_at=datetime(2024, 3, self.day), run_id="r", workers=1
        )
        self.registry = made.registry
        return made

    def read(self) -> IntakeTables:
        placed = self.registry.submissions.dropna(subset=["kode_kabupaten", "periode"])
        return read_partition(placed, self.archive, workers=1)

    def settle(self) -> tuple[Registration, IntakeTables, Settlement]:
        made = self.register()
        tables = self.read()
        readings = pd.concat([made.readings, tables.readings], ignore_index=True)
        settled = settle(self.registry.submissions, self.registry.receipts, readings, compare_among([tables.raw_rows]))
        assert ledger_balance(readings, tables.ledger, tables.raw_rows).empty
        return made, tables, settled

    def outcomes(self) -> dict[str, str]:
        _, _, settled = self.settle()
        joined = self.registry.submissions.merge(settled.outcomes, on="submission_id")
        return dict(zip(joined["path"], joined["outcome"], strict=True))

    def submission(self, path: str) -> pd.Series[Any]:
        (row,) = [row for _, row in self.registry.submissions.iterrows() if row["path"] == path]
        return row


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def test_files_that_are_none_are_ignored(inbox: Inbox) -> None:
    for name in ("~$a.xlsx", ".b.xlsx", "Thumbs.db", "desktop.ini", "c.tmp", "d.part", "d.xlsx.partial",
                 "d.xlsx.filepart", "d.xlsx.crdownload"):  # fmt: skip
        inbox.say(name, "x")
    inbox.say("e.csv", "x")
    found = inbox.look()
    assert [file.path for file in found.files] == ["e.csv"]
    assert found.ignored == 9


def test_a_file_still_being_copied_waits_until_it_stops_changing(inbox: Inbox) -> None:
    inbox.say("a.csv", "x")
    os.utime(inbox.folder / "a.csv", (NOW - 5, NOW - 5))
    first = inbox.look()
    assert first.waiting == {"a.csv": "copying"} and not first.files
    assert [file.path for file in inbox.look(earlier=first.looks).files] == ["a.csv"]
    inbox.say("a.csv", "xy")
    os.utime(inbox.folder / "a.csv", (NOW - 5, NOW - 5))
    assert inbox.look(earlier=first.looks).waiting == {"a.csv": "copying"}
    assert not inbox.look(now=NOW + 100).waiting


def test_links_out_of_the_inbox_are_not_followed(inbox: Inbox, tmp_path: Path) -> None:
    elsewhere = tmp_path / "kiriman"
    elsewhere.mkdir()
    (elsewhere / "rahasia.csv").write_text("x")
    inbox.say("b/c.csv", "x")
    links = {
        "a.csv": elsewhere / "rahasia.csv",
        "b/folder": elsewhere,
        "gone.csv": tmp_path / "gone",
        ".hidden": elsewhere,
    }
    within = {"b/d.csv": inbox.folder / "b" / "c.csv", "b/round": inbox.folder, "nothing.csv": inbox.folder / "none"}
    for name, target in (links | within).items():
        (inbox.folder / name).symlink_to(target)
    found = inbox.look()
    assert [file.path for file in found.files] == ["b/c.csv", "b/d.csv"]
    assert found.waiting == dict.fromkeys(["a.csv", "b/folder", "gone.csv"], "leads_out")


def test_a_file_of_the_data_home_under_another_name_is_not_read_and_is_said_to_wait(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    secret = home.review / "decisions.jsonl"
    write_list(secret, VILLAGE)
    write_list(tmp_path / "elsewhere.csv", VILLAGE)
    os.link(secret, home.inbox / "a.csv")
    os.link(tmp_path / "elsewhere.csv", home.inbox / "b.csv")
    os.link(home.inbox / "b.csv", home.inbox / "c.csv")
    found = look(home, remember=False)
    assert [file.path for file in found.files] == ["b.csv", "c.csv"]
    assert found.waiting == {"a.csv": "linked"}


def test_sidecars_are_merged_strongest_first(inbox: Inbox) -> None:
    inbox.say("a/b/c.csv", "x")
    inbox.say("sumber.yml", "periode: 2021\nkode_pmks: 24\nskema_kode: permensos-8-2012\n")
    inbox.say("a/b/sumber.yml", "periode: 2022\njenis_kelamin: {1: L, 0: P}\nmenggantikan: x.csv\n")
    inbox.say("a/b/c.csv.yml", "kode_desa: 1610052036\nkolom: {NAMA: nama, B: tempat_lahir+tanggal_lahir, C: null}\n")
    (file,) = inbox.look().files
    assert file.declaration == {
        "periode": "2022",
        "kode_pmks": ["24"],
        "skema_kode": "permensos-8-2012",
        "jenis_kelamin": {"1": "L", "0": "P"},
        "kode_desa": "16.10.05.2036",
        "kolom": {"NAMA": "nama", "B": "tempat_lahir+tanggal_lahir", "C": None},
    }
    assert file.declared_by == ["a/b/c.csv.yml", "a/b/sumber.yml", "sumber.yml"]


@pytest.mark.parametrize(
    "text, code",
    [
        ("periode: [", "sidecar_unreadable"),
        ("- a\n- b\n", "sidecar_unreadable"),
        ("&a [*a]", "sidecar_unreadable"),
        ("warna: biru\n", "sidecar_key_refused"),
        ("kode_desa: 99.99.99.9999\n", "sidecar_key_refused"),
        ("periode: kemarin\n", "sidecar_key_refused"),
        ("kolom: {A: nomor_sepatu}\n", "sidecar_key_refused"),
        ("jenis_kelamin: {1: entah}\n", "sidecar_key_refused"),
        ("!!python/object/apply:os.system ['true']\n", "sidecar_unreadable"),
    ],
)
def test_a_faulty_sidecar_holds_its_file_and_no_other_until_it_is_mended(inbox: Inbox, text: str, code: str) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(3)])
    inbox.put(f"{PLACE}/b.xlsx", [HEADER, *rows(4, 50)])
    inbox.say(f"{PLACE}/a.xlsx.yml", text)
    _, tables, settled = inbox.settle()
    assert dict(zip(tables.readings["outcome"], tables.readings["reason_code"], strict=True))["held"] == code
    assert sorted(settled.outcomes["outcome"]) == ["accepted", "held"]
    assert inbox.submission(f"{PLACE}/a.xlsx")["kode_desa"] == "16.10.05.2036"
    inbox.say(f"{PLACE}/a.xlsx.yml", "periode: 2022\n")
    assert set(inbox.outcomes().values()) == {"accepted"}


def test_a_faulty_sidecar_of_a_file_that_has_gone_is_reported_and_changes_nothing(inbox: Inbox) -> None:
    path = f"{PLACE}/a.xlsx"
    inbox.put(path, [HEADER, *rows(3)])
    inbox.register()
    (inbox.folder / path).unlink()
    inbox.say(f"{path}.yml", "ditarik: [\n")
    assert list(inbox.register().findings["code"]) == ["sidecar_unreadable"]
    assert inbox.outcomes() == {path: "accepted"}


def test_sidecars_are_archived_as_evidence(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(3)])
    for text in ("periode: 2022\n", "periode: [\n", "ditarik: " + "x" * 100_000):
        inbox.say(f"{PLACE}/a.xlsx.yml", text)
        inbox.register()
        kept = inbox.registry.sidecars
        assert text in [archived(inbox.archive, sid).read_text() for sid in kept["sidecar_id"]]
    assert set(kept["path"]) == {f"{PLACE}/a.xlsx.yml"} and len(kept) == 3
    assert inbox.outcomes() == {f"{PLACE}/a.xlsx": "held"}


def test_registering_twice_changes_nothing(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(3)])
    inbox.put("tanpa tempat.xlsx", [HEADER, *rows(3, 50)])
    first = inbox.register()
    second = inbox.register()
    pd.testing.assert_frame_equal(first.registry.submissions, second.registry.submissions)
    pd.testing.assert_frame_equal(first.registry.receipts, second.registry.receipts)
    pd.testing.assert_frame_equal(first.readings, second.readings)
    assert first.touched == [("16.10", "2023")]
    assert second.touched == []


def test_the_archive_holds_the_bytes_read_only(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(3)])
    inbox.register()
    kept = archived(inbox.archive, inbox.submission(f"{PLACE}/a.xlsx")["submission_id"])
    assert kept.read_bytes() == (inbox.folder / PLACE / "a.xlsx").read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400
    assert [path for path in inbox.archive.rglob("*") if path.is_file()] == [kept]


def test_files_archived_beside_each_other_come_out_in_their_order_whether_alike_small_or_large(tmp_path: Path) -> None:
    contents = [b"same" if number % 3 else bytes([number]) * 1000 for number in range(40)]
    contents[7] = contents[25] = b"large" * (1 << 20)
    contents += [b""]
    files = []
    for number, content in enumerate(contents):
        path = tmp_path / str(number)
        path.write_bytes(content)
        files.append(FoundFile(path.name, str(path), len(content), 0, {}, []))
    files.append(FoundFile("gone", str(tmp_path / "gone"), 0, 0, {}, []))
    beside = archive_together([(file.source, file.size) for file in files], tmp_path / "archive")
    for number, (file, archiving) in enumerate(zip(files, beside, strict=True)):
        if file.path == "gone":
            with pytest.raises(ClosedFileError):
                archiving()
        else:
            assert archiving() == (sha256(contents[number]).hexdigest(), len(contents[number]))
    kept = [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]
    assert {path.read_bytes() for path in kept} == set(contents) and len(kept) == len(set(contents))
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o400}


def test_what_is_archived_together_is_flushed_once_and_so_is_each_folder_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    flush = os.fsync

    def noted(handle: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        flush(handle)

    monkeypatch.setattr(os, "fsync", noted)
    archive, sources = tmp_path / "archive", [(bytes([number]), 1) for number in range(40)]
    ids = [archiving()[0] for archiving in archive_together(sources, archive)]
    files, folders = flushed[:40], flushed[40:]
    assert {name.removeprefix(LANDING)[:64] for name in files} == set(ids)
    assert sorted(folders) == sorted({"archive", *(sid[:2] for sid in ids)})
    assert [archiving()[0] for archiving in archive_together(sources, archive)] == ids
    assert len(flushed) == len(files) + len(folders)


def test_the_same_bytes_again_are_one_more_receipt(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(3)])
    inbox.register()
    copy = inbox.folder / "16.10.05.2036/2023/salinan.xlsx"
    copy.write_bytes((inbox.folder / PLACE / "a.xlsx").read_bytes())
    made = inbox.register()
    assert len(made.registry.submissions) == 1
    assert len(made.registry.receipts) == 2
    assert made.touched == []


def test_a_file_that_left_the_inbox_goes_on_counting_until_it_is_withdrawn(inbox: Inbox) -> None:
    path = f"{PLACE}/a.xlsx"
    inbox.put(path, [HEADER, *rows(3)])
    inbox.register()
    (inbox.folder / path).unlink()
    assert inbox.outcomes() == {path: "accepted"}
    inbox.say(f"{path}.yml", "ditarik: salah kirim\n")
    assert inbox.outcomes() == {path: "withdrawn"}


def test_a_new_version_at_the_same_path_takes_effect_only_once_accepted(inbox: Inbox) -> None:
    path = f"{PLACE}/a.xlsx"
    inbox.put(path, [HEADER, *rows(6)])
    inbox.register()
    inbox.put(path, rows(6))
    _, _, settled = inbox.settle()
    assert sorted(settled.outcomes["outcome"]) == ["accepted", "held"]
    assert list(settled.findings["code"]) == ["replacement_waits"]
    changed = rows(8)[1:]
    changed[0][5] = "Pemulung"
    inbox.put(path, [HEADER, *changed])
    _, _, settled = inbox.settle()
    assert sorted(settled.outcomes["outcome"]) == ["accepted", "superseded", "superseded"]
    counted = settled.changes.set_index("change")["rows"].to_dict()
    assert (counted["added"], counted["gone"]) == (2, 1)
    assert counted["changed"] >= 1


def test_a_clearly_numbered_version_replaces_its_base(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/Data PMKS.xlsx", [HEADER, *rows(6)])
    inbox.put(f"{PLACE}/Data PMKS (1).xlsx", [HEADER, *rows(7)])
    inbox.put(f"{PLACE}/Data PMKS (2).csv", [HEADER, *rows(8)], "csv")
    found = inbox.outcomes()
    assert found.pop(f"{PLACE}/Data PMKS (2).csv") == "accepted"
    assert set(found.values()) == {"superseded"}


def test_two_marks_of_which_neither_is_clearly_newer_both_count(inbox: Inbox) -> None:
    for count, name in enumerate(("Data PMKS", "Data PMKS (1)", "Data PMKS FIX"), 6):
        inbox.put(f"{PLACE}/{name}.xlsx", [HEADER, *rows(count)])
    _, _, settled = inbox.settle()
    assert sorted(settled.outcomes["outcome"]) == ["accepted", "accepted", "superseded"]
    unclear = settled.findings[settled.findings["code"] == "replacement_unclear"]
    in_force = settled.outcomes.loc[settled.outcomes["outcome"] == "accepted", "submission_id"]
    assert sorted(unclear["submission_id"]) == sorted(in_force)


def test_a_marked_file_that_holds_other_people_replaces_nothing(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/Data PMKS.xlsx", [HEADER, *rows(9)])
    inbox.put(f"{PLACE}/Data PMKS (1).xlsx", [HEADER, *rows(9, 100)])
    inbox.put(f"{PLACE}/lansia.xlsx", [HEADER, *rows(9, 200)])
    inbox.put(f"{PLACE}/lansia FIX.xlsx", [HEADER, *rows(2, 200)])
    _, _, settled = inbox.settle()
    assert set(settled.outcomes["outcome"]) == {"accepted"}
    assert list(settled.findings["code"]) == ["replacement_unclear"] * 4


def test_lists_that_claim_to_replace_each_other_all_count(inbox: Inbox) -> None:
    for number, (name, other) in enumerate((("a", "b"), ("b", "c"), ("c", "a"))):
        inbox.put(f"{PLACE}/{name}.xlsx", [HEADER, *rows(6, number * 50)])
        inbox.say(f"{PLACE}/{name}.xlsx.yml", f"menggantikan: {PLACE}/{other}.xlsx\n")
    inbox.put(f"{PLACE}/d.xlsx", [HEADER, *rows(6, 500)])
    _, _, settled = inbox.settle()
    assert set(settled.outcomes["outcome"]) == {"accepted"}
    assert set(settled.findings["code"]) == {"replacement_unclear"}
    inbox.say(f"{PLACE}/d.xlsx.yml", f"menggantikan: {PLACE}/b.xlsx\n")
    found = inbox.outcomes()
    assert found.pop(f"{PLACE}/d.xlsx") == "accepted"
    assert set(found.values()) == {"superseded"}


def test_the_version_after_a_held_one_replaces_what_that_one_was_to_replace(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/lama.xlsx", [HEADER, *rows(6)])
    inbox.put(f"{PLACE}/baru.xlsx", rows(7))
    inbox.say(f"{PLACE}/baru.xlsx.yml", f"menggantikan: {PLACE}/lama.xlsx\n")
    assert inbox.outcomes() == {f"{PLACE}/lama.xlsx": "accepted", f"{PLACE}/baru.xlsx": "held"}
    (inbox.folder / PLACE / "baru.xlsx.yml").unlink()
    inbox.put(f"{PLACE}/baru.xlsx", [HEADER, *rows(7)])
    _, _, settled = inbox.settle()
    joined = inbox.registry.submissions.merge(settled.outcomes, on="submission_id")
    assert list(joined.loc[joined["path"] == f"{PLACE}/lama.xlsx", "outcome"]) == ["superseded"]


def test_withdrawing_a_file_does_not_bring_back_what_it_replaced(inbox: Inbox) -> None:
    path = f"{PLACE}/a.xlsx"
    inbox.put(path, [HEADER, *rows(6)])
    inbox.register()
    inbox.put(path, [HEADER, *rows(7)])
    inbox.say(f"{path}.yml", "ditarik: salah kirim\n")
    _, _, settled = inbox.settle()
    assert list(settled.outcomes["outcome"]) == ["withdrawn", "withdrawn"]


@pytest.mark.parametrize(("old", "new"), [("Data PMKS (lama)", "Data PMKS"), ("Data PMKS draft", "Data PMKS FINAL")])
def test_of_a_list_that_is_called_an_older_one_it_is_asked_which_holds(inbox: Inbox, old: str, new: str) -> None:
    inbox.put(f"{PLACE}/{old}.xlsx", [HEADER, *rows(10)])
    inbox.put(f"{PLACE}/{new}.xlsx", [HEADER, *rows(10, 5)])
    _, _, settled = inbox.settle()
    assert set(settled.outcomes["outcome"]) == {"accepted"}
    assert list(settled.findings["code"]) == ["replacement_unclear"] * 2


def test_a_numbered_name_without_its_base_is_just_a_file(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/data pmks (1).xlsx", [HEADER, *rows(6)])
    inbox.put(f"{PLACE}/lansia.xlsx", [HEADER, *rows(6, 100)])
    assert set(inbox.outcomes().values()) == {"accepted"}


def test_a_declared_replacement_and_an_unknown_one(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/lama.xlsx", [HEADER, *rows(6)])
    inbox.put(f"{PLACE}/baru.xlsx", [HEADER, *rows(7)])
    inbox.say(f"{PLACE}/baru.xlsx.yml", f"menggantikan: {PLACE}/lama.xlsx\n")
    assert inbox.outcomes() == {f"{PLACE}/lama.xlsx": "superseded", f"{PLACE}/baru.xlsx": "accepted"}
    inbox.say(f"{PLACE}/baru.xlsx.yml", "menggantikan: entah.xlsx\n")
    _, _, settled = inbox.settle()
    assert "replaces_unknown" in set(settled.findings["code"])
    assert set(settled.outcomes["outcome"]) == {"accepted"}


def test_overlapping_lists_without_a_stated_relation_both_count_and_are_findings(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/satu.xlsx", [HEADER, *rows(8)])
    inbox.put(f"{PLACE}/dua.xlsx", [HEADER, *rows(7)])
    _, _, settled = inbox.settle()
    assert set(settled.outcomes["outcome"]) == {"accepted"}
    assert list(settled.findings["code"]) == ["replacement_unclear", "replacement_unclear"]


def test_returning_to_an_earlier_content_puts_it_back_in_force(inbox: Inbox) -> None:
    path = f"{PLACE}/a.xlsx"
    inbox.put(path, [HEADER, *rows(6)])
    first = inbox.folder / path
    bytes_of_first = first.read_bytes()
    inbox.register()
    inbox.put(path, [HEADER, *rows(7)])
    inbox.register()
    first.write_bytes(bytes_of_first)
    _, tables, settled = inbox.settle()
    in_force = settled.outcomes.loc[settled.outcomes["outcome"] == "accepted", "submission_id"]
    assert list(tables.readings.set_index("submission_id").loc[in_force, "rows_data"]) == [6]


TITLES = [
    ["DATA PMKS TAHUN 2021"],
    ["DESA", "", ": TG. PASIR"],
    ["KECAMATAN : PEMULUTAN"],
    ["KABUPATEN : OGAN ILIR"],
    [],
]


def test_titles_place_a_file(inbox: Inbox) -> None:
    inbox.put("kiriman/a.xlsx", [*TITLES, HEADER, *rows(3)])
    inbox.register()
    found = inbox.submission("kiriman/a.xlsx")
    assert (found["kode_desa"], found["kode_kabupaten"], found["periode"]) == ("16.10.05.2036", "16.10", "2021")


def test_a_file_that_its_titles_place_is_read_once_for_its_rows_too(inbox: Inbox) -> None:
    inbox.put("kiriman/daftar.xlsx", [*TITLES, HEADER, *rows(3)])
    inbox.register()
    KEPT.let_go()
    from_archive = inbox.read()
    inbox.registry = Registry(inbox.registry.submissions[:0], inbox.registry.receipts[:0])
    inbox.register()
    for copy in inbox.archive.glob("*/*"):
        copy.unlink()
    kept = inbox.read()
    assert len(kept.raw_rows) == 3
    for name, table in vars(from_archive).items():
        pd.testing.assert_frame_equal(table, getattr(kept, name))
    assert inbox.read().readings["reason_code"].tolist() == [DAMAGED]


def test_what_does_not_fit_is_not_kept() -> None:
    kept, results = Kept(most=200), {name: Random(name).randbytes(100) for name in "abc"}
    calls = {name: ("archive", "{}", name) for name in results}
    for name, result in results.items():
        kept.keep(calls[name], pickle.dumps(result))
    assert [kept.take(call) for call in calls.values()] == [results["a"], None, None]
    kept.keep(calls["c"], pickle.dumps(results["c"]))
    assert kept.take(calls["c"]) == results["c"]


def test_a_village_name_alone_holds_the_file_and_says_what_is_missing(inbox: Inbox) -> None:
    inbox.put("a.xlsx", [["DESA : TANJUNG PASIR"], ["TAHUN 2021"], HEADER, *rows(3)])
    made = inbox.register()
    assert list(made.readings["reason_code"]) == ["village_ambiguous"]
    inbox.say("a.xlsx.yml", "kode_desa: 16.10.05.2036\n")
    assert inbox.outcomes() == {"a.xlsx": "accepted"}


def test_a_title_that_contradicts_the_path_holds_the_file(inbox: Inbox) -> None:
    inbox.put("16.10.05.2037/2021/a.xlsx", [*TITLES, HEADER, *rows(3)])
    _, tables, _ = inbox.settle()
    assert list(tables.readings["reason_code"]) == ["village_contradicted"]
    inbox.put("16.10.05.2036/2021/b.xlsx", [*TITLES, HEADER, *rows(4)])
    assert inbox.outcomes()["16.10.05.2036/2021/b.xlsx"] == "accepted"


@pytest.mark.parametrize(
    ("first", "titled"), [("16.10.05.2037/2021/a.xlsx", True), ("a.xlsx", False), ("16.10/a.xlsx", False)]
)
@pytest.mark.parametrize("stays", [True, False])
def test_a_list_that_waits_for_its_village_may_be_moved_to_its_folder(
    inbox: Inbox, first: str, titled: bool, stays: bool
) -> None:
    """As the reasons for which it is held advise; the bytes are the same, so that it is the same submission."""
    inbox.put(first, [*(TITLES if titled else []), HEADER, *rows(3)])
    inbox.register()
    assert inbox.submission(first)["kode_desa"] != "16.10.05.2036"
    right = "16.10.05.2036/2022/a.xlsx"
    (inbox.folder / right).parent.mkdir(parents=True)
    shutil.copy(inbox.folder / first, inbox.folder / right)
    if not stays:
        (inbox.folder / first).unlink()
    assert inbox.outcomes() == {first: "accepted"}
    placed = inbox.submission(first)
    assert (placed["kode_desa"], placed["periode"]) == ("16.10.05.2036", "2022")
    assert inbox.register().touched == []
    (inbox.folder / right).unlink()
    assert inbox.outcomes() == {first: "accepted"}


def test_a_list_that_has_its_village_keeps_it_wherever_else_it_lies(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(3)])
    inbox.register()
    for other in ("16.10.05.2037/2024/a.xlsx", "selesai/2025/a.xlsx"):
        (inbox.folder / other).parent.mkdir(parents=True)
        shutil.copy(inbox.folder / PLACE / "a.xlsx", inbox.folder / other)
        assert inbox.register().touched == []
    (inbox.folder / PLACE / "a.xlsx").unlink()
    assert inbox.register().touched == []
    assert inbox.submission(f"{PLACE}/a.xlsx")["kode_desa"] == "16.10.05.2036"


def test_a_declaration_wins_over_a_title_with_a_finding(inbox: Inbox) -> None:
    inbox.put("16.10.05.2037/2021/a.xlsx", [*TITLES, HEADER, *rows(3)])
    inbox.say("16.10.05.2037/2021/a.xlsx.yml", "kode_desa: 16.10.05.2037\nperiode: 2022\n")
    _, tables, settled = inbox.settle()
    assert list(settled.outcomes["outcome"]) == ["accepted"]
    assert set(tables.findings["code"]) == {
        "village_declared_against_title", "period_declared_against_path", "period_differs_from_title",
    }  # fmt: skip
    assert set(tables.raw_rows["kode_desa"]) == {"16.10.05.2037"}


def test_columns_place_rows_of_a_kabupaten_list(inbox: Inbox) -> None:
    grid = [["KODE DESA", *HEADER]]
    grid += [[code, *row] for code, row in zip(["1610052036", "1610052037"] * 3, rows(6), strict=True)]
    inbox.put("2024-S1/kabupaten.csv", grid, "csv")
    _, tables, settled = inbox.settle()
    assert list(settled.outcomes["outcome"]) == ["accepted"]
    found = inbox.submission("2024-S1/kabupaten.csv")
    assert found["kode_kabupaten"] == "16.10" and found["periode"] == "2024-S1"
    assert tables.raw_rows["kode_desa"].isna().all()


def test_without_any_period_the_year_of_receipt_is_taken_with_a_finding(inbox: Inbox) -> None:
    inbox.put("16.10.05.2036/a.xlsx", [HEADER, *rows(3)])
    _, tables, _ = inbox.settle()
    assert inbox.submission("16.10.05.2036/a.xlsx")["periode"] == "2024"
    assert "period_of_receipt" in set(tables.findings["code"])


def test_unreadable_files_cost_only_themselves(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(3)])
    inbox.say(f"{PLACE}/kosong.xlsx", "")
    (inbox.folder / PLACE / "foto.xlsx").write_bytes(b"\xff\xd8\xff\xe0" + b"x" * 100)
    inbox.say("tanpa tempat.pdf", "%PDF-1.4 x")
    found = inbox.outcomes()
    assert found == {
        f"{PLACE}/a.xlsx": "accepted",
        f"{PLACE}/kosong.xlsx": "rejected",
        f"{PLACE}/foto.xlsx": "rejected",
        "tanpa tempat.pdf": "held",
    }


@pytest.mark.parametrize("name", ["a.xlsx.yml", "a - PERBAIKAN 16.10.05.2036 2023 0a1b2c3d.usulan.yml"])
def test_accepting_the_proposal_reads_a_headerless_file(inbox: Inbox, name: str) -> None:
    path = f"{PLACE}/a.xlsx"
    inbox.put(path, rows(8))
    _, tables, _ = inbox.settle()
    assert list(tables.readings["outcome"]) == ["held"]
    (text,) = tables.proposals["text"]
    inbox.say(f"{PLACE}/{name}", text)
    assert inbox.outcomes() == {path: "accepted"}
    assert len(inbox.read().raw_rows) == 8


def test_a_proposal_beside_two_files_of_its_name_is_not_guessed_to_be_of_one(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", rows(8))
    inbox.put(f"{PLACE}/a.csv", rows(8, 50), "csv")
    inbox.say(f"{PLACE}/a - PERBAIKAN 16.10.05.2036 2023 0a1b2c3d.usulan.yml", "kode_pmks: ['24']\n")
    assert [file.declared_by for file in inbox.look().files] == [[], []]


def test_reading_does_not_depend_on_the_order_of_submissions(inbox: Inbox) -> None:
    for number in range(4):
        inbox.put(f"{PLACE}/{number}.xlsx", [HEADER, *rows(3 + number, number * 10)])
    inbox.register()
    registered = inbox.registry.submissions
    one = read_partition(registered, inbox.archive, workers=1)
    other = read_partition(registered.iloc[::-1], inbox.archive, workers=2)
    for name in ("readings", "ledger", "columns", "raw_rows", "findings", "proposals"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_an_imbalance_is_seen(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(5)])
    inbox.register()
    made = inbox.read()
    assert ledger_balance(made.readings, made.ledger, made.raw_rows).empty
    lost = ledger_balance(made.readings, made.ledger, made.raw_rows.iloc[1:])
    assert list(lost["what"]) == ["data_rows"]
    gone = ledger_balance(made.readings, made.ledger.iloc[:-1], made.raw_rows)
    assert set(gone["what"]) == {"rows_physical", "data_rows"}
    twice = ledger_balance(made.readings, made.ledger, pd.concat([made.raw_rows, made.raw_rows.iloc[:1]]))
    assert list(twice["what"]) == ["read_twice"]


def test_a_total_that_differs_is_a_finding(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(5), ["JUMLAH", "", "", "", "", 6]])
    inbox.put(f"{PLACE}/b.xlsx", [HEADER, *rows(5, 20), ["JUMLAH", "", "", "", "", 5]])
    inbox.register()
    made = inbox.read()
    assert sorted(made.readings["control_total"]) == [5, 6]
    assert list(made.findings["code"]) == ["control_total_differs"]


def put_sheets(inbox: Inbox, path: str, sheets: dict[str, list[list[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row in grid:
            sheet.append(row)
    (inbox.folder / path).parent.mkdir(parents=True, exist_ok=True)
    book.save(inbox.folder / path)


def periods_of(inbox: Inbox, path: str) -> dict[str, str]:
    mine = inbox.read().raw_rows
    mine = mine[mine["submission_id"] == inbox.submission(path)["submission_id"]]
    return dict(zip(mine["sheet"], mine["periode"], strict=True))


@pytest.mark.parametrize(
    ("path", "sheets", "of_file", "periods"),
    [
        ("16.10.05.2036/a.xlsx", {"2023": [], "2024": []}, "2024", {"2023": "2023", "2024": "2024"}),
        ("16.10.05.2036/a 2024.xlsx", {"2024": [], "2023": []}, "2024", {"2023": "2023", "2024": "2024"}),
        ("16.10.05.2036/2024/a.xlsx", {"A": [["DATA TAHUN 2024"]], "B": [["DATA TAHUN 2022"]]}, "2024",
         {"A": "2024", "B": "2022"}),
        ("16.10.05.2036/2024/b.xlsx", {"A": [["DATA TAHUN 2023"]], "B": []}, "2024", {"A": "2024", "B": "2024"}),
        ("16.10.05.2036/c.xlsx", {"A": [["SEMESTER I TAHUN 2024"]], "B": [["SEMESTER II TAHUN 2024"]]}, "2024-S2",
         {"A": "2024-S2", "B": "2024-S2"}),
    ],
)  # fmt: skip
def test_a_sheet_of_another_year_beside_that_of_the_file_keeps_its_year(
    inbox: Inbox, path: str, sheets: dict[str, list[list[Any]]], of_file: str, periods: dict[str, str]
) -> None:
    put_sheets(inbox, path, {name: [*above, HEADER, *rows(3, 9 * n)] for n, (name, above) in enumerate(sheets.items())})
    inbox.register()
    assert inbox.submission(path)["periode"] == of_file
    assert periods_of(inbox, path) == periods


def test_what_is_declared_of_a_sheet_counts_more_than_its_year_and_a_corrected_copy_keeps_both(inbox: Inbox) -> None:
    path = "16.10.05.2036/a.xlsx"
    put_sheets(inbox, path, {name: [HEADER, *rows(3, int(name))] for name in ("2022", "2023", "2024")})
    inbox.say(f"{path}.yml", "lembar: {'2022': {periode: 2021}}\n")
    inbox.register()
    periods = {"2022": "2021", "2023": "2023", "2024": "2024"}
    assert periods_of(inbox, path) == periods
    sid = inbox.submission(path)["submission_id"]
    sheets = {name: [HEADER, *rows(4, int(name))] for name in periods}
    put_sheets(inbox, "kembali/a.xlsx", {"PERBAIKAN": [[f"pmks_submission_id: {sid}"]], **sheets})
    inbox.register()
    assert periods_of(inbox, "kembali/a.xlsx") == periods


def corrected_copy(inbox: Inbox, original: str, path: str, grid: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    first = book.worksheets[0]
    first.title = "PERBAIKAN"
    first["A1"] = f"pmks_submission_id: {inbox.submission(original)['submission_id']}"
    sheet = book.create_sheet("Data")
    for row in grid:
        sheet.append(row)
    (inbox.folder / path).parent.mkdir(parents=True, exist_ok=True)
    book.save(inbox.folder / path)


def test_a_corrections_workbook_replaces_what_it_corrects(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(5)])
    inbox.register()
    corrected_copy(inbox, f"{PLACE}/a.xlsx", f"{PLACE}/kembali dari desa.xlsx", [HEADER, *rows(6)])
    assert inbox.outcomes() == {f"{PLACE}/a.xlsx": "superseded", f"{PLACE}/kembali dari desa.xlsx": "accepted"}
    original = inbox.submission(f"{PLACE}/a.xlsx")["submission_id"]
    assert json.loads(inbox.submission(f"{PLACE}/kembali dari desa.xlsx")["declaration"])["mengoreksi"] == original


def test_a_corrected_copy_takes_over_village_period_and_declaration(inbox: Inbox) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER[:5], *[row[:5] for row in rows(5)]])
    inbox.say(f"{PLACE}/a.xlsx.yml", "kode_pmks: ['24']\nmenggantikan: entah.xlsx\n")
    inbox.register()
    corrected_copy(inbox, f"{PLACE}/a.xlsx", "kembali/a.xlsx", [HEADER[:5], *[row[:5] for row in rows(6)]])
    corrected_copy(inbox, f"{PLACE}/a.xlsx", "16.10.05.2037/2024/a.xlsx", [HEADER[:5], *[row[:5] for row in rows(4)]])
    assert inbox.outcomes()[f"{PLACE}/a.xlsx"] == "superseded"
    copy, moved = inbox.submission("kembali/a.xlsx"), inbox.submission("16.10.05.2037/2024/a.xlsx")
    assert (copy["kode_desa"], copy["periode"]) == ("16.10.05.2036", "2023")
    assert json.loads(copy["declaration"])["kode_pmks"] == ["24"]
    assert "menggantikan" not in json.loads(copy["declaration"])
    assert (moved["kode_desa"], moved["periode"]) == ("16.10.05.2037", "2024")
    inbox.say("kembali/a.xlsx.yml", "periode: 2025\n")
    inbox.register()
    assert inbox.submission("kembali/a.xlsx")["periode"] == "2025"
    assert inbox.submission("kembali/a.xlsx")["kode_desa"] == "16.10.05.2036"
    assert inbox.register().touched == []


def test_a_corrected_copy_of_a_corrected_copy_finds_its_village_in_one_look(inbox: Inbox) -> None:
    inbox.put("tanpa tempat.xlsx", [HEADER, *rows(5)])
    inbox.register()
    corrected_copy(inbox, "tanpa tempat.xlsx", "satu.xlsx", [HEADER, *rows(6)])
    inbox.register()
    corrected_copy(inbox, "satu.xlsx", "dua.xlsx", [HEADER, *rows(7)])
    inbox.say("tanpa tempat.xlsx.yml", "kode_desa: 16.10.05.2036\nperiode: 2023\n")
    assert inbox.outcomes() == {"tanpa tempat.xlsx": "superseded", "satu.xlsx": "superseded", "dua.xlsx": "accepted"}
    assert set(inbox.registry.submissions["kode_desa"]) == {"16.10.05.2036"}


@pytest.mark.parametrize(
    "newer, older",
    [("a (2).xlsx", "a (1).xlsx"), ("a rev2.xls", "a.xlsx"), ("a_FIX.csv", "a.csv"), ("a terbaru.xlsx", "a.xlsx")],
)
def test_versions(newer: str, older: str) -> None:
    assert version_of(newer)[0] == version_of(older)[0] == "a"
    assert version_of(newer)[1] > version_of(older)[1]


def test_a_year_is_no_version() -> None:
    assert version_of("data pmks 2021.xlsx")[0] != version_of("data pmks 2022.xlsx")[0]
    assert version_of("data pmks (1) X 2021.xlsx")[1] == ()
