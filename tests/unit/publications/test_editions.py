"""A list that is too long for one workbook is split by kabupaten: nobody is lost, and the first workbook counts all."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pytest

from assets.publications import directorates
from assets.publications.directorates import Lists, publish_directorate
from assets.publications.editions import counts_of, kabupaten_apart
from assets.publications.standing import Published
from tests.support.published import frames, target_in

VILLAGES = ("16.10.05.2036", "16.71.01.1001", "16.10.05.2036", "99.99.01.2001", "16.71.01.1001", "16.10.05.2036")
OWN = {
    "rujukan - 16.10 Kabupaten Ogan Ilir.xlsx": {"dayasos-0", "dayasos-2", "dayasos-5"},
    "rujukan - 16.71 Kota Palembang.xlsx": {"dayasos-1", "dayasos-4"},
    "rujukan - 99.99.xlsx": {"dayasos-3"},
}


def of_several_kabupaten() -> Lists:
    lists = frames()
    referrals = lists.referrals.assign(kode_desa=[*VILLAGES, *VILLAGES, *VILLAGES])
    return lists._replace(referrals=referrals)


def publish(folder: Path, most: int, workers: int = 1) -> Published:
    return publish_directorate(
        "dayasos", of_several_kabupaten(), target_in(folder), run_id="run-1", rule_set="abc", profile="full-2012",
        answers_recorded=0, most=most, workers=workers, said={"disusun": "2026-01-02 03:04 UTC"},
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
    assert book.sheetnames == ["Ringkasan", "Rekap", "Baru", "Berakhir", "Koordinasi", "Kamus"]
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
    monkeypatch.setattr(directorates, "_FEW", 0)
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


def test_a_list_without_a_village_has_a_workbook_too() -> None:
    codes = pa.table({"kode_desa": ["16.10.05.2036", None]})
    assert kabupaten_apart(codes, most=1) == {
        "": "tanpa kode desa",
        "16.10": "16.10 Kabupaten Ogan Ilir",
    }
    ids = {"subject": ["person"] * 2, "person_id": ["a", "a"], "household_id": ["h", "h"]}
    whole = pa.table({**codes.to_pydict(), **ids})
    assert counts_of(whole) == {"rujukan": "2", "orang_atau_rumah_tangga": "1", "desa": "2"}
