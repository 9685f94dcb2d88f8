"""A list that is too long for one workbook is split by kabupaten: nobody is lost, and the first workbook counts all."""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.publications import list_files
from assets.publications.directorates import Lists, publish_directorate
from assets.publications.editions import counts_of, kabupaten_apart
from assets.publications.standing import NOTE, Published
from tests.support.published import frames, target_in

VILLAGES = ("16.10.05.2036", "16.71.01.1001", "16.10.05.2036", "99.99.01.2001", "16.71.01.1001", "16.10.05.2036")
OWN = {
    "rujukan - 16.10 Kabupaten Ogan Ilir.xlsx": {"dayasos-0", "dayasos-2", "dayasos-5"},
    "rujukan - 16.71 Kota Palembang.xlsx": {"dayasos-1", "dayasos-4"},
    "rujukan - 99.99.xlsx": {"dayasos-3"},
}
MADE = "2026-01-02 03:04"


def of_several_kabupaten() -> Lists:
    lists = frames()
    referrals, history = (
        frame.assign(kode_desa=[*VILLAGES, *VILLAGES, *VILLAGES]) for frame in (lists.referrals, lists.history)
    )
    return lists._replace(referrals=referrals, history=history)


def publish(folder: Path, most: int, workers: int = 1, lists: Lists | None = None, at: str = MADE) -> Published:
    return publish_directorate(
        "dayasos", lists or of_several_kabupaten(), target_in(folder), run_id=f"run of {at}", rule_set="abc",
        profile="full-2012", answers_recorded=0, most=most, workers=workers, said={"disusun": f"{at} UTC"}, head=at,
    )  # fmt: skip


def contents(folder: Path) -> dict[tuple[str, str], bytes]:
    """The parts of all workbooks below a folder, but when they were made."""
    books = {path.name: ZipFile(path) for path in folder.rglob("*.xlsx")}
    names = [(name, part) for name, book in books.items() for part in book.namelist() if part != "docProps/core.xml"]
    return {(name, part): books[name].read(part) for name, part in names}


def ids_in(path: Path) -> set[str]:
    """The numbers of the referrals that a workbook lists."""
    sheet = openpyxl.load_workbook(path)["Rujukan"]
    at = [cell.value for cell in sheet[1]].index("referral_id")
    return {str(row[at]) for row in sheet.iter_rows(min_row=2, values_only=True)}


def test_each_referral_stands_in_the_workbook_of_its_kabupaten_and_in_no_other(tmp_path: Path) -> None:
    published = publish(tmp_path / "dayasos", most=5)
    assert {name: ids_in(tmp_path / "dayasos" / name) for name in OWN} == OWN
    restricted = [tmp_path / "terbatas" / name.replace("rujukan", "rujukan-terbatas") for name in OWN]
    assert set().union(*map(ids_in, restricted)) == set().union(*OWN.values())
    fixed = {"rujukan.duckdb", "rujukan.parquet", "rujukan.xlsx", "rujukan-terbatas.xlsx"}
    assert set(published.files) == fixed | set(OWN) | {path.name for path in restricted}
    assert not publish(tmp_path / "dayasos", most=5).changed


def test_the_first_workbook_counts_all_and_says_where_the_lists_are(tmp_path: Path) -> None:
    publish(tmp_path / "dayasos", most=5)
    book = openpyxl.load_workbook(tmp_path / "dayasos" / "rujukan.xlsx")
    assert book.sheetnames == ["Ringkasan", "Rekap", "Baru", "Berakhir", "Kamus"]
    said = " ".join(str(cell) for row in book["Ringkasan"].iter_rows(values_only=True) for cell in row if cell)
    assert "6 rujukan" in said
    assert all(name in said for name in OWN)
    part = openpyxl.load_workbook(tmp_path / "dayasos" / "rujukan - 16.71 Kota Palembang.xlsx")["Ringkasan"]
    said = " ".join(str(cell) for row in part.iter_rows(values_only=True) for cell in row if cell)
    assert "2 rujukan" in said
    assert "Kota Palembang" in said


@pytest.mark.parametrize("most", [5, 6])
def test_helpers_write_what_is_written_here(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path / "here" / "dayasos", most)
    monkeypatch.setattr(list_files, "_FEW", 0)
    publish(tmp_path / "there" / "dayasos", most, workers=2)
    made = contents(tmp_path / "there")
    assert made == contents(tmp_path / "here")
    assert len({name for name, _ in made}) == (8 if most == 5 else 2)


def test_what_is_no_longer_wanted_goes_unless_somebody_typed_into_it(tmp_path: Path) -> None:
    publish(tmp_path / "dayasos", most=5)
    typed = tmp_path / "dayasos" / "rujukan - 99.99.xlsx"
    typed.write_bytes(b"typed into")
    assert publish(tmp_path / "dayasos", most=6).changed
    left = sorted(path.name for folder in ("dayasos", "terbatas") for path in (tmp_path / folder).glob("*.xlsx"))
    kept = [name for name in left if "suntingan" in name]
    assert [(tmp_path / "dayasos" / name).read_bytes() for name in kept] == [b"typed into"]
    assert sorted(set(left) - set(kept)) == ["rujukan-terbatas.xlsx", "rujukan.xlsx"]
    assert len(ids_in(tmp_path / "dayasos" / "rujukan.xlsx")) == 6


def without(lists: Lists, referral: str, at: str) -> Lists:
    """The lists after a referral has ended."""
    history = lists.history.copy()
    history.loc[history["referral_id"] == referral, "valid_to"] = pd.Timestamp(at)
    history.loc[history["referral_id"] == referral, "ended_because"] = "meninggal"
    return lists._replace(referrals=lists.referrals[lists.referrals["referral_id"] != referral], history=history)


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file each workbook below a folder is, by name."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*.xlsx")}


def changed_names(before: dict[str, tuple[int, int]], folder: Path) -> set[str]:
    return {name for name, file in written(folder).items() if before.get(name) != file}


def test_only_the_workbooks_of_a_kabupaten_in_which_something_changed_are_written(tmp_path: Path) -> None:
    folder, lists = tmp_path / "dayasos", of_several_kabupaten()
    publish(folder, most=2)
    before = written(tmp_path)
    publish(folder, 2, lists=(lists := without(lists, "dayasos-1", "2026-02-01")), at="2026-02-01 03:04")
    palembang = "rujukan - 16.71 Kota Palembang.xlsx"
    firsts = {"rujukan.xlsx", "rujukan-terbatas.xlsx"}
    assert changed_names(before, tmp_path) == firsts | {palembang, palembang.replace("rujukan", "rujukan-terbatas")}
    assert ids_in(folder / palembang) == {"dayasos-4"}

    before = written(tmp_path)
    publish(folder, 2, lists=(lists := without(lists, "dayasos-0", "2026-03-01")), at="2026-03-01 03:04")
    ogan_ilir = "rujukan - 16.10 Kabupaten Ogan Ilir.xlsx"
    assert changed_names(before, tmp_path) == firsts | {ogan_ilir, ogan_ilir.replace("rujukan", "rujukan-terbatas")}
    ended = openpyxl.load_workbook(folder / palembang)["Berakhir"]
    assert "dayasos-1" in {cell for row in ended.iter_rows(values_only=True) for cell in row}

    again = tmp_path / "again"
    (again / "dayasos").mkdir(parents=True)
    (again / "dayasos" / NOTE).write_bytes((folder / NOTE).read_bytes())
    publish(again / "dayasos", 2, lists=lists, at="2026-03-01 03:04")
    made, listed = contents(again), (again / "dayasos" / "rujukan.parquet").read_bytes()
    shutil.rmtree(again)
    assert made == contents(tmp_path), "made again by the note, all workbooks say what they say"
    assert listed == (folder / "rujukan.parquet").read_bytes(), "pseudonyms are those that are made anew"


def test_a_list_that_somebody_changed_lends_no_pseudonyms(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        publish(folder, most=2)
    listed = pq.read_table(one / "rujukan.parquet")
    foreign = pa.array(["P" + "0" * 16] * len(listed))
    at = listed.column_names.index("person_id")
    pq.write_table(listed.set_column(at, "person_id", foreign), one / "rujukan.parquet")
    for folder in (one, other):
        publish(folder, 2, lists=without(of_several_kabupaten(), "dayasos-1", "2026-02-01"))
    assert (one / "rujukan.parquet").read_bytes() == (other / "rujukan.parquet").read_bytes()


@pytest.mark.parametrize("most", [2, 100])
def test_no_workbook_of_the_whole_list_is_written_where_nothing_changed_that_it_shows(
    tmp_path: Path, most: int
) -> None:
    folder, lists = tmp_path / "dayasos", without(of_several_kabupaten(), "dayasos-1", "2026-02-01")
    publish(folder, most, lists=of_several_kabupaten())
    publish(folder, most, lists=lists)
    before, rows = written(tmp_path), pq.read_table(folder / "rujukan.parquet")
    evidence = lists.referrals.assign(record_ids=[["0" * 32]] * len(lists.referrals), run_id="another")
    lists = lists._replace(referrals=evidence)
    publish(folder, most, lists=lists, at="2026-03-01 03:04")
    assert changed_names(before, tmp_path).isdisjoint({"rujukan.xlsx", "rujukan-terbatas.xlsx"})
    assert pq.read_table(folder / "rujukan.parquet")["record_ids"] != rows["record_ids"]

    again = tmp_path / "again"
    (again / "dayasos").mkdir(parents=True)
    (again / "dayasos" / NOTE).write_bytes((folder / NOTE).read_bytes())
    publish(again / "dayasos", most, lists=lists, at="2026-03-01 03:04")
    made = contents(again)
    shutil.rmtree(again)
    assert made == contents(tmp_path), "made again by the note, all workbooks say what they say"

    named = lists.persons.assign(nama="NAMA YANG DIPERBAIKI")
    publish(folder, most, lists=lists._replace(persons=named), at="2026-04-01 03:04")
    assert {"rujukan.xlsx", "rujukan-terbatas.xlsx"} <= changed_names(before, tmp_path)


def test_a_corrected_name_of_whom_is_no_longer_referred_is_told(tmp_path: Path) -> None:
    folder, lists = tmp_path / "dayasos", without(of_several_kabupaten(), "dayasos-1", "2026-02-01")
    gone = of_several_kabupaten().referrals.set_index("referral_id").loc["dayasos-1", "person_id"]
    publish(folder, 100, lists=of_several_kabupaten())
    publish(folder, 100, lists=lists)
    renamed = lists.persons.assign(nama=lists.persons["nama"].mask(lists.persons["person_id"] == gone, "NAMA BARU"))
    others = lists.referrals["person_id"] != gone
    lists = lists._replace(
        persons=renamed,
        referrals=lists.referrals[others].assign(record_ids=[["0" * 32]] * int(others.sum())),
    )
    publish(folder, 100, lists=lists)
    ended = openpyxl.load_workbook(next(tmp_path.rglob("rujukan-terbatas.xlsx")))["Berakhir"]
    assert "NAMA BARU" in {cell for row in ended.iter_rows(values_only=True) for cell in row}


def test_a_workbook_that_somebody_typed_into_is_kept_and_written_anew(tmp_path: Path) -> None:
    folder = tmp_path / "dayasos"
    publish(folder, most=2)
    name = "rujukan - 16.10 Kabupaten Ogan Ilir.xlsx"
    whole = contents(tmp_path)
    (folder / name).write_bytes(b"typed into")
    before = written(tmp_path)
    published = publish(folder, 2, lists=without(of_several_kabupaten(), "dayasos-1", "2026-02-01"))
    assert name in changed_names(before, tmp_path)
    assert published.kept
    assert (folder / published.kept).read_bytes() == b"typed into"
    (folder / published.kept).unlink()
    of_it = {key for key in whole if key[0] == name}
    assert {key: contents(tmp_path)[key] for key in of_it} == {key: whole[key] for key in of_it}


def test_a_list_without_a_village_has_a_workbook_too() -> None:
    codes = pa.table({"kode_desa": ["16.10.05.2036", None]})
    assert kabupaten_apart(codes, most=1) == {
        "": "tanpa kode desa",
        "16.10": "16.10 Kabupaten Ogan Ilir",
    }
    ids = {"subject": ["person"] * 2, "person_id": ["a", "a"], "household_id": ["h", "h"]}
    whole = pa.table({**codes.to_pydict(), **ids})
    assert counts_of(whole) == {"rujukan": "2", "orang_atau_rumah_tangga": "1", "desa": "2"}
